"""ONNX Runtime 1.32.0 on the CPU: graphs that its passes replace though they only nearly are what the pass looks for."""
import numpy as np

from study.findings import RUNTIMES, but, f32, finding, i64, model, near, ramp
from study.findings.near import deviations, layer_norm, root_mean, scalar, simplified

V = "1.32.0"


@finding("onnxruntime-all", V, "value mismatch", RUNTIMES, ["LayerNormFusionL1"])
def layer_normalisation_by_a_fourth_power():
    """The deviations are raised to the power of four. The pass takes any constant exponent for two."""
    x = ramp(2, 4, low=-2, high=2)
    d = deviations(x)
    return layer_norm(x, weights={"two": scalar(4)}, expected=lambda p, e, s, b: d / root_mean(d ** 4) * s + b)


@finding("onnxruntime-all", V, "value mismatch", RUNTIMES, ["LayerNormFusionL1"])
def layer_normalisation_of_the_mean_less_the_input():
    """The mean less the input, so that the sign changes. The pass does not look which operand of Sub is which."""
    x = ramp(2, 4)
    d = -deviations(x)
    return layer_norm(x, {"d": ("Sub", ["mean", "x"], {})}.items(), expected=lambda p, e, s, b: d / root_mean(d * d) * s + b)


@finding("onnxruntime-all", V, "value mismatch", RUNTIMES, ["LayerNormFusionL1"])
def layer_normalisation_by_powers_of_two():
    """Two to the power of the deviations. The pass does not look which operand of Pow is which."""
    x = ramp(2, 4)
    d = deviations(x)
    return layer_norm(x, {"q": ("Pow", ["two", "d"], {})}.items(), expected=lambda p, e, s, b: d / root_mean(2 ** d) * s + b)


@finding("onnxruntime-all", V, "value mismatch", RUNTIMES, ["LayerNormFusionL1"])
def layer_normalisation_upside_down():
    """The standard deviation divided by the deviations. The pass does not look which operand of Div is which."""
    x = f32([-2, -1, 1, 2.5], [1, -1, 2, -3])
    d = deviations(x)
    return layer_norm(x, {"n": ("Div", ["dev", "d"], {})}.items(), expected=lambda p, e, s, b: root_mean(d * d) / d * s + b)


@finding("onnxruntime-all", V, "value mismatch", but("openvino"), ["LayerNormFusionL1", "SimplifiedLayerNormFusion"])
def layer_normalisation_that_drops_the_axis():
    """With keepdims=0 the means of a square matrix are a vector, which is taken from the columns instead of the rows. The pass does not look at keepdims."""
    x = ramp(3, 3, low=-2, high=2)
    d = x - x.mean(-1)
    return layer_norm(x, expected=lambda p, e, s, b: d / np.sqrt((d * d).mean(-1) + e) * s + b, keepdims=0)


@finding("onnxruntime-all", V, "shape difference", RUNTIMES, ["LayerNormFusionL1", "SimplifiedLayerNormFusion"])
def layer_normalisation_that_gains_an_axis():
    """The exponent has the shape [1, 1, 1], so that what follows has three axes. The pass takes any constant of one element, and gives two axes."""
    x = ramp(2, 4)
    d = deviations(x)
    return layer_norm(x, weights={"two": scalar(2).reshape(1, 1, 1)}, expected=lambda p, e, s, b: (d / root_mean(d * d) * s + b)[None])


@finding("onnxruntime-all", V, "run failure", RUNTIMES, ["LayerNormFusionL1", "SimplifiedLayerNormFusion"])
def layer_normalisation_of_one_element_by_four():
    """An axis of one element is broadcast to the scale's four. The pass makes a LayerNormalization whose scale does not fit, which then fails."""
    x = ramp(2, 1)
    return layer_norm(x, weights={"scale": ramp(4), "bias": ramp(4, low=1, high=2)}, expected=lambda p, e, s, b: deviations(x) * s + b)


@finding("onnxruntime-all", V, "run failure", but("openvino"), ["SimplifiedLayerNormFusion"])
def root_mean_square_of_one_element_by_four():
    """An axis of one element is broadcast to the scale's four. The pass makes a normalisation whose scale does not fit, which then fails."""
    x = ramp(2, 1)
    return simplified(x, lambda s: x / root_mean(x * x) * s, weights={"scale": ramp(4)})


