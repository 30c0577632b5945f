/* Plans of small motifs, drawn for the built-in table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
    spec_file f = {.name = "m.yaml", .bytes = text, .size = strlen(text)};
    if (motif_set_new(&s, ops, NULL, &f, 1, &err) != NN_OK)
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

static const motif_node *node_of(const motif_plan *p, const char *name)
{
    for (size_t i = 0; i < p->n_nodes; i++)
        if (strcmp(p->nodes[i].name, name) == 0)
            return &p->nodes[i];
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
    assert_int_equal(motif_plan_new(s, 0, MOTIF_EXACT, 0, NULL, &(lower_limits){0}, t, &mem, &p), NN_OK);
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

/* What a given tensor fixes: the type, `..`, and the dims that the input names. */
static void test_given(void **state)
{
    (void)state;
    motif_set *s = compiled(layer_norm);
    tape *t = tape_of(1);
    motif_plan p;
    tensor_desc x = {.type = DT_FLOAT32, .rank = 2, .dims = {3, 7}, .range = {-1, 1}};
    assert_int_equal(motif_plan_new(s, 0, MOTIF_VARIANT, 0, &x, &(lower_limits){0}, t, &mem, &p), NN_OK);
    assert_true(tensor_shape_equal(&p.inputs[0].desc, &x));
    assert_int_equal(p.consts[2].desc.dims[0], 7);
    assert_int_equal(pin_of(&p.nodes[0], "ax")->v.ints[0], 1);
    tensor_desc wrong[] = {x, x, x, x};
    wrong[0].rank = 0;
    wrong[1].dims[1] = 1; /* outside 2..64 */
    wrong[2].type = DT_INT64;
    wrong[3].rank = 5; /* `..` stands for three dims at most */
    wrong[3].dims[2] = wrong[3].dims[3] = wrong[3].dims[4] = 2;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(motif_plan_new(s, 0, MOTIF_VARIANT, 0, &wrong[i], &(lower_limits){0}, t, &mem, &p), NN_ERR_BUILD);
    tape_free(t);
    motif_set_free(s);
}

static void test_limits(void **state)
{
    (void)state;
    motif_set *s = compiled(layer_norm);
    tape *t = tape_of(3);
    const lower_limits small = {.max_elements = 24, .max_dim = 5, .max_rank = 2};
    size_t made = 0;
    for (int k = 0; k < 200; k++) {
        arena_mark mark = arena_get_mark(&mem);
        motif_plan p;
        if (motif_plan_new(s, 0, k % 2 == 0 ? MOTIF_VARIANT : MOTIF_EXACT, 0, NULL, &small, t, &mem, &p) == NN_OK) {
            const tensor_desc *x = &p.inputs[0].desc;
            made++;
            assert_true(x->rank <= 2 && tensor_elements(x) <= 24);
            for (int i = 0; i < x->rank; i++)
                assert_true(x->dims[i] <= 5);
        }
        arena_release(&mem, mark);
    }
    assert_true(made > 150);
    tape_free(t);
    motif_set_free(s);
}

/* Operands exist and come earlier, constants and inputs are used, and each near miss has a text. */
static void check_plan(const motif_plan *p)
{
    bool consts[MOTIF_MAX_CONSTS] = {false}, inputs[MOTIF_MAX_INPUTS] = {false};
    assert_true(p->n_nodes <= MOTIF_MAX_NODES && p->n_consts <= MOTIF_MAX_CONSTS && p->n_inputs <= MOTIF_MAX_INPUTS);
    for (size_t k = 0; k < p->n_nodes; k++) {
        const motif_node *n = &p->nodes[k];
        size_t slots = 0;
        for (size_t i = 0; i < n->op->n_inputs; i++)
            slots += (size_t)n->arity[i];
        for (size_t i = 0; i < slots; i++) {
            motif_operand o = n->operands[i];
            if (o.kind == MOTIF_CONST) {
                assert_true((size_t)o.index < p->n_consts);
                consts[o.index] = true;
            } else if (o.kind == MOTIF_INPUT) {
                assert_true((size_t)o.index < p->n_inputs);
                inputs[o.index] = true;
            } else if (o.kind == MOTIF_NODE) {
                assert_true((size_t)o.index < k);
            }
        }
    }
    for (size_t i = 0; i < p->n_consts; i++) {
        const motif_const *c = &p->consts[i];
        assert_true(consts[i] && iv_valid(c->desc.range));
        assert_true(c->init.kind != CONTENT_LIST || c->init.n_list == 1 || (int64_t)c->init.n_list == tensor_elements(&c->desc));
    }
    for (size_t i = 0; i < p->n_inputs; i++)
        assert_true(inputs[i] && iv_valid(p->inputs[i].desc.range));
    for (size_t i = 0; i < p->n_mutations; i++)
        assert_true(strlen(p->mutations[i]) > 5);
}

