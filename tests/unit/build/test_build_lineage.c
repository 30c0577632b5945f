/* What tensors are made of: origins, copies, axes along which elements are equal. */
#include "build/build_lineage.h"
#include "hand_group.h"

static tensor_desc desc(int rank, const int64_t *dims, double lo, double hi)
{
    tensor_desc d = {.type = DT_FLOAT32, .rank = rank, .range = iv(lo, hi)};
    for (int i = 0; i < rank; i++)
        d.dims[i] = dims[i];
    return d;
}

#define SHAPE(...)                                                                     \
    (int)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[]) \
    {                                                                                  \
        __VA_ARGS__                                                                    \
    }

/* ---- origins ---- */

static void origins_follow_functions_of_one_tensor(void **state)
{
    (void)state;
    hand_group h;
    hand_open(&h, false);
    int32_t t = hand_start(&h), u = hand_on(&h, "Move", t), v = hand_on(&h, "Move", u);
    int32_t x = h.s.inputs.items[0];
    assert_int_equal(h.s.notes[t].origin, x);
    assert_int_equal(h.s.notes[v].origin, x);
    int32_t other = hand_start(&h);
    hand_begin(&h);
    hand_op(&h, "Join"); /* of two origins: one of its own */
    hand_tensor(&h, v);
    hand_tensor(&h, other);
    int32_t sum = hand_commit(&h);
    assert_int_equal(h.s.notes[sum].origin, sum);
    hand_begin(&h);
    hand_op(&h, "Scale"); /* a weight: one of its own */
    hand_tensor(&h, t);
    inst_input *w = hand_input(&h, INST_INIT, hand_desc(DT_FLOAT32, -1, 1));
    w->init.kind = CONTENT_UNIFORM;
    int32_t scaled = hand_commit(&h);
    assert_int_equal(h.s.notes[scaled].origin, scaled);
    hand_begin(&h);
    hand_op(&h, "Scale"); /* a list of numbers is no weight */
    hand_tensor(&h, t);
    w = hand_input(&h, INST_INIT, hand_desc(DT_FLOAT32, -1, 1));
    w->init.kind = CONTENT_LIST;
    assert_int_equal(h.s.notes[hand_commit(&h)].origin, x);
    hand_close(&h);
}

/* Within a group origins are those that its nodes get. */
static void origins_of_frames(void **state)
{
    (void)state;
    hand_group h;
    int32_t origins[LOWER_MAX_FRAMES];
    hand_open(&h, false);
    int32_t t = hand_start(&h);
    hand_begin(&h);
    hand_op(&h, "Move");
    hand_tensor(&h, t);
    hand_op(&h, "Move");
    hand_link(&h, 0, 0);
    hand_op(&h, "Join");
    hand_link(&h, 1, 0);
    (void)hand_input(&h, INST_NEW_INPUT, hand_desc(DT_FLOAT32, -1, 1));
    for (size_t f = 0; f < 3; f++)
        origins[f] = lineage_frame_origin(&h.s, &h.g, f, origins, -2);
    assert_int_equal(origins[0], h.s.notes[t].origin);
    assert_int_equal(origins[1], h.s.notes[t].origin);
    assert_int_equal(origins[2], -1);
    hand_close(&h);
}

/* ---- copies ---- */

static copy_set copied_of_one(tensor_desc in, tensor_desc out)
{
    inst_input x = {.kind = INST_TENSOR, .desc = in};
    const op_instance i = {.inputs = &x, .n_inputs = 1};
    const copy_set own = {1, {7}};
    return lineage_copied(&i, &out, &own);
}

