/* Definitions: collected from the files, found by name, linked to what they inherit from, and resolved to flat mappings. */
#include "table/spec_def.h"

#include <stdlib.h>
#include <string.h>

#include "table/spec_check.h"

/* ---- collecting ---- */

static int by_def_name(const void *x, const void *y)
{
    const spec_def *a = *(const spec_def *const *)x, *b = *(const spec_def *const *)y;
    int c = strcmp(a->name, b->name);
    return c != 0 ? c : (a->order > b->order) - (a->order < b->order);
}

static nn_status check_since(const spec_def *d, const spec_subject *subject, nn_error *err)
{
    const spec_node *since = spec_get(d->entry, "since"), *until = spec_get(d->entry, "until");
    if (since == NULL)
        return spec_error(err, d->place, "%sno `since`; expected the opsets that define it, such as [1, 11]", subject->s);
    int last_version = 0, last = 0;
    if (until != NULL && spec_parse_opset(since->items[since->count - 1]->text, &last_version) &&
        spec_parse_opset(until->text, &last) && last < last_version)
        return spec_error(err, until->place, "%s`until` %d is before the version of opset %d in `since`", subject->s, last,
                          last_version);
    return NN_OK;
}

static nn_status check_def(const spec_pair *pair, bool is_class, const spec_subject *subject, nn_error *err)
{
    if (!spec_is_name(pair->key))
        return spec_error(err, pair->place, "`%s` is not a name of %s %s; expected letters, digits and _", spec_show(pair->key).s,
                          is_class ? "a" : "an", is_class ? "class" : "operator");
    if (pair->value->kind != SPEC_MAP)
        return spec_error(err, pair->value->place, "%sexpected a mapping, not %s", subject->s, spec_kind_name(pair->value->kind));
    return spec_check_entry(pair->value, is_class ? SPEC_IN_CLASS : SPEC_IN_OPERATOR, subject, err);
}

static nn_status add_def(spec_loader *l, const spec_pair *pair, bool is_class, bool sound)
{
    spec_def *d = &l->defs[l->n_defs];
    *d = (spec_def){.name = pair->key, .place = pair->place, .entry = pair->value, .order = l->n_defs, .is_class = is_class};
    l->n_defs++;
    l->n_operators += !is_class;
    if (sound)
        return NN_OK;
    spec_subject subject = spec_subject_of(is_class ? "class" : "operator", pair->key);
    nn_status s = check_def(pair, is_class, &subject, l->err);
    if (s != NN_OK || is_class)
        return s;
    if (l->n_operators > SPEC_MAX_OPERATORS)
        return spec_error(l->err, d->place, "%sone operator too many; expected at most %d in a table", subject.s,
                          SPEC_MAX_OPERATORS);
    return check_since(d, &subject, l->err);
}

static nn_status index_names(spec_loader *l)
{
    l->by_name = arena_alloc(l->a, l->n_defs * sizeof *l->by_name);
    if (l->by_name == NULL)
        return nn_nomem(l->err);
    for (size_t i = 0; i < l->n_defs; i++)
        l->by_name[i] = &l->defs[i];
    if (l->n_defs > 0)
        qsort(l->by_name, l->n_defs, sizeof *l->by_name, by_def_name);
    for (size_t i = 1; i < l->n_defs; i++) {
        const spec_def *d = l->by_name[i], *first = l->by_name[i - 1];
        if (strcmp(first->name, d->name) == 0)
            return spec_error(l->err, d->place, "%s %s is already defined as %s at %s:%d:%d", d->is_class ? "class" : "operator",
                              spec_show(d->name).s, first->is_class ? "a class" : "an operator", first->place.file,
                              first->place.line, first->place.column);
    }
    return NN_OK;
}

nn_status spec_collect(spec_loader *l, const spec_root *roots, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < roots[i].tree->count; k++)
            most += roots[i].tree->pairs[k].value->count;
    l->defs = arena_alloc(l->a, most * sizeof *l->defs);
    if (l->defs == NULL)
        return nn_nomem(l->err);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < roots[i].tree->count; k++) {
            const spec_pair *section = &roots[i].tree->pairs[k];
            bool is_class = strcmp(section->key, "classes") == 0;
            for (size_t j = 0; j < section->value->count; j++) {
                nn_status s = add_def(l, &section->value->pairs[j], is_class, roots[i].sound);
                if (s != NN_OK)
                    return s;
            }
        }
    return index_names(l);
}

/* ---- names ---- */

