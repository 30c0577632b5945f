/* What rules compute: one operator with inputs x (floats), y (floats) and i (whole numbers), and an output z, for which each case
 * has a rule, inputs with errors, and the values and bounds that it must give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "reference/reference.h"

static const char table_text[] =
    "operators:\n"
    "  F: {types: {T: [float32]}, since: [1], in: {x: T, y: T data optional, i: int64 data optional}, out: {z: T},\n"
    "    attrs: {a: int 0..9 default 3, f: \"float real(0, 1) default 0.2\", m: int 0..9,\n"
    "      l: \"ints list(2, 0..9) default zeros(2)\"}, choose: {r: rank(x) + 1, drawn: 0..3, limit: max_elements},\n"
    "    shape: {z: shape(x)}, range: {z: x}}\n";

static arena memory, scratch;
static op_set *ops;

static int set_up(void **state)
{
    (void)state;
    const spec_file f = {.name = "t.yaml", .bytes = table_text, .size = sizeof table_text - 1};
    nn_error err;
    arena_init(&memory, 0);
    arena_init(&scratch, 0);
    nn_status s = op_set_new(&ops, &f, 1, NULL, 17, &err);
    if (s != NN_OK)
        print_error("%s\n", err.message);
    return s == NN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    op_set_free(ops);
    arena_free(&memory);
    arena_free(&scratch);
    return 0;
}

/* x is [2, 3], y is [3], i is [2]; z has the shape that is given. alone: y and i are absent, and z has whole numbers. */
typedef struct {
    bool alone;
    double x[6], ex[6], y[3], ey[3];
    int64_t i[2];
} inputs;

static nn_status run(const char *rules, const inputs *in, int rank, const int64_t *dims, ref_tensor *z, nn_error *err)
{
    char text[2000];
    ref_table *t;
    snprintf(text, sizeof text, "operators:\n  F:\n%s", rules);
    const spec_file f = {.name = "c.yaml", .bytes = text, .size = strlen(text)};
    nn_status s = ref_table_new(&t, ops, &f, 1, err);
    if (s != NN_OK)
        return s;
    ref_tensor x = {
        .type = DT_FLOAT32, .rank = 2, .dims = {2, 3}, .n = 6, .v = (double *)(uintptr_t)in->x, .e = (double *)(uintptr_t)in->ex};
    ref_tensor y = {
        .type = DT_FLOAT32, .rank = 1, .dims = {3}, .n = 3, .v = (double *)(uintptr_t)in->y, .e = (double *)(uintptr_t)in->ey};
    ref_tensor i = {.type = DT_INT64, .whole = true, .rank = 1, .dims = {2}, .n = 2, .w = (int64_t *)(uintptr_t)in->i};
    const ref_tensor *list[] = {&x, in->alone ? NULL : &y, in->alone ? NULL : &i};
    *z = (ref_tensor){.type = in->alone ? DT_INT32 : DT_FLOAT32, .rank = rank};
    memcpy(z->dims, dims, (size_t)rank * sizeof *dims);
    ref_tensor *out[] = {z};
    ref_node node = {.op = 0, .inputs = list, .n_inputs = 3, .outputs = out, .n_outputs = 1, .max_work = 2e7};
    s = ref_compute(t, &node, &memory, &scratch, err);
    ref_table_free(t);
    return s;
}

static const inputs plain = {.x = {1, 2, 3, 4, 5, 6}, .y = {10, 20, 30}, .i = {2, 0}};

typedef struct {
    const char *rules;
    int rank;
    int64_t dims[3];
    double v[6]; /* of all elements; without an error unless `wide` says so */
    double wide; /* e of the first element */
} value_case;

