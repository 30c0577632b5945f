"""MNN 3.6.1, model converted by its own converter."""
import numpy as np

from study.findings import but, f32, finding, ramp, single, tract

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
