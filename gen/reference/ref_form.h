/* Linear forms of errors within a scan.
 *
 * A scan feeds errors back. Bounds of single elements then grow by the sum of the magnitudes of the weights in each step, though
 * the true error, which the weights rotate, hardly grows. So the error of a value that is computed from the rows before is also
 * kept as
 *
 *     scale * g . x + r,    |r| <= rest
 *
 * where x are the errors of the elements of one or two earlier rows that have all indices but the first and the last in common (a
 * group). Of x a bound of each element is known, and one of its Euclidean norm, which grows by the norm of the whole step (the
 * mean-value form of interval analysis with a ball: R. E. Moore, "Interval Analysis", 1966, chapter 8; E. Hairer, S. P. Norsett,
 * G. Wanner, "Solving Ordinary Differential Equations I", section I.10).
 *
 * The bound e of a value always holds by itself. A function that knows nothing of forms drops them; others lower e where they can.
 */
#ifndef NN_REF_FORM_H
#define NN_REF_FORM_H

#include "reference/ref_fn.h"

typedef struct ref_linear {
    const double *g;    /* NULL: element `unit` of x alone, or none if that is -1 */
    double scale, size; /* |scale * g . x| <= size */
    double rest;
    int unit;
    uint32_t group;
} ref_linear;

/* Ownership: in the run's arena, while the scan is computed. */
typedef struct ref_scan {
    const ref_tensor *t;
    size_t width, row;  /* elements of a group, and of all groups, in a row */
    size_t base, n;     /* the first row whose errors are x, and the length of x */
    double *norm, *box; /* of x in each group; box: 2 * width elements a group */
    double *g[3];       /* vectors of the latest rows (row % 3): 2 * width for each element */
    ref_linear *forms[3];
    size_t row_of[3]; /* rows that these belong to */
    size_t reach[2];  /* how many rows back an even and an odd row reads; 0: it has not been seen */
    size_t now, low;  /* the row that is being computed, and the first one that it reads */
    double *work;     /* 4 * (2 * width)^2 */
} ref_scan;

/* Whether bounds of single elements alone have become so wide that forms are worth their time. */
bool ref_scan_is_wide(const ref_tensor *t);
/* NULL where forms are not kept: rows too long, or out of memory. */
ref_scan *ref_scan_new(const ref_tensor *t, arena *a);
void ref_scan_begin(ref_scan *s, size_t row);
/* Elements first, first + 1, ... of the tensor have been stored with this value of n lanes. */
void ref_scan_keep(ref_scan *s, size_t first, size_t n, const ref_value *x);
void ref_scan_end(ref_scan *s);

/* Forms of elements of the scan at the offsets. */
void ref_form_load(ref_vectors *r, ref_value *y, const uint64_t *offset);
/* Each is called once v and e are computed. */
void ref_form_add(ref_vectors *r, ref_value *y, const ref_value *a, const ref_value *b);
void ref_form_negate(ref_vectors *r, ref_value *y, const ref_value *a);
void ref_form_multiply(ref_vectors *r, ref_value *y, const ref_value *a, const ref_value *b);
void ref_form_extreme(ref_vectors *r, ref_value *y, const ref_value *a, const ref_value *b, bool greatest);
void ref_form_unary(ref_vectors *r, ref_value *y, ref_fn fn, const ref_accuracy *accuracy, const ref_value *x);
/* Lane i of y is lane from[i] of a, or of b where mask[i] is 0; from NULL: lane i % n. */
void ref_form_pick(ref_vectors *r, ref_value *y, const ref_value *a, const ref_value *b, const uint8_t *mask);
void ref_form_follow(ref_vectors *r, ref_value *y, const ref_value *a, const uint32_t *from, size_t n);

/* Sums: one form for each of n lanes. */
typedef struct {
    ref_linear *forms;
    double *g; /* n vectors */
    bool used;
} ref_form_sum;
void ref_form_sum_new(ref_vectors *r, ref_form_sum *s, size_t n);
void ref_form_sum_add(const ref_vectors *r, ref_form_sum *s, size_t lane, const ref_value *x, size_t at);
/* Lowers e, the sum of the terms' bounds, and returns the forms, to whose rests the sum's own rounding is still to be added. */
ref_linear *ref_form_sum_end(const ref_vectors *r, ref_form_sum *s, size_t n, double *e);

#endif
