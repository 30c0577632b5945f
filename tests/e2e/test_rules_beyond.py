"""The rules of outputs on single nodes that the generator does not draw: many operands, high ranks, other attributes. ONNX Runtime and the
reference evaluator of onnx, where they run the node, stay inside the bounds."""

import warnings

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator
from reference.reference import BUILD, ROOT, Driver, outside

pytestmark = pytest.mark.skipif(not (ROOT / BUILD / "tests/reference/driver").exists(), reason="the driver is not built")
RNG = np.random.default_rng(5)


def reals(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def info(name, x):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)


def model_of(op, opset, inputs, outputs, attributes):
    """A model of one node; an input of None is left out. outputs: arrays of the right types and shapes."""
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    node = helper.make_node(op, names, [f"y{i}" for i in range(len(outputs))], **attributes)
    graph = helper.make_graph([node], "g", [info(n, x) for n, x in zip(names, inputs) if n], [info(f"y{i}", y) for i, y in enumerate(outputs)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10), {n: x for n, x in zip(names, inputs) if n}


def without_shapes(model):
    bare = onnx.ModelProto.FromString(model.SerializeToString())
    for y in bare.graph.output:
        y.type.tensor_type.ClearField("shape")
    return bare


def judged(model, feeds):
    """Outputs of the runtimes that run the model, by the runtime's name."""
    found, bare = {}, without_shapes(model)
    options = ort.SessionOptions()
    options.log_severity_level = 4
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name, run in (("onnxruntime", lambda: ort.InferenceSession(bare.SerializeToString(), options, providers=["CPUExecutionProvider"]).run(None, feeds)),
                          ("reference", lambda: ReferenceEvaluator(bare).run(None, feeds))):
            try:
                found[name] = [np.asarray(y) for y in run()]
            except Exception:  # a runtime need not have every form of an operator
                continue
    return found


def compute(opset, model, feeds):
    driver = Driver(opset)
    values, errors = driver.compute(model, feeds)
    driver.close()
    return values, errors


def check(op, opset, inputs, attributes, judges=("onnxruntime", "reference"), types=(np.float32,), known=0.99):
    """What the judges compute lies inside the bounds, which are finite in the share `known` of the elements."""
    model, feeds = model_of(op, opset, inputs, [np.zeros((), t) for t in types], attributes)
    found = {k: v for k, v in judged(model, feeds).items() if k in judges}
    assert found, "no runtime runs the node"
    outputs = next(iter(found.values()))
    model, feeds = model_of(op, opset, inputs, outputs, attributes)
    values, errors = compute(opset, model, feeds)
    assert errors == {}
    for judge, ys in found.items():
        for i, y in enumerate(ys):
            v, e = values[f"y{i}"]
            assert v.shape == y.shape
            bad = outside(y, v, e)
            assert not bad.any(), (judge, i, y[bad][:3], v[bad][:3], e[bad][:3])
            assert np.isfinite(e).mean() >= known


@pytest.mark.parametrize("rank, axis, n", [(1, 0, 64), (3, -1, 64), (2, -2, 7), (8, 5, 3), (4, 1, 1)])
def test_concat(rank, axis, n):
    shape = [2] * rank
    pieces = []
    for i in range(n):
        shape[axis] = (i + 1) % 4
        pieces.append(reals(*shape))
    check("Concat", 13, pieces, {"axis": axis})


@pytest.mark.parametrize("op", ["Sum", "Mean", "Max", "Min"])
def test_many_operands(op):
    check(op, 13, [reals(*([3] if i % 3 == 0 else [2, 1] if i % 3 == 1 else [4, 2, 3])) for i in range(40)], {})


EQUATIONS = [
    ("ij,jk,kl,lm,mn->in", [(2, 3), (3, 4), (4, 2), (2, 3), (3, 2)]),
    ("...ij,...jk->...ik", [(5, 1, 2, 3), (4, 3, 2)]),
    ("...ii->...i", [(2, 3, 3)]),
    ("i...->...i", [(2, 3, 4)]),
    ("...", [(2, 3)]),
    ("b...i, b...i -> b...", [(2, 3, 4), (2, 3, 4)]),
    ("ii", [(4, 4)]),
    ("ba", [(2, 3)]),
    ("Ab,bA", [(2, 3), (3, 2)]),
    (",ij", [(), (2, 3)]),
    ("i,i,i,i->i", [(4,), (4,), (4,), (4,)]),
    ("...a,...b->...ab", [(3, 2), (3,)]),
    ("abcdefgh->hgfedcba", [(1, 2, 1, 2, 2, 1, 2, 3)]),
]


@pytest.mark.parametrize("equation, shapes", EQUATIONS)
def test_einsum(equation, shapes):
    operands = [reals(*s) for s in shapes]
    expected = np.einsum(equation, *[x.astype(np.float64) for x in operands])
    model, feeds = model_of("Einsum", 13, operands, [expected.astype(np.float32)], {"equation": equation})
    values, errors = compute(13, model, feeds)
    assert errors == {}
    v, e = values["y0"]
    assert np.abs(v - expected).max() < 1e-12 and e.max() < 1e-4 * np.abs(expected).max()
    for y in judged(model, feeds).get("onnxruntime", []):
        assert not outside(y, v, e).any()


@pytest.mark.parametrize("opset, n, size, given", [(13, 40, 80, False), (18, 7, 20, False), (18, 30, 60, True), (13, 3, 12, True)])
def test_split(opset, n, size, given):
    sizes = np.full(n, size // n, np.int64)
    sizes[0] += size - sizes.sum()
    attributes = {"axis": -2} | ({"num_outputs": n} if opset >= 18 and not given else {})
    check("Split", opset, [reals(2, size, 3), sizes if given else None], attributes, types=[np.float32] * n)


@pytest.mark.parametrize("op, attributes", [
    ("ReduceSum", {}), ("ReduceMax", {"keepdims": 0}), ("ReduceL2", {}), ("ReduceLogSumExp", {"keepdims": 0}), ("ReduceMean", {}), ("ReduceProd", {})])
def test_reductions_of_high_rank(op, attributes):
    check(op, 18, [reals(2, 1, 3, 2, 1, 2, 2, 3), np.array([-1, 2, -4], np.int64)], attributes)


@pytest.mark.parametrize("op, inputs, attributes", [
    ("Softmax", [(2, 3, 2, 2, 1, 2)], {"axis": -5}), ("LogSoftmax", [(2, 3, 2, 2, 1, 2, 3)], {"axis": 1}), ("Hardmax", [(2, 3, 4, 2, 1, 2)], {"axis": -4}),
    ("Transpose", [(2, 3, 1, 2, 2, 1, 2, 3)], {"perm": [7, 0, 3, 1, 2, 6, 5, 4]}), ("Transpose", [(2, 3, 1, 2, 2, 1)], {}), ("MatMul", [(2, 1, 3, 1, 2, 4), (2, 1, 2, 4, 3)], {}),
    ("MatMul", [(4,), (2, 3, 4, 5)], {}), ("MatMul", [(2, 3, 4), (4,)], {}), ("MatMul", [(4,), (4,)], {}), ("LayerNormalization", [(2, 1, 2, 2, 3, 2), (3, 2)], {"axis": -2}),
    ("GlobalAveragePool", [(2, 3, 2, 2, 3, 2)], {}), ("Conv", [(1, 4, 9), (6, 2, 3)], {"group": 2, "auto_pad": "SAME_LOWER", "strides": [2]}),
    ("Conv", [(1, 2, 5, 4, 5, 4), (3, 2, 2, 2, 2, 2)], {"pads": [1, 0, 0, 1, 0, 1, 1, 0]}), ("MaxPool", [(1, 2, 5, 4, 6)], {"kernel_shape": [2, 3, 2], "ceil_mode": 1}),
    ("Gemm", [(3, 4), (5, 3)], {"transA": 1, "transB": 1, "alpha": -0.5}), ("Gemm", [(3, 4), (4, 5), (3, 1)], {"beta": 0.0}), ("Flatten", [(2, 3, 2, 2, 2, 1)], {"axis": -2}),
    ("Det", [(2, 3, 2, 3, 3)], {}), ("DepthToSpace", [(2, 12, 2, 3)], {"blocksize": 2, "mode": "CRD"}), ("Selu", [(2, 3)], {"alpha": -0.5, "gamma": -2.0}),
    ("HardSigmoid", [(9,)], {"alpha": -1.0, "beta": 3.0}), ("LeakyRelu", [(9,)], {"alpha": -2.0}), ("Elu", [(9,)], {"alpha": 0.0}), ("Celu", [(9,)], {"alpha": 3.0}),
    ("ThresholdedRelu", [(9,)], {"alpha": -1.0}), ("Shrink", [(9,)], {"lambd": -0.5, "bias": 3.0}), ("MeanVarianceNormalization", [(2, 3, 4, 5)], {})])
def test_forms(op, inputs, attributes):
    check(op, 17, [reals(*s) for s in inputs], attributes)


def test_a_sum_of_magnitudes():
    """The reference evaluator of onnx adds the elements themselves."""
    check("LpNormalization", 17, [reals(3, 4, 5)], {"axis": 0, "p": 1}, judges=("onnxruntime",))


def test_sums_of_near_channels():
    """The reference evaluator of onnx takes the number of images for that of channels, and ONNX Runtime has no even sizes."""
    attributes = {"alpha": 0.5, "beta": 2.0, "bias": 3.0}
    x = reals(2, 7, 3, 3)
    check("LRN", 17, [x], {"size": 5} | attributes, judges=("onnxruntime",))
    model, feeds = model_of("LRN", 17, [x], [x], {"size": 4} | attributes)
    values, errors = compute(17, model, feeds)
    squares = x.astype(np.float64) ** 2
    near = np.stack([squares[:, max(0, c - 1):c + 3].sum(1) for c in range(7)], 1)
    assert errors == {} and np.allclose(values["y0"][0], x / (3 + 0.125 * near) ** 2, rtol=1e-12)


CASTS = [(np.float32, np.int32, [1e20, -1e20, np.nan, np.inf, 1.9, -1.9]), (np.float32, np.uint8, [-1.5, 300.0, 255.9]), (np.float32, np.bool_, [np.nan, 0.0, -0.0, 1e-40, np.inf]),
         (np.int64, np.int8, [300, -129, 127]), (np.float64, np.float16, [1e6, 1e-9, 1 + 2.0**-12]), (np.float64, np.float32, [1e300, -1e-300, 1 / 3]), (np.uint64, np.float32, [2**64 - 1, 2**63 + 1])]


@pytest.mark.parametrize("source, target, values", CASTS)
def test_conversions_at_the_limits(source, target, values):
    """Nothing is known of a float that does not fit a type of whole numbers."""
    x = np.array(values, source)
    model, feeds = model_of("Cast", 17, [x], [np.zeros(x.shape, target)], {"to": helper.np_dtype_to_tensor_dtype(np.dtype(target))})
    results, errors = compute(17, model, feeds)
    v, e = results["y0"]
    assert errors == {}
    for ys in judged(model, feeds).values():
        assert not outside(ys[0], v, e).any(), (ys[0], v, e)
    if np.dtype(source).kind == "f" and np.dtype(target).kind in "iu":
        with np.errstate(all="ignore"):
            limits = np.iinfo(target)
            assert (np.isinf(e) == ~((np.trunc(x) >= limits.min) & (np.trunc(x) <= limits.max))).all()


@pytest.mark.parametrize("mode, scales", [("nearest", [1, 1, 2, 1, 1.5, 1]), ("linear", [1, 1, 1, 1, 2, 2.5]), ("cubic", [1, 1, 1, 1, 1, 1, 2, 0.7])])
def test_resize_of_high_rank(mode, scales):
    x = reals(*([1, 2, 3, 2, 4, 3, 4, 5][:len(scales)]))
    check("Resize", 19, [x, None, np.array(scales, np.float32)], {"mode": mode})


ACTIVATIONS = [(["LeakyRelu"], [0.3], []), (["Elu"], [0.7], []), (["ThresholdedRelu"], [0.2], []), (["ScaledTanh"], [0.8], [1.2]), (["Affine"], [0.5], [0.1]),
               (["Elu"], [], []), (["Softplus"], [], []), (["HardSigmoid"], [0.3], [0.4])]


@pytest.mark.parametrize("names, alpha, beta", ACTIVATIONS)
def test_activations_of_recurrent_layers(names, alpha, beta):
    more = {k: v for k, v in (("activation_alpha", alpha), ("activation_beta", beta)) if v}
    check("RNN", 17, [reals(4, 2, 3), reals(1, 5, 3) / 2, reals(1, 5, 5) / 4], {"hidden_size": 5, "activations": names} | more, judges=("onnxruntime",), types=(np.float32,) * 2)


def test_parameters_of_activations_are_consumed_in_order():
    attributes = {"hidden_size": 3, "activations": ["LeakyRelu", "HardSigmoid", "Elu", "Tanh", "ScaledTanh", "Affine"], "activation_alpha": [0.3, 0.25, 0.6, 0.8, 0.5],
                  "activation_beta": [0.45, 1.1, 0.1], "direction": "bidirectional"}
    check("LSTM", 17, [reals(4, 2, 3), reals(2, 12, 3) / 2, reals(2, 12, 3) / 4], attributes, judges=("onnxruntime",), types=(np.float32,) * 3)


def test_unsorted_topk():
    check("TopK", 11, [reals(4, 30), np.array([7], np.int64)], {"sorted": 0}, types=(np.float32, np.int64), known=1)


@pytest.mark.parametrize("a, b", [((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((4,), (4, 5)), ((3, 4), (4,))])
def test_integer_products(a, b):
    x, y = RNG.integers(0, 200, a).astype(np.uint8), RNG.integers(-90, 90, b).astype(np.int8)
    check("MatMulInteger", 13, [x, y, np.uint8(7), np.int8(3)], {}, types=(np.int32,), known=1)


def test_scales_of_rows():
    x, y = RNG.integers(0, 200, (3, 4)).astype(np.uint8), RNG.integers(0, 200, (4, 5)).astype(np.uint8)
    sx, sy, zx, zy = np.array([0.1, 0.02, 0.3], np.float32), np.float32(0.02), np.array([100, 90, 80], np.uint8), np.uint8(99)
    model, feeds = model_of("QLinearMatMul", 21, [x, sx, zx, y, sy, zy, np.float32(0.5), np.uint8(100)], [np.zeros((3, 5), np.uint8)], {})
    values, errors = compute(21, model, feeds)
    product = (x.astype(np.float64) - zx[:, None]) * 1.0 @ (y.astype(np.float64) - 99)
    expected = np.clip(np.rint(product * (sx.astype(np.float64)[:, None] * float(sy) / 0.5)) + 100, 0, 255)
    assert errors == {} and not outside(expected.astype(np.uint8), *values["y0"]).any()


@pytest.mark.parametrize("mode", ["linear", "nearest"])
@pytest.mark.parametrize("shape", [(1, 2, 5), (1, 2, 3, 4)])
def test_grids_far_outside(mode, shape):
    r = len(shape) - 2
    grid = (RNG.uniform(-4, 4, (1, *[6] * r, r))).astype(np.float32)
    check("GridSample", 20, [reals(*shape), grid], {"mode": mode, "padding_mode": "reflection", "align_corners": 1}, judges=("reference",) if r == 1 else ("onnxruntime", "reference"))


def test_a_mask_shorter_than_the_keys():
    q, k, v, mask = reals(1, 2, 3, 4), reals(1, 2, 6, 4), reals(1, 2, 6, 4), reals(3, 4)
    check("Attention", 24, [q, k, v, mask], {}, judges=("reference",))


def test_dropout_in_training():
    x = reals(5, 6)
    check("Dropout", 13, [x, np.float32(0.4), np.bool_(True)], {}, known=1)


@pytest.mark.parametrize("inputs, outputs, attributes, message", [
    (2, 1, {}, "at most 1 inputs were expected, not 2"), (1, 2, {}, "at most 1 outputs were expected, not 2"), (1, 1, {"other": 3}, "the table has no attribute `other`")])
def test_what_the_table_does_not_have(inputs, outputs, attributes, message):
    """Rules that do not know of an input, output or attribute give no bounds."""
    x = reals(2, 3)
    model, feeds = model_of("Relu", 17, [x] * inputs, [x] * outputs, attributes)
    values, errors = compute(17, model, feeds)
    assert [m for m in errors.values() if message in m]
    assert all(np.isinf(e).all() for _, e in values.values())
