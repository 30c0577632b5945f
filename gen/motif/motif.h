/* Motifs: subgraphs that people and exporters write, as data (specs/motifs/). A motif_set holds the motifs of a table, compiled for
 * the operators of an op_set. motif_plan_new draws one motif's dims, constants and mutations and gives a plan: nodes in topological
 * order with everything decided that the motif decides. The builder (build/build_motif.h) then solves each node by its operator's
 * entry with these decisions pinned; what the motif leaves open is drawn by the entry.
 *
 * Ownership: a motif_set owns its arena, borrows the op_set, and may be shared by threads: it is immutable but for motifs of
 * embedded files, which it compiles when they are first used. A plan lives in the arena given to motif_plan_new. */
#ifndef NN_MOTIF_H
#define NN_MOTIF_H

#include "arena.h"
#include "draw/choice.h"
#include "rules/instance.h"

#define MOTIF_MAX_NODES 40  /* of a plan, mutations included */
#define MOTIF_MAX_INPUTS 8  /* of a plan */
#define MOTIF_MAX_CONSTS 64 /* of a plan */

/* How a motif appears. EXACT: as written, with the shapes that it names first. VARIANT: as written, with other dims, ranks,
 * constants or types of those it allows. MUTATED: with one or two near misses (motif_mutate.c). */
typedef enum { MOTIF_EXACT, MOTIF_VARIANT, MOTIF_MUTATED, MOTIF_LEVELS } motif_level;

typedef enum {
    MOTIF_ABSENT, /* an optional input that is left out: `_` */
    MOTIF_AUTO,   /* the operator's entry decides: not written, or `*` */
    MOTIF_CONST,  /* constant `index` of the plan */
    MOTIF_INPUT,  /* input `index` of the plan */
    MOTIF_NODE    /* output `output` of the earlier node `index` */
} motif_operand_kind;

typedef struct {
    motif_operand_kind kind;
    int index, output;
} motif_operand;

/* A variable or attribute of the operator's entry, and the value that it must have, or must not have. Bools are ints. */
typedef inst_pin motif_pin;

typedef struct {
    const char *name;
    const op_model *op;
    int arity[OP_MAX_INPUTS];             /* number of slots of each input, as in lower_request */
    motif_operand operands[OP_MAX_SLOTS]; /* one for each slot */
    const motif_pin *pins;
    size_t n_pins;
    dtype output_type; /* of output 0, where the operator's inputs do not fix it; DT_NONE: any */
    uint32_t outs;     /* bit k: output k is one of the motif's, which the rest of the graph may take */
    bool claimed;      /* a pin states the contents of an operand that other nodes compute; neither may be mutated */
} motif_node;

/* A constant: an initializer, which may have several consumers. */
typedef struct {
    const char *name;
    tensor_desc desc; /* range and likely are filled in */
    content init;
} motif_const;

typedef struct {
    const char *name;
    tensor_desc desc; /* type, rank, dims; range: what the values must lie in */
} motif_in;

typedef struct {
    const char *name; /* of the motif */
    motif_level level;
    const char *const *mutations; /* "constant two: 2 -> 4", "operands of d swapped" ...; for models.jsonl */
    size_t n_mutations;
    motif_node *nodes;
    size_t n_nodes;
    motif_const *consts;
    size_t n_consts;
    motif_in *inputs;
    size_t n_inputs;
    uint64_t shown;       /* bit k: output 0 of node k must also be a graph output (a mutation) */
    bool closed;          /* what data decide, or chance, does not show outside (motif_flags) */
    uint64_t graph_input; /* bit k: input k must be a graph input of its own (a constant that became one) */
} motif_plan;

typedef struct motif_set motif_set;

/* files: files of motifs (specs/motifs/); used only during the call. Motifs whose operators, types or opsets the op_set lacks are
 * left out and counted. base: a set for the same op_set, whose motifs come first; it must outlive the new one; NULL: none.
 * NN_ERR_TABLE: a malformed motif, with file, line and reason. */
nn_status motif_set_new(motif_set **out, const op_set *ops, const motif_set *base, const spec_file *files, size_t n_files,
                        nn_error *err);
void motif_set_free(motif_set *s);
/* Compiles the motifs that would be compiled when they are first used. */
nn_status motif_set_complete(const motif_set *s, nn_error *err);
size_t motif_count(const motif_set *s);
const char *motif_name(const motif_set *s, size_t i);
const char *motif_doc(const motif_set *s, size_t i);
/* "onnxruntime: LayerNormFusion; onnxslim: ..."; empty if none is stated, or the motif was not compiled yet (motif_set_complete).
 */
const char *motif_fires(const motif_set *s, size_t i);
int motif_find(const motif_set *s, const char *name); /* -1: unknown */
/* The motif was left out, and why ("operator X is not in the table", "opset >= 20"); NULL: it was not. i counts all, names too. */
const char *motif_left_out(const motif_set *s, size_t i);
size_t motif_nodes(const motif_set *s, size_t i); /* number of nodes when exact: a lower bound of a plan's */
/* The operator of the last node when exact; the motif was not left out. */
const op_model *motif_operator(const motif_set *s, size_t i);

/* The flags that operators of its nodes have (opmodel.h). */
#define MOTIF_CLOSED (OP_FOUND | OP_NONDETERMINISTIC) /* a motif with one of these is closed (family/fragments.h) */
unsigned motif_flags(const motif_set *s, size_t i);

/* Draws which kind of near miss the plans of a motif get, by weight. */
int motif_draw_near_miss(tape *t);

/* Draws a plan. near_miss: the kind of the first near miss of a mutated one, at least 0, if it applies to the motif. given: a
 * tensor that is to be input 0, NULL: none; its type, rank and dims must match the input's pattern, else the result is NN_ERR_BUILD
 * (without a message) and nothing is decided; the caller then tries another tensor or another draw. limits: the plan's tensors keep
 * max_elements, max_dim and max_rank. NN_ERR_NOMEM. */
nn_status motif_plan_new(const motif_set *s, size_t i, motif_level level, int near_miss, const tensor_desc *given,
                         const lower_limits *limits, tape *t, arena *a, motif_plan *out);

#endif
