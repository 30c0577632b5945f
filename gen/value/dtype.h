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
    DT_BFLOAT16 = 16,
    DT_FLOAT8E4M3FN = 17,
    DT_FLOAT8E4M3FNUZ = 18,
    DT_FLOAT8E5M2 = 19,
    DT_FLOAT8E5M2FNUZ = 20,
    DT_UINT4 = 21,
    DT_INT4 = 22,
    DT_FLOAT4E2M1 = 23,
    DT_UINT2 = 25,
    DT_INT2 = 26,
    DT_COUNT = 27
} dtype;

typedef uint32_t dtype_mask; /* bit 1 << dtype */

const char *dtype_name(dtype t);     /* "float32"; "none" for others */
dtype dtype_parse(const char *name); /* DT_NONE if unknown */
size_t dtype_size(dtype t);          /* bytes an element in memory, one for types of fewer bits; 0 for string and none */
bool dtype_is_float(dtype t);
bool dtype_is_signed(dtype t);                              /* an integer type that has negative numbers */
bool dtype_is_whole(dtype t);                               /* an integer type; bool is not one */
bool dtype_limits(dtype t, double *least, double *largest); /* of its finite values, in doubles; false for string and none */
dtype dtype_of_number(int64_t number);                      /* of a file; DT_NONE if there is no such type */
int dtype_since(dtype t); /* the opset whose operators were the first to take it; 1 for the old ones */
/* The types that a word names: a type's name, or `floats`, `signed`, `unsigned`, `whole` (both), `all` (these and bool). These
 * groups hold the types of 8 or more bits that came before bfloat16. `float8` are the four kinds of it, `sub8` the types of fewer
 * than 8 bits, `narrow` these, float8 and bfloat16. 0 if unknown. */
dtype_mask dtype_group(const char *word);
static inline dtype_mask dtype_bit(dtype t)
{
    return (dtype_mask)1 << t;
}

/* ---- bytes of files ---- */

/* Elements of fewer than 8 bits have a byte each in memory, integers with their sign extended. In ONNX files they share bytes, the
 * first in the lowest bits; bits that are left over are 0. Other types are stored as they are. */
unsigned dtype_bits(dtype t);                                            /* of an element in a file; 0 for string and none */
size_t dtype_stored(dtype t, size_t n);                                  /* bytes of n elements in a file */
void dtype_pack(dtype t, size_t n, const void *elements, void *bytes);   /* both may be the same memory */
void dtype_unpack(dtype t, size_t n, const void *bytes, void *elements); /* the same */

/* ---- values ---- */

/* A floating-point type. What does not fit becomes infinite where the type has infinities, else NaN, else the largest value. */
typedef struct {
    int fraction;                       /* bits behind the leading one */
    int least_exponent;                 /* of the normal values */
    int bias;                           /* of the exponent's field */
    double unit;                        /* relative distance of a real number to the nearest value, at most: 2^-11 for float16 */
    double least, normal;               /* the least subnormal and the least normal value */
    double largest;                     /* of the finite values */
    bool infinite, has_nan, minus_zero; /* has infinities; has NaN; has -0 */
} dtype_format;

/* NULL for float32, double and types that are not real. */
const dtype_format *dtype_format_of(dtype t);
/* The same of each floating-point type. */
double dtype_unit(dtype t);
double dtype_least_normal(dtype t);
double dtype_least_subnormal(dtype t);
/* The value that the bits stand for. */
double dtype_real(dtype t, uint64_t bits);
int64_t dtype_whole(dtype t, uint64_t bits);
/* The bits of the value of a floating-point type that is nearest to x, ties to even. NaN has the sign bit 0 where it can. */
uint64_t dtype_real_bits(dtype t, double x);
double dtype_nearest(dtype t, double x);

#define HALF_LARGEST 65504.0 /* of the finite values of float16 */

/* The nearest value of the type that is not below (up) or not above x; x itself for double and types that are not real. Infinite
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
