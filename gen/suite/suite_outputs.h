/* Judges what a runtime computed for a case, from files.
 *
 * Ownership: nothing is kept. */
#ifndef NN_SUITE_OUTPUTS_H
#define NN_SUITE_OUTPUTS_H

#include "base.h"

typedef enum { OUTPUTS_MISSING, OUTPUTS_WITHIN, OUTPUTS_OUTSIDE } outputs_verdict;

/* The outputs are RESULTS/NAME/output_J.pb or RESULTS/NAME/test_data_set_0/output_J.pb. Where there is no such directory they are
 * missing. Outputs of other types or shapes, or files that are not sound, are outside. index: the suite's directory. */
nn_status suite_outputs_judge(outputs_verdict *v, const char *results, const char *index, const char *name, nn_error *err);

#endif
