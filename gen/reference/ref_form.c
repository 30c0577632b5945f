/* Linear forms of errors: ref_form.h. */
#include "reference/ref_form.h"

#include "reference/ref_functions.h"

#include <string.h>

#define INFINITE ((double)__builtin_inff())

static double least_of(double a, double b)
{
    return a < b || b != b ? a : b;
}

/* At least the square root, and by 1e-5 more at most: each of Newton's steps ends above it. */
static double root_above(double x)
{
    if (!(x > 0x1p-1000 && x < 0x1p1000))
        return ref_sqrt(x);
    uint64_t bits;
    double y;
    memcpy(&bits, &x, sizeof bits);
    bits = (bits >> 1) + ((uint64_t)0x3ff << 51); /* half the exponent */
    memcpy(&y, &bits, sizeof y);
    for (int step = 0; step < 2; step++)
        y = 0.5 * (y + x / y);
    return y * (1 + 0x1p-50);
}

static size_t vector_length(const ref_scan *s)
{
    return 2 * s->width;
}

/* The most that g . x can be. */
static double measure(const ref_scan *s, const double *g, uint32_t group)
{
    const double *box = s->box + group * vector_length(s);
    double square = 0, sum = 0, norm = s->norm[group];
    for (size_t i = 0; i < s->n; i++) {
        square += g[i] * g[i];
        sum += g[i] != 0 ? __builtin_fabs(g[i]) * box[i] : 0;
    }
    bool round = square * norm * norm < sum * sum && square > 0;
    return (round ? root_above(square) * norm : sum) * (1 + 0x1p-30);
}

static ref_linear form_of(const ref_value *x, size_t lane)
{
    size_t i = x->uniform ? 0 : lane;
    if (x->forms != NULL)
        return x->forms[i];
    return (ref_linear){.unit = -1, .rest = x->kind == REF_INT ? 0 : x->e[i]};
}

static bool is_linear(const ref_linear *f)
{
    return f->g != NULL || f->unit >= 0;
}

static ref_linear scaled(ref_linear f, double c)
{
    double m = __builtin_fabs(c);
    f.scale *= c;
    f.size *= m;
    f.rest *= m;
    return f;
}

static void add_vector(double *to, const ref_linear *f, size_t n)
{
    if (f->g == NULL) {
        to[f->unit] += f->scale;
        return;
    }
    for (size_t i = 0; i < n; i++)
        to[i] += f->scale * f->g[i];
}

static ref_linear sum_of(ref_vectors *r, ref_linear a, ref_linear b)
{
    double rest = a.rest + b.rest;
    ref_linear y = is_linear(&a) ? a : b;
    if (is_linear(&a) && is_linear(&b)) {
        double *g = a.group == b.group ? arena_calloc(r->a, vector_length(r->scan), sizeof *g) : NULL;
        if (g != NULL) {
            add_vector(g, &a, r->scan->n);
            add_vector(g, &b, r->scan->n);
            y = (ref_linear){.g = g, .scale = 1, .unit = -1, .group = a.group, .size = measure(r->scan, g, a.group)};
        } else {
            rest += b.size;
        }
    }
    y.rest = rest;
    return y;
}

static ref_linear *new_forms(ref_vectors *r, const ref_value *y)
{
    ref_linear *f = r->scan != NULL ? arena_alloc(r->a, ref_count(r, y) * sizeof *f) : NULL;
    return f;
}

/* Adds a rounding of the result, and takes the smaller of both bounds. */
static void settle(const ref_vectors *r, ref_linear *f, double times, double v, double *e)
{
    double bound = f->size + f->rest;
    f->rest += r->unit->u * times * (__builtin_fabs(v) + bound) + r->unit->tiny;
    bound = (f->size + f->rest) * (1 + 0x1p-40);
    *e = bound < *e ? bound : *e;
}

/* ---- operations ---- */

