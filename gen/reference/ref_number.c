/* Functions of numbers: powers, conversions, bits. */
#include "reference/ref_run.h"

#include "reference/ref_double.h"
#include "reference/ref_functions.h"
#include "value/dmath.h"

#define INFINITE ((double)__builtin_inff())

/* How far x^y goes for x within ex and y within ey of them. */
static double power_spread(double x, double ex, double y, double ey, double v)
{
    double lo = dd_down(x, ex), hi = dd_up(x, ex), down = dd_down(y, ey), up = dd_up(y, ey);
    if (ex == 0 && ey == 0)
        return 0;
    if (lo >= 0 && (lo > 0 || down > 0)) {
        double ends[4] = {ref_power(lo, down), ref_power(lo, up), ref_power(hi, down), ref_power(hi, up)}, least = v, most = v;
        for (int i = 0; i < 4; i++) {
            least = ends[i] < least ? ends[i] : least;
            most = ends[i] > most ? ends[i] : most;
        }
        return ref_hull_error(v, least, most);
    }
    if (ey != 0 || dm_floor(y) != y || (y < 0 && lo <= 0 && hi >= 0))
        return INFINITE;
    double a = ref_power(lo, y), b = ref_power(hi, y), least = a < b ? a : b, most = a < b ? b : a;
    if (lo < 0 && hi > 0 && dm_floor(y / 2) * 2 == y)
        least = 0;
    return ref_hull_error(v, least, most);
}

static int64_t whole_power(int64_t x, int64_t y)
{
    uint64_t p = 1, b = (uint64_t)x;
    if (y < 0)
        return x == 1 ? 1 : x == -1 ? (y % 2 == 0 ? 1 : -1) : 0;
    for (; y > 0; y >>= 1) {
        p *= (y & 1) != 0 ? b : 1;
        b *= b;
    }
    return (int64_t)p;
}

static ref_value power(ref_run *run, ref_value a, ref_value b)
{
    ref_vectors *r = &run->r;
    bool uniform = a.uniform && b.uniform, whole = a.kind == REF_INT && b.kind == REF_INT;
    if (!uniform) {
        a = ref_spread(r, a);
        b = ref_spread(r, b);
    }
    ref_value y = ref_new(r, whole ? REF_INT : REF_REAL, uniform);
    size_t n = ref_count(r, &y);
    if (whole) {
        for (size_t i = 0; i < n; i++)
            y.w[i] = whole_power(a.w[i], b.w[i]);
        return y;
    }
    const ref_accuracy *k = &run->table->accuracy[RF_POW];
    a = ref_as_real(r, a);
    b = ref_as_real(r, b);
    for (size_t i = 0; i < n; i++) {
        double v = ref_power(a.v[i], b.v[i]), m = __builtin_fabs(v), e = power_spread(a.v[i], a.e[i], b.v[i], b.e[i], v);
        y.v[i] = v;
        y.e[i] = e + (m + e) * (2 * run->unit.u * k->ulp + REF_OWN) + run->unit.tiny;
        if (!(y.e[i] >= 0) || a.v[i] - a.v[i] != 0 || b.v[i] - b.v[i] != 0)
            y.e[i] = INFINITE;
    }
    return y;
}

/* Makes two operands real, with a value for each element. The result is for what they give: whole numbers if both are. */
static ref_value real_pair(ref_vectors *r, ref_value *a, ref_value *b)
{
    ref_kind kind = ref_join(a, b);
    *a = ref_spread(r, ref_as_real(r, *a));
    *b = ref_spread(r, ref_as_real(r, *b));
    return ref_new(r, kind == REF_INT ? REF_WHOLE : kind, false);
}

/* a - trunc(a/b) b, exact for exact operands. Otherwise the quotient decides: within one whole number the remainder moves with the
 * operands, beyond it anything of the dividend's sign below |b| is possible. */
static ref_value remainder_of(ref_run *run, ref_value a, ref_value b)
{
    ref_vectors *r = &run->r;
    ref_value y = real_pair(r, &a, &b);
    for (size_t i = 0; i < r->n; i++) {
        double x = a.v[i], d = b.v[i], ex = a.e[i], ed = b.e[i], v = ref_remainder(x, d), m = __builtin_fabs(d);
        y.v[i] = v;
        y.e[i] = v == v && ex < INFINITE && ed < INFINITE ? 0 : INFINITE; /* what is not known may be NaN */
        if (y.e[i] > 0 || (ex == 0 && ed == 0))
            continue;
        double q = dm_floor(__builtin_fabs(x) / m), far = __builtin_fabs(v),
               slack = ex + q * ed + 0x1p-50 * (__builtin_fabs(x) + ex), sure = m - ed;
        bool inside = far - slack > 0 && far + slack < m - ed && sure > 0;
        double most = sure > 0 ? m + ed : INFINITE;
        y.e[i] = inside ? slack : __builtin_fabs(x) > ex ? (far > most - far ? far : most - far) + slack : most + far;
    }
    return ref_settle(r, y);
}

