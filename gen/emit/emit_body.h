/* The nodes of a model as statements of a program.
 *
 * Ownership: an emit_body owns its texts and borrows the samples and the program. */
#ifndef NN_EMIT_BODY_H
#define NN_EMIT_BODY_H

#include "emit/emit_python.h"
#include "emit/emit_samples.h"
#include "emit/emit_way.h"

typedef struct {
    const emit_program *program;
    const emit_samples *samples;
    const eval_model *model;
    emit_arrays *arrays;
    emit_names names;
    const char **named;     /* by tensor: its variable, NULL: none yet */
    const emit_ways **ways; /* by operator */
    bool *compiled;
    json_line weights, body; /* lines without indentation */
    uint32_t cause;          /* symbols, a bit each, at other sizes of which a node cannot be written; 0: none */
    arena memory, scratch;
    nn_error *err;
} emit_body;

nn_status emit_body_open(emit_body *b, const emit_program *p, const emit_samples *samples, emit_arrays *arrays, nn_error *err);
void emit_body_close(emit_body *b); /* also a zeroed one */
/* Writes all nodes. NN_ERR_UNSUPPORTED: the program cannot say a node; the message names it and the reason. With `cause`, the
 * program can say it if these symbols are fixed. */
nn_status emit_body_write(emit_body *b);
/* The expression for a tensor: a variable, or a weight, which is then made. NULL: out of memory. */
const char *emit_tensor(emit_body *b, int64_t tensor);
/* The tensor of an initializer or attribute, in the scratch arena if it must be copied. */
nn_status emit_read_tensor(emit_body *b, file_tensor *to, const Onnx__TensorProto *p, const char *name);
/* Adds the functions of the program that the text uses, in their order. */
void emit_helpers(json_line *out, const emit_program *p, const json_line *text);

#endif