@finding("onnxruntime-all", V, "value mismatch", but("openvino"), ["SimplifiedLayerNormFusion"])
def root_mean_square_that_drops_the_axis():
    """keepdims=0, of a square matrix. The pass does not look at keepdims."""
    x = ramp(3, 3, low=-2, high=2)
    return simplified(x, lambda s: x / np.sqrt((x * x).mean(-1) + scalar(0.01)) * s, {"m": ("ReduceMean", ["q"], {"axes": [-1], "keepdims": 0})}.items())


@finding("onnxruntime-all", V, "shape difference", but("openvino"), ["SimplifiedLayerNormFusion"])
def root_mean_square_that_gains_an_axis():
    """An exponent of shape [1, 1, 1]. The pass takes any constant of one element."""
    x = ramp(2, 4)
    return simplified(x, lambda s: (x / root_mean(x * x) * s)[None], weights={"two": scalar(2).reshape(1, 1, 1)})


@finding("onnxruntime-all", V, "value mismatch", but("openvino"), ["SkipLayerNormFusion"])
def sum_before_a_layer_normalisation_of_two_axes():
    """axis=1: the mean is over the last two axes. The pass leaves the attribute out, and the last axis alone is normalised."""
    x, z = ramp(2, 3, 4), ramp(2, 3, 4, low=1, high=3)
    scale, bias = ramp(4, low=1, high=2), ramp(4)
    a = x + z
    d = a - a.mean((1, 2), keepdims=True)
    return model([("Add", ["x", "z"], ["a"], {}), ("LayerNormalization", ["a", "s", "b"], ["y"], {"axis": 1})], {"x": x, "z": z}, {"s": scale, "b": bias},
                 [(d / np.sqrt((d * d).mean((1, 2), keepdims=True) + 1e-5) * scale + bias).astype(np.float32)])


@finding("onnxruntime-all", V, "run failure", RUNTIMES, ["SkipLayerNormFusion"])
def sum_before_a_layer_normalisation_by_one_scale():
    """A scale of one element is broadcast. The pass makes a SkipLayerNormalization, which wants a scale of the last axis, and fails."""
    x, z = ramp(2, 3, 4), ramp(2, 3, 4, low=1, high=3)
    a = x + z
    d = deviations(a)
    return model([("Add", ["x", "z"], ["a"], {}), ("LayerNormalization", ["a", "s", "b"], ["y"], {})], {"x": x, "z": z}, {"s": f32(2), "b": ramp(4)},
                 [(d / root_mean(d * d, 1e-5) * 2 + ramp(4)).astype(np.float32)])


@finding("onnxruntime-all", V, "value mismatch", RUNTIMES, ["DivMulFusion"])
def whole_number_reciprocal_times_a_number():
    """1 / 4 is 0 for whole numbers, and 0 times 8 is 0. The pass makes 8 / 4 of it."""
    x, z = np.array([4, 3, 1], np.int32), np.array([8, -7, 5], np.int32)
    return model([("Div", ["one", "x"], ["r"], {}), ("Mul", ["r", "z"], ["y"], {})], {"x": x, "z": z}, {"one": np.array(1, np.int32)}, [np.array([0, 0, 5], np.int32)])


@finding("onnxruntime-all", V, "shape difference", RUNTIMES, ["DivMulFusion"])
def reciprocal_that_gains_an_axis():
    """A one of shape [1, 1] makes a matrix of a vector. The pass leaves the one out, and with it the axis."""
    x, z = ramp(3, low=1, high=2), ramp(3)
    return model([("Div", ["one", "x"], ["r"], {}), ("Mul", ["r", "z"], ["y"], {})], {"x": x, "z": z}, {"one": f32([1])}, [(z / x)[None]])


@finding("onnxruntime-all", V, "load failure", RUNTIMES, ["EliminateIdentity", "DivMulFusion"])
def reciprocal_times_an_identity():
    """(1 / x) * z with an Identity before z. The rules of one pass take turns: EliminateIdentity and DivMulFusion leave a node that reads a tensor that no node gives."""
    x, z = ramp(3, low=1, high=2), ramp(3)
    return model([("Identity", ["z"], ["i"], {}), ("Div", ["one", "x"], ["r"], {}), ("Mul", ["r", "i"], ["y"], {})], {"x": x, "z": z}, {"one": scalar(1)}, [z / x])


