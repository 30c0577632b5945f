#include "suite/class_pairs.h"

#include <string.h>

static uint8_t *at(const class_pairs *p, size_t a, size_t b)
{
    return &p->state[a * p->n + b];
}

static void put(class_pairs *p, size_t a, size_t b, pair_state s)
{
    *at(p, a, b) = *at(p, b, a) = (uint8_t)s;
}

/* Asks for the class, and for its pairs with the other declared classes. */
static void ask(class_pairs *p, size_t a)
{
    p->declared[a] = true;
    put(p, a, a, PAIR_OPEN);
    for (size_t b = 0; b < p->n && p->strength > 1; b++)
        if (p->declared[b] && p->facets[a] != p->facets[b] && *at(p, b, b) != PAIR_IMPOSSIBLE && !facets_exclude(p->t, a, b))
            put(p, a, b, PAIR_OPEN);
    p->next = 0;
}

nn_status class_pairs_new(class_pairs *p, const facet_table *t, int strength, arena *a, nn_error *err)
{
    const size_t n = t->n_classes;
    *p = (class_pairs){.t = t,
                       .n = n,
                       .strength = strength,
                       .state = arena_calloc(a, n * n + 1, 1),
                       .facets = arena_calloc(a, n + 1, sizeof *p->facets),
                       .declared = arena_calloc(a, n + 1, sizeof *p->declared)};
    if (p->state == NULL || p->facets == NULL || p->declared == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->all[i].n; k++)
            p->facets[t->all[i].first + k] = (uint16_t)i;
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->all[i].n; k++)
            if (!t->all[i].classes[k].undeclared)
                ask(p, t->all[i].first + k);
    return NN_OK;
}

pair_state class_pairs_state(const class_pairs *p, size_t a, size_t b)
{
    return (pair_state)*at(p, a, b);
}

/* Pairs in the order of asking: the n classes, then the pairs by rows. */
bool class_pairs_next(class_pairs *p, size_t *a, size_t *b)
{
    for (; p->next < p->n + p->n * p->n; p->next++) {
        const size_t k = p->next < p->n ? p->next * (p->n + 1) : p->next - p->n;
        *a = k / p->n;
        *b = k % p->n;
        if (*a <= *b && p->state[k] == PAIR_OPEN)
            return true;
    }
    return false;
}

size_t class_pairs_gain(const class_pairs *p, const int *classes, size_t n)
{
    size_t gain = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = i; k < n && classes[i] >= 0; k++)
            gain += classes[k] >= 0 && *at(p, (size_t)classes[i], (size_t)classes[k]) == PAIR_OPEN;
    return gain;
}

void class_pairs_seen(class_pairs *p, const int *classes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (classes[i] >= 0 && !p->declared[classes[i]])
            ask(p, (size_t)classes[i]);
}

void class_pairs_cover(class_pairs *p, const int *classes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = i; k < n && classes[i] >= 0; k++)
            if (classes[k] >= 0 && *at(p, (size_t)classes[i], (size_t)classes[k]) != PAIR_NONE)
                put(p, (size_t)classes[i], (size_t)classes[k], PAIR_COVERED);
}

void class_pairs_give_up(class_pairs *p, size_t a, size_t b)
{
    put(p, a, b, PAIR_IMPOSSIBLE);
    for (size_t k = 0; k < p->n && a == b; k++)
        if (k != a)
            put(p, a, k, PAIR_NONE);
}

pair_counts class_pairs_count(const class_pairs *p)
{
    pair_counts c = {0};
    for (size_t a = 0; a < p->n; a++)
        for (size_t b = a; b < p->n; b++) {
            const pair_state s = class_pairs_state(p, a, b);
            size_t *const all = a == b ? &c.classes : &c.asked, *const have = a == b ? &c.covered_classes : &c.covered,
                          *const not = a == b ? &c.impossible_classes : &c.impossible;
            *all += s != PAIR_NONE;
            *have += s == PAIR_COVERED;
            *not += s == PAIR_IMPOSSIBLE;
        }
    return c;
}
