"""Values of rules against independent ones, in double: elementary functions against mpmath at random and hard
points, operators against numpy and scipy. The values lie inside their bounds with a margin that is all for implementations."""

from pathlib import Path

import mpmath
import numpy as np
import pytest
import scipy.special
import scipy.signal
from onnx import TensorProto, helper
from reference import tables
from reference.reference import Driver

OPSET = 22
RNG = np.random.default_rng(3)
mp = mpmath.mp
INF, PI = np.inf, np.pi
# Function, and least and greatest argument. Beyond them the result is constant, infinite or 0.
FUNCTIONS = {
    "Exp": (mp.exp, -745, 709.7), "Log": (mp.log, 5e-324, INF), "Sqrt": (mp.sqrt, 5e-324, INF),
    "Sin": (mp.sin, -INF, INF), "Cos": (mp.cos, -INF, INF), "Tan": (mp.tan, -INF, INF),
    "Asin": (mp.asin, -1, 1), "Acos": (mp.acos, -1, 1), "Atan": (mp.atan, -INF, INF),
    "Sinh": (mp.sinh, -710.4, 710.4), "Cosh": (mp.cosh, -710.4, 710.4), "Tanh": (mp.tanh, -1e3, 1e3),
    "Asinh": (mp.asinh, -INF, INF), "Acosh": (mp.acosh, 1, INF), "Atanh": (mp.atanh, -1 + 2.0**-53, 1 - 2.0**-53),
    "Erf": (mp.erf, -1e2, 1e2), "Sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), -745, 1e3),
    "Softplus": (lambda x: mp.log1p(mp.exp(x)) if x < 40 else x + mp.log1p(mp.exp(-x)), -745, 1e3),
    "Softsign": (lambda x: x / (1 + abs(x)), -INF, INF),
}
# Doubles next to a multiple of pi/2, among them the nearest of all (J.-M. Muller, "Elementary Functions", section 11.3.2).
NEAR_TURNS = [6381956970095103 * 2.0**797, 6411027962775774 * 2.0**-48, 5.319372648326541e255, 1e22, PI / 2, PI, 355, 1e6, 2.0**1023]


def points(low, high):
    """All exponents, the neighbourhoods of 1 and -1, multiples of a quarter turn and of log(2)/64, midpoints of tables, and the ends."""
    n = 120
    sign, turns, ends = RNG.choice([-1.0, 1.0], n), PI / 2 * np.floor(2.0 ** RNG.uniform(0, 60, n)), np.array([low, high])
    near = np.array([*NEAR_TURNS, 0.25, 0.5, 40, 2.0**-28, 2.0**60, 2.0**-8, 2.0**-1022, 2.0**-1074, np.finfo(float).max])
    x = np.concatenate([sign * RNG.uniform(0.5, 1, n) * 2.0 ** RNG.uniform(-1073, 1024, n), sign * 2.0 ** RNG.uniform(-40, 12, n), RNG.uniform(-8, 8, n),
                        RNG.uniform(-1, 1, n), 1 + sign * 2.0 ** RNG.uniform(-52, 0, n), -1 + sign * 2.0 ** RNG.uniform(-52, 0, n), sign * turns, np.nextafter(turns, 0),
                        np.log(2) / 64 * RNG.integers(-68000, 65000, n), RNG.uniform(-745, 710, n), sign * (RNG.integers(0, 100, n) + 0.5) / 16,
                        sign * RNG.integers(1, 256, n) / 128, RNG.uniform(-20, 20, n).astype(np.float32), near, np.nextafter(near, 0), -near, ends])
    return x[(x >= low) & (x <= high) & (x != 0) & np.isfinite(x)]


