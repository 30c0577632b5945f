/* One model's directory while it is written: whole or not at all. It is .nngen-tmp-NAME until model_dir_end gives it its name.
 *
 * There is no fsync: a crash of the program loses no finished model, a crash of the machine may. Errors are NN_ERR_IO with the path
 * that the file will have.
 *
 * Ownership: a model_dir owns nothing but what is on disk. Different ones may be written by different threads. */
#ifndef NN_MODEL_DIR_H
#define NN_MODEL_DIR_H

#include "base.h"

typedef struct {
    int root;          /* descriptor of the directory above, borrowed */
    const char *above; /* its path for messages, borrowed */
    char name[128];    /* final name */
    long set;          /* data set whose directory is there, -1: none */
} model_dir;

nn_status model_dir_begin(model_dir *m, int root, const char *above, const char *name, nn_error *err);
/* set: -1 for the model's own directory, else test_data_set_SET; sets come in order. */
nn_status model_dir_put(model_dir *m, long set, const char *file, const void *bytes, size_t n, nn_error *err);
/* test_data_set_SET/input_INDEX.pb */
nn_status model_dir_put_input(model_dir *m, long set, size_t index, const void *bytes, size_t n, nn_error *err);
/* The file `name` of the open directory `from` under one more name; NN_ERR_CANCELLED: the file system cannot, and nothing was
 * done. */
nn_status model_dir_link(model_dir *m, long set, const char *file, int from, const char *name, nn_error *err);
/* What the open file `from` has from where it stands. */
nn_status model_dir_copy(model_dir *m, long set, const char *file, int from, nn_error *err);
/* A file that was put there, to be read. */
nn_status model_dir_open(const model_dir *m, int *fd, long set, const char *file, nn_error *err);
nn_status model_dir_end(model_dir *m, nn_error *err); /* makes it visible */
void model_dir_drop(model_dir *m);                    /* after a failure of begin, put or end: removes what is there */

#endif
