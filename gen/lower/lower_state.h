/* The current problem: its operators, the solver, the memory, and whether it has failed. Only the files of this room use it.
 *
 * Ownership: lower_begin releases the scratch memory; instances live in `out`, which belongs to the caller. */
#ifndef NN_LOWER_STATE_H
#define NN_LOWER_STATE_H

#include "arena.h"
#include "lower/frame.h"
#include "lower/reason.h"
#include "manner/manner.h"

/* Limits for the evaluation of one problem, which fails beyond them. Operators take a few hundred steps. */
#define LOWER_MAX_STEPS 1000000
#define LOWER_MAX_LEVELS 1000
#define LOWER_MAX_LIST 100000 /* elements of a list, characters of a string */
#define LOWER_UNITS 256       /* variables whose terms 1 * v need no memory */

/* A rule of the table that is being evaluated. */
typedef struct {
    uint8_t section; /* lower_section */
    uint8_t frame;
    int16_t index;  /* of the condition, variable, input or output */
    const expr *at; /* the expression whose place is reported; NULL: the place of the variable, or none */
} rule_ref;

#define LOWER_POSTED 256 /* constraints whose rules are noted */

struct lower {
    const op_set *ops;
    lower_limits limits;
    arena *out;    /* instances */
    arena scratch; /* reset by lower_begin */
    csp *csp;
    tape *tape;
    lin unit[LOWER_UNITS]; /* 1 * v of the first variables v: the same in every problem */
    frame frames[LOWER_MAX_FRAMES];
    int n_frames;
    frame *f; /* being evaluated */
    value locals[EXPR_MAX_LOCALS];
    csp_mode mode;
    bool idiom;                 /* this problem follows an idiom where it can */
    int max_rank;               /* of the tensors of this problem: at most that of the limits */
    const manner_drawn *manner; /* how choices are drawn; NULL: as the entries state */
    lower_result state;
    bool estimating;            /* the values of tensors are their likely values */
    const dtype_format *rounds; /* operations are rounded to this format; NULL: bounds have room for those of float32 */
    uint32_t steps;             /* evaluations and list elements of this problem */
    int depth;                  /* of evaluation */
    csp_var decide[256];
    size_t n_decide;
    rule_ref rule;                 /* being evaluated */
    lower_reason reason;           /* of the last failure */
    rule_ref culprit;              /* and its rule */
    rule_ref posted[LOWER_POSTED]; /* rules of the constraints, in the order of posting */
    size_t n_posted;               /* constraints that were noted */
    bool check, keep;
    lower_found found;
    nn_error fault; /* status NN_OK: none */
};

/* The first failure is kept with the rule that is being evaluated; later steps see it in l->state. */
void lower_fail(lower *l, lower_reason why);
void lower_nomem(lower *l);
void lower_posted(lower *l, csp_result r); /* the result of posting a constraint: fails unless it is CSP_OK */
void lower_refused(lower *l, csp_result r);
static inline void lower_check(lower *l, csp_result r) /* the result of narrowing a domain, or of a search */
{
    if (r != CSP_OK)
        lower_refused(l, r);
}
void lower_propagate(lower *l);        /* to the fixed point; a failure is that of the rule whose constraint is violated */
void lower_undo(lower *l, csp_mark m); /* removes everything that was posted since */
/* What is evaluated and posted from now on belongs to this rule of the current frame. */
static inline void lower_rule(lower *l, lower_section section, size_t index, const expr *at)
{
    l->rule = (rule_ref){(uint8_t)section, (uint8_t)(l->f - l->frames), (int16_t)index, at};
}
int64_t lower_sample(lower *l, csp_var v); /* a value of the domain, drawn according to the mode of this problem */
/* Counts steps of evaluation; fails when the problem has used up its share. */
static inline void lower_spend(lower *l, size_t steps)
{
    if (steps > LOWER_MAX_STEPS - l->steps)
        lower_fail(l, WHY_STEPS);
    else
        l->steps += (uint32_t)steps;
}
/* Fails if a finite number is infinite as float32. */
static inline double lower_float32(lower *l, double x)
{
    double r = (double)(float)x;
    if (x - x == 0 && !(r - r == 0))
        lower_fail(l, WHY_FLOAT32);
    return r;
}
/* Allocates scratch memory. NULL: the state is NOMEM, or FAIL if the steps are used up. */
static inline void *lower_alloc(lower *l, size_t n, size_t size)
{
    lower_spend(l, n + 1);
    void *p = l->state == LOWER_OK ? arena_alloc(&l->scratch, n * size) : NULL;
    if (!p && l->state == LOWER_OK)
        lower_nomem(l);
    return p;
}
/* Enters one more level of evaluation. true: the caller must leave it by decrementing `depth`. */
static inline bool lower_enter(lower *l)
{
    if (l->steps == LOWER_MAX_STEPS || l->depth == LOWER_MAX_LEVELS)
        lower_fail(l, l->depth == LOWER_MAX_LEVELS ? WHY_LEVELS : WHY_STEPS);
    if (l->state != LOWER_OK)
        return false;
    l->steps++;
    l->depth++;
    return true;
}

#endif
