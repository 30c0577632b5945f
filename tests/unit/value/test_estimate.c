/* Estimates of likely values: how spreads and movements combine. */
#include "value/estimate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool near(double x, double y)
{
    double d = x - y, size = y < 0 ? -y : y;
    return (d < 0 ? -d : d) <= 1e-5 * (size > 1 ? size : 1);
}

static void sums_add_as_roots(void **state)
{
    (void)state;
    estimate e = est_add(est_all(iv(-3, 3)), est_still(iv(-4, 4)));
    assert_true(near(e.range.lo, -5) && near(e.range.hi, 5) && near(e.live, 3));
    e = est_sum_of(16, est_all(iv(0, 2)));
    assert_true(near(e.range.lo, 12) && near(e.range.hi, 20) && near(e.live, 4));
    e = est_mean_of(16, est_all(iv(0, 2)));
    assert_true(near(e.range.lo, 0.75) && near(e.range.hi, 1.25));
}

static void initializers_do_not_move(void **state)
{
    (void)state;
    estimate w = est_still(iv(1, 2));
    assert_true(near(est_share(w), 0) && near(est_add(w, w).live, 0) && near(est_mul(w, w).live, 0));
    assert_true(est_mul(w, est_all(iv(-1, 1))).live > 1);
}

static void weak_stays_weak_alone(void **state)
{
    (void)state;
    estimate weak = est_weak(iv(0, 1));
    assert_true(est_add(weak, est_point(1)).weak && est_neg(weak).weak);
    assert_false(est_add(weak, est_all(iv(0, 1))).weak);
}

static void extremes_move_with_what_decides(void **state)
{
    (void)state;
    estimate low = est_all(iv(-3, -2)), high = est_all(iv(1, 2)), wall = est_point(5);
    assert_true(near(est_extreme(low, high, true).live, high.live) && near(est_extreme(low, high, false).live, low.live));
    assert_true(near(est_extreme(high, wall, true).live, 0));
    assert_true(est_extreme(high, est_point(1.5), true).ties);
}

/* Windows lie in the range, and a line moves as its argument does; a step off the middle leaves most values where they are. */
static void curves_move_by_their_slope(void **state)
{
    (void)state;
    estimate a = est_make(iv(-4, 4), 1);
    interval line[3], step[3];
    for (int k = 0; k < 3; k++) {
        interval w = est_window(a, k);
        assert_true(w.lo >= -4 && w.hi <= 4 && near(w.hi - w.lo, 1) && near(w.lo + w.hi, 4 * (k - 1)));
        line[k] = iv(3 * w.lo, 3 * w.hi);
        step[k] = iv(w.lo > 1 ? 1 : 0, w.hi > 1 ? 1 : 0);
    }
    assert_true(near(est_curve(iv(-12, 12), a, line).live, 3));
    assert_true(near(est_curve(iv(0, 1), a, step).live, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_add_as_roots),          cmocka_unit_test(initializers_do_not_move),
        cmocka_unit_test(weak_stays_weak_alone),      cmocka_unit_test(extremes_move_with_what_decides),
        cmocka_unit_test(curves_move_by_their_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
