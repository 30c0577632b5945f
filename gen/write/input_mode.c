#include "write/input_mode.h"
#include "value/dmath.h"
#include "write/contents.h"

#include <math.h>
#include <string.h>

/* ---- lists ---- */

/* The index of the next word of *list among `words`; moves *list past the word and its comma. n: the word is not among them. */
static size_t next_word(const char **list, const char *const *words, size_t n)
{
    size_t length = strcspn(*list, ","), k = 0;
    while (k < n && (strlen(words[k]) != length || strncmp(*list, words[k], length) != 0))
        k++;
    *list += length;
    if (**list == ',' && *++*list == '\0')
        return n;
    return k;
}

nn_status input_modes_parse(input_modes *out, const char *list, nn_error *err)
{
    static const char *const words[] = {"uniform", "normal", "corners", "special", "ties", "nan"};
    *out = (input_modes){.n = 0};
    const char *p = list;
    do {
        size_t k = next_word(&p, words, INPUT_MODES);
        if (k == INPUT_MODES || out->n == INPUT_LIST_MAX)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                           "input-mode %.60s: expected uniform, normal, corners, special, ties or nan, separated by commas, "
                           "at most %d",
                           list, INPUT_LIST_MAX);
        out->mode[out->n++] = (uint8_t)k;
    } while (*p != '\0');
    return NN_OK;
}

nn_status input_formats_parse(unsigned *out, const char *list, nn_error *err)
{
    static const char *const words[] = {"pb", "npz"};
    *out = 0;
    const char *p = list;
    do {
        size_t k = next_word(&p, words, 2);
        if (k == 2 || (*out & 1u << k) != 0)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "input-format %.60s: expected pb, npz or pb,npz", list);
        *out |= 1u << k;
    } while (*p != '\0');
    return NN_OK;
}

bool input_modes_leave_intervals(const input_modes *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->mode[i] == INPUT_NAN)
            return true;
    return false;
}

input_mode input_mode_of(const input_modes *m, uint64_t set, uint64_t *earlier)
{
    *earlier = set;
    if (m->n == 0)
        return INPUT_UNIFORM;
    uint8_t mode = m->mode[set % m->n];
    uint64_t in_list = 0, before = 0;
    for (size_t i = 0; i < m->n; i++)
        if (m->mode[i] == mode) {
            in_list++;
            before += i < set % m->n;
        }
    *earlier = set / m->n * in_list + before;
    return (input_mode)mode;
}

/* ---- elements ---- */

/* The elements of a tensor before they are stored: reals for floating-point types, otherwise integers. The bounds are values of
 * the type. */
typedef struct {
    dtype type;
    bool real;
    size_t n;
    double *x, lo, hi;
    int64_t *k, k_lo, k_hi;
    bulk_rng *r;
} elements;

static void put_end(elements *e, size_t i, bool high)
{
    if (e->real)
        e->x[i] = high ? e->hi : e->lo;
    else
        e->k[i] = high ? e->k_hi : e->k_lo;
}

/* lo or hi, by the bits of the words. */
static void corners(elements *e, uint64_t earlier)
{
    uint32_t word = earlier == 1 ? UINT32_MAX : 0;
    for (size_t i = 0; i < e->n; i++) {
        if (earlier >= 2)
            word = i % 32 == 0 ? bulk_next(e->r) : word >> 1;
        put_end(e, i, (word & 1) != 0);
    }
}

enum { PARTS = 12, BLOCK = 64 };

/* Standard normal numbers. Each is the sum of twelve uniform numbers of 16 bits, which has a variance of one; this is accurate
 * within two standard deviations and needs no logarithm. */
static size_t some_normal(bulk_rng *r, double z[BLOCK], size_t n)
{
    uint32_t word[BLOCK * PARTS / 2];
    if (n > BLOCK)
        n = BLOCK;
    bulk_fill(r, word, n * PARTS / 2);
    for (size_t i = 0; i < n; i++) {
        uint32_t sum = 0;
        for (size_t k = 0; k < PARTS / 2; k++)
            sum += (word[i * PARTS / 2 + k] & 0xffff) + (word[i * PARTS / 2 + k] >> 16);
        z[i] = ((double)sum - PARTS * 32767.5) * 0x1p-16;
    }
    return n;
}

