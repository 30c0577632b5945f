/* Statistics of a family, computed from the graphs alone. They are sums of integers, so the order of models does not matter.
 *
 * Ownership: stats owns its tables; the op_set and class_table are borrowed. One thread at a time may use it. */
#ifndef NN_STATS_H
#define NN_STATS_H

#include "value/graph.h"
#include "rules/opmodel.h"
#include "stats/seqset.h"
#include "stats/value_class.h"

/* Numbers with minimum, mean and maximum over the models of a family. */
#define STATS_SPREADS(X) X(depth) X(outputs) X(graph_inputs)

typedef struct {
    uint64_t sum, least, greatest;
} stats_spread;

typedef struct {
    int64_t key;
    uint64_t count;
} stats_bin;

#define STATS_PATH_LEAST 2 /* sequences of 2, 3 and 4 operators are counted */
#define STATS_PATHS 3

typedef struct {
    const op_set *ops;
    const class_table *classes;
    uint64_t models, nodes, joins;
    uint64_t wide;                      /* graph outputs some of whose bounds are large; the caller counts them */
    uint64_t empty_models, empty_nodes; /* nodes with an input or output that has no elements, and models with such nodes */
    uint64_t sized_models, sized_nodes; /* models with symbols; nodes with an input or output that has sizes */
    uint64_t tensors, reused;           /* graph inputs and node outputs; those that two or more node inputs use */
#define X(name) stats_spread name;
    STATS_SPREADS(X)
#undef X
    uint64_t ranks[NN_MAX_RANK + 1];
    stats_bin *dims; /* sorted by key */
    size_t n_dims, dims_capacity;
    uint64_t *op_nodes, *op_models; /* by operator */
    uint64_t *class_counts;         /* by class of the table */
    uint64_t *motifs;               /* by motif and level; NULL: they are not counted */
    size_t n_motifs;
    seqset paths[STATS_PATHS]; /* sequences of operators along edges; initializers are not edges */
    uint32_t *level;           /* scratch, by tensor: depth */
    size_t level_capacity;
    uint64_t *last_model; /* scratch, by operator: the last model in which it was counted */
} stats;

nn_status stats_init(stats *s, const op_set *ops, const class_table *classes, nn_error *err);
void stats_free(stats *s);
/* Makes n counters of motifs, all 0. Only statistics with the same number of them can be merged. */
nn_status stats_count_motifs(stats *s, size_t n, nn_error *err);
/* Reserves memory for g, so that stats_add cannot fail. */
nn_status stats_reserve(stats *s, const graph *g, nn_error *err);
void stats_add(stats *s, const graph *g);
nn_status stats_merge(stats *into, const stats *from, nn_error *err);
void stats_add_dim(stats *s, int64_t key, uint64_t count); /* dims must have room for one more */
size_t stats_covered(const stats *s);                      /* number of operators that appeared */
size_t stats_inner(const stats *s);                        /* number of those that appeared and stand inside motifs only */

#endif
