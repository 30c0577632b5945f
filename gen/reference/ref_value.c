/* Arithmetic with running error bounds (J. H. Wilkinson, "Error Analysis Revisited", 1986; N. J. Higham, "Accuracy and Stability of
 * Numerical Algorithms", 2nd ed., section 3.3).
 *
 * The operands of an implementation lie within e of v. Each rule adds up how far its result can then lie from ours, and adds one
 * rounding of the type. Our own roundings, in double, are covered by a unit roundoff that is larger by 2^-52; those of the bounds
 * themselves by the factor that ref_node.c applies at the end. */
#include "reference/ref_form.h"

#include "value/dmath.h"

#include <float.h>
#include <string.h>

static const double exact[REF_LANES];

ref_unit ref_unit_of(dtype t)
{
    const dtype real = dtype_is_float(t) ? t : DT_FLOAT32;
    const bool flushed = dtype_least_normal(real) <= 0x1p-126; /* types with the exponents of float32 or double */
    double least;
    ref_unit u = {.type = t, .u = dtype_unit(real) + 0x1p-52};
    u.tiny = flushed ? dtype_least_normal(real) : dtype_least_subnormal(real);
    dtype_limits(real, &least, &u.largest);
    return u;
}

static double *numbers(ref_vectors *r, size_t n)
{
    double *x = arena_alloc(r->a, n * sizeof *x);
    if (x != NULL)
        return x;
    r->exhausted = true;
    return r->spare;
}

ref_value ref_new(ref_vectors *r, ref_kind kind, bool uniform)
{
    size_t n = uniform ? 1 : r->n;
    ref_value x = {.kind = kind, .uniform = uniform};
    if (kind == REF_INT) {
        x.w = (int64_t *)numbers(r, n);
    } else {
        x.v = numbers(r, 2 * n);
        x.e = r->exhausted ? x.v : x.v + n;
    }
    return x;
}

ref_value ref_int(ref_vectors *r, int64_t i)
{
    ref_value x = ref_new(r, REF_INT, true);
    x.w[0] = i;
    return x;
}

ref_value ref_real(ref_vectors *r, double v, double e)
{
    ref_value x = ref_new(r, REF_REAL, true);
    x.v[0] = v;
    x.e[0] = e;
    return x;
}

ref_value ref_spread(ref_vectors *r, ref_value x)
{
    if (!x.uniform || r->n == 1)
        return x;
    ref_value y = ref_new(r, x.kind, false);
    for (size_t i = 0; i < r->n; i++)
        y.w[i] = x.w[0]; /* the bits of either member */
    for (size_t i = 0; x.kind != REF_INT && i < r->n; i++)
        y.e[i] = x.e[0];
    ref_form_follow(r, &y, &x, NULL, 1);
    return y;
}

ref_value ref_as_real(ref_vectors *r, ref_value x)
{
    if (x.kind != REF_INT)
        return x;
    size_t n = ref_count(r, &x);
    ref_value y = {.kind = REF_WHOLE, .uniform = x.uniform, .v = numbers(r, n), .e = (double *)(uintptr_t)exact};
    int64_t all = 0;
    for (size_t i = 0; i < n; i++) {
        y.v[i] = (double)x.w[i];
        all |= x.w[i] ^ x.w[i] >> 63;
    }
    if (all >> 53 != 0) {
        y.e = numbers(r, n);
        for (size_t i = 0; i < n; i++)
            y.e[i] = __builtin_fabs(y.v[i]) >= 0x1p53 ? __builtin_fabs(y.v[i]) * 0x1p-53 : 0;
    }
    return y;
}

ref_value ref_settle(ref_vectors *r, ref_value x)
{
    size_t n = ref_count(r, &x);
    if (x.kind != REF_WHOLE)
        return x;
    for (size_t i = 0; i < n; i++)
        if (x.e[i] != 0 || !(__builtin_fabs(x.v[i]) <= 0x1p53))
            return x;
    ref_value y = ref_new(r, REF_INT, x.uniform);
    for (size_t i = 0; i < n; i++)
        y.w[i] = (int64_t)x.v[i];
    return y;
}

ref_kind ref_join(const ref_value *a, const ref_value *b)
{
    return a->kind > b->kind ? a->kind : b->kind;
}

bool ref_representable(dtype t, double v)
{
    return t == DT_DOUBLE || !dtype_is_float(t) || dtype_nearest(t, v) == v;
}

