/* One edit of a model: a shallow copy whose lists may be changed. What the edit leaves undefined becomes an input or an
 * initializer.
 *
 *     reduce_edit e;
 *     reduce_edit_open(&e, &base);
 *     ... change e.g ...
 *     if (reduce_edit_finish(&e, &candidate, &err) == NN_OK && e.good)
 *         ...
 *     reduce_edit_close(&e);
 *
 * Ownership: an edit owns its copies and borrows everything else from the base, which it does not change. */
#ifndef NN_REDUCE_EDIT_H
#define NN_REDUCE_EDIT_H

#include "onnx.pb-c.h"
#include "reduce/reduce_base.h"

typedef struct {
    const reduce_base *base;
    Onnx__ModelProto m;
    Onnx__GraphProto g;
    bool good;            /* after reduce_edit_finish: the candidate is complete */
    bool constants;       /* tensors that no node makes any longer become initializers, not inputs */
    bool invalid;         /* tensors of unknown type may become inputs */
    bool dead;            /* results that lost their readers do not become outputs */
    reduce_fact *changed; /* other values of graph inputs, by name */
    size_t n_changed, room_changed;
    reduce_bytes tape; /* of a STEP_TAPE */
    arena memory;
} reduce_edit;

/* Lists of the graph are copied, their elements are not. */
nn_status reduce_edit_open(reduce_edit *e, const reduce_base *base, nn_error *err);
bool reduce_edit_revert(reduce_edit *e); /* nothing is changed any longer; false: out of memory */
void reduce_edit_close(reduce_edit *e);
/* A copy of a node that may be changed, in its place. NULL: out of memory. */
Onnx__NodeProto *reduce_own_node(reduce_edit *e, size_t i);
/* Removes nodes, and those that then would lack a tensor of unknown type. false: out of memory. */
bool reduce_remove_nodes(reduce_edit *e, const bool *gone);
/* The value of a graph input. */
const Onnx__TensorProto *reduce_input_value(const reduce_edit *e, const char *name);
bool reduce_change_input(reduce_edit *e, const char *name, const Onnx__TensorProto *value);
/* Makes the candidate. e->good is false if the edit has no sound result. NN_ERR_NOMEM alone is a failure. */
nn_status reduce_edit_finish(reduce_edit *e, reduce_case *out, nn_error *err);

/* Keeps those elements of a list whose flag is not set; returns how many. */
size_t reduce_filter(void *list, size_t n, const bool *gone);

#endif
