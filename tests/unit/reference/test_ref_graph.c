/* Reference values of graphs made by hand, from bytes to bytes, with the built-in table; and every allocation fails in turn (in
 * builds with -DNN_STRESS). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hand_graph.h"
#include "reference/ref_graph.h"

static op_set *ops;
static ref_table *table;
static arena results, scratch;

static nn_status open_table(nn_error *err)
{
    nn_status s = op_set_new_typed(&ops, spec_embedded, spec_embedded_count, NULL, 17, UINT32_MAX, err);
    return s == NN_OK ? ref_table_new(&table, ops, spec_embedded_compute, spec_embedded_compute_count, err) : s;
}

static int set_up(void **state)
{
    (void)state;
    nn_error err;
    arena_init(&results, 0);
    arena_init(&scratch, 0);
    nn_status s = open_table(&err);
    if (s != NN_OK)
        print_error("%s\n", err.message);
    return s == NN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ref_table_free(table);
    op_set_free(ops);
    arena_free(&results);
    arena_free(&scratch);
    return 0;
}

static double contents_of[2000]; /* enough bytes for each */

/* The same numbers for every tensor that is not computed. */
static nn_status numbers(void *data, const graph *g, int32_t tensor, const void **bytes, nn_error *err)
{
    (void)g;
    (void)tensor;
    (void)err;
    *bytes = data;
    return NN_OK;
}

/* Graph outputs keep their contents. */
static void all_are_outputs(hand *h)
{
    for (size_t i = 0; i < h->g.n_tensors; i++)
        h->g.tensors[i].output = true;
}

static void a_graph_is_computed(void **state)
{
    (void)state;
    static const attr_value leaky[] = {{.name = "alpha", .kind = ATTR_FLOAT, .f = 0.125}};
    hand h;
    nn_error err;
    ref_tensor *t;
    const char *problem = "";
    hand_begin(&h);
    int32_t x = hand_tensor(&h, TENSOR_INPUT, DT_FLOAT32, DIMS(2, 2), -9, 9),
            w = hand_init(&h, DT_FLOAT32, DIMS(2), (content){.kind = CONTENT_UNIFORM});
    int32_t sum = hand_node(&h, "Add", NULL, 0, DT_FLOAT32, DIMS(2, 2), x, w, -2);
    int32_t y = hand_node(&h, "LeakyRelu", leaky, 1, DT_FLOAT32, DIMS(2, 2), sum, -2);
    int32_t z = hand_node(&h, "Exp", NULL, 0, DT_FLOAT32, DIMS(2, 2), y, -2);
    static const float in[] = {1, -8, 2, 0.5f};
    memcpy(contents_of, in, sizeof in);
    all_are_outputs(&h);
    assert_int_equal(ref_graph_compute(table, ops, &h.g, numbers, contents_of, &t, &problem, &results, &scratch, &err), NN_OK);
    assert_null(problem);
    static const double sums[] = {2, -16, 3, -7.5}, after[] = {2, -2, 3, -0.9375};
    for (size_t i = 0; i < 4; i++) {
        assert_true(t[sum].v[i] == sums[i] && t[sum].e[i] == 0);
        assert_true(t[y].v[i] == after[i] && t[y].e[i] == 0);
        assert_true(fabs(t[z].v[i] - exp(after[i])) <= t[z].e[i] && t[z].e[i] < 1e-5 * exp(after[i]));
    }
}

/* A tensor in an attribute is read as an initializer is, whole numbers exactly. */
static void held_tensors_are_read(void **state)
{
    (void)state;
    static const int64_t whole[] = {INT64_MAX, -5, 1, 0};
    static const float real[] = {0.5f, -2, 3, 7};
    static const uint8_t truth[] = {1, 0, 0, 1};
    static const struct {
        dtype type;
        const void *bytes;
        size_t size;
    } rows[] = {{DT_INT64, whole, sizeof whole}, {DT_FLOAT32, real, sizeof real}, {DT_BOOL, truth, sizeof truth}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        attr_value held = {.name = "value", .kind = ATTR_HELD};
        hand h;
        nn_error err;
        ref_tensor *t;
        const char *problem = "";
        hand_begin(&h);
        int32_t x = hand_node(&h, "Constant", &held, 1, rows[k].type, DIMS(2, 2), -2);
        held.i = x;
        memcpy(contents_of, rows[k].bytes, rows[k].size);
        all_are_outputs(&h);
        assert_int_equal(ref_graph_compute(table, ops, &h.g, numbers, contents_of, &t, &problem, &results, &scratch, &err), NN_OK);
        assert_null(problem);
        for (size_t i = 0; i < 4; i++) {
            if (rows[k].type == DT_FLOAT32)
                assert_true(t[x].v[i] == (double)real[i] && t[x].e[i] == 0);
            else
                assert_true(t[x].w != NULL && t[x].w[i] == (rows[k].type == DT_BOOL ? truth[i] : whole[i]));
        }
    }
}

