"""Detectors for what made consumers fail in public bug reports: a predicate over a model's graph for each trigger. Where a trigger wants values of computed
tensors, the detector asks for the structure alone, and its note says so."""
import re
from collections import namedtuple

import numpy as np
import onnx
from onnx import TensorProto

from reach.graph import attribute, operand

FLOATS = (TensorProto.FLOAT, TensorProto.DOUBLE)
# name: short; reference: the report; text: the trigger; note: what the detector leaves out; found: Graph -> bool
Trigger = namedtuple("Trigger", "name reference text note found")
TABLE = []
# Of triggers that the generator is not to make: name, reference, trigger, why
OUT_OF_SCOPE = [
    ("ort-contrib", "microsoft/onnxruntime#23043", "com.microsoft BeamSearch", "an operator that is not in the table"),
    ("tvm-seq", "apache/tvm#17869", "SequenceErase with a constant position", "an operator that is not in the table"),
]


def trigger(name, reference, text, note=""):
    def register(function):
        TABLE.append(Trigger(name, reference, text, note, function))
        return function

    return register


def found(graph):
    return [t.name for t in TABLE if t.found(graph)]


# ---- helpers ----
def per_axis(g, node):
    """Whether a Q or DQ has a scale for each index of an axis."""
    shape = g.shape(operand(node, 1))
    return shape is not None and len(shape) == 1 and shape[0] != 1


def per_tensor(g, node):
    return g.shape(operand(node, 1)) in ((), (1,))


def axis_of(node, rank, default=1):
    axis = attribute(node, "axis", default)
    return axis + rank if axis < 0 else axis


def sizes(g, node):
    """(input's spatial sizes, kernel, strides, dilations, begin pads, end pads) of a pooling with explicit pads, or None."""
    shape, kernel = g.shape(operand(node, 0)), attribute(node, "kernel_shape")
    if shape is None or kernel is None or None in shape or attribute(node, "auto_pad", "NOTSET") != "NOTSET":
        return None
    n = len(kernel)
    pads = attribute(node, "pads", [0] * 2 * n)
    return shape[-n:], kernel, attribute(node, "strides", [1] * n), attribute(node, "dilations", [1] * n), pads[:n], pads[n:]


