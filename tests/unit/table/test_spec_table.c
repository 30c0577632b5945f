/* The table loader beyond its text cases: digest, places, large tables, limits, the embedded table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "table/spec_digest.h"
#include "table/spec_table.h"

#include "table/arena_fixture.h" /* after the others, as its `a` would shadow their parameters */

static spec_file text_file(const char *name, const char *text)
{
    return (spec_file){.name = name, .bytes = text, .size = strlen(text)};
}

static const spec_table *load(const spec_file *files, size_t n, const spec_file *profile, int opset)
{
    spec_table *t;
    nn_error err;
    if (spec_table_load(&t, files, n, profile, opset, &a, &err) != NN_OK)
        fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.message);
    return t;
}

static void assert_load_fails(const spec_file *file, int line, int column, const char *message)
{
    spec_table *t;
    nn_error err;
    assert_int_equal(spec_table_load(&t, file, 1, NULL, 17, &a, &err), NN_ERR_TABLE);
    assert_null(t);
    assert_string_equal(err.message, message);
    assert_int_equal(err.line, line);
    assert_int_equal(err.column, column);
}

/* ---- digest ---- */

static const char *hex(const spec_file *files, size_t n, const spec_file *profile)
{
    static char s[SHA256_HEX_SIZE];
    nn_error err;
    assert_int_equal(spec_digest_table(s, files, n, profile, &err), NN_OK);
    return s;
}

