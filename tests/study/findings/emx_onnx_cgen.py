"""emx-onnx-cgen 1.4.0: C code, compiled by cc -O1."""
import numpy as np

from study.findings import but, f32, finding, i64, model, ramp, single

V = "1.4.0"
OTHERS = but("tinygrad")


@finding("emx-onnx-cgen", V, "value mismatch", ("onnxruntime-none", "reference"))
def max_of_a_number_and_nan():
    """Max of NaN and a number is NaN, as in numpy, which ONNX refers to for it. The C code calls fmaxf, which gives the number; Min, Clip, Relu and ReduceMax have the same defect."""
    return model([("Max", ["a", "b"], ["m"], {}), ("IsNaN", ["m"], ["y"], {})], {"a": f32(np.nan, 1), "b": f32(1, np.nan)}, {}, [np.array([True, True])])


@finding("emx-onnx-cgen", V, "value mismatch", ("onnxruntime-none", "openvino", "tract"))
def hardmax_over_several_axes():
    """Before opset 13, Hardmax treats its input as a matrix of the axes before and from `axis` on, by default 1: one 1 for each of two rows of 6 elements. The C code sets one for each
    position of the last axis."""
    x = ramp(2, 3, 2)
    y = np.zeros((2, 6), np.float32)
    y[[0, 1], x.reshape(2, 6).argmax(1)] = 1
    return single("Hardmax", {"x": x}, {}, [y.reshape(x.shape)], opset=11)


@finding("emx-onnx-cgen", V, "value mismatch", OTHERS)
def sum_of_squares_over_no_axes():
    """With noop_with_empty_axes and no axes nothing is added, and the square remains: 4 and 9. The C code gives the input; of ReduceLogSum too."""
    return single("ReduceSumSquare", {"x": f32(2, 3)}, {"axes": i64()}, [f32(4, 9)], opset=18, noop_with_empty_axes=1)


@finding("emx-onnx-cgen", V, "NaN/Inf difference", ("onnxruntime-none", "reference", "openvino"))
def log_sum_exp_of_large_numbers():
    """ReduceLogSumExp of 100 and 100 is 100 + log(2). The C code adds exp(100) twice, which is beyond float32: inf."""
    return single("ReduceLogSumExp", {"x": f32(100, 100)}, {}, [np.array(100 + np.log(2), np.float32)], keepdims=0)


@finding("emx-onnx-cgen", V, "value mismatch", ("onnxruntime-none",))
def max_unpool_to_an_output_shape():
    """Index 4 lies in the last of five places, which output_shape adds. The C code leaves it 0."""
    return single("MaxUnpool", {"x": f32(1, 2).reshape(1, 1, 2)}, {"i": i64(1, 4).reshape(1, 1, 2), "s": i64(1, 1, 5)}, [f32(0, 1, 0, 0, 2).reshape(1, 1, 5)], kernel_shape=[2], strides=[2])


@finding("emx-onnx-cgen", V, "value mismatch", ("onnxruntime-none", "reference", "openvino"))
def lstm_backwards():
    """All gates are open by half: c = (c + tanh(x)) / 2 from the last step to the first, and Y has the steps in their order. The C code writes
    them in the order in which it makes them, the last first."""
    x, w, r = f32(1, 2, 3).reshape(3, 1, 1), f32(0, 0, 0, 1).reshape(1, 4, 1), np.zeros((1, 4, 1), np.float32)
    y, c = np.zeros((3, 1, 1, 1), np.float32), 0.0
    for t in (2, 1, 0):
        c = 0.5 * c + 0.5 * np.tanh(x[t, 0, 0])
        y[t] = 0.5 * np.tanh(c)
    return single("LSTM", {"x": x}, {"w": w, "r": r}, [y], hidden_size=1, direction="reverse")


@finding("emx-onnx-cgen", V, "conversion failure", OTHERS)
def deviation_of_a_layer():
    """The second output of LayerNormalization is left out. emx-onnx-cgen asks for its type: "Missing dtype for value ''"."""
    x = ramp(2, 4)
    d = x - x.mean(1, keepdims=True)
    inv = 1 / np.sqrt((d * d).mean(1, keepdims=True) + np.float32(1e-5))
    return single("LayerNormalization", {"x": x}, {"s": np.ones(4, np.float32)}, [d * inv, inv], outputs=("y", "", "i"))


@finding("emx-onnx-cgen", V, "conversion failure", OTHERS)
def split_in_parts_that_are_not_equal():
    """Seven elements in three parts: 3, 3 and 1. emx-onnx-cgen wants 2: "Split output shape must be (2,), got (3,)"."""
    return single("Split", {"x": f32(1, 2, 3, 4, 5, 6, 7)}, {}, [f32(1, 2, 3), f32(4, 5, 6), f32(7)], opset=18, outputs=("y", "z", "w"), num_outputs=3)
