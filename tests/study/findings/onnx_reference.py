"""The reference evaluator of onnx 1.23.2: the specification's own words that it does not follow. What is expected is worked out by hand."""
import numpy as np

from study.findings import f32, finding, i64, ramp, single, tract

V = "1.23.2"
ORT = ("onnxruntime-none", "openvino")


@finding("reference", V, "run failure", (*ORT, "tract", "tinygrad"))
def lrn_of_fewer_channels_than_its_size():
    """The window is cut at the first and last channel. The evaluator reads beyond them."""
    x = ramp(2, 1, 2, 3)
    return single("LRN", {"x": x}, {}, [(x / (1 + 0.1 / 3 * x * x) ** np.float32(0.75)).astype(np.float32)], size=3, alpha=0.1, beta=0.75, bias=1.0)


@finding("reference", V, "value mismatch", ("onnxruntime-none", "openvino"))
def lp_normalization_of_negative_numbers():
    """The norm for p=1 is the sum of absolute values: 1 and -3 become 1/4 and -3/4 down their column. The evaluator adds the values themselves."""
    x = f32([1, 2], [-3, 1])
    return single("LpNormalization", {"x": x}, {}, [x / np.abs(x).sum(0, keepdims=True)], p=1, axis=0)


@finding("reference", V, "run failure", ("onnxruntime-none", "openvino", "tinygrad"))
def mean_whose_first_input_is_smaller():
    """Mean broadcasts in both directions. The evaluator adds in place of the first input."""
    a, b = ramp(3), ramp(2, 3)
    return single("Mean", {"a": a, "b": b}, {}, [(a + b) / 2])


@finding("reference", V, "run failure", ("onnxruntime-none", "openvino", "tinygrad"))
def pad_by_a_negative_count():
    """Negative pads remove elements."""
    return tract.pad_by_a_negative_count()


@finding("reference", V, "value mismatch", ORT)
def gru_that_clips():
    """clip bounds what goes into the activations. The evaluator leaves it out."""
    return tract.gru_that_clips()


@finding("reference", V, "value mismatch", ORT)
def rnn_of_sequences_of_given_lengths():
    """sequence_lens ends each sequence: of length 1, the last state is that after the first step. The evaluator runs through all steps."""
    x, w, r = f32(1, 2).reshape(2, 1, 1), f32(1).reshape(1, 1, 1), np.zeros((1, 1, 1), np.float32)
    h = np.tanh(f32(1)).reshape(1, 1, 1).astype(np.float32)
    return single("RNN", {"x": x}, {"w": w, "r": r, "n": np.array([1], np.int32)}, [h], inputs=["x", "w", "r", "", "n"], outputs=["", "y"], hidden_size=1)


@finding("reference", V, "value mismatch", ("onnxruntime-none",))
def max_unpool_to_an_output_shape():
    """Indices count in the tensor that is asked for, [1, 1, 5, 5]: 15 is row 3, column 0. The evaluator counts in the smallest one and pads."""
    x = ramp(1, 1, 2, 2)
    y = np.zeros((1, 1, 5, 5), np.float32)
    y.reshape(-1)[[0, 5, 10, 15]] = x.reshape(-1)
    return single("MaxUnpool", {"x": x}, {"i": i64(0, 5, 10, 15).reshape(1, 1, 2, 2), "s": i64(1, 1, 5, 5)}, [y], kernel_shape=[2, 2], strides=[2, 2])


@finding("reference", V, "load failure", ("onnxruntime-none", "openvino"))
def rnn_with_an_activation():
    """Sigmoid is one of the activations of RNN. The evaluator does not know it."""
    return tract.rnn_backwards_with_an_activation()


@finding("reference", V, "value mismatch", ("onnxruntime-none",))
def lp_pool_whose_last_window_is_cut():
    """With ceil_mode the last window of 1 to 10 is 7 to 10: the root of 49 + 64 + 81 + 100. The evaluator multiplies it by the root of 5 / 4, as if it were a mean."""
    x = np.arange(1, 11, dtype=np.float32).reshape(1, 1, 10)
    y = np.sqrt(np.array([np.sum(x[0, 0, i: i + 5] ** 2) for i in (0, 3, 6)], np.float32)).reshape(1, 1, 3)
    return single("LpPool", {"x": x}, {}, [y], opset=18, kernel_shape=[5], strides=[3], ceil_mode=1)


@finding("reference", V, "shape difference", ("onnxruntime-none", "openvino", "tract", "tinygrad"))
def global_max_pool_of_one_axis():
    """The result keeps the rank: [1, 2, 4] becomes [1, 2, 1]. The evaluator has it right for images only, of four dimensions: here it gives [1, 1]."""
    x = ramp(1, 2, 4)
    return single("GlobalMaxPool", {"x": x}, {}, [x.max(2, keepdims=True)])


@finding("reference", V, "shape difference", ("onnxruntime-none", "openvino", "tract", "tinygrad"))
def max_pool_that_pads_rows_only():
    """pads are those of all beginnings, then of all ends: one row above and one below, so that 4 rows become 5 and 4 columns 3. The evaluator takes them as pairs, one for each
    axis, and gives 4 times 4."""
    x = ramp(1, 1, 4, 4)
    rows = np.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)), constant_values=-np.inf)
    return single("MaxPool", {"x": x}, {}, [np.lib.stride_tricks.sliding_window_view(rows, (2, 2), (2, 3)).max((4, 5))], kernel_shape=[2, 2], pads=[1, 0, 1, 0])

@finding("reference", V, "load failure", ("onnxruntime-none", "openvino", "tract", "tinygrad"))
def dequantised_before_opset_19():
    """DequantizeLinear came with opset 10. The evaluator knows versions 19, 21, 23 and 25 of it: "No implementation for operator 'DequantizeLinear' domain '' and version 17"."""
    return single("DequantizeLinear", {"x": np.array([3, 9], np.uint8)}, {"s": np.array(0.5, np.float32), "z": np.array(1, np.uint8)}, [f32(1, 4)])
