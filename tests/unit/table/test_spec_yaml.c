/* The YAML tree: positions, kinds, limits, words in messages, and libyaml without memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "table/spec_yaml.h"

#include "table/arena_fixture.h" /* after the others, as its `a` would shadow their parameters */

/* libyaml allocates through these; the definitions here take the place of its own. */
static long yaml_allocations, yaml_fail_at;

static bool yaml_fails(void)
{
    return ++yaml_allocations >= yaml_fail_at && yaml_fail_at > 0;
}

__attribute__((visibility("default"))) void *yaml_malloc(size_t size);
__attribute__((visibility("default"))) void *yaml_realloc(void *p, size_t size);
__attribute__((visibility("default"))) char *yaml_strdup(const char *s);

void *yaml_malloc(size_t size)
{
    return yaml_fails() ? NULL : malloc(size > 0 ? size : 1);
}

void *yaml_realloc(void *p, size_t size)
{
    return yaml_fails() ? NULL : realloc(p, size > 0 ? size : 1);
}

char *yaml_strdup(const char *s)
{
    return s == NULL || yaml_fails() ? NULL : strdup(s);
}

static const spec_node *parse(const char *text)
{
    const spec_node *root;
    nn_error err;
    if (spec_parse(&root, "t.yaml", text, strlen(text), &a, &err) != NN_OK)
        fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.message);
    return root;
}

static void assert_place(spec_place p, int line, int column)
{
    assert_string_equal(p.file, "t.yaml");
    assert_int_equal(p.line, line);
    assert_int_equal(p.column, column);
}

static void assert_fails(const char *bytes, size_t n, int line, int column, const char *message)
{
    const spec_node *root;
    nn_error err;
    assert_int_equal(spec_parse(&root, "t.yaml", bytes, n, &a, &err), NN_ERR_TABLE);
    assert_null(root);
    assert_string_equal(err.file, "t.yaml");
    assert_string_equal(err.message, message);
    assert_int_equal(err.line, line);
    assert_int_equal(err.column, column);
}

static void positions_and_kinds(void **state)
{
    (void)state;
    const spec_node *root = parse("a: x y\n"
                                  "  \n"
                                  "\"b\" :\n"
                                  "- 'it''s'\n"
                                  "- ~\n"
                                  "- {é: [null, \"null\", NULL]}\n"
                                  "c:\n");
    assert_int_equal(root->kind, SPEC_MAP);
    assert_int_equal(root->count, 3);
    assert_place(root->place, 1, 1);
    assert_string_equal(root->pairs[0].key, "a");
    assert_string_equal(root->pairs[0].value->text, "x y");
    assert_place(root->pairs[0].value->place, 1, 4);
    assert_place(root->pairs[1].place, 3, 1);
    const spec_node *b = spec_get(root, "b");
    assert_int_equal(b->kind, SPEC_LIST);
    assert_int_equal(b->count, 3);
    assert_place(b->place, 4, 1);
    assert_string_equal(b->items[0]->text, "it's");
    assert_place(b->items[0]->place, 4, 3);
    assert_int_equal(b->items[1]->kind, SPEC_NULL);
    assert_place(b->items[1]->place, 5, 3);
    const spec_node *e = spec_get(b->items[2], "é");
    assert_place(e->place, 6, 7);
    assert_int_equal(e->items[0]->kind, SPEC_NULL);
    assert_int_equal(e->items[1]->kind, SPEC_SCALAR);
    assert_string_equal(e->items[1]->text, "null");
    assert_true(e->items[1]->quoted);
    assert_place(e->items[1]->place, 6, 14);
    assert_int_equal(e->items[2]->kind, SPEC_SCALAR);
    assert_int_equal(spec_get(root, "c")->kind, SPEC_NULL);
    assert_string_equal(spec_get(root, "c")->text, "");
    assert_place(spec_get_pair(root, "c")->place, 7, 1);
    assert_null(spec_get(root, "d"));
    assert_null(spec_get(b, "d"));
    assert_null(spec_get(NULL, "d"));
}

