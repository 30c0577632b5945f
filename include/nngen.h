/* nngen: random valid ONNX models from a table of operators. This is the whole public API.
 *
 *      nn_table *table = NULL; nn_family *family = NULL; nn_model *model = NULL; nn_error err;
 *      nn_table_config operators = {0}; nn_family_config models = {0};
 *      operators.opset = 17; models.nodes = 40; models.count = 100; models.seed = 1;
 *      if (nn_table_open(&table, &operators, &err) == NN_OK && nn_family_open(&family, table, &models, &err) == NN_OK &&
 *          nn_model_build(&model, family, 0, &err) == NN_OK)
 *          nn_model_write(model, "test_000000", &err);
 *      nn_model_free(model);
 *      nn_family_close(family);
 *      nn_table_close(table);
 *
 * A table holds the operators for one opset and profile. A family is a set of models of one size, in which every operator
 * appears. A model is one of them.
 *
 * A zeroed configuration, or NULL in its place, means the defaults. Functions that can fail return nn_status and, if err is not
 * NULL, fill it. Their results are then NULL or unchanged. A NULL path, object (table, family or model) or pointer to a result is
 * NN_ERR_USAGE; functions without a status return 0 or NULL for it. The library never exits or prints, and never reads the clock or
 * the environment.
 *
 * Ownership: the caller closes or frees what an open or build function returns (NULL is allowed). Close a family before its
 * table, and free a model before closing its family. Texts and bytes that functions return belong to the object. Tables and
 * families are immutable and may be shared by threads; a model may be used by one thread at a time. */
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

#define NNGEN_VERSION "0.7.0"

typedef enum {
    NN_OK = 0,
    NN_ERR_NOMEM,      /* out of memory */
    NN_ERR_USAGE,      /* an argument or option is out of range or contradicts another */
    NN_ERR_TABLE,      /* the operator table or a profile is wrong: see file, line, column */
    NN_ERR_BUILD,      /* no model with the requested properties was found */
    NN_ERR_IO,         /* a file could not be read or written */
    NN_ERR_CANCELLED,  /* stopped on request */
    NN_ERR_UNSUPPORTED /* a model uses what the operator table does not have */
} nn_status;

typedef struct {
    nn_status status;
    char file[160];    /* place in a table, or path of an I/O error; "" if there is none */
    int line, column;  /* from 1; 0 if unknown */
    char message[480]; /* one line without a newline; control characters of names and values are replaced by ? */
} nn_error;

NN_API const char *nn_version(void); /* version of the library; NNGEN_VERSION is the version of this header */
/* Writes "file:line:column: message", "path: message" or "message". Returns the length without the NUL, like snprintf. */
NN_API size_t nn_error_text(const nn_error *err, char *out, size_t size);

/* ---- operator tables ---- */

typedef struct nn_table nn_table;

typedef struct {
    int opset;           /* 7 to 28; 0: 17 */
    const char *profile; /* NULL: "ort" */
    const char *specs;   /* directory to read the table from; NULL: the built-in one */
    const char *ops;   /* "A,B": only these operators, and helpers if they cannot be connected without (nn_table_note); "A,-C": C is
                          no helper; "-A,-B": all but these; NULL or "": all */
    const char *types; /* "float32,int8,...": element types of data; float32 is always included; NULL or "": float32 */
    const char *common; /* "A..B", which contains opset: only operators with the same rules in opsets A to B; NULL or "": all */
    int outputs;        /* not 0: families may ask for expected outputs; the rules of all operators are then read too */
} nn_table_config;

/* NN_ERR_USAGE: an error in the configuration. NN_ERR_TABLE: an error in the table or profile. NN_ERR_IO: `specs` cannot be
 * read. */
NN_API nn_status nn_table_open(nn_table **out, const nn_table_config *config, nn_error *err);
NN_API void nn_table_close(nn_table *table);
NN_API size_t nn_table_operators(const nn_table *table);
NN_API const char *nn_table_operator(const nn_table *table, size_t i); /* sorted by name; NULL past the end */
/* Sentences on what became of `ops`: names that this opset, profile or these types do not have, and helpers that were added. NULL
 * past the end. */
