/* A model at several sizes of its symbolic dimensions. A program that is to run at all sizes must say what holds at each of these.
 *
 *     emit_samples s;
 *     emit_samples_open(&s, &model, inputs, n, directory, &err);
 *     emit_samples_compute(&s, &err);
 *     ... s.at[0] has the sizes of the inputs ...
 *     emit_samples_fix(&s, 1, "node 3 (Pad)");
 *     emit_samples_compute(&s, &err);
 *     emit_samples_close(&s);
 *
 * Ownership: it owns its runs and borrows the model and the inputs. */
#ifndef NN_EMIT_SAMPLES_H
#define NN_EMIT_SAMPLES_H

#include "emit/emit_data.h"
#include "eval/eval_run.h"

enum { EMIT_SYMBOLS = 8, EMIT_SAMPLES = EMIT_SYMBOLS + 4 };

/* A dimension of inputs that the model does not fix. */
typedef struct {
    const char *name; /* as the model has it; of a dimension without a name: that of its input, and the axis */
    size_t input;     /* the first that has it */
    int axis;
    int64_t size;      /* of the inputs as they are stored */
    const char *fixed; /* why the program has this size alone; NULL: it runs at all sizes */
} emit_symbol;

typedef struct {
    eval_run run;                /* in which all tensors are known */
    ref_tensor *seen;            /* by tensor, without contents if these depend on contents of inputs */
    int64_t sizes[EMIT_SYMBOLS]; /* of the symbols */
} emit_sample;

typedef struct {
    const eval_model *model;
    const emit_stored *inputs;
    size_t n_inputs;
    int directory;
    emit_symbol symbols[EMIT_SYMBOLS];
    size_t n_symbols;
    emit_sample at[EMIT_SAMPLES]; /* the first: the inputs as they are stored */
    size_t n;
    bool *constant; /* by tensor: at each size, its contents do not depend on contents of inputs */
    arena memory, values, scratch;
} emit_samples;

/* Finds the symbols; inputs: those of the model's graph, with values. Symbols after the first EMIT_SYMBOLS are not told apart from
 * fixed dimensions. After a failure too, emit_samples_close is due. */
nn_status emit_samples_open(emit_samples *s, const eval_model *m, const emit_stored *inputs, size_t n, int directory,
                            nn_error *err);
void emit_samples_close(emit_samples *s); /* also a zeroed one */
/* Computes the model at the sizes of the inputs, and at others of the symbols that are not fixed. A symbol is fixed if the model
 * cannot be computed at other sizes. Fails if it cannot at those of the inputs. */
nn_status emit_samples_compute(emit_samples *s, nn_error *err);
/* Fixes the symbols of the set, a bit each. What was computed is not valid then. */
nn_status emit_samples_fix(emit_samples *s, uint32_t symbols, const char *why, nn_error *err);
/* The symbols, a bit each, on which something depends that differs from the first sample where `differs` says. */
uint32_t emit_samples_cause(const emit_samples *s, const bool differs[EMIT_SAMPLES]);
/* The symbol of a dimension of an input; -1: the dimension is fixed. */
int emit_samples_symbol(const emit_samples *s, size_t input, int axis);

#endif
