/* Packed trees: what was packed is unpacked, and the embedded files have the trees of their bytes. */
#include "table/spec_packed.h"

#include <stdio.h>

#include "table/tree.h"

static void assert_same_place(spec_place x, spec_place y)
{
    assert_string_equal(x.file, y.file);
    assert_int_equal(x.line, y.line);
    assert_int_equal(x.column, y.column);
}

static void assert_same(const spec_node *x, const spec_node *y)
{
    assert_int_equal(x->kind, y->kind);
    assert_same_place(x->place, y->place);
    assert_string_equal(x->text, y->text);
    assert_int_equal(x->quoted, y->quoted);
    assert_int_equal(x->exact, y->exact);
    assert_int_equal(x->count, y->count);
    for (size_t i = 0; x->kind == SPEC_LIST && i < x->count; i++)
        assert_same(x->items[i], y->items[i]);
    for (size_t i = 0; x->kind == SPEC_MAP && i < x->count; i++) {
        assert_string_equal(x->pairs[i].key, y->pairs[i].key);
        assert_same_place(x->pairs[i].place, y->pairs[i].place);
        assert_same(x->pairs[i].value, y->pairs[i].value);
    }
}

static void assert_survives(const spec_node *root)
{
    unsigned char *bytes;
    size_t size;
    nn_error err;
    const spec_node *again;
    assert_int_equal(spec_pack(&bytes, &size, root, &err), NN_OK);
    unsigned char *copy = arena_alloc(&a, size);
    memcpy(copy, bytes, size);
    nn_free(bytes);
    assert_int_equal(spec_unpack(&again, "t.yaml", copy, &a, &err), NN_OK);
    assert_same(root, again);
}

static void kinds_and_styles(void **state)
{
    (void)state;
    assert_survives(tree(""));
    assert_survives(tree("plain"));
    assert_survives(tree("{a: [], b: {}, c: ~, d: , e: '', \"f\": 'it''s', g: \"tab\\there\"}"));
    assert_survives(tree("a:\n  - [1, [2, {x: y}]]\n  - b: c\n    d: |\n      two\n      lines\ne: folded\n  text\n"));
    assert_survives(tree("\xc3\xa9: \xe2\x82\xac\n"));
}

/* Lengths, counts, lines and columns that need more than one byte. */
static void large_numbers(void **state)
{
    (void)state;
    char *text = arena_alloc(&a, 200000), *p = text;
    p += sprintf(p, "first: [");
    for (int i = 0; i < 300; i++)
        p += sprintf(p, "%d, ", i);
    p += sprintf(p, "x]");
    memset(p, '\n', 20000);
    p += 20000;
    p += sprintf(p, "second: ");
    memset(p, 'z', 20000);
    p[20000] = '\0';
    const spec_node *root = tree(text);
    assert_int_equal(root->pairs[0].value->count, 301);
    assert_true(root->pairs[0].value->items[300]->place.column > 1000 && root->pairs[1].place.line > 16384);
    assert_int_equal(strlen(root->pairs[1].value->text), 20000);
    assert_survives(root);
}

/* A merged tree takes nodes from several places of a file. */
static void lines_that_go_back(void **state)
{
    (void)state;
    spec_node late = {.kind = SPEC_SCALAR, .place = {"t.yaml", 900, 7}, .text = "late"};
    spec_node early = {.kind = SPEC_SCALAR, .place = {"t.yaml", 3, 200}, .text = "early"};
    const spec_node *items[] = {&late, &early, &late};
    assert_survives(&(spec_node){.kind = SPEC_LIST, .place = {"t.yaml", 500, 1}, .text = "", .count = 3, .items = items});
}

static void embedded_trees_are_those_of_the_bytes(void **state)
{
    (void)state;
    const struct {
        const spec_file *files;
        size_t n;
    } rows[] = {{spec_embedded, spec_embedded_count},
                {spec_embedded_profiles, spec_embedded_profiles_count},
                {spec_embedded_manners, spec_embedded_manners_count},
                {spec_embedded_motifs, spec_embedded_motifs_count}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        assert_true(rows[k].n > 0);
        for (size_t i = 0; i < rows[k].n; i++) {
            spec_file file = rows[k].files[i];
            const spec_node *parsed, *unpacked;
            nn_error err;
            assert_non_null(file.packed);
            assert_int_equal(spec_file_tree(&unpacked, &file, &a, &err), NN_OK);
            file.packed = NULL;
            assert_int_equal(spec_file_tree(&parsed, &file, &a, &err), NN_OK);
            assert_same(parsed, unpacked);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kinds_and_styles, setup, teardown),
        cmocka_unit_test_setup_teardown(large_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_that_go_back, setup, teardown),
        cmocka_unit_test_setup_teardown(embedded_trees_are_those_of_the_bytes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