static const value_case cases[] = {
    {"    z: x + y\n", 2, {2, 3}, {11, 22, 33, 14, 25, 36}, 0},
    {"    z: 7\n", 1, {2}, {7, 7}, 0},
    /* all digits of a constant count, and the default of an attribute is a float32 */
    {"    \"z[p]\": \"if p == 0 then 0.7071067811865476 else 0.30000000000000004\"\n",
     1,
     {2},
     {0.7071067811865476, 0.30000000000000004},
     1},
    {"    z: f\n", 1, {1}, {0.2f}, 0},
    {"    \"z[p, q]\": \"x[q, p]\"\n", 2, {3, 2}, {1, 4, 2, 5, 3, 6}, 0},
    {"    \"z[q..]\": \"x[q]\"\n", 2, {2, 3}, {1, 2, 3, 4, 5, 6}, 0},
    {"    \"z[p]\": \"x[i[p] - 1, p ? 9]\"\n", 1, {2}, {4, 9}, 0},
    {"    \"z[p]\": \"x[p - 1, 0 ?]\"\n", 1, {2}, {0, 1}, 0},
    {"    \"z[p, q]\": \"x[~ 5, p, q] + y[~ p, q]\"\n", 2, {2, 3}, {11, 22, 33, 14, 25, 36}, 0},
    {"    \"z[p]\": \"sum(x[p, k] * y[k] for k in 0..2)\"\n", 1, {2}, {140, 320}, 1},
    {"    \"z[p]\": \"sum(i[k] for k in 0..p)\"\n", 1, {2}, {2, 2}, 0},
    {"    \"z[p]\": \"max(x[p, k] for k in 0..2 if k != 2)\"\n", 1, {2}, {2, 5}, 0},
    {"    \"z[p]\": \"prod(x[p, k] for k in 0..-1)\"\n", 1, {2}, {1, 1}, 0},
    {"    \"z[]\": \"max(x[t] for t.. in shape(x))\"\n", 0, {0}, {6}, 0},
    {"    \"z[p]\": \"argmax(0, [x[k, p], 10 * k] for k in 0..1)\"\n", 1, {3}, {10, 10, 10}, 0},
    {"    let w: a + 1\n    z: w * r\n", 1, {2}, {12, 12}, 0},
    {"    z: \"len(l) + l[-1]\"\n", 1, {2}, {2, 2}, 0},
    {"    z: present(a) + 10 * present(y)\n", 1, {1}, {10}, 0},
    {"    \"let t[p in 0..2, q in 0..1]\": \"x[q, p]\"\n    \"z[p, q]\": \"t[p, q]\"\n", 2, {3, 2}, {1, 4, 2, 5, 3, 6}, 0},
    {"    \"scan s[k in 0..3]\": \"if k == 0 then 1 else 2 * s[k - 1]\"\n    \"z[p]\": \"s[p + 1]\"\n", 1, {3}, {2, 4, 8}, 0},
    {"    \"z[p]\": \"f(p + 1)\"\n    \"def f(v)\": \"v * v\"\n", 1, {3}, {1, 4, 9}, 0},
    {"    \"z[p]\": \"if p == 0 then x[p - 1 + 1, 0] else y[p]\"\n", 1, {3}, {1, 20, 30}, 0},
    {"    \"z[p]\": \"[10, 20, 30][p]\"\n", 1, {3}, {10, 20, 30}, 0},
    {"    \"z[p]\": \"[10, 20][p ? 7]\"\n", 1, {3}, {10, 20, 7}, 0},
    {"    \"z[p]\": \"count([q > p for q in 0..2])\"\n", 1, {3}, {2, 1, 0}, 0},
    {"    \"z[p]\": \"(0 - 7 + p) / 2\"\n", 1, {3}, {-4, -3, -3}, 0},
    {"    \"z[p]\": \"quotient(0 - 7 + p, 2) + (0 - 7 + p) % 4\"\n", 1, {3}, {-2, -1, 1}, 0},
    {"    let t: \"sorted(x, 1, 1)\"\n    \"z[p..]\": \"t[p]\"\n", 2, {2, 3}, {3, 2, 1, 6, 5, 4}, 0},
    {"    let t: \"sorting(y, 0, 0)\"\n    \"z[p]\": \"t[p]\"\n", 1, {3}, {0, 1, 2}, 0},
    {"    let t: \"scatter(y, i, x0, 'add')\"\n    \"let x0[k in 0..1]\": \"x[k, 0]\"\n    \"z[p]\": \"t[p]\"\n",
     1,
     {3},
     {14, 20, 31},
     1},
    {"    let t: \"reshape(x, [3, 2])\"\n    \"z[p..]\": \"t[p]\"\n", 2, {3, 2}, {1, 2, 3, 4, 5, 6}, 0},
    {"    \"z[p]\": \"linear(0.5 * p + 0.5, y[k] for k in 0..2)\"\n", 1, {3}, {15, 20, 25}, 1},
    {"    \"z[p]\": \"index([4, 5, 6], 5) + index([4], 9)\"\n", 1, {1}, {0}, 0},
    {"    \"z[p]\": \"ravel(unravel(p, [2, 3]), [2, 3]) + char('ab', 1) + length('abc')\"\n", 1, {2}, {101, 102}, 0},
};

