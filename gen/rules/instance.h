/* A finished instance of an operator, and the limits that it keeps. The lowering makes instances, the re-check judges them, and the
 * builder adds them to a graph.
 *
 * Ownership: an instance points into the arena that it was made in. */
#ifndef NN_INSTANCE_H
#define NN_INSTANCE_H

#include "rules/opmodel.h"

typedef enum { INST_ABSENT, INST_TENSOR, INST_NEW_INPUT, INST_INIT, INST_LINK } inst_kind;

typedef struct {
    inst_kind kind;
    int input; /* index in op->inputs */
    tensor_desc desc;
    content init;      /* INST_INIT */
    bool given;        /* INST_INIT: the content was given with the request; the entry did not choose it */
    int frame, output; /* INST_LINK */
    int share;         /* INST_INIT, INST_NEW_INPUT: slots of a group with the same number above 0 are one tensor */
} inst_input;

typedef struct {
    bool present;
    tensor_desc desc;
} inst_output;

/* Value of a variable or attribute, for the re-check. Its type says which member is valid; bools are ints. */
typedef struct {
    int64_t i;
    double r;
    const char *s;
    const int64_t *ints;
    const double *reals;
    const char *const *strings;
    size_t n; /* of a list */
} inst_value;

/* A value that a variable or attribute must have, or must not have. */
typedef struct {
    int var; /* index in op->rules->vars */
    inst_value v;
    bool excluded; /* it must have another value, or be left out without a default */
} inst_pin;

typedef struct {
    bool known;   /* false: an attribute that is left out and has no default */
    bool written; /* an attribute that the node has */
    inst_value v;
} inst_var;

typedef struct {
    const op_model *op;
    inst_input *inputs; /* one per slot, in the order of the request */
    size_t n_inputs;
    inst_output *outputs; /* variadics unrolled */
    size_t n_outputs;
    attr_value *attrs; /* those that are written */
    size_t n_attrs;
    const inst_var *vars; /* of all variables and attributes in the order of the rules; NULL unless the re-check is on */
    bool still;           /* made for a request whose outputs may have a single value */
    bool relaxed;         /* made for a relaxed request (lower.h) */
    bool empty;           /* its tensors may have dimensions of 0 */
    bool any_input;       /* new graph inputs may have any type, not only one of data */
} op_instance;

typedef struct {
    int64_t max_elements; /* of any tensor; 0: 4096 */
    int64_t max_dim;      /* of a new graph input, and what the table calls max_dim; 0: 64 */
    int64_t max_window;   /* what the table calls max_window: the size of a kernel along an axis; 0: 7 */
    int max_rank;         /* of any tensor; 0: 6 */
    double max_magnitude; /* an output whose interval exceeds this is refused; 0: 1e4 */
    double min_magnitude; /* an output whose interval lies within +- this is refused; 0: 1e-3 */
    uint32_t empty;       /* share of the nodes, in thousandths, whose tensors may be empty if the operator allows it */
    bool follows;         /* an output may exceed max_magnitude if an input does, as tensors of motifs may */
    const int64_t *sizes; /* that symbols have: dims of a motif's inputs may have them although its sets have others */
    size_t n_sizes;
} lower_limits;

#endif
