/* Writes one case: its directory, as a model of a corpus has it, and its line of the index.
 *
 * Ownership: a case_writer owns its buffers and borrows the table. A writer serves one thread. */
#ifndef NN_SUITE_CASE_WRITE_H
#define NN_SUITE_CASE_WRITE_H

#include "base/json_line.h"
#include "family/family.h"
#include "suite/search.h"

typedef struct {
    uint64_t seed;
    int root;          /* descriptor of the suite's directory; -1: nothing is written */
    const char *above; /* its path */
    arena mem;
    onnx_buffer model, input;
    model_outputs outputs;
    sha256 *hasher;
    uint64_t files, bytes; /* written so far */
} case_writer;

nn_status case_writer_open(case_writer *w, uint64_t seed, int root, const char *above, nn_error *err);
void case_writer_close(case_writer *w);
/* Writes the current case of the search, the number-th of its operator, and appends its line. */
nn_status case_write(case_writer *w, const nn_table *table, const case_search *s, uint64_t number, json_line *line, nn_error *err);

#endif
