/* The state of the compilation of one entry to an op_model, shared by opmodel.c, opmodel_parse.c and expr_check*.c.
 *
 * Ownership: models, rules and expressions live in the op_set's arena; everything else lives as long as the compilation. */
#ifndef NN_OP_COMPILE_H
#define NN_OP_COMPILE_H

#include "rules/opmodel_rules.h"

#define OP_MAX_DEPTH 1000 /* levels of expressions that refer to one another by name */

typedef struct {
    op_model *op;
    op_rules *rules;
    arena *a;
    nn_error *err;
    uint8_t var_state[OP_MAX_VARS]; /* 0 not checked, 1 being checked, 2 done */
    uint8_t input_state[OP_MAX_INPUTS], output_state[OP_MAX_OUTPUTS];
    const char *chain[128]; /* names being checked, for the message about circular definitions */
    int chain_length;
    bool values;       /* intervals may be used here */
    int known_outputs; /* and those of the first known_outputs outputs */
    int depth;         /* of expr_visit */
    struct {
        const char *name;
        ex_type type;
    } locals[EXPR_MAX_LOCALS];
    int n_locals;
    dtype_mask asked;   /* as in the op_set */
    int opset;          /* of the table */
    unsigned widened;   /* bit v: type variable v has types in `wide` */
    dtype_mask lacking; /* types of the first type variable or tensor for which none was chosen */
} op_compile;

/* "; did you mean `x`?" for a name that the operator does not have; "" if no name is near. */
typedef struct {
    char s[160];
} op_hint;
op_hint op_suggest(const op_compile *c, const char *word);

/* First pass (opmodel_parse.c), in this order. */
nn_status op_parse_types(op_compile *c, const spec_entry *entry);
nn_status op_parse_tensors(op_compile *c, const spec_entry *entry);
nn_status op_parse_sections(op_compile *c, const spec_entry *entry);

/* Resolves names and checks types, rewriting *e. want: the type that the result is coerced to (TY_NONE: any value; TY_DOMAIN: a
 * domain or a value). */
nn_status expr_check(op_compile *c, expr **e, ex_type want);
/* expr_check calls these when an expression depends on a variable's value or a tensor's shape. They check the rules of these first,
 * and detect circular definitions. */
nn_status op_compile_var(op_compile *c, int var, spec_place place);
nn_status op_compile_input(op_compile *c, int input, spec_place place);
nn_status op_compile_output(op_compile *c, int output, spec_place place);

#endif
