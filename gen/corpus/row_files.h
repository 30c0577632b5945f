/* The files that a line of models.jsonl must list: exactly those that follow from the options and the inputs of the model. No
 * other name may be followed as a path, because it may lead out of the corpus. */
#ifndef NN_ROW_FILES_H
#define NN_ROW_FILES_H

#include "corpus/manifest_read.h"
#include "write/model_files.h"

typedef struct {
    size_t sets, inputs; /* of .pb files */
    size_t outputs;      /* 0: the family has no expected outputs */
    bool npz, expected;  /* archives; expected outputs */
    size_t external;     /* files with elements of initializers */
} row_files;

row_files row_files_of(const options *o, const manifest_row *row);
/* Whether path is one of them; if so, fills *file. */
bool row_files_have(const row_files *f, const char *path, model_file *file);
size_t row_files_count(const row_files *f);

#endif
