/* nngen: random valid ONNX models from a table of operators. The whole public API.
 *
 *     nn_table *table = NULL; nn_family *family = NULL; nn_model *model = NULL; nn_error err;
 *     if (nn_table_open(&table, &(nn_table_config){.opset = 17}, &err) == NN_OK &&
 *         nn_family_open(&family, table, &(nn_family_config){.nodes = 40, .count = 100, .seed = 1}, &err) == NN_OK &&
 *         nn_model_build(&model, family, 0, &err) == NN_OK)
 *         nn_model_write(model, "test_000000", &err);
 *     nn_model_free(model);
 *     nn_family_close(family);
 *     nn_table_close(table);
 *
 * A table holds the operators for one opset and profile. A family is a set of models of one size, in which every operator appears.
 * A model is one of them.
 *
 * A configuration of zeros means the defaults; NULL stands for one. Functions that can fail return nn_status and, where err is not
 * NULL, fill it; what they hand out is then NULL or unchanged. NULL for an argument that is a path or an object (a table, family
 * or model; a failed function leaves one) is NN_ERR_USAGE; functions without a status then return 0 or NULL. The library never
 * exits, prints, or reads the clock or the environment.
 *
 * Ownership: what an open or build function hands out is the caller's to close or free (NULL is fine); a family must be closed
 * before its table and a model freed before its family. Texts and bytes handed out belong to the object. Tables and families are
 * immutable and may be shared by threads; a model is for one thread at a time. */
#ifndef NNGEN_H
#define NNGEN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define NN_API __attribute__((visibility("default")))
#else
#define NN_API
#endif

#define NNGEN_VERSION "0.1.0"

typedef enum {
    NN_OK = 0,
    NN_ERR_NOMEM,    /* out of memory */
    NN_ERR_USAGE,    /* an argument or option is out of range or contradicts another */
    NN_ERR_TABLE,    /* the operator table or a profile is wrong: see file, line, column */
    NN_ERR_BUILD,    /* no model with the requested properties was found */
    NN_ERR_IO,       /* a file could not be read or written */
    NN_ERR_CANCELLED /* stopped on request */
} nn_status;

typedef struct {
    nn_status status;
    char file[160];    /* place in a table, or path of an I/O error; empty if none */
    int line, column;  /* from 1; 0 if unknown */
    char message[480]; /* one line, without a final newline; control characters of names and values are ? */
} nn_error;

NN_API const char *nn_version(void); /* of the library; NNGEN_VERSION is that of this header */
/* "file:line:column: message" or "path: message" or the message alone. Returns the length without the NUL, as snprintf. */
NN_API size_t nn_error_text(const nn_error *err, char *out, size_t size);

/* ---- operator tables ---- */

typedef struct nn_table nn_table;

typedef struct {
    int opset;           /* 13 to 28; 0: 17 */
    const char *profile; /* NULL: "ort" */
    const char *specs;   /* directory to read the table from; NULL: the built-in one */
    const char *ops;     /* "A,B": only these; "-A,-B": all but these; NULL or "": all */
    const char *types;   /* "float32,int8,...": element types that data may have, float32 always; NULL or "": float32 */
    const char *common;  /* "A..B", opset among them: only operators with the same rules in opsets A to B; NULL or "": all */
} nn_table_config;

/* NN_ERR_USAGE: what the configuration asks for; NN_ERR_TABLE: what stands in the table or profile; NN_ERR_IO: `specs` cannot be
 * read.
 */
NN_API nn_status nn_table_open(nn_table **out, const nn_table_config *config, nn_error *err);
NN_API void nn_table_close(nn_table *table);
NN_API size_t nn_table_operators(const nn_table *table);
NN_API const char *nn_table_operator(const nn_table *table, size_t i); /* in name order; NULL past the end */
NN_API const char *nn_table_digest(const nn_table *table);             /* SHA-256 of the table and profile, 64 hex digits */

/* ---- families ---- */

typedef struct nn_family nn_family;

