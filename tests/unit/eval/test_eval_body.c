/* A model with a function, a loop, a scan and a branch: what it computes, other values of its numbers, models of which parts are
 * damaged, and every allocation fails in turn (in builds with -DNN_STRESS). */
#include "onnx/hand_model.h"
#include "onnx/tensor_file.h"

static buffer built;

/* A node whose attributes, a graph and a number, may be absent. */
static void put(buffer *g, unsigned place, const char *op, const char *domain, const char *in, const char *out, const char *name,
                const buffer *body)
{
    static buffer n, a;
    n.n = a.n = 0;
    words(&n, 1, in);
    words(&n, 2, out);
    text(&n, 4, op);
    text(&n, 7, domain);
    if (body != NULL) {
        text(&a, 1, name);
        field(&a, 6, body->bytes, body->n);
        number(&a, 20, 5);
        field(&n, 5, a.bytes, a.n);
    }
    if (strcmp(op, "Scan") == 0) {
        a.n = 0;
        text(&a, 1, "num_scan_inputs");
        number(&a, 3, 1);
        number(&a, 20, 2);
        field(&n, 5, a.bytes, a.n);
    }
    field(g, place, n.bytes, n.n);
}

static void branch(buffer *g, const buffer *then, const buffer *other)
{
    static buffer n, a;
    n.n = 0;
    words(&n, 1, "c");
    words(&n, 2, "y");
    text(&n, 4, "If");
    for (int k = 0; k < 2; k++) {
        a.n = 0;
        text(&a, 1, k == 0 ? "then_branch" : "else_branch");
        field(&a, 6, k == 0 ? then->bytes : other->bytes, k == 0 ? then->n : other->n);
        number(&a, 20, 5);
        field(&n, 5, a.bytes, a.n);
    }
    field(g, 1, n.bytes, n.n);
}

static void constant(buffer *g, const char *name, unsigned type, const void *bytes, size_t n, unsigned length)
{
    buffer t = {.n = 0};
    if (length > 0)
        number(&t, 1, length);
    number(&t, 2, type);
    text(&t, 8, name);
    field(&t, 9, bytes, n);
    field(g, 5, t.bytes, t.n);
}

/* t = x + x by a function; l = the w added n times; z = the squares of l, element by element; y = z or -z. */
static void build(int64_t turns, bool then)
{
    static buffer g, body, first, second, f;
    static const float w[] = {10, 20};
    const uint8_t choice = then;
    g.n = body.n = first.n = second.n = f.n = 0;
    put(&g, 1, "twice", "own", "x", "t", NULL, NULL);
    put(&body, 1, "Identity", "", "on", "go", NULL, NULL);
    put(&body, 1, "Add", "", "s w", "u", NULL, NULL);
    named(&body, 11, 1, "i");
    named(&body, 11, 1, "on");
    named(&body, 11, 1, "s");
    named(&body, 12, 1, "go");
    named(&body, 12, 1, "u");
    put(&g, 1, "Loop", "", "n  t", "l", "body", &body);
    body.n = 0;
    put(&body, 1, "Mul", "", "a a", "b", NULL, NULL);
    named(&body, 11, 1, "a");
    named(&body, 12, 1, "b");
    put(&g, 1, "Scan", "", "l", "z", "body", &body);
    put(&first, 1, "Identity", "", "z", "r", NULL, NULL);
    named(&first, 12, 1, "r");
    put(&second, 1, "Neg", "", "z", "r", NULL, NULL);
    named(&second, 12, 1, "r");
    branch(&g, &first, &second);
    constant(&g, "w", 1, w, sizeof w, 2);
    constant(&g, "n", 7, &turns, sizeof turns, 0);
    constant(&g, "c", 9, &choice, 1, 0);
    buffer x = {.n = 0}, type = x, of = x;
    number(&of, 1, 1);
    field(&type, 1, of.bytes, of.n);
    text(&x, 1, "x");
    field(&x, 2, type.bytes, type.n);
    field(&g, 11, x.bytes, x.n);
    named(&g, 12, 1, "y");
    model(&built, &g);
    text(&f, 1, "twice");
    text(&f, 4, "p");
    text(&f, 5, "q");
    put(&f, 7, "Add", "", "p p", "q", NULL, NULL);
    text(&f, 10, "own");
    field(&built, 25, f.bytes, f.n);
    buffer opset = {.n = 0};
    number(&opset, 2, 17);
    field(&built, 8, opset.bytes, opset.n);
}

