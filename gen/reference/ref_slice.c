/* Functions of a whole slice with an error of their own. Composed from sums and products they would lose what their operands have
 * in common, and their bounds would be many times wider. */
#include "reference/ref_run.h"

#include "reference/ref_functions.h"

#include <string.h>

#define INFINITE ((double)__builtin_inff())

enum { MAX_SLICE = 1 << 22 };

/* The elements of the comprehension in each lane: element k of lane i at v[k * n + i]. */
typedef struct {
    size_t n, total;
    double *v, *e;
    uint8_t *used;
    bool exhausted;
} slice;

static void keep(void *data, const ref_chunk *c)
{
    slice *s = data;
    ref_value body = ref_as_real(&c->run->r, *c->body);
    for (size_t i = 0; i < c->n; i++) {
        size_t lane = c->lane != NULL ? c->lane[i] : i % c->outer, place = c->place != NULL ? c->place[i] : c->first + i / c->outer;
        size_t at = place * s->n + lane;
        if (place >= s->total)
            continue;
        s->v[at] = body.v[i];
        s->e[at] = body.e[i];
        s->used[at] = 1;
    }
}

static void count_only(void *data, const ref_chunk *c)
{
    (void)data;
    (void)c;
}

/* Evaluates the comprehension twice where its length is not known before: ragged ranges are laid out to the longest. */
static bool collect(slice *s, ref_run *run, const ref_expr *comprehension)
{
    ref_expr length = *comprehension; /* the same index space with a body that costs nothing */
    static const ref_expr one = {.kind = RX_INT, .i = 1}, never = {.kind = RX_INT, .i = 0};
    length.a = &one;
    length.c = &never;
    *s = (slice){.n = run->r.n};
    s->total = ref_each(run, &length, count_only, NULL);
    if (run->status != NN_OK)
        return false;
    if (s->total > MAX_SLICE / s->n) {
        ref_fail(run, comprehension->place, "a comprehension of at most %d elements was expected", (int)(MAX_SLICE / s->n));
        return false;
    }
    size_t n = s->total * s->n;
    double *v = arena_calloc(run->r.a, 2 * n + 1, sizeof *v);
    s->used = arena_calloc(run->r.a, n + 1, 1);
    if (v == NULL || s->used == NULL) {
        run->r.exhausted = true;
        return false;
    }
    s->v = v;
    s->e = v + n;
    ref_each(run, comprehension, keep, s);
    return run->status == NN_OK;
}

/* One lane's elements, those that are used, laid out in order. */
typedef struct {
    size_t n;
    bool finite; /* all elements are */
    double *v, *e;
    double *label; /* of argmax: what stands for each element, by default its position */
} lane_slice;

static void gather(lane_slice *l, const slice *s, const slice *labels, size_t lane)
{
    l->n = 0;
    l->finite = true;
    for (size_t k = 0; k < s->total; k++) {
        size_t at = k * s->n + lane;
        if (s->used[at] == 0)
            continue;
        l->v[l->n] = s->v[at];
        l->finite &= s->v[at] - s->v[at] == 0;
        l->e[l->n] = s->e[at];
        l->label[l->n++] = labels != NULL ? labels->v[at] : (double)k;
    }
}

typedef struct {
    double v, e;
} bounded;

/* Mean square distance from the mean. Moving x_j by d_j moves it by 2/n sum (x_j - m) d_j + 1/n sum d_j^2 at most. Two forms count
 * as correct (Chan, Golub, LeVeque, "Algorithms for Computing the Sample Variance", 1983). The computed mean errs by c = gamma
 * E|x|. The two-pass form errs by its roundings and by c^2; the one-pass form E[x^2] - m^2 by roundings of E[x^2] and by 2 |m| c +
 * c^2. As the variance is at most E[x^2], the bound of the latter holds for both. */
static bounded variance(const ref_run *run, const lane_slice *l)
{
    double n = (double)l->n, mean = 0, var = 0, moved = 0, square = 0, size = 0;
    for (size_t k = 0; k < l->n; k++)
        mean += l->v[k];
    mean /= n;
    for (size_t k = 0; k < l->n; k++) {
        double d = l->v[k] - mean, m = __builtin_fabs(l->v[k]) + l->e[k];
        var += d * d;
        moved += (2 * __builtin_fabs(d) + l->e[k]) * l->e[k];
        square += m * m;
        size += m;
    }
    if (l->n <= 1)
        return (bounded){0, l->n == 1 && !(l->e[0] < INFINITE) ? INFINITE : 0};
    double each = ref_gamma(&run->unit, n + 5), c = each * size / n, off = (__builtin_fabs(mean) + size / n * 0x1p-40 + c) * c;
    double e = moved / n + each * square / n + 2 * off + c * c;
    return (bounded){var / n, e + run->unit.tiny};
}