/* What no node needs any more is freed, also where a tensor is used twice or never. */
static void inner_tensors_are_freed(void **state)
{
    (void)state;
    hand h;
    nn_error err;
    ref_tensor *t;
    hand_begin(&h);
    int32_t x = hand_tensor(&h, TENSOR_INPUT, DT_FLOAT32, DIMS(2, 2), -9, 9);
    int32_t a = hand_node(&h, "Neg", NULL, 0, DT_FLOAT32, DIMS(2, 2), x, -2);
    int32_t b = hand_node(&h, "Add", NULL, 0, DT_FLOAT32, DIMS(2, 2), a, a, -2);
    int32_t unused = hand_node(&h, "Abs", NULL, 0, DT_FLOAT32, DIMS(2, 2), b, -2);
    int32_t y = hand_node(&h, "Sub", NULL, 0, DT_FLOAT32, DIMS(2, 2), b, x, -2);
    h.g.tensors[y].output = true;
    const float values[] = {1, 2, 3, 4};
    memcpy(contents_of, values, sizeof values);
    assert_int_equal(ref_graph_compute(table, ops, &h.g, numbers, contents_of, &t, NULL, &results, &scratch, &err), NN_OK);
    for (size_t i = 0; i < 4; i++)
        assert_true(t[y].v[i] == -3 * (double)values[i] && t[x].v[i] == (double)values[i]);
    assert_true(t[a].v == NULL && t[b].v == NULL && t[unused].v == NULL);
}

/* A node that cannot be computed leaves nothing known behind it, and says why. */
static void what_fails_is_unknown(void **state)
{
    (void)state;
    hand h;
    nn_error err;
    ref_tensor *t;
    const char *problem = NULL;
    hand_begin(&h);
    int32_t x = hand_tensor(&h, TENSOR_INPUT, DT_FLOAT32, DIMS(2, 2), -9, 9);
    int32_t y = hand_node(&h, "Nothing", NULL, 0, DT_FLOAT32, DIMS(2, 2), x, -2);
    int32_t z = hand_node(&h, "Neg", NULL, 0, DT_FLOAT32, DIMS(2, 2), y, -2);
    int32_t n = hand_node(&h, "Conv", NULL, 0, DT_FLOAT32, DIMS(2, 2), x, -2);
    all_are_outputs(&h);
    assert_int_equal(ref_graph_compute(table, ops, &h.g, numbers, contents_of, &t, &problem, &results, &scratch, &err), NN_OK);
    assert_non_null(problem);
    assert_non_null(strstr(problem, "Nothing"));
    for (size_t i = 0; i < 4; i++)
        assert_true(isinf(t[y].e[i]) && isinf(t[z].e[i]) && isinf(t[n].e[i]));
}

/* Values come back from bytes, and bounds cover what rounding to the type moves. */
static void bytes_keep_values(void **state)
{
    (void)state;
    static const dtype types[] = {DT_FLOAT32, DT_FLOAT16, DT_DOUBLE, DT_INT8,  DT_UINT8,  DT_INT16,
                                  DT_UINT16,  DT_INT32,   DT_UINT32, DT_INT64, DT_UINT64, DT_BOOL};
    static const double numbers_of[] = {0, 1, 0.1, -3.25, 1e-8, 65504, 100};
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
        enum { N = 7 };
        double v[N], e[N];
        int64_t w[N];
        uint8_t raw[8 * N];
        float bounds[N];
        bool real = dtype_is_float(types[k]);
        ref_tensor t = {.type = types[k], .rank = 1, .dims = {N}, .n = N, .whole = !real}, back = t;
        double least = 0, largest = 0;
        dtype_limits(types[k], &least, &largest);
        for (size_t i = 0; i < N; i++) {
            v[i] = numbers_of[i];
            e[i] = i == 3 ? 0.25 : 0;
            w[i] = numbers_of[i] > largest ? 1 : numbers_of[i] < least ? 0 : (int64_t)numbers_of[i];
        }
        t.v = real ? v : NULL;
        t.e = real ? e : NULL;
        t.w = real ? NULL : w;
        ref_to_raw(&t, raw, bounds);
        assert_int_equal(ref_from_raw(&back, raw, &results, NULL), NN_OK);
        for (size_t i = 0; i < N; i++) {
            if (!real)
                assert_true(back.w[i] == w[i] && bounds[i] == 0);
            else
                assert_true(fabs(back.v[i] - v[i]) + e[i] <= (double)bounds[i] &&
                            (double)bounds[i] <= e[i] * 1.01 + fabs(v[i]) * 0x1p-10 + 0x1p-24);
        }
    }
}

