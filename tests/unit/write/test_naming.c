/* Names of tensors, nodes and models. */
#include "write/written_model.h"
#include "write/naming.h"

#include <string.h>

static bool is_identifier(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    return n > 0 && s[n] == '\0' && !(s[0] >= '0' && s[0] <= '9');
}

static op_input in(const char *name, int arity)
{
    return (op_input){.name = name, .min_arity = 1, .max_arity = arity};
}

static void names_come_from_the_table(void **state)
{
    (void)state;
    /* an operator whose input and output have the same name, and a variadic one */
    op_input norm_in[] = {in("X", 1), in("mean", 1)}, cat_in[] = {in("axis", 1), in("inputs", 8)};
    op_output norm_out[] = {{.name = "Y"}, {.name = "mean"}}, cat_out[] = {{.name = "parts", .variadic = true}};
    op_model ops[] = {{.name = "Norm", .inputs = norm_in, .n_inputs = 2, .outputs = norm_out, .n_outputs = 2},
                      {.name = "Cat", .inputs = cat_in, .n_inputs = 2, .outputs = cat_out, .n_outputs = 1}};
    op_set set = {.ops = ops, .n_ops = 2};
    hand_begin(&h);
    int32_t x = hand_tensor(&h, TENSOR_INPUT, DT_FLOAT32, DIMS(4), 0, 1);
    content c = {.kind = CONTENT_UNIFORM, .lo = 0, .hi = 1};
    int32_t mean = hand_init(&h, DT_FLOAT32, DIMS(4), c), part = hand_init(&h, DT_FLOAT32, DIMS(4), c);
    int32_t y = hand_node(&h, "Norm", NULL, 0, DT_FLOAT32, DIMS(4), x, mean, -2);
    int32_t second = hand_tensor(&h, TENSOR_NODE, DT_FLOAT32, DIMS(4), 0, 1);
    hand_use(&h, second, &h.nodes[0].outputs, &h.nodes[0].n_outputs);
    int32_t z = hand_node(&h, "Cat", NULL, 0, DT_FLOAT32, DIMS(4), mean, y, part, second, -2);
    h.nodes[1].op = 1;
    int32_t z1 = hand_tensor(&h, TENSOR_NODE, DT_FLOAT32, DIMS(4), 0, 1);
    hand_use(&h, z1, &h.nodes[1].outputs, &h.nodes[1].n_outputs);
    nn_error err;
    assert_int_equal(model_names_new(&names, &h.g, &set, &mem, &err), NN_OK);
    assert_string_equal(names.tensors[x], "input_0");
    assert_string_equal(names.nodes[0], "Norm_0");
    assert_string_equal(names.tensors[y], "Norm_0_Y");
    assert_string_equal(names.tensors[second], "Norm_0_mean");
    assert_string_equal(names.tensors[mean], "init_Norm_0_mean"); /* of its first consumer, and not like the output */
    assert_string_equal(names.nodes[1], "Cat_1");
    assert_string_equal(names.tensors[z], "Cat_1_parts0");
    assert_string_equal(names.tensors[z1], "Cat_1_parts1");
    assert_string_equal(names.tensors[part], "init_Cat_1_inputs2");
    for (size_t i = 0; i < h.g.n_tensors; i++) {
        assert_true(is_identifier(names.tensors[i]));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(names.tensors[i], names.tensors[k]);
    }
}

static void nodes_are_named_by_position(void **state)
{
    (void)state;
    h.order[4] = 5; /* the last two have no order of their own */
    h.order[5] = 4;
    nn_error err;
    assert_int_equal(model_names_new(&names, &h.g, NULL, &mem, &err), NN_OK);
    assert_string_equal(names.nodes[5], "Reshape_4");
    assert_string_equal(names.nodes[4], "Transpose_5");
    Onnx__ModelProto *m = written();
    assert_string_equal(m->graph->node[4]->name, "Reshape_4");
    onnx__model_proto__free_unpacked(m, NULL);
}

static void model_names_are_padded(void **state)
{
    (void)state;
    char name[MODEL_NAME_SIZE];
    model_name(name, 0, 1);
    assert_string_equal(name, "test_000000");
    model_name(name, 1234567, 1);
    assert_string_equal(name, "test_1234567");
    model_name(name, 7, 3); /* copies follow one another */
    assert_string_equal(name, "test_000002_v1");
    model_name(name, 6, 3);
    assert_string_equal(name, "test_000002");
}

static void indices_of_names(void **state)
{
    (void)state;
    static const uint64_t indices[] = {0, 7, 999999, 1000000, 9999999, 123456789012345678};
    for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++) {
        char name[MODEL_NAME_SIZE];
        uint64_t back = 1;
        for (uint64_t copies = 1; copies <= 5; copies += 2) {
            model_name(name, indices[i], copies);
            assert_true(model_index(name, copies, &back));
            assert_true(back == indices[i]);
        }
    }
    static const char *const others[] = {"",
                                         "test_",
                                         "test_7",
                                         "test_0000007",
                                         "test_000007 ",
                                         "test_00000a",
                                         "test_-00007",
                                         "Test_000007",
                                         "test-000007",
                                         "test_000007/x",
                                         "test_000007_v0",
                                         "test_000007_v3",
                                         "test_000007_v01",
                                         "test_000007_v",
                                         "test_99999999999999999999999999999999999999"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        uint64_t back;
        if (model_index(others[i], 1, &back) || model_index(others[i], 3, &back))
            fail_msg("%s", others[i]);
    }
}

#ifdef NN_STRESS
static void no_memory(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        arena a;
        arena_init(&a, 64); /* nearly every allocation of the arena is one of the counted */
        model_names own;
        nn_error err = {0};
        nn_stress_fail_at(n);
        nn_status s = model_names_new(&own, &h.g, NULL, &a, &err);
        nn_stress_fail_at(0);
        arena_free(&a);
        if (s == NN_OK) {
            assert_true(n > 5);
            return;
        }
        assert_int_equal(s, NN_ERR_NOMEM);
        assert_string_equal(err.message, "out of memory");
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_come_from_the_table),
        TEST(nodes_are_named_by_position),
        TEST(model_names_are_padded),
        cmocka_unit_test(indices_of_names),
#ifdef NN_STRESS
        TEST(no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
