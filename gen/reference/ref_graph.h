/* Reference values of a whole graph, and their form in files.
 *
 * Ownership: as in reference.h. */
#ifndef NN_REF_GRAPH_H
#define NN_REF_GRAPH_H

#include "reference/reference.h"
#include "value/graph.h"

/* Gives the contents of a graph input or initializer as ONNX's raw_data: little-endian elements of the tensor's type. *bytes is
 * used until the next call. */
typedef nn_status ref_contents(void *data, const graph *g, int32_t tensor, const void **bytes, nn_error *err);

/* Computes the graph, whose table knows shapes if data decide some (ref_table_add_shapes); *tensors has one for each of the
 * graph's. Graph inputs, initializers and graph outputs have contents then; those of other tensors are freed as soon as no node
 * needs them. A node whose operator has no rules, or whose rules fail, makes tensors with infinite bounds; so does a node that
 * takes a tensor whose shape does not follow, because data that are not certain decide it. *problem, if not NULL, is then the
 * message of the first such node, and otherwise NULL.
 */
nn_status ref_graph_compute(const ref_table *t, const op_set *ops, const graph *g, ref_contents *contents, void *data,
                            ref_tensor **tensors, const char **problem, arena *results, arena *scratch, nn_error *err);

/* Makes the contents of a tensor of which nothing is known. NN_ERR_NOMEM. */
nn_status ref_unknown(ref_tensor *t, arena *a, nn_error *err);
/* From raw_data. NN_ERR_NOMEM. */
nn_status ref_from_raw(ref_tensor *t, const void *bytes, arena *a, nn_error *err);
/* The values rounded to the tensor's type, as raw_data: `values` has room for them. Then the bounds, one float32 for each element,
 * rounded up, of the distance of a correct implementation's result from that value; infinite where the value is NaN, but may be
 * another. */
void ref_to_raw(const ref_tensor *t, void *values, float *bounds);

#endif
