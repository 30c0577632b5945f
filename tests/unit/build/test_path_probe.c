/* Whether operators can follow one another, and why not. */
#include "build/build_chain.h"
#include "build/path_probe.h"
#include "small_table.h"

static const char table[] =
    "operators:\n"
    "  Both: {since: [1], in: {A: bool, B: bool}, out: {C: bool}, shape: {B: shape(A), C: shape(A)}, range: {C: \"[0, 1]\"}}\n"
    "  Choose: {since: [1], in: {C: bool, X: float32}, out: {Y: float32}, shape: {C: shape(X), Y: shape(X)}, range: {Y: X}}\n"
    "  Compare: {since: [1], in: {A: float32, B: float32 data|weight}, out: {C: bool}, shape: {B: shape(A), C: shape(A)},\n"
    "    range: {C: \"[0, 1]\"}}\n"
    "  Cube: {since: [1], in: {X: float32}, out: {Y: float32}, rank: {X: 3}, shape: {Y: shape(X)}, range: {Y: X}}\n"
    "  Give: {since: [1], out: {Y: float32}, choose: {n: 1..8}, shape: {Y: \"[n]\"}, range: {Y: \"[0, 1]\"}, flags: [source]}\n"
    "  Join: {since: [1], in: {A: float32, B: float32}, out: {C: float32}, shape: {C: \"broadcast(A, B)\"}, range: {C: A + B}}\n"
    "  Move: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}}\n"
    "  Square: {since: [1], in: {X: float32}, out: {Y: float32}, rank: {X: 2}, shape: {Y: shape(X)}, range: {Y: X}}\n";

typedef struct {
    op_set *ops;
    builder *b;
    tape *t;
} fixture;

static int load(void **state)
{
    static fixture f;
    const lower_limits limits = {0};
    f.ops = small_table(table);
    *state = &f;
    return builder_new(&f.b, f.ops, NULL) == NN_OK && tape_new_seeded(&f.t, 0, 0, NULL) == NN_OK &&
                   path_probe_begin(f.b, f.t, &limits) == NN_OK
               ? 0
               : -1;
}

static int unload(void **state)
{
    fixture *f = *state;
    tape_free(f->t);
    builder_free(f->b);
    op_set_free(f->ops);
    return 0;
}

static const char *probe(fixture *f, const char *const *names, size_t n, int *tries)
{
    uint16_t ops[LOWER_MAX_FRAMES];
    const char *reason = "not set";
    for (size_t i = 0; i < n; i++)
        ops[i] = named(f->ops, names[i])->index;
    assert_int_equal(path_probe(f->b, ops, n, tries, &reason), NN_OK);
    return reason;
}

#define PATH(...) (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

static void paths_and_reasons(void **state)
{
    static const char types[] = "no output of one has a type that the next one takes";
    static const char solved[] = "no values, shapes and attributes were found with which one can follow the other";
    static const char constant[] = "its result would not depend on graph inputs";
    static const struct {
        const char *names[4];
        size_t n;
        const char *reason; /* NULL: they can follow one another */
    } rows[] = {
        {{"Square", "Square"}, 2, NULL},
        {{"Square", "Cube"}, 2, solved}, /* ranks */
        {{"Square", "Join"}, 2, NULL},
        {{"Square", "Join", "Cube"}, 3, NULL}, /* by broadcasting */
        {{"Compare", "Square"}, 2, types},
        {{"Compare", "Choose"}, 2, NULL},
        {{"Compare", "Both", "Choose", "Square"}, 4, NULL},
        {{"Compare", "Both", "Square"}, 3, types},
        {{"Give", "Square"}, 2, solved},
        {{"Give", "Move"}, 2, constant},
        {{"Give", "Join"}, 2, NULL},
        {{"Give", "Compare"}, 2, NULL}, /* with a tensor for B */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int tries = 200;
        const char *reason = probe(*state, rows[i].names, rows[i].n, &tries);
        if ((reason == NULL) != (rows[i].reason == NULL) || (reason && strcmp(reason, rows[i].reason) != 0))
            fail_msg("row %zu: %s", i, reason ? reason : "found");
        assert_true(rows[i].reason == types ? tries == 0 : tries > 0 && tries <= 200);
    }
}

/* The answer depends on the operators alone, not on what was probed before. */
static void probes_do_not_depend_on_one_another(void **state)
{
    static const char *const path[] = {"Square", "Join", "Cube"};
    int first = 200, second = 200, other = 200;
    assert_null(probe(*state, path, 3, &first));
    (void)probe(*state, PATH("Give", "Cube"), &other);
    assert_null(probe(*state, path, 3, &second));
    assert_int_equal(first, second);
}

static void types_alone(void **state)
{
    const fixture *f = *state;
    assert_true(build_chain_typed(named(f->ops, "Compare"), named(f->ops, "Both")));
    assert_false(build_chain_typed(named(f->ops, "Compare"), named(f->ops, "Join")));
    assert_false(build_chain_typed(named(f->ops, "Join"), named(f->ops, "Give")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_and_reasons),
        cmocka_unit_test(probes_do_not_depend_on_one_another),
        cmocka_unit_test(types_alone),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
