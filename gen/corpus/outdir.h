/* The directory of a corpus. Everything in it appears whole or not at all. nngen removes nothing that it did not write.
 *
 *     DIR/manifest.json, DIR/models.jsonl             written at the end, by rename
 *     DIR/test_000000/model.onnx, test_data_set_0/... written as .nngen-tmp-test_000000 and renamed
 *     DIR/.nngen-run.json                             options of the current run; after a crash they tell whether a run can resume
 * it DIR/.nngen-models.jsonl                         lines of the current run; after a crash they mark the directory as nngen's
 *
 * A lock on DIR keeps a second run out. Errors are NN_ERR_IO with the path in err->file and the system's reason.
 *
 * Ownership: an outdir owns its file descriptors. Only one thread at a time may call outdir_record and outdir_finish. */
#ifndef NN_OUTDIR_H
#define NN_OUTDIR_H

#include "base.h"
#include "write/model_dir.h"

typedef struct outdir outdir;

/* What to do with a directory that is not empty. */
typedef enum {
    OUTDIR_NEW,   /* refuse it */
    OUTDIR_FORCE, /* first remove what nngen wrote there; other files stay */
    OUTDIR_RESUME /* keep the models of this run, which must be the run that was interrupted */
} outdir_mode;

typedef struct {
    const char *text; /* the content of .nngen-run.json, see manifest_run */
    size_t n;
    uint64_t count, shard, shards; /* the run makes models i < count with i % shards == shard */
    uint64_t copies;               /* of each model, which follow one another */
} outdir_run;

/* Creates path and its parents if necessary. Removes incomplete files of a crash. run: NULL if the run cannot be resumed later;
 * not NULL with OUTDIR_RESUME. */
nn_status outdir_open(outdir **out, const char *path, outdir_mode mode, const outdir_run *run, nn_error *err);
/* Appends whole lines to the record. They are written to the file at intervals. */
nn_status outdir_record(outdir *d, const char *lines, size_t n, nn_error *err);
/* Renames the record to models.jsonl and writes manifest.json. */
nn_status outdir_finish(outdir *d, const char *manifest, size_t n, nn_error *err);
/* For a directory that was resumed: whether a model exists; whether one of its files has these bytes; and how many files and
 * input sets it has, not counting output tensors, which may be of other programs. */
bool outdir_has_model(const outdir *d, const char *name);
bool outdir_holds(const outdir *d, const char *name, long set, const char *file, const void *bytes, size_t n);
size_t outdir_entries(const outdir *d, const char *name);
nn_status outdir_remove_model(outdir *d, const char *name, nn_error *err);
/* Begins a model in the directory. *m must not be used after the outdir is closed. */
nn_status outdir_begin_model(const outdir *d, model_dir *m, const char *name, nn_error *err);
/* If this run made the directory and it is empty, removes it. */
void outdir_close(outdir *d);

#endif
