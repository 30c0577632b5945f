/* The command line as a table: one row gives an option its field, default, range, help text and place in the manifest.
 *
 * Ownership: texts are borrowed from argv, except those in `joined`; options_free frees these and `paths`. */
#ifndef NN_OPTIONS_H
#define NN_OPTIONS_H

#include "base.h"
#include "table/opset.h"

#include <limits.h>

#define BY_MANNER "manner" /* argument of --motifs: each model's manner states the share */

/* X(kind, field, argument, default, least, greatest, in the manifest, help). The option is the field with - instead of _. A
 * default outside [least, greatest] means that the option is not given. In the manifest: true, false, or IF_SAID: unless it has its
 * default. INT: an integer in [least, greatest]. TEXT: any text. LIST: texts; if the option is given several times, they are joined
 * with ;. FLAG: no argument. WORD: an argument only as
 * --flag=WORD. */
#define NN_OPTIONS(X)                                                                                                             \
    X(INT, nodes, "N", 40, 1, 100000, true,                                                                                       \
      "exact number of operator nodes in each model; A..B/S makes a family for each of A, A+S, ... B nodes, in DIR/nodes-A, ...") \
    X(INT, count, "M", 100, 1, 10000000, true, "number of models")                                                                \
    X(TEXT, out, "DIR", NULL, 0, 0, false, "directory to write to; it is created if it does not exist")                           \
    X(INT, seed, "S", 0, 0, INT64_MAX, true, "seed of every random decision; same seed, same bytes")                              \
    X(INT, opset, "V", 17, OPSET_MIN, OPSET_MAX, true, "version of the ONNX operator set, from 7 to 28")                          \
    X(INT, inputs, "K", 1, 0, 100000, true, "number of sets of input tensors for each model")                                     \
    X(TEXT, input_mode, "LIST", "uniform", 0, 0, true,                                                                            \
      "how input sets are drawn: uniform, normal, corners, special, ties, nan; with several modes the sets take them in turn")    \
    X(TEXT, input_format, "LIST", "pb", 0, 0, true,                                                                               \
      "files of the inputs: pb (one file for each tensor), npz (one inputs.npz for each model), or pb,npz (both)")                \
    X(TEXT, profile, "P", "ort", 0, 0, true,                                                                                      \
      "use what this runtime can run: ort, openvino, tract, tvm or iree; or onnx: all that the specification allows")             \
    X(TEXT, ops, "LIST", "", 0, 0, true,                                                                                          \
      "A,B: use only these operators, and helpers that they need; -A,-B: use all operators except these")                         \
    X(TEXT, types, "LIST", "float32", 0, 0, true,                                                                                 \
      "element types of data, such as float16,double,int8,uint8; float32 is always included")                                     \
    X(TEXT, common, "A..B", "", 0, 0, true,                                                                                       \
      "use only operators that have the same rules in opsets A to B; a seed then gives the same graphs at each of these opsets, " \
      "to which manners add no motifs and constants")                                                                             \
    X(TEXT, cover, "WHAT", "ops", 0, 0, true,                                                                                     \
      "what the family must contain: every operator (ops), every pair that can be connected (pairs), as many triples as "         \
      "possible (triples), or every motif at every level (motifs)")                                                               \
    X(TEXT, motifs, "SHARE", BY_MANNER, 0, 0, true,                                                                               \
      "place motifs, which are subgraphs that exporters write: the share of nodes in them to aim at, from 0 to 1; or A,B: only "  \
      "these; "                                                                                                                   \
      "or none; or like: those that --like learned (its default); or manner: as each model's manner says")                        \
    X(INT, near_misses, "P", 35, 0, 100, true, "per cent of the motifs that are near misses: with one or two details changed")    \
    X(LIST, contain, "A,B,C", "", 0, 0, true,                                                                                     \
      "a path of operators that every model has, each consuming the one before: A,B.1 as input 1 of B; A,C+B,C both into one C; " \
      "may be given several times")                                                                                               \
    X(LIST, avoid, "A,B", "", 0, 0, true, "a path of operators that no model has; may be given several times")                    \
    X(TEXT, weights, "FILE", "", 0, 0, true,                                                                                      \
      "file that says how often each operator (A 2.5) and each connection of two operators (A,B 4) is used")                      \
    X(TEXT, like, "DIR", NULL, 0, 0, false,                                                                                       \
      "learn weights, attributes, dims and motifs from the .onnx files in DIR and its subdirectories")                            \
    X(TEXT, manner, "NAME", "mixed", 0, 0, true,                                                                                  \
      "how models are drawn: uniform, boundary (ends of domains) or real (as in models that people write); mixed: one for each "  \
      "model; like: as --like learned (its default)")                                                                             \
    X(INT, max_elements, "E", 4096, 1, 1 << 24, true, "largest number of elements of a tensor")                                   \
    X(INT, max_dim, "D", 64, 1, 1 << 24, true, "largest dimension of a new tensor, such as the channels of a convolution")        \
    X(INT, max_window, "W", 7, 1, 4096, true, "largest size of a kernel or pooling window along an axis")                         \
    X(INT, max_rank, "R", 6, 1, 8, true, "largest number of dimensions of a tensor")                                              \
    X(INT, constants, "P", 0, 0, 100, true,                                                                                       \
      "per cent of graph inputs that become initializers, where outputs and most nodes still depend on others: constant "         \
      "operands of any operator, shared ones, and a few nodes that can be folded")                                                \
    X(TEXT, dynamic, "SHARE", "0", 0, 0, IF_SAID,                                                                                 \
      "share of the models, from 0 to 1, whose inputs have symbolic dims, such as batch or height: each is valid at 4 sizes, "    \
      "and has the data sets of each; or batch: the first dimension of all inputs is one symbol")                                 \
    X(TEXT, empty, "SHARE", "0", 0, 0, IF_SAID,                                                                                   \
      "share of the models, from 0 to 1, that have tensors without elements: dims of 0 in graph inputs and behind nodes")         \
    X(TEXT, data_dependent, "SHARE", "0", 0, 0, IF_SAID,                                                                          \
      "share of the models, from 0 to 1, with operators whose results have sizes that data decide, such as NonZero, inside of "   \
      "motifs whose results have fixed sizes")                                                                                    \
    X(TEXT, random, "SHARE", "0", 0, 0, IF_SAID,                                                                                  \
      "share of the models, from 0 to 1, with random operators, such as RandomNormal, inside of motifs whose results are fixed")  \
    X(TEXT, form, "LIST", "", 0, 0, IF_SAID,                                                                                      \
      "write models in other forms that compute the same: if, loop, scan, function, storage, names, neutral, or all; each "       \
      "perhaps "                                                                                                                  \
      "with the share of models that take it, such as if:0.5")                                                                    \
    X(INT, variants, "K", 1, 1, 100, IF_SAID,                                                                                     \
      "write K copies of each model, the first one plain and the others in forms (all, without --form): test_000000, "            \
      "test_000000_v1 and so on")                                                                                                 \
    X(FLAG, outputs, NULL, 0, 0, 0, IF_SAID,                                                                                      \
      "write expected outputs, test_data_set_K/output_J.pb, and how far each element of a correct result may be from them, "      \
      "bound_J.pb")                                                                                                               \
    X(FLAG, intervals, NULL, 0, 0, 0, true, "write the interval of every tensor to models.jsonl")                                 \
    X(FLAG, check, NULL, 0, 0, 0, false, "check every node again with an independent evaluator of the table")                     \
    X(TEXT, specs, "DIR", NULL, 0, 0, false, "read the operator table from DIR instead of the built-in one")                      \
    X(INT, jobs, "J", 0, 1, 256, false, "number of threads; it does not change the bytes (default: one for each processor)")      \
    X(FLAG, force, NULL, 0, 0, 0, false, "replace what nngen wrote to DIR before; other files are kept")                          \
    X(FLAG, resume, NULL, 0, 0, 0, false, "continue a run with the same options that was interrupted in DIR")                     \
    X(TEXT, shard, "K/N", NULL, 0, 0, false, "make only the K-th of N parts of the family, to be merged later")                   \
    X(FLAG, verify, NULL, 0, 0, 0, false, "merge: compare every file of the shards with its SHA-256")                             \
    X(FLAG, dry_run, NULL, 0, 0, 0, false, "build every model, but write no files")                                               \
    X(FLAG, quiet, NULL, 0, 0, 0, false,                                                                                          \
      "print no progress, no summary and no notes on the corpus, such as missing operators; errors only")                         \
    X(FLAG, progress, NULL, 0, 0, 0, false, "print progress even if standard error is not a terminal")                            \
    X(TEXT, tape, "FILE", NULL, 0, 0, false, "write to DIR the model of these bytes, a tape of nngen seeds or of a fuzzer")       \
    X(INT, max_bytes, "N", 4096, 256, 1 << 30, false, "seeds: largest model.onnx; models that are larger are left out")           \
    X(TEXT, purpose, "WHAT", "parsers", 0, 0, false, "seeds: parsers (models alone) or runtimes (models with input tensors)")     \
    X(WORD, list_ops, "FORMAT", NULL, 0, 0, false, "list the operators; FORMAT is text, json or markdown")                        \
    X(WORD, list_motifs, "FORMAT", NULL, 0, 0, false, "list the motifs; FORMAT is text or json")                                  \
    X(INT, trace, "I", -1, 0, 9999999, false,                                                                                     \
      "show how model I is built: draws, operators tried, why tries failed; write no corpus")                                     \
    X(WORD, trace_summary, "FORMAT", NULL, 0, 0, false,                                                                           \
      "count the tries of the family by operator and outcome; write no corpus; FORMAT is text or json")                           \
    X(FLAG, version, NULL, 0, 0, 0, false, "print the version")                                                                   \
    X(FLAG, help, NULL, 0, 0, 0, false, "print this help")