NN_API const char *nn_table_note(const nn_table *table, size_t i);
NN_API const char *nn_table_digest(const nn_table *table); /* SHA-256 of the table and profile, 64 hex digits */

/* ---- families ---- */

typedef struct nn_family nn_family;

/* Called now and then by what takes long. what: such as "pairs of operators"; done of all: steps, each time more of them unless an
 * attempt begins again. The result is 0, or not 0 to stop: the function that takes long then returns NN_ERR_CANCELLED. */
typedef int nn_step_fn(void *data, const char *what, uint64_t done, uint64_t all);

typedef struct {
    uint64_t nodes;           /* operators in each model; 0: 40 */
    uint64_t count;           /* models; 0: 100 */
    uint64_t seed;            /* below 2^63 */
    int64_t inputs;           /* sets of input tensors for each model; 0: 1; -1: none */
    const char *input_mode;   /* modes of the sets, used in turn: "uniform,normal,corners,special,ties,nan"; NULL or "": uniform */
    const char *input_format; /* "pb", "npz" or "pb,npz"; NULL or "": pb */
    uint64_t max_elements;    /* of a tensor; 0: 4096 */
    const char *cover;        /* what the family must contain: "ops" (or NULL), "pairs", "triples" or "motifs" */
    const char *contain;      /* paths that every model has, "A,B,C;D,E.1;F,H+G,H" (E takes D as input 1; F and G meet in one H);
                                 NULL or "": none */
    const char *avoid;        /* paths that no model has, in the same form; NULL or "": none */
    const char *weights; /* text with one weight in each line: "A 2.5", "A,B 4", or of nn_weights_like; NULL or "": all equal */
    const char *motifs;  /* share of nodes in motifs, "0.3"; or names, "A,B"; "none"; "like": those in `weights`; "manner", NULL
                            or "": as the manner says */
    int intervals;       /* not 0: models.jsonl gets the interval of every tensor */
    int check;           /* not 0: an independent evaluator of the table checks every node again; takes time, changes no byte */
    uint64_t max_dim;    /* largest dimension of a new tensor; 0: 64 */
    uint64_t max_window; /* largest size of a kernel along an axis; 0: 7 */
    uint64_t max_rank;   /* largest number of dimensions of a tensor; 0: 6 */
    uint64_t constants;  /* per cent of graph inputs that become initializers, at most 100 */
    int64_t near_misses; /* per cent of the motifs that are near misses; 0: 35; -1: none */
    const char *manner;  /* how models are drawn: "uniform", "boundary", "real"; "like": that of `weights`; "mixed", NULL or "": one
                            for each */
    int outputs;         /* not 0: expected outputs and their bounds are written with the inputs; the table must be opened for it */
    const char *form;  /* other forms that compute the same, each perhaps with a share: "if:0.5,names", "all"; NULL or "": none, but
                          with variants all */
    uint64_t variants; /* copies of each model, the first one plain and the others in forms; model i is copy i % variants; 0: 1 */
    nn_step_fn *step;  /* called by nn_family_open, and in the threads that build models, by what builds them; NULL: not called.
                          A model of some hundred nodes is built before the first call. It may not use the family. */
    void *step_data;
    const char *dynamic; /* share of the models with symbolic dims, "0.5"; or "batch": the first dimension of all inputs is one
                            symbol; NULL or "": none; the table must be opened with outputs, too */
    const char *empty;   /* share of the models that have tensors without elements, "0.5"; NULL or "": none */
    const char *data_dependent; /* share of the models in which data decide sizes inside of motifs, "0.5"; NULL or "": none; the
                                   table must be opened with outputs, too */
    const char *random;         /* share of the models with random operators inside of motifs, "0.5"; NULL or "": none */
} nn_family_config;

