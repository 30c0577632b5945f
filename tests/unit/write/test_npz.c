/* Archives of arrays, read back from the format's description alone: with and without its extension to 64 bits. */
#include "write/npz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ARRAYS = 40 };

static uint64_t number(const npz *z, uint64_t at, int bytes)
{
    uint64_t x = 0;
    assert_true(at + (uint64_t)bytes <= z->size);
    for (int i = bytes - 1; i >= 0; i--)
        x = x << 8 | z->bytes[at + (uint64_t)i];
    return x;
}

/* Bit by bit. */
static uint32_t crc(const uint8_t *p, size_t n)
{
    uint32_t x = UINT32_MAX;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 8; k++)
            x = x >> 1 ^ ((x ^ (uint32_t)p[i] >> k) & 1 ? 0xedb88320u : 0);
    return ~x;
}

/* Array i has i rows of three. */
static float element(int i, int k)
{
    return (float)(i * k) / 4;
}

static void make(npz *z, size_t large)
{
    nn_error err;
    npz_begin(z);
    z->large = large;
    for (int i = 0; i < ARRAYS; i++) {
        char name[24];
        void *data;
        (void)snprintf(name, sizeof name, "x%d", i);
        assert_int_equal(npz_add(z, name, DT_FLOAT32, (int64_t[]){i, 3}, 2, &data, &err), NN_OK);
        for (int k = 0; k < 3 * i; k++)
            memcpy((char *)data + 4 * k, &(float){element(i, k)}, 4);
    }
    assert_int_equal(npz_end(z, &err), NN_OK);
}

static void check_array(const npz *z, int i, uint64_t at, uint64_t size)
{
    char shape[80];
    (void)snprintf(shape, sizeof shape, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 3), }", i);
    assert_memory_equal(z->bytes + at, "\x93NUMPY\x01\x00", 8);
    uint64_t from = 10 + number(z, at + 8, 2);
    assert_memory_equal(z->bytes + at + 10, shape, strlen(shape));
    assert_int_equal(size, from + 12 * (uint64_t)i);
    for (int k = 0; k < 3 * i; k++)
        assert_memory_equal(z->bytes + at + from + 4 * (uint64_t)k, &(float){element(i, k)}, 4);
}

/* The next of the 64-bit numbers in the extra field that stand for those that have all bits set. */
static uint64_t widen(const npz *z, uint64_t x, uint64_t *extra)
{
    if (x != UINT32_MAX)
        return x;
    *extra += 8;
    return number(z, *extra - 8, 8);
}

/* The entry at *at of the directory, and the member that it names. */
static void check_entry(const npz *z, int i, uint64_t *at)
{
    uint64_t p = *at;
    char name[24];
    (void)snprintf(name, sizeof name, "x%d.npy", i);
    size_t n = strlen(name);
    assert_int_equal(number(z, p, 4), 0x02014b50);
    assert_int_equal(number(z, p + 28, 2), n);
    assert_memory_equal(z->bytes + p + 46, name, n);
    uint64_t n_extra = number(z, p + 30, 2), extra = p + 46 + n + 4;
    *at = p + 46 + n + n_extra;
    uint64_t size = widen(z, number(z, p + 24, 4), &extra), packed = widen(z, number(z, p + 20, 4), &extra);
    uint64_t local = widen(z, number(z, p + 42, 4), &extra);
    assert_int_equal(packed, size);
    assert_int_equal(number(z, p + 6, 2), n_extra > 0 ? 45 : 20);
    if (n_extra > 0) {
        assert_int_equal(number(z, p + 46 + n, 2), 1);
        assert_int_equal(number(z, p + 46 + n + 2, 2), n_extra - 4);
        assert_int_equal(extra, *at);
    }
    assert_int_equal(number(z, local, 4), 0x04034b50);
    assert_int_equal(number(z, local + 26, 2), n);
    uint64_t more = number(z, local + 28, 2), from = local + 30 + n + more, inside = local + 30 + n + 4;
    assert_int_equal(widen(z, number(z, local + 22, 4), &inside), size);
    assert_int_equal(widen(z, number(z, local + 18, 4), &inside), size);
    assert_int_equal(number(z, local + 14, 4), number(z, p + 16, 4));
    assert_int_equal(number(z, local + 14, 4), crc(z->bytes + from, size));
    check_array(z, i, from, size);
}

/* Returns whether the extension's records are there. */
static bool check(const npz *z)
{
    uint64_t end = z->size - 22, members = number(z, end + 10, 2), n = number(z, end + 12, 4), at = number(z, end + 16, 4);
    assert_int_equal(number(z, end, 4), 0x06054b50);
    bool large = number(z, end - 20, 4) == 0x07064b50;
    if (large) {
        uint64_t record = number(z, end - 12, 8);
        assert_int_equal(number(z, record, 4), 0x06064b50);
        assert_int_equal(number(z, record + 4, 8), 44);
        assert_int_equal(record + 56, end - 20);
        assert_true(n == UINT32_MAX || n == number(z, record + 40, 8));
        assert_true(at == UINT32_MAX || at == number(z, record + 48, 8));
        members = number(z, record + 32, 8);
        n = number(z, record + 40, 8);
        at = number(z, record + 48, 8);
    }
    assert_int_equal(members, ARRAYS);
    assert_int_equal(at + n, large ? end - 76 : end);
    for (int i = 0; i < ARRAYS; i++)
        check_entry(z, i, &at);
    assert_int_equal(at, large ? end - 76 : end);
    return large;
}

static void sizes_and_places(void **state)
{
    (void)state;
    static const struct {
        size_t from;
        bool large;
    } rows[] = {{0, false}, {1, true}, {300, true}, {400, true}, {5000, true}, {20000, false}};
    npz z = {0}; /* reused */
    size_t plain = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        make(&z, rows[i].from);
        assert_int_equal(check(&z), rows[i].large);
        plain = i == 0 ? z.size : plain;
        assert_true(rows[i].large ? z.size > plain : z.size == plain);
    }
    npz_free(&z);
}

static void what_no_memory_holds(void **state)
{
    (void)state;
    npz z = {0};
    nn_error err;
    void *data;
    npz_begin(&z);
    assert_int_equal(npz_add(&z, "x", DT_DOUBLE, (int64_t[]){INT64_MAX / 4, INT64_MAX / 4}, 2, &data, &err), NN_ERR_NOMEM);
    assert_int_equal(npz_add(&z, "x", DT_DOUBLE, (int64_t[]){INT64_MAX / 9}, 1, &data, &err), NN_ERR_NOMEM);
    npz_free(&z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sizes_and_places), cmocka_unit_test(what_no_memory_holds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
