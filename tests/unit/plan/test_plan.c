/* The family plan and the costs that it rests on, over operator sets made by hand. */
#include "build/op_index.h"
#include "plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define F ((dtype_mask)1 << DT_FLOAT32)
#define B ((dtype_mask)1 << DT_BOOL)
#define I ((dtype_mask)1 << DT_INT64)
#define MAX_OPS 200

typedef struct {
    op_set set;
    op_model ops[MAX_OPS];
    op_input inputs[MAX_OPS][4];
    op_output outputs[MAX_OPS][2];
    dtype_mask masks[MAX_OPS][2];
} hand_set;

/* An operator with up to two inputs (types 0: none) and one output. */
static op_model *add_op(hand_set *h, const char *name, dtype_mask a, dtype_mask b, unsigned roles_b, dtype_mask out)
{
    size_t i = h->set.n_ops++;
    h->set.n_all = h->set.n_ops;
    op_model *m = &h->ops[i];
    h->set.ops = h->ops;
    h->set.data = F;
    *m = (op_model){.name = name,
                    .index = (uint16_t)i,
                    .inputs = h->inputs[i],
                    .outputs = h->outputs[i],
                    .n_outputs = 1,
                    .type_masks = h->masks[i]};
    const dtype_mask types[2] = {a, b};
    for (size_t k = 0; k < 2; k++)
        if (types[k])
            h->inputs[i][m->n_inputs++] = (op_input){
                .types = types[k], .type_var = -1, .roles = k ? roles_b : ROLE_DATA, .min_arity = 1, .max_arity = 1, .ranks = 0x3f};
    h->outputs[i][0] = (op_output){.types = out, .type_var = -1};
    return m;
}

static int cost_of(const hand_set *h, const char *name, const plan *p)
{
    for (size_t i = 0; i < h->set.n_ops; i++)
        if (strcmp(h->ops[i].name, name) == 0)
            return plan_cost(p, (uint16_t)i);
    fail_msg("no operator %s", name);
    return -1;
}

static hand_set *typed_set(void)
{
    static hand_set h;
    memset(&h, 0, sizeof h);
    add_op(&h, "unary", F, 0, 0, F);
    add_op(&h, "compare", F, F, ROLE_DATA | ROLE_WEIGHT, B);
    add_op(&h, "not", B, 0, 0, B);
    add_op(&h, "and", B, B, ROLE_DATA, B);
    add_op(&h, "select", B, F, ROLE_DATA, F);
    add_op(&h, "index", F, 0, 0, I);
    add_op(&h, "string", (dtype_mask)1 << DT_STRING, 0, 0, F);
    add_op(&h, "to double", F, 0, 0, (dtype_mask)1 << DT_DOUBLE);
    op_model *source = add_op(&h, "shape", F, 0, 0, F);
    source->flags = OP_SOURCE;
    op_model *cast = add_op(&h, "cast", F | B, 0, 0, F | I);
    cast->n_types = 2;
    h.masks[cast->index][0] = cast->inputs[0].types;
    h.masks[cast->index][1] = cast->outputs[0].types;
    cast->inputs[0].type_var = 0;
    cast->outputs[0].type_var = 1;
    op_model *take = add_op(&h, "take", F, I, ROLE_DATA | ROLE_CONSTANT, F);
    (void)take;
    return &h;
}