static const char two_inputs[] = "between: [Identity, Transpose]\n"
                                 "motifs:\n"
                                 "  masked:\n"
                                 "    doc: two inputs\n"
                                 "    dims: {H: 2..8}\n"
                                 "    in: {x: \"T[.., H]\", mask: \"T[1, H] in -1..1\"}\n"
                                 "    const: {two: 2, g: \"T[H] in 0.5..1\"}\n"
                                 "    nodes:\n"
                                 "      a: Add(x, mask)\n"
                                 "      m: Mul(a, two)\n"
                                 "      s: Softmax(m) axis=-1\n"
                                 "      y: Mul(s, g)\n"
                                 "    out: [y]\n";

static void test_near_misses(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "constant two: 2 -> ",      "constant two: [] -> [1]",   "constant g is a graph input",
        "input mask is a constant", "operands of a swapped",     "axis of s changed",
        "axis of s drawn",          "input mask: [1,",           "s is a graph output",
        "a also goes to Identity",  "Transpose between m and s", "m takes the same tensor twice"};
    bool seen[sizeof expected / sizeof *expected] = {false};
    motif_set *s = compiled(two_inputs);
    tape *t = tape_of(5);
    size_t counts[3] = {0};
    for (int k = 0; k < 2000; k++) {
        arena_mark mark = arena_get_mark(&mem);
        motif_plan p;
        if (motif_plan_new(s, 0, MOTIF_MUTATED, motif_draw_near_miss(t), NULL, &(lower_limits){0}, t, &mem, &p) == NN_OK) {
            check_plan(&p);
            counts[p.n_mutations]++;
            for (size_t i = 0; i < p.n_mutations; i++)
                for (size_t e = 0; e < sizeof expected / sizeof *expected; e++)
                    seen[e] |= strncmp(p.mutations[i], expected[e], strlen(expected[e])) == 0;
        }
        arena_release(&mem, mark);
    }
    for (size_t e = 0; e < sizeof expected / sizeof *expected; e++)
        if (!seen[e])
            fail_msg("no near miss is `%s...`", expected[e]);
    assert_true(counts[0] == 0 && counts[1] > 1000 && counts[2] > 300);
    tape_free(t);
    motif_set_free(s);
}

/* Near misses of a longer motif, whose node d has two consumers. No near miss is the other way round of the one before. */
static void test_kinds_of_nodes(void **state)
{
    (void)state;
    static const char *const expected[] = {"d is computed twice",      "sd is left out",         "constant g: [",
                                           "n takes x, not d",         "keepdims of mu changed", "operands of d swapped",
                                           "constant two: [] -> [1,1]"};
    bool seen[sizeof expected / sizeof *expected] = {false};
    motif_set *s = compiled(layer_norm);
    tape *t = tape_of(9);
    size_t values = 0, all = 0, square = 0;
    for (int k = 0; k < 4000; k++) {
        arena_mark mark = arena_get_mark(&mem);
        motif_plan p;
        assert_int_equal(motif_plan_new(s, 0, MOTIF_MUTATED, motif_draw_near_miss(t), NULL, &(lower_limits){0}, t, &mem, &p),
                         NN_OK);
        check_plan(&p);
        const tensor_desc *x = &p.inputs[0].desc;
        square += x->rank > 1 && x->dims[0] == x->dims[x->rank - 1];
        for (size_t i = 0; i < p.n_mutations; i++, all++) {
            const char *m = p.mutations[i];
            values += strncmp(m, "constant ", 9) == 0 || strstr(m, "swapped") || strstr(m, "changed") || strstr(m, ", not ");
            for (size_t e = 0; e < sizeof expected / sizeof *expected; e++)
                seen[e] |= strncmp(m, expected[e], strlen(expected[e])) == 0;
        }
        assert_true(p.n_mutations < 2 || strcmp(p.mutations[0], p.mutations[1]) != 0);
        arena_release(&mem, mark);
    }
    for (size_t e = 0; e < sizeof expected / sizeof *expected; e++)
        if (!seen[e])
            fail_msg("no near miss is `%s...`", expected[e]);
    assert_true(values > all / 2);
    assert_true(square > 4000 / 5);
    tape_free(t);
    motif_set_free(s);
}

