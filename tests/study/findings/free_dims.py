"""Models whose dims are free: the defects are gone if the same dims are declared as numbers."""
import numpy as np

from study.findings import f32, finding, i64, model, near, ramp

TRACT = "0.23.9"
AGREE = ("onnxruntime-none", "reference", "openvino")


@finding("tract", TRACT, "shape difference", AGREE)
def causal_mask_of_a_free_length():
    """The mask of decoders: position i sees position j if j <= i. The length, 3, is free, and the positions are Range of it. tract gives two rows of three."""
    x, r = ramp(3), np.arange(3)
    return model([("Shape", ["x"], ["s"], {}), ("Squeeze", ["s"], ["n"], {}), ("Range", ["zero", "n", "one"], ["row"], {}), ("Unsqueeze", ["row", "last"], ["column"], {}),
                  ("LessOrEqual", ["row", "column"], ["c"], {}), ("Where", ["c", "x", "low"], ["y"], {})], {"x": x},
                 {"zero": np.array(0, np.int64), "one": np.array(1, np.int64), "last": i64(1), "low": near.scalar(-9)}, [np.where(r <= r[:, None], x, f32(-9))],
                 free={"x": ("n",), "y": ("n", "n")})


@finding("tract", TRACT, "load failure", AGREE)
def flatten_of_two_free_dims():
    """A matrix of free dims a and b, flattened at axis 1, is itself. tract cannot analyse it: "Can not compute a shape with square of symbols"."""
    x = ramp(2, 3)
    return model([("Flatten", ["x"], ["y"], {"axis": 1})], {"x": x}, {}, [x], free={"x": ("a", "b"), "y": ("a", "b")})


@finding("tract", TRACT, "run failure", AGREE)
def resize_to_twice_a_free_dim():
    """The size is computed from Shape, twice what the input has. tract loads the model, and then does not know the dim of the input that it is given: "Undetermined symbol in
    expression: 2*h"."""
    x = ramp(1, 1, 2, 3)
    return model([("Shape", ["x"], ["s"], {}), ("Mul", ["s", "k"], ["t"], {}),
                  ("Resize", ["x", "", "", "t"], ["y"], {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"})], {"x": x},
                 {"k": i64(1, 1, 2, 2)}, [x.repeat(2, 2).repeat(2, 3)], free={"x": (1, 1, "h", "w"), "y": (1, 1, "p", "q")})
