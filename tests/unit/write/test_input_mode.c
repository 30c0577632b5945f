/* What sets of inputs are made of: lists of modes, how sets are dealt to them, and the values of each mode in each type. */
#include "write/input_mode.h"
#include "write/contents.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 4096 };

static arena scratch;

static int set_up(void **state)
{
    (void)state;
    arena_init(&scratch, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&scratch);
    return 0;
}

/* ---- lists ---- */

static void lists_of_modes(void **state)
{
    (void)state;
    input_modes m;
    nn_error err;
    assert_int_equal(input_modes_parse(&m, "special,uniform,normal,corners,uniform", &err), NN_OK);
    static const uint8_t modes[] = {INPUT_SPECIAL, INPUT_UNIFORM, INPUT_NORMAL, INPUT_CORNERS, INPUT_UNIFORM};
    assert_int_equal(m.n, 5);
    assert_memory_equal(m.mode, modes, 5);
    static const char *const wrong[] = {"",        ",",        "uniform,", ",uniform", "uniform,,normal",
                                        "Uniform", "uniform ", "unifor",   "uniforms", "pb"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char says[200];
        assert_int_equal(input_modes_parse(&m, wrong[i], &err), NN_ERR_USAGE);
        (void)snprintf(says, sizeof says,
                       "input-mode %s: expected uniform, normal, corners, special, ties or nan, separated by commas, at most 32",
                       wrong[i]);
        assert_string_equal(err.message, says);
    }
    char list[8 * (INPUT_LIST_MAX + 1)] = "normal";
    for (int i = 1; i < INPUT_LIST_MAX; i++)
        strcat(list, ",normal");
    assert_int_equal(input_modes_parse(&m, list, &err), NN_OK);
    assert_int_equal(m.n, INPUT_LIST_MAX);
    strcat(list, ",normal");
    assert_int_equal(input_modes_parse(&m, list, &err), NN_ERR_USAGE);
}

static void lists_of_formats(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        unsigned formats; /* 0: refused */
    } rows[] = {{"pb", INPUT_PB},
                {"npz", INPUT_NPZ},
                {"pb,npz", INPUT_PB | INPUT_NPZ},
                {"npz,pb", INPUT_PB | INPUT_NPZ},
                {"", 0},
                {"pb,pb", 0},
                {"npz,", 0},
                {"npy", 0},
                {"pb, npz", 0},
                {"PB", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned formats;
        nn_error err;
        nn_status s = input_formats_parse(&formats, rows[i].list, &err);
        assert_int_equal(s, rows[i].formats ? NN_OK : NN_ERR_USAGE);
        if (s == NN_OK)
            assert_int_equal(formats, rows[i].formats);
    }
}

/* Against counting. */
static void sets_are_dealt_in_turn(void **state)
{
    (void)state;
    static const char *const lists[] = {"uniform", "corners", "uniform,corners", "corners,corners,special",
                                        "special,normal,special,special,corners"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        input_modes m;
        uint64_t earlier, had[INPUT_MODES] = {0};
        assert_int_equal(input_modes_parse(&m, lists[i], NULL), NN_OK);
        for (uint64_t set = 0; set < 40; set++) {
            input_mode mode = input_mode_of(&m, set, &earlier);
            assert_int_equal(mode, m.mode[set % m.n]);
            assert_int_equal(earlier, had[mode]++);
        }
    }
    uint64_t earlier;
    assert_int_equal(input_mode_of(&(input_modes){.n = 0}, 9, &earlier), INPUT_UNIFORM);
}

/* ---- values ---- */

typedef struct {
    double x[MOST];
    uint8_t bytes[8 * MOST];
    size_t n;
} values;

static double half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double x = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
    return bits >> 15 ? -x : x;
}

static double read_value(dtype t, const uint8_t *p)
{
    union {
        float f;
        double d;
        uint16_t h;
        int8_t i8;
        uint8_t u8;
        int64_t i64;
    } v = {.i64 = 0};
    memcpy(&v, p, dtype_size(t));
    switch (t) {
    case DT_FLOAT32:
        return (double)v.f;
    case DT_DOUBLE:
        return v.d;
    case DT_FLOAT16:
        return half(v.h);
    case DT_INT8:
        return v.i8;
    case DT_INT64:
        return (double)v.i64;
    default: /* uint8 and bool */
        return v.u8;
    }
}

static const dtype types[] = {DT_FLOAT32, DT_FLOAT16, DT_DOUBLE, DT_INT8, DT_UINT8, DT_INT64, DT_BOOL};
enum { TYPES = sizeof types / sizeof types[0] };

static interval range_of(dtype t)
{
    return t == DT_BOOL ? iv(0, 1) : t == DT_UINT8 ? iv(2, 201) : iv(-100, 100);
}

