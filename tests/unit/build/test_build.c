/* The builder on the embedded table: structure, guarantees, statistics, determinism, restricted tables. */
#include "build/whole_table.h"
#include "plan/plan.h"

#include <stdlib.h>

/* Sums over the models of a test. */
typedef struct {
    uint64_t models, nodes, joins, outputs, tensors, reused, attempts, tries;
} totals;

static void add_up(totals *s, const graph *g, const build_report *r)
{
    s->models++;
    s->nodes += g->n_nodes;
    s->outputs += g->n_outputs;
    s->attempts += r->attempts;
    s->tries += r->tries;
    for (size_t v = 0; v < g->n_nodes; v++) {
        size_t data = 0;
        for (size_t i = 0; i < g->nodes[v].n_inputs; i++)
            data += g->nodes[v].inputs[i] >= 0 && g->tensors[g->nodes[v].inputs[i]].kind != TENSOR_INIT;
        s->joins += data >= 2;
    }
    for (size_t t = 0; t < g->n_tensors; t++)
        if (g->tensors[t].kind != TENSOR_INIT) {
            s->tensors++;
            s->reused += g->tensors[t].consumers >= 2;
        }
}

/* Builds a family by its plan: due operators are all there, and together the models hold every operator that the plan does. */
static void check_family(builder *b, size_t nodes, uint64_t count, uint64_t seed, totals *sums)
{
    plan *p = NULL;
    bool *seen = calloc(b->ops->n_ops, sizeof *seen);
    assert_non_null(seen);
    assert_int_equal(plan_new(&p, b->ops, nodes, count, seed, NULL), NN_OK);
    for (uint64_t m = 0; m < count; m++) {
        build_report report;
        build_request r = {.nodes = nodes};
        r.due = plan_due(p, m, &r.n_due);
        tape *t = seeded(seed, m);
        const graph *g = build(b, &r, t, &report);
        if (report.due_missing > 0)
            fail_msg("%zu nodes, seed %llu, model %llu: %zu due operators are missing", nodes, (unsigned long long)seed,
                     (unsigned long long)m, report.due_missing);
        bool *has = calloc(b->ops->n_ops, sizeof *has);
        assert_non_null(has);
        for (size_t v = 0; v < nodes; v++)
            seen[g->nodes[v].op] = has[g->nodes[v].op] = true;
        for (size_t i = 0; i < r.n_due; i++)
            assert_true(has[r.due[i]]);
        free(has);
        add_up(sums, g, &report);
        tape_free(t);
    }
    const uint16_t *missing;
    size_t n = plan_shortfalls(p, &missing);
    for (size_t i = 0; i < n; i++)
        seen[missing[i]] = true;
    for (size_t i = 0; i < b->ops->n_ops; i++)
        assert_true(seen[i]);
    plan_free(p);
    free(seen);
}

static void families_hold_every_operator(void **state)
{
    (void)state;
    static const size_t nodes[] = {15, 40, 65, 100};
    builder *b = new_builder(all_ops);
    totals s = {0};
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        for (uint64_t seed = 1; seed <= 3; seed++)
            check_family(b, nodes[i], 100, seed, &s);
    /* Nodes with several inputs 25-50 %, tensors with several consumers at least a tenth, hardly ever a second attempt. */
    if (s.joins * 100 < s.nodes * 25 || s.joins * 100 > s.nodes * 50)
        fail_msg("%llu joins in %llu nodes", (unsigned long long)s.joins, (unsigned long long)s.nodes);
    assert_true(s.reused * 10 >= s.tensors && s.reused * 10 <= s.tensors * 3);
    assert_true(s.attempts * 100 <= s.models * 105);
    assert_true(s.tries <= 3 * s.nodes);
    builder_free(b);
}

static void due_lists_may_be_dense(void **state)
{
    (void)state;
    builder *b = new_builder(all_ops);
    totals s = {0};
    for (uint64_t seed = 1; seed <= 5; seed++) {
        check_family(b, 40, 6, seed, &s); /* about two thirds of the nodes are due */
        check_family(b, 15, 20, seed, &s);
    }
    builder_free(b);
}