void ref_rounded(const ref_unit *u, double times, size_t n, const double *v, double *e)
{
    const bool narrow = dtype_format_of(u->type) != NULL;
    const double unit = u->u * times, tiny = u->tiny, normal = dtype_least_normal(u->type);
    if (u->type == DT_FLOAT32) {
        for (size_t i = 0; i < n; i++) {
            double m = __builtin_fabs(v[i]), more = e[i] + unit * (m + e[i]) + tiny;
            bool same = (e[i] == 0) & ((double)(float)v[i] == v[i]) & (((m >= 0x1p-126) & (m <= 0x1p1023)) | (m == 0));
            e[i] = same ? 0 : more;
        }
    } else {
        for (size_t i = 0; i < n; i++)
            if (!(e[i] == 0 && (v[i] == 0 || (narrow && dtype_nearest(u->type, v[i]) == v[i] && __builtin_fabs(v[i]) >= normal &&
                                              __builtin_fabs(v[i]) <= u->largest))))
                e[i] += unit * (__builtin_fabs(v[i]) + e[i]) + tiny;
    }
    for (size_t i = 0; i < n; i++)
        e[i] = e[i] >= 0 ? e[i] : (double)__builtin_inff();
}

/* Whole numbers have no rounding but ours, beyond 2^53. */
static void finish(const ref_vectors *r, ref_value *x, double times)
{
    size_t n = ref_count(r, x);
    if (x->kind == REF_REAL) {
        ref_rounded(r->unit, times, n, x->v, x->e);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        double m = __builtin_fabs(x->v[i]) + x->e[i];
        x->e[i] = m <= 0x1p53 ? x->e[i] : m < 0x1p1000 ? x->e[i] + m * 0x1p-52 : (double)__builtin_inff();
    }
}

/* Two operands, made alike, and a result of the same form. */
typedef struct {
    ref_value a, b, y;
    size_t n;
} pair;

static pair align(ref_vectors *r, ref_value a, ref_value b)
{
    ref_kind kind = ref_join(&a, &b);
    bool uniform = a.uniform && b.uniform;
    if (kind != REF_INT) {
        a = ref_as_real(r, a);
        b = ref_as_real(r, b);
    }
    if (!uniform) {
        a = ref_spread(r, a);
        b = ref_spread(r, b);
    }
    return (pair){a, b, ref_new(r, kind, uniform), uniform ? 1 : r->n};
}

/* The error of a NaN that arithmetic gives. Of an operand that is NaN it is NaN surely, but for a product with what may be 0: an
 * implementation may leave it out, as beta * C where beta is 0. That infinities make one is not sure: another order may not. */
static double nan_error(double a, double ea, double b, double eb, bool product)
{
    const bool first = ref_sure_nan(a, ea), second = ref_sure_nan(b, eb);
    const double other = first ? b : a, e = first ? eb : ea;
    if (first && second)
        return 0;
    return (first || second) && (!product || __builtin_fabs(other) > e) ? 0 : (double)__builtin_inff();
}

static void keep_nan(pair *p, bool product)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->y.v[i] != p->y.v[i])
            p->y.e[i] = nan_error(p->a.v[i], p->a.e[i], p->b.v[i], p->b.e[i], product);
}

/* Whole numbers and one for all lanes: the second operand. */
static bool is_scaled(const ref_value *a, const ref_value *b)
{
    return a->kind == REF_INT && b->kind == REF_INT && b->uniform && !a->uniform;
}

static ref_value add_one(ref_vectors *r, ref_value a, int64_t b)
{
    ref_value y = ref_new(r, REF_INT, false);
    for (size_t i = 0; i < r->n; i++)
        y.w[i] = (int64_t)((uint64_t)a.w[i] + (uint64_t)b);
    return y;
}

ref_value ref_add(ref_vectors *r, ref_value a, ref_value b)
{
    if (is_scaled(&a, &b))
        return add_one(r, a, b.w[0]);
    if (is_scaled(&b, &a))
        return add_one(r, b, a.w[0]);
    pair p = align(r, a, b);
    if (p.y.kind == REF_INT) {
        for (size_t i = 0; i < p.n; i++)
            p.y.w[i] = (int64_t)((uint64_t)p.a.w[i] + (uint64_t)p.b.w[i]);
        return p.y;
    }
    for (size_t i = 0; i < p.n; i++) {
        p.y.v[i] = p.a.v[i] + p.b.v[i];
        p.y.e[i] = p.a.e[i] + p.b.e[i];
    }
    finish(r, &p.y, 1);
    keep_nan(&p, false);
    ref_form_add(r, &p.y, &p.a, &p.b);
    return p.y;
}

