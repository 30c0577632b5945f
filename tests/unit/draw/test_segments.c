/* The bytes of tapes: what is written is read again; any bytes are a tape; edits stay in their segment and in their room. */
#include "draw/segment_read.h"
#include "draw/tape_edit.h"
#include "nngen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "splitmix.h"

#define ROOM 4096

/* A head, n groups of which each takes a tensor of the one before it, and a tail. */
static size_t make_tape(uint8_t out[ROOM], size_t n)
{
    segment_list l = {0};
    segments_open(&l, SEGMENT_HEAD, 7);
    segments_put(&l, ITEM_NODES, 0, (uint32_t)n);
    for (uint32_t k = 0; k < n; k++) {
        segments_open(&l, SEGMENT_GROUP, 100 + k);
        segments_put(&l, ITEM_OPERATOR, 0, 1000 + k);
        segments_put(&l, 77, 0x100, k);
        segments_put(&l, 78, 0x100, k);
        if (k > 0) {
            segments_put(&l, ITEM_FROM, 0, 99 + k);
            segments_put(&l, ITEM_PORT, 0, 0x01010000);
            segments_put(&l, ITEM_DIM, 0, 4);
        }
    }
    segments_open(&l, SEGMENT_TAIL, 8);
    const size_t size = segments_size(&l);
    assert_false(l.failed);
    assert_true(size <= ROOM);
    segments_write(&l, out);
    segments_free(&l);
    return size;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    uint8_t bytes[ROOM], again[ROOM];
    const size_t size = make_tape(bytes, 5);
    segment_list l = {0};
    assert_true(segments_read(&l, bytes, size, 100));
    assert_int_equal(l.n, 7);
    assert_int_equal(l.items[2].address, 101);
    assert_int_equal(l.items[2].n, 6);
    assert_int_equal(segments_size(&l), size);
    segments_write(&l, again);
    assert_memory_equal(again, bytes, size);
    assert_true(segments_read(&l, bytes, size, 3));
    assert_int_equal(l.n, 3);
    segments_free(&l);
}

static void a_cut_tape_has_what_is_whole(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    const size_t size = make_tape(bytes, 5);
    segment_list l = {0};
    for (size_t n = 0; n <= size; n++) {
        assert_true(segments_read(&l, bytes, n, 100));
        for (size_t k = 0; k < l.n; k++)
            assert_true(l.items[k].first + l.items[k].n <= l.n_values);
        assert_true(l.n <= 7);
    }
    segments_free(&l);
}

static void other_bytes_are_steps(void **state)
{
    (void)state;
    segment_list l = {0};
    assert_true(segments_read(&l, (const uint8_t *)"abcdefghi", 9, 100));
    assert_int_equal(l.n, 3);
    for (size_t k = 0; k < l.n; k++)
        assert_int_equal(l.items[k].kind, SEGMENT_STEP);
    assert_int_equal(l.items[2].salt, 'i');
    assert_int_not_equal(l.items[0].address, l.items[1].address);
    assert_true(segments_read(&l, (const uint8_t *)"", 0, 100));
    assert_int_equal(l.n, 0);
    segments_free(&l);
}

/* ---- draws ---- */

static void draws_are_read_as_noted(void **state)
{
    (void)state;
    static const uint64_t bounds[] = {2, 3, 10, 1000, (uint64_t)1 << 32, ((uint64_t)1 << 32) + 1, UINT64_MAX, 0};
    splitmix_state = 1;
    segment_list l = {0};
    segment_counts counts = {0};
    uint64_t values[64];
    segments_open(&l, SEGMENT_GROUP, 1);
    for (size_t i = 0; i < 64; i++) {
        const uint64_t bound = bounds[i % 8];
        values[i] = bound ? splitmix() % bound : splitmix();
        segment_note(&l, &counts, (unsigned)(i / 16) << 8, i % 2 ? "odd" : "even", bound, values[i]);
    }
    segment_reader r = {.list = &l};
    assert_true(segment_enter(&r, 0, 0));
    for (size_t i = 0; i < 64; i++) {
        segment_scope(&r, (unsigned)(i / 16) << 8);
        assert_true(segment_draw(&r, i % 2 ? "odd" : "even", bounds[i % 8]) == values[i]);
    }
    segment_reader_free(&r);
    segments_free(&l);
}

/* A draw that is not there does not move the others, in its scope or in another. */
static void draws_are_found_by_address(void **state)
{
    (void)state;
    segment_list l = {0};
    segment_counts counts = {0};
    segments_open(&l, SEGMENT_GROUP, 1);
    segment_note(&l, &counts, 0x100, "a", 10, 3);
    segment_note(&l, &counts, 0x100, "b", 10, 4);
    segment_note(&l, &counts, 0x200, "a", 10, 5);
    segment_reader r = {.list = &l};
    assert_true(segment_enter(&r, 0, 0));
    segment_scope(&r, 0x200);
    assert_int_equal(segment_draw(&r, "a", 10), 5);
    assert_int_equal(segment_draw(&r, "c", 10), 0); /* without a salt the simplest choice */
    segment_scope(&r, 0x100);
    assert_int_equal(segment_draw(&r, "b", 10), 4);
    assert_int_equal(segment_draw(&r, "a", 20), 6); /* near if the bound changes */
    assert_int_equal(segment_draw(&r, "a", 10), 0);
    l.items[0].salt = 9;
    uint64_t sum = 0;
    for (int i = 0; i < 20; i++)
        sum += segment_draw(&r, "c", 10);
    assert_true(sum > 20 && sum < 160);
    segment_reader_free(&r);
    segments_free(&l);
}

