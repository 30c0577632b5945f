/* The functions of the rules. specs/compute/README.md describes them. */
#ifndef NN_REF_FN_H
#define NN_REF_FN_H

#include "reference/ref_value.h"

typedef enum {
    FORM_UNARY,   /* of one number, with an error of its own (ref_math.c) */
    FORM_NUMBERS, /* of numbers (ref_number.c) */
    FORM_STATIC,  /* of tensors, lists and texts (ref_static.c) */
    FORM_REDUCE,  /* over a comprehension (ref_reduce.c) */
    FORM_SLICE,   /* over a comprehension whose elements it needs together (ref_slice.c) */
    FORM_TAPS,    /* interpolates a comprehension (ref_taps.c) */
    FORM_AXES     /* of a whole tensor along axes (ref_axes.c) */
} ref_form;

/* X(enum name, word, fewest arguments, most arguments (-1: any number), form). The last argument of FORM_REDUCE, FORM_SLICE and
 * FORM_TAPS is the comprehension; some of FORM_REDUCE also take a list, or several numbers. */
/* clang-format off */
#define REF_FUNCTIONS(X) \
    X(EXP, "exp", 1, 1, UNARY) X(LOG, "log", 1, 1, UNARY) X(SQRT, "sqrt", 1, 1, UNARY) X(SIN, "sin", 1, 1, UNARY) \
    X(COS, "cos", 1, 1, UNARY) X(TAN, "tan", 1, 1, UNARY) X(ASIN, "asin", 1, 1, UNARY) X(ACOS, "acos", 1, 1, UNARY) \
    X(ATAN, "atan", 1, 1, UNARY) X(SINH, "sinh", 1, 1, UNARY) X(COSH, "cosh", 1, 1, UNARY) X(TANH, "tanh", 1, 1, UNARY) \
    X(ASINH, "asinh", 1, 1, UNARY) X(ACOSH, "acosh", 1, 1, UNARY) X(ATANH, "atanh", 1, 1, UNARY) X(ERF, "erf", 1, 1, UNARY) \
    X(SIGMOID, "sigmoid", 1, 1, UNARY) X(SOFTPLUS, "softplus", 1, 1, UNARY) X(SOFTSIGN, "softsign", 1, 1, UNARY) X(FLOOR, "floor", 1, 1, UNARY) \
    X(CEIL, "ceil", 1, 1, UNARY) X(ROUND, "round", 1, 1, UNARY) X(TRUNC, "trunc", 1, 1, UNARY) X(SIGN, "sign", 1, 1, UNARY) \
    X(ABS, "abs", 1, 1, UNARY) X(ISNAN, "isnan", 1, 1, UNARY) X(ISINF, "isinf", 1, 1, UNARY) \
    X(POW, "pow", 2, 2, NUMBERS) X(FMOD, "fmod", 2, 2, NUMBERS) X(QUOTIENT, "quotient", 2, 2, NUMBERS) X(CAST, "cast", 1, 1, NUMBERS) X(NEAREST, "nearest", 2, 2, NUMBERS) \
    X(SATURATE, "saturate", 1, 1, NUMBERS) X(REAL, "real", 1, 1, NUMBERS) X(INT, "int", 1, 1, NUMBERS) \
    X(SLACK, "slack", 3, 3, NUMBERS) X(WITHIN, "within", 2, 2, NUMBERS) X(BIT_AND, "bit_and", 2, 2, NUMBERS) X(BIT_OR, "bit_or", 2, 2, NUMBERS) \
    X(BIT_XOR, "bit_xor", 2, 2, NUMBERS) X(BIT_NOT, "bit_not", 1, 1, NUMBERS) X(SHIFT_LEFT, "shift_left", 2, 2, NUMBERS) \
    X(SHIFT_RIGHT, "shift_right", 2, 2, NUMBERS) X(CEILDIV, "ceildiv", 2, 2, NUMBERS) X(UNKNOWN, "unknown", 0, 0, NUMBERS) \
    X(INFINITY, "infinity", 0, 0, NUMBERS) X(CERTAIN, "certain", 1, 1, NUMBERS) X(RATIO, "ratio", 2, 2, NUMBERS) X(EITHER, "either", 2, 2, NUMBERS) \
    X(RANK, "rank", 1, 1, STATIC) X(SHAPE, "shape", 1, 1, STATIC) X(NUMEL, "numel", 1, 1, STATIC) \
    X(PRESENT, "present", 1, 1, STATIC) X(ARITY, "arity", 1, 1, STATIC) X(NTH, "nth", 2, 2, STATIC) X(LEN, "len", 1, 1, STATIC) \
    X(ONES, "ones", 1, 1, STATIC) X(ZEROS, "zeros", 1, 1, STATIC) X(FILL, "fill", 2, 2, STATIC) X(IOTA, "iota", 1, 1, STATIC) \
    X(SETAT, "set", 3, 3, STATIC) X(INSERT, "insert", 3, 3, STATIC) X(REMOVE, "remove", 2, 2, STATIC) \
    X(REVERSE, "reverse", 1, 1, STATIC) X(SORT, "sort", 1, 1, STATIC) X(NORM_AXIS, "norm_axis", 2, 2, STATIC) \
    X(UNRAVEL, "unravel", 2, 2, STATIC) X(RAVEL, "ravel", 2, 2, STATIC) X(WHOLE, "whole", 1, 1, STATIC) \
    X(LEAST, "least", 1, 1, STATIC) X(LARGEST, "largest", 1, 1, STATIC) X(INDEXOF, "index", 2, 2, STATIC) X(LIST, "list", 1, 1, STATIC) \
    X(BROADCAST, "broadcast", 1, -1, STATIC) X(CHAR, "char", 2, 2, STATIC) X(LENGTH, "length", 1, 1, STATIC) \
    X(EXPECT, "expect", 2, 2, STATIC) \
    X(SUM, "sum", 1, 1, REDUCE) X(PROD, "prod", 1, 1, REDUCE) X(MEAN, "mean", 1, 1, REDUCE) X(MIN, "min", 1, -1, REDUCE) \
    X(MAX, "max", 1, -1, REDUCE) X(ALL, "all", 1, 1, REDUCE) X(ANY, "any", 1, 1, REDUCE) X(COUNT, "count", 1, 1, REDUCE) \
    X(VARIANCE, "variance", 1, 1, SLICE) X(LOGSUMEXP, "logsumexp", 1, 1, SLICE) X(PNORM, "pnorm", 2, 2, SLICE) \
    X(ARGMAX, "argmax", 2, 2, SLICE) X(ARGMIN, "argmin", 2, 2, SLICE) X(DET, "det", 1, 1, SLICE) \
    X(LINEAR, "linear", 2, 2, TAPS) X(CUBIC, "cubic", 4, 4, TAPS) \
    X(SOFTMAX, "softmax", 2, 2, AXES) X(SORTED, "sorted", 3, 3, AXES) X(SORTING, "sorting", 3, 3, AXES) \
    X(RESHAPE, "reshape", 2, 2, AXES) X(SCATTER, "scatter", 4, 4, AXES)
/* clang-format on */

typedef enum {
#define X(id, word, lo, hi, form) RF_##id,
    REF_FUNCTIONS(X)
#undef X
        RF_COUNT_
} ref_fn;

/* What implementations of a function may err: `ulp` units in the last place of the result, and `abs` units in the last place of 1.
 */
typedef struct {
    double ulp, abs;
} ref_accuracy;

ref_value ref_unary(ref_vectors *r, ref_fn fn, const ref_accuracy *accuracy, ref_value x);
double ref_growth(double x);              /* exp(x) - 1 for x >= 0, rounded up: how far a relative error of exp(x) reaches */
double ref_remainder(double a, double b); /* exact, with the sign of a */

#endif
