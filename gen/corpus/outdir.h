/* The directory of a corpus. Everything in it appears whole or not at all, and nothing is removed that nngen did not write.
 *
 *     DIR/manifest.json, DIR/models.jsonl             written at the end, by rename
 *     DIR/test_000000/model.onnx, test_data_set_0/... written as .nngen-tmp-test_000000 and renamed
 *     DIR/.nngen-run.json                             the options of a run under way; left by a crash, it says what can go on
 *     DIR/.nngen-models.jsonl                         its record; left by a crash, it marks the directory as nngen's
 *
 * A lock on DIR keeps a second run out. Errors are NN_ERR_IO with the path in err->file and the system's reason.
 *
 * Ownership: an outdir owns its file descriptors. outdir_record and outdir_finish are for one thread at a time. */
#ifndef NN_OUTDIR_H
#define NN_OUTDIR_H

#include "base.h"
#include "write/model_dir.h"

typedef struct outdir outdir;

/* What to do with a directory that has something in it. */
typedef enum {
    OUTDIR_NEW,   /* refuse it */
    OUTDIR_FORCE, /* remove what nngen wrote there first; other files stay */
    OUTDIR_RESUME /* keep the models of this run, which must be the one that was interrupted */
} outdir_mode;

typedef struct {
    const char *text; /* of .nngen-run.json, see manifest_run */
    size_t n;
    uint64_t count, shard, shards; /* the run makes models i < count with i % shards == shard */
} outdir_run;

/* Creates path and its parents where needed. Half-written leftovers of a crash are removed. run: NULL where nothing is to go on
 * later; not with OUTDIR_RESUME. */
nn_status outdir_open(outdir **out, const char *path, outdir_mode mode, const outdir_run *run, nn_error *err);
/* Appends whole lines to the record, and sends them to the file now and then. */
nn_status outdir_record(outdir *d, const char *lines, size_t n, nn_error *err);
/* Makes the record models.jsonl and writes manifest.json. */
nn_status outdir_finish(outdir *d, const char *manifest, size_t n, nn_error *err);
/* Of a directory that was resumed: whether a model is there, whether one of its files has these bytes, and how many files and sets
 * of inputs it has (tensors of outputs, which nngen does not write, aside). */
bool outdir_has_model(const outdir *d, const char *name);
bool outdir_holds(const outdir *d, const char *name, long set, const char *file, const void *bytes, size_t n);
bool outdir_holds_input(const outdir *d, const char *name, long set, size_t index, const void *bytes, size_t n);
size_t outdir_entries(const outdir *d, const char *name);
nn_status outdir_remove_model(outdir *d, const char *name, nn_error *err);
/* Begins a model in the directory; *m is in use no longer than it. */
nn_status outdir_begin_model(const outdir *d, model_dir *m, const char *name, nn_error *err);
/* Removes the directory again if this run made it and it is empty. */
void outdir_close(outdir *d);

#endif
