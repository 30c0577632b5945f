/* The lowering's workspace, shared by term.c, eval.c, eval_values.c, domain.c and lower.c. */
#ifndef NN_LOWER_INTERNAL_H
#define NN_LOWER_INTERNAL_H

#include "csp.h"
#include "lower/lower.h"
#include "rules/opmodel_rules.h"

/* A summand k * v; k is not 0. */
typedef struct {
    int64_t k;
    csp_var v;
    int n; /* of the first of a sum: how many there are */
} lin;

/* A whole number that may depend on solver variables: c + the sum of t. No variable occurs twice. Of two words, as values are: they
 * go from function to function in registers. */
typedef struct {
    int64_t c;
    const lin *t; /* NULL: none, it is c */
} term;

typedef struct {
    bool output;
    int first, n; /* slots, or unrolled outputs */
} tensor_ref;

typedef struct {
    const term *p;
    int n;
} term_list;

typedef struct {
    const double *p;
    int n;
} real_list;

typedef struct {
    const char *const *p;
    int n;
} string_list;

/* The static type of the expression says which member holds. Conditions are terms of 0 or 1. */
typedef union {
    term t;
    double r;
    const char *s;
    interval iv;
    tensor_ref tensor;
    term_list ints;
    real_list reals;
    string_list strings;
} value;

typedef enum { STATE_NEW, STATE_BUSY, STATE_DONE } lazy_state;

typedef struct {
    slot_kind kind; /* AUTO until resolved */
    int input;
    lazy_state dims_state;
    dtype fixed_type; /* of a bound tensor */
    const tensor_desc *tensor;
    int frame, output; /* LINK */
    int rank;          /* wanted, then actual; -1 unknown */
    term *dims;
    bool range_known;
    bool estimated;   /* its likely values have been asked for */
    tensor_desc desc; /* final */
    content init;
} frame_slot;

typedef struct {
    int output; /* index in op->outputs */
    lazy_state state;
    bool present;
    int rank;
    term *dims;
    bool range_known;
    tensor_desc desc;
} frame_output;

#define FRAME_MAX_TYPES 8

typedef struct {
    const op_model *op;
    const op_rules *rules;
    uint8_t var_state[OP_MAX_VARS];
    bool var_written[OP_MAX_VARS]; /* attribute stands in the node */
    bool var_usable[OP_MAX_VARS];
    int n_slots;
    int first_slot[OP_MAX_INPUTS], arity[OP_MAX_INPUTS];
    int n_outs;
    int first_out[OP_MAX_OUTPUTS], out_arity[OP_MAX_OUTPUTS];
    uint8_t present_state[OP_MAX_INPUTS]; /* of inputs: STATE_*; */
    bool input_present[OP_MAX_INPUTS];
    uint8_t out_present_state[OP_MAX_OUTPUTS];
    bool out_present[OP_MAX_OUTPUTS];
    dtype types[FRAME_MAX_TYPES];
    const tensor_desc *target;
    int target_output;
    bool primary_done;              /* one data input is known not to be an initializer */
    frame_slot slots[OP_MAX_SLOTS]; /* from here on nothing is cleared, but set as it comes */
    value vars[OP_MAX_VARS];
    frame_output outs[OP_MAX_OUTPUTS];
} frame;

/* Bounds on what a table may ask of one problem: beyond, it fails. Operators take some hundred steps. */
#define LOWER_MAX_STEPS 1000000
#define LOWER_MAX_LEVELS 1000
#define LOWER_MAX_LIST 100000 /* elements of a list, characters of a string */
#define LOWER_UNITS 256       /* variables whose terms 1 * v need no memory */

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
    bool idiom; /* this problem follows an idiom where it can */
    lower_result state;
    bool estimating; /* tensors stand for their likely values */
    bool half;       /* operations are rounded to float16 */
    uint32_t steps;  /* evaluations and list elements of this problem */
    int depth;       /* of evaluation */
    csp_var decide[256];
    size_t n_decide;
    bool check;
    nn_error fault; /* status NN_OK: none */
};