/* Plans the family. To open a table and a family takes 3 ms (28 million instructions), and the first model of a new nn_model 5 ms
 * more; then any index takes 0.15 ms at 15 nodes. So open them once for many models, and use the same nn_model again. With `cover`
 * = "pairs" or "triples" it solves pairs of operators, which takes seconds: see `step`. NN_ERR_USAGE: a field is out of range, or
 * the request is impossible. NN_ERR_CANCELLED: `step` stopped it. */
NN_API nn_status nn_family_open(nn_family **out, const nn_table *table, const nn_family_config *config, nn_error *err);
NN_API void nn_family_close(nn_family *family);
NN_API uint64_t nn_family_count(const nn_family *family);

/* ---- weights ---- */

/* Reads a file of weights (see nn_family_config); free the text with nn_text_free. NN_ERR_IO: the file cannot be read or is not
 * text. NN_ERR_USAGE: it has no weights. */
NN_API nn_status nn_weights_read(char **text, const char *path, nn_error *err);
/* Callbacks of nn_weights_like; each may be NULL. */
typedef struct {
    /* Called for each operator that the models use and the table does not have, with its number of nodes. why: the reason, as the
     * end of a sentence, such as "needs --types with int8 or uint8", "is not in opset 17", "is not in the table". */
    void (*unknown)(void *data, const char *op, uint64_t nodes, const char *why);
    /* Called for each file or directory that is skipped, with the reason. */
    void (*skipped)(void *data, const char *path, const char *reason);
    void *data;
    /* Called once if graph inputs of the models have types that the table was opened without. types: such as "float16,int64", as
     * for nn_table_config.types. */
    void (*types)(void *data, const char *types);
} nn_like_listener;

/* Learns from the .onnx files below a directory. The text has weights, which are how often operators appear and follow one another;
 * then, for `manner` and `motifs` of "like" in nn_family_config, a manner and the motifs that the models share. Free it with
 * nn_text_free. Files that cannot be read or are not sound models are skipped. listener may be NULL. NN_ERR_IO: the directory
 * cannot be opened, or all files were skipped. NN_ERR_USAGE: there is no file, or none of the operators is in the table. */
NN_API nn_status nn_weights_like(char **text, const char *dir, const nn_table *table, const nn_like_listener *listener,
                                 nn_error *err);
typedef void nn_unknown_fn(void *data, const char *op, uint64_t nodes);
/* The same, with a callback for unknown operators only. */
NN_API nn_status nn_weights_learn(char **text, const char *dir, const nn_table *table, nn_unknown_fn *unknown, void *unknown_data,
                                  nn_error *err);
NN_API void nn_text_free(char *text);

/* ---- models ---- */

typedef struct nn_model nn_model;

/* Builds model `index` of the family (index < nn_family_count). *model is NULL or a model of the same family, which is overwritten;
 * to reuse one saves the allocation of its workspace. After any error it holds no model. NN_ERR_CANCELLED: `step` of the family's
 * configuration stopped it. */
NN_API nn_status nn_model_build(nn_model **model, const nn_family *family, uint64_t index, nn_error *err);
NN_API void nn_model_free(nn_model *model);

/* Builds a model from bytes, as fuzzers do; *model as for nn_model_build. Every byte string gives a valid model, the same each
 * time. Bytes of nn_model_tape give that model again, with the same files, if the family has the same options; of copies in forms,
 * the plain one. An empty or
 * exhausted tape ends with the simplest choices. The model has at most 2 * nodes + 8 operators; `contain`, `cover` and the plan of
 * the family do not apply. NN_ERR_BUILD: the family has no model. NN_ERR_USAGE: the family is `dynamic`,
 * `data_dependent` or `random`; tapes do not state what these draw. */
NN_API nn_status nn_model_build_bytes(nn_model **model, const nn_family *family, const void *bytes, size_t size, nn_error *err);
/* The bytes of a model that was built, from its index or from bytes: the tape form of gen/draw/segments.h, with all decisions
 * written out. They are valid until the next call for the model or its next build. The
 * first call for a model that was built from an index builds it once more. */
