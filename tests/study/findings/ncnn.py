"""ncnn 1.0.20261020, by way of pnnx 20261020, float32 weights."""
import numpy as np

from study.findings import but, f32, finding, model, near, onnxruntime_passes, ramp, single

V = "1.0.20261020"


@finding("ncnn", V, "value mismatch or NaN/Inf difference", but())
def fourth_power_of_a_negative_number():
    """(-1) ** 4 is 1. ncnn takes the exponential of four logarithms."""
    x = ramp(2, 3)
    return single("Pow", {"x": x}, {"four": near.scalar(4)}, [x ** 4])


@finding("ncnn", V, "crash", but())
def third_part_of_a_tensor():
    """Of three outputs of Split only the last is used. ncnn ends by a segmentation fault."""
    x = ramp(3, 4)
    return model([("Split", ["x"], ["p", "q", "r"], {"axis": 0}), ("Neg", ["r"], ["y"], {})], {"x": x}, {}, [-x[2:]])


@finding("ncnn", V, "value mismatch", but())
def prelu_with_a_slope_of_the_last_axis():
    """A slope of shape [4] is broadcast to the last of three axes. ncnn takes it for another one's."""
    return near.slope_of_the_last_axis()


@finding("ncnn", V, "value mismatch", but())
def gemm_by_an_alpha_of_zero():
    """alpha=0 leaves C, 1 and 2 in each row."""
    return single("Gemm", {"a": ramp(2, 3), "b": ramp(3, 2)}, {"c": f32(1, 2)}, [np.tile(f32(1, 2), (2, 1))], alpha=0.0)


@finding("ncnn", V, "shape difference", but("openvino"))
def swish_that_gains_an_axis():
    """x * sigmoid(k x) with a k of shape [1, 1, 1] has the shape [1, 2, 3]. ncnn gives [2, 3, 3]."""
    return near.swish_of_more_axes()


@finding("ncnn", V, "value mismatch", but())
def linear_resize_between_transposes():
    """A linear Resize of the last two axes. pnnx makes it one of axes 1 and 2."""
    return onnxruntime_passes.linear_resize_between_transposes()
