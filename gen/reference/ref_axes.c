/* Functions of a whole tensor along axes, which give a tensor: softmax, and sorting. */
#include "reference/ref_run.h"

#include "reference/ref_functions.h"

#include <string.h>

#define INFINITE ((double)__builtin_inff())

typedef struct {
    ref_run *run;
    const ref_tensor *t;
    ref_tensor *out;
    size_t n;        /* elements of a slice */
    size_t *offset;  /* of them, from the first */
    double *v, *e;   /* of the slice that is being computed */
    double *lo, *hi; /* and room for the ends of its elements, */
    size_t *order;   /* and for their order */
} axes_work;

static int64_t stride_of(const ref_tensor *t, int axis)
{
    int64_t s = 1;
    for (int d = t->rank; --d > axis;)
        s *= t->dims[d];
    return s;
}

/* ---- softmax ---- */

/* exp(x_i) / sum exp(x_j). In logarithms it moves by e_i + log sum p_j exp(e_j) at most; the roundings of differences,
 * exponentials, the sum and the quotient add up likewise. */
static void softmax(axes_work *w, size_t base)
{
    const ref_unit *u = &w->run->unit;
    const ref_accuracy *k = &w->run->table->accuracy[RF_EXP];
    double m = w->v[0], sum = 0, moved = 0, rounding = 0;
    bool known = true; /* what is not known may be NaN, and then all is */
    for (size_t i = 1; i < w->n; i++)
        m = w->v[i] > m ? w->v[i] : m;
    for (size_t i = 0; i < w->n; i++) {
        double x = w->lo[i] = ref_exp(w->v[i] - m);
        known &= w->e[i] < INFINITE;
        if (w->v[i] == -INFINITE && w->e[i] == 0) { /* left out by a mask */
            w->lo[i] = w->hi[i] = 0;
            continue;
        }
        w->hi[i] = u->u * (__builtin_fabs(w->v[i] - m) + 2 * w->e[i]) + 2 * u->u * (k->ulp + k->abs) + 2 * REF_OWN;
        sum += x;
        moved += x * ref_growth(w->e[i]);
        rounding += x * w->hi[i];
    }
    sum = sum == 0 ? 1 : sum; /* all are left out */
    double all = ref_log1p(moved / sum) + rounding / sum + ref_gamma(u, (double)w->n) + 4 * u->u;
    for (size_t i = 0; i < w->n; i++) {
        double p = w->lo[i] / sum, x = w->e[i] + all + w->hi[i], cap = p > 1 - p ? p : 1 - p;
        double e = p * ref_growth(x);
        e = w->v[i] == -INFINITE && w->e[i] == 0 ? 0 : (e < cap ? e : cap * (1 + 8 * u->u)) + u->tiny;
        w->out->v[base + w->offset[i]] = p;
        w->out->e[base + w->offset[i]] = p == p && known ? e : INFINITE;
    }
}

/* ---- sorting ---- */

/* Merge sort of positions by value, stable; `room` has n elements. */
static void sort_positions(size_t *order, size_t *room, const double *v, double sign, size_t n)
{
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t from = 0; from < n; from += 2 * width) {
            size_t a = from, mid = from + width < n ? from + width : n, b = mid, end = from + 2 * width < n ? from + 2 * width : n;
            for (size_t k = from; k < end; k++) {
                bool left = a < mid && (b >= end || !(sign * v[order[b]] < sign * v[order[a]]));
                room[k] = order[left ? a++ : b++];
            }
        }
        memcpy(order, room, n * sizeof *order);
    }
}

/* The k-th value of a sorted slice lies between the k-th of the lower ends and the k-th of the upper ends; any element that meets
 * this interval may stand there. */
static void sort_slice(axes_work *w, size_t base, double sign, bool positions)
{
    size_t *room = w->order + w->n, *order = w->order, *by_lo = w->order + 2 * w->n, *by_hi = w->order + 3 * w->n;
    bool exact = true, finite = true;
    for (size_t i = 0; i < w->n; i++) {
        w->lo[i] = w->v[i] - w->e[i];
        w->hi[i] = w->v[i] + w->e[i];
        exact &= w->e[i] == 0;
        finite &= w->v[i] - w->v[i] == 0 && w->e[i] < INFINITE;
    }
    sort_positions(order, room, w->v, sign, w->n);
    sort_positions(by_lo, room, w->lo, sign, w->n);
    sort_positions(by_hi, room, w->hi, sign, w->n);
    for (size_t k = 0; k < w->n; k++) {
        size_t at = base + w->offset[k];
        double lo = w->lo[by_lo[k]], hi = w->hi[by_hi[k]], v = w->v[order[k]], e = 0;
        for (size_t j = 0; positions && !exact && j < w->n; j++) {
            double gap = (double)j - (double)order[k];
            gap = gap < 0 ? -gap : gap;
            e = w->lo[j] <= hi && w->hi[j] >= lo && gap > e ? gap : e;
        }
        w->out->v[at] = positions ? (double)order[k] : v;
        w->out->e[at] = !finite ? INFINITE : exact ? 0 : positions ? e : ref_hull_error(v, lo, hi);
    }
}

/* ---- slices ---- */

static ref_tensor *like(ref_run *run, const ref_tensor *t, bool whole)
{
    ref_tensor *y = arena_calloc(run->r.a, 1, sizeof *y);
    double *v = arena_calloc(run->r.a, 2 * t->n + 1, sizeof *v);
    if (y == NULL || v == NULL) {
        run->r.exhausted = true;
        return NULL;
    }
    *y = *t;
    y->type = DT_NONE;
    y->whole = whole;
    y->w = NULL;
    y->v = v;
    y->e = v + t->n;
    return y;
}

