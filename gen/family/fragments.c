#include "family/fragments.h"
#include "base/mix.h"

#include <string.h>

static const unsigned flag_of[FRAGMENT_KINDS] = {OP_FOUND, OP_NONDETERMINISTIC};

/* The motifs of a kind, in the order of the set. */
static nn_status collect(fragments *f, int kind, const motif_choice *named, arena *a, nn_error *err)
{
    const size_t all = motif_count(f->set);
    f->motifs[kind] = arena_alloc(a, (all + 1) * sizeof *f->motifs[kind]);
    if (f->motifs[kind] == NULL)
        return nn_nomem(err);
    bool choice = false;
    for (size_t k = 0; k < named->n_closed; k++)
        choice |= (motif_flags(f->set, named->closed[k]) & flag_of[kind]) != 0;
    for (size_t i = 0; i < all; i++) {
        bool wanted = !choice;
        for (size_t k = 0; k < named->n_closed; k++)
            wanted |= named->closed[k] == i;
        if (wanted && motif_left_out(f->set, i) == NULL && (motif_flags(f->set, i) & MOTIF_CLOSED) == flag_of[kind])
            f->motifs[kind][f->n[kind]++] = (uint16_t)i;
    }
    return NN_OK;
}

/* The records of models list them with the other motifs. */
static nn_status list_all(const fragments *f, motif_choice *c, arena *a, nn_error *err)
{
    c->n_closed = 0;
    if (f->n[FRAGMENT_FOUND] + f->n[FRAGMENT_RANDOM] == 0)
        return NN_OK;
    c->closed = arena_alloc(a, (f->n[FRAGMENT_FOUND] + f->n[FRAGMENT_RANDOM]) * sizeof *c->closed);
    if (c->closed == NULL)
        return nn_nomem(err);
    for (int kind = 0; kind < FRAGMENT_KINDS; kind++)
        for (size_t k = 0; k < f->n[kind]; k++)
            c->closed[c->n_closed++] = f->motifs[kind][k];
    if (!c->on)
        *c = (motif_choice){.on = true, .set = f->set, .closed = c->closed, .n_closed = c->n_closed};
    return NN_OK;
}

nn_status fragments_open(fragments *f, const options *o, const motif_set *set, bool computes, motif_choice *c, arena *a,
                         nn_error *err)
{
    const char *const texts[FRAGMENT_KINDS] = {o->data_dependent, o->random};
    static const char *const words[FRAGMENT_KINDS] = {"data-dependent", "random"};
    *f = (fragments){.set = set, .nodes = (size_t)o->nodes, .seed = (uint64_t)o->seed};
    for (int kind = 0; kind < FRAGMENT_KINDS; kind++) {
        const int share = share_parse(texts[kind]);
        if (share < 0)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s %.60s: expected a share from 0 to 1", words[kind], texts[kind]);
        f->share[kind] = (uint32_t)share;
        nn_status s = share > 0 && set != NULL ? collect(f, kind, c, a, err) : NN_OK;
        if (s != NN_OK)
            return s;
        if (share > 0 && f->n[kind] == 0)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s %.60s: the table has no motif of this kind that can be used",
                           words[kind], texts[kind]);
    }
    if (f->n[FRAGMENT_FOUND] > 0 && !computes)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "data-dependent: the table was opened without the rules of outputs");
    return list_all(f, c, a, err);
}

/* A number below n that depends on the model, the kind and what is drawn. */
static uint64_t draw(const fragments *f, uint64_t index, int kind, uint64_t what, uint64_t n)
{
    const uint64_t place = mix64(index) + (what << 8 | (uint64_t)kind);
    return mix64(mix64(f->seed) + mix64(place)) % n;
}

static void draw_kind(const fragments *f, uint64_t index, int kind, size_t *room, fragments_due *out)
{
    enum { CHANCE, COUNT, FIRST };
    if (draw(f, index, kind, CHANCE, 1000) >= f->share[kind])
        return;
    const size_t wanted = 1 + (size_t)draw(f, index, kind, COUNT, FRAGMENTS_MOST);
    size_t taken = 0;
    for (uint64_t k = 0; k < 4 * FRAGMENTS_MOST && taken < wanted; k++) {
        const uint16_t motif = f->motifs[kind][draw(f, index, kind, FIRST + 2 * k, f->n[kind])];
        const size_t nodes = motif_nodes(f->set, motif) + 3; /* and what joins it to the rest */
        if (nodes > *room)
            continue;
        *room -= nodes;
        taken++;
        const bool exact = draw(f, index, kind, FIRST + 2 * k + 1, 3) == 0;
        out->due[out->n++] = (due_motif){.motif = motif, .level = exact ? MOTIF_EXACT : MOTIF_VARIANT};
        out->finds |= (motif_flags(f->set, motif) & OP_FOUND) != 0;
    }
}

void fragments_draw(const fragments *f, uint64_t index, fragments_due *out)
{
    size_t room = f->nodes;
    *out = (fragments_due){.n = 0};
    for (int kind = 0; kind < FRAGMENT_KINDS; kind++)
        if (f->n[kind] > 0)
            draw_kind(f, index, kind, &room, out);
}
