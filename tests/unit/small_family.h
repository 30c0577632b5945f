/* A family of six models of 12 nodes each: WITH_FAMILY(test) opens it before the test and closes it after. */
#ifndef TEST_SMALL_FAMILY_H
#define TEST_SMALL_FAMILY_H

#include "family/family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static nn_table *table;
static nn_family *family;

static inline int open_family(void **state)
{
    (void)state;
    nn_error err = {0};
    if (nn_table_open(&table, &(nn_table_config){.profile = "onnx"}, &err) == NN_OK &&
        nn_family_open(&family, table, &(nn_family_config){.nodes = 12, .count = 6, .seed = 3, .inputs = 2, .intervals = 1},
                       &err) == NN_OK)
        return 0;
    print_error("%s:%d: %s\n", err.file, err.line, err.message);
    return -1;
}

static inline int close_family(void **state)
{
    (void)state;
    nn_family_close(family);
    nn_table_close(table);
    return 0;
}

#define WITH_FAMILY(f) cmocka_unit_test_setup_teardown(f, open_family, close_family)

#endif
