/* Types and shapes of outputs, from inputs and attributes alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reference/ref_rules.h"

enum { FIRST_OPSET = 7, LAST_OPSET = 28 };

static ref_table *open_table(op_set **ops, int opset)
{
    nn_error err;
    ref_table *t = NULL;
    nn_status s = op_set_new_typed(ops, spec_embedded, spec_embedded_count, NULL, opset, UINT32_MAX, &err);
    s = s == NN_OK ? ref_table_new(&t, *ops, spec_embedded_compute, spec_embedded_compute_count, &err) : s;
    s = s == NN_OK ? ref_table_add_shapes(t, &err) : s;
    if (s != NN_OK)
        print_error("%s:%d: %s\n", err.file, err.line, err.message);
    assert_int_equal(s, NN_OK);
    return t;
}

/* The shape of every output of every operator follows from what a model states. */
static void every_output_has_a_shape(void **state)
{
    (void)state;
    size_t missing = 0;
    for (int opset = FIRST_OPSET; opset <= LAST_OPSET; opset++) {
        op_set *ops = NULL;
        ref_table *t = open_table(&ops, opset);
        for (size_t k = 0; k < ops->n_all; k++)
            for (size_t i = 0; i < ops->ops[k].n_outputs; i++) {
                bool found = strcmp(ops->ops[k].name, ops->ops[k].type) != 0; /* the rules are those of the operator */
                const ref_program *p = t->shapes[k];
                for (size_t r = 0; r < p->n; r++)
                    found |= p->order[r]->kind == HEAD_SHAPE && p->order[r]->slot == (int)i;
                if (!found)
                    print_error("opset %d: %s has no shape for %s\n", opset, ops->ops[k].name, ops->ops[k].outputs[i].name);
                missing += !found;
            }
        ref_table_free(t);
        op_set_free(ops);
    }
    assert_int_equal(missing, 0);
}

/* ---- single nodes ---- */

/* A table of two operators, whose rules each case states. */
static const char table_text[] = "operators:\n"
                                 "  F:\n"
                                 "    since: [1]\n"
                                 "    types: {T: [float32], U: [int64, float32]}\n"
                                 "    in: {x: T, y: T optional}\n"
                                 "    out: {z: T, w: U optional}\n"
                                 "    choose: {n: 1..4}\n"
                                 "    attrs: {to: type U default 'int64', size: \"ints list(2, 1..3) default ones(2)\"}\n"
                                 "    where: [\"present(to) or U == 'int64'\"]\n"
                                 "    shape: {z: \"broadcast(x, y)\", w: \"[n]\"}\n"
                                 "    range: {z: x, w: \"[0, 1]\"}\n"
                                 "  G:\n"
                                 "    since: [1]\n"
                                 "    types: {T: [float32], U: [int64, float32]}\n"
                                 "    in: {x: T}\n"
                                 "    out: {w: U}\n"
                                 "    choose: {typed: bool}\n"
                                 "    attrs: {to: type U when typed == 1}\n"
                                 "    where: [\"typed == 1 or U == 'int64'\"]\n"
                                 "    shape: {w: shape(x)}\n"
                                 "    range: {w: \"[0, 1]\"}\n";

typedef struct {
    const char *rules; /* of F, and of G after them */
    const char *op;
    dtype x, y; /* DT_NONE: absent */
    int64_t dims_x, dims_y;
    int outputs;
    attr_value attr;     /* no name: none */
    const char *message; /* NULL: it succeeds, and the last output has the type and dims: */
    dtype type;
    int rank;
    int64_t dims[3];
} infer_case;

static const int64_t pair[] = {2, 3}, negative[] = {2, -3}, many[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};

