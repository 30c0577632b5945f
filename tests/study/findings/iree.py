"""IREE 3.13.0: its ONNX importer, llvm-cpu for the host, local-sync. Atan and Sin differ from exact values by up to 20 units in the last place: IREE replaces functions of the C library by MLIR's
polynomial approximations on purpose (pass iree-codegen-polynomial-approximation), so these are no findings; errors far beyond an approximation are. Default constants of Selu have six digits
(1.0507 and 1.67326): a defect, of 1e-6, too small for the level that findings are compared at."""
import numpy as np

from study.findings import but, f32, finding, i64, model, ramp, single

V = "3.13.0"
OTHERS = but("tinygrad")


@finding("iree", V, "NaN/Inf difference", OTHERS)
def odd_powers_of_negative_numbers():
    """Pow of -2 by 3 is -8, by 2 it is 4. IREE, unless the exponents are one number, computes exp(y * log(x)), which is NaN for both; of integers it makes the lowest integer."""
    return single("Pow", {"x": f32(-2, -2)}, {"e": f32(3, 2)}, [f32(-8, 4)])


@finding("iree", V, "value mismatch", OTHERS)
def remainder_of_large_unsigned_bytes():
    """255 modulo 130 is 125. IREE takes the uint8 for signed: -1 modulo -126."""
    return single("Mod", {"a": np.array([200, 255], np.uint8)}, {"b": np.array([7, 130], np.uint8)}, [np.array([4, 125], np.uint8)])


@finding("iree", V, "value mismatch", OTHERS)
def clip_of_unsigned_bytes():
    """3, 100 and 200 between 10 and 150. IREE compares the uint8 as signed numbers, 150 as -106, and gives 150 for all."""
    low, high = (np.array(v, np.uint8) for v in (10, 150))
    return single("Clip", {"x": np.array([3, 100, 200], np.uint8)}, {"low": low, "high": high}, [np.array([10, 100, 150], np.uint8)])


@finding("iree", V, "value mismatch", OTHERS)
def max_pool_of_unsigned_bytes():
    """The larger of 3 and 200, and of 200 and 4. IREE compares the uint8 as signed numbers and gives 3 and 4."""
    x = np.array([3, 200, 4], np.uint8).reshape(1, 1, 3)
    return single("MaxPool", {"x": x}, {}, [np.array([200, 200], np.uint8).reshape(1, 1, 2)], kernel_shape=[2])


@finding("iree", V, "value mismatch", ("onnxruntime-none", "openvino", "tract"))
def max_pool_of_negative_bytes_with_padding():
    """Padding never wins in MaxPool. IREE pads int8 by 0, which is above -3."""
    x = np.array([-3, -100, -4], np.int8).reshape(1, 1, 3)
    return single("MaxPool", {"x": x}, {}, [np.array([-3, -3, -4], np.int8).reshape(1, 1, 3)], kernel_shape=[2], pads=[1, 0])


@finding("iree", V, "value mismatch", ("onnxruntime-none", "reference"))
def max_of_a_number_and_nan():
    """Max of NaN and a number is NaN, as in numpy, which ONNX refers to for it. IREE gives the number; Min and Clip have the same defect."""
    return model([("Max", ["a", "b"], ["m"], {}), ("IsNaN", ["m"], ["y"], {})], {"a": f32(np.nan, 1), "b": f32(1, np.nan)}, {}, [np.array([True, True])])


@finding("iree", V, "NaN/Inf difference", OTHERS)
def inverse_hyperbolic_sine_of_a_large_negative_number():
    """asinh(-30000) is -11.0021. IREE computes log(x + sqrt(x * x + 1)), in which the sum is 0: -inf."""
    x = f32(-30000, 2)
    return single("Asinh", {"x": x}, {}, [np.arcsinh(x)])


@finding("iree", V, "value mismatch", OTHERS)
def sine_of_a_large_number():
    """sin(1e6) is -0.35. IREE reduces the argument in float32 and gives -0.376, far from any bound of an approximation."""
    return single("Sin", {"x": f32(1e6)}, {}, [np.sin(np.float64([1e6])).astype(np.float32)])