static void copies_share_an_end_of_the_interval(void **state)
{
    (void)state;
    static const struct {
        double lo, hi;
        int n;
    } rows[] = {
        {-2, 3, 1},  /* as it is */
        {0, 3, 1},   /* cut off */
        {-3, 2, 1},  /* negated */
        {0.5, 5, 0}, /* neither an end nor the width */
        {10, 15, 1}, /* the width: moved */
        {10, 16, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        copy_set m = copied_of_one(desc(SHAPE(4), -2, 3), desc(SHAPE(4), rows[i].lo, rows[i].hi));
        if (m.n != rows[i].n || (m.n && m.id[0] != 7))
            fail_msg("row %zu: %d", i, m.n);
    }
}

/* Weak inputs move nothing, so that they are not what an output is a copy of. */
static void weak_inputs_are_not_copied(void **state)
{
    (void)state;
    tensor_desc d = desc(SHAPE(4), -2, 3);
    d.likely = est_weak(d.range);
    assert_int_equal(copied_of_one(d, desc(SHAPE(4), -2, 3)).n, 0);
}

static void copies_go_on_through_the_graph(void **state)
{
    (void)state;
    hand_group h;
    hand_open(&h, false);
    int32_t t = hand_start(&h), u = hand_on(&h, "Move", t);
    assert_int_equal(h.s.notes[u].copied.n, 1);
    assert_int_equal(h.s.notes[u].copied.id[0], h.s.inputs.items[0]);
    hand_close(&h);
}

/* ---- what would cancel ---- */

static bool alike(hand_group *h, const char *op, int32_t t, int32_t u)
{
    int32_t origins[LOWER_MAX_FRAMES];
    copy_set copied[LOWER_MAX_FRAMES][OP_MAX_OUTPUTS];
    hand_begin(h);
    hand_op(h, op);
    hand_tensor(h, t);
    hand_tensor(h, u);
    return lineage_alike(&h->s, &h->g, 0, origins, copied);
}

static void functions_of_one_tensor_are_alike(void **state)
{
    (void)state;
    hand_group h;
    hand_open(&h, false);
    int32_t t = hand_start(&h), u = hand_on(&h, "Move", t), other = hand_start(&h);
    assert_true(alike(&h, "Sub", t, u));
    assert_false(alike(&h, "Join", t, u)); /* which is not flagged */
    assert_false(alike(&h, "Sub", t, other));
    assert_false(alike(&h, "Sub", u, other));
    /* Another shape and other bounds: neither the same function nor its elements. */
    tensor_desc *d = &h.s.tensors[u].desc;
    d->rank = 1;
    d->range = iv(-1, 5);
    h.s.notes[u].copied = (copy_set){1, {u}};
    assert_false(alike(&h, "Sub", t, u));
    h.s.notes[u].copied = h.s.notes[t].copied;
    assert_true(alike(&h, "Sub", t, u));
    hand_close(&h);
}

/* ---- equal axes ---- */

typedef struct {
    tensor_desc d;
    uint32_t axes;
    inst_kind kind;
} operand;

static uint32_t equal_axes(tensor_desc out, size_t n, const operand *x)
{
    inst_input inputs[4];
    uint32_t axes[4];
    for (size_t i = 0; i < n; i++) {
        inputs[i] = (inst_input){.kind = x[i].kind, .desc = x[i].d, .init.kind = CONTENT_UNIFORM};
        axes[i] = x[i].axes;
    }
    const op_instance in = {.inputs = inputs, .n_inputs = n};
    return lineage_equal_axes(&in, &out, axes);
}

static void broadcasting_makes_axes_equal(void **state)
{
    (void)state;
    const operand row = {desc(SHAPE(1, 5), -1, 1), 0, INST_TENSOR}, column = {desc(SHAPE(4, 1), -1, 1), 0, INST_TENSOR};
    const operand weight = {desc(SHAPE(4, 1), -1, 1), 0, INST_INIT}, full = {desc(SHAPE(4, 5), -1, 1), 0, INST_TENSOR};
    tensor_desc out = desc(SHAPE(4, 5), -2, 2);
    assert_int_equal(equal_axes(out, 1, &row), 2);                           /* repeated along the first axis */
    assert_int_equal(equal_axes(out, 1, &column), 1);                        /* along the last one */
    assert_int_equal(equal_axes(out, 2, (const operand[]){row, column}), 0); /* each differs along one axis */
    assert_int_equal(equal_axes(out, 2, (const operand[]){row, weight}), 2); /* weights aside */
    assert_int_equal(equal_axes(out, 2, (const operand[]){row, full}), 0);
    assert_int_equal(equal_axes(out, 1, &(const operand){full.d, 2, INST_TENSOR}), 2); /* it goes on */
    assert_int_equal(equal_axes(out, 1, &(const operand){full.d, 3, INST_TENSOR}), 3);
    /* An output of another rank that is no larger than its input: nothing is known of its axes. */
    assert_int_equal(equal_axes(desc(SHAPE(20), -2, 2), 1, &(const operand){full.d, 2, INST_TENSOR}), 0);
}

static void weak_values_are_equal_along_all_axes(void **state)
{
    (void)state;
    tensor_desc d = desc(SHAPE(4, 5), -1, 1);
    assert_int_equal(lineage_axes_seen(&d, 1), 1);
    d.likely = est_weak(d.range);
    assert_int_equal(lineage_axes_seen(&d, 1), UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(origins_follow_functions_of_one_tensor), cmocka_unit_test(origins_of_frames),
        cmocka_unit_test(copies_share_an_end_of_the_interval),    cmocka_unit_test(weak_inputs_are_not_copied),
        cmocka_unit_test(copies_go_on_through_the_graph),         cmocka_unit_test(functions_of_one_tensor_are_alike),
        cmocka_unit_test(broadcasting_makes_axes_equal),          cmocka_unit_test(weak_values_are_equal_along_all_axes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