/* Whole numbers with errors are rounded into their type; NaN and infinities stay. */
static void odd_values_have_bytes(void **state)
{
    (void)state;
    double v[] = {300, -3, 4.5e18}, e[] = {1, 0, 1e3};
    uint8_t raw[24];
    float bounds[3];
    ref_tensor t = {.type = DT_UINT8, .whole = true, .rank = 1, .dims = {3}, .n = 3, .v = v, .e = e};
    ref_to_raw(&t, raw, bounds);
    assert_true(raw[0] == 255 && raw[1] == 0 && bounds[0] >= 46 && bounds[1] >= 3);
    double s[] = {(double)NAN, (double)INFINITY, 1e300}, none[] = {0, 0, 0}, some[] = {1, 0, 0};
    float f[3];
    t = (ref_tensor){.type = DT_FLOAT32, .rank = 1, .dims = {3}, .n = 3, .v = s, .e = none};
    ref_to_raw(&t, f, bounds);
    assert_true(isnan(f[0]) && bounds[0] == 0 && isinf(f[1]) && bounds[1] == 0 && isinf(f[2]) && isinf(bounds[2]));
    t.e = some;
    ref_to_raw(&t, f, bounds);
    assert_true(isnan(f[0]) && isinf(bounds[0])); /* a NaN that is not sure */
}

/* Whatever its sign and payload, which processors choose. */
static void nan_has_one_form(void **state)
{
    (void)state;
    static const struct {
        dtype type;
        uint64_t bits;
    } rows[] = {{DT_FLOAT32, 0x7fc00000}, {DT_DOUBLE, UINT64_C(0x7ff8) << 48}, {DT_FLOAT16, 0x7e00}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        double v[] = {(double)NAN, -(double)NAN}, none[] = {0, 0};
        uint64_t payload = UINT64_C(0xfff4) << 48 | 1;
        memcpy(&v[1], &payload, sizeof payload);
        uint8_t raw[2 * sizeof(double)];
        float bounds[2];
        ref_tensor t = {.type = rows[k].type, .rank = 1, .dims = {2}, .n = 2, .v = v, .e = none};
        ref_to_raw(&t, raw, bounds);
        size_t size = dtype_size(rows[k].type);
        for (size_t i = 0; i < 2; i++) {
            uint64_t bits = 0;
            for (size_t b = size; b-- > 0;)
                bits = bits << 8 | raw[i * size + b];
            assert_true(bits == rows[k].bits && bounds[i] == 0);
        }
    }
}

#ifdef NN_STRESS
/* A tensor in an attribute, and functions of whole tensors and slices. */
static void hand_demanding(hand *h, attr_value *held)
{
    *held = (attr_value){.name = "value", .kind = ATTR_HELD};
    hand_begin(h);
    int32_t x = hand_node(h, "Constant", held, 1, DT_FLOAT32, DIMS(2, 2), -2);
    held->i = x;
    int32_t s = hand_node(h, "Softmax", NULL, 0, DT_FLOAT32, DIMS(2, 2), x, -2);
    int32_t l = hand_node(h, "LpNormalization", NULL, 0, DT_FLOAT32, DIMS(2, 2), s, -2);
    int32_t m = hand_node(h, "MatMul", NULL, 0, DT_FLOAT32, DIMS(2, 2), l, x, -2);
    hand_node(h, "Det", NULL, 0, DT_FLOAT32, SCALAR, m, -2);
    all_are_outputs(h);
}

static void allocations_fail_in(void (*make)(hand *h, attr_value *held))
{
    for (long n = 1, more = 1; more; n += n < 100 ? 1 : 37) {
        nn_error err = {.message = ""};
        op_set *own = NULL;
        ref_table *rules = NULL;
        ref_tensor *t;
        hand h;
        attr_value held;
        arena a = {0}, b = {0};
        make(&h, &held);
        nn_stress_fail_at(0);
        assert_int_equal(op_set_new_typed(&own, spec_embedded, spec_embedded_count, NULL, 17, UINT32_MAX, &err), NN_OK);
        nn_stress_fail_at(n);
        nn_status s = ref_table_new(&rules, own, spec_embedded_compute, spec_embedded_compute_count, &err);
        if (s == NN_OK)
            s = ref_graph_compute(rules, own, &h.g, numbers, contents_of, &t, NULL, &a, &b, &err);
        more = nn_stress_count() >= n;
        nn_stress_fail_at(0);
        assert_int_equal(s, more ? NN_ERR_NOMEM : NN_OK);
        ref_table_free(rules);
        op_set_free(own);
        arena_free(&a);
        arena_free(&b);
    }
}

static void make_small(hand *h, attr_value *held)
{
    (void)held;
    hand_small(h);
}

static void allocations_fail(void **state)
{
    (void)state;
    allocations_fail_in(make_small);
    allocations_fail_in(hand_demanding);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_graph_is_computed),   cmocka_unit_test(held_tensors_are_read), cmocka_unit_test(inner_tensors_are_freed),
        cmocka_unit_test(what_fails_is_unknown), cmocka_unit_test(bytes_keep_values),     cmocka_unit_test(odd_values_have_bytes),
        cmocka_unit_test(nan_has_one_form),
#ifdef NN_STRESS
        cmocka_unit_test(allocations_fail),
#endif
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
