/* From the motif files of a table to a motif_set. */
#include "motif/motif_compile.h"
#include "rules/op_inner.h"
#include "table/opset.h"

#include "table/spec_check.h"
#include "table/spec_packed.h"

#include <stdlib.h>
#include <string.h>

/* `between`: operators that near misses put between two nodes. Those that the op_set lacks are left out. */
static nn_status parse_between(motif_set *set, const spec_node *list, nn_error *err)
{
    if (list->kind != SPEC_LIST)
        return spec_error(err, list->place, "`between` must be a list of operators");
    for (size_t i = 0; i < list->count; i++) {
        const spec_node *item = list->items[i];
        if (item->kind != SPEC_SCALAR)
            return spec_error(err, item->place, "`between`: the name of an operator was expected");
        const op_model *op = op_inner_find(set->ops, item->text);
        if (op == NULL && !spec_table_knows(set->ops->table, item->text))
            return spec_table_unknown(set->ops->table, item->place, "`between`: ", item->text, &set->a, err);
        if (op == NULL)
            continue;
        if (op->n_inputs != 1 || op->inputs[0].max_arity != 1)
            return spec_error(err, item->place, "`between`: operator %s has not one input", op->name);
        if (set->n_between == MOTIF_MAX_BETWEEN)
            return spec_error(err, item->place, "`between`: more than %d operators", MOTIF_MAX_BETWEEN);
        set->between[set->n_between++] = op;
    }
    return NN_OK;
}

/* The motifs of an embedded file, which tests have compiled for every opset and profile. */
static nn_status add_late(motif_set *set, const spec_node *motifs, nn_error *err)
{
    arena scratch;
    arena_init(&scratch, 0);
    motif_late *late = arena_calloc(&set->a, motifs->count, sizeof *late);
    nn_status s = late != NULL ? NN_OK : nn_nomem(err);
    for (size_t i = 0; s == NN_OK && i < motifs->count; i++) {
        motif_def *d = &set->defs[set->n_defs];
        const arena_mark mark = arena_get_mark(&scratch);
        s = motif_compile_outline(set, d, &motifs->pairs[i], &set->a, &scratch, err);
        arena_release(&scratch, mark);
        late[i] = (motif_late){.entry = &motifs->pairs[i], .set = set};
        d->late = d->left_out == NULL ? &late[i] : NULL;
        set->n_defs += s == NN_OK;
    }
    arena_free(&scratch);
    return s;
}

static bool make_room(motif_set *set, size_t more)
{
    if (set->n_defs + more <= set->most_defs)
        return true;
    const size_t most = 2 * (set->n_defs + more);
    motif_def *defs = arena_alloc(&set->a, most * sizeof *defs);
    if (defs == NULL)
        return false;
    if (set->n_defs > 0)
        memcpy(defs, set->defs, set->n_defs * sizeof *defs);
    set->defs = defs;
    set->most_defs = most;
    return true;
}

static nn_status add_file(motif_set *set, const spec_file *f, nn_error *err)
{
    static const char *const keys[] = {"motifs", "between"};
    const spec_subject none = {{0}};
    const spec_node *root;
    nn_status s = spec_file_tree(&root, f, &set->a, err);
    if (s != NN_OK || root->kind == SPEC_NULL)
        return s;
    if (root->kind != SPEC_MAP)
        return spec_error(err, root->place, "a file of motifs must be a mapping with `motifs`, not %s", spec_kind_name(root->kind));
    s = spec_check_keys(root, keys, 2, &none, err);
    const spec_node *between = spec_get(root, "between"), *motifs = spec_get(root, "motifs");
    if (s == NN_OK && between != NULL)
        s = parse_between(set, between, err);
    if (s != NN_OK || motifs == NULL || motifs->kind == SPEC_NULL)
        return s;
    if (motifs->kind != SPEC_MAP)
        return spec_error(err, motifs->place, "`motifs` must be a mapping from names to motifs, not %s",
                          spec_kind_name(motifs->kind));
    if (!make_room(set, motifs->count))
        return nn_nomem(err);
    motif_def *defs = set->defs;
    if (f->packed != NULL && set->ops->table->opset >= OPSET_MOTIFS) /* before, pins decide too which are left out */
        return add_late(set, motifs, err);
    for (size_t i = 0; s == NN_OK && i < motifs->count; i++) {
        s = motif_compile_entry(set, &defs[set->n_defs], &motifs->pairs[i], &set->a, err);
        set->n_defs += s == NN_OK;
    }
    return s;
}

static int by_name(const void *x, const void *y)
{
    return strcmp((*(const spec_file *const *)x)->name, (*(const spec_file *const *)y)->name);
}

