#include "write/contents.h"
#include "base/mix.h"

#include <float.h>
#include <string.h>

#define BLOCK 512

static uint64_t mix(uint64_t x)
{
    return mix64(x + MIX_STEP);
}

void values_stream(bulk_rng *r, uint64_t seed, uint64_t model, values_use use, uint64_t set, uint32_t index)
{
    uint64_t h = mix(mix(mix(seed) ^ model) ^ set);
    h = mix(h ^ ((uint64_t)use << 32 | index));
    bulk_seed(r, h, mix(h));
}

size_t values_bytes(const tensor_desc *d)
{
    return (size_t)tensor_elements(d) * dtype_size(d->type);
}

content values_of_input(const tensor_desc *d)
{
    return (content){.kind = dtype_is_float(d->type) ? CONTENT_UNIFORM : CONTENT_INTEGERS, .lo = d->range.lo, .hi = d->range.hi};
}

/* ---- numbers ---- */

static uint64_t next64(bulk_rng *r)
{
    uint64_t high = bulk_next(r);
    return high << 32 | bulk_next(r);
}

/* Uniform in [0, n), n >= 1, without bias: D. Lemire, "Fast random integer generation in an interval", 2019. */
static uint64_t below(bulk_rng *r, uint64_t n)
{
    if (n <= UINT32_MAX) {
        uint64_t m = (uint64_t)bulk_next(r) * n;
        uint32_t bound = (uint32_t)n;
        if ((uint32_t)m < bound)
            for (uint32_t threshold = (0 - bound) % bound; (uint32_t)m < threshold;)
                m = (uint64_t)bulk_next(r) * n;
        return m >> 32;
    }
    uint64_t x, limit = UINT64_MAX - UINT64_MAX % n;
    do
        x = next64(r);
    while (x >= limit);
    return x % n;
}

/* The same for many numbers. Draws words in blocks, and never more than are certainly needed. */
static void many_below(int64_t *out, size_t n, uint32_t bound, bulk_rng *r)
{
    uint32_t word[BLOCK], threshold = (0 - bound) % bound;
    for (size_t i = 0; i < n;) {
        size_t m = n - i < BLOCK ? n - i : BLOCK;
        bulk_fill(r, word, m);
        for (size_t k = 0; k < m; k++) {
            uint64_t x = (uint64_t)word[k] * bound;
            out[i] = (int64_t)(x >> 32);
            i += (uint32_t)x >= threshold;
        }
    }
}

/* Of reals: the integers between which all are exact. */
static bool narrow_limits(dtype t, int64_t *lo, int64_t *hi)
{
    const dtype_format *f = dtype_format_of(t);
    double least, largest;
    if (f != NULL) {
        double whole = (double)(INT64_C(2) << f->fraction);
        *hi = (int64_t)(whole < f->largest ? whole : f->largest);
        *lo = -*hi;
        return true;
    }
    if (!dtype_is_whole(t) || !dtype_limits(t, &least, &largest))
        return false;
    *lo = (int64_t)least;
    *hi = (int64_t)largest;
    return true;
}

static bool whole_limits(dtype t, int64_t *lo, int64_t *hi)
{
    switch (t) {
    case DT_BOOL:
        *lo = 0, *hi = 1;
        return true;
    case DT_UINT8:
        *lo = 0, *hi = UINT8_MAX;
        return true;
    case DT_INT8:
        *lo = INT8_MIN, *hi = INT8_MAX;
        return true;
    case DT_UINT16:
        *lo = 0, *hi = UINT16_MAX;
        return true;
    case DT_INT16:
        *lo = INT16_MIN, *hi = INT16_MAX;
        return true;
    case DT_UINT32:
        *lo = 0, *hi = UINT32_MAX;
        return true;
    case DT_INT32:
        *lo = INT32_MIN, *hi = INT32_MAX;
        return true;
    case DT_UINT64:
        *lo = 0, *hi = INT64_MAX;
        return true;
    case DT_INT64:
        *lo = INT64_MIN, *hi = INT64_MAX;
        return true;
    case DT_FLOAT32:
        *lo = -(1 << 24), *hi = 1 << 24;
        return true; /* all integers in between are exact */
    case DT_DOUBLE:
        *lo = -(INT64_C(1) << 53), *hi = INT64_C(1) << 53;
        return true;
    default:
        return narrow_limits(t, lo, hi);
    }
}

