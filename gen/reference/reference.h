/* Reference values: what every correct implementation of an operator may compute, from the rules of specs/compute.
 *
 * A tensor of floats has for each element a value v and a bound e: a correct implementation, under the convention of
 * specs/compute/README.md, gives y with |y - v| <= e. Whole numbers and bools are exact, or have v and e as well where they were
 * computed from floats. e is infinite where nothing is known.
 *
 *     ref_table *t;
 *     ref_table_new(&t, ops, files, n_files, &err);
 *     ref_node node = {.op = op_find(ops, "Conv"), .inputs = inputs, .n_inputs = 2, .outputs = outputs, .n_outputs = 1};
 *     ref_compute(t, &node, &results, &scratch, &err);
 *
 * Ownership: a ref_table owns itself and borrows the op_set. Once made it is immutable and may be shared by threads. Contents of
 * tensors live in the arena `results`. */
#ifndef NN_REFERENCE_H
#define NN_REFERENCE_H

#include "rules/opmodel.h"

typedef struct {
    dtype type; /* DT_NONE: a tensor of the rules' own */
    bool whole; /* its elements are whole numbers or bools */
    int rank;
    int64_t dims[NN_MAX_RANK];
    size_t n;   /* elements */
    int64_t *w; /* of an exact tensor of whole numbers; otherwise NULL */
    double *v, *e;
} ref_tensor;

typedef struct {
    int op; /* index in the op_set */
    const attr_value *attrs;
    size_t n_attrs;
    const ref_tensor *held; /* the contents of the tensor that an attribute holds (ATTR_HELD), as of rank 1; NULL: there is none */
    const ref_tensor *const *inputs; /* NULL: an optional input that is absent */
    size_t n_inputs;
    ref_tensor *const *outputs; /* type, rank and dims are given; NULL: absent */
    size_t n_outputs;
    double max_work;     /* evaluations in comprehensions after which the node is given up; 0: 1e10 */
    double *work;        /* those of this node are added to it; NULL: not asked for */
    size_t max_elements; /* of a tensor of the rules' own; 0: 2^28 */
} ref_node;

typedef struct ref_table ref_table;

/* Compiles the rules of the operators of the set. files: those of specs/compute. Operators without rules are no error. The set must
 * be that of the table without a profile, with all types, because rules name what a profile may take away. */
nn_status ref_table_new(ref_table **out, const op_set *ops, const spec_file *files, size_t n_files, nn_error *err);
void ref_table_free(ref_table *t);
/* What counts as correct, as the files name it. */
typedef struct {
    const char *name; /* NULL: they do not state it */
    int64_t version;
} ref_convention;
ref_convention ref_table_convention(const ref_table *t);
const op_set *ref_table_ops(const ref_table *t);
bool ref_table_takes_more(const ref_table *t, int op); /* whether its rules take more inputs than the table states */
bool ref_table_has(const ref_table *t, int op);        /* whether the operator has rules for all its outputs */

/* Computes the outputs; their contents are in `results`. Scratch is as full afterwards as before. NN_ERR_TABLE: a rule fails on
 * this node; the message gives its place. */
nn_status ref_compute(const ref_table *t, const ref_node *node, arena *results, arena *scratch, nn_error *err);

/* ---- models of others: types and shapes of outputs ---- */

/* Compiles the rules of types and shapes too. To be called once, before the table is shared. */
nn_status ref_table_add_shapes(ref_table *t, nn_error *err);
/* Sets the types of the outputs, from those of the inputs and the attributes; shapes and values of inputs are not used.
 * NN_ERR_TABLE: the table does not have the operator with these types, or they do not follow. */
nn_status ref_infer_types(const ref_table *t, const ref_node *node, arena *scratch, nn_error *err);
/* Sets rank, dims and n of the outputs, from the inputs and the attributes. `max_elements` bounds n. NN_ERR_TABLE: they do not
 * follow, or the inputs do not fit together. */
nn_status ref_infer_shapes(const ref_table *t, const ref_node *node, size_t max_elements, arena *scratch, nn_error *err);

#endif
