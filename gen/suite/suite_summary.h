/* suite.json: what the cases of a suite cover. */
#ifndef NN_SUITE_SUMMARY_H
#define NN_SUITE_SUMMARY_H

#include "suite/search.h"
#include "suite/suite_make.h"
#include "suite/suite_tasks.h"

void pair_counts_add(pair_counts *to, const pair_counts *from);
/* Appends the object of one version of an operator. */
nn_status suite_summary_task(json_line *out, const suite_task *task, case_search *s, nn_error *err);
/* The whole file, from the objects of all tasks. */
void suite_summary(json_line *out, const suite_options *o, const suite_tasks *tasks, const suite_report *report);

#endif
