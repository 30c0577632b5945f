"""jaxonnxruntime 0.3.0, on jax 0.5.3."""
import numpy as np

from study.findings import but, f32, finding, i64, model, ramp, single

V = "0.3.0"
OTHERS = but("tinygrad")


@finding("jaxonnxruntime", V, "value mismatch", OTHERS)
def division_of_negative_integers():
    """Integer division rounds towards zero: -7 / 2 is -3, 7 / -2 is -3. jaxonnxruntime divides by floor_divide, which rounds down: -4."""
    return single("Div", {"a": i64(-7, 7, -8), "b": i64(2, -2, 3)}, {}, [i64(-3, -3, -2)])


@finding("jaxonnxruntime", V, "NaN/Inf difference", ("onnxruntime-none", "openvino"))
def log_softmax_of_distant_scores():
    """LogSoftmax is x - max - log(sum(exp(x - max))), here 0 and -1000. jaxonnxruntime takes the logarithm of the softmax, which has become 0: -inf."""
    return single("LogSoftmax", {"x": f32([1000, 0])}, {}, [f32([0, -1000])])


@finding("jaxonnxruntime", V, "value mismatch", ("onnxruntime-none", "tract"))
def softmax_over_several_axes():
    """Before opset 13, Softmax treats its input as a matrix of the axes before and from `axis` on, by default 1: each of the 2 sums is over 6 elements.
    jaxonnxruntime sums over axis 1 alone."""
    x = ramp(2, 3, 2)
    e = np.exp(x)
    return single("Softmax", {"x": x}, {}, [e / e.sum((1, 2), keepdims=True)], opset=11)


@finding("jaxonnxruntime", V, "type difference", OTHERS)
def mean_of_integers():
    """ReduceMean of int32 gives int32: the mean of 4, 6 and 2 is 4. jaxonnxruntime gives float32."""
    return single("ReduceMean", {"x": np.array([4, 6, 2], np.int32)}, {}, [np.array([4], np.int32)], axes=[0])


@finding("jaxonnxruntime", V, "value mismatch", OTHERS)
def top_k_of_equal_values():
    """Of equal values TopK gives that of the lower index first: 0, then 2. jaxonnxruntime sorts upwards and reverses: 2, then 0."""
    return single("TopK", {"x": f32(3, 1, 3, 2, 1)}, {"k": i64(2)}, [f32(3, 3), i64(0, 2)], outputs=("y", "i"))


@finding("jaxonnxruntime", V, "shape difference", ("onnxruntime-none", "tract"))
def gather_elements_with_fewer_indices():
    """The output of GatherElements has the shape of the indices, which may be smaller than the data along other axes: [1, 2]. jaxonnxruntime uses jax.numpy.choose, which
    broadcasts the indices against the data: [2, 2]."""
    x, i = ramp(2, 2), i64([-1, 0])
    return single("GatherElements", {"x": x, "i": i}, {}, [x[:1][:, [1, 0]]], axis=1)


@finding("jaxonnxruntime", V, "value mismatch", OTHERS)
def gemm_with_a_beta_of_zero():
    """Gemm is alpha * A * B + beta * C, with beta = 0 the product alone. jaxonnxruntime takes 0 for "not given" and uses the default 1; alpha = 0 has the same defect."""
    a, b = ramp(2, 3), ramp(3, 2)
    return single("Gemm", {"a": a, "b": b}, {"c": f32(10, 20)}, [a @ b], beta=0.0)


@finding("jaxonnxruntime", V, "value mismatch", ("onnxruntime-none", "reference", "openvino"))
def one_hot_of_an_index_outside():
    """An index outside [-depth, depth - 1] gives a row of off values. jaxonnxruntime takes the index modulo the depth: 5 of 3 becomes 2."""
    return single("OneHot", {"i": i64(0, 5)}, {"depth": np.array(3, np.int64), "values": f32(0, 1)}, [f32([1, 0, 0], [0, 0, 0])])


@finding("jaxonnxruntime", V, "conversion failure", OTHERS)
def trilu_with_a_diagonal():
    """Trilu's k is a tensor without axes, here -1. jaxonnxruntime takes its element 0: "'int' object is not subscriptable"."""
    x = ramp(3, 3)
    return single("Trilu", {"x": x}, {"k": np.array(-1, np.int64)}, [np.tril(x, -1)], upper=0)


@finding("jaxonnxruntime", V, "conversion failure", OTHERS)
def sum_of_different_shapes():
    """Sum broadcasts. jaxonnxruntime stacks the inputs: "All input arrays must have the same shape"."""
    a, b = ramp(3), ramp(2, 1)
    return single("Sum", {"a": a, "b": b}, {}, [a + b])


@finding("jaxonnxruntime", V, "conversion failure", ("onnxruntime-none", "reference", "openvino"))
def constant_of_shape_without_a_value():
    """The value of ConstantOfShape is optional: a float zero. jaxonnxruntime reads the type of the value that is not there (AttributeError)."""
    x = ramp(2)
    return model([("ConstantOfShape", ["s"], ["z"], {}), ("Add", ["x", "z"], ["y"], {})], {"x": x}, {"s": i64(2)}, [x])


@finding("jaxonnxruntime", V, "conversion failure", ("onnxruntime-none", "openvino"))
def pad_by_a_negative_count():
    """Negative pads remove elements. jaxonnxruntime hands them to numpy.pad: "index can't contain negative values"."""
    x = ramp(6)
    return single("Pad", {"x": x}, {"pads": i64(-1, -2)}, [x[1:4]])


@finding("jaxonnxruntime", V, "conversion failure", OTHERS)
def average_pool_with_dilations():
    """Two elements, two apart: of 5 elements there are 3 means. jaxonnxruntime counts the elements of each window without the dilation: 4, which does not fit."""
    x = ramp(1, 1, 5)
    return single("AveragePool", {"x": x}, {}, [(x[..., :-2] + x[..., 2:]) / 2], opset=19, kernel_shape=[2], dilations=[2])


@finding("jaxonnxruntime", V, "conversion failure", ("onnxruntime-none", "openvino", "tract"))
def one_hot_with_a_depth_in_a_list():
    """Depth may be a tensor of one element, [3]. jaxonnxruntime: "Only scalar arrays can be converted to Python scalars"."""
    return single("OneHot", {"i": i64(0, 2)}, {"depth": i64(3), "values": f32(0, 1)}, [f32([1, 0, 0], [0, 0, 1])])
