"""tract 0.23.9."""
import numpy as np

from study.findings import but, f32, finding, i64, model, near, ramp, single

V = "0.23.9"


@finding("tract", V, "value mismatch", but("tract"))
def remainder_of_one_number_by_several():
    """The dividend is broadcast: fmod(5, 3) and fmod(5, 3) are 2 and 2. tract gives the divisors, 3 and 3."""
    return single("Mod", {"a": f32(5)}, {"b": f32(3, 3)}, [f32(2, 2)], fmod=1)


@finding("tract", V, "value mismatch", ("onnxruntime-none", "openvino", "onnxruntime-web"))
def global_lp_pool_without_absolute_values():
    """An Lp norm is of absolute values: with p=1, of -1, 2, 3 it is 6. tract adds the values themselves."""
    x = f32(-1, 2, 3).reshape(1, 1, 3)
    return single("GlobalLpPool", {"x": x}, {}, [f32(6).reshape(1, 1, 1)], p=1)


@finding("tract", V, "NaN/Inf difference", ("onnxruntime-none", "openvino", "onnxruntime-web"))
def global_lp_pool_of_odd_order_gives_nan():
    """The same with p=3 and a negative sum: the root of a negative number."""
    x = f32(-2, 1).reshape(1, 1, 2)
    return single("GlobalLpPool", {"x": x}, {}, [f32(9 ** (1 / 3)).reshape(1, 1, 1)], p=3)


@finding("tract", V, "crash", but("tract"))
def gather_nd_of_a_negative_index():
    """Indices count from the end when negative: -1 is the last row. tract ends the process by an assertion (index < dim)."""
    x = ramp(3, 2)
    return single("GatherND", {"x": x}, {"i": i64([-1], [0])}, [x[[-1, 0]]])


@finding("tract", V, "crash", but("tract"))
def scatter_nd_of_a_negative_index():
    """As above, for ScatterND that adds; without a reduction tract refuses the index by an error."""
    x, u = ramp(3, 2), f32([7, 8])
    y = x.copy()
    y[-1] += u[0]
    return single("ScatterND", {"x": x}, {"i": i64([-1]), "u": u}, [y], reduction="add")


@finding("tract", V, "crash", ("onnxruntime-none", "openvino", "tinygrad"))
def pad_by_a_negative_count():
    """Negative pads remove elements. tract ends the process."""
    x = ramp(2, 4)
    return single("Pad", {"x": x}, {"pads": i64(1, 0, 0, -2), "v": np.array(0.5, np.float32)}, [np.pad(x[:, :2], ((1, 0), (0, 0)), constant_values=0.5)])


@finding("tract", V, "crash", but("tract", "tinygrad"))
def squeeze_of_axes_in_no_order():
    """Axes of Squeeze may come in any order and count from the end. tract ends the process."""
    x = f32(3).reshape(1, 1, 1, 1)
    return single("Squeeze", {"x": x}, {"axes": i64(-2, 0, -1, -3)}, [np.array(3, np.float32)])


@finding("tract", V, "crash", but("tract"))
def range_downwards_in_floats():
    """Range(1, 0, -0.5) has ceil((0 - 1) / -0.5) = 2 elements. tract ends the process."""
    x, parts = ramp(2), {k: np.array(v, np.float32) for k, v in (("start", 1), ("limit", 0), ("delta", -0.5))}
    return model([("Range", list(parts), ["r"], {}), ("Add", ["x", "r"], ["y"], {})], {"x": x}, parts, [x + f32(1, 0.5)])


@finding("tract", V, "load failure", ("onnxruntime-none", "openvino", "tinygrad"))
def mean_of_tensors_of_different_ranks():
    """Mean broadcasts in both directions, also over ranks. tract refuses to load the model: its division gets a scalar of the wrong rank."""
    a, b = ramp(3), ramp(2, 3)
    return single("Mean", {"a": a, "b": b}, {}, [(a + b) / 2])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@finding("tract", V, "value mismatch", ("onnxruntime-none", "openvino", "onnxruntime-web"))
