/* Facts about the operators of a table: how many nodes each costs, which operators convert a type back to one of data
 * (op_set.data), and which can join two tensors. They follow from the operators' signatures, from the weights that their ranges
 * name, and from whether the lowering finds an instance of the operator (op_feasible.h).
 *
 * Costs are numbers of nodes. A type's `produce` is the smallest number of nodes that make a tensor of it from graph inputs; its
 * `sink` is the smallest number that convert it back to a type of data. For types of data both are 0.
 *
 * Ownership: the index owns its lists; the op_set must outlive it. Immutable after op_index_new. */
#ifndef NN_OP_INDEX_H
#define NN_OP_INDEX_H

#include "rules/opmodel.h"

#define OP_COST_NONE 100000 /* cost of something impossible; small enough that sums do not overflow */

typedef struct {
    int cost;        /* fewest nodes of a graph that contains the operator; OP_COST_NONE: no graph can contain it */
    int inputs_cost; /* number of these that must come before it */
    /* number of these that must come after it: the output of a source must be joined with a tensor that depends on a graph
     * input */
    int outputs_cost;
    int most_data;   /* largest number of tensors that it can take; variadic inputs count in full */
    int most_floats; /* largest number of tensors of types of data that it can take */
    /* smallest number of tensors that it must take: mandatory inputs that cannot be initializers; at least 1 if it can take any */
    int least_data;
    dtype_mask takes; /* types of its data inputs */
    dtype_mask gives; /* types of its outputs */
    uint32_t aside;   /* bit o: the range of output 0 names a weight that the range of output o does not name */
    bool feasible;    /* an instance of it exists: op_feasible.h */
    char *obstacle;   /* why no instance exists, owned; NULL if one exists */
} op_facts;

typedef struct {
    uint16_t *items;
    size_t n;
} op_list;

typedef struct {
    const op_set *ops;
    op_facts *facts;
    int produce[DT_COUNT], sink[DT_COUNT]; /* costs of the types, see above */
    int join_cost;                         /* cost to join two tensors: 1, or OP_COST_NONE if no operator does */
    op_list producers[DT_COUNT];           /* of each type other than those of data, at the lowest cost */
    op_list sinks[DT_COUNT];               /* the first step from such a type back to data, at the lowest cost */
    op_list takers[DT_COUNT];              /* usable operators with a data input of the type */
    dtype_mask produced, taken;            /* types with producers; types with takers */
    dtype_mask sinkable;                   /* types that can be converted back to data, and those of data */
    op_list usable;                        /* operators that can be placed */
    op_list joins;                         /* those that can take two or more tensors */
    op_list float_joins; /* those that can take two or more tensors of data and whose output needs no further node */
    op_list bridges;     /* those that need only one tensor, and can make data from data */
    op_list
        converters; /* those that need only one tensor and whose first output may, by choice, have a type of data or another type */
} op_index;

nn_status op_index_new(op_index **out, const op_set *ops, nn_error *err);
/* The same from signatures alone, in less time: every operator counts as feasible. */
nn_status op_index_new_untried(op_index **out, const op_set *ops, nn_error *err);
void op_index_free(op_index *x);
/* Which operators a graph can contain that has none but those with use[i]: sets can[i]. joined: outputs of sources can be joined
 * with other tensors in any case. */
nn_status op_index_reach(const op_index *x, const bool *use, bool joined, bool *can, nn_error *err);
/* The input that a tensor is connected to by default: the first mandatory one, otherwise the first data input; -1: none. */
int op_main_input(const op_model *op);
/* The smallest number of nodes that convert one of these types back to data. */
int op_index_sink(const op_index *x, dtype_mask types);

/* Whether the input must be a tensor. */
static inline bool op_input_must(const op_input *in)
{
    return in->roles == ROLE_DATA && !in->optional && !in->conditional;
}
/* Whether the input may be a tensor, that is, an output of a node or a graph input. */
static inline bool op_input_data(const op_input *in)
{
    return (in->roles & ROLE_DATA) != 0;
}

#endif
