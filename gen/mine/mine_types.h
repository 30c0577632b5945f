/* Infers types of tensors that a file does not state, by the operators' entries. */
#ifndef NN_MINE_TYPES_H
#define NN_MINE_TYPES_H

#include "mine/mine_model.h"

void mine_infer_types(const mine_models *m, mine_model *x);
/* The type of an operand of the node whose input has this type variable; DT_NONE: unknown. */
dtype mine_shared_type(const mine_model *x, const op_model *op, uint32_t node, int var);
/* The attribute of a node with this name; NULL: it has none. */
const onnx_view_attribute *mine_attribute(const mine_model *x, uint32_t node, const char *name);

#endif
