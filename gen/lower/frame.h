/* An operator of the problem and its facts: types, presence, variables, ranks and dimensions. Each fact is determined when it is
 * first needed. The functions work on the current frame (lower_state.h).
 *
 * Ownership: dimensions and values live in the problem's scratch memory. */
#ifndef NN_LOWER_FRAME_H
#define NN_LOWER_FRAME_H

#include "lower/value.h"
#include "manner/manner.h"
#include "rules/opmodel_rules.h"
#include "value/estimate.h"

typedef enum { STATE_NEW, STATE_BUSY, STATE_DONE } lazy_state;

typedef struct {
    slot_kind kind; /* AUTO until resolved */
    int input;
    lazy_state dims_state;
    dtype fixed_type; /* of a bound tensor */
    const tensor_desc *tensor;
    const content *given; /* TENSOR: the content of a constant; NULL: it is no constant */
    int share;
    int frame, output;      /* LINK */
    int rank;               /* requested, then actual; -1: unknown */
    const interval *wanted; /* OPEN: requested values; NULL: any */
    term *dims;
    bool range_known;
    bool estimated;   /* its likely values were used by the range of the current output */
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
#define EARLY_CONDITIONS 64 /* of an operator; further ones are judged after the search */

typedef struct {
    const op_model *op;
    const op_rules *rules;
    uint8_t var_state[OP_MAX_VARS];
    bool var_written[OP_MAX_VARS]; /* the node has the attribute */
    bool var_usable[OP_MAX_VARS];
    int n_slots;
    int first_slot[OP_MAX_INPUTS], arity[OP_MAX_INPUTS];
    int n_outs;
    int first_out[OP_MAX_OUTPUTS], out_arity[OP_MAX_OUTPUTS];
    uint8_t present_state[OP_MAX_INPUTS]; /* lazy_state of each input */
    bool input_present[OP_MAX_INPUTS];
    uint8_t out_present_state[OP_MAX_OUTPUTS];
    bool out_present[OP_MAX_OUTPUTS];
    dtype types[FRAME_MAX_TYPES];
    const tensor_desc *target;
    bool target_inside;
    int target_output;
    const inst_pin *pins; /* of the request */
    size_t n_pins;
    bool relaxed, claimed, still, none, any_input;
    int64_t least;  /* of each dimension of its tensors: 0 if they may be empty, otherwise 1 (empty.h) */
    uint32_t shown; /* of the request */
    bool usage_drawn;
    const manner_usage *usage;      /* what the operator follows where it can; NULL: nothing, or it is not drawn */
    const usage_operand *operand;   /* the shape of a constant operand; NULL: none is stated */
    int operand_input;              /* and its input */
    bool primary_done;              /* one data input is known not to be an initializer */
    uint64_t conditions_held;       /* early conditions that were judged before the search (early.h) */
    uint32_t domains_held;          /* domains of slots that were judged before the search */
    frame_slot slots[OP_MAX_SLOTS]; /* this and later members are not cleared in advance */
    value vars[OP_MAX_VARS];
    frame_output outs[OP_MAX_OUTPUTS];
} frame;

bool frame_bind_type(frame *f, int type_var, dtype_mask mask, dtype t);
dtype frame_single_type(dtype_mask mask);     /* DT_NONE unless the mask has exactly one type */
bool frame_rank_is_literal(const expr *rule); /* whether a rule for a rank has only numbers, so that op_input.ranks is exact */
void frame_slot_dims(lower *l, frame_slot *s);
void frame_output_dims(lower *l, frame_output *o, int number); /* number: index among the tensors of a variadic */
int frame_output_arity(lower *l, int output);
void frame_settle_var(lower *l, int var); /* draws or defines it, or leaves it out */
value frame_var(lower *l, int var);       /* the value of a variable; fails if it is left out and has no default */
bool frame_input_present(lower *l, int input);
bool frame_output_present(lower *l, int output);
const char *frame_type(lower *l, int type_var);
dtype frame_type_bound(lower *l, int type_var); /* draws if unbound */
tensor_ref frame_tensor(lower *l, bool output, int index);
term_list frame_dims(lower *l, tensor_ref t, int k); /* dims of the k-th tensor of the reference */
interval frame_range(lower *l, tensor_ref t, int k);
estimate frame_estimate(lower *l, tensor_ref t, int k);
double frame_elements(lower *l, tensor_ref t,
                      double other); /* number of elements of an input; `other` for an output or if it is unknown */

#endif