typedef struct {
    uint64_t nodes;           /* operators in each model; 0: 40 */
    uint64_t count;           /* models; 0: 100 */
    uint64_t seed;            /* below 2^63 */
    int64_t inputs;           /* sets of input tensors for each model; 0: 1; -1: none */
    const char *input_mode;   /* how the sets are drawn, in turn: "uniform,normal,corners,special"; NULL or "": uniform */
    const char *input_format; /* "pb", "npz" or "pb,npz"; NULL or "": pb */
    uint64_t max_elements;    /* of a tensor; 0: 4096 */
    const char *cover;        /* what the family is to hold: "ops" (or NULL), "pairs", "triples" */
    const char *contain;      /* paths that every model has, "A,B,C;D,E"; NULL or "": none */
    const char *avoid;        /* paths that no model has, likewise */
    const char *weights;      /* text, a weight a line: "A 2.5", "A,B 4"; NULL or "": all the same */
    int intervals;            /* not 0: models.jsonl gets the interval of every tensor */
    int check; /* not 0: every node is re-checked by an independent evaluator of the table; costs time, changes no byte */
} nn_family_config;

/* Plans the family; with `cover` pairs are solved, which takes seconds. NN_ERR_USAGE: a field is out of range, or what is asked for
 * cannot be. */
NN_API nn_status nn_family_open(nn_family **out, const nn_table *table, const nn_family_config *config, nn_error *err);
NN_API void nn_family_close(nn_family *family);
NN_API uint64_t nn_family_count(const nn_family *family);

/* ---- weights ---- */

/* A file of weights (see nn_family_config) as text, to be freed with nn_text_free. NN_ERR_IO: it cannot be read or is no text;
 * NN_ERR_USAGE: it holds none. */
NN_API nn_status nn_weights_read(char **text, const char *path, nn_error *err);
/* Called for each operator in the models that the table does not have. */
typedef void nn_unknown_fn(void *data, const char *op, uint64_t nodes);
/* Weights with which operators appear, and follow one another, as in the .onnx files below a directory, to be freed with
 * nn_text_free. NN_ERR_IO: a file cannot be read or is no sound model; NN_ERR_USAGE: there is none, or no operator of the table. */
NN_API nn_status nn_weights_learn(char **text, const char *dir, const nn_table *table, nn_unknown_fn *unknown, void *unknown_data,
                                  nn_error *err);
NN_API void nn_text_free(char *text);

/* ---- models ---- */

typedef struct nn_model nn_model;

/* Builds model `index` of the family (index < count). *model is NULL or a model of the same family, which is then overwritten:
 * reusing one saves its workspace. After any error it holds no model. */
NN_API nn_status nn_model_build(nn_model **model, const nn_family *family, uint64_t index, nn_error *err);
NN_API void nn_model_free(nn_model *model);

/* Without a model built: NULL or 0. */
NN_API const char *nn_model_name(const nn_model *model); /* "test_000000" */
NN_API size_t nn_model_nodes(const nn_model *model);
NN_API const char *nn_model_node_operator(const nn_model *model, size_t i); /* of the i-th node in file order; NULL past the end */
NN_API size_t nn_model_inputs(const nn_model *model);                       /* graph inputs */
NN_API size_t nn_model_outputs(const nn_model *model);

/* The ONNX file, and the TensorProto for graph input i in data set `set`, both from 0 on; the family says how many sets there are.
 * The bytes are valid until the next call of the same function on the model, or its next build. NN_ERR_USAGE: no model was built,
 * or there is no such input or set; NN_ERR_BUILD: past 2 GiB. */
NN_API nn_status nn_model_onnx(nn_model *model, const void **bytes, size_t *size, nn_error *err);
NN_API nn_status nn_model_input(nn_model *model, uint64_t set, size_t i, const void **bytes, size_t *size, nn_error *err);
/* All sets in NumPy's .npz format: an array for each graph input, by its name, with the set as first dimension. */
NN_API nn_status nn_model_npz(nn_model *model, const void **bytes, size_t *size, nn_error *err);
/* Writes dir/model.onnx and the inputs, as dir/test_data_set_K/input_I.pb and dir/inputs.npz, whichever the family has. dir must
 * not be there, or be empty; it appears whole or not at all. */
NN_API nn_status nn_model_write(nn_model *model, const char *dir, nn_error *err);

/* ---- what building does ---- */

/* Receives text piece by piece. */
typedef void nn_write_fn(void *data, const char *text, size_t size);
/* Builds model `index` and tells how, in lines: the draws, each operator that was tried, why tries failed and with which rule of
 * the table, what was kept. NN_ERR_BUILD, after the text, where no model was found. */
