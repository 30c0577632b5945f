/* What tensors were computed from: an origin, copies and equal axes of each tensor. Operators with the flag `unlike` need this,
 * because their inputs must not cancel (as in x - x), and operators with the flag `contrast`, because their input must vary along
 * each axis (as for a normalisation).
 *
 * An operator of a group is a frame (op_group.h). The function for a frame stores what later frames need, so the frames must be
 * asked in order. */
#ifndef NN_BUILD_LINEAGE_H
#define NN_BUILD_LINEAGE_H

#include "build/build_state.h"
#include "build/op_group.h"

/* The tensor of which the outputs of a frame are functions, if it is a single one and no weight takes part; -1: there is none.
 * origins: of the earlier frames. fresh: stands for a new graph input. */
int32_t lineage_frame_origin(const build_state *s, const op_group *g, size_t f, const int32_t *origins, int32_t fresh);
/* The same for a node with committed inputs. -1: each output is its own origin. */
int32_t lineage_node_origin(const build_state *s, const op_instance *in, int32_t node);
/* Whether two functions of one tensor may be equal, or differ by a constant. */
static inline bool lineage_copies(const tensor_desc *a, const tensor_desc *b)
{
    return tensor_shape_equal(a, b) || (a->range.lo == b->range.lo && a->range.hi == b->range.hi);
}
/* The tensors whose elements an output may contain unchanged, negated, or shifted by something that is the same for all inputs.
 * The intervals show it: the output then has an end of the input's interval, or the width of a sum. copied: of the inputs. */
copy_set lineage_copied(const op_instance *in, const tensor_desc *out, const copy_set *copied);
/* Whether two inputs of a frame with the flag `unlike` are functions of one tensor, or may contain elements of one. Sets
 * copied[f]. */
bool lineage_alike(const build_state *s, const op_group *g, size_t f, const int32_t *origins, copy_set copied[][OP_MAX_OUTPUTS]);

/* Equal axes of an output: bit k is set if, along the axis that is k-th from the last, all varying tensors that it was computed
 * from are constant (weights and weak values are ignored). This is recognised if broadcasting repeats an input, in an output
 * larger than all inputs together, and if an operator keeps a shape or makes it smaller. axes: of the inputs, from
 * lineage_axes_seen. */
uint32_t lineage_equal_axes(const op_instance *in, const tensor_desc *out, const uint32_t *axes);
/* Equal axes of an input. A weak tensor is the same for all inputs, so it counts as equal along every axis. */
uint32_t lineage_axes_seen(const tensor_desc *d, uint32_t axes);
/* false: the frame has the flag `contrast` and an input has an equal axis. Sets equal[f]. */
bool lineage_contrasts(const build_state *s, const op_group *g, size_t f, uint32_t equal[][OP_MAX_OUTPUTS]);

#endif
