/* Sample tensors through operators: bridges and mixers of a small table. */
#include "build/op_probe.h"
#include "small_table.h"

/* Log takes values from 1 on, and Shift makes them; Flat gives rank 2, which Square asks for; Join broadcasts, Append does not. */
static const char table[] =
    "operators:\n"
    "  Append: {since: [1], in: {A: float32, B: float32}, out: {C: float32}, rank: {A: 2, B: 2}, where: [\"A[1] == B[1]\"],\n"
    "    shape: {C: \"[A[0] + B[0], A[1]]\"}, range: {C: \"hull(A, B)\"}}\n"
    "  Flat: {since: [1], in: {X: float32}, out: {Y: float32}, rank: {X: 1..4}, shape: {Y: \"[1, prod(X)]\"}, range: {Y: X}}\n"
    "  Join: {since: [1], in: {A: float32, B: float32}, out: {C: float32}, shape: {C: \"broadcast(A, B)\"}, range: {C: A + B}}\n"
    "  Log: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, domain: {X: \"[1, 1e4]\"},\n"
    "    range: {Y: \"[log(lo(X)), log(hi(X))]\"}}\n"
    "  Shift: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X + 3}}\n"
    "  Square: {since: [1], in: {X: float32}, out: {Y: float32}, rank: {X: 2}, shape: {Y: shape(X)}, range: {Y: X}}\n";

typedef struct {
    op_set *ops;
    op_index *index;
    arena memory;
    lower *l;
    op_probe *p;
} fixture;

static int load(void **state)
{
    static fixture f;
    const lower_limits limits = {0};
    f.ops = small_table(table);
    arena_init(&f.memory, 0);
    *state = &f;
    return op_index_new(&f.index, f.ops, NULL) == NN_OK && lower_new(&f.l, f.ops, &limits, &f.memory, NULL) == NN_OK &&
                   op_probe_new(&f.p, f.index, f.l, &f.memory, NULL) == NN_OK
               ? 0
               : -1;
}

static int unload(void **state)
{
    fixture *f = *state;
    op_probe_free(f->p);
    lower_free(f->l);
    op_index_free(f->index);
    op_set_free(f->ops);
    arena_free(&f->memory);
    return 0;
}

/* Which operators the bridges to an input are, and whether what they make suits it. */
static bool bridged_by(const fixture *f, const char *to, const char *by)
{
    size_t n = 0, n_samples;
    const op_model *op = named(f->ops, to);
    const uint32_t *list = op_probe_bridges(f->p, op, 0, &n);
    const probe_sample *samples = op_probe_samples(f->p, &n_samples);
    bool found = false;
    assert_non_null(list);
    for (size_t i = 0; i < n; i++) {
        assert_true(list[i] < n_samples);
        const probe_sample *s = &samples[list[i]];
        assert_true(lower_may_take(f->l, op, 0, &s->out));
        found |= s->op == named(f->ops, by)->index;
    }
    return found;
}

static void samples_tell_what_operators_make(void **state)
{
    fixture *f = *state;
    size_t n, flat = 0, shift = 0;
    const probe_sample *samples = op_probe_samples(f->p, &n);
    for (size_t i = 0; i < n; i++) {
        const probe_sample *s = &samples[i];
        assert_int_equal(s->in_type, DT_FLOAT32);
        assert_int_equal(s->in_input, 0);
        assert_int_equal(s->output, 0);
        if (s->op == named(f->ops, "Flat")->index) {
            assert_int_equal(s->out.rank, 2);
            assert_in_range(s->in_rank, 1, 4);
            assert_true(s->in_rank == 2 || !s->keeps);
            flat++;
        }
        if (s->op == named(f->ops, "Shift")->index) {
            assert_int_equal(s->out.rank, s->in_rank);
            assert_true(s->out.range.lo >= 1);
            assert_true(s->keeps);
            shift++;
        }
        assert_int_not_equal(s->op, named(f->ops, "Log")->index); /* samples reach below 1 */
    }
    assert_int_equal(flat, 4);
    assert_int_equal(shift, 5); /* ranks 0 to 4 */
}

static void bridges_change_rank_or_values(void **state)
{
    fixture *f = *state;
    assert_true(bridged_by(f, "Log", "Shift"));
    assert_false(bridged_by(f, "Log", "Flat"));
    assert_true(bridged_by(f, "Square", "Flat"));
    assert_true(bridged_by(f, "Square", "Shift"));
    size_t n = 0, again = 0;
    const uint32_t *list = op_probe_bridges(f->p, named(f->ops, "Square"), 0, &n);
    assert_ptr_equal(op_probe_bridges(f->p, named(f->ops, "Square"), 0, &again), list); /* made once */
    assert_int_equal(again, n);
}

