/* Graphs of the embedded table: load_table and free_table are set-up and tear-down. */
#ifndef TEST_WHOLE_TABLE_H
#define TEST_WHOLE_TABLE_H

#include "build/build_int.h"
#include "build/graph_check.h"
#include "table/spec_table.h"
#include "rules/op_inner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OPSET 17

static op_set *all_ops;

static inline int load_table(void **state)
{
    (void)state;
    nn_error err = {0};
    const spec_file *profile = NULL;
    for (size_t i = 0; i < spec_embedded_profiles_count; i++)
        if (strstr(spec_embedded_profiles[i].name, "ort.yaml"))
            profile = &spec_embedded_profiles[i];
    if (op_set_new(&all_ops, spec_embedded, spec_embedded_count, profile, OPSET, &err) == NN_OK &&
        lower_fold_domains(all_ops, &err) == NN_OK && op_set_drop_inner(all_ops, &err) == NN_OK)
        return 0;
    print_error("%s:%d: %s\n", err.file, err.line, err.message);
    return -1;
}

static inline int free_table(void **state)
{
    (void)state;
    op_set_free(all_ops);
    return 0;
}

static inline tape *seeded(uint64_t seed, uint64_t stream)
{
    tape *t = NULL;
    assert_int_equal(tape_new_seeded(&t, seed, stream, NULL), NN_OK);
    return t;
}

static inline builder *new_builder(const op_set *ops)
{
    builder *b = NULL;
    nn_error err = {0};
    if (builder_new(&b, ops, &err) != NN_OK)
        fail_msg("%s", err.message);
    return b;
}

static inline const graph *build(builder *b, const build_request *r, tape *t, build_report *report)
{
    const graph *g = NULL;
    nn_error err = {0};
    if (builder_build(b, r, t, &g, report, &err) != NN_OK)
        fail_msg("%zu nodes: %s", r->nodes, err.message);
    if (graph_check(g, b->ops, r->nodes, &err) != NN_OK)
        fail_msg("%zu nodes: %s", r->nodes, err.message);
    if (g->n_outputs > r->nodes / 8 + 2)
        fail_msg("%zu nodes: %zu outputs", r->nodes, g->n_outputs);
    return g;
}

#endif
