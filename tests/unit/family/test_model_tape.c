/* Models and their tapes: the round trip gives the same files; any bytes give a model; a mutant keeps what it does not touch. */
#include "small_family.h"
#include "splitmix.h"
#include "stats/structure.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    uint8_t *bytes;
    size_t n;
} blob;

static blob copy(const void *bytes, size_t n)
{
    blob b = {malloc(n + 1), n};
    assert_non_null(b.bytes);
    memcpy(b.bytes, bytes, n);
    return b;
}

static blob onnx_of(nn_model *m)
{
    const void *bytes;
    size_t n;
    nn_error err;
    assert_int_equal(nn_model_onnx(m, &bytes, &n, &err), NN_OK);
    return copy(bytes, n);
}

static blob tape_of(nn_model *m)
{
    const void *bytes;
    size_t n;
    nn_error err;
    assert_int_equal(nn_model_tape(m, &bytes, &n, &err), NN_OK);
    return copy(bytes, n);
}

static void assert_same(blob a, blob b)
{
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.bytes, b.bytes, a.n);
    free(b.bytes);
}

static void check_round_trip(const nn_family *f, uint64_t count)
{
    nn_model *m = NULL, *again = NULL;
    nn_error err;
    const void *bytes;
    size_t n;
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(nn_model_build(&m, f, i, &err), NN_OK);
        blob model = onnx_of(m), tape_bytes = tape_of(m);
        assert_same(model, onnx_of(m)); /* to ask for the tape changes nothing */
        assert_int_equal(nn_model_build_bytes(&again, f, tape_bytes.bytes, tape_bytes.n, &err), NN_OK);
        assert_same(model, onnx_of(again));
        assert_string_equal(nn_model_name(m), nn_model_name(again));
        if (f->options.inputs > 0 && nn_model_inputs(m) > 0) {
            assert_int_equal(nn_model_input(m, 0, 0, &bytes, &n, &err), NN_OK);
            blob input = copy(bytes, n);
            assert_int_equal(nn_model_input(again, 0, 0, &bytes, &n, &err), NN_OK);
            assert_same(input, copy(bytes, n));
            free(input.bytes);
        }
        assert_same(tape_bytes, tape_of(again));
        free(model.bytes);
        free(tape_bytes.bytes);
    }
    nn_model_free(m);
    nn_model_free(again);
}

static void a_tape_gives_its_model(void **state)
{
    (void)state;
    check_round_trip(family, 6);
}

/* Manners, motifs, near misses, due paths, other types, extra nodes, many nodes. */
static void tapes_of_all_kinds_of_families(void **state)
{
    (void)state;
    const nn_family_config families[] = {{.nodes = 1, .count = 30, .seed = 1},
                                         {.nodes = 40, .count = 30, .seed = 2, .constants = 30},
                                         {.nodes = 24, .count = 20, .seed = 3, .manner = "real", .motifs = "0.8"},
                                         {.nodes = 16, .count = 20, .seed = 4, .contain = "Conv,Relu", .avoid = "Relu,Relu"},
                                         {.nodes = 400, .count = 2, .seed = 5},
                                         {.nodes = 20, .count = 20, .seed = 6, .manner = "uniform", .motifs = "none"}};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        nn_family *f = NULL;
        nn_error err;
        assert_int_equal(nn_family_open(&f, table, &families[i], &err), NN_OK);
        check_round_trip(f, families[i].count);
        nn_family_close(f);
    }
}

static void any_bytes_give_a_model(void **state)
{
    (void)state;
    nn_model *m = NULL;
    nn_error err;
    splitmix_state = 5;
    uint8_t bytes[1200];
    size_t most = 0;
    for (size_t i = 0; i < 300; i++) {
        const size_t n = (size_t)(splitmix() % (i % 2 ? sizeof bytes : 64));
        for (size_t k = 0; k < n; k++)
            bytes[k] = (uint8_t)splitmix();
        if (i % 3 == 0 && n > 4)
            memcpy(bytes, "NNT1", 4);
        assert_int_equal(nn_model_build_bytes(&m, family, bytes, n, &err), NN_OK);
        const size_t nodes = nn_model_nodes(m);
        assert_true(nodes >= 1 && nodes <= 2 * 12 + 8);
        most = nodes > most ? nodes : most;
    }
    assert_true(most > 12);
    nn_model_free(m);
}

