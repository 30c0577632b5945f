/* Functions of the plain interpreter. */
#include "recheck/recheck_eval.h"

#include "value/dmath.h"

/* ---- functions ---- */

/* Shapes of the arguments; a variadic counts as all its tensors. */
static size_t shapes(recheck *c, const expr *e, inst_value *out, size_t most)
{
    size_t n = 0;
    for (size_t i = 0; i < e->n && !rc_stopped(c); i++) {
        if (e->args[i]->type != TY_TENSORS) {
            if (n < most)
                out[n++] = recheck_eval(c, e->args[i]);
            continue;
        }
        rc_span s = rc_tensors(c, e->args[i]);
        for (size_t k = 0; k < s.n && n < most; k++)
            out[n++] = rc_dims(c, s, k);
    }
    return rc_stopped(c) ? 0 : n;
}

static inst_value broadcast(recheck *c, const expr *e)
{
    inst_value s[OP_MAX_SLOTS];
    size_t n = shapes(c, e, s, OP_MAX_SLOTS), rank = 0;
    for (size_t i = 0; i < n; i++)
        rank = s[i].n > rank ? s[i].n : rank;
    rc_list l = rc_new_list(c, TY_INTS, rank);
    for (size_t d = 0; d < rank && !rc_stopped(c); d++) {
        int64_t size = 1;
        for (size_t i = 0; i < n; i++) {
            if (d + s[i].n < rank)
                continue;
            int64_t x = s[i].ints[d + s[i].n - rank];
            if (x != 1 && size != 1 && x != size)
                return rc_none(c, "shapes that do not broadcast");
            size = x != 1 ? x : size;
        }
        inst_value x = rc_whole(size);
        rc_append(c, &l, &x);
    }
    return l.v;
}

static bool fits(recheck *c, const expr *e)
{
    inst_value s[2];
    if (shapes(c, e, s, 2) != 2 || s[0].n > s[1].n)
        return false;
    rc_spend(c, s[0].n);
    for (size_t i = 0; i < s[0].n; i++)
        if (s[0].ints[i] != 1 && s[0].ints[i] != s[1].ints[i + s[1].n - s[0].n])
            return false;
    return true;
}

/* The arguments of min, max, sum and prod: a list, or several numbers. */
static inst_value operands(recheck *c, const expr *e, ex_type list)
{
    ex_type first = e->args[0]->type;
    if (e->n == 1 && (first == TY_INTS || first == TY_REALS))
        return recheck_eval(c, e->args[0]);
    rc_list l = rc_new_list(c, list, e->n);
    for (size_t i = 0; i < e->n; i++) {
        inst_value x = recheck_eval(c, e->args[i]);
        rc_append(c, &l, &x);
    }
    return l.v;
}

static inst_value extreme(recheck *c, const inst_value *all, bool real, bool least)
{
    if (all->n == 0)
        return rc_none(c, "the smallest or largest of no elements");
    size_t best = 0;
    for (size_t i = 1; i < all->n; i++) {
        bool less = real ? all->reals[i] < all->reals[best] : all->ints[i] < all->ints[best];
        bool more = real ? all->reals[i] > all->reals[best] : all->ints[i] > all->ints[best];
        best = (least ? less : more) ? i : best;
    }
    return rc_element(real ? TY_REALS : TY_INTS, all, best);
}

/* Only the total must fit into 64 bits, because partial results depend on the order. */
static inst_value total(recheck *c, const inst_value *all, bool product)
{
    const wide far = (wide)1 << 63;
    wide r = product;
    bool beyond = false;
    for (size_t i = 0; i < all->n; i++) {
        int64_t x = all->ints[i];
        if (product && x == 0)
            return rc_whole(0);
        if (!beyond)
            r = product ? r * x : r + x;
        beyond |= product && (r > far || r < -far); /* and stays there, because no factor is 0 */
    }
    return rc_number(c, r);
}

