"""The comparison of generators on models of which it is known what they are worth."""
import json
import os
import sys

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

from nngen.study import differences
from nngen.study.cases import find_models
from peers import __main__ as program
from peers import generators, quality, race, table

NNGEN = os.environ.get("NNGEN", "build/default/nngen")


def put(place, text, inputs=()):
    """A model, and its inputs as data set 0."""
    place.mkdir(parents=True)
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> {text}')
    onnx.save(model, place / "model.onnx")
    (place / "test_data_set_0").mkdir()
    for i, (x, value) in enumerate(zip(model.graph.input, inputs)):
        (place / "test_data_set_0" / f"input_{i}.pb").write_bytes(numpy_helper.from_array(np.array(value, np.float32), x.name).SerializeToString())
    return place / "model.onnx"


MODELS = {
    "good": ("g (float[2] x) => (float[2] y) { y = Relu(x) }", [[1, -1]]),
    "infinite": ("g (float[2] x) => (float[2] y) { a = Sub(x, x) y = Reciprocal(a) }", [[1, 2]]),
    "folded": ("g () => (float[2] y) <float[2] w = {1, 2}> { a = Abs(w) y = Neg(a) }", []),
    "half": ("g (float[2] x) => (float[2] y, float[2] z) <float[2] w = {1, 2}> { z = Abs(w) y = Add(x, z) }", [[1, 2]]),
    "ill-typed": ("g (float[2] x) => (float[3] y) { y = Relu(x) }", [[1, 2]]),
    "unknown": ("g (float[2] x) => (float[2] y) { y = NoSuchOperator(x) }", [[1, 2]]),
    "within": ("g (float[2] x, bool c) => (float[2] y) { y = If(c) <then_branch = t () => (float[2] a) { a = Neg(x) }, else_branch = e () => (float[2] b) { b = Abs(x) }> }", []),
}


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    for name, (text, inputs) in MODELS.items():
        put(root / name, text, inputs)
    return quality.measure(find_models(root))


def test_validity_running_and_finiteness_are_told_apart(facts):
    assert {n: (not f["invalid"], not f["fails"], f["finite"]) for n, f in facts.items() if n != "within"} == {
        "good": (True, True, True), "infinite": (True, True, False), "folded": (True, True, True), "half": (True, True, True),
        "ill-typed": (False, facts["ill-typed"]["fails"] == "", facts["ill-typed"]["finite"]), "unknown": (False, False, False)}


def test_nodes_that_depend_on_an_input_are_counted(facts):
    assert {n: (f["nodes"], f["live"], f["inputs"]) for n, f in facts.items()} == {
        "good": (1, 1, 1), "infinite": (2, 2, 1), "folded": (2, 0, 0), "half": (2, 1, 1), "ill-typed": (1, 1, 1), "unknown": (1, 1, 1), "within": (1, 1, 2)}


def test_generated_families_have_their_batch_as_seed(tmp_path):
    g = generators.Nngen(NNGEN, 3)
    got = [g.batch(tmp_path / str(k), 2, k) for k in (5, 6)]
    assert [b.made for b in got] == [2, 2] and all(b.seconds > 0 for b in got)
    assert [json.loads((tmp_path / k / "manifest.json").read_text())["options"]["seed"] for k in "56"] == [5, 6]
    assert (tmp_path / "5" / "test_000000" / "test_data_set_0" / "output_0.pb").exists()


def test_node_tests_go_on_where_they_were_and_end(tmp_path):
    g = generators.NodeTests()
    first = g.batch(tmp_path / "a", 3, 0)
    again = generators.NodeTests()
    again.go_on(g.at)
    assert first.made == again.batch(tmp_path / "b", 3, 1).made == 3
    names = [{n for n, _ in find_models(tmp_path / k)} for k in "ab"]
    assert len(names[0]) == len(names[1]) == 3 and not names[0] & names[1]
    assert len(g.cases) > 1500
    again.at = len(again.cases) - 1
    assert again.batch(tmp_path / "c", 3, 2).made == 1


def test_models_of_a_folder_bring_their_data(tmp_path):
    for name in ("a", "b", "c"):
        put(tmp_path / "given" / name, *MODELS["good"])
    g = generators.Folder(tmp_path / "given")
    assert [g.batch(tmp_path / "0", 2, 0).made, g.batch(tmp_path / "1", 2, 1).made] == [2, 1]
    assert [n for n, _ in find_models(tmp_path / "1")] == ["test_000002"]
    assert (tmp_path / "1" / "test_000002" / "test_data_set_0" / "input_0.pb").exists()


STAND_IN = """
import json, sys, time
for line in sys.stdin:
    seed, _, folder = line.strip().partition(" ")
    if seed == "2":
        time.sleep(600)
    print(json.dumps({"made": seed != "3", "why": "" if seed != "3" else "no solution", "seconds": float(seed)}), flush=True)
"""


