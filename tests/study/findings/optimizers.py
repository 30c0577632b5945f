"""Simplifiers and optimisers; what they write runs in ONNX Runtime without optimisations."""
import ml_dtypes
import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from study.findings import RUNTIMES, but, f32, finding, i64, model, near, onnxruntime_passes, ramp, single, tinygrad


@finding("onnxoptimizer", "0.4.2", "crash", ("onnxruntime-none", "reference"))
def shape_that_ends_before_the_first_axis():
    """start and end of Shape are clamped to the rank: end=-7 of a rank of 3 is 0, and the shape is empty. onnxoptimizer folds it without clamping and ends by a segmentation
    fault; with start=-6 or end=9 it folds to what happens to lie beside the shape in memory."""
    a, x = ramp(5, 4, 3), ramp(4, 3)
    return model([("Shape", ["a"], ["s"], {"end": -7}), ("Expand", ["x", "s"], ["y"], {})], {"a": a, "x": x}, {}, [x])


@finding("onnxslim", "0.1.98", "conversion failure", ("onnxruntime-none", "reference", "openvino", "tinygrad"))
def loss_without_its_second_output():
    """log_prob, the second output of SoftmaxCrossEntropyLoss, is optional. onnxslim fails with an IndexError when its shape inference meets a broadcast of the loss."""
    x, t, b = ramp(4, 2, 1), i64([0], [1], [1], [0]), ramp(1)
    p = x - np.log(np.exp(x).sum(1, keepdims=True))
    loss = -np.take_along_axis(p, t[:, None], 1)[:, 0]
    return model([("SoftmaxCrossEntropyLoss", ["x", "t"], ["l"], {"reduction": "none"}), ("Add", ["l", "b"], ["y"], {})], {"x": x, "b": b}, {"t": t}, [(loss + b).astype(np.float32)])


@finding("onnxslim", "0.1.98", "run failure", RUNTIMES)
def graph_input_that_only_gives_its_shape():
    """A simplifier keeps the interface of a model. onnxslim removes a graph input of which only the shape is used, so that callers that give it fail."""
    a, x = ramp(3, 2), ramp(2, 3)
    return model([("Shape", ["a"], ["s"], {}), ("Reshape", ["x", "s"], ["y"], {})], {"a": a, "x": x}, {}, [x.reshape(3, 2)])


@finding("onnxscript-optimizer", "0.7.2", "value mismatch", RUNTIMES)
def scatter_nd_that_adds_to_all_rows():
    """With reduction="add" the updates are added, also where they cover every row. onnxscript's optimiser puts the updates in place of the sum."""
    x, u = ramp(1, 3), ramp(1, 3, low=2, high=3)
    return single("ScatterND", {"x": x, "u": u}, {"i": i64([0])}, [x + u], opset=18, inputs=["x", "i", "u"], reduction="add")


@finding("onnxslim", "0.1.98", "load failure", ("onnxruntime-none", "reference", "openvino"))
def split_into_unequal_parts():
    """17 split in four are 5, 5, 5 and 2. onnxslim notes another shape for a part, and ONNX Runtime then refuses the broadcast that follows."""
    x, w = ramp(17, 3), ramp(5, 1)
    return model([("Split", ["x"], ["p", "q", "r", "s"], {"num_outputs": 4}), ("IsNaN", ["r"], ["t"], {}), ("Where", ["t", "w", "r"], ["y"], {})], {"x": x}, {"w": w},
                 [x[10:15]], opset=18)


@finding("onnxslim", "0.1.98", "load failure", ("onnxruntime-none", "reference"))
def compress_without_an_axis():
    """Compress keeps as many elements as its condition has true ones, here one, which broadcasts. onnxslim notes another shape, and ONNX Runtime refuses it."""
    x, z, w = ramp(1, 1, 5, 4), ramp(3, 3), ramp(5, 2)
    c = np.array([False, False, True, False, False, False])
    kept = x.reshape(-1)[2:3]
    return model([("Compress", ["x", "c"], ["t"], {}), ("Add", ["t", "z"], ["y"], {}), ("Mul", ["t", "w"], ["v"], {})], {"x": x, "z": z, "w": w}, {"c": c},
                 [kept + z, kept * w], outputs=["y", "v"])


