"""OpenVINO 2026.4.1, CPU plug-in, float32 precision asked for."""
import numpy as np

from study.findings import but, f32, finding, i64, model, near, ramp, single

V = "2026.4.1"


@finding("openvino", V, "value mismatch", ("onnxruntime-none", "tract", "tinygrad", "onnxruntime-web"))
def lrn_of_one_channel():
    """With one channel the local sum is x * x. OpenVINO gets some elements wrong by a factor of two and more, others in other batches."""
    x = ramp(52, 1, 3, 16, low=1, high=2)
    y = x / (0.65 + 0.1 / 3 * x * x) ** np.float32(0.3)
    return single("LRN", {"x": x}, {}, [y.astype(np.float32)], size=3, alpha=0.1, beta=0.3, bias=0.65)


@finding("openvino", V, "crash", ("onnxruntime-none", "tract", "tinygrad"))
def gather_elements_of_a_part_then_clip():
    """Indices of GatherElements may be fewer than the data along the other axes. OpenVINO ends by a segmentation fault, or refuses the model, by where the graph goes on."""
    x, i = ramp(1, 27, 2, 2, 35), (np.arange(24 * 2 * 13) % 27).reshape(1, 24, 1, 2, 13).astype(np.int64)
    y = np.take_along_axis(x[:, :, :1, :, :13], i, 1)
    return model([("GatherElements", ["x", "i"], ["t"], {"axis": -4}), ("Clip", ["t", "low"], ["y"], {})], {"x": x},
                 {"i": i, "low": np.array(-0.4, np.float32)}, [np.maximum(y, np.float32(-0.4))])


@finding("openvino", V, "shape difference", ("onnxruntime-none", "reference", "tract"))
def sum_that_gains_an_axis_behind_a_reshape():
    """[1, 2] becomes [2], to which a constant of shape [1, 1] is added: [1, 2] again. OpenVINO gives [2]. Without Reshape or Squeeze before it, and by a constant of shape [1, 2], it
    is right. Mul and Sub have the same defect."""
    return model([("Reshape", ["x", "s"], ["t"], {}), ("Add", ["t", "w"], ["y"], {})], {"x": f32([3, 4])}, {"s": i64(-1), "w": f32([2])}, [f32([5, 6])])


@finding("openvino", V, "shape difference", ("onnxruntime-none", "reference", "tract", "tinygrad"))
def reduce_l1_over_an_axis():
    """Before opset 18, ReduceL1 takes its axes from an attribute: [2, 3] reduced over axis 1 has the shape [2]. OpenVINO gives a scalar, as if there were no axes."""
    x = ramp(2, 3)
    return single("ReduceL1", {"x": x}, {}, [np.abs(x).sum(1)], keepdims=0, axes=[1])


@finding("openvino", V, "shape difference", ("onnxruntime-none", "reference", "tract", "tinygrad"))
def reduce_log_sum_over_an_axis():
    """As above; ReduceLogSumExp too."""
    x = ramp(2, 3, low=1, high=2)
    return single("ReduceLogSum", {"x": x}, {}, [np.log(x.sum(1))], keepdims=0, axes=[1])


@finding("openvino", V, "shape difference", ("onnxruntime-none", "reference"))
def dft_one_sided():
    """The transform runs over axis 1 by default; its one-sided result of n = 4 keeps n // 2 + 1 = 3 elements. OpenVINO's result has an axis too many."""
    x = ramp(2, 4, 1, 1)
    full = np.fft.rfft(x[..., 0], axis=1)
    return single("DFT", {"x": x}, {}, [np.stack([full.real, full.imag], -1).astype(np.float32)], onesided=1)


@finding("openvino", V, "value mismatch", ("onnxruntime-none", "tinygrad", "onnxruntime-web"))
def grouped_conv_transpose_to_an_output_shape():
    """The total padding is stride * (n - 1) + output_padding + kernel - output_shape = 3 + 2 + 4 - 7 = 2, one element on each side. OpenVINO agrees with one group, and
    is one element off with two."""
    x, w = ramp(1, 2, 2), ramp(2, 1, 4)
    full = np.zeros((1, 2, 9), np.float32)
    for k in range(2):
        full[0, :, 3 * k: 3 * k + 4] += x[0, :, k: k + 1] * w[:, 0]
    return single("ConvTranspose", {"x": x}, {"w": w}, [np.ascontiguousarray(full[:, :, 1:8])], strides=[3], output_padding=[2], output_shape=[7], group=2)