static double greatest(const double *v, size_t n)
{
    double m = n > 0 ? v[0] : 0;
    for (size_t k = 1; k < n; k++)
        m = v[k] > m ? v[k] : m;
    return m;
}

/* log sum exp x: it moves by log sum p_j exp(e_j) at most, where p_j is the share of element j, and by no more than the largest e.
 */
static bounded logsumexp(const ref_run *run, const lane_slice *l)
{
    const ref_accuracy *ke = &run->table->accuracy[RF_EXP], *kl = &run->table->accuracy[RF_LOG];
    double m = greatest(l->v, l->n), sum = 0, moved = 0, rounding = 0, largest = 0, ulp = 2 * run->unit.u;
    if (l->n == 0)
        return (bounded){-INFINITE, 0};
    for (size_t k = 0; k < l->n; k++) {
        double x = ref_exp(l->v[k] - m);
        sum += x;
        moved += x * ref_growth(l->e[k]);
        rounding += x * (run->unit.u * (__builtin_fabs(l->v[k] - m) + 2 * l->e[k]) + ulp * (ke->ulp + ke->abs));
        largest = l->e[k] > largest ? l->e[k] : largest;
    }
    double v = m + ref_log(sum), spread = ref_log1p(moved / sum);
    spread = spread < largest ? spread : largest;
    double scale = __builtin_fabs(v) + __builtin_fabs(m) + __builtin_fabs(v - m) + largest;
    return (bounded){v, spread + rounding / sum + ref_gamma(&run->unit, (double)l->n) + ulp * (kl->ulp * scale + kl->abs) +
                            ulp * scale};
}

/* (sum |x|^p)^(1/p), p >= 1: by Minkowski's inequality it moves by no more than the norm of the errors. */
static bounded pnorm(const ref_run *run, const lane_slice *l, double p)
{
    double m = 0, far = 0, sum = 0, moved = 0, n = (double)l->n;
    for (size_t k = 0; k < l->n; k++) {
        m = __builtin_fabs(l->v[k]) > m ? __builtin_fabs(l->v[k]) : m;
        far = l->e[k] > far ? l->e[k] : far;
    }
    for (size_t k = 0; k < l->n; k++) {
        sum += m > 0 ? ref_power(__builtin_fabs(l->v[k]) / m, p) : 0;
        moved += far > 0 ? ref_power(l->e[k] / far, p) : 0;
    }
    double v = m > 0 ? m * ref_power(sum, 1 / p) : 0, e = far > 0 ? far * ref_power(moved, 1 / p) : 0;
    double k = p == 1 ? 0 : 2 * run->unit.u * run->table->accuracy[RF_POW].ulp, sums = ref_gamma(&run->unit, n + 2) + k;
    sums = p > 1 && sums < 0.5 ? sums * (1 + sums) / p : sums; /* the root divides relative errors */
    /* 2^-47: our own powers, and the rounding of 1/p, which counts log(sum) times. */
    double under = v + e > 0 ? ref_power(n * run->unit.tiny, 1 / p) : 0;
    return (bounded){v, e + (v + e) * (sums + k + 0x1p-47) + under};
}

/* The position of the greatest element, the first or the last of equal ones. Every element that may be the greatest is a candidate.
 */
static bounded argmax(const lane_slice *l, double sign, bool last)
{
    size_t best = 0;
    double sure = -INFINITE, e = 0;
    for (size_t k = 0; k < l->n; k++) {
        double v = sign * l->v[k], b = sign * l->v[best];
        best = v > b || (last && v == b) ? k : best;
        sure = v - l->e[k] > sure ? v - l->e[k] : sure;
        e = v == v ? e : INFINITE;
    }
    for (size_t k = 0; k < l->n; k++) {
        double v = sign * l->v[k], gap = l->label[k] - l->label[best];
        bool loses = l->e[k] == 0 && l->e[best] == 0 && v == sign * l->v[best];
        if (k == best || loses || v + l->e[k] < sure)
            continue;
        gap = gap < 0 ? -gap : gap;
        e = gap > e ? gap : e;
    }
    return (bounded){l->n > 0 ? l->label[best] : 0, l->n > 0 ? e : INFINITE};
}