def compute(op, inputs, shape, opset=OPSET, **attributes):
    info = [helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape) for k, x in inputs.items()]
    node = helper.make_node(op, list(inputs), ["Y"], name="node", **attributes)
    model = helper.make_model(helper.make_graph([node], "g", info, [helper.make_tensor_value_info("Y", TensorProto.DOUBLE, shape)]), opset_imports=[helper.make_opsetid("", opset)])
    driver = Driver(opset)
    values, errors = driver.compute(model, inputs)
    driver.close()
    assert errors == {}
    return values["Y"]


def units(v, exact):
    """The error in units in the last place, which are 2^-1074 at least."""
    place = mp.ldexp(1, max(int(mp.floor(mp.log(abs(exact), 2))) - 52, -1074))
    return float(abs(mp.mpf(float(v)) - exact) / place)


def check_units(op, triples):
    """triples: value, bound, exact value. The error is below one unit in the last place; bounds are finite far from overflow."""
    seen = 0
    for v, e, exact in triples:
        if exact == 0 or abs(exact) >= mp.ldexp(1, 1024):
            continue
        seen += 1
        assert abs(mp.mpf(float(v)) - exact) <= e and (e < INF or abs(exact) > 0.99 * 2.0**1024), (op, v, e, exact)
        assert units(v, exact) < 1, (op, v, exact)
    assert seen > 300, op


@pytest.mark.parametrize("op", FUNCTIONS)
def test_elementary_functions_err_by_less_than_one_unit(op):
    f, low, high = FUNCTIONS[op]
    x = points(low, high)
    v, e = compute(op, {"X": x}, x.shape)
    with mpmath.workprec({"Asinh": 2400, "Tanh": 2400, "Atanh": 2400, "Erf": 300}.get(op, 1400)): # sin of 2^1023 takes as many bits
        check_units(op, [(a, b, f(mp.mpf(float(t)))) for a, b, t in zip(v, e, x)])


def test_powers_err_by_less_than_one_unit():
    """Bases of all exponents, near 1, and whole; results over the whole range."""
    n = 400
    x = np.concatenate([2.0 ** RNG.uniform(-1074, 1024, n), 2.0 ** RNG.uniform(-3, 3, n), 1 + RNG.choice([-1, 1], n) * 2.0 ** RNG.uniform(-52, -1, n), RNG.integers(2, 100, n)])
    y = np.concatenate([RNG.uniform(-744, 709, n), RNG.uniform(-60, 60, n), RNG.uniform(-744, 709, n), RNG.integers(-20, 20, n)])
    y[:n] /= np.abs(np.log(x[:n])) + 1e-300
    y[2 * n:3 * n] /= np.abs(np.log(x[2 * n:3 * n])) + 1e-300
    v, e = compute("Pow", {"X": x, "E": y}, x.shape)
    with mpmath.workprec(300):
        check_units("Pow", [(a, b, mp.mpf(float(s)) ** mp.mpf(float(t))) for a, b, s, t in zip(v, e, x, y) if s != 1])


def test_exact_results_are_exact():
    cases = [("Exp", 0, 1), ("Log", 1, 0), ("Cos", 0, 1), ("Sin", -0.0, 0), ("Acos", 1, 0), ("Acosh", 1, 0), ("Cosh", 0, 1), ("Sigmoid", 0, 0.5), ("Softsign", 1, 0.5), ("Softsign", -3, -0.75)]
    for op, x, wanted in cases:
        assert compute(op, {"X": np.array([float(x)])}, (1,))[0] == wanted, op
    x, y = np.array([3, 7, 2, 2, 0.5, 4, 16, 10, -5, 1.5]), np.array([5, 3, -1074, 1023, 100, 0.5, 0.75, 22, 3, 4])
    wanted = np.array([243, 343, 2.0**-1074, 2.0**1023, 2.0**-100, 2, 8, 1e22, -125, 5.0625])
    assert (compute("Pow", {"X": x, "E": y}, x.shape)[0] == wanted).all()


def test_tables_of_functions_are_what_their_script_prints():
    assert (Path(__file__).resolve().parents[2] / "gen/reference/ref_tables.h").read_text() == tables.text() + "\n"


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