static void rules_give_values(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const value_case *c = &cases[k];
        ref_tensor z;
        nn_error err = {.message = ""};
        nn_status s = run(c->rules, &plain, c->rank, c->dims, &z, &err);
        if (s != NN_OK)
            fail_msg("%s: %s", c->rules, err.message);
        for (size_t i = 0; i < z.n; i++) {
            double e = z.e[i];
            if (z.v[i] != c->v[i] || (c->wide > 0 ? !(e < 1e-4) : e != 0))
                fail_msg("%s: element %zu is %g +- %g, expected %g", c->rules, i, z.v[i], e, c->v[i]);
        }
    }
}

/* Bounds of choices that errors leave open. */
static void choices_are_covered(void **state)
{
    (void)state;
    static const struct {
        const char *rules;
        double v, least; /* value, and what the bound must reach at least */
        double most;
    } rows[] = {
        {"    \"z[p]\": \"floor(x[0, 0])\"\n", 1, 1, 1.01},                          /* 1 +- 0.5 */
        {"    \"z[p]\": \"if x[0, 0] > 1.25 then y[0] else y[2]\"\n", 30, 20, 20.1}, /* either */
        {"    \"z[p]\": \"if x[0, 0] > 2 then y[0] else y[2]\"\n", 30, 0, 0},
        {"    \"z[p]\": \"y[int(floor(x[0, 0]))]\"\n", 20, 10, 10.1},
        {"    \"z[p]\": \"argmax(0, x[0, k] for k in 0..1)\"\n", 1, 1, 1.01}, /* 1 +- 0.5 or 2 +- 0.5 */
        {"    \"z[p]\": \"max(x[0, k] for k in 0..1)\"\n", 2, 0.5, 0.51},
        {"    \"z[p]\": \"exp(x[0, 0])\"\n", 2.718281828459045, 1.763, 1.77},
        {"    \"z[p]\": \"either(y[0], y[1])\"\n", 10, 10, 10.1},
        {"    \"z[p]\": \"linear(x[0, 0], y[k] for k in 0..2)\"\n", 20, 5, 11},
        {"    \"z[p]\": \"x[0, 0] * 1000\"\n", 1000, 500, 501},
        {"    \"z[p]\": \"1 / (x[0, 0] - 1)\"\n", 0, (double)__builtin_inff(), (double)__builtin_inff()},
    };
    inputs in = plain;
    in.ex[0] = in.ex[1] = 0.5;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        ref_tensor z;
        nn_error err = {.message = ""};
        int64_t dims[] = {1};
        if (run(rows[k].rules, &in, 1, dims, &z, &err) != NN_OK)
            fail_msg("%s: %s", rows[k].rules, err.message);
        bool value = rows[k].most == (double)__builtin_inff() || (z.v[0] - rows[k].v < 1e-12 && rows[k].v - z.v[0] < 1e-12);
        if (!value || z.e[0] < rows[k].least || z.e[0] > rows[k].most)
            fail_msg("%s: %.17g +- %g, expected %.17g +- %g to %g", rows[k].rules, z.v[0], z.e[0], rows[k].v, rows[k].least,
                     rows[k].most);
    }
}