/* exact: whether a character's column follows from its index. */
static void exact_texts(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *text;
        bool quoted, exact;
    } rows[] = {
        {"[plain text]", "plain text", false, true},
        {"['quoted é']", "quoted é", true, true},
        {"[\"double\"]", "double", true, true},
        {"['it''s']", "it's", true, false},
        {"[\"a\\tb\"]", "a\tb", true, false},
        {"[two\n lines]", "two lines", false, false},
        {"['two\n\n lines']", "two\nlines", true, false},
        {"- |-\n  block", "block", true, false},
        {"- >\n  a\n  b\n", "a b\n", true, false},
        {"[\"\"]", "", true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const spec_node *n = parse(rows[i].yaml)->items[0];
        assert_string_equal(n->text, rows[i].text);
        assert_int_equal(n->quoted, rows[i].quoted);
        assert_int_equal(n->exact, rows[i].exact);
    }
}

static void empty_documents(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "# c", "---\n", "null", "--- ~\n...\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(parse(texts[i])->kind, SPEC_NULL);
}

/* `n` times the text, NUL at the end; the caller frees. */
static char *repeat(const char *text, size_t n)
{
    size_t k = strlen(text);
    char *s = malloc(n * k + 1);
    assert_non_null(s);
    for (size_t i = 0; i < n; i++)
        memcpy(s + i * k, text, k);
    s[n * k] = '\0';
    return s;
}

static void size_limit(void **state)
{
    (void)state;
    char *s = repeat("#23456789abcdef\n", SPEC_MAX_BYTES / 16 + 1);
    const spec_node *root;
    nn_error err;
    assert_int_equal(spec_parse(&root, "t.yaml", s, SPEC_MAX_BYTES, &a, &err), NN_OK);
    assert_fails(s, SPEC_MAX_BYTES + 1, 0, 0, "larger than 4194304 bytes");
    free(s);
}

static void value_limit(void **state)
{
    (void)state;
    char *s = repeat("- a\n", SPEC_MAX_NODES);
    const spec_node *root;
    nn_error err;
    assert_int_equal(spec_parse(&root, "t.yaml", s, 4 * (SPEC_MAX_NODES - 1), &a, &err), NN_OK);
    assert_int_equal(root->count, SPEC_MAX_NODES - 1);
    assert_fails(s, 4 * SPEC_MAX_NODES, SPEC_MAX_NODES, 3, "more than 200000 values in one file");
    free(s);
}

static void depth_limit(void **state)
{
    (void)state;
    char *s = repeat("- ", SPEC_MAX_DEPTH + 1);
    const spec_node *root;
    nn_error err;
    assert_int_equal(spec_parse(&root, "t.yaml", s, 2 * SPEC_MAX_DEPTH, &a, &err), NN_OK);
    assert_fails(s, 2 * SPEC_MAX_DEPTH + 2, 1, 2 * SPEC_MAX_DEPTH + 1, "nested more than 32 levels deep");
    free(s);
    s = repeat("[", 1000000);
    assert_fails(s, 1000000, 1, SPEC_MAX_DEPTH + 1, "nested more than 32 levels deep");
    free(s);
    s = repeat("{a: ", 1000000);
    assert_fails(s, 4000000, 1, 4 * SPEC_MAX_DEPTH + 1, "nested more than 32 levels deep");
    free(s);
}

static void many_keys(void **state)
{
    (void)state;
    enum { N = 50000 };
    char *s = malloc(N * 16 + 16);
    assert_non_null(s);
    size_t n = 0;
    for (int i = 0; i < N; i++)
        n += (size_t)sprintf(s + n, "k%d: 1\n", i * 7919 % N);
    const spec_node *root;
    nn_error err;
    assert_int_equal(spec_parse(&root, "t.yaml", s, n, &a, &err), NN_OK);
    assert_int_equal(root->count, N);
    n += (size_t)sprintf(s + n, "k7919: 1\n");
    assert_fails(s, n, N + 1, 1, "duplicate key `k7919`: it is already at line 2, column 1");
    free(s);
}

/* Not read past its end: the bytes have no NUL after them. */
static void exact_size(void **state)
{
    (void)state;
    static const char text[] = "a: [1, 2]\nb: \"\xe2\x82\xac\"";
    for (size_t n = 0; n < sizeof text; n++) {
        char *copy = malloc(n > 0 ? n : 1);
        assert_non_null(copy);
        memcpy(copy, text, n);
        const spec_node *root;
        nn_error err = {0};
        nn_status s = spec_parse(&root, "t.yaml", copy, n, &a, &err);
        assert_true(s == NN_OK || (s == NN_ERR_TABLE && err.message[0] != '\0'));
        free(copy);
    }
}

