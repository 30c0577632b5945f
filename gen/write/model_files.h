/* The files of one model's directory: their names, and what a directory contains.
 *
 *     model.onnx, test_data_set_K/input_I.pb, test_data_set_K/output_I.pb, test_data_set_K/bound_I.pb, data.json, config.txt,
 *     inputs.npz, outputs.npz, bounds.npz, external_I.bin
 *
 * data.json and config.txt hold one tolerance for all outputs, for onnx.backend.test and for onnx_test_runner.
 *
 * Numbers have no leading zeros and at most nine digits. Any other name is not one of nngen's. Files of outputs may also be of
 * other programs. */
#ifndef NN_MODEL_FILES_H
#define NN_MODEL_FILES_H

#include "base.h"

/* Three of them are archives of all data sets. */
typedef enum {
    MODEL_ONNX,
    MODEL_INPUT,
    MODEL_OUTPUT,
    MODEL_BOUND,
    MODEL_DATA,
    MODEL_CONFIG,
    MODEL_INPUTS,
    MODEL_OUTPUTS,
    MODEL_BOUNDS,
    MODEL_EXTERNAL /* elements of initializers; its index is in no data set */
} model_file_kind;

typedef struct {
    model_file_kind kind;
    long set, index; /* -1: the file is in no data set */
    char name[24];   /* its name in its own directory */
} model_file;

static inline bool model_file_expected(model_file_kind kind) /* expected outputs, bounds or tolerances */
{
    return kind != MODEL_ONNX && kind != MODEL_INPUT && kind != MODEL_INPUTS && kind != MODEL_EXTERNAL;
}

/* set: -1 for a file that is in no data set; index: -1 for one without a number. */
model_file model_file_of(model_file_kind kind, long set, long index);

/* path: relative to the model's directory. false: it is not the path of one of these files, and must not be followed. */
bool model_file_parse(model_file *out, const char *path);
/* Path of the file, relative to the model's directory. */
void model_file_path(char out[64], const model_file *f);
/* Path of the file's directory, relative to the model's directory: "." or "test_data_set_K". */
void model_file_folder(char out[40], const model_file *f);

typedef struct {
    size_t entries;    /* files and data sets, not counting output tensors and bounds */
    char foreign[128]; /* path, relative to the model's directory, of the first entry that nngen does not write; "": none */
} model_content;

/* Examine or remove the directory `name` below `root`; it must not be a symbolic link. Entries that nngen does not write are not
 * removed. false: a system call failed; errno has the reason. */
bool model_files_look(model_content *c, int root, const char *name);
bool model_files_remove(model_content *c, int root, const char *name);

#endif