/* Every item of a tape may be anything: each in turn gets another value. */
static void a_broken_tape_gives_a_model(void **state)
{
    (void)state;
    nn_family *f = NULL;
    nn_model *m = NULL;
    nn_error err;
    assert_int_equal(nn_family_open(&f, table,
                                    &(nn_family_config){.nodes = 10, .count = 4, .motifs = "0.9", .near_misses = 100, .check = 1},
                                    &err),
                     NN_OK);
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(nn_model_build(&m, f, i, &err), NN_OK);
        blob tape_bytes = tape_of(m);
        for (size_t at = 4; at + 4 <= tape_bytes.n; at += 4) { /* headers and halves of items */
            uint32_t before, changed = (uint32_t)splitmix() >> (splitmix() % 4 * 8);
            memcpy(&before, tape_bytes.bytes + at, 4);
            memcpy(tape_bytes.bytes + at, &changed, 4);
            assert_int_equal(nn_model_build_bytes(&m, f, tape_bytes.bytes, tape_bytes.n, &err), NN_OK);
            memcpy(tape_bytes.bytes + at, &before, 4);
        }
        free(tape_bytes.bytes);
    }
    nn_model_free(m);
    nn_family_close(f);
}

/* A motif's segment states a kind of near miss; there are fewer kinds than numbers. */
static void a_kind_of_near_miss_that_there_is_not(void **state)
{
    (void)state;
    nn_family *f = NULL;
    nn_model *m = NULL;
    nn_error err;
    const nn_family_config c = {.nodes = 20, .count = 12, .motifs = "0.9", .near_misses = 100};
    size_t n = 0;
    assert_int_equal(nn_family_open(&f, table, &c, &err), NN_OK);
    for (uint64_t i = 0; i < 12; i++) {
        segment_list l = {0};
        assert_int_equal(nn_model_build(&m, f, i, &err), NN_OK);
        blob tape_bytes = tape_of(m);
        assert_true(segments_read(&l, tape_bytes.bytes, tape_bytes.n, 1000));
        for (size_t k = 0; k < l.n_values; k++)
            for (uint32_t kind = 16; kind < 24 && l.values[k].label == ITEM_HOW; kind++, n++) {
                const uint32_t before = l.values[k].value;
                l.values[k].value = (before & ~(uint32_t)0xfff) | kind << 4 | MOTIF_MUTATED;
                segments_write(&l, tape_bytes.bytes);
                assert_int_equal(nn_model_build_bytes(&m, f, tape_bytes.bytes, tape_bytes.n, &err), NN_OK);
                l.values[k].value = before;
            }
        segments_free(&l);
        free(tape_bytes.bytes);
    }
    assert_true(n > 20);
    nn_model_free(m);
    nn_family_close(f);
}

