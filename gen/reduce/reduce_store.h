/* The directory of a reduction:
 *
 *     DIR/smallest/    the smallest interesting model so far: model.onnx, test_data_set_0/input_J.pb, model.txt and model.py
 *     DIR/cache.txt    what COMMAND said of each candidate, by digest
 *     DIR/calls/       the working directories of calls; removed at the end, unless they are to be kept
 *
 * DIR/smallest is exchanged as a whole, so that there is always a complete one.
 *
 * Ownership: a store owns what it points to; close it also after a failure. */
#ifndef NN_REDUCE_STORE_H
#define NN_REDUCE_STORE_H

#include "base/sha256.h"
#include "reduce/reduce_base.h"

typedef struct {
    uint8_t bytes[SHA256_SIZE];
} reduce_digest;

typedef enum { SEEN_NEVER, SEEN_OTHER, SEEN_INTERESTING } reduce_seen;

typedef struct {
    char *path; /* absolute */
    int root, log;
    sha256 *hasher;
    struct {
        reduce_digest digest;
        reduce_seen seen;
    } * all; /* a hash table */
    size_t n, room;
    uint64_t calls;
    bool keep; /* working directories */
} reduce_store;

typedef struct {
    const char *dir;
    bool resume, force, keep;
} reduce_place;

/* run: digest of the original and the command. With `resume` the directory must be of the same run. *resumed: there is a smallest
 * model. */
nn_status reduce_store_open(reduce_store *s, const reduce_place *at, const reduce_digest *run, bool *resumed, nn_error *err);
/* Removes what a new reduction has written. */
void reduce_store_forget(reduce_store *s);
void reduce_store_close(reduce_store *s); /* also a zeroed one */
nn_status reduce_digest_case(reduce_digest *d, sha256 *h, const reduce_case *c, nn_error *err);
reduce_seen reduce_store_seen(const reduce_store *s, const reduce_digest *d);
nn_status reduce_store_remember(reduce_store *s, const reduce_digest *d, bool interesting, nn_error *err);
/* A further file beside a model; without bytes it is not written. */
typedef struct {
    const char *name, *bytes;
    size_t n;
} reduce_file;
nn_status reduce_store_put(reduce_store *s, const reduce_case *c, const reduce_file *more, size_t n_more, nn_error *err);
/* Makes a working directory with the case; returns its number and its path, which the caller frees with nn_free. */
nn_status reduce_store_call(reduce_store *s, const reduce_case *c, uint64_t *number, char **path, nn_error *err);
void reduce_store_end_call(reduce_store *s, uint64_t number);
/* Reads a model and its inputs from a directory: model.onnx, or `model`, and input_J.pb in `inputs`, or in test_data_set_0 below
 * it. inputs NULL: none. */
nn_status reduce_read_case(reduce_case *c, const char *model, const char *inputs, nn_error *err);

#endif
