#include "manner/manner.h"
#include "manner/manner_parse.h"

#include <stdlib.h>
#include <string.h>

#define PLAIN "uniform"

static const char *const reserved[][2] = {{"mixed", "all manners"}, {"like", "the manner that is learned from models"}};

static int by_name(const void *x, const void *y)
{
    return strcmp(((const manner *)x)->name, ((const manner *)y)->name);
}

static nn_status check_name(const manner *m, const spec_file *file, nn_error *err)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(m->name, reserved[i][0]) == 0)
            return nn_fail(err, NN_ERR_TABLE, file->name, 1, 1, "`%s` stands for %s; expected another name", reserved[i][0],
                           reserved[i][1]);
    return spec_is_name(m->name)
               ? NN_OK
               : nn_fail(err, NN_ERR_TABLE, file->name, 1, 1, "`%s` is not a name of letters, digits and _", spec_show(m->name).s);
}

nn_status manner_set_load(manner_set **out, const op_set *ops, const spec_file *files, size_t n_files, arena *a, nn_error *err)
{
    *out = NULL;
    manner_set *set = arena_calloc(a, 1, sizeof *set);
    manner *items = arena_calloc(a, n_files + 1, sizeof *items);
    if (!set || !items)
        return nn_nomem(err);
    bool plain = false;
    uint64_t sum = 0;
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < n_files; i++) {
        manner *m = &items[set->n++];
        s = manner_parse(m, ops, &files[i], a, err);
        if (s == NN_OK)
            s = check_name(m, &files[i], err);
        plain = plain || strcmp(m->name, PLAIN) == 0;
        sum += m->mixed;
    }
    if (s != NN_OK)
        return s;
    if (!plain)
        items[set->n++] = (manner){.name = PLAIN, .doc = "", .mixed = 1000};
    else if (sum == 0)
        return nn_fail(err, NN_ERR_TABLE, files[0].name, 1, 1, "no manner has a `mixed` above 0");
    qsort(items, set->n, sizeof *items, by_name);
    set->items = items;
    *out = set;
    return NN_OK;
}

nn_status manner_load(manner **out, const char *name, const op_set *ops, const spec_file *file, arena *a, nn_error *err)
{
    *out = NULL;
    manner *m = arena_calloc(a, 1, sizeof *m);
    if (!m)
        return nn_nomem(err);
    nn_status s = manner_parse(m, ops, file, a, err);
    m->name = name;
    *out = s == NN_OK ? m : NULL;
    return s;
}

bool manner_is_plain(const manner *m)
{
    bool plain = m->dims.n == 0 && m->batch.n == 0 && !m->ops && !m->weights && m->n_paths == 0;
    for (size_t i = 0; i < MANNER_COUNT; i++)
        plain = plain && !m->ranges[i].given;
    for (size_t i = 0; i <= NN_MAX_RANK; i++)
        plain = plain && m->ranks[i] == 0;
    return plain;
}

void manner_draw(manner_drawn *out, const manner *m, tape *t)
{
    *out = (manner_drawn){.of = m};
    for (size_t i = 0; i < MANNER_COUNT; i++) {
        const manner_range *r = &m->ranges[i];
        if (r->given)
            out->value[i] = r->least + (uint32_t)tape_draw(t, "manner", r->most - r->least + 1);
    }
}
