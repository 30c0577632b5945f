"""ONNX Runtime 1.32.0 on the CPU: what random near misses showed (`nngen --motifs 1 --near-misses 100`), cut down."""
import numpy as np

from study.findings import RUNTIMES, but, f32, finding, i64, model, near, ramp
from study.findings.near import root_mean, scalar

V = "1.32.0"
QDQ = ["QDQSelectorActionTransformer"]


@finding("onnxruntime-all", V, "crash", ("onnxruntime-none", "openvino", "tinygrad"), QDQ)
def quantised_where_whose_zero_point_is_an_input():
    """The zero point of both branches is an input of the model instead of a constant. The pass makes QLinearWhere, and the process ends by SIGSEGV."""
    a, b, c = np.array([132, 120, 144, 136], np.uint8), np.array([136, 136, 120, 112], np.uint8), np.array([True, False, True, False])
    y = np.array([112, 114, 118, 102], np.uint8)  # 0.5, 1, 2, -2 in steps of 1/4 from 110
    return model([("DequantizeLinear", ["a", "s", "z"], ["da"], {}), ("DequantizeLinear", ["b", "s", "z"], ["db"], {}), ("Where", ["c", "da", "db"], ["r"], {}),
                  ("QuantizeLinear", ["r", "t", "u"], ["y"], {})], {"a": a, "b": b, "c": c, "z": np.array(128, np.uint8)},
                 {"s": scalar(0.125), "t": scalar(0.25), "u": np.array(110, np.uint8)}, [y])


@finding("onnxruntime-all", V, "load failure", ("onnxruntime-none", "reference", "openvino", "tinygrad"), QDQ)
def quantised_concat_of_half_precision():
    """Scales of type float16, of opset 19. The pass makes QLinearConcat, whose scales are float32, and the model is refused: "Type 'tensor(float16)' of input parameter (s) of operator
    (QLinearConcat) in node (node2) is invalid"."""
    a, b = np.array([132, 120], np.uint8), np.array([132, 136], np.uint8)
    return model([("DequantizeLinear", ["a", "s", "z"], ["da"], {}), ("DequantizeLinear", ["b", "t", "z"], ["db"], {}), ("Concat", ["da", "db"], ["r"], {"axis": 0}),
                  ("QuantizeLinear", ["r", "s", "z"], ["y"], {})], {"a": a, "b": b},
                 {"s": np.array(0.125, np.float16), "t": np.array(0.25, np.float16), "z": np.array(128, np.uint8)}, [np.array([132, 120, 136, 144], np.uint8)], opset=21)


@finding("onnxruntime-all", V, "value mismatch", ("onnxruntime-none", "reference", "tract", "tinygrad"), ["ReluQuantRewrite"])
def relu_before_negative_steps():
    """A step of -1: without Relu, -2 is 2. The rule leaves Relu out because the zero point is the least number of uint8, and does not look at the sign of the step."""
    return model([("Relu", ["x"], ["r"], {}), ("QuantizeLinear", ["r", "s", "z"], ["y"], {})], {"x": f32(-2, 3)}, {"s": scalar(-1), "z": np.array(0, np.uint8)},
                 [np.array([0, 0], np.uint8)])


@finding("onnxruntime-all", V, "load failure", RUNTIMES, ["Pad_Fusion"])
def padded_weights():
    """What is padded is the weights of the Conv, not its input. The rule takes the padding into Conv and removes Pad: "Node input 'p' is not a graph input, initializer, or output of a
    previous node"."""
    x, w = ramp(1, 1, 2, 2), ramp(1, 1, 3, 3)
    y = (w[..., :2, :2] * x).sum().reshape(1, 1, 1, 1)
    return model([("Pad", ["x", "pads"], ["p"], {}), ("Conv", ["w", "p"], ["y"], {})], {"x": x, "w": w}, {"pads": i64(0, 0, 0, 0, 0, 0, 1, 1)}, [y])


@finding("onnxruntime-all", V, "load failure", RUNTIMES, ["SimplifiedLayerNormFusion"])
def root_mean_square_of_a_vector_behind_its_scale():
    """One axis, and the scale is the first factor. The pass takes the other factor, which also has one axis, for the scale, and removes what gives it: "Node input 'n' is not a graph
    input, initializer, or output of a previous node"."""
    x = ramp(4)
    return near.simplified(x, lambda s: x / root_mean(x * x) * s, {"y": ("Mul", ["scale", "n"], {})}.items())


@finding("onnxruntime-all", V, "run failure", RUNTIMES, ["MatMulIntegerToFloatFusion"])
def dynamic_product_of_one_column_and_a_bias_of_three():
    """A column is broadcast to the bias's three. The pass makes DynamicQuantizeMatMul with that bias: "bias tensor's element count must equal B's last dimension"."""
    x, w, b = f32([0, 2.55], [1, 2]), np.array([[1], [2]], np.int8), f32(1, 2, 3)
    return model([("DynamicQuantizeLinear", ["x"], ["q", "s", "z"], {}), ("MatMulInteger", ["q", "w", "z"], ["m"], {}), ("Cast", ["m"], ["f"], {"to": 1}), ("Mul", ["s", "ws"], ["p"], {}),
                  ("Mul", ["f", "p"], ["t"], {}), ("Add", ["t", "b"], ["y"], {})], {"x": x}, {"w": w, "ws": scalar(0.5), "b": b}, [(x @ w * 0.5 + b).astype(np.float32)])


@finding("onnxruntime-all", V, "value mismatch", RUNTIMES, ["MatMulIntegerToFloatFusion"])
def product_of_bytes_by_a_scale_in_a_matrix_and_a_bias():
    """The scale has the shape [1, 1]. The operator that the pass makes multiplies the bias, too, by it."""
    x, w, b = np.array([[1, 2], [3, 4]], np.uint8), np.array([[1, -2], [3, 4]], np.int8), f32(1, 5)
    return near.product_of_bytes(x, w, f32([0.5]), then=[("Add", ["t", "b"], ["y"], {})], weights={"b": b}, y=lambda m: m + b)


@finding("onnxruntime-all", V, "shape difference", RUNTIMES, ["EliminateSlice"])
def slice_by_steps_without_axes():
    """Every second element: axes are left out and steps are given. The rule does not look at steps where there are no axes, takes Slice for an identity, and gives all elements."""
    x = ramp(5)
    return model([("Abs", ["x"], ["a"], {}), ("Slice", ["a", "start", "end", "", "step"], ["s"], {}), ("Neg", ["s"], ["y"], {})], {"x": x},
                 {"start": i64(0), "end": i64(2 ** 63 - 1), "step": i64(2)}, [-np.abs(x)[::2]])
