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

/* The weights of pairs whose first operator is `a`, such that b follows as often as its sequence says, whatever the weight of b. */
static void fill_row(op_weights *w, const manner *m, size_t a)
{
    uint32_t *row = &w->pairs[a * w->n_ops];
    uint64_t listed = 0, all = 0;
    for (size_t i = 0; i < w->n_ops; i++)
        all += w->ops[i];
    for (size_t i = 0; i < m->n_paths; i++) {
        const manner_path *p = &m->paths[i];
        if (p->n != 2 || p->ops[0] != a || w->ops[p->ops[1]] == 0)
            continue;
        row[p->ops[1]] = at_most((uint64_t)p->weight * PAIR_SCALE / w->ops[p->ops[1]] + 1);
        listed += (uint64_t)row[p->ops[1]] * w->ops[p->ops[1]];
    }
    uint32_t other = listed == 0 || all == 0 ? 1000 : at_most(listed / OTHER_FOLLOWERS / all + 1);
    for (size_t b = 0; b < w->n_ops; b++)
        row[b] = row[b] == 0 ? other : row[b];
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
    if (!w->ops || !w->pairs)
        return nn_nomem(err);
    memcpy(w->ops, m->weights, w->n_ops * sizeof *w->ops);
    for (size_t i = 0; i < w->n_ops; i++)
        fill_row(w, m, i);
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

static const manner_path *draw_path(const manner *m, uint64_t sum, tape *t)
{
    uint64_t at = tape_draw(t, "sequence", sum);
    const manner_path *p = m->paths;
    for (; p + 1 < m->paths + m->n_paths && at >= p->weight; p++)
        at -= p->weight;
    return p;
}

/* Draws sequences until they fill their share of the nodes. */
static bool draw_paths(model_manner *x, size_t nodes, tape *t)
{
    const manner *m = x->drawn.of;
    uint64_t sum = 0, left = (uint64_t)nodes * x->drawn.value[MANNER_planned] / 1000;
    for (size_t i = 0; i < m->n_paths; i++)
        sum += m->paths[i].weight;
    while (sum > 0 && left > 0) {
        const manner_path *p = draw_path(m, sum, t);
        void *paths = x->paths;
        bool ok = nn_grow(&paths, &x->paths_capacity, x->n_paths + 1, sizeof *x->paths);
        x->paths = paths;
        if (!ok)
            return false;
        x->paths[x->n_paths++] = (due_path){.ops = p->ops, .n = p->n, .window = p->n, .firmness = PATH_WISH};
        left = left > p->n ? left - p->n : 0;
    }
    return true;
}

bool model_manner_draw(model_manner *x, const manner *m, const op_weights *base, bool guided, const op_set *ops, size_t nodes,
                       tape *t)
{
    manner_draw(&x->drawn, m, t);
    x->n_paths = 0;
    x->weights.n_ops = 0;
    if (guided)
        return true;
    if (manner_says(&x->drawn, MANNER_left_out) && !leave_out(x, base, ops, t))
        return false;
    return !manner_says(&x->drawn, MANNER_planned) || draw_paths(x, nodes, t);
}

const op_weights *model_manner_weights(const model_manner *x, const op_weights *base)
{
    return x->weights.n_ops > 0 ? &x->weights : base;
}

void model_manner_free(model_manner *x)
{
    nn_free(x->paths);
    nn_free(x->ops);
}