static inst_value total_real(const inst_value *all, bool product)
{
    inst_value r = {.r = product};
    for (size_t i = 0; i < all->n; i++)
        r.r = product ? r.r * all->reals[i] : r.r + all->reals[i];
    return r;
}

static inst_value aggregate(recheck *c, const expr *e)
{
    bool real = e->type == TY_REAL;
    inst_value all = operands(c, e, real ? TY_REALS : TY_INTS);
    rc_spend(c, all.n);
    if (rc_stopped(c))
        return all;
    if (e->op == FN_MIN || e->op == FN_MAX)
        return extreme(c, &all, real, e->op == FN_MIN);
    return real ? total_real(&all, e->op == FN_PROD) : total(c, &all, e->op == FN_PROD);
}

static inst_value edited(recheck *c, const expr *e)
{
    inst_value a = recheck_eval(c, e->args[0]), v = recheck_eval(c, e->args[2]);
    int64_t i = recheck_eval(c, e->args[1]).i, n = (int64_t)a.n + (e->op == FN_INSERT);
    if (i < 0)
        i += n;
    if (i < 0 || i >= n)
        return rc_none(c, "an index beyond the list");
    rc_list l = rc_new_list(c, TY_INTS, (size_t)n);
    for (int64_t k = 0, from = 0; k < n && !rc_stopped(c); k++) {
        inst_value x = k == i ? v : rc_whole(a.ints[from]);
        from += k != i || e->op == FN_SETAT;
        rc_append(c, &l, &x);
    }
    return l.v;
}

static inst_value removed(recheck *c, const expr *e)
{
    inst_value a = recheck_eval(c, e->args[0]), drop = recheck_eval(c, e->args[1]);
    rc_list l = rc_new_list(c, TY_INTS, a.n);
    bool *gone = rc_room(c, a.n, sizeof *gone);
    rc_spend(c, drop.n);
    for (size_t k = 0; k < drop.n && !rc_stopped(c); k++) {
        int64_t x = drop.ints[k];
        if (x < 0)
            x += (int64_t)a.n;
        if (x < 0 || x >= (int64_t)a.n)
            return rc_none(c, "an index beyond the list");
        gone[x] = true;
    }
    for (size_t i = 0; i < a.n && !rc_stopped(c); i++) {
        inst_value x = rc_whole(a.ints[i]);
        if (!gone[i])
            rc_append(c, &l, &x);
    }
    return l.v;
}

static inst_value repeated(recheck *c, const expr *e)
{
    int64_t n = recheck_eval(c, e->args[0]).i;
    inst_value v = e->op == FN_FILL ? recheck_eval(c, e->args[1]) : rc_whole(e->op == FN_ONES);
    if (n < 0)
        return rc_none(c, "a list of negative length");
    rc_list l = rc_new_list(c, e->type, (size_t)n);
    for (int64_t i = 0; i < n && !rc_stopped(c); i++) {
        inst_value x = e->op == FN_IOTA ? rc_whole(i) : v;
        rc_append(c, &l, &x);
    }
    return l.v;
}

static inst_value reversed(recheck *c, const expr *e)
{
    inst_value a = recheck_eval(c, e->args[0]);
    rc_list l = rc_new_list(c, TY_INTS, a.n);
    for (size_t i = a.n; i-- > 0 && !rc_stopped(c);) {
        inst_value x = rc_whole(a.ints[i]);
        rc_append(c, &l, &x);
    }
    return l.v;
}

/* Merges the sorted runs from[0..middle) and from[middle..n). */
static void merge(int64_t *to, const int64_t *from, size_t middle, size_t n)
{
    size_t i = 0, k = middle;
    for (size_t at = 0; at < n; at++)
        to[at] = k == n || (i < middle && from[i] <= from[k]) ? from[i++] : from[k++];
}

