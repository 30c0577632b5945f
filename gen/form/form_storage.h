/* Where constants are, and what a model has beside what it computes. */
#ifndef NN_FORM_STORAGE_H
#define NN_FORM_STORAGE_H

#include "form/form_graph.h"

void form_storage(form_model *m);
/* A node that gives the constant of the value, which is no longer an initializer: as a tensor. */
void form_constant_node(form_model *m, form_graph *g, form_value *v);

/* ---- messages of constants ---- */

/* Moves the elements into the field of their type. false: there is none. */
bool form_typed_fields(form_model *m, Onnx__TensorProto *t);
/* The attribute of a node that gives the constant as a number or a list; NULL: it cannot be written so. */
Onnx__AttributeProto *form_number_attribute(form_model *m, const form_value *v);
/* As a sparse tensor; NULL: its type has none. */
Onnx__SparseTensorProto *form_sparse_tensor(form_model *m, const form_value *v);
/* Moves the elements into a file: the one with this number, after a gap. */
void form_external(form_model *m, form_value *v, size_t file, size_t gap);

#endif
