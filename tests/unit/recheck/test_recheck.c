/* The re-check of finished operator instances: silent on what the lowering makes of the whole table, loud on what was changed by
 * hand, rule by rule. */
#include "draw/choice.h"
#include "lower/lower.h"
#include "rules/opmodel_rules.h"
#include "recheck/recheck.h"
#include "table/spec_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const lower_limits limits = {
    .max_elements = 4096, .max_dim = 64, .max_window = 7, .max_rank = 6, .max_magnitude = 1e6, .min_magnitude = 1e-6};

typedef struct {
    op_set *ops;
    lower *l;
    tape *t;
    arena out, scratch;
    op_instance inst[LOWER_MAX_FRAMES];
} bench;

static void bench_open(bench *b, const spec_file *files, size_t n, const spec_file *profile, int opset, bool check)
{
    nn_error err = {0};
    memset(b, 0, sizeof *b);
    if (op_set_new(&b->ops, files, n, profile, opset, &err) != NN_OK || lower_fold_domains(b->ops, &err) != NN_OK)
        fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.message);
    arena_init(&b->out, 0);
    arena_init(&b->scratch, 0);
    assert_int_equal(lower_new(&b->l, b->ops, &limits, &b->out, NULL), NN_OK);
    lower_set_check(b->l, check);
    assert_int_equal(tape_new_seeded(&b->t, 11, 0, NULL), NN_OK);
}

static void bench_close(bench *b)
{
    tape_free(b->t);
    lower_free(b->l);
    arena_free(&b->out);
    arena_free(&b->scratch);
    op_set_free(b->ops);
}

/* A tensor with few dimensions above 1, so that it often fits. */
static tensor_desc some_tensor(tape *t, const op_input *in)
{
    static const double ranges[][2] = {{-1, 1}, {0.5, 2}, {1, 4}, {0, 1}, {-0.5, 0.5}};
    const double *r = ranges[tape_draw(t, "range", 5)];
    tensor_desc d = {.type = in->types >> DT_FLOAT32 & 1 ? DT_FLOAT32
                             : in->types >> DT_BOOL & 1  ? DT_BOOL
                                                         : DT_INT64,
                     .range = {r[0], r[1]}};
    if (d.type != DT_FLOAT32)
        d.range = (interval){0, 1};
    d.likely = est_tied(est_all(d.range), tape_draw(t, "ties", 2) || d.type != DT_FLOAT32);
    d.rank = (int)tape_draw(t, "rank", 6);
    for (int i = 0; i < d.rank; i++)
        d.dims[i] = tape_draw(t, "one", 3) == 0 ? 1 : tape_range(t, "dim", 2, 8);
    return d;
}

/* One instance with everything drawn: arity, which optional inputs are there, which inputs are given. */
static lower_result instance(bench *b, const op_model *op, bool given)
{
    static tensor_desc tensors[OP_MAX_SLOTS];
    lower_request r = {.op = op, .output_type = DT_NONE};
    int slot = 0, frame;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        int most = in->max_arity < in->min_arity + 2 ? in->max_arity : in->min_arity + 2;
        r.arity[i] = (int)tape_range(b->t, "arity", in->min_arity, most);
        for (int k = 0; k < r.arity[i]; k++, slot++) {
            r.slots[slot] = (lower_slot){.kind = SLOT_AUTO, .rank = -1};
            if (given && (in->roles & ROLE_DATA) && !in->optional && tape_draw(b->t, "given", 2)) {
                tensors[slot] = some_tensor(b->t, in);
                r.slots[slot] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &tensors[slot], .rank = -1};
            }
        }
    }
    arena_reset(&b->out);
    lower_begin(b->l, b->t);
    lower_result res = lower_add(b->l, &r, &frame);
    return res == LOWER_OK ? lower_close(b->l, b->inst) : res;
}

static void no_fault(const bench *b)
{
    if (lower_fault(b->l) != NULL)
        fail_msg("%s", lower_fault(b->l)->message);
}