ref_value ref_neg(ref_vectors *r, ref_value a)
{
    size_t n = ref_count(r, &a);
    ref_value y = ref_new(r, a.kind, a.uniform);
    if (a.kind == REF_INT) {
        for (size_t i = 0; i < n; i++)
            y.w[i] = (int64_t)(0 - (uint64_t)a.w[i]);
        return y;
    }
    for (size_t i = 0; i < n; i++) {
        y.v[i] = -a.v[i];
        y.e[i] = a.e[i];
    }
    ref_form_negate(r, &y, &a);
    return y;
}

ref_value ref_sub(ref_vectors *r, ref_value a, ref_value b)
{
    return ref_add(r, a, ref_neg(r, b));
}

ref_value ref_mul(ref_vectors *r, ref_value a, ref_value b)
{
    pair p = align(r, a, b);
    if (p.y.kind == REF_INT) {
        for (size_t i = 0; i < p.n; i++)
            p.y.w[i] = (int64_t)((uint64_t)p.a.w[i] * (uint64_t)p.b.w[i]);
        return p.y;
    }
    for (size_t i = 0; i < p.n; i++) {
        double x = p.a.v[i], y = p.b.v[i];
        p.y.v[i] = x * y;
        p.y.e[i] = __builtin_fabs(x) * p.b.e[i] + (__builtin_fabs(y) + p.b.e[i]) * p.a.e[i];
    }
    finish(r, &p.y, 1);
    keep_nan(&p, true);
    ref_form_multiply(r, &p.y, &p.a, &p.b);
    return p.y;
}

double ref_hull_error(double v, double lo, double hi)
{
    /* Our own roundings may put an end on the wrong side. */
    double up = __builtin_fabs(hi - v), down = __builtin_fabs(v - lo), e = up > down || up != up ? up : down;
    return e > 0 ? e + 0x1p-50 * (__builtin_fabs(v) + e) : e == 0 ? 0 : (double)__builtin_inff();
}

/* Whole numbers a/b that are not exact: the quotient is monotone in each operand where b keeps its sign. */
static void whole_quotient(double a, double ea, double b, double eb, double *v, double *e)
{
    double corners[4] = {(a - ea) / (b - eb), (a - ea) / (b + eb), (a + ea) / (b - eb), (a + ea) / (b + eb)};
    if (!(__builtin_fabs(b) > eb) || !(__builtin_fabs(a) + ea < 0x1p52)) {
        *v = 0;
        *e = (double)__builtin_inff();
        return;
    }
    double lo = corners[0], hi = corners[0];
    for (int i = 1; i < 4; i++) {
        lo = corners[i] < lo ? corners[i] : lo;
        hi = corners[i] > hi ? corners[i] : hi;
    }
    *v = dm_floor(a / b);
    *e = ref_hull_error(*v, dm_floor(lo), dm_floor(hi));
    *e = *e > 0 && *e < 0x1p52 ? (double)(int64_t)(*e + 0.5) : *e;
}

/* The error of a quotient that implementations may compute as a product with the reciprocal. */
static const double QUOTIENT = 4;

/* 0 for division by 0, which the rules avoid; the least number divided by -1 wraps around. */
static int64_t whole_floor(int64_t a, int64_t b)
{
    if (b == 0)
        return 0;
    return b == -1 ? (int64_t)(0 - (uint64_t)a) : nn_floordiv(a, b);
}

ref_value ref_div(ref_vectors *r, ref_value a, ref_value b)
{
    pair p = align(r, a, b);
    if (p.y.kind == REF_INT) {
        for (size_t i = 0; i < p.n; i++)
            p.y.w[i] = whole_floor(p.a.w[i], p.b.w[i]);
        return p.y;
    }
    if (p.y.kind == REF_WHOLE) {
        for (size_t i = 0; i < p.n; i++)
            whole_quotient(p.a.v[i], p.a.e[i], p.b.v[i], p.b.e[i], &p.y.v[i], &p.y.e[i]);
        return p.y;
    }
    for (size_t i = 0; i < p.n; i++) {
        double q = p.a.v[i] / p.b.v[i], least = __builtin_fabs(p.b.v[i]) - p.b.e[i], m = __builtin_fabs(q);
        double e = least > 0 ? (p.a.e[i] + m * p.b.e[i]) / least : (double)__builtin_inff();
        p.y.v[i] = q;
        e = q == 0 && e == 0 ? 0 : e + (m + e) * QUOTIENT * r->unit->u + r->unit->tiny;
        p.y.e[i] = e >= 0 ? e : (double)__builtin_inff();
    }
    keep_nan(&p, false);
    return p.y;
}

