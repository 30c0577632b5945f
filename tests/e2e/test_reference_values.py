"""Values of rules against independent ones, in double: elementary functions against mpmath at random and hard points, operators against
numpy and scipy. The values lie inside their bounds with a margin that is all for implementations."""

import mpmath
import numpy as np
import pytest
import scipy.special
import scipy.signal
from onnx import TensorProto, helper
from reference.reference import Driver

OPSET = 22
RNG = np.random.default_rng(3)
mp = mpmath.mp
# Function, least and greatest argument, units in the last place that our own may err. Bounds count 32 (gen/reference/ref_math.c).
FUNCTIONS = {
    "Exp": (mp.exp, -708, 709, 1), "Log": (mp.log, 1e-307, 1e308, 1), "Sqrt": (mp.sqrt, 1e-307, 1e308, 0.5001),
    "Sin": (mp.sin, -1e6, 1e6, 2), "Cos": (mp.cos, -1e6, 1e6, 2), "Tan": (mp.tan, -1e6, 1e6, 4),
    "Asin": (mp.asin, -1, 1, 3), "Acos": (mp.acos, -1, 1, 3), "Atan": (mp.atan, -1e300, 1e300, 3),
    "Sinh": (mp.sinh, -709, 709, 4), "Cosh": (mp.cosh, -709, 709, 4), "Tanh": (mp.tanh, -1e300, 1e300, 4),
    "Asinh": (mp.asinh, -1e300, 1e300, 3), "Acosh": (mp.acosh, 1, 1e300, 3), "Atanh": (mp.atanh, -0.99999999999, 0.99999999999, 3),
    "Erf": (mp.erf, -1e300, 1e300, 12), "Sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), -700, 1e300, 3),
    "Softplus": (lambda x: mp.log1p(mp.exp(x)) if x < 40 else x + mp.log1p(mp.exp(-x)), -700, 1e300, 3),
}


def points(low, high):
    """All exponents, the neighbourhoods of 1 and -1, of multiples of a quarter turn, of 0 by way of both, and the ends."""
    n = 150
    sign = RNG.choice([-1.0, 1.0], n)
    wide = min(1000, np.log2(max(abs(low), abs(high))))
    turns = np.float64(np.pi / 2) * RNG.integers(1, 600000, n)
    x = np.concatenate([sign * RNG.uniform(0.5, 1, n) * 2.0 ** RNG.uniform(-1000, wide, n), sign * 2.0 ** RNG.uniform(-40, 8, n), RNG.uniform(-8, 8, n), 1 + sign * 2.0 ** RNG.uniform(-52, 0, n),
                        -1 + sign * 2.0 ** RNG.uniform(-52, 0, n), turns, np.nextafter(turns, 0), np.log(2) * RNG.integers(-1000, 1000, n), RNG.uniform(-20, 20, n).astype(np.float32), [low, high]])
    return x[(x >= low) & (x <= high) & (x != 0)]


def compute(op, inputs, shape, opset=OPSET, **attributes):
    info = [helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape) for k, x in inputs.items()]
    node = helper.make_node(op, list(inputs), ["Y"], name="node", **attributes)
    model = helper.make_model(helper.make_graph([node], "g", info, [helper.make_tensor_value_info("Y", TensorProto.DOUBLE, shape)]), opset_imports=[helper.make_opsetid("", opset)])
    driver = Driver(opset)
    values, errors = driver.compute(model, inputs)
    driver.close()
    assert errors == {}
    return values["Y"]


def check_units(op, triples, limit):
    """triples: value, bound, exact value. Numbers below the smallest normal one have no relative accuracy."""
    worst, seen = 0, 0
    for v, e, exact in triples:
        if not 2.0**-1022 < abs(exact) < mp.mpf(2) ** 1024:
            continue
        seen += 1
        error = abs(mp.mpf(float(v)) - exact)
        assert error <= e, (op, v, e, exact)
        worst = max(worst, float(error / mp.mpf(float(np.spacing(abs(float(exact)))))))
    assert seen > 100 and worst <= limit, (op, worst)


@pytest.mark.parametrize("op", FUNCTIONS)
def test_elementary_functions_are_accurate(op):
    f, low, high, limit = FUNCTIONS[op]
    with mpmath.workprec(240):
        x = points(low, high)
        v, e = compute(op, {"X": x}, x.shape)
        check_units(op, [(a, b, f(mp.mpf(float(t)))) for a, b, t in zip(v, e, x)], limit)


