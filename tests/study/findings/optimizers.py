"""Simplifiers and optimisers; what they write runs in ONNX Runtime without optimisations."""
import numpy as np

from study.findings import RUNTIMES, finding, i64, model, ramp


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