/* What is shifted in is the sign of a signed number. A negative number of places, as that of 64 and more, leaves nothing else. */
static uint64_t shifted_right(uint64_t x, uint64_t places, bool sign_extended)
{
    uint64_t fill = sign_extended && x >> 63 != 0 ? UINT64_MAX : 0;
    return places == 0 ? x : places > 63 ? fill : x >> places | fill << (64 - places);
}

static ref_value bits(ref_run *run, const ref_expr *x, ref_value a, ref_value b)
{
    ref_vectors *r = &run->r;
    bool sign_extended =
        run->output == NULL || run->output->type != DT_UINT64; /* narrower unsigned numbers are not negative here */
    a = ref_settle(r, a);
    b = ref_settle(r, b);
    if (a.kind != REF_INT || b.kind != REF_INT) {
        ref_value y = ref_new(r, REF_WHOLE, true);
        y.v[0] = 0;
        y.e[0] = INFINITE;
        return y;
    }
    bool uniform = a.uniform && b.uniform;
    if (!uniform) {
        a = ref_spread(r, a);
        b = ref_spread(r, b);
    }
    ref_value y = ref_new(r, REF_INT, uniform);
    for (size_t i = 0; i < ref_count(r, &y); i++) {
        uint64_t p = (uint64_t)a.w[i], q = (uint64_t)b.w[i];
        uint64_t z = x->op == RF_BIT_AND      ? p & q
                     : x->op == RF_BIT_OR     ? p | q
                     : x->op == RF_BIT_XOR    ? p ^ q
                     : x->op == RF_BIT_NOT    ? ~p
                     : x->op == RF_SHIFT_LEFT ? (q > 63 ? 0 : p << q)
                                              : shifted_right(p, q, sign_extended);
        y.w[i] = (int64_t)z;
    }
    return y;
}

/* ---- conversions ---- */

static ref_value relabel(ref_value x, ref_kind kind)
{
    x.kind = kind;
    return x;
}

static ref_value to_whole(ref_run *run, ref_value x)
{
    if (x.kind == REF_INT)
        return x;
    static const ref_accuracy none = {0, 0};
    return ref_settle(&run->r, relabel(ref_unary(&run->r, RF_TRUNC, &none, x), REF_WHOLE));
}

static ref_value to_real(ref_run *run, ref_value x, const ref_unit *unit)
{
    ref_vectors *r = &run->r;
    ref_value y = ref_new(r, REF_REAL, x.uniform);
    x = ref_as_real(r, x);
    for (size_t i = 0; i < ref_count(r, &x); i++) {
        y.v[i] = x.v[i];
        y.e[i] = x.e[i];
    }
    ref_rounded(unit, 1, ref_count(r, &y), y.v, y.e);
    for (size_t i = 0; i < ref_count(r, &y); i++)
        y.e[i] = x.v[i] - x.v[i] != 0 && x.e[i] <= 0 ? 0 : y.e[i]; /* NaN and infinities stay */
    return y;
}

/* Nothing is known of a real number that does not fit: implementations saturate, wrap or give the least number. */
static ref_value fitted(ref_run *run, ref_value x, dtype to)
{
    double least = 0, largest = 0;
    dtype_limits(to, &least, &largest);
    ref_value y = to_whole(run, x), z = ref_new(&run->r, REF_WHOLE, x.uniform);
    y = ref_as_real(&run->r, y);
    for (size_t i = 0; i < ref_count(&run->r, &x); i++) {
        double beyond = to == DT_INT64 ? 0x1p63 : to == DT_UINT64 ? 0x1p64 : largest + 1;
        bool fits = x.v[i] - x.e[i] > least - 1 && x.v[i] + x.e[i] < beyond;
        z.v[i] = y.v[i];
        z.e[i] = fits ? y.e[i] : INFINITE;
    }
    return ref_settle(&run->r, z);
}

/* x as a value of the type. What does not fit becomes the largest value, or what the format has for it. */
static double fitting(dtype to, double x, bool saturate)
{
    const dtype_format *f = dtype_format_of(to);
    if (saturate && x == x)
        x = x > f->largest ? f->largest : x < -f->largest ? -f->largest : x;
    return dtype_nearest(to, x);
}

