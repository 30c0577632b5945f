"""onnx-tf 1.10.0, on TensorFlow 2.15.1."""
import numpy as np

from study.findings import but, f32, finding, i64, linear, model, ramp, single

V = "1.10.0"
OTHERS = but("tinygrad")


@finding("onnx-tf", V, "value mismatch", OTHERS)
def dropout_that_does_not_train():
    """With training_mode false, Dropout is the identity whatever the ratio. onnx-tf asks whether the value `is False`, which a tensor's never is, and drops elements."""
    x = ramp(2, 8, low=1, high=2)
    return single("Dropout", {"x": x}, {"ratio": np.array(0.75, np.float32), "training": np.array(False)}, [x])


@finding("onnx-tf", V, "value mismatch", OTHERS)
def l1_norm_over_two_axes():
    """ReduceL1 adds absolute values. onnx-tf uses tf.norm, which over two axes is the norm of a matrix: the largest sum of a column. ReduceL2 and GlobalLpPool have the same
    defect."""
    x = f32([1, -2, 3], [4, 5, -6])
    return single("ReduceL1", {"x": x}, {}, [np.float32(21)], axes=[0, 1], keepdims=0)


@finding("onnx-tf", V, "shape difference", OTHERS)
def sum_over_two_axes():
    """The axes of ReduceSum are an input since opset 13. onnx-tf uses the first of them only."""
    x = ramp(2, 3)
    return single("ReduceSum", {"x": x}, {"axes": i64(1, 0)}, [x.sum(keepdims=True)])


@finding("onnx-tf", V, "shape difference", OTHERS)
def slice_from_far_before_the_start():
    """A start below -n means the first element: 0, 2 and 4 of five. onnx-tf adds n once, and starts at element -4, which is 1."""
    x = ramp(5)
    return single("Slice", {"x": x}, {"starts": i64(-9), "ends": i64(99), "axes": i64(0), "steps": i64(2)}, [x[::2]])


@finding("onnx-tf", V, "value mismatch", OTHERS)
def smallest_of_each_column():
    """TopK with largest = 0 along axis 0. The values that onnx-tf gives are right, the indices are not: 1 where the least element of a column is in row 2."""
    x = ramp(3, 2)
    o = np.argsort(x, axis=0, kind="stable")[:2]
    return single("TopK", {"x": x}, {"k": i64(2)}, [np.take_along_axis(x, o, 0), o.astype(np.int64)], outputs=("y", "i"), axis=0, largest=0)


@finding("onnx-tf", V, "value mismatch", OTHERS)
def resize_by_a_scale_that_does_not_divide():
    """Three elements by 1.5 are four, and coordinates are computed by the scale that was given, 1.5. onnx-tf resizes to four by TensorFlow, with 4 / 3."""
    x = ramp(1, 1, 1, 3)
    return single("Resize", {"x": x}, {"scales": f32(1, 1, 1, 1.5)}, [linear(x, 1.5)], inputs=["x", "", "scales"], mode="linear")


@finding("onnx-tf", V, "shape difference", OTHERS)
def quantization_along_the_last_axis():
    """Each column has a scale of its own, by axis -1. onnx-tf does not add the rank to the axis and gives a tensor of three axes."""
    x, s = f32([1, 2, 3], [4, 5, 6]), f32(1, 0.5, 2)
    z = np.array([0, 0, 0], np.uint8)
    return single("QuantizeLinear", {"x": x}, {"s": s, "z": z}, [np.rint(x / s).astype(np.uint8)], axis=-1)


@finding("onnx-tf", V, "value mismatch", OTHERS)
def clip_of_crossed_bounds():
    """With min above max, all elements become max: -1. onnx-tf gives min, 2."""
    x = f32(-5, 0, 5)
    return single("Clip", {"x": x}, {"low": np.array(2, np.float32), "high": np.array(-1, np.float32)}, [f32(-1, -1, -1)])