/* Converts x to an integer of type t. 2^63 and above become the largest int64, the usual way to say "to the end". */
static bool to_whole(dtype t, double x, int64_t *out)
{
    const double end = 9223372036854775808.0;
    int64_t lo, hi;
    if (!whole_limits(t, &lo, &hi))
        return false;
    if (t == DT_INT64 && x >= end)
        *out = INT64_MAX;
    else if (t == DT_INT64 && x <= -end)
        *out = INT64_MIN;
    else if (x > -end && x < end && (double)(int64_t)x == x)
        *out = (int64_t)x;
    else
        return false;
    return *out >= lo && *out <= hi;
}

/* ---- storing ---- */

static void store_narrow(void *out, dtype t, size_t i, double x)
{
    if (t == DT_FLOAT16)
        ((uint16_t *)out)[i] = half_bits(x);
    else if (dtype_size(t) == 2)
        ((uint16_t *)out)[i] = (uint16_t)dtype_real_bits(t, x);
    else
        ((uint8_t *)out)[i] = (uint8_t)dtype_real_bits(t, x);
}

#define STORE(type)                \
    for (size_t i = 0; i < n; i++) \
    ((type *)out)[i] = (type)x[i]

static void store(void *out, dtype t, const int64_t *x, size_t n)
{
    switch (t) {
    case DT_BOOL:
    case DT_UINT8:
        STORE(uint8_t);
        break;
    case DT_INT8:
        STORE(int8_t);
        break;
    case DT_UINT16:
        STORE(uint16_t);
        break;
    case DT_INT16:
        STORE(int16_t);
        break;
    case DT_UINT32:
        STORE(uint32_t);
        break;
    case DT_INT32:
        STORE(int32_t);
        break;
    case DT_UINT64:
        STORE(uint64_t);
        break;
    case DT_INT64:
        STORE(int64_t);
        break;
    case DT_FLOAT32:
        STORE(float);
        break;
    case DT_DOUBLE:
        STORE(double);
        break;
    default:
        for (size_t i = 0; i < n; i++)
            if (dtype_is_float(t))
                store_narrow(out, t, i, (double)x[i]);
            else
                ((uint8_t *)out)[i] = (uint8_t)x[i];
    }
}

static void to_little_endian(void *out, size_t n, size_t size)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    uint8_t *p = out;
    for (size_t i = 0; i < n; i++, p += size)
        for (size_t k = 0; k < size / 2; k++) {
            uint8_t byte = p[k];
            p[k] = p[size - 1 - k];
            p[size - 1 - k] = byte;
        }
#else
    (void)out, (void)n, (void)size;
#endif
}

void values_store_whole(void *out, dtype t, const int64_t *x, size_t n)
{
    store(out, t, x, n);
    to_little_endian(out, n, dtype_size(t));
}

void values_store_real(void *out, dtype t, const double *x, size_t n)
{
    if (t == DT_FLOAT32)
        STORE(float);
    else if (t == DT_DOUBLE)
        STORE(double);
    else
        for (size_t i = 0; i < n; i++)
            store_narrow(out, t, i, x[i]);
    to_little_endian(out, n, dtype_size(t));
}

/* ---- kinds of contents ---- */

nn_status values_real_bounds(dtype t, double lo, double hi, double *least, double *greatest, nn_error *err)
{
    *least = dtype_toward(t, lo, true);
    *greatest = dtype_toward(t, hi, false);
    if (*least <= *greatest && *least >= -DBL_MAX && *greatest <= DBL_MAX)
        return NN_OK;
    return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "no %s value lies in [%.17g, %.17g]", dtype_name(t), lo, hi);
}

nn_status values_whole_bounds(dtype t, double lo, double hi, int64_t *least, int64_t *greatest, nn_error *err)
{
    if (to_whole(t, lo, least) && to_whole(t, hi, greatest) && *least <= *greatest)
        return NN_OK;
    return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "[%.17g, %.17g] are not integer bounds of %s", lo, hi, dtype_name(t));
}

