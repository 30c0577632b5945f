"""nnef-tools 1.0.11: to NNEF and back, then ONNX Runtime without optimisations."""
import numpy as np

from study.findings import but, f32, finding, i64, ramp, single

V = "1.0.11"
OTHERS = but("tinygrad")


@finding("nnef", V, "value mismatch", OTHERS)
def elu_with_an_alpha():
    """Elu of -1 with alpha 3 is 3 * (exp(-1) - 1). nnef-tools writes NNEF's elu without the alpha: the result is a third."""
    return single("Elu", {"x": f32(-1, 1)}, {}, [f32(3 * np.expm1(-1), 1)], alpha=3.0)


@finding("nnef", V, "value mismatch", OTHERS)
def selu_with_a_gamma():
    """Selu of 1 with gamma 0.5 is 0.5. nnef-tools loses alpha and gamma: 1.0507."""
    return single("Selu", {"x": f32(-1, 1)}, {}, [f32(0.5 * 2 * np.expm1(-1), 0.5)], alpha=2.0, gamma=0.5)


@finding("nnef", V, "value mismatch", OTHERS)
def softmax_of_a_middle_axis():
    """Since opset 13 Softmax sums over one axis: 3 elements. nnef-tools writes a model of opset 11 with the same axis, where Softmax sums over all that follow, too: 6 elements."""
    x = ramp(2, 3, 2)
    e = np.exp(x)
    return single("Softmax", {"x": x}, {}, [e / e.sum(1, keepdims=True)], axis=1)


@finding("nnef", V, "type difference", OTHERS)
def cast_to_int32():
    """NNEF's integers have no width, and nnef-tools makes int64 of all of them, without a word: Cast to uint8 does not wrap either."""
    return single("Cast", {"x": f32(-1.7, 2.5)}, {}, [np.array([-1, 2], np.int32)], to=6)


@finding("nnef", V, "shape difference", OTHERS)
def flatten_from_the_first_axis():
    """Flatten always gives two axes: [1, 6]. nnef-tools gives [6]; of the axis -1, too, another shape."""
    x = ramp(2, 3)
    return single("Flatten", {"x": x}, {}, [x.reshape(1, 6)], axis=0)


@finding("nnef", V, "shape difference", OTHERS)
def expand_to_more_axes():
    """[3, 1] becomes [2, 3, 4]. nnef-tools repeats the first axis 0 times."""
    x = ramp(3, 1)
    return single("Expand", {"x": x}, {"s": i64(2, 1, 4)}, [np.broadcast_to(x, (2, 3, 4)).copy()])


@finding("nnef", V, "shape difference", ("onnxruntime-none", "openvino", "tract"))
def max_pool_padded_at_the_start():
    """auto_pad SAME_LOWER pads so that a stride of 3 gives ceil(6 / 3) = 2 windows. nnef-tools gives three."""
    x = f32(1, 2, 3, 4, 5, 6).reshape(1, 1, 6)
    return single("MaxPool", {"x": x}, {}, [f32(3, 6).reshape(1, 1, 2)], kernel_shape=[4], strides=[3], auto_pad="SAME_LOWER")


@finding("nnef", V, "shape difference", OTHERS)
def average_pool_with_dilations():
    """Two elements, two apart: of 5 elements there are 3 means. nnef-tools loses the dilations: 4 means of neighbours."""
    x = ramp(1, 1, 5)
    return single("AveragePool", {"x": x}, {}, [(x[..., :-2] + x[..., 2:]) / 2], opset=19, kernel_shape=[2], dilations=[2])


@finding("nnef", V, "value mismatch", OTHERS)
def average_pool_with_padding_counted_and_ceil_mode():
    """The last window reaches beyond the padded input: its mean is of the elements that are there, also with count_include_pad. What nnef-tools gives back divides by the kernel's size."""
    x = f32(1, 2, 3, 4, 5, 6).reshape(1, 1, 6)
    return single("AveragePool", {"x": x}, {}, [f32(2, 4, 5.5).reshape(1, 1, 3)], kernel_shape=[3], strides=[2], ceil_mode=1, count_include_pad=1)


@finding("nnef", V, "value mismatch", ("onnxruntime-none", "reference", "openvino"))
def lp_pool_of_order_one():
    """Sums of absolute values of two neighbours: 3 and 5. nnef-tools loses the order, and gives the square root of the sum of squares."""
    return single("LpPool", {"x": f32(1, -2, 3).reshape(1, 1, 3)}, {}, [f32(3, 5).reshape(1, 1, 2)], kernel_shape=[2], p=1)


@finding("nnef", V, "conversion failure", OTHERS)
def softmax_of_one_axis():
    """The axis of Softmax is the last unless told: here 0. nnef-tools takes 1: "axes must be in range [0,1), found [1]"."""
    e = np.exp(f32(1, 2, 3))
    return single("Softmax", {"x": f32(1, 2, 3)}, {}, [e / e.sum()])


@finding("nnef", V, "conversion failure", OTHERS)
def norm_over_all_axes():
    """Without axes ReduceL1 is over all. nnef-tools: "name 'axes' is not defined"."""
    return single("ReduceL1", {"x": f32([1, -2], [3, 4])}, {}, [f32([10])])


@finding("nnef", V, "conversion failure", OTHERS)
def largest_of_the_last_axis():
    """Axis -1. nnef-tools writes NNEF that it cannot read: "axes must be in range [0,2), found [-1]"."""
    return single("ReduceMax", {"x": f32([1, 2], [4, 3])}, {}, [f32(2, 4)], axes=[-1], keepdims=0)


@finding("nnef", V, "conversion failure", OTHERS)
def split_in_equal_parts():
    """Without the input split, Split makes equal parts. nnef-tools looks for the input: "list index out of range"."""
    return single("Split", {"x": f32(1, 2, 3, 4)}, {}, [f32(1, 2), f32(3, 4)], outputs=("y", "z"))


@finding("nnef", V, "conversion failure", OTHERS)
def slice_of_the_first_axes():
    """Without axes, starts and ends belong to the first two of three. nnef-tools names all three: "length of 'begin' (2) does not equal length of 'axes' (3)"."""
    x = ramp(4, 5, 2)
    return single("Slice", {"x": x}, {"starts": i64(1, 1), "ends": i64(3, 9)}, [x[1:3, 1:]])


@finding("nnef", V, "conversion failure", OTHERS)
def slice_from_far_before_the_start():
    """A start below -n means the first element. nnef-tools adds n once: "slice range ([-1]:[5]:[2]) is invalid"."""
    x = ramp(5)
    return single("Slice", {"x": x}, {"starts": i64(-6), "ends": i64(99), "axes": i64(0), "steps": i64(2)}, [x[::2]])


@finding("nnef", V, "conversion failure", OTHERS)
def sum_of_different_shapes():
    """Sum broadcasts. nnef-tools writes add_n, of which "shapes of values must be identical"."""
    a, b, c = ramp(3), ramp(2, 1), ramp(1)
    return single("Sum", {"a": a, "b": b, "c": c}, {}, [a + b + c])


@finding("nnef", V, "conversion failure", OTHERS)
def sum_of_integers():
    """What nnef-tools writes for Add of int64 it cannot read: "argument of type 'tensor<integer>' cannot be cast to type 'tensor<scalar>'"; so it is with all arithmetic of integers."""
    return single("Add", {"a": i64(1, 2), "b": i64(3, 4)}, {}, [i64(4, 6)])
