/* The files of specs/compute: inheritance and opset versions of rules, the convention, and the accuracy of functions. */
#include "reference/ref_rules.h"

#include "table/spec_check.h"
#include "table/spec_merge.h"
#include "table/spec_packed.h"

#include <string.h>

typedef struct {
    const char *name;
    spec_place place;
    const spec_node *entry;
    const spec_node *flat; /* once resolved */
    bool is_class, open;
} definition;

typedef struct {
    definition *defs;
    size_t n;
    int opset;
    arena *a;
    nn_error *err;
    spec_merger merger;
} loader;

static definition *find(const loader *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->defs[i].name, name) == 0)
            return &l->defs[i];
    return NULL;
}

static nn_status collect(loader *l, const spec_node *root, const char *section, size_t *cap)
{
    const spec_pair *p = spec_get_pair(root, section);
    if (p == NULL)
        return NN_OK;
    if (p->value->kind != SPEC_MAP)
        return spec_error(l->err, p->value->place, "`%s`: a mapping was expected", section);
    for (size_t i = 0; i < p->value->count; i++) {
        const spec_pair *e = &p->value->pairs[i];
        const definition *before = find(l, e->key);
        if (e->value->kind != SPEC_MAP)
            return spec_error(l->err, e->value->place, "`%s`: a mapping of rules was expected", spec_show(e->key).s);
        if (before != NULL)
            return spec_error(l->err, e->place, "`%s` has rules already, at %s:%d", spec_show(e->key).s, before->place.file,
                              before->place.line);
        if (l->n == *cap) {
            size_t more = *cap * 2 + 64;
            definition *all = arena_alloc(l->a, more * sizeof *all);
            if (all == NULL)
                return nn_nomem(l->err);
            if (l->n > 0)
                memcpy(all, l->defs, l->n * sizeof *all);
            l->defs = all;
            *cap = more;
        }
        l->defs[l->n++] = (definition){.name = e->key, .place = e->place, .entry = e->value, .is_class = section[0] == 'c'};
    }
    return NN_OK;
}

/* A copy of the mapping without the keys that are no rules. */
static nn_status rules_only(loader *l, const spec_node *map, const spec_node **out)
{
    spec_node *copy = arena_alloc(l->a, sizeof *copy);
    spec_pair *pairs = arena_alloc(l->a, (map->count + 1) * sizeof *pairs);
    if (copy == NULL || pairs == NULL)
        return nn_nomem(l->err);
    *copy = *map;
    copy->pairs = pairs;
    copy->count = 0;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->pairs[i].key, "like") != 0 && strcmp(map->pairs[i].key, "versions") != 0)
            pairs[copy->count++] = map->pairs[i];
    *out = copy;
    return NN_OK;
}

static nn_status merge_versions(loader *l, const definition *d, const spec_node **flat)
{
    const spec_pair *p = spec_get_pair(d->entry, "versions");
    if (p == NULL)
        return NN_OK;
    if (p->value->kind != SPEC_MAP)
        return spec_error(l->err, p->value->place, "`versions`: a mapping from ranges of opsets to rules was expected");
    for (size_t i = 0; i < p->value->count; i++) {
        const spec_pair *v = &p->value->pairs[i];
        int first, last;
        if (!spec_parse_range(v->key, &first, &last) || v->value->kind != SPEC_MAP)
            return spec_error(l->err, v->place, "a range of opsets with a mapping of rules was expected, such as \"..12\": {...}");
        if (first <= l->opset && l->opset <= last) {
            nn_status s = spec_merge(flat, *flat, v->value, &l->merger);
            if (s != NN_OK)
                return s;
        }
    }
    return NN_OK;
}

static nn_status resolve(loader *l, definition *d, int depth)
{
    if (d->flat != NULL)
        return NN_OK;
    if (d->open || depth > SPEC_MAX_DEPTH)
        return spec_error(l->err, d->place, "`%s` inherits from itself, or through more than %d classes", spec_show(d->name).s,
                          SPEC_MAX_DEPTH);
    d->open = true;
    const spec_node *base = NULL, *own = NULL;
    const spec_pair *like = spec_get_pair(d->entry, "like");
    nn_status s = NN_OK;
    if (like != NULL) {
        definition *parent = like->value->kind == SPEC_SCALAR ? find(l, like->value->text) : NULL;
        if (parent == NULL)
            return spec_error(l->err, like->value->place, "`%s`: a class or operator with rules was expected",
                              spec_show(like->value->text).s);
        s = resolve(l, parent, depth + 1);
        base = parent->flat;
    }
    if (s == NN_OK)
        s = rules_only(l, d->entry, &own);
    if (s == NN_OK)
        s = spec_merge(&d->flat, base, own, &l->merger);
    if (s == NN_OK)
        s = merge_versions(l, d, &d->flat);
    d->open = false;
    return s;
}

