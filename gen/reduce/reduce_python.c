#include "reduce/reduce_python.h"
#include "emit/emit_onnx.h"
#include "onnx/onnx_parse.h"

enum { ELEMENTS = 4096 }; /* of a tensor in the script */

nn_status reduce_python(json_line *out, const reduce_case *c, nn_error *err)
{
    arena a;
    Onnx__ModelProto *m;
    emit_arrays arrays = {.archive = NULL};
    size_t before = out->size;
    arena_init(&a, 0);
    nn_status s = onnx_parse_all(&m, c->model.bytes, c->model.n, &a, NULL, err);
    if (s == NN_OK)
        s = emit_arrays_open(&arrays, ELEMENTS, &a, err);
    if (s == NN_OK) {
        line_raw(out, "import numpy as np\nimport onnx\nfrom onnx import TensorProto, helper, numpy_helper\n\n\n");
        s = emit_onnx(out, m, -1, &arrays, err);
        line_raw(out, "\n\nonnx.save(build(), \"model.onnx\")\n");
        if (s == NN_ERR_UNSUPPORTED || arrays.n > 0) { /* it cannot be said, or has large tensors */
            out->size = before;
            s = NN_OK;
        }
        s = s == NN_OK && (out->failed || arena_failed(&a)) ? nn_nomem(err) : s;
    }
    emit_arrays_close(&arrays);
    arena_free(&a);
    return s;
}
