/* Commands while every allocation fails in turn. Without -DNN_STRESS each command runs once and no allocation fails. */
#include "folder.h"
#include "sequences/coverage.h"
#include "sequences/seq_report.h"

static void ignore(void *data, const char *message)
{
    (void)data;
    (void)message;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(folder_make(state), 0);
    char a[64], b[64];
    (void)snprintf(a, sizeof a, "%s/a.txt", folder);
    (void)snprintf(b, sizeof b, "%s/b.txt", folder);
    folder_write("a.txt", "A,B,C,D,E\nX,B,C,D,E\n");
    folder_write("b.txt", "B,C,D,E,F\nA,B,C\n");
    char *const sequences[] = {"--failed", a, "--failed", b,           "--correct",     b,
                               "--suite",  a, "--reduce", "published", "--min-support", "1"};
    char *const matching[] = {"--failed",   a,          "--failed",  b,          "--correct", b,
                              "--matching", "--reduce", "corrected", "--format", "json"};
    char *const lines[] = {"--reduce", "published", "--order", "7", a};
    char *const paths[] = {"--paths", a};
    char *const inventory[] = {a, b};
    char *const cover[] = {a, "--against", b};
    static const struct {
        int n;
        bool coverage;
    } shape[] = {{12, false}, {11, false}, {5, false}, {2, false}, {2, false}, {3, true}};
    char *const *const commands[] = {sequences, matching, lines, paths, inventory, cover};
    for (size_t k = 0; k < sizeof shape / sizeof shape[0]; k++) {
        nn_status s = NN_ERR_NOMEM;
        for (long n = 1; s != NN_OK; n++) {
            json_line out = {.bytes = NULL};
            size_t problems;
            nn_error err = {0};
            const seq_watch watch = {.tell = ignore};
#ifdef NN_STRESS
            nn_stress_fail_at(n);
#endif
            s = (shape[k].coverage ? coverage_run : sequences_run)(shape[k].n, commands[k], &out, &watch, &problems, &err);
#ifdef NN_STRESS
            nn_stress_fail_at(0);
#endif
            assert_true(s == NN_OK || (s == NN_ERR_NOMEM && err.message[0] != '\0'));
            assert_true(s != NN_OK || (out.size > 0 && problems == 0));
            nn_free(out.bytes);
        }
    }
    assert_int_equal(folder_remove(state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