static nn_status attempt(const nn_eval *like, double y[2], nn_error *err)
{
    static const float x[] = {1, 2};
    buffer t = {.n = 0};
    const void *bytes;
    size_t n;
    tensor_file f;
    nn_eval *e = NULL;
    number(&t, 1, 2);
    number(&t, 2, 1);
    field(&t, 9, x, sizeof x);
    nn_status s = nn_eval_open(&e, built.bytes, built.n, &(nn_eval_config){.like = like, .max_work = 200000}, err);
    s = s == NN_OK ? nn_eval_set(e, "x", t.bytes, t.n, err) : s;
    s = s == NN_OK ? nn_eval_run(e, err) : s;
    s = s == NN_OK ? nn_eval_value(e, "y", &bytes, &n, err) : s;
    s = s == NN_OK ? tensor_file_bytes(&f, bytes, n, 100, "y", err) : s;
    if (s == NN_OK && f.tensors[0].n == 2)
        file_tensor_reals(&f.tensors[0], y);
    if (s == NN_OK)
        tensor_file_free(&f);
    nn_eval_close(e);
    return s;
}

static void values(void **state)
{
    (void)state;
    nn_error err;
    double y[2] = {0};
    build(2, true);
    assert_int_equal(attempt(NULL, y, &err), NN_OK);
    assert_true(y[0] == 484 && y[1] == 1936);
    build(0, false);
    assert_int_equal(attempt(NULL, y, &err), NN_OK);
    assert_true(y[0] == -4 && y[1] == -16);
    build(INT64_MAX, false);
    assert_int_equal(attempt(NULL, y, &err), NN_ERR_BUILD);
    assert_string_equal(err.message, "node 1 (Loop), body, the evaluation takes more than 200000 steps");
}

/* Each byte in turn has other values. Whatever happens, nothing is read out of bounds, and nothing hangs. */
static void damaged(void **state)
{
    (void)state;
    static buffer whole;
    nn_error err;
    nn_eval *like = NULL;
    double y[2];
    build(2, true);
    assert_int_equal(nn_eval_open(&like, built.bytes, built.n, NULL, &err), NN_OK);
    whole = built;
    for (size_t i = 0; i < whole.n; i++)
        for (int k = 0; k < 5; k++) {
            static const uint8_t flips[] = {1, 2, 4, 0x20, 0x80};
            built = whole;
            built.bytes[i] ^= flips[k];
            nn_status s = attempt(like, y, &err);
            assert_true(s == NN_OK || s == NN_ERR_IO || s == NN_ERR_UNSUPPORTED || s == NN_ERR_BUILD || s == NN_ERR_USAGE);
            assert_true(s == NN_OK || err.message[0] != '\0');
        }
    for (size_t i = 0; i < whole.n; i++) {
        built = whole;
        built.n = i;
        assert_int_not_equal(attempt(like, y, &err), NN_ERR_NOMEM);
    }
    nn_eval_close(like);
}

#ifdef NN_STRESS
static void every_allocation_fails(void **state)
{
    (void)state;
    nn_error err;
    nn_eval *like = NULL;
    double y[2] = {0};
    build(2, true);
    assert_int_equal(nn_eval_open(&like, built.bytes, built.n, NULL, &err), NN_OK);
    nn_status s = NN_ERR_NOMEM;
    for (long n = 1; s != NN_OK && n < 5000; n++) {
        nn_stress_fail_at(n);
        s = attempt(like, y, &err);
        nn_stress_fail_at(0);
        assert_true(s == NN_OK || s == NN_ERR_NOMEM);
    }
    assert_int_equal(s, NN_OK);
    assert_true(y[0] == 484 && y[1] == 1936);
    nn_eval_close(like);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(damaged),
#ifdef NN_STRESS
        cmocka_unit_test(every_allocation_fails),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