@finding("onnx-tf", V, "value mismatch", OTHERS)
def average_pool_with_padding_counted_and_ceil_mode():
    """The last window reaches beyond the padded input: its mean is of the elements that are there, also with count_include_pad. onnx-tf divides by the kernel's size."""
    x = f32(1, 2, 3, 4, 5, 6).reshape(1, 1, 6)
    return single("AveragePool", {"x": x}, {}, [f32(2, 4, 5.5).reshape(1, 1, 3)], kernel_shape=[3], strides=[2], ceil_mode=1, count_include_pad=1)


@finding("onnx-tf", V, "value mismatch", ("tract",))
def lrn_of_an_even_size():
    """Of size 2 the window of channel c is c - floor(1 / 2) to c + ceil(1 / 2): c and c + 1. onnx-tf's is c alone."""
    x = f32(1, 2, 3).reshape(1, 3, 1, 1)
    sums = f32(1 + 4, 4 + 9, 9).reshape(1, 3, 1, 1)
    return single("LRN", {"x": x}, {}, [x / np.sqrt(1 + sums / 2)], size=2, alpha=1.0, beta=0.5, bias=1.0)


@finding("onnx-tf", V, "conversion failure", ("onnxruntime-none", "openvino"))
def mean_of_different_shapes():
    """Mean broadcasts. onnx-tf stacks the inputs, which TensorFlow refuses; Sum has the same defect."""
    a, b = ramp(3), ramp(2, 1)
    return single("Mean", {"a": a, "b": b}, {}, [(a + b) / 2])


@finding("onnx-tf", V, "conversion failure", OTHERS)
def product_of_a_vector_and_matrices():
    """MatMul of a vector takes it as a row: [3] by [2, 3, 4] is [2, 4]. onnx-tf hands it to TensorFlow, whose product needs two axes."""
    a, b = ramp(3), ramp(2, 3, 4)
    return single("MatMul", {"a": a, "b": b}, {}, [a @ b])


@finding("onnx-tf", V, "conversion failure", OTHERS)
def pad_by_reflection():
    """Two elements more at the start, one at the end. onnx-tf also computes what negative pads would leave, and cannot: "Invalid value in tensor used for shape"."""
    x = ramp(4)
    return single("Pad", {"x": x}, {"pads": i64(2, 1)}, [np.pad(x, (2, 1), mode="reflect")], mode="reflect")


@finding("onnx-tf", V, "conversion failure", ("onnxruntime-none", "openvino"))
def global_lp_pool_of_order_three():
    """The third root of the sum of cubes, over one axis. onnx-tf hands a list of one axis to tf.norm, which takes a number or two."""
    x = f32(1, -2, 3).reshape(1, 1, 3)
    return single("GlobalLpPool", {"x": x}, {}, [np.cbrt(f32(36)).reshape(1, 1, 1)], p=3)


@finding("onnx-tf", V, "run failure", ("onnxruntime-none",))
def max_unpool_to_an_output_shape():
    """Index 4 lies in the last of five places, which output_shape adds. onnx-tf scatters into four places."""
    return single("MaxUnpool", {"x": f32(1, 2).reshape(1, 1, 2)}, {"i": i64(1, 4).reshape(1, 1, 2), "s": i64(1, 1, 5)}, [f32(0, 1, 0, 0, 2).reshape(1, 1, 5)], kernel_shape=[2], strides=[2])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@finding("onnx-tf", V, "conversion failure", OTHERS)
def rnn_of_one_unit():
    """One input, one unit: tanh(1). onnx-tf squeezes the weights, which then have no axis of inputs and units: "Shape mismatch"; so it is with GRU and LSTM."""
    x, w, r = f32(1).reshape(1, 1, 1), f32(1).reshape(1, 1, 1), f32(0).reshape(1, 1, 1)
    return single("RNN", {"x": x}, {"w": w, "r": r}, [np.tanh(x).reshape(1, 1, 1, 1)], hidden_size=1)


# Weights of two inputs and two units that ignore the state: each gate gets the sum of the inputs.
X = f32(1, 1).reshape(1, 1, 2)


def weights(gates, size):
    return {"w": np.repeat(np.array(gates, np.float32), 4).reshape(1, 2 * len(gates), 2) * np.float32(size), "r": np.zeros((1, 2 * len(gates), 2), np.float32)}


