"""Simplifiers and optimisers; what they write runs in ONNX Runtime without optimisations."""
import numpy as np

from study.findings import RUNTIMES, finding, i64, model, ramp, single, tinygrad


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