NN_API nn_status nn_model_tape(nn_model *model, const void **bytes, size_t *size, nn_error *err);

/* Writes a mutant of a tape to `out`, which has room for `most` bytes and may be the tape itself; returns its size. It inserts,
 * removes, repeats or moves segments, connects a tensor elsewhere, or changes one draw, so that the model of the mutant differs
 * from that of the tape in one place. The result depends on the arguments alone. 0: no memory, or `most` is below 32. */
NN_API size_t nn_tape_mutate(const void *tape, size_t size, void *out, size_t most, uint64_t seed);
/* The same for two tapes: segments of the second enter the first. */
NN_API size_t nn_tape_cross(const void *a, size_t a_size, const void *b, size_t b_size, void *out, size_t most, uint64_t seed);
/* Writes the tape without its k-th segment that places operators, as reducers do; `out` has room for `size` bytes, at least 32. 0:
 * there is no such segment, or no memory. */
NN_API size_t nn_tape_drop(const void *tape, size_t size, size_t k, void *out);

/* These return NULL or 0 if no model was built. */
NN_API const char *nn_model_name(const nn_model *model); /* "test_000000" */
NN_API size_t nn_model_nodes(const nn_model *model);
NN_API const char *nn_model_node_operator(const nn_model *model, size_t i); /* of the i-th node in file order; NULL past the end */
NN_API size_t nn_model_inputs(const nn_model *model);                       /* graph inputs */
NN_API size_t nn_model_outputs(const nn_model *model);
/* Data sets of the model: as many as the family's `inputs`; if it has symbolic dims, as many for each of its sizes, which take
 * turns. */
NN_API uint64_t nn_model_sets(const nn_model *model);

/* The ONNX file, and the TensorProto of graph input i in input set `set`; both count from 0, and the family has the number of
 * sets. The bytes are valid until the next call of the same function on the model, or its next build. NN_ERR_USAGE: no model was
 * built, or there is no such input or set. NN_ERR_BUILD: larger than 2 GiB. */
NN_API nn_status nn_model_onnx(nn_model *model, const void **bytes, size_t *size, nn_error *err);
/* Files of a model in another form that belong beside model.onnx: elements of initializers. The name is that in the model. */
NN_API size_t nn_model_externals(const nn_model *model);
NN_API nn_status nn_model_external(nn_model *model, size_t i, const char **name, const void **bytes, size_t *size, nn_error *err);
NN_API nn_status nn_model_input(nn_model *model, uint64_t set, size_t i, const void **bytes, size_t *size, nn_error *err);
/* What graph output i is expected to be for the inputs of `set`, and how far a correct implementation may be from it: a TensorProto
 * of the output's type, and one of float32 with the bounds, which are infinite where nothing is known. specs/compute/README.md says
 * what counts as correct. The family must have been opened with `outputs`. */
NN_API nn_status nn_model_output(nn_model *model, uint64_t set, size_t i, const void **bytes, size_t *size, nn_error *err);
NN_API nn_status nn_model_bound(nn_model *model, uint64_t set, size_t i, const void **bytes, size_t *size, nn_error *err);
/* One tolerance for all elements of graph output i in all sets, for programs that know no bounds of elements: every y within a
 * finite bound of v has |y - v| <= atol + rtol * |v|. Bounds say more. */
typedef struct {
    double atol, rtol;
    int wide;      /* not 0: a bound is infinite, or large beside the values: the tolerance accepts nearly everything */
    int unbounded; /* not 0: a bound is infinite, and no tolerance holds for its element */
} nn_tolerance;
NN_API nn_status nn_model_tolerance(nn_model *model, size_t i, nn_tolerance *tolerance, nn_error *err);
/* The same of all graph outputs in all sets, as .npz: arrays by name, with the set as the first axis. The family must also have
 * been opened with an input_format that has npz. */
