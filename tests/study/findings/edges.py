"""Numbers at the ends of their range, tensors without elements, and data of types that operators seldom see."""
import numpy as np

from study.findings import f32, finding, i64, model, near, ramp, single

ONNX, OPENVINO, TRACT = "1.23.2", "2026.4.1", "0.23.9"


@finding("openvino", OPENVINO, "value mismatch", ("onnxruntime-none", "reference"))
@finding("tract", TRACT, "value mismatch", ("onnxruntime-none", "reference"))
def greatest_of_no_numbers():
    """ReduceMax of an empty axis is -inf, which is less than the smallest finite number. It comes out as that number. ReduceMin has the same defect."""
    return model([("ReduceMax", ["x", "a"], ["m"], {"keepdims": 0}), ("Less", ["m", "lowest"], ["y"], {})], {"x": np.zeros((0, 2), np.float32)},
                 {"a": i64(0), "lowest": np.array(np.finfo(np.float32).min)}, [np.array([True, True])], opset=20)


@finding("openvino", OPENVINO, "NaN/Inf difference", ("onnxruntime-none", "reference"))
@finding("tract", TRACT, "NaN/Inf difference", ("onnxruntime-none", "reference"))
def softplus_of_a_very_negative_number():
    """ln(1 + e^x) is e^x for x = -80, 1.8e-35, a normal number whose logarithm is -80. It comes out as 0."""
    return model([("Softplus", ["x"], ["t"], {}), ("Log", ["t"], ["y"], {})], {"x": f32(-80, -30)}, {}, [f32(-80, -30)])


@finding("openvino", OPENVINO, "NaN/Inf difference", ("onnxruntime-none", "reference", "tract"))
def exponential_of_88_and_a_half():
    """e^88.5 is 2.7e38, less than the greatest number of float32, 3.4e38. OpenVINO gives infinity from 88.38 on."""
    x = f32(88, 88.5)
    return single("Exp", {"x": x}, {}, [np.exp(x.astype(np.float64)).astype(np.float32)])


@finding("openvino", OPENVINO, "value mismatch", ("onnxruntime-none", "reference"))
def infinity_in_double_precision():
    """OpenVINO computes float64 in float32, and saturates: infinity becomes 3.4e38, which is finite."""
    return single("IsInf", {"x": np.array([1, np.inf])}, {}, [np.array([False, True])], opset=20)


@finding("openvino", OPENVINO, "value mismatch", ("onnxruntime-none", "reference", "tract"))
def shift_that_loses_bits():
    """A shift to the left drops the bits that leave the byte: 200 by one is 144, 3 by seven is 128. OpenVINO gives 255 for both."""
    return single("BitShift", {"x": np.array([200, 3, 3], np.uint8)}, {"s": np.array([1, 7, 1], np.uint8)}, [np.array([144, 128, 6], np.uint8)], direction="LEFT")


@finding("openvino", OPENVINO, "value mismatch", ("onnxruntime-none", "reference", "tract"))
def remainder_of_a_large_number():
    """fmod has the sign of the dividend, and is less than the divisor: 12345678 by 0.7 is 0.11. OpenVINO subtracts a product that it has rounded, and gives -1."""
    x, k = f32(12345678), f32(0.7)
    return single("Mod", {"x": x}, {"k": k}, [np.fmod(x, k)], fmod=1)


@finding("openvino", OPENVINO, "value mismatch", ("tract",))
def lrn_of_an_even_size():
    """Of size 2, the sum begins floor(1/2) channels before, and ends ceil(1/2) after: each channel and the next. OpenVINO takes others."""
    x = ramp(1, 4, 3, 1)
    s = x * x + np.concatenate([x[:, 1:], 0 * x[:, :1]], 1) ** 2
    return single("LRN", {"x": x}, {}, [x / np.sqrt(1 + s / 2)], size=2, alpha=1.0, beta=0.5, bias=1.0)


@finding("reference", ONNX, "run failure", ("onnxruntime-none", "tract"))
def gather_elements_of_a_part():
    """Indices may be fewer than the data along the other axes, and then stand for the first of them. The evaluator wants all: "Except for dimension 0, all dimensions of index and
    self should be the same size"."""
    x = ramp(3, 2)
    return single("GatherElements", {"x": x}, {"i": i64([1], [0], [2])}, [x[[1, 0, 2], :1]], axis=0)


