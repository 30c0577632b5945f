/* The files of one model's directory, by name, and the directory seen as a whole.
 *
 *     model.onnx, inputs.npz, test_data_set_K/input_I.pb, and test_data_set_K/output_I.pb of other programs
 *
 * Numbers have no leading zeros and at most nine digits. A name that differs in anything is not one of nngen's. */
#ifndef NN_MODEL_FILES_H
#define NN_MODEL_FILES_H

#include "base.h"

typedef enum { MODEL_ONNX, MODEL_NPZ, MODEL_INPUT, MODEL_OUTPUT } model_file_kind;

typedef struct {
    model_file_kind kind;
    long set, index;  /* -1: the file is in no data set */
    const char *name; /* in its own directory; borrowed from the path */
} model_file;

/* path: below the model's directory. false: it is not one of these files, and no path to follow. */
bool model_file_parse(model_file *out, const char *path);
/* Name of the directory that the file is in, below the model's: "." or "test_data_set_K". */
void model_file_folder(char out[40], const model_file *f);

typedef struct {
    size_t entries;    /* files and data sets, without tensors of outputs */
    char foreign[128]; /* the first entry found that nngen does not write, below the model's directory; "": none */
} model_content;

/* Look through, or remove, the directory `name` below `root`, which is no symbolic link. Entries that nngen does not write are left
 * alone. false: the system failed, with the reason in errno. */
bool model_files_look(model_content *c, int root, const char *name);
bool model_files_remove(model_content *c, int root, const char *name);

#endif
