#include "build/op_helpers.h"
#include "build/op_index.h"
#include "lower/op_feasible.h"
#include "rules/opmodel_rules.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    uint16_t op;
    uint32_t types;  /* pairs of types from which and to which it leads */
    uint32_t burden; /* what it brings along: inputs, conditions, choices, flags */
} candidate;

typedef struct {
    const op_set *ops;
    op_index *index;
    const bool *keep;
    bool *barred, *served, *helpers;
    bool *use, *can;
    candidate *all; /* in order of preference */
    size_t n;
} search;

static uint32_t bits(dtype_mask m)
{
    uint32_t n = 0;
    for (; m != 0; m &= m - 1)
        n++;
    return n;
}

/* Counted roughly: the types of its inputs and outputs may depend on one another. */
static uint32_t type_pairs(const op_model *op)
{
    dtype_mask takes = 0, gives = 0;
    for (size_t i = 0; i < op->n_inputs; i++)
        takes |= op_input_data(&op->inputs[i]) ? op->inputs[i].types : 0;
    for (size_t o = 0; o < op->n_outputs; o++)
        gives |= op->outputs[o].types;
    return bits(takes) * bits(gives);
}

static uint32_t burden(const op_model *op)
{
    uint32_t n = bits(op->flags);
    for (size_t i = 0; i < op->n_inputs; i++)
        n += (uint32_t)op->inputs[i].max_arity + op->inputs[i].has_domain;
    return op->rules != NULL ? n + (uint32_t)(op->rules->n_where + op->rules->n_require + op->rules->n_vars) : n;
}

/* An operator that converts many types is seldom a special one. */
static int by_preference(const void *x, const void *y)
{
    const candidate *a = x, *b = y;
    if (a->types != b->types)
        return a->types > b->types ? -1 : 1;
    if (a->burden != b->burden)
        return a->burden < b->burden ? -1 : 1;
    return a->op < b->op ? -1 : 1;
}

static void order_candidates(search *s)
{
    s->n = 0;
    for (size_t i = 0; i < s->ops->n_ops; i++) {
        const op_model *op = &s->ops->ops[i];
        if (!s->keep[i] && !s->barred[i])
            s->all[s->n++] = (candidate){.op = (uint16_t)i, .types = type_pairs(op), .burden = burden(op)};
    }
    qsort(s->all, s->n, sizeof *s->all, by_preference);
}

/* ---- types ---- */

/* Sets what is in use: the operators to keep, the helpers, and the first n candidates. */
static void use_first(search *s, size_t n)
{
    for (size_t i = 0; i < s->ops->n_ops; i++)
        s->use[i] = s->keep[i] || s->helpers[i];
    for (size_t k = 0; k < n; k++)
        s->use[s->all[k].op] = true;
}

/* Finds the operators that can be helped: with the first n candidates they are connectable, by themselves they are not. */
static nn_status find_served(search *s, size_t *n, nn_error *err)
{
    use_first(s, 0);
    nn_status status = op_index_reach(s->index, s->use, false, s->served, err);
    if (status != NN_OK)
        return status;
    use_first(s, s->n);
    status = op_index_reach(s->index, s->use, false, s->can, err);
    *n = 0;
    for (size_t i = 0; status == NN_OK && i < s->ops->n_ops; i++) {
        s->served[i] = s->keep[i] && !s->served[i] && s->can[i];
        *n += s->served[i];
    }
    return status;
}

/* Whether the first n candidates give the types that the operators to be served need. */
static nn_status suffice(search *s, size_t n, bool *yes, nn_error *err)
{
    use_first(s, n);
    nn_status status = op_index_reach(s->index, s->use, true, s->can, err);
    *yes = true;
    for (size_t i = 0; status == NN_OK && i < s->ops->n_ops; i++)
        *yes = *yes && (s->can[i] || !s->served[i]);
    return status;
}

/* With more candidates more operators are connectable. So the last of the shortest sufficient list of candidates is needed; it
 * becomes a helper, and the next search is among those before it. */