static void small_models(void **state)
{
    (void)state;
    builder *b = new_builder(all_ops);
    for (size_t n = 1; n <= 12; n++)
        for (uint64_t m = 0; m < 60; m++) {
            build_report report;
            build_request r = {.nodes = n};
            tape *t = seeded(n, m);
            build(b, &r, t, &report);
            tape_free(t);
        }
    builder_free(b);
}

/* Effort counted, not timed: tries a node hardly grow from 100 nodes to 5,000. Ten large models, as one in ten takes a second
 * attempt. */
static void effort_is_linear(void **state)
{
    (void)state;
    builder *b = new_builder(all_ops);
    double tries[2];
    for (int k = 0; k < 2; k++) {
        totals s = {0};
        build_request r = {.nodes = k ? 5000 : 100};
        for (uint64_t m = 0; m < (k ? 10 : 20); m++) {
            build_report report;
            tape *t = seeded(3, m);
            add_up(&s, build(b, &r, t, &report), &report);
            tape_free(t);
        }
        tries[k] = (double)s.tries / (double)s.nodes;
    }
    assert_true(tries[1] < 1.5 * tries[0]);
    builder_free(b);
}

/* ---- determinism ---- */

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const unsigned char *)p)[i]) * 0x100000001b3u;
    return h;
}

static uint64_t fingerprint(const graph *g)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t t = 0; t < g->n_tensors; t++) {
        const graph_tensor *x = &g->tensors[t];
        h = mix(h, &x->kind, sizeof x->kind);
        h = mix(h, &x->desc.type, sizeof x->desc.type);
        h = mix(h, x->desc.dims, (size_t)x->desc.rank * sizeof *x->desc.dims);
        h = mix(h, &x->desc.range.lo, sizeof x->desc.range.lo);
        h = mix(h, &x->desc.range.hi, sizeof x->desc.range.hi);
    }
    for (size_t k = 0; k < g->n_nodes; k++) {
        const graph_node *n = &g->nodes[g->order[k]];
        h = mix(h, &n->op, sizeof n->op);
        h = mix(h, n->inputs, n->n_inputs * sizeof *n->inputs);
        h = mix(h, n->outputs, n->n_outputs * sizeof *n->outputs);
        for (size_t a = 0; a < n->n_attrs; a++) {
            h = mix(h, n->attrs[a].name, strlen(n->attrs[a].name));
            h = mix(h, &n->attrs[a].i, sizeof n->attrs[a].i);
        }
    }
    h = mix(h, g->inputs, g->n_inputs * sizeof *g->inputs);
    return mix(h, g->outputs, g->n_outputs * sizeof *g->outputs);
}

static void model_depends_on_its_tape_alone(void **state)
{
    (void)state;
    builder *a = new_builder(all_ops), *b = new_builder(all_ops);
    uint64_t last = 0;
    for (uint64_t m = 0; m < 40; m++) {
        build_report report, again;
        build_request r = {.nodes = 5 + (size_t)m};
        tape *t = seeded(9, m);
        uint64_t h = fingerprint(build(a, &r, t, &report));
        assert_int_not_equal(h, last);
        last = h;
        if (m % 3 == 0) { /* b has built other models before, and fewer */
            tape_reseed(t, 9, m);
            assert_true(fingerprint(build(b, &r, t, &again)) == h);
            assert_true(again.tape_draws == report.tape_draws && again.tries == report.tries);
        }
        tape_free(t);
    }
    builder_free(a);
    builder_free(b);
}

static void any_tape_gives_a_model(void **state)
{
    (void)state;
    static const size_t nodes[] = {1, 2, 7, 40};
    builder *b = new_builder(all_ops);
    bulk_rng rng;
    bulk_seed(&rng, 1, 1);
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        for (int k = 0; k < 12; k++) {
            uint8_t bytes[256];
            size_t n = k == 0 ? 0 : bulk_next(&rng) % sizeof bytes;
            for (size_t j = 0; j < n; j++)
                bytes[j] = k == 1 ? 0xff : (uint8_t)bulk_next(&rng);
            tape *t = NULL;
            build_report report;
            build_request r = {.nodes = nodes[i]};
            assert_int_equal(tape_new_bytes(&t, bytes, n, NULL), NN_OK);
            const graph *g = build(b, &r, t, &report);
            if (k == 0)
                assert_true(g->n_inputs == 1 && g->n_outputs == 1); /* zeros: the simplest */
            tape_free(t);
        }
    builder_free(b);
}

