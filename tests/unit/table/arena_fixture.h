/* An arena `a` of its own for each test: cmocka_unit_test_setup_teardown(test, setup, teardown). */
#ifndef TEST_ARENA_FIXTURE_H
#define TEST_ARENA_FIXTURE_H

#include "arena.h"

static arena a;

static inline int setup(void **state)
{
    (void)state;
    arena_init(&a, 0);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    arena_free(&a);
    return 0;
}

#endif
