/* Values while rules are evaluated. A number is a vector over the lanes, the points of the index space that are computed together.
 *
 * Ownership: vectors live in the run's arena until the frame that made them is left. They are never changed once made. */
#ifndef NN_REF_VALUE_H
#define NN_REF_VALUE_H

#include "arena.h"
#include "reference/reference.h"

enum { REF_LANES = 512 }; /* at most, in any frame */

typedef enum {
    REF_INT,   /* exact whole numbers, w */
    REF_WHOLE, /* whole numbers v, each of which an implementation may miss by e */
    REF_REAL,  /* v and e */
    REF_LIST,
    REF_TEXT,
    REF_TENSOR,
    REF_TENSORS /* a variadic input: its first tensor and their number */
} ref_kind;

typedef struct ref_value ref_value;
struct ref_value {
    ref_kind kind;
    bool uniform; /* a number: one element stands for all lanes */
    size_t n;     /* REF_LIST, REF_TENSORS */
    union {
        int64_t *w;
        double *v;
        ref_value *items;
        const char *s;
        const ref_tensor *t;
        const ref_tensor *const *tensors;
    };
    double *e;
    const struct ref_linear *forms; /* of a REF_REAL: more of what is known of its errors (ref_form.h); NULL: nothing */
};

/* The arithmetic that is assumed of implementations: its type, and what its functions may err (ref_accuracy.c). */
typedef struct {
    dtype type;
    double u; /* unit roundoff */
    /* The largest error near zero: the smallest normal number, because implementations may flush to zero. Those of float16 do not
     * (specs/compute/README.md): there it is one unit of the subnormal numbers. */
    double tiny;
    double largest;
} ref_unit;
ref_unit ref_unit_of(dtype t);
bool ref_representable(dtype t, double v); /* whether v is a value of the type; true for others than float16 and float32 */

typedef struct {
    arena *a;
    const ref_unit *unit;
    size_t n;              /* lanes */
    bool exhausted;        /* out of memory: vectors are then garbage of full length */
    double *spare;         /* 2 * REF_LANES elements */
    struct ref_scan *scan; /* that is being computed; NULL: none, or its errors have no forms */
} ref_vectors;

/* Towards zero; what does not fit, and NaN, gives a number far from 0 that fits. */
static inline int64_t ref_to_int(double x)
{
    return x >= 0x1p62 ? (int64_t)1 << 62 : x > -0x1p62 ? (int64_t)x : -((int64_t)1 << 62);
}
static inline bool ref_is_number(const ref_value *x)
{
    return x->kind <= REF_REAL;
}
static inline size_t ref_count(const ref_vectors *r, const ref_value *x)
{
    return x->uniform ? 1 : r->n;
}

/* Whether an element is NaN in every correct implementation: a NaN without error. Where an implementation may give another value,
 * the error is infinite, and the value is NaN so that what follows from it does not count as a number. */
static inline bool ref_sure_nan(double v, double e)
{
    return v != v && e == 0;
}

ref_value ref_int(ref_vectors *r, int64_t i);
ref_value ref_real(ref_vectors *r, double v, double e);
/* A number of the kind with room for its elements, which are not set. */
ref_value ref_new(ref_vectors *r, ref_kind kind, bool uniform);
/* The same number with an element for each lane. */
ref_value ref_spread(ref_vectors *r, ref_value x);
/* As REF_WHOLE or REF_REAL: v and e. */
ref_value ref_as_real(ref_vectors *r, ref_value x);
/* The kind of results of arithmetic on both. */
ref_kind ref_join(const ref_value *a, const ref_value *b);
/* REF_INT if all elements are exact. */
ref_value ref_settle(ref_vectors *r, ref_value x);
/* Adds what one rounding may err, `times` over, unless the value is exact and needs none. */
void ref_rounded(const ref_unit *u, double times, size_t n, const double *v, double *e);

/* Arithmetic on numbers. `/` and `%` of whole numbers are floor division and its remainder. */
ref_value ref_add(ref_vectors *r, ref_value a, ref_value b);
ref_value ref_sub(ref_vectors *r, ref_value a, ref_value b);
ref_value ref_mul(ref_vectors *r, ref_value a, ref_value b);
ref_value ref_div(ref_vectors *r, ref_value a, ref_value b);
ref_value ref_mod(ref_vectors *r, ref_value a, ref_value b);
ref_value ref_neg(ref_vectors *r, ref_value a);
ref_value ref_extreme(ref_vectors *r, ref_value a, ref_value b, bool greatest);
typedef enum { REF_EQ, REF_NE, REF_LT, REF_LE, REF_GT, REF_GE } ref_comparison;
ref_value ref_compare(ref_vectors *r, ref_value a, ref_value b, ref_comparison c);
ref_value ref_not(ref_vectors *r, ref_value a);
/* The error of a value v +- e in whose place another may stand that is `far` away at most. The bound is symmetric, so it also holds
 * values on the other side, and the rules keep those within the bounds that follow. */
static inline double ref_choice_error(double e, double far)
{
    return far > e || far != far ? far + 2 * e : e;
}
/* An element of a hull: v, and e that reaches both ends. */
double ref_hull_error(double v, double lo, double hi);

#endif
