"""onnx2tf 1.29.24, on TensorFlow 2.19.0, with -kat for all inputs: they keep ONNX's layout. No finding is of a layout: shapes have no equal dims that an exchange could hide, or one axis."""
import numpy as np

from study.findings import but, f32, finding, i64, linear, model, ramp, single

V = "1.29.24"
OTHERS = but("tinygrad")


@finding("onnx2tf", V, "value mismatch", OTHERS)
def remainder_of_negative_numbers():
    """With fmod = 1 the remainder has the sign of the dividend: -2 and 2. onnx2tf uses tf.math.floormod: 1 and -1."""
    return single("Mod", {"a": f32(-5, 5)}, {"b": f32(3, -3)}, [f32(-2, 2)], fmod=1)


@finding("onnx2tf", V, "value mismatch", OTHERS)
def clip_of_crossed_bounds():
    """With min above max, all elements become max: -1. onnx2tf gives min, 2."""
    x = f32(-5, 0, 5)
    return single("Clip", {"x": x}, {"low": np.array(2, np.float32), "high": np.array(-1, np.float32)}, [f32(-1, -1, -1)])


@finding("onnx2tf", V, "value mismatch", OTHERS)
def clip_by_inputs_of_the_model():
    """Bounds of Clip that are inputs of the graph. onnx2tf leaves the elements as they are."""
    low, high = np.array(-1, np.float32), np.array(1, np.float32)
    return single("Clip", {"x": f32(-5, 0, 5), "low": low, "high": high}, {}, [f32(-1, 0, 1)])


@finding("onnx2tf", V, "value mismatch", ("onnxruntime-none", "tract"))
def softmax_over_several_axes():
    """Before opset 13, Softmax treats its input as a matrix of the axes before and from `axis` on, by default 1: each of the 2 sums is over 12 elements. onnx2tf sums over one axis."""
    x = ramp(2, 3, 4)
    e = np.exp(x)
    return single("Softmax", {"x": x}, {}, [e / e.sum((1, 2), keepdims=True)], opset=11)


@finding("onnx2tf", V, "shape difference", OTHERS)
def hardmax_of_columns():
    """One 1 in each column of [2, 3]. onnx2tf gives the result transposed, [3, 2]."""
    x = f32([1, 5, 3], [4, 2, 6])
    return single("Hardmax", {"x": x}, {}, [f32([0, 1, 0], [1, 0, 1])], axis=0)


@finding("onnx2tf", V, "shape difference", OTHERS)
def smallest_along_the_first_axis():
    """Without attributes ArgMin is over axis 0 and keeps it: [1, 2]. onnx2tf gives [2]; ArgMax is right."""
    x = f32([3, 1], [2, 4], [5, 6])
    return single("ArgMin", {"x": x}, {}, [i64([1, 0])])


@finding("onnx2tf", V, "type difference", ("onnxruntime-none", "reference", "openvino"))
def places_of_distinct_elements():
    """The third output of Unique, the place of each element among those that remain, is of type int64. onnx2tf gives int32."""
    return single("Unique", {"x": f32(3, 1, 3)}, {}, [f32(1, 3), i64(1, 0, 1)], outputs=("y", "", "i"))


@finding("onnx2tf", V, "value mismatch", ("onnxruntime-none", "reference", "openvino"))
def distinct_rows():
    """Unique sorts what remains, here two rows by their elements. onnx2tf leaves rows in the order of the input; it sorts numbers."""
    return single("Unique", {"x": f32([3, 1], [3, 1], [0, 2])}, {}, [f32([0, 2], [3, 1])], axis=0)


@finding("onnx2tf", V, "shape difference", ("onnxruntime-none", "reference", "openvino"))
def shape_from_an_axis_on():
    """Shape from axis 1 on of [2, 3, 4] has two elements. onnx2tf gives all three."""
    return single("Shape", {"x": ramp(2, 3, 4)}, {}, [i64(3, 4)], start=1)