static bool open_work(axes_work *w, ref_run *run, const ref_tensor *t, unsigned axes)
{
    *w = (axes_work){.run = run, .t = t, .n = 1};
    for (int d = 0; d < t->rank; d++)
        w->n *= (axes >> d & 1) != 0 ? (size_t)t->dims[d] : 1;
    double *reals = arena_alloc(run->r.a, (4 * w->n + 1) * sizeof *reals);
    w->offset = arena_calloc(run->r.a, w->n + 1, sizeof *w->offset);
    w->order = arena_alloc(run->r.a, (4 * w->n + 1) * sizeof *w->order);
    if (reals == NULL || w->offset == NULL || w->order == NULL) {
        run->r.exhausted = true;
        return false;
    }
    w->v = reals;
    w->e = reals + w->n;
    w->lo = reals + 2 * w->n;
    w->hi = reals + 3 * w->n;
    size_t below = 1;
    for (int d = t->rank; d-- > 0;) {
        if ((axes >> d & 1) == 0)
            continue;
        for (size_t i = 0; i < w->n; i++)
            w->offset[i] += i / below % (size_t)t->dims[d] * (size_t)stride_of(t, d);
        below *= (size_t)t->dims[d];
    }
    return true;
}

static bool is_first(const ref_tensor *t, unsigned axes, size_t at)
{
    for (int d = 0; d < t->rank; d++)
        if ((axes >> d & 1) != 0 && at / (size_t)stride_of(t, d) % (size_t)t->dims[d] != 0)
            return false;
    return true;
}

/* If all elements are exact whole numbers, as such. */
static void settle(ref_run *run, ref_tensor *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (!t->whole || t->e[i] != 0 || !(__builtin_fabs(t->v[i]) <= 0x1p53))
            return;
    t->w = arena_alloc(run->r.a, (t->n + 1) * sizeof *t->w);
    if (t->w == NULL)
        run->r.exhausted = true;
    for (size_t i = 0; t->w != NULL && i < t->n; i++)
        t->w[i] = (int64_t)t->v[i];
}

static unsigned axes_of(ref_run *run, const ref_expr *x, const ref_tensor *t)
{
    ref_value l = ref_eval(run, x->args[1]);
    unsigned axes = 0;
    size_t n = l.kind == REF_LIST ? l.n : 1;
    for (size_t i = 0; i < n && run->status == NN_OK; i++) {
        int64_t d = ref_uniform_int(run, l.kind == REF_LIST ? &l.items[i] : &l, x->place, "an axis");
        d += d < 0 ? t->rank : 0;
        if (d < 0 || d >= t->rank)
            ref_fail(run, x->place, "axis %lld is outside a tensor of rank %d", (long long)d, t->rank);
        else
            axes |= 1u << d;
    }
    return axes;
}

/* The same elements in another shape, without a copy. */
static ref_value reshape(ref_run *run, const ref_expr *x, const ref_tensor *t)
{
    ref_value l = ref_list(run, x->args[1]);
    ref_tensor *y = arena_calloc(run->r.a, 1, sizeof *y);
    if (y == NULL || l.n > NN_MAX_RANK) {
        run->r.exhausted |= y == NULL;
        return (ref_value){.kind = REF_TENSOR, .t = NULL};
    }
    *y = *t;
    y->rank = (int)l.n;
    size_t n = 1;
    for (size_t d = 0; d < l.n; d++) {
        y->dims[d] = ref_uniform_int(run, &l.items[d], x->place, "a size");
        n *= (size_t)y->dims[d];
    }
    if (n != t->n)
        ref_fail(run, x->place, "the shape has %zu elements, the tensor %zu", n, t->n);
    return (ref_value){.kind = REF_TENSOR, .t = y};
}

static ref_value softmax_or_sort(ref_run *run, const ref_expr *x, const ref_tensor *t)
{
    ref_value none = {.kind = REF_TENSOR, .t = NULL};
    unsigned axes = axes_of(run, x, t);
    axes_work w;
    double sign = 1;
    if (x->op != RF_SOFTMAX) {
        ref_value largest = ref_number(run, x->args[2]);
        sign = ref_uniform_int(run, &largest, x->place, "the direction") != 0 ? -1 : 1;
    }
    bool positions = x->op == RF_SORTING;
    if (run->status != NN_OK || !open_work(&w, run, t, axes))
        return none;
    w.out = like(run, t, x->op != RF_SOFTMAX && (positions || t->whole));
    for (size_t at = 0; w.out != NULL && at < t->n; at++) {
        if (!is_first(t, axes, at))
            continue;
        for (size_t i = 0; i < w.n; i++) {
            size_t k = at + w.offset[i];
            w.v[i] = t->w != NULL ? (double)t->w[k] : t->v[k];
            w.e[i] = t->w != NULL ? 0 : t->e[k];
        }
        if (x->op == RF_SOFTMAX)
            softmax(&w, at);
        else
            sort_slice(&w, at, sign, positions);
    }
    if (w.out != NULL)
        settle(run, w.out);
    return (ref_value){.kind = REF_TENSOR, .t = w.out};
}

ref_value ref_axes(ref_run *run, const ref_expr *x)
{
    const ref_tensor *t = ref_tensor_of(run, x->args[0]);
    if (run->status != NN_OK || t == NULL || (t->v == NULL && t->w == NULL) || run->r.n != 1) {
        ref_fail(run, x->place, "`%s` takes a computed tensor, and stands in a definition without indices",
                 ref_function_word(x->op));
        return (ref_value){.kind = REF_TENSOR, .t = NULL};
    }
    if (x->op == RF_RESHAPE)
        return reshape(run, x, t);
    return x->op == RF_SCATTER ? ref_scatter(run, x, t) : softmax_or_sort(run, x, t);
}
