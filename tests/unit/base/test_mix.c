/* Hashes are the published ones: files of the generator depend on their bits. */
#include "base/mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The sequence of SplitMix64 from seed 1234567, as other implementations have it. */
static void steps_are_splitmix64(void **state)
{
    (void)state;
    static const uint64_t published[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u, 4593380528125082431u,
                                         16408922859458223821u};
    uint64_t at = 1234567;
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++)
        assert_true(mix64(at += MIX_STEP) == published[i]);
    assert_true(mix64(0) == 0);
}

static void texts_are_fnv_1a(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t hash;
    } published[] = {{"", 0xcbf29ce484222325u}, {"a", 0xaf63dc4c8601ec8cu}, {"foobar", 0x85944171f73967e8u}};
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++)
        assert_true(fnv_text(FNV_START, published[i].text) == published[i].hash);
    assert_true(fnv_text(fnv_text(FNV_START, "foo"), "bar") == published[2].hash);
    /* A byte above 127 counts as what it is, whether char is signed or not: FNV-1a of the byte ff. */
    assert_true(fnv_text(FNV_START, "\xff") == (FNV_START ^ 0xff) * 0x100000001b3u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_splitmix64),
        cmocka_unit_test(texts_are_fnv_1a),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
