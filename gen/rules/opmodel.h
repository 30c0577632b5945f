/* The operator table compiled for one opset and profile: what the builder knows about operators without lowering them.
 *
 * Ownership: an op_set owns its arena. Once the domains are folded (lower_fold_domains) it is immutable and may be shared by
 * threads. */
#ifndef NN_OPMODEL_H
#define NN_OPMODEL_H

#include "base.h"
#include "value/dtype.h"
#include "value/graph.h"
#include "table/spec_table.h"

#define OP_MAX_INPUTS 16
#define OP_MAX_SLOTS 24   /* inputs with variadics unrolled */
#define OP_MAX_OUTPUTS 16 /* with variadics unrolled */

typedef enum { ROLE_DATA = 1, ROLE_WEIGHT = 2, ROLE_CONSTANT = 4 } op_role;
enum { OP_DISCONTINUOUS = 1, OP_SOURCE = 2, OP_NONDETERMINISTIC = 4, OP_UNLIKE = 8, OP_CONTRAST = 16, OP_FOUND = 32 };
/* OP_FOUND: data decide a size of an output, or the entry is for motifs in which data do. */

typedef struct op_rules op_rules; /* compiled expressions; opmodel_rules.h */

typedef struct {
    const char *name;
    dtype_mask types; /* types it may have */
    int type_var;     /* index of its type variable, -1: a single type */
    unsigned roles;   /* set of op_role */
    bool optional;
    bool empty;               /* a constant that may have no elements */
    bool conditional;         /* has a `when`: the operator's choices decide whether it is present */
    int min_arity, max_arity; /* 1, 1 unless variadic */
    uint32_t ranks;           /* bit r: rank r is possible (an upper bound where the rank depends on others) */
    bool has_domain;          /* values are restricted: see lower.h */
} op_input;

typedef struct {
    const char *name;
    dtype_mask types;
    int type_var;
    bool optional, conditional, variadic;
} op_output;

typedef struct {
    const char *name;
    const char *type; /* of its nodes in ONNX: the name, or what the entry says (`as`) */
    uint16_t index;   /* in the op_set */
    int since;        /* version of the operator's schema */
    unsigned flags;
    bool empty; /* nodes may have tensors with dimensions of 0, where the request's limits allow it */
    op_input *inputs;
    size_t n_inputs;
    op_output *outputs;
    size_t n_outputs;
    const char **type_names; /* type variables */
    dtype_mask *type_masks;
    dtype_mask data; /* as in its op_set */
    size_t n_types;
    op_rules *rules;
} op_model;

typedef struct {
    const char *op;
    dtype_mask types; /* it needs one of these; none was chosen */
} op_untyped;

/* "int8 or uint8". Returns the length without the NUL, as snprintf does. */
size_t op_untyped_text(const op_untyped *u, char *out, size_t size);

typedef struct op_set op_set;

struct op_set {
    op_model *ops; /* in name order */
    size_t n_ops;
    size_t n_all;            /* with those behind n_ops that stand inside motifs only (op_inner.h) */
    op_set *inner;           /* owned; NULL: the same operators and types stand inside motifs as elsewhere */
    op_model *compiled;      /* of each entry of the table, as it was before any filter; NULL: the set was not made from a table */
    const spec_table *table; /* exclusions, digest, opset, profile */
    int common[2];           /* op_set_common: the opsets that have the same rules; 0, 0: only the table's is asked for */
    dtype_mask asked;        /* float32 and the other types that were chosen */
    dtype_mask data;     /* those of them that graph inputs and outputs may have: all but bool, whose values seldom change with the
                            graph inputs */
    op_untyped *untyped; /* operators left out because none of their types was chosen, in name order */
    size_t n_untyped;
    struct arena_holder *owner;
};

/* files, profile: as for spec_table_load; they are used only during the call. NN_ERR_TABLE names the place and the operator. */
nn_status op_set_new(op_set **out, const spec_file *files, size_t n_files, const spec_file *profile, int opset, nn_error *err);
/* The same with types of data in addition to float32. */
nn_status op_set_new_typed(op_set **out, const spec_file *files, size_t n_files, const spec_file *profile, int opset,
                           dtype_mask asked, nn_error *err);
/* All operators of the table of `of`, with other types. It borrows the table and the rules, so free it before `of`. */
nn_status op_set_new_retyped(op_set **out, const op_set *of, dtype_mask asked, nn_error *err);
void op_set_free(op_set *s);
int op_find(const op_set *s, const char *name); /* index, -1 if unknown */

#define OP_MAX_PAIRED 4096
/* NN_ERR_USAGE: the set has more than OP_MAX_PAIRED operators, so that one number for each pair of them would take too much memory.
 * what: the option that needs the pairs, for the message. */
nn_status op_pairs_fit(const op_set *s, const char *what, nn_error *err);

#endif
