/* Names of operators that a table knows, whether it has them at its opset and profile or not. */
#include "table/spec_table.h"

#include <string.h>

bool spec_table_knows(const spec_table *t, const char *name)
{
    bool found = false;
    for (size_t i = 0; i < t->n_entries && !found; i++)
        found = strcmp(t->entries[i].name, name) == 0;
    for (size_t i = 0; i < t->n_absent && !found; i++)
        found = strcmp(t->absent[i], name) == 0;
    for (size_t i = 0; i < t->n_exclusions && !found; i++)
        found = strcmp(t->exclusions[i].op, name) == 0;
    return found;
}

nn_status spec_table_unknown(const spec_table *t, spec_place place, const char *prefix, const char *name, arena *a, nn_error *err)
{
    const char **names = arena_calloc(a, t->n_entries + t->n_absent + 1, sizeof *names);
    if (names == NULL)
        return nn_nomem(err);
    size_t n = 0;
    for (size_t i = 0; i < t->n_entries; i++)
        names[n++] = t->entries[i].name;
    for (size_t i = 0; i < t->n_absent; i++)
        names[n++] = t->absent[i];
    const char *near = spec_nearest(name, names, n);
    return spec_error(err, place, "%soperator `%s` is not in the table%s%s%s", prefix, spec_show(name).s,
                      near != NULL ? "; did you mean `" : "", near != NULL ? near : "", near != NULL ? "`?" : "");
}
