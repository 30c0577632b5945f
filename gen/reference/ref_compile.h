/* The compiler of rules, for ref_compile*.c only: ref_compile.c translates expressions, ref_compile_rules.c heads and whole lists
 * of rules. */
#ifndef NN_REF_COMPILE_H
#define NN_REF_COMPILE_H

#include "reference/ref_rules.h"

typedef enum { RULE_FRESH, RULE_OPEN, RULE_DONE } rule_state;

/* The rules of one operator, which are compiled, and later computed, in the order in which they need one another. */
typedef struct {
    const spec_node *map;
    expr_head *heads;
    ref_rule *rules; /* in the order of the table */
    rule_state *state;
    size_t n;
} rule_list;

typedef struct {
    const op_set *ops;
    const op_model *op;
    ref_program *program;
    rule_list *list;
    arena *a;
    nn_error *err;
    nn_status status;
    /* of the rule that is being compiled: */
    const char *locals[REF_MAX_LOCALS]; /* NULL: out of scope */
    bool one_by_one[REF_MAX_LOCALS];
    int n_locals;
    int bare;         /* slot of the output's indices where a tensor's name stands for its element there; -1: nowhere */
    bool own_indices; /* slot 0 holds all indices of the output's element */
    bool slices;      /* a slice is held whole */
    bool in_var;      /* a definition or default of the table */
    bool in_default;  /* the default of an attribute */
    int depth;
    ref_expr dummy;
} compiler;

static inline bool ref_of_output(const ref_rule *rule)
{
    return rule->kind == HEAD_OUTPUT || rule->kind == HEAD_SHAPE || rule->kind == HEAD_TYPE;
}

void ref_bad(compiler *c, spec_place place, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void *ref_room(compiler *c, size_t n, size_t size); /* of n elements, zeroed; NULL: out of memory, which is noted */
const ref_expr *ref_translate(compiler *c, const expr *e);
int ref_add_local(compiler *c, const char *name, spec_place place);
void ref_bind(compiler *c, ref_binder *b, const expr *e);
/* Compiles the rule before the one that needs it. */
void ref_need_rule(compiler *c, size_t i, spec_place place);

#endif