NN_API nn_status nn_model_output_npz(nn_model *model, const void **bytes, size_t *size, nn_error *err);
NN_API nn_status nn_model_bound_npz(nn_model *model, const void **bytes, size_t *size, nn_error *err);
/* All sets in NumPy's .npz format: one array for each graph input, under its name; the first dimension is the set. Of a model
 * with symbolic dims each set has arrays of its own: test_data_set_K/NAME. So have nn_model_output_npz and nn_model_bound_npz. */
NN_API nn_status nn_model_npz(nn_model *model, const void **bytes, size_t *size, nn_error *err);
/* Writes dir/model.onnx and the inputs, as dir/test_data_set_K/input_I.pb or dir/inputs.npz or both, as the family says, and
 * expected outputs beside them, as output_J.pb and bound_J.pb, outputs.npz and bounds.npz. dir must not exist or must be empty. It
 * appears whole or not at all. */
NN_API nn_status nn_model_write(nn_model *model, const char *dir, nn_error *err);

/* ---- tracing ---- */

/* Receives text in pieces. */
typedef void nn_write_fn(void *data, const char *text, size_t size);
/* Builds model `index` and describes it in lines of text: the draws, each operator that was tried, why tries failed and by which
 * rule of the table, and the nodes that were kept. NN_ERR_BUILD, after the text: no model was found. */
NN_API nn_status nn_model_trace(const nn_family *family, uint64_t index, nn_write_fn *write, void *data, nn_error *err);
/* Builds every model and counts the tries by operator and outcome, with their costs; the most expensive rows come first. Models
 * that cannot be built are included. format: "text" (or NULL) or "json". cancel: as in nn_corpus_config. */
NN_API nn_status nn_family_trace(const nn_family *family, const char *format, const volatile int *cancel, nn_write_fn *write,
                                 void *data, nn_error *err);

/* ---- corpora ---- */

typedef struct {
    uint64_t done, count; /* models */
    uint64_t bytes;       /* of the files of finished models */
} nn_progress;

/* Called for each motif that the family should have (by cover "motifs", or because motifs names it) and that no model has at some
 * level. levels: those levels, such as "exact, mutated"; NULL: it is in no model. The texts are valid during the call. */
typedef void nn_missing_motif_fn(void *data, const char *motif, const char *levels, const char *reason);

typedef struct {
    const char *out; /* directory; NULL: build and serialise, write nothing */
    unsigned jobs;   /* threads; 0: 1 */
    int force;       /* not 0: replace what nngen wrote to the directory before */
    /* Not 0: continue an interrupted run of the same family. Finished models that are whole are kept; the bytes are those of a
     * run without interruption. The directory may also be empty or new. */
    int resume;
    /* Make only the models i with i % shards == shard - 1, in a directory of their own, for nn_corpus_merge. 0 and 0: all
     * models. */
    unsigned shard, shards;
    /* Called after each model, in order, by one thread at a time. NULL: not called. */
    void (*progress)(void *data, const nn_progress *progress);
    void *progress_data;
    /* If it points to a number other than 0, the current models are finished, the manifest is written, and the status is
     * NN_ERR_CANCELLED. A signal handler or another thread may set the number. NULL: the run cannot be cancelled. */
    const volatile int *cancel;
    nn_missing_motif_fn *missing_motif; /* NULL: not called */
    void *missing_motif_data;
} nn_corpus_config;

typedef struct {
    uint64_t models, nodes;
    uint64_t files, bytes;     /* of models and inputs */
    size_t operators, covered; /* operators of the family; operators that appear in a model */
    size_t missing;            /* operators - covered; nn_missing_fn receives their names */
    uint64_t distinct;         /* models whose structure (operators, attributes, edges, types, shapes) no earlier model has */
} nn_corpus_report;

/* Called for each operator that no model has. */
typedef void nn_missing_fn(void *data, const char *op, const char *reason);

/* Writes the whole family: out/test_000000/..., out/models.jsonl, out/manifest.json. The bytes do not depend on jobs. After an
 * error, finished models stay, with a manifest that says so. report and missing may be NULL. */
NN_API nn_status nn_corpus_write(const nn_family *family, const nn_corpus_config *config, nn_corpus_report *report,
                                 nn_missing_fn *missing, void *missing_data, nn_error *err);