ref_value ref_mod(ref_vectors *r, ref_value a, ref_value b)
{
    pair p = align(r, a, b);
    if (p.y.kind == REF_INT) {
        for (size_t i = 0; i < p.n; i++)
            p.y.w[i] = p.b.w[i] == 0 || p.b.w[i] == -1 ? 0 : nn_floormod(p.a.w[i], p.b.w[i]);
        return p.y;
    }
    ref_value q = ref_div(r, p.a, p.b);
    return ref_sub(r, p.a, ref_mul(r, q, p.b));
}

/* Of an extreme of infinities v: exact ones are ordered as other numbers are. Of NaN, and of what may be NaN, ONNX leaves it open.
 */
static double infinite_error(double v, double x, double ex, double y, double ey)
{
    const double infinite = (double)__builtin_inff();
    const bool known = ex < infinite && ey < infinite && (x - x == 0 || ex == 0) && (y - y == 0 || ey == 0);
    if (x != x || y != y || !known)
        return infinite;
    return v - v != 0 ? 0 : v == x ? ex : ey;
}

ref_value ref_extreme(ref_vectors *r, ref_value a, ref_value b, bool greatest)
{
    pair p = align(r, a, b);
    if (p.y.kind == REF_INT) {
        for (size_t i = 0; i < p.n; i++)
            p.y.w[i] = (p.a.w[i] > p.b.w[i]) == greatest ? p.a.w[i] : p.b.w[i];
        return p.y;
    }
    double sign = greatest ? 1 : -1;
    for (size_t i = 0; i < p.n; i++) {
        double x = sign * p.a.v[i], y = sign * p.b.v[i], ex = p.a.e[i], ey = p.b.e[i];
        double v = x != x || x > y ? x : y; /* NaN if either is */
        double hi = x + ex > y + ey ? x + ex : y + ey, lo = x - ex > y - ey ? x - ex : y - ey;
        p.y.v[i] = sign * v;
        if (x - x != 0 || y - y != 0)
            p.y.e[i] = infinite_error(v, x, ex, y, ey);
        else
            p.y.e[i] = ex == 0 && ey == 0 ? 0 : ref_hull_error(v, lo, hi);
    }
    ref_form_extreme(r, &p.y, &p.a, &p.b, greatest);
    return p.y;
}

/* Whether the comparison holds, if its first operand is less than, equal to or greater than the second. A NaN is none of these. */
static inline bool holds(ref_comparison c, bool less, bool equal, bool greater)
{
    switch (c) {
    case REF_EQ:
        return equal;
    case REF_NE:
        return !equal;
    case REF_LT:
        return less;
    case REF_LE:
        return less || equal;
    case REF_GT:
        return greater;
    default:
        return greater || equal;
    }
}

/* The answer is certain if the operands lie further apart than both errors together. */
ref_value ref_compare(ref_vectors *r, ref_value a, ref_value b, ref_comparison c)
{
    pair p = align(r, a, b);
    ref_value y = ref_new(r, REF_INT, p.y.uniform);
    if (p.y.kind == REF_INT) {
        for (size_t i = 0; i < p.n; i++)
            y.w[i] = holds(c, p.a.w[i]<p.b.w[i], p.a.w[i] == p.b.w[i], p.a.w[i]> p.b.w[i]);
        return y;
    }
    p.y.kind = REF_WHOLE;
    for (size_t i = 0; i < p.n; i++) {
        double both = p.a.e[i] + p.b.e[i], apart = __builtin_fabs(p.a.v[i] - p.b.v[i]);
        p.y.v[i] = holds(c, p.a.v[i]<p.b.v[i], p.a.v[i] == p.b.v[i], p.a.v[i]> p.b.v[i]);
        p.y.e[i] = both == 0 || apart > both * (1 + 0x1p-30) ? 0 : 1;
    }
    return ref_settle(r, p.y);
}

ref_value ref_not(ref_vectors *r, ref_value a)
{
    size_t n = ref_count(r, &a);
    ref_value y = ref_new(r, a.kind, a.uniform);
    for (size_t i = 0; i < n; i++) {
        if (a.kind == REF_INT) {
            y.w[i] = a.w[i] == 0;
        } else {
            y.v[i] = a.v[i] == 0;
            y.e[i] = a.e[i] != 0;
        }
    }
    return y;
}