/* ---- term.c: all fail by setting l->state ---- */
void lower_fail(lower *l);
void lower_nomem(lower *l);
static inline term term_const(int64_t c)
{
    return (term){.c = c};
}
static inline int term_count(term t) /* summands */
{
    return t.t ? t.t->n : 0;
}
term term_var(lower *l, csp_var v);
bool term_fixed_sum(const lower *l, term t, int64_t *out);
static inline bool term_fixed(const lower *l, term t, int64_t *out) /* constant by now */
{
    if (t.t)
        return term_fixed_sum(l, t, out);
    *out = t.c;
    return true;
}
int64_t term_decide(lower *l, term t); /* the value of one with summands; decides it if it is open */
static inline int64_t term_need(lower *l, term t)
{
    return t.t ? term_decide(l, t) : t.c;
}
csp_var term_materialize(lower *l, term t);
void term_bounds(const lower *l, term t, int64_t *lo, int64_t *hi);
term term_add(lower *l, term a, term b, int64_t factor); /* a + factor * b */
term term_scale(lower *l, term a, int64_t factor, int64_t plus);
term term_mul(lower *l, term a, term b);
typedef enum { TERM_DIV, TERM_CEILDIV, TERM_MOD } term_division;
term term_divide(lower *l, term_division how, term a, term b);
term term_extreme(lower *l, const term *x, int n, bool max);
term term_abs(lower *l, term a);
term term_sum(lower *l, const term *x, int n); /* where only the whole need fit in 64 bits */
term term_product(lower *l, const term *x, int n);
term term_broadcast(lower *l, term a, term b);
void term_post(lower *l, csp_rel rel, term a, term b); /* a REL b */
term term_reify(lower *l, csp_rel rel, term a, term b);
term term_or(lower *l, const term *x, int n);
term term_and(lower *l, const term *x, int n);
term term_new(lower *l, int64_t lo, int64_t hi, bool decision); /* a new variable */
int64_t lower_sample(lower *l, csp_var v);
void lower_check(lower *l, csp_result r);
static inline void lower_spend(lower *l, size_t steps)
{
    if (steps > LOWER_MAX_STEPS - l->steps)
        lower_fail(l);
    else
        l->steps += (uint32_t)steps;
}
/* Fails where a finite number is infinite as float32. */
static inline double lower_float32(lower *l, double x)
{
    double r = (double)(float)x;
    if (x - x == 0 && !(r - r == 0))
        lower_fail(l);
    return r;
}
/* Scratch; NULL sets NOMEM, or FAIL where the steps are used up. */
static inline void *lower_alloc(lower *l, size_t n, size_t size)
{
    lower_spend(l, n + 1);
    void *p = l->state == LOWER_OK ? arena_alloc(&l->scratch, n * size) : NULL;
    if (!p && l->state == LOWER_OK)
        lower_nomem(l);
    return p;
}
/* One more level of evaluation; true: the caller takes it off again. */
static inline bool lower_enter(lower *l)
{
    if (l->steps == LOWER_MAX_STEPS || l->depth == LOWER_MAX_LEVELS)
        lower_fail(l);
    if (l->state != LOWER_OK)
        return false;
    l->steps++;
    l->depth++;
    return true;
}

/* ---- eval.c ---- */
value eval(lower *l, const expr *e);
void eval_post(lower *l, const expr *e, bool truth);
static inline int64_t eval_int(lower *l, const expr *e) /* static */
{
    return e->kind == EX_INT ? e->i : term_need(l, eval(l, e).t);
}
bool eval_cond(lower *l, const expr *e); /* static */
value eval_for(lower *l, const expr *e);
int eval_for_count(lower *l, const expr *e, value *source, int64_t *from); /* iterations and where they come from */
value eval_for_item(const expr *e, const value *source, int64_t from, int i);

/* ---- eval_values.c ---- */
double eval_real(lower *l, const expr *e);
interval eval_interval(lower *l, const expr *e);
interval eval_function(int fn, interval a); /* of one argument */
/* Hull of the generator's body at both ends of a: its image where it is monotone. */
interval eval_mono_image(lower *l, const expr *g, interval a);
void eval_content(lower *l, const expr *e, const tensor_desc *desc, content *out, interval *range);

/* ---- eval_estimate.c ---- */
estimate eval_estimate(lower *l, const expr *e);

/* ---- domain.c ---- */
value domain_draw(lower *l, const expr *e);

/* ---- frame.c: lazily known facts of the current frame ---- */
bool frame_bind_type(frame *f, int type_var, dtype_mask mask, dtype t);
dtype frame_single_type(dtype_mask mask);     /* DT_NONE unless the mask holds just one */
bool frame_rank_is_literal(const expr *rule); /* a rule for a rank: numbers alone, so that op_input.ranks says it all */
void frame_slot_dims(lower *l, frame_slot *s);
void frame_output_dims(lower *l, frame_output *o, int number); /* number: among those of a variadic */
int frame_output_arity(lower *l, int output);
void frame_settle_var(lower *l, int var); /* draws or defines it, or leaves it out */
value frame_var(lower *l, int var);       /* its value; fails if it is left out and has no default */
bool frame_input_present(lower *l, int input);
bool frame_output_present(lower *l, int output);
const char *frame_type(lower *l, int type_var);
dtype frame_type_bound(lower *l, int type_var); /* draws if unbound */
tensor_ref frame_tensor(lower *l, bool output, int index);
/* The tensor or tensors of an expression of type TY_TENSOR or TY_TENSORS. */
static inline tensor_ref eval_tensor(lower *l, const expr *e)
{
    return e->kind == EX_INPUT    ? (tensor_ref){false, l->f->first_slot[e->index], l->f->arity[e->index]}
           : e->kind == EX_OUTPUT ? frame_tensor(l, true, e->index)
                                  : eval(l, e).tensor;
}
term_list frame_dims(lower *l, tensor_ref t, int k); /* dims of the k-th tensor of the reference */
interval frame_range(lower *l, tensor_ref t, int k);
estimate frame_estimate(lower *l, tensor_ref t, int k);
double frame_elements(lower *l, tensor_ref t, double other); /* of an input; other: where it is not known, and of an output */

#endif
