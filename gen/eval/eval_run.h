/* Computes the tensors of an eval_model for one set of inputs.
 *
 *     eval_run r;
 *     eval_run_open(&r, &model, &(eval_limits){0}, -1, &err);
 *     eval_run_set(&r, model.main.inputs[0], &tensor, &err);
 *     eval_run_compute(&r, &err);
 *     ... eval_run_value(&r, model.main.outputs[0]) ...
 *     eval_run_close(&r);
 *
 * Tensors are those of the model's graph. Ownership: a run owns its values and borrows the model. Values that no node needs any
 * longer are freed, unless all are kept. */
#ifndef NN_EVAL_RUN_H
#define NN_EVAL_RUN_H

#include "eval/eval_model.h"
#include "onnx/tensor_file.h"

typedef struct {
    uint64_t max_bytes; /* of all values at one time, 16 for each element; 0: 4 GiB */
    uint64_t max_work;  /* evaluated elements of sums and the like, in all; 0: 1e11 */
} eval_limits;

/* Where tensors live that belong together (eval_frame.h). */
typedef struct {
    arena memory;
    size_t holders, elements;
} eval_home;

typedef struct {
    ref_tensor t;
    bool known, given; /* given: set from outside */
    bool kept;         /* whatever uses are to come */
    uint32_t left;     /* uses to come */
    eval_home *home;
} eval_value;

typedef struct {
    const eval_graph *g;
    eval_value *values; /* by tensor */
} eval_frame;

/* Called for each tensor that is given and that a node makes: `expected` is what the node makes of its actual inputs. */
typedef nn_status eval_judge_fn(void *data, const eval_node *n, int64_t tensor, const ref_tensor *expected, const ref_tensor *given,
                                nn_error *err);

/* Called for each node whose values cannot be computed, such as one with an index outside its tensor, with the reason. Nothing is
 * known of its outputs then. */
typedef void eval_problem_fn(void *data, const char *what);

/* A named dimension and its value. */
typedef struct {
    const char *name;
    int64_t value;
} eval_dim;

typedef struct {
    const eval_model *m;
    eval_frame main;
    eval_dim *dims;
    size_t n_dims, room_dims;
    int directory;            /* of external data; -1: none */
    bool keep;                /* all values are kept */
    bool keep_given;          /* those that were set are kept, for another run */
    bool partial;             /* what depends on a node that cannot be computed stays unknown */
    eval_judge_fn *judge;     /* NULL: given tensors are not judged */
    void *data;               /* for judge */
    eval_problem_fn *problem; /* may be NULL */
    void *problem_data;
    size_t problems; /* nodes whose values cannot be computed, each as often as it runs */
    size_t told;     /* of those, and reported */
    int quiet;       /* > 0: problems are not counted */
    size_t live;     /* elements */
    size_t max_live;
    double work, max_work;
    arena scratch;
} eval_run;

/* directory: that of the model, for tensors in other files; -1: there is none. It is borrowed. */
nn_status eval_run_open(eval_run *r, const eval_model *m, const eval_limits *limits, int directory, nn_error *err);
void eval_run_close(eval_run *r); /* also a zeroed one */
/* States what a named dimension of the inputs is. NN_ERR_USAGE: it is known to be another. */
nn_status eval_run_bind(eval_run *r, const char *name, int64_t value, const char *where, nn_error *err);
/* Sets an input, or in a local check any tensor. The contents are copied. NN_ERR_USAGE: another type or shape than the model
 * states.
 */
nn_status eval_run_set(eval_run *r, int64_t tensor, const file_tensor *from, nn_error *err);
/* Forgets all that was computed, for another run. What was set stays, and so do bound names. */
void eval_run_reset(eval_run *r);
/* Computes all tensors that outputs need; if `partial`, those that it can, without a failure. NN_ERR_USAGE: an input is missing.
 * NN_ERR_BUILD: the shapes of a node's outputs do not follow, or exceed the limits: the message names it. */
nn_status eval_run_compute(eval_run *r, nn_error *err);
const ref_tensor *eval_run_value(const eval_run *r, int64_t tensor); /* NULL: not known, or not kept */

#endif
