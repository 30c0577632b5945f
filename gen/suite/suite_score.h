/* Counts the outcomes of a run of a suite, by operator. */
#ifndef NN_SUITE_SCORE_H
#define NN_SUITE_SCORE_H

#include "base/json_line.h"

/* results: a file with a line {"case": C, "outcome": O} or C,O for each case; O is passed, failed, unsupported or crashed; or a
 * directory of outputs (suite_outputs.h). A case without a line or outputs was not run. index: the suite's directory. format: text,
 * markdown or json. *unknown: cases of the results that the suite does not have. */
nn_status suite_score(json_line *out, const char *results, const char *index, const char *format, size_t *unknown, nn_error *err);

#endif