def last_windows(g, node):
    """Of each axis: (start of the last window, its end, size with begin padding, size with both), counted from the begin padding, with ceil_mode."""
    if not attribute(node, "ceil_mode", 0) or not (s := sizes(g, node)):
        return []
    result = []
    for size, kernel, stride, dilation, begin, end in zip(*s):
        window = (kernel - 1) * dilation + 1
        last = -(-(size + begin + end - window) // stride) * stride
        if g.opset >= 22 and last >= size + begin:
            last -= stride
        result.append((last, last + window, size + begin, size + begin + end))
    return result


def holds_nan(g, name):
    """Whether a tensor depends on a graph input that has a NaN in some data set."""
    inputs = g.ancestors(name)
    return any(np.isnan(f[x]).any() for f in g.feeds for x in inputs if x in f and f[x].dtype.kind == "f")


def fed(g, name):
    """The arrays that a graph input has in the data sets, or the contents of a constant."""
    value = g.constant(name)
    return [value] if value is not None else [f[name] for f in g.feeds if name in f]


def pads_of(g, node):
    pads = g.constant(operand(node, 1))
    return [] if pads is None else pads.tolist()


def layer_norms(g):
    """Layer normalisations written out: (input, the node that scales, the operand that scales, the ReduceMean nodes)."""
    for sub, square, mean, _, root, div, mul in g.chains("Sub", ("Pow", "Mul"), "ReduceMean", "Add", "Sqrt", "Div", "Mul"):
        first = g.made_by(operand(sub, 1), "ReduceMean")
        if first is None or operand(first, 0) != operand(sub, 0) or operand(div, 0) != sub.output[0] or operand(div, 1) != root.output[0]:
            continue
        if operand(square, 0) == sub.output[0]:
            scale = operand(mul, 1) if operand(mul, 0) == div.output[0] else operand(mul, 0)
            yield operand(sub, 0), scale, (first, mean)


def computed(g, name):
    return bool(name) and g.producer(name) is not None


def zero_sized(g, name):
    """Whether a graph input with symbolic dims that a tensor is, or depends on, has no elements in some data set."""
    return any(f[x].size == 0 for f in g.feeds for x in g.ancestors(name) if x in f and x in g.params)


def constants_of(g, graph):
    """Names of the constants that a graph inside a node sees, but for those of graphs between it and the main one."""
    return {i.name for i in graph.initializer} | {o for n in (*graph.node, *g.nodes) if n.op_type == "Constant" for o in n.output} | set(g.initializers)


def depends_on_size(g, name):
    """Whether a tensor is computed from the Shape of a tensor with symbolic dims."""
    waiting, seen = [name], set()
    while waiting:
        n = g.producers.get(waiting.pop())
        if n is None or id(n) in seen:
            continue
        seen.add(id(n))
        if n.op_type in ("Shape", "Size") and n.input[0] in g.params:
            return True
        waiting += n.input
    return False


# ---- ONNX Runtime ----
@trigger("ort-castchain", "microsoft/onnxruntime#28089", "Cast(float32 or double -> int32), used once -> Cast(int32 -> bool)", "values in (-1, 1)")
def _(g):
    return any(g.elem(operand(a, 0)) in FLOATS and attribute(a, "to") == TensorProto.INT32 and attribute(b, "to") == TensorProto.BOOL
               and len(g.consumers(a)) == 1 for a, b in g.chains("Cast", "Cast"))


@trigger("ort-dqconst", "microsoft/onnxruntime#28491", "int8 constant -> DequantizeLinear without zero point, per tensor -> Reshape")
def _(g):
    return any(g.is_constant(operand(d, 0)) and g.elem(operand(d, 0)) == TensorProto.INT8 and not operand(d, 2) and per_tensor(g, d)
               for d, _ in g.chains("DequantizeLinear", "Reshape"))


@trigger("ort-qdqconv", "microsoft/onnxruntime#24711", "x: Q,DQ; W: DQ; bias: int32,DQ; all into Conv, then Q,DQ")
def _(g):
    for c, _, _ in g.chains("Conv", "QuantizeLinear", "DequantizeLinear"):
        x, w, b = (g.made_by(operand(c, i), "DequantizeLinear") for i in range(3))
        if x and w and b and g.made_by(operand(x, 0), "QuantizeLinear") and g.elem(operand(b, 0)) == TensorProto.INT32:
            return True
    return False


@trigger("ort-qdqavg", "microsoft/onnxruntime#32132", "DQ -> AveragePool -> Q, or DQ,DQ -> Add -> Q, per tensor")
def _(g):
    for d, n, q in g.chains("DequantizeLinear", ("AveragePool", "Add"), "QuantizeLinear"):
        if per_tensor(g, d) and per_tensor(g, q) and all(g.made_by(i, "DequantizeLinear") for i in n.input):
            return True
    return False


@trigger("ort-transposedq", "microsoft/onnxruntime#12151", "Transpose -> DequantizeLinear with a scale for each index of an axis")
def _(g):
    return any(per_axis(g, d) for _, d in g.chains("Transpose", "DequantizeLinear"))


@trigger("ort-dqunsq", "microsoft/onnxruntime#21793", "per-axis DequantizeLinear -> Unsqueeze that inserts dimensions before the axis")
def _(g):
    for d, u in g.chains("DequantizeLinear", "Unsqueeze"):
        axes, rank = g.constant(operand(u, 1)), g.rank(operand(d, 0))
        if axes is not None and rank and per_axis(g, d) and min(a % (rank + axes.size) for a in axes.ravel()) <= axis_of(d, rank):
            return True
    return False


@trigger("ort-lnfuse2", "microsoft/onnxruntime#31980", "layer normalisation written out, of one element in the last axis, with a longer scale")
def _(g):
    return any((g.shape(x) or ("",))[-1] == 1 and (g.shape(s) or (1,))[-1] not in (1, None) for x, s, _ in layer_norms(g))


@trigger("ort-lnfuse3", "microsoft/onnxruntime#31147", "layer normalisation written out, of a vector, or with keepdims=0")
def _(g):
    return any(g.rank(x) == 1 or any(attribute(m, "keepdims", 1) == 0 for m in means) for x, _, means in layer_norms(g))


@trigger("ort-foldopt", "microsoft/onnxruntime#26505", "constant operands into an operator of which an optional output is left out")
def _(g):
    for n in g.nodes:
        if n.op_type == "Constant" or not n.input or not all(not i or g.is_constant(i) for i in n.input):
            continue
        try:
            outputs = onnx.defs.get_schema(n.op_type, g.opset, n.domain).outputs
        except onnx.defs.SchemaError:
            continue
        if any(o.option == onnx.defs.OpSchema.FormalParameterOption.Optional and not (i < len(n.output) and n.output[i]) for i, o in enumerate(outputs)):
            return True
    return False


@trigger("ort-einsum1", "microsoft/onnxruntime#18654", "Einsum of one operand that sums one index and permutes others")
def _(g):
    for n in g.all("Einsum"):
        left, _, right = attribute(n, "equation", "").replace(" ", "").partition("->")
        if "," not in left and right and set(right) < set(left) and right != "".join(c for c in left if c in right):
            return True
    return False


@trigger("ort-einsumA", "microsoft/onnxruntime#4944, robertknight/rten#1386", "Einsum with upper-case letters")
def _(g):
    return any(re.search("[A-Z]", attribute(n, "equation", "")) for n in g.all("Einsum"))


@trigger("ort-cumsum1", "microsoft/onnxruntime#13165", "CumSum with exclusive=1 along an axis of one element")
def _(g):
    for n in g.all("CumSum"):
        axis, shape = g.constant(operand(n, 1)), g.shape(operand(n, 0))
        if attribute(n, "exclusive", 0) and axis is not None and shape and shape[int(axis.ravel()[0])] == 1:
            return True
    return False


@trigger("ort-avgceil", "microsoft/onnxruntime#16203", "AveragePool, ceil_mode=1, count_include_pad=1, last window beyond the padding")
def _(g):
    return any(attribute(n, "count_include_pad", 0) and any(end > padded for _, end, _, padded in last_windows(g, n)) for n in g.all("AveragePool"))


@trigger("onnx-avgceil", "onnx/onnx#4958", "AveragePool or MaxPool, ceil_mode=1, whose last window lies in the end padding")
def _(g):
    return any(start >= begun for n in g.all("AveragePool", "MaxPool") for start, _, begun, _ in last_windows(g, n))


@trigger("ort-castmm", "microsoft/onnxruntime#24341", "MatMul of two Cast outputs, or of their Transposes")
def _(g):
    def cast(name):
        t = g.made_by(name, "Transpose")
        return g.made_by(operand(t, 0) if t else name, "Cast")

    return any(cast(operand(n, 0)) and cast(operand(n, 1)) for n in g.all("MatMul"))


@trigger("ort-castf16", "microsoft/onnxruntime#29235", "Cast from float16 to float16 of a computed tensor", "whether the operator before has a kernel for float16")
def _(g):
    return any(attribute(n, "to") == TensorProto.FLOAT16 == g.elem(operand(n, 0)) and computed(g, operand(n, 0)) for n in g.all("Cast"))


@trigger("ort-fp16resize", "microsoft/onnxruntime#14827", "Resize with scales, then conversion to float16")
def _(g):
    return any(operand(n, 2) and g.shape(operand(n, 2)) != (0,) for n in g.all("Resize"))


@trigger("fp16-cast", "microsoft/onnxconverter-common#320", "Cast to float32 in a float model, then conversion to float16")
def _(g):
    return any(attribute(n, "to") == TensorProto.FLOAT for n in g.all("Cast"))


@trigger("ort-nanred", "microsoft/onnxruntime#10514", "ReduceMax of NaN and a number")
def _(g):
    return any(holds_nan(g, operand(n, 0)) for n in g.all("ReduceMax"))


@trigger("dml-mm5", "microsoft/onnxruntime#21583", "MatMul of rank 5")
def _(g):
    return any((g.rank(i) or 0) >= 5 for n in g.all("MatMul") for i in n.input)


@trigger("dml-gather2", "microsoft/onnxruntime#12767", "MatMul of two Gather outputs")
def _(g):
    return any(all(g.made_by(i, "Gather") for i in n.input) for n in g.all("MatMul"))


@trigger("qnn-axis", "microsoft/onnxruntime#21463", "per-axis Q or DQ with a negative axis")
def _(g):
    return any(per_axis(g, n) and attribute(n, "axis", 1) < 0 for n in g.all("QuantizeLinear", "DequantizeLinear"))


@trigger("qnn-dql", "microsoft/onnxruntime#25334", "DynamicQuantizeLinear")
def _(g):
    return any(g.all("DynamicQuantizeLinear"))


# ---- compilers ----
@trigger("tvm-cumsum", "apache/tvm#18135", "CumSum, reverse=1, of a computed tensor")
def _(g):
    return any(attribute(n, "reverse", 0) and computed(g, operand(n, 0)) for n in g.all("CumSum"))


@trigger("tvm-d2s", "apache/tvm#18032", "DepthToSpace of a computed tensor")
def _(g):
    return any(computed(g, operand(n, 0)) for n in g.all("DepthToSpace"))


@trigger("tvm-ln", "apache/tvm#17966", "LayerNormalization without bias")
def _(g):
    return any(not operand(n, 2) for n in g.all("LayerNormalization"))


@trigger("tvm-castoor", "apache/tvm#19542", "Cast float -> int8 of 300, NaN, Inf", "casts of computed tensors")
def _(g):
    for n in g.all("Cast"):
        if attribute(n, "to") == TensorProto.INT8 and g.elem(operand(n, 0)) in FLOATS:
            if any((~(np.abs(v) <= 127)).any() for v in fed(g, operand(n, 0))):
                return True
    return False


@trigger("tvm-nan", "apache/tvm#19572", "Relu, Sign, ReduceMax, ReduceMin of NaN")
def _(g):
    return any(holds_nan(g, operand(n, 0)) for n in g.all("Relu", "Sign", "ReduceMax", "ReduceMin"))


@trigger("iree-unsq", "iree-org/iree#18267", "ConstantOfShape of a graph input -> Unsqueeze with axes from a graph input")
def _(g):
    return any(operand(a, 0) in g.inputs and operand(b, 1) in g.inputs for a, b in g.chains("ConstantOfShape", "Unsqueeze"))


@trigger("tmlir-pad6", "llvm/torch-mlir#3442", "Pad of opset 2 to 10, mode=reflect, pads as attribute")
def _(g):
    return any(attribute(n, "mode") == "reflect" and attribute(n, "pads") is not None for n in g.all("Pad"))


@trigger("ov-dqblock", "openvinotoolkit/openvino#32917", "DequantizeLinear-21 in blocks along axis 1 or more")
def _(g):
    return any(attribute(n, "block_size", 0) > 0 and axis_of(n, g.rank(operand(n, 0)) or 0) >= 1 for n in g.all("DequantizeLinear"))


@trigger("ov-hardmax", "openvinotoolkit/openvino#33398", "Hardmax where the greatest value occurs more than once", "Hardmax of computed tensors")
def _(g):
    for n in g.all("Hardmax"):
        for v in fed(g, operand(n, 0)):
            axis = attribute(n, "axis", -1)
            if v.ndim and v.size and ((v == v.max(axis=axis, keepdims=True)).sum(axis=axis) > 1).any():
                return True
    return False


@trigger("ov-argmin", "openvinotoolkit/openvino#13491", "ArgMin of int32", "ties")
def _(g):
    return any(g.elem(operand(n, 0)) == TensorProto.INT32 for n in g.all("ArgMin"))


# ---- simplifiers and converters ----
@trigger("oscr-gemmbn", "microsoft/onnxscript#3027", "Gemm with beta and C -> BatchNormalization")
def _(g):
    return any(operand(a, 2) and attribute(a, "beta", 1.0) != 1.0 and operand(b, 0) == a.output[0] for a, b in g.chains("Gemm", "BatchNormalization"))


@trigger("slim-shape", "inisis/OnnxSlim#305", "Shape, Gather, Concat make a target that two Reshapes use")
def _(g):
    paths = g.chains("Shape", "Gather", "Concat") + g.chains("Shape", "Gather", "Unsqueeze", "Concat")
    return any(sum(operand(r, 1) == p[-1].output[0] for r in g.consumers(p[-1], "Reshape")) >= 2 for p in paths)


@trigger("slim-pad", "tsingmicro-toolchain/OnnxSlim#4", "Pad with computed pads -> Conv")
def _(g):
    return any(computed(g, operand(p, 1)) for p, _ in g.chains("Pad", "Conv"))


@trigger("onnx-vc10", "onnx/onnx#4060", "opset 9 or 10, initializers not among the inputs")
def _(g):
    return g.opset in (9, 10) and bool(set(g.initializers) - {x.name for x in g.model.graph.input})


@trigger("burn-expand", "tracel-ai/burn#4206", "Expand of an int64 scalar")
def _(g):
    return any(g.rank(operand(n, 0)) == 0 and g.elem(operand(n, 0)) == TensorProto.INT64 for n in g.all("Expand"))


@trigger("burn-squeeze", "tracel-ai/burn#2968", "Shape -> Slice -> Squeeze")
def _(g):
    return bool(g.chains("Shape", "Slice", "Squeeze"))


@trigger("o2tf-shuffle", "PINTO0309/onnx2tf#15", "Reshape to 5-D -> Transpose -> Reshape to 4-D")
def _(g):
    return any(g.rank(a.output[0]) == 5 and g.rank(c.output[0]) == 4 for a, _, c in g.chains("Reshape", "Transpose", "Reshape"))


@trigger("o2tf-name", "PINTO0309/onnx2tf#186", "tensor names with : . or /")
def _(g):
    return any(re.search("[:./]", t) for n in g.nodes for t in (*n.input, *n.output))


@trigger("o2t-asym", "ENOT-AutoDL/onnx2torch#68", "Conv with pads that differ by side")
def _(g):
    return any((p := attribute(n, "pads", [])) and p[:len(p) // 2] != p[len(p) // 2:] for n in g.all("Conv"))


@trigger("tf2-same", "onnx/tensorflow-onnx#580", "one tensor as both inputs of Concat or MatMul")
def _(g):
    return any(len(set(n.input)) < len(n.input) for n in g.all("Concat", "MatMul"))


@trigger("ncnn-split", "Tencent/ncnn#6166", "MatMul -> Reshape to 3-D -> Split along axis 1")
def _(g):
    return any(g.rank(r.output[0]) == 3 and axis_of(s, 3, 0) == 1 for _, r, s in g.chains("MatMul", "Reshape", "Split"))


@trigger("cv-slice", "opencv/opencv#24559", "Slice with computed starts; Resize with computed sizes")
def _(g):
    return any(computed(g, operand(n, 1)) for n in g.all("Slice")) or any(computed(g, operand(n, 3)) for n in g.all("Resize"))


@trigger("trt-orcast", "NVIDIA/TensorRT#4512", "Or -> Cast")
def _(g):
    return bool(g.chains("Or", "Cast"))


@trigger("trt-shapeout", "NVIDIA/TensorRT#3465", "Shape whose result is the graph output")
def _(g):
    return any(n.output[0] in g.outputs for n in g.all("Shape"))


# ---- what NNSmith found ----
@trigger("nns-reluclip", "microsoft/onnxruntime#10936", "Relu -> Clip, not float32")
def _(g):
    return any(g.elem(operand(a, 0)) not in (0, TensorProto.FLOAT) for a, _ in g.chains("Relu", "Clip"))


@trigger("nns-gemmT", "microsoft/onnxruntime#12071", "Gemm(A, B, Transpose(C))")
def _(g):
    return any(g.made_by(operand(n, 2), "Transpose") for n in g.all("Gemm"))


@trigger("nns-padneg", "microsoft/onnxruntime#11828", "Pad, reflect, negative and positive pads")
def _(g):
    return any(attribute(n, "mode") == "reflect" and (p := pads_of(g, n)) and min(p) < 0 < max(p) for n in g.all("Pad"))


@trigger("nns-initout", "microsoft/onnxruntime#13425", "an initializer that is a graph output")
def _(g):
    return any(o in g.initializers for o in g.outputs)


@trigger("nns-convargmin", "apache/tvm#9813", "Conv -> ArgMin")
def _(g):
    return bool(g.chains("Conv", "ArgMin"))


@trigger("nns-concat1", "apache/tvm#11895", "Concat of one input")
def _(g):
    return any(len(n.input) == 1 for n in g.all("Concat"))


@trigger("nns-redscalar", "apache/tvm#10780", "Reduce operator of a scalar")
def _(g):
    return any(n.op_type.startswith("Reduce") and g.rank(operand(n, 0)) == 0 for n in g.nodes)


@trigger("nns-vecmat", "apache/tvm#11174", "MatMul of vector and matrix")
def _(g):
    return any(sorted((g.rank(operand(n, i)) or 0 for i in (0, 1))) == [1, 2] for n in g.all("MatMul"))


@trigger("nns-castbool", "apache/tvm#13048", "Cast int64 -> bool -> int32", "the value -1")
def _(g):
    return any(g.elem(operand(a, 0)) == TensorProto.INT64 and attribute(a, "to") == TensorProto.BOOL and attribute(b, "to") == TensorProto.INT32
               for a, b in g.chains("Cast", "Cast"))


@trigger("nns-slicepad", "apache/tvm#11897", "Concat of a strided Slice and a Pad with negative pads")
def _(g):
    for n in g.all("Concat"):
        slices = [s for i in n.input if (s := g.made_by(i, "Slice")) and (v := g.constant(operand(s, 4))) is not None and (np.abs(v) > 1).any()]
        pads = [p for i in n.input if (p := g.made_by(i, "Pad")) and min(pads_of(g, p), default=0) < 0]
        if slices and pads:
            return True
    return False


@trigger("nns-expargmax", "apache/tvm#11794", "int64 Expand -> ArgMax")
def _(g):
    return any(g.elem(operand(e, 0)) == TensorProto.INT64 for e, _ in g.chains("Expand", "ArgMax"))


@trigger("nns-pool317", "NVIDIA/TensorRT#2094", "pooling window of more than 317 elements")
def _(g):
    return any(np.prod(attribute(n, "kernel_shape", [1])) > 317 for n in g.all("AveragePool", "MaxPool", "LpPool"))


@trigger("nns-sqgemm", "onnx/onnx-tensorrt#824", "Squeeze -> Gemm")
def _(g):
    return bool(g.chains("Squeeze", "Gemm"))


@trigger("nns-dupreshape", "NNSmith list: TensorRT forum 203540", "two equal Reshapes of one tensor")
def _(g):
    seen = set()
    for n in g.all("Reshape"):
        target = g.constant(operand(n, 1))
        key = operand(n, 0), tuple(target.tolist()) if target is not None else operand(n, 1), attribute(n, "allowzero", 0)
        if key in seen:
            return True
        seen.add(key)
    return False


@trigger("nns-2e29", "NNSmith list: TensorRT forum 203009", "tensor of 2^29 elements")
def _(g):
    return any(s and None not in s and np.prod(s, dtype=float) >= 2**29 for _, s in g.infos.values())


# ---- control flow, functions, storage ----
@trigger("ort-loop", "microsoft/onnxruntime#8825", "a node of constants in a body of Loop or If, which is folded away")
def _(g):
    for _, graph in g.inner("Loop", "If"):
        constants = constants_of(g, graph)
        if any(n.input and all(i in constants for i in n.input) for n in graph.node):
            return True
    return False


@trigger("ort-ir3", "microsoft/onnxruntime#9663", "IR version below 4, constants in If")
def _(g):
    return g.model.ir_version < 4 and any(graph.initializer or any(n.op_type == "Constant" for n in graph.node) for _, graph in g.inner("If"))


@trigger("tract-if", "sonos/tract#2695", "If on a dynamic size", "branches of other ranks, which no model has: all outputs have one rank")
def _(g):
    return any(depends_on_size(g, operand(n, 0)) for n in g.all("If"))


@trigger("oscr-func", "microsoft/onnxscript#2673", "constants inside a local function")
def _(g):
    return any(n.op_type == "Constant" for f in g.model.functions for n in f.node)


@trigger("onnx-vcloop", "onnx/onnx#3529", "Loop with Squeeze in its body", "the conversion of the model to another opset")
def _(g):
    return any(n.op_type == "Squeeze" for _, graph in g.inner("Loop") for n in graph.node)


# ---- dynamic dimensions, sizes of zero ----
@trigger("iree-mm", "iree-org/iree#19162", "MatMul of rank 4, with the second last symbol of A and the last of B dynamic, and the batch of both")
def _(g):
    for n in g.all("MatMul"):
        a, b = (g.params.get(operand(n, i), ()) for i in (0, 1))
        if len(a) == len(b) == 4 and a[0] and b[0] and a[2] and b[3]:
            return True
    return False


@trigger("tract-dim", "sonos/tract#1819", "dim_param with a dot in its name")
def _(g):
    return any("." in p for names in g.params.values() for p in names)


@trigger("mnn-gather", "alibaba/MNN#2021", "GatherElements with dynamic dimensions")
def _(g):
    return any(operand(n, i) in g.params for n in g.all("GatherElements") for i in (0, 1))


@trigger("tiny-dyn", "tinygrad/tinygrad#1537", "dim_param in several inputs")
def _(g):
    return sum(x in g.params for x in g.inputs) > 1


@trigger("trt-boolslice", "NVIDIA/TensorRT#2509", "Equal -> Not -> Slice on a dynamic vector")
def _(g):
    return any(len(g.params.get(operand(s, 0), ())) == 1 for _, _, s in g.chains("Equal", "Not", "Slice"))


@trigger("coreml-zero", "microsoft/onnxruntime#14212", "dynamic {-1,3} that is {0,3} at run time")
def _(g):
    return any(len(names) == 2 and names[0] and x in g.inputs and zero_sized(g, x) for x, names in g.params.items())


@trigger("ort-zgemm", "microsoft/onnxruntime#4559", "linear layer on a dynamic dimension that is 0 at run time")
def _(g):
    return any(operand(n, 0) in g.params and g.is_constant(operand(n, 1)) and zero_sized(g, operand(n, 0)) for n in g.all("Gemm", "MatMul"))


@trigger("ort-zonehot", "microsoft/onnxruntime#20659", "OneHot of indices of shape (0)")
def _(g):
    return any(g.shape(operand(n, 0)) == (0,) for n in g.all("OneHot"))


# ---- random numbers ----
@trigger("ort-random", "microsoft/onnxruntime#16449", "RandomNormalLike in float16")
def _(g):
    return any(attribute(n, "dtype", g.elem(operand(n, 0))) == TensorProto.FLOAT16 for n in g.all("RandomNormalLike"))