/* ---- edits ---- */

static size_t count_same(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    segment_list x = {0}, y = {0};
    size_t same = 0;
    assert_true(segments_read(&x, a, a_size, 1000) && segments_read(&y, b, b_size, 1000));
    for (size_t i = 0; i < x.n; i++)
        for (size_t k = 0; k < y.n; k++)
            if (x.items[i].kind == SEGMENT_GROUP && x.items[i].address == y.items[k].address && x.items[i].n == y.items[k].n &&
                x.items[i].salt == y.items[k].salt &&
                memcmp(x.values + x.items[i].first, y.values + y.items[k].first, x.items[i].n * sizeof *x.values) == 0) {
                same++;
                break;
            }
    segments_free(&x);
    segments_free(&y);
    return same;
}

static void an_edit_changes_one_segment(void **state)
{
    (void)state;
    uint8_t tape_bytes[ROOM], out[ROOM], again[ROOM];
    const size_t size = make_tape(tape_bytes, 8);
    for (size_t kind = 0; kind < TAPE_EDITS; kind++)
        for (uint64_t seed = 0; seed < 200; seed++) {
            const size_t n = tape_edit(tape_bytes, size, out, ROOM, seed, kind);
            assert_true(n > 0);
            assert_int_equal(tape_edit(tape_bytes, size, again, ROOM, seed, kind), n);
            assert_memory_equal(out, again, n); /* the seed decides */
            const bool adds = strcmp(tape_edit_name(kind), "insert") == 0 || strcmp(tape_edit_name(kind), "repeat") == 0;
            assert_true(count_same(tape_bytes, size, out, n) >= (adds ? 8 : 7));
            assert_true(n != size || memcmp(out, tape_bytes, n) != 0);
        }
}

static void results_fit_their_room(void **state)
{
    (void)state;
    uint8_t tape_bytes[ROOM], other[ROOM];
    const size_t size = make_tape(tape_bytes, 12), other_size = make_tape(other, 3);
    for (uint64_t seed = 0; seed < 500; seed++) {
        const size_t most = 32 + seed * 2;
        uint8_t *out = malloc(most); /* of this size, so that the address sanitizer sees what is beyond */
        assert_non_null(out);
        const size_t n = nn_tape_mutate(tape_bytes, size, out, most, seed);
        assert_true(n > 0 && n <= most);
        const size_t crossed = nn_tape_cross(tape_bytes, size, other, other_size, out, most, seed);
        assert_true(crossed > 0 && crossed <= most);
        free(out);
    }
    assert_int_equal(nn_tape_mutate(tape_bytes, size, other, 31, 1), 0);
}

static void nothing_can_be_edited(void **state)
{
    (void)state;
    uint8_t out[64];
    for (size_t kind = 0; kind < TAPE_EDITS; kind++)
        assert_true(tape_edit(NULL, 0, out, sizeof out, 3, kind) > 0); /* a step is inserted */
    assert_true(nn_tape_cross(NULL, 0, NULL, 0, out, sizeof out, 3) > 0);
    assert_int_equal(nn_tape_drop("", 0, 0, out), 0);
}

static void a_cross_brings_segments_of_the_other(void **state)
{
    (void)state;
    uint8_t a[ROOM], b[ROOM], out[ROOM];
    const size_t a_size = make_tape(a, 4), b_size = make_tape(b, 2);
    for (uint64_t seed = 0; seed < 50; seed++) {
        const size_t n = nn_tape_cross(a, a_size, b, b_size, out, ROOM, seed);
        assert_true(n > a_size);
        assert_int_equal(count_same(a, a_size, out, n), 4);
    }
}

static void segments_are_dropped_one_by_one(void **state)
{
    (void)state;
    uint8_t bytes[ROOM], out[ROOM];
    size_t size = make_tape(bytes, 5), n = 0;
    assert_int_equal(nn_tape_drop(bytes, size, 5, out), 0);
    assert_int_equal(count_same(bytes, size, out, nn_tape_drop(bytes, size, 2, out)), 4);
    for (size_t left; (left = nn_tape_drop(bytes, size, 0, bytes)) > 0; n++) {
        assert_true(left < size);
        size = left;
    }
    assert_int_equal(n, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_cut_tape_has_what_is_whole),
        cmocka_unit_test(other_bytes_are_steps),
        cmocka_unit_test(draws_are_read_as_noted),
        cmocka_unit_test(draws_are_found_by_address),
        cmocka_unit_test(an_edit_changes_one_segment),
        cmocka_unit_test(results_fit_their_room),
        cmocka_unit_test(nothing_can_be_edited),
        cmocka_unit_test(a_cross_brings_segments_of_the_other),
        cmocka_unit_test(segments_are_dropped_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
