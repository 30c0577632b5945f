/* Merging of trees: see spec_merge.h. The depth of recursion is that of the parsed operands. */
#include "table/spec_merge.h"

#include <string.h>

enum { COPY_COST = 16 }; /* of a pair or item, in comparisons of keys */

static nn_status spend(spec_merger *m, const spec_node *over, size_t copies, size_t compares)
{
    /* Both factors are below the number of steps, so nothing overflows. */
    if (copies > SPEC_MAX_MERGE_STEPS / COPY_COST || compares > SPEC_MAX_MERGE_STEPS)
        m->steps = SPEC_MAX_MERGE_STEPS + 1;
    else
        m->steps += copies * COPY_COST + compares;
    if (m->steps > SPEC_MAX_MERGE_STEPS)
        return spec_error(m->err, over->place, "the table grows too large by inheritance, versions and patches");
    return NN_OK;
}

static spec_node *new_node(spec_merger *m, spec_kind kind, const spec_node *like)
{
    spec_node *n = arena_calloc(m->a, 1, sizeof *n);
    if (n == NULL)
        return NULL;
    n->kind = kind;
    n->place = like->place;
    n->text = "";
    return n;
}

/* The list base ++ over. */
static nn_status append(const spec_node **out, const spec_node *base, const spec_node *over, spec_merger *m)
{
    if (base == NULL || base->kind != SPEC_LIST || base->count == 0 || over->kind != SPEC_LIST) {
        *out = over;
        return NN_OK;
    }
    size_t n = base->count + over->count;
    nn_status s = spend(m, over, n, 0);
    if (s != NN_OK)
        return s;
    spec_node *list = new_node(m, SPEC_LIST, over);
    if (list == NULL || (list->items = arena_alloc(m->a, n * sizeof *list->items)) == NULL)
        return nn_nomem(m->err);
    memcpy(list->items, base->items, base->count * sizeof *list->items);
    if (over->count > 0)
        memcpy(list->items + base->count, over->items, over->count * sizeof *list->items);
    list->count = n;
    *out = list;
    return NN_OK;
}

static spec_pair *find(spec_node *map, const char *key, size_t length)
{
    for (size_t i = 0; i < map->count; i++)
        if (strncmp(map->pairs[i].key, key, length) == 0 && map->pairs[i].key[length] == '\0')
            return &map->pairs[i];
    return NULL;
}

static void drop(spec_node *map, spec_pair *p)
{
    size_t after = (size_t)(map->pairs + map->count - (p + 1));
    memmove(p, p + 1, after * sizeof *p);
    map->count--;
}

static nn_status merge_pair(spec_node *map, const spec_pair *over, spec_merger *m)
{
    size_t length = strlen(over->key);
    bool appends = length > 1 && over->key[length - 1] == '+';
    if (appends)
        length--;
    spec_pair *there = find(map, over->key, length);
    if (over->value->kind == SPEC_NULL) {
        if (there != NULL)
            drop(map, there);
        return NN_OK;
    }
    spec_pair pair = {over->key, over->place, NULL};
    const spec_node *old = there != NULL ? there->value : NULL;
    nn_status s = appends ? append(&pair.value, old, over->value, m) : spec_merge(&pair.value, old, over->value, m);
    if (s != NN_OK)
        return s;
    if (there != NULL)
        pair.key = there->key;
    else if (appends && (pair.key = arena_strndup(m->a, over->key, length)) == NULL)
        return nn_nomem(m->err);
    if (there == NULL)
        there = &map->pairs[map->count++];
    *there = pair;
    return NN_OK;
}

nn_status spec_merge(const spec_node **out, const spec_node *base, const spec_node *over, spec_merger *m)
{
    *out = over;
    if (over->kind != SPEC_MAP)
        return NN_OK;
    if (base != NULL && base->kind != SPEC_MAP)
        base = NULL;
    if (base != NULL && over->count == 0) {
        *out = base;
        return NN_OK;
    }
    size_t kept = base != NULL ? base->count : 0;
    size_t added = over->count;
    nn_status s = spend(m, over, kept + added, 0);
    if (s != NN_OK)
        return s;
    spec_node *map = new_node(m, SPEC_MAP, over);
    if (map == NULL || (map->pairs = arena_alloc(m->a, (kept + added) * sizeof *map->pairs)) == NULL)
        return nn_nomem(m->err);
    if (kept > 0)
        memcpy(map->pairs, base->pairs, kept * sizeof *map->pairs);
    map->count = kept;
    for (size_t i = 0; i < added; i++) {
        s = spend(m, over, 0, map->count);
        if (s == NN_OK)
            s = merge_pair(map, &over->pairs[i], m);
        if (s != NN_OK)
            return s;
    }
    *out = map;
    return NN_OK;
}
