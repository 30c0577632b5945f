#include "family/model_manner.h"

#include <string.h>

#define PAIR_SCALE 100000  /* only the ratios of weights matter */
#define OTHER_FOLLOWERS 10 /* an operator without a sequence from the one before follows in one of so many cases */
#define MOST 10000000u     /* of a weight, in thousandths */

/* ---- weights of a manner ---- */

static uint32_t at_most(uint64_t x)
{
    return x > MOST ? MOST : (uint32_t)x;
}

/* The weights of pairs a, b, such that b follows as often as its sequence says, whatever the weight of b. listed: by operator; all
 * 0. */
static void fill_pairs(op_weights *w, const manner *m, uint64_t *listed)
{
    const size_t n = w->n_ops;
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++)
        all += w->ops[i];
    for (size_t i = 0; i < m->n_paths; i++) {
        const manner_path *p = &m->paths[i];
        if (p->n != 2 || w->ops[p->ops[1]] == 0)
            continue;
        const uint16_t a = p->ops[0], b = p->ops[1];
        w->pairs[a * n + b] = at_most((uint64_t)p->weight * PAIR_SCALE / w->ops[b] + 1);
        listed[a] += (uint64_t)w->pairs[a * n + b] * w->ops[b];
    }
    for (size_t a = 0; a < n; a++) {
        const uint32_t other = listed[a] == 0 || all == 0 ? 1000 : at_most(listed[a] / OTHER_FOLLOWERS / all + 1);
        uint32_t *row = &w->pairs[a * n];
        for (size_t b = 0; b < n; b++)
            row[b] = row[b] == 0 ? other : row[b];
    }
}

nn_status manner_weights(const op_weights **out, const manner *m, const op_set *ops, arena *a, nn_error *err)
{
    *out = NULL;
    if (!m->weights)
        return NN_OK;
    if (op_pairs_fit(ops, "manner", err) != NN_OK)
        return NN_ERR_USAGE;
    op_weights *w = arena_calloc(a, 1, sizeof *w);
    if (!w)
        return nn_nomem(err);
    w->n_ops = ops->n_ops;
    w->ops = arena_calloc(a, w->n_ops + 1, sizeof *w->ops);
    w->pairs = arena_calloc(a, w->n_ops * w->n_ops + 1, sizeof *w->pairs);
    uint64_t *listed = arena_calloc(a, w->n_ops + 1, sizeof *listed);
    if (!w->ops || !w->pairs || !listed)
        return nn_nomem(err);
    memcpy(w->ops, m->weights, w->n_ops * sizeof *w->ops);
    fill_pairs(w, m, listed);
    *out = w;
    return NN_OK;
}

/* ---- one model ---- */

/* Leaves operators out of a model: they are drawn only where they are due. */
static bool leave_out(model_manner *x, const op_weights *base, const op_set *ops, tape *t)
{
    uint32_t share = x->drawn.value[MANNER_left_out];
    bool ok = nn_grow(&x->ops, &x->ops_capacity, ops->n_ops + 1, sizeof(uint32_t));
    if (!ok)
        return false;
    x->weights = (op_weights){.n_ops = ops->n_ops, .ops = x->ops, .pairs = base ? base->pairs : NULL, .subset = base == NULL};
    for (size_t i = 0; i < ops->n_ops; i++)
        x->weights.ops[i] = tape_chance(t, "left out", share, 1000) ? 0 : base ? base->ops[i] : 1000;
    return true;
}

bool model_manner_draw(model_manner *x, const manner *m, const op_weights *base, bool guided, const op_set *ops, tape *t)
{
    manner_draw(&x->drawn, m, t);
    x->wishes.n = 0;
    x->weights.n_ops = 0;
    return guided || !manner_says(&x->drawn, MANNER_left_out) || leave_out(x, base, ops, t);
}

bool model_manner_plan(model_manner *x, size_t nodes, tape *t)
{
    if (!manner_says(&x->drawn, MANNER_planned))
        return true;
    return wish_draw(&x->wishes, x->drawn.of, (size_t)((uint64_t)nodes * x->drawn.value[MANNER_planned] / 1000), t);
}

const op_weights *model_manner_weights(const model_manner *x, const op_weights *base)
{
    return x->weights.n_ops > 0 ? &x->weights : base;
}

void model_manner_free(model_manner *x)
{
    wish_list_free(&x->wishes);
    nn_free(x->ops);
}
