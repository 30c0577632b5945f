/* Elements of tensors and lists. */
#include "reference/ref_form.h"
#include "reference/ref_run.h"

#include <string.h>

enum { MAX_CANDIDATES = 4096 };

typedef struct {
    ref_run *run;
    const ref_expr *x;
    const ref_tensor *t;
    ref_value at[NN_MAX_RANK]; /* the index along each axis; absent ones stand for 0 */
    bool used[NN_MAX_RANK];
    int64_t stride[NN_MAX_RANK];
} access;

/* The values of the index arguments, with lists laid out. Returns their number. */
static size_t flatten(ref_run *run, const ref_expr *x, ref_value *out)
{
    size_t n = 0;
    for (size_t i = 0; i < x->n && run->status == NN_OK; i++) {
        ref_value v = ref_eval(run, x->args[i]);
        size_t m = v.kind == REF_LIST ? v.n : 1;
        if (v.kind == REF_TENSOR) {
            v = ref_list(run, x->args[i]);
            m = v.n;
        }
        for (size_t k = 0; k < m; k++) {
            ref_value item = v.kind == REF_LIST ? v.items[k] : v;
            if (n == REF_MAX_ARGS || item.kind > REF_WHOLE) {
                if (n == REF_MAX_ARGS)
                    ref_fail(run, x->place, "at most %d indices were expected", REF_MAX_ARGS);
                else
                    ref_fail(run, x->place, "an index must be a whole number");
                return 0;
            }
            out[n++] = ref_settle(&run->r, item);
        }
    }
    return n;
}

static bool prepare(access *a)
{
    ref_value index[REF_MAX_ARGS];
    size_t n = flatten(a->run, a->x, index);
    const ref_tensor *t = a->t;
    size_t rank = (size_t)t->rank;
    bool spread = (a->x->op & EXPR_BROADCAST) != 0;
    if (a->run->status != NN_OK)
        return false;
    if (spread ? n < rank : n != rank) {
        ref_fail(a->run, a->x->place, "%zu indices for a tensor of rank %zu", n, rank);
        return false;
    }
    int64_t stride = 1;
    for (size_t d = rank; d-- > 0;) {
        a->at[d] = index[n - rank + d];
        a->stride[d] = stride;
        a->used[d] = !(spread && t->dims[d] == 1);
        stride *= t->dims[d];
    }
    return true;
}

/* Adds the part of an index to the lanes' offsets. Returns whether an index may be outside. Tensors have fewer than 2^31 elements,
 * so that products of 32 bits do for indices inside. */
static bool add_offsets(const ref_value *v, uint64_t dim, uint64_t stride, uint64_t *offset, size_t n)
{
    uint64_t outside = 0;
    if (v->kind != REF_INT) {
        for (size_t k = 0; k < n; k++) {
            uint64_t i = (uint64_t)ref_to_int(v->v[k]);
            outside |= i >= dim;
            offset[k] += (uint64_t)(uint32_t)i * (uint32_t)stride;
        }
        return outside != 0;
    }
    for (size_t k = 0; k < n; k++) {
        uint64_t i = (uint64_t)v->w[k];
        outside |= i | (dim - 1 - i); /* the highest bit is set if i >= dim */
        offset[k] += (uint64_t)(uint32_t)i * (uint32_t)stride;
    }
    return outside >> 63 != 0;
}

/* ok[i] is 0 where a lane's index is outside. Returns how many are. */
static size_t find_outside(const access *a, uint8_t *ok)
{
    size_t n = a->run->r.n, outside = 0;
    for (int d = 0; d < a->t->rank; d++) {
        const ref_value *v = &a->at[d];
        uint64_t dim = (uint64_t)a->t->dims[d];
        for (size_t k = 0; a->used[d] && k < n; k++) {
            size_t at = v->uniform ? 0 : k;
            ok[k] &= (uint64_t)(v->kind == REF_INT ? v->w[at] : ref_to_int(v->v[at])) < dim;
        }
    }
    for (size_t k = 0; k < n; k++)
        outside += ok[k] == 0;
    return outside;
}

