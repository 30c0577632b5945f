/* The value of an expression while a problem is being solved.
 *
 * Ownership: lists live in the problem's scratch memory, texts there or in the table. */
#ifndef NN_LOWER_VALUE_H
#define NN_LOWER_VALUE_H

#include "lower/term.h"

typedef struct {
    bool output;
    int first, n; /* slots, or unrolled outputs */
} tensor_ref;

typedef struct {
    const term *p;
    int n;
} term_list;

typedef struct {
    const double *p;
    int n;
} real_list;

typedef struct {
    const char *const *p;
    int n;
} string_list;

/* The static type of the expression says which member is valid. Conditions are terms of 0 or 1. */
typedef union {
    term t;
    double r;
    const char *s;
    interval iv;
    tensor_ref tensor;
    term_list ints;
    real_list reals;
    string_list strings;
} value;

#endif
