/* Interpolation at a coordinate that is not exact.
 *
 * floor(c) and c - floor(c) each jump where c passes a whole number, but the interpolated value is continuous there. So it is a
 * function of its own: it moves by the error of c times the steepest slope within reach. */
#include "reference/ref_run.h"

#include "value/dmath.h"

#define INFINITE ((double)__builtin_inff())

enum { TAPS = 6 }; /* floor(c) - 2 .. floor(c) + 3 */

typedef struct {
    ref_value c;            /* the coordinate in each lane */
    ref_value at[TAPS];     /* the elements around it */
    ref_value inside[TAPS]; /* whether each is in the range, without which it stands for the nearest element */
    bool near;              /* some lane's coordinate may pass a whole number */
} taps;

static void read_range(ref_run *run, const ref_expr *f, int64_t *lo, int64_t *hi)
{
    *lo = *hi = 0;
    if (f->n != 1 || f->binders[0].to == NULL || f->binders[0].tuple || f->c != NULL) {
        ref_fail(run, f->place, "one variable in a range was expected, such as `for k in 0..n-1`");
        return;
    }
    ref_value a = ref_number(run, f->binders[0].from), b = ref_number(run, f->binders[0].to);
    *lo = ref_uniform_int(run, &a, f->place, "the ends of a range");
    *hi = ref_uniform_int(run, &b, f->place, "the ends of a range");
    if (*hi < *lo)
        ref_fail(run, f->place, "a range that is not empty was expected");
}

static void read_tap(ref_run *run, taps *t, const ref_expr *f, int k, int64_t lo, int64_t hi)
{
    ref_value at = ref_new(&run->r, REF_INT, false), inside = ref_new(&run->r, REF_INT, false);
    for (size_t i = 0; i < run->r.n; i++) {
        double c = dm_floor(t->c.v[i]), top = (double)hi + 4, bottom = (double)lo - 4;
        int64_t x = (int64_t)(c > top ? top : c > bottom ? c : bottom) + k - 2;
        inside.w[i] = lo <= x && x <= hi;
        at.w[i] = x < lo ? lo : x > hi ? hi : x;
    }
    ref_scope scope = *run->scope, *outer = run->scope;
    run->scope = &scope;
    scope.locals[f->binders[0].slot] = (ref_local){at, run->frame};
    t->at[k] = ref_spread(&run->r, ref_as_real(&run->r, ref_number(run, f->a)));
    t->inside[k] = inside;
    run->scope = outer;
}

static bool open_taps(ref_run *run, taps *t, ref_value c, const ref_expr *f, int first, int last)
{
    int64_t lo, hi;
    read_range(run, f, &lo, &hi);
    t->c = ref_spread(&run->r, ref_as_real(&run->r, c));
    t->near = false;
    for (size_t i = 0; i < run->r.n; i++)
        t->near |= dm_floor(t->c.v[i] - t->c.e[i]) != dm_floor(t->c.v[i] + t->c.e[i]);
    first -= t->near && first > 0;
    last += t->near && last + 1 < TAPS;
    for (int k = first; k <= last && run->status == NN_OK; k++)
        read_tap(run, t, f, k, lo, hi);
    return run->status == NN_OK && !run->r.exhausted;
}

static double largest(double a, double b)
{
    return b > a || b != b ? b : a;
}

/* Between neighbours: the slope is their difference, that of the next segment too where the coordinate may reach it, and its
 * roundings. Errors of the elements have the elements' weights, which the error of the coordinate moves as well. */