@finding("onnx2tf", V, "shape difference", OTHERS)
def unsqueeze_before_the_last_axis():
    """Axis -2 of an output of three axes is 1: [2, 1, 3]. onnx2tf counts from the end of the input: [1, 2, 3]."""
    x = ramp(2, 3)
    return single("Unsqueeze", {"x": x}, {"axes": i64(-2)}, [x[:, None]])


@finding("onnx2tf", V, "value mismatch", OTHERS)
def slice_in_reverse():
    """From the last element to before the first, downwards. onnx2tf gives the elements in their order."""
    x = ramp(4)
    return single("Slice", {"x": x}, {"starts": i64(-1), "ends": i64(-9), "axes": i64(0), "steps": i64(-1)}, [x[::-1].copy()])


@finding("onnx2tf", V, "shape difference", OTHERS)
def slice_of_axes_in_no_order():
    """Starts and ends belong to axis 1, then 0. onnx2tf takes them for axes 0 and 1 and gives [3, 2] in place of [2, 3]."""
    x = ramp(4, 5)
    return single("Slice", {"x": x}, {"starts": i64(1, 2), "ends": i64(4, 4), "axes": i64(1, 0)}, [x[2:4, 1:4]])


@finding("onnx2tf", V, "value mismatch", OTHERS)
def scatter_nd_that_adds():
    """The update 5 is added to 2. onnx2tf does not read the attribute reduction: 5."""
    return single("ScatterND", {"x": f32(1, 2, 3)}, {"i": i64([1]), "u": f32(5)}, [f32(1, 7, 3)], reduction="add")


@finding("onnx2tf", V, "value mismatch", OTHERS)
def transpose_with_two_equal_dims():
    """The axes of [2, 3, 2] in reverse. onnx2tf leaves the first and the last as they are, and exchanges nothing; of [2, 3, 4] it is right."""
    x = ramp(2, 3, 2)
    return single("Transpose", {"x": x}, {}, [x.T.copy()])


@finding("onnx2tf", V, "value mismatch", OTHERS)
def pad_by_an_attribute():
    """Until opset 10 the value of Pad is an attribute. onnx2tf does not read it and pads by 0."""
    return single("Pad", {"x": f32(1, 2)}, {}, [f32(3, 1, 2, 3)], opset=10, pads=[1, 1], value=3.0)


@finding("onnx2tf", V, "value mismatch", OTHERS)
def nearest_element_above():
    """With nearest_mode "ceil" and asymmetric coordinates, place 1 of 6 from 4 is 0.67, thus element 1. onnx2tf takes element 0, as if the mode were "floor"."""
    x = f32(1, 2, 3, 4).reshape(1, 1, 1, 4)
    y = f32(1, 2, 3, 3, 4, 4).reshape(1, 1, 1, 6)
    return single("Resize", {"x": x}, {"sizes": i64(1, 1, 1, 6)}, [y], inputs=["x", "", "", "sizes"], coordinate_transformation_mode="asymmetric", nearest_mode="ceil")


def cubic(t, a=-0.75):
    """Weights of four elements, for a place t between the second and the third."""
    near, far = (lambda d: ((a + 2) * d - (a + 3)) * d * d + 1), (lambda d: ((a * d - 5 * a) * d + 8 * a) * d - 4 * a)
    return np.array([far(t + 1), near(t), near(1 - t), far(2 - t)])


@finding("onnx2tf", V, "value mismatch", OTHERS)
def resize_by_cubes():
    """The coefficient of cubic interpolation is -0.75 unless told. onnx2tf uses TensorFlow's, which has -0.5, and does not read cubic_coeff_a."""
    x = f32(0, 1, 0, 0).reshape(1, 1, 1, 4)
    y = []
    for k in range(8):
        at = (k + 0.5) / 2 - 0.5
        low = int(np.floor(at))
        y.append(cubic(at - low) @ x[0, 0, 0, np.clip(np.arange(low - 1, low + 3), 0, 3)])
    return single("Resize", {"x": x}, {"sizes": i64(1, 1, 1, 8)}, [f32(*y).reshape(1, 1, 1, 8)], inputs=["x", "", "", "sizes"], mode="cubic")


