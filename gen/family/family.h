/* The structs behind the public objects. A family is (table, options, plan). A model is the workspace of a thread together with
 * the model that was last built in it.
 *
 * Ownership: each struct owns what its pointers lead to, except the table of a family and the family of a model. */
#ifndef NN_API_H
#define NN_API_H

#include "build/build.h"
#include "family/late_classes.h"
#include "family/learned.h"
#include "family/model_manner.h"
#include "family/model_tape.h"
#include "plan/cover.h"
#include "plan/guide.h"
#include "write/input_mode.h"
#include "write/naming.h"
#include "write/npz.h"
#include "write/onnx_write.h"
#include "family/fragments.h"
#include "family/motif_choice.h"
#include "family/options.h"
#include "family/table_ops.h"
#include "motif/motif.h"
#include "plan/plan.h"
#include "plan/wish.h"
#include "base/json_line.h"
#include "base/sha256.h"
#include "family/outputs.h"
#include "reference/reference.h"
#include "write/model_files.h"
#include "form/form.h"
#include "stats/stats.h"
#include "stats/structure.h"

struct nn_table {
    arena mem;
    options options; /* opset, profile, ops */
    op_set *ops;
    table_ops chosen; /* how `ops` came to be */
    op_set *all;      /* all operators and types without a profile, which the rules of outputs are for; NULL: none were asked for */
    ref_table *reference;   /* these rules */
    const spec_file *forms; /* the files of specs/forms */
    size_t n_forms;
    motif_set *motifs;
    late_classes *classes;
    manner_set *manners;
    char digest[SHA256_HEX_SIZE];       /* of the table and profile */
    char full_digest[SHA256_HEX_SIZE];  /* and of the manners and motifs */
    char rules_digest[SHA256_HEX_SIZE]; /* of the rules of outputs; empty: the table was opened without them */
};

struct nn_family {
    const nn_table *table;
    options options; /* all options that the manifest states */
    step_watch watch;
    arena mem; /* texts of the options */
    plan *plan;
    pair_table *pairs; /* NULL: --cover does not ask for paths */
    cover *cover;      /* NULL: --cover does not ask for paths */
    guide guide;
    learned learned;
    wish *wishes;                      /* NULL: the weights name no sequences */
    bool plain;                        /* models are drawn as without a manner */
    const manner *manner;              /* NULL: one is drawn for each model */
    const op_weights **manner_weights; /* by manner of the table */
    char digest[SHA256_HEX_SIZE];      /* of all files that decide the bytes of models */
    motif_choice motifs;
    fragments fragments;
    form_choice forms;
    form_rules *form_rules; /* NULL: no forms */
    lower_limits limits;
    input_modes modes;
    dynamic_wish dynamic; /* without seed and index */
    uint32_t empty;       /* share of the models with empty tensors, in thousandths */
    unsigned formats;     /* of inputs: INPUT_PB, INPUT_NPZ */
    char *description;    /* the options as text, for the metadata of models */
};

struct nn_model {
    const nn_family *family;
    tape *tape;
    builder *builder;
    arena mem; /* names; scratch of the writer */
    sha256 *hasher;
    model_manner manner;
    due_path *paths; /* workspace: the paths that are due */
    size_t paths_capacity;
    fragments_due fragments;
    due_motif *due; /* workspace: the motifs that are due */
    size_t due_capacity;
    const graph *graph; /* NULL: nothing is built. In another form: the plain graph with the inputs and outputs of the form */
    const graph *plain; /* the graph that was built */
    form_result formed; /* model NULL: the model is plain */
    form_request wanted;
    uint64_t variant;   /* of the copies: its number; 0: the plain one, or the only one */
    const graph *views; /* the graph in each of its worlds; `graph` itself if it has none */
    size_t n_views;
    build_report report;
    const build_trace *trace; /* NULL: there is no listener */
    model_names names;
    uint64_t seed, index; /* of the contents of tensors */
    char name[MODEL_NAME_SIZE];
    model_tape taped;
    onnx_buffer onnx, input;
    json_line tolerances; /* the text of data.json or config.txt */
    npz npz;
    model_outputs outputs;
};

/* Makes a model in which nothing is built. */
nn_status model_new(nn_model **out, const nn_family *f, nn_error *err);
/* The same if *model is NULL; otherwise the model loses its content. NN_ERR_USAGE: it is of another family. */
nn_status model_reuse(nn_model **model, const nn_family *f, nn_error *err);
/* Builds the model that its seed and index or its bytes state. log: its tape is written; NULL: it is not. */
nn_status model_make(nn_model *m, build_log *log, nn_error *err);
/* Lets the draws of a request come from the bytes of the model. */
void model_tape_begin(nn_model *m, build_request *r);
/* Begins a log with what the head of a tape says of the model. */
void model_log_begin(nn_model *m, build_log *log);
/* The digest that a family with these options has. */
nn_status family_digest_of(const nn_table *t, const options *o, char out[SHA256_HEX_SIZE], nn_error *err);
/* Number of sets of the model that are written as .pb files: as many as the family's for each of its worlds, which take turns. And
 * whether there is an inputs.npz. */
uint64_t model_sets(const nn_model *m);
bool family_npz(const nn_family *f);
bool family_outputs(const nn_family *f); /* whether the sets have expected outputs */
/* The files of the model that is built, in order: model.onnx; its external data; those of each data set, which are inputs, then
 * outputs, then bounds; tolerances, if there are outputs in data sets; archives in the same order. */
size_t model_files(const nn_model *m);
model_file model_file_at(const nn_model *m, size_t k);
nn_status model_file_bytes(nn_model *m, const model_file *f, const void **bytes, size_t *size, nn_error *err);
/* Of graph output i over all data sets. *wide: some bound is large or infinite; *known: all are finite. */
nn_status model_tolerance(nn_model *m, size_t i, double *atol, double *rtol, bool *wide, bool *known, nn_error *err);
/* The graph that was built, without what forms add to it. */
const graph *model_plain(const nn_model *m);
/* Writes the model's structure; false: memory ran out. */
bool model_structure(nn_model *m, uint8_t out[STRUCTURE_SIZE]);
/* Statistics for the models of the family. */
nn_status family_stats(stats *s, const nn_family *f, nn_error *err);
/* Adds the model that is built; stats_reserve has made room for it. */
void family_count(stats *s, const nn_model *m);

#endif
