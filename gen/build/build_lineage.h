/* What tensors are made of, for operators that are flagged `unlike` or `contrast`: part of the builder's state. */
#ifndef NN_BUILD_LINEAGE_H
#define NN_BUILD_LINEAGE_H

#include "build/build_state.h"

/* What the outputs of an operator of a group are functions of, if that is one tensor and no weight; -1 else. origins: of the
 * operators before. fresh: what stands for a new graph input. */
int32_t lineage_frame_origin(const build_state *s, const build_group *g, size_t f, const int32_t *origins, int32_t fresh);
/* The same of a node whose inputs are committed; -1: its outputs are origins themselves. */
int32_t lineage_node_origin(const build_state *s, const op_instance *in, int32_t node);
/* Whether two functions of one tensor may be the same, or one less than the other by a constant. */
static inline bool lineage_copies(const tensor_desc *a, const tensor_desc *b)
{
    return tensor_shape_equal(a, b) || (a->range.lo == b->range.lo && a->range.hi == b->range.hi);
}
/* The tensors whose elements an output may hold as they are, negated, or moved by what is the same for all inputs: bounds tell, as
 * they have an end of the input's then, or the width of a sum. copied: of the inputs. */
copy_set lineage_copied(const op_instance *in, const tensor_desc *out, const copy_set *copied);
/* Whether two inputs of one shape are functions of the same tensor, or may hold elements of one. Fills copied[f] for the operators
 * after it. */
bool lineage_alike(const build_state *s, const build_group *g, size_t f, const int32_t *origins, copy_set copied[][OP_MAX_OUTPUTS]);

/* Axes of an output (bit k: the k-th from the last) along which nothing that moves and that it is made of differs, weights aside.
 * Seen are broadcasting, in an output larger than the inputs together, and operators that keep a shape or make it smaller. levels:
 * of the inputs, as lineage_level has them. */
uint32_t lineage_output_level(const op_instance *in, const tensor_desc *out, const uint32_t *levels);
/* What weak values add is the same for all inputs: they are level along every axis. */
uint32_t lineage_level(const tensor_desc *d, uint32_t level);
/* False: the operator sees contrasts and an input is level along some axis. Fills linked[f] for the operators after it. */
bool lineage_levels_fit(const build_state *s, const build_group *g, size_t f, uint32_t linked[][OP_MAX_OUTPUTS]);

#endif