static const spec_file *profile_ort(void)
{
    for (size_t i = 0; i < spec_embedded_profiles_count; i++)
        if (strstr(spec_embedded_profiles[i].name, "ort.yaml"))
            return &spec_embedded_profiles[i];
    fail_msg("no profile ort");
    return NULL;
}

static void both_evaluators_agree(void **state)
{
    (void)state;
    static const int opsets[] = {13, 17, 22, 28};
    size_t solved = 0;
    for (int o = 0; o < 8; o++) {
        bench b;
        bench_open(&b, spec_embedded, spec_embedded_count, o % 2 ? profile_ort() : NULL, opsets[o / 2], true);
        for (size_t i = 0; i < b.ops->n_ops; i++) {
            size_t ok = 0, tries = 0;
            for (; tries < 500 && ok < 100; tries++) {
                lower_result res = instance(&b, &b.ops->ops[i], tries % 2 == 1);
                no_fault(&b);
                ok += res == LOWER_OK;
            }
            if (ok == 0)
                fail_msg("opset %d: no instance of %s", opsets[o / 2], b.ops->ops[i].name);
            solved += ok;
        }
        bench_close(&b);
    }
    assert_true(solved > 60000);
}

/* ---- instances changed by hand ---- */

static bool complains(bench *b)
{
    nn_error err = {0};
    nn_status st = recheck_instance(b->ops, &limits, &b->inst[0], &b->scratch, &err);
    assert_true(st == NN_OK || st == NN_ERR_BUILD);
    if (st == NN_ERR_BUILD)
        assert_non_null(strstr(err.message, b->inst[0].op->name));
    return st == NN_ERR_BUILD;
}

/* Adds 1 to the i-th attribute that is an int or has ints, in the node and in the values. */
static bool bump_attr(bench *b, size_t which)
{
    op_instance *x = &b->inst[0];
    const op_rules *r = x->op->rules;
    for (size_t i = 0, at = 0; i < r->n_vars; i++) {
        inst_var *v = (inst_var *)(uintptr_t)&x->vars[i];
        if (r->vars[i].origin != VAR_ATTR || !v->written)
            continue;
        attr_value *a = &x->attrs[at++];
        if (at - 1 != which)
            continue;
        if (a->kind == ATTR_INT && r->vars[i].attr == ATTR_TYPE_INT) {
            a->i = v->v.i = v->v.i + 1;
            return true;
        }
        if (a->kind == ATTR_INTS && a->n > 0) {
            int64_t *p = (int64_t *)(uintptr_t)a->ints;
            p[0]++;
            v->v.ints = a->ints;
            return true;
        }
    }
    return false;
}

/* One change an instance, over the whole table: a dimension of an output, of a weight; an attribute; presence. */
static void changes_are_caught(void **state)
{
    (void)state;
    size_t made[4] = {0}, caught[4] = {0};
    bench b;
    bench_open(&b, spec_embedded, spec_embedded_count, NULL, 22, true);
    for (size_t i = 0; i < b.ops->n_ops; i++)
        for (int tries = 0; tries < 40; tries++) {
            if (instance(&b, &b.ops->ops[i], tries % 2 == 1) != LOWER_OK)
                continue;
            assert_false(complains(&b));
            op_instance *x = &b.inst[0];
            int kind = tries % 4;
            bool change = false;
            if (kind == 0) {
                size_t k = 0;
                while (!x->outputs[k].present)
                    k++;
                tensor_desc *d = &x->outputs[k].desc;
                if (d->rank > 0)
                    d->dims[tape_draw(b.t, "dim", (uint64_t)d->rank)]++;
                else
                    d->dims[d->rank++] = 1;
                change = true;
            } else if (kind == 1) {
                for (size_t k = 0; k < x->n_inputs && !change; k++)
                    if (x->inputs[k].kind == INST_INIT && x->op->rules->inputs[x->inputs[k].input].shape != NULL &&
                        x->inputs[k].desc.rank > 0) {
                        x->inputs[k].desc.dims[0]++;
                        change = true;
                    }
            } else if (kind == 2) {
                change = x->n_attrs > 0 && bump_attr(&b, tape_draw(b.t, "attr", x->n_attrs));
            } else {
                for (size_t k = 0; k < x->n_inputs && !change; k++)
                    if (x->inputs[k].kind != INST_ABSENT && !x->op->inputs[x->inputs[k].input].optional) {
                        x->inputs[k].kind = INST_ABSENT;
                        change = true;
                    }
            }
            if (change) {
                made[kind]++;
                bool loud = complains(&b);
                caught[kind] += loud;
                if (!loud && kind != 2)
                    print_message("not caught: %s, change %d\n", x->op->name, kind);
            }
        }
    bench_close(&b);
    for (int k = 0; k < 4; k++)
        print_message("change %d: %zu made, %zu caught\n", k, made[k], caught[k]);
    assert_true(made[0] > 500 && caught[0] == made[0]);
    assert_true(made[1] > 50 && caught[1] == made[1]);
    assert_true(made[2] > 200 && caught[2] * 10 >= made[2] * 6); /* a changed attribute may be as good as the old one */
    assert_true(made[3] > 500 && caught[3] == made[3]);
}