/* Implementations may flush results of arithmetic that are below the smallest normal number, and round them coarsely. */
static void small_results_may_be_zero(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "x[0, 0] * 1.0",
        "x[0, 0] / 1.0",
        "x[0, 0] + x[0, 1]",
        "x[0, 0] - x[0, 1]",
        "slack(x[0, 0], 6, x[0, 0])",
        "sum(x[0, k] for k in 0..1)",
        "mean(x[0, k] for k in 0..1)",
        "sum([x[0, k] for k in 0..1])",
        "prod(x[0, k] + k for k in 0..1)",
        "linear(0.0, x[0, k] for k in 0..1)",
        "linear(0.5, x[0, k] for k in 0..1)",
        "cubic(0.0, -0.75, 0, x[0, k] for k in 0..1)",
        "pnorm(1, x[0, k] for k in 0..1)",
        "pnorm(2, x[0, k] for k in 0..1)",
        "det(x[0, i + j] for i in 0..0, j in 0..0)",
        "sin(x[0, 0])",
        "pow(x[0, 0], 1.0)",
    };
    inputs in = plain;
    in.x[0] = 3 * 0x1p-149;
    in.x[1] = 0;
    for (size_t k = 0; k < sizeof rules / sizeof rules[0]; k++) {
        char text[200];
        ref_tensor z;
        nn_error err = {.message = ""};
        int64_t dims[] = {1};
        snprintf(text, sizeof text, "    \"z[p]\": \"%s\"\n", rules[k]);
        if (run(text, &in, 1, dims, &z, &err) != NN_OK)
            fail_msg("%s: %s", rules[k], err.message);
        if (!(z.e[0] >= z.v[0] && z.e[0] < 1e-15))
            fail_msg("%s: %g +- %g does not contain 0", rules[k], z.v[0], z.e[0]);
    }
}

/* A coarser type than that of the operands, and one that is not. */
static void types_of_the_work_count(void **state)
{
    (void)state;
    static const struct {
        const char *rules;
        double least, most;
    } rows[] = {
        {"    \"z[p]\": \"x[0, 2] / 7\"\n", 1e-8, 1e-6},
        {"    let working_type: 11\n    \"z[p]\": \"x[0, 2] / 7\"\n", 1e-8, 1e-6},
        {"    let working_type: 10\n    \"z[p]\": \"x[0, 2] / 7\"\n", 2e-4, 4e-3},
        {"    \"z[p]\": \"w + 0\"\n    let w: x[0, 2] / 7\n    let working_type: a + 7\n", 2e-4, 4e-3},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        ref_tensor z;
        nn_error err = {.message = ""};
        int64_t dims[] = {1};
        if (run(rows[k].rules, &plain, 1, dims, &z, &err) != NN_OK)
            fail_msg("%s: %s", rows[k].rules, err.message);
        if (!(z.e[0] >= rows[k].least && z.e[0] <= rows[k].most))
            fail_msg("%s: +- %g, expected %g to %g", rows[k].rules, z.e[0], rows[k].least, rows[k].most);
    }
}

/* What is computed once is the same for all elements, also where branches were joined. */
static void joined_branches_are_for_all_elements(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "    let w: \"if x[0, 0] > 1.25 then 20 else 30\"\n    \"z[p]\": \"w + p - p\"\n",
        "    let w: \"[if x[0, 0] > 1.25 then 20 else 30, 7]\"\n    \"z[p]\": \"w[0] + p - p\"\n",
    };
    inputs in = plain;
    in.ex[0] = 0.5;
    for (size_t k = 0; k < sizeof rules / sizeof rules[0]; k++) {
        ref_tensor z;
        nn_error err = {.message = ""};
        int64_t dims[] = {5};
        if (run(rules[k], &in, 1, dims, &z, &err) != NN_OK)
            fail_msg("%s: %s", rules[k], err.message);
        for (size_t i = 0; i < z.n; i++)
            if (z.v[i] != 30 || !(z.e[i] >= 10 && z.e[i] < 10.1))
                fail_msg("%s: element %zu is %g +- %g, expected 30 +- 10", rules[k], i, z.v[i], z.e[i]);
    }
}

