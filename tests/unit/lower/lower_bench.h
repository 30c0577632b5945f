/* A lowering of a table's operators with its tape and memory, for tests: every instance is re-checked, and a fault found fails the
 * test in close_bench. */
#ifndef TEST_LOWER_BENCH_H
#define TEST_LOWER_BENCH_H

#include "lower/lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct {
    op_set *set;
    lower *l;
    tape *t;
    arena memory;
    lower_limits limits;
    op_instance inst[LOWER_MAX_FRAMES];
} bench;

/* table: NULL for the embedded one; types: of data, as in op_set_new_typed. */
static inline void open_bench_typed(bench *b, const char *table, dtype_mask types, lower_limits limits, uint64_t seed)
{
    nn_error err = {0};
    memset(b, 0, sizeof *b);
    spec_file f = {.name = "t.yaml", .bytes = table, .size = table ? strlen(table) : 0};
    if (op_set_new_typed(&b->set, table ? &f : spec_embedded, table ? 1 : spec_embedded_count, NULL, 17, types, &err) != NN_OK ||
        lower_fold_domains(b->set, &err) != NN_OK)
        fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.message);
    arena_init(&b->memory, 0);
    b->limits = limits;
    assert_int_equal(tape_new_seeded(&b->t, seed, 0, &err), NN_OK);
    assert_int_equal(lower_new(&b->l, b->set, &b->limits, &b->memory, &err), NN_OK);
    lower_set_check(b->l, true);
}

static inline void close_bench(bench *b)
{
    if (lower_fault(b->l))
        fail_msg("re-check: %s", lower_fault(b->l)->message);
    lower_free(b->l);
    tape_free(b->t);
    arena_free(&b->memory);
    op_set_free(b->set);
}

/* The request alone. */
static inline lower_result solve(bench *b, const lower_request *r)
{
    int frame;
    lower_begin(b->l, b->t);
    lower_result res = lower_add(b->l, r, &frame);
    return res == LOWER_OK ? lower_close(b->l, b->inst) : res;
}

#endif