/* ---- each rule once ---- */

static const char table[] = "operators:\n"
                            "  Alpha:\n"
                            "    since: [1]\n"
                            "    types: {T: [float32]}\n"
                            "    in: {X: T, W: T weight, C: int64 constant, B: T weight optional when mode == 1}\n"
                            "    out: {Y: T, Z: T when mode == 1}\n"
                            "    rank: {X: 2..3}\n"
                            "    choose:\n"
                            "      mode: bool\n"
                            "      m: 2..5\n"
                            "      twice: 2 * m\n"
                            "      one: '{3, 5, 9}'\n"
                            "      some: subset(iota(4), 1..3)\n"
                            "      order: permutation(3)\n"
                            "      cut: parts(12, 3)\n"
                            "      split: factors(24, 3)\n"
                            "      three: list(3, 1..4)\n"
                            "      pick: 'select([2, 4, 8])'\n"
                            "      x: real(0, 1)\n"
                            "      xs: reals(2, 0, 1)\n"
                            "      word: \"{'up', 'down'}\"\n"
                            "    attrs:\n"
                            "      a: int 1..9 default 4\n"
                            "      b: ints list(2, 0..3) when mode == 0\n"
                            "      f: float real(0, 1)\n"
                            "    where: ['a <= X[0]', 'X[0] % 2 == 0']\n"
                            "    shape: {W: '[m, X[0]]', C: '[2]', B: '[m]', Y: '[twice] ++ X[1:]', Z: '[m]'}\n"
                            "    domain: {X: '[-2, 2]'}\n"
                            "    values: {C: '[m, a]', W: 'uniform(-1, 1)'}\n"
                            "    range: {Y: '[-1, 1]', Z: '[-1, 1]'}\n";

static inst_var *var(bench *b, const char *name)
{
    const op_rules *r = b->inst[0].op->rules;
    for (size_t i = 0; i < r->n_vars; i++)
        if (strcmp(r->vars[i].name, name) == 0)
            return (inst_var *)(uintptr_t)&b->inst[0].vars[i];
    fail_msg("no variable %s", name);
    return NULL;
}

static int64_t *ints(bench *b, const char *name)
{
    return (int64_t *)(uintptr_t)var(b, name)->v.ints;
}

/* A solved instance of the table above with (mode 0 or 1) and attribute a written. */
static void alpha(bench *b, int64_t mode)
{
    for (int tries = 0; tries < 400; tries++)
        if (instance(b, &b->ops->ops[0], false) == LOWER_OK && var(b, "mode")->v.i == mode && var(b, "a")->written &&
            (mode == 0 || b->inst[0].inputs[3].kind == INST_INIT)) {
            nn_error err = {0};
            if (recheck_instance(b->ops, &limits, &b->inst[0], &b->scratch, &err) != NN_OK)
                fail_msg("%s", err.message);
            return;
        }
    fail_msg("no instance with mode %d", (int)mode);
}