typedef struct {
    const char *specs; /* directory of the table, as in nn_table_config; NULL: the built-in one */
    int force;         /* not 0: replace what nngen wrote to the directory before */
    int verify;        /* not 0: compare every file with its SHA-256 in the shard's models.jsonl; reads all of them */
    nn_missing_motif_fn *missing_motif; /* NULL: not called */
    void *missing_motif_data;
} nn_merge_config;

/* Joins the directories of all n shards of a family, in any order, into `out`. The result has the bytes of a run without shards.
 * The shards are not changed; files are linked where the file system allows it and copied otherwise. config and report may be
 * NULL.
 *
 * NN_ERR_USAGE: the shards do not form one family. NN_ERR_IO: for example, a shard lists a file that its models cannot have; or a
 * listed directory or file is a symbolic link or something else; or, with `verify`, its SHA-256 differs. err->file is the path of
 * the file. After another error, `out` may hold models without a manifest; with `force`, the next merge begins anew. */
NN_API nn_status nn_corpus_merge(const char *out, const char *const *shards, size_t n, const nn_merge_config *config,
                                 nn_corpus_report *report, nn_missing_fn *missing, void *missing_data, nn_error *err);

typedef struct {
    uint64_t models, files, bytes; /* number of those examined */
    uint64_t differences;
    uint64_t recomputed;      /* models that were made again, with their expected outputs; 0: the corpus has no outputs */
    char not_recomputed[256]; /* why the models of a corpus with outputs were not made again; "": they were */
} nn_verify_report;

/* Called for each difference, with a path below the directory and a description. */
typedef void nn_difference_fn(void *data, const char *path, const char *what);

/* Compares a corpus with its manifest.json and models.jsonl: the SHA-256 of every file, missing and unexpected files, and the
 * structure of every model. It reads only regular files below dir: a symbolic link, FIFO or device in their place is a
 * difference, and so is a listed name that no file of a model has. It uses little memory, except to parse a model.onnx (at most 2
 * GiB, as protobuf allows) whose hash is right. The models of a corpus with expected outputs are also made again, with outputs and
 * bounds, and compared by hash, if the corpus is of this version and of the embedded table and rules. It writes nothing. Returns
 * NN_OK even if there are differences; NN_ERR_IO: dir cannot be opened. report and tell may be NULL. */
NN_API nn_status nn_corpus_verify(const char *dir, nn_verify_report *report, nn_difference_fn *tell, void *data, nn_error *err);

/* ---- comparing outputs with what is expected ---- */

/* An element outside its bound. Texts and arrays are valid during the call. */
typedef struct {
    const char *output;             /* its name */
    int64_t set;                    /* the data set; -1: there is one only */
    uint64_t number;                /* of the output */
    size_t rank;                    /* of the output */
    const int64_t *index;           /* of the element */
    double expected, bound, actual; /* integers beyond 2^53 are rounded */
    double ratio;                   /* |actual - expected| / bound */
} nn_outside;

typedef void nn_outside_fn(void *data, const nn_outside *element);

typedef struct {
    const char *bounds; /* file or directory of bounds; NULL: bound_J.pb or bounds.npz beside the expected outputs */
    int tolerance;      /* not 0: atol + rtol * |expected| takes the place of the bounds */
    double atol, rtol;
    nn_outside_fn *tell; /* called for the worst `limit` elements, worst first; may be NULL */
    void *data;
    uint64_t limit;
} nn_compare_config;

typedef struct {
    uint64_t outputs, elements; /* that were compared */
    uint64_t outside;           /* elements outside their bounds */
    uint64_t without_bound;     /* elements whose bound is infinite */
    double worst;               /* the largest ratio; 0 if no element is outside */
} nn_compare_report;

/* Compares files of outputs. expected: a directory test_data_set_K, or that of a model, or a file of tensors (outputs.npz,
 * output_J.pb). actual: the same, or for one data set any .npz, .npy or .pb file. An element y is right if |y - v| <= bound,
 * computed in double, or both are the same infinity or NaN, or the bound is infinite. config and report may be NULL. NN_ERR_IO: a
 * file cannot be read, an output is missing, or a type or shape differs. */
