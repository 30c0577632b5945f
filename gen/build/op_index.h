/* Facts about the operators of a table that follow from their signatures alone: what each costs to place, which bring a type back
 * to one of data (op_set.data), which can join two tensors.
 *
 * Costs are in nodes. A type's `produce` is the fewest nodes that make a tensor of it from graph inputs, its `sink` the fewest
 * that bring it back to a type of data; types of data cost nothing.
 *
 * Ownership: the index owns its lists, the op_set must outlive it. Immutable after op_index_new. */
#ifndef NN_OP_INDEX_H
#define NN_OP_INDEX_H

#include "rules/opmodel.h"

#define OP_COST_NONE 100000 /* cannot be had; small enough to add up without overflow */

typedef struct {
    int cost;         /* fewest nodes of a graph that holds the operator, OP_COST_NONE: none can */
    int inputs_cost;  /* of these, nodes that must come before it */
    int outputs_cost; /* of these, nodes that must come after it: a source's output is joined with what depends on an input */
    int most_data;    /* tensors it can take at most, variadics counted in full */
    int most_floats;  /* tensors of types of data that it can take at most */
    int least_data;   /* tensors that it must take: mandatory inputs that cannot be initializers, at least 1 unless a source */
    dtype_mask takes; /* types of its data inputs */
    dtype_mask gives; /* types of its outputs */
    uint32_t aside;   /* outputs that weights do not reach which reach output 0 */
    bool feasible;    /* it can be instantiated at all: op_feasible.h */
    char *obstacle;   /* owned; what it says if not, else NULL */
} op_facts;

typedef struct {
    uint16_t *items;
    size_t n;
} op_list;

typedef struct {
    const op_set *ops;
    op_facts *facts;
    int produce[DT_COUNT], sink[DT_COUNT];
    int join_cost;               /* 1, or OP_COST_NONE where no operator joins */
    op_list producers[DT_COUNT]; /* at the least cost */
    op_list sinks[DT_COUNT];     /* at the least cost, first step */
    op_list takers[DT_COUNT];    /* placeable operators with a data input of the type */
    dtype_mask produced, taken;  /* types that have producers, takers */
    dtype_mask sinkable;         /* types with a way to data, data among them */
    op_list usable;              /* placeable operators */
    op_list joins;               /* those that can take two tensors or more */
    op_list float_joins;         /* those that can take two tensors of data types or more and give one */
    op_list bridges;             /* those that need one tensor only and can give a data type from one */
    op_list converters;          /* of these, those whose first output may have other types too, whatever their inputs have */
} op_index;

nn_status op_index_new(op_index **out, const op_set *ops, nn_error *err);
void op_index_free(op_index *x);
/* Fewest nodes that bring one of these types back to data. */
int op_index_sink(const op_index *x, dtype_mask types);

static inline bool op_input_must(const op_input *in)
{
    return in->roles == ROLE_DATA && !in->optional && !in->conditional;
}
static inline bool op_input_data(const op_input *in)
{
    return (in->roles & ROLE_DATA) != 0;
}

#endif
