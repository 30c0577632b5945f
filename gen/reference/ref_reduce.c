/* Comprehensions: their index space is laid over the lanes, a chunk at a time, and reduced. */
#include "reference/ref_form.h"
#include "reference/ref_run.h"

#include "reference/ref_functions.h"

#include <string.h>

enum { MAX_AXES = 32, MAX_LIST = 4096 };

/* One index of a comprehension: an element of a list, or a number from `from` on. */
typedef struct {
    int slot;
    size_t extent;
    int64_t from;
    ref_value list;   /* kind REF_LIST: v in a list */
    bool ragged;      /* the ends differ between lanes */
    ref_value lo, hi; /* then they are kept */
} axis;

typedef struct {
    ref_run *run;
    const ref_expr *x;
    axis axes[MAX_AXES];
    size_t n_axes, total, outer;
} loop;

static void set_range(loop *l, axis *a, const ref_value *from, const ref_value *to, spec_place place)
{
    ref_run *run = l->run;
    if (from->kind != REF_INT || to->kind != REF_INT) {
        ref_fail(run, place, "the ends of a range must be exact whole numbers");
        return;
    }
    int64_t lo = from->w[0], hi = to->w[0];
    for (size_t i = 1; i < ref_count(&run->r, from); i++)
        lo = from->w[i] < lo ? from->w[i] : lo;
    for (size_t i = 1; i < ref_count(&run->r, to); i++)
        hi = to->w[i] > hi ? to->w[i] : hi;
    a->ragged = !from->uniform || !to->uniform;
    a->lo = *from;
    a->hi = *to;
    a->from = lo;
    int64_t extent;
    a->extent = hi < lo ? 0 : nn_sub64(hi, lo, &extent) && extent < INT32_MAX ? (size_t)extent + 1 : SIZE_MAX;
}

static void open_tuple(loop *l, const ref_binder *b, spec_place place)
{
    ref_value sizes = ref_list(l->run, b->from);
    if (l->n_axes + sizes.n > MAX_AXES) {
        ref_fail(l->run, place, "at most %d indices were expected", MAX_AXES);
        return;
    }
    for (size_t i = 0; i < sizes.n; i++) {
        int64_t n = ref_uniform_int(l->run, &sizes.items[i], place, "a size");
        l->axes[l->n_axes++] = (axis){.slot = b->slot, .extent = n > 0 ? (size_t)n : 0};
    }
}

static void open_loop(loop *l, ref_run *run, const ref_expr *x)
{
    *l = (loop){.run = run, .x = x, .total = 1, .outer = run->r.n};
    for (size_t i = 0; i < x->n && run->status == NN_OK; i++) {
        const ref_binder *b = &x->binders[i];
        if (b->tuple) {
            open_tuple(l, b, x->place);
            continue;
        }
        if (l->n_axes == MAX_AXES) {
            ref_fail(run, x->place, "at most %d indices were expected", MAX_AXES);
            break;
        }
        axis *a = &l->axes[l->n_axes++];
        *a = (axis){.slot = b->slot};
        if (b->to != NULL) {
            ref_value from = ref_settle(&run->r, ref_number(run, b->from)), to = ref_settle(&run->r, ref_number(run, b->to));
            set_range(l, a, &from, &to, x->place);
        } else {
            a->list = ref_list(run, b->from);
            a->list.kind = REF_LIST;
            a->extent = a->list.n;
        }
    }
    for (size_t i = 0; i < l->n_axes; i++) {
        if (l->axes[i].extent == 0) {
            l->total = 0;
            return;
        }
        if (l->axes[i].extent > INT32_MAX / l->total)
            ref_fail(run, x->place, "a comprehension of at most %d elements was expected", INT32_MAX);
        else
            l->total *= l->axes[i].extent;
    }
    for (size_t i = 0; i < x->n_hoisted && run->status == NN_OK; i++)
        run->scope->locals[x->hoisted[i].slot] = (ref_local){ref_eval(run, x->hoisted[i].from), run->frame};
}

