/* Drawing of a plan, in two steps: dims and types, then tensors and nodes.
 *
 * Ownership: as in motif.h. */
#ifndef NN_MOTIF_DRAW_H
#define NN_MOTIF_DRAW_H

#include "motif/motif_expr.h"

/* What is decided while a plan is drawn. */
typedef struct {
    const motif_set *set;
    const motif_def *def;
    bool exact;
    const tensor_desc *given; /* NULL: none */
    lower_limits limits;      /* max_elements, max_dim, max_rank are set */
    tape *t;
    arena *a;
    motif_values v;
    dtype types[MOTIF_MAX_TYPES];
    int64_t rest[MOTIF_MAX_REST];
    int n_rest;
    bool repeat;     /* sizes repeat where they may, as in square matrices: what mixes axes up then goes unnoticed */
    int attempt;     /* to find dims that fit, from 0 */
    const char *why; /* why there is no plan, a static text */
    spec_place at;   /* where it was found; line 0: unknown */
} motif_drawing;

/* Each returns NN_OK, NN_ERR_NOMEM, or NN_ERR_BUILD: it does not fit. None fills an error. */
nn_status motif_draw_shapes(motif_drawing *d);
nn_status motif_draw_value(motif_drawing *d, const motif_expr *e, inst_value *out);
/* The shape and type of an input or constant whose pattern is p. */
nn_status motif_draw_desc(motif_drawing *d, const motif_pattern *p, tensor_desc *out);
/* A real that the pattern states for all elements. */
nn_status motif_draw_real(motif_drawing *d, const motif_draw *r, const char *label, double *out);
void motif_know_shape(motif_drawing *d, sym_kind kind, int index, int output, const int64_t *dims, size_t rank);

/* The nearest value of the type. */
double motif_of_type(dtype t, double x);
/* Random contents within c->desc.range, or -1..1. */
void motif_fill_random(motif_const *c);

/* Draws the exact plan with the simplest choices, so that faults of the motif show when the table is loaded. */
nn_status motif_try(const motif_set *s, motif_def *d, const motif_compile *c);

#endif