static void fill(values *v, dtype t, interval range, int64_t n, const char *list, uint64_t set)
{
    input_modes m;
    bulk_rng r;
    nn_error err = {0};
    tensor_desc d = {.type = t, .rank = 1, .dims = {n}, .range = range};
    assert_int_equal(input_modes_parse(&m, list, NULL), NN_OK);
    values_stream(&r, 1, 2, VALUES_INPUT, set, 0);
    memset(v->bytes, 0xee, sizeof v->bytes);
    if (input_fill(v->bytes, &d, &m, set, &r, &scratch, &err) != NN_OK)
        fail_msg("%s", err.message);
    v->n = (size_t)n;
    for (size_t i = 0; i < v->n; i++)
        v->x[i] = read_value(t, v->bytes + i * dtype_size(t));
    for (size_t i = v->n * dtype_size(t); i < sizeof v->bytes; i++)
        assert_int_equal(v->bytes[i], 0xee); /* nothing is written behind the end */
}

static size_t count_of(const values *v, double x)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        n += v->x[i] == x;
    return n;
}

static void values_stay_inside_and_repeat(void **state)
{
    (void)state;
    static const char *const modes[] = {"uniform", "normal", "corners", "special"};
    static values v, again;
    for (size_t k = 0; k < TYPES; k++)
        for (size_t i = 0; i < 4; i++)
            for (uint64_t set = 0; set < 4; set++) {
                interval r = range_of(types[k]);
                fill(&v, types[k], r, 1000, modes[i], set);
                fill(&again, types[k], r, 1000, modes[i], set);
                assert_memory_equal(v.bytes, again.bytes, sizeof v.bytes);
                for (size_t e = 0; e < v.n; e++)
                    assert_true(v.x[e] >= r.lo && v.x[e] <= r.hi);
                fill(&v, types[k], r, 0, modes[i], set);
            }
}

static void corners_are_ends(void **state)
{
    (void)state;
    static values v;
    for (size_t k = 0; k < TYPES; k++) {
        interval r = range_of(types[k]);
        fill(&v, types[k], r, MOST, "corners", 0);
        assert_int_equal(count_of(&v, r.lo), MOST);
        fill(&v, types[k], r, MOST, "corners", 1);
        assert_int_equal(count_of(&v, r.hi), MOST);
        fill(&v, types[k], r, MOST, "corners", 2);
        size_t low = count_of(&v, r.lo);
        assert_int_equal(low + count_of(&v, r.hi), MOST);
        assert_in_range(low, MOST / 2 - 160, MOST / 2 + 160); /* five standard deviations */
        fill(&v, types[k], r, MOST, "uniform,corners", 1);    /* the first that is dealt to the corners */
        assert_int_equal(count_of(&v, r.lo), MOST);
    }
}

static void normal_has_its_moments(void **state)
{
    (void)state;
    static values v;
    for (size_t k = 0; k < TYPES; k++) {
        interval r = range_of(types[k]);
        if (types[k] == DT_BOOL)
            continue;
        double sum = 0, squares = 0, middle = (r.lo + r.hi) / 2, deviation = (r.hi - r.lo) / 4;
        size_t beyond = 0;
        fill(&v, types[k], r, MOST, "normal", 0);
        for (size_t i = 0; i < v.n; i++) {
            double z = (v.x[i] - middle) / deviation;
            sum += z;
            squares += z * z;
            beyond += fabs(z) > 1;
        }
        assert_true(fabs(sum / MOST) < 0.08);
        assert_true(fabs(squares / MOST - 0.92) < 0.1); /* a variance of 0.9205 when it is clipped at two deviations */
        assert_true(fabs((double)beyond / MOST - 0.317) < 0.04);
        size_t ends = count_of(&v, r.lo) + count_of(&v, r.hi);
        assert_in_range(ends, MOST * 2 / 100, MOST * 8 / 100); /* 4.6 % lie beyond and are clipped */
    }
}

static bool has_negative_zero(const values *v)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->x[i] == 0 && signbit(v->x[i]))
            return true;
    return false;
}