NN_API nn_status nn_compare(const char *expected, const char *actual, const nn_compare_config *config, nn_compare_report *report,
                            nn_error *err);

/* ---- outputs of any model ----
 *
 *      nn_eval *e = NULL;
 *      if (nn_eval_open(&e, bytes, size, NULL, &err) == NN_OK && nn_eval_set(e, nn_eval_input(e, 0), proto, n, &err) == NN_OK &&
 *          nn_eval_run(e, &err) == NN_OK)
 *          nn_eval_value(e, nn_eval_output(e, 0), &value, &value_size, &err);
 *      nn_eval_close(e);
 *
 * The model may be anybody's whose operators the table has at its opset, also in branches, loops, scans and functions of the model,
 * which are followed. Tensors are those of the model's graph, not of graphs inside it, and known by their names there. */

typedef struct nn_eval nn_eval;

typedef struct {
    const char *specs;     /* directory of the table; NULL: the built-in one */
    const nn_eval *like;   /* its table is used if its model has the same opset, which saves most of the time; it must be closed
                              later; NULL: none */
    const char *directory; /* of the model, for tensors in files of their own; NULL: the model may have none */
    uint64_t max_bytes;    /* of tensors at one time, 16 bytes for each element; 0: 4 GiB */
    uint64_t max_work;     /* evaluations, such as terms of sums, in a run; 0: 1e11 */
    int all;               /* not 0: all tensors that outputs need can be read, not only outputs and inputs */
    /* Called for each node that the table does not have, and for each whose values cannot be computed, with the reason: nothing is
     * known of its outputs. NULL: not called. */
    void (*tell)(void *data, const char *what);
    void *data;
    /* Not 0: a node that the table does not have, or whose inputs do not fit, leaves only the tensors unknown that depend on it;
     * all is told. A node with an attribute below what the table allows, or an operand of another rank, is one that the table does
     * not have. nn_eval_set then takes any tensor of the model, whose node is not evaluated. */
    int partial;
} nn_eval_config;

/* Reads a model. NN_ERR_IO: it is not a sound model. NN_ERR_UNSUPPORTED: it uses what the table does not have; all of it was told,
 * and it is no error with `partial`. config may be NULL. The bytes are not used after the call. */
NN_API nn_status nn_eval_open(nn_eval **out, const void *model, size_t size, const nn_eval_config *config, nn_error *err);
NN_API void nn_eval_close(nn_eval *eval);
NN_API int nn_eval_opset(const nn_eval *eval);
/* Names, in order; NULL past the end. Inputs are those without an initializer. */
NN_API const char *nn_eval_input(const nn_eval *eval, size_t i);
NN_API const char *nn_eval_output(const nn_eval *eval, size_t i);
/* Sets an input to a TensorProto, whose own name does not matter. NN_ERR_USAGE: the model has no such input, or states another type
 * or shape for it. NN_ERR_IO: not a TensorProto. */
NN_API nn_status nn_eval_set(nn_eval *eval, const char *name, const void *tensor, size_t size, nn_error *err);
/* Computes the outputs. Inputs stay set. NN_ERR_USAGE: an input is missing. NN_ERR_BUILD: the tensors are too large, or inputs of a
 * node do not fit together; the message names the node. */
NN_API nn_status nn_eval_run(nn_eval *eval, nn_error *err);
/* A tensor as a TensorProto, and its bounds as one of float32 (see nn_model_output). The bytes are valid until the next call of the
 * same function. NN_ERR_USAGE: it is not known. */
NN_API nn_status nn_eval_value(nn_eval *eval, const char *name, const void **bytes, size_t *size, nn_error *err);
NN_API nn_status nn_eval_bound(nn_eval *eval, const char *name, const void **bytes, size_t *size, nn_error *err);

#ifdef __cplusplus
}
#endif

#endif