@finding("openvino", V, "value mismatch", ("onnxruntime-none", "onnxruntime-web"))
def lstm_that_couples_its_gates():
    """input_forget=1 makes the forget gate 1 - i, as in the finding on tract."""
    from study.findings.tract import lstm_that_couples_its_gates as same

    return same()




@finding("openvino", V, "value mismatch", ("onnxruntime-none",))
def lp_pool_whose_last_window_is_cut():
    """With ceil_mode the last window of 1 to 10 is 7 to 10: the root of 49 + 64 + 81 + 100. OpenVINO multiplies it by the root of 5 / 4, as if it were a mean."""
    from study.findings.onnx_reference import lp_pool_whose_last_window_is_cut as same

    return same()


@finding("openvino", V, "load failure", but("openvino"))
def matmul_by_a_vector_then_a_factor():
    """A vector on the right of MatMul is a column. MatMulMultiplyFusion multiplies it by the constant as a row, and the MatMul that it makes does not fit; with a matrix
    on the left it does."""
    x, w = ramp(1, 2, 3), ramp(3)
    return model([("MatMul", ["x", "w"], ["m"], {}), ("Mul", ["m", "c"], ["y"], {})], {"x": x}, {"w": w, "c": f32(2)}, [(x @ w) * 2])


@finding("openvino", V, "crash", ("onnxruntime-none", "reference"))
def clip_of_the_result_of_an_unknown_operator():
    """OpenVINO has no Det, and says so by an error when any other operator follows. Before a Clip, with bounds or without, it ends by a segmentation fault. What it refuses
    for another reason does the same (gather elements of a part, MaxUnpool)."""
    x = f32(3, 1, 1, 2).reshape(2, 2)
    return model([("Det", ["x"], ["d"], {}), ("Clip", ["d"], ["y"], {})], {"x": x}, {}, [np.array(5, np.float32)])

@finding("openvino", V, "value mismatch", but("openvino"))
def layer_normalisation_that_drops_the_axis():
    """With keepdims=0 the means of a square matrix are a vector, which is taken from the columns. OpenVINO puts a normalisation of rows in its place."""
    x = ramp(3, 3, low=-2, high=2)
    d = x - x.mean(-1)
    return near.layer_norm(x, expected=lambda p, e, s, b: d / np.sqrt((d * d).mean(-1) + e) * s + b, keepdims=0)


@finding("openvino", V, "value mismatch", but("openvino"))
def root_mean_square_that_drops_the_axis():
    """The same for the normalisation by the root mean square."""
    x = ramp(3, 3, low=-2, high=2)
    return near.simplified(x, lambda s: x / np.sqrt((x * x).mean(-1) + near.scalar(0.01)) * s, {"m": ("ReduceMean", ["q"], {"axes": [-1], "keepdims": 0})}.items())


@finding("openvino", V, "shape difference", but("openvino"))
def root_mean_square_that_gains_an_axis():
    """An exponent of shape [1, 1, 1] makes three axes of two. OpenVINO puts a normalisation in its place that has two."""
    x = ramp(2, 4)
    return near.simplified(x, lambda s: (x / near.root_mean(x * x) * s)[None], weights={"two": near.scalar(2).reshape(1, 1, 1)})


@finding("openvino", V, "shape difference", but("openvino"))
def root_mean_square_of_one_element_by_four():
    """An axis of one element is broadcast to the scale's four. OpenVINO gives one."""
    x = ramp(2, 1)
    return near.simplified(x, lambda s: x / near.root_mean(x * x) * s, weights={"scale": ramp(4)})


@finding("openvino", V, "shape difference", but("openvino"))
def gelu_that_gains_an_axis():
    """The one that is added to Erf has the shape [1, 1, 1]. OpenVINO puts a Gelu in its place that has two axes."""
    return near.gelu(ramp(2, 3), one=(1, 1, 1))


@finding("openvino", V, "shape difference", but("openvino"))
def swish_that_gains_an_axis():
    """x * sigmoid(k x) with a k of shape [1, 1, 1]. OpenVINO puts a Swish in its place that has two axes."""
    return near.swish_of_more_axes()


@finding("openvino", V, "shape difference", but("openvino"))
def bounds_that_gain_an_axis():
    """Max and Min, whose second bound has the shape [1, 1, 1]. OpenVINO puts a Clamp in their place that has two axes."""
    return near.bounded_by_more_axes()