@finding("iree", V, "NaN/Inf difference", ("onnxruntime-none", "reference", "openvino"))
def log_sum_exp_of_large_numbers():
    """ReduceLogSumExp of 100 and 100 is 100 + log(2). IREE adds exp(100) twice, which is beyond float32: inf."""
    return single("ReduceLogSumExp", {"x": f32(100, 100)}, {}, [np.array(100 + np.log(2), np.float32)], keepdims=0)


@finding("iree", V, "NaN/Inf difference", OTHERS)
def normalization_of_zeros():
    """LpNormalization of a row of zeros is defined as zeros. IREE divides by the norm: NaN."""
    return single("LpNormalization", {"x": f32([0, 0], [3, 4])}, {}, [f32([0, 0], [0.6, 0.8])])


@finding("iree", V, "value mismatch", ("onnxruntime-none", "openvino", "tract"))
def hardmax_over_several_axes():
    """Before opset 13, Hardmax treats its input as a matrix of the axes before and from `axis` on, by default 1: one 1 for each of two rows of 6 elements. IREE sets one for each
    position of the last axis."""
    x = ramp(2, 3, 2)
    y = np.zeros((2, 6), np.float32)
    y[[0, 1], x.reshape(2, 6).argmax(1)] = 1
    return single("Hardmax", {"x": x}, {}, [y.reshape(x.shape)], opset=11)


@finding("iree", V, "value mismatch", OTHERS)
def slice_downwards_from_beyond_the_end():
    """A start above n - 1 means the last element, downwards to element 1: 4, 3, 2, 1. IREE takes other elements."""
    x = ramp(5)
    return single("Slice", {"x": x}, {"starts": i64(9), "ends": i64(0), "axes": i64(0), "steps": i64(-1)}, [x[:0:-1]])


@finding("iree", V, "value mismatch", OTHERS)
def depth_to_space_by_one():
    """Blocks of one element: the identity, in both modes. IREE permutes the elements in the mode CRD."""
    x = ramp(1, 2, 2, 3)
    return single("DepthToSpace", {"x": x}, {}, [x], blocksize=1, mode="CRD")


@finding("iree", V, "value mismatch", OTHERS)
def grid_sample_outside_the_picture():
    """With padding_mode "zeros", what lies outside is 0, and x = 2.6 is more than a column outside of a picture of 2 by 2. IREE gives an element of the border."""
    x, grid = f32(1, 2, 3, 4).reshape(1, 1, 2, 2), f32(2.6, 0, 0, 0).reshape(1, 1, 2, 2)
    return single("GridSample", {"x": x}, {"grid": grid}, [f32(0, 2.5).reshape(1, 1, 1, 2)])


@finding("iree", V, "value mismatch", ("onnxruntime-none", "openvino", "tract"))
def indices_of_max_pool_in_the_second_channel():
    """Indices of MaxPool count through the whole tensor: the largest of the second channel of [1, 2, 2] is element 3. IREE counts in the channel."""
    x = f32(2, 1, 3, 4).reshape(1, 2, 2)
    return single("MaxPool", {"x": x}, {}, [f32(2, 4).reshape(1, 2, 1), i64(0, 3).reshape(1, 2, 1)], outputs=("y", "i"), kernel_shape=[2])


@finding("iree", V, "value mismatch", OTHERS)
def average_pool_with_padding_counted_and_ceil_mode():
    """The last window reaches beyond the padded input: its mean is of the elements that are there, also with count_include_pad. IREE divides by the kernel's size."""
    x = f32(1, 2, 3, 4, 5, 6).reshape(1, 1, 6)
    return single("AveragePool", {"x": x}, {}, [f32(2, 4, 5.5).reshape(1, 1, 3)], kernel_shape=[3], strides=[2], ceil_mode=1, count_include_pad=1)