static void digests(void **state)
{
    (void)state;
    spec_file f[] = {text_file("b.yaml", "operators: {B: {since: [1]}}\n"), text_file("a.yaml", "operators: {A: {since: [1]}}\n")};
    spec_file p = text_file("p.yaml", "profile: p\n");
    static const char two[] = "d4ed8db6410b10d7979a2a1df892e60833153a03405faff61cd69412262bc7eb";
    static const char with_profile[] = "7a3252eca2e47ac662253c231d86bf18d5d8377fb900b115b0ba8e84ae135d3b";
    assert_string_equal(hex(f, 2, NULL), two);
    assert_string_equal(hex(f, 2, &p), with_profile);
    assert_string_equal(hex(NULL, 0, NULL), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    spec_file swapped[] = {f[1], f[0]};
    assert_string_equal(hex(swapped, 2, NULL), two);
    spec_file elsewhere[] = {f[0], f[1]};
    elsewhere[0].name = "some/folder/b.yaml";
    elsewhere[1].name = "some/folder/a.yaml";
    assert_string_equal(hex(elsewhere, 2, NULL), two);
    elsewhere[1].name = "some/folder/c.yaml";
    assert_string_not_equal(hex(elsewhere, 2, NULL), two);
    f[0].size--; /* the last newline */
    assert_string_not_equal(hex(f, 2, NULL), two);
}

/* ---- results ---- */

static void entries_and_places(void **state)
{
    (void)state;
    spec_file f =
        text_file("t.yaml", "operators:\n  B: {since: [1, 9, 18]}\n  A: {since: [3]}\n  C: {since: [18]}\n  D: {since: [2]}\n");
    spec_file p = text_file("p.yaml", "profile: small\nexclude:\n  - {op: D, opset: 3.., reason: because}\n");
    const spec_table *t = load(&f, 1, &p, 17);
    assert_int_equal(t->opset, 17);
    assert_string_equal(t->profile, "small");
    assert_int_equal(t->n_entries, 2);
    assert_string_equal(t->entries[0].name, "A");
    assert_string_equal(t->entries[1].name, "B");
    assert_int_equal(t->entries[0].since, 3);
    assert_int_equal(t->entries[1].since, 9);
    assert_string_equal(t->entries[1].place.file, "t.yaml");
    assert_int_equal(t->entries[1].place.line, 2);
    assert_int_equal(t->entries[1].place.column, 3);
    assert_int_equal(t->n_absent, 1);
    assert_string_equal(t->absent[0], "C");
    assert_int_equal(t->n_exclusions, 1);
    assert_string_equal(t->exclusions[0].op, "D");
    assert_string_equal(t->exclusions[0].reason, "because");
    assert_int_equal(t->exclusions[0].first, 3);
    assert_int_equal(t->exclusions[0].last, SPEC_MAX_OPSET);
    assert_int_equal(t->exclusions[0].place.line, 3);
    assert_string_equal(load(&f, 1, NULL, 17)->profile, "onnx");
}

/* A value's place is where it was last written, so that a later message points there. */
static void merged_places(void **state)
{
    (void)state;
    spec_file f =
        text_file("t.yaml", "classes:\n  c: {in: {X: T, W: T}, where: [w]}\noperators:\n  A:\n    since: [1]\n    like: c\n"
                            "    in: {W: U}\n    where+: [v]\n");
    const spec_node *flat = load(&f, 1, NULL, 17)->entries[0].flat;
    const spec_node *in = spec_get(flat, "in"), *where = spec_get(flat, "where");
    assert_int_equal(in->place.line, 7);
    assert_int_equal(spec_get(in, "X")->place.line, 2);
    assert_int_equal(spec_get(in, "W")->place.line, 7);
    assert_int_equal(spec_get_pair(in, "W")->place.line, 7);
    assert_int_equal(where->items[0]->place.line, 2);
    assert_int_equal(where->items[1]->place.line, 8);
}

/* ---- size ---- */

typedef struct {
    char *s;
    size_t n, capacity;
} buffer;

static void add(buffer *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(buffer *b, const char *fmt, ...)
{
    void *p = b->s;
    assert_true(nn_grow(&p, &b->capacity, b->n + 256, 1));
    b->s = p;
    va_list ap;
    va_start(ap, fmt);
    b->n += (size_t)vsnprintf(b->s + b->n, 256, fmt, ap);
    va_end(ap);
}

static void long_chain(void **state)
{
    (void)state;
    enum { N = 20000 };
    buffer b = {0};
    add(&b, "classes:\n");
    for (int i = 0; i < N; i++)
        add(&b, "  c%d: {like: c%d}\n", i, i + 1);
    add(&b, "  c%d: {where: [end]}\noperators: {A: {since: [1], like: c0}}\n", N);
    spec_file f = {.name = "t.yaml", .bytes = b.s, .size = b.n};
    const spec_table *t = load(&f, 1, NULL, 17);
    assert_int_equal(t->n_entries, 1);
    assert_string_equal(spec_get(t->entries[0].flat, "where")->items[0]->text, "end");
    nn_free(b.s);
}

/* Ten times the table that nngen has. */
static void large_table(void **state)
{
    (void)state;
    enum { N = 2000 };
    buffer b = {0};
    add(&b, "classes:\n  c:\n    attrs: {");
    for (int i = 0; i < 20; i++)
        add(&b, "a%d: int 1..2, ", i);
    add(&b, "}\n    where: [a, b, c]\n    in: {X: T}\noperators:\n");
    for (int i = 0; i < N; i++)
        add(&b, "  Op%04d: {like: c, since: [1], attrs: {a3: null, b: int}, where+: [d], versions: {\"..20\": {in: {X: U}}}}\n", i);
    spec_file f = {.name = "t.yaml", .bytes = b.s, .size = b.n};
    const spec_table *t = load(&f, 1, NULL, 17);
    assert_int_equal(t->n_entries, N);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(spec_get(t->entries[i].flat, "attrs")->count, 20);
        assert_int_equal(spec_get(t->entries[i].flat, "where")->count, 4);
        assert_string_equal(spec_get(spec_get(t->entries[i].flat, "in"), "X")->text, "U");
    }
    nn_free(b.s);
}

/* One more than an index can tell apart, over two files read in name order. */
static void too_many_operators(void **state)
{
    (void)state;
    buffer b[2] = {{0}, {0}};
    for (int k = 0; k < 2; k++) {
        add(&b[k], "operators:\n");
        for (int i = 0; i < (SPEC_MAX_OPERATORS + 1) / 2; i++)
            add(&b[k], "  Op%d_%05d: {since: [1]}\n", k, i);
    }
    const spec_file f[] = {{.name = "b.yaml", .bytes = b[1].s, .size = b[1].n},
                           {.name = "a.yaml", .bytes = b[0].s, .size = b[0].n}};
    spec_table *t;
    nn_error err;
    assert_int_equal(spec_table_load(&t, f, 2, NULL, 17, &a, &err), NN_ERR_TABLE);
    assert_null(t);
    assert_string_equal(err.file, "b.yaml");
    assert_int_equal(err.line, 32769);
    assert_int_equal(err.column, 3);
    assert_string_equal(err.message, "operator Op1_32767: one operator too many; expected at most 65535 in a table");

    b[1].n -= strlen("  Op1_32767: {since: [1]}\n");
    const spec_file fits[] = {{.name = "b.yaml", .bytes = b[1].s, .size = b[1].n}, f[1]};
    assert_int_equal(load(fits, 2, NULL, 17)->n_entries, SPEC_MAX_OPERATORS);
    nn_free(b[0].s);
    nn_free(b[1].s);
}

/* Small files that would need gigabytes once merged. */
static void explosive_table(void **state)
{
    (void)state;
    static const char message[] = "the table grows too large by inheritance, versions and patches";
    for (int how = 0; how < 2; how++) {
        buffer b = {0};
        add(&b, "classes:\n  c:\n    %s", how == 0 ? "attrs: {" : "where: [");
        for (int i = 0; i < 5000; i++)
            add(&b, how == 0 ? "a%d: int, " : "a%d, ", i);
        add(&b, how == 0 ? "}\n" : "]\n");
        add(&b, "operators:\n");
        for (int i = 0; i < 10000; i++)
            add(&b, how == 0 ? "  Op%d: {like: c, since: [1], attrs: {b: int}}\n" : "  Op%d: {like: c, since: [1], where+: [b]}\n",
                i);
        spec_file f = {.name = "t.yaml", .bytes = b.s, .size = b.n};
        spec_table *t;
        nn_error err;
        assert_int_equal(spec_table_load(&t, &f, 1, NULL, 17, &a, &err), NN_ERR_TABLE);
        assert_string_equal(err.message, message);
        assert_true(err.line > 4);
        nn_free(b.s);
    }
}

static void too_large_a_file(void **state)
{
    (void)state;
    char *s = malloc(SPEC_MAX_BYTES + 1);
    assert_non_null(s);
    memset(s, '\n', SPEC_MAX_BYTES + 1);
    spec_file f = {.name = "t.yaml", .bytes = s, .size = SPEC_MAX_BYTES + 1};
    assert_load_fails(&f, 0, 0, "larger than 4194304 bytes");
    free(s);
}

/* ---- the default table ---- */

static void embedded_is_the_folder(void **state)
{
    (void)state;
    static const struct {
        const char *dir;
        const spec_file *embedded;
        const size_t *count;
    } rows[] = {{"specs", spec_embedded, &spec_embedded_count},
                {"specs/profiles", spec_embedded_profiles, &spec_embedded_profiles_count},
                {"specs/manners", spec_embedded_manners, &spec_embedded_manners_count},
                {"specs/motifs", spec_embedded_motifs, &spec_embedded_motifs_count}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        spec_file *f;
        size_t n;
        nn_error err;
        nn_status s = spec_read_dir(&f, &n, rows[i].dir, &a, &err);
        if (*rows[i].count == 0 && s == NN_ERR_IO)
            continue;
        assert_int_equal(s, NN_OK);
        assert_int_equal(n, *rows[i].count);
        for (size_t k = 0; k < n; k++) {
            assert_string_equal(f[k].name, rows[i].embedded[k].name);
            assert_int_equal(f[k].size, rows[i].embedded[k].size);
            if (f[k].size > 0)
                assert_memory_equal(f[k].bytes, rows[i].embedded[k].bytes, f[k].size);
        }
    }
}

static void embedded_loads(void **state)
{
    (void)state;
    for (int opset = 13; opset <= 30; opset++)
        for (size_t p = 0; p <= spec_embedded_profiles_count; p++) {
            const spec_file *profile = p < spec_embedded_profiles_count ? &spec_embedded_profiles[p] : NULL;
            const spec_table *t = load(spec_embedded, spec_embedded_count, profile, opset);
            if (spec_embedded_count > 0)
                assert_true(t->n_entries > 0);
            arena_reset(&a);
        }
}

#ifdef NN_STRESS
/* Fails each allocation in turn until the call gets through. */
static void without_memory(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        arena small; /* nearly every allocation of the arena is one of the counted */
        arena_init(&small, 16);
        spec_file *f;
        size_t count;
        spec_table *t;
        nn_error err;
        char *s;
        nn_stress_fail_at(n);
        nn_status status = spec_read_dir(&f, &count, "specs", &small, &err);
        if (status == NN_OK)
            status = spec_table_load(&t, f, count < 3 ? count : 3, NULL, 17, &small, &err);
        for (size_t i = 0; status == NN_OK && i < t->n_entries; i++)
            status = spec_dump(&s, t->entries[i].flat, 0, &small, &err);
        nn_stress_fail_at(0);
        arena_free(&small);
        if (status != NN_ERR_NOMEM)
            break;
        assert_string_equal(err.message, "out of memory");
        n += n / 64; /* a sample of the later ones */
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(digests, setup, teardown),
        cmocka_unit_test_setup_teardown(entries_and_places, setup, teardown),
        cmocka_unit_test_setup_teardown(merged_places, setup, teardown),
        cmocka_unit_test_setup_teardown(long_chain, setup, teardown),
        cmocka_unit_test_setup_teardown(large_table, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_operators, setup, teardown),
        cmocka_unit_test_setup_teardown(explosive_table, setup, teardown),
        cmocka_unit_test_setup_teardown(too_large_a_file, setup, teardown),
        cmocka_unit_test_setup_teardown(embedded_is_the_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(embedded_loads, setup, teardown),
#ifdef NN_STRESS
        cmocka_unit_test(without_memory),
#endif
    };
    return cmocka_run_group_tests_name("spec_table", tests, NULL, NULL);
}