@finding("onnxslim", "0.1.98", "conversion failure", ("onnxruntime-none", "reference", "openvino", "tract"))
def resize_of_one_axis_to_a_size():
    """Since opset 18 axes names the axes that scales or sizes are for. onnxslim fails with an IndexError."""
    return tinygrad.resize_of_one_axis_to_a_size()


@finding("version-converter", "1.23.2", "load failure", RUNTIMES)
def cast_that_saturates_to_an_older_version():
    """saturate came with opset 19 and means nothing for float32. Converted from 21 to 17, the attribute is still there, and the model is invalid."""
    x = ramp(2, 3)
    return single("Cast", {"x": x}, {}, [x], opset=21, to=1, saturate=1)


@finding("version-converter", "1.23.2", "load failure", RUNTIMES)
def average_pool_with_dilations_to_an_older_version():
    """dilations of AveragePool came with opset 19; a list of ones is the same as none. Converted to 17 it is still there: invalid."""
    x = ramp(1, 1, 6)
    return single("AveragePool", {"x": x}, {}, [(x[:, :, :-1] + x[:, :, 1:]) / 2], opset=21, kernel_shape=[2], dilations=[1])


@finding("version-converter", "1.23.2", "load failure", RUNTIMES)
def reduction_that_keeps_empty_axes_to_an_older_version():
    """noop_with_empty_axes of ReduceL2 came with opset 18; 0 is its default. Converted to 17 it is still there: invalid."""
    x = ramp(2, 3)
    return single("ReduceL2", {"x": x}, {"a": i64(1)}, [np.sqrt((x * x).sum(1, keepdims=True))], opset=21, noop_with_empty_axes=0)


@finding("onnxslim", "0.1.98", "load failure", RUNTIMES)
def einsum_without_an_arrow():
    """Without an arrow the result has the letters in the order of the alphabet: "ba" is a transposition. onnxslim notes the shape of its input, and ONNX Runtime refuses what
    follows."""
    x, w = ramp(2, 3), ramp(3, 2)
    return model([("Einsum", ["x"], ["t"], {"equation": "ba"}), ("Abs", ["t"], ["u"], {}), ("Add", ["u", "w"], ["y"], {})], {"x": x}, {"w": w}, [np.abs(x.T) + w])


@finding("onnxsim", "0.8.1", "shape difference", RUNTIMES)
def mean_of_a_mean_that_loses_its_axis():
    """The first mean drops an axis, the second keeps the one that it reduces: [2, 3, 4], [2, 4], [2, 1]. onnxsim makes one of both that keeps two axes: [2, 1, 1]."""
    x = ramp(2, 3, 4)
    return model([("ReduceMean", ["x"], ["t"], {"axes": [1], "keepdims": 0}), ("ReduceMean", ["t"], ["y"], {"axes": [1], "keepdims": 1})], {"x": x}, {},
                 [x.mean(1).mean(1, keepdims=True)])


@finding("onnxoptimizer", "0.4.2", "conversion failure", RUNTIMES)
def transpose_without_perm_before_gemm():
    """perm is optional: the axes in reverse. Fusing the Transpose into Gemm, onnxoptimizer demands it: "required undefined attribute". onnxsim does the same."""
    x, w = ramp(2, 3), ramp(2, 4)
    return model([("Transpose", ["x"], ["t"], {}), ("Gemm", ["t", "w"], ["y"], {})], {"x": x}, {"w": w}, [x.T @ w])


@finding("onnxoptimizer", "0.4.2", "conversion failure", RUNTIMES)
def softmax_without_axis_before_log():
    """axis is optional: the last one. Fusing both into LogSoftmax, onnxoptimizer demands it: "required undefined attribute". onnxsim does the same."""
    x = ramp(2, 3)
    return model([("Softmax", ["x"], ["t"], {}), ("Log", ["t"], ["y"], {})], {"x": x}, {}, [x - np.log(np.exp(x).sum(-1, keepdims=True))])