@finding("onnxruntime-all", V, "shape difference", RUNTIMES, ["MatMulIntegerToFloatFusion"])
def product_of_integers_by_scales_of_more_axes():
    """The product of scales has the shape [2, 1, 1], so that the matrix becomes two. The pass makes one operator that gives a matrix."""
    x, w, s = np.array([[1, 2], [3, 4]], np.uint8), np.array([[1, -2], [3, 4]], np.int8), f32(0.5, 0.25).reshape(2, 1, 1)
    a = scalar(2)
    return model([("MatMulInteger", ["x", "w"], ["m"], {}), ("Cast", ["m"], ["f"], {"to": 1}), ("Mul", ["a", "s"], ["p"], {}), ("Mul", ["f", "p"], ["y"], {})],
                 {"x": x, "a": a}, {"w": w, "s": s}, [(x.astype(np.float32) @ w.astype(np.float32)) * (a * s)])


@finding("onnxruntime-all", V, "load failure", RUNTIMES, ["MatMulIntegerToFloatFusion"])
def product_of_integers_in_double_precision():
    """The sum of integers is cast to float64. The pass makes an operator that knows float32 and float16 only, and the model is refused."""
    x, w = np.array([[1, 2], [3, 4]], np.uint8), np.array([[1, -2], [3, 4]], np.int8)
    a, s = np.array(2.0), np.array(0.5)
    return model([("MatMulInteger", ["x", "w"], ["m"], {}), ("Cast", ["m"], ["f"], {"to": 11}), ("Mul", ["a", "s"], ["p"], {}), ("Mul", ["f", "p"], ["y"], {})],
                 {"x": x, "a": a}, {"w": w, "s": s}, [x.astype(np.float64) @ w.astype(np.float64)])


@finding("onnxruntime-all", V, "load failure", ("onnxruntime-none", "reference"), ["FuseReluClip"])
def relu_and_clip_of_whole_numbers():
    """Relu and Clip are defined for int32. The pass stops at "Unexpected data type for Clip 'min' input of 6"."""
    x = np.array([-3, 2, 9], np.int32)
    return model([("Relu", ["x"], ["r"], {}), ("Clip", ["r", "lo", "hi"], ["y"], {})], {"x": x}, {"lo": np.array(1, np.int32), "hi": np.array(6, np.int32)},
                 [np.array([1, 2, 6], np.int32)])


@finding("onnxruntime-all", V, "value mismatch", ("onnxruntime-none", "reference", "tinygrad"), ["EliminateDropout"])
def dropout_in_training():
    """In training, elements become 0 or twice what they were: d * (d - 2 h) is 0 for both. The rule takes Dropout for an identity, and gives -h * h."""
    return near.dropout_that_gives_nothing()


@finding("onnxruntime-all", V, "value mismatch", but("reference"), ["DoubleQDQPairsRemover"])
def quantised_finely_then_coarsely():
    """0.3 quantised by steps of 0.1, then by steps of 1: 0. The pass keeps one pair whose step is the finer one."""
    x, s, t, z = f32(0.3, -1.2, 2.6), scalar(0.125), scalar(1), np.array(128, np.uint8)
    return model([("QuantizeLinear", ["x", "s", "z"], ["a"], {}), ("DequantizeLinear", ["a", "s", "z"], ["b"], {}), ("QuantizeLinear", ["b", "t", "z"], ["c"], {}),
                  ("DequantizeLinear", ["c", "t", "z"], ["y"], {})], {"x": x}, {"s": s, "t": t, "z": z}, [f32(0, -1, 3)])


@finding("onnxruntime-all", V, "load failure", RUNTIMES, ["TransposeOptimizer_CPUExecutionProvider"])
def linear_resize_between_transposes():
    """A linear Resize of the last two axes. The pass moves the Transpose behind it, so that it resizes axes 1 and 3, for which there is no kernel."""
    x = ramp(1, 2, 3, 2)

    def twice(a):  # along the last axis, at 0, 1/2, 1, ..., and what is beyond the last one is the last one
        return np.stack([a, (a + a[..., [*range(1, a.shape[-1]), -1]]) / 2], -1).reshape(*a.shape[:-1], -1)

    t = x.transpose(0, 2, 3, 1)
    u = twice(twice(t).swapaxes(2, 3)).swapaxes(2, 3)
    return model([("Transpose", ["x"], ["t"], {"perm": [0, 2, 3, 1]}), ("Resize", ["t", "", "s"], ["u"], {"mode": "linear", "coordinate_transformation_mode": "asymmetric"}),
                  ("Transpose", ["u"], ["y"], {"perm": [0, 3, 1, 2]})], {"x": x}, {"s": f32(1, 1, 2, 2)}, [np.ascontiguousarray(u.transpose(0, 3, 1, 2))])


TRANSPOSED = ["TransposeOptimizer", "TransposeOptimizer_CPUExecutionProvider"]


