/* Sequences of operators in models, compared with a count by hand. */
#include "mine/mine_walks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static op_model models[] = {{.name = "A", .index = 0}, {.name = "B", .index = 1}, {.name = "C", .index = 2}};
static const op_set set = {.ops = models, .n_ops = 3};

static void add(mine_walks *w, const char *chains)
{
    onnx_view v;
    nn_error err;
    assert_int_equal(onnx_view_chains(&v, chains, strlen(chains), "chains", &err), NN_OK);
    assert_true(mine_walks_add(w, &v));
    onnx_view_free(&v);
}

static const mine_walk *find(const mine_walks *w, const char *ops)
{
    for (size_t i = 1; i < w->n; i++) {
        uint16_t is[MINE_WALK_LENGTH];
        size_t n = mine_walks_ops(w, (uint32_t)i, is), k = 0;
        while (k < n && ops[k] != '\0' && 'A' + is[k] == ops[k])
            k++;
        if (k == n && ops[k] == '\0')
            return &w->all[i];
    }
    return NULL;
}

static void chains_are_counted(void **state)
{
    (void)state;
    mine_walks w;
    mine_walks_init(&w, &set);
    add(&w, "A,B,C,A,B\nA,B\n");
    add(&w, "A,B,Unknown,C\n");
    assert_int_equal(find(&w, "AB")->nodes, 4);
    assert_int_equal(find(&w, "ABCA")->nodes, 1);
    assert_int_equal(find(&w, "BCAB")->nodes, 1);
    assert_int_equal(find(&w, "C")->nodes, 2);
    assert_null(find(&w, "ABCAB")); /* too long */
    assert_null(find(&w, "BCB"));
    assert_true(mine_walks_mark(&w));
    assert_true(find(&w, "ABC")->continues && find(&w, "CAB")->continues && find(&w, "AB")->continues);
    assert_false(find(&w, "ABCA")->continues);
    mine_walks_free(&w);
}

static void a_short_sequence_stands_alone(void **state)
{
    (void)state;
    mine_walks w;
    mine_walks_init(&w, &set);
    add(&w, "C,C,B\n");
    assert_true(mine_walks_mark(&w));
    assert_false(find(&w, "CCB")->continues);
    mine_walks_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_are_counted),
        cmocka_unit_test(a_short_sequence_stands_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