def rnn_backwards_with_an_activation():
    """activations names a function for each direction. For the second direction tract uses Tanh whatever is named."""
    x, w, r = f32(-1).reshape(1, 1, 1), f32(1, 1).reshape(2, 1, 1), f32(0, 0).reshape(2, 1, 1)
    h = sigmoid(f32(-1, -1)).reshape(2, 1, 1).astype(np.float32)
    return single("RNN", {"x": x}, {"w": w, "r": r}, [h], inputs=["x", "w", "r"], outputs=["", "y"], hidden_size=1, direction="bidirectional", activations=["Sigmoid", "Sigmoid"])


@finding("tract", V, "value mismatch", ("onnxruntime-none", "openvino", "onnxruntime-web"))
def gru_with_an_activation():
    """The second name in activations is that of the hidden gate: ht = (1 - z) * g(x) + z * h, here with g the sigmoid. tract uses Tanh."""
    x, w, r = f32(1).reshape(1, 1, 1), f32(0, 0, 2).reshape(1, 3, 1), np.zeros((1, 3, 1), np.float32)
    h = (0.5 * sigmoid(f32(2))).reshape(1, 1, 1).astype(np.float32)
    return single("GRU", {"x": x}, {"w": w, "r": r}, [h], inputs=["x", "w", "r"], outputs=["", "y"], hidden_size=1, activations=["Sigmoid", "Sigmoid"])


@finding("tract", V, "value mismatch", ("onnxruntime-none", "openvino", "onnxruntime-web"))
def gru_that_clips():
    """clip bounds what goes into the activations: tanh(clip(3)) with clip=0.5. tract leaves it out."""
    x, w, r = f32(3).reshape(1, 1, 1), f32(0, 0, 1).reshape(1, 3, 1), np.zeros((1, 3, 1), np.float32)
    h = (0.5 * np.tanh(f32(0.5))).reshape(1, 1, 1).astype(np.float32)
    return single("GRU", {"x": x}, {"w": w, "r": r}, [h], inputs=["x", "w", "r"], outputs=["", "y"], hidden_size=1, clip=0.5)


@finding("tract", V, "value mismatch", ("onnxruntime-none", "onnxruntime-web"))
def lstm_that_couples_its_gates():
    """input_forget=1 makes the forget gate 1 - i. With a first state c = 1, all gates at 1/2 but i = sigmoid(2): c' = (1 - i) * 1 + i * 0."""
    x = f32(1).reshape(1, 1, 1)
    w, r = f32(2, 0, 0, 0).reshape(1, 4, 1), np.zeros((1, 4, 1), np.float32)
    c0 = f32(1).reshape(1, 1, 1)
    c = (1 - sigmoid(f32(2))).reshape(1, 1, 1).astype(np.float32)
    return single("LSTM", {"x": x}, {"w": w, "r": r, "h": 0 * c0, "c": c0}, [c], inputs=["x", "w", "r", "", "", "h", "c"], outputs=["", "", "y"],
                  hidden_size=1, input_forget=1)


@finding("tract", V, "value mismatch", ("onnxruntime-none", "openvino", "tinygrad"))
def conv_transpose_to_an_output_shape():
    """With output_shape, the excess of the full result, 4 - 2 here, is split over both sides: the middle stays. tract keeps the beginning."""
    x, w = f32(1, 2).reshape(1, 1, 2), f32(1, 10, 100).reshape(1, 1, 3)
    full = np.convolve([1, 2], [1, 10, 100])
    return single("ConvTranspose", {"x": x}, {"w": w}, [full[1:3].reshape(1, 1, 2).astype(np.float32)], output_shape=[2])