/* nearest(x, saturate): the nearest value of the output's type, ties to even. This is exact: an error remains only where an error
 * of x leads to another value. Implementations may convert to float32 first. */
static ref_value nearest(ref_run *run, ref_value x, bool saturate)
{
    const dtype to = run->output != NULL ? run->output->type : DT_NONE;
    if (dtype_format_of(to) == NULL)
        return x;
    ref_value y = ref_new(&run->r, REF_REAL, x.uniform);
    x = ref_as_real(&run->r, x);
    for (size_t i = 0; i < ref_count(&run->r, &x); i++) {
        double v = x.v[i], e = x.e[i];
        e += v - v == 0 && (double)(float)v != v ? (__builtin_fabs(v) + e) * 0x1p-24 + 0x1p-149 : 0;
        double middle = fitting(to, v, saturate), below = fitting(to, v - e, saturate), above = fitting(to, v + e, saturate);
        y.v[i] = middle;
        if (e == 0)
            y.e[i] = 0;
        else
            y.e[i] = middle - below > above - middle ? middle - below : above - middle;
        y.e[i] = y.e[i] >= 0 ? y.e[i] : INFINITE;
    }
    return y;
}

/* Whether all values of the first floating-point type are values of the second. */
static bool holds(dtype from, dtype to)
{
    double least, from_largest = 0, to_largest = 0;
    dtype_limits(from, &least, &from_largest);
    dtype_limits(to, &least, &to_largest);
    return dtype_unit(from) >= dtype_unit(to) && dtype_least_subnormal(from) >= dtype_least_subnormal(to) &&
           from_largest <= to_largest;
}

/* To the type of the output. A conversion to a wider type is exact. */
static ref_value cast(ref_run *run, ref_value x)
{
    dtype to = run->output != NULL ? run->output->type : DT_FLOAT32;
    const ref_tensor *from = run->inputs[0].kind == REF_TENSOR ? run->inputs[0].t : NULL;
    if (to == DT_BOOL)
        return ref_compare(&run->r, x, ref_int(&run->r, 0), REF_NE);
    if (dtype_is_whole(to)) /* whole numbers of fewer than 8 bits wrap around, saturate or are refused */
        return x.kind == REF_REAL || dtype_bits(to) < 8 ? fitted(run, ref_as_real(&run->r, x), to) : to_whole(run, x);
    ref_unit unit = ref_unit_of(to);
    if (from != NULL && dtype_is_float(from->type) && holds(from->type, to))
        return x;
    if (dtype_since(to) > 1)
        return nearest(run, x, false);
    return to_real(run, x, &unit);
}

/* A whole number cut to the limits of the output's type. */
static ref_value saturate(ref_run *run, ref_value x)
{
    double least = 0, largest = 0;
    if (run->output != NULL)
        dtype_limits(run->output->type, &least, &largest);
    x = to_whole(run, x);
    x = ref_extreme(&run->r, x, ref_int(&run->r, ref_to_int(least)), true);
    return ref_settle(&run->r, ref_extreme(&run->r, x, ref_int(&run->r, ref_to_int(largest)), false));
}

/* slack(x, k, m): x, where implementations may err by k units in the last place of m, which are those of the smallest normal number
 * at least. */
static ref_value slack(ref_run *run, ref_value x, ref_value k, ref_value m)
{
    ref_vectors *r = &run->r;
    ref_value y = ref_new(r, REF_REAL, false);
    x = ref_spread(r, ref_as_real(r, x));
    k = ref_spread(r, ref_as_real(r, k));
    m = ref_spread(r, ref_as_real(r, m));
    for (size_t i = 0; i < r->n; i++) {
        double size = __builtin_fabs(m.v[i]) + m.e[i], units = k.v[i];
        y.v[i] = x.v[i];
        y.e[i] = x.e[i] + 2 * run->unit.u * units * size + (size > 0 ? units * run->unit.tiny : 0);
        if (!(y.e[i] >= 0))
            y.e[i] = INFINITE;
        y.e[i] = ref_sure_nan(x.v[i], x.e[i]) ? 0 : y.e[i];
    }
    return y;
}

/* within(x, r): x, where implementations may err by r. */
static ref_value within(ref_run *run, ref_value x, ref_value far)
{
    ref_vectors *r = &run->r;
    ref_value y = ref_new(r, x.kind == REF_REAL ? REF_REAL : REF_WHOLE, false);
    x = ref_spread(r, ref_as_real(r, x));
    far = ref_spread(r, ref_as_real(r, far));
    for (size_t i = 0; i < r->n; i++) {
        y.v[i] = x.v[i];
        y.e[i] = ref_sure_nan(x.v[i], x.e[i]) ? 0 : x.e[i] + __builtin_fabs(far.v[i]) + far.e[i];
    }
    return y;
}