def test_a_peer_that_gives_no_model_in_time_is_ended_and_goes_on(tmp_path):
    g = generators.NNSmith(sys.executable, 15, patience=10)
    g.command = [sys.executable, "-c", STAND_IN]
    try:
        got = g.batch(tmp_path, 3, 0)
        assert (got.made, got.failed) == (3, {"no model in time": 1, "no solution": 1})
        assert g.at == 5  # seeds 1, 4 and 5 gave a model
        assert 4.5 < got.seconds < 6  # what the second process said, and the time of the first
    finally:
        g.close()


FAR = {"abs": 5.0, "excess": {differences.key(r): 5.0 for r in differences.RTOLS}}


def result(target="t", model="m", status="ok", error="", stage="run", bounds=False, **output):
    outputs = [{"name": "y", **output}]
    return {"target": target, "model": model, "status": status, "error": error, "stage": stage, "outputs": outputs, **({"bounds": True} if bounds else {})}


def test_errors_are_counted_by_kind_and_only_of_valid_models():
    found = race.counted([
        result(model="a", status="failed", error="Op X is not implemented"), result(model="b", status="failed", error="internal: 3 != 4"),
        result(model="c", status="failed", error="internal: 5 != 6"), result(model="d", status="crash", error="SIGSEGV"),
        result(model="e", **FAR), result(model="f"), result(model="invalid", status="crash", error="SIGABRT"),
        result(model="g", status="no reference"), result(target=race.JUDGE, model="a", status="failed", error="no kernel")], set("abcdefg"))
    assert {k: len(v) if isinstance(v, set) else v for k, v in found["t"].items()} == {"missing": 1, "refused": 1, "gone": 1, "wrong": 1, "judged": 2}
    assert set(found) == {"t"}


def test_bounds_decide_where_there_are_any():
    assert race.outcome(result(**FAR)) == "value mismatch"
    assert race.outcome(result(bounds=True, **FAR)) == "correct"
    assert race.outcome(result(bounds=True, outside={"ratio": 2.0, "set": 0})) == "outside its bound"


@pytest.mark.parametrize("text, missing", [
    ("[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation for Foo(17)", True), ("Unimplemented: Operator can not be made a TypedOp", True),
    ("OpConversionFailure: unsupported op", True), ("Only float32 is supported", True), ("Shape mismatch attempting to re-use buffer", False),
    ("Impossible to unify Val(3) with Val(4)", False), ("list index out of range", False)])
def test_what_is_missing_is_no_defect(text, missing):
    assert bool(race.MISSING.search(text)) == missing


@pytest.mark.skipif(not os.path.exists(NNGEN), reason="nngen is not built")
def test_a_race_goes_on_from_its_rounds_and_becomes_one_run(tmp_path):
    """With a folder as generator and one target: its rounds, the joined run, and the table."""
    for name in ("good", "infinite", "half"):
        put(tmp_path / "given" / name, *MODELS[name])
    out = tmp_path / "out"
    base = [f"own={tmp_path / 'given'}", "--generators", "own", "--nngen", NNGEN, "--targets", "onnxruntime-all", "--consumers", "", "--batch", "2", "--reduce", "0", "--out", str(out)]
    o = program.options([*base, "--minutes", "0.0001"])
    source = program.generator("own", o)
    first = race.go(source, out / "own", 0.001, 2, ["onnxruntime-all"], NNGEN, 60)
    assert [r["made"] for r in first] == [2]
    found = program.measured("own", program.generator("own", program.options([*base, "--minutes", "5"])), program.options([*base, "--minutes", "5"]), out / "own")
    assert [r["made"] for r in found["rounds"]] == [2, 1] and found["rounds"][0] == first[0]
    assert sorted(found["facts"]) == ["round-000/test_000000", "round-000/test_000001", "round-001/test_000002"]
    assert found["errors"]["onnxruntime-all"] == {"missing": [], "refused": [], "gone": [], "wrong": [], "judged": 3}
    text = table.markdown([found], None, {"Isra": "cannot be had"}, {}, o)
    assert "| models made in the time | 3 |" in text and "| of these, all outputs finite | 2 (67 %) |" in text and "Not measured: Isra: cannot be had" in text
    assert found["unbounded"] == 0 and "| operators | 5 |" in text


def test_what_is_not_installed_is_said(tmp_path):
    o = program.options(["--nnsmith", str(tmp_path / "none"), f"empty={tmp_path}"])
    assert "make peers" in program.generator("NNSmith", o)
    assert "no models" in program.generator("empty", o)
    assert program.generator("other", o) == "no such generator"
