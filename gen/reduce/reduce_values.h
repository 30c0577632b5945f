/* What is known of a model's tensors from its inputs, with those in bodies and functions: by evaluation as far as the table
 * reaches.
 *
 * Ownership: results live in the arena that is given. */
#ifndef NN_REDUCE_VALUES_H
#define NN_REDUCE_VALUES_H

#include "reduce/reduce_base.h"

typedef struct {
    const char *name;               /* by its full name (reduce_inline.h) */
    const Onnx__TensorProto *value; /* NULL: the evaluation does not reach it */
    bool sure;                      /* the value follows from given inputs; otherwise only its type and rank are meant */
    bool dims;                      /* the dimensions too */
} reduce_result;

typedef struct {
    reduce_result *all; /* of nodes, sorted by name */
    size_t n;
    bool ran;               /* there is a table for the model */
    bool whole;             /* all are known */
    bool given;             /* all inputs are given */
    Onnx__ModelProto *flat; /* the model without bodies and calls */
} reduce_results;

/* How much is done for tensors that follow from invented inputs. */
typedef enum {
    VALUES_ONCE, /* types are those that zeros give */
    VALUES_TWICE /* dimensions that depend on the values of inputs are found and left open */
} reduce_effort;

/* `more` has values of further tensors, which are taken as given; NULL: none. Only NN_ERR_NOMEM is a failure. */
nn_status reduce_evaluate(reduce_results *out, const reduce_case *c, const Onnx__ModelProto *m, const reduce_base *more,
                          const reduce_limits *limits, reduce_effort effort, arena *a, nn_error *err);
const reduce_result *reduce_find_result(const reduce_results *r, const char *name); /* NULL: no node makes it */

#endif