@finding("onnxsim", "0.8.1", "value mismatch", ("onnxruntime-none", "openvino", "tinygrad", "onnxruntime-web"))
def size_of_a_pooled_image():
    """pads are those of all beginnings, then of all ends: rows become 4 + 1 + 1 - 2 + 1 = 5, columns 3. onnxsim takes them as pairs, one for each axis, and writes the size of
    4 times 4."""
    return model([("MaxPool", ["x"], ["t"], {"kernel_shape": [2, 2], "pads": [1, 0, 1, 0]}), ("Size", ["t"], ["y"], {})], {"x": ramp(1, 1, 4, 4)}, {}, [np.array(15)])


@finding("onnxsim", "0.8.1", "shape difference", RUNTIMES)
def sum_over_no_axes_that_does_nothing():
    """Without axes, and with noop_with_empty_axes=1, ReduceSum gives its input, whatever keepdims says. onnxsim drops the axes of size 1."""
    x = ramp(1, 1)
    return single("ReduceSum", {"x": x}, {}, [x], keepdims=0, noop_with_empty_axes=1)

@finding("onnxslim", "0.1.98", "value mismatch", ("onnxruntime-none", "reference", "tinygrad"))
def dropout_in_training():
    """In training, elements become 0 or twice what they were: d * (d - 2 h) is 0 for both. onnxslim takes Dropout for an identity, and -h * h is left."""
    return near.dropout_that_gives_nothing()


@finding("onnxslim", "0.1.98", "value mismatch", RUNTIMES)
def conv_times_a_number_for_each_column():
    """A factor of shape [2] belongs to the last axis. onnxslim multiplies the weights of the channels, of which there are also two, by it."""
    x, w, k = f32(1, 2).reshape(1, 1, 2), f32(1, 10).reshape(2, 1, 1), f32(3, 5)
    return model([("Conv", ["x", "w"], ["t"], {}), ("Mul", ["t", "k"], ["y"], {})], {"x": x}, {"w": w, "k": k}, [x * w.reshape(1, 2, 1) * k])


@finding("onnxslim", "0.1.98", "value mismatch", ("onnxruntime-none", "reference", "openvino", "tinygrad"))
def weights_by_way_of_bfloat16():
    """1, 2 and 1/2 as bfloat16 and back are the same. onnxslim folds the casts and gives the third one as 0."""
    return near.weights_by_way_of_bfloat16()


@finding("onnxsim", "0.8.1", "shape difference", RUNTIMES)
def layer_normalisation_that_gains_an_axis():
    """An exponent of shape [1, 1, 1] makes three axes of two. onnxsim puts a LayerNormalization in its place that has two."""
    return onnxruntime_passes.layer_normalisation_that_gains_an_axis()


def transposed_twice():
    x = ramp(2, 4)
    return model([("Split", ["x"], ["p", "q"], {"axis": 1}), ("Transpose", ["p"], ["a"], {}), ("Transpose", ["a"], ["b"], {}), ("Concat", ["q", "b"], ["y"], {"axis": 1})],
                 {"x": x}, {}, [x[:, [2, 3, 0, 1]]])


@finding("onnxoptimizer", "0.4.2", "conversion failure", RUNTIMES)
def one_of_two_parts_transposed_twice():
    """Two transpositions that cancel, after one output of Split. onnxoptimizer puts all of Split in their place: "oldNode->outputs().size() == newNode->outputs().size()"."""
    return transposed_twice()


@finding("onnxoptimizer", "0.4.2", "shape difference", RUNTIMES)
def reshape_of_a_reshape_that_keeps_an_axis():
    """A 0 in a shape keeps the axis of the input, here 6, and -1 is the rest: the shape is [6, 2, 2]. The first Reshape is left out, so that 0 is 2, and onnxoptimizer makes [2, 6, 2] of it without a word."""
    return near.reshape_that_keeps_an_axis()


