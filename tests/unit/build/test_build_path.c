/* Due paths in whole graphs: they are there, or counted as missing. */
#include "build/build.h"
#include "build/graph_check.h"
#include "small_table.h"

static const char table[] =
    "operators:\n"
    "  Choose: {since: [1], in: {C: bool, X: float32}, out: {Y: float32}, shape: {C: shape(X), Y: shape(X)}, range: {Y: X}}\n"
    "  Compare: {since: [1], in: {A: float32, B: float32 data|weight}, out: {C: bool}, shape: {B: shape(A), C: shape(A)},\n"
    "    range: {C: \"[0, 1]\"}}\n"
    "  Join: {since: [1], in: {A: float32, B: float32}, out: {C: float32}, shape: {C: \"broadcast(A, B)\"}, range: {C: A + B}}\n"
    "  Move: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}}\n"
    "  Not: {since: [1], in: {X: bool}, out: {Y: bool}, shape: {Y: shape(X)}, range: {Y: \"[0, 1]\"}}\n"
    "  Square: {since: [1], in: {X: float32}, out: {Y: float32}, rank: {X: 2}, shape: {Y: shape(X)}, range: {Y: X}}\n";

typedef struct {
    op_set *ops;
    builder *b;
    tape *t;
    const graph *g;
} fixture;

static int load(void **state)
{
    static fixture f;
    f.ops = small_table(table);
    *state = &f;
    return builder_new(&f.b, f.ops, NULL) == NN_OK && tape_new_seeded(&f.t, 0, 0, NULL) == NN_OK ? 0 : -1;
}

static int unload(void **state)
{
    fixture *f = *state;
    tape_free(f->t);
    builder_free(f->b);
    op_set_free(f->ops);
    return 0;
}

static build_report build(fixture *f, build_request r, uint64_t seed)
{
    build_report report;
    nn_error err = {0};
    tape_reseed(f->t, 5, seed);
    r.check = true;
    if (builder_build(f->b, &r, f->t, &f->g, &report, &err) != NN_OK || graph_check(f->g, f->ops, r.nodes, &err) != NN_OK)
        fail_msg("seed %llu: %s", (unsigned long long)seed, err.message);
    return report;
}

/* Whether the path ends in the node. */
static bool ends_in(const graph *g, const uint16_t *ops, size_t n, size_t node)
{
    bool found = n == 1;
    if (g->nodes[node].op != ops[n - 1])
        return false;
    for (size_t i = 0; i < g->nodes[node].n_inputs && !found; i++) {
        int32_t t = g->nodes[node].inputs[i], from = t < 0 ? -1 : g->tensors[t].producer;
        found = from >= 0 && ends_in(g, ops, n - 1, (size_t)from);
    }
    return found;
}

static bool holds(const graph *g, const uint16_t *ops, size_t n)
{
    bool found = false;
    for (size_t v = 0; v < g->n_nodes; v++)
        found |= ends_in(g, ops, n, v);
    return found;
}

static size_t path_of(const fixture *f, uint16_t *ops, const char *names)
{
    char text[200];
    size_t n = 0;
    strcpy(text, names);
    for (char *at = text, *end; at; at = end ? end + 1 : NULL) {
        end = strchr(at, ' ');
        if (end)
            *end = '\0';
        ops[n++] = named(f->ops, at)->index;
    }
    return n;
}

static void what_must_be_is_there(void **state)
{
    fixture *f = *state;
    uint16_t first[8], second[8];
    due_path paths[2] = {{.ops = first, .firmness = PATH_MUST}, {.ops = second, .firmness = PATH_MUST}};
    paths[0].n = paths[0].window = path_of(f, first, "Compare Not Not Choose Square");
    paths[1].n = paths[1].window = path_of(f, second, "Move Join Move Join");
    for (uint64_t seed = 0; seed < 60; seed++) {
        build_report r = build(f, (build_request){.nodes = 14, .paths = paths, .n_paths = 2}, seed);
        assert_int_equal(r.path_missing, 0);
        assert_true(holds(f->g, first, paths[0].n));
        assert_true(holds(f->g, second, paths[1].n));
    }
}

/* A path that may be broken keeps its windows: pairs, then triples. */
static void windows_are_kept(void **state)
{
    fixture *f = *state;
    uint16_t ops[8];
    size_t n = path_of(f, ops, "Square Compare Choose Join Compare Not");
    for (size_t window = 2; window <= 3; window++)
        for (uint64_t seed = 0; seed < 40; seed++) {
            const due_path path = {.ops = ops, .n = n, .window = window, .firmness = PATH_DUE};
            build_report r = build(f, (build_request){.nodes = 20, .paths = &path, .n_paths = 1}, seed);
            size_t missing = 0;
            for (size_t i = 0; i + window <= n; i++)
                missing += !holds(f->g, ops + i, window);
            assert_int_equal(r.path_missing, 0);
            assert_int_equal(missing, 0);
        }
}

/* What there is no room for is counted, and what there is room for is there. */
static void paths_are_cut_to_the_room(void **state)
{
    fixture *f = *state;
    uint16_t ops[8];
    size_t n = path_of(f, ops, "Move Square Move Square Move Square");
    for (uint64_t seed = 0; seed < 20; seed++) {
        const due_path path = {.ops = ops, .n = n, .window = 2, .firmness = PATH_DUE};
        build_report r = build(f, (build_request){.nodes = 4, .paths = &path, .n_paths = 1}, seed);
        assert_int_equal(r.path_missing, 2);
        assert_true(holds(f->g, ops, 2) && holds(f->g, ops + 1, 2) && holds(f->g, ops + 2, 2));
        /* All of it is one window: it is left out as a whole. */
        const due_path whole = {.ops = ops, .n = n, .window = n, .firmness = PATH_DUE};
        r = build(f, (build_request){.nodes = 4, .paths = &whole, .n_paths = 1}, seed);
        assert_int_equal(r.path_missing, 1);
    }
}

static void unknown_operators_are_refused(void **state)
{
    fixture *f = *state;
    static const uint16_t ops[] = {0, 99};
    const due_path path = {.ops = ops, .n = 2, .window = 2, .firmness = PATH_DUE};
    const build_request r = {.nodes = 4, .paths = &path, .n_paths = 1};
    nn_error err = {0};
    tape_reseed(f->t, 5, 0);
    assert_int_equal(builder_build(f->b, &r, f->t, &f->g, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "operator 99 of a due path does not exist");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_be_is_there),
        cmocka_unit_test(windows_are_kept),
        cmocka_unit_test(paths_are_cut_to_the_room),
        cmocka_unit_test(unknown_operators_are_refused),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
