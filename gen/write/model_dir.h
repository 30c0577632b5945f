/* Writes one model's directory, which appears whole or not at all. Its name is .nngen-tmp-NAME until model_dir_end renames it.
 *
 * There is no fsync: a crash of the program loses no finished model, a crash of the machine may lose some. Errors are NN_ERR_IO
 * with the final path of the file.
 *
 * Ownership: a model_dir owns nothing in memory. Different threads may write different ones. */
#ifndef NN_MODEL_DIR_H
#define NN_MODEL_DIR_H

#include "base.h"

typedef struct {
    int root;          /* descriptor of the parent directory, borrowed */
    const char *above; /* path of the parent directory for messages, borrowed */
    char name[128];    /* final name */
    long set;          /* the last data set whose directory was made; -1: none */
} model_dir;

nn_status model_dir_begin(model_dir *m, int root, const char *above, const char *name, nn_error *err);
/* set: -1 for the model's own directory, otherwise test_data_set_SET. Sets must come in order. */
nn_status model_dir_put(model_dir *m, long set, const char *file, const void *bytes, size_t n, nn_error *err);
/* test_data_set_SET/input_INDEX.pb */
nn_status model_dir_put_input(model_dir *m, long set, size_t index, const void *bytes, size_t n, nn_error *err);
/* Links the file `name` of the open directory `from`. NN_ERR_CANCELLED: the file system cannot link it, and nothing was done. */
nn_status model_dir_link(model_dir *m, long set, const char *file, int from, const char *name, nn_error *err);
/* Copies the open file `from`, from its current position to its end. */
nn_status model_dir_copy(model_dir *m, long set, const char *file, int from, nn_error *err);
/* Opens a file that was put there, for reading. */
nn_status model_dir_open(const model_dir *m, int *fd, long set, const char *file, nn_error *err);
nn_status model_dir_end(model_dir *m, nn_error *err); /* gives the directory its final name */
void model_dir_drop(model_dir *m);                    /* after a failure of begin, put or end: removes the directory */

#endif