/* ---- restricted tables ---- */

/* Operators of the table by name, ending with NULL. */
static op_set subset(op_model *ops, const char *const *names)
{
    op_set s = *all_ops;
    s.ops = ops;
    s.n_ops = 0;
    for (size_t i = 0; i < all_ops->n_ops; i++)
        for (const char *const *n = names; *n; n++)
            if (strcmp(all_ops->ops[i].name, *n) == 0) {
                ops[s.n_ops] = all_ops->ops[i];
                ops[s.n_ops].index = (uint16_t)s.n_ops;
                s.n_ops++;
            }
    return s;
}

static void restricted_tables_work(void **state)
{
    (void)state;
    static const char *const tables[][4] = {
        {"Relu"},
        {"Add"},
        {"Concat"},
        {"MatMul"},
        {"Conv"},
        {"Reshape"},
        {"Log", "Exp"},
        {"Greater", "Cast"},
        {"Greater", "Where"},
        {"ArgMax", "Cast"},
        {"And", "Greater", "Cast"},
        {"Conv", "MatMul"},
        {"Split"},
        {"TopK"},
        {"LSTM"},
        {"Sigmoid", "Log"},
    };
    for (size_t k = 0; k < sizeof tables / sizeof *tables; k++) {
        op_model ops[4];
        op_set s = subset(ops, tables[k]);
        assert_true(s.n_ops > 0);
        builder *b = new_builder(&s);
        totals sums = {0};
        for (size_t n = 4; n <= 24; n += 10)
            check_family(b, n, 4, k, &sums);
        builder_free(b);
    }
}

/* A table of its own, for what must not change with the embedded one. */
static const char small_table[] =
    "operators:\n"
    "  Compare: {since: [1], in: {A: float32, B: float32 data|weight}, out: {C: bool}, shape: {B: shape(A), C: shape(A)},\n"
    "    values: {B: \"uniform(lo(A), hi(A))\"}, range: {C: \"[0, 1]\"}}\n"
    "  Double: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, domain: {X: \"[-1, 1]\"},\n"
    "    range: {Y: \"X + 2\"}}\n"
    "  Not: {since: [1], in: {X: bool}, out: {Y: bool}, shape: {Y: shape(X)}, range: {Y: \"[0, 1]\"}}\n"
    "  Select: {since: [1], in: {C: bool, X: float32}, out: {Y: float32}, shape: {C: shape(X), Y: shape(X)},\n"
    "    range: {Y: \"hull(X, 0)\"}}\n";

static void impossible_requests_say_why(void **state)
{
    (void)state;
    static const struct {
        const char *const ops[3];
        size_t nodes;
        nn_status status;
        const char *message;
    } rows[] = {
        {{"Compare", "Not"},
         5,
         NN_ERR_BUILD,
         "none of the 2 operators can be used in a graph whose inputs and outputs are float32"},
        {{"Compare", "Select"}, 1, NN_ERR_BUILD, "with these operators the smallest graph has 2 nodes, not 1"},
        {{"Compare", "Select"}, 0, NN_ERR_USAGE, "the number of nodes must be between 1 and 33554431"},
        {{NULL}, 1, NN_ERR_BUILD, "none of the 0 operators can be used in a graph whose inputs and outputs are float32"},
        {{"Compare", "Select"}, 2, NN_OK, ""},
    };
    const spec_file file = {.name = "small.yaml", .bytes = small_table, .size = sizeof small_table - 1};
    op_set *table = NULL, *embedded = all_ops;
    nn_error err = {0};
    if (op_set_new(&table, &file, 1, NULL, OPSET, &err) != NN_OK || lower_fold_domains(table, &err) != NN_OK)
        fail_msg("%d: %s", err.line, err.message);
    all_ops = table;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        op_model ops[3];
        op_set s = subset(ops, rows[i].ops);
        builder *b = new_builder(&s);
        tape *t = seeded(1, 1);
        const graph *g;
        build_request r = {.nodes = rows[i].nodes};
        memset(&err, 0, sizeof err);
        nn_status st = builder_build(b, &r, t, &g, NULL, &err);
        tape_free(t);
        builder_free(b);
        if (st != rows[i].status || strcmp(err.message, rows[i].message) != 0)
            fail_msg("row %zu: %d %s", i, (int)st, err.message);
        assert_true((st == NN_OK) == (g != NULL));
    }
    all_ops = embedded;
    op_set_free(table);
}

