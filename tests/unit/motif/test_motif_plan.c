/* Plans of small motifs, drawn for the built-in table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "motif/motif.h"
#include "rules/opmodel_rules.h"

static op_set *ops;
static arena mem;

static int open_ops(void **state)
{
    (void)state;
    nn_error err;
    arena_init(&mem, 0);
    return op_set_new(&ops, spec_embedded, spec_embedded_count, NULL, 17, &err) == NN_OK ? 0 : 1;
}

static int close_ops(void **state)
{
    (void)state;
    op_set_free(ops);
    arena_free(&mem);
    return 0;
}

static motif_set *compiled(const char *text)
{
    nn_error err;
    motif_set *s;
    spec_file f = {"m.yaml", text, strlen(text)};
    if (motif_set_new(&s, ops, &f, 1, &err) != NN_OK)
        fail_msg("%d:%d: %s", err.line, err.column, err.message);
    return s;
}

static tape *tape_of(uint64_t seed)
{
    nn_error err;
    tape *t;
    assert_int_equal(tape_new_seeded(&t, seed, 0, &err), NN_OK);
    return t;
}

static const motif_pin *pin_of(const motif_node *n, const char *name)
{
    for (size_t i = 0; i < n->n_pins; i++)
        if (strcmp(n->op->rules->vars[n->pins[i].var].name, name) == 0)
            return &n->pins[i];
    fail_msg("node %s: %s is not pinned", n->name, name);
    return NULL;
}

static const char layer_norm[] = "motifs:\n"
                                 "  layer_norm:\n"
                                 "    doc: layer normalisation\n"
                                 "    dims: {H: 2..64}\n"
                                 "    in: {x: \"T[.., H]\"}\n"
                                 "    const: {two: 2, eps: {1e-5, 1e-12}, g: \"T[H]\"}\n"
                                 "    nodes:\n"
                                 "      mu: ReduceMean(x) part=1 ax=[rank(x) - 1] from_end=[1] keepdims=1\n"
                                 "      d: Sub(x, mu)\n"
                                 "      q: Pow(d, two)\n"
                                 "      v: ReduceMean(q) part=1 ax=[rank(q) - 1] from_end=[1] keepdims=1\n"
                                 "      ve: Add(v, eps)\n"
                                 "      sd: Sqrt(ve)\n"
                                 "      n: Div(d, sd)\n"
                                 "      y: Mul(n, g)\n"
                                 "    out: y\n"
                                 "    fires: {onnxruntime: LayerNormFusion}\n";

static void test_exact(void **state)
{
    (void)state;
    motif_set *s = compiled(layer_norm);
    tape *t = tape_of(1);
    motif_plan p;
    assert_int_equal(motif_count(s), 1);
    assert_null(motif_left_out(s, 0));
    assert_int_equal(motif_nodes(s, 0), 8);
    assert_string_equal(motif_fires(s, 0), "onnxruntime: LayerNormFusion");
    assert_int_equal(motif_find(s, "layer_norm"), 0);
    assert_int_equal(motif_find(s, "layernorm"), -1);
    assert_int_equal(motif_plan_new(s, 0, MOTIF_EXACT, NULL, &(lower_limits){0}, t, &mem, &p), NN_OK);
    assert_int_equal(p.n_nodes, 8);
    assert_int_equal(p.n_consts, 3);
    assert_int_equal(p.n_inputs, 1);
    const tensor_desc *x = &p.inputs[0].desc;
    assert_int_equal(x->type, DT_FLOAT32);
    assert_int_equal(x->rank, 3);
    assert_int_equal(x->dims[2], p.consts[2].desc.dims[0]);
    assert_int_equal(p.consts[0].desc.rank, 0);
    assert_true(p.consts[0].init.list[0] == 2);
    assert_true(p.consts[1].init.list[0] == (double)1e-5f);
    assert_int_equal(pin_of(&p.nodes[3], "ax")->v.ints[0], 2); /* the rank of q is known */
    assert_int_equal(pin_of(&p.nodes[0], "keepdims")->v.i, 1);
    assert_int_equal(p.nodes[7].outs, 1);
    assert_int_equal(p.nodes[1].outs, 0);
    const motif_operand *o = p.nodes[1].operands;
    assert_true(o[0].kind == MOTIF_INPUT && o[0].index == 0 && o[1].kind == MOTIF_NODE && o[1].index == 0);
    tape_free(t);
    motif_set_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
    };
    return cmocka_run_group_tests(tests, open_ops, close_ops);
}
