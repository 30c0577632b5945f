/* Models of ours, reduced on the tape of their choices: every edit of the tape gives a valid model. Shorter tapes come first, then
 * smaller draws (shortlex order, as in MacIver, Donaldson, "Test-Case Reduction via Test-Case Generation", ECOOP 2020).
 *
 * Ownership: a reduce_tape owns what it points to; close it with reduce_tape_close, also a zeroed one. */
#ifndef NN_REDUCE_TAPE_H
#define NN_REDUCE_TAPE_H

#include "nngen.h"
#include "reduce/reduce_step.h"

typedef struct {
    nn_table *table;
    nn_family *family;
    nn_model *model;
} reduce_tape;

/* Opens the family that the metadata of a model name, and makes the case: of the index that they name, or of the tape in the file
 * MODEL.tape beside MODEL.onnx. path: either file. NN_ERR_USAGE: it is no such model, or of another version of the program. */
nn_status reduce_tape_open(reduce_tape *t, reduce_case *c, const char *path, nn_error *err);
void reduce_tape_close(reduce_tape *t);
/* The case of a tape. *good: there is one, and its tape is smaller than `than`, if that is not NULL. */
nn_status reduce_tape_build(reduce_tape *t, const reduce_bytes *tape, const reduce_bytes *than, reduce_case *out, bool *good,
                            nn_error *err);

extern const reduce_step reduce_tape_steps[];
extern const size_t reduce_n_tape_steps;

#endif