static void costs_follow_from_types(void **state)
{
    (void)state;
    const hand_set *h = typed_set();
    plan *p = NULL;
    assert_int_equal(plan_new(&p, &h->set, 40, 10, 1, NULL), NN_OK);
    const struct {
        const char *name;
        int cost;
    } rows[] = {
        {"unary", 1},    {"cast", 1}, /* float32 to float32 */
        {"take", 1},                  /* with constant indices */
        {"compare", 2},               /* and a cast */
        {"index", 2},                 /* and a take */
        {"select", 2},                /* after a compare */
        {"not", 3},                   /* between a compare and a cast */
        {"and", 4},                   /* two compares before */
        {"shape", 2},                 /* and a join, for it is constant */
        {"string", 0},                /* nothing makes strings */
        {"to double", 0}              /* nothing takes doubles */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (cost_of(h, rows[i].name, p) != rows[i].cost)
            fail_msg("%s costs %d, not %d", rows[i].name, cost_of(h, rows[i].name, p), rows[i].cost);
    const uint16_t *missing;
    assert_int_equal(plan_shortfalls(p, &missing), 2);
    assert_string_equal(h->ops[missing[0]].name, "string");
    assert_string_equal(h->ops[missing[1]].name, "to double");
    assert_string_equal(plan_reason(p, missing[0]), "it cannot be connected to float32 inputs and outputs with these operators");
    assert_null(plan_reason(p, 0));
    plan_free(p);
}

static void source_alone_cannot_stand(void **state)
{
    (void)state;
    static hand_set h;
    memset(&h, 0, sizeof h);
    add_op(&h, "source", 0, 0, 0, F)->flags = OP_SOURCE;
    add_op(&h, "unary", F, 0, 0, F);
    plan *p = NULL;
    assert_int_equal(plan_new(&p, &h.set, 5, 5, 1, NULL), NN_OK);
    assert_int_equal(plan_cost(p, 0), 0);
    assert_int_equal(plan_cost(p, 1), 1);
    plan_free(p);
}

/* n operators; every seventh costs 2, every fourteenth 3. */
static hand_set *many_set(size_t n)
{
    static hand_set h;
    memset(&h, 0, sizeof h);
    op_model *cast = add_op(&h, "cast", F | B, 0, 0, F);
    cast->n_types = 1;
    h.masks[0][0] = F | B;
    cast->inputs[0].type_var = 0;
    for (size_t i = 1; i < n; i++)
        if (i % 14 == 13)
            add_op(&h, "not", B, 0, 0, B);
        else if (i % 7 == 6)
            add_op(&h, "compare", F, 0, 0, B);
        else
            add_op(&h, "unary", F, 0, 0, F);
    return &h;
}

typedef struct {
    size_t ops, nodes;
    uint64_t count;
    size_t least;   /* times that each operator is due, at least; 0: not all are */
    size_t percent; /* of a model's nodes that is due, at most */
} family;

/* Checks a plan from its answers alone; the due lists of all models are walked. */
static void check_family(const family *f, uint64_t seed)
{
    const hand_set *h = many_set(f->ops);
    size_t times[MAX_OPS] = {0};
    plan *p = NULL;
    assert_int_equal(plan_new(&p, &h->set, f->nodes, f->count, seed, NULL), NN_OK);
    for (uint64_t m = 0; m < f->count; m++) {
        size_t n, load = 0;
        const uint16_t *due = plan_due(p, m, &n);
        for (size_t i = 0; i < n; i++) {
            assert_true(due[i] < f->ops);
            times[due[i]]++;
            load += (size_t)plan_cost(p, due[i]);
            for (size_t j = 0; j < i; j++)
                assert_int_not_equal(due[i], due[j]);
        }
        if (load > f->nodes || (n > 1 && load * 100 > f->nodes * f->percent))
            fail_msg("%zu operators, %zu nodes, %llu models: model %llu has %zu nodes due", f->ops, f->nodes,
                     (unsigned long long)f->count, (unsigned long long)m, load);
    }
    const uint16_t *missing;
    size_t n_missing = plan_shortfalls(p, &missing);
    for (size_t i = 0; i < n_missing; i++) {
        assert_int_equal(times[missing[i]], 0);
        assert_non_null(plan_reason(p, missing[i]));
        times[missing[i]] = SIZE_MAX;
    }
    assert_true((f->least == 0) == (n_missing > 0));
    for (size_t i = 0; i < f->ops; i++)
        assert_true(times[i] >= (f->least ? f->least : 1) && (times[i] == SIZE_MAX || times[i] <= PLAN_MAX_COPIES));
    plan_free(p);
}

static void every_operator_is_due(void **state)
{
    (void)state;
    const family rows[] = {
        {150, 15, 100, 2, 34},
        {70, 40, 100, PLAN_MAX_COPIES, 34},
        {150, 100, 100, PLAN_MAX_COPIES, 34},
        {150, 15, 30, 1, 67},
        {150, 15, 14, 1, 100},
        {70, 40, 3, 1, 100},
        {150, 15, 5, 0, 100},
        {70, 1, 1000, 0, 100},
        {70, 2, 1000, 0, 100},
        {70, 3, 1000, 1, 100},
        {1, 1, 1, 1, 100},
        {150, 1000, 1, 1, 34},
        {3, 40, 1, 1, 34},
        {150, 15, 50000, PLAN_MAX_COPIES, 34},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint64_t seed = 0; seed < 5; seed++)
            check_family(&rows[i], seed);
}

/* 35 nodes are wanted and 30 there: the two costliest operators are left out. */
static void cheap_operators_go_first(void **state)
{
    (void)state;
    const hand_set *h = many_set(29); /* 1 x 25, 2 x 2, 3 x 2 */
    plan *p = NULL;
    const uint16_t *missing;
    assert_int_equal(plan_new(&p, &h->set, 3, 10, 7, NULL), NN_OK);
    size_t n = plan_shortfalls(p, &missing);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(plan_cost(p, missing[i]), 3);
        assert_string_equal(plan_reason(p, missing[i]), "the family has too few nodes for all operators");
    }
    plan_free(p);
}