def test_powers_are_accurate():
    """Errors of the logarithm grow with the exponent; bounds count 2^-42."""
    with mpmath.workprec(240):
        x, y = 2.0 ** RNG.uniform(-100, 100, 800), RNG.uniform(-10, 10, 800)
        v, e = compute("Pow", {"X": x, "E": y}, x.shape)
        check_units("Pow", [(a, b, mp.mpf(float(s)) ** mp.mpf(float(t))) for a, b, s, t in zip(v, e, x, y)], 2.0**10)


X, SMALL, SQUARE = RNG.uniform(-3, 3, (2, 3, 5, 7)), RNG.uniform(-1, 1, (4, 3, 3, 2)), RNG.uniform(-2, 2, (6, 4, 4))


def normalised(x, axes, epsilon):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def conv(x, w):
    return np.array([[sum(scipy.signal.correlate(image[c], kernel[c], "valid") for c in range(len(image))) for kernel in w] for image in x])


def lrn(x):
    total = [sum(x[:, j] ** 2 for j in range(max(0, c - 1), min(3, c + 2))) for c in range(3)]
    return x / (2 + 0.5 / 3 * np.stack(total, 1)) ** 0.75


OPERATORS = {
    "Gelu": ({"X": X}, {}, X * scipy.special.ndtr(X)), "Mish": ({"X": X}, {}, X * np.tanh(np.log1p(np.exp(X)))), "Elu": ({"X": X}, {"alpha": 0.5}, np.where(X < 0, 0.5 * np.expm1(X), X)),
    "Softmax": ({"X": X}, {"axis": 2}, scipy.special.softmax(X, 2)), "LogSoftmax": ({"X": X}, {"axis": 1}, scipy.special.log_softmax(X, 1)),
    "ReduceLogSumExp": ({"X": X}, {"keepdims": 0}, scipy.special.logsumexp(X)), "ReduceL2": ({"X": X}, {"keepdims": 0}, np.linalg.norm(X.ravel())),
    "LpNormalization": ({"X": X}, {"p": 2, "axis": 3}, X / np.linalg.norm(X, axis=3, keepdims=True)), "Det": ({"X": SQUARE}, {}, np.linalg.det(SQUARE)),
    "MatMul": ({"X": X, "W": X.swapaxes(2, 3)}, {}, X @ X.swapaxes(2, 3)), "Einsum": ({"X": X, "W": X}, {"equation": "abij,abkj->aki"}, np.einsum("abij,abkj->aki", X, X)),
    "Conv": ({"X": X, "W": SMALL}, {}, conv(X, SMALL)), "LRN": ({"X": X}, {"size": 3, "alpha": 0.5, "beta": 0.75, "bias": 2.0}, lrn(X)),
    "MeanVarianceNormalization": ({"X": X}, {"axes": [0, 2]}, (X - X.mean((0, 2), keepdims=True)) / (X.std((0, 2), keepdims=True) + 1e-9)),
    "InstanceNormalization": ({"X": X, "S": np.ones(3), "B": np.zeros(3)}, {"epsilon": 0.25}, normalised(X, (2, 3), 0.25)),
    "CumSum": ({"X": X, "axis": np.array(1)}, {}, np.cumsum(X, 1)), "GlobalLpPool": ({"X": X}, {"p": 3}, (np.abs(X) ** 3).sum((2, 3), keepdims=True) ** (1 / 3)),
}


@pytest.mark.parametrize("op", OPERATORS)
def test_operators_agree_with_numpy(op):
    inputs, attributes, expected = OPERATORS[op]
    v, e = compute(op, inputs, expected.shape, **attributes)
    assert np.isfinite(e).all() and (np.abs(v - expected) <= e).all()
    assert np.abs(v - expected).max() <= 2e-14 * max(1, np.abs(expected).max())


def test_transforms_agree_with_numpy():
    x = RNG.uniform(-1, 1, (2, 24, 2))
    for inverse, f in ((0, np.fft.fft), (1, np.fft.ifft)):
        expected = f(x[..., 0] + 1j * x[..., 1], axis=1)
        v, e = compute("DFT", {"X": x}, x.shape, opset=17, axis=1, inverse=inverse)
        expected = np.stack([expected.real, expected.imag], -1)
        assert (np.abs(v - expected) <= e).all() and np.abs(v - expected).max() < 1e-13