static void expect(bench *b, const char *rule)
{
    nn_error err = {0};
    assert_int_equal(recheck_instance(b->ops, &limits, &b->inst[0], &b->scratch, &err), NN_ERR_BUILD);
    if (strncmp(err.message, "internal: re-check of operator Alpha: ", 38) != 0 || strstr(err.message, rule) == NULL)
        fail_msg("`%s` was expected in `%s`", rule, err.message);
    no_fault(b);
}

static attr_value *attr(bench *b, const char *name)
{
    for (size_t i = 0; i < b->inst[0].n_attrs; i++)
        if (strcmp(b->inst[0].attrs[i].name, name) == 0)
            return &b->inst[0].attrs[i];
    fail_msg("no attribute %s", name);
    return NULL;
}

static void open_alpha(bench *b)
{
    const spec_file file = {.name = "alpha.yaml", .bytes = table, .size = sizeof table - 1};
    bench_open(b, &file, 1, NULL, 17, true);
}

static void variables_stay_in_their_domains(void **state)
{
    (void)state;
    bench b;
    open_alpha(&b);
    alpha(&b, 0), var(&b, "m")->v.i = 6, expect(&b, "domain of m");
    alpha(&b, 0), var(&b, "mode")->v.i = 2, expect(&b, "domain of mode");
    alpha(&b, 0), var(&b, "twice")->v.i++, expect(&b, "definition of twice");
    alpha(&b, 0), var(&b, "one")->v.i = 4, expect(&b, "domain of one");
    alpha(&b, 0), ints(&b, "some")[0] = 7, expect(&b, "domain of some");
    alpha(&b, 0), var(&b, "some")->v.n = 0, expect(&b, "domain of some");
    alpha(&b, 0), ints(&b, "order")[0] = ints(&b, "order")[1], expect(&b, "domain of order");
    alpha(&b, 0), ints(&b, "cut")[1]++, expect(&b, "domain of cut");
    alpha(&b, 0), ints(&b, "split")[1]++, expect(&b, "domain of split");
    alpha(&b, 0), ints(&b, "three")[2] = 5, expect(&b, "domain of three");
    alpha(&b, 0), var(&b, "three")->v.n = 2, expect(&b, "domain of three");
    alpha(&b, 0), var(&b, "pick")->v.i = 3, expect(&b, "domain of pick");
    alpha(&b, 0), var(&b, "x")->v.r = 1.01, expect(&b, "domain of x");
    alpha(&b, 0), ((double *)(uintptr_t)var(&b, "xs")->v.reals)[1] = -0.1, expect(&b, "domain of xs");
    alpha(&b, 0), var(&b, "word")->v.s = "left", expect(&b, "domain of word");
    bench_close(&b);
}

static void attributes_stand_as_they_should(void **state)
{
    (void)state;
    bench b;
    open_alpha(&b);
    alpha(&b, 0), var(&b, "a")->v.i = 10, expect(&b, "domain of a");
    alpha(&b, 0), var(&b, "a")->written = false, var(&b, "a")->v.i = 5, expect(&b, "default of a");
    alpha(&b, 0), attr(&b, "a")->i++, expect(&b, "attribute a");
    alpha(&b, 0), attr(&b, "f")->f += 0.01, expect(&b, "attribute f");
    alpha(&b, 0), ((int64_t *)(uintptr_t)attr(&b, "b")->ints)[0] = 9, expect(&b, "attribute b");
    alpha(&b, 0), b.inst[0].n_attrs--, expect(&b, "attribute f");
    alpha(&b, 0), var(&b, "b")->written = false, expect(&b, "absence of b");
    alpha(&b, 1), var(&b, "b")->written = true, expect(&b, "presence of b");
    bench_close(&b);
}

