"""nngen eval of NaN and infinities: what is claimed is what ONNX says, and where ONNX leaves it open nothing is claimed."""
import json
import warnings

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

NAN, INF = np.nan, np.inf
FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE)
OPEN = "open"  # no claim
SAME = "same"  # the value that goes in

# Operator, attributes, inputs of one element each, what is claimed.
ROWS = [
    *((op, {}, [x], SAME) for op in ("Ceil", "Floor", "Round", "Identity") for x in (NAN, INF, -INF)),
    ("Abs", {}, [NAN], NAN), ("Abs", {}, [-INF], INF), ("Neg", {}, [NAN], NAN), ("Neg", {}, [INF], -INF),
    ("Sign", {}, [NAN], OPEN), ("Sign", {}, [INF], 1), ("Sign", {}, [-INF], -1),
    *((op, {}, [NAN], NAN) for op in ("Exp", "Log", "Sqrt", "Sin", "Tanh", "Sigmoid", "Erf", "Reciprocal", "Softplus", "Softsign", "LeakyRelu", "Elu", "Atan", "Cosh")),
    ("Relu", {}, [NAN], OPEN), ("Relu", {}, [INF], INF), ("Relu", {}, [-INF], 0),
    ("Celu", {}, [NAN], NAN), ("Selu", {}, [NAN], NAN), ("PRelu", {}, [NAN, 0.25], NAN), ("PRelu", {}, [2, NAN], 2),
    ("ThresholdedRelu", {}, [NAN], 0), ("ThresholdedRelu", {}, [INF], INF), ("Shrink", {}, [NAN], 0),
    ("HardSigmoid", {}, [NAN], OPEN), ("HardSwish", {}, [NAN], OPEN), ("Mish", {}, [NAN], NAN),
    *((op, {}, [NAN, x], NAN) for op in ("Add", "Sub", "Div", "Mul") for x in (2, INF, NAN)),
    ("Mul", {}, [NAN, 0], OPEN), ("Mul", {}, [0, NAN], OPEN), ("Add", {}, [INF, -INF], OPEN), ("Sub", {}, [INF, INF], OPEN),
    *((op, {}, x, OPEN) for op in ("Max", "Min", "Mod", "Pow") for x in ([NAN, 1], [1, NAN]) for more in ({"fmod": 1} if op == "Mod" else {},) if not more),
    ("Mod", {"fmod": 1}, [NAN, 2], OPEN), ("Mod", {"fmod": 1}, [2, NAN], OPEN), ("Mod", {"fmod": 1}, [INF, 2], OPEN),
    ("Max", {}, [INF, 1], INF), ("Max", {}, [1, -INF], 1), ("Min", {}, [-INF, 1], -INF), ("Min", {}, [1, INF], 1), ("Max", {}, [NAN], OPEN),
    ("Clip", {}, [NAN, 0, 6], OPEN), ("Clip", {}, [INF, 0, 6], 6), ("Clip", {}, [-INF, 0, 6], 0), ("Clip", {}, [INF, 0], OPEN),
    ("Sum", {}, [NAN, 1, 2], NAN), ("Mean", {}, [1, NAN], NAN),
    *((op, {}, [NAN, x], False) for op in ("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual") for x in (NAN, 1)),
    ("Less", {}, [-INF, 1], True), ("Equal", {}, [INF, INF], True), ("IsNaN", {}, [NAN], True), ("IsNaN", {}, [INF], False), ("IsInf", {}, [-INF], True),
    ("IsInf", {"detect_negative": 0}, [-INF], False), ("IsInf", {}, [NAN], False),
    ("Cast", {"to": TensorProto.INT32}, [NAN], OPEN), ("Cast", {"to": TensorProto.UINT8}, [INF], OPEN), ("Cast", {"to": TensorProto.BOOL}, [NAN], True),
    ("Cast", {"to": TensorProto.DOUBLE}, [NAN], NAN), ("Cast", {"to": TensorProto.FLOAT16}, [-INF], -INF), ("Cast", {"to": TensorProto.FLOAT16}, [NAN], NAN),
    *((op, {"keepdims": 1}, [NAN], NAN) for op in ("ReduceSum", "ReduceMean")), *((op, {}, [NAN], OPEN) for op in ("ReduceMax", "ReduceMin", "ArgMax", "ArgMin")),
    ("ReduceMax", {}, [INF], INF), ("GlobalMaxPool", {}, [NAN], OPEN), ("GlobalAveragePool", {}, [NAN], NAN), ("Softmax", {}, [NAN], OPEN), ("LogSoftmax", {}, [NAN], NAN),
    ("MatMul", {}, [NAN, 2], NAN), ("MatMul", {}, [NAN, 0], OPEN), ("ReduceL2", {}, [NAN], OPEN),
]  # yapf: disable


def one(op, attrs, values):
    """A model of one node, whose inputs have one element."""
    shape = [1, 1, 1] if "Global" in op else [1, 1]
    feeds = {f"x{k}": np.full(shape if op != "Clip" or k == 0 else [], v, np.float32) for k, v in enumerate(values)}
    node = helper.make_node(op, list(feeds), ["y"], **attrs)
    to = attrs.get("to") or (TensorProto.BOOL if op[:2] in ("Eq", "Le", "Gr", "Is") and op != "LeakyRelu" else TensorProto.INT64 if op.startswith("Arg") else TensorProto.FLOAT)
    infos = [helper.make_tensor_value_info(n, TensorProto.FLOAT, x.shape) for n, x in feeds.items()]
    g = helper.make_graph([node], "g", infos, [helper.make_tensor_value_info("y", to, None)])
    return helper.make_model(g, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), feeds


