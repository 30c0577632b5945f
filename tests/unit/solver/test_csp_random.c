/* The solver against brute force: random systems of 2 to 5 variables with at most 8 values each, all kinds of constraints mixed.
 *
 * For each system: the domains after propagation keep every solution; enumeration gives just the projections of the solutions, in
 * ascending order; every mode of search finds a solution exactly when there is one; the checker agrees with the evaluator of this
 * file on solutions and on random assignments; undo brings back the system of the first half of the constraints. Offsets near
 * +-2^31 and +-2^62 are drawn now and then. Then: exact sampling is uniform (chi-square, fixed seeds). */
#include "csp.h"
#include "splitmix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define SYSTEMS 20000
#define MAX_VARS 5
#define MAX_VALUES 8
#define MAX_CONS 6
#define MAX_ARGS 4
#define MAX_ROWS 6

/* ---- random numbers ---- */

static int64_t between(int64_t lo, int64_t hi)
{
    return lo + (int64_t)(splitmix() % (uint64_t)(hi - lo + 1));
}
static int below(int n)
{
    return (int)(splitmix() % (uint64_t)n);
}

/* ---- systems ---- */

typedef enum {
    EQ_LIN,
    REIFY,
    EQ,
    NE,
    MUL,
    PRODUCT,
    DIV,
    CEILDIV,
    MOD,
    MIN,
    MAX,
    ABS,
    ELEMENT,
    TABLE,
    BROADCAST,
    SPREAD,
    OR,
    AND,
    KINDS
} kind_t;

typedef struct {
    kind_t kind;
    csp_rel rel;
    int n;
    int v[3], x[MAX_ARGS];
    int64_t c[MAX_ARGS], k;
    int n_rows;
    int64_t rows[MAX_ROWS * MAX_ARGS];
} con_t;

typedef struct {
    int n_var, n_con, n_decide;
    int size[MAX_VARS];
    bool interval[MAX_VARS];
    int64_t value[MAX_VARS][MAX_VALUES]; /* ascending */
    con_t con[MAX_CONS];
    int decide[MAX_VARS];
} sys_t;

static void make_domain(sys_t *y, int i)
{
    static const int64_t offsets[] = {0, 0, 0, 0, 0, 1, 1, 1, -3, -9, 7, 100, -64, (int64_t)1 << 31, -((int64_t)1 << 31)};
    int64_t at = offsets[below((int)(sizeof offsets / sizeof *offsets))];
    if (below(40) == 0)
        at = splitmix() % 2 ? CSP_BOUND - 20 : -CSP_BOUND + 1;
    int n = below(4) == 0 ? 2 : 1 + below(MAX_VALUES);
    bool interval = below(3) != 0;
    if (!interval && below(2))
        at -= 6;
    int64_t v = at + (at ? below(3) : -below(4) * below(2));
    v = v < -CSP_BOUND ? -CSP_BOUND : v;
    for (int k = 0; k < n; k++) {
        y->value[i][k] = v;
        v += interval ? 1 : 1 + below(below(5) == 0 ? 90 : 4);
        if (v > CSP_BOUND) {
            n = k + 1;
            break;
        }
    }
    y->size[i] = n;
    y->interval[i] = interval;
}

static int64_t some_value(const sys_t *y, int i)
{
    return y->value[i][below(y->size[i])];
}

static void make_constraint(const sys_t *y, con_t *c)
{
    memset(c, 0, sizeof *c);
    c->kind = (kind_t)below(KINDS);
    c->rel = (csp_rel)below(3);
    c->n = 1 + below(MAX_ARGS);
    for (int i = 0; i < 3; i++)
        c->v[i] = below(y->n_var);
    for (int i = 0; i < MAX_ARGS; i++) {
        c->x[i] = below(y->n_var);
        c->c[i] = between(-3, 3);
        if (below(60) == 0)
            c->c[i] = (int64_t)(splitmix() >> 2) * (splitmix() % 2 ? 1 : -1);
    }
    if (c->kind == PRODUCT && below(10) == 0)
        c->n = 0;
    if (c->kind == EQ_LIN || c->kind == REIFY) { /* a right-hand side that some assignment meets, more or less */
        __int128 sum = between(-2, 2) * below(2);
        for (int i = 0; i < c->n; i++)
            sum += (__int128)c->c[i] * some_value(y, c->x[i]);
        c->k = sum > INT64_MAX ? INT64_MAX : sum < INT64_MIN ? INT64_MIN : (int64_t)sum;
    }
    if (c->kind == TABLE) {
        c->n_rows = below(MAX_ROWS + 1);
        if (c->n_rows == 0)
            c->n_rows = below(4) == 0 ? 0 : 3;
        for (int r = 0; r < c->n_rows; r++)
            for (int i = 0; i < c->n; i++)
                c->rows[r * c->n + i] = below(8) ? some_value(y, c->x[i]) : between(-5, 5);
    }
}

