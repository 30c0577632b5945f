/* A model as a Python script that builds it with onnx.helper. */
#ifndef NN_REDUCE_PYTHON_H
#define NN_REDUCE_PYTHON_H

#include "base/json_line.h"
#include "reduce/reduce_base.h"

/* Appends nothing if the model has what the script does not say: large tensors, tensors in other files, other types than tensors.
 */
nn_status reduce_python(json_line *out, const reduce_case *c, nn_error *err);

#endif