/* Erf of a sum, with a constant that one node takes, and a node that one node takes. */
static const char narrow[] = "between: [Identity, Neg]\n"
                             "motifs:\n"
                             "  narrow:\n"
                             "    doc: each tensor has one consumer\n"
                             "    types: {T: [float32]}\n"
                             "    in: {x: \"T[3, 3]\", z: \"T[3, 3]\"}\n"
                             "    const: {one: 1, two: 2}\n"
                             "    nodes:\n"
                             "      n: Neg(x)\n"
                             "      i: Identity(n)\n"
                             "      a: Add(i, one)\n"
                             "      b: Mul(a, z)\n"
                             "      c: Sub(b, n)\n"
                             "      y: Mul(c, two)\n"
                             "    out: y\n";

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* Whether the plan has a constant or an input whose name is the first `length` characters. */
static bool has_name(const motif_plan *p, const char *name, size_t length)
{
    bool has = false;
    for (size_t i = 0; i < p->n_consts; i++)
        has |= strlen(p->consts[i].name) == length && memcmp(p->consts[i].name, name, length) == 0;
    for (size_t i = 0; i < p->n_inputs; i++)
        has |= strlen(p->inputs[i].name) == length && memcmp(p->inputs[i].name, name, length) == 0;
    return has;
}

/* The second near miss leaves the first one as it is: the constant or input that it names is there, with another value than the
 * motif's, and what it replaced or inserted does not go. */
static void check_first_stands(const motif_plan *p)
{
    const char *first = p->mutations[0], *second = p->mutations[1], *name = strchr(first, ' ') + 1;
    if (begins(first, "constant ") || begins(first, "input "))
        if (!has_name(p, name, strcspn(name, ": ")))
            fail_msg("`%s` is undone by `%s`", first, second);
    for (size_t i = 0; i < p->n_consts && (begins(first, "constant one: 1 ->") || begins(first, "constant two: 2 ->")); i++)
        if (begins(name, p->consts[i].name) && p->consts[i].init.list[0] == (begins(name, "one") ? 1 : 2))
            fail_msg("`%s` is undone by `%s`", first, second);
    const char *not = strstr(first, ", not "), *left_out = strstr(second, " is left out");
    if (not != NULL && left_out != NULL && strlen(not +6) == (size_t)(left_out - second) && begins(second, not +6))
        fail_msg("`%s` is undone by `%s`", first, second);
    if (strstr(first, " between ") != NULL && (begins(second, "Identity is left out") || begins(second, "Neg is left out")))
        fail_msg("`%s` is undone by `%s`", first, second);
    if (strcmp(first, "i is left out") == 0 && begins(second, "Identity between"))
        fail_msg("`%s` is undone by `%s`", first, second);
}