static nn_status fill_float32(float *out, size_t n, const content *c, bulk_rng *r, nn_error *err)
{
    if (!(c->lo >= -(double)FLT_MAX && c->hi <= (double)FLT_MAX))
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "values in [%g, %g] are beyond float32", c->lo, c->hi);
    float lo = (float)dtype_toward(DT_FLOAT32, c->lo, true), hi = (float)dtype_toward(DT_FLOAT32, c->hi, false);
    if (!(lo <= hi))
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "no float32 value lies in [%.17g, %.17g]", c->lo, c->hi);
    /* lo + (hi - lo) * u for u = 0, 1 / (2^32 - 1), ..., 1; the word is read as signed because CPUs convert signed integers
     * faster */
    double width = (c->hi - c->lo) / 4294967295.0, base = c->lo + width * 2147483648.0;
    uint32_t word[BLOCK];
    for (size_t done = 0; done < n;) {
        size_t m = n - done < BLOCK ? n - done : BLOCK;
        bulk_fill(r, word, m);
        for (size_t i = 0; i < m; i++) {
            int32_t s = (int32_t)(word[i] ^ 0x80000000u);
            float f = (float)(base + width * (double)s);
            f = f < lo ? lo : f;
            out[done + i] = f > hi ? hi : f;
        }
        done += m;
    }
    return NN_OK;
}

static nn_status fill_narrow(void *out, dtype t, size_t n, const content *c, bulk_rng *r, nn_error *err)
{
    double lo = dtype_toward(t, c->lo, true), hi = dtype_toward(t, c->hi, false);
    if (!(lo <= hi))
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "no %s value lies in [%.17g, %.17g]", dtype_name(t), c->lo, c->hi);
    double width = (c->hi - c->lo) / 4294967295.0;
    uint32_t word[BLOCK];
    for (size_t done = 0; done < n;) {
        size_t m = n - done < BLOCK ? n - done : BLOCK;
        bulk_fill(r, word, m);
        for (size_t i = 0; i < m; i++) {
            double x = c->lo + width * (double)word[i];
            x = x < lo ? lo : x;
            store_narrow(out, t, done + i, x > hi ? hi : x);
        }
        done += m;
    }
    return NN_OK;
}

static nn_status fill_double(double *out, size_t n, const content *c, bulk_rng *r, nn_error *err)
{
    if (!(c->lo >= -DBL_MAX / 2 && c->hi <= DBL_MAX / 2 && c->lo <= c->hi))
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "values in [%g, %g] cannot be drawn", c->lo, c->hi);
    double width = (c->hi - c->lo) * 0x1p-53;
    for (size_t i = 0; i < n; i++) {
        double x = c->lo + width * (double)(next64(r) >> 11);
        out[i] = x > c->hi ? c->hi : x;
    }
    return NN_OK;
}

static nn_status fill_list(int64_t *whole, void *out, dtype t, size_t n, const content *c, nn_error *err)
{
    if (c->n_list != n && c->n_list != 1)
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "a list of %zu numbers for %zu elements", c->n_list, n);
    size_t stride = c->n_list == n ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        double x = c->list[i * stride];
        if (t == DT_FLOAT32) {
            ((float *)out)[i] = (float)x;
            if (!((float)x >= -FLT_MAX && (float)x <= FLT_MAX))
                return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "%g is beyond float32", x);
        } else if (dtype_format_of(t) != NULL) {
            double near = dtype_nearest(t, x), least, largest;
            store_narrow(out, t, i, near);
            if (!(dtype_limits(t, &least, &largest) && near >= least && near <= largest))
                return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "%g is beyond %s", x, dtype_name(t));
        } else if (t == DT_DOUBLE) {
            ((double *)out)[i] = x;
        } else if (!to_whole(t, x, &whole[i])) {
            return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "%.17g is not a value of %s", x, dtype_name(t));
        }
    }
    return NN_OK;
}

/* Draws n different numbers of 0..range-1 in random order into out[0], out[stride], ...; n <= range. If range is little larger
 * than n, begins a permutation (Fisher-Yates); otherwise a hash table finds numbers that were drawn before, which are drawn
 * again. */