/* The axis's value at each of the positions first, first + 1, ... of the chunk, each for all outer lanes. */
static ref_value axis_values(loop *l, const axis *a, size_t below, size_t first, size_t count)
{
    ref_run *run = l->run;
    if (a->list.kind == REF_LIST) {
        if (count == 1)
            return ref_carry(run, a->list.items[first / below % a->extent], run->frame->up);
        ref_value y = ref_carry(run, a->list.items[0], run->frame->up);
        uint8_t *mask = arena_alloc(run->r.a, REF_LANES);
        if (mask == NULL) {
            run->r.exhausted = true;
            return y;
        }
        for (size_t k = 1; k < a->extent; k++) {
            for (size_t i = 0; i < run->r.n; i++)
                mask[i] = (first + i / l->outer) / below % a->extent == k;
            y = ref_merge(run, ref_carry(run, a->list.items[k], run->frame->up), y, mask, l->x->place);
        }
        return y;
    }
    ref_value y = ref_new(&run->r, REF_INT, count == 1);
    size_t step = y.uniform ? 1 : l->outer;
    for (size_t c = 0; c < count; c++) {
        int64_t at = a->from + (int64_t)((first + c) / below % a->extent);
        for (size_t i = 0; i < step; i++)
            y.w[c * step + i] = at;
    }
    return y;
}

static void bind_axes(loop *l, size_t first, size_t count)
{
    ref_run *run = l->run;
    size_t below = 1;
    for (size_t i = l->n_axes; i-- > 0;) {
        axis *a = &l->axes[i];
        ref_value v = axis_values(l, a, below, first, count);
        below *= a->extent;
        ref_local *to = &run->scope->locals[a->slot];
        bool tuple = false;
        for (size_t b = 0; b < l->x->n; b++)
            tuple |= l->x->binders[b].slot == a->slot && l->x->binders[b].tuple;
        if (!tuple) {
            *to = (ref_local){v, run->frame};
            continue;
        }
        size_t start = i;
        while (start > 0 && l->axes[start - 1].slot == a->slot)
            start--;
        bool last = i + 1 == l->n_axes || l->axes[i + 1].slot != a->slot;
        if (last) {
            size_t n = i - start + 1;
            *to = (ref_local){ref_new_list(run, n), run->frame};
        }
        if (i - start < to->value.n)
            to->value.items[i - start] = v;
    }
    for (size_t b = 0; b < l->x->n; b++) { /* a tuple of no indices */
        bool found = false;
        for (size_t i = 0; i < l->n_axes; i++)
            found |= l->axes[i].slot == l->x->binders[b].slot;
        if (!found)
            run->scope->locals[l->x->binders[b].slot] = (ref_local){ref_new_list(run, 0), run->frame};
    }
}

/* Whether the elements of the chunk are used: those within ragged ranges for which the guard holds. NULL: all are. */
static uint8_t *find_used(loop *l, size_t *n_used)
{
    ref_run *run = l->run;
    size_t n = run->r.n;
    ref_value used = {.kind = REF_LIST};
    for (size_t i = 0; i < l->n_axes; i++) {
        const axis *a = &l->axes[i];
        if (!a->ragged)
            continue;
        const ref_value v = run->scope->locals[a->slot].value;
        ref_value in = ref_extreme(&run->r, ref_compare(&run->r, v, ref_carry(run, a->lo, run->frame->up), REF_GE),
                                   ref_compare(&run->r, v, ref_carry(run, a->hi, run->frame->up), REF_LE), false);
        used = used.kind == REF_LIST ? in : ref_extreme(&run->r, used, in, false);
    }
    if (l->x->c != NULL) {
        ref_value guard = ref_settle(&run->r, ref_number(run, l->x->c));
        if (guard.kind != REF_INT)
            ref_fail(run, l->x->place, "the condition of a comprehension must be certain");
        else
            used = used.kind == REF_LIST ? ref_compare(&run->r, guard, ref_int(&run->r, 0), REF_NE)
                                         : ref_extreme(&run->r, used, guard, false);
    }
    *n_used = n;
    if (used.kind == REF_LIST || run->status != NN_OK)
        return NULL;
    uint8_t *mask = arena_alloc(run->r.a, n);
    if (mask == NULL) {
        run->r.exhausted = true;
        return NULL;
    }
    *n_used = 0;
    for (size_t i = 0; i < n; i++) {
        mask[i] = used.w[used.uniform ? 0 : i] != 0;
        *n_used += mask[i];
    }
    return *n_used == n ? NULL : mask;
}