def evaluate(nngen, folder, model, feeds):
    """[(value, bound)] of the outputs; None: refused."""
    folder.mkdir(exist_ok=True)
    onnx.save(model, folder / "m.onnx")
    paths = []
    for k, x in enumerate(model.graph.input):
        paths.append(folder / f"in_{k}.pb")
        onnx.save_tensor(numpy_helper.from_array(feeds[x.name], x.name), paths[-1])
    r = nngen("eval", folder / "m.onnx", *paths, "--out", folder, "--force")
    assert r.code in (0, 1), r.err
    read = lambda word, j: numpy_helper.to_array(onnx.load_tensor(folder / f"{word}_{j}.pb"))  # noqa: E731
    return [(read("output", j), read("bound", j)) for j in range(len(model.graph.output))] if r.code == 0 else None


@pytest.mark.parametrize("op, attrs, values, claimed", ROWS, ids=str)
def test_what_is_claimed(nngen, tmp_path, op, attrs, values, claimed):
    model, feeds = one(op, attrs, values)
    [(y, e)] = evaluate(nngen, tmp_path, model, feeds)
    if claimed is OPEN:
        assert np.isinf(e).all(), (y, e)
        assert op not in ("Relu", "Sign", "Max", "Min", "Softmax", "GlobalMaxPool", "Mul") or np.isnan(y).all(), y
    else:
        np.testing.assert_array_equal(y.astype(np.float64).ravel(), np.float64([values[0] if claimed is SAME else claimed]))
        assert (e <= 1e-37).all(), e


def test_text_and_comparison(nngen, tmp_path):
    """What is printed can be read, and `nngen compare` takes only NaN for NaN."""
    model, feeds = one("Add", {}, [NAN, 1])
    more = helper.make_node("Relu", ["x0"], ["z"])
    model.graph.node.append(more)
    model.graph.output.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 1]))
    evaluate(nngen, tmp_path / "want", model, feeds)
    r = nngen("eval", tmp_path / "want/m.onnx", tmp_path / "want/in_0.pb", tmp_path / "want/in_1.pb")
    assert "  [0, 0] nan\n" in r.out and "  [0, 0] nan +- inf\n" in r.out
    for value, code in ((NAN, 0), (0.0, 1), (INF, 1)):
        got = tmp_path / f"got{value}"
        got.mkdir()
        for j, y in enumerate((value, 0.0)):
            onnx.save_tensor(numpy_helper.from_array(np.full((1, 1), y, np.float32)), got / f"output_{j}.pb")
        r = nngen("compare", tmp_path / "want", got)
        assert r.code == code and "1 without a bound" in r.out, (value, r.out, r.err)


# ---- every operator ----


def poisoned(x, values, rng):
    y = x.copy().reshape(-1)
    for at, v in zip(rng.permutation(y.size), values):
        y[at] = v
    return y.reshape(x.shape)


def agree(a, b):
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind not in "fbiu" or b.dtype.kind not in "fbiu" or a.shape != b.shape:
        return np.zeros(a.shape, bool)
    a, b = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(invalid="ignore"):
        return (np.abs(a - b) <= 1e-3 + 1e-3 * np.abs(b)) | (a == b) | (np.isnan(a) & np.isnan(b))


def run_both(model, feeds):
    """Outputs of onnx's evaluator and of ONNX Runtime without optimisations; None: one of them does not run it."""
    options = ort.SessionOptions()
    options.graph_optimization_level, options.log_severity_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL, 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        mine = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"]).run(None, feeds)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ReferenceEvaluator(model).run(None, feeds), mine
    except Exception:  # noqa: BLE001 - whatever they cannot do
        return None


def inside(got, v, e):
    with np.errstate(invalid="ignore"):
        return (np.abs(got.astype(np.float64) - v.astype(np.float64)) <= e) | (got == v) | np.isinf(e) | ((got != got) & (v != v))


def test_every_operator(nngen, tmp_path):
    """Models of each operator, with NaN and infinities among the elements of an input: where both runtimes give the same, what is claimed is that."""
    assert nngen("suite", "--opset", 22, "--out", tmp_path / "s", "--types", "float32", "--strength", 1, "--max-elements", 64, "--quiet").code == 0
    rng, seen, judged, claims, wrong = np.random.default_rng(0), {}, set(), 0, []
    for line in (tmp_path / "s/index.jsonl").read_text().splitlines():
        case = json.loads(line)
        folder = tmp_path / "s" / case["case"]
        if seen.setdefault(case["operator"], 0) == 2:
            continue
        model = onnx.load(folder / "model.onnx")
        stored = {x.name: numpy_helper.to_array(onnx.load_tensor(folder / f"test_data_set_0/input_{k}.pb")) for k, x in enumerate(model.graph.input)}
        names = [n for n, x in stored.items() if x.dtype.kind == "f" and x.size > 2]
        clean = run_both(model, stored) if names else None
        if clean is None or not all(agree(a, b).all() for a, b in zip(*clean)):
            continue
        seen[case["operator"]] += 1
        feeds = stored | {names[0]: poisoned(stored[names[0]], (NAN, INF, -INF), rng)}
        both, found = run_both(model, feeds), evaluate(nngen, tmp_path / "e", model, feeds)
        for j, (v, e) in enumerate(found if both is not None and found is not None else ()):
            same = agree(both[0][j], both[1][j])
            if same.shape != v.shape:
                continue
            right = inside(np.asarray(both[1][j]), v, e)
            claims += int((same & ~np.isinf(e)).sum())
            judged.add(case["operator"])
            if (same & ~right).any():
                wrong.append((case["case"], j, both[1][j][same & ~right][:3], v[same & ~right][:3]))
    assert not wrong, wrong
    assert len(judged) >= 85 and claims > 2000, (len(judged), claims)