static void plan_is_a_function_of_its_arguments(void **state)
{
    (void)state;
    const hand_set *h = many_set(150);
    plan *p = NULL, *q = NULL, *r = NULL;
    assert_int_equal(plan_new(&p, &h->set, 15, 100, 5, NULL), NN_OK);
    assert_int_equal(plan_new(&q, &h->set, 15, 100, 5, NULL), NN_OK);
    assert_int_equal(plan_new(&r, &h->set, 15, 100, 6, NULL), NN_OK);
    bool differs = false;
    for (uint64_t m = 0; m < 100; m++) {
        size_t n, k, j;
        const uint16_t *a = plan_due(p, m, &n), *b = plan_due(q, m, &k), *c = plan_due(r, m, &j);
        assert_int_equal(n, k);
        assert_memory_equal(a, b, n * sizeof *a);
        differs |= n != j || memcmp(a, c, n * sizeof *a) != 0;
    }
    assert_true(differs);
    plan_free(p);
    plan_free(q);
    plan_free(r);
}

static void enormous_and_empty_families(void **state)
{
    (void)state;
    const hand_set *h = many_set(150);
    plan *p = NULL;
    size_t n, total = 0;
    const uint16_t *missing;
    assert_int_equal(plan_new(&p, &h->set, SIZE_MAX, UINT64_MAX, 1, NULL), NN_OK);
    assert_int_equal(plan_shortfalls(p, &missing), 0);
    plan_due(p, UINT64_MAX - 1, &n);
    plan_free(p);
    assert_int_equal(plan_new(&p, &h->set, 15, 0, 1, NULL), NN_OK);
    assert_int_equal(plan_shortfalls(p, &missing), 150);
    plan_free(p);
    const hand_set none = {0};
    assert_int_equal(plan_new(&p, &none.set, 15, 10, 1, NULL), NN_OK);
    for (uint64_t m = 0; m < 10; m++) {
        plan_due(p, m, &n);
        total += n;
    }
    assert_int_equal(total, 0);
    plan_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_follow_from_types),
        cmocka_unit_test(source_alone_cannot_stand),
        cmocka_unit_test(every_operator_is_due),
        cmocka_unit_test(cheap_operators_go_first),
        cmocka_unit_test(plan_is_a_function_of_its_arguments),
        cmocka_unit_test(enormous_and_empty_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