static void an_empty_tape_is_simple(void **state)
{
    (void)state;
    nn_model *m = NULL;
    nn_error err;
    assert_int_equal(nn_model_build_bytes(&m, family, NULL, 0, &err), NN_OK);
    assert_int_equal(nn_model_nodes(m), 1);
    assert_memory_equal(nn_model_name(m), "tape_", 5);
    assert_int_equal(nn_model_build_bytes(&m, family, NULL, 3, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no bytes were given");
    assert_null(nn_model_name(m));
    nn_model_free(m);
}

/* The tape of a mutant states all its decisions, and gives the same graph. */
static void a_mutant_settles(void **state)
{
    (void)state;
    nn_model *m = NULL, *again = NULL;
    nn_error err;
    arena mem;
    arena_init(&mem, 0);
    uint8_t changed[32768], first[STRUCTURE_SIZE], second[STRUCTURE_SIZE];
    for (uint64_t seed = 0; seed < 120; seed++) {
        assert_int_equal(nn_model_build(&m, family, seed % 6, &err), NN_OK);
        blob tape_bytes = tape_of(m);
        const size_t n = nn_tape_mutate(tape_bytes.bytes, tape_bytes.n, changed, sizeof changed, seed);
        assert_int_equal(nn_model_build_bytes(&m, family, changed, n, &err), NN_OK);
        blob settled = tape_of(m);
        assert_true(structure_of(m->graph, &mem, first));
        assert_int_equal(nn_model_build_bytes(&again, family, settled.bytes, settled.n, &err), NN_OK);
        assert_true(structure_of(again->graph, &mem, second));
        assert_memory_equal(first, second, STRUCTURE_SIZE);
        free(tape_bytes.bytes);
        free(settled.bytes);
    }
    arena_free(&mem);
    nn_model_free(m);
    nn_model_free(again);
}

static bool contains(blob b, const char *text)
{
    const size_t n = strlen(text);
    for (size_t i = 0; i + n <= b.n; i++)
        if (memcmp(b.bytes + i, text, n) == 0)
            return true;
    return false;
}

/* The name and the metadata of a model say whether its seed and index lead to it. */
static void a_changed_tape_is_named_by_its_bytes(void **state)
{
    (void)state;
    nn_model *m = NULL;
    nn_error err;
    uint8_t changed[32768];
    assert_int_equal(nn_model_build(&m, family, 4, &err), NN_OK);
    blob tape_bytes = tape_of(m);
    assert_int_equal(nn_model_build_bytes(&m, family, tape_bytes.bytes, tape_bytes.n, &err), NN_OK);
    assert_string_equal(nn_model_name(m), "test_000004");
    const size_t n = nn_tape_mutate(tape_bytes.bytes, tape_bytes.n, changed, sizeof changed, 1);
    assert_int_equal(nn_model_build_bytes(&m, family, changed, n, &err), NN_OK);
    assert_memory_equal(nn_model_name(m), "tape_", 5);
    blob model = onnx_of(m);
    assert_true(contains(model, "nngen.tape"));
    assert_false(contains(model, "nngen.seed"));
    nn_family *other = NULL; /* the same bytes are not the model 4 of another family */
    assert_int_equal(nn_family_open(&other, table, &(nn_family_config){.nodes = 13, .count = 6, .seed = 3}, &err), NN_OK);
    nn_model_free(m);
    m = NULL;
    assert_int_equal(nn_model_build_bytes(&m, other, tape_bytes.bytes, tape_bytes.n, &err), NN_OK);
    assert_memory_equal(nn_model_name(m), "tape_", 5);
    assert_int_equal(nn_model_nodes(m), 12);
    nn_model_free(m);
    nn_family_close(other);
    free(model.bytes);
    free(tape_bytes.bytes);
}

static void misuse_is_reported(void **state)
{
    (void)state;
    nn_model *m = NULL;
    nn_error err;
    const void *bytes;
    size_t n;
    assert_int_equal(nn_model_tape(NULL, &bytes, &n, &err), NN_ERR_USAGE);
    assert_int_equal(nn_model_build_bytes(&m, NULL, "x", 1, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no family was given");
    assert_null(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAMILY(a_tape_gives_its_model),
        WITH_FAMILY(tapes_of_all_kinds_of_families),
        WITH_FAMILY(any_bytes_give_a_model),
        WITH_FAMILY(a_broken_tape_gives_a_model),
        WITH_FAMILY(a_kind_of_near_miss_that_there_is_not),
        WITH_FAMILY(an_empty_tape_is_simple),
        WITH_FAMILY(a_mutant_settles),
        WITH_FAMILY(a_changed_tape_is_named_by_its_bytes),
        WITH_FAMILY(misuse_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
