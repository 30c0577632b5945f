/* Whole numbers at the ends of 64 bits: on random conditions the lowering and the re-check, which share no code, must agree. */
#include "lower/lower_bench.h"
#include "recheck/recheck.h"
#include "splitmix.h"

#include <stdio.h>
#include <stdlib.h>

#define OPERATOR(name, body)                                                                                               \
    "  " name ":\n    since: [1]\n    in: {X: float32}\n    out: {Y: float32}\n    rank: {X: 0}\n    shape: {Y: \"[]\"}\n" \
    "    range: {Y: X}\n" body

#define LEAST "(-9223372036854775807 - 1)"

static lower_request request(const op_model *op)
{
    return (lower_request){.op = op, .arity = {1}, .slots = {{.kind = SLOT_AUTO, .rank = -1}}};
}

/* ---- random expressions ---- */

typedef struct {
    char text[4000];
    size_t n;
    bool large; /* with numbers at the ends of 64 bits */
    int parts;
} writer;

static uint64_t draw(uint64_t bound)
{
    return splitmix() % bound;
}

static void put(writer *w, const char *s)
{
    size_t n = strlen(s);
    assert_true(w->n + n < sizeof w->text);
    memcpy(w->text + w->n, s, n + 1);
    w->n += n;
}

static void put_int(writer *w, int depth);

static void put_number(writer *w)
{
    static const char *const large[] = {LEAST,
                                        "-9223372036854775807",
                                        "9223372036854775807",
                                        "9223372036854775806",
                                        "4611686018427387904",
                                        "4611686018427387905",
                                        "-4611686018427387904",
                                        "-4611686018427387905",
                                        "4294967296",
                                        "3037000500",
                                        "-2147483648",
                                        "1000000000"};
    static const char *const small[] = {"0", "1", "-1", "2", "-2", "3", "5", "7", "-10", "100"};
    put(w, w->large && draw(2) ? large[draw(sizeof large / sizeof *large)] : small[draw(sizeof small / sizeof *small)]);
}

static void put_condition(writer *w, int depth);

static void put_list(writer *w, int depth)
{
    switch (draw(6)) {
    case 0:
        put(w, "[");
        put_int(w, depth - 1);
        put(w, " for i in 0..2]");
        return;
    case 1:
        put(w, "sort([");
        put_number(w);
        put(w, ", ");
        put_number(w);
        put(w, "])");
        return;
    case 2:
        put(w, "fill(2, ");
        put_int(w, depth - 1);
        put(w, ")");
        return;
    default:
        put(w, "[");
        for (uint64_t i = 0, n = 1 + draw(4); i < n; i++) {
            put(w, i > 0 ? ", " : "");
            put_int(w, depth - 1);
        }
        put(w, "]");
    }
}

static void put_int(writer *w, int depth)
{
    static const char *const names[] = {"k", "m", "n"}, *const operators[] = {" + ", " - ", " * ", " / ", " % "},
                             *const folds[] = {"sum(", "prod(", "min(", "max("};
    if (depth <= 0 || ++w->parts > 60) {
        draw(2) ? put_number(w) : put(w, names[draw(3)]);
        return;
    }
    switch (draw(12)) {
    case 0:
        put(w, "abs(");
        put_int(w, depth - 1);
        put(w, ")");
        return;
    case 1:
        put(w, "-(");
        put_int(w, depth - 1);
        put(w, ")");
        return;
    case 2:
        put(w, "ceildiv(");
        put_int(w, depth - 1);
        put(w, ", ");
        put_int(w, depth - 1);
        put(w, ")");
        return;
    case 3:
        put(w, "(if ");
        put_condition(w, depth - 1);
        put(w, " then ");
        put_int(w, depth - 1);
        put(w, " else ");
        put_int(w, depth - 1);
        put(w, ")");
        return;
    case 4:
    case 5:
        put(w, folds[draw(4)]);
        put_list(w, depth);
        put(w, ")");
        return;
    case 6:
        put_list(w, depth);
        put(w, draw(2) ? "[0]" : "[-1]");
        return;
    default:
        put(w, "(");
        put_int(w, depth - 1);
        put(w, operators[draw(5)]);
        put_int(w, depth - 1);
        put(w, ")");
    }
}

static void put_condition(writer *w, int depth)
{
    static const char *const relations[] = {" == ", " != ", " < ", " <= ", " > ", " >= "};
    switch (depth > 0 ? draw(10) : 9) {
    case 0:
        put(w, "not (");
        put_condition(w, depth - 1);
        put(w, ")");
        return;
    case 1:
    case 2:
        put(w, "(");
        put_condition(w, depth - 1);
        put(w, draw(2) ? ") and (" : ") or (");
        put_condition(w, depth - 1);
        put(w, ")");
        return;
    case 3:
        put(w, draw(2) ? "all(" : "any(");
        put_int(w, depth - 1);
        put(w, relations[draw(6)]);
        put(w, "i for i in 0..2)");
        return;
    case 4:
        put_int(w, depth - 1);
        put(w, " in ");
        put_list(w, depth - 1);
        return;
    case 5:
        put_list(w, depth - 1);
        put(w, draw(2) ? " == " : " != ");
        put_list(w, depth - 1);
        return;
    case 6: /* which the lowering reads as a product */
        put_int(w, depth - 1);
        put(w, " % ");
        put_int(w, 0);
        put(w, " == 0");
        return;
    default:
        put_int(w, depth - 1);
        put(w, relations[draw(6)]);
        put_int(w, depth - 1);
    }
}

