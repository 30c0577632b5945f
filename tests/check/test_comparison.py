"""What says whether two ways to compute a model agree, and why they may not."""
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nngen.judge import compare, conditioning, judge, quirks, runtime
from nngen.judge.view import View
from nngen.judge.workers import Pool


def model(nodes, inits, outputs, shape=(8,), opset=17):
    """Bytes and view of a float32 model with the input x; every tensor has the shape of x unless it says otherwise."""
    made = [x for n in nodes for x in n.output]
    info = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, outputs.get(name, shape))
    g = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)], [info(x) for x in outputs],
                          [numpy_helper.from_array(v if getattr(v, "dtype", None) == np.int64 else np.asarray(v, np.float32), k) for k, v in inits.items()],
                          value_info=[info(x) for x in made if x not in outputs])
    m = helper.make_model(g, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return m.SerializeToString(), View(m)


X = np.linspace(0.1, 0.8, 8).astype(np.float32)
JUST_BELOW = np.nextafter(np.array([3] * 7 + [3.5], np.float32) / X, np.float32(0))  # times X just below 3, and one above, as noise stays in the range


def test_rounding_explains_a_jump_at_a_whole_number():
    nodes = [helper.make_node("Mul", ["x", "inverse"], ["a"]), helper.make_node("Floor", ["a"], ["b"]), helper.make_node("Neg", ["b"], ["c"])]
    data, view = model(nodes, {"inverse": JUST_BELOW}, {"c": (8,)})
    bad, notes = conditioning.explain(data, view, [{"x": X}], {(0, "c"): 0.3})
    assert not bad
    [(kind, message, op)] = notes
    assert (kind, op) == ("ill-conditioned", "Floor") and "Floor" in message


def test_rounding_explains_no_difference_in_a_smooth_model():
    nodes = [helper.make_node("Tanh", ["x"], ["a"]), helper.make_node("Exp", ["a"], ["c"])]
    data, view = model(nodes, {}, {"c": (8,)})
    bad, notes = conditioning.explain(data, view, [{"x": X}], {(0, "c"): 0.01})
    assert not notes
    [(kind, _, op)] = bad
    assert (kind, op) == ("levels", "Exp")


def test_whole_numbers_and_copies_are_not_moved():
    nodes = [helper.make_node("Round", ["x"], ["a"]), helper.make_node("Identity", ["x"], ["b"]), helper.make_node("Sin", ["x"], ["c"])]
    data, view = model(nodes, {}, {"a": (8,), "b": (8,), "c": (8,)})
    steps = conditioning.Steps(data, view)
    plain, noisy = steps.run({"x": X}), steps.run({"x": X}, np.random.default_rng(0))
    assert np.array_equal(plain["a"], noisy["a"]) and np.array_equal(plain["b"], noisy["b"])
    assert not np.array_equal(plain["c"], noisy["c"]) and np.allclose(plain["c"], noisy["c"], rtol=1e-6)


def test_a_session_that_keeps_state_is_reported():
    nodes = [helper.make_node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y", "rm", "rv"], training_mode=1), helper.make_node("Neg", ["rm"], ["z"])]
    shape = (2, 3, 4)
    data, view = model(nodes, {"s": np.ones(3), "b": np.zeros(3), "m": np.zeros(3), "v": np.ones(3)}, {"z": (3,), "rm": (3,), "rv": (3,)}, shape)
    del view.outputs[1:]
    m = onnx.load_model_from_string(data)
    del m.graph.output[1:]
    feeds = [{"x": np.random.default_rng(i).standard_normal(shape).astype(np.float32)} for i in range(3)]
    found = list(runtime.run(m.SerializeToString(), view, {"outputs": []}, feeds, lambda s: None, {}))
    assert {kind for kind, _, _ in found} == {"state"}
    assert not list(runtime.run(m.SerializeToString(), view, {"outputs": []}, feeds, lambda s: None, {}, {"BatchNormalization"}))


def test_agreement():
    a = np.array([1.0, 2.0, 1e-9], np.float32)
    assert compare.agree(a, a * np.float32(1.0005)) is None
    assert "2 of 3" in compare.agree(a, a * np.float32(1.002))
    assert compare.agree(a, a.astype(np.float64)) and compare.agree(a, a[:2])
    assert compare.agree(np.array([1]), np.array([2])) == "1 of 1 values differ"
    assert compare.agree(np.array([1e-4, 1e3], np.float32), np.array([0, 1e3], np.float32)) is None
    assert compare.agree(np.array([1e-4, 1], np.float32), np.array([0, 1], np.float32))
    assert compare.agree(np.array([1, 2], np.float32), np.array([np.inf, 3], np.float32)) == "np.float32(1.0) and np.float32(inf), 2 of 2 values differ"


def examined(tmp_path, nodes, inits, shape=(2, 3, 4)):
    """What the comparison says of a model that was written as nngen writes one."""
    outputs = {nodes[-1].output[0]: shape}
    data, _ = model(nodes, inits, outputs, shape)
    (tmp_path / "m" / "test_data_set_0").mkdir(parents=True)
    (tmp_path / "m" / "model.onnx").write_bytes(data)
    x = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    (tmp_path / "m" / "test_data_set_0" / "input_0.pb").write_bytes(numpy_helper.from_array(x, "x").SerializeToString())
    record = {"name": "m", "inputs": [{"name": "x", "type": "float32", "shape": list(shape), "interval": [-1, 1]}]}
    return compare.examine({"root": str(tmp_path), "record": record})


def test_each_node_is_compared_with_the_values_before_it_as_they_are(tmp_path):
    nodes = [helper.make_node("LpNormalization", ["x"], ["a"], p=1), helper.make_node("Neg", ["a"], ["b"]), helper.make_node("Neg", ["b"], ["c"])]
    r = examined(tmp_path, nodes, {})
    assert not r["problems"]
    assert r["facts"]["compare"] == {"levels": {"Neg": {"correct": 1}}, "reference": {"LpNormalization": {"quirk": 1}, "Neg": {"correct": 2}},
                                     "quirks": {"lpnormalization-negative": {"times": 1}}}


def test_what_no_quirk_explains_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(quirks, "QUIRKS", [])
    r = examined(tmp_path, [helper.make_node("LpNormalization", ["x"], ["a"], p=1), helper.make_node("Neg", ["a"], ["c"])], {})
    [(kind, words, op)] = r["problems"]
    assert (kind, op) == ("reference-mismatch", "LpNormalization") and ("outside its bound in the reference evaluator" in words or "values differ" in words)
    r = examined(tmp_path / "2", [helper.make_node("Pad", ["x", "p"], ["c"])], {"p": np.array([0, 0, -1, 0, 0, 1])})
    [(kind, words, op)] = r["problems"]
    assert (kind, op) == ("reference-failed", "Pad") and "ValueError" in words


def test_the_levels_of_an_ill_conditioned_model(monkeypatch):
    nodes = [helper.make_node("Mul", ["x", "inverse"], ["a"]), helper.make_node("Floor", ["a"], ["b"]), helper.make_node("Neg", ["b"], ["c"])]
    data, view = model(nodes, {"inverse": JUST_BELOW}, {"c": (8,)})
    plain = runtime.session(data, "none").run(None, {"x": X})
    assert compare.by_levels(data, view, {"x": X}, plain, plain)[0] == "correct"
    assert compare.by_levels(data, view, {"x": X}, plain, [plain[0] - 1])[0] == "rounding"
    assert compare.by_levels(data, view, {"x": X}, plain, [plain[0] / 100])[0] == "mismatch"


def test_the_reference_confirms_the_run_without_optimisations(monkeypatch):
    nodes = [helper.make_node("LpNormalization", ["x"], ["a"], p=1), helper.make_node("Neg", ["a"], ["c"])]
    data, view = model(nodes, {}, {"c": (8,)})
    assert compare.confirmed(data, view, {"x": X})
    assert compare.confirmed(data, view, {"x": -X})  # a quirk of the reference
    monkeypatch.setattr(quirks, "QUIRKS", [])
    assert not compare.confirmed(data, view, {"x": -X})


@pytest.mark.parametrize("kind, message, alone", [("run-all", "", True), ("levels", "", True), ("load-all", "", True), ("run-none", "", False),
                                                  ("runtime-shape", "optimisation all: x", True), ("runtime-shape", "optimisation none: x", False),
                                                  ("run-shape", "optimisation all, data set 0: x", True), ("run-shape", "optimisation none, data set 0: x", False),
                                                  ("not-finite", "optimisation all: x", False)])
def test_problems_of_optimisations_alone(kind, message, alone):
    assert judge.optimised((kind, message, "Add")) is alone


def third_dies(task, stage):
    stage("working")
    if task == 3:
        raise SystemExit(7)
    return {"problems": [], "task": task}


def test_only_the_task_that_crashes_in_a_batch_is_lost():
    with Pool(1, third_dies) as p:
        results = sorted(p.map(range(40)), key=lambda x: x[0])
    assert [t for t, _ in results] == list(range(40))
    assert [t for t, r in results if r["problems"]] == [3]
    assert results[3][1]["problems"][0][0] == "crash" and "working" in results[3][1]["problems"][0][1]