static void test_second_leaves_the_first(void **state)
{
    (void)state;
    nn_error err;
    op_set *wide;
    motif_set *s;
    spec_file f = {.name = "m.yaml", .bytes = narrow, .size = strlen(narrow)};
    const dtype_mask types = dtype_bit(DT_FLOAT32) | dtype_bit(DT_INT32);
    assert_int_equal(op_set_new_typed(&wide, spec_embedded, spec_embedded_count, NULL, 17, types, &err), NN_OK);
    assert_int_equal(motif_set_new(&s, wide, NULL, &f, 1, &err), NN_OK);
    tape *t = tape_of(12);
    size_t two = 0;
    for (int k = 0; k < 20000; k++) {
        arena_mark mark = arena_get_mark(&mem);
        motif_plan p;
        if (motif_plan_new(s, 0, MOTIF_MUTATED, motif_draw_near_miss(t), NULL, &(lower_limits){0}, t, &mem, &p) == NN_OK &&
            p.n_mutations == 2) {
            check_plan(&p);
            check_first_stands(&p);
            two++;
        }
        arena_release(&mem, mark);
    }
    assert_true(two > 4000);
    tape_free(t);
    motif_set_free(s);
    op_set_free(wide);
}

/* A list that has the same number for each axis changes in one element or in all; a list of different ones may be permuted. A
 * drawn one excludes the motif's. */
static const char window[] = "motifs:\n"
                             "  window:\n"
                             "    doc: equal pads and strides\n"
                             "    in: {x: \"T[1, 2, 8, 8]\"}\n"
                             "    nodes:\n"
                             "      y: MaxPool(x) pads=[1, 1, 1, 1] strides=[1, 1] kernel_shape=[3, 2]\n"
                             "    out: y\n";

/* How many elements differ. */
static size_t differing(const motif_pin *p, const int64_t *from)
{
    size_t n = 0;
    for (size_t i = 0; i < p->v.n; i++)
        n += p->v.ints[i] != from[i];
    return n;
}

static void test_changed_lists_differ(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t from[4];
        size_t n;
    } pins[] = {{"pads", {1, 1, 1, 1}, 4}, {"strides", {1, 1}, 2}, {"kernel_shape", {3, 2}, 2}};
    motif_set *s = compiled(window);
    tape *t = tape_of(13);
    size_t seen[3][5] = {{0}}, drawn = 0;
    for (int k = 0; k < 4000; k++) {
        arena_mark mark = arena_get_mark(&mem);
        motif_plan p;
        assert_int_equal(motif_plan_new(s, 0, MOTIF_MUTATED, motif_draw_near_miss(t), NULL, &(lower_limits){0}, t, &mem, &p),
                         NN_OK);
        const motif_node *y = node_of(&p, "y");
        for (size_t i = 0; i < 3; i++) {
            char changed[40], free[40];
            (void)snprintf(changed, sizeof changed, "%s of y changed", pins[i].name);
            (void)snprintf(free, sizeof free, "%s of y drawn", pins[i].name);
            const motif_pin *pin = pin_of(y, pins[i].name);
            size_t n = differing(pin, pins[i].from);
            bool is_changed = false, is_drawn = false;
            for (size_t j = 0; j < p.n_mutations; j++) {
                is_changed |= strcmp(p.mutations[j], changed) == 0;
                is_drawn |= strcmp(p.mutations[j], free) == 0;
            }
            assert_true(is_changed == (n > 0) && is_drawn == pin->excluded && pin->v.n == pins[i].n);
            seen[i][n]++;
            drawn += is_drawn;
        }
        arena_release(&mem, mark);
    }
    assert_true(seen[0][1] > 20 && seen[0][4] > 20 && seen[0][2] + seen[0][3] == 0);
    assert_true(seen[1][1] > 20 && seen[1][2] > 20 && seen[2][1] > 20 && seen[2][2] > 20 && drawn > 100);
    tape_free(t);
    motif_set_free(s);
}

/* A given tensor stays as it is. */
static void test_given_near_misses(void **state)
{
    (void)state;
    motif_set *s = compiled(two_inputs);
    tape *t = tape_of(6);
    const tensor_desc x = {.type = DT_FLOAT32, .rank = 3, .dims = {2, 3, 4}, .range = {-1, 1}};
    for (int k = 0; k < 500; k++) {
        arena_mark mark = arena_get_mark(&mem);
        motif_plan p;
        assert_int_equal(motif_plan_new(s, 0, MOTIF_MUTATED, motif_draw_near_miss(t), &x, &(lower_limits){0}, t, &mem, &p), NN_OK);
        check_plan(&p);
        assert_true(tensor_shape_equal(&p.inputs[0].desc, &x) && (p.graph_input & 1) == 0);
        arena_release(&mem, mark);
    }
    tape_free(t);
    motif_set_free(s);
}