void ref_form_add(ref_vectors *r, ref_value *y, const ref_value *a, const ref_value *b)
{
    ref_linear *f = a->forms != NULL || b->forms != NULL ? new_forms(r, y) : NULL;
    for (size_t i = 0; f != NULL && i < ref_count(r, y); i++) {
        f[i] = sum_of(r, form_of(a, i), form_of(b, i));
        settle(r, &f[i], 1, y->v[i], &y->e[i]);
    }
    y->forms = f;
}

void ref_form_negate(ref_vectors *r, ref_value *y, const ref_value *a)
{
    ref_linear *f = a->forms != NULL ? new_forms(r, y) : NULL;
    for (size_t i = 0; f != NULL && i < ref_count(r, y); i++)
        f[i] = scaled(a->forms[i], -1);
    y->forms = f;
}

void ref_form_multiply(ref_vectors *r, ref_value *y, const ref_value *a, const ref_value *b)
{
    ref_linear *f = a->forms != NULL || b->forms != NULL ? new_forms(r, y) : NULL;
    for (size_t i = 0; f != NULL && i < ref_count(r, y); i++) {
        size_t p = a->uniform ? 0 : i, q = b->uniform ? 0 : i;
        f[i] = sum_of(r, scaled(form_of(a, i), b->v[q]), scaled(form_of(b, i), a->v[p]));
        f[i].rest += a->e[p] != 0 && b->e[q] != 0 ? a->e[p] * b->e[q] : 0;
        settle(r, &f[i], 1, y->v[i], &y->e[i]);
    }
    y->forms = f;
}

/* Where one operand is certain to be chosen, the result is that operand. */
void ref_form_extreme(ref_vectors *r, ref_value *y, const ref_value *a, const ref_value *b, bool greatest)
{
    ref_linear *f = a->forms != NULL || b->forms != NULL ? new_forms(r, y) : NULL;
    for (size_t i = 0; f != NULL && i < ref_count(r, y); i++) {
        size_t p = a->uniform ? 0 : i, q = b->uniform ? 0 : i;
        double apart = greatest ? a->v[p] - b->v[q] : b->v[q] - a->v[p], both = (a->e[p] + b->e[q]) * (1 + 0x1p-30);
        f[i] = apart > both ? form_of(a, i) : -apart > both ? form_of(b, i) : (ref_linear){.unit = -1, .rest = y->e[i]};
    }
    y->forms = f;
}

/* The slope at x of a function with value y, and the most that the slope changes for each unit of x. false: it has no such bound.
 */
static bool slope_of(ref_fn fn, double x, double y, double *slope, double *bend)
{
    switch (fn) {
    case RF_TANH:
        *slope = 1 - y * y;
        *bend = 0.77; /* 4 / (3 sqrt 3) */
        return true;
    case RF_SIGMOID:
        *slope = y * (1 - y);
        *bend = 0.0963; /* 1 / (6 sqrt 3) */
        return true;
    case RF_SOFTPLUS:
        *slope = ref_sigmoid(x);
        *bend = 0.25;
        return true;
    case RF_SOFTSIGN:
        *slope = (1 - __builtin_fabs(y)) * (1 - __builtin_fabs(y));
        *bend = 2;
        return true;
    default:
        return false;
    }
}

/* f(x + d) = f(x) + f'(x) d + r with |r| <= max |f''| d^2 / 2. */
void ref_form_unary(ref_vectors *r, ref_value *y, ref_fn fn, const ref_accuracy *accuracy, const ref_value *x)
{
    double slope, bend, ulp = 2 * r->unit->u;
    ref_linear *f = x->forms != NULL && slope_of(fn, 0, 0, &slope, &bend) ? new_forms(r, y) : NULL;
    for (size_t i = 0; f != NULL && i < ref_count(r, y); i++) {
        double e = x->e[i];
        slope_of(fn, x->v[i], y->v[i], &slope, &bend);
        f[i] = scaled(x->forms[i], slope);
        f[i].rest += 0.5 * bend * e * e + 0x1p-40 * e + ulp * accuracy->abs + 2 * REF_OWN * __builtin_fabs(y->v[i]);
        settle(r, &f[i], 2 * accuracy->ulp, y->v[i], &y->e[i]);
    }
    y->forms = f;
}