/* The determinant of a square matrix by elimination with partial pivoting. A change of the rows changes it by at most
 * prod (|a_i| + |d_i|) - prod |a_i| (Hadamard's inequality for each term of the expansion); elimination is exact for a matrix that
 * differs by gamma(3n) times a growth of 2 (Higham, section 9.3). */
static bounded determinant(const ref_run *run, lane_slice *l)
{
    size_t n = 0;
    while (n * n < l->n)
        n++;
    double m = 0, before = 1, after = 1, v = 1, back = 0;
    for (size_t k = 0; k < l->n; k++)
        m = __builtin_fabs(l->v[k]) > m ? __builtin_fabs(l->v[k]) : m;
    back = 2 * m * (double)n * ref_gamma(&run->unit, 3 * (double)n);
    for (size_t i = 0; i < n; i++) {
        double row = 0, moved = 0;
        for (size_t j = 0; j < n; j++) {
            double d = l->e[i * n + j] + back;
            row += l->v[i * n + j] * l->v[i * n + j];
            moved += d * d;
        }
        row = ref_sqrt(row);
        before *= row;
        after *= row + ref_sqrt(moved);
    }
    for (size_t c = 0; c < n; c++) {
        size_t pivot = c;
        for (size_t i = c; i < n; i++)
            pivot = __builtin_fabs(l->v[i * n + c]) > __builtin_fabs(l->v[pivot * n + c]) ? i : pivot;
        for (size_t j = 0; pivot != c && j < n; j++) {
            double x = l->v[c * n + j];
            l->v[c * n + j] = l->v[pivot * n + j];
            l->v[pivot * n + j] = x;
        }
        double p = l->v[c * n + c];
        v *= pivot != c ? -p : p;
        for (size_t i = c + 1; p != 0 && i < n; i++) {
            double f = l->v[i * n + c] / p;
            for (size_t j = c; j < n; j++)
                l->v[i * n + j] -= f * l->v[c * n + j];
        }
    }
    double e = after - before;
    return (bounded){v, (e > 0 ? e : 0) + 0x1p-44 * after +
                            ref_gamma(&run->unit, (double)n + 1) * (__builtin_fabs(v) + (e > 0 ? e : 0)) + run->unit.tiny};
}

static bounded apply(const ref_run *run, ref_fn fn, lane_slice *l, double first)
{
    switch (fn) {
    case RF_VARIANCE:
        return variance(run, l);
    case RF_LOGSUMEXP:
        return logsumexp(run, l);
    case RF_PNORM:
        return pnorm(run, l, first);
    case RF_ARGMAX:
        return argmax(l, 1, first != 0);
    case RF_ARGMIN:
        return argmax(l, -1, first != 0);
    default:
        return determinant(run, l);
    }
}

ref_value ref_slice(ref_run *run, const ref_expr *x)
{
    slice s, labels;
    double first = 0;
    if (x->n > 1) {
        ref_value v = ref_as_real(&run->r, ref_number(run, x->args[0]));
        if (!v.uniform || v.e[0] != 0)
            ref_fail(run, x->place, "`%s`: a first argument that is exact and the same for all elements was expected",
                     ref_function_word(x->op));
        first = v.v[0];
    }
    bool whole = x->op == RF_ARGMAX || x->op == RF_ARGMIN;
    ref_expr keys = *x->args[x->n - 1], names = keys;
    bool named = whole && keys.a->kind == RX_LIST && keys.a->n == 2;
    if (named) {
        names.a = keys.a->args[1];
        keys.a = keys.a->args[0];
    }
    if (run->status != NN_OK || !collect(&s, run, &keys) || (named && !collect(&labels, run, &names)))
        return ref_int(&run->r, 0);
    ref_value y = ref_new(&run->r, whole ? REF_WHOLE : REF_REAL, false);
    lane_slice l = {.v = arena_alloc(run->r.a, (s.total + 1) * sizeof *l.v),
                    .e = arena_alloc(run->r.a, (s.total + 1) * sizeof *l.e),
                    .label = arena_alloc(run->r.a, (s.total + 1) * sizeof *l.label)};
    if (l.v == NULL || l.e == NULL || l.label == NULL) {
        run->r.exhausted = true;
        return y;
    }
    for (size_t i = 0; i < run->r.n; i++) {
        gather(&l, &s, named ? &labels : NULL, i);
        bounded b = apply(run, (ref_fn)x->op, &l, first);
        y.v[i] = b.v;
        y.e[i] = b.e >= 0 && l.finite ? b.e : INFINITE;
    }
    return ref_settle(&run->r, y);
}
