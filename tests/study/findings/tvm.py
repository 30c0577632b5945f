"""Apache TVM 0.27.0: Relax's importer and its default pipeline, LLVM for the host."""
import numpy as np

from study.findings import but, f32, finding, i64, linear, model, ramp, single

V = "0.27.0"
OTHERS = but("tinygrad")


@finding("tvm", V, "type difference", OTHERS)
def one_hot_of_floats():
    """The output of OneHot has the type of its values, float32. TVM gives float64."""
    return single("OneHot", {"i": i64(0, 2)}, {"depth": np.array(3, np.int64), "values": f32(0, 1)}, [f32([1, 0, 0], [0, 0, 1])])


@finding("tvm", V, "value mismatch", OTHERS)
def scatter_elements_narrower_than_the_data():
    """Indices of shape [1, 2, 1] into [2, 2, 2]: the updates go to [0, 0, 0] and [0, 1, 0]. TVM computes places as if the indices were as wide as
    the data, and sets [0, 0, 1]."""
    x = np.zeros((2, 2, 2), np.float32)
    y = x.copy()
    y[0, :, 0] = 1
    return single("ScatterElements", {"x": x}, {"i": np.zeros((1, 2, 1), np.int64), "u": np.ones((1, 2, 1), np.float32)}, [y])


@finding("tvm", V, "shape difference", OTHERS)
def deviation_of_a_layer():
    """The third output of LayerNormalization is 1 / sqrt(variance + epsilon) of each row: [2, 1]. TVM's importer puts a constant 0
    without axes in its place, and in that of the mean."""
    x = ramp(2, 4)
    d = x - x.mean(1, keepdims=True)
    inv = 1 / np.sqrt((d * d).mean(1, keepdims=True) + np.float32(1e-5))
    return single("LayerNormalization", {"x": x}, {"s": np.ones(4, np.float32)}, [d * inv, inv], outputs=("y", "", "i"))


@finding("tvm", V, "value mismatch", ("onnxruntime-none", "reference"))
def max_of_a_number_and_nan():
    """Max of NaN and a number is NaN, as in numpy, which ONNX refers to for it. TVM gives the number; Min, Clip, Relu and ReduceMax have the same defect."""
    return model([("Max", ["a", "b"], ["m"], {}), ("IsNaN", ["m"], ["y"], {})], {"a": f32(np.nan, 1), "b": f32(1, np.nan)}, {}, [np.array([True, True])])


@finding("tvm", V, "value mismatch", OTHERS)
def infinities_of_one_sign():
    """With detect_negative = 0, IsInf is true for +inf alone. TVM's importer does not read detect_negative and detect_positive."""
    return single("IsInf", {"x": f32(np.inf, -np.inf, 1)}, {}, [np.array([True, False, False])], detect_negative=0)


@finding("tvm", V, "value mismatch", OTHERS)
def sum_of_squares_over_no_axes():
    """With noop_with_empty_axes and no axes nothing is added, and the square remains: 4 and 9. TVM gives the input; of ReduceLogSum too."""
    return single("ReduceSumSquare", {"x": f32(2, 3)}, {"axes": i64()}, [f32(4, 9)], opset=18, noop_with_empty_axes=1)


@finding("tvm", V, "type difference", OTHERS)
def mean_of_integers():
    """ReduceMean of int32 gives int32: the mean of 4, 6 and 2 is 4. TVM gives int64."""
    return single("ReduceMean", {"x": np.array([4, 6, 2], np.int32)}, {}, [np.array([4], np.int32)], axes=[0])


@finding("tvm", V, "type difference", OTHERS)
def mask_of_a_dropout():
    """The second output of Dropout is a mask of booleans, all true. TVM gives float32."""
    x = ramp(2, 3)
    return single("Dropout", {"x": x}, {}, [x, np.ones((2, 3), bool)], outputs=("y", "m"))