static void libyaml_without_memory(void **state)
{
    (void)state;
    static const char text[] = "classes: {a: {where: [x, 'y', \"z\"], in: {X: &b !!str T}}}\n";
    static const char fine[] = "classes:\n  a: {where: [x, 'y', \"z\"]}\n  b: |\n    text\n  c: >\n    more\n";
    const char *const texts[] = {text, fine};
    for (size_t i = 0; i < 2; i++)
        for (long n = 1;; n++) {
            const spec_node *root;
            nn_error err;
            yaml_allocations = 0;
            yaml_fail_at = n;
            nn_status s = spec_parse(&root, "t.yaml", texts[i], strlen(texts[i]), &a, &err);
            bool failed = yaml_allocations >= n;
            yaml_fail_at = 0;
            if (!failed) {
                assert_true(n > 10); /* the definitions above are in use */
                assert_int_equal(s, i == 0 ? NN_ERR_TABLE : NN_OK);
                break;
            }
            assert_int_equal(s, NN_ERR_NOMEM);
            assert_string_equal(err.message, "out of memory");
        }
}

static void nearest_words(void **state)
{
    (void)state;
    static const char *const words[] = {"Relu", "Elu", "Conv", "ConvTranspose", "GlobalAveragePool", "in", "out", "x"};
    static const struct {
        const char *word, *nearest;
    } rows[] = {
        {"relu", "Relu"},      {"Rleu", "Relu"}, {"Cnov", "Conv"},  {"ConvTransposed", "ConvTranspose"},
        {"Zelu", "Relu"},      {"im", "in"},     {"outs", "out"},   {"GlobalAvgPool", "GlobalAveragePool"},
        {"Convolution", NULL}, {"y", NULL},      {"", NULL},        {"LSTM", NULL},
        {"n", "in"},           {"ot", "out"},    {"CONVV", "Conv"}, {"a word that is longer than all that are compared", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *got = spec_nearest(rows[i].word, words, sizeof words / sizeof words[0]);
        if ((got == NULL) != (rows[i].nearest == NULL) || (got != NULL && strcmp(got, rows[i].nearest) != 0))
            fail_msg("%s: %s", rows[i].word, got != NULL ? got : "none");
    }
    assert_null(spec_nearest("a", NULL, 0));
}

static void names(void **state)
{
    (void)state;
    assert_true(spec_is_name("A") && spec_is_name("_a9") && spec_is_name("kernel_shape"));
    assert_false(spec_is_name("") || spec_is_name("9a") || spec_is_name("a b") || spec_is_name("a+") || spec_is_name("é"));
    char *s = repeat("n", SPEC_MAX_NAME + 1);
    assert_false(spec_is_name(s));
    assert_true(spec_is_name(s + 1));
    free(s);
}

static void shown_words(void **state)
{
    (void)state;
    assert_string_equal(spec_show("a\nb\tc").s, "a b c");
    assert_string_equal(spec_show("").s, "");
    char *s = repeat("é", 100); /* cut between characters, never inside one */
    spec_word w = spec_show(s);
    assert_int_equal(strlen(w.s), 63);
    assert_memory_equal(w.s, s, 60);
    assert_string_equal(w.s + 60, "...");
    w = spec_show(s + 1); /* begins inside one */
    assert_true(strlen(w.s) < sizeof w.s);
    free(s);
    s = repeat("x", 60);
    assert_string_equal(spec_show(s).s, s);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(positions_and_kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(exact_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(empty_documents, setup, teardown),
        cmocka_unit_test_setup_teardown(size_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(value_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(depth_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(many_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(exact_size, setup, teardown),
        cmocka_unit_test_setup_teardown(libyaml_without_memory, setup, teardown),
        cmocka_unit_test(nearest_words),
        cmocka_unit_test(names),
        cmocka_unit_test(shown_words),
    };
    return cmocka_run_group_tests_name("spec_yaml", tests, NULL, NULL);
}