static bool holds(const con_t *c, const int64_t *a);

/* Half of the systems are planted: constraints are drawn until a given assignment meets them, so that satisfiable ones are not
 * rare. */
static void make_system(sys_t *y)
{
    memset(y, 0, sizeof *y);
    y->n_var = 2 + below(MAX_VARS - 1);
    y->n_con = 1 + below(MAX_CONS);
    for (int i = 0; i < y->n_var; i++)
        make_domain(y, i);
    int64_t plant[MAX_VARS];
    for (int i = 0; i < y->n_var; i++)
        plant[i] = some_value(y, i);
    bool planted = below(2);
    for (int i = 0; i < y->n_con; i++)
        for (int tries = 0; tries == 0 || (planted && tries < 200 && !holds(&y->con[i], plant)); tries++)
            make_constraint(y, &y->con[i]);
    int perm[MAX_VARS];
    for (int i = 0; i < y->n_var; i++)
        perm[i] = i;
    for (int i = 0; i < y->n_var; i++) {
        int j = i + below(y->n_var - i), t = perm[i];
        perm[i] = perm[j];
        perm[j] = t;
    }
    y->n_decide = below(3) == 0 ? 1 + below(y->n_var) : y->n_var;
    memcpy(y->decide, perm, sizeof perm);
}

/* ---- the evaluator: straight from the definitions ---- */

typedef __int128 big;

static big floor_of(big x, big y)
{
    big q = x / y;
    while (q * y > x && y > 0)
        q--;
    while (q * y < x && y < 0)
        q--;
    return q;
}

static bool sum_holds(const con_t *c, const int64_t *a)
{
    big sum = -(big)c->k; /* at most 4 terms of 2^124 */
    for (int i = 0; i < c->n; i++)
        sum += (big)c->c[i] * a[c->x[i]];
    return c->rel == CSP_EQ ? sum == 0 : c->rel == CSP_NE ? sum != 0 : sum <= 0;
}

static bool holds(const con_t *c, const int64_t *a)
{
    big z = a[c->v[0]], x = a[c->v[1]], w = a[c->v[2]], r;
    bool all = true, any = false, bools = true;
    for (int i = 0; i < c->n; i++) {
        all = all && a[c->x[i]] == 1;
        any = any || a[c->x[i]] == 1;
        bools = bools && (a[c->x[i]] == 0 || a[c->x[i]] == 1);
    }
    switch (c->kind) {
    case EQ_LIN:
        return sum_holds(c, a);
    case REIFY:
        return z == sum_holds(c, a);
    case EQ:
        return z == x;
    case NE:
        return z != x;
    case MUL:
        return z == x * w;
    case PRODUCT: /* zero first: the rest may be large */
        r = 1;
        for (int i = 0; i < c->n; i++)
            if (a[c->x[i]] == 0)
                return z == 0;
        for (int i = 0; i < c->n; i++) {
            r *= a[c->x[i]];
            if (r > (big)1 << 62 || r < -((big)1 << 62))
                return false;
        }
        return z == r;
    case DIV:
        return w != 0 && z == floor_of(x, w);
    case CEILDIV:
        return w != 0 && z == -floor_of(-x, w);
    case MOD:
        return w != 0 && z == x - w * floor_of(x, w);
    case MIN:
    case MAX:
        r = a[c->x[0]];
        for (int i = 1; i < c->n; i++)
            r = (c->kind == MIN ? a[c->x[i]] < r : a[c->x[i]] > r) ? a[c->x[i]] : r;
        return z == r;
    case ABS:
        return z == (x < 0 ? -x : x);
    case ELEMENT:
        return x >= 0 && x < c->n && z == a[c->x[(int)x]];
    case TABLE:
        for (int k = 0; k < c->n_rows; k++) {
            bool same = true;
            for (int i = 0; i < c->n; i++)
                same = same && c->rows[k * c->n + i] == a[c->x[i]];
            if (same)
                return true;
        }
        return false;
    case BROADCAST:
        return x >= 1 && w >= 1 && (x == w ? z == x : x == 1 ? z == w : w == 1 && z == x);
    case SPREAD:
        return x >= 0 && w >= 0 && (x == w || x == 1 || w == 1) && z == (x == 1 ? w : x);
    case OR:
        return bools && z == any;
    case AND:
        return bools && z == all;
    case KINDS:
        break;
    }
    return false;
}

