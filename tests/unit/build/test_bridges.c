/* Bridges between operators of a large table: the lists that are kept do not grow with the square of their number. */
#include "build/op_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { OPERATORS = 2500, ROOM = 48 << 20 };

static const char head[] =
    "classes:\n  u: {in: {X: float32}, out: {Y: float32}, rank: {X: 0..4}, shape: {Y: shape(X)}, range: {Y: X}}\noperators:\n";

/* A sanitizer's own memory is beyond any limit. */
#if defined(__SANITIZE_ADDRESS__)
#define LIMITED false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define LIMITED false
#endif
#endif
#ifndef LIMITED
#define LIMITED true
#endif

static void limit_memory(rlim_t more, struct rlimit *before)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu", &pages), 1);
    fclose(f);
    assert_int_equal(getrlimit(RLIMIT_AS, before), 0);
    struct rlimit small = {(rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + more, before->rlim_max};
    if (LIMITED)
        assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
}

static void lists_of_many_operators_are_bounded(void **state)
{
    (void)state;
    nn_error err;
    arena memory;
    op_set *set;
    op_index *index;
    lower *l;
    op_probe *probe;
    struct rlimit before;
    const lower_limits limits = {.max_elements = 4096};
    arena_init(&memory, 0);
    char *text = arena_alloc(&memory, sizeof head + OPERATORS * 40), *at = text;
    assert_non_null(text);
    at += sprintf(at, "%s", head);
    for (int i = 0; i < OPERATORS; i++)
        at += sprintf(at, "  Op%05d: {like: u, since: [1]}\n", i);
    spec_file file = {.name = "t.yaml", .bytes = text, .size = (size_t)(at - text)};
    assert_int_equal(op_set_new(&set, &file, 1, NULL, 17, &err), NN_OK);
    assert_int_equal(op_index_new(&index, set, &err), NN_OK);
    assert_int_equal(lower_new(&l, set, &limits, &memory, &err), NN_OK);
    assert_int_equal(op_probe_new(&probe, index, l, &memory, &err), NN_OK);

    limit_memory(ROOM, &before);
    size_t n_samples, n = 0;
    (void)op_probe_samples(probe, &n_samples);
    assert_int_equal(n_samples, 5 * OPERATORS); /* each rank, of each */
    for (int i = 0; i < OPERATORS; i++) {
        const uint32_t *list = op_probe_bridges(probe, &set->ops[i], 0, &n);
        assert_non_null(list);
        assert_int_equal(n, n_samples);
        assert_int_equal(list[0], 0);
        assert_int_equal(list[n - 1], n - 1);
    }
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    op_probe_free(probe);
    lower_free(l);
    op_index_free(index);
    op_set_free(set);
    arena_free(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists_of_many_operators_are_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