static void normal(elements *e)
{
    double lo = e->real ? e->lo : (double)e->k_lo, hi = e->real ? e->hi : (double)e->k_hi, z[BLOCK];
    double middle = lo / 2 + hi / 2, deviation = (hi / 2 - lo / 2) / 2;
    for (size_t i = 0, m; i < e->n; i += m) {
        m = some_normal(e->r, z, e->n - i);
        for (size_t k = 0; k < m; k++) {
            double x = middle + deviation * z[k];
            if (e->real)
                e->x[i + k] = x < lo ? lo : x > hi ? hi : x;
            else if (x <= lo || x >= hi)
                put_end(e, i + k, x >= hi);
            else
                e->k[i + k] = (int64_t)dm_round_even(x);
        }
    }
}

/* ---- special values ---- */

enum { CLASSES = 4, EXPONENT_LEAST = -24, CLASS_MOST = 2 * (1024 - EXPONENT_LEAST) };

/* Values by class. A class is drawn first, so that the many powers of two do not displace the rest. */
typedef struct {
    const elements *e;
    void *values[CLASSES]; /* double or int64_t */
    size_t n[CLASSES];
} specials;

static void offer(specials *s, int class, double x)
{
    if (x >= s->e->lo && x <= s->e->hi)
        ((double *)s->values[class])[s->n[class]++] = x;
}

static void offer_whole(specials *s, int class, int64_t k)
{
    if (k >= s->e->k_lo && k <= s->e->k_hi)
        ((int64_t *)s->values[class])[s->n[class]++] = k;
}

/* The next larger or smaller double. */
static double beside(double x, bool up)
{
    uint64_t bits;
    if (x == 0)
        return up ? 0x1p-1074 : -0x1p-1074;
    memcpy(&bits, &x, sizeof bits);
    bits = (x > 0) == up ? bits + 1 : bits - 1;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void real_specials(specials *s)
{
    const elements *e = s->e;
    double least = dtype_least_subnormal(e->type), normal = dtype_least_normal(e->type);
    double middle = e->type == DT_FLOAT32 ? 0x1p-138 : e->type == DT_DOUBLE ? 0x1p-1048 : dtype_nearest(e->type, normal / 32);
    offer(s, 0, 0.0);
    offer(s, 0, -0.0);
    const double small[] = {least, middle, normal - least, normal};
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++) {
        offer(s, 1, small[i]);
        offer(s, 1, -small[i]);
    }
    double power = 0x1p-24;
    for (int i = EXPONENT_LEAST; i < 1024 && (power <= e->hi || -power >= e->lo); i++, power *= 2) {
        offer(s, 2, power);
        offer(s, 2, -power);
    }
    offer(s, 3, e->lo);
    offer(s, 3, e->hi);
    offer(s, 3, dtype_toward(e->type, beside(e->lo, true), true));
    offer(s, 3, dtype_toward(e->type, beside(e->hi, false), false));
}

static void whole_specials(specials *s)
{
    const elements *e = s->e;
    offer_whole(s, 0, 0);
    offer_whole(s, 1, 1);
    offer_whole(s, 1, -1);
    for (int i = 1; i < 63; i++) {
        offer_whole(s, 2, INT64_C(1) << i);
        offer_whole(s, 2, -(INT64_C(1) << i));
    }
    offer_whole(s, 3, e->k_lo);
    offer_whole(s, 3, e->k_hi);
    if (e->k_lo < e->k_hi) {
        offer_whole(s, 3, e->k_lo + 1);
        offer_whole(s, 3, e->k_hi - 1);
    }
}

static uint32_t below(bulk_rng *r, size_t n)
{
    return (uint32_t)((uint64_t)bulk_next(r) * n >> 32);
}

