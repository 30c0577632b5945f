/* Trees of YAML text, in the arena of the test. */
#ifndef TEST_TREE_H
#define TEST_TREE_H

#include "table/spec_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "table/arena_fixture.h" /* after the others, as its `a` would shadow their parameters */

static inline const spec_node *tree(const char *text)
{
    const spec_node *n;
    nn_error err;
    assert_int_equal(spec_parse(&n, "t.yaml", text, strlen(text), &a, &err), NN_OK);
    return n;
}

#endif
