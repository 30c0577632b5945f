/* Groups: operators are specified, solved together, and committed if the graph can then still be finished. */
#ifndef NN_BUILD_GROUP_H
#define NN_BUILD_GROUP_H

#include "build/build_draw.h"
#include "build/build_effect.h"

#define SPEC_GIVEN 4

/* One operator of a group, and what is decided about it before it is solved. Made by spec_of. */
typedef struct {
    const op_model *op;
    int32_t given[SPEC_GIVEN];   /* existing tensors that it must take; -1: none */
    int given_input[SPEC_GIVEN]; /* the inputs for them */
    int given_slot[SPEC_GIVEN];  /* the places among all its inputs; -1: any of the input */
    int link_frame;              /* the preceding operator in the list if this one takes an output of it; -1: it does not */
    int link_output, link_input;
    int link_slot;     /* as given_slot */
    int32_t target;    /* graph input that its output replaces, for the last operator only; -1: none */
    int partners;      /* number of further inputs to fill with existing tensors, if there are any */
    dtype output_type; /* requested type of output 0; DT_NONE: any */
} op_spec;

op_spec spec_of(const op_model *op);
/* The input that has this place among all inputs: elements of a variadic one, which is the last, have places of their own. */
static inline int spec_input_at(const op_model *op, int slot)
{
    return slot < (int)op->n_inputs ? slot : (int)op->n_inputs - 1;
}
/* Lets an operator take an output of the preceding operator in the list. */
void spec_link(op_spec *sp, int frame, int output, int input);
/* Lets it take an existing tensor; k: below SPEC_GIVEN. */
static inline void spec_give(op_spec *sp, int k, int32_t tensor, int input)
{
    sp->given[k] = tensor;
    sp->given_input[k] = input;
}

/* Solves the operators together and commits them. LOWER_FAIL: nothing has changed. */
lower_result build_try(builder *b, const op_spec *specs, size_t n);
/* The same for a single operator. */
static inline lower_result build_try_one(builder *b, op_spec sp)
{
    return build_try(b, &sp, 1);
}
/* Solves the operators and computes their effect on the graph; nothing changes. */
lower_result build_foresee(builder *b, const op_spec *specs, size_t n, build_effect *e);
/* Commits the group of the builder, which was solved with result res since the mark, if the graph may contain it and can then be
 * finished; otherwise releases what was allocated. Ends the span of the tape, and counts the try as one of op. */
lower_result build_settle(builder *b, const op_model *op, lower_result res);
/* Ends a try of which nothing was solved, for the reason noted in b->refused. LOWER_FAIL or LOWER_NOMEM. */
lower_result build_drop(builder *b, const op_model *op);
/* An output that may have the type; if possible one that always exists. */
int build_output_of(const op_model *op, dtype type);

#endif
