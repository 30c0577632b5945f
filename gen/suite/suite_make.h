/* Makes a suite: opens the tables of all opsets, and finds and writes the cases of each version of each operator, on several
 * threads. The result does not depend on their number. */
#ifndef NN_SUITE_MAKE_H
#define NN_SUITE_MAKE_H

#include "suite/class_pairs.h"
#include "suite/suite.h"
#include "suite/suite_options.h"

typedef struct {
    uint64_t cases, versions, operators, files, bytes;
    pair_counts pairs;
} suite_report;

nn_status suite_make(const suite_options *o, const suite_watch *watch, suite_report *report, nn_error *err);

#endif
