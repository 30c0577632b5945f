/* From files to flat entries: parses the files, resolves their definitions, overlays the profile, and keeps the operators of the
 * opset. */
#include "table/spec_table.h"

#include <stdlib.h>
#include <string.h>

#include "table/spec_check.h"
#include "table/spec_def.h"
#include "table/spec_packed.h"
#include "table/spec_profile.h"

/* ---- the opset's operators ---- */

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
        *e = (spec_entry){.name = d->name, .place = d->place, .since = d->since, .without = d->without, .n_without = d->n_without};
        nn_status s = with_doc(l, d, &e->flat);
        if (s != NN_OK)
            return s;
    }
    return NN_OK;
}

/* ---- loading ---- */

static int by_file_name(const void *x, const void *y)
{
    const spec_file *a = *(const spec_file *const *)x, *b = *(const spec_file *const *)y;
    int c = strcmp(a->name, b->name);
    return c != 0 ? c : (a > b) - (a < b);
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

static nn_status parse_files(spec_loader *l, const spec_file *const *files, size_t n, spec_root *roots)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < n; i++) {
        roots[i].sound = files[i]->packed != NULL;
        s = spec_file_tree(&roots[i].tree, files[i], l->a, l->err);
        if (s == NN_OK && !roots[i].sound)
            s = check_file(roots[i].tree, l->err);
    }
    return s;
}

static nn_status load(spec_loader *l, const spec_file *files, size_t n_files, const spec_file *profile)
{
    const spec_file **sorted = arena_alloc(l->a, n_files * sizeof *sorted);
    spec_root *roots = arena_alloc(l->a, n_files * sizeof *roots);
    if (sorted == NULL || roots == NULL)
        return nn_nomem(l->err);
    for (size_t i = 0; i < n_files; i++)
        sorted[i] = &files[i];
    if (n_files > 0)
        qsort(sorted, n_files, sizeof *sorted, by_file_name);
    nn_status s = parse_files(l, sorted, n_files, roots);
    if (s == NN_OK)
        s = spec_collect(l, roots, n_files);
    if (s == NN_OK)
        s = spec_resolve_all(l);
    l->table->profile = "onnx";
    l->table->embedded = n_files > 0;
    for (size_t i = 0; i < n_files; i++)
        l->table->embedded &= files[i].packed != NULL;
    for (const spec_file *p = profile; p != NULL; p = p->base)
        l->table->embedded &= p->packed != NULL;
    if (s == NN_OK && profile != NULL)
        s = spec_apply_profile(l, profile);
    return s == NN_OK ? publish(l) : s;
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
