/* Facts about the operators of a table: what each costs to place, which operators bring a type back to one of data (op_set.data),
 * which can join two tensors. They follow from the operators' signatures, from which weights their ranges name, and from whether
 * the lowering finds an instance of the operator at all (op_feasible.h).
 *
 * Costs are in nodes. A type's `produce` is the fewest nodes that make a tensor of it from graph inputs, its `sink` the fewest that
 * bring it back to a type of data; types of data cost nothing.
 *
 * Ownership: the index owns its lists, the op_set must outlive it. Immutable after op_index_new. */
#ifndef NN_OP_INDEX_H
#define NN_OP_INDEX_H

#include "rules/opmodel.h"

#define OP_COST_NONE 100000 /* the cost of what is impossible; small enough to add up without overflow */

typedef struct {
    int cost;         /* fewest nodes of a graph that holds the operator; OP_COST_NONE: no graph can */
    int inputs_cost;  /* of these, nodes that must come before it */
    int outputs_cost; /* of these, nodes that must come after it; a source's output must be joined with what depends on a graph
                         input */
    int most_data;    /* most tensors that it can take, variadics counted in full */
    int most_floats;  /* most tensors of types of data that it can take */
    int least_data; /* fewest tensors that it must take: mandatory inputs that cannot be initializers; at least 1 if it can take any
                     */
    dtype_mask takes; /* types of its data inputs */
    dtype_mask gives; /* types of its outputs */
    uint32_t aside;   /* bit o: a weight that the range of output 0 names is not named by the range of output o */
    bool feasible;    /* some instance of it exists: op_feasible.h */
    char *obstacle;   /* why none exists, owned; NULL if one does */
} op_facts;

typedef struct {
    uint16_t *items;
    size_t n;
} op_list;

typedef struct {
    const op_set *ops;
    op_facts *facts;
    int produce[DT_COUNT], sink[DT_COUNT]; /* costs of the types, see above */
    int join_cost;                         /* of joining two tensors: 1, or OP_COST_NONE where no operator does */
    op_list producers[DT_COUNT];           /* of a type that is none of data, at the least cost */
    op_list sinks[DT_COUNT];               /* the first step from such a type back to data, at the least cost */
    op_list takers[DT_COUNT];              /* placeable operators with a data input of the type */
    dtype_mask produced, taken;            /* types that have producers; takers */
    dtype_mask sinkable;                   /* types with a way back to data, those of data among them */
    op_list usable;                        /* placeable operators */
    op_list joins;                         /* those that can take two tensors or more */
    op_list float_joins; /* those that can take two tensors of data or more and whose output needs no node after it */
    op_list bridges;     /* those that need a single tensor only, and can make data of data */
    op_list
        converters; /* those that need a single tensor only and whose first output may have a type of data or another, by choice */
} op_index;

nn_status op_index_new(op_index **out, const op_set *ops, nn_error *err);
void op_index_free(op_index *x);
/* The input that a tensor goes in where nothing else is said: the first that must be filled, else the first data input; -1: none.
 */
int op_main_input(const op_model *op);
/* Fewest nodes that bring one of these types back to data. */
int op_index_sink(const op_index *x, dtype_mask types);

/* Whether the input must be a tensor. */
static inline bool op_input_must(const op_input *in)
{
    return in->roles == ROLE_DATA && !in->optional && !in->conditional;
}
/* Whether the input may be a tensor: one of a node or a graph input. */
static inline bool op_input_data(const op_input *in)
{
    return (in->roles & ROLE_DATA) != 0;
}

#endif