/* The pins of a Reshape state what its second operand holds. */
#define ROWS(NODES, CONST)                             \
    "motifs:\n"                                        \
    "  rows:\n"                                        \
    "    doc: a reshape to the same shape\n"           \
    "    dims: {A: 2..4, B: 2..4}\n"                   \
    "    in: {x: \"T[A, B]\"}\n"                       \
    "    const: {" CONST "two: 2}\n"                   \
    "    nodes:\n"                                     \
    "      n: Neg(x)\n" NODES "      y: Mul(r, two)\n" \
    "    out: y\n"
#define RESHAPED(OPERAND) "      r: Reshape(n, " OPERAND ") k=2 t=[A, B] wild=-1 copied=[]\n"

/* Neither the pins nor the computed operand nor what it is computed from may change. */
static void test_claims_stay(void **state)
{
    (void)state;
    motif_set *s = compiled(ROWS("      i: Shape(x)\n" RESHAPED("i"), ""));
    tape *t = tape_of(7);
    for (int k = 0; k < 500; k++) {
        arena_mark mark = arena_get_mark(&mem);
        motif_plan p;
        assert_int_equal(motif_plan_new(s, 0, MOTIF_MUTATED, motif_draw_near_miss(t), NULL, &(lower_limits){0}, t, &mem, &p),
                         NN_OK);
        const motif_node *r = node_of(&p, "r"), *i = node_of(&p, "i");
        assert_true(r != NULL && r->claimed && r->operands[0].kind == MOTIF_NODE && r->operands[1].kind == MOTIF_NODE);
        assert_ptr_equal(&p.nodes[r->operands[1].index], i);
        const tensor_desc *x = &p.inputs[0].desc;
        assert_true(i->operands[0].kind == MOTIF_INPUT && x->rank == 2);
        assert_memory_equal(pin_of(r, "t")->v.ints, x->dims, 2 * sizeof *x->dims);
        arena_release(&mem, mark);
    }
    tape_free(t);
    motif_set_free(s);
}

/* A constant operand may have other contents, which are checked when the node is solved. It stays a constant. */
static void test_structural_constants_stay_constants(void **state)
{
    (void)state;
    motif_set *s = compiled(ROWS(RESHAPED("target"), "target: \"int64[2] = [A, B]\", "));
    tape *t = tape_of(8);
    bool changed = false, shown = false, before = false;
    for (int k = 0; k < 500; k++) {
        arena_mark mark = arena_get_mark(&mem);
        motif_plan p;
        assert_int_equal(motif_plan_new(s, 0, MOTIF_MUTATED, motif_draw_near_miss(t), NULL, &(lower_limits){0}, t, &mem, &p),
                         NN_OK);
        check_plan(&p);
        const motif_node *r = node_of(&p, "r");
        assert_true(r == NULL || r->operands[1].kind == MOTIF_CONST);
        for (size_t i = 0; i < p.n_mutations; i++) {
            changed |= strncmp(p.mutations[i], "constant target: ", 17) == 0;
            shown |= strcmp(p.mutations[i], "r is a graph output") == 0;
            before |= i == 0 && strcmp(p.mutations[i], "r takes x, not n") == 0;
        }
        arena_release(&mem, mark);
    }
    assert_true(changed && shown && !before); /* nothing else takes n */
    tape_free(t);
    motif_set_free(s);
}

/* Inputs of whole numbers, which constants became or other types, have whole values within their type. */
static const char whole_inputs[] = "motifs:\n"
                                   "  picked:\n"
                                   "    doc: whole numbers as operands\n"
                                   "    dims: {N: 3..6}\n"
                                   "    in: {x: \"T[N, 4] in -20.5..20\"}\n"
                                   "    const: {zero: \"int64[2] = 0\", one: \"int64[2] = 1\"}\n"
                                   "    nodes:\n"
                                   "      a: Gather(x, zero) axis=0\n"
                                   "      b: Gather(x, one) axis=0\n"
                                   "      y: Concat(a, b) inputs=2 axis=0\n"
                                   "    out: y\n";