static nn_status choose_converters(search *s, nn_error *err)
{
    for (size_t most = s->n;;) {
        size_t low = 0, high = most; /* the first `high` candidates suffice */
        while (low < high) {
            const size_t middle = low + (high - low) / 2;
            bool yes;
            nn_status status = suffice(s, middle, &yes, err);
            if (status != NN_OK)
                return status;
            if (yes)
                high = middle;
            else
                low = middle + 1;
        }
        if (high == 0)
            return NN_OK;
        most = high - 1;
        s->helpers[s->all[most].op] = true;
    }
}

/* ---- joins ---- */

static bool joins_data(const search *s, size_t op)
{
    const op_facts *f = &s->index->facts[op];
    return f->most_floats >= 2 && f->outputs_cost == 0 && !(s->ops->ops[op].flags & OP_SOURCE);
}

/* Operators with several tensors, and sources, make parts that must be joined in the end. Adds the simplest operator that joins
 * tensors of data, unless there is one. */
static void choose_join(search *s)
{
    bool needed = false, there = false;
    for (size_t i = 0; i < s->ops->n_ops; i++) {
        needed |= s->served[i] && (s->index->facts[i].most_data >= 2 || (s->ops->ops[i].flags & OP_SOURCE));
        there |= (s->keep[i] || s->helpers[i]) && joins_data(s, i);
    }
    const candidate *best = NULL;
    for (size_t k = 0; needed && !there && k < s->n; k++)
        if (joins_data(s, s->all[k].op) && (best == NULL || s->all[k].burden < best->burden))
            best = &s->all[k];
    if (best != NULL)
        s->helpers[best->op] = true;
}

/* ---- both ---- */

/* Signatures do not tell whether an instance exists. Bars the helpers that have none. */
static nn_status bar_infeasible(search *s, bool *any, nn_error *err)
{
    const lower_limits limits = {0};
    op_trials *trials = NULL;
    *any = false;
    nn_status status = op_trials_new(&trials, s->ops, &limits, err);
    for (size_t i = 0; status == NN_OK && i < s->ops->n_ops; i++) {
        op_obstacle why = {.nomem = false};
        const op_model *op = &s->ops->ops[i];
        if (s->helpers[i] && op->rules != NULL && !op_trials_feasible(trials, op, &why))
            s->barred[i] = *any = true;
        status = why.nomem ? nn_nomem(err) : NN_OK;
    }
    op_trials_free(trials);
    return status;
}

static nn_status find(search *s, nn_error *err)
{
    for (bool again = true; again;) {
        size_t wanted;
        memset(s->helpers, 0, s->ops->n_ops * sizeof *s->helpers);
        order_candidates(s);
        nn_status status = find_served(s, &wanted, err);
        if (status != NN_OK || wanted == 0)
            return status;
        status = choose_converters(s, err);
        if (status != NN_OK)
            return status;
        choose_join(s);
        status = bar_infeasible(s, &again, err);
        if (status != NN_OK)
            return status;
    }
    return NN_OK;
}

nn_status op_helpers_find(const op_set *ops, const bool *keep, const bool *barred, bool *helpers, bool *served, nn_error *err)
{
    const size_t n = ops->n_ops;
    search s = {.ops = ops, .keep = keep, .served = served, .helpers = helpers};
    bool *flags = nn_calloc(3 * n + 1, sizeof *flags);
    s.all = nn_malloc((n + 1) * sizeof *s.all);
    nn_status status = flags != NULL && s.all != NULL ? op_index_new_untried(&s.index, ops, err) : nn_nomem(err);
    if (status == NN_OK) {
        s.use = flags;
        s.can = flags + n;
        s.barred = flags + 2 * n;
        memcpy(s.barred, barred, n * sizeof *barred);
        status = find(&s, err);
    }
    op_index_free(s.index);
    nn_free(s.all);
    nn_free(flags);
    return status;
}