/* ---- lanes ---- */

/* Implementations may read a state before or after it is rounded, and need not do the same everywhere. */
void ref_form_load(ref_vectors *r, ref_value *y, const uint64_t *offset)
{
    ref_scan *s = r->scan;
    ref_linear *f = y->kind == REF_REAL ? new_forms(r, y) : NULL;
    for (size_t i = 0; i < ref_count(r, y); i++) {
        size_t row = (size_t)offset[i] / s->row, at = (size_t)offset[i] % s->row;
        s->low = row < s->low ? row : s->low;
        if (f == NULL)
            continue;
        f[i] = (ref_linear){.unit = -1, .rest = y->e[i]};
        if (s->row_of[row % 3] == row)
            f[i] = s->forms[row % 3][at];
        if (is_linear(&f[i]))
            f[i].rest += 2 * r->unit->u * (__builtin_fabs(y->v[i]) + y->e[i]) + r->unit->tiny;
    }
    y->forms = f;
}

void ref_form_pick(ref_vectors *r, ref_value *y, const ref_value *a, const ref_value *b, const uint8_t *mask)
{
    ref_linear *f = a->forms != NULL || b->forms != NULL ? new_forms(r, y) : NULL;
    for (size_t i = 0; f != NULL && i < ref_count(r, y); i++)
        f[i] = form_of(mask[i] != 0 ? a : b, i);
    y->forms = f;
}

void ref_form_follow(ref_vectors *r, ref_value *y, const ref_value *a, const uint32_t *from, size_t n)
{
    ref_linear *f = a->forms != NULL ? new_forms(r, y) : NULL;
    for (size_t i = 0; f != NULL && i < ref_count(r, y); i++)
        f[i] = form_of(a, from != NULL ? from[i] : i % n);
    y->forms = f;
}

/* ---- sums ---- */

void ref_form_sum_new(ref_vectors *r, ref_form_sum *s, size_t n)
{
    *s = (ref_form_sum){.forms = NULL};
    if (r->scan == NULL)
        return;
    s->forms = arena_calloc(r->a, n + 1, sizeof *s->forms);
    s->g = arena_calloc(r->a, n * vector_length(r->scan) + 1, sizeof *s->g);
    if (s->forms == NULL || s->g == NULL)
        s->forms = NULL;
    for (size_t i = 0; s->forms != NULL && i < n; i++)
        s->forms[i].unit = -1;
}

void ref_form_sum_add(const ref_vectors *r, ref_form_sum *s, size_t lane, const ref_value *x, size_t at)
{
    ref_linear f = form_of(x, at), *to = &s->forms[lane];
    to->rest += f.rest;
    if (!is_linear(&f))
        return;
    double *g = s->g + lane * vector_length(r->scan);
    if (to->g == NULL) {
        to->g = g;
        to->group = f.group;
        s->used = true;
    }
    if (to->group == f.group)
        add_vector(g, &f, r->scan->n);
    else
        to->rest += f.size;
}

ref_linear *ref_form_sum_end(const ref_vectors *r, ref_form_sum *s, size_t n, double *e)
{
    if (s->forms == NULL || !s->used)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        ref_linear *f = &s->forms[i];
        f->scale = 1;
        f->size = f->g != NULL ? measure(r->scan, f->g, f->group) : 0;
        double bound = f->size + f->rest;
        e[i] = bound < e[i] ? bound : e[i];
    }
    return s->forms;
}

/* ---- the scan ---- */

enum { MAX_WIDTH = 128, SEEN_NOTHING = 2, POWER_STEPS = 12 };
static const double WIDE = 0x1p-14; /* of the largest value */
static const double MAX_COST = 1e9; /* multiplications for the norms of all steps */

