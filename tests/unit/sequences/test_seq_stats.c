/* Statistics against examples from the literature. */
#include "sequences/seq_stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>

#include <cmocka.h>

static void test_statistics(void **state)
{
    (void)state;
    double *lf = log_factorials(200);
    assert_non_null(lf);
    /* Fisher's lady: 3 of 4 cups right, 17/70; all right, 1/70. */
    assert_true(fabs(fisher_greater(lf, 3, 1, 1, 3) - 17.0 / 70) < 1e-12);
    assert_true(fabs(fisher_greater(lf, 4, 0, 0, 4) - 1.0 / 70) < 1e-12);
    assert_true(fisher_greater(lf, 0, 4, 4, 0) == 1);
    assert_true(fisher_greater(lf, 0, 0, 0, 0) == 1);
    assert_true(fisher_greater(lf, 50, 50, 50, 50) <= 1);
    for (uint64_t b = 0; b < 20; b++) /* more correct models that hold it are less evidence */
        assert_true(fisher_greater(lf, 10, b, 30, 60) < fisher_greater(lf, 10, b + 1, 30, 60));
    nn_free(lf);
    assert_true(odds_ratio(6, 2, 3, 4) == 4);
    assert_true(odds_ratio(1, 0, 0, 1) == 9);
    /* The example of the paper: 15 p-values, of which the first four are found at 0.05. */
    double p[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                  0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0};
    benjamini_hochberg(p, 15);
    size_t found = 0;
    for (size_t i = 0; i < 15; i++) {
        assert_true(i == 0 || p[i] >= p[i - 1]);
        found += p[i] <= 0.05;
    }
    assert_int_equal(found, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