@finding("onnx2tf", V, "value mismatch", OTHERS)
def resize_by_a_scale_that_does_not_divide():
    """Three elements by 1.5 are four, and coordinates are computed by the scale that was given, 1.5. onnx2tf resizes to four by TensorFlow, with 4 / 3."""
    x = ramp(1, 1, 1, 3)
    return single("Resize", {"x": x}, {"scales": f32(1, 1, 1, 1.5)}, [linear(x, 1.5)], inputs=["x", "", "scales"], mode="linear")


@finding("onnx2tf", V, "shape difference", OTHERS)
def resize_of_channels():
    """Two channels by a scale of 2, each twice. onnx2tf leaves the channels as they are."""
    x = ramp(1, 2, 3, 5)
    return single("Resize", {"x": x}, {"scales": f32(1, 2, 1, 1)}, [x.repeat(2, 1)], inputs=["x", "", "scales"], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")


@finding("onnx2tf", V, "shape difference", ("onnxruntime-none", "reference", "openvino"))
def upsample_of_a_picture():
    """Twice the width: [1, 2, 3, 10]. onnx2tf doubles other axes."""
    x = ramp(1, 2, 3, 5)
    return single("Upsample", {"x": x}, {"scales": f32(1, 1, 1, 2)}, [x.repeat(2, 3)], opset=9)


@finding("onnx2tf", V, "type difference", OTHERS)
def quantization():
    """1.4 and 300 are 1 and 255 as uint8. onnx2tf gives float32, neither rounded nor bounded."""
    return single("QuantizeLinear", {"x": f32(1.4, 300)}, {"s": np.array(1, np.float32), "z": np.array(0, np.uint8)}, [np.array([1, 255], np.uint8)])


@finding("onnx2tf", V, "value mismatch", OTHERS)
def average_pool_that_counts_padding():
    """SAME_UPPER adds a zero at the end, which counts: the last mean is (3 + 0) / 2. onnx2tf gives 3."""
    x = f32(1, 2, 3).reshape(1, 1, 3)
    return single("AveragePool", {"x": x}, {}, [f32(1.5, 1.5).reshape(1, 1, 2)], kernel_shape=[2], strides=[2], auto_pad="SAME_UPPER", count_include_pad=1)


@finding("onnx2tf", V, "value mismatch", ("onnxruntime-none", "reference", "openvino"))
def lp_pool_at_the_border():
    """SAME_UPPER adds a zero at the end: the last norm is 3. onnx2tf computes it from a mean of one element, times the kernel's size: 3 * sqrt(2)."""
    x = f32(1, 2, 3).reshape(1, 1, 3)
    return single("LpPool", {"x": x}, {}, [f32(np.sqrt(5), 3).reshape(1, 1, 2)], kernel_shape=[2], strides=[2], auto_pad="SAME_UPPER")


@finding("onnx2tf", V, "shape difference", OTHERS)
def average_pool_with_dilations():
    """Two elements, two apart: of 7 elements there are 5 means. onnx2tf does not read dilations and gives 6."""
    x = ramp(1, 2, 7)
    return single("AveragePool", {"x": x}, {}, [(x[..., :-2] + x[..., 2:]) / 2], opset=19, kernel_shape=[2], dilations=[2])


@finding("onnx2tf", V, "value mismatch", OTHERS)
def max_pool_with_indices():
    """The larger of each two elements in two channels, and their indices, which count through the tensor. onnx2tf gives those of a tensor
    with the channels last: 5 becomes 10."""
    x = f32(1, 2, 3, 4, 5, 6, 9, 7, 9, 7, 9, 7).reshape(1, 2, 6)
    return single("MaxPool", {"x": x}, {}, [f32(2, 4, 6, 9, 9, 9).reshape(1, 2, 3), i64(1, 3, 5, 6, 8, 10).reshape(1, 2, 3)], outputs=("y", "i"), kernel_shape=[2], strides=[2])


@finding("onnx2tf", V, "value mismatch", ("onnxruntime-none", "openvino"))
def global_lp_pool_of_order_one():
    """The sum of absolute values: 10. onnx2tf uses tf.norm, which over two axes is the norm of a matrix: 6."""
    x = f32(1, -2, 3, 4).reshape(1, 1, 2, 2)
    return single("GlobalLpPool", {"x": x}, {}, [f32(10).reshape(1, 1, 1, 1)], p=1)


@finding("onnx2tf", V, "shape difference", ("onnxruntime-none", "reference"))
def max_unpool():
    """Two values into four places of [1, 1, 4]. onnx2tf gives [1, 2, 2]."""
    return single("MaxUnpool", {"x": f32(1, 2).reshape(1, 1, 2)}, {"i": i64(1, 2).reshape(1, 1, 2)}, [f32(0, 1, 2, 0).reshape(1, 1, 4)], kernel_shape=[2], strides=[2])


@finding("onnx2tf", V, "value mismatch", ("onnxruntime-none", "reference", "openvino"))
def one_hot_of_an_index_outside():
    """An index outside [-depth, depth - 1] gives a row of off values. onnx2tf takes the index modulo the depth: 7 of 3 becomes 1."""
    return single("OneHot", {"i": i64(0, 7)}, {"depth": np.array(3, np.int64), "values": f32(0, 1)}, [f32([1, 0, 0], [0, 0, 0])], axis=1)


@finding("onnx2tf", V, "shape difference", OTHERS)
def one_hot_along_a_new_last_axis():
    """By default the new axis is the last: [2, 3]. onnx2tf puts it first: [3, 2]; with axis = 1 it is right."""
    return single("OneHot", {"i": i64(0, 1)}, {"depth": np.array(3, np.int64), "values": f32(0, 1)}, [f32([1, 0, 0], [0, 1, 0])])


@finding("onnx2tf", V, "shape difference", OTHERS)
def boxes_that_are_suppressed():
    """Of two equal boxes one is left. onnx2tf gives two rows."""
    boxes, scores = f32(0, 0, 1, 1, 0, 0, 1, 1).reshape(1, 2, 4), f32(0.9, 0.8).reshape(1, 1, 2)
    return single("NonMaxSuppression", {"boxes": boxes, "scores": scores}, {"most": i64(2), "overlap": f32(0.5), "score": f32(0)}, [i64([0, 0, 0])])


@finding("onnx2tf", V, "NaN/Inf difference", OTHERS)
def normalization_of_zeros():
    """LpNormalization of a row of zeros is defined as zeros. onnx2tf divides by the norm: NaN."""
    return single("LpNormalization", {"x": f32([0, 0], [3, 4])}, {}, [f32([0, 0], [0.6, 0.8])])


@finding("onnx2tf", V, "conversion failure", OTHERS)
def power_by_several_numbers():
    """Each element has an exponent of its own. onnx2tf asks whether the exponent is 1: "The truth value of an array with more than one element is ambiguous"."""
    return single("Pow", {"x": f32(-2, 3)}, {"e": f32(3, 2)}, [f32(-8, 9)])


@finding("onnx2tf", V, "conversion failure", OTHERS)
def infinities_of_one_sign():
    """With detect_negative = 0, IsInf is true for +inf alone. onnx2tf takes the maximum of a boolean and a float, which TensorFlow refuses."""
    return single("IsInf", {"x": f32(np.inf, -np.inf, 1)}, {}, [np.array([True, False, False])], detect_negative=0)


@finding("onnx2tf", V, "conversion failure", OTHERS)
def last_of_the_largest():
    """Of equal elements ArgMax gives the last with select_last_index = 1: 2. onnx2tf reverses by an axis that is a number, where TensorFlow wants a list."""
    return single("ArgMax", {"x": f32([1, 2, 2, 0])}, {}, [i64([2])], axis=1, select_last_index=1)


@finding("onnx2tf", V, "conversion failure", ("onnxruntime-none", "reference", "openvino"))
def compress_by_a_constant():
    """Two of three elements. onnx2tf: "'KerasTensor' object has no attribute 'ndim'"."""
    x = f32(1, 2, 3)
    return single("Compress", {"x": x}, {"c": np.array([True, False, True])}, [x[[0, 2]]], axis=0)


@finding("onnx2tf", V, "conversion failure", OTHERS)
def slice_of_the_first_axes():
    """Without axes, starts and ends belong to the first two of three. onnx2tf: "Incompatible shapes: [2] vs. [3]"."""
    x = ramp(4, 5, 2)
    return single("Slice", {"x": x}, {"starts": i64(1, 1), "ends": i64(3, 9)}, [x[1:3, 1:]])


@finding("onnx2tf", V, "conversion failure", ("onnxruntime-none", "reference", "openvino"))
def product_of_two_vectors():
    """MatMul of two vectors is a number. onnx2tf hands them to TensorFlow, whose product needs matrices."""
    a, b = f32(1, 2, 3), f32(4, 5, 6)
    return single("MatMul", {"a": a, "b": b}, {}, [a @ b])


@finding("onnx2tf", V, "conversion failure", ("onnxruntime-none", "openvino"))
def mean_of_different_shapes():
    """Mean broadcasts. onnx2tf stacks the inputs, which TensorFlow refuses; Sum has the same defect."""
    a, b = ramp(3), ramp(2, 1)
    return single("Mean", {"a": a, "b": b}, {}, [(a + b) / 2])


@finding("onnx2tf", V, "shape difference", ("onnxruntime-none", "reference", "openvino"))
def zeros_of_the_last_dim():
    """The shape of [2, 3] from -1 on is [3]: three zeros. onnx2tf makes [2, 3], as if the slice began at 0."""
    nodes = [("Shape", ["x"], ["s"], {}), ("Slice", ["s", "starts", "ends"], ["t"], {}), ("ConstantOfShape", ["t"], ["y"], {})]
    return model(nodes, {"x": ramp(2, 3)}, {"starts": i64(-1), "ends": i64(9)}, [np.zeros(3, np.float32)])


@finding("onnx2tf", V, "NaN/Inf difference", ("onnxruntime-none", "reference", "tract"))
def sums_with_large_constants():
    """-3e38 + 3e38 + 3e38 is 3e38. onnx2tf adds the constants to each other first, which is beyond float32: inf."""
    return model([("Add", ["x", "a"], ["t"], {}), ("Add", ["t", "b"], ["y"], {})], {"x": f32(-3e38)}, {"a": f32(3e38), "b": f32(3e38)}, [f32(3e38)])


def channels(x, w):
    """A convolution of single elements: a sum over channels."""
    return np.einsum("nchw,oc->nohw", x, w[:, :, 0, 0])


@finding("onnx2tf", V, "value mismatch", OTHERS)
def running_sum_over_the_channels_of_a_convolution():
    """CumSum along axis 1, the channels. Behind a convolution onnx2tf has the channels last, and adds along another axis."""
    x, w = ramp(1, 2, 3, 5), ramp(7, 2, 1, 1)
    y = np.cumsum(channels(x, w), axis=1)
    return model([("Conv", ["x", "w"], ["t"], {}), ("CumSum", ["t", "axis"], ["y"], {})], {"x": x}, {"w": w, "axis": np.array(1, np.int32)}, [y])


@finding("onnx2tf", V, "value mismatch", OTHERS)
def triangles_of_a_convolution():
    """Trilu is of the last two axes, height and width. Behind a convolution onnx2tf has the channels last, and takes width and channels."""
    x, w = ramp(1, 2, 3, 5), ramp(7, 2, 1, 1)
    return model([("Conv", ["x", "w"], ["t"], {}), ("Trilu", ["t"], ["y"], {})], {"x": x}, {"w": w}, [np.triu(channels(x, w))])
