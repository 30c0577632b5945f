/* What a family is asked to contain and to avoid. */
#include "family/family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static nn_table *open_table(void)
{
    nn_table *t;
    assert_int_equal(nn_table_open(&t, NULL, NULL), NN_OK);
    return t;
}

/* Whether the graph has the path. */
static bool has_path(const graph *g, const op_set *ops, const char *const *names, size_t n, size_t node)
{
    if (strcmp(g->nodes[node].op_type, names[n - 1]) != 0)
        return false;
    bool found = n == 1;
    for (size_t i = 0; i < g->nodes[node].n_inputs && !found; i++) {
        int32_t t = g->nodes[node].inputs[i], from = t < 0 ? -1 : g->tensors[t].producer;
        found = from >= 0 && has_path(g, ops, names, n - 1, (size_t)from);
    }
    return found;
}

static bool anywhere(const nn_model *m, const char *const *names, size_t n)
{
    bool found = false;
    for (size_t i = 0; i < m->graph->n_nodes; i++)
        found |= has_path(m->graph, m->family->table->ops, names, n, i);
    return found;
}

static void every_model_has_what_it_is_to_contain(void **state)
{
    (void)state;
    static const char *const first[] = {"Conv", "Relu", "MaxPool", "Sigmoid"}, *const second[] = {"Less", "Not", "Where"};
    static const char *const never[] = {"Relu", "Sigmoid"}, *const longer[] = {"Add", "Mul", "Sub"};
    nn_table *t = open_table();
    nn_family *f;
    nn_model *m = NULL;
    nn_error err;
    const nn_family_config c = {.nodes = 16,
                                .count = 60,
                                .seed = 5,
                                .contain = "Conv,Relu, MaxPool,Sigmoid;Less,Not,Where",
                                .avoid = "Relu,Sigmoid;Add,Mul,Sub",
                                .check = 1};
    assert_int_equal(nn_family_open(&f, t, &c, &err), NN_OK);
    for (uint64_t i = 0; i < 60; i++) {
        assert_int_equal(nn_model_build(&m, f, i, &err), NN_OK);
        assert_true(anywhere(m, first, 4));
        assert_true(anywhere(m, second, 3));
        assert_false(anywhere(m, never, 2));
        assert_false(anywhere(m, longer, 3));
    }
    nn_model_free(m);
    nn_family_close(f);
    nn_table_close(t);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *contain, *avoid, *says;
    } cases[] = {{"Relu,Not", "", "no output of one has a type that the next one takes"},
                 {"Conv,Nope", "", "unknown operator Nope; did you mean Not?"},
                 {"Constant,Relu", "", "would not depend on graph inputs"},
                 {"Conv,,Relu", "", "expected names"},
                 {"Conv,Relu,Add", "Conv,Relu", "contains a forbidden path"},
                 {"Relu,Relu,Relu,Relu,Relu,Relu,Relu,Relu,Relu", "", "does not fit into 8 nodes"},
                 {"", "Relu", "use --ops -A to leave out a single one"}};
    nn_table *t = open_table();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_family *f;
        nn_error err;
        const nn_family_config c = {.nodes = 8, .count = 2, .contain = cases[i].contain, .avoid = cases[i].avoid};
        assert_int_equal(nn_family_open(&f, t, &c, &err), NN_ERR_USAGE);
        if (!strstr(err.message, cases[i].says))
            fail_msg("%s", err.message);
    }
    nn_table_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_has_what_it_is_to_contain),
        cmocka_unit_test(what_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
