/* Fuzz target of the table loader and what is above it: any bytes give a tree or an error with a place and a message, for several
 * opsets; what loads is compiled, and the operators of small tables are lowered. The same bytes are read as motifs.
 *
 *     clang -fsanitize=fuzzer,address,undefined ... && fuzz_table -dict=tests/fuzz/table.dict CORPUS
 *
 * The part of the input after a line `%profile` is a profile. What loads is dumped, and the dump must be read back as the same
 * tree. */
#define _GNU_SOURCE /* memmem */

#include "fuzz_lower.h"
#include "motif/motif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const spec_node *a, const spec_node *b)
{
    if (a->kind != b->kind || a->count != b->count || strcmp(a->text, b->text) != 0)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->kind == SPEC_LIST ? !same(a->items[i], b->items[i])
                                 : strcmp(a->pairs[i].key, b->pairs[i].key) != 0 || !same(a->pairs[i].value, b->pairs[i].value))
            return false;
    }
    return true;
}

static void check_dump(const spec_node *node, arena *a)
{
    char *text;
    const spec_node *again;
    nn_error err;
    check(spec_dump(&text, node, 0, a, &err) == NN_OK);
    nn_status s = spec_parse(&again, "dump", text, strlen(text), a, &err);
    check(s == NN_OK && same(node, again));
}

static void check_nulls(const spec_node *node)
{
    check(node->kind != SPEC_NULL);
    for (size_t i = 0; i < node->count; i++)
        check_nulls(node->kind == SPEC_LIST ? node->items[i] : node->pairs[i].value);
}

static void load(const spec_file *file, const spec_file *profile, int opset, arena *a)
{
    spec_table *t;
    nn_error err;
    nn_status s = spec_table_load(&t, file, 1, profile, opset, a, &err);
    if (s != NN_OK) {
        check_error(s, &err);
        return;
    }
    for (size_t i = 0; i < t->n_entries; i++) {
        check(i == 0 || strcmp(t->entries[i - 1].name, t->entries[i].name) < 0);
        check(t->entries[i].since >= 1 && t->entries[i].since <= opset);
        check_nulls(t->entries[i].flat);
    }
    if (t->n_entries > 0)
        check_dump(t->entries[t->n_entries / 2].flat, a);
    compile_and_lower(file, profile, opset, 3);
}

/* The same bytes as motifs for the operators of the built-in table: an error, or motifs whose plans keep the limits. */
static void load_motifs(const spec_file *file)
{
    static op_set *ops;
    const lower_limits limits = {.max_elements = 64, .max_dim = 16, .max_rank = 4};
    nn_error err;
    motif_set *set;
    tape *t;
    arena a;
    check(ops != NULL || op_set_new(&ops, spec_embedded, spec_embedded_count, NULL, 17, &err) == NN_OK);
    nn_status s = motif_set_new(&set, ops, NULL, file, 1, &err);
    if (s != NN_OK) {
        check_error(s, &err);
        return;
    }
    arena_init(&a, 4096);
    check(tape_new_seeded(&t, 1, 1, &err) == NN_OK);
    for (size_t i = 0; i < motif_count(set); i++)
        for (int k = 0; k < 9; k++) {
            motif_plan p;
            arena_reset(&a);
            if (motif_plan_new(set, i, (motif_level)(k % MOTIF_LEVELS), motif_draw_near_miss(t), NULL, &limits, t, &a, &p) != NN_OK)
                continue;
            for (size_t j = 0; j < p.n_inputs; j++)
                check_desc(&p.inputs[j].desc, 64);
            for (size_t j = 0; j < p.n_consts; j++)
                check_desc(&p.consts[j].desc, 64);
        }
    tape_free(t);
    arena_free(&a);
    motif_set_free(set);
}

/* A block of its own, so that a read past the end is seen. */
static spec_file copy(const char *name, const uint8_t *data, size_t size)
{
    char *bytes = malloc(size > 0 ? size : 1);
    check(bytes != NULL);
    if (size > 0)
        memcpy(bytes, data, size);
    return (spec_file){.name = name, .bytes = bytes, .size = size};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char mark[] = "\n%profile\n";
    static const int opsets[] = {1, 13, 17, 1000};
    const uint8_t *cut = size > 0 ? memmem(data, size, mark, sizeof mark - 1) : NULL;
    size_t n = cut != NULL ? (size_t)(cut - data) + 1 : size;
    size_t skip = cut != NULL ? n + sizeof mark - 2 : size;
    spec_file file = copy("t.yaml", data, n), profile = copy("p.yaml", cut != NULL ? data + skip : data, size - skip);
    arena a;
    arena_init(&a, 4096);
    const spec_node *root;
    nn_error err;
    nn_status s = spec_parse(&root, file.name, file.bytes, file.size, &a, &err);
    if (s == NN_OK)
        check_dump(root, &a);
    else
        check_error(s, &err);
    for (size_t i = 0; i < sizeof opsets / sizeof opsets[0]; i++) {
        arena_reset(&a);
        load(&file, cut != NULL ? &profile : NULL, opsets[i], &a);
    }
    load_motifs(&file);
    arena_free(&a);
    free((void *)(uintptr_t)file.bytes);
    free((void *)(uintptr_t)profile.bytes);
    return 0;
}
