/* Near misses, from within: what the files of near misses share. Each near miss is a function that returns MISS if it does not
 * apply to what it drew; the plan is then unchanged.
 *
 * Ownership: a mutation borrows everything; what it makes lives in the plan's arena. */
#ifndef NN_MOTIF_MUTATION_H
#define NN_MOTIF_MUTATION_H

#include "motif/motif_def.h"

enum { MUTATION_MOST = 2 };

typedef enum { MISS, DONE, NO_MEMORY } outcome;

typedef struct {
    const motif_set *set;
    motif_plan *p;
    bool given;
    const lower_limits *limits;
    tape *t;
    arena *a;
    bool node[MOTIF_MAX_NODES], input[MOTIF_MAX_INPUTS], constant[MOTIF_MAX_CONSTS]; /* must stay as they are */
    const char *texts[MUTATION_MOST];
    size_t n;
    const char *last;     /* name of the node, constant or input that the near miss before changed: a second one could undo it */
    const char *replaced; /* name of the operand that it replaced; NULL: it replaced none */
    const op_model *gone; /* operator of the node that it left out; NULL: it left none out */
    bool typed;           /* it changed types */
} mutation;

/* ---- motif_mutate.c ---- */

/* Notes a near miss. name: of what was changed; text: what it is, NULL: there was no memory for it. */
outcome mutation_done(mutation *m, const char *name, const char *text);
size_t mutation_draw(mutation *m, size_t n);
/* The shortest of a few texts that is enough for a message, with a point in every locale. */
const char *mutation_number(mutation *m, double x);
const char *mutation_shape(mutation *m, const tensor_desc *d);
/* A node or a constant that may change; NULL: the one that was drawn may not. */
motif_node *mutation_node(mutation *m, size_t *k);
motif_const *mutation_const(mutation *m, size_t *k);

size_t mutation_slots(const motif_node *n);
/* Whether only a constant can be this operand, or a tensor whose contents the pins state. */
bool mutation_structural(const motif_node *n, size_t slot);
bool mutation_same(motif_operand a, motif_operand b);
/* Name of a node, input or constant. */
const char *mutation_name(const motif_plan *p, motif_operand o);
void mutation_replace(motif_plan *p, motif_operand from, motif_operand to);
/* How many operands are o. */
size_t mutation_uses(const motif_plan *p, motif_operand o);
/* Takes out constant k, which nothing uses; the last one gets its number. */
void mutation_drop_const(motif_plan *p, size_t k);
/* Whether o may lose one of its uses: others remain, or it is a constant; and the near miss before did not change it. */
bool mutation_spare(const mutation *m, motif_operand o);
/* Values of the type within the range: finite ends of whole numbers are whole and within the limits. False: there are none. */
bool mutation_range(interval *r, dtype t);

/* ---- the near misses ---- */

outcome mutate_const_value(mutation *m);
outcome mutate_const_shape(mutation *m);
outcome mutate_const_to_input(mutation *m);
outcome mutate_input_to_const(mutation *m);
outcome mutate_types(mutation *m);
outcome mutate_input_shape(mutation *m);
outcome mutate_swap(mutation *m);
outcome mutate_twice(mutation *m);
outcome mutate_rewire(mutation *m);
outcome mutate_pin(mutation *m);
outcome mutate_unpin(mutation *m);
outcome mutate_consumer(mutation *m);
outcome mutate_shown(mutation *m);
outcome mutate_between(mutation *m);
outcome mutate_double(mutation *m);
outcome mutate_leave_out(mutation *m);

#endif
