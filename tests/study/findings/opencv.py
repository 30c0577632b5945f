"""OpenCV 5.0.0, module dnn."""
import numpy as np

from study.findings import but, f32, finding, i64, ramp, single
from study.findings import onnxruntime

V = "5.0.0.93"


@finding("opencv", V, "value mismatch", but())
def trilu_of_a_tall_matrix():
    """The upper triangle of a matrix with more rows than columns: rows below the last column are all zero. OpenCV keeps some of them."""
    x = ramp(5, 3)
    return single("Trilu", {"x": x}, {}, [np.triu(x)])


@finding("opencv", V, "value mismatch or NaN/Inf difference", but("tract"))
def gather_nd_of_a_negative_index():
    """-1 is the last row. OpenCV reads memory before the tensor."""
    x = ramp(64, 8)
    return single("GatherND", {"x": x}, {"i": i64([-1], [-2])}, [x[[-1, -2]]])


@finding("opencv", V, "crash", ("onnxruntime-none", "openvino", "reference"))
def einsum_that_changes_nothing():
    """The equation "ae", without an arrow, gives its operand with the labels in alphabetical order: itself. OpenCV ends by a segmentation fault."""
    x = ramp(15, 12)
    return single("Einsum", {"x": x}, {}, [x], equation="ae")


@finding("opencv", V, "value mismatch", but("openvino"))
def reduce_l1_over_several_axes():
    """A sum of absolute values over axes 0, 1 and 3."""
    x = ramp(6, 7, 3, 4, 1)
    return single("ReduceL1", {"x": x}, {}, [np.abs(x).sum((0, 1, 3))], keepdims=0, axes=[-5, -4, -2])


@finding("opencv", V, "value mismatch", but())
def conv_same_lower_of_an_even_kernel():
    """SAME_LOWER puts the odd element of padding before: with a kernel of two, y[i] = x[i - 1] + 10 x[i]. OpenCV puts it behind."""
    x, w = f32(1, 2, 3, 4).reshape(1, 1, 1, 4), f32(1, 10).reshape(1, 1, 1, 2)
    return single("Conv", {"x": x}, {"w": w}, [f32(10, 21, 32, 43).reshape(1, 1, 1, 4)], auto_pad="SAME_LOWER", kernel_shape=[1, 2])


@finding("opencv", V, "value mismatch or NaN/Inf difference", but())
def prelu_with_a_slope_for_channel_and_row():
    """The slope is broadcast to the input in one direction, here [4, 16, 1] to [8, 4, 16, 4]. OpenCV reads beyond it."""
    x, s = ramp(8, 4, 16, 4), ramp(4, 16, 1)
    return single("PRelu", {"x": x}, {"s": s}, [np.where(x < 0, s * x, x)])


@finding("opencv", V, "shape difference", but("tract"))
def mean_of_everything_without_axes():
    """keepdims=0 over both axes of a matrix leaves a scalar of rank 0."""
    x = ramp(64, 1)
    return single("ReduceMean", {"x": x}, {}, [np.mean(x)], keepdims=0, axes=[0, -1])


@finding("opencv", V, "value mismatch", but())
def layer_normalization_gives_its_mean():
    """The second output of LayerNormalization is the mean that was taken away."""
    x = ramp(4, 2)
    mean, var = x.mean(1, keepdims=True), x.var(1, keepdims=True)
    return single("LayerNormalization", {"x": x}, {"s": f32(1, 1), "b": f32(0, 0)}, [((x - mean) / np.sqrt(var + 1e-5)).astype(np.float32), mean],
                  outputs=["y", "mean"], axis=1)


@finding("opencv", V, "value mismatch", but())
def sum_of_four_that_broadcast():
    """1 + 2 + 3 + (4 and 5) is 10 and 11. Of three tensors OpenCV's sum is right, of four the elements after the first are not; where the tensors are larger it writes outside
    of its memory. Mean does the same."""
    parts = {"a": f32(1), "b": f32(2), "c": f32(3), "d": f32(4, 5)}
    return single("Sum", parts, {}, [f32(10, 11)])


@finding("opencv", V, "value mismatch", ("onnxruntime-none", "openvino", "tract", "tinygrad"))
def one_hot_of_fractions():
    """Indices of OneHot that are no whole numbers are cast to int64: 0.25 and 1.75 are 0 and 1. OpenCV rounds them."""
    return onnxruntime.one_hot_of_fractions()


@finding("opencv", V, "value mismatch", ("onnxruntime-none", "openvino", "onnxruntime-web"))
def gru_of_a_sequence_of_a_given_length():
    """sequence_lens=2: the last state is that after two steps of three. OpenCV gives the one after three. With gates of 1/2 a state is half of tanh(x) and half of the one before."""
    x, w, r = f32(0.5, 0.25, 1).reshape(3, 1, 1), f32(0, 0, 1).reshape(1, 3, 1), np.zeros((1, 3, 1), np.float32)
    h = (np.tanh(0.5) / 2 + np.tanh(0.25)) / 2
    return single("GRU", {"x": x}, {"w": w, "r": r, "n": np.array([2], np.int32)}, [f32(h).reshape(1, 1, 1)], inputs=["x", "w", "r", "", "n"], outputs=["", "y"], hidden_size=1)