NN_API nn_status nn_model_trace(const nn_family *family, uint64_t index, nn_write_fn *write, void *data, nn_error *err);
/* Builds every model and tells how many tries there were, and what they cost, by operator and outcome: a table, the dearest first.
 * format: "text" (or NULL), "json". Models that cannot be built are counted too. cancel: as in nn_corpus_config. */
NN_API nn_status nn_family_trace(const nn_family *family, const char *format, const volatile int *cancel, nn_write_fn *write,
                                 void *data, nn_error *err);

/* ---- corpora ---- */

typedef struct {
    uint64_t done, count; /* models */
    uint64_t bytes;       /* of the files of those done */
} nn_progress;

typedef struct {
    const char *out; /* directory; NULL: build and serialise, write nothing */
    unsigned jobs;   /* threads; 0: 1 */
    int force;       /* not 0: replace what nngen wrote to the directory before */
    /* Not 0: go on where a run of the same family was interrupted. What is finished stays, if it is whole; the bytes are those of
     * a run without interruption. An empty or new directory is fine. */
    int resume;
    /* Only the models i with i % shards == shard - 1, in a directory of their own, for nn_corpus_merge. 0 and 0: all. */
    unsigned shard, shards;
    /* Called after each model, in order, by one thread at a time; NULL: not called. */
    void (*progress)(void *data, const nn_progress *progress);
    void *progress_data;
    /* Where it points to a number other than 0, the models under way are finished, the manifest written, and the status is
     * NN_ERR_CANCELLED. May be set by a signal handler or another thread. NULL: none. */
    const volatile int *cancel;
} nn_corpus_config;

typedef struct {
    uint64_t models, nodes;
    uint64_t files, bytes;     /* models and inputs */
    size_t operators, covered; /* of the family; those that appear in a model */
    size_t missing;            /* operators - covered; nn_missing_fn is told their names */
    uint64_t distinct;         /* models whose structure (operators, attributes, edges, types, shapes) no earlier one has */
} nn_corpus_report;

/* Called for each operator that is in no model. */
typedef void nn_missing_fn(void *data, const char *op, const char *reason);

/* Writes the whole family: out/test_000000/..., out/models.jsonl, out/manifest.json. The bytes do not depend on jobs. What was
 * finished before an error stays, with a manifest that says so. report may be NULL; missing too. */
NN_API nn_status nn_corpus_write(const nn_family *family, const nn_corpus_config *config, nn_corpus_report *report,
                                 nn_missing_fn *missing, void *missing_data, nn_error *err);

typedef struct {
    const char *specs; /* directory of the table, as in nn_table_config; NULL: the built-in one */
    int force;         /* not 0: replace what nngen wrote to the directory before */
    int verify;        /* not 0: compare every file with its SHA-256 in the shard's models.jsonl; reads all of them */
} nn_merge_config;

/* Joins the directories of all n shards of a family, in any order, in `out`, with the bytes of a run without shards. They stay as
 * they are; files are linked where the file system can, else copied. config may be NULL; report too. NN_ERR_USAGE: the shards are
 * not all of one family. NN_ERR_IO: among others, a shard lists a file that its models cannot have, holds a symbolic link or
 * anything else in place of a directory or regular file that it lists, or with `verify` a file whose SHA-256 differs; err->file is
 * its path. After another error `out` may hold models without a manifest; with `force` it is begun anew. */
NN_API nn_status nn_corpus_merge(const char *out, const char *const *shards, size_t n, const nn_merge_config *config,
                                 nn_corpus_report *report, nn_missing_fn *missing, void *missing_data, nn_error *err);

typedef struct {
    uint64_t models, files, bytes; /* that were looked at */
    uint64_t differences;
} nn_verify_report;

/* Called for each difference: a path below the directory and what is wrong with it. */
typedef void nn_difference_fn(void *data, const char *path, const char *what);

/* Compares a corpus with its manifest.json and models.jsonl: SHA-256 of every file, files that are missing or too many, structure
 * of every model. Only regular files below dir are read: a symbolic link, FIFO or device in their place, and a listed name that no
 * file of the model has, are differences. Takes little memory, but for parsing a model.onnx (at most 2 GiB, as protobuf allows)
 * whose hash is right. Writes nothing. NN_OK, whatever differs; NN_ERR_IO where dir cannot be opened. report and tell may be NULL.
 */
NN_API nn_status nn_corpus_verify(const char *dir, nn_verify_report *report, nn_difference_fn *tell, void *data, nn_error *err);

#ifdef __cplusplus
}
#endif

#endif
