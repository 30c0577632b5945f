/* An op_set of a table that a test writes out. The table must outlive the set. */
#ifndef SMALL_TABLE_H
#define SMALL_TABLE_H

#include "lower/lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static inline op_set *small_table(const char *text)
{
    const spec_file file = {.name = "small.yaml", .bytes = text, .size = strlen(text)};
    op_set *ops = NULL;
    nn_error err = {0};
    if (op_set_new(&ops, &file, 1, NULL, 17, &err) != NN_OK || lower_fold_domains(ops, &err) != NN_OK)
        fail_msg("%d: %s", err.line, err.message);
    return ops;
}

static inline const op_model *named(const op_set *ops, const char *name)
{
    int i = op_find(ops, name);
    if (i < 0)
        fail_msg("no operator %s", name);
    return &ops->ops[i];
}

#endif
