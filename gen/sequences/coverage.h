/* What models cover: operators, classes of attribute values, and sequences of 2 to 4 operators; and which of them a test suite
 * lacks.
 *
 * Ownership: a coverage owns its tries. */
#ifndef NN_COVERAGE_H
#define NN_COVERAGE_H

#include "sequences/seq_report.h"

enum { COVERAGE_LENGTH = 4 };

typedef struct {
    seq_trie sequences;  /* classes 0: the models; 1: the suite */
    seq_trie attributes; /* stored as sequences (operator, attribute, class of value) */
    size_t models[2];
    bool against;
} coverage;

nn_status coverage_open(coverage *c, nn_error *err);
void coverage_close(coverage *c);
nn_status coverage_add(coverage *c, const onnx_view *v, unsigned class, nn_error *err);
/* show: one table, "operators", "attributes" or "sequences"; NULL: all tables in text and JSON, sequences in CSV. With a suite,
 * tables list only what the suite lacks. */
nn_status coverage_report(json_line *out, const coverage *c, seq_format as, const char *show, nn_error *err);

/* Runs the command; see sequences_run. */
nn_status coverage_run(int argc, char *const *argv, json_line *out, const seq_watch *watch, size_t *problems, nn_error *err);

#endif
