"""onnx2torch 1.5.15 and the exporters of PyTorch 2.14.1."""
import numpy as np

from study.findings import RUNTIMES, but, finding, i64, model, ramp, single


@finding("onnx2torch", "2.14.1", "shape difference", RUNTIMES)
def one_output_of_an_operator_that_has_two():
    """The model's only output is the values of TopK. The module that onnx2torch 1.5.15 makes returns values and indices."""
    x = ramp(3, 4)
    return model([("TopK", ["x", "k"], ["y", "i"], {"axis": 1})], {"x": x}, {"k": i64(2)}, [-np.sort(-x, 1)[:, :2]], outputs=["y"])


@finding("onnx2torch", "2.14.1", "run failure", but("reference"))
def gather_elements_of_a_negative_index():
    """Indices count from the end when negative. PyTorch's gather, which onnx2torch calls with them, does not allow that."""
    x, i = ramp(3, 2), i64([-1, 0])
    return single("GatherElements", {"x": x}, {"i": i}, [np.take_along_axis(x, i, 0)], axis=0)


@finding("onnx2torch-script", "2.14.1", "crash", RUNTIMES)
def slice_without_axes():
    """Without axes, starts, ends and steps are those of the first axes. The module that onnx2torch makes gives the right result; exporting it ends the process in the
    exporter: "free(): invalid next size"."""
    x = ramp(6, 7)
    return single("Slice", {"x": x}, {"s": i64(1, 0), "e": i64(5, 6), "st": i64(1, 3)}, [np.ascontiguousarray(x[1:5, 0:6:3])], inputs=["x", "s", "e", "", "st"])
