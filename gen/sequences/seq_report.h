/* Output of the analyses. */
#ifndef NN_SEQ_REPORT_H
#define NN_SEQ_REPORT_H

#include "sequences/report_text.h"
#include "sequences/seq_analysis.h"

/* The operators of a sequence, separated by commas; `json`: as an array of strings. */
nn_status report_sequence(json_line *out, const seq_trie *t, uint32_t sequence, bool json, nn_error *err);

nn_status seq_report(json_line *out, seq_analysis *a, nn_error *err);

/* Runs the command. Appends what goes to standard output to out. watch receives problems with single files; *problems is their
 * number. */
nn_status sequences_run(int argc, char *const *argv, json_line *out, const seq_watch *watch, size_t *problems, nn_error *err);

#endif