#define OPTION_LISTS 2
enum { IF_SAID = 2 };

typedef int64_t option_INT;
typedef const char *option_TEXT;
typedef const char *option_LIST;
typedef int64_t option_FLAG;     /* 0 or 1 */
typedef const char *option_WORD; /* NULL: not given; "": given without a word */

typedef struct {
#define X(kind, field, argument, fallback, least, greatest, manifest, help) option_##kind field;
    NN_OPTIONS(X)
#undef X
    uint64_t given;                 /* bit 1 << row: given on the command line */
    int64_t shard_number, shards;   /* of --shard: models i with i % shards == shard_number - 1; 0, 0: all */
    int64_t nodes_last, nodes_step; /* of a range of nodes; 0, 0: not a range */
    const char *command;            /* merge, verify, replay or seeds; NULL: none */
    const char **paths;             /* arguments of the command; owned array */
    int n_paths;
    char *joined[OPTION_LISTS]; /* owned texts of LISTs that were given several times */
} options;

#define SHARDS_MAX 10000

typedef enum { OPTION_INT, OPTION_TEXT, OPTION_LIST, OPTION_FLAG, OPTION_WORD } option_kind;

typedef struct {
    option_kind kind;
    const char *field, *argument; /* argument: NULL if the option takes none */
    size_t offset;                /* in options */
    int64_t fallback, least, greatest;
    const char *fallback_text;
    int manifest; /* 1, 0 or IF_SAID */
    const char *help;
} option_row;

