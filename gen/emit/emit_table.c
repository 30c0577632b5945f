#include "emit/emit_table.h"

#include "table/spec_check.h"
#include "table/spec_merge.h"
#include "table/spec_packed.h"

#include <stdio.h>
#include <string.h>

static nn_status want(const spec_node **out, const spec_node *root, const char *key, spec_kind kind, const char *what,
                      nn_error *err)
{
    const spec_pair *p = spec_get_pair(root, key);
    *out = p != NULL ? p->value : NULL;
    return p == NULL || p->value->kind == kind ? NN_OK : spec_error(err, p->value->place, "`%s`: %s was expected", key, what);
}

static nn_status want_text(const char **out, const spec_node *root, const char *key, nn_error *err)
{
    const spec_node *node;
    nn_status s = want(&node, root, key, SPEC_SCALAR, "a text", err);
    *out = s == NN_OK && node != NULL ? node->text : NULL;
    return s;
}

static nn_status want_texts(const spec_node **out, const spec_node *root, const char *key, nn_error *err)
{
    nn_status s = want(out, root, key, SPEC_MAP, "a mapping from names to texts", err);
    for (size_t i = 0; s == NN_OK && *out != NULL && i < (*out)->count; i++)
        if ((*out)->pairs[i].value->kind != SPEC_SCALAR)
            s = spec_error(err, (*out)->pairs[i].place, "`%s`: a text was expected", spec_show((*out)->pairs[i].key).s);
    return s;
}

static nn_status read_root(emit_program *p, const spec_node *root, nn_error *err)
{
    static const char *const keys[] = {"program",       "base",   "doc",   "file",  "weight",  "use",     "size",
                                       "specification", "branch", "taken", "types", "helpers", "classes", "operators"};
    spec_subject subject = spec_subject_of("programs", NULL);
    nn_status s = spec_check_keys(root, keys, sizeof keys / sizeof keys[0], &subject, err);
    s = s == NN_OK ? want_text(&p->name, root, "program", err) : s;
    s = s == NN_OK ? want_text(&p->doc, root, "doc", err) : s;
    s = s == NN_OK ? want_text(&p->file, root, "file", err) : s;
    s = s == NN_OK ? want_text(&p->weight, root, "weight", err) : s;
    s = s == NN_OK ? want_text(&p->use, root, "use", err) : s;
    s = s == NN_OK ? want_text(&p->size, root, "size", err) : s;
    s = s == NN_OK ? want_text(&p->specification, root, "specification", err) : s;
    s = s == NN_OK ? want_text(&p->branch, root, "branch", err) : s;
    s = s == NN_OK ? want(&p->taken, root, "taken", SPEC_LIST, "a list of names", err) : s;
    s = s == NN_OK ? want_texts(&p->types, root, "types", err) : s;
    s = s == NN_OK ? want_texts(&p->helpers, root, "helpers", err) : s;
    s = s == NN_OK ? want(&p->classes, root, "classes", SPEC_MAP, "a mapping", err) : s;
    s = s == NN_OK ? want(&p->operators, root, "operators", SPEC_MAP, "a mapping", err) : s;
    for (size_t i = 0; s == NN_OK && p->taken != NULL && i < p->taken->count; i++)
        if (p->taken->items[i]->kind != SPEC_SCALAR)
            s = spec_error(err, p->taken->items[i]->place, "a name was expected");
    if (s == NN_OK && p->file == NULL)
        s = spec_error(err, root->place, "`file` was expected: the text of a whole program");
    return s;
}

static nn_status unknown(const char *name, const spec_node *const *roots, size_t n, nn_error *err)
{
    char names[200] = "";
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        const spec_node *p = spec_get(roots[i], "program");
        bool said = false;
        for (size_t k = 0; k < i && p != NULL && !said; k++)
            said = spec_get(roots[k], "program") != NULL && strcmp(spec_get(roots[k], "program")->text, p->text) == 0;
        if (p == NULL || p->kind != SPEC_SCALAR || said || length + strlen(p->text) + 3 > sizeof names)
            continue;
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%.100s", length > 0 ? ", " : "", p->text);
    }
    if (length == 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                       "--as %.60s: there are no programs; expected files in DIR/programs of --specs DIR", name);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "--as %.60s: expected one of %s", name, names);
}

/* The pairs of both mappings; where both have a mapping under a key, the pairs of these. What else is stated in both is that of
 * `over` if `again`, or else an error. */
static nn_status join(const spec_node **out, const spec_node *base, const spec_node *over, bool again, arena *a, nn_error *err)
{
    if (base == NULL || base->kind != SPEC_MAP || over->kind != SPEC_MAP) {
        *out = over;
        return NN_OK;
    }
    spec_node *map = arena_alloc(a, sizeof *map);
    spec_pair *pairs = arena_alloc(a, (base->count + over->count + 1) * sizeof *pairs);
    if (map == NULL || pairs == NULL)
        return nn_nomem(err);
    *map = *base;
    map->pairs = pairs;
    memcpy(pairs, base->pairs, base->count * sizeof *pairs);
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < over->count; i++) {
        size_t k = 0;
        while (k < base->count && strcmp(pairs[k].key, over->pairs[i].key) != 0)
            k++;
        if (k == base->count)
            pairs[map->count++] = over->pairs[i];
        else if (pairs[k].value->kind == SPEC_MAP && over->pairs[i].value->kind == SPEC_MAP)
            s = join(&pairs[k].value, pairs[k].value, over->pairs[i].value, again, a, err);
        else if (again)
            pairs[k] = over->pairs[i];
        else if (strcmp(pairs[k].key, "program") != 0)
            s = spec_error(err, over->pairs[i].place, "`%s` is stated already, at %s:%d", spec_show(pairs[k].key).s,
                           pairs[k].place.file, pairs[k].place.line);
    }
    *out = map;
    return s;
}