spec_def *spec_find(const spec_loader *l, const char *name)
{
    size_t low = 0, high = l->n_defs;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = strcmp(name, l->by_name[middle]->name);
        if (c == 0)
            return l->by_name[middle];
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

nn_status spec_suggest(const spec_loader *l, const char *name, bool operators_only, const char **nearest)
{
    *nearest = NULL;
    const char **names = arena_alloc(l->a, l->n_defs * sizeof *names);
    if (names == NULL)
        return nn_nomem(l->err);
    size_t n = 0;
    for (size_t i = 0; i < l->n_defs; i++)
        if (!operators_only || !l->by_name[i]->is_class)
            names[n++] = l->by_name[i]->name;
    *nearest = spec_nearest(name, names, n);
    return NN_OK;
}

/* ---- inheritance ---- */

static nn_status link_parent(spec_loader *l, spec_def *d)
{
    const spec_node *like = spec_get(d->entry, "like");
    if (like == NULL)
        return NN_OK;
    d->parent = spec_find(l, like->text);
    if (d->parent != NULL)
        return NN_OK;
    spec_subject subject = spec_subject_of(d->is_class ? "class" : "operator", d->name);
    const char *nearest;
    nn_status s = spec_suggest(l, like->text, false, &nearest);
    if (s != NN_OK)
        return s;
    if (nearest != NULL)
        return spec_error(l->err, like->place, "%s`like`: no class or operator `%s`; did you mean `%s`?", subject.s,
                          spec_show(like->text).s, nearest);
    return spec_error(l->err, like->place, "%s`like`: no class or operator `%s`", subject.s, spec_show(like->text).s);
}

/* The error for an entry that inherits from itself. The middle of a long circle is left out. */
static nn_status cycle(spec_loader *l, const spec_def *start)
{
    enum { SHOWN = 8 };
    char *chain = arena_strdup(l->a, spec_show(start->name).s);
    const spec_def *d = start->parent;
    for (int i = 1; chain != NULL; i++, d = d->parent) {
        chain = arena_printf(l->a, "%s -> %s", chain, i == SHOWN && d != start ? "..." : spec_show(d->name).s);
        if (d == start)
            break;
        if (i == SHOWN) {
            chain = chain != NULL ? arena_printf(l->a, "%s -> %s", chain, spec_show(start->name).s) : NULL;
            break;
        }
    }
    if (chain == NULL)
        return nn_nomem(l->err);
    return spec_error(l->err, spec_get(start->entry, "like")->place, "entries inherit from each other in a circle: %s", chain);
}

/* The entry's own keys without `doc` and those that tell the loader what to do. */
static nn_status own_content(spec_loader *l, const spec_node *entry, const spec_node **out)
{
    static const char *const steering[] = {"doc", "like", "since", "until", "versions"};
    spec_node *n = arena_alloc(l->a, sizeof *n);
    if (n == NULL || (*n = *entry, n->pairs = arena_alloc(l->a, entry->count * sizeof *n->pairs)) == NULL)
        return nn_nomem(l->err);
    n->count = 0;
    for (size_t i = 0; i < entry->count; i++) {
        bool steers = false;
        for (size_t k = 0; k < sizeof steering / sizeof steering[0]; k++)
            steers = steers || strcmp(entry->pairs[i].key, steering[k]) == 0;
        if (!steers)
            n->pairs[n->count++] = entry->pairs[i];
    }
    *out = n;
    return NN_OK;
}

/* The parent, if there is one, must be resolved. */
static nn_status resolve_one(spec_loader *l, spec_def *d)
{
    const spec_node *own = d->entry;
    nn_status s = own_content(l, d->entry, &own);
    if (s == NN_OK)
        s = spec_merge(&d->flat, d->parent != NULL ? d->parent->flat : NULL, own, &l->merger);
    const spec_node *versions = spec_get(d->entry, "versions");
    for (size_t i = 0; s == NN_OK && versions != NULL && i < versions->count; i++) {
        int first, last;
        if (spec_parse_range(versions->pairs[i].key, &first, &last) && first <= l->opset && l->opset <= last)
            s = spec_merge(&d->flat, d->flat, versions->pairs[i].value, &l->merger);
    }
    d->state = DEF_DONE;
    return s;
}

/* Goes up to the first ancestor that is resolved, then down again. It does not recurse, because chains may be as long as the
 * table. */
static nn_status resolve(spec_loader *l, spec_def *d)
{
    spec_def *below = NULL;
    while (d != NULL && d->state != DEF_DONE) {
        if (d->state == DEF_OPEN)
            return cycle(l, d);
        d->state = DEF_OPEN;
        d->below = below;
        below = d;
        d = d->parent;
    }
    nn_status s = NN_OK;
    for (d = below; s == NN_OK && d != NULL; d = d->below)
        s = resolve_one(l, d);
    return s;
}

static void find_version(spec_loader *l, spec_def *d)
{
    const spec_node *since = spec_get(d->entry, "since"), *until = spec_get(d->entry, "until");
    int version, last;
    for (size_t i = 0; i < since->count; i++)
        if (spec_parse_opset(since->items[i]->text, &version) && version <= l->opset)
            d->since = version;
    d->exists = d->since > 0 && !(until != NULL && spec_parse_opset(until->text, &last) && last < l->opset);
}

nn_status spec_resolve_all(spec_loader *l)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < l->n_defs; i++)
        s = link_parent(l, &l->defs[i]);
    for (size_t i = 0; s == NN_OK && i < l->n_defs; i++) {
        s = resolve(l, &l->defs[i]);
        if (!l->defs[i].is_class)
            find_version(l, &l->defs[i]);
    }
    return s;
}
