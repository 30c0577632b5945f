#include "suite/search.h"
#include "lower/tries.h"

#include <string.h>

#define GOOD_ENOUGH 12 /* instances with the pair, of which the best is taken */

/* A number that depends on the name alone, so that the cases of an operator do not depend on which others there are. */
static uint64_t hash(const char *name, uint64_t version)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (; *name != '\0'; name++)
        h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return (h ^ version) * UINT64_C(0x100000001b3);
}

nn_status case_search_open(case_search *s, const op_set *ops, const op_model *op, const class_operator *values,
                           const search_options *o, nn_error *err)
{
    *s = (case_search){.o = o};
    arena_init(&s->memory, 0);
    arena_init(&s->instances, 0);
    nn_status st = tape_new_seeded(&s->t, o->seed, hash(op->name, (uint64_t)op->since), err);
    if (st == NN_OK)
        st = lower_new(&s->l, ops, &o->limits, &s->instances, err);
    if (st != NN_OK)
        return st;
    lower_set_check(s->l, true);
    st = facets_new(&s->facets, op, values, o->limits.max_rank, &s->memory, err);
    if (st == NN_OK)
        st = class_pairs_new(&s->pairs, &s->facets, o->strength, &s->memory, err);
    if (st == NN_OK)
        st = attempter_open(&s->attempter, &s->facets, s->l, s->t, err);
    s->classes = arena_alloc(&s->memory, (s->facets.n + 1) * sizeof *s->classes);
    return st == NN_OK && s->classes == NULL ? nn_nomem(err) : st;
}

void case_search_close(case_search *s)
{
    attempter_close(&s->attempter);
    lower_free(s->l);
    tape_free(s->t);
    nn_free(s->lost);
    arena_free(&s->instances);
    arena_free(&s->memory);
}

/* ---- wishes ---- */

typedef struct {
    size_t all[64];
    size_t n;
} wish_list;

static bool wished(const case_search *s, const wish_list *w, size_t index)
{
    for (size_t i = 0; i < w->n; i++)
        if (s->pairs.facets[w->all[i]] == index)
            return true;
    return false;
}

/* The class of the facet with most open pairs with what is wished; n_classes: there is none. */
static size_t best_class(const case_search *s, const wish_list *w, const facet *f)
{
    size_t best = s->facets.n_classes, most = 0;
    for (size_t k = f->first; k < f->first + f->n; k++) {
        size_t open = class_pairs_state(&s->pairs, k, k) == PAIR_OPEN;
        for (size_t i = 0; i < w->n; i++)
            open += class_pairs_state(&s->pairs, k, w->all[i]) == PAIR_OPEN;
        if (open > most) {
            most = open;
            best = k;
        }
    }
    return best;
}

/* Adds wishes for up to `more` other facets, in random order. */
static void wish_more(case_search *s, wish_list *w, size_t more)
{
    uint32_t order[64];
    const size_t n = s->facets.n < 64 ? s->facets.n : 64;
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    tape_shuffle(s->t, "facets", order, n);
    for (size_t i = 0; i < n && more > 0 && w->n < 64; i++) {
        const size_t k = wished(s, w, order[i]) ? s->facets.n_classes : best_class(s, w, &s->facets.all[order[i]]);
        if (k == s->facets.n_classes)
            continue;
        w->all[w->n++] = k;
        more--;
    }
}

/* ---- one pair ---- */

typedef struct {
    size_t a, b;
    int tries, hits, made; /* made: instances, with the pair or without */
    try_table failures;
    int *classes; /* scratch */
} hunt;

static bool has(const case_search *s, const int *classes, size_t class)
{
    return classes[s->pairs.facets[class]] == (int)class;
}

/* Whether the instance has the pair; the best one so far becomes the case. */
static bool judge(case_search *s, hunt *h, const op_instance *x)
{
    facets_of(&s->facets, x, h->classes);
    class_pairs_seen(&s->pairs, h->classes, s->facets.n);
    if (!has(s, h->classes, h->a) || !has(s, h->classes, h->b))
        return false;
    const size_t gain = class_pairs_gain(&s->pairs, h->classes, s->facets.n);
    if (h->hits == 0 || gain > s->gain) {
        s->x = *x;
        s->gain = gain;
        memcpy(s->classes, h->classes, s->facets.n * sizeof *s->classes);
    }
    return true;
}

