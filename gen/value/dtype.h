/* Element types: ONNX's TensorProto.DataType numbers, names and sizes. */
#ifndef NN_DTYPE_H
#define NN_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef enum {
    DT_NONE = 0,
    DT_FLOAT32 = 1,
    DT_UINT8 = 2,
    DT_INT8 = 3,
    DT_UINT16 = 4,
    DT_INT16 = 5,
    DT_INT32 = 6,
    DT_INT64 = 7,
    DT_STRING = 8,
    DT_BOOL = 9,
    DT_FLOAT16 = 10,
    DT_DOUBLE = 11,
    DT_UINT32 = 12,
    DT_UINT64 = 13,
    DT_COUNT = 14
} dtype;

typedef uint32_t dtype_mask; /* bit 1 << dtype */

const char *dtype_name(dtype t);     /* "float32"; "none" for others */
dtype dtype_parse(const char *name); /* DT_NONE if unknown */
size_t dtype_size(dtype t);          /* bytes an element; 0 for string and none */
bool dtype_is_float(dtype t);
bool dtype_is_whole(dtype t);                               /* an integer type; bool is not one */
bool dtype_limits(dtype t, double *least, double *largest); /* of its finite values, in doubles; false for string and none */
/* The types that a word names: a type's name, or `floats`, `signed`, `unsigned`, `whole` (both), `all` (these and bool). 0 if
 * unknown. */
dtype_mask dtype_group(const char *word);
static inline dtype_mask dtype_bit(dtype t)
{
    return (dtype_mask)1 << t;
}

#define HALF_LARGEST 65504.0 /* of the finite values of float16 */

/* The nearest value of the type that is not below (up) or not above x; x itself for other types than float16 and float32. Infinite
 * if there is no such value. */
double dtype_toward(dtype t, double x, bool up);
/* The nearest value of float16, ties to even; infinite from 65520 on. */
double half_nearest(double x);
/* The same as its 16 bits; x may also be NaN. */
static inline uint16_t half_bits(double x)
{
    uint64_t bits;
    double a = __builtin_fabs(x), units = a * 0x1p24 + 0x1p52; /* the addition rounds to whole steps of the subnormals */
    memcpy(&bits, &a, sizeof bits);
    uint64_t normal = ((bits + (bits >> 42 & 1) + ((UINT64_C(1) << 41) - 1)) >> 42) - (UINT64_C(1008) << 10);
    memcpy(&bits, &units, sizeof bits);
    unsigned magnitude = (unsigned)(a < 0x1p-14 ? bits & 0x7ff : a < 65520 ? normal : a >= 65520 ? 0x7c00 : 0x7e00);
    return (uint16_t)(magnitude | (__builtin_signbit(x) ? 0x8000u : 0));
}

/* The value of such bits. */
static inline double half_value(uint16_t bits)
{
    unsigned exponent = bits >> 10 & 31, fraction = bits & 1023;
    double x = exponent == 0    ? fraction * 0x1p-24
               : exponent == 31 ? (fraction != 0 ? (double)__builtin_nanf("") : (double)__builtin_inff())
                                : (1024 + fraction) * 0x1p-25 * (double)(UINT64_C(1) << exponent);
    return bits >> 15 != 0 ? -x : x;
}

#endif