bool ref_scan_is_wide(const ref_tensor *t)
{
    double largest = 0, widest = 0;
    for (size_t i = 0; t->v != NULL && i < t->n; i++) {
        double m = __builtin_fabs(t->v[i]);
        largest = m > largest ? m : largest;
        widest = t->e[i] > widest ? t->e[i] : widest;
    }
    return widest > WIDE * largest;
}

ref_scan *ref_scan_new(const ref_tensor *t, arena *a)
{
    size_t rows = t->rank > 1 ? (size_t)t->dims[0] : 0, width = t->rank > 1 ? (size_t)t->dims[t->rank - 1] : 0;
    if (rows < 4 || width == 0 || width > MAX_WIDTH || t->n == 0)
        return NULL;
    size_t row = t->n / rows, groups = row / width, length = 2 * width;
    if ((double)(rows * row) * (double)(length * length) > MAX_COST)
        return NULL;
    ref_scan *s = arena_calloc(a, 1, sizeof *s);
    double *memory = arena_calloc(a, groups * (length + 1) + 3 * row * length + 4 * length * length, sizeof *memory);
    ref_linear *forms = arena_calloc(a, 3 * row, sizeof *forms);
    if (s == NULL || memory == NULL || forms == NULL)
        return NULL;
    *s = (ref_scan){.t = t, .width = width, .row = row, .base = SIZE_MAX, .row_of = {SIZE_MAX, SIZE_MAX, SIZE_MAX}};
    s->norm = memory;
    s->box = s->norm + groups;
    for (size_t k = 0; k < 3; k++) {
        s->g[k] = s->box + groups * length + k * row * length;
        s->forms[k] = forms + k * row;
    }
    s->work = s->g[2] + row * length;
    return s;
}

void ref_scan_begin(ref_scan *s, size_t row)
{
    s->now = row;
    s->low = SIZE_MAX;
    s->row_of[row % 3] = SIZE_MAX;
}

void ref_scan_keep(ref_scan *s, size_t first, size_t n, const ref_value *x)
{
    size_t slot = s->now % 3, length = vector_length(s);
    for (size_t i = 0; i < n; i++) {
        size_t at = (first + i) % s->row;
        ref_linear f = form_of(x, i), *to = &s->forms[slot][at];
        double *g = s->g[slot] + at * length;
        *to = (ref_linear){.unit = -1, .rest = f.rest * (1 + 0x1p-30)};
        if (!is_linear(&f))
            continue;
        to->rest = f.group == at / s->width ? to->rest : to->rest + f.size;
        if (f.group != at / s->width)
            continue;
        memset(g, 0, length * sizeof *g);
        add_vector(g, &f, s->n);
        to->g = g;
        to->scale = 1;
        to->size = f.size;
        to->group = f.group;
    }
}

/* Whether c I - A is positive definite, by elimination (Cholesky), whose own error the caller's margin covers. Row by row, so that
 * the inner loops run over contiguous memory and have no chain of sums. */
static bool is_above(const double *a, size_t n, double c, double *l)
{
    for (size_t i = 0; i < n * n; i++)
        l[i] = -a[i];
    for (size_t k = 0; k < n; k++) {
        double *top = l + k * n, pivot = top[k] + c;
        if (!(pivot > 0))
            return false;
        for (size_t i = k + 1; i < n; i++) {
            double f = top[i] / pivot;
            for (size_t j = i; j < n; j++)
                l[i * n + j] -= f * top[j];
        }
    }
    return true;
}

/* An estimate of the greatest eigenvalue of the symmetric A >= 0, from below. */
static double power_iteration(const double *a, size_t n, double *x, double *y)
{
    double value = 0;
    for (size_t i = 0; i < n; i++)
        x[i] = 1 + (double)(i % 7) / 8;
    for (int step = 0; step < POWER_STEPS; step++) {
        double square = 0, before = 0;
        memset(y, 0, n * sizeof *y);
        for (size_t j = 0; j < n; j++)
            for (size_t i = 0; i < n; i++)
                y[i] += a[j * n + i] * x[j];
        for (size_t i = 0; i < n; i++) {
            square += y[i] * y[i];
            before += x[i] * x[i];
        }
        double norm = ref_sqrt(square);
        value = before > 0 ? norm / ref_sqrt(before) : 0;
        if (!(norm > 0) || !(norm < INFINITE))
            return value;
        for (size_t i = 0; i < n; i++)
            x[i] = y[i] / norm;
    }
    return value;
}

