#include "value/dtype.h"

#include <float.h>
#include <string.h>

#include "value/dmath.h"

static const struct {
    const char *name;
    uint8_t size;
    bool is_float;
} types[DT_COUNT] = {
    [DT_FLOAT32] = {"float32", 4, true}, [DT_UINT8] = {"uint8", 1, false},   [DT_INT8] = {"int8", 1, false},
    [DT_UINT16] = {"uint16", 2, false},  [DT_INT16] = {"int16", 2, false},   [DT_INT32] = {"int32", 4, false},
    [DT_INT64] = {"int64", 8, false},    [DT_STRING] = {"string", 0, false}, [DT_BOOL] = {"bool", 1, false},
    [DT_FLOAT16] = {"float16", 2, true}, [DT_DOUBLE] = {"double", 8, true},  [DT_UINT32] = {"uint32", 4, false},
    [DT_UINT64] = {"uint64", 8, false},
};

static bool known(dtype t)
{
    return (unsigned)t < DT_COUNT && types[t].name != NULL;
}

const char *dtype_name(dtype t)
{
    return known(t) ? types[t].name : "none";
}

dtype dtype_parse(const char *name)
{
    for (unsigned t = 0; t < DT_COUNT; t++)
        if (types[t].name != NULL && strcmp(types[t].name, name) == 0)
            return (dtype)t;
    return DT_NONE;
}

size_t dtype_size(dtype t)
{
    return known(t) ? types[t].size : 0;
}

bool dtype_is_float(dtype t)
{
    return known(t) && types[t].is_float;
}

bool dtype_is_whole(dtype t)
{
    return known(t) && !types[t].is_float && t != DT_STRING && t != DT_BOOL;
}

bool dtype_limits(dtype t, double *least, double *largest)
{
    static const double whole_largest[9] = {[1] = 127, [2] = 32767, [4] = 2147483647, [8] = 9223372036854774784.0};
    size_t size = dtype_size(t);
    switch (t) {
    case DT_FLOAT32:
        *largest = (double)FLT_MAX;
        break;
    case DT_FLOAT16:
        *largest = HALF_LARGEST;
        break;
    case DT_DOUBLE:
        *largest = DBL_MAX;
        break;
    case DT_BOOL:
        *least = 0;
        *largest = 1;
        return true;
    case DT_INT8:
    case DT_INT16:
    case DT_INT32:
    case DT_INT64: /* the largest double below 2^63 */
        *largest = whole_largest[size];
        *least = size == 8 ? -9223372036854775808.0 : -whole_largest[size] - 1;
        return true;
    case DT_UINT8:
    case DT_UINT16:
    case DT_UINT32:
    case DT_UINT64:
        *least = 0;
        *largest = size == 8 ? 18446744073709549568.0 : 2 * whole_largest[size] + 1;
        return true;
    default:
        return false;
    }
    *least = -*largest;
    return true;
}

dtype_mask dtype_group(const char *word)
{
    enum { FLOATS = 1, SIGNED = 2, UNSIGNED = 4, BOOL = 8 };
    static const struct {
        const char *word;
        int parts;
    } groups[] = {{"floats", FLOATS},
                  {"signed", SIGNED},
                  {"unsigned", UNSIGNED},
                  {"whole", SIGNED | UNSIGNED},
                  {"all", FLOATS | SIGNED | UNSIGNED | BOOL}};
    dtype one = dtype_parse(word);
    if (one != DT_NONE)
        return dtype_bit(one);
    int parts = 0;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (strcmp(groups[i].word, word) == 0)
            parts = groups[i].parts;
    dtype_mask m = parts & BOOL ? dtype_bit(DT_BOOL) : 0;
    for (unsigned t = 1; t < DT_COUNT; t++) {
        double least, largest;
        if (dtype_is_whole((dtype)t) && dtype_limits((dtype)t, &least, &largest))
            m |= parts & (least < 0 ? SIGNED : UNSIGNED) ? dtype_bit((dtype)t) : 0;
        else if (dtype_is_float((dtype)t) && parts & FLOATS)
            m |= dtype_bit((dtype)t);
    }
    return m;
}

/* ---- rounding ---- */

/* Distance of float16 values about x: 2^-24 below 2^-13, then 2^(e - 10) for 2^e <= |x| < 2^(e + 1). */
static double half_step(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int e = (int)(bits >> 52 & 0x7ff) - 1023;
    if (e < -14)
        e = -14;
    bits = (uint64_t)(e - 10 + 1023) << 52;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static bool beyond_half(double x)
{
    return !(x >= -HALF_LARGEST && x <= HALF_LARGEST);
}

double half_nearest(double x)
{
    const double end = 65520; /* half a step beyond the largest: from here on infinity is nearer */
    if (x >= end || x <= -end)
        return x > 0 ? __builtin_inf() : -__builtin_inf();
    double step = half_step(x), r = dm_round_even(x / step) * step;
    return r == 0 && x < 0 ? -0.0 : r;
}

/* Neighbour of a finite float32 towards +infinity (up) or -infinity. */
static float float_step(float f, bool up)
{
    int32_t bits;
    memcpy(&bits, &f, sizeof bits);
    if (f == 0.0F)
        bits = up ? 1 : (int32_t)(INT32_MIN | 1);
    else
        bits += (f > 0) == up ? 1 : -1;
    memcpy(&f, &bits, sizeof f);
    return f;
}

double dtype_toward(dtype t, double x, bool up)
{
    if (t == DT_FLOAT16) {
        if (beyond_half(x)) {
            if (up)
                return x < 0 ? -HALF_LARGEST : __builtin_inf();
            return x > 0 ? HALF_LARGEST : -__builtin_inf();
        }
        double step = half_step(x);
        return (up ? dm_ceil(x / step) : dm_floor(x / step)) * step;
    }
    if (t != DT_FLOAT32 || x > (double)FLT_MAX || x < -(double)FLT_MAX)
        return x;
    float f = (float)x;
    if (up ? (double)f < x : (double)f > x)
        f = float_step(f, up);
    return (double)f;
}