@finding("tract", V, "value mismatch", but("tract"))
def celu_with_an_alpha():
    """Celu is max(0, x) + min(0, alpha * (exp(x / alpha) - 1)). tract does not multiply by alpha."""
    x = f32(-2, -1, 1)
    return single("Celu", {"x": x}, {}, [(np.maximum(0, x) + np.minimum(0, 0.5 * (np.exp(x / 0.5) - 1))).astype(np.float32)], alpha=0.5)


@finding("tract", V, "load failure", but("tract"))
def matmul_of_two_vectors():
    """MatMul is numpy's matmul: of two vectors it is their scalar product. tract refuses to load it: a_rank > 1 || b_rank > 1."""
    a, b = ramp(4), ramp(4, low=1, high=2)
    return single("MatMul", {"a": a, "b": b}, {}, [np.array(a @ b)])


@finding("tract", V, "crash", ("onnxruntime-none", "openvino", "tinygrad"))
def conv_transpose_same_with_an_output_shape():
    """The excess of the full result, 4 - 2, is split by auto_pad, and output_shape says what it comes to anyway. tract, which takes either of the two, ends the process."""
    x, w = f32(1, 2).reshape(1, 1, 2), f32(1, 10, 100).reshape(1, 1, 3)
    full = np.convolve([1, 2], [1, 10, 100])
    return single("ConvTranspose", {"x": x}, {"w": w}, [full[1:3].reshape(1, 1, 2).astype(np.float32)], auto_pad="SAME_LOWER", output_shape=[2])


@finding("tract", V, "crash", but("tract"))
def power_of_a_dimension():
    """The exponent of Pow may be of whole numbers, here the dimension that Shape gives. tract ends the process; an exponent from ArgMax or a constant is taken."""
    a, x = ramp(2), ramp(3)
    return model([("Shape", ["x"], ["s"], {}), ("Pow", ["a", "s"], ["y"], {})], {"x": x, "a": a}, {}, [a * a * a])


@finding("tract", V, "NaN/Inf difference", but("tract"))
def softplus_of_a_large_number():
    """log(1 + exp(95)) is 95 to float32's precision. tract takes the exponential in float32 and gives infinity."""
    return single("Softplus", {"x": f32(95)}, {}, [f32(95)])


@finding("tract", V, "value mismatch", ("onnxruntime-none", "openvino", "onnxruntime-web"))
def cubic_grid_sample_beyond_the_border():
    """At 3.3 in a row of four, the pixels 2, 3, 4 and 5 count, with weights of cubic convolution at a = -0.75, and those beyond the border are the last one. tract moves the
    point to the last pixel."""
    x, t, a = f32(1, 2, 5, 3), 0.3, -0.75
    before = ((a * (1 + t) - 5 * a) * (1 + t) + 8 * a) * (1 + t) - 4 * a
    y = before * x[2] + (1 - before) * x[3]
    return single("GridSample", {"x": x.reshape(1, 1, 1, 4)}, {"g": f32(1.2, 0).reshape(1, 1, 1, 2)}, [f32(y).reshape(1, 1, 1, 1)],
                  mode="bicubic", padding_mode="border", align_corners=1)

@finding("tract", V, "value mismatch", ("onnxruntime-none", "openvino", "tinygrad", "onnxruntime-web"))
def softmax_between_quantised_numbers():
    """Softmax of -1, 0, 1 and 2, all of them multiples of 1/4, and the result in steps of 1/256. tract puts a Softmax of whole numbers in its place and gives 255/256."""
    x = f32(-1, 0, 1, 2)
    y = np.round(np.exp(x) / np.exp(x).sum() * 256) / 256
    return model([("QuantizeLinear", ["x", "s", "z"], ["a"], {}), ("DequantizeLinear", ["a", "s", "z"], ["b"], {}), ("Softmax", ["b"], ["c"], {}),
                  ("QuantizeLinear", ["c", "t", "u"], ["d"], {}), ("DequantizeLinear", ["d", "t", "u"], ["y"], {})], {"x": x},
                 {"s": near.scalar(0.25), "z": np.array(128, np.uint8), "t": near.scalar(1 / 256), "u": np.array(0, np.uint8)}, [y.astype(np.float32)])