/* Tensors may be larger where small ones have not been enough. */
static void widen(case_search *s, const hunt *h)
{
    lower_limits limits = s->o->limits;
    if (h->hits == 0 && h->tries > s->o->tries / 2)
        limits.max_elements *= 8;
    lower_set_limits(s->l, &limits);
}

/* One try. Half of those before the first success wish for nothing but the pair; later ones wish for more and more. */
static nn_status try_pair(case_search *s, hunt *h, nn_error *err)
{
    wish_list w = {.all = {h->a, h->b}, .n = h->a == h->b ? 1 : 2};
    op_instance x;
    widen(s, h);
    const bool plain = h->hits == 0 && h->tries % 2 == 1;
    wish_more(s, &w, plain ? 0 : (size_t)(h->tries % 8) * s->facets.n / 7);
    const lower_result res = attempt(&s->attempter, w.all, w.n, h->hits == 0 && h->tries % 4 == 3, &x);
    s->tried++;
    h->tries++;
    if (res == LOWER_NOMEM)
        return nn_nomem(err);
    if (res == LOWER_OK) {
        h->made++;
        h->hits += judge(s, h, &x);
        return NN_OK;
    }
    const try_row row = {.op = s->facets.op, .why = lower_last_failure(s->l), .tries = 1};
    return !plain || try_table_add(&h->failures, &row) ? NN_OK : nn_nomem(err);
}

static nn_status give_up(case_search *s, const hunt *h, nn_error *err)
{
    class_pairs_give_up(&s->pairs, h->a, h->b);
    const char *reason = h->made > h->tries / 4
                             ? arena_printf(&s->memory, "%d instances were made, all with other classes", h->made)
                             : arena_strdup(&s->memory, try_table_text(&h->failures, s->facets.op).s);
    if (reason == NULL || !nn_grow((void **)&s->lost, &s->lost_capacity, s->n_lost + 1, sizeof *s->lost))
        return nn_nomem(err);
    s->lost[s->n_lost++] = (given_up){h->a, h->b, reason};
    return NN_OK;
}

static nn_status hunt_pair(case_search *s, size_t a, size_t b, bool *found, nn_error *err)
{
    hunt h = {.a = a, .b = b};
    nn_status st = NN_OK;
    arena_reset(&s->instances);
    h.classes = arena_alloc(&s->instances, (s->facets.n + 1) * sizeof *h.classes);
    if (h.classes == NULL)
        return nn_nomem(err);
    while (st == NN_OK && h.hits < GOOD_ENOUGH &&
           (h.hits > 0 ? h.tries < 4 * GOOD_ENOUGH || h.tries < s->o->tries / 2 : h.tries < s->o->tries))
        st = try_pair(s, &h, err);
    *found = st == NN_OK && h.hits > 0;
    if (st == NN_OK && *found)
        class_pairs_cover(&s->pairs, s->classes, s->facets.n);
    else if (st == NN_OK)
        st = give_up(s, &h, err);
    try_table_free(&h.failures);
    return st;
}

/* An operator without facets has one case. */
static nn_status only_case(case_search *s, bool *found, nn_error *err)
{
    lower_result res = LOWER_FAIL;
    arena_reset(&s->instances);
    for (int i = 0; i < s->o->tries && res == LOWER_FAIL; i++)
        res = attempt(&s->attempter, NULL, 0, i % 4 == 3, &s->x);
    *found = res == LOWER_OK;
    return res == LOWER_NOMEM ? nn_nomem(err) : NN_OK;
}

nn_status case_search_next(case_search *s, bool *found, nn_error *err)
{
    size_t a, b;
    nn_status st = NN_OK;
    *found = false;
    if (s->facets.n == 0 && s->cases == 0)
        st = only_case(s, found, err);
    while (st == NN_OK && !*found && class_pairs_next(&s->pairs, &a, &b))
        st = hunt_pair(s, a, b, found, err);
    s->cases += st == NN_OK && *found;
    return st;
}