static bool special(elements *e, arena *scratch)
{
    specials s = {.e = e};
    for (int c = 0; c < CLASSES; c++)
        if ((s.values[c] = arena_alloc(scratch, (c == 2 ? CLASS_MOST : 8) * sizeof(double))) == NULL)
            return false;
    if (e->real)
        real_specials(&s);
    else
        whole_specials(&s);
    int class[CLASSES] = {0};
    size_t classes = 0;
    for (int c = 0; c < CLASSES; c++)
        if (s.n[c] > 0)
            class[classes++] = c;
    for (size_t i = 0; i < e->n; i++) {
        int c = class[below(e->r, classes)];
        size_t k = below(e->r, s.n[c]);
        if (e->real)
            e->x[i] = ((const double *)s.values[c])[k];
        else
            e->k[i] = ((const int64_t *)s.values[c])[k];
    }
    return true;
}

/* ---- ties and values that are not finite ---- */

static void uniform(elements *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t word = (uint64_t)bulk_next(e->r) << 32;
        word |= bulk_next(e->r);
        if (e->real) { /* of halves, because the width of the widest interval is not finite */
            double part = (double)(word >> 11) * 0x1p-53;
            double x = dtype_toward(e->type, 2 * (e->lo / 2 + part * (e->hi / 2 - e->lo / 2)), false);
            e->x[i] = x < e->lo ? e->lo : x > e->hi ? e->hi : x;
        } else {
            uint64_t width = (uint64_t)e->k_hi - (uint64_t)e->k_lo;
            e->k[i] = (int64_t)((uint64_t)e->k_lo + (width == UINT64_MAX ? word : word % (width + 1)));
        }
    }
}

static void ties(elements *e)
{
    elements values = *e;
    values.n = 1 + below(e->r, 4);
    double x[4];
    int64_t k[4];
    values.x = x;
    values.k = k;
    uniform(&values, values.n);
    for (size_t i = 0; i < e->n; i++) {
        size_t at = below(e->r, values.n);
        if (e->real)
            e->x[i] = x[at];
        else
            e->k[i] = k[at];
    }
}

/* One element in eight, and at least one. */
static void not_finite(elements *e)
{
    static const double values[] = {NAN, INFINITY, -INFINITY, NAN};
    size_t sure = below(e->r, e->n);
    uniform(e, e->n);
    for (size_t i = 0; e->real && i < e->n; i++)
        if (below(e->r, 8) == 0 || i == sure)
            e->x[i] = values[below(e->r, sizeof values / sizeof *values)];
}

static nn_status fill(void *out, elements *e, const tensor_desc *d, input_mode mode, uint64_t earlier, arena *scratch,
                      nn_error *err)
{
    nn_status s = e->real ? values_real_bounds(d->type, d->range.lo, d->range.hi, &e->lo, &e->hi, err)
                          : values_whole_bounds(d->type, d->range.lo, d->range.hi, &e->k_lo, &e->k_hi, err);
    if (s != NN_OK)
        return s;
    void *room = arena_alloc(scratch, e->n * sizeof(double));
    if (room == NULL)
        return nn_nomem(err);
    e->x = room;
    e->k = room;
    if (mode == INPUT_CORNERS)
        corners(e, earlier);
    else if (mode == INPUT_NORMAL)
        normal(e);
    else if (mode == INPUT_TIES)
        ties(e);
    else if (mode == INPUT_NAN)
        not_finite(e);
    else if (!special(e, scratch))
        return nn_nomem(err);
    if (e->real)
        values_store_real(out, d->type, e->x, e->n);
    else
        values_store_whole(out, d->type, e->k, e->n);
    return NN_OK;
}

nn_status input_fill(void *out, const tensor_desc *d, const input_modes *m, uint64_t set, bulk_rng *r, arena *scratch,
                     nn_error *err)
{
    uint64_t earlier = 0;
    input_mode mode = m != NULL ? input_mode_of(m, set, &earlier) : INPUT_UNIFORM;
    if (mode == INPUT_UNIFORM) {
        content c = values_of_input(d);
        return values_fill(out, d, &c, r, scratch, err);
    }
    elements e = {.type = d->type, .real = dtype_is_float(d->type), .n = (size_t)tensor_elements(d), .r = r};
    if (e.n == 0)
        return NN_OK;
    arena_mark mark = arena_get_mark(scratch);
    nn_status s = fill(out, &e, d, mode, earlier, scratch, err);
    arena_release(scratch, mark);
    return s;
}