@finding("onnx-tf", V, "run failure", OTHERS)
def gru_of_one_step():
    """ht = (1 - z) * tanh(2), with z the sigmoid of 0. onnx-tf's SavedModel stops: "Must provide as many biases as the channel size: [2] vs. 4"."""
    y = np.full((1, 1, 1, 2), 0.5 * np.tanh(2), np.float32)
    return single("GRU", {"x": X}, weights([0, 0, 1], 1), [y], hidden_size=2)


@finding("onnx-tf", V, "value mismatch", ("onnxruntime-none", "openvino"))
def lstm_with_a_clip():
    """The clip bounds the inputs of the activations: here all gates get 8, clipped to 0.5, and c = sigmoid(0.5) * tanh(0.5). onnx-tf bounds the cell's state instead."""
    g = sigmoid(0.5)
    y = np.full((1, 1, 1, 2), g * np.tanh(g * np.tanh(0.5)), np.float32)
    return single("LSTM", {"x": X}, weights([1, 1, 1, 1], 4), [y], hidden_size=2, clip=0.5)


@finding("onnx-tf", V, "value mismatch", OTHERS)
def selu_of_positive_numbers():
    """Selu of 1 and 2 with gamma 3 is 3 and 6. onnx-tf adds alpha * (exp(x) - 1) for them, too, unless another element is negative: it clips from the least element up to 0."""
    return single("Selu", {"x": f32(1, 2)}, {}, [f32(3, 6)], gamma=3.0)


@finding("onnx-tf", V, "value mismatch", ("onnxruntime-none", "openvino"))
def one_hot_of_an_index_outside():
    """An index outside [-depth, depth - 1] gives a row of off values. onnx-tf takes the index modulo the depth: 9 of 4 becomes 1."""
    return single("OneHot", {"i": f32(0, 9)}, {"depth": f32(4), "values": f32(0, 1)}, [f32([1, 0, 0, 0], [0, 0, 0, 0])])


@finding("onnx-tf", V, "run failure", ("onnxruntime-none", "openvino"))
def pad_that_adds_and_removes():
    """One more element at the start, by the edge, and one less at the end. onnx-tf slices from -1 on: "Expected begin[0] in [0, 3], but got -1"."""
    return single("Pad", {"x": f32(1, 2, 3)}, {"pads": i64(1, -1)}, [f32(1, 1, 2)], mode="edge")


@finding("onnx-tf", V, "conversion failure", ("onnxruntime-none", "reference"))
def max_unpool_with_pads():
    """Of four places one is padding: three are left. onnx-tf reads pads of the batch and the channels: "list index out of range"."""
    return single("MaxUnpool", {"x": f32(1, 2).reshape(1, 1, 2)}, {"i": i64(0, 1).reshape(1, 1, 2)}, [f32(1, 2, 0).reshape(1, 1, 3)], kernel_shape=[2], strides=[2], pads=[1, 0])


@finding("onnx-tf", V, "value mismatch", OTHERS)
def not_less_than_a_number():
    """NaN is not less than 1: Not of Less is true. What onnx-tf makes is run by TensorFlow as GreaterEqual, which is false of NaN; so it is with Greater."""
    return model([("Less", ["a", "b"], ["t"], {}), ("Not", ["t"], ["y"], {})], {"a": f32(np.nan, 1), "b": f32(1, 2)}, {}, [np.array([True, False])])


@finding("onnx-tf", V, "NaN/Inf difference", ("onnxruntime-none", "reference"))
def products_by_large_constants():
    """1e-30 by 1e30 and by 1e20 is 1e20. What onnx-tf makes is run by TensorFlow with the product of the constants, which is beyond float32: inf."""
    x = f32(1e-30, -1e-30)
    return model([("Mul", ["x", "a"], ["t"], {}), ("Mul", ["t", "b"], ["y"], {})], {"x": x}, {"a": f32(1e30), "b": f32(1e20)}, [x * f32(1e30) * f32(1e20)])
