"""Single nodes whose results once lay outside their bounds because a rule was too strict. ONNX Runtime without optimisations."""

import numpy as np
import pytest
from onnx import helper, numpy_helper
from reference.reference import Driver, outside, run_ort

TINY = np.float32(2.0**-149)
LARGE_BESIDE_SMALL = np.array([[0.2227, 0.2227, 0.2226, 0.2226, -37.3, -49.0, 30], [0.2217, 0.2217, 0.2218, 0.2219, -38.3, -50.0, 31]], np.float32).reshape(1, 1, 2, 7)
VOLUME = np.random.default_rng(1).uniform(1, 2, (1, 64, 1, 1, 20)).astype(np.float32)
# 7 times a seventh of its height, rounded, is more than the height.
HEIGHT = next(np.float32(h) for h in range(8, 100) if h % 7 and np.ceil(np.float32(h) / np.float32(7) * np.float32(7)) > h)
TALL = 1 + np.arange(2 * HEIGHT, dtype=np.float32).reshape(1, 1, -1, 1) / 4096
# A unit impulse late in a frame.
IMPULSES = np.zeros((1, 4 * 28, 1), np.float32)
IMPULSES[0, 27::28] = 1
DEEP = np.random.default_rng(4).uniform(-200, 0, (400, 42)).astype(np.float32)
DEEP[:, :2] = [[-0.3, -0.1]]
DOUBLES = np.random.default_rng(2).uniform(1, 2, (1, 2, 9, 10))
CASES = {
    "numbers below the smallest normal one are halved": ("GridSample", {"X": np.full((1, 1, 4, 4), TINY), "grid": np.full((1, 2, 2, 2), np.float32(1))}, {}, {"padding_mode": "border"}, (1, 1, 2, 2)),
    "a cubic axis of the same length": ("Resize", {"X": LARGE_BESIDE_SMALL}, {"sizes": np.array([1, 1, 41, 7])},
                                        {"mode": "cubic", "coordinate_transformation_mode": "align_corners", "cubic_coeff_a": -0.9, "exclude_outside": 1}, (1, 1, 41, 7)),
    "a cubic axis that is not named": ("Resize", {"X": LARGE_BESIDE_SMALL}, {"sizes": np.array([41])},
                                       {"mode": "cubic", "axes": [2], "coordinate_transformation_mode": "half_pixel", "cubic_coeff_a": -0.4555}, (1, 1, 41, 7)),
    "a cubic sample two reflections away": ("GridSample", {"X": np.arange(48, dtype=np.float32).reshape(1, 1, 1, 48) ** 2, "grid": np.full((1, 1, 1, 2), np.float32(4))}, {},
                                            {"mode": "bicubic", "padding_mode": "reflection", "align_corners": 1}, (1, 1, 1, 1)),
    "weights of the last element and itself": ("Resize", {"X": VOLUME}, {"sizes": np.array([1, 64, 1, 3, 20])},
                                               {"mode": "linear", "coordinate_transformation_mode": "align_corners"}, (1, 64, 1, 3, 20)),
    "a window that rounding enlarges": ("MaxRoiPool", {"X": TALL, "rois": np.array([[0, 0, 0, 0, HEIGHT - 1]], np.float32)}, {}, {"pooled_shape": [7, 1]}, (1, 1, 7, 1)),
    "a chirp of 28 points": ("STFT", {"signal": IMPULSES, "step": np.array(28), "window": np.ones(28, np.float32)}, {}, {"onesided": 0}, (1, 4, 28, 2)),
    "differences to the greatest element": ("LogSoftmax", {"X": DEEP}, {}, {"axis": 1}, DEEP.shape),
    "statistics of doubles in float32": ("GroupNormalization", {"X": DOUBLES}, {"scale": np.array([0.7, 1.4]), "B": np.array([0.3, -0.1])}, {"num_groups": 1, "stash_type": 1}, (1, 2, 9, 10)),
    "softmax of doubles in float32": ("Attention", {"Q": DOUBLES, "K": DOUBLES, "V": DOUBLES}, {}, {"scale": 0.25, "softmax_precision": 1}, (1, 2, 9, 10)),
    "the root of a scale in float32": ("Attention", {"Q": DOUBLES, "K": DOUBLES, "V": DOUBLES}, {}, {"scale": 0.3}, (1, 2, 9, 10)),
}


@pytest.mark.parametrize("name", CASES)
def test_onnxruntime_is_inside(name):
    op, feeds, constants, attributes, shape = CASES[name]
    opset = 18 if "axes" in attributes else {"GroupNormalization": 21, "Attention": 24}.get(op, 17)
    names = list(feeds) + ["" for _ in range(2 if op == "Resize" else 0)] + list(constants)
    node = helper.make_node(op, names, ["Y"], name="node", **attributes)
    info = [helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape) for k, x in feeds.items()]
    graph = helper.make_graph([node], "g", info, [helper.make_tensor_value_info("Y", info[0].type.tensor_type.elem_type, shape)], [numpy_helper.from_array(x, k) for k, x in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    driver = Driver(opset)
    values, errors = driver.compute(model, feeds)
    driver.close()
    y = run_ort(model, feeds, "ORT_DISABLE_ALL", False)["Y"]
    assert errors == {} and not outside(y, *values["Y"]).any()
    assert values["Y"][1].max() <= 2e-3 * np.abs(values["Y"][0]).max() + 2.0**-120
