#include "value/dtype.h"

#include <float.h>
#include <string.h>

#include "value/dmath.h"
#include "value/dtype_impl.h"

enum { REAL = 1, SIGNED = 2, UNSIGNED = 4, TRUTH = 8, TEXT = 16 };

static const struct {
    const char *name;
    uint8_t size, bits, kind, since;
} types[DT_COUNT] = {
    [DT_FLOAT32] = {"float32", 4, 32, REAL, 1},
    [DT_UINT8] = {"uint8", 1, 8, UNSIGNED, 1},
    [DT_INT8] = {"int8", 1, 8, SIGNED, 1},
    [DT_UINT16] = {"uint16", 2, 16, UNSIGNED, 1},
    [DT_INT16] = {"int16", 2, 16, SIGNED, 1},
    [DT_INT32] = {"int32", 4, 32, SIGNED, 1},
    [DT_INT64] = {"int64", 8, 64, SIGNED, 1},
    [DT_STRING] = {"string", 0, 0, TEXT, 1},
    [DT_BOOL] = {"bool", 1, 8, TRUTH, 1},
    [DT_FLOAT16] = {"float16", 2, 16, REAL, 1},
    [DT_DOUBLE] = {"double", 8, 64, REAL, 1},
    [DT_UINT32] = {"uint32", 4, 32, UNSIGNED, 1},
    [DT_UINT64] = {"uint64", 8, 64, UNSIGNED, 1},
    [DT_BFLOAT16] = {"bfloat16", 2, 16, REAL, 13},
    [DT_FLOAT8E4M3FN] = {"float8e4m3fn", 1, 8, REAL, 19},
    [DT_FLOAT8E4M3FNUZ] = {"float8e4m3fnuz", 1, 8, REAL, 19},
    [DT_FLOAT8E5M2] = {"float8e5m2", 1, 8, REAL, 19},
    [DT_FLOAT8E5M2FNUZ] = {"float8e5m2fnuz", 1, 8, REAL, 19},
    [DT_UINT4] = {"uint4", 1, 4, UNSIGNED, 21},
    [DT_INT4] = {"int4", 1, 4, SIGNED, 21},
    [DT_FLOAT4E2M1] = {"float4e2m1", 1, 4, REAL, 23},
    [DT_UINT2] = {"uint2", 1, 2, UNSIGNED, 25},
    [DT_INT2] = {"int2", 1, 2, SIGNED, 25},
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

dtype dtype_of_number(int64_t number)
{
    return number > 0 && number < DT_COUNT && known((dtype)number) ? (dtype)number : DT_NONE;
}

size_t dtype_size(dtype t)
{
    return known(t) ? types[t].size : 0;
}

static int kind_of(dtype t)
{
    return known(t) ? types[t].kind : 0;
}

unsigned dtype_bits(dtype t)
{
    return known(t) ? types[t].bits : 0;
}

int dtype_since(dtype t)
{
    return known(t) ? types[t].since : 1;
}

bool dtype_is_float(dtype t)
{
    return kind_of(t) == REAL;
}

bool dtype_is_signed(dtype t)
{
    return kind_of(t) == SIGNED;
}

bool dtype_is_whole(dtype t)
{
    return (kind_of(t) & (SIGNED | UNSIGNED)) != 0;
}

static double real_limit(dtype t)
{
    const dtype_format *f = dtype_format_of(t);
    return f != NULL ? f->largest : t == DT_FLOAT32 ? (double)FLT_MAX : DBL_MAX;
}

/* Of 64 bits the largest double below the end. */
static double whole_limit(unsigned bits)
{
    return bits == 64 ? 18446744073709549568.0 : bits == 63 ? 9223372036854774784.0 : (double)((UINT64_C(1) << bits) - 1);
}

bool dtype_limits(dtype t, double *least, double *largest)
{
    switch (kind_of(t)) {
    case REAL:
        *largest = real_limit(t);
        *least = -*largest;
        return true;
    case TRUTH:
        *least = 0;
        *largest = 1;
        return true;
    case UNSIGNED:
        *least = 0;
        *largest = whole_limit(dtype_bits(t));
        return true;
    case SIGNED:
        *largest = whole_limit(dtype_bits(t) - 1);
        *least = -(double)(UINT64_C(1) << (dtype_bits(t) - 1));
        return true;
    default:
        return false;
    }
}

/* `sizes` tells the old types from the new ones, which no old word may bring in. */
dtype_mask dtype_group(const char *word)
{
    enum { OLD = 1, B16 = 2, EIGHT = 4, FEW = 8 };
    static const struct {
        const char *word;
        int kinds, sizes;
    } groups[] = {{"floats", REAL, OLD},
                  {"signed", SIGNED, OLD},
                  {"unsigned", UNSIGNED, OLD},
                  {"whole", SIGNED | UNSIGNED, OLD},
                  {"all", REAL | SIGNED | UNSIGNED | TRUTH, OLD},
                  {"float8", REAL, EIGHT},
                  {"sub8", REAL | SIGNED | UNSIGNED, FEW},
                  {"narrow", REAL | SIGNED | UNSIGNED, B16 | EIGHT | FEW}};
    dtype one = dtype_parse(word);
    if (one != DT_NONE)
        return dtype_bit(one);
    dtype_mask m = 0;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        for (unsigned t = 1; t < DT_COUNT && strcmp(groups[i].word, word) == 0; t++) {
            int bits = (int)dtype_bits((dtype)t);
            int size = dtype_since((dtype)t) == 1 ? OLD : bits == 16 ? B16 : bits == 8 ? EIGHT : FEW;
            if (kind_of((dtype)t) & groups[i].kinds && size & groups[i].sizes)
                m |= dtype_bit((dtype)t);
        }
    return m;
}

/* ---- rounding ---- */

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
    const dtype_format *f = dtype_format_of(t);
    if (f != NULL) {
        if (!(x >= -f->largest && x <= f->largest)) {
            if (up)
                return x < 0 ? -f->largest : __builtin_inf();
            return x > 0 ? f->largest : -__builtin_inf();
        }
        double step = dtype_step(f, x);
        return (up ? dm_ceil(x / step) : dm_floor(x / step)) * step;
    }
    if (t != DT_FLOAT32 || x > (double)FLT_MAX || x < -(double)FLT_MAX)
        return x;
    float nearest = (float)x;
    if (up ? (double)nearest < x : (double)nearest > x)
        nearest = float_step(nearest, up);
    return (double)nearest;
}