/* The body where it is used, in a frame of those elements alone. */
static void run_used(loop *l, const uint8_t *mask, size_t n_used, size_t first, ref_sink *sink, void *data)
{
    ref_run *run = l->run;
    size_t n = run->r.n;
    uint32_t *from = arena_alloc(run->r.a, 3 * (n_used + 1) * sizeof *from);
    if (from == NULL) {
        run->r.exhausted = true;
        return;
    }
    uint32_t *lane = from + n_used, *place = lane + n_used;
    for (size_t i = 0, k = 0; i < n; i++)
        if (mask[i] != 0) {
            from[k] = (uint32_t)i;
            lane[k] = (uint32_t)(i % l->outer);
            place[k++] = (uint32_t)(first + i / l->outer);
        }
    ref_frame frame;
    ref_scope scope, *outer = run->scope;
    ref_enter(run, &frame, &scope, n_used, from);
    ref_value body = ref_spread(&run->r, ref_number(run, l->x->a));
    if (run->status == NN_OK)
        sink(data, &(ref_chunk){.run = run,
                                .body = &body,
                                .n = n_used,
                                .lane = lane,
                                .place = place,
                                .first = first,
                                .outer = l->outer,
                                .total = l->total});
    ref_leave(run, &frame, outer);
}

static void run_chunk(loop *l, size_t first, size_t count, ref_sink *sink, void *data)
{
    ref_run *run = l->run;
    ref_frame frame;
    ref_scope scope, *outer = run->scope;
    arena_mark mark = arena_get_mark(run->r.a);
    run->work += (double)(count * l->outer);
    if (run->work > run->max_work) {
        ref_fail(run, l->x->place, "the outputs take more than %.0e evaluations", run->max_work);
        return;
    }
    ref_enter(run, &frame, &scope, count * l->outer, NULL);
    bind_axes(l, first, count);
    size_t n_used;
    const uint8_t *mask = find_used(l, &n_used);
    if (run->status == NN_OK && mask != NULL && n_used > 0) {
        run_used(l, mask, n_used, first, sink, data);
    } else if (run->status == NN_OK && mask == NULL) {
        ref_value body = ref_spread(&run->r, ref_number(run, l->x->a));
        if (run->status == NN_OK && !run->r.exhausted)
            sink(data, &(ref_chunk){.run = run, .body = &body, .n = frame.n, .first = first, .outer = l->outer, .total = l->total});
    }
    ref_leave(run, &frame, outer);
    arena_release(run->r.a, mark);
}

size_t ref_each(ref_run *run, const ref_expr *comprehension, ref_sink *sink, void *data)
{
    loop l;
    open_loop(&l, run, comprehension);
    if (run->status != NN_OK)
        return 0;
    size_t chunk = REF_LANES / l.outer;
    chunk = comprehension->varies || chunk == 0 ? 1 : chunk;
    for (size_t at = 0; at < l.total && run->status == NN_OK && !run->r.exhausted; at += chunk)
        run_chunk(&l, at, l.total - at < chunk ? l.total - at : chunk, sink, data);
    return l.total;
}

/* ---- lists ---- */

typedef struct {
    ref_run *run;
    ref_value list;
} listing;

static ref_value list_item(loop *l, size_t at)
{
    ref_run *run = l->run;
    ref_scope scope = *run->scope, *outer = run->scope;
    run->scope = &scope;
    size_t below = 1;
    for (size_t i = l->n_axes; i-- > 0;) {
        const axis *a = &l->axes[i];
        size_t k = at / below % a->extent;
        below *= a->extent;
        ref_value v = a->list.kind == REF_LIST ? a->list.items[k] : ref_int(&run->r, a->from + (int64_t)k);
        scope.locals[a->slot] = (ref_local){v, run->frame};
    }
    ref_value y = {.kind = REF_TENSORS};
    if (l->x->c != NULL) {
        ref_value guard = ref_number(run, l->x->c);
        if (ref_uniform_int(run, &guard, l->x->place, "the condition of a list") == 0) {
            run->scope = outer;
            return y;
        }
    }
    y = ref_eval(run, l->x->a);
    run->scope = outer;
    return y;
}

