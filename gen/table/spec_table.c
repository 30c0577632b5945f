/* From files to flat entries: collect definitions, link and resolve inheritance, overlay the profile, keep what the opset has. */
#include "table/spec_table.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "table/spec_check.h"
#include "table/spec_load.h"

/* ---- digest ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Name, NUL, size in 8 bytes (low first), bytes: no two sequences of files give the same stream. */
static bool digest_file(EVP_MD_CTX *ctx, const spec_file *f)
{
    const char *name = base_name(f->name);
    unsigned char size[8];
    for (int i = 0; i < 8; i++)
        size[i] = (unsigned char)((uint64_t)f->size >> (8 * i));
    return EVP_DigestUpdate(ctx, name, strlen(name) + 1) == 1 && EVP_DigestUpdate(ctx, size, sizeof size) == 1 &&
           (f->size == 0 || EVP_DigestUpdate(ctx, f->bytes, f->size) == 1);
}

static nn_status digest(spec_loader *l, const spec_file *const *files, size_t n, const spec_file *profile)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL)
        return nn_nomem(l->err);
    bool ok = EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; ok && i < n; i++)
        ok = digest_file(ctx, files[i]);
    if (ok && profile != NULL)
        ok = digest_file(ctx, profile);
    unsigned int length = 0;
    ok = ok && EVP_DigestFinal_ex(ctx, l->table->digest, &length) == 1 && length == sizeof l->table->digest;
    EVP_MD_CTX_free(ctx);
    return ok ? NN_OK : nn_fail(l->err, NN_ERR_IO, NULL, 0, 0, "libcrypto cannot compute SHA-256");
}

/* ---- definitions ---- */

static int by_file_name(const void *x, const void *y)
{
    const spec_file *a = *(const spec_file *const *)x, *b = *(const spec_file *const *)y;
    int c = strcmp(a->name, b->name);
    return c != 0 ? c : (a > b) - (a < b);
}

static int by_def_name(const void *x, const void *y)
{
    const spec_def *a = *(const spec_def *const *)x, *b = *(const spec_def *const *)y;
    int c = strcmp(a->name, b->name);
    return c != 0 ? c : (a->order > b->order) - (a->order < b->order);
}

static nn_status check_file(const spec_node *root, nn_error *err)
{
    static const char *const sections[] = {"classes", "operators"};
    spec_subject none = {{0}};
    if (root->kind == SPEC_NULL)
        return NN_OK;
    if (root->kind != SPEC_MAP)
        return spec_error(err, root->place, "a table must be a mapping with `classes` and `operators`, not %s",
                          spec_kind_name(root->kind));
    nn_status s = spec_check_keys(root, sections, 2, &none, err);
    for (size_t i = 0; s == NN_OK && i < root->count; i++)
        if (root->pairs[i].value->kind != SPEC_MAP && root->pairs[i].value->kind != SPEC_NULL)
            s = spec_wrong_kind(&root->pairs[i], "a mapping from names to entries", &none, err);
    return s;
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

static nn_status add_def(spec_loader *l, const spec_pair *pair, bool is_class)
{
    const char *what = is_class ? "class" : "operator";
    if (!spec_is_name(pair->key))
        return spec_error(l->err, pair->place, "`%s` is not a name of %s %s; expected letters, digits and _",
                          spec_show(pair->key).s, is_class ? "a" : "an", what);
    spec_subject subject = spec_subject_of(what, pair->key);
    if (pair->value->kind != SPEC_MAP)
        return spec_error(l->err, pair->value->place, "%sexpected a mapping, not %s", subject.s, spec_kind_name(pair->value->kind));
    nn_status s = spec_check_entry(pair->value, is_class ? SPEC_IN_CLASS : SPEC_IN_OPERATOR, &subject, l->err);
    if (s != NN_OK)
        return s;
    spec_def *d = &l->defs[l->n_defs];
    *d = (spec_def){.name = pair->key, .place = pair->place, .entry = pair->value, .order = l->n_defs, .is_class = is_class};
    l->n_defs++;
    if (is_class)
        return NN_OK;
    if (l->n_operators++ == SPEC_MAX_OPERATORS)
        return spec_error(l->err, d->place, "%sone operator too many; expected at most %d in a table", subject.s,
                          SPEC_MAX_OPERATORS);
    return check_since(d, &subject, l->err);
}

static nn_status collect(spec_loader *l, const spec_node *const *roots, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < roots[i]->count; k++)
            most += roots[i]->pairs[k].value->count;
    l->defs = arena_alloc(l->a, most * sizeof *l->defs);
    if (l->defs == NULL)
        return nn_nomem(l->err);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < roots[i]->count; k++) {
            const spec_pair *section = &roots[i]->pairs[k];
            bool is_class = strcmp(section->key, "classes") == 0;
            for (size_t j = 0; j < section->value->count; j++) {
                nn_status s = add_def(l, &section->value->pairs[j], is_class);
                if (s != NN_OK)
                    return s;
            }
        }
    return NN_OK;
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

