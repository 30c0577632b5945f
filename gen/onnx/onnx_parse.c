#include "onnx/onnx_parse.h"
#include "onnx/onnx_budget.h"
#include "onnx.pb-c.h"

nn_status onnx_parse(Onnx__ModelProto **out, onnx_scan_report *report, onnx_source *from, size_t small, const char *file,
                     nn_error *err)
{
    onnx_skeleton skeleton;
    *out = NULL;
    if (from->size > INT32_MAX)
        return nn_fail(err, NN_ERR_IO, file, 0, 0, "is larger than 2 GiB, which protobuf does not allow");
    onnx_budget b = onnx_budget_for((size_t)from->size);
    nn_status s = onnx_scan(report, &skeleton, from, small, file, err);
    if (s != NN_OK) {
        nn_free(skeleton.bytes);
        return s;
    }
    ProtobufCAllocator memory = {.alloc = onnx_budget_take, .free = onnx_budget_give, .allocator_data = &b};
    Onnx__ModelProto *m = onnx__model_proto__unpack(&memory, skeleton.n, skeleton.bytes);
    nn_free(skeleton.bytes);
    if (m != NULL && m->graph != NULL) {
        *out = m;
        return NN_OK;
    }
    bool parsed = m != NULL;
    onnx_parse_free(m);
    if (b.failed)
        return nn_nomem(err);
    return nn_fail(err, NN_ERR_IO, file, 0, 0, "%s",
                   b.spent  ? "needs more memory than a sound model of its size"
                   : parsed ? "is not an ONNX model: it has no graph"
                            : "is not an ONNX model: it cannot be parsed");
}

void onnx_parse_free(Onnx__ModelProto *m)
{
    ProtobufCAllocator memory = {.alloc = onnx_budget_take, .free = onnx_budget_give};
    if (m != NULL)
        onnx__model_proto__free_unpacked(m, &memory);
}