inst_value rc_sorted(recheck *c, const inst_value *a)
{
    rc_list l = rc_new_list(c, TY_INTS, a->n);
    int64_t *from = rc_room(c, a->n, sizeof *from), *to = l.ints;
    rc_append_all(c, &l, TY_INTS, a);
    if (rc_stopped(c) || a->n == 0)
        return l.v;
    for (size_t run = 1; run < a->n; run *= 2) {
        int64_t *swap = from;
        from = to;
        to = swap;
        for (size_t at = 0; at < a->n; at += 2 * run) {
            size_t left = a->n - at;
            merge(to + at, from + at, run < left ? run : left, 2 * run < left ? 2 * run : left);
        }
    }
    return (inst_value){.ints = to, .n = a->n};
}

static inst_value unravelled(recheck *c, const expr *e)
{
    int64_t left = recheck_eval(c, e->args[0]).i;
    inst_value shape = recheck_eval(c, e->args[1]);
    rc_list l = rc_new_list(c, TY_INTS, shape.n);
    rc_append_all(c, &l, TY_INTS, &shape);
    for (size_t i = shape.n; i-- > 0 && !rc_stopped(c);) {
        if (shape.ints[i] <= 0)
            return rc_none(c, "a shape with a dimension below 1");
        l.ints[i] = left % shape.ints[i];
        left /= shape.ints[i];
    }
    return l.v;
}

static inst_value letters(recheck *c, const expr *e)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    inst_value a = recheck_eval(c, e->args[0]);
    char *s = rc_room(c, a.n, 1);
    for (size_t i = 0; i < a.n && !rc_stopped(c); i++) {
        if (a.ints[i] < 0 || a.ints[i] > 51)
            return rc_none(c, "a number that has no letter");
        s[i] = alphabet[a.ints[i]];
    }
    return (inst_value){.s = s != NULL ? s : ""};
}

/* `can` was judged during the search. A condition that was possible then may be false now, so only a true one proves anything. */
static bool possible(recheck *c, const expr *e)
{
    const char *before = c->fault;
    bool now = recheck_true(c, e);
    c->vague |= !now;
    c->fault = before;
    return true;
}

static double rounded(int fn, double x)
{
    if (!(x > -4e15 && x < 4e15))
        return x;
    int64_t down = (int64_t)x;
    down -= (double)down > x;
    double rest = x - (double)down;
    if (fn == FN_CEIL)
        down += rest > 0;
    else if (fn == FN_ROUND)
        down += rest > 0.5 || (rest == 0.5 && down % 2 != 0);
    return (double)down;
}

/* lo, hi, mag, width */
static inst_value measure(int fn, interval a)
{
    double mag = -a.lo > a.hi ? -a.lo : a.hi;
    return (inst_value){.r = fn == FN_LO ? a.lo : fn == FN_HI ? a.hi : fn == FN_MAG ? mag : a.hi - a.lo};
}

/* A function of one real. */
static inst_value real_function(recheck *c, int fn, double x)
{
    switch ((ex_fn)fn) {
    case FN_FLOOR:
    case FN_CEIL:
    case FN_ROUND:
        return (inst_value){.r = rounded(fn, x)};
    case FN_SIGN:
        return (inst_value){.r = x > 0 ? 1 : x < 0 ? -1 : 0};
    case FN_RELU:
        return (inst_value){.r = x < 0 ? 0 : x};
    case FN_ABS:
        return (inst_value){.r = x < 0 ? -x : x};
    case FN_SQR:
        return (inst_value){.r = x * x};
    case FN_SQRT:
        return (inst_value){.r = dm_sqrt(x)};
    case FN_EXP:
        return (inst_value){.r = dm_exp(x)};
    case FN_LOG:
        return (inst_value){.r = dm_log(x)};
    default:
        c->vague = true;
        return (inst_value){0};
    }
}

static inst_value real_call(recheck *c, const expr *e)
{
    switch ((ex_fn)e->op) {
    case FN_LO:
    case FN_HI:
    case FN_MAG:
    case FN_WIDTH:
        return measure(e->op, recheck_interval(c, e->args[0]));
    case FN_LIVE:
    case FN_TIES:
    case FN_WEAK:
    case FN_SCALE_FOR: /* only the lowering computes likely values and scales */
        c->vague = true;
        return (inst_value){0};
    case FN_POW: {
        double x = recheck_real(c, e->args[0]);
        return (inst_value){.r = dm_pow(x, recheck_real(c, e->args[1]))};
    }
    default:
        return real_function(c, e->op, recheck_real(c, e->args[0]));
    }
}

