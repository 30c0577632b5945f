/* Groups that are tried: why the builder gives one up, and how tries are counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "build/build_group.h"
#include "build/path_probe.h"
#include "table/spec_table.h"

#define UNARY "    in: {X: float32}\n    out: {Y: float32}\n    shape: {Y: \"shape(X)\"}\n    range: {Y: X}\n"

static const char table[] =
    "operators:\n"
    "  Same:\n    since: [1]\n" UNARY "  Pair:\n    since: [1]\n    in: {A: float32, B: float32}\n    out: {Y: float32}\n"
    "    shape: {Y: \"broadcast(A, B)\"}\n    range: {Y: A + B}\n"
    "  Not:\n    since: [1]\n    in: {X: bool}\n    out: {Y: bool}\n    shape: {Y: \"shape(X)\"}\n    range: {Y: X}\n"
    "  Many:\n    since: [1]\n    in: {S: float32, L: float32 variadic 16..16, M: float32 variadic 7..7}\n    out: {Y: float32}\n"
    "    shape: {Y: \"shape(S)\"}\n    range: {Y: S}\n";

typedef struct {
    op_set *ops;
    builder *b;
    tape *t;
} bench;

static int open_bench(void **state)
{
    static bench x;
    const spec_file file = {.name = "t.yaml", .bytes = table, .size = sizeof table - 1};
    const lower_limits limits = {0};
    nn_error err = {0};
    x = (bench){0};
    if (op_set_new(&x.ops, &file, 1, NULL, 17, &err) != NN_OK || lower_fold_domains(x.ops, &err) != NN_OK ||
        builder_new(&x.b, x.ops, &err) != NN_OK || tape_new_seeded(&x.t, 5, 0, &err) != NN_OK ||
        path_probe_begin(x.b, x.t, &limits) != NN_OK) {
        print_error("%d: %s\n", err.line, err.message);
        return -1;
    }
    builder_forget_tries(x.b);
    *state = &x;
    return 0;
}

static int close_bench(void **state)
{
    bench *x = *state;
    builder_free(x->b);
    tape_free(x->t);
    op_set_free(x->ops);
    return 0;
}

static op_spec spec(const bench *x, const char *name)
{
    return spec_of(&x->ops->ops[op_find(x->ops, name)]);
}

/* The try fails, and this is what is said of it. */
static void expect(bench *x, const op_spec *specs, size_t n, const char *text)
{
    char got[300];
    builder_forget_tries(x->b);
    assert_int_equal(build_try(x->b, specs, n), LOWER_FAIL);
    assert_int_equal(x->b->tried.n, 1);
    assert_int_equal(x->b->tried.rows[0].tries, 1);
    assert_ptr_equal(x->b->tried.rows[0].op, specs[n - 1].op);
    (void)lower_why_text(&x->b->tried.rows[0].why, got, sizeof got);
    assert_string_equal(got, text);
}

static void each_reason_is_reached(void **state)
{
    bench *x = *state;
    op_spec same = spec(x, "Same"), pair = spec(x, "Pair"), not = spec(x, "Not"), many = spec(x, "Many");
    assert_int_equal(build_try(x->b, &same, 1), LOWER_OK);
    int32_t input = x->b->s.nodes[x->b->s.n_nodes - 1].inputs[0];

    expect(x, &not, 1, "no operator produces a tensor of the type: Not, input X");
    many.given[0] = many.given[1] = input;
    expect(x, &many, 1, "the inputs would take too many tensors: Many");

    op_spec chain[LOWER_MAX_FRAMES + 1];
    for (int k = 0; k <= LOWER_MAX_FRAMES; k++) {
        chain[k] = same;
        if (k == 0)
            continue;
        chain[k].link_frame = k - 1;
        chain[k].link_output = chain[k].link_input = 0;
    }
    expect(x, chain, LOWER_MAX_FRAMES + 1, "too many operators in one group: Same");

    pair.given[0] = pair.given[1] = input;
    pair.given_input[1] = 1;
    expect(x, &pair, 1, "an operator would take the same tensor twice: Pair");

    size_t nodes = x->b->nodes;
    x->b->nodes = x->b->s.n_nodes;
    expect(x, &same, 1, "the graph could not be finished with the nodes that are left: Same");
    x->b->nodes = nodes;

    x->b->free_inputs = false; /* a partner is to be found, and there are no tensors */
    x->b->style.inputs = 0;
    for (int r = 0; r < STATE_RANKS; r++)
        x->b->s.free[DT_FLOAT32][r].n = x->b->s.taken[DT_FLOAT32][r].n = 0;
    expect(x, &same, 1, "no existing tensor fits: Same, input X");
}

static void counts_agree_with_the_report(void **state)
{
    bench *x = *state;
    const graph *g;
    nn_error err = {0};
    for (size_t nodes = 1; nodes <= 12; nodes++) {
        uint64_t tries = 0, kept = 0;
        build_report report;
        const build_request r = {.nodes = nodes};
        tape_reseed(x->t, 7, nodes);
        if (builder_build(x->b, &r, x->t, &g, &report, &err) != NN_OK)
            fail_msg("%s", err.message);
        const try_table *tried = builder_tries(x->b);
        for (size_t i = 0; i < tried->n; i++) {
            tries += tried->rows[i].tries;
            kept += tried->rows[i].kept;
            assert_true((tried->rows[i].kept > 0) == (tried->rows[i].why.reason == WHY_NONE));
        }
        assert_int_equal(tries, report.tries);
        assert_int_equal(kept, report.kept);
        assert_true(report.attempts > 1 || kept == nodes);
    }
    /* A request that is refused leaves nothing of the last one. */
    const build_request none = {.nodes = 0};
    build_report report;
    assert_int_equal(builder_build(x->b, &none, x->t, &g, &report, &err), NN_ERR_USAGE);
    assert_int_equal(builder_tries(x->b)->n, 0);
    assert_int_equal(report.tries, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_reason_is_reached, open_bench, close_bench),
        cmocka_unit_test_setup_teardown(counts_agree_with_the_report, open_bench, close_bench),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
