/* Which files a line of models.jsonl must list: those that the options and the model's inputs ask for, and no others. A name that
 * is not among them is not a path to follow: it may lead out of the corpus. */
#ifndef NN_ROW_FILES_H
#define NN_ROW_FILES_H

#include "corpus/manifest_read.h"
#include "write/model_files.h"

typedef struct {
    size_t sets, inputs; /* of .pb files */
    bool npz;
} row_files;

row_files row_files_of(const options *o, const manifest_row *row);
/* Whether path is one of them; then *file is filled. */
bool row_files_have(const row_files *f, const char *path, model_file *file);
size_t row_files_count(const row_files *f);

#endif