/* Offsets of the lanes' elements; ok[i] is 0 where one is outside. Returns how many are outside. */
static size_t find_offsets(const access *a, uint64_t *offset, uint8_t *ok)
{
    size_t n = a->run->r.n;
    bool outside = false;
    uint64_t first = 0; /* the part of the indices that all lanes share */
    for (int d = 0; d < a->t->rank; d++) {
        const ref_value *v = &a->at[d];
        if (!a->used[d] || !v->uniform)
            continue;
        uint64_t i = (uint64_t)(v->kind == REF_INT ? v->w[0] : ref_to_int(v->v[0]));
        outside |= i >= (uint64_t)a->t->dims[d];
        first += (uint64_t)(uint32_t)i * (uint32_t)a->stride[d];
    }
    for (size_t k = 0; k < n; k++)
        offset[k] = first;
    for (int d = 0; d < a->t->rank; d++)
        if (a->used[d] && !a->at[d].uniform)
            outside |= add_offsets(&a->at[d], (uint64_t)a->t->dims[d], (uint64_t)a->stride[d], offset, n);
    memset(ok, 1, n);
    return outside ? find_outside(a, ok) : 0;
}

/* The elements at the offsets, where all are inside. */
static ref_value gather_all(const access *a, const uint64_t *offset, bool uniform)
{
    const ref_tensor *t = a->t;
    ref_value y = ref_new(&a->run->r, t->w != NULL ? REF_INT : t->whole ? REF_WHOLE : REF_REAL, uniform);
    size_t n = ref_count(&a->run->r, &y);
    for (size_t i = 0; t->w != NULL && i < n; i++)
        y.w[i] = t->w[offset[i]];
    for (size_t i = 0; t->w == NULL && i < n; i++) {
        y.v[i] = t->v[offset[i]];
        y.e[i] = t->e[offset[i]];
    }
    return y;
}

static ref_value gather(const access *a, const uint64_t *offset, const uint8_t *ok, bool uniform)
{
    const ref_tensor *t = a->t;
    ref_value y = ref_new(&a->run->r, t->w != NULL ? REF_INT : t->whole ? REF_WHOLE : REF_REAL, uniform);
    size_t n = ref_count(&a->run->r, &y);
    for (size_t i = 0; i < n; i++) {
        uint64_t at = ok[i] != 0 ? offset[i] : 0;
        if (t->n == 0 || ok[i] == 0) {
            y.w[i] = 0; /* also the bits of 0.0 */
            if (t->w == NULL)
                y.e[i] = 0;
        } else if (t->w != NULL) {
            y.w[i] = t->w[at];
        } else {
            y.v[i] = t->v[at];
            y.e[i] = t->e[at];
        }
    }
    return y;
}

static ref_value outside_value(ref_run *run, const ref_expr *x)
{
    return x->b != NULL ? ref_number(run, x->b) : ref_int(&run->r, 0);
}

static void complain(const access *a)
{
    for (int d = 0; d < a->t->rank; d++) {
        ref_value v = a->at[d];
        size_t n = ref_count(&a->run->r, &v);
        for (size_t i = 0; i < n && a->used[d]; i++) {
            int64_t at = v.kind == REF_INT ? v.w[i] : ref_to_int(v.v[i]);
            if (at < 0 || at >= a->t->dims[d])
                ref_fail(a->run, a->x->place,
                         "index %lld is outside axis %d, which has %lld elements; `?` gives elements outside a value",
                         (long long)at, d, (long long)a->t->dims[d]);
        }
    }
    ref_fail(a->run, a->x->place, "an index is outside the tensor");
}

/* ---- indices that are not certain ---- */

static bool uncertain(const access *a)
{
    for (int d = 0; d < a->t->rank; d++)
        if (a->used[d] && a->at[d].kind != REF_INT)
            return true;
    return false;
}

/* The first and last index that lane i may name along an axis. */
static void index_range(const access *a, int d, size_t i, int64_t *lo, int64_t *hi)
{
    const ref_value *x = &a->at[d];
    size_t k = x->uniform ? 0 : i;
    *lo = *hi = 0;
    if (!a->used[d])
        return;
    double mid = x->kind == REF_INT ? (double)x->w[k] : x->v[k], wide = x->kind == REF_INT ? 0 : x->e[k];
    wide = wide < 0x1p40 ? wide : 0x1p40;
    *lo = ref_to_int(mid - wide);
    *hi = ref_to_int(mid + wide);
}

/* Whether anything is known of the lane's indices. */
static bool is_bounded(const access *a, size_t i)
{
    for (int d = 0; d < a->t->rank; d++) {
        const ref_value *x = &a->at[d];
        if (a->used[d] && x->kind != REF_INT && !(x->e[x->uniform ? 0 : i] < (double)__builtin_inff()))
            return false;
    }
    return true;
}