static const infer_case cases[] = {
    {"  F: {z: x}", "F", DT_FLOAT32, DT_FLOAT32, 3, 1, 1, {.name = NULL}, NULL, DT_FLOAT32, 1, {3}},
    {"  F: {z: x, shape w: size}",
     "F",
     DT_FLOAT32,
     DT_NONE,
     3,
     1,
     2,
     {.name = NULL},
     "the tensor is absent; `present` tells",
     0,
     0,
     {0}},
    {"  F: {z: x, shape z: shape(x), shape w: size}", "F", DT_FLOAT32, DT_NONE, 3, 1, 2, {.name = NULL}, NULL, DT_INT64, 2, {1, 1}},
    {"  F: {z: x, shape z: shape(x), shape w: size}",
     "F",
     DT_FLOAT32,
     DT_NONE,
     3,
     1,
     2,
     {.name = "size", .kind = ATTR_INTS, .ints = pair, .n = 2},
     NULL,
     DT_INT64,
     2,
     {2, 3}},
    {"  F: {z: x, shape z: shape(x), shape w: size}",
     "F",
     DT_FLOAT32,
     DT_NONE,
     3,
     1,
     2,
     {.name = "to", .kind = ATTR_INT, .i = DT_FLOAT32},
     NULL,
     DT_FLOAT32,
     2,
     {1, 1}},
    {"  F: {z: x}\n  G: {w: x, type w: T}", "G", DT_FLOAT32, DT_NONE, 3, 1, 1, {.name = NULL}, NULL, DT_FLOAT32, 1, {3}},
    {"  F: {z: x}\n  G: {w: x, type w: x}", "G", DT_FLOAT32, DT_NONE, 3, 1, 1, {.name = NULL}, NULL, DT_FLOAT32, 1, {3}},
    {"  F: {z: x}\n  G: {w: x}",
     "G",
     DT_FLOAT32,
     DT_NONE,
     3,
     1,
     1,
     {.name = NULL},
     "output w: its type does not follow from the inputs and attributes",
     0,
     0,
     {0}},
    {"  F: {z: x}",
     "F",
     DT_INT8,
     DT_NONE,
     3,
     1,
     1,
     {.name = NULL},
     "input x: type int8 is not in the table, which has float32",
     0,
     0,
     {0}},
    {"  F: {z: x}", "F", DT_FLOAT32, DT_FLOAT32, 3, 2, 1, {.name = NULL}, "`broadcast`: dims 3 and 2 do not fit", 0, 0, {0}},
    {"  F: {z: x}\n  G: {w: x}",
     "G",
     DT_FLOAT32,
     DT_NONE,
     3,
     1,
     1,
     {.name = "to", .kind = ATTR_INT, .i = 99},
     "attribute to: a type that the table does not have",
     0,
     0,
     {0}},
    {"  F: {z: x}\n  G: {w: x}",
     "G",
     DT_FLOAT32,
     DT_NONE,
     3,
     1,
     2,
     {.name = "to", .kind = ATTR_INT, .i = DT_INT64},
     "has 2 outputs; at most 1 were expected",
     0,
     0,
     {0}},
    {"  F: {z: x}",
     "F",
     DT_FLOAT32,
     DT_FLOAT32,
     3,
     1,
     2,
     {.name = NULL},
     "the table has no rule for the shape of output w",
     0,
     0,
     {0}},
    {"  F: {z: x, shape z: size}",
     "F",
     DT_FLOAT32,
     DT_NONE,
     3,
     1,
     1,
     {.name = "size", .kind = ATTR_INTS, .ints = negative, .n = 2},
     "`z`: a dim of -3",
     0,
     0,
     {0}},
    {"  F: {z: x, shape z: size}",
     "F",
     DT_FLOAT32,
     DT_NONE,
     3,
     1,
     1,
     {.name = "size", .kind = ATTR_INTS, .ints = many, .n = 9},
     "`z`: a list of at most 8 dims was expected",
     0,
     0,
     {0}},
    {"  F: {z: x, shape z: \"[1000, 2000]\"}",
     "F",
     DT_FLOAT32,
     DT_NONE,
     3,
     1,
     1,
     {.name = NULL},
     "`z`: more than 1000000 elements",
     0,
     0,
     {0}},
    {"  F: {z: x, shape z: \"[1000, 2000, 0]\"}", /* no elements, however large the other dims are */
     "F",
     DT_FLOAT32,
     DT_NONE,
     3,
     1,
     1,
     {.name = NULL},
     NULL,
     DT_FLOAT32,
     3,
     {1000, 2000, 0}},
    {"  F: {z: x, shape z: \"expect(shape(x)[0] == 2, [1])\"}",
     "F",
     DT_FLOAT32,
     DT_NONE,
     3,
     1,
     1,
     {.name = NULL},
     "the inputs and attributes of the node do not fit together",
     0,
     0,
     {0}},
    {"  F: {z: x, shape z: \"expect(shape(x)[0] == 3, [7])\"}",
     "F",
     DT_FLOAT32,
     DT_NONE,
     3,
     1,
     1,
     {.name = NULL},
     NULL,
     DT_FLOAT32,
     1,
     {7}},
    {"  F: {z: x, let t: shape(x), type w: t}",
     NULL,
     0,
     0,
     0,
     0,
     0,
     {.name = NULL},
     "`t` has values; a type is known before any value",
     0,
     0,
     {0}},
};