static tensor_desc matrix(int64_t rows, int64_t columns)
{
    return (tensor_desc){.type = DT_FLOAT32, .rank = 2, .dims = {rows, columns}, .range = {-1, 1}};
}

static void mixers_may_ask_for_broadcasting(void **state)
{
    fixture *f = *state;
    const op_list *mixers = op_probe_mixers(f->p);
    const op_model *join = named(f->ops, "Join"), *append = named(f->ops, "Append");
    assert_int_equal(mixers->n, 2);
    assert_int_equal(mixers->items[0], append->index);
    assert_int_equal(mixers->items[1], join->index);
    const tensor_desc a = matrix(4, 6), b = matrix(6, 9), row = matrix(1, 6), one = {.type = DT_FLOAT32, .range = {-1, 1}};
    assert_false(op_probe_may_join(f->p, join, &a, &b));
    assert_true(op_probe_may_join(f->p, join, &a, &a));
    assert_true(op_probe_may_join(f->p, join, &a, &row));
    assert_true(op_probe_may_join(f->p, join, &one, &b));
    assert_true(op_probe_may_join(f->p, append, &a, &b));
}

/* The sample of the operator for tensors of rank 2. */
static size_t sample_of(const fixture *f, const char *name)
{
    size_t n, i = 0;
    const probe_sample *samples = op_probe_samples(f->p, &n);
    while (i < n && !(samples[i].op == named(f->ops, name)->index && samples[i].in_rank == 2))
        i++;
    assert_true(i < n);
    return i;
}

static void probes_tell_which_bridges_fit(void **state)
{
    fixture *f = *state;
    assert_true(op_probe_more(f->p, &f->memory));
    const op_model *join = named(f->ops, "Join"), *append = named(f->ops, "Append");
    const tensor_desc a = matrix(4, 6), b = matrix(6, 9), row = matrix(5, 1), c = matrix(9, 6), one = {.type = DT_FLOAT32};
    const size_t shift = sample_of(f, "Shift"), flat = sample_of(f, "Flat");
    assert_int_equal(op_probe_fit(f->p, shift, join, &a, &b), FITS_NEVER); /* it keeps both dimensions */
    assert_int_equal(op_probe_fit(f->p, shift, join, &a, &c), FITS_NEVER);
    assert_int_equal(op_probe_fit(f->p, shift, join, &a, &a), FITS_ALWAYS);
    assert_int_equal(op_probe_fit(f->p, shift, join, &a, &one), FITS_ALWAYS);
    assert_int_equal(op_probe_fit(f->p, flat, join, &a, &row), FITS_ALWAYS);   /* 1 and any number fit 5 and 1 */
    assert_int_equal(op_probe_fit(f->p, flat, join, &a, &b), FITS_PERHAPS);    /* its second dimension is another one */
    assert_int_equal(op_probe_fit(f->p, shift, append, &a, &b), FITS_PERHAPS); /* it need not broadcast */
}

static void probes_tell_what_dimensions_are_made(void **state)
{
    fixture *f = *state;
    assert_true(op_probe_more(f->p, &f->memory));
    const tensor_desc a = matrix(4, 6), b = matrix(6, 9), row = matrix(1, 24), column = matrix(4, 1);
    const size_t shift = sample_of(f, "Shift"), flat = sample_of(f, "Flat");
    assert_int_equal(op_probe_makes(f->p, shift, &a, &a), FITS_ALWAYS);
    assert_int_equal(op_probe_makes(f->p, shift, &a, &b), FITS_NEVER);
    assert_int_equal(op_probe_makes(f->p, shift, &a, &column), FITS_NEVER);
    assert_int_equal(op_probe_makes(f->p, flat, &a, &row), FITS_PERHAPS); /* its second dimension is another one */
    assert_int_equal(op_probe_makes(f->p, flat, &a, &b), FITS_NEVER);     /* its first one is 1 */
}

static void probes_tell_which_mixers_are_easy(void **state)
{
    fixture *f = *state;
    assert_true(op_probe_more(f->p, &f->memory));
    assert_true(op_probe_more(f->p, &f->memory)); /* made once */
    assert_int_equal(op_probe_ease(f->p, named(f->ops, "Join")), EASE_TRIALS);
    assert_in_range(op_probe_ease(f->p, named(f->ops, "Append")), 1, EASE_TRIALS - 1); /* matrices of one width only */
    assert_int_equal(op_probe_ease(f->p, named(f->ops, "Log")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_tell_what_operators_make),     cmocka_unit_test(bridges_change_rank_or_values),
        cmocka_unit_test(mixers_may_ask_for_broadcasting),      cmocka_unit_test(probes_tell_which_bridges_fit),
        cmocka_unit_test(probes_tell_what_dimensions_are_made), cmocka_unit_test(probes_tell_which_mixers_are_easy),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