@finding("iree", V, "value mismatch", ("tract",))
def lrn_of_an_even_size():
    """Of size 2 the window of channel c is c - floor(1 / 2) to c + ceil(1 / 2): c and c + 1. IREE's is c - 1 and c."""
    x = f32(1, 2, 3).reshape(1, 3, 1, 1)
    sums = f32(1 + 4, 4 + 9, 9).reshape(1, 3, 1, 1)
    return single("LRN", {"x": x}, {}, [x / np.sqrt(1 + sums / 2)], size=2, alpha=1.0, beta=0.5, bias=1.0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


ONE = f32(1).reshape(1, 1, 1)
ZERO = np.zeros((1, 1, 1), np.float32)


@finding("iree", V, "value mismatch", ("onnxruntime-none", "openvino"))
def rnn_over_a_shorter_sequence():
    """sequence_lens is 1: of two steps the first counts, and Y is 0 behind it. IREE does not read sequence_lens; so it is with GRU and LSTM."""
    x = f32(1, 1).reshape(2, 1, 1)
    y = f32(np.tanh(1), 0).reshape(2, 1, 1, 1)
    return single("RNN", {"x": x}, {"w": ONE, "r": ZERO, "n": np.array([1], np.int32)}, [y], inputs=["x", "w", "r", "", "n"], hidden_size=1)


@finding("iree", V, "value mismatch", ("onnxruntime-none", "openvino"))
def rnn_with_a_clip():
    """The input of the activation is clipped to 0.5: tanh(0.5). IREE does not read the attribute; it refuses that of GRU and LSTM."""
    y = np.tanh(f32(0.5)).reshape(1, 1, 1, 1)
    return single("RNN", {"x": ONE}, {"w": ONE * 4, "r": ZERO}, [y], hidden_size=1, clip=0.5)


@finding("iree", V, "value mismatch", ("onnxruntime-none",))
def rnn_with_an_activation_that_is_rare():
    """Softsign is one of ONNX's activations: 1 / (1 + 1). IREE has Tanh, Sigmoid and Relu, and takes Relu for others without an error: 1. GRU and LSTM
    have the same defect."""
    return single("RNN", {"x": ONE}, {"w": ONE, "r": ZERO}, [f32(0.5).reshape(1, 1, 1, 1)], hidden_size=1, activations=["Softsign"])


@finding("iree", V, "value mismatch", ("onnxruntime-none", "reference", "tract"))
def lstm_with_peepholes():
    """The last of the peephole weights, 2, adds 2 * c to the output gate, with c = sigmoid(1) * tanh(1). IREE does not read the input."""
    g = sigmoid(f32(1))
    c = g * np.tanh(f32(1))
    p = f32(0, 2, 0).reshape(1, 3)
    y = (sigmoid(1 + 2 * c) * np.tanh(c)).astype(np.float32).reshape(1, 1, 1, 1)
    return single("LSTM", {"x": ONE}, {"w": np.ones((1, 4, 1), np.float32), "r": np.zeros((1, 4, 1), np.float32), "p": p}, [y], inputs=["x", "w", "r", "", "", "", "", "p"], hidden_size=1)


@finding("iree", V, "crash", ("onnxruntime-none", "reference", "tract"))
def norm_over_no_axes():
    """With noop_with_empty_axes and no axes nothing is reduced: ReduceL2 gives absolute values. IREE's compiler ends by "LLVM ERROR: dialect conversion attempted to replace a root
    operation that has no parent block"; ReduceLogSum and ReduceLogSumExp too."""
    return single("ReduceL2", {"x": f32(-3, 4)}, {"axes": i64()}, [f32(3, 4)], opset=18, noop_with_empty_axes=1)


@finding("iree", V, "load failure", OTHERS)
def largest_of_tensors_of_different_ranks():
    """Max of [3], [2, 1] and [1, 1, 1] is [1, 2, 3]. IREE casts the [2, 3] of the first two to it: "cast incompatible". Sum and Mean have the same defect."""
    a, b, c = ramp(3), ramp(2, 1), f32(0).reshape(1, 1, 1)
    return single("Max", {"a": a, "b": b, "c": c}, {}, [np.maximum(np.maximum(a, b), c)])


@finding("iree", V, "load failure", OTHERS)
def pool_that_leaves_the_last_row_and_column():
    """One window of 2 by 2 in a picture of 3 by 3; the stride of 2 leaves the rest. IREE refuses its own code: "inferred input/output operand #1 has shape's dimension #1 to be 3, but
    found 2". A convolution or another pool of one place has the same defect; of more places there is none."""
    x = f32(*range(9)).reshape(1, 1, 3, 3)
    return single("MaxPool", {"x": x}, {}, [f32(4).reshape(1, 1, 1, 1)], kernel_shape=[2, 2], strides=[2, 2])


@finding("iree", V, "load failure", ("onnxruntime-none", "reference", "openvino"))
def compress_by_a_constant():
    """Two of three elements. IREE refuses its own code: tensor<?x1xi1> and tensor<2xi1> are "cast incompatible"."""
    x = f32(1, 2, 3)
    return single("Compress", {"x": x}, {"c": np.array([True, False, True])}, [x[[0, 2]]], axis=0)


@finding("iree", V, "load failure", ("onnxruntime-none", "reference"))
def determinants_of_a_batch():
    """Det of [1, 2, 2, 2]. IREE's code is of another rank than its input: "expected operand #0 rank (4) to match"."""
    x = f32(1, 2, 3, 4, 5, 6, 7, 9).reshape(1, 2, 2, 2)
    return single("Det", {"x": x}, {}, [np.linalg.det(x).astype(np.float32)])


@finding("iree", V, "load failure", ("onnxruntime-none", "openvino"))
def pad_by_a_negative_count():
    """Negative pads remove elements. IREE makes a slice that begins there: "expected offsets to be non-negative, but got -1"."""
    x = ramp(6)
    return single("Pad", {"x": x}, {"pads": i64(-1, -2)}, [x[1:4]])


@finding("iree", V, "load failure", OTHERS)
def einsum_without_an_arrow():
    """Without an arrow the output has the letters that stand once, in the order of the alphabet: "bi,ia" gives "ab". IREE gives it no axes:
    "expected input and output tensors to have same rank, but 0 != 2"."""
    a, b = ramp(2, 3), ramp(3, 2)
    return single("Einsum", {"a": a, "b": b}, {}, [(a @ b).T.copy()], equation="bi,ia")


@finding("iree", V, "load failure", ("onnxruntime-none", "reference", "openvino"))
def sequences_in_reverse():
    """The first two steps of the first sequence and three of the second are reversed. IREE cannot translate its own code:
    "LLVM Translation failed for operation: builtin.unrealized_conversion_cast"."""
    x, y = ramp(4, 2), ramp(4, 2)
    y[:2, 0], y[:3, 1] = x[:2, 0][::-1], x[:3, 1][::-1]
    return single("ReverseSequence", {"x": x}, {"n": i64(2, 3)}, [y])


@finding("iree", V, "value mismatch", OTHERS)
def running_sum_without_the_element_itself():
    """With exclusive = 1 the second sum is the first element, 0.5. IREE subtracts the element from the sum that has it: 1e9 - 1e9 = 0."""
    return single("CumSum", {"x": f32(0.5, 1e9)}, {"axis": np.array(0, np.int32)}, [f32(0, 0.5)], exclusive=1)


@finding("iree", V, "value mismatch", ("onnxruntime-none", "openvino", "tract"))
def one_hot_of_a_negative_fraction():
    """Indices that are no whole numbers are cast to int64 before use: -2.5 is -2, the second of 4 from the end. IREE adds the depth first: 1.5, thus 1."""
    return single("OneHot", {"i": f32(-2.5)}, {"depth": f32(4), "values": f32(0, 1)}, [f32([0, 0, 1, 0])])


@finding("iree", V, "value mismatch", OTHERS)
def equality_of_nan_and_itself():
    """NaN is equal to nothing, thus x == x is a test of it. IREE gives true."""
    return single("Equal", {"x": f32(np.nan, 1)}, {}, [np.array([False, True])], inputs=["x", "x"])


@finding("iree", V, "crash", ("onnxruntime-none", "reference", "openvino"))
def distinct_elements_and_one():
    """Two of three elements are distinct; one is added to each. IREE's compiler ends by SIGSEGV; it says that it does not have Unique where nothing follows."""
    return model([("Unique", ["x"], ["t"], {}), ("Add", ["t", "k"], ["y"], {})], {"x": f32(3, 2, 3)}, {"k": f32(1)}, [f32(3, 4)], free={"y": ["n"]})