/* start is reached again from itself. The middle of a long circle is left out. */
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
    return spec_error(l->err, spec_get(start->entry, "like")->place, "inheritance goes in a circle: %s", chain);
}

/* The entry's own keys without those that steer the loader, doc apart. */
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

/* The parent, if any, is resolved. */
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

/* Up to the first ancestor that is resolved, then down again; chains may be as long as the table. */
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

/* ---- the opset's operators ---- */

static void find_version(spec_loader *l, spec_def *d)
{
    const spec_node *since = spec_get(d->entry, "since"), *until = spec_get(d->entry, "until");
    int version, last;
    for (size_t i = 0; i < since->count; i++)
        if (spec_parse_opset(since->items[i]->text, &version) && version <= l->opset)
            d->since = version;
    d->exists = d->since > 0 && !(until != NULL && spec_parse_opset(until->text, &last) && last < l->opset);
}

static nn_status with_doc(spec_loader *l, const spec_def *d, const spec_node **out)
{
    const spec_pair *doc = spec_get_pair(d->entry, "doc");
    *out = d->flat;
    if (doc == NULL)
        return NN_OK;
    spec_node *n = arena_alloc(l->a, sizeof *n);
    if (n == NULL || (*n = *d->flat, n->pairs = arena_alloc(l->a, (d->flat->count + 1) * sizeof *n->pairs)) == NULL)
        return nn_nomem(l->err);
    n->pairs[0] = *doc;
    if (d->flat->count > 0)
        memcpy(n->pairs + 1, d->flat->pairs, d->flat->count * sizeof *n->pairs);
    n->count = d->flat->count + 1;
    *out = n;
    return NN_OK;
}

static nn_status publish(spec_loader *l)
{
    spec_table *t = l->table;
    t->entries = arena_alloc(l->a, l->n_defs * sizeof *t->entries);
    t->absent = arena_alloc(l->a, l->n_defs * sizeof *t->absent);
    if (t->entries == NULL || t->absent == NULL)
        return nn_nomem(l->err);
    for (size_t i = 0; i < l->n_defs; i++) {
        const spec_def *d = l->by_name[i];
        if (d->is_class || d->exclusion != NULL)
            continue;
        if (!d->exists) {
            t->absent[t->n_absent++] = d->name;
            continue;
        }
        spec_entry *e = &t->entries[t->n_entries++];
        *e = (spec_entry){.name = d->name, .place = d->place, .since = d->since};
        nn_status s = with_doc(l, d, &e->flat);
        if (s != NN_OK)
            return s;
    }
    return NN_OK;
}

static nn_status parse_files(spec_loader *l, const spec_file *const *files, size_t n, const spec_node **roots)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < n; i++) {
        s = spec_parse(&roots[i], files[i]->name, files[i]->bytes, files[i]->size, l->a, l->err);
        if (s == NN_OK)
            s = check_file(roots[i], l->err);
    }
    return s;
}

static nn_status load(spec_loader *l, const spec_file *files, size_t n_files, const spec_file *profile)
{
    const spec_file **sorted = arena_alloc(l->a, n_files * sizeof *sorted);
    const spec_node **roots = arena_alloc(l->a, n_files * sizeof *roots);
    if (sorted == NULL || roots == NULL)
        return nn_nomem(l->err);
    for (size_t i = 0; i < n_files; i++)
        sorted[i] = &files[i];
    if (n_files > 0)
        qsort(sorted, n_files, sizeof *sorted, by_file_name);
    nn_status s = parse_files(l, sorted, n_files, roots);
    if (s == NN_OK)
        s = collect(l, roots, n_files);
    if (s == NN_OK)
        s = index_names(l);
    for (size_t i = 0; s == NN_OK && i < l->n_defs; i++)
        s = link_parent(l, &l->defs[i]);
    for (size_t i = 0; s == NN_OK && i < l->n_defs; i++) {
        s = resolve(l, &l->defs[i]);
        if (!l->defs[i].is_class)
            find_version(l, &l->defs[i]);
    }
    l->table->profile = "onnx";
    if (s == NN_OK && profile != NULL)
        s = spec_apply_profile(l, profile);
    if (s == NN_OK)
        s = publish(l);
    return s == NN_OK ? digest(l, sorted, n_files, profile) : s;
}

nn_status spec_table_load(spec_table **out, const spec_file *files, size_t n_files, const spec_file *profile, int opset, arena *a,
                          nn_error *err)
{
    *out = NULL;
    if (opset < SPEC_MIN_OPSET || opset > SPEC_MAX_OPSET)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "opset %d is out of range; expected %d..%d", opset, SPEC_MIN_OPSET,
                       SPEC_MAX_OPSET);
    spec_table *t = arena_calloc(a, 1, sizeof *t);
    if (t == NULL)
        return nn_nomem(err);
    t->opset = opset;
    spec_loader l = {.a = a, .err = err, .opset = opset, .merger = {.a = a, .err = err}, .table = t};
    nn_status s = load(&l, files, n_files, profile);
    if (s == NN_OK)
        *out = t;
    return s;
}