@finding("tvm", V, "value mismatch", OTHERS)
def resize_by_a_scale_that_does_not_divide():
    """Three elements by 1.5 are four, and coordinates are computed by the scale that was given, 1.5. TVM keeps the size of the output only, and computes with 4 / 3."""
    x = ramp(1, 1, 1, 3)
    return single("Resize", {"x": x}, {"scales": f32(1, 1, 1, 1.5)}, [linear(x, 1.5)], inputs=["x", "", "scales"], mode="linear")


@finding("tvm", V, "shape difference", OTHERS)
def resize_of_channels():
    """Two channels by a scale of 2, each twice. TVM leaves the first two axes as they are."""
    x = ramp(1, 2, 2, 3)
    return single("Resize", {"x": x}, {"scales": f32(1, 2, 1, 1)}, [x.repeat(2, 1)], inputs=["x", "", "scales"], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")


@finding("tvm", V, "value mismatch", ("onnxruntime-none", "reference", "tract"))
def resize_with_antialias():
    """Half the width, with a filter stretched to 4 elements of weights 1, 3, 3 and 1, the element at the border repeated. TVM does not read antialias and takes the mean of two."""
    x = f32(8, 0, 4, 0).reshape(1, 1, 1, 4)
    y = f32((8 + 3 * 8 + 3 * 0 + 4) / 8, (0 + 3 * 4 + 3 * 0 + 0) / 8).reshape(1, 1, 1, 2)
    return single("Resize", {"x": x}, {"scales": f32(1, 1, 1, 0.5)}, [y], opset=18, inputs=["x", "", "scales"], mode="linear", antialias=1)


@finding("tvm", V, "load failure", OTHERS)
def corners_of_one_row():
    """Align-corners maps 0 to 0 where an axis has one element. TVM divides by the size less one: "Check failed: Divide by zero"."""
    x = f32(1, 2, 3).reshape(1, 1, 1, 3)
    y = f32(1, 1.5, 2, 2.5, 3).reshape(1, 1, 1, 5)
    return single("Resize", {"x": x}, {"sizes": i64(1, 1, 1, 5)}, [y], inputs=["x", "", "", "sizes"], mode="linear", coordinate_transformation_mode="align_corners")


@finding("tvm", V, "shape difference", ("onnxruntime-none", "openvino", "tract"))
def max_pool_padded_at_the_start():
    """auto_pad SAME_LOWER gives ceil(5 / 2) = 3 windows, the first with the padding. TVM gives 2; SAME_UPPER is right."""
    x = f32(1, 2, 3, 4, 5).reshape(1, 1, 5)
    return single("MaxPool", {"x": x}, {}, [f32(1, 3, 5).reshape(1, 1, 3)], kernel_shape=[2], strides=[2], auto_pad="SAME_LOWER")


@finding("tvm", V, "shape difference", ("onnxruntime-none", "openvino"))
def transposed_convolution_to_an_output_shape():
    """The total padding is stride * (n - 1) + kernel - output_shape = 4 + 3 - 6 = 1, at the start. TVM's importer does not read output_shape and gives 7 elements."""
    x, w = f32(1, 2, 3).reshape(1, 1, 3), f32(1, 10, 100).reshape(1, 1, 3)
    y = np.zeros(7, np.float32)
    for k in range(3):
        y[2 * k : 2 * k + 3] += x[0, 0, k] * w[0, 0]
    return single("ConvTranspose", {"x": x}, {"w": w}, [y[1:].reshape(1, 1, 6)], strides=[2], output_shape=[6])


@finding("tvm", V, "load failure", ("onnxruntime-none", "reference", "openvino"))
def equality_of_booleans():
    """TVM compares them by an instruction for floats: "LLVM module verification failed: Invalid operand types for FCmp instruction"."""
    return single("Equal", {"a": np.array([True, False]), "b": np.array([True, True])}, {}, [np.array([True, False])])


@finding("tvm", V, "load failure", ("onnxruntime-none", "reference", "openvino"))
def smallest_of_booleans():
    """ReduceMin takes booleans since opset 20. TVM: "Cannot decide max_value for type bool"."""
    return single("ReduceMin", {"x": np.array([True, False])}, {}, [np.array([False])], opset=20)


@finding("tvm", V, "load failure", OTHERS)
def power_of_integers():
    """Pow of int64 by int64. TVM: "power only applies to float"."""
    return single("Pow", {"x": i64(-2, 3)}, {"e": i64(3, 2)}, [i64(-8, 9)])


@finding("tvm", V, "conversion failure", OTHERS)
def power_by_an_integer():
    """Pow takes a base and an exponent of different types. TVM: "Binary operators must have the same datatype"."""
    return single("Pow", {"x": f32(-2, 3)}, {"e": np.array(2, np.int64)}, [f32(4, 9)])


@finding("tvm", V, "conversion failure", OTHERS)
def layer_scaled_by_one_number():
    """The scale of LayerNormalization is broadcast to the normalised axes. TVM asks for the same size (3 and 1 "are unequal")."""
    x = ramp(2, 3)
    d = x - x.mean(1, keepdims=True)
    return single("LayerNormalization", {"x": x}, {"s": f32(2)}, [(2 * d / np.sqrt((d * d).mean(1, keepdims=True) + 1e-5)).astype(np.float32)])


@finding("tvm", V, "conversion failure", OTHERS)
def constant_of_one_float():
    """The value of Constant may be in value_float. TVM: "no value in Constant"; so it is with value_floats and value_ints."""
    x = f32(1, 2)
    return model([("Constant", [], ["c"], {"value_float": 2.0}), ("Add", ["x", "c"], ["y"], {})], {"x": x}, {}, [x + 2])


@finding("tvm", V, "conversion failure", OTHERS)
def diagonal_of_another_type():
    """The attribute dtype of EyeLike is the type of its output, int32. TVM takes it for that of the input: "dtype mismatch between input (float32) and attribute (6)"."""
    return single("EyeLike", {"x": f32([1, 2], [3, 4])}, {}, [np.eye(2, dtype=np.int32)], dtype=6)


@finding("tvm", V, "conversion failure", OTHERS)
def slice_by_attributes():
    """Until opset 9, starts, ends and axes of Slice are attributes. TVM reads them as inputs that are not there: "Cannot cast <class 'NoneType'> to list of Expr"."""
    x = ramp(3, 4)
    return single("Slice", {"x": x}, {}, [x[:, 1:-1]], opset=9, starts=[1], ends=[-1], axes=[1])


@finding("tvm", V, "conversion failure", ("onnxruntime-none", "reference", "openvino"))
def upsample_by_an_input():
    """The scales of Upsample are an input in opset 9. TVM reads an attribute: "object of type 'NoneType' has no len()"."""
    x = ramp(1, 1, 2, 3)
    return single("Upsample", {"x": x}, {"scales": f32(1, 1, 2, 2)}, [x.repeat(2, 2).repeat(2, 3)], opset=9)


@finding("tvm", V, "conversion failure", ("onnxruntime-none",))
def max_unpool_to_an_output_shape():
    """Index 4 lies in the last of five places, which output_shape adds. TVM: "'GenericConst' object has no attribute 'tolist'"."""
    return single("MaxUnpool", {"x": f32(1, 2).reshape(1, 1, 2)}, {"i": i64(1, 4).reshape(1, 1, 2), "s": i64(1, 1, 5)}, [f32(0, 1, 0, 0, 2).reshape(1, 1, 5)], kernel_shape=[2], strides=[2])


@finding("tvm", V, "conversion failure", OTHERS)
def resize_of_two_named_axes():
    """Since opset 18 the scales may be those of some axes: here of axis 3, then 2. TVM looks for four scales: "index 2 is out of bounds for axis 0 with size 2"."""
    x = ramp(1, 1, 2, 3)
    return single("Resize", {"x": x}, {"scales": f32(2, 1)}, [x.repeat(2, 3)], opset=18, inputs=["x", "", "scales"], axes=[3, 2], coordinate_transformation_mode="asymmetric", nearest_mode="floor")


@finding("tvm", V, "conversion failure", OTHERS)
def one_hot_with_a_float_depth():
    """Depth may be a float. TVM: "Expected int but got float"."""
    return single("OneHot", {"i": f32(0, 2)}, {"depth": np.array(3, np.float32), "values": f32(0, 1)}, [f32([1, 0, 0], [0, 0, 1])])


@finding("tvm", V, "value mismatch", ("onnxruntime-none", "reference", "openvino"))
def roi_align_of_a_smaller_picture():
    """Half-pixel coordinates subtract 0.5 after the box is scaled: 8 * 0.25 - 0.5 = 1.5. The mean of the cell around (1, 1) is element 5. TVM subtracts 0.5 before: 6.875."""
    x, box = f32(*range(16)).reshape(1, 1, 4, 4), f32([4, 4, 8, 8])
    return single("RoiAlign", {"x": x, "box": box, "of": i64(0)}, {}, [f32(5).reshape(1, 1, 1, 1)], output_height=1, output_width=1, sampling_ratio=2, spatial_scale=0.25)


@finding("tvm", V, "shape difference", ("onnxruntime-none", "reference"))
def max_unpool_with_pads():
    """Sizes are stride * (n - 1) + kernel less the pads: 0 + 3 = 3 high, 1 + 3 - 1 = 3 wide. TVM takes the pads of the axes in another order and gives 2 by 4."""
    y = np.zeros((1, 1, 3, 3), np.float32)
    y[0, 0, 0, 1:] = 1, 2
    return single("MaxUnpool", {"x": f32(1, 2).reshape(1, 1, 1, 2)}, {"i": i64(1, 2).reshape(1, 1, 1, 2)}, [y], kernel_shape=[3, 3], pads=[0, 1, 0, 0])


@finding("tvm", V, "load failure", ("onnxruntime-none", "openvino", "tract"))
def reflection_of_one_row():
    """Align-corners and reflection in a picture of one row: the row. TVM divides by the height less one: "Check failed: Divide by zero"."""
    x, grid = f32(1, 2).reshape(1, 1, 1, 2), f32(0.5, 0.5).reshape(1, 1, 1, 2)
    return single("GridSample", {"x": x}, {"grid": grid}, [f32(1.75).reshape(1, 1, 1, 1)], padding_mode="reflection", align_corners=1)


@finding("tvm", V, "conversion failure", ("onnxruntime-none", "openvino", "tract"))
def one_hot_with_a_depth_in_a_list():
    """Depth may be a tensor of one element, [3]. TVM: "Expected int but got ffi.Array"."""
    return single("OneHot", {"i": i64(0, 2)}, {"depth": i64(3), "values": f32(0, 1)}, [f32([1, 0, 0], [0, 0, 1])])


@finding("tvm", V, "value mismatch", OTHERS)
def equality_of_a_shape():
    """The shape [2, 3] and the constant [2, 4]: the first dims are equal. TVM compares the two as a whole: false and false."""
    return model([("Shape", ["x"], ["s"], {}), ("Equal", ["s", "k"], ["y"], {})], {"x": ramp(2, 3)}, {"k": i64(2, 4)}, [np.array([True, False])])


@finding("tvm", V, "conversion failure", OTHERS)
def reshape_by_gathered_dims():
    """The dims of [2, 3], exchanged by Gather, are the new shape. TVM: "Reshape requires the input new shape to be Shape"."""
    x = ramp(2, 3)
    return model([("Shape", ["x"], ["s"], {}), ("Gather", ["s", "k"], ["t"], {}), ("Reshape", ["x", "t"], ["y"], {})], {"x": x}, {"k": i64(1, 0)}, [x.reshape(3, 2)])
