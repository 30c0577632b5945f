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