static nn_status infer(const infer_case *c, ref_tensor *last, nn_error *err)
{
    char rules[400] = "operators:\n";
    op_set *ops = NULL;
    ref_table *t = NULL;
    arena scratch;
    strncat(rules, c->rules, sizeof rules - strlen(rules) - 2);
    strcat(rules, "\n");
    arena_init(&scratch, 0);
    spec_file table = {.name = "table.yaml", .bytes = table_text, .size = strlen(table_text)},
              file = {.name = "rules.yaml", .bytes = rules, .size = strlen(rules)};
    nn_status s = op_set_new_typed(&ops, &table, 1, NULL, 17, UINT32_MAX, err);
    if (s != NN_OK)
        print_error("%d:%d: %s\n", err->line, err->column, err->message);
    assert_int_equal(s, NN_OK);
    s = ref_table_new(&t, ops, &file, 1, err);
    s = s == NN_OK ? ref_table_add_shapes(t, err) : s;
    ref_tensor x = {.type = c->x, .rank = 1, .dims = {c->dims_x}, .n = (size_t)c->dims_x},
               y = {.type = c->y, .rank = 1, .dims = {c->dims_y}, .n = (size_t)c->dims_y}, out[2] = {{.type = DT_NONE}};
    const ref_tensor *in[] = {&x, c->y != DT_NONE ? &y : NULL};
    ref_tensor *outs[] = {&out[0], &out[1]};
    if (s == NN_OK && c->op != NULL) {
        ref_node node = {.op = op_find(ops, c->op),
                         .attrs = &c->attr,
                         .n_attrs = c->attr.name != NULL,
                         .inputs = in,
                         .n_inputs = c->y != DT_NONE ? 2 : 1,
                         .outputs = outs,
                         .n_outputs = (size_t)c->outputs};
        s = ref_infer_types(t, &node, &scratch, err);
        s = s == NN_OK ? ref_infer_shapes(t, &node, 1000000, &scratch, err) : s;
        *last = out[c->outputs - 1];
        node.op = -1;
        nn_error other;
        assert_int_equal(ref_infer_types(t, &node, &scratch, &other), NN_ERR_TABLE);
        assert_non_null(strstr(other.message, "the operator is not in the table"));
    }
    arena_free(&scratch);
    ref_table_free(t);
    op_set_free(ops);
    return s;
}

static void types_and_shapes_of_nodes(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const infer_case *c = &cases[k];
        nn_error err = {.message = ""};
        ref_tensor last;
        nn_status s = infer(c, &last, &err);
        if (s != (c->message != NULL ? NN_ERR_TABLE : NN_OK) || (c->message != NULL && strstr(err.message, c->message) == NULL))
            print_error("case %zu: %s\n", k, err.message);
        assert_int_equal(s, c->message != NULL ? NN_ERR_TABLE : NN_OK);
        if (c->message != NULL) {
            assert_non_null(strstr(err.message, c->message));
            continue;
        }
        assert_int_equal(last.type, c->type);
        assert_int_equal(last.rank, c->rank);
        size_t n = 1;
        for (int d = 0; d < c->rank; d++) {
            assert_int_equal(last.dims[d], c->dims[d]);
            n *= (size_t)last.dims[d];
        }
        assert_int_equal(last.n, n);
    }
}

/* Two inputs of one type variable. */
static void inputs_of_two_types(void **state)
{
    (void)state;
    op_set *ops = NULL;
    ref_table *t = open_table(&ops, 17);
    arena scratch;
    nn_error err;
    arena_init(&scratch, 0);
    ref_tensor a = {.type = DT_FLOAT32}, b = {.type = DT_FLOAT16}, out = {.type = DT_NONE};
    const ref_tensor *in[] = {&a, &b};
    ref_tensor *outs[] = {&out};
    ref_node node = {.op = op_find(ops, "Add"), .inputs = in, .n_inputs = 2, .outputs = outs, .n_outputs = 1};
    assert_int_equal(ref_infer_types(t, &node, &scratch, &err), NN_ERR_TABLE);
    assert_non_null(strstr(err.message, "type float16 where float32 was expected, as elsewhere in the node"));
    b.type = DT_FLOAT32;
    assert_int_equal(ref_infer_types(t, &node, &scratch, &err), NN_OK);
    assert_int_equal(out.type, DT_FLOAT32);
    arena_free(&scratch);
    ref_table_free(t);
    op_set_free(ops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_output_has_a_shape),
        cmocka_unit_test(types_and_shapes_of_nodes),
        cmocka_unit_test(inputs_of_two_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
