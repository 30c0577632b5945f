/* From operator models to solved instances: turns an operator's rules into solver constraints, searches, and computes the intervals
 * of values.
 *
 * A problem holds one to LOWER_MAX_FRAMES operators that are solved together. Use:
 *     lower_begin(l, tape);
 *     lower_add(l, &request, &frame)      open an operator: static choices are drawn, constraints posted and propagated
 *     lower_fits / lower_bind             find partners for inputs left open
 *     lower_close(l, &instances)          search, extract, check intervals
 * A step that returns LOWER_FAIL has found that the combination is impossible. After a failed lower_bind the problem is unchanged
 * and can be continued; after any other failure, begin again with lower_begin.
 *
 * Ownership: instances and everything that they point to live in the arena given to lower_new and are valid until the caller
 * releases it. A workspace serves one thread. */
#ifndef NN_LOWER_H
#define NN_LOWER_H

#include "arena.h"
#include "draw/choice.h"
#include "lower/reason.h"
#include "manner/manner.h"
#include "rules/instance.h"

#define LOWER_MAX_FRAMES 4
#define LOWER_SHOWS (1U << 31)

typedef enum { LOWER_OK = 0, LOWER_FAIL, LOWER_NOMEM } lower_result;

typedef enum {
    SLOT_AUTO,   /* the lowering decides: absent or present if optional; an initializer if the roles allow one, otherwise open */
    SLOT_ABSENT, /* optional input left out */
    SLOT_INIT,   /* an initializer (weight or constant) */
    SLOT_TENSOR, /* this existing tensor */
    SLOT_OPEN,   /* a data input: a tensor given by lower_bind, otherwise a new graph input */
    SLOT_LINK    /* output `output` of the earlier frame `frame` */
} slot_kind;

typedef struct {
    slot_kind kind;
    const tensor_desc *tensor; /* SLOT_TENSOR */
    const content *init;       /* SLOT_TENSOR: it is a constant with this content, an initializer of the node; NULL: it is not */
    int share;                 /* with init: its number in the group (instance.h) */
    int rank;                  /* SLOT_OPEN: requested rank; -1: it is drawn */
    const interval *range;     /* SLOT_OPEN: values that a new graph input takes where its domain allows; NULL: they are drawn */
    int frame, output;         /* SLOT_LINK */
} lower_slot;

typedef struct {
    const op_model *op;
    int arity[OP_MAX_INPUTS];       /* number of slots of each input: 1, or the count of a variadic */
    lower_slot slots[OP_MAX_SLOTS]; /* inputs in order, variadics unrolled */
    int target_output;              /* index of the output that must equal *target; used if target is set */
    bool target_inside;             /* the values need only lie in target->range; otherwise they must also cover much of it */
    const tensor_desc *target;      /* type and shape must be equal, the values' range must lie inside target->range; NULL: none */
    dtype output_type;              /* requested type of output 0, which binds its type variable; DT_NONE: any */
    const dtype *types;             /* of the operator's type variables, in order; DT_NONE: any. NULL: any for all */
    bool any_input;                 /* a new graph input may have any type, not only one of data */
    const inst_pin *pins;           /* values that variables must or must not have; they are kept, or the problem fails */
    size_t n_pins;
    /* Rules that only keep values of interest give way: conditions on estimates and magnitudes, small and large ends of domains of
     * floats, the least magnitude; the largest is far inside float32. A tensor may take the place of any weight or constant. No
     * idiom is imposed. Rules of types, shapes, `where`, choices and finite values hold. */
    bool relaxed;
    bool claimed;   /* relaxed: a tensor that takes the place of a constant has the contents to which the pins lead */
    bool none;      /* relaxed: tensors may be empty nevertheless, where the entry allows it */
    bool still;     /* an output may have a single value, although inputs vary */
    uint32_t shown; /* LOWER_SHOWS, and bit o: output o of the entry is present; 0: where the entry leaves it open, it is drawn */
} lower_request;

typedef struct lower lower;

/* Computes the domains that depend on nothing. Call it once, before the set is shared; lower_may_take needs these domains.
 * NN_ERR_TABLE: one is empty. */
nn_status lower_fold_domains(op_set *ops, nn_error *err);

nn_status lower_new(lower **out, const op_set *ops, const lower_limits *limits, arena *a, nn_error *err);
void lower_free(lower *l);
void lower_set_limits(lower *l, const lower_limits *limits);
/* The share of the operators whose tensors may be empty, in thousandths: another one than the limits state. */
void lower_set_empty(lower *l, uint32_t share);
const lower_limits *lower_get_limits(const lower *l); /* all fields are set */
/* How later problems draw choices. Borrowed; NULL: as the entries state. */
void lower_set_manner(lower *l, const manner_drawn *m);
bool lower_has_manner(const lower *l);
/* Turns on the re-check of every instance by an independent evaluator (recheck.h). It is off by default, except in builds with
 * -DNN_CHECK. A complaint makes lower_close fail and is kept: lower_fault returns the first one; NULL: there is none. */
void lower_set_check(lower *l, bool on);
const nn_error *lower_fault(const lower *l);

/* The sizes that data decide (specs/README.md, `found`): drawn, or the least or the most that there can be. */
typedef enum { FOUND_DRAWN, FOUND_LEAST, FOUND_MOST } lower_found;
void lower_set_found(lower *l, lower_found how);

/* Instances keep the values of all variables, as for the re-check. */
void lower_set_keep(lower *l, bool on);

/* Why the last step that returned LOWER_FAIL failed. */
lower_why lower_last_failure(const lower *l);
/* The cost of this problem so far: evaluations and list elements, and the solver's propagations. */
uint64_t lower_steps(const lower *l);
uint64_t lower_propagations(const lower *l);

void lower_begin(lower *l, tape *t);
lower_result lower_add(lower *l, const lower_request *r, int *frame);
/* Whether an open slot may take tensor t, judged by type, rank, dims (propagated so far) and a constant domain of values. */
bool lower_fits(const lower *l, int frame, int slot, const tensor_desc *t);
int lower_open_rank(const lower *l, int frame,
                    int slot); /* rank of an open slot; -1 if the slot is not open (auto slots may have become initializers) */
dtype lower_open_type(const lower *l, int frame, int slot); /* DT_NONE while its type variable is unbound */
/* Makes an open slot an initializer. false: its roles do not allow one. Another slot must have a tensor. */
bool lower_leave(lower *l, int frame, int slot);
lower_result lower_bind(lower *l, int frame, int slot, const tensor_desc *t);
/* Makes a dimension of an open slot this size. LOWER_FAIL: it cannot have it, and the problem is unchanged. */
lower_result lower_fix(lower *l, int frame, int slot, int axis, int64_t size);
/* instances: array of LOWER_MAX_FRAMES, filled for each frame in order. */
lower_result lower_close(lower *l, op_instance *instances);
/* A quick test before lower_add: whether the input may take t, judged by type, rank and value interval (constant domains only). */
bool lower_may_take(const lower *l, const op_model *op, size_t input, const tensor_desc *t);

#endif
