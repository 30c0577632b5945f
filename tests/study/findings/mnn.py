"""MNN 3.6.1, model converted by its own converter."""
import numpy as np

from study.findings import but, f32, finding, near, onnxruntime_passes, openvino, ramp, single, tract

V = "3.6.1"


@finding("mnn", V, "value mismatch", but())
def fmod_takes_the_sign_of_the_divisor():
    """Mod with fmod=1 is C's fmod, so that the result has the dividend's sign: fmod(5, -3) = 2. MNN gives -1."""
    a, b = f32(5, -5, 5.5), f32(-3, 3, 3)
    return single("Mod", {"a": a}, {"b": b}, [np.fmod(a, b)], fmod=1)


@finding("mnn", V, "value mismatch", but("tract"))
def gather_nd_of_a_negative_index():
    """-1 is the last row; MNN gives zeros."""
    return tract.gather_nd_of_a_negative_index()


@finding("mnn", V, "value mismatch", but("tract"))
def scatter_nd_of_a_negative_index():
    """-1 is the last row; MNN leaves the old value out of the sum."""
    return tract.scatter_nd_of_a_negative_index()


@finding("mnn", V, "value mismatch", ("onnxruntime-none", "openvino", "onnxruntime-web"))
def rnn_backwards_with_an_activation():
    """MNN uses Tanh whatever activations says."""
    return tract.rnn_backwards_with_an_activation()


@finding("mnn", V, "value mismatch", ("onnxruntime-none", "openvino", "onnxruntime-web"))
def gru_with_an_activation():
    """MNN uses Tanh whatever activations says."""
    return tract.gru_with_an_activation()


@finding("mnn", V, "value mismatch", ("onnxruntime-none", "openvino", "tinygrad"))
def pad_by_a_negative_count():
    """Negative pads remove elements; MNN gives other ones. On larger tensors it writes outside of its memory."""
    return tract.pad_by_a_negative_count()


@finding("mnn", V, "crash", but())
def sum_of_one_tensor():
    """Sum, Mean, Max and Min take any number of tensors from one. MNN's converter says "Not support 1 input" and ends by a segmentation fault."""
    x = ramp(2, 3)
    return single("Sum", {"x": x}, {}, [x])


@finding("mnn", V, "shape difference", ("onnxruntime-none", "reference", "openvino", "tract", "onnxruntime-web"))
def last_state_of_a_gru():
    """The second output of GRU is the state after the last step. MNN gives that of every step. With gates of 1/2 a state is half of tanh(x) and half of the one before."""
    x, w, r = f32(0.5, 0.25, 1).reshape(3, 1, 1), f32(0, 0, 1).reshape(1, 3, 1), np.zeros((1, 3, 1), np.float32)
    h = ((np.tanh(0.5) / 2 + np.tanh(0.25)) / 2 + np.tanh(1)) / 2
    return single("GRU", {"x": x}, {"w": w, "r": r}, [f32(h).reshape(1, 1, 1)], inputs=["x", "w", "r"], outputs=["", "y"], hidden_size=1)

@finding("mnn", V, "value mismatch", but("openvino"))
def layer_normalisation_that_drops_the_axis():
    """With keepdims=0 the means of a square matrix are a vector, which is taken from the columns. MNN puts a normalisation of rows in its place."""
    return openvino.layer_normalisation_that_drops_the_axis()


@finding("mnn", V, "shape difference", but())
def layer_normalisation_of_one_element_by_four():
    """An axis of one element is broadcast to the scale's four. MNN gives one."""
    return onnxruntime_passes.layer_normalisation_of_one_element_by_four()


@finding("mnn", V, "value mismatch or NaN/Inf difference", but())
def layer_normalisation_by_one_scale():
    """The scale of LayerNormalization is broadcast, here one element to four. MNN reads beyond it."""
    return near.layer_norm_by_one_scale()


@finding("mnn", V, "value mismatch", but())
def layer_normalisation_of_all_axes_without_bias():
    """axis=0 and a scale for each element. MNN gives 0 for some of them."""
    x, s = ramp(2, 3, 4), ramp(2, 3, 4, low=1, high=2)
    d = x - x.mean()
    return single("LayerNormalization", {"x": x}, {"s": s}, [(d / np.sqrt((d * d).mean() + 1e-5) * s).astype(np.float32)], axis=0)


@finding("mnn", V, "value mismatch", but())
def prelu_with_a_slope_of_the_last_axis():
    """A slope of shape [4] is broadcast to the last of three axes. MNN takes it for the channels'."""
    return near.slope_of_the_last_axis()


@finding("mnn", V, "value mismatch", but())
def matmul_and_a_column():
    """The addend is a column: one number for each row. MNN adds one number to each column."""
    return near.product_and_a_column()


@finding("mnn", V, "value mismatch", but())
def clip_between_bounds_in_no_order():
    """Clip is min(max, max(x, min)), also where min is greater than max: all is max. MNN gives min."""
    return near.clip_inverted()


@finding("mnn", V, "crash", but())
def max_pool_of_one_axis():
    """MaxPool of [1, 1, 3]. MNN divides by the stride of an axis that is not there, and ends by SIGFPE."""
    return near.pooled_on_one_axis()


@finding("mnn", V, "value mismatch", but())
def cast_to_bool_and_back():
    """Whatever is not 0 is true, and 1: also -0.75. MNN gives 0, as it casts to whole numbers first."""
    return near.cast_to_bool_and_back()


@finding("mnn", V, "shape difference", but())
def sum_over_no_axes_that_does_nothing():
    """Without axes, and with noop_with_empty_axes=1, ReduceSum gives its input. MNN sums all."""
    x = ramp(2, 3)
    return single("ReduceSum", {"x": x}, {}, [x], noop_with_empty_axes=1)


@finding("mnn", V, "crash", but("reference", "tract"))
def mean_of_two_that_broadcast():
    """Mean of a matrix and a row. MNN ends by a segmentation fault."""
    x = ramp(2, 3)
    return single("Mean", {"x": x}, {"k": ramp(3)}, [(x + ramp(3)) / 2])
