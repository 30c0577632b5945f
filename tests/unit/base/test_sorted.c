/* Arrays in rising order: sorted, each number once, and found. */
#include "base/sorted.h"
#include "splitmix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void nothing_is_fine(void **state)
{
    (void)state;
    sort64(NULL, 0);
    assert_int_equal(sort_unique32(NULL, 0), 0);
    assert_int_equal(sort_unique64(NULL, 0), 0);
    assert_int_equal(sorted_place(NULL, 0, 7), 0);
}

/* The differences of these numbers do not fit into a signed one. */
static void extremes_are_in_order(void **state)
{
    (void)state;
    uint64_t wide[] = {UINT64_MAX, 0, (uint64_t)1 << 63, 1, UINT64_MAX - 1, (uint64_t)1 << 32};
    static const uint64_t rising[] = {0, 1, (uint64_t)1 << 32, (uint64_t)1 << 63, UINT64_MAX - 1, UINT64_MAX};
    sort64(wide, 6);
    assert_memory_equal(wide, rising, sizeof rising);
    uint32_t narrow[] = {UINT32_MAX, 0, 1u << 31, UINT32_MAX, 0, 1};
    static const uint32_t once[] = {0, 1, 1u << 31, UINT32_MAX};
    assert_int_equal(sort_unique32(narrow, 6), 4);
    assert_memory_equal(narrow, once, sizeof once);
}

/* Against a table of which numbers there are. */
static void each_number_is_kept_once(void **state)
{
    (void)state;
    splitmix_state = 1;
    for (int round = 0; round < 300; round++) {
        uint64_t wide[60], range = 1 + splitmix() % 40;
        uint32_t narrow[60];
        bool there[40] = {false};
        size_t n = splitmix() % 61, k = 0;
        for (size_t i = 0; i < n; i++) {
            wide[i] = splitmix() % range;
            narrow[i] = (uint32_t)wide[i];
            there[wide[i]] = true;
        }
        size_t kept = sort_unique64(wide, n);
        assert_int_equal(sort_unique32(narrow, n), kept);
        for (uint64_t x = 0; x < 40; x++) {
            assert_int_equal(sorted_place(wide, kept, x), k);
            if (!there[x])
                continue;
            assert_true(k < kept && wide[k] == x && narrow[k] == x);
            k++;
        }
        assert_int_equal(k, kept);
    }
}

static void the_place_is_the_first_of_equals(void **state)
{
    (void)state;
    static const uint64_t all[] = {2, 5, 5, 5, 9};
    static const struct {
        uint64_t x;
        size_t place;
    } rows[] = {{0, 0}, {2, 0}, {3, 1}, {5, 1}, {6, 4}, {9, 4}, {10, 5}, {UINT64_MAX, 5}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(sorted_place(all, 5, rows[i].x), rows[i].place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_fine),
        cmocka_unit_test(extremes_are_in_order),
        cmocka_unit_test(each_number_is_kept_once),
        cmocka_unit_test(the_place_is_the_first_of_equals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