@finding("reference", ONNX, "value mismatch", ("onnxruntime-none", "openvino"))
@finding("tract", TRACT, "value mismatch", ("onnxruntime-none", "openvino"))
def corners_aligned_by_a_scale():
    """0 to 7 by 0.4 are three elements, as 3.2 is rounded down: the first, the middle and the last, 0, 3.5 and 7. Computed is as if there were 3.2 of them."""
    x = np.arange(8, dtype=np.float32).reshape(1, 1, 8)
    return single("Resize", {"x": x}, {"s": f32(1, 1, 0.4)}, [f32(0, 3.5, 7).reshape(1, 1, 3)], inputs=["x", "", "s"], mode="linear", coordinate_transformation_mode="align_corners")


@finding("reference", ONNX, "run failure", ("onnxruntime-none", "openvino", "tract"))
def one_hot_by_a_depth_in_a_vector():
    """depth is a scalar, or a tensor of one axis with one element. The evaluator fails on the second form with an error of types."""
    return single("OneHot", {"x": i64(0, 1)}, {"d": i64(3), "v": f32(0, 1)}, [np.eye(3, dtype=np.float32)[:2]])


@finding("reference", ONNX, "run failure", ("onnxruntime-none", "openvino"))
def conv_transpose_to_a_smaller_output_shape():
    """The full result has 3 + 3 - 1 elements. Asked for are three: one is cut at each end. The evaluator fails: "expected size of input's dimension 1 to match"."""
    x, w = f32(1, 2, 3).reshape(1, 1, 3), f32(1, 10, 100).reshape(1, 1, 3)
    return single("ConvTranspose", {"x": x}, {"w": w}, [np.convolve(x[0, 0], w[0, 0])[1:4].reshape(1, 1, 3).astype(np.float32)], kernel_shape=[3], output_shape=[3])


@finding("reference", ONNX, "run failure", ("onnxruntime-none", "openvino", "tract"))
def max_pool_same_of_one_axis():
    """auto_pad=SAME_UPPER with a kernel of 2 pads one element at the end of a sequence. The evaluator fails with an IndexError."""
    x = ramp(1, 1, 4)
    return single("MaxPool", {"x": x}, {}, [np.maximum(x, np.concatenate([x[..., 1:], x[..., -1:]], -1))], kernel_shape=[2], auto_pad="SAME_UPPER")


@finding("tract", TRACT, "crash", ("onnxruntime-none", "reference", "openvino"))
def one_hot_of_an_index_out_of_range():
    """An index of depth or more gives a row without a one. tract writes beyond the tensor, and panics."""
    return single("OneHot", {"x": i64(0, 5)}, {"d": np.array(3, np.int64), "v": f32(0, 1)}, [f32([1, 0, 0], [0, 0, 0])])


@finding("tract", TRACT, "run failure", ("onnxruntime-none", "reference", "openvino"))
def equality_of_booleans():
    """Equal is defined for bool. tract loads the model and fails where it runs: "Bool is not a number"."""
    return single("Equal", {"a": np.array([True, False])}, {"b": np.array([True, True])}, [np.array([True, False])])


@finding("tract", TRACT, "run failure", ("onnxruntime-none", "reference", "openvino"))
def not_a_number_in_double_precision():
    """IsNaN is defined for float64. tract loads the model and fails where it runs: "Element wise eval in-place not defined". IsInf has the same defect."""
    return single("IsNaN", {"x": np.array([1, np.nan])}, {}, [np.array([False, True])])


@finding("tract", TRACT, "type difference", ("onnxruntime-none", "reference", "openvino"))
def constant_of_shape_without_a_value():
    """Without value the constant is zeros of float32. With tract the sum of these and float32 is float64."""
    return model([("ConstantOfShape", ["s"], ["c"], {}), ("Add", ["x", "c"], ["y"], {})], {"x": f32(1, 2)}, {"s": i64(1, 2)}, [f32([1, 2])])


@finding("tract", TRACT, "shape difference", ("onnxruntime-none", "reference", "openvino"))
def einsum_that_sums_everything():
    """Nothing after the arrow: the sum of all elements, a scalar. tract gives the input as it is."""
    return single("Einsum", {"x": f32([1, 2, 3], [4, 5, 6])}, {}, [np.array(21, np.float32)], equation="ij->")