static ref_value linear(ref_run *run, const taps *t)
{
    ref_value y = ref_new(&run->r, REF_REAL, false);
    for (size_t i = 0; i < run->r.n; i++) {
        double c = t->c.v[i], ec = t->c.e[i], f = c - dm_floor(c), a = t->at[2].v[i], b = t->at[3].v[i];
        double ea = t->at[2].e[i], eb = t->at[3].e[i], slope = __builtin_fabs(b - a) + ea + eb,
               e = f > 0 ? (1 - f) * ea + f * eb : ea, m = __builtin_fabs(a) + __builtin_fabs(b), v = (1 - f) * a + f * b;
        if (t->near && ec >= f) { /* the roundings there are of the elements there */
            slope = largest(slope, __builtin_fabs(a - t->at[1].v[i]) + t->at[1].e[i] + ea);
            m = largest(m, __builtin_fabs(a) + __builtin_fabs(t->at[1].v[i]) + t->at[1].e[i]);
        }
        if (t->near && ec >= 1 - f) {
            slope = largest(slope, __builtin_fabs(t->at[4].v[i] - b) + t->at[4].e[i] + eb);
            m = largest(m, __builtin_fabs(b) + __builtin_fabs(t->at[4].v[i]) + t->at[4].e[i]);
        }
        /* At an end both neighbours are one element, with weights that add up to 1 but for roundings. */
        bool plain =
            ec == 0 && f == 0 && (a == 0 || __builtin_fabs(a) > run->unit.tiny) && t->inside[2].w[i] != 0 && t->inside[3].w[i] != 0;
        y.v[i] = v;
        y.e[i] = plain ? ea : ec < 1 ? e + 2 * ec * slope + 8 * run->unit.u * (m + e) + run->unit.tiny : INFINITE;
        if (!(y.e[i] >= 0) || v - v != 0)
            y.e[i] = INFINITE;
    }
    return y;
}

/* Keys' kernel ("Cubic Convolution Interpolation for Digital Image Processing", 1981) at distance d, and a bound of its slope. */
static double keys(double d, double a)
{
    d = __builtin_fabs(d);
    if (d <= 1)
        return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

static ref_value cubic(ref_run *run, const taps *t, double a, bool exclude)
{
    ref_value y = ref_new(&run->r, REF_REAL, false);
    double steep = 2.5 + 4 * __builtin_fabs(a), weight = 24 * run->unit.u * largest(1, 8 * __builtin_fabs(a));
    for (size_t i = 0; i < run->r.n; i++) {
        double c = t->c.v[i], ec = t->c.e[i], f = c - dm_floor(c), v = 0, sum = 0, e = 0, far = 0, m = 0;
        for (int k = 1; k <= 4; k++) {
            double w = exclude && t->inside[k].w[i] == 0 ? 0 : keys((double)(k - 2) - f, a), x = t->at[k].v[i];
            v += w * x;
            sum += w;
            e += __builtin_fabs(w) * t->at[k].e[i];
        }
        v /= exclude ? sum : 1;
        for (int k = 0; k < TAPS; k++) { /* of neighbours that have no weight, its rounding may let a little in */
            far = largest(far, __builtin_fabs(t->at[k].v[i] - v) + t->at[k].e[i]);
            m += __builtin_fabs(t->at[k].v[i]) + t->at[k].e[i];
        }
        double share = exclude ? 1 / __builtin_fabs(sum) : 1;
        double moved = ec > 0 ? ec * steep * TAPS * far * (exclude ? 2 * share : 1) : 0;
        y.v[i] = v;
        y.e[i] = ec < 0x1p-6 ? e * share + moved + (weight + 8 * run->unit.u) * m * share * (exclude ? 2 : 1) + run->unit.tiny
                             : INFINITE;
        if (!(y.e[i] >= 0) || v - v != 0)
            y.e[i] = INFINITE;
    }
    return y;
}

ref_value ref_taps(ref_run *run, const ref_expr *x)
{
    taps t;
    ref_value c = ref_number(run, x->args[0]);
    if (x->op == RF_LINEAR)
        return open_taps(run, &t, c, x->args[1], 2, 3) ? linear(run, &t) : ref_int(&run->r, 0);
    ref_value a = ref_as_real(&run->r, ref_number(run, x->args[1])), exclude = ref_number(run, x->args[2]);
    bool no_edge = ref_uniform_int(run, &exclude, x->place, "whether elements outside are excluded") != 0;
    if (run->status != NN_OK || !open_taps(run, &t, c, x->args[3], 0, TAPS - 1))
        return ref_int(&run->r, 0);
    return cubic(run, &t, a.v[0], no_edge);
}