def resized(weights, **attributes):
    """Height, which is axis 1 of [N, H, W, C], doubled between transpositions."""
    x = ramp(1, 2, 3, 4)
    inputs = ["t", "", "scales"] if "scales" in weights else ["t", "", "", "sizes"]
    nearest = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return model([("Transpose", ["x"], ["t"], {"perm": [0, 2, 3, 1]}), ("Resize", inputs, ["u"], {**nearest, **attributes}), ("Transpose", ["u"], ["y"], {"perm": [0, 3, 1, 2]})],
                 {"x": x}, weights, [x.repeat(2, 2)], opset=18)


@finding("onnxruntime-all", V, "run failure", RUNTIMES, ["TransposeOptimizer_CPUExecutionProvider"])
def resize_of_two_axes_between_transposes():
    """axes says that two scales are for axes 1 and 2. The pass takes four out of the two by a Gather: indices element out of data bounds."""
    return resized({"scales": f32(2, 1)}, axes=[1, 2])


@finding("onnxruntime-all", V, "load failure", but("tinygrad"), ["TransposeOptimizer_CPUExecutionProvider"])
def resize_of_one_axis_to_a_size_between_transposes():
    """One size, for axis 1. The pass takes four out of it: "Number of elements of input 'sizes' (0) does not match the number of axes (1)"."""
    return resized({"sizes": i64(6)}, axes=[1])


@finding("onnxruntime-all", V, "value mismatch", ("onnxruntime-none", "reference", "openvino"), TRANSPOSED)
def blocks_between_transposes():
    """Two rows of a transposed matrix share a scale. The pass moves the Transpose behind DequantizeLinear and leaves the scales as they are."""
    x, s = np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.int8), f32([1, 2], [3, 4])
    return model([("Transpose", ["x"], ["t"], {"perm": [1, 0]}), ("DequantizeLinear", ["t", "s"], ["d"], {"axis": 0, "block_size": 2}), ("Transpose", ["d"], ["y"], {"perm": [1, 0]})],
                 {"x": x}, {"s": s}, [x * s.repeat(2, 0).T], opset=21)


@finding("onnxruntime-all", V, "load failure", RUNTIMES, ["MatMul_BatchNormalization_Fusion"])
def reshape_between_matmul_and_normalisation_that_is_an_output():
    """The rule looks through a Reshape whose result is an output of the model too. It removes what the output needs: "Failed to find node output ... producing output: r"."""
    x, w = ramp(2, 3), ramp(3, 4)
    p = {"scale": f32(1, 2, 3, 4), "bias": f32(0, 1, 2, 3), "mean": f32(0.5, 1, -1, 0), "var": f32(1, 4, 2, 3)}
    y = (x @ w - p["mean"]) / np.sqrt(p["var"] + 1e-5) * p["scale"] + p["bias"]
    return model([("MatMul", ["x", "w"], ["t"], {}), ("Reshape", ["t", "shape"], ["r"], {}), ("BatchNormalization", ["r", *p], ["y"], {})], {"x": x},
                 {"w": w, "shape": i64(2, 4), **p}, [x @ w, y.astype(np.float32)], outputs=["r", "y"])


QDQ = ["QDQSelectorActionTransformer"]


@finding("onnxruntime-all", V, "load failure", but("reference"), QDQ)
def quantised_average_by_a_scale_in_a_vector():
    """The scale has the shape [1], which is one number for the whole tensor, too. The pass makes QLinearAveragePool: "Scale and Zero-point must be a scalar"."""
    x = (np.arange(4, dtype=np.float32) - 2).reshape(1, 1, 2, 2)
    return near.unit(x, [("AveragePool", ["d"], ["r"], {"kernel_shape": [2, 2]})], {}, x.mean((2, 3), keepdims=True), shape=(1,))


@finding("onnxruntime-all", V, "value mismatch", but("reference", "opencv"), QDQ)
def quantised_gemm_whose_bias_has_another_scale():
    """The bias is 32 and 16 in steps of 1/8: 4 and 2. The pass takes the numbers as they are, as if their step were the product of the other steps, 1/32."""
    x, w, b = f32([1, -1]), np.array([[1, -2], [3, 4]], np.int8), np.array([32, 16], np.int32)
    return near.unit(x, [("DequantizeLinear", ["w", "ws", "wz"], ["dw"], {}), ("DequantizeLinear", ["b", "bs"], ["db"], {}), ("Gemm", ["d", "dw", "db"], ["r"], {})],
                     {"w": w, "ws": scalar(0.25), "wz": np.array(0, np.int8), "b": b, "bs": scalar(0.125)}, x @ (w * 0.25) + b * 0.125)


