/* Compiled rules of an operator: what opmodel.c makes of a table entry and the lowering interprets.
 *
 * Ownership: in the op_set's arena. */
#ifndef NN_OPMODEL_RULES_H
#define NN_OPMODEL_RULES_H

#include "rules/expr.h"
#include "rules/opmodel.h"

typedef enum { VAR_CHOOSE, VAR_ATTR } var_origin;
typedef enum {
    ATTR_TYPE_NONE,
    ATTR_TYPE_INT,
    ATTR_TYPE_FLOAT,
    ATTR_TYPE_STRING,
    ATTR_TYPE_INTS,
    ATTR_TYPE_FLOATS,
    ATTR_TYPE_STRINGS,
    ATTR_TYPE_DTYPE,
    ATTR_TYPE_TENSOR /* float32, of rank 1 */
} attr_type;

typedef struct {
    const char *name;
    var_origin origin;
    attr_type attr;
    ex_type type;  /* of its value */
    bool choice;   /* domain is a domain; else a definition */
    bool left_out; /* an attribute with a default that is never written */
    expr *domain;
    expr *fallback; /* `default` */
    expr *when;
    spec_place place;
} rule_var;

typedef struct {
    expr *shape, *rank, *when, *values;
    expr **domain;      /* alternatives */
    interval *constant; /* room for the same, where they depend on nothing; NULL else */
    size_t n_domain;
    bool folded; /* constant is filled (lower_fold_domains) */
} rule_input;

typedef struct {
    expr *shape, *when, *range, *arity;
} rule_output;

typedef struct {
    const char *name;
    expr **conditions;
    size_t n;
} rule_idiom;

struct op_rules {
    rule_var *vars;
    size_t n_vars;
    rule_input *inputs;
    rule_output *outputs;
    expr **where;
    size_t n_where;
    expr **require; /* first those that name no output */
    size_t n_require, n_early;
    rule_idiom *idioms;
    size_t n_idioms;
};

/* What an operator's choices look like in the node, without a draw of its own: an attribute that is computed, and an input that is
 * always an initializer with a list of values. Forms are settled after all else, so that draws do not depend on them. */
static inline bool rule_var_is_form(const rule_var *v)
{
    return v->origin == VAR_ATTR && !v->choice && !v->fallback;
}
static inline bool op_input_is_form(const op_model *op, size_t input)
{
    const op_input *in = &op->inputs[input];
    const rule_input *r = &op->rules->inputs[input];
    return in->roles == ROLE_CONSTANT && !in->optional && in->max_arity == 1 && r->shape && r->values &&
           r->values->type != TY_CONTENT;
}

#define OP_MAX_VARS 48
#define OP_MAX_TYPES 8    /* type variables */
#define OP_MAX_DEPTH 1000 /* of expressions that lead to others through names */

/* ---- compilation of one entry (opmodel.c, expr_check.c) ---- */
typedef struct {
    op_model *op;
    op_rules *rules;
    arena *a;
    nn_error *err;
    uint8_t var_state[OP_MAX_VARS]; /* 0 not checked, 1 being checked, 2 done */
    uint8_t input_state[OP_MAX_INPUTS], output_state[OP_MAX_OUTPUTS];
    const char *chain[128]; /* names being checked, for the message about a circle */
    int chain_length;
    bool values;       /* intervals may be used here */
    int known_outputs; /* and of these outputs, the first ones */
    int depth;         /* of expr_visit */
    struct {
        const char *name;
        ex_type type;
    } locals[EXPR_MAX_LOCALS];
    int n_locals;
    dtype_mask asked;   /* as in the op_set */
    unsigned widened;   /* bit v: type variable v has types in `wide` */
    dtype_mask lacking; /* types of the first type variable or tensor for which none was chosen */
} op_compile;

/* "; did you mean `x`?" for a name that the operator does not know, or "". functions: function names count too. */
typedef struct {
    char s[160];
} op_hint;
op_hint op_suggest(const op_compile *c, const char *word);

/* First pass (opmodel_parse.c), in this order. */
nn_status op_parse_types(op_compile *c, const spec_entry *entry);
nn_status op_parse_tensors(op_compile *c, const spec_entry *entry);
nn_status op_parse_sections(op_compile *c, const spec_entry *entry);

/* Resolves names and checks types, rewriting *e. want: type the result is coerced to (TY_NONE: any value; TY_DOMAIN: a domain or a
 * value). */
nn_status expr_check(op_compile *c, expr **e, ex_type want);
ex_type expr_domain_type(const expr *e); /* type of the values that a checked domain draws */
/* Called by expr_check when an expression depends on a variable's value or a tensor's shape: checks their rules first and finds
 * circles. */
nn_status op_compile_var(op_compile *c, int var, spec_place place);
nn_status op_compile_input(op_compile *c, int input, spec_place place);
nn_status op_compile_output(op_compile *c, int output, spec_place place);

#endif
