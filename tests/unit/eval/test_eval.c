/* nn_eval on models put together by hand: outputs, runs with other inputs, what is missing; and every allocation fails in turn (in
 * builds with -DNN_STRESS). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base.h"
#include "onnx/tensor_file.h"

/* A graph with y = Operator(x, w), where w = [10, 20] is an initializer, and x has 2 elements. */
typedef struct {
    uint8_t bytes[400];
    size_t n;
} message;

static void put(message *m, const void *bytes, size_t n)
{
    assert_true(m->n + n <= sizeof m->bytes);
    memcpy(m->bytes + m->n, bytes, n);
    m->n += n;
}

/* A field of bytes; a number. */
static void field(message *m, uint8_t number, const void *bytes, size_t n)
{
    assert_true(n < 128);
    put(m, (uint8_t[]){(uint8_t)(number << 3 | 2), (uint8_t)n}, 2);
    put(m, bytes, n);
}

static void number(message *m, uint8_t field_number, uint8_t value)
{
    put(m, (uint8_t[]){(uint8_t)(field_number << 3), value}, 2);
}

static void text(message *m, uint8_t field_number, const char *s)
{
    field(m, field_number, s, strlen(s));
}

static void inner(message *m, uint8_t field_number, const message *part)
{
    field(m, field_number, part->bytes, part->n);
}

static message tensor(const char *name, const float *x, size_t n)
{
    message t = {.n = 0};
    number(&t, 1, (uint8_t)n);
    number(&t, 2, 1);
    text(&t, 8, name);
    field(&t, 9, x, n * sizeof *x);
    return t;
}

static message info(const char *name)
{
    message dim = {.n = 0}, shape = dim, of = dim, type = dim, v = dim;
    number(&dim, 1, 2);
    inner(&shape, 1, &dim);
    number(&of, 1, 1);
    inner(&of, 2, &shape);
    inner(&type, 1, &of);
    text(&v, 1, name);
    inner(&v, 2, &type);
    return v;
}

static message model(const char *op, const char *domain)
{
    static const float weights[] = {10, 20};
    message node = {.n = 0}, graph = node, opset = node, m = node, w = tensor("w", weights, 2), x = info("x"), y = info("y");
    text(&node, 1, "x");
    text(&node, 1, "w");
    text(&node, 2, "y");
    text(&node, 4, op);
    text(&node, 7, domain);
    inner(&graph, 1, &node);
    inner(&graph, 5, &w);
    inner(&graph, 11, &x);
    inner(&graph, 12, &y);
    number(&opset, 2, 17);
    inner(&m, 7, &graph);
    inner(&m, 8, &opset);
    return m;
}

static nn_status set(nn_eval *e, float a, float b, nn_error *err)
{
    message t = tensor("", (const float[]){a, b}, 2);
    return nn_eval_set(e, "x", t.bytes, t.n, err);
}

static void expect(nn_eval *e, const char *name, double a, double b)
{
    nn_error err;
    const void *bytes;
    size_t n;
    tensor_file f;
    double v[2], bound[2];
    assert_int_equal(nn_eval_value(e, name, &bytes, &n, &err), NN_OK);
    assert_int_equal(tensor_file_bytes(&f, bytes, n, 1000, "value", &err), NN_OK);
    assert_string_equal(f.tensors[0].name, name);
    assert_int_equal(f.tensors[0].n, 2);
    file_tensor_reals(&f.tensors[0], v);
    tensor_file_free(&f);
    assert_int_equal(nn_eval_bound(e, name, &bytes, &n, &err), NN_OK);
    assert_int_equal(tensor_file_bytes(&f, bytes, n, 1000, "bound", &err), NN_OK);
    file_tensor_reals(&f.tensors[0], bound);
    tensor_file_free(&f);
    assert_true(v[0] == a && v[1] == b);
    assert_true(bound[0] >= 0 && bound[0] < 1e-4 && bound[1] >= 0 && bound[1] < 1e-4);
}

