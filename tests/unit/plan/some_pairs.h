/* The pairs of some operators of the embedded table: open_all and close_all are set-up and tear-down of a group. */
#ifndef TEST_SOME_PAIRS_H
#define TEST_SOME_PAIRS_H

#include "family/family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static nn_table *table;
static pair_table *pairs;

static inline int open_all(void **state)
{
    (void)state;
    nn_error err;
    const lower_limits limits = {.max_elements = 4096};
    if (nn_table_open(&table, &(nn_table_config){.ops = "Relu,Add,Conv,Where,Less,Cast,Not,Shape,MaxPool,Log,Exp,Flatten"}, &err) !=
        NN_OK)
        return -1;
    return pairs_new(&pairs, table->ops, &limits, NULL, &err) == NN_OK ? 0 : -1;
}

static inline int close_all(void **state)
{
    (void)state;
    pairs_free(pairs);
    nn_table_close(table);
    return 0;
}

static inline size_t op(const char *name)
{
    int i = op_find(table->ops, name);
    assert_true(i >= 0);
    return (size_t)i;
}

#endif
