"""Models that nearly are what optimisers look for; several targets take them for it."""
import math

import numpy as np

from study.findings import f32, i64, model, ramp


def scalar(x):
    return np.array(x, np.float32)


def layer_norm(x, nodes=(), weights=None, expected=None, opset=17, **attributes):
    """Layer normalisation as exporters write it; nodes replace those that give the same tensor, weights the constants."""
    last = x.shape[-1]
    w = {"two": scalar(2), "eps": scalar(0.01), "scale": ramp(last, low=1, high=2), "bias": ramp(last), **(weights or {})}
    mean = {"axes": [-1], **attributes}
    written = {"mean": ("ReduceMean", ["x"], mean), "d": ("Sub", ["x", "mean"], {}), "q": ("Pow", ["d", "two"], {}), "var": ("ReduceMean", ["q"], mean),
               "v": ("Add", ["var", "eps"], {}), "dev": ("Sqrt", ["v"], {}), "n": ("Div", ["d", "dev"], {}), "s": ("Mul", ["n", "scale"], {}),
               "y": ("Add", ["s", "bias"], {}), **dict(nodes)}
    y = expected(w["two"], w["eps"], w["scale"], w["bias"])
    return model([(op, i, [o], a) for o, (op, i, a) in written.items()], {"x": x}, w, [y.astype(np.float32)], opset)


def deviations(x):
    return x - x.mean(-1, keepdims=True)


def root_mean(x, eps=scalar(0.01)):
    return np.sqrt(x.mean(-1, keepdims=True) + eps)


def simplified(x, expected, nodes=(), weights=None):
    """Normalisation by the root mean square."""
    w = {"two": scalar(2), "eps": scalar(0.01), "scale": ramp(x.shape[-1], low=1, high=2), **(weights or {})}
    written = {"q": ("Pow", ["x", "two"], {}), "m": ("ReduceMean", ["q"], {"axes": [-1]}), "v": ("Add", ["m", "eps"], {}), "dev": ("Sqrt", ["v"], {}),
               "n": ("Div", ["x", "dev"], {}), "y": ("Mul", ["n", "scale"], {}), **dict(nodes)}
    return model([(op, i, [o], a) for o, (op, i, a) in written.items()], {"x": x}, w, [expected(w["scale"]).astype(np.float32)])


def gelu(x, one=(), half=(), divide=("x", "root")):
    """Gelu by Erf; one and half: the shapes of those constants; divide: the operands of Div."""
    w = {"root": scalar(2 ** 0.5), "one": scalar(1).reshape(one), "half": scalar(0.5).reshape(half)}
    a = x / w["root"] if divide[0] == "x" else w["root"] / x
    y = x * (np.vectorize(math.erf)(a) + w["one"]) * w["half"]
    return model([("Div", divide, ["a"], {}), ("Erf", ["a"], ["e"], {}), ("Add", ["e", "one"], ["p"], {}), ("Mul", ["x", "p"], ["m"], {}), ("Mul", ["m", "half"], ["y"], {})],
                 {"x": x}, w, [y.astype(np.float32)])


def swish_of_more_axes():
    """x * sigmoid(k x) with a k of shape [1, 1, 1]."""
    x, k = ramp(2, 3), scalar(1.5).reshape(1, 1, 1)
    return model([("Mul", ["x", "k"], ["a"], {}), ("Sigmoid", ["a"], ["s"], {}), ("Mul", ["x", "s"], ["y"], {})], {"x": x}, {"k": k}, [x / (1 + np.exp(-k * x))])


def bounded_by_more_axes():
    """Max and Min whose second bound has the shape [1, 1, 1]."""
    x = ramp(2, 3)
    return model([("Max", ["x", "low"], ["t"], {}), ("Min", ["t", "high"], ["y"], {})], {"x": x}, {"low": scalar(-0.5), "high": scalar(0.5).reshape(1, 1, 1)},
                 [np.clip(x, -0.5, 0.5)[None]])


def layer_norm_by_one_scale():
    """A scale of one element for an axis of four."""
    x = ramp(2, 3, 4)
    d = deviations(x)
    return model([("LayerNormalization", ["x", "s", "b"], ["y"], {})], {"x": x}, {"s": f32(2), "b": ramp(4)},
                 [(d / root_mean(d * d, 1e-5) * 2 + ramp(4)).astype(np.float32)])


def reshape_that_keeps_an_axis():
    """[2, 3, 4] to [6, 4], and from there with a 0 in the shape, which is the 6 before."""
    x = ramp(2, 3, 4)
    return model([("Reshape", ["x", "a"], ["r"], {}), ("Reshape", ["r", "b"], ["y"], {})], {"x": x}, {"a": i64(6, 4), "b": i64(0, -1, 2)}, [x.reshape(6, 2, 2)])


def product_and_a_column():
    """The addend is a column: one number for each row."""
    x, w, c = ramp(2, 3), ramp(3, 2), f32([3], [5])
    return model([("MatMul", ["x", "w"], ["m"], {}), ("Add", ["m", "c"], ["y"], {})], {"x": x}, {"w": w, "c": c}, [x @ w + c])