/* ---- the comparison ---- */

static const char *const variables[] = {"k", "m", "n"};

typedef struct {
    int64_t values[4];
    int n;
} domain;

static void put_value(writer *w, int64_t x)
{
    char number[32];
    snprintf(number, sizeof number, "%lld", (long long)x);
    put(w, x == INT64_MIN ? LEAST : number);
}

static int64_t any_value(bool large)
{
    static const int64_t ends[] = {INT64_MIN,        INT64_MIN + 1,       INT64_MAX,  INT64_MAX - 1,
                                   (int64_t)1 << 62, -((int64_t)1 << 62), 4294967296, 3037000500};
    return large && draw(2) ? ends[draw(8)] : (int64_t)draw(21) - 10;
}

/* A with the condition, B without: B's instance with other values of the variables is what the re-check judges by A's rules. */
static void write_table(char *out, size_t size, const domain d[3], bool large, writer *condition)
{
    writer choose = {0};
    for (int v = 0; v < 3; v++) {
        put(&choose, v > 0 ? ", " : "");
        put(&choose, variables[v]);
        put(&choose, d[v].n == 1 ? ": \"" : ": \"{");
        for (int i = 0; i < d[v].n; i++) {
            put(&choose, i > 0 ? ", " : "");
            put_value(&choose, d[v].values[i]);
        }
        put(&choose, d[v].n == 1 ? "\"" : "}\"");
    }
    *condition = (writer){.large = large};
    put_condition(condition, 1 + (int)draw(4));
    int n = snprintf(out, size,
                     "operators:\n" OPERATOR("A", "    choose: {%s}\n    where: [\"%s\"]\n") OPERATOR("B", "    choose: {%s}\n"),
                     choose.text, condition->text, choose.text);
    assert_true(n > 0 && (size_t)n < size);
}

static domain draw_domain(bool large, bool open)
{
    domain d = {.n = open ? 2 + (int)draw(3) : 1};
    for (int i = 0; i < d.n; i++)
        d.values[i] = any_value(large && (i > 0 || !open)); /* the solver has no open variable beyond 2^62 */
    return d;
}

/* A: the operator with the condition. accepted: by the re-check. */
typedef struct {
    bench b;
    op_instance x;
    inst_var vars[3];
    arena scratch;
} judge;

static void judge_open(judge *j, const char *table)
{
    open_bench_typed(&j->b, table, dtype_bit(DT_FLOAT32),
                     (lower_limits){.max_elements = 4096, .max_dim = 64, .max_rank = 6, .max_magnitude = 1e6}, 3);
    arena_init(&j->scratch, 0);
    lower_request r = request(&j->b.set->ops[1]);
    assert_int_equal(solve(&j->b, &r), LOWER_OK);
    j->x = j->b.inst[0];
    memcpy(j->vars, j->x.vars, sizeof j->vars);
    j->x.vars = j->vars;
    j->x.op = &j->b.set->ops[0];
}

static void judge_close(judge *j)
{
    arena_free(&j->scratch);
    close_bench(&j->b);
}

static bool accepts(judge *j)
{
    nn_error err = {0};
    nn_status s = recheck_instance(j->b.set, &j->b.limits, &j->x, &j->scratch, &err);
    assert_true(s == NN_OK || s == NN_ERR_BUILD);
    return s == NN_OK;
}

/* How many of all assignments the re-check accepts. */
static int count_accepted(judge *j, const domain d[3])
{
    int count = 0;
    for (int a = 0; a < d[0].n; a++)
        for (int b = 0; b < d[1].n; b++)
            for (int c = 0; c < d[2].n; c++) {
                j->vars[0].v.i = d[0].values[a];
                j->vars[1].v.i = d[1].values[b];
                j->vars[2].v.i = d[2].values[c];
                count += accepts(j);
            }
    return count;
}

typedef struct {
    int cases, possible, found;
} tally;

/* What the lowering finds, the re-check accepts (the bench fails otherwise); what the re-check never accepts, the lowering never
 * finds; where nothing is open, it also finds all that the re-check accepts. */
static void compare(bool large, bool open, tally *t)
{
    static char table[16000];
    domain d[3];
    writer condition;
    judge j;
    for (int v = 0; v < 3; v++)
        d[v] = draw_domain(large, open);
    write_table(table, sizeof table, d, large, &condition);
    judge_open(&j, table);
    int accepted = count_accepted(&j, d), found = 0;
    lower_request r = request(&j.b.set->ops[0]);
    for (int i = 0; i < (open ? 8 : 1); i++) {
        found += solve(&j.b, &r) == LOWER_OK;
        arena_reset(&j.b.memory);
    }
    if (lower_fault(j.b.l) != NULL)
        fail_msg("%s\n%s", table, lower_fault(j.b.l)->message);
    if ((accepted == 0 && found > 0) || (!open && accepted > 0 && found == 0))
        fail_msg("%s\nthe re-check accepts %d assignments, the lowering found %d", table, accepted, found);
    t->cases++;
    t->possible += accepted > 0;
    t->found += found > 0;
    judge_close(&j);
}