static void special_values_are_all_there(void **state)
{
    (void)state;
    static const struct {
        dtype type;
        double least, normal, beside; /* the least positive value, the least normal one, the neighbour of 100 below it */
    } rows[] = {{DT_FLOAT32, 0x1p-149, 0x1p-126, 100 - 0x1p-17},
                {DT_FLOAT16, 0x1p-24, 0x1p-14, 100 - 0x1p-4},
                {DT_DOUBLE, 0x1p-1074, 0x1p-1022, 100 - 0x1p-46}};
    static values v;
    for (size_t k = 0; k < 3; k++) {
        fill(&v, rows[k].type, iv(-100, 100), MOST, "special", 0);
        const double there[] = {0,   rows[k].least, rows[k].normal - rows[k].least, rows[k].normal, 0x1p-24, 1, 64,
                                100, rows[k].beside};
        for (size_t i = 0; i < sizeof there / sizeof there[0]; i++)
            if (count_of(&v, there[i]) == 0 || count_of(&v, -there[i]) == 0)
                fail_msg("type %d: %a", (int)rows[k].type, there[i]);
        assert_true(has_negative_zero(&v));
        assert_int_equal(count_of(&v, 128), 0);
        assert_true(count_of(&v, 0) > MOST / 6);              /* one class of four */
        fill(&v, rows[k].type, iv(5, 7), MOST, "special", 0); /* of all that, the ends and their neighbours alone */
        assert_int_equal(count_of(&v, 5) > 0 && count_of(&v, 7) > 0, 1);
        for (size_t i = 0; i < v.n; i++)
            assert_true(v.x[i] < 5.01 || v.x[i] > 6.99);
    }
    fill(&v, DT_INT8, iv(-100, 100), MOST, "special", 0);
    static const double whole[] = {0, 1, -1, 2, 64, -64, -100, -99, 99, 100};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        assert_true(count_of(&v, whole[i]) > 0);
    assert_int_equal(count_of(&v, 3) + count_of(&v, 128), 0);
    fill(&v, DT_UINT8, iv(7, 7), MOST, "special", 0);
    assert_int_equal(count_of(&v, 7), MOST);
}

/* Ends of the type: no overflow on the way. */
static void widest_intervals(void **state)
{
    (void)state;
    static const char *const modes[] = {"normal", "corners", "special"};
    static values v;
    for (size_t i = 0; i < 3; i++)
        for (uint64_t set = 0; set < 3; set++) {
            fill(&v, DT_DOUBLE, iv(-DBL_MAX, DBL_MAX), 500, modes[i], set);
            for (size_t e = 0; e < v.n; e++)
                assert_true(isfinite(v.x[e]));
            fill(&v, DT_FLOAT32, iv(-(double)FLT_MAX, (double)FLT_MAX), 500, modes[i], set);
            for (size_t e = 0; e < v.n; e++)
                assert_true(isfinite(v.x[e]));
            fill(&v, DT_INT64, iv(-0x1p63, 0x1p53), 500, modes[i], set);
            for (size_t e = 0; e < v.n; e++)
                assert_true(v.x[e] <= 0x1p53);
        }
}

static void no_value_in_the_interval(void **state)
{
    (void)state;
    static const char *const modes[] = {"uniform", "normal", "corners", "special"};
    static const struct {
        tensor_desc d;
        const char *message;
    } rows[] = {
        {{.type = DT_INT8, .range = {0.25, 0.75}}, "[0.25, 0.75] are not integer bounds of int8"},
        {{.type = DT_INT8, .range = {0, 128}}, "[0, 128] are not integer bounds of int8"},
        {{.type = DT_UINT8, .range = {3, 2}}, "[3, 2] are not integer bounds of uint8"},
        {{.type = DT_FLOAT16, .range = {1.0001, 1.0002}}, "no float16 value lies in [1.0001, 1.0002]"},
        {{.type = DT_FLOAT32, .range = {0, INFINITY}}, "no float32 value lies in [0, inf]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k < 4; k++) {
            uint8_t out[8];
            bulk_rng r;
            nn_error err = {0};
            input_modes m;
            bulk_seed(&r, 1, 1);
            assert_int_equal(input_modes_parse(&m, modes[k], NULL), NN_OK);
            assert_int_equal(input_fill(out, &rows[i].d, &m, 0, &r, &scratch, &err), NN_ERR_BUILD);
            if (k == 0)
                assert_true(err.message[0] != '\0');
            else
                assert_string_equal(err.message, rows[i].message);
        }
}

#ifdef NN_STRESS
static void no_memory(void **state)
{
    (void)state;
    static const char *const modes[] = {"normal", "corners", "special"};
    const tensor_desc d = {.type = DT_FLOAT32, .rank = 1, .dims = {50}, .range = {-1, 1}};
    for (size_t i = 0; i < 3; i++) {
        nn_status s = NN_ERR_NOMEM;
        for (long n = 1; s != NN_OK; n++) {
            input_modes m;
            uint8_t out[200];
            bulk_rng r;
            arena a;
            nn_error err = {0};
            arena_init(&a, 16);
            bulk_seed(&r, 1, 1);
            assert_int_equal(input_modes_parse(&m, modes[i], NULL), NN_OK);
            nn_stress_fail_at(n);
            s = input_fill(out, &d, &m, 2, &r, &a, &err);
            nn_stress_fail_at(0);
            arena_free(&a);
            assert_true(s == NN_ERR_NOMEM || (s == NN_OK && n > 1));
        }
    }
}
#endif

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lists_of_modes),
        TEST(lists_of_formats),
        TEST(sets_are_dealt_in_turn),
        TEST(values_stay_inside_and_repeat),
        TEST(corners_are_ends),
        TEST(normal_has_its_moments),
        TEST(special_values_are_all_there),
        TEST(widest_intervals),
        TEST(no_value_in_the_interval),
#ifdef NN_STRESS
        TEST(no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