static void tensors_follow_their_rules(void **state)
{
    (void)state;
    bench b;
    open_alpha(&b);
    alpha(&b, 0), b.inst[0].inputs[0].desc.rank = 1, expect(&b, "rank of X");
    alpha(&b, 0), b.inst[0].inputs[0].desc.dims[1] = 0, expect(&b, "size of X");
    alpha(&b, 0), b.inst[0].inputs[0].desc.dims[0] = 2, b.inst[0].inputs[0].desc.rank = 2, b.inst[0].inputs[0].desc.dims[1] = 65;
    b.inst[0].inputs[1].desc.dims[1] = 2, expect(&b, "greatest dimension of X");
    alpha(&b, 0), b.inst[0].inputs[0].desc.dims[1] = 4097, expect(&b, "size of X");
    alpha(&b, 0), b.inst[0].inputs[1].desc.dims[0]++, expect(&b, "shape of W");
    alpha(&b, 0), b.inst[0].outputs[0].desc.dims[0]++, expect(&b, "shape of Y");
    alpha(&b, 0), b.inst[0].inputs[0].desc.type = DT_DOUBLE, expect(&b, "type of X");
    alpha(&b, 0), b.inst[0].outputs[0].desc.type = DT_BOOL, expect(&b, "type of Y");
    alpha(&b, 0), b.inst[0].inputs[0].kind = INST_ABSENT, expect(&b, "presence of input X");
    alpha(&b, 0), b.inst[0].inputs[3].kind = INST_INIT, b.inst[0].inputs[3].desc.type = DT_FLOAT32,
                  expect(&b, "presence of input B");
    alpha(&b, 0), b.inst[0].outputs[1].present = true, b.inst[0].outputs[1].desc.type = DT_FLOAT32,
                  expect(&b, "presence of output Z");
    alpha(&b, 1), b.inst[0].outputs[1].present = false, expect(&b, "presence of output Z");
    alpha(&b, 0), b.inst[0].inputs[0].kind = INST_INIT, expect(&b, "role of X");
    alpha(&b, 0), b.inst[0].inputs[1].kind = INST_TENSOR, expect(&b, "role of W");
    alpha(&b, 0), b.inst[0].n_inputs--, expect(&b, "number of tensors of B");
    alpha(&b, 0), b.inst[0].n_outputs--, expect(&b, "number of outputs");
    bench_close(&b);
}

static void conditions_hold(void **state)
{
    (void)state;
    bench b;
    open_alpha(&b);
    alpha(&b, 0), b.inst[0].inputs[0].desc.dims[0] = 1, b.inst[0].inputs[1].desc.dims[1] = 1,
                  var(&b, "a")->v.i = attr(&b, "a")->i = 2;
    expect(&b, "where 1");
    alpha(&b, 0), b.inst[0].inputs[0].desc.dims[0]++, b.inst[0].inputs[1].desc.dims[1]++, expect(&b, "where 2");
    bench_close(&b);
}

static void contents_and_intervals(void **state)
{
    (void)state;
    bench b;
    open_alpha(&b);
    alpha(&b, 0), ((double *)(uintptr_t)b.inst[0].inputs[2].init.list)[1] += 1, expect(&b, "contents of C");
    alpha(&b, 0), b.inst[0].inputs[2].init.n_list = 1, expect(&b, "contents of C");
    alpha(&b, 0), b.inst[0].inputs[1].init.hi = 2, expect(&b, "contents of W");
    alpha(&b, 0), b.inst[0].inputs[1].init.kind = CONTENT_INTEGERS, expect(&b, "contents of W");
    alpha(&b, 0), b.inst[0].inputs[0].desc.range.hi = 3, expect(&b, "domain of values of X");
    alpha(&b, 0), b.inst[0].outputs[0].desc.range.hi = -2, expect(&b, "interval of Y");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_evaluators_agree),           cmocka_unit_test(changes_are_caught),
        cmocka_unit_test(variables_stay_in_their_domains), cmocka_unit_test(attributes_stand_as_they_should),
        cmocka_unit_test(tensors_follow_their_rules),      cmocka_unit_test(conditions_hold),
        cmocka_unit_test(contents_and_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
