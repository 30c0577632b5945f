"""ONNX Runtime 1.32.0 on the CPU, and onnxruntime-web 1.30.0."""
import numpy as np

from study.findings import f32, finding, i64, model, ramp, single

V = "1.32.0"


@finding("onnxruntime-all", V, "load failure", ("onnxruntime-none", "reference", "openvino", "tract", "tinygrad"), ["GemmSumFusion"])
def gemm_of_a_third_output_and_a_sum():
    """GemmSumFusion stops at "src_arg_index < 2 was false" when a Gemm without C takes the third output of its producer and a Sum of two follows."""
    x, w, c = ramp(3, 4), ramp(2, 4), ramp(1, 2)
    return model([("Split", ["x"], ["p", "q", "r"], {"axis": 0}), ("Gemm", ["r", "w"], ["g"], {"transB": 1}), ("Sum", ["g", "c"], ["y"], {})],
                 {"x": x, "c": c}, {"w": w}, [x[2:] @ w.T + c])


@finding("onnxruntime-all", V, "run failure", ("onnxruntime-none", "reference", "openvino", "tract", "tinygrad"), ["TransposeOptimizer", "TransposeOptimizer_CPUExecutionProvider"])
def pad_of_one_axis_between_transposes():
    """The transpose optimiser permutes the pads of all axes where axes names one, and the Gather that it puts in fails: indices element out of data bounds."""
    x = ramp(2, 3)
    return model([("Transpose", ["x"], ["t"], {"perm": [1, 0]}), ("Pad", ["t", "pads", "", "axes"], ["u"], {}), ("Transpose", ["u"], ["y"], {"perm": [1, 0]})],
                 {"x": x}, {"pads": i64(1, 2), "axes": i64(0)}, [np.pad(x, ((0, 0), (1, 2)))], opset=18)


@finding("onnxruntime-all", V, "value mismatch", ("onnxruntime-none", "reference", "openvino", "tract", "tinygrad"), ["MatmulTransposeFusion"])
def transposed_matrix_times_vector():
    """Transpose and MatMul become FusedMatMul, which takes the matrix as it was before when the other operand is a vector. A column, [5, 1], is multiplied rightly."""
    x, v = ramp(5, 3), ramp(5, low=-2.0, high=2.0)
    return model([("Transpose", ["x"], ["t"], {"perm": [1, 0]}), ("MatMul", ["t", "v"], ["y"], {})], {"x": x}, {"v": v}, [x.T @ v])


@finding("onnxruntime-all", V, "value mismatch", ("onnxruntime-none", "reference", "openvino", "tract", "tinygrad"), ["FuseReluClip"])
def relu_that_gives_the_upper_bound_of_clip():
    """Relu and Clip become a Clip from 0 on, as if Relu gave what is clipped: -3 becomes 0. Relu gives the upper bound here, and there is no lower one."""
    x, m = f32(-3.0, -0.5, 1.0, 4.0), np.array(2.0, np.float32)
    return model([("Relu", ["m"], ["high"], {}), ("Clip", ["x", "", "high"], ["y"], {})], {"x": x, "m": m}, {}, [np.minimum(x, np.maximum(m, 0))])


@finding("onnxruntime-none", V, "value mismatch", ("reference",))
def resize_that_crops_to_the_same_length():
    """tf_crop_and_resize samples from 0.25 to 0.75 of the axis, at positions 1, 1.5, 2, 2.5 and 3. ONNX Runtime copies the axis, as its length stays."""
    x = ramp(1, 5)
    y = np.array([[x[0, 1], (x[0, 1] + x[0, 2]) / 2, x[0, 2], (x[0, 2] + x[0, 3]) / 2, x[0, 3]]], np.float32)
    return single("Resize", {"x": x}, {"roi": np.array([0, 0.25, 1, 0.75], np.float32), "sizes": i64(1, 5)}, [y], inputs=["x", "roi", "", "sizes"],
                  mode="linear", coordinate_transformation_mode="tf_crop_and_resize")


@finding("onnxruntime-none", V, "value mismatch", ("reference",))
def col2im_of_dilated_blocks_of_two_channels():
    """Each block element is added at position + dilation * its place in the block, for each channel alike. ONNX Runtime is right with one channel or without dilation."""
    channels, kernel, dilation, size = 2, 3, 2, 9
    steps = size - dilation * (kernel - 1)
    x = ramp(1, channels * kernel, steps)
    y = np.zeros((1, channels, size), np.float32)
    for c in range(channels):
        for k in range(kernel):
            y[0, c, k * dilation: k * dilation + steps] += x[0, c * kernel + k]
    return single("Col2Im", {"x": x}, {"im": i64(size), "bl": i64(kernel)}, [y], opset=18, dilations=[dilation])


@finding("onnxruntime-web", "1.30.0", "value mismatch", ("onnxruntime-none", "openvino", "tract", "tinygrad"))
def one_hot_of_fractions():
    """Indices of OneHot that are no whole numbers are cast to int64: 0.25 and 1.75 are 0 and 1. In the browser's build 0.25 switches nothing on."""
    return single("OneHot", {"x": f32(0.25, 1.75)}, {"depth": f32(3), "values": f32(0, 1)}, [f32([1, 0, 0], [0, 1, 0])])


@finding("onnxruntime-none", V, "value mismatch", ("reference",))
def shrink_of_doubles():
    """2^25 + 1 less 2^25 is 1. ONNX Runtime computes Shrink of doubles in float32, where 2^25 + 1 is 2^25."""
    return single("Shrink", {"x": np.array([2.0**25 + 1])}, {}, [np.array([1.0])], bias=2.0**25)


@finding("onnxruntime-none", V, "value mismatch", ("reference",))
def inverse_transform_of_doubles():
    """The inverse transform of a single 5e9 is 1e9 everywhere. ONNX Runtime multiplies doubles by 1/5 as a float32, and so is off by 15."""
    x = np.zeros((1, 5, 2))
    x[0, 0, 0] = 5e9
    return model([("DFT", ["x"], ["d"], {"axis": 1, "inverse": 1}), ("Sub", ["d", "c"], ["y"], {})], {"x": x}, {"c": np.array([1e9, 0.0])}, [np.zeros((1, 5, 2))])
