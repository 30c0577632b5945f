/* The compiled rules of an operator. opmodel.c makes them from a table entry; the lowering interprets them.
 *
 * Ownership: in the op_set's arena. */
#ifndef NN_OPMODEL_RULES_H
#define NN_OPMODEL_RULES_H

#include "rules/expr_names.h"
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
    bool choice;   /* `domain` is a domain to draw from; false: it is a definition */
    bool left_out; /* an attribute with a default that is never written */
    expr *domain;
    expr *fallback; /* `default` */
    expr *when;
    spec_place place;
} rule_var;

typedef struct {
    expr *shape, *rank, *when, *values;
    expr **domain;      /* alternatives */
    interval *constant; /* the same alternatives as intervals if they depend on nothing, otherwise NULL */
    size_t n_domain;
    expr_names names; /* the names that the alternatives use */
    bool folded;      /* `constant` is filled in (lower_fold_domains) */
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
    expr **empty; /* further conditions on a node whose tensors may be empty */
    size_t n_empty;
    expr **require; /* the first n_early of them use no output */
    size_t n_require, n_early;
    expr_names *early_names; /* the names that each of the first n_early conditions uses */
    rule_idiom *idioms;
    size_t n_idioms;
};

/* A size that data decide: it is known when the node is run (specs/README.md, `found`). */
static inline bool rule_var_is_found(const rule_var *v)
{
    return v->choice && v->domain->kind == EX_CALL && v->domain->op == FN_FOUND;
}

/* A form is how the node writes choices, without a draw of its own: a computed attribute, or an input that is always an initializer
 * with a list of values. Forms are settled last, so that draws do not depend on them. */
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

/* Rules of a relaxed request (lower.h), for the lowering and the re-check.
 *
 * Whether a condition of `require` keeps values of interest rather than valid: it uses estimates, or it compares the magnitude of
 * a tensor with a number. */
bool rule_keeps_interest(const expr *e);
/* The interval in which the values of a float input may lie. Ends of 10 or more in magnitude, and ends other than 0 within 0.1 of
 * it, are there to keep values comfortable, so they are moved outward. Others, such as 0 and 1, state what the operator can
 * compute. */
interval rule_relaxed_domain(interval domain);

#define OP_MAX_VARS 48
#define OP_MAX_TYPES 8 /* type variables */

#endif