/* How far the element at an offset may be from v. */
static double distance(const ref_tensor *t, int64_t offset, double v)
{
    return t->w != NULL ? __builtin_fabs((double)t->w[offset] - v) : __builtin_fabs(t->v[offset] - v) + t->e[offset];
}

/* The bound of lane i: it covers every element that the indices may name, and the value outside if they may leave the tensor. */
static double candidates(const access *a, size_t i, double v, double e, const ref_value *outside)
{
    int64_t lo[NN_MAX_RANK], hi[NN_MAX_RANK], at[NN_MAX_RANK];
    double most = 0, number = 1;
    const ref_tensor *t = a->t;
    for (int d = 0; d < t->rank; d++) {
        index_range(a, d, i, &lo[d], &hi[d]);
        if (outside != NULL && (lo[d] < 0 || hi[d] >= t->dims[d])) {
            size_t k = outside->uniform ? 0 : i;
            double far = __builtin_fabs(outside->v[k] - v) + outside->e[k];
            most = far > most ? far : most;
        }
        lo[d] = lo[d] < 0 ? 0 : lo[d];
        hi[d] = hi[d] >= t->dims[d] ? t->dims[d] - 1 : hi[d];
        at[d] = lo[d];
        number *= hi[d] >= lo[d] ? (double)(hi[d] - lo[d] + 1) : 0;
    }
    if (number > MAX_CANDIDATES || !is_bounded(a, i))
        return (double)__builtin_inff();
    for (double left = number; left > 0; left--) {
        int64_t offset = 0;
        for (int d = 0; d < t->rank; d++)
            offset += at[d] * a->stride[d];
        double far = distance(t, offset, v);
        most = far > most || far != far ? far : most;
        for (int d = t->rank; d-- > 0 && ++at[d] > hi[d];)
            at[d] = lo[d];
    }
    return ref_choice_error(e, most);
}

static ref_value widen(const access *a, ref_value y, const ref_value *outside)
{
    y = ref_spread(&a->run->r, ref_as_real(&a->run->r, y));
    ref_value z = ref_new(&a->run->r, y.kind, false);
    for (size_t i = 0; i < a->run->r.n; i++) {
        z.v[i] = y.v[i];
        z.e[i] = candidates(a, i, y.v[i], y.e[i], outside);
    }
    return z;
}

/* An uncertain index whose own value is outside is brought to the nearest element. */
static void clamp_uncertain(access *a)
{
    for (int d = 0; d < a->t->rank; d++) {
        ref_value *v = &a->at[d];
        if (!a->used[d] || v->kind == REF_INT || a->t->dims[d] == 0)
            continue;
        ref_value y = ref_new(&a->run->r, REF_WHOLE, v->uniform);
        for (size_t i = 0; i < ref_count(&a->run->r, v); i++) {
            double top = (double)(a->t->dims[d] - 1), at = v->v[i] < 0 ? 0 : v->v[i] > top ? top : v->v[i];
            y.v[i] = at == at ? at : 0;
            y.e[i] = v->e[i] + __builtin_fabs(v->v[i] - y.v[i]);
        }
        *v = y;
    }
}

static ref_value from_tensor(access *a)
{
    ref_run *run = a->run;
    size_t n = run->r.n;
    if (!prepare(a))
        return ref_int(&run->r, 0);
    uint64_t *offset = arena_alloc(run->r.a, n * sizeof *offset);
    uint8_t *ok = arena_alloc(run->r.a, n);
    if (offset == NULL || ok == NULL) {
        run->r.exhausted = true;
        return ref_int(&run->r, 0);
    }
    bool hull = uncertain(a), can_leave = (a->x->op & EXPR_OUTSIDE) != 0, uniform = true;
    if (hull && !can_leave)
        clamp_uncertain(a);
    size_t outside = find_offsets(a, offset, ok);
    for (int d = 0; d < a->t->rank; d++)
        uniform &= !a->used[d] || a->at[d].uniform;
    if (outside > 0 && !can_leave) {
        complain(a);
        return ref_int(&run->r, 0);
    }
    ref_value y = outside > 0 ? gather(a, offset, ok, uniform) : gather_all(a, offset, uniform), other = {.kind = REF_INT};
    if (run->r.scan != NULL && run->r.scan->t == a->t && outside == 0 && !hull)
        ref_form_load(&run->r, &y, offset);
    if (outside > 0 || (hull && can_leave))
        other = outside_value(run, a->x);
    if (outside > 0)
        y = ref_merge(run, y, other, ok, a->x->place);
    if (!hull || run->status != NN_OK)
        return y;
    if (can_leave)
        other = ref_as_real(&run->r, other);
    return widen(a, y, can_leave ? &other : NULL);
}