static void evaluators_agree_on_constants(void **state)
{
    (void)state;
    tally t = {0};
    splitmix_state = 1;
    for (int i = 0; i < 6000; i++)
        compare(true, false, &t);
    for (int i = 0; i < 2000; i++)
        compare(false, false, &t);
    assert_in_range(t.possible, 1000, 7000);
    assert_int_equal(t.found, t.possible);
}

static void the_solver_finds_what_the_recheck_accepts(void **state)
{
    (void)state;
    tally large = {0}, small = {0};
    splitmix_state = 2;
    for (int i = 0; i < 3000; i++)
        compare(true, true, &large);
    for (int i = 0; i < 2000; i++)
        compare(false, true, &small);
    /* Incomplete in two ways: of `and` and `or` over open operands all must have a value; a static place draws. */
    if (small.found * 100 < small.possible * 97 || large.found * 100 < large.possible * 80)
        fail_msg("found %d of %d, with large numbers %d of %d", small.found, small.possible, large.found, large.possible);
}

/* ---- stated cases ---- */

static const struct {
    const char *condition;
    bool holds; /* for a k of 0..1000000000 */
} stated[] = {
    {"k * 9223372036854775807 != 1", true},
    {"k * 9223372036854775807 > 1 and k > 1", false},
    {"k * 9223372036854775807 + k * 9223372036854775807 - k * 9223372036854775807 == 9223372036854775807", false},
    {"sum([k, 9223372036854775807, 0 - k]) == 9223372036854775807", true},
    {"sum([9223372036854775807, 1, -1]) == 9223372036854775807", true},
    {"9223372036854775807 + 1 - 1 == 9223372036854775807", false},
    {"prod([4611686018427387904, 4, 0]) == 0", true},
    {"prod([4611686018427387904, 2, -1]) == -9223372036854775807 - 1", true},
    {"prod([4611686018427387904, 2]) > 0", false},
    {LEAST " / -1 < 0", false},
    {"ceildiv(" LEAST ", -1) < 0", false},
    {LEAST " % -1 == 0", true},
    {LEAST " % 3 == 1", true},
    {LEAST " / 3 == -3074457345618258603", true},
    {"ceildiv(" LEAST ", 3) == -3074457345618258602", true},
    {"-7 / 2 == -4 and -7 % 2 == 1 and 7 % -2 == -1 and ceildiv(-7, 2) == -3", true},
    {"abs(" LEAST ") != 0", false},
    {"-" LEAST " != 0", false},
    {"k == 0 or 9223372036854775807 + k > 0", true},
    {"1 == 1 or 9223372036854775807 + 1 > 0", true},
    {"9223372036854775807 + 1 > 0 or 1 == 1", false},
    {"1 == 2 and 9223372036854775807 + 1 > 0", false},
    {"not (1 == 2 and 9223372036854775807 + 1 > 0)", true},
    {"(if 1 == 1 then 3 else 9223372036854775807 + 1) == 3", true},
    {"any(9223372036854775807 + i > 0 for i in 0..1)", false},
    {"9223372036854775807 < k", false},
    {"not (9223372036854775807 < k)", true},
    {"k < 9223372036854775807 and -9223372036854775807 <= k", true},
    {LEAST " < k and k != " LEAST, true},
    {"min(k, 9223372036854775807) == k and max(k, " LEAST ") == k", true},
    {"min([k, -9223372036854775807, " LEAST "]) == " LEAST, true},
    {"k % (k - k) == 0", false},
    {"k / 0 == 0", false},
};

static void stated_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stated / sizeof *stated; i++) {
        char table[2000];
        snprintf(table, sizeof table, "operators:\n" OPERATOR("A", "    choose: {k: 0..1000000000}\n    where: [\"%s\"]\n"),
                 stated[i].condition);
        bench b;
        open_bench_typed(&b, table, dtype_bit(DT_FLOAT32), (lower_limits){0}, 5);
        lower_request r = request(&b.set->ops[0]);
        int found = 0;
        for (int k = 0; k < 12; k++) {
            found += solve(&b, &r) == LOWER_OK;
            arena_reset(&b.memory);
        }
        if (lower_fault(b.l) != NULL)
            fail_msg("%s: %s", stated[i].condition, lower_fault(b.l)->message);
        if ((found > 0) != stated[i].holds)
            fail_msg("%s: %d of 12 found", stated[i].condition, found);
        close_bench(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stated_cases),
        cmocka_unit_test(evaluators_agree_on_constants),
        cmocka_unit_test(the_solver_finds_what_the_recheck_accepts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