@finding("onnxruntime-all", V, "value mismatch", but("reference"), QDQ)
def quantised_gemm_with_scales_of_the_summed_axis():
    """Each row of the weights has a scale, which belongs inside of the sum. The pass takes the scales for those of the columns."""
    return near.weights_by_axis(0, "Gemm")


@finding("onnxruntime-all", V, "value mismatch", but("reference"), QDQ)
def quantised_matmul_to_floats_with_scales_of_the_summed_axis():
    """Scales of rows, as above, and a MatMul whose result is not quantised: the MatMulIntegerToFloat that the pass makes takes the scales for those of columns."""
    x, w, s = f32([1, -1], [0.5, 2]), np.array([[1, -2], [3, 4]], np.int8), f32(0.25, 0.5)
    return model([("QuantizeLinear", ["x", "t", "z"], ["q"], {}), ("DequantizeLinear", ["q", "t", "z"], ["d"], {}), ("DequantizeLinear", ["w", "s", "wz"], ["dw"], {"axis": 0}),
                  ("MatMul", ["d", "dw"], ["y"], {})], {"x": x}, {"t": scalar(0.125), "z": np.array(128, np.uint8), "w": w, "s": s, "wz": np.zeros(2, np.int8)}, [x @ (w * s[:, None])])


@finding("onnxruntime-all", V, "value mismatch", but("reference"), QDQ)
def quantised_conv_with_scales_of_the_input_channels():
    """axis=1: each input channel of the weights has a scale. The pass takes the scales for those of the output channels, of which there are also two."""
    x, w, s = f32([1, -1], [0.5, 2])[None], np.array([[4, 2], [1, 8]], np.int8), f32(0.25, 0.5)
    return near.unit(x, [("DequantizeLinear", ["w", "ws", "wz"], ["dw"], {"axis": 1}), ("Conv", ["d", "dw"], ["r"], {})],
                     {"w": w[:, :, None], "ws": s, "wz": np.zeros(2, np.int8)}, np.einsum("ok,nkt->not", w * s, x))


@finding("onnxruntime-all", V, "load failure", RUNTIMES, ["MatMulIntegerToFloatFusion"])
def product_of_signed_and_unsigned_bytes():
    """MatMulInteger of int8 and uint8. The pass makes a MatMulIntegerToFloat for which there is no kernel."""
    return near.product_of_bytes(np.array([[1, -2], [3, 4]], np.int8), np.array([[1, 2], [3, 4]], np.uint8))


@finding("onnxruntime-all", V, "shape difference", RUNTIMES, ["MatMulIntegerToFloatFusion"])
def product_of_bytes_and_a_bias_of_more_axes():
    """A bias of shape [1, 1, 2] makes three axes of two. The pass makes one operator of both that gives two."""
    return near.product_of_bytes(np.array([[1, 2], [3, 4]], np.uint8), np.array([[1, -2], [3, 4]], np.int8), then=[("Add", ["t", "b"], ["y"], {})],
                                 weights={"b": f32(1, 5).reshape(1, 1, 2)}, y=lambda m: (m + f32(1, 5))[None])


@finding("onnxruntime-all", V, "load failure", ("onnxruntime-none", "reference", "openvino", "tinygrad"), ["QDQPropagationTransformer"])
def transposed_then_quantised_by_half_precision():
    """Since opset 23 the scale of QuantizeLinear may have another type than what is quantised. The pass moves QuantizeLinear before the Transpose, and gives what lies between the
    type of the scale: "Type (tensor(float)) of output arg (u) of node (node0) does not match expected type (tensor(float16))"."""
    x = f32([1, -1, 0.5])
    return model([("Transpose", ["x"], ["u"], {}), ("QuantizeLinear", ["u", "s", "z"], ["y"], {})], {"x": x}, {"s": np.array(0.125, np.float16), "z": np.array(128, np.uint8)},
                 [np.array([[136], [120], [132]], np.uint8)], opset=23)


@finding("onnxruntime-all", V, "load failure", ("onnxruntime-none", "openvino", "tract", "tinygrad"), QDQ)
def quantised_average_with_dilations():
    """dilations of AveragePool came with opset 19, and ones are the default. The pass takes the attribute over to QLinearAveragePool, which has none of that name."""
    x = (np.arange(4, dtype=np.float32) - 2).reshape(1, 1, 2, 2)
    return near.unit(x, [("AveragePool", ["d"], ["r"], {"kernel_shape": [2, 2], "dilations": [1, 1]})], {}, x.mean((2, 3), keepdims=True), opset=21)