/* The tensor's element at the output's own indices, where both have the same shape: the block is contiguous. */
static bool is_contiguous(const ref_run *run, const ref_expr *x, const ref_tensor *t)
{
    if ((x->op & REF_BARE) == 0 || run->frame != run->root || run->output->rank != t->rank)
        return false;
    return memcmp(run->output->dims, t->dims, (size_t)t->rank * sizeof *t->dims) == 0;
}

static ref_value contiguous(ref_run *run, const ref_tensor *t)
{
    ref_value y = {.kind = t->w != NULL ? REF_INT : t->whole ? REF_WHOLE : REF_REAL, .uniform = run->r.n == 1};
    if (t->w != NULL) {
        y.w = t->w + run->block;
    } else {
        y.v = t->v + run->block;
        y.e = t->e + run->block;
    }
    return y;
}

static ref_value pick_by_lane(ref_run *run, const ref_expr *x, ref_value l, ref_value at)
{
    uint8_t *mask = arena_alloc(run->r.a, REF_LANES);
    int64_t n = (int64_t)l.n;
    bool can_leave = (x->op & EXPR_OUTSIDE) != 0;
    if (mask == NULL || at.kind != REF_INT || n == 0) {
        run->r.exhausted |= mask == NULL;
        ref_fail(run, x->place, "an exact whole number was expected as the index of a list that is not empty");
        return ref_int(&run->r, 0);
    }
    for (size_t i = 0; i < run->r.n && !can_leave; i++)
        if (at.w[i] < -n || at.w[i] >= n)
            ref_fail(run, x->place, "index %lld is outside a list of %lld", (long long)at.w[i], (long long)n);
    ref_value y = can_leave ? outside_value(run, x) : l.items[0];
    for (int64_t k = can_leave ? 0 : 1; k < n && run->status == NN_OK; k++) {
        for (size_t i = 0; i < run->r.n; i++)
            mask[i] = at.w[i] == k || at.w[i] == k - n;
        y = ref_merge(run, l.items[k], y, mask, x->place);
    }
    return y;
}

/* An element of a list. Negative positions count from the end. */
static ref_value from_list(ref_run *run, const ref_expr *x, ref_value l)
{
    ref_value at = x->n == 1 ? ref_number(run, x->args[0]) : ref_int(&run->r, 0);
    int64_t n = (int64_t)l.n;
    if (x->n != 1)
        ref_fail(run, x->place, "one index of a list was expected");
    if (at.kind == REF_INT && at.uniform) {
        int64_t i = at.w[0] < 0 ? at.w[0] + n : at.w[0];
        if (i >= 0 && i < n)
            return l.items[i];
        if ((x->op & EXPR_OUTSIDE) != 0)
            return outside_value(run, x);
        ref_fail(run, x->place, "index %lld is outside a list of %lld", (long long)at.w[0], (long long)n);
        return ref_int(&run->r, 0);
    }
    return pick_by_lane(run, x, l, at);
}

ref_value ref_element(ref_run *run, const ref_expr *x)
{
    ref_value base = ref_eval(run, x->a);
    if (base.kind == REF_LIST)
        return from_list(run, x, base);
    if (run->status == NN_OK && base.kind != REF_TENSOR)
        ref_fail(run, x->place, "a tensor or list was expected before `[`");
    if (run->status != NN_OK)
        return ref_int(&run->r, 0);
    if (base.t == NULL || (base.t->w == NULL && base.t->v == NULL)) {
        if (base.t == NULL && (x->op & EXPR_OUTSIDE) != 0)
            return outside_value(run, x);
        ref_fail(run, x->place,
                 base.t == NULL ? "the tensor is absent; `?` after the indices gives a value for it"
                                : "the tensor is not computed yet");
        return ref_int(&run->r, 0);
    }
    if (is_contiguous(run, x, base.t))
        return contiguous(run, base.t);
    access a = {.run = run, .x = x, .t = base.t};
    return from_tensor(&a);
}
