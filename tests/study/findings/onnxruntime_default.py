"""ONNX Runtime 1.32.0 on the CPU: what models of the default family showed (`nngen --nodes 40`, `--types`), cut down."""
import numpy as np

from study.findings import RUNTIMES, but, f32, finding, model, near, ramp
from study.findings.near import scalar

V = "1.32.0"


@finding("onnxruntime-all", V, "value mismatch", but("openvino"), ["QDQSelectorActionTransformer"])
def quantised_average_over_the_end_of_the_padding():
    """ceil_mode=1 and count_include_pad=1: the last window has one element, one zero of padding, and a place beyond the padding, which does not count. The average is 6 / 2. The pass
    makes QLinearAveragePool, which counts three places, and gives 2."""
    x = f32(1.5, 3, -3, 6).reshape(1, 1, 4)
    return near.unit(x, [("AveragePool", ["d"], ["r"], {"kernel_shape": [3], "strides": [2], "pads": [1, 1], "ceil_mode": 1, "count_include_pad": 1})], {},
                     f32(4.5 / 3, 6 / 3, 6 / 2).reshape(1, 1, 3), opset=21)


@finding("onnxruntime-all", V, "value mismatch", but("tract"), ["QDQSelectorActionTransformer"])
def product_of_floats_by_blocks_of_bytes():
    """Weights of 8 bits, one scale for a block of 16. What they multiply is float32, and not quantised. The pass makes MatMulNBits, which by default (session option
    session.qdq_matmulnbits_accuracy_level, 4) quantises that, too, to 8 bits: beside 100 the fifteen 0.25 become 0, and the sums as well."""
    x, w, s = f32([100] + [0.25] * 15), np.array([[128, 128]] + [[129, 127]] * 15, np.uint8), f32([1, 2])
    return model([("DequantizeLinear", ["w", "s", "z"], ["d"], {"axis": 0, "block_size": 16}), ("MatMul", ["x", "d"], ["y"], {})], {"x": x},
                 {"w": w, "s": s, "z": np.array([[128, 128]], np.uint8)}, [x @ ((w.astype(np.float32) - 128) * s)], opset=21)


@finding("onnxruntime-all", V, "value mismatch", but("openvino"), ["WeightBiasQuantization"])
def bias_of_floats_in_a_quantised_conv():
    """The bias is float32: 0.375, three steps of the result. The pass quantises it in steps of the product of the two other scales, which is 1, and so makes 0 of it."""
    q, w, b = np.array([130, 124], np.uint8).reshape(1, 2, 1), np.array([1, 2], np.uint8).reshape(1, 2, 1), f32(0.375)
    return model([("DequantizeLinear", ["q", "one", "mid"], ["d"], {}), ("DequantizeLinear", ["w", "one", "zero"], ["dw"], {}), ("Conv", ["d", "dw", "b"], ["r"], {}),
                  ("QuantizeLinear", ["r", "s", "mid"], ["y"], {})], {"q": q},
                 {"one": scalar(1), "mid": np.array(128, np.uint8), "zero": np.array(0, np.uint8), "w": w, "b": b, "s": scalar(0.125)},
                 [np.array([[[128 + (2 * 1 - 4 * 2 + 0.375) * 8]]], np.uint8)], opset=21)


@finding("onnxruntime-all", V, "value mismatch", RUNTIMES, ["WeightBiasQuantization"])
def weights_of_floats_in_a_quantised_conv():
    """The weights are float32, and not quantised: 255 for an input that is 0, and 0.375 for one that is 4. The pass quantises them to
    uint8, in steps of 1, and so makes 0 of 0.375."""
    q, w = np.array([128, 132], np.uint8).reshape(1, 2, 1), f32(255, 0.375).reshape(1, 2, 1)
    return model([("DequantizeLinear", ["q", "one", "mid"], ["d"], {}), ("Conv", ["d", "w"], ["r"], {}), ("QuantizeLinear", ["r", "s", "mid"], ["y"], {})], {"q": q},
                 {"one": scalar(1), "mid": np.array(128, np.uint8), "w": w, "s": scalar(0.125)}, [np.array([[[128 + 4 * 0.375 * 8]]], np.uint8)], opset=21)


@finding("onnxruntime-all", V, "value mismatch", but("tract"), ["QDQSelectorActionTransformer"])
def quantised_softmax_in_steps_that_do_not_divide_one():
    """32 is far above 0, so that the shares are 1 and 0. A step is 0.28: 3.57 steps, which is 4. The pass makes QLinearSoftmax, which takes 1 for three steps."""
    return model([("DequantizeLinear", ["q", "one", "zero"], ["d"], {}), ("Softmax", ["d"], ["r"], {}), ("QuantizeLinear", ["r", "s", "zero"], ["y"], {})],
                 {"q": np.array([[32, 0]], np.uint8)}, {"one": scalar(1), "zero": np.array(0, np.uint8), "s": scalar(0.28)}, [np.array([[4, 0]], np.uint8)], opset=21)


@finding("onnxruntime-all", V, "load failure", ("onnxruntime-none", "reference", "openvino"), ["LayerNormFusionL1"])
def layer_normalisation_of_a_vector_before_one_number():
    """One axis, and what is added is one number. The pass takes the other addend, which has one axis, for the bias, and removes what gives it: "Node input 's' is not a graph
    input, initializer, or output of a previous node"."""
    x = ramp(4)
    d = near.deviations(x)
    return near.layer_norm(x, (), {"bias": scalar(0.5)}, lambda two, eps, scale, bias: d / near.root_mean(d * d) * scale + bias, keepdims=0)