/* The files of one program, merged; *out NULL: there are none. */
static nn_status gather(const spec_node **out, const char *name, const spec_node *const *roots, size_t n, arena *a, nn_error *err)
{
    nn_status s = NN_OK;
    *out = NULL;
    for (size_t i = 0; s == NN_OK && i < n; i++) {
        const spec_node *p = spec_get(roots[i], "program");
        if (p != NULL && p->kind == SPEC_SCALAR && strcmp(p->text, name) == 0)
            s = join(out, *out, roots[i], false, a, err);
    }
    return s;
}

/* Puts what the program of `base` states under *all. */
static nn_status put_base(const spec_node **all, const spec_node *const *roots, size_t n, arena *a, nn_error *err)
{
    const spec_pair *base = spec_get_pair(*all, "base");
    const spec_node *under = NULL;
    if (base == NULL)
        return NN_OK;
    nn_status s = base->value->kind == SPEC_SCALAR ? gather(&under, base->value->text, roots, n, a, err) : NN_OK;
    if (s == NN_OK && (under == NULL || spec_get(under, "base") != NULL))
        return spec_error(err, base->place, "`base`: the name of a program without a base was expected");
    return s == NN_OK ? join(all, under, *all, true, a, err) : s;
}

nn_status emit_program_read(emit_program *out, const char *name, const spec_file *files, size_t n_files, arena *a, nn_error *err)
{
    nn_status s = NN_OK;
    const spec_node *parts = NULL, *all = NULL, **roots = arena_calloc(a, n_files + 1, sizeof(const spec_node *));
    *out = (emit_program){.name = NULL};
    if (roots == NULL)
        return nn_nomem(err);
    for (size_t i = 0; s == NN_OK && i < n_files; i++) {
        s = spec_file_tree(&roots[i], &files[i], a, err);
        if (s != NN_OK || roots[i]->kind == SPEC_NULL)
            continue;
        if (spec_get(roots[i], "parts") != NULL)
            s = want_texts(&parts, roots[i], "parts", err);
        else if (spec_get(roots[i], "program") == NULL)
            s = spec_error(err, roots[i]->place, "`program` or `parts` was expected");
    }
    s = s == NN_OK ? gather(&all, name, roots, n_files, a, err) : s;
    s = s == NN_OK && all != NULL ? put_base(&all, roots, n_files, a, err) : s;
    if (s == NN_OK)
        s = all != NULL ? read_root(out, all, err) : unknown(name, roots, n_files, err);
    out->parts = parts;
    return s;
}

/* ---- entries ---- */

static nn_status as_mapping(const spec_node **out, const spec_node *entry, arena *a, nn_error *err)
{
    *out = entry;
    if (entry->kind == SPEC_MAP)
        return NN_OK;
    if (entry->kind != SPEC_SCALAR)
        return spec_error(err, entry->place, "a text or a mapping was expected");
    spec_node *map = arena_calloc(a, 1, sizeof *map);
    spec_pair *pair = arena_calloc(a, 1, sizeof *pair);
    if (map == NULL || pair == NULL)
        return nn_nomem(err);
    *pair = (spec_pair){.key = "code", .place = entry->place, .value = entry};
    *map = (spec_node){.kind = SPEC_MAP, .place = entry->place, .text = "", .count = 1, .pairs = pair};
    *out = map;
    return NN_OK;
}

/* The mapping with what its `versions` say of the opset. */
static nn_status merge_versions(const spec_node **out, const spec_node *map, int opset, spec_merger *merger)
{
    const spec_pair *versions = spec_get_pair(map, "versions");
    nn_status s = spec_merge(out, *out, map, merger);
    if (s != NN_OK || versions == NULL)
        return s;
    if (versions->value->kind != SPEC_MAP)
        return spec_error(merger->err, versions->place, "`versions`: a mapping from ranges of opsets was expected");
    for (size_t i = 0; s == NN_OK && i < versions->value->count; i++) {
        const spec_pair *v = &versions->value->pairs[i];
        const spec_node *part;
        int first, last;
        if (!spec_parse_range(v->key, &first, &last))
            return spec_error(merger->err, v->place, "a range of opsets was expected, such as \"..12\": {...}");
        if (opset < first || opset > last)
            continue;
        s = as_mapping(&part, v->value, merger->a, merger->err);
        if (s == NN_OK)
            s = spec_merge(out, *out, part, merger);
    }
    return s;
}

nn_status emit_entry(const spec_node **out, const emit_program *p, const char *op, int opset, arena *a, nn_error *err)
{
    enum { DEEP = 8 };
    const spec_node *chain[DEEP], *entry = spec_get(p->operators, op);
    size_t n = 0;
    nn_status s = NN_OK;
    spec_merger merger = {.a = a, .err = err};
    *out = NULL;
    while (entry != NULL) {
        if (n == DEEP)
            return spec_error(err, entry->place, "inherits through more than %d entries", DEEP);
        s = as_mapping(&chain[n++], entry, a, err);
        const spec_node *like = s == NN_OK ? spec_get(chain[n - 1], "like") : NULL;
        entry = like != NULL && like->kind == SPEC_SCALAR ? spec_get(p->classes, like->text) : NULL;
        if (like != NULL && entry == NULL)
            entry = like->kind == SPEC_SCALAR ? spec_get(p->operators, like->text) : NULL;
        if (s == NN_OK && like != NULL && entry == NULL)
            s = spec_error(err, like->place, "`like`: a class or an operator of this file was expected");
        if (s != NN_OK)
            return s;
    }
    while (s == NN_OK && n > 0)
        s = merge_versions(out, chain[--n], opset, &merger);
    return s;
}