static nn_status sample(int64_t *out, size_t stride, size_t n, uint64_t range, bulk_rng *r, arena *scratch, nn_error *err)
{
    arena_mark mark = arena_get_mark(scratch);
    if (range <= 4 * (uint64_t)n) {
        uint32_t *item = arena_alloc(scratch, (size_t)range * sizeof *item);
        if (item == NULL || range > UINT32_MAX)
            return nn_nomem(err);
        for (uint32_t i = 0; i < range; i++)
            item[i] = i;
        for (size_t i = 0; i < n; i++) {
            size_t k = i + (size_t)below(r, range - i);
            uint32_t taken = item[k];
            item[k] = item[i];
            out[i * stride] = taken;
        }
    } else {
        size_t capacity = 4;
        while (capacity < 2 * n)
            capacity *= 2;
        uint64_t *seen = arena_calloc(scratch, capacity, sizeof *seen); /* number + 1 */
        if (seen == NULL)
            return nn_nomem(err);
        for (size_t i = 0; i < n;) {
            uint64_t x = below(r, range);
            size_t slot = (size_t)mix(x) & (capacity - 1);
            while (seen[slot] != 0 && seen[slot] != x + 1)
                slot = (slot + 1) & (capacity - 1);
            if (seen[slot] != 0)
                continue;
            seen[slot] = x + 1;
            out[i++ * stride] = (int64_t)x;
        }
    }
    arena_release(scratch, mark);
    return NN_OK;
}

static nn_status too_few(nn_error *err, size_t n, uint64_t range)
{
    return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "expected %zu different values, but only %llu are possible", n,
                   (unsigned long long)range);
}

static void maybe_negative(int64_t *x, int64_t n, bulk_rng *r)
{
    if ((bulk_next(r) & 3) == 0)
        *x -= n;
}

static nn_status fill_integers(int64_t *x, dtype t, size_t n, const content *c, bulk_rng *r, arena *scratch, nn_error *err)
{
    int64_t lo = 0, hi = 0;
    nn_status s = values_whole_bounds(t, c->lo, c->hi, &lo, &hi, err);
    if (s != NN_OK)
        return s;
    uint64_t width = (uint64_t)hi - (uint64_t)lo;
    if (c->kind == CONTENT_DISTINCT) {
        if (n > 0 && width < n - 1)
            return too_few(err, n, width + 1);
        s = sample(x, 1, n, width + 1, r, scratch, err);
        if (s != NN_OK)
            return s;
    } else if (width == UINT64_MAX) {
        for (size_t i = 0; i < n; i++)
            x[i] = (int64_t)next64(r);
    } else if (width < UINT32_MAX) {
        many_below(x, n, (uint32_t)width + 1, r);
    } else {
        for (size_t i = 0; i < n; i++)
            x[i] = (int64_t)below(r, width + 1);
    }
    for (size_t i = 0; i < n; i++)
        x[i] = (int64_t)((uint64_t)x[i] + (uint64_t)lo);
    if (c->negative)
        for (size_t i = 0; i < n; i++)
            maybe_negative(&x[i], (int64_t)c->hi + 1, r);
    return NN_OK;
}

static nn_status fill_permuted(int64_t *x, const tensor_desc *d, const content *c, bulk_rng *r, arena *scratch, nn_error *err)
{
    if (c->axis < 0 || c->axis >= d->rank || c->count < 0)
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "axis %d of a tensor of rank %d", c->axis, d->rank);
    size_t line = (size_t)d->dims[c->axis], outer = 1, inner = 1, n = (size_t)tensor_elements(d);
    for (int i = 0; i < d->rank; i++)
        *(i < c->axis ? &outer : &inner) *= i == c->axis ? 1 : (size_t)d->dims[i];
    if (line > (uint64_t)c->count)
        return too_few(err, line, (uint64_t)c->count);
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++) {
            nn_status s = sample(x + o * line * inner + i, inner, line, (uint64_t)c->count, r, scratch, err);
            if (s != NN_OK)
                return s;
        }
    if (c->negative)
        for (size_t i = 0; i < n; i++)
            maybe_negative(&x[i], c->count, r);
    return NN_OK;
}

