"""paddle2onnx 2.1.0, on models that X2Paddle 1.6.0 brings to PaddlePaddle 3.3.1, where they give what is expected; then ONNX Runtime without optimisations."""
import numpy as np

from study.findings import but, f32, finding, i64, ramp, single

V = "2.1.0"
OTHERS = but("tinygrad")


@finding("paddle2onnx", V, "value mismatch or NaN/Inf difference", OTHERS)
def leaky_relu():
    """LeakyRelu of -1 with alpha 0.5 is -0.5. The alpha that Paddle2ONNX writes is of memory that nothing was written to, another in each run."""
    return single("LeakyRelu", {"x": f32(-1, 1)}, {}, [f32(-0.5, 1)], alpha=0.5)


@finding("paddle2onnx", V, "crash", OTHERS)
def softplus():
    """log(1 + exp(x)). Paddle2ONNX ends by SIGABRT in the export."""
    x = f32(-1, 0, 1)
    return single("Softplus", {"x": x}, {}, [np.log1p(np.exp(x))])


@finding("paddle2onnx", V, "crash", OTHERS)
def mean_of_all_elements():
    """ReduceMean without axes. Paddle2ONNX ends by SIGABRT in the export; with all axes named it does not."""
    return single("ReduceMean", {"x": f32([1, 2], [3, 6])}, {}, [np.float32(3)], keepdims=0)


@finding("paddle2onnx", V, "shape difference", OTHERS)
def largest_of_all_elements():
    """Reduced over all axes with keepdims = 0 there is no axis left, and Paddle agrees. Paddle2ONNX adds a Reshape to [1]; so it is with other reductions and Size."""
    return single("ReduceMax", {"x": f32([1, 2], [3, 6])}, {}, [np.float32(6)], axes=[0, 1], keepdims=0)


@finding("paddle2onnx", V, "shape difference", OTHERS)
def norm_of_all_elements():
    """ReduceL1 without axes and with keepdims = 0 gives a number. What Paddle2ONNX writes reduces the last axis alone: [2]."""
    x = f32([1, -2, 3], [4, 5, -6])
    return single("ReduceL1", {"x": x}, {}, [np.float32(21)], keepdims=0)


@finding("paddle2onnx", V, "run failure", ("onnxruntime-none", "tract"))
def gather_elements_of_one_row():
    """The output has the shape of the indices, [1, 2], fewer than the rows of the data; Paddle agrees. Paddle2ONNX writes a GatherND whose indices are beyond the data."""
    x, i = ramp(2, 3), i64([-1, 0])
    return single("GatherElements", {"x": x, "i": i}, {}, [x[:1][:, [2, 0]]], axis=1)


@finding("paddle2onnx", V, "value mismatch", ("onnxruntime-none", "openvino", "tract"))
def one_hot_of_a_fraction():
    """Indices that are no whole numbers are cast to int64 before use, and Paddle's model does: 1.5 is 1. What Paddle2ONNX writes gives a row of off values."""
    return single("OneHot", {"i": f32(0, 1.5)}, {"depth": f32(3), "values": f32(0, 1)}, [f32([1, 0, 0], [0, 1, 0])])
