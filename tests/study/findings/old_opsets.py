"""Operators as opsets 7 to 12 define them: what has a newer version since is read by its rules."""
import numpy as np

from study.findings import f32, finding, i64, model, near, ramp, single

ORT, ONNX, OPENVINO, TRACT = "1.32.0", "1.23.2", "2026.4.1", "0.23.9"


def rows(op):
    """Of 2 x 3 x 4 with axis=1, before opset 13: each of two rows of twelve."""
    x = ramp(2, 3, 4)
    t = x.reshape(2, 12)
    y = np.eye(12, dtype=np.float32)[t.argmax(1)] if op == "Hardmax" else np.exp(t) / np.exp(t).sum(1, keepdims=True)
    return single(op, {"x": x}, {}, [y.reshape(2, 3, 4).astype(np.float32)], opset=12, axis=1)


@finding("reference", ONNX, "value mismatch", ("onnxruntime-none", "tract", "version-converter"))
def softmax_before_opset_13():
    """Until opset 12 Softmax makes a matrix of its input, here 2 x 12, and normalises its rows. The evaluator normalises along the axis alone, as opset 13 does. LogSoftmax
    and Hardmax have the same defect."""
    return rows("Softmax")


@finding("openvino", OPENVINO, "value mismatch", ("onnxruntime-none", "tract", "version-converter"))
def softmax_of_opset_12():
    """Until opset 12 Softmax makes a matrix of its input, here 2 x 12, and normalises its rows. OpenVINO does so until opset 10; in opsets 11 and 12 it normalises along the
    axis alone. LogSoftmax and Hardmax are right."""
    return rows("Softmax")


@finding("version-converter", ONNX, "value mismatch", ("onnxruntime-none", "openvino", "tract"))
def hardmax_to_opset_13_and_above():
    """Until opset 12 Hardmax makes a matrix of its input, here 2 x 12, with one 1 in each row. The converter leaves the node as it is, and in the newer opset there is one 1 for
    each index of the last axis. Softmax and LogSoftmax have an adapter."""
    return rows("Hardmax")


def normalised(opset):
    """BatchNormalization with a given mean and variance."""
    x, s, b, m, v = ramp(2, 2, 3), f32(1, 2), f32(0.5, -1), f32(0.25, -0.5), f32(1, 4)
    y = (x - m[:, None]) / np.sqrt(v[:, None] + np.float32(1e-5)) * s[:, None] + b[:, None]
    return single("BatchNormalization", {"x": x}, {"s": s, "b": b, "m": m, "v": v}, [y.astype(np.float32)], opset=opset)


@finding("reference", ONNX, "value mismatch", ("onnxruntime-none", "openvino", "tract"))
def batch_normalization_before_opset_14():
    """With one output the operator is in test mode, and normalises by the mean and variance that it is given. The evaluator normalises by those of the data, as in training."""
    return normalised(13)


@finding("reference", ONNX, "run failure", ("onnxruntime-none", "openvino", "tract"))
def batch_normalization_before_opset_9():
    """The evaluator returns a tuple in a tuple, and refuses what it made: "One of the results returned by method '_run' of class 'BatchNormalization_6' is a tuple"."""
    return normalised(8)


def doubled(opset, **attributes):
    """Rows twice, columns three times, by the nearest element."""
    x = ramp(1, 1, 2, 2)
    weights = {} if "scales" in attributes else {"s": f32(1, 1, 2, 3)}
    return single("Resize" if weights else "Upsample", {"x": x}, weights, [x.repeat(2, 2).repeat(3, 3)], opset=opset, **attributes)


@finding("reference", ONNX, "run failure", ("onnxruntime-none", "openvino", "version-converter"))
def resize_of_opset_10():
    """Resize of opset 10 has two inputs, the data and the scales. The evaluator takes the scales for roi: "output_size is None and scale_factors is None"."""
    return doubled(10)


@finding("tract", TRACT, "value mismatch", ("onnxruntime-none", "openvino", "version-converter"))
def nearest_resize_of_opset_10():
    """Resize of opset 10 takes element floor(i / scale): of two columns times three, 0, 0, 0, 1, 1, 1. tract rounds as later opsets do, and gives 0, 0, 1, 1, 1, 1."""
    return doubled(10)


@finding("reference", ONNX, "run failure", ("onnxruntime-none", "openvino", "version-converter"))
def upsample_by_an_attribute():
    """The scales of Upsample are an attribute in opsets 7 and 8. The evaluator has the version of opset 9 only, to which they are an input."""
    return doubled(8, scales=[1.0, 1.0, 2.0, 3.0])


@finding("version-converter", ONNX, "value mismatch", ("onnxruntime-none", "openvino", "tract"))
def linear_resize_of_opset_10():
    """Resize of opset 10 interpolates at i / scale: 0 and 3 become 0, 1.5, 3, 3. The converter writes Resize of opset 11 without its attribute
    coordinate_transformation_mode, whose default, half_pixel, gives 0, 0.75, 2.25, 3. Upsample has the same defect."""
    return single("Resize", {"x": f32(0, 3).reshape(1, 1, 2)}, {"s": f32(1, 1, 2)}, [f32(0, 1.5, 3, 3).reshape(1, 1, 4)], opset=10, mode="linear")


