/* Compiled rules: names are resolved to slots.
 *
 * Ownership: in the ref_table's arena; immutable once compiled. */
#ifndef NN_REF_RULES_H
#define NN_REF_RULES_H

#include "reference/ref_fn.h"
#include "rules/opmodel_rules.h"

#define REF_MAX_LOCALS 24 /* indices and variables of one rule */
#define REF_MAX_LETS 32   /* of an operator */
#define REF_MAX_ARGS 12

typedef enum {
    RX_INT,
    RX_REAL,
    RX_TEXT,
    RX_LOCAL,  /* slot */
    RX_VAR,    /* attribute or definition of the table; slot: in op_rules */
    RX_INPUT,  /* slot: in op_model */
    RX_INPUTS, /* all inputs of the node */
    RX_OUTPUT, /* slot; variadic: the one that is being computed */
    RX_LET,    /* slot */
    RX_TYPE,   /* slot: a type variable; its name as text */
    RX_NEG,    /* a */
    RX_NOT,
    RX_AND, /* a, b */
    RX_OR,
    RX_BINARY,  /* op: ex_op */
    RX_ELEMENT, /* of tensor or list a at args, elsewhere b; op: EXPR_BROADCAST, EXPR_OUTSIDE, REF_BARE */
    RX_SLICE,   /* of list a from b to c */
    RX_LIST,    /* args */
    RX_FOR,     /* list of `a` for binders, if c */
    RX_CALL,    /* fn, args; the last may be an RX_FOR */
    RX_DEF,     /* slot: a function of the rules; args */
    RX_IF
} rx_kind;

enum { REF_BARE = 4 }; /* of an RX_ELEMENT: a tensor's name that stands for its element at the output's indices */

typedef struct ref_expr ref_expr;

/* `v in a..b`, or v in list a, or `v.. in a`: a list of indices below those of list a. */
typedef struct {
    int slot;
    bool tuple;
    bool chooses;              /* of a function's parameter: it chooses a tensor */
    const ref_expr *from, *to; /* to NULL: a list */
} ref_binder;

struct ref_expr {
    rx_kind kind;
    int op, slot;
    bool varies; /* RX_FOR: a variable chooses a tensor, so that its values are taken one by one */
    size_t n;    /* of args or binders */
    const ref_expr *a, *b, *c;
    const ref_expr **args;
    ref_binder *binders;
    ref_binder *hoisted; /* RX_FOR: parts of the body (from) that do not depend on its variables, and their slots */
    size_t n_hoisted;
    int64_t i;
    double r;
    const char *s;
    spec_place place;
};

typedef struct {
    expr_head_kind kind;
    const char *name;
    int slot; /* of the output, let or function */
    bool indexed;
    bool slices;         /* it holds whole slices: smaller blocks */
    bool sequential;     /* let: one value of the first index after the other */
    ref_binder *binders; /* indices, or parameters; an unindexed output has a tuple */
    size_t n;
    int n_locals;
    const ref_expr *body;
    spec_place place;
} ref_rule;

typedef struct {
    const op_model *op;
    const ref_rule *working_type; /* let working_type, or NULL: the number of a type in which implementations may compute */
    const ref_rule **order;       /* rules of outputs and definitions, in the order in which they are computed */
    size_t n, n_typing;           /* n_typing: of a program of shapes, the rules that types need */
    ref_rule **defs;              /* functions by slot */
    const ref_rule **lets; /* by slot: definitions that are computed where they are used; NULL: all are, in advance */
    size_t n_lets, n_defs;
    const ref_expr **vars; /* definition or default of each variable of the op_rules that the rules use; otherwise NULL */
    unsigned stated;       /* bit i: output i has a rule */
    bool interpolates;     /* elements may count that have no weight */
    bool any_inputs;       /* the rules take all inputs that a node has, and not only those of the table */
} ref_program;

/* The merged rules of every operator: a mapping from heads to expressions, or NULL. accuracy: the merged mapping, or NULL. */
typedef struct {
    const spec_node **of; /* by operator of the op_set */
    const spec_node *accuracy, *convention;
} ref_files;

struct ref_table {
    const op_set *ops;
    ref_program **programs; /* NULL: an operator without rules */
    ref_program **shapes;   /* of the types and shapes of outputs; NULL: not asked for (ref_table_add_shapes) */
    ref_files files;
    ref_accuracy accuracy[RF_COUNT_];
    ref_convention convention;
    arena memory;
};

nn_status ref_read_files(ref_files *out, const op_set *ops, const spec_file *files, size_t n_files, arena *a, nn_error *err);
nn_status ref_read_convention(ref_convention *out, const spec_node *map, nn_error *err);
nn_status ref_read_accuracy(ref_accuracy *out, const spec_node *map, nn_error *err);
nn_status ref_compile(ref_program **out, const op_set *ops, const op_model *op, const spec_node *rules, arena *a, nn_error *err);
/* The program of types and shapes: `type` and `shape` of the rules, which may be NULL, and elsewhere the table's shapes. An output
 * has no rule where neither follows from what a model states. */
nn_status ref_compile_shapes(ref_program **out, const op_set *ops, const op_model *op, const spec_node *rules, arena *a,
                             nn_error *err);

/* The program of definitions and single expressions (ref_phrase.h). definitions: `let` without indices and `def`. */
nn_status ref_compile_phrases(ref_program **out, const ref_expr **phrases, const op_set *ops, const op_model *op,
                              const spec_node *definitions, const spec_node *const *texts, size_t n, arena *a, nn_error *err);

/* ref_hoist.c: takes what does not depend on the variables of a comprehension, slots from `first` on, out of its body. Slots from
 * *n_locals on are free. false: out of memory. */
bool ref_hoist(ref_expr *comprehension, int first, int *n_locals, arena *a);

/* ref_fn.c */
int ref_find_function(const char *word); /* -1: unknown */
const char *ref_function_word(int fn);
ref_form ref_function_form(int fn);
void ref_function_arguments(int fn, int *fewest, int *most); /* most -1: any number */

#endif