static ref_value quotient(ref_run *run, ref_value a, ref_value b)
{
    if (a.kind == REF_REAL || b.kind == REF_REAL)
        return ref_div(&run->r, a, b);
    /* towards zero: the floor of the magnitudes, with the sign of both */
    static const ref_accuracy none = {0, 0};
    ref_vectors *r = &run->r;
    ref_value sign = ref_mul(r, ref_unary(r, RF_SIGN, &none, a), ref_unary(r, RF_SIGN, &none, b));
    return ref_mul(r, sign, ref_div(r, ref_unary(r, RF_ABS, &none, a), ref_unary(r, RF_ABS, &none, b)));
}

/* a / b, correctly rounded: exact where the quotient is a number of the type. */
static ref_value ratio(ref_run *run, ref_value a, ref_value b)
{
    ref_vectors *r = &run->r;
    a = ref_spread(r, ref_as_real(r, a));
    b = ref_spread(r, ref_as_real(r, b));
    ref_value y = ref_new(r, REF_REAL, false);
    for (size_t i = 0; i < r->n; i++) {
        double q = a.v[i] / b.v[i], m = __builtin_fabs(q), least = __builtin_fabs(b.v[i]) - b.e[i];
        bool exact = a.e[i] == 0 && b.e[i] == 0 && ref_representable(DT_FLOAT32, q) && ref_representable(DT_FLOAT32, b.v[i]) &&
                     q * b.v[i] == a.v[i]; /* the product of two numbers of 24 bits is exact */
        y.v[i] = q;
        y.e[i] = least > 0 ? (a.e[i] + m * b.e[i]) / least : INFINITE;
        if (!exact)
            y.e[i] += run->unit.u * (m + y.e[i]) + run->unit.tiny;
        ref_rounded(&run->unit, exact ? 1 : 0, 1, &y.v[i], &y.e[i]);
    }
    return y;
}

/* a, where b counts as correct too. */
static ref_value either(ref_run *run, ref_value a, ref_value b)
{
    ref_vectors *r = &run->r;
    ref_value y = real_pair(r, &a, &b);
    for (size_t i = 0; i < r->n; i++) {
        double far = __builtin_fabs(b.v[i] - a.v[i]) + b.e[i];
        y.v[i] = a.v[i];
        y.e[i] = far + 2 * a.e[i]; /* as in ref_choice_error, for numbers that may be as far apart as their errors */
    }
    return ref_settle(r, y);
}

/* Where a number has no error: 1. */
static ref_value certain(ref_run *run, ref_value x)
{
    if (x.kind == REF_INT)
        return ref_int(&run->r, 1);
    ref_value y = ref_new(&run->r, REF_INT, x.uniform);
    for (size_t i = 0; i < ref_count(&run->r, &x); i++)
        y.w[i] = x.e[i] == 0;
    return y;
}

ref_value ref_numbers(ref_run *run, const ref_expr *x)
{
    ref_value a = {.kind = REF_INT}, b = a;
    if (x->op == RF_UNKNOWN || x->op == RF_INFINITY)
        return ref_real(&run->r, x->op == RF_UNKNOWN ? 0 : INFINITE, x->op == RF_UNKNOWN ? INFINITE : 0);
    a = ref_number(run, x->args[0]);
    b = x->n > 1 ? ref_number(run, x->args[1]) : a;
    if (run->status != NN_OK)
        return a;
    switch (x->op) {
    case RF_POW:
        return power(run, a, b);
    case RF_FMOD:
        return remainder_of(run, a, b);
    case RF_QUOTIENT:
        return quotient(run, a, b);
    case RF_CAST:
        return cast(run, a);
    case RF_SATURATE:
        return saturate(run, a);
    case RF_NEAREST:
        return nearest(run, a, ref_uniform_int(run, &b, x->place, "the second argument of nearest") != 0);
    case RF_REAL:
        return to_real(run, a, &run->unit);
    case RF_RATIO:
        return ratio(run, a, b);
    case RF_EITHER:
        return either(run, a, b);
    case RF_CERTAIN:
        return certain(run, a);
    case RF_INT:
        return to_whole(run, a);
    case RF_WITHIN:
        return within(run, a, b);
    case RF_SLACK:
        return slack(run, a, b, ref_number(run, x->args[2]));
    case RF_CEILDIV:
        return ref_neg(&run->r, ref_div(&run->r, ref_neg(&run->r, a), b));
    default:
        return bits(run, x, a, b);
    }
}
