/* What a suite is to have cases of: every version of every operator in the opsets, in the order of names and versions.
 *
 * Ownership: suite_tasks owns the tables, and the texts of its tasks. */
#ifndef NN_SUITE_TASKS_H
#define NN_SUITE_TASKS_H

#include "family/family.h"
#include "suite/class_pairs.h"
#include "suite/suite_options.h"

typedef struct {
    const nn_table *table; /* of the first of the opsets that have this version */
    const op_model *op;
    const class_operator *values;
    json_line lines, summary; /* results: lines of the index, an object of the summary */
    uint64_t cases, files, bytes;
    pair_counts pairs;
} suite_task;

typedef struct {
    arena mem;
    nn_table **tables; /* by opset, from o->first on */
    size_t n_tables;
    class_table *values;
    suite_task *all;
    size_t n, capacity;
} suite_tasks;

/* *out: NULL only if memory ran out. */
nn_status suite_tasks_new(suite_tasks **out, const suite_options *o, nn_error *err);
void suite_tasks_free(suite_tasks *t);
bool suite_task_same_operator(const suite_task *a, const suite_task *b);

#endif
