#include "lower/op_feasible.h"
#include "lower/lower_state.h"
#include "lower/tries.h"

#include <stdio.h>

#define TRIES 200
/* Evaluations and propagations of all tries together. Operators that can be instantiated take a few hundred of each. */
#define MAX_STEPS 300000
#define MAX_PROPAGATIONS 1000000
#define SEED 0x6665617369626cu

/* A tensor with a type and a rank that the input accepts. */
static tensor_desc sample(const op_input *in, dtype_mask data_types, const lower_limits *limits, tape *t)
{
    static const double ranges[][2] = {{-1, 1}, {0.25, 2}, {1, 4}, {-2, -0.5}};
    tensor_desc d = {.type = DT_FLOAT32};
    dtype types[DT_COUNT];
    int ranks[NN_MAX_RANK + 1];
    size_t n_types = 0, n_ranks = 0;
    for (int k = 1; k < DT_COUNT; k++)
        if (in->types >> k & 1)
            types[n_types++] = (dtype)k;
    for (int r = 0; r <= NN_MAX_RANK && (limits->max_rank == 0 || r <= limits->max_rank); r++)
        if (in->ranks >> r & 1)
            ranks[n_ranks++] = r;
    if (n_types > 0)
        d.type = types[tape_draw(t, "type", n_types)];
    if (n_ranks > 0)
        d.rank = ranks[tape_draw(t, "rank", n_ranks)];
    for (int i = 0; i < d.rank; i++)
        d.dims[i] = tape_range(t, "dim", 1, 4);
    size_t k = (size_t)tape_draw(t, "range", sizeof ranges / sizeof *ranges);
    bool data = data_types >> d.type & 1;
    d.range = dtype_is_float(d.type) ? iv(ranges[k][0], ranges[k][1]) : iv(0, data && dtype_is_whole(d.type) ? 7 : 1);
    return d;
}

static lower_result try_once(lower *l, const op_model *op, const lower_limits *limits, bool given, tape *t)
{
    lower_request r = {.op = op};
    tensor_desc tensors[OP_MAX_SLOTS];
    op_instance instances[LOWER_MAX_FRAMES];
    size_t slot = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        r.arity[i] = (int)tape_range(t, "arity", in->min_arity, in->max_arity);
        /* A data input that accepts no type of data cannot be a new graph input. */
        bool must = in->roles == ROLE_DATA && !in->optional && !(in->types & op->data);
        bool tensor = (in->roles & ROLE_DATA) && !in->conditional && (given || must);
        if (tensor && !must && (in->optional || in->roles != ROLE_DATA))
            tensor = tape_draw(t, "given", 2) != 0;
        for (int k = 0; k < r.arity[i] && slot < OP_MAX_SLOTS; k++, slot++) {
            r.slots[slot] = (lower_slot){.kind = SLOT_AUTO, .rank = -1};
            tensors[slot] = tensor ? sample(in, op->data, limits, t) : (tensor_desc){0};
            if (tensor && slot > 0 && tape_draw(t, "same", 2) == 0 && (in->types >> tensors[0].type & 1))
                tensors[slot] = tensors[0];
            if (tensor)
                r.slots[slot] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &tensors[slot], .rank = -1};
        }
    }
    int number;
    lower_begin(l, t);
    lower_result res = lower_add(l, &r, &number);
    return res == LOWER_OK ? lower_close(l, instances) : res;
}

struct op_trials {
    const op_set *ops;
    lower_limits limits;
    arena memory;
    tape *t;
    lower *l;
};

nn_status op_trials_new(op_trials **out, const op_set *ops, const lower_limits *limits, nn_error *err)
{
    op_trials *x = *out = nn_calloc(1, sizeof *x);
    if (!x)
        return nn_nomem(err);
    arena_init(&x->memory, 0);
    x->ops = ops;
    x->limits = *limits;
    x->limits.empty = 0;
    lower_limits lenient = x->limits;
    lenient.max_magnitude = 1e6;
    nn_status s = tape_new_seeded(&x->t, SEED, 0, err);
    if (s == NN_OK)
        s = lower_new(&x->l, ops, &lenient, &x->memory, err);
    if (s != NN_OK) {
        op_trials_free(x);
        *out = NULL;
    }
    return s;
}

void op_trials_free(op_trials *x)
{
    if (!x)
        return;
    lower_free(x->l);
    tape_free(x->t);
    arena_free(&x->memory);
    nn_free(x);
}

bool op_trials_feasible(op_trials *x, const op_model *op, op_obstacle *why)
{
    bool known = true, found = false;
    try_table tried = {0};
    uint64_t steps = 0, propagations = 0;
    tape_reseed(x->t, SEED, op->index);
    for (int i = 0; known && !found && i < TRIES && steps < MAX_STEPS && propagations < MAX_PROPAGATIONS; i++) {
        lower_result res = try_once(x->l, op, &x->limits, i % 2 == 1, x->t);
        found = res == LOWER_OK;
        const try_row row = {.op = op, .why = lower_last_failure(x->l), .tries = 1};
        known = res != LOWER_NOMEM && (res == LOWER_OK || try_table_add(&tried, &row));
        steps += x->l->steps;
        propagations += csp_propagations(x->l->csp);
        arena_reset(&x->memory);
    }
    if (known && !found && why)
        (void)snprintf(why->s, sizeof why->s, "no instance was found within the limits; %s", try_table_text(&tried, op).s);
    if (why)
        why->nomem = !known;
    try_table_free(&tried);
    return found || !known;
}

bool op_feasible(const op_set *ops, const op_model *op, const lower_limits *limits, op_obstacle *why)
{
    op_trials *x;
    nn_error err;
    bool known = op_trials_new(&x, ops, limits, &err) == NN_OK, feasible = !known || op_trials_feasible(x, op, why);
    if (!known && why)
        why->nomem = true;
    op_trials_free(x);
    return feasible;
}