/* A bound of the Euclidean norm of a matrix M of m columns, given by its n rows one after the other. */
static double matrix_norm(const double *rows, size_t n, size_t m, double *work)
{
    double *a = work, *l = a + m * m, trace = 0;
    memset(a, 0, m * m * sizeof *a);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < m; i++)
            for (size_t j = i; j < m; j++)
                a[i * m + j] += rows[k * m + i] * rows[k * m + j];
    for (size_t i = 0; i < m; i++) {
        trace += a[i * m + i];
        for (size_t j = 0; j < i; j++)
            a[i * m + j] = a[j * m + i];
    }
    double value = power_iteration(a, m, l, l + m) * 1.005 + trace * 0x1p-40;
    for (int tries = 0; tries < 6 && value < trace; tries++, value *= 1.05)
        if (is_above(a, m, value, l))
            return ref_sqrt(value + trace * 0x1p-36);
    return ref_sqrt(trace * (1 + 0x1p-30)); /* the Frobenius norm */
}

/* From now on x are the errors of the last `rows` rows. */
static void rebase(ref_scan *s, size_t rows)
{
    size_t length = vector_length(s), n = rows * s->width, first = s->now + 1 - rows;
    double *columns = s->work + 2 * length * length;
    for (size_t group = 0; group < s->row / s->width; group++) {
        double square = 0, own = 0, *box = s->box + group * length;
        for (size_t i = 0; i < n; i++) {
            size_t slot = (first + i / s->width) % 3, at = group * s->width + i % s->width;
            const ref_linear *f = &s->forms[slot][at];
            for (size_t k = 0; k < s->n; k++)
                columns[k * n + i] = f->g != NULL ? f->g[k] : 0;
            own += f->rest * f->rest;
        }
        double moved = s->base == SIZE_MAX ? INFINITE : matrix_norm(columns, s->n, n, s->work) * s->norm[group];
        for (size_t i = 0; i < n; i++) {
            size_t at = group * s->width + i % s->width;
            box[i] = s->t->w != NULL ? 0 : s->t->e[(first + i / s->width) * s->row + at];
            square += box[i] * box[i];
        }
        s->norm[group] = least_of(moved + ref_sqrt(own), ref_sqrt(square)) * (1 + 0x1p-30);
        for (size_t i = 0; i < n; i++) {
            size_t slot = (first + i / s->width) % 3, at = group * s->width + i % s->width;
            s->forms[slot][at] =
                (ref_linear){.scale = 1, .unit = (int)i, .group = (uint32_t)group, .size = least_of(box[i], s->norm[group])};
        }
    }
    for (size_t k = 0; k < 3; k++) /* other rows' forms count from a base that is gone */
        s->row_of[k] = s->row_of[k] != SIZE_MAX && s->row_of[k] >= first ? s->row_of[k] : SIZE_MAX;
    s->base = first;
    s->n = n;
}

/* The rows that later ones will read are foreseen from what the last even and odd row have read. Where this is wrong, an older row
 * is read, of which no form is kept any more; then its own bounds count. */
void ref_scan_end(ref_scan *s)
{
    size_t parity = s->now % 2, other = 1 - parity;
    s->row_of[s->now % 3] = s->now;
    s->reach[parity] = s->low == SIZE_MAX ? 0 : s->now - s->low;
    size_t next = s->reach[other] == 0 ? SEEN_NOTHING : s->reach[other],
           second = s->reach[parity] == 0 ? SEEN_NOTHING : s->reach[parity];
    if (next <= 1 && second <= 2)
        rebase(s, 1);
    else if (s->now >= 1 && (s->base == SIZE_MAX || s->now - s->base >= 3))
        rebase(s, 2);
}
