#include "eval/eval_part.h"
#include "reference/ref_graph.h"

#define INFINITE ((double)__builtin_inff())

static nn_status make(ref_tensor *to, bool exact, arena *a, nn_error *err)
{
    to->n = 1;
    for (int d = 0; d < to->rank; d++)
        to->n *= (size_t)to->dims[d];
    to->w = exact ? arena_calloc(a, to->n + 1, sizeof *to->w) : NULL;
    to->v = exact ? NULL : arena_calloc(a, 2 * to->n + 1, sizeof *to->v);
    to->e = exact ? NULL : to->v + to->n;
    return to->w != NULL || to->v != NULL ? NN_OK : nn_nomem(err);
}

/* An exact integer as a double, and how far away it may be. */
static void put_whole(ref_tensor *to, size_t at, dtype type, int64_t w)
{
    double v = type == DT_UINT64 ? (double)(uint64_t)w : (double)w, size = __builtin_fabs(v);
    to->v[at] = v;
    to->e[at] = size >= 0x1p53 ? size * 0x1p-52 : 0;
}

static void copy(ref_tensor *to, size_t at, const ref_tensor *from, size_t i)
{
    if (to->w != NULL) {
        to->w[at] = from->w[i];
    } else if (from->w != NULL) {
        put_whole(to, at, from->type, from->w[i]);
    } else {
        to->v[at] = from->v[i];
        to->e[at] = from->e[i];
    }
}

static void drop_axis(ref_tensor *t, int axis)
{
    t->rank--;
    for (int d = axis; d < t->rank; d++)
        t->dims[d] = t->dims[d + 1];
}

/* How many elements one step along the axis spans. */
static size_t span(const ref_tensor *t, int axis)
{
    size_t n = 1;
    for (int d = axis + 1; d < t->rank; d++)
        n *= (size_t)t->dims[d];
    return n;
}

nn_status eval_part_number(ref_tensor *to, dtype type, int rank, int64_t x, arena *a, nn_error *err)
{
    *to = (ref_tensor){.type = type, .whole = true, .rank = rank, .dims = {1}};
    nn_status s = make(to, true, a, err);
    if (s == NN_OK)
        to->w[0] = x;
    return s;
}

nn_status eval_part_zeros(ref_tensor *to, const ref_tensor *like, int axis, arena *a, nn_error *err)
{
    *to = *like;
    to->whole = !dtype_is_float(like->type);
    if (axis >= 0)
        drop_axis(to, axis);
    return make(to, to->whole, a, err);
}

nn_status eval_part_slice(ref_tensor *to, const ref_tensor *t, int axis, int64_t index, arena *a, nn_error *err)
{
    const size_t inner = span(t, axis), outer = inner * (size_t)t->dims[axis];
    *to = *t;
    drop_axis(to, axis);
    nn_status s = make(to, t->w != NULL, a, err);
    for (size_t i = 0; s == NN_OK && i < to->n; i++)
        copy(to, i, t, i / inner * outer + (size_t)index * inner + i % inner);
    return s;
}

nn_status eval_part_stack(ref_tensor *to, const ref_tensor *like, const ref_tensor *const *parts, size_t n, int axis, bool backward,
                          arena *a, nn_error *err)
{
    bool exact = !dtype_is_float(like->type);
    for (size_t k = 0; k < n; k++)
        exact = exact && parts[k]->w != NULL;
    *to = *like;
    to->whole = !dtype_is_float(like->type);
    for (int d = to->rank++; d > axis; d--)
        to->dims[d] = to->dims[d - 1];
    to->dims[axis] = (int64_t)n;
    nn_status s = make(to, exact, a, err);
    const size_t inner = span(to, axis);
    for (size_t i = 0; s == NN_OK && i < to->n; i++) {
        size_t k = i / inner % n;
        copy(to, i, parts[backward ? n - 1 - k : k], i / inner / n * inner + i % inner);
    }
    return s;
}

/* The middle and half the length of an interval around two values. */
static void join(double *v, double *e, const double *x, const double *y)
{
    double lo = x[0] - x[1] < y[0] - y[1] ? x[0] - x[1] : y[0] - y[1], hi = x[0] + x[1] > y[0] + y[1] ? x[0] + x[1] : y[0] + y[1];
    if (x[0] == y[0] || (x[0] != x[0] && y[0] != y[0])) {
        *v = x[0];
        *e = x[1] > y[1] ? x[1] : y[1];
        return;
    }
    *v = lo / 2 + hi / 2;
    *e = hi / 2 - lo / 2;
    *e += *e * 0x1p-50 + __builtin_fabs(*v) * 0x1p-50 + 0x1p-1060; /* the roundings above */
    if (!(*e < INFINITE)) {
        *v = x[0] == x[0] ? x[0] : 0;
        *e = INFINITE;
    }
}

nn_status eval_part_hull(ref_tensor *to, const ref_tensor *x, const ref_tensor *y, arena *a, nn_error *err)
{
    bool equal = x->w != NULL && y->w != NULL;
    for (size_t i = 0; equal && i < x->n; i++)
        equal = x->w[i] == y->w[i];
    *to = *x;
    nn_status s = make(to, equal, a, err);
    for (size_t i = 0; s == NN_OK && i < to->n; i++) {
        copy(to, i, x, i);
        if (equal)
            continue;
        const double first[] = {to->v[i], to->e[i]};
        copy(to, i, y, i);
        const double second[] = {to->v[i], to->e[i]};
        join(&to->v[i], &to->e[i], first, second);
    }
    return s;
}

bool eval_part_same_form(const ref_tensor *x, const ref_tensor *y)
{
    bool same = x->type == y->type && x->rank == y->rank;
    for (int d = 0; same && d < x->rank; d++)
        same = x->dims[d] == y->dims[d];
    return same;
}

bool eval_part_certain(const ref_tensor *t, bool truth, int64_t *x)
{
    if (t->w != NULL) {
        *x = truth ? t->w[0] != 0 : t->w[0];
        return true;
    }
    double lo = t->v[0] - t->e[0], hi = t->v[0] + t->e[0];
    if (truth) {
        *x = lo > 0 || hi < 0;
        return *x != 0 || (lo > -1 && hi < 1);
    }
    *x = hi < 0x1p62 && lo > -0x1p62 ? (int64_t)hi : 0;
    return hi < 0x1p62 && lo > -0x1p62 && hi - lo < 1 && (double)*x >= lo && (double)*x <= hi;
}
