/* Functions of lists at the greatest length that specs/README.md states: allowed there, refused beyond, fast, and metered by both
 * evaluators. */
#include "lower/lower_bench.h"
#include "recheck/recheck.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LONGEST = 100000 };
#define SECONDS 1.0 /* of processor time for an instance and its re-check; a quadratic loop takes five or more */

/* N stands for the length, M for N - 1. */
static const struct {
    const char *choose, *where;
    bool makes; /* a list of that length, which is therefore refused when it is longer */
    bool once;  /* takes no time that depends on the length */
} functions[] = {
    {"l: iota(N)", "len(l) == N", true, true},
    {"l: ones(N)", "l[-1] == 1", true, true},
    {"l: zeros(N)", "l[M] == 0", true, true},
    {"l: \"fill(N, 7)\"", "l[0] == 7", true, true},
    {"l: \"fill(N, 0.5)\"", "len(l) == N", true, true},
    {"l: iota(N)", "len(l[1:]) == M", true, true},
    {"l: iota(N)", "sum(l) == N * M / 2", true, false},
    {"l: ones(N)", "prod(l) == 1", true, false},
    {"l: iota(N)", "min(l) == 0", true, false},
    {"l: iota(N)", "max(l) == M", true, false},
    {"l: \"fill(N, 0.5)\"", "sum(l) == N * 0.5", true, false},
    {"l: \"fill(N, 1.0)\"", "prod(l) == 1.0", true, false},
    {"l: \"fill(N, 0.5)\"", "min(l) == 0.5", true, false},
    {"l: \"fill(N, 0.5)\"", "max(l) == 0.5", true, false},
    {"l: iota(N)", "sort(l)[0] == 0", true, false},
    {"l: \"reverse(iota(N))\"", "sort(l)[M] == M", true, false},
    {"l: \"[i * 7919 % N for i in 0..M]\"", "sort(l)[M] == M", true, false},
    {"l: iota(N)", "reverse(l)[0] == M", true, false},
    {"l: iota(N)", "set(l, M, 5)[-1] == 5", true, false},
    {"l: iota(M)", "insert(l, 0, 5)[N - 1] == N - 2", true, false},
    {"l: iota(N)", "len(remove(l, l)) == 0", true, false},
    {"l: iota(N)", "remove(l, [0, -1])[0] == 1", true, false},
    {"l: iota(N)", "M in l", true, false},
    {"l: iota(N)", "not (N in l)", true, false},
    {"l: iota(N)", "l == l", true, false},
    {"l: iota(N)", "not (l != l)", true, false},
    {"l: iota(M)", "(l ++ [3])[M] == 3", true, false},
    {"l: ones(N)", "unravel(0, l)[M] == 0", true, false},
    {"l: zeros(N)", "letters(l) == letters(l)", true, false},
    {"l: \"letters(zeros(M)) ++ 'b'\"", "l == l ++ ''", false, false},
    {"l: \"[i for i in 0..M]\"", "len(l) == N", true, true},
    {"l: \"[0.5 for i in 0..M]\"", "len(l) == N", true, true},
    {"l: \"['a' for i in 0..M]\"", "not ('b' in l)", true, false},
    {"l: \"['a' for i in 0..M]\"", "len(l) == N", true, true},
    {"l: \"letters(zeros(N))\"", "l in [l]", true, false},
    {"l: iota(N)", "all(x >= 0 for x in l)", true, false},
    {"l: iota(N)", "any(x == M for x in l)", true, false},
    {"l: iota(N)", "count(x > 0 for x in l) == M", true, false},
    {"l: ones(N)", "fits(l, l)", true, false},
    {"l: ones(N)", "broadcast(l, l)[M] == 1", true, false},
    {"l: iota(N), v: select(l)", "v >= 0", true, true},
    {"l: iota(N), v: \"subset(l, N..N)\"", "v[M] == M", true, true},
    {"l: \"reverse(iota(N))\", v: \"subset(l, N..N)\"", "v[0] == 0", true, true},
};