static inst_value conditions(recheck *c, const expr *e)
{
    inst_value x = rc_generate(c, e->args[0]);
    int64_t n = 0;
    for (size_t i = 0; i < x.n && !rc_stopped(c); i++)
        n += x.ints[i] != 0;
    return rc_whole(e->op == FN_COUNT ? n : e->op == FN_ALL ? n == (int64_t)x.n : n > 0);
}

static inst_value size_of(recheck *c, rc_span s)
{
    inst_value d = rc_dims(c, s, 0);
    return rc_stopped(c) ? d : total(c, &d, true);
}

inst_value rc_call(recheck *c, const expr *e)
{
    int64_t a, b;
    switch ((ex_fn)e->op) {
    case FN_RANK:
        return rc_whole((int64_t)rc_dims(c, rc_tensors(c, e->args[0]), 0).n);
    case FN_SHAPE:
        return rc_dims(c, rc_tensors(c, e->args[0]), 0);
    case FN_NUMEL:
        return size_of(c, rc_tensors(c, e->args[0]));
    case FN_PRESENT:
        return rc_whole(rc_present(c, e->args[0]));
    case FN_ARITY:
        return rc_whole((int64_t)rc_tensors(c, e->args[0]).n);
    case FN_LEN:
        return rc_whole((int64_t)recheck_eval(c, e->args[0]).n);
    case FN_ALL:
    case FN_ANY:
    case FN_COUNT:
        return conditions(c, e);
    case FN_PROD:
    case FN_SUM:
    case FN_MIN:
    case FN_MAX:
        return aggregate(c, e);
    case FN_ABS:
        if (e->type == TY_REAL)
            return real_call(c, e);
        a = recheck_eval(c, e->args[0]).i;
        return a < 0 ? rc_arithmetic(c, OP_SUB, 0, a) : rc_whole(a);
    case FN_CEILDIV:
        a = recheck_eval(c, e->args[0]).i;
        return rc_divide(c, a, recheck_eval(c, e->args[1]).i, true);
    case FN_NORM_AXIS:
        a = recheck_eval(c, e->args[0]).i;
        b = recheck_eval(c, e->args[1]).i;
        return a < 0 ? rc_arithmetic(c, OP_ADD, a, b) : rc_whole(a);
    case FN_BROADCAST:
        return broadcast(c, e);
    case FN_FITS:
        return rc_whole(fits(c, e));
    case FN_FILL:
    case FN_ONES:
    case FN_ZEROS:
    case FN_IOTA:
        return repeated(c, e);
    case FN_SETAT:
    case FN_INSERT:
        return edited(c, e);
    case FN_REMOVE:
        return removed(c, e);
    case FN_REVERSE:
        return reversed(c, e);
    case FN_SORT: {
        inst_value l = recheck_eval(c, e->args[0]);
        return rc_sorted(c, &l);
    }
    case FN_UNRAVEL:
        return unravelled(c, e);
    case FN_LETTERS:
        return letters(c, e);
    case FN_CAN:
        return rc_whole(possible(c, e->args[0]));
    case FN_WHOLE:
        return rc_whole(dtype_is_whole(dtype_parse(recheck_eval(c, e->args[0]).s)));
    case FN_CHOSEN:
        return rc_whole(c->ops->data >> dtype_parse(recheck_eval(c, e->args[0]).s) & 1);
    case FN_LEAST:
    case FN_LARGEST: {
        inst_value least = {0}, largest = {0};
        if (!dtype_limits(dtype_parse(recheck_eval(c, e->args[0]).s), &least.r, &largest.r))
            return rc_none(c, "a type without limits");
        return e->op == FN_LEAST ? least : largest;
    }
    default:
        return real_call(c, e);
    }
}