static void faults_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *message;
    } rows[] = {
        {"    let working_type: 7\n    z: x\n", "the number of a float type was expected"},
        {"    \"z[p]\": \"x[p]\"\n", "1 indices for a tensor of rank 2"},
        {"    \"z[p]\": \"x[p, 3]\"\n", "index 3 is outside axis 1, which has 3 elements; `?` gives elements outside a value"},
        {"    \"z[p, q]\": 1\n", "`z` has 1 axes; 1 indices were expected, not 2"},
        {"    \"z[p]\": \"x\"\n", "a number was expected for each element"},
        {"    \"z[p]\": \"[1, 2][p + 2]\"\n", "index 2 is outside a list of 2"},
        {"    \"z[p]\": \"[1, 2][5]\"\n", "index 5 is outside a list of 2"},
        {"    \"z[p]\": \"[1, 2] + [1, 2, 3]\"\n", "two lists of the same length were expected, not of 2 and 3"},
        {"    \"z[p]\": \"'a' + 1\"\n", "a text and a number cannot be operands here"},
        {"    \"z[p]\": \"ones(p)\"\n", "an argument: a whole number that is the same for all elements, and exact, was expected"},
        {"    \"z[p]\": drawn\n", "`drawn` is drawn; a model does not state it"},
        {"    let t: \"reshape(x, [5])\"\n    \"z[p]\": \"t[p]\"\n", "the shape has 5 elements, the tensor 6"},
        {"    \"let t[k in 1..2]\": 1\n    \"z[p]\": \"t[p]\"\n", "`t`: indices from 0 on were expected, such as `i in 0..n-1`"},
        {"    \"z[p]\": \"if 1 / x[0, 0] > 1 then 1 else [p]\"\n",
         "two numbers or two lists of the same length were expected, not a number and a list"},
        {"    \"z[p]\": \"z[p]\"\n", "the tensor is not computed yet"},
        {"    let working_type: 7\n    z: 1\n", "`working_type`: the number of a float type was expected"},
        {"    \"z[p]\": limit\n", "this expression has no value in a rule of outputs"},
        {"    \"z[p]\": m\n", "attribute `m` is absent and has no default; `present` tells"},
        {"    \"z[p]\": \"x[y[0], 0]\"\n", "an index must be a whole number"},
        {"    \"z[p]\": \"x[[p for k in 0..12]]\"\n", "at most 12 indices were expected"},
        {"    \"z[p]\": \"[1, 2][y[p]]\"\n", "an exact whole number was expected as the index of a list that is not empty"},
        {"    \"z[p]\": \"[1, 2][p, p]\"\n", "one index of a list was expected"},
        {"    \"z[p]\": \"(p + 1)[0]\"\n", "a tensor or list was expected before `[`"},
        {"    \"z[p]\": \"exp('a')\"\n", "a number was expected, not a text"},
        {"    \"z[p]\": \"len(3)\"\n", "a list was expected, not a number"},
        {"    \"z[p]\": \"rank(3)\"\n", "a tensor was expected, not a number"},
        {"    \"z[p]\": \"y[0] % 2\"\n", "`%` takes whole numbers; `fmod` is for reals"},
        {"    \"z[p.., q..]\": 1\n", "`z`: at most one `..` among the indices was expected"},
        {"    \"let t[k in 0..-3]\": 1\n    z: 1\n",
         "a tensor of at most 268435456 elements, without a negative dim, was expected"},
        {"    \"let t[k.. in ones(9)]\": 1\n    z: 1\n", "`t`: at most 8 axes were expected"},
        {"    \"z[p]\": \"sum(k for k in 0..y[0])\"\n", "the ends of a range must be exact whole numbers"},
        {"    \"z[p]\": \"sum(1 for t.. in ones(33))\"\n", "at most 32 indices were expected"},
        {"    \"z[p]\": \"sum(1 for t.. in fill(8, 100))\"\n", "a comprehension of at most 2147483647 elements was expected"},
        {"    \"z[p]\": \"sum(k for k in 0..2 if 1 / x[0, 0] > 1)\"\n", "the condition of a comprehension must be certain"},
        {"    \"z[p]\": \"sum(k for k in 0..100000, t in 0..20000)\"\n", "the outputs take more than 2e+07 evaluations"},
        {"    \"z[p]\": \"sum([k for k in 0..p])\"\n", "the length of a list must be the same for all elements"},
        {"    \"z[p]\": \"len([1 for t.. in [2, 2]])\"\n",
         "the variables of a list stand for numbers; `v..` is for sums and the like"},
        {"    \"z[p]\": \"len([k for k in 0..5000])\"\n", "a list of at most 4096 elements was expected"},
        {"    \"z[p]\": \"sum(['a'])\"\n", "a list of numbers was expected"},
        {"    let t: \"scatter(y, i, i, 'div')\"\n    z: 1\n", "'none', 'add', 'mul', 'max' or 'min' was expected"},
        {"    let t: \"scatter(y, i, y, 'add')\"\n    z: 1\n", "exact positions and as many updates were expected"},
        {"    \"z[p]\": \"pnorm(p, y[k] for k in 0..2)\"\n",
         "`pnorm`: a first argument that is exact and the same for all elements was expected"},
        {"    \"z[p]\": \"logsumexp(k for k in 0..3000000)\"\n", "a comprehension of at most 2097152 elements was expected"},
        {"    \"z[p]\": \"shape(nth(i, 1))\"\n", "there is no tensor 1; `arity` is their number"},
        {"    \"z[p]\": \"sum(ones(100001))\"\n", "a list of 0 to 100000 elements was expected, not of 100001"},
        {"    \"z[p]\": \"sum(set([1, 2], 2, 0))\"\n", "position 2 is outside a list of 2"},
        {"    \"z[p]\": \"ravel([1], [2, 3])\"\n", "`ravel`: 1 indices for a shape of 2"},
        {"    \"z[p]\": \"least(3)\"\n", "`least`: a type was expected"},
        {"    \"z[p]\": \"char(3, 0)\"\n", "`char`: a text was expected"},
        {"    \"z[p]\": \"len(broadcast([2], 3))\"\n", "`broadcast`: tensors or shapes were expected"},
        {"    \"z[p]\": \"linear(p, y[0] for t.. in [2])\"\n", "one variable in a range was expected, such as `for k in 0..n-1`"},
        {"    \"z[p]\": \"linear(p, y[k] for k in 1..0)\"\n", "a range that is not empty was expected"},
        {"    let t: \"softmax(x, 2)\"\n    z: 1\n", "axis 2 is outside a tensor of rank 2"},
        {"    \"z[p]\": \"rank(softmax(x, 0))\"\n",
         "`softmax` takes a computed tensor, and stands in a definition without indices"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        ref_tensor z;
        nn_error err = {.message = ""};
        int64_t dims[] = {2};
        if (run(rows[k].rules, &plain, 1, dims, &z, &err) != NN_ERR_TABLE)
            fail_msg("%s: expected a failure", rows[k].rules);
        if (strstr(err.message, rows[k].message) == NULL || err.line == 0 || err.column == 0)
            fail_msg("%s: %d:%d: %s\nexpected: %s", rows[k].rules, err.line, err.column, err.message, rows[k].message);
    }
}

