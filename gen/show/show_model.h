/* A model as it is shown: what the file says, the motifs that its corpus lists, and the nodes that the user marks.
 *
 * Ownership: a show_model owns everything; its texts have been made printable UTF-8. Free it with show_model_free. */
#ifndef NN_SHOW_MODEL_H
#define NN_SHOW_MODEL_H

#include "base/json_line.h"
#include "corpus/row_motifs.h"
#include "onnx/onnx_view.h"

typedef struct {
    onnx_view view;
    const row_motif *motifs; /* borrowed from the list that was given */
    size_t n_motifs;
    uint32_t *motif; /* of each node: 0, or the number of its motif, from 1 */
    bool *marked;    /* of each node */
    size_t n_marked;
} show_model;

/* Reads a file; see onnx_view_file. known: the motifs of the model, or NULL; they must outlive the show_model. Motifs whose nodes
 * the model does not have are left out. After a failure there is nothing to free. */
nn_status show_model_read(show_model *m, int root, const char *path, const char *shown, const row_motifs_of *known, nn_error *err);
/* The same for bytes. */
nn_status show_model_bytes(show_model *m, const void *bytes, size_t n, const char *shown, const row_motifs_of *known,
                           nn_error *err);
/* Marks nodes: "A,B,...", each the name of a node, the number of one, or a tensor that one makes. NN_ERR_USAGE: there is none. */
nn_status show_model_mark(show_model *m, const char *list, nn_error *err);
void show_model_free(show_model *m); /* also of a zeroed one */

/* "float32[1,3]", "float32" if the shape is unknown, "?" if all is; the dims of a shape that are unknown are their symbols, or ?. */
void show_type(json_line *out, const onnx_view_tensor *t);
/* "Conv(x, w: float32[8,3,3,3], [1, 2])": a node with its operands; short constants are written out. */
void show_call(json_line *out, const show_model *m, size_t node);
/* "axis=1, pads=[0,0]"; nothing if there are no attributes. */
void show_attributes(json_line *out, const show_model *m, size_t node);
/* "40 nodes, 2 inputs, 1 output, opset 17" */
void show_counts(json_line *out, const show_model *m);

#endif