ref_value ref_comprehension(ref_run *run, const ref_expr *x)
{
    loop l;
    open_loop(&l, run, x);
    for (size_t i = 0; i < l.n_axes; i++)
        if (l.axes[i].ragged)
            ref_fail(run, x->place, "the length of a list must be the same for all elements");
    for (size_t i = 0; i < x->n; i++)
        if (x->binders[i].tuple)
            ref_fail(run, x->place, "the variables of a list stand for numbers; `v..` is for sums and the like");
    if (l.total > MAX_LIST)
        ref_fail(run, x->place, "a list of at most %d elements was expected", MAX_LIST);
    if (run->status != NN_OK)
        return ref_new_list(run, 0);
    ref_value list = ref_new_list(run, l.total);
    size_t n = 0;
    for (size_t i = 0; i < list.n; i++) {
        ref_value item = list_item(&l, i);
        if (item.kind != REF_TENSORS)
            list.items[n++] = item;
    }
    list.n = n;
    return list;
}

/* ---- reductions ---- */

/* (1 + u)^n - 1, rounded up. Higham, "Accuracy and Stability", section 3.1; written so that it stays finite. */
double ref_gamma(const ref_unit *u, double n)
{
    return ref_growth(n * u->u);
}

typedef struct {
    ref_fn fn;
    ref_kind kind;
    size_t n;
    int64_t *w;
    double *v, *e, *lo, *hi; /* lo: of sums the magnitudes of the terms; of extremes both are the ends of the hull */
    double *count;
    ref_form_sum forms;
} total;

static bool open_total(total *t, ref_run *run, ref_fn fn)
{
    size_t n = run->r.n;
    double *memory = arena_calloc(run->r.a, 6 * n, sizeof *memory);
    *t = (total){.fn = fn, .kind = REF_INT, .n = n};
    if (memory == NULL) {
        run->r.exhausted = true;
        return false;
    }
    t->w = (int64_t *)memory;
    t->v = memory + n;
    t->e = memory + 2 * n;
    t->lo = memory + 3 * n;
    t->hi = memory + 4 * n;
    t->count = memory + 5 * n;
    if (fn == RF_SUM)
        ref_form_sum_new(&run->r, &t->forms, n);
    return true;
}

static void to_real(total *t, ref_kind kind)
{
    for (size_t i = 0; t->kind == REF_INT && i < t->n; i++) {
        t->v[i] = t->hi[i] = (double)t->w[i];
        t->lo[i] = t->fn == RF_SUM || t->fn == RF_MEAN || t->fn == RF_COUNT ? __builtin_fabs(t->v[i]) : t->v[i];
    }
    t->kind = kind;
}

static void add_whole(total *t, size_t at, int64_t w)
{
    int64_t *y = &t->w[at];
    bool first = t->count[at] == 0;
    switch (t->fn) {
    case RF_PROD:
        *y = first ? w : (int64_t)((uint64_t)*y * (uint64_t)w);
        break;
    case RF_MIN:
    case RF_ALL:
        *y = first || w < *y ? w : *y;
        break;
    case RF_MAX:
    case RF_ANY:
        *y = first || w > *y ? w : *y;
        break;
    default:
        *y = (int64_t)((uint64_t)*y + (uint64_t)w);
    }
    t->count[at]++;
}