static void what_is_absent_or_not_whole_is_a_fault(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *message;
    } rows[] = {
        {"    \"z[p]\": \"int(y[p])\"\n", "the tensor is absent; `?` after the indices gives a value for it"},
        {"    \"z[p]\": \"rank(y)\"\n", "the tensor is absent; `present` tells"},
        {"    \"z[p]\": \"x[p, 0]\"\n", "a whole number was expected for an output of type int32; `cast` and `int` convert"},
        {"    def f(v): v\n", "outputs of F: `z` has no rule"},
    };
    inputs in = plain;
    in.alone = true;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        ref_tensor z;
        nn_error err = {.message = ""};
        int64_t dims[] = {2};
        if (run(rows[k].rules, &in, 1, dims, &z, &err) != NN_ERR_TABLE || strstr(err.message, rows[k].message) == NULL)
            fail_msg("%s: %s\nexpected: %s", rows[k].rules, err.message, rows[k].message);
    }
}

/* Larger than a block of lanes, with a comprehension that is laid over several chunks. */
static void blocks_and_chunks_join(void **state)
{
    (void)state;
    ref_tensor z;
    nn_error err = {.message = ""};
    int64_t dims[] = {37, 41}, one[] = {1};
    assert_int_equal(run("    \"z[p, q]\": \"41 * p + q\"\n", &plain, 2, dims, &z, &err), NN_OK);
    for (size_t i = 0; i < z.n; i++)
        assert_true(z.v[i] == (double)i && z.e[i] == 0);
    assert_int_equal(run("    \"z[p]\": \"sum(k * t + j for k in 0..40, t in 0..9, j in 0..2)\"\n", &plain, 1, one, &z, &err),
                     NN_OK);
    assert_true(z.v[0] == 820 * 45 * 3 + 41 * 10 * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rules_give_values),
                                       cmocka_unit_test(choices_are_covered),
                                       cmocka_unit_test(small_results_may_be_zero),
                                       cmocka_unit_test(types_of_the_work_count),
                                       cmocka_unit_test(joined_branches_are_for_all_elements),
                                       cmocka_unit_test(faults_have_a_place),
                                       cmocka_unit_test(what_is_absent_or_not_whole_is_a_fault),
                                       cmocka_unit_test(blocks_and_chunks_join)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