static void test_whole_inputs(void **state)
{
    (void)state;
    motif_set *s;
    op_set *wide;
    nn_error err;
    spec_file f = {.name = "m.yaml", .bytes = whole_inputs, .size = strlen(whole_inputs)};
    const dtype_mask types = dtype_bit(DT_FLOAT32) | dtype_bit(DT_INT64) | dtype_bit(DT_UINT8);
    assert_int_equal(op_set_new_typed(&wide, spec_embedded, spec_embedded_count, NULL, 17, types, &err), NN_OK);
    assert_int_equal(motif_set_new(&s, wide, NULL, &f, 1, &err), NN_OK);
    tape *t = tape_of(11);
    int constants = 0, bytes = 0;
    for (int k = 0; k < 1000; k++) {
        arena_mark mark = arena_get_mark(&mem);
        motif_plan p;
        if (motif_plan_new(s, 0, MOTIF_MUTATED, motif_draw_near_miss(t), NULL, &(lower_limits){0}, t, &mem, &p) == NN_OK)
            for (size_t i = 0; i < p.n_inputs; i++) {
                const tensor_desc *d = &p.inputs[i].desc;
                if (d->type == DT_FLOAT32)
                    continue;
                constants += (p.graph_input >> i & 1) != 0;
                bytes += d->type == DT_UINT8;
                assert_true(d->range.lo == (double)(int64_t)d->range.lo && d->range.hi == (double)(int64_t)d->range.hi);
                assert_true(d->range.lo < d->range.hi && (d->type != DT_UINT8 || d->range.lo == 0));
            }
        arena_release(&mem, mark);
    }
    assert_true(constants > 10 && bytes > 10);
    tape_free(t);
    motif_set_free(s);
    op_set_free(wide);
}

/* The same draws give the same plan. */
static void test_repeatable(void **state)
{
    (void)state;
    motif_set *s = compiled(two_inputs);
    motif_plan p[2];
    for (int k = 0; k < 2; k++) {
        tape *t = tape_of(9);
        assert_int_equal(motif_plan_new(s, 0, MOTIF_MUTATED, motif_draw_near_miss(t), NULL, &(lower_limits){0}, t, &mem, &p[k]),
                         NN_OK);
        tape_free(t);
    }
    assert_true(p[0].n_nodes == p[1].n_nodes && p[0].n_mutations == p[1].n_mutations);
    for (size_t i = 0; i < p[0].n_mutations; i++)
        assert_string_equal(p[0].mutations[i], p[1].mutations[i]);
    assert_true(tensor_shape_equal(&p[0].inputs[0].desc, &p[1].inputs[0].desc));
    motif_set_free(s);
}

#ifdef NN_STRESS
/* Each allocation fails in turn. */
static void test_no_memory(void **state)
{
    (void)state;
    motif_set *s = compiled(two_inputs);
    for (uint64_t seed = 0; seed < 8; seed++) {
        nn_status status = NN_ERR_NOMEM;
        for (long n = 1; status == NN_ERR_NOMEM; n++) {
            tape *t = tape_of(seed);
            arena small; /* blocks so small that nearly every allocation is counted */
            motif_plan p;
            arena_init(&small, 16);
            nn_stress_fail_at(n);
            status = motif_plan_new(s, 0, MOTIF_MUTATED, motif_draw_near_miss(t), NULL, &(lower_limits){0}, t, &small, &p);
            nn_stress_fail_at(0);
            arena_free(&small);
            tape_free(t);
        }
        assert_int_equal(status, NN_OK);
    }
    motif_set_free(s);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_given),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_near_misses),
        cmocka_unit_test(test_claims_stay),
        cmocka_unit_test(test_structural_constants_stay_constants),
        cmocka_unit_test(test_kinds_of_nodes),
        cmocka_unit_test(test_whole_inputs),
        cmocka_unit_test(test_second_leaves_the_first),
        cmocka_unit_test(test_changed_lists_differ),
        cmocka_unit_test(test_repeatable),
        cmocka_unit_test(test_given_near_misses),
#ifdef NN_STRESS
        cmocka_unit_test(test_no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, open_ops, close_ops);
}