@finding("onnxoptimizer", "0.4.2", "value mismatch", RUNTIMES)
def zero_before_a_max_pool():
    """A zero is padded before -1, -2 and -3, and the greatest of 0 and -1 is 0. onnxoptimizer makes it a pad of MaxPool, which does not count."""
    return model([("Pad", ["x", "p"], ["t"], {}), ("MaxPool", ["t"], ["y"], {"kernel_shape": [1, 2]})], {"x": f32(-1, -2, -3).reshape(1, 1, 1, 3)},
                 {"p": i64(0, 0, 0, 1, 0, 0, 0, 0)}, [f32(0, -1, -2).reshape(1, 1, 1, 3)])


@finding("onnxoptimizer", "0.4.2", "conversion failure", ("onnxruntime-none", "reference", "openvino"))
def weights_of_four_bits():
    """int4 is a type of DequantizeLinear since opset 21. onnxoptimizer refuses the model: "no supported data type: 22"."""
    w = np.array([1, -2, 3], np.int8).astype(ml_dtypes.int4)
    return model([("DequantizeLinear", ["w", "s"], ["d"], {}), ("Mul", ["x", "d"], ["y"], {})], {"x": f32(1, 2, 4)}, {"w": w, "s": near.scalar(0.5)}, [f32(0.5, -2, 6)], opset=21)


@finding("onnxscript-optimizer", "0.7.2", "shape difference", but("openvino"))
def bounds_that_gain_an_axis():
    """Max and Min, whose second bound has the shape [1, 1, 1]. The optimiser puts a Clip in their place that has two axes."""
    return near.bounded_by_more_axes()


@finding("onnxscript-optimizer", "0.7.2", "value mismatch", RUNTIMES)
def clips_that_do_not_overlap():
    """Between -1 and 1/2, then between 2 and 3: all is 2. The optimiser makes a Clip from 2 to 1/2 of both, which gives 1/2."""
    x = ramp(2, 3)
    return model([("Clip", ["x", "a", "b"], ["t"], {}), ("Clip", ["t", "c", "d"], ["y"], {})], {"x": x},
                 {"a": near.scalar(-1), "b": near.scalar(0.5), "c": near.scalar(2), "d": near.scalar(3)}, [np.full((2, 3), 2, np.float32)])


@finding("onnxscript-optimizer", "0.7.2", "value mismatch", RUNTIMES)
def relu_of_negative_numbers_only():
    """Between -2 and -1, then Relu: all is 0. The optimiser makes a Clip from 0 to -1 of both, which gives -1."""
    x = ramp(2, 3)
    return model([("Clip", ["x", "a", "b"], ["t"], {}), ("Relu", ["t"], ["y"], {})], {"x": x}, {"a": near.scalar(-2), "b": near.scalar(-1)}, [np.zeros((2, 3), np.float32)])


@finding("onnxscript-optimizer", "0.7.2", "load failure", RUNTIMES)
def two_equal_flattens():
    """Two Flatten of one tensor become two Reshapes, and the shape of one of them is lost: "Node input 'x/shape_1' is not a graph input, initializer, or output"."""
    x = ramp(2, 3, 4)
    return model([("Flatten", ["x"], ["u"], {"axis": 2}), ("Abs", ["u"], ["y"], {}), ("Flatten", ["x"], ["z"], {"axis": 2})], {"x": x}, {},
                 [np.abs(x.reshape(6, 4)), x.reshape(6, 4)], outputs=["y", "z"])


@finding("version-converter", "1.23.2", "conversion failure", RUNTIMES)
def split_by_a_number_of_parts_to_an_older_version():
    """Split into two equal parts, which opset 17 has too, without num_outputs. The converter has no adapter from 18 to 17."""
    x = ramp(2, 4)
    return model([("Split", ["x"], ["p", "q"], {"axis": 1, "num_outputs": 2}), ("Sub", ["q", "p"], ["y"], {})], {"x": x}, {}, [x[:, 2:] - x[:, :2]], opset=21)


