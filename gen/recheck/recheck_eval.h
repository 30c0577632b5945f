/* Internals of the re-check, for recheck*.c only: evaluates a rule on a finished instance. Every name has a value, so that neither
 * a solver nor lazy evaluation is needed. It uses no code of the lowering's evaluator. */
#ifndef NN_RECHECK_EVAL_H
#define NN_RECHECK_EVAL_H

#include <stddef.h>
#include <string.h>

#include "rules/instance.h"
#include "rules/opmodel_rules.h"

#define RECHECK_MAX_TYPES 16
/* The lowering made the instance within its own limit (LOWER_MAX_STEPS). One of its steps is up to four steps here, because leaves
 * count. */
#define RECHECK_MAX_STEPS (8 * 1000000)

typedef struct {
    const op_set *ops;
    const op_model *op;
    const op_rules *rules;
    const op_instance *inst;
    const lower_limits *limits;
    arena *mem;
    size_t first_in[OP_MAX_INPUTS], n_in[OP_MAX_INPUTS];
    size_t first_out[OP_MAX_OUTPUTS], n_out[OP_MAX_OUTPUTS];
    dtype types[RECHECK_MAX_TYPES]; /* of type variables; DT_NONE: of no tensor */
    bool filled;                    /* intervals of initializers may be used; false while their contents are checked */
    bool vague;                     /* the value depends on something that a finished instance does not record */
    bool nomem;
    uint32_t steps;                     /* evaluations and list elements so far */
    const char *fault;                  /* why there is no value, a static string */
    inst_value locals[EXPR_MAX_LOCALS]; /* of the comprehensions that are being evaluated */
} recheck;

/* The rules may be others than those of the instance's operator. */
static inline void recheck_begin(recheck *c, const op_set *ops, const lower_limits *limits, const op_instance *x,
                                 const op_rules *rules, arena *mem)
{
    memset(c, 0, offsetof(recheck, locals)); /* a local is written before it is read */
    c->ops = ops;
    c->op = x->op;
    c->rules = rules;
    c->inst = x;
    c->limits = limits;
    c->mem = mem;
}

inst_value recheck_eval(recheck *c, const expr *e);
bool recheck_true(recheck *c, const expr *e); /* false with a fault */
double recheck_real(recheck *c, const expr *e);
interval recheck_interval(recheck *c, const expr *e); /* vague unless it consists of ends and intervals of tensors only */
bool recheck_same(ex_type t, const inst_value *a, const inst_value *b);
/* Whether value v (of type t) lies in the domain or equals the definition. */
bool recheck_in_domain(recheck *c, const expr *e, ex_type t, const inst_value *v);
/* Floats that went through float32 count as equal. */
bool recheck_near(double a, double b);

/* ---- between recheck_eval.c and recheck_call.c ---- */
typedef struct {
    bool output;
    size_t first, n; /* slots, or outputs with variadics unrolled */
} rc_span;

typedef struct {
    inst_value v; /* being filled */
    int64_t *ints;
    double *reals;
    const char **strings;
} rc_list;

inst_value rc_none(recheck *c, const char *why); /* sets the fault */
bool rc_stopped(const recheck *c);
void rc_spend(recheck *c, size_t steps); /* sets the fault if none are left */
inst_value rc_whole(int64_t i);
void *rc_room(recheck *c, size_t n, size_t size);
typedef __int128 wide;
inst_value rc_number(recheck *c, wide x);                        /* sets the fault if x does not fit into 64 bits */
inst_value rc_divide(recheck *c, int64_t a, int64_t b, bool up); /* rounded down, or up */
inst_value rc_arithmetic(recheck *c, int op, int64_t a, int64_t b);
rc_span rc_tensors(recheck *c, const expr *e);
inst_value rc_dims(recheck *c, rc_span s, size_t k);
bool rc_present(recheck *c, const expr *e);
rc_list rc_new_list(recheck *c, ex_type t, size_t n);
void rc_append(const recheck *c, rc_list *l, const inst_value *x);
void rc_append_all(const recheck *c, rc_list *l, ex_type t, const inst_value *from);
inst_value rc_element(ex_type t, const inst_value *l, size_t i);
inst_value rc_sorted(recheck *c, const inst_value *ints);
inst_value rc_generate(recheck *c, const expr *e);
inst_value rc_call(recheck *c, const expr *e);

#endif
