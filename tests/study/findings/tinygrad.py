"""tinygrad 0.14.0, DEV=CPU."""
import numpy as np

from study.findings import but, finding, i64, ramp, single
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