static void outputs_of_two_runs(void **state)
{
    (void)state;
    message m = model("Add", "");
    nn_error err;
    nn_eval *e = NULL, *other = NULL;
    assert_int_equal(nn_eval_open(&e, m.bytes, m.n, NULL, &err), NN_OK);
    assert_int_equal(nn_eval_opset(e), 17);
    assert_string_equal(nn_eval_input(e, 0), "x");
    assert_null(nn_eval_input(e, 1));
    assert_string_equal(nn_eval_output(e, 0), "y");
    assert_null(nn_eval_output(e, 1));
    assert_int_equal(nn_eval_run(e, &err), NN_ERR_USAGE);
    assert_non_null(strstr(err.message, "no value is given for input \"x\""));
    assert_int_equal(set(e, 1, 2, &err), NN_OK);
    for (int k = 0; k < 2; k++) { /* inputs stay */
        assert_int_equal(nn_eval_run(e, &err), NN_OK);
        expect(e, "y", 11, 22);
    }
    assert_int_equal(set(e, -10, 0.5f, &err), NN_OK);
    assert_int_equal(nn_eval_run(e, &err), NN_OK);
    expect(e, "y", 0, 20.5);
    /* Another model with the same table. */
    m = model("Mul", "ai.onnx");
    assert_int_equal(nn_eval_open(&other, m.bytes, m.n, &(nn_eval_config){.like = e, .all = 1}, &err), NN_OK);
    assert_int_equal(set(other, 3, 4, &err), NN_OK);
    assert_int_equal(nn_eval_run(other, &err), NN_OK);
    expect(other, "y", 30, 80);
    expect(other, "w", 10, 20);
    nn_eval_close(other);
    nn_eval_close(e);
}

static void count(void *data, const char *what)
{
    assert_non_null(strstr(what, "node 0 (Add)"));
    ++*(int *)data;
}

static void what_is_wrong(void **state)
{
    (void)state;
    message m = model("Add", "some.where");
    int told = 0;
    nn_error err;
    nn_eval *e = NULL;
    assert_int_equal(nn_eval_open(&e, m.bytes, m.n, &(nn_eval_config){.tell = count, .data = &told}, &err), NN_ERR_UNSUPPORTED);
    assert_null(e);
    assert_int_equal(told, 1);
    assert_int_equal(nn_eval_open(&e, m.bytes, m.n - 1, NULL, &err), NN_ERR_IO);
    assert_int_equal(nn_eval_open(&e, NULL, 0, NULL, &err), NN_ERR_USAGE);
    m = model("Add", "");
    assert_int_equal(nn_eval_open(&e, m.bytes, m.n, &(nn_eval_config){.max_bytes = 64}, &err), NN_OK);
    assert_int_equal(nn_eval_set(e, "w2", m.bytes, 1, &err), NN_ERR_USAGE);
    assert_int_equal(nn_eval_set(e, "x", m.bytes, 1, &err), NN_ERR_IO);
    message three = tensor("x", (const float[]){1, 2, 3}, 3);
    assert_int_equal(nn_eval_set(e, "x", three.bytes, three.n, &err), NN_ERR_USAGE);
    assert_int_equal(set(e, 1, 2, &err), NN_OK);
    assert_int_equal(nn_eval_run(e, &err), NN_ERR_BUILD); /* three tensors of two elements need 96 bytes */
    const void *bytes;
    size_t n;
    assert_int_equal(nn_eval_value(e, "y", &bytes, &n, &err), NN_ERR_USAGE);
    assert_int_equal(nn_eval_value(NULL, "y", &bytes, &n, &err), NN_ERR_USAGE);
    nn_eval_close(e);
    nn_eval_close(NULL);
}

#ifdef NN_STRESS
static nn_status attempt(const message *m, const nn_eval *like, nn_error *err)
{
    const void *bytes;
    size_t n;
    nn_eval *e = NULL;
    nn_status s = nn_eval_open(&e, m->bytes, m->n, &(nn_eval_config){.like = like}, err);
    s = s == NN_OK ? set(e, 1, 2, err) : s;
    s = s == NN_OK ? nn_eval_run(e, err) : s;
    s = s == NN_OK ? nn_eval_value(e, "y", &bytes, &n, err) : s;
    s = s == NN_OK ? nn_eval_bound(e, "y", &bytes, &n, err) : s;
    nn_eval_close(e);
    return s;
}

static void every_allocation_fails(void **state)
{
    (void)state;
    message m = model("Add", "");
    nn_error err;
    nn_eval *like = NULL;
    assert_int_equal(nn_eval_open(&like, m.bytes, m.n, NULL, &err), NN_OK);
    nn_status s = NN_ERR_NOMEM;
    for (long n = 1; s != NN_OK && n < 2000; n++) {
        nn_stress_fail_at(n);
        s = attempt(&m, like, &err);
        nn_stress_fail_at(0);
        assert_true(s == NN_OK || s == NN_ERR_NOMEM);
    }
    assert_int_equal(s, NN_OK);
    nn_eval_close(like);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_of_two_runs),
        cmocka_unit_test(what_is_wrong),
#ifdef NN_STRESS
        cmocka_unit_test(every_allocation_fails),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