static void add_extreme(total *t, size_t at, double v, double e, bool greatest)
{
    bool first = t->count[at]++ == 0, more = greatest ? v > t->v[at] : v < t->v[at];
    t->v[at] = first || more || v != v ? v : t->v[at];
    double lo = v - e, hi = v + e;
    t->lo[at] = first || (greatest ? lo > t->lo[at] : lo < t->lo[at]) ? lo : t->lo[at];
    t->hi[at] = first || (greatest ? hi > t->hi[at] : hi < t->hi[at]) ? hi : t->hi[at];
    /* whether there is an error at all, or what may be NaN, of which ONNX leaves it open */
    bool open = v != v || !(e < (double)__builtin_inff()) || (v - v != 0 && e != 0);
    t->e[at] = open ? 2 : t->e[at] > 0 ? t->e[at] : e > 0;
}

static void add_factor(total *t, const ref_unit *u, size_t at, double v, double e)
{
    if (t->count[at]++ == 0) {
        t->v[at] = v;
        t->e[at] = e;
        return;
    }
    double p = t->v[at], pe = t->e[at];
    t->v[at] = p * v;
    t->e[at] = __builtin_fabs(p) * e + (__builtin_fabs(v) + e) * pe;
    if (t->kind == REF_REAL)
        ref_rounded(u, 1, 1, &t->v[at], &t->e[at]);
}

/* The terms of a chunk whose elements lie in rows of all outer lanes. */
static void add_rows(total *t, const ref_chunk *c)
{
    const double *v = c->body->v, *e = c->body->e;
    for (size_t row = 0; row < c->n; row += t->n)
        for (size_t i = 0; i < t->n; i++) {
            t->v[i] += v[row + i];
            t->e[i] += e[row + i];
            t->lo[i] += __builtin_fabs(v[row + i]);
            t->count[i]++;
        }
}

static void add_real(total *t, const ref_unit *u, size_t at, double v, double e)
{
    switch (t->fn) {
    case RF_PROD:
        add_factor(t, u, at, v, e);
        return;
    case RF_MIN:
    case RF_ALL:
        add_extreme(t, at, v, e, false);
        return;
    case RF_MAX:
    case RF_ANY:
        add_extreme(t, at, v, e, true);
        return;
    default:
        t->v[at] += v;
        t->e[at] += e;
        t->lo[at] += __builtin_fabs(v);
        t->count[at]++;
    }
}

static void add_forms(total *t, const ref_chunk *c)
{
    for (size_t i = 0; t->forms.forms != NULL && i < c->n; i++)
        ref_form_sum_add(&c->run->r, &t->forms, c->lane != NULL ? c->lane[i] : i % t->n, c->body, i);
}

static void add_chunk(void *data, const ref_chunk *c)
{
    total *t = data;
    ref_value body = *c->body;
    add_forms(t, c);
    if (body.kind > t->kind)
        to_real(t, body.kind);
    if (t->kind != REF_INT)
        body = ref_as_real(&c->run->r, body);
    if (t->kind != REF_INT && c->lane == NULL && (t->fn == RF_SUM || t->fn == RF_MEAN)) {
        ref_chunk chunk = *c;
        chunk.body = &body;
        add_rows(t, &chunk);
        return;
    }
    for (size_t i = 0, lane = 0; i < c->n; i++) {
        size_t at = c->lane != NULL ? c->lane[i] : lane;
        if (t->kind == REF_INT)
            add_whole(t, at, body.w[i]);
        else
            add_real(t, &c->run->unit, at, body.v[i], body.e[i]);
        lane = lane + 1 == t->n ? 0 : lane + 1;
    }
}

/* A sum in any order, with or without FMA: n - 1 roundings of partial sums that are at most the sum of magnitudes. */
static void finish_sum(total *t, const ref_vectors *r)
{
    const ref_unit *u = r->unit;
    ref_linear *f = t->kind == REF_REAL ? ref_form_sum_end(r, &t->forms, t->n, t->e) : NULL;
    for (size_t i = 0; t->kind == REF_REAL && i < t->n; i++) {
        if (t->count[i] > 1) {
            double m = t->lo[i] + t->e[i];
            if (m != m && t->e[i] < (double)__builtin_inff()) { /* a term is NaN, and that surely */
                t->e[i] = 0;
                continue;
            }
            double rounding = m > 0 ? ref_gamma(u, t->count[i]) * m + u->tiny : m == 0 ? 0 : (double)__builtin_inff();
            t->e[i] += rounding;
            if (f != NULL)
                f[i].rest += rounding;
        }
    }
}