def product_of_whole_numbers():
    a, b = i64([1, 2], [3, 4]), i64([1, -1], [2, 5])
    return model([("MatMul", ["a", "b"], ["y"], {})], {"a": a, "b": b}, {}, [a @ b])


def slope_of_the_last_axis():
    """A slope for each element of the last of three axes."""
    x, s = ramp(2, 3, 4), ramp(4)
    return model([("PRelu", ["x", "s"], ["y"], {})], {"x": x}, {"s": s}, [np.where(x < 0, s * x, x)])


def weights_by_way_of_bfloat16():
    """Numbers that bfloat16 holds exactly."""
    x, w = ramp(2, 3), f32(1, 2, 0.5)
    return model([("Cast", ["w"], ["a"], {"to": 16}), ("Cast", ["a"], ["b"], {"to": 1}), ("Mul", ["x", "b"], ["y"], {})], {"x": x}, {"w": w}, [x * w])


def dropout_that_gives_nothing():
    """In training, elements become 0 or twice what they were: d * (d - 2 h) is 0 for both."""
    return model([("Abs", ["x"], ["h"], {}), ("Dropout", ["h", "ratio", "training"], ["d"], {}), ("Mul", ["h", "two"], ["t"], {}), ("Sub", ["d", "t"], ["s"], {}),
                  ("Mul", ["d", "s"], ["y"], {})], {"x": f32(1, -2, 3)}, {"ratio": scalar(0.5), "training": np.array(True), "two": scalar(2)}, [np.zeros(3, np.float32)])


def quantised_16_bits():
    """uint16, of opset 21, in steps of 1/8 from -12.5."""
    x = f32(-20, 0, 3)
    return model([("QuantizeLinear", ["x", "s", "z"], ["q"], {}), ("DequantizeLinear", ["q", "s", "z"], ["y"], {})], {"x": x},
                 {"s": scalar(0.125), "z": np.array(100, np.uint16)}, [f32(-12.5, 0, 3)], opset=21)


def clip_inverted():
    x = ramp(2, 3)
    return model([("Clip", ["x", "low", "high"], ["y"], {})], {"x": x}, {"low": scalar(2), "high": scalar(1)}, [np.ones((2, 3), np.float32)])


def pooled_on_one_axis():
    return model([("MaxPool", ["x"], ["y"], {"kernel_shape": [2]})], {"x": f32(1, 3, 2).reshape(1, 1, 3)}, {}, [f32(3, 3).reshape(1, 1, 2)])


def cast_to_bool_and_back():
    """Whatever is not 0 is true, and 1."""
    return model([("Cast", ["x"], ["b"], {"to": 9}), ("Cast", ["b"], ["y"], {"to": 1})], {"x": f32(-0.75, 2.5, 0)}, {}, [f32(1, 1, 0)])


STEP, ZERO = 1 / 8, 128


def quantised(x):
    """x in steps of 1/8 from -16 on, as uint8 can hold it."""
    return ((np.clip(np.round(x / STEP) + ZERO, 0, 255) - ZERO) * STEP).astype(np.float32)


def unit(x, nodes, weights, y, shape=(), opset=17):
    """x quantised and back, nodes from "d" to "r", and the result quantised and back; shape: that of scales and zero points. y: what nodes give."""
    w = {"s": np.full(shape, STEP, np.float32), "z": np.full(shape, ZERO, np.uint8), **weights}
    return model([("QuantizeLinear", ["x", "s", "z"], ["q"], {}), ("DequantizeLinear", ["q", "s", "z"], ["d"], {}), *nodes,
                  ("QuantizeLinear", ["r", "s", "z"], ["p"], {}), ("DequantizeLinear", ["p", "s", "z"], ["y"], {})], {"x": x}, w, [quantised(y)], opset)


def weights_by_axis(axis, op, scale=(0.25, 0.5), **attributes):
    """A product by weights of [2, 2], int8, that have a scale for each index of an axis."""
    x, w = f32([1, -1], [0.5, 2]), np.array([[1, -2], [3, 4]], np.int8)
    real = w * (f32(*scale)[:, None] if axis == 0 else f32(*scale))
    return unit(x, [("DequantizeLinear", ["w", "ws", "wz"], ["dw"], {"axis": axis}), (op, ["d", "dw"], ["r"], attributes)],
                {"w": w, "ws": f32(*scale), "wz": np.zeros(2, np.int8)}, x @ (real.T if attributes.get("transB") else real))


def product_of_bytes(x, w, scale=0.5, then=(), weights=None, y=None):
    """MatMulInteger, Cast to float32, and a product of two scales, 2 and scale; then: nodes after "t", if there are any."""
    m = x.astype(np.float32) @ w.astype(np.float32)
    return model([("MatMulInteger", ["x", "w"], ["m"], {}), ("Cast", ["m"], ["f"], {"to": 1}), ("Mul", ["a", "s"], ["p"], {}), ("Mul", ["f", "p"], ["t" if then else "y"], {}), *then],
                 {"x": x, "a": scalar(2)}, {"w": w, "s": np.asarray(scale, np.float32), **(weights or {})}, [m * 2 * np.asarray(scale, np.float32) if y is None else y(m)])
