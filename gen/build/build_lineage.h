/* What tensors are made of, for operators that are flagged `unlike` (their inputs must not cancel, as in x - x) or `contrast`
 * (their input must vary along each axis, as for a normalisation): an origin, copies and equal axes of each tensor.
 *
 * An operator of a group is a frame (op_group.h). A frame's functions fill what the frames after it need, so frames are asked in
 * order. */
#ifndef NN_BUILD_LINEAGE_H
#define NN_BUILD_LINEAGE_H

#include "build/build_state.h"
#include "build/op_group.h"

/* The tensor that a frame's outputs are functions of, if it is a single one and no weight takes part; -1: there is none. origins:
 * of the frames before it. fresh: stands for a new graph input. */
int32_t lineage_frame_origin(const build_state *s, const op_group *g, size_t f, const int32_t *origins, int32_t fresh);
/* The same for a node whose inputs are committed. -1: each output is its own origin. */
int32_t lineage_node_origin(const build_state *s, const op_instance *in, int32_t node);
/* Whether two functions of one tensor may be equal, or differ by a constant. */
static inline bool lineage_copies(const tensor_desc *a, const tensor_desc *b)
{
    return tensor_shape_equal(a, b) || (a->range.lo == b->range.lo && a->range.hi == b->range.hi);
}
/* The tensors whose elements an output may hold unchanged, negated, or moved by something that is the same for all inputs. The
 * bounds tell: then the output shares an end of the input's interval, or has the width of a sum. copied: of the inputs. */
copy_set lineage_copied(const op_instance *in, const tensor_desc *out, const copy_set *copied);
/* Whether two inputs of a frame that is flagged `unlike` are functions of one tensor, or may hold elements of one. Fills
 * copied[f]. */
bool lineage_alike(const build_state *s, const op_group *g, size_t f, const int32_t *origins, copy_set copied[][OP_MAX_OUTPUTS]);

/* Equal axes of an output: bit k is set if its elements do not differ along the axis that is k-th from the last, weights and weak
 * values aside. This is recognised where broadcasting repeats an input, in an output larger than the inputs together, and where an
 * operator keeps a shape or makes it smaller. axes: of the inputs, as lineage_axes_seen gives them. */
uint32_t lineage_equal_axes(const op_instance *in, const tensor_desc *out, const uint32_t *axes);
/* Equal axes of an input. Weak values are the same for all inputs, so they count as equal along every axis. */
uint32_t lineage_axes_seen(const tensor_desc *d, uint32_t axes);
/* False: the frame is flagged `contrast` and an input has an equal axis. Fills equal[f]. */
bool lineage_contrasts(const build_state *s, const op_group *g, size_t f, uint32_t equal[][OP_MAX_OUTPUTS]);

#endif