static csp_result post(csp *s, const con_t *c, const csp_var *var)
{
    csp_var x[MAX_ARGS], z = var[c->v[0]], a = var[c->v[1]], b = var[c->v[2]];
    for (int i = 0; i < c->n; i++)
        x[i] = var[c->x[i]];
    size_t n = (size_t)c->n;
    switch (c->kind) {
    case EQ_LIN:
        return csp_linear(s, c->rel, c->c, x, n, c->k);
    case REIFY:
        return csp_reify(s, z, c->rel, c->c, x, n, c->k);
    case EQ:
        return csp_eq(s, z, a);
    case NE:
        return csp_ne(s, z, a);
    case MUL:
        return csp_mul(s, z, a, b);
    case PRODUCT:
        return csp_product(s, z, x, n);
    case DIV:
        return csp_div(s, z, a, b);
    case CEILDIV:
        return csp_ceildiv(s, z, a, b);
    case MOD:
        return csp_mod(s, z, a, b);
    case MIN:
        return csp_min(s, z, x, n);
    case MAX:
        return csp_max(s, z, x, n);
    case ABS:
        return csp_abs(s, z, a);
    case ELEMENT:
        return csp_element(s, z, a, x, n);
    case TABLE:
        return csp_table(s, x, n, c->rows, (size_t)c->n_rows);
    case BROADCAST:
        return csp_broadcast(s, z, a, b);
    case SPREAD:
        return csp_spread(s, z, a, b);
    case OR:
        return csp_or(s, z, x, n);
    case AND:
        return csp_and(s, z, x, n);
    case KINDS:
        break;
    }
    return CSP_FAIL;
}

/* ---- brute force ---- */

#define PLACES (1 << 15) /* 8^5 */

/* Marks in `seen` the projections of solutions of the first n_con constraints (digits in the order of decide[]); the number of
 * solutions. Sets used[i] to a bit for each value of variable i that a solution has. */
static int brute(const sys_t *y, int n_con, uint8_t *seen, uint8_t *used)
{
    int at[MAX_VARS] = {0}, found = 0;
    int64_t a[MAX_VARS];
    memset(seen, 0, PLACES);
    memset(used, 0, MAX_VARS);
    for (;;) {
        for (int i = 0; i < y->n_var; i++)
            a[i] = y->value[i][at[i]];
        bool ok = true;
        for (int i = 0; i < n_con && ok; i++)
            ok = holds(&y->con[i], a);
        if (ok) {
            int code = 0;
            for (int i = 0; i < y->n_decide; i++)
                code = code * MAX_VALUES + at[y->decide[i]];
            seen[code] = 1;
            found++;
            for (int i = 0; i < y->n_var; i++)
                used[i] |= (uint8_t)(1 << at[i]);
        }
        int i = 0;
        while (i < y->n_var && ++at[i] == y->size[i])
            at[i++] = 0;
        if (i == y->n_var)
            return found;
    }
}

/* ---- the comparison ---- */

typedef struct {
    const sys_t *y;
    const csp_var *var;
    const uint8_t *seen;
    int n_con, last, visited;
} visit_t;

static bool on_solution(void *user, const csp *s)
{
    visit_t *v = user;
    int code = 0;
    int64_t a[MAX_VARS];
    for (int i = 0; i < v->y->n_var; i++) {
        assert_true(csp_fixed(s, v->var[i]));
        a[i] = csp_value(s, v->var[i]);
    }
    for (int i = 0; i < v->n_con; i++)
        assert_true(holds(&v->y->con[i], a));
    for (int i = 0; i < v->y->n_decide; i++) {
        int d = v->y->decide[i], k = 0;
        while (k < v->y->size[d] && v->y->value[d][k] != a[d])
            k++;
        assert_true(k < v->y->size[d]);
        code = code * MAX_VALUES + k;
    }
    assert_true(code > v->last); /* ascending, so none twice */
    assert_true(v->seen[code]);
    v->last = code;
    v->visited++;
    return true;
}

