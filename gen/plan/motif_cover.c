#include "plan/motif_cover.h"
#include "base/sorted.h"

#include <string.h>

#define MOTIF_STREAM (UINT64_MAX - 3) /* stream of the tape; other plans use streams near it, models those from 0 up */
#define MOST_COPIES 4
#define SPARE_NODES 4 /* that a motif may take in addition: what feeds it, and mutations */

struct motif_cover {
    uint64_t *models; /* models in which motifs are due; sorted */
    size_t *starts;   /* index in `due` of each model's first motif; n_models + 1 */
    due_motif *due;
    size_t n_models, n_due;
};

static size_t motif_cost(const motif_set *set, uint16_t motif)
{
    return motif_nodes(set, motif) + SPARE_NODES;
}

bool motif_cover_fits(const motif_set *set, uint16_t motif, size_t nodes)
{
    return motif_cost(set, motif) <= nodes;
}

/* Deals n items, in order, to models that are evenly spread. A model takes further items while they fill at most half of it.
 * The rest is due nowhere. */
static void deal(motif_cover *c, const motif_set *set, const due_motif *items, size_t n, size_t nodes, uint64_t count)
{
    uint64_t slots = n < count ? n : count;
    size_t at = 0;
    for (uint64_t s = 0; s < slots && at < n; s++) {
        size_t load = 0, until = (size_t)((unsigned __int128)n * (s + 1) / slots);
        c->models[c->n_models] = (uint64_t)((unsigned __int128)count * s / slots);
        c->starts[c->n_models++] = c->n_due;
        while (at < until) {
            size_t cost = motif_cost(set, items[at].motif);
            if (load > 0 && load + cost > nodes / 2)
                break;
            load += cost;
            c->due[c->n_due++] = items[at++];
        }
    }
    c->starts[c->n_models] = c->n_due;
}

static nn_status fill(motif_cover *c, const motif_set *set, const uint16_t *allowed, size_t n, size_t nodes, uint64_t count,
                      tape *t, nn_error *err)
{
    size_t room = 0, cost = 0;
    for (size_t i = 0; i < n; i++) {
        room += motif_cover_fits(set, allowed[i], nodes);
        cost += motif_cover_fits(set, allowed[i], nodes) ? motif_cost(set, allowed[i]) * MOTIF_LEVELS : 0;
    }
    /* Not every try succeeds, so that motifs are due again while models have room. */
    uint64_t copies = cost > 0 ? count / (2 * cost / nodes + 1) + 1 : 1;
    copies = copies > MOST_COPIES ? MOST_COPIES : copies;
    size_t all = room * MOTIF_LEVELS, total = all * (size_t)copies;
    due_motif *items = nn_calloc(total + 1, sizeof *items);
    uint32_t *order = nn_calloc(all + 1, sizeof *order);
    c->due = nn_calloc(total + 1, sizeof *c->due);
    c->models = nn_calloc(total + 1, sizeof *c->models);
    c->starts = nn_calloc(total + 2, sizeof *c->starts);
    nn_status st = items && order && c->due && c->models && c->starts ? NN_OK : nn_nomem(err);
    for (size_t k = 0; k < (size_t)copies && st == NN_OK; k++) {
        size_t m = 0;
        for (size_t i = 0; i < n; i++)
            for (uint8_t level = 0; level < MOTIF_LEVELS && motif_cover_fits(set, allowed[i], nodes); level++)
                order[m++] = (uint32_t)(i * MOTIF_LEVELS + level);
        tape_shuffle(t, "motif order", order, m);
        for (size_t i = 0; i < m; i++)
            items[k * all + i] = (due_motif){allowed[order[i] / MOTIF_LEVELS], (uint8_t)(order[i] % MOTIF_LEVELS)};
    }
    if (st == NN_OK)
        deal(c, set, items, total, nodes, count);
    nn_free(items);
    nn_free(order);
    return st;
}

nn_status motif_cover_new(motif_cover **out, const motif_set *set, const uint16_t *allowed, size_t n, size_t nodes, uint64_t count,
                          uint64_t seed, nn_error *err)
{
    tape *t = NULL;
    *out = NULL;
    motif_cover *c = nn_calloc(1, sizeof *c);
    nn_status st = c ? tape_new_seeded(&t, seed, MOTIF_STREAM, err) : nn_nomem(err);
    if (st == NN_OK)
        st = fill(c, set, allowed, n, nodes, count, t, err);
    tape_free(t);
    if (st != NN_OK) {
        motif_cover_free(c);
        return st;
    }
    *out = c;
    return NN_OK;
}

void motif_cover_free(motif_cover *c)
{
    if (!c)
        return;
    nn_free(c->models);
    nn_free(c->starts);
    nn_free(c->due);
    nn_free(c);
}

const due_motif *motif_cover_due(const motif_cover *c, uint64_t model, size_t *n)
{
    *n = 0;
    if (!c)
        return NULL;
    size_t at = sorted_place(c->models, c->n_models, model);
    if (at == c->n_models || c->models[at] != model)
        return c->due;
    *n = c->starts[at + 1] - c->starts[at];
    return c->due + c->starts[at];
}

const char *motif_cover_reason(const motif_cover *c, const motif_set *set, uint16_t motif, size_t nodes)
{
    unsigned levels = 0;
    if (c ? !motif_cover_fits(set, motif, nodes) : motif_nodes(set, motif) > nodes)
        return "a model that holds it needs more nodes";
    if (!c)
        return NULL;
    for (size_t i = 0; i < c->n_due; i++)
        levels |= c->due[i].motif == motif ? 1u << c->due[i].level : 0;
    return levels + 1 == 1u << MOTIF_LEVELS ? NULL : "the family has too few models for all motifs";
}