extern const option_row option_rows[];
extern const size_t option_count;

int64_t option_int(const options *o, const option_row *row);      /* INT, FLAG */
const char *option_text(const options *o, const option_row *row); /* TEXT, WORD */
void option_set_int(options *o, const option_row *row, int64_t x);
void option_set_text(options *o, const option_row *row, const char *s);
/* Whether the manifest states the option. */
bool option_stated(const options *o, const option_row *row);
/* Whether the command o->command takes the option; false if there is no command. */
bool option_of_command(const options *o, const option_row *row);
uint64_t options_all(const options *o);                /* number of models of the family, copies included */
uint64_t options_models(const options *o);             /* of those that the run makes: all, or those of the shard */
void option_flag(const option_row *row, char out[32]); /* "--max-elements" */

/* A share such as "0", "0.25" or "1", in thousandths; -1: another text. Digits after the third are ignored. */
int share_parse(const char *text);
void options_default(options *o);
void options_free(options *o);
/* NN_ERR_USAGE: the message names the option, its value and what was expected. */
nn_status options_parse(options *o, int argc, char *const *argv, nn_error *err);
/* Checks the ranges of the INT fields. Messages have the prefix "--" or "" before names. jobs may be 0. */
nn_status options_check(const options *o, const char *prefix, nn_error *err);
/* Writes the fields of the manifest as "nodes=40 count=100 ...", for a model's metadata. Returns the length without the NUL, like
 * snprintf. */
size_t options_describe(const options *o, char *out, size_t size);

#endif