static nn_status check_root(loader *l, const spec_node *root, ref_files *out)
{
    static const char *const sections[] = {"classes", "operators", "accuracy", "convention"};
    spec_subject subject = spec_subject_of("rules of outputs", NULL);
    if (root->kind == SPEC_NULL)
        return NN_OK;
    if (root->kind != SPEC_MAP)
        return spec_error(l->err, root->place, "a mapping with `classes`, `operators`, `accuracy` or `convention` was expected");
    nn_status s = spec_check_keys(root, sections, 4, &subject, l->err);
    const spec_node *own = spec_get(root, "accuracy"), *convention = spec_get(root, "convention");
    if (s == NN_OK && own != NULL)
        s = spec_merge(&out->accuracy, out->accuracy, own, &l->merger);
    if (s == NN_OK && convention != NULL)
        s = spec_merge(&out->convention, out->convention, convention, &l->merger);
    return s;
}

nn_status ref_read_files(ref_files *out, const op_set *ops, const spec_file *files, size_t n_files, arena *a, nn_error *err)
{
    loader l = {.opset = ops->table->opset, .a = a, .err = err, .merger = {.a = a, .err = err}};
    size_t cap = 0;
    nn_status s = NN_OK;
    *out = (ref_files){.of = arena_calloc(a, ops->n_all + 1, sizeof *out->of)};
    if (out->of == NULL)
        return nn_nomem(err);
    for (size_t i = 0; s == NN_OK && i < n_files; i++) {
        const spec_node *root;
        s = spec_file_tree(&root, &files[i], a, err);
        if (s == NN_OK)
            s = check_root(&l, root, out);
        if (s == NN_OK)
            s = collect(&l, root, "classes", &cap);
        if (s == NN_OK)
            s = collect(&l, root, "operators", &cap);
    }
    for (size_t i = 0; s == NN_OK && i < l.n; i++) {
        definition *d = &l.defs[i];
        s = resolve(&l, d, 0);
        int op = op_find(ops, d->name);
        if (s == NN_OK && !d->is_class && op >= 0)
            out->of[op] = d->flat;
    }
    return s;
}

static nn_status read_units(double *out, const spec_node *text, nn_error *err)
{
    double x = 0;
    const char *c = text->text;
    for (; *c >= '0' && *c <= '9' && x < 1e9; c++)
        x = x * 10 + (*c - '0');
    if (c == text->text || *c != '\0')
        return spec_error(err, text->place, "`%s`: a whole number was expected", spec_show(text->text).s);
    *out = x;
    return NN_OK;
}

nn_status ref_read_convention(ref_convention *out, const spec_node *map, nn_error *err)
{
    *out = (ref_convention){.name = NULL};
    if (map == NULL)
        return NN_OK;
    const spec_node *name = spec_get(map, "name"), *version = spec_get(map, "version");
    double x = 0;
    if (map->kind != SPEC_MAP || map->count != 2 || name == NULL || version == NULL || name->kind != SPEC_SCALAR ||
        version->kind != SPEC_SCALAR)
        return spec_error(err, map->place, "`convention`: a mapping with `name` and `version` was expected");
    nn_status s = read_units(&x, version, err);
    *out = (ref_convention){.name = name->text, .version = (int64_t)x};
    return s;
}

nn_status ref_read_accuracy(ref_accuracy *out, const spec_node *map, nn_error *err)
{
    for (int i = 0; i < RF_COUNT_; i++)
        out[i] = (ref_accuracy){.ulp = 1, .abs = 0};
    nn_status s = NN_OK;
    for (size_t i = 0; map != NULL && s == NN_OK && i < map->count; i++) {
        const spec_pair *p = &map->pairs[i];
        int fn = ref_find_function(p->key);
        if (fn < 0)
            return spec_error(err, p->place, "unknown function `%s`; specs/compute/README.md lists the functions",
                              spec_show(p->key).s);
        if (p->value->kind != SPEC_MAP)
            return spec_error(err, p->value->place, "`%s`: a mapping with `ulp`, `abs` and `why` was expected",
                              spec_show(p->key).s);
        for (size_t k = 0; s == NN_OK && k < p->value->count; k++) {
            const spec_pair *q = &p->value->pairs[k];
            bool ulp = strcmp(q->key, "ulp") == 0;
            if (strcmp(q->key, "why") == 0)
                continue;
            if (!ulp && strcmp(q->key, "abs") != 0)
                return spec_error(err, q->place, "`%s`: `ulp`, `abs` or `why` was expected", spec_show(q->key).s);
            s = read_units(ulp ? &out[fn].ulp : &out[fn].abs, q->value, err);
        }
    }
    return s;
}
