/* What the writer needs to know of a model, and the model in other forms. */
#ifndef NN_MODEL_FORM_H
#define NN_MODEL_FORM_H

#include "family/family.h"

enum { MODEL_PROPERTIES = 7 };

typedef struct {
    char seed[24], index[24], variant[24];
    onnx_property properties[MODEL_PROPERTIES];
    onnx_request onnx; /* points to the properties */
} model_request;

void model_request_of(model_request *out, const nn_model *m);
/* Gives the graph that was built another form, if the family asks for one: m->formed. */
nn_status model_form(nn_model *m, const graph *g, nn_error *err);

#endif
