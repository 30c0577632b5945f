"""OpenCV 5.0.0, module dnn."""
import numpy as np

from study.findings import but, f32, finding, i64, model, near, onnxruntime, onnxruntime_passes, openvino, ramp, single

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

@finding("opencv", V, "value mismatch or NaN/Inf difference", but())
def power_that_gains_an_axis():
    """An exponent of shape [1, 1, 1] makes three axes of two. OpenCV leaves the result unwritten."""
    x = ramp(2, 4, low=1, high=2)
    return single("Pow", {"x": x}, {"two": near.scalar(2).reshape(1, 1, 1)}, [(x * x)[None]])


@finding("opencv", V, "value mismatch", but("openvino"))
def layer_normalisation_that_drops_the_axis():
    """With keepdims=0 the means of a square matrix are a vector, which is taken from the columns. OpenCV puts a normalisation of rows in its place."""
    return openvino.layer_normalisation_that_drops_the_axis()


@finding("opencv", V, "shape difference", but())
def layer_normalisation_that_gains_an_axis():
    """An exponent of shape [1, 1, 1] makes three axes of two. OpenCV puts a normalisation in its place that has two."""
    return onnxruntime_passes.layer_normalisation_that_gains_an_axis()


@finding("opencv", V, "run failure", but())
def layer_normalisation_of_one_element_by_four():
    """An axis of one element is broadcast to the scale's four. OpenCV puts a normalisation in its place whose scale does not fit."""
    return onnxruntime_passes.layer_normalisation_of_one_element_by_four()


@finding("opencv", V, "run failure", but())
def layer_normalisation_by_one_scale():
    """The scale of LayerNormalization is broadcast, here one element to four. OpenCV wants four."""
    return near.layer_norm_by_one_scale()


@finding("opencv", V, "shape difference", but("openvino"))
def gelu_that_gains_an_axis():
    """The one that is added to Erf has the shape [1, 1, 1]. OpenCV puts a Gelu in its place that has two axes."""
    return near.gelu(ramp(2, 3), one=(1, 1, 1))


@finding("opencv", V, "crash", but())
def gelu_upside_down():
    """Erf of a constant divided by x. OpenCV looks for Gelu, takes the first operand for a node, and ends by a segmentation fault."""
    return near.gelu(ramp(2, 3), divide=("root", "x"))


@finding("opencv", V, "value mismatch", but())
def prelu_with_a_slope_of_the_last_axis():
    """A slope of shape [4] is broadcast to the last of three axes. OpenCV takes it for the channels'."""
    return near.slope_of_the_last_axis()


@finding("opencv", V, "shape difference", but())
def reshape_of_a_reshape_that_keeps_an_axis():
    """A 0 in a shape keeps the axis of the input, here 6, and -1 is the rest: the shape is [6, 2, 2]. The first Reshape is left out, so that 0 is 2, and OpenCV makes [2, 6, 2] of it without a word."""
    return near.reshape_that_keeps_an_axis()


@finding("opencv", V, "value mismatch", but())
def matmul_and_a_column():
    """The addend is a column: one number for each row. OpenCV makes a Gemm of both that adds one number to each column."""
    return near.product_and_a_column()


@finding("opencv", V, "run failure", but())
def matmul_and_an_addend_of_more_rows():
    """One row of a product is added to three rows. OpenCV makes a Gemm of both, and cannot broadcast it."""
    x, w, c = ramp(1, 3), ramp(3, 2), ramp(3, 2, low=1, high=2)
    return model([("MatMul", ["x", "w"], ["m"], {}), ("Add", ["m", "c"], ["y"], {})], {"x": x}, {"w": w, "c": c}, [x @ w + c])


@finding("opencv", V, "run failure", but())
def matmul_and_an_addend_of_more_axes():
    """The addend has three axes, so that the sum has. OpenCV makes a Gemm of both, and refuses it."""
    x, w, c = ramp(2, 3), ramp(3, 2), f32(3, 5).reshape(1, 1, 2)
    return model([("MatMul", ["x", "w"], ["m"], {}), ("Add", ["m", "c"], ["y"], {})], {"x": x}, {"w": w, "c": c}, [(x @ w + c)])


@finding("opencv", V, "value mismatch", ("onnxruntime-none", "reference", "openvino", "tinygrad"))
def weights_by_way_of_bfloat16():
    """1, 2 and 1/2 as bfloat16 and back are the same. OpenCV casts back the number that the bits are, 16256 for 1."""
    return near.weights_by_way_of_bfloat16()


@finding("opencv", V, "load failure", but())
def clip_between_bounds_in_no_order():
    """Clip is min(max, max(x, min)), also where min is greater than max: all is max. OpenCV refuses it."""
    return near.clip_inverted()


@finding("opencv", V, "value mismatch", but("reference"))
def quantised_gemm_with_scales_of_the_summed_axis():
    """Each row of the weights has a scale, which belongs inside of the sum. OpenCV takes the scales for those of the columns."""
    return near.weights_by_axis(0, "Gemm")


@finding("opencv", V, "value mismatch", but("reference"))
def quantised_conv_with_scales_of_the_input_channels():
    """axis=1: each input channel of the weights has a scale. OpenCV takes the scales for those of the output channels."""
    return onnxruntime_passes.quantised_conv_with_scales_of_the_input_channels()


@finding("opencv", V, "value mismatch", but("reference"))
def quantised_conv_whose_bias_has_another_scale():
    """The bias is 32 in steps of 1/8: 4. OpenCV takes the number as it is, as if its step were the product of the other steps, 1/32."""
    x, w = f32(1, -1).reshape(1, 1, 2), np.array([4], np.int8).reshape(1, 1, 1)
    return near.unit(x, [("DequantizeLinear", ["w", "ws", "wz"], ["dw"], {}), ("DequantizeLinear", ["b", "bs"], ["db"], {}), ("Conv", ["d", "dw", "db"], ["r"], {})],
                     {"w": w, "ws": near.scalar(0.25), "wz": np.array(0, np.int8), "b": np.array([32], np.int32), "bs": near.scalar(0.125)}, x + 4)


@finding("opencv", V, "load failure", but("reference"))
def quantised_gemm_whose_bias_counts_twice():
    """Gemm with beta=2 between quantised tensors. OpenCV stops at "bufidx >= 0 in function 'argTensor'"."""
    x, w, b = f32([1, -1]), np.array([[1, -2], [3, 4]], np.int8), np.array([32, 16], np.int32)
    return near.unit(x, [("DequantizeLinear", ["w", "ws", "wz"], ["dw"], {}), ("DequantizeLinear", ["b", "bs"], ["db"], {}), ("Gemm", ["d", "dw", "db"], ["r"], {"beta": 2.0})],
                     {"w": w, "ws": near.scalar(0.25), "wz": np.array(0, np.int8), "b": b, "bs": near.scalar(0.03125)}, x @ (w * 0.25) + b * 0.0625)
