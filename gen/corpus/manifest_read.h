/* Reads manifests and lines of models.jsonl.
 *
 * Ownership: a manifest_doc owns its texts; free it with manifest_doc_free. */
#ifndef NN_MANIFEST_READ_H
#define NN_MANIFEST_READ_H

#include "family/options.h"
#include "stats/stats.h"
#include "stats/structure.h"

typedef enum {
    MANIFEST_FOREIGN,    /* not a manifest of nngen */
    MANIFEST_UNFINISHED, /* of a run that was interrupted */
    MANIFEST_WHOLE
} manifest_kind;

/* Classifies the n bytes. */
manifest_kind manifest_look(const char *bytes, size_t n);
/* Whether the bytes, a manifest or the record of a run, agree with those of manifest_run. If not, why names the first
 * difference. */
bool manifest_agrees(const char *bytes, size_t n, const char *run, size_t n_run, char *why, size_t size);

#define MANIFEST_MOST ((size_t)64 * 1024 * 1024) /* largest size of a manifest in bytes */

typedef struct manifest_doc manifest_doc;

/* Loads the manifest at path: a regular file, or a pipe. It is an error if the pipe gives no data for ten seconds. Messages name
 * what is wrong. path is borrowed, for messages. */
nn_status manifest_load(manifest_doc **out, const char *path, nn_error *err);
/* Loads manifest.json of the open directory of a corpus, a regular file and not a symbolic link. `shown` is borrowed, for
 * messages. */
nn_status manifest_load_in(manifest_doc **out, int dir, const char *shown, nn_error *err);
void manifest_doc_free(manifest_doc *d);
/* Options of the run. Options that a manifest does not have are the defaults. */
const options *manifest_options(const manifest_doc *d);
const char *manifest_version(const manifest_doc *d);
const char *manifest_digest(const manifest_doc *d);
const char *manifest_rules(const manifest_doc *d); /* the digest of the rules of outputs; "": it states none */
bool manifest_unfinished(const manifest_doc *d);
uint64_t manifest_models(const manifest_doc *d); /* number of models in the directory */
/* Adds the statistics of a shard. */
nn_status manifest_add_stats(const manifest_doc *d, const nn_family *f, stats *into, nn_error *err);

/* A line of models.jsonl. */
typedef struct manifest_row manifest_row;

manifest_row *manifest_row_parse(const char *line, size_t n); /* NULL: not such a line, or out of memory */
void manifest_row_free(manifest_row *r);
const char *manifest_row_name(const manifest_row *r);
bool manifest_row_structure(const manifest_row *r, uint8_t out[STRUCTURE_SIZE]); /* false: the line has none */
size_t manifest_row_inputs(const manifest_row *r);
bool manifest_row_formed(const manifest_row *r);    /* the model is in other forms than the plain one */
size_t manifest_row_outputs(const manifest_row *r); /* graph inputs */
size_t manifest_row_worlds(const manifest_row *r);  /* sizes that the symbols of the line have; 1: it has no symbols */
/* The i-th motif of the line. false: there is none, or it is not as nngen writes it. */
bool manifest_row_motif(const manifest_row *r, size_t i, const char **name, const char **level);
/* The k-th node of that motif, in file order; -1: there is none. */
int64_t manifest_row_motif_node(const manifest_row *r, size_t i, size_t k);
/* The digest that the line states for a file; NULL: it does not list it. */
const char *manifest_row_digest(const manifest_row *r, const char *path);
/* Whether the line lists a file or, if `folder` is set, a file below that directory. */
bool manifest_row_has(const manifest_row *r, const char *path, bool folder);
/* Calls f for each file until f returns a status other than NN_OK; returns that status. */
typedef nn_status manifest_file_fn(void *data, const char *path, const char *digest, nn_error *err);
nn_status manifest_row_files(const manifest_row *r, manifest_file_fn *f, void *data, nn_error *err);

#endif
