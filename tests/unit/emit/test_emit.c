/* The command on a model put together by hand: what it prints and writes, what it refuses; and every allocation fails in turn (in
 * builds with -DNN_STRESS). */
#include "../folder.h"
#include "../onnx/hand_model.h"
#include "emit/emit.h"

/* y = Operator(x), where x has shape [2] and element type `type`. */
static const char *write_model(const char *op, uint64_t type)
{
    buffer dim = {.n = 0}, shape = {.n = 0}, tensor = {.n = 0}, kind = {.n = 0}, info = {.n = 0}, node = {.n = 0}, graph = {.n = 0},
           opset = {.n = 0}, model = {.n = 0};
    number(&dim, 1, 2);
    field(&shape, 1, dim.bytes, dim.n);
    number(&tensor, 1, type);
    field(&tensor, 2, shape.bytes, shape.n);
    field(&kind, 1, tensor.bytes, tensor.n);
    text(&info, 1, "x");
    field(&info, 2, kind.bytes, kind.n);
    text(&node, 1, "x");
    text(&node, 2, "y");
    text(&node, 4, op);
    field(&graph, 1, node.bytes, node.n);
    text(&graph, 2, "g");
    field(&graph, 11, info.bytes, info.n);
    info.n = 0;
    text(&info, 1, "y");
    field(&info, 2, kind.bytes, kind.n);
    field(&graph, 12, info.bytes, info.n);
    number(&opset, 2, 17);
    number(&model, 1, 8);
    field(&model, 7, graph.bytes, graph.n);
    field(&model, 8, opset.bytes, opset.n);
    folder_put("model.onnx", model.bytes, model.n);
    return folder_path("model.onnx");
}

static void tell(void *data, const char *message)
{
    (void)data;
    (void)message;
}

static nn_status emit(json_line *out, const char *path, const char *as, const char *file, nn_error *err)
{
    char words[6][100] = {"", "--as", "", "--out", ""}, *argv[6];
    for (size_t i = 0; i < 6; i++)
        argv[i] = words[i];
    (void)snprintf(words[0], sizeof words[0], "%s", path);
    (void)snprintf(words[2], sizeof words[2], "%s", as);
    (void)snprintf(words[4], sizeof words[4], "%s/%s", folder, file != NULL ? file : "");
    return emit_run_command(file != NULL ? 5 : 3, argv, out, tell, NULL, err);
}

static void expect_text(const json_line *out, const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i + n <= out->size; i++)
        if (memcmp(out->bytes + i, text, n) == 0)
            return;
    fail_msg("no %s in %.*s", text, (int)out->size, out->bytes);
}

static void programs_of_a_model(void **state)
{
    (void)state;
    static const char *const all[][2] = {
        {"onnx", "        node(\"Relu\", [\"x\"], [\"y\"]),\n"},
        {"torch", "    def forward(self, x):\n        y = torch.relu(x)  # Relu\n        return y\n"},
        {"tensorflow", "    def __call__(self, x):\n        y = tf.nn.relu(x)  # Relu\n        return y\n"}};
    nn_error err;
    const char *path = write_model("Relu", 1);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        json_line out = {.bytes = NULL};
        if (emit(&out, path, all[i][0], NULL, &err) != NN_OK)
            fail_msg("%s", err.message);
        expect_text(&out, all[i][1]);
        expect_text(&out, "\"x\": np.array([-0.828125, ");
        nn_free(out.bytes);
    }
}

static void what_is_refused(void **state)
{
    (void)state;
    json_line out = {.bytes = NULL};
    nn_error err;
    assert_int_equal(emit(&out, write_model("None", 1), "torch", NULL, &err), NN_ERR_UNSUPPORTED);
    assert_int_equal(emit(&out, write_model("Relu", 8), "onnx", NULL, &err), NN_ERR_UNSUPPORTED);
    assert_string_equal(err.message, "input \"x\": neither a value nor a type and shape are stored");
    assert_int_equal(emit(&out, write_model("Relu", 1), "torch", "none/x.py", &err), NN_ERR_IO);
    assert_int_equal(out.size, 0);
    nn_free(out.bytes);
}

#ifdef NN_STRESS
static void every_allocation_fails(void **state)
{
    (void)state;
    nn_error err;
    static const char *const all[] = {"onnx", "torch"};
    const char *path = write_model("Relu", 1);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        nn_status s = NN_ERR_NOMEM;
        for (long n = 1; s != NN_OK && n < 100000; n += n < 200 ? 1 : n / 20) {
            json_line out = {.bytes = NULL};
            nn_stress_fail_at(n);
            s = emit(&out, path, all[i], "x.py", &err);
            nn_stress_fail_at(0);
            nn_free(out.bytes);
            assert_true(s == NN_OK || s == NN_ERR_NOMEM);
        }
        assert_int_equal(s, NN_OK);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_of_a_model),
        cmocka_unit_test(what_is_refused),
#ifdef NN_STRESS
        cmocka_unit_test(every_allocation_fails),
#endif
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