static void compare_enumeration(csp *s, const sys_t *y, int n_con, const csp_var *var, const csp_var *decide, const uint8_t *seen)
{
    uint64_t count = 99;
    int expected = 0;
    for (int i = 0; i < PLACES; i++)
        expected += seen[i];
    visit_t v = {y, var, seen, n_con, -1, 0};
    csp_result r = csp_enumerate(s, decide, (size_t)y->n_decide, UINT64_MAX, on_solution, &v, &count);
    assert_int_equal(r, expected ? CSP_OK : CSP_FAIL);
    assert_int_equal(v.visited, expected);
    assert_int_equal(count, expected);
}

static void compare_check(const sys_t *y, csp *t, const int64_t *a)
{
    csp_var var[MAX_VARS];
    size_t which = 999, first = 0;
    csp_reset(t);
    for (int i = 0; i < y->n_var; i++)
        var[i] = csp_const(t, a[i]);
    while (first < (size_t)y->n_con && holds(&y->con[first], a))
        first++;
    for (int i = 0; i < y->n_con; i++)
        post(t, &y->con[i], var);
    assert_int_equal(csp_check(t, &which), first == (size_t)y->n_con);
    if (first < (size_t)y->n_con)
        assert_int_equal(which, first);
    assert_int_equal(csp_propagate(t), first == (size_t)y->n_con ? CSP_OK : CSP_FAIL);
}

static int satisfiable, kinds_seen[KINDS], perturbed;

static void one_system(csp *s, csp *t)
{
    static uint8_t seen[PLACES], half_seen[PLACES];
    uint8_t used[MAX_VARS], half_used[MAX_VARS];
    sys_t y;
    csp_var var[MAX_VARS], decide[MAX_VARS];
    make_system(&y);
    int half = below(y.n_con + 1), found = brute(&y, y.n_con, seen, used);
    brute(&y, half, half_seen, half_used);
    csp_reset(s);
    for (int i = 0; i < y.n_var; i++) {
        if (y.interval[i])
            var[i] = csp_int(s, y.value[i][0], y.value[i][y.size[i] - 1]);
        else
            var[i] = csp_set(s, y.value[i], (size_t)y.size[i]);
        assert_int_equal(csp_size(s, var[i]), y.size[i]);
    }
    for (int i = 0; i < y.n_decide; i++)
        decide[i] = var[y.decide[i]];
    for (int i = 0; i < half; i++)
        post(s, &y.con[i], var);
    if (below(2))
        csp_propagate(s);
    csp_mark m = csp_get_mark(s);
    for (int i = half; i < y.n_con; i++) {
        post(s, &y.con[i], var);
        if (below(4) == 0)
            csp_propagate(s);
    }
    csp_result r = csp_propagate(s);
    assert_true(r == CSP_OK || (r == CSP_FAIL && found == 0));
    if (r == CSP_OK)
        for (int i = 0; i < y.n_var; i++)
            for (int k = 0; k < y.size[i]; k++)
                if (used[i] >> k & 1)
                    assert_true(csp_contains(s, var[i], y.value[i][k]));
    uint64_t sizes[MAX_VARS];
    for (int i = 0; i < y.n_var; i++)
        sizes[i] = csp_size(s, var[i]);
    compare_enumeration(s, &y, y.n_con, var, decide, seen);
    for (int mode = 0; mode < 3; mode++) {
        csp_mark before = csp_get_mark(s);
        csp_search how = {.mode = (csp_mode)mode, .draw = splitmix_draw, .exact_limit = (uint32_t)below(3)};
        assert_int_equal(csp_solve(s, &how, decide, (size_t)y.n_decide), found ? CSP_OK : CSP_FAIL);
        if (found) {
            int64_t a[MAX_VARS];
            for (int i = 0; i < y.n_var; i++) {
                assert_true(csp_fixed(s, var[i]));
                a[i] = csp_value(s, var[i]);
                int k = 0;
                while (k < y.size[i] && y.value[i][k] != a[i])
                    k++;
                assert_true(k < y.size[i]);
            }
            for (int i = 0; i < y.n_con; i++)
                assert_true(holds(&y.con[i], a));
            assert_true(csp_check(s, NULL));
            compare_check(&y, t, a);
            int i = below(y.n_var);
            a[i] += between(-2, 2);
            if (a[i] >= -CSP_BOUND && a[i] <= CSP_BOUND) {
                compare_check(&y, t, a);
                perturbed++;
            }
        }
        csp_undo(s, before);
        for (int i = 0; i < y.n_var && r == CSP_OK; i++)
            assert_int_equal(csp_size(s, var[i]), sizes[i]);
    }
    csp_undo(s, m);
    compare_enumeration(s, &y, half, var, decide, half_seen);
    int64_t a[MAX_VARS];
    for (int i = 0; i < y.n_var; i++)
        a[i] = some_value(&y, i);
    compare_check(&y, t, a);
    satisfiable += found > 0;
    for (int i = 0; i < y.n_con; i++)
        kinds_seen[y.con[i].kind]++;
}