@finding("version-converter", ONNX, "load failure", ("onnxruntime-none", "reference", "openvino", "tract"))
def pad_of_edges_and_a_value():
    """Before opset 11 the value of padding is an attribute, which counts in mode constant only. In mode edge the converter leaves it in the node of a newer opset, which has no
    such attribute: the model is invalid."""
    x = ramp(1, 1, 3)
    return single("Pad", {"x": x}, {}, [np.pad(x, ((0, 0), (0, 0), (1, 2)), mode="edge")], opset=10, pads=[0, 0, 1, 0, 0, 2], mode="edge", value=1.0)


@finding("onnxruntime-none", ORT, "value mismatch", ("openvino",))
@finding("reference", ONNX, "value mismatch", ("openvino",))
@finding("tract", TRACT, "value mismatch", ("openvino",))
def one_hot_of_a_negative_index_before_opset_11():
    """In opsets 9 and 10 an index outside 0 to depth - 1 gives a row without a one, -1 too. It is counted from the end, as opset 11 does."""
    return single("OneHot", {"x": i64(0, -1)}, {"d": np.array(3, np.int64), "v": f32(0, 1)}, [f32([1, 0, 0], [0, 0, 0])], opset=10)


@finding("reference", ONNX, "value mismatch", ("onnxruntime-none", "openvino"))
def roi_align_before_opset_16():
    """RoiAlign of opset 10 does not shift regions by half a pixel: columns 0 to 2 in two bins, each sampled once, are 0.5 and 1.5. The evaluator shifts them, as opset 16 does."""
    x = np.tile(np.arange(4, dtype=np.float32), (4, 1))[None, None]
    return single("RoiAlign", {"x": x}, {"r": f32([0, 0, 2, 2]), "b": i64(0)}, [f32(0.5, 1.5).reshape(1, 1, 1, 2)], opset=10, output_height=1, output_width=2, sampling_ratio=1)


@finding("tract", TRACT, "load failure", ("onnxruntime-none", "reference", "openvino"))
def squeeze_without_axes_before_opset_13():
    """axes is optional: without it all axes of size 1 go. tract demands it: "expected attribute 'axes'"."""
    return single("Squeeze", {"x": ramp(1, 3, 1)}, {}, [ramp(3)], opset=11)


@finding("tract", TRACT, "load failure", ("onnxruntime-none", "reference", "openvino"))
def top_k_before_opset_10():
    """k is an attribute until opset 9. tract wants it as an input: "Rules expect 2, node has 1"."""
    return single("TopK", {"x": f32([1, 3, 2], [6, 5, 4])}, {}, [f32([3, 2], [6, 5]), i64([1, 2], [0, 1])], opset=9, k=2, outputs=("y", "i"))


@finding("tract", TRACT, "load failure", ("onnxruntime-none", "reference", "openvino"))
def slice_of_the_first_axis_without_axes():
    """Without axes, starts and ends are those of the first axes, here of one of two. Until opset 9, where they are attributes, tract wants as many as the tensor has axes."""
    return single("Slice", {"x": ramp(4, 5)}, {}, [ramp(4, 5)[1:3]], opset=9, starts=[1], ends=[3])


@finding("tract", TRACT, "load failure", ("onnxruntime-none", "reference", "openvino"))
def slice_from_before_the_beginning():
    """A start of -1000 is the beginning of a tensor of 5. Until opset 9, where it is an attribute, tract adds 5 and stops: "start <= end (18446744073709550621 vs 3)"."""
    return single("Slice", {"x": ramp(4, 5)}, {}, [ramp(4, 5)[:, :3]], opset=9, starts=[-1000], ends=[3], axes=[1])


@finding("onnxruntime-all", ORT, "load failure", ("onnxruntime-none", "openvino", "tract"), ["WeightBiasQuantization"])
def bias_of_floats_before_opset_11():
    """The bias of Conv between quantised numbers is float32. The pass quantises it by Round, which came with opset 11: "No Op registered for Round with domain_version of 10"."""
    q = np.array([[[1, 2]]], np.uint8)
    return model([("DequantizeLinear", ["q", "s", "z"], ["d"], {}), ("DequantizeLinear", ["w", "s", "z"], ["dw"], {}), ("Conv", ["d", "dw", "b"], ["c"], {}), ("QuantizeLinear", ["c", "s", "z"], ["y"], {})], {"q": q},
                 {"s": near.scalar(1), "z": np.array(0, np.uint8), "w": np.array([[[2]]], np.uint8), "b": f32(3)}, [(q * 2 + 3).astype(np.uint8)], opset=10)


@finding("openvino", OPENVINO, "load failure", ("onnxruntime-none", "reference", "tract"))
def constant_of_numbers_in_opset_12():
    """value_floats, value_int and others like them came to Constant with opset 12. OpenVINO reads them from opset 13 on only: "Any was not initialized"."""
    return model([("Constant", [], ["c"], {"value_floats": [1.0, 2.0]}), ("Add", ["x", "c"], ["y"], {})], {"x": f32(3, 4)}, {}, [f32(4, 6)], opset=12)
