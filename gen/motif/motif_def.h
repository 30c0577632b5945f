/* A compiled motif: what motif_compile.c makes of an entry, and motif_plan.c draws plans from. Motifs of embedded files are
 * compiled when they are first used, since a family uses few of them.
 *
 * Ownership: everything lives in the arena of the motif_set, or of the motif if it was compiled late, and is immutable once
 * compiled. */
#ifndef NN_MOTIF_DEF_H
#define NN_MOTIF_DEF_H

#include "motif/motif.h"
#include "rules/expr.h"
#include "rules/expr_outside.h"

#define MOTIF_MAX_DIMS 16
#define MOTIF_MAX_TYPES 4 /* type variables */
#define MOTIF_MAX_SYMBOLS 256
#define MOTIF_MAX_BETWEEN 16 /* operators that near misses insert */
#define MOTIF_MAX_REST 3     /* dims that `..` stands for */

/* The names of a motif. Expressions see a tensor as the list of its dims, and a type as its name. */
typedef enum { SYM_TYPE, SYM_DIM, SYM_INPUT, SYM_CONST, SYM_OUTPUT } sym_kind;

typedef struct {
    const char *name;
    sym_kind kind;
    int index, output; /* SYM_OUTPUT: of node `index`; others: index among their kind */
} motif_symbol;

typedef struct {
    expr *e;           /* NULL: there is none */
    uint16_t *symbols; /* of each variable in e */
    size_t n;
} motif_expr;

/* A value, one of a set of values, or one of a range. */
typedef enum { DRAW_NONE, DRAW_VALUE, DRAW_SET, DRAW_RANGE } draw_kind;

typedef struct {
    draw_kind kind;
    motif_expr *items; /* a range has two */
    size_t n;
} motif_draw;

typedef struct {
    const char *name;
    motif_draw draw;
    int free_use; /* the first input's dim that names it, -1: none; it is then taken from a given tensor */
} motif_dim;

/* "T[.., H] in -1..1", "int64[2] = [0, H]". */
typedef struct {
    int type_var; /* -1: the type is `type` */
    dtype type;
    motif_expr *dims;
    size_t n_dims;
    int rest;          /* how many of the dims stand before `..`; -1: it has none */
    motif_draw bounds; /* DRAW_RANGE of reals, or NONE */
    motif_draw fill;   /* one real for all elements */
    motif_expr list;   /* reals, one for each element */
    spec_place place;
} motif_pattern;

typedef struct {
    const char *name;
    motif_pattern p;
} motif_tensor; /* an input or a constant */

typedef struct {
    int var;
    motif_expr e;
} def_pin;

typedef struct {
    const char *name; /* as written, of all outputs */
    const op_model *op;
    int arity[OP_MAX_INPUTS];
    motif_operand operands[OP_MAX_SLOTS];
    size_t n_slots;
    def_pin *pins;
    size_t n_pins;
    motif_expr output_type; /* a pinned `type` attribute that is the type of output 0 */
    uint32_t outs;          /* bit k: output k is one of the motif's */
    bool claimed;
} def_node;

typedef struct motif_late motif_late;

typedef struct {
    const char *name, *doc, *fires;
    const char *left_out;   /* NULL: usable */
    motif_late *late;       /* NULL: all is compiled; otherwise only what motif_compile_outline says */
    const op_model *ending; /* operator of the last node; NULL: the motif is left out */
    unsigned flags;         /* all that operators of its nodes have (opmodel.h) */
    spec_place place;
    int first, last; /* opsets */
    const char *type_names[MOTIF_MAX_TYPES];
    dtype_mask type_masks[MOTIF_MAX_TYPES]; /* of those that may be drawn */
    dtype first_types[MOTIF_MAX_TYPES];
    size_t n_types;
    motif_dim *dims;
    size_t n_dims;
    motif_tensor *inputs, *consts;
    size_t n_inputs, n_consts;
    def_node *nodes;
    size_t n_nodes;
    motif_symbol *symbols;
    size_t n_symbols;
} motif_def;

/* A motif that is compiled when it is first used. */
typedef struct {
    arena a;
    motif_def def;
} late_def;

struct motif_late {
    const motif_set *set; /* whose motif it is */
    const spec_pair *entry;
    late_def *def; /* NULL: not yet; read and set atomically, and owned by the set */
};

struct motif_set {
    arena a;
    const op_set *ops;
    motif_def *defs; /* in file order */
    size_t n_defs;
    size_t most_defs;
    size_t n_base; /* of defs that another set owns, which come first */
    const op_model *between[MOTIF_MAX_BETWEEN];
    size_t n_between;
};

/* The motif, all compiled. NN_ERR_NOMEM, or NN_ERR_TABLE or NN_ERR_BUILD for a fault that the embedded files do not have. */
nn_status motif_get(const motif_def **out, const motif_set *s, size_t i, nn_error *err);

/* What is known of the symbols while a plan is drawn: ints, lists of dims, names of types. */
typedef struct {
    inst_var *values; /* by symbol of the motif */
} motif_values;

#endif
