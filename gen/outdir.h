/* The directory of a corpus. Everything in it appears whole or not at all, and nothing is removed that nngen did not write.
 *
 *     DIR/manifest.json, DIR/models.jsonl             written at the end, by rename
 *     DIR/test_000000/model.onnx, test_data_set_0/... written as .nngen-tmp-test_000000 and renamed
 *     DIR/.nngen-models.jsonl                         the record of a run under way; left by a crash, it marks the directory as
 * nngen's
 *
 * A lock on DIR keeps a second run out. There is no fsync: a crash of the program loses no finished model, a crash of the machine
 * may. Errors are NN_ERR_IO with the path in err->file and the system's reason.
 *
 * Ownership: an outdir owns its file descriptors. outdir_record and outdir_finish are for one thread at a time; model_dir is free
 * of locks, one thread each. */
#ifndef NN_OUTDIR_H
#define NN_OUTDIR_H

#include "base.h"

typedef struct outdir outdir;

/* Creates path and its parents where needed. A directory with anything in it is refused; with force, what nngen wrote there is
 * removed first and other files stay. Leftovers of a crash are removed. */
nn_status outdir_open(outdir **out, const char *path, bool force, nn_error *err);
/* Appends whole lines to the record, and sends them to the file now and then. */
nn_status outdir_record(outdir *d, const char *lines, size_t n, nn_error *err);
/* Makes the record models.jsonl and writes manifest.json. */
nn_status outdir_finish(outdir *d, const char *manifest, size_t n, nn_error *err);
/* Removes the directory again if this run made it and it is empty. */
void outdir_close(outdir *d);

/* One model's directory while it is written. Needs no outdir_close. */
typedef struct {
    int root;          /* descriptor of the directory above, borrowed */
    const char *above; /* its path for messages, borrowed */
    char name[128];    /* final name; files are written below .nngen-tmp-NAME */
    long set;          /* data set whose directory is there, -1: none */
} model_dir;

nn_status model_dir_begin(model_dir *m, const outdir *d, const char *name, nn_error *err);
/* The same below any open directory. */
nn_status model_dir_begin_at(model_dir *m, int root, const char *above, const char *name, nn_error *err);
/* set: -1 for the model's own directory, else test_data_set_SET; sets come in order. */
nn_status model_dir_put(model_dir *m, long set, const char *file, const void *bytes, size_t n, nn_error *err);
/* test_data_set_SET/input_INDEX.pb */
nn_status model_dir_put_input(model_dir *m, long set, size_t index, const void *bytes, size_t n, nn_error *err);
nn_status model_dir_end(model_dir *m, nn_error *err); /* makes it visible */
void model_dir_drop(model_dir *m);                    /* after a failure of begin, put or end: removes what is there */

/* Writes one file by way of a hidden temporary beside it. */
nn_status file_replace(int root, const char *above, const char *name, const void *bytes, size_t n, nn_error *err);

#endif