static nn_status fill_tuples(int64_t *x, const tensor_desc *d, const content *c, bulk_rng *r, arena *scratch, nn_error *err)
{
    size_t k = d->rank > 0 ? (size_t)d->dims[d->rank - 1] : 0, n = (size_t)tensor_elements(d);
    if (k == 0 || k > c->n_list)
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "index tuples of length %zu into a shape of rank %zu", k, c->n_list);
    int64_t total = 1;
    for (size_t j = 0; j < k; j++)
        if (!(c->list[j] >= 1 && c->list[j] <= 0x1p31) || !nn_mul64(total, (int64_t)c->list[j], &total))
            return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "index tuples into a dimension of %g", c->list[j]);
    size_t tuples = n / k;
    if (tuples > (uint64_t)total)
        return too_few(err, tuples, (uint64_t)total);
    nn_status s = sample(x, k, tuples, (uint64_t)total, r, scratch, err);
    if (s != NN_OK)
        return s;
    for (size_t i = 0; i < n; i += k) {
        int64_t flat = x[i];
        for (size_t j = k; j-- > 0;) {
            int64_t dim = (int64_t)c->list[j];
            x[i + j] = flat % dim;
            flat /= dim;
            if (c->negative)
                maybe_negative(&x[i + j], dim, r);
        }
    }
    return NN_OK;
}

static nn_status fill_mask(int64_t *x, size_t n, const content *c, bulk_rng *r, nn_error *err)
{
    if (c->count > (int64_t)n)
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "a mask of %lld true among %zu elements", (long long)c->count, n);
    if (c->count >= 0) {
        for (size_t i = 0; i < n; i++)
            x[i] = i < (size_t)c->count;
        for (size_t i = n; i > 1; i--) {
            size_t k = (size_t)below(r, i);
            int64_t swapped = x[k];
            x[k] = x[i - 1];
            x[i - 1] = swapped;
        }
        return NN_OK;
    }
    size_t ones = 0;
    for (size_t i = 0; i < n; i++)
        ones += (size_t)(x[i] = bulk_next(r) >> 31);
    if (n >= 2 && (ones == 0 || ones == n))
        x[below(r, n)] = ones == 0;
    return NN_OK;
}

nn_status values_fill(void *out, const tensor_desc *d, const content *c, bulk_rng *r, arena *scratch, nn_error *err)
{
    size_t n = (size_t)tensor_elements(d);
    int64_t lo, hi;
    if (!whole_limits(d->type, &lo, &hi))
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "no contents for tensors of %s", dtype_name(d->type));
    if (n == 0)
        return NN_OK;
    bool real = (c->kind == CONTENT_UNIFORM || c->kind == CONTENT_LIST) && dtype_is_float(d->type);
    arena_mark mark = arena_get_mark(scratch);
    int64_t *whole = NULL;
    if (!real && (whole = arena_alloc(scratch, n * sizeof *whole)) == NULL)
        return nn_nomem(err);
    nn_status s;
    switch (c->kind) {
    case CONTENT_LIST:
        s = fill_list(whole, out, d->type, n, c, err);
        break;
    case CONTENT_UNIFORM:
        if (real) {
            s = d->type == DT_FLOAT32  ? fill_float32(out, n, c, r, err)
                : d->type == DT_DOUBLE ? fill_double(out, n, c, r, err)
                                       : fill_narrow(out, d->type, n, c, r, err);
            break;
        }
        /* fall through */
    case CONTENT_INTEGERS:
    case CONTENT_DISTINCT:
        s = fill_integers(whole, d->type, n, c, r, scratch, err);
        break;
    case CONTENT_PERMUTED:
        s = fill_permuted(whole, d, c, r, scratch, err);
        break;
    case CONTENT_TUPLES:
        s = fill_tuples(whole, d, c, r, scratch, err);
        break;
    case CONTENT_MASK:
        s = fill_mask(whole, n, c, r, err);
        break;
    default:
        s = nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "an initializer without contents");
        break;
    }
    if (s == NN_OK && !real)
        store(out, d->type, whole, n);
    if (s == NN_OK)
        to_little_endian(out, n, dtype_size(d->type));
    arena_release(scratch, mark);
    return s;
}
