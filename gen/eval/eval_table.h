/* The table of a directory, for models of others. */
#ifndef NN_EVAL_TABLE_H
#define NN_EVAL_TABLE_H

#include "eval/eval_model.h"
#include "table/spec_table.h"

/* Reads the files of the table in a directory; specs NULL: leaves the built-in one. The files live in the arena. */
static inline nn_status eval_read_table(eval_source *from, const char *specs, arena *a, nn_error *err)
{
    spec_file *files = NULL, *compute = NULL, *forms = NULL;
    if (specs == NULL)
        return NN_OK;
    nn_status s = spec_read_dir(&files, &from->n_files, specs, a, err);
    if (s == NN_OK)
        s = spec_read_folder(&compute, &from->n_compute, specs, "compute", a, err);
    if (s == NN_OK)
        s = spec_read_folder(&forms, &from->n_forms, specs, "forms", a, err);
    from->files = files;
    from->compute = compute;
    from->forms = from->n_forms > 0 ? forms : NULL;
    return s;
}

#endif
