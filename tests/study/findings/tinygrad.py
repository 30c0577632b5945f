"""tinygrad 0.14.0, DEV=CPU."""
import numpy as np

from study.findings import but, f32, finding, i64, model, ramp, single
from study.findings import tract

V = "0.14.0"


@finding("tinygrad", V, "run failure", but("tract", "tinygrad"))
def squeeze_of_axes_in_no_order():
    """Axes of Squeeze count from the end of the input's rank, all of them; tinygrad squeezes one after the other and runs out of axes."""
    return tract.squeeze_of_axes_in_no_order()


@finding("tinygrad", V, "run failure", but("tinygrad"))
def gather_elements_along_the_default_axis():
    """axis of GatherElements is optional and 0 by default; tinygrad demands it."""
    x, i = ramp(3, 2), i64([2, 0], [0, 1])
    return single("GatherElements", {"x": x}, {"i": i}, [np.take_along_axis(x, i, 0)])


@finding("tinygrad", V, "shape difference", but("tinygrad"))
def resize_of_one_axis_to_a_size():
    """Since opset 18 axes names the axes that scales or sizes are for. With sizes, tinygrad leaves the tensor as it is."""
    x = ramp(4, 3)
    return single("Resize", {"x": x}, {"s": i64(2)}, [x[[0, 2]]], opset=18, inputs=["x", "", "", "s"], axes=[0], mode="nearest",
                  coordinate_transformation_mode="asymmetric", nearest_mode="floor")


@finding("tinygrad", V, "shape difference", but("tinygrad"))
def einsum_of_a_diagonal():
    """Of "dda->da" the first axis is the diagonal's: [2, 2, 3] becomes [2, 3]. tinygrad puts the diagonal last, whatever the letters say."""
    x = ramp(2, 2, 3)
    return single("Einsum", {"x": x}, {}, [np.einsum("dda->da", x)], equation="dda->da")


@finding("tinygrad", V, "value mismatch", ("onnxruntime-none", "onnxruntime-web"))
def max_unpool_of_two_channels_to_an_output_shape():
    """Indices are into the flat result, of two channels of five: 5 and 9 are the second one's ends. With output_shape tinygrad takes them into a result of the usual size."""
    y = np.zeros(10, np.float32)
    y[[1, 4, 5, 9]] = 1, 2, 3, 4
    return single("MaxUnpool", {"x": f32(1, 2, 3, 4).reshape(1, 2, 2)}, {"i": i64(1, 4, 5, 9).reshape(1, 2, 2), "s": i64(1, 2, 5)}, [y.reshape(1, 2, 5)], kernel_shape=[2], strides=[2])


@finding("tinygrad", V, "shape difference", ("onnxruntime-none", "reference", "onnxruntime-web"))
def max_unpool_with_pads():
    """pads are those of all beginnings, then of all ends: (2 - 1) * 2 + 2 rows less one above and one below are 2, and columns 4. tinygrad takes pads as pairs: 3 and 3."""
    y = np.zeros(8, np.float32)
    y[[0, 2, 5, 7]] = 1, 2, 3, 4
    return single("MaxUnpool", {"x": f32(1, 2, 3, 4).reshape(1, 1, 2, 2)}, {"i": i64(0, 2, 5, 7).reshape(1, 1, 2, 2)}, [y.reshape(1, 1, 2, 4)],
                  kernel_shape=[2, 2], strides=[2, 2], pads=[1, 0, 1, 0])


@finding("tinygrad", V, "value mismatch", but("tinygrad"))
def scatter_nd_of_a_tensor_that_is_used_again():
    """ScatterND gives a new tensor. tinygrad writes into the old one, which is added afterwards."""
    x, i, u = ramp(3, 2), i64([1]), f32([7, 8])
    y = x.copy()
    y[1] = u[0]
    return model([("ScatterND", ["x", "i", "u"], ["s"], {}), ("Sub", ["s", "x"], ["y"], {})], {"x": x}, {"i": i, "u": u}, [y - x])


@finding("tinygrad", V, "run failure", but("tinygrad"))
def size_of_a_tensor_as_a_float():
    """Size is a tensor of rank 0. tinygrad makes a number of Python of it, which has no cast."""
    return model([("Size", ["x"], ["s"], {}), ("Cast", ["s"], ["y"], {"to": 1})], {"x": ramp(2, 3)}, {}, [np.array(6, np.float32)])


@finding("tinygrad", V, "shape difference or run failure", but("tinygrad"))
def slice_by_steps_without_axes():
    """axes of Slice is optional, also where steps are given."""
    x = ramp(4, 3)
    return single("Slice", {"x": x}, {"s": i64(0), "e": i64(4), "st": i64(2)}, [x[::2]], inputs=["x", "s", "e", "", "st"])