#define OPERATOR                                                                                                                \
    "  %s:\n    since: [1]\n    in: {X: float32}\n    out: {Y: float32}\n    rank: {X: 0}\n    shape: {Y: \"[]\"}\n    range: " \
    "{Y: X}\n"

/* The text with the length in it. */
static const char *with_length(const char *text, int length, char *out, size_t size)
{
    size_t n = 0;
    for (const char *s = text; *s != '\0'; s++) {
        bool number = *s == 'N' || *s == 'M';
        int k = number ? snprintf(out + n, size - n, "%d", *s == 'N' ? length : length - 1) : snprintf(out + n, size - n, "%c", *s);
        n += (size_t)k;
        assert_true(n < size);
    }
    return out;
}

/* A has the condition, in the form given; B has none. */
static void open_lists(bench *b, size_t i, int length, const char *form)
{
    char table[2000], choose[200], where[200], condition[400], a[8] = "A";
    with_length(functions[i].choose, length, choose, sizeof choose);
    with_length(functions[i].where, length, where, sizeof where);
    snprintf(condition, sizeof condition, form, where);
    snprintf(table, sizeof table, "operators:\n" OPERATOR "    choose: {%s}\n    where: [\"%s\"]\n" OPERATOR "    choose: {%s}\n",
             a, choose, condition, "B", choose);
    open_bench_typed(b, table, dtype_bit(DT_FLOAT32),
                     (lower_limits){.max_elements = 4096, .max_dim = 64, .max_rank = 6, .max_magnitude = 1e6}, 7);
}

static lower_result solve_operator(bench *b, int op)
{
    lower_request r = {.op = &b->set->ops[op], .arity = {1}, .slots = {{.kind = SLOT_AUTO, .rank = -1}}};
    return solve(b, &r);
}

static double seconds_since(clock_t start)
{
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

static void lists_reach_the_stated_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        bench b;
        clock_t start = clock();
        open_lists(&b, i, LONGEST, "%s");
        lower_result r = solve_operator(&b, 0);
        double took = seconds_since(start);
        if (lower_fault(b.l) != NULL || r != LOWER_OK)
            fail_msg("%s: %s", functions[i].where, lower_fault(b.l) != NULL ? lower_fault(b.l)->message : "no instance");
        if (took > SECONDS)
            fail_msg("%s: %.2f s", functions[i].where, took);
        close_bench(&b);
    }
}

static void longer_lists_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        bench b;
        open_lists(&b, i, LONGEST + 1, "%s");
        if (functions[i].makes && solve_operator(&b, 0) != LOWER_FAIL)
            fail_msg("%s: an instance", functions[i].where);
        close_bench(&b);
    }
}

/* The same many times over: each evaluator stops on its own, long before it is done. */
static void repetition_is_metered(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (functions[i].once)
            continue;
        bench b;
        nn_error err = {0};
        arena scratch;
        clock_t start = clock();
        open_lists(&b, i, LONGEST, "count(%s for a in 0..9999) >= 0");
        if (solve_operator(&b, 0) != LOWER_FAIL)
            fail_msg("%s, 10000 times: an instance", functions[i].where);
        assert_int_equal(solve_operator(&b, 1), LOWER_OK);
        op_instance x = b.inst[0];
        x.op = &b.set->ops[0];
        arena_init(&scratch, 0);
        if (recheck_instance(b.set, &b.limits, &x, &scratch, &err) != NN_ERR_BUILD || !strstr(err.message, "too many steps"))
            fail_msg("%s, 10000 times: the re-check says %s", functions[i].where, err.message[0] ? err.message : "nothing");
        arena_free(&scratch);
        double took = seconds_since(start);
        if (took > SECONDS)
            fail_msg("%s, 10000 times: %.2f s", functions[i].where, took);
        close_bench(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_reach_the_stated_length),
        cmocka_unit_test(longer_lists_are_refused),
        cmocka_unit_test(repetition_is_metered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