/* An operator whose output never fits its own input: all nodes have to read the graph input, each with an output of its own. */
static void outputs_stay_few_whatever_is_asked(void **state)
{
    (void)state;
    static const char *const names[] = {"Double", NULL};
    const spec_file file = {.name = "small.yaml", .bytes = small_table, .size = sizeof small_table - 1};
    op_set *table = NULL, *embedded = all_ops;
    nn_error err = {0};
    assert_int_equal(op_set_new(&table, &file, 1, NULL, OPSET, &err), NN_OK);
    assert_int_equal(lower_fold_domains(table, &err), NN_OK);
    all_ops = table;
    op_model ops[1];
    op_set s = subset(ops, names);
    builder *b = new_builder(&s);
    tape *t = seeded(1, 1);
    const graph *g;
    build_report report;
    build_request r = {.nodes = 2};
    assert_int_equal(builder_build(b, &r, t, &g, &report, &err), NN_OK);
    assert_int_equal(g->n_outputs, 2);
    assert_int_equal(g->n_inputs, 1);
    r.nodes = 5;
    assert_int_equal(builder_build(b, &r, t, &g, &report, &err), NN_ERR_BUILD);
    assert_string_equal(err.message,
                        "no graph of 5 nodes found in 20 attempts with 1 operators: no operator could be added after 2 "
                        "nodes, with at most 2 outputs; in 101 of 188 tries: the values do not cover those of the graph "
                        "input to be replaced: Double, target Y");
    tape_free(t);
    builder_free(b);
    all_ops = embedded;
    op_set_free(table);
}

static void due_operators_without_room_are_counted(void **state)
{
    (void)state;
    static const char *const names[] = {"Greater", "Cast", "Relu", NULL};
    op_model ops[3];
    op_set s = subset(ops, names);
    builder *b = new_builder(&s);
    uint16_t greater = (uint16_t)op_find(&s, "Greater"), relu = (uint16_t)op_find(&s, "Relu");
    build_report report;
    tape *t = seeded(1, 1);
    const uint16_t due[] = {relu, greater, relu};
    build_request r = {.nodes = 3, .due = due, .n_due = 3};
    const graph *g = build(b, &r, t, &report);
    assert_int_equal(report.due_missing, 1);
    size_t relus = 0;
    for (size_t v = 0; v < g->n_nodes; v++)
        relus += g->nodes[v].op == relu;
    assert_true(relus >= 2);
    r.nodes = 4;
    build(b, &r, t, &report);
    assert_int_equal(report.due_missing, 0);
    const uint16_t unknown[] = {77};
    nn_error err = {0};
    r = (build_request){.nodes = 4, .due = unknown, .n_due = 1};
    assert_int_equal(builder_build(b, &r, t, &g, &report, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "due operator 77 does not exist");
    tape_free(t);
    builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_hold_every_operator),
        cmocka_unit_test(due_lists_may_be_dense),
        cmocka_unit_test(small_models),
        cmocka_unit_test(effort_is_linear),
        cmocka_unit_test(model_depends_on_its_tape_alone),
        cmocka_unit_test(any_tape_gives_a_model),
        cmocka_unit_test(restricted_tables_work),
        cmocka_unit_test(impossible_requests_say_why),
        cmocka_unit_test(outputs_stay_few_whatever_is_asked),
        cmocka_unit_test(due_operators_without_room_are_counted),
    };
    return cmocka_run_group_tests(tests, load_table, free_table);
}