@finding("onnxslim", "0.1.98", "conversion failure", RUNTIMES)
def conv_by_a_graph_input_times_a_factor():
    """The weights of Conv are an input of the model, and a factor for each channel follows. onnxslim takes the weights for a constant: "object has no attribute 'values'"."""
    x, w, k = f32(1, 2).reshape(1, 1, 2), f32(1, 10).reshape(2, 1, 1), f32(3, 5).reshape(1, 2, 1)
    return model([("Conv", ["x", "w"], ["t"], {}), ("Mul", ["t", "k"], ["y"], {})], {"x": x, "w": w}, {"k": k}, [x * w.reshape(1, 2, 1) * k])


@finding("onnxslim", "0.1.98", "load failure", RUNTIMES)
def gemm_and_a_factor_with_a_reshape_between():
    """Both the product and what follows are outputs. onnxslim merges the factor into the weights, and the model reads a tensor that no node gives."""
    x, w, c, k = ramp(2, 3), ramp(4, 3), ramp(4), f32(1, 2, 3, 4)
    y = (x @ w.T + c).reshape(1, 2, 4) * k
    return model([("Gemm", ["x", "w", "c"], ["g"], {"transB": 1}), ("Reshape", ["g", "shape"], ["r"], {}), ("Mul", ["r", "k"], ["m"], {}), ("Neg", ["m"], ["y"], {})], {"x": x},
                 {"w": w, "c": c, "k": k, "shape": i64(1, 2, -1)}, [y, -y], outputs=["m", "y"])


@finding("onnxoptimizer", "0.4.2", "conversion failure", RUNTIMES)
def three_products_of_one_tensor():
    """A tensor by three matrices, as before attention, each product an output. onnxoptimizer fuses them and stops at an assertion of insertAfter."""
    x, w = ramp(1, 2, 4), [ramp(4, 4), ramp(4, 4, low=1, high=2), ramp(4, 4, low=-3, high=0)]
    return model([("MatMul", ["x", f"w{k}"], [f"y{k}"], {}) for k in range(3)], {"x": x}, {f"w{k}": v for k, v in enumerate(w)}, [x @ v for v in w], outputs=["y0", "y1", "y2"])


@finding("onnxscript-optimizer", "0.7.2", "conversion failure", ("onnxruntime-none", "reference", "openvino", "tinygrad"))
def minimum_of_one_tensor_after_a_maximum():
    """Min of one tensor gives it. The optimiser wants a bound, and fails."""
    x = ramp(2, 3)
    return model([("Max", ["x", "low"], ["t"], {}), ("Min", ["t"], ["y"], {})], {"x": x}, {"low": near.scalar(0.1)}, [np.maximum(x, np.float32(0.1))])


@finding("version-converter", "1.23.2", "conversion failure", ("onnxruntime-none", "reference", "openvino", "tinygrad"))
def global_max_pool_to_an_older_version():
    """GlobalMaxPool of opset 22 knows bfloat16 besides, which is not used here. The converter has no adapter to 21."""
    x = ramp(1, 2, 2, 2)
    return single("GlobalMaxPool", {"x": x}, {}, [x.max((2, 3), keepdims=True)], opset=22)


@finding("version-converter", "1.23.2", "crash", ("onnxruntime-none", "reference"))
def eye_like_of_a_tensor_whose_type_is_not_inferred():
    """onnx infers no type behind GroupNormalization of opset 22, and the model states none: dtype of EyeLike alone says what the result is. Shape inference reads the
    shape of its input all the same, and the process ends by SIGSEGV. Of all operators, RegexFullMatch alone does the same."""
    x = ramp(3, 3, 1)
    nodes = [helper.make_node("GroupNormalization", ["x", "s", "b"], ["t"], num_groups=1), helper.make_node("Squeeze", ["t"], ["u"]), helper.make_node("EyeLike", ["u"], ["y"], dtype=TensorProto.FLOAT)]
    weights = [numpy_helper.from_array(v, k) for k, v in {"s": f32(1, 2, 3), "b": f32(0, 1, 2)}.items()]
    graph = helper.make_graph(nodes, "finding", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)], [helper.make_tensor_value_info("y", TensorProto.FLOAT, (3, 3))], weights)
    m = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    checker.check_model(m)  # without inference, which would end this process
    return m, {"x": x}, [np.eye(3, dtype=np.float32)]