static void finish_extremes(total *t)
{
    for (size_t i = 0; i < t->n; i++)
        t->e[i] = t->e[i] == 0 || (t->e[i] == 1 && t->v[i] - t->v[i] != 0) ? 0
                  : t->e[i] > 1                                            ? (double)__builtin_inff()
                                                                           : ref_hull_error(t->v[i], t->lo[i], t->hi[i]);
}

static ref_value finish_total(ref_run *run, total *t)
{
    ref_value y = {.kind = t->kind, .uniform = t->n == 1};
    if (t->kind == REF_INT && t->fn != RF_MEAN) {
        for (size_t i = 0; i < t->n; i++)
            t->w[i] = t->count[i] == 0 && (t->fn == RF_PROD || t->fn == RF_ALL) ? 1 : t->w[i];
        y.w = t->w;
        return y;
    }
    if (t->kind == REF_INT)
        to_real(t, REF_WHOLE);
    for (size_t i = 0; i < t->n && (t->fn == RF_PROD || t->fn == RF_ALL); i++)
        t->v[i] = t->count[i] == 0 ? 1 : t->v[i];
    if (t->fn == RF_MIN || t->fn == RF_MAX || t->fn == RF_ALL || t->fn == RF_ANY)
        finish_extremes(t);
    else if (t->fn != RF_PROD)
        finish_sum(t, &run->r);
    y.kind = t->kind;
    y.v = t->v;
    y.e = t->e;
    y.forms = t->kind == REF_REAL && t->forms.used ? t->forms.forms : NULL;
    if (t->fn != RF_MEAN)
        return y;
    ref_value n = {.kind = REF_REAL, .uniform = t->n == 1, .v = t->count, .e = t->hi};
    memset(t->hi, 0, t->n * sizeof *t->hi);
    y.kind = REF_REAL;
    ref_value mean = ref_div(&run->r, y, n);
    for (size_t i = 0; i < t->n; i++)
        if (t->count[i] == 1) {
            mean.v[i] = y.v[i];
            mean.e[i] = y.e[i];
        }
    return mean;
}

/* min, max of several numbers; of one list; sum, prod, all, any, count of one list. */
static ref_value reduce_items(ref_run *run, const ref_expr *x)
{
    ref_value list = {.kind = REF_LIST};
    if (x->n == 1) {
        list = ref_list(run, x->args[0]);
    } else {
        list = ref_new_list(run, x->n);
        for (size_t i = 0; i < list.n; i++)
            list.items[i] = ref_number(run, x->args[i]);
    }
    ref_value y = ref_int(&run->r, x->op == RF_PROD || x->op == RF_ALL);
    for (size_t i = 0; i < list.n && run->status == NN_OK; i++) {
        ref_value v = list.items[i];
        if (!ref_is_number(&v))
            ref_fail(run, x->place, "a list of numbers was expected");
        else if (x->op == RF_PROD)
            y = i == 0 ? v : ref_mul(&run->r, y, v);
        else if (x->op == RF_SUM || x->op == RF_COUNT || x->op == RF_MEAN)
            y = i == 0 ? v : ref_add(&run->r, y, v);
        else
            y = i == 0 ? v : ref_extreme(&run->r, y, v, x->op == RF_MAX || x->op == RF_ANY);
    }
    return x->op == RF_MEAN ? ref_div(&run->r, y, ref_real(&run->r, (double)list.n, 0)) : y;
}

ref_value ref_reduce(ref_run *run, const ref_expr *x)
{
    total t;
    if (x->n != 1 || x->args[0]->kind != RX_FOR || (x->args[0]->op & EXPR_LISTED) != 0)
        return reduce_items(run, x);
    if (!open_total(&t, run, (ref_fn)x->op))
        return ref_int(&run->r, 0);
    ref_each(run, x->args[0], add_chunk, &t);
    return run->status == NN_OK ? finish_total(run, &t) : ref_int(&run->r, 0);
}
