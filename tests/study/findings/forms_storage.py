"""Constants in other places, and calls inside branches."""
import numpy as np
from onnx import TensorProto

from study.findings import RUNTIMES, but, f32, finding, parsed
from study.findings.forms_functions import F, calls

OPENVINO, TRACT = "2026.4.1", "0.23.9"
X = f32(-1, 0.5, 2)


def typed(graph, dtype, field, values, shape, feed, expected):
    """The weight w has its elements in one of the fields for them, not in raw_data."""
    m, feed, expected = parsed(graph, feed, expected, strict=False)
    t = m.graph.initializer.add()
    t.name, t.data_type = "w", dtype
    t.dims.extend(shape)
    getattr(t, field).extend(values)
    return m, feed, expected


@finding("tinygrad", "0.14.0", "value mismatch", but("tinygrad"))
def half_precision_in_int32_data():
    """int32_data has the bits of float16: 15360 is 1. tinygrad takes the bits for the value."""
    x = np.array([1, 2, 3], np.float16)
    return typed("(float16[3] x) => (float16[3] y) { y = Add(x, w) }", TensorProto.FLOAT16, "int32_data", [15360, 14336, 49152], [3], {"x": x}, [x + np.array([1, 0.5, -2], np.float16)])


@finding("tinygrad", "0.14.0", "load failure", but("tinygrad"))
def weight_without_elements():
    """A weight of size 0 has no field with elements. It cannot be loaded: "only 1 data field is allowed"."""
    return typed("(float[2] x) => (float[2] y) { y = Concat<axis = 0>(x, w) }", TensorProto.FLOAT, "float_data", [], [0], {"x": f32(1, 2)}, [f32(1, 2)])


@finding("openvino", OPENVINO, "value mismatch", ("onnxruntime-none", "reference", "tinygrad"))
@finding("tract", TRACT, "load failure", ("onnxruntime-none", "reference", "tinygrad"))
def unsigned_numbers_in_uint64_data():
    """uint64_data is the field of uint32 and uint64. OpenVINO takes other numbers, and tract finds none: "out of bounds indexing"."""
    x = np.array([1, 2], np.uint32)
    return typed("(uint32[2] x) => (uint32[2] y) { y = Max(x, w) }", TensorProto.UINT32, "uint64_data", [5, 7], [2], {"x": x}, [np.array([5, 7], np.uint32)])


@finding("onnxslim", "0.1.98", "load failure", RUNTIMES)
def constant_by_value_float():
    """The value of value_float is a float32. It comes out as float64, and the other operand of the product is not: the model cannot be loaded. value_floats has the same defect."""
    return parsed("(float[2] x) => (float[2] y) { c = Constant<value_float = 3.0>() y = Mul(x, c) }", {"x": f32(1, 2)}, [f32(3, 6)])


@finding("onnxslim", "0.1.98", "conversion failure", RUNTIMES)
def branches_that_use_an_output():
    """A weight is an output of the model, and branches of a constant If use it. The simplifier fails: "KeyError: 'w_subg_0_t'"."""
    return parsed("""(float[3] x) => (float[3] y, float[3] w) <float[3] w = {1, 2, 3}, bool c = {1}> { y = If (c) <then_branch = t () => (float[3] p) { p = Mul(x, w) },
        else_branch = e () => (float[3] q) { q = Add(x, w) }> }""", {"x": X}, [X * f32(1, 2, 3), f32(1, 2, 3)])


@finding("onnxsim", "0.8.1", "conversion failure", ("onnxruntime-none", "reference"))
def call_in_a_constant_if():
    """The branch that a constant condition takes calls a function. The branch replaces the node, and the call loses its domain: "No Op registered for F"."""
    return calls("""(float[3] x) => (float[3] y) <bool c = {1}> { y = If (c) <then_branch = t () => (float[3] p) { p = l.F(x) }, else_branch = e () => (float[3] q) { q = Neg(x) }> }""",
                 [F], {"x": X}, [-np.exp(X)])