@finding("tract", V, "crash", but("tract"))
def matmul_of_whole_numbers():
    """MatMul is defined for int64. tract panics where it packs the weights, and ends the process."""
    return near.product_of_whole_numbers()


@finding("tract", V, "load failure", but("tract"))
def square_that_gains_an_axis():
    """An exponent of shape [2, 1, 1], twos. tract puts Square in its place, which has two axes, and refuses what it made."""
    x = ramp(2, 3)
    return model([("Pow", ["x", "two"], ["y"], {})], {"x": x}, {"two": f32(2, 2).reshape(2, 1, 1)}, [np.stack([x * x, x * x])])


@finding("tract", V, "load failure", ("onnxruntime-none", "reference", "tinygrad"))
def gemm_of_half_precision():
    """Gemm is defined for float16. tract makes float32 of it, and refuses what it made."""
    a, b, c = (f32(1, 2).reshape(1, 2), f32(3, 4).reshape(2, 1), f32(5))
    return model([("Gemm", ["a", "b", "c"], ["y"], {})], {"a": a.astype(np.float16)}, {"b": b.astype(np.float16), "c": c.astype(np.float16)}, [(a @ b + c).astype(np.float16)])


@finding("tract", V, "load failure", ("onnxruntime-none", "reference", "tinygrad"))
def half_of_a_gemm_of_double_precision():
    """Gemm with alpha=0.5 and a C, in float64. tract multiplies C by a beta of float32: "tensor is F32, accessed as F64"."""
    a, b, c = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0])
    return model([("Gemm", ["a", "b", "c"], ["y"], {"alpha": 0.5})], {"a": a}, {"b": b, "c": c}, [a @ b / 2 + c])


@finding("tract", V, "load failure", ("onnxruntime-none", "reference", "openvino"))
def power_of_half_precision_by_single_precision():
    """The result of Pow has the type of the base, float16, whatever the exponent's is. tract makes float32 of it, and refuses what it made."""
    return single("Pow", {"x": f32(1, 2, 3).astype(np.float16)}, {"k": near.scalar(2)}, [f32(1, 4, 9).astype(np.float16)])


@finding("tract", V, "load failure", ("onnxruntime-none", "reference", "tinygrad", "onnxruntime-web"))
def quantised_to_sixteen_bits():
    """uint16 is a type of QuantizeLinear since opset 21, which tract reads. It stops at "tensor is U16, accessed as I8"."""
    return near.quantised_16_bits()


@finding("tract", V, "load failure", ("onnxruntime-none", "openvino", "tinygrad"))
def quantised_with_and_without_sign():
    """int8 and back, then uint8 and back, with zero points of 0: -1 becomes 0. tract takes the second pair for the first: "Trying to substitute a 3,U8 by 3,I8"."""
    return model([("QuantizeLinear", ["x", "s", "z"], ["a"], {}), ("DequantizeLinear", ["a", "s", "z"], ["b"], {}), ("QuantizeLinear", ["b", "s", "u"], ["c"], {}),
                  ("DequantizeLinear", ["c", "s", "u"], ["y"], {})], {"x": f32(1, -1, 0.5)}, {"s": near.scalar(0.125), "z": np.array(0, np.int8), "u": np.array(0, np.uint8)}, [f32(1, 0, 0.5)])


@finding("tract", V, "type difference", ("onnxruntime-none", "reference", "openvino"))
def quantised_to_a_type_by_attribute():
    """Since opset 21 output_dtype says what QuantizeLinear gives without a zero point, here int8. tract, which reads opset 21, gives uint8."""
    return model([("QuantizeLinear", ["x", "s"], ["y"], {"output_dtype": 3})], {"x": f32(1, 0, 0.5)}, {"s": near.scalar(0.125)}, [np.array([8, 0, 4], np.int8)], opset=21)