@finding("openvino", V, "value mismatch", but("openvino"))
def hard_sigmoid_without_offset():
    """max(0, min(1, 0.3 x + 0)). OpenVINO takes the default where an attribute is 0: beta is 0.5. It does so with alpha, too, and
    with the attributes of Selu."""
    return single("HardSigmoid", {"x": f32(-1, 1, 2)}, {}, [f32(0, 0.3, 0.6)], alpha=0.3, beta=0.0)


@finding("openvino", V, "load failure", ("onnxruntime-none", "reference", "tinygrad", "onnxruntime-web"))
def quantised_to_sixteen_bits():
    """uint16 is a type of QuantizeLinear since opset 21. OpenVINO's transformation for low precision fails: "Check 'replace_output_update_name(...)' failed"."""
    return near.quantised_16_bits()


@finding("openvino", V, "value mismatch", but("openvino", "reference"))
def padded_between_quantised_numbers():
    """Zeros are padded. With scales of shape [1] OpenVINO pads 0 of the quantised numbers, which stands for another one."""
    x = ((np.arange(16, dtype=np.float32) - 8) / 4).reshape(1, 1, 4, 4)
    return near.unit(x, [("Pad", ["d", "pads"], ["r"], {})], {"pads": i64(0, 0, 1, 0, 0, 0, 0, 0)}, np.pad(x, ((0, 0), (0, 0), (1, 0), (0, 0))), shape=(1,))


@finding("openvino", V, "value mismatch", ("onnxruntime-none", "reference", "tract", "tinygrad", "mnn", "opencv"))
def attention_to_one_key_and_a_mask_of_three():
    """The scores of a single key are a column, which the mask broadcasts to three. OpenVINO makes scaled dot product attention of it, and other numbers."""
    q, k, m, v = ramp(1, 2, 3, 4, low=-2, high=2), ramp(1, 2, 4, 1, low=-2, high=2), ramp(1, 1, 3, 3, low=-2, high=2), ramp(1, 2, 3, 4)
    e = np.exp(q @ k + m)
    return model([("MatMul", ["q", "k"], ["s"], {}), ("Add", ["s", "m"], ["a"], {}), ("Softmax", ["a"], ["p"], {}), ("MatMul", ["p", "v"], ["y"], {})],
                 {"q": q, "k": k, "m": m, "v": v}, {}, [(e / e.sum(-1, keepdims=True) @ v).astype(np.float32)])


@finding("openvino", V, "value mismatch", ("onnxruntime-none", "tract", "tinygrad", "opencv"))
def average_over_padding_between_quantised_numbers():
    """With count_include_pad the padding is zeros. OpenVINO averages the quantised numbers, where padding with 0 is -16."""
    x = f32([8, 8], [8, 8])[None, None]
    return near.unit(x, [("AveragePool", ["d"], ["r"], {"kernel_shape": [2, 2], "pads": [1, 1, 1, 1], "count_include_pad": 1})], {},
                     f32([2, 4, 2], [4, 8, 4], [2, 4, 2])[None, None])


@finding("openvino", V, "value mismatch", ("onnxruntime-none", "reference", "tract", "tinygrad"))
def average_over_the_end_of_the_padding():
    """ceil_mode=1 and count_include_pad=1: the last window has 6, one zero of padding, and a place beyond the padding, which does not count. OpenVINO gives 6 / 3 instead of 6 / 2."""
    return single("AveragePool", {"x": f32(1.5, 3, -3, 6).reshape(1, 1, 4)}, {}, [f32(4.5 / 3, 6 / 3, 6 / 2).reshape(1, 1, 3)], opset=21,
                  kernel_shape=[3], strides=[2], pads=[1, 1], ceil_mode=1, count_include_pad=1)


@finding("openvino", V, "load failure", ("onnxruntime-none", "reference", "tract", "tinygrad"))
def conv_by_bytes_without_sign():
    """Weights of type uint8 whose zero point is 0. OpenVINO has no kernel for these: "No suitable implementations". With int8, or another zero point, it has."""
    q, w = np.array([130, 124], np.uint8).reshape(1, 2, 1), np.array([1, 2], np.uint8).reshape(1, 2, 1)
    return model([("DequantizeLinear", ["q", "s", "mid"], ["d"], {}), ("DequantizeLinear", ["w", "s", "zero"], ["dw"], {}), ("Conv", ["d", "dw"], ["r"], {}),
                  ("QuantizeLinear", ["r", "s", "mid"], ["y"], {})], {"q": q},
                 {"s": np.array(1, np.float32), "mid": np.array(128, np.uint8), "zero": np.array(0, np.uint8), "w": w}, [np.array([[[128 + 2 * 1 - 4 * 2]]], np.uint8)], opset=21)