static void test_brute_force(void **unused)
{
    (void)unused;
    csp *s = csp_new(), *t = csp_new();
    assert_non_null(s);
    assert_non_null(t);
    for (int i = 0; i < SYSTEMS; i++) {
        splitmix_state = (uint64_t)i * 7919 + 1; /* so that one system can be run again alone */
        one_system(s, t);
    }
    csp_free(s);
    csp_free(t);
    print_message("%d systems, %d satisfiable, %d perturbed solutions\n", SYSTEMS, satisfiable, perturbed);
    assert_in_range(satisfiable, SYSTEMS / 5, SYSTEMS * 4 / 5);
    for (int i = 0; i < KINDS; i++)
        assert_true(kinds_seen[i] > 1000);
}

/* ---- uniformity ---- */

/* Chi-square over the solutions of x * y <= limit, x + y even, 1 <= x <= w, 1 <= y <= h. */
static double chi_square(csp *s, int64_t w, int64_t h, int64_t limit, csp_mode mode, int rounds, int *cells)
{
    static int count[64][64];
    memset(count, 0, sizeof count);
    csp_reset(s);
    csp_var x = csp_int(s, 1, w), y = csp_int(s, 1, h), z = csp_int(s, 1, limit), half = csp_int(s, 0, 1000);
    csp_mul(s, z, x, y);
    csp_linear(s, CSP_EQ, (int64_t[]){1, 1, -2}, (csp_var[]){x, y, half}, 3, 0);
    csp_search how = {.mode = mode, .draw = splitmix_draw, .exact_limit = 64};
    csp_var decide[] = {x, y};
    for (int i = 0; i < rounds; i++) {
        csp_mark m = csp_get_mark(s);
        csp_set_limit(s, 10000);
        assert_int_equal(csp_solve(s, &how, decide, 2), CSP_OK);
        count[csp_value(s, x)][csp_value(s, y)]++;
        csp_undo(s, m);
    }
    *cells = 0;
    for (int64_t i = 1; i <= w; i++)
        for (int64_t j = 1; j <= h; j++)
            *cells += i * j <= limit && (i + j) % 2 == 0;
    double expected = (double)rounds / *cells, sum = 0;
    for (int64_t i = 1; i <= w; i++)
        for (int64_t j = 1; j <= h; j++)
            if (i * j <= limit && (i + j) % 2 == 0) {
                double d = count[i][j] - expected;
                sum += d * d / expected;
            } else {
                assert_int_equal(count[i][j], 0);
            }
    return sum;
}

static void test_uniform(void **unused)
{
    (void)unused;
    static const int64_t cases[][3] = {{8, 8, 20}, {6, 10, 60}, {5, 5, 5}, {60, 1, 60}, {4, 16, 24}};
    csp *s = csp_new();
    splitmix_state = 20240601;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int cells;
        double chi = chi_square(s, cases[i][0], cases[i][1], cases[i][2], i % 2 ? CSP_LOG : CSP_UNIFORM, 20000, &cells);
        double df = cells - 1;
        print_message("chi-square %.1f with %d solutions\n", chi, cells);
        /* within mean + 4 standard deviations */
        assert_true(cells > 3 && (chi - df) * (chi - df) < 16 * 2 * df);
    }
    csp_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_brute_force), cmocka_unit_test(test_uniform)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