static nn_status add_files(motif_set *set, const spec_file *files, size_t n, nn_error *err)
{
    const spec_file **sorted = arena_alloc(&set->a, (n + 1) * sizeof *sorted);
    if (sorted == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &files[i];
    if (n > 0)
        qsort(sorted, n, sizeof *sorted, by_name);
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < n; i++)
        s = add_file(set, sorted[i], err);
    return s;
}

/* The new set has the motifs of the base, which stay where they are. */
static nn_status copy_base(motif_set *set, const motif_set *base, nn_error *err)
{
    set->defs = arena_alloc(&set->a, (base->n_defs + 1) * sizeof *set->defs);
    if (set->defs == NULL)
        return nn_nomem(err);
    if (base->n_defs > 0)
        memcpy(set->defs, base->defs, base->n_defs * sizeof *set->defs);
    set->n_defs = set->n_base = set->most_defs = base->n_defs;
    memcpy(set->between, base->between, sizeof set->between);
    set->n_between = base->n_between;
    return NN_OK;
}

nn_status motif_set_new(motif_set **out, const op_set *ops, const motif_set *base, const spec_file *files, size_t n_files,
                        nn_error *err)
{
    *out = NULL;
    motif_set *set = nn_calloc(1, sizeof *set);
    if (set == NULL)
        return nn_nomem(err);
    arena_init(&set->a, 0);
    set->ops = ops;
    nn_status s = base != NULL ? copy_base(set, base, err) : NN_OK;
    if (s == NN_OK)
        s = add_files(set, files, n_files, err);
    if (s == NN_OK)
        *out = set;
    else
        motif_set_free(set);
    return s;
}

/* ---- late motifs ---- */

static void late_free(late_def *x)
{
    if (x == NULL)
        return;
    arena_free(&x->a);
    nn_free(x);
}

static nn_status late_new(late_def **out, const motif_late *late, nn_error *err)
{
    enum { USUAL_SIZE = 8192 }; /* of a compiled motif, in bytes */
    late_def *x = *out = nn_calloc(1, sizeof *x);
    if (x == NULL)
        return nn_nomem(err);
    arena_init(&x->a, USUAL_SIZE);
    nn_status s = motif_compile_late(late->set, &x->def, late->entry, &x->a, err);
    if (s == NN_OK && x->def.left_out != NULL)
        s = nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "motif %.100s: %.200s", x->def.name, x->def.left_out);
    if (s != NN_OK) {
        late_free(x);
        *out = NULL;
    }
    return s;
}

/* Threads that need a motif at the same time compile it each; the first to finish has it shared. */
nn_status motif_get(const motif_def **out, const motif_set *s, size_t i, nn_error *err)
{
    const motif_def *d = *out = &s->defs[i];
    motif_late *late = d->late;
    if (late == NULL)
        return NN_OK;
    late_def *own, *known = __atomic_load_n(&late->def, __ATOMIC_ACQUIRE);
    nn_status status = NN_OK;
    if (known == NULL) {
        status = late_new(&own, late, err);
        if (own != NULL && __atomic_compare_exchange_n(&late->def, &known, own, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            known = own;
        else
            late_free(own);
    }
    *out = known != NULL ? &known->def : NULL;
    return known != NULL ? NN_OK : status;
}

nn_status motif_set_complete(const motif_set *s, nn_error *err)
{
    const motif_def *d;
    nn_status status = NN_OK;
    for (size_t i = 0; status == NN_OK && i < s->n_defs; i++)
        status = motif_get(&d, s, i, err);
    return status;
}

void motif_set_free(motif_set *s)
{
    if (s == NULL)
        return;
    for (size_t i = s->n_base; i < s->n_defs; i++)
        if (s->defs[i].late != NULL)
            late_free(s->defs[i].late->def);
    arena_free(&s->a);
    nn_free(s);
}

size_t motif_count(const motif_set *s)
{
    return s->n_defs;
}

const char *motif_name(const motif_set *s, size_t i)
{
    return s->defs[i].name;
}

const char *motif_doc(const motif_set *s, size_t i)
{
    return s->defs[i].doc;
}

const char *motif_fires(const motif_set *s, size_t i)
{
    const motif_late *late = s->defs[i].late;
    const late_def *known = late != NULL ? __atomic_load_n(&late->def, __ATOMIC_ACQUIRE) : NULL;
    return known != NULL ? known->def.fires : s->defs[i].fires;
}

int motif_find(const motif_set *s, const char *name)
{
    for (size_t i = 0; i < s->n_defs; i++)
        if (strcmp(s->defs[i].name, name) == 0)
            return (int)i;
    return -1;
}

const char *motif_left_out(const motif_set *s, size_t i)
{
    return s->defs[i].left_out;
}

size_t motif_nodes(const motif_set *s, size_t i)
{
    return s->defs[i].n_nodes;
}

unsigned motif_flags(const motif_set *s, size_t i)
{
    return s->defs[i].flags;
}

const op_model *motif_operator(const motif_set *s, size_t i)
{
    return s->defs[i].ending;
}
