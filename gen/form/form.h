/* Forms: other ways to write a graph that compute the same. A form takes a built graph, which is the plain model, and makes of it
 * a model with control flow, functions, other storage, other names or neutral changes. Its draws come from a stream of its own.
 *
 * Ownership: everything that form_make makes lives in the given arena. The rules are immutable and may be shared by threads. */
#ifndef NN_FORM_H
#define NN_FORM_H

#include "arena.h"
#include "base.h"
#include "form/form_feature.h"
#include "table/spec_table.h"
#include "value/graph.h"
#include "write/naming.h"
#include "write/onnx_write.h"

typedef struct form_rules form_rules;
typedef struct form_model form_model;

/* The files of specs/forms. They must state all that forms.yaml of this project states. */
nn_status form_rules_load(form_rules **out, const spec_file *files, size_t n, arena *a, nn_error *err);

/* The oldest opset for which the rules hold. */
int form_oldest_opset(const form_rules *rules);

/* Shares in thousandths, by form: the probability that a model takes it. */
typedef struct {
    uint32_t share[FORM_KINDS];
    bool on; /* some share is not 0 */
} form_choice;

/* Parses "if:0.5,names", "all" or "" (none). rules: they say the shares of `all`. NN_ERR_USAGE: anything else. */
nn_status form_choice_parse(form_choice *out, const form_rules *rules, const char *list, nn_error *err);

typedef struct {
    const form_rules *rules;
    const form_choice *choice;
    uint64_t variant; /* copies of one model differ in it */
    bool copies;      /* this is a copy beside the plain model: it takes at least one form */
    const graph *g;
    const model_names *names;
    const onnx_request *onnx;
} form_request;

/* A formed model. `g` and `names` are the plain graph with the inputs, outputs and names of the formed one: its nodes are those of
 * the plain graph, and what inputs and outputs contain follows from it. */
typedef struct {
    form_model *model;
    graph g;
    model_names names;
    const uint32_t *counts; /* by form_feature: how often it was applied */
    uint32_t applied;       /* bit 1 << form_kind */
} form_result;

nn_status form_make(form_result *out, const form_request *q, arena *a, nn_error *err);
/* Replaces the content of the buffer by the ModelProto. */
nn_status form_write(onnx_buffer *b, form_model *m, nn_error *err);
/* Files with external data, which belong beside the model. Known after form_make. */
size_t form_files(const form_model *m);
void form_file_at(const form_model *m, size_t i, const char **name, const void **bytes, size_t *size);
/* Mixes the structure of the formed model into that of the plain one. */
void form_structure(const form_model *m, uint8_t structure[16]);

#endif
