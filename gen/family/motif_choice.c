#include "family/motif_choice.h"
#include "family/learned.h"
#include "family/options.h"
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

#define NAMED_SHARE 500   /* if motifs are named without a share */
#define LEARNED_SHARE 300 /* of those learned from models */

static nn_status expected(const char *text, nn_error *err)
{
    return nn_fail(
        err, NN_ERR_USAGE, NULL, 0, 0,
        "motifs %.60s: expected a share of the nodes from 0 to 1, names of motifs separated by commas, like, none or " BY_MANNER,
        text);
}

static nn_status unknown(const motif_set *set, const char *word, nn_error *err)
{
    nearest best = {0};
    for (size_t i = 0; i < motif_count(set); i++)
        nearest_offer(&best, word, motif_name(set, i));
    if (strspn(word, "-+.0123456789") > 0 && best.word == NULL)
        return expected(word, err);
    if (best.word != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "motifs: unknown motif %.60s; did you mean %.60s?", word, best.word);
    return nn_fail(
        err, NN_ERR_USAGE, NULL, 0, 0,
        "motifs: unknown motif %.60s; expected a name that --list-motifs prints, a share of the nodes, like, none or " BY_MANNER,
        word);
}

static void add_once(uint16_t *list, size_t *n, int motif)
{
    for (size_t k = 0; k < *n; k++)
        if (list[k] == (uint16_t)motif)
            return;
    list[(*n)++] = (uint16_t)motif;
}

static nn_status take_names(motif_choice *c, const char *list, nn_error *err)
{
    for (const char *p = list, *end; *p != '\0'; p = *end == ',' ? end + 1 : end) {
        char word[80];
        end = p + strcspn(p, ",");
        (void)snprintf(word, sizeof word, "%.*s", (int)(end - p < 79 ? end - p : 79), p);
        int i = motif_find(c->set, word);
        const char *why = i >= 0 ? motif_left_out(c->set, (size_t)i) : NULL;
        if (*end == ',' && end[1] == '\0')
            return expected(list, err);
        if (i < 0)
            return unknown(c->set, word, err);
        if (why != NULL)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "motifs: %.60s cannot be used: %.200s", word, why);
        if ((motif_flags(c->set, (size_t)i) & MOTIF_CLOSED) != 0)
            add_once(c->closed, &c->n_closed, i);
        else
            add_once(c->allowed, &c->n_allowed, i);
    }
    return NN_OK;
}

static void take_from(motif_choice *c, size_t first)
{
    for (size_t i = first; i < motif_count(c->set); i++)
        if (motif_left_out(c->set, i) == NULL && (motif_flags(c->set, i) & MOTIF_CLOSED) == 0)
            c->allowed[c->n_allowed++] = (uint16_t)i;
}

static nn_status check_some(const motif_choice *c, const char *text, nn_error *err)
{
    if (motif_choice_all(c) > 0)
        return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "motifs %.60s: the table has no motif that can be used", text);
}

static bool make_room(motif_choice *c, arena *a)
{
    c->allowed = arena_alloc(a, (motif_count(c->set) + 1) * sizeof *c->allowed);
    c->closed = arena_alloc(a, (motif_count(c->set) + 1) * sizeof *c->closed);
    return c->allowed != NULL && c->closed != NULL;
}

nn_status motif_choice_open(motif_choice *c, const motif_sources *from, const char *text, bool covers, size_t nodes, uint64_t count,
                            uint64_t seed, arena *a, nn_error *err)
{
    const motif_set *set = from->learned != NULL ? from->learned : from->table;
    const bool like = strcmp(text, LEARNED_WORD) == 0, none = strcmp(text, "none") == 0;
    if (like && !from->learns)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "motifs like: expected --like, or weights with motifs learned by it");
    if (like && from->learned == NULL && !covers) /* the models share none */
        return NN_OK;
    const int share = like ? LEARNED_SHARE : share_parse(text);
    c->by_manner = strcmp(text, BY_MANNER) == 0;
    const bool all = share >= 0 || c->by_manner || none;
    if (covers && (none || share == 0))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "cover motifs and motifs %.60s contradict each other", text);
    c->named = !all;
    c->set = set;
    if (!make_room(c, a))
        return nn_nomem(err);
    c->share = share >= 0 ? (uint32_t)share : all ? 0 : NAMED_SHARE;
    nn_status s = NN_OK;
    if (all)
        take_from(c, from->learned != NULL && !covers ? motif_count(from->table) : 0);
    else
        s = take_names(c, text, err);
    c->on = c->n_allowed > 0;
    if (s == NN_OK && (covers || !c->by_manner))
        s = check_some(c, text, err);
    if (s == NN_OK && covers)
        s = motif_cover_new(&c->cover, set, c->allowed, c->n_allowed, nodes, count, seed, err);
    return s;
}

void motif_choice_close(motif_choice *c)
{
    motif_cover_free(c->cover);
}
