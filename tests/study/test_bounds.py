"""Corpora with expected outputs: they, and not a runtime, say what is right; each element has a bound of its own."""
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from nngen.judge import bounds, driver
from nngen.study import case, cases, curves, engine, outcomes, reduce, report, targets, vote
from study.test_study import MODULES, save

BOUND = next(t for t in outcomes.tolerances() if "bound" in t)
FUNCTIONS = {"Abs": np.abs, "Relu": lambda x: np.maximum(x, 0), "Neg": np.negative}


def with_bounds(folder, operators, e, shift=0.0, sets=2):
    """A model with expected outputs, moved by `shift`, whose elements all have the bound e."""
    save(folder, operators, sets)
    for data in case.data_sets(folder):
        v = numpy_helper.to_array(onnx.load_tensor(data / "input_0.pb"))
        for op in operators:
            v = FUNCTIONS[op](v)
        bounds.write(data, [f"t{len(operators)}"], [((v + np.float32(shift)).astype(np.float32), np.full(v.shape, e))])


def run(root, wanted):
    engine.Run(root / "c", root / "o", wanted, modules=MODULES, quiet=True).go()
    return {(r["target"], r["model"]): r for r in engine.read_results(root / "o")}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Models whose bounds are below and above the planted fault of 1e-6, whose expected output is another one, or of which nothing is known."""
    root = tmp_path_factory.mktemp("bounds")
    with_bounds(root / "c/test_000000", ["Relu"], 1e-7)
    with_bounds(root / "c/test_000001", ["Relu", "Neg"], 1e-5)
    with_bounds(root / "c/test_000002", ["Abs"], 1e-7, shift=0.5)
    with_bounds(root / "c/test_000003", ["Relu"], np.inf)
    return root, run(root, ["fault-none", "fault-value", "fault-nan", "fault-shape"])


def by_bound(found, target):
    return [outcomes.outcome(found[target, f"test_{i:06d}"], BOUND) for i in range(4)]


def test_outcomes_are_those_of_the_expected_outputs(judged):
    _, found = judged
    outside = "outside its bound"
    assert by_bound(found, "fault-none") == ["correct", "correct", outside, "correct"]
    assert by_bound(found, "fault-value") == [outside, "correct", outside, "correct"]
    assert by_bound(found, "fault-nan") == ["NaN/Inf difference", "NaN/Inf difference", outside, "correct"]
    assert by_bound(found, "fault-shape") == ["shape difference", "shape difference", outside, "shape difference"]


def test_the_reference_is_judged_as_others_are(judged):
    _, found = judged
    assert by_bound(found, targets.REFERENCE) == ["correct", "correct", "outside its bound", "correct"]
    assert not list((judged[0] / "o/reference").iterdir())  # its outputs are not needed


def test_a_model_that_the_reference_cannot_run_is_judged(tmp_path):
    with_bounds(tmp_path / "c/test_000000", ["Relu"], 1e-7)
    save(tmp_path / "c/test_000001", ["Relu"])
    r = engine.Run(tmp_path / "c", tmp_path / "o", ["fault-none"], modules=MODULES, quiet=True)
    r.reference = targets.REGISTRY["fault-load"]
    r.go()
    found = {r["model"]: outcomes.outcome(r, BOUND) for r in engine.read_results(tmp_path / "o") if r["target"] == "fault-none"}
    assert found == {"test_000000": "correct", "test_000001": "no reference"}


def test_the_worst_element_is_told(judged):
    _, found = judged
    [o] = found["fault-value", "test_000000"]["outputs"]
    assert o["outside"]["count"] == 2 and o["outside"]["index"] == [1, 2] and 5 < o["outside"]["ratio"] < 20 and o["outside"]["set"] in (0, 1)
    assert o["outside"]["got"] - o["outside"]["expected"] == pytest.approx(1e-6, rel=0.2)
    assert "bounds away; 2 of 12 outside" in bounds.words(o["outside"])


def test_tolerances_against_bounds(judged):
    """1e-7 flags the model that lies inside its bounds, and 1e-5 passes the one outside."""
    results = list(judged[1].values())
    levels = outcomes.levels(results)
    assert levels[0] == BOUND
    c = outcomes.against_bounds(results, levels)["fault-value"]
    assert c["all"]["judged"] == 4 and c["all"]["outside"] == 2 and c[1]["outside"] == 2 and c[2]["outside"] == 0
    assert c["all"]["alarms"]["1e-7"] == 2 and c["all"]["missed"]["1e-5"] == 1 and c["all"]["missed"]["1e-7"] == 0
    text = outcomes.bounds_text(results, levels)
    assert "2/0" in text and "test_000002 t1[" in text
    assert "fault-shape" not in outcomes.against_bounds([r for r in results if r["model"] != "test_000002"], levels)  # nothing could be compared


def test_without_bounds_the_tolerances_are_left(tmp_path):
    save(tmp_path / "c/test_000000", ["Relu"])
    results = list(run(tmp_path, ["fault-value"]).values())
    assert BOUND not in outcomes.levels(results) and not outcomes.bounds_text(results, outcomes.levels(results))
    assert {outcomes.outcome(r, BOUND) for r in results} == {"no bound"}
    assert "no bound" not in outcomes.as_text(outcomes.table(results, outcomes.tolerances()[0]), outcomes.tolerances()[0])


def test_every_data_set_must_have_bounds(tmp_path):
    with_bounds(tmp_path, ["Relu"], 1e-7)
    assert case.bounded(tmp_path)
    (tmp_path / "test_data_set_1/bound_0.pb").unlink()
    assert not case.bounded(tmp_path)


def test_expected_outputs_vote(judged):
    root, _ = judged
    oracles = {t: reduce.Oracle(t, outcomes.tolerance("loose"), MODULES) for t in ("fault-none", "fault-value")}
    try:
        found = vote.vote(oracles, root / "c/test_000000/model.onnx", outcomes.tolerance("loose"))
        assert found["fault-none"] == ("correct", "") and found["fault-value"][0] == "outside its bound" and "bounds away" in found["fault-value"][1]
    finally:
        for o in oracles.values():
            o.close()


def test_the_page_has_them(judged):
    root, _ = judged
    report.write(root / "o", root / "o/report.html")
    page, _, _ = report.data(root / "o")
    assert page["bounds"]["fault-value"]["all"]["outside"] == 2 and page["tolerances"][0]["name"] == "bound"
    assert sum(page["counts"]["bound"]["fault-value"]["1"].values()) == 3


def packed(folder, sets):
    """The same model with its files in .npz."""
    files, names = bounds.Files(folder), ["t1"]
    found = [files.read(k, names)[0] for k in range(sets)]
    inputs = [numpy_helper.to_array(onnx.load_tensor(folder / f"test_data_set_{k}/input_0.pb")) for k in range(sets)]
    np.savez(folder / "inputs.npz", t0=np.stack(inputs))
    np.savez(folder / "outputs.npz", t1=np.stack([v for v, _ in found]))
    np.savez(folder / "bounds.npz", t1=np.stack([e for _, e in found]).astype(np.float32))
    for data in case.data_sets(folder):
        shutil.rmtree(data)


def test_outputs_and_bounds_in_archives(tmp_path):
    with_bounds(tmp_path / "c/test_000000", ["Relu"], 1e-7)
    with_bounds(tmp_path / "c/test_000001", ["Abs"], 1e-7, shift=0.5)
    for i in range(2):
        packed(tmp_path / f"c/test_{i:06d}", 2)
    found = run(tmp_path, ["fault-value"])
    assert [outcomes.outcome(found["fault-value", f"test_{i:06d}"], BOUND) for i in range(2)] == ["outside its bound"] * 2
    assert outcomes.outcome(found[targets.REFERENCE, "test_000000"], BOUND) == "correct" and found["fault-value", "test_000000"]["outputs"][0]["outside"]["count"] == 2


EVALUATOR = """#!{python}
import sys, pathlib, numpy as np, onnx
from onnx import numpy_helper
sys.path.insert(0, {path!r})
from nngen.judge import bounds
assert sys.argv[1] == "eval" and sys.argv[3] == "--set" and sys.argv[5] == "--out"
path, k, out = pathlib.Path(sys.argv[2]), sys.argv[4], pathlib.Path(sys.argv[6])
graph = onnx.load(path).graph
if graph.node[0].op_type != "Relu":
    sys.exit(f"{{graph.node[0].op_type}}: not in the table")
x = numpy_helper.to_array(onnx.load_tensor(path.parent / f"test_data_set_{{k}}/input_0.pb"))
out.mkdir()
bounds.write(out, ["t1"], [(np.maximum(x, 0), np.full(x.shape, 1e-7))])
"""


def test_models_without_expected_outputs_get_them_from_nngen_eval(tmp_path):
    """One that the program cannot evaluate keeps the tolerances, and unbounded.json says why."""
    save(tmp_path / "c/test_000000", ["Relu"])
    save(tmp_path / "c/test_000001", ["Abs"])
    nngen = tmp_path / "nngen"
    nngen.write_text(EVALUATOR.format(python=sys.executable, path=os.path.abspath("gen/python")))
    nngen.chmod(0o755)
    for _ in range(2):  # the second takes what the first has made
        engine.Run(tmp_path / "c", tmp_path / "o", ["fault-value"], modules=MODULES, quiet=True, nngen=str(nngen)).go()
    found = {(r["target"], r["model"]): outcomes.outcome(r, BOUND) for r in engine.read_results(tmp_path / "o")}
    assert found["fault-value", "test_000000"] == "outside its bound" and found["fault-value", "test_000001"] == "no bound"
    assert found[targets.REFERENCE, "test_000000"] == "correct"
    assert json.loads((tmp_path / "o/unbounded.json").read_text()) == {"test_000001": "Abs: not in the table"}
    oracle = reduce.Oracle("fault-value", outcomes.tolerance("loose"), MODULES)
    try:
        path = tmp_path / "c/test_000000/model.onnx"
        assert vote.vote({"fault-value": oracle}, path, oracle.level, str(nngen))["fault-value"][0] == "outside its bound"
        assert vote.vote({"fault-value": oracle}, path, oracle.level)["fault-value"][0] == "correct"
    finally:
        oracle.close()


@pytest.mark.parametrize("y, v, e, bad", [(1.0, 1.0, 0.0, False), (1.5, 1.0, 0.5, False), (1.5, 1.0, 0.25, True), (np.nan, 1.0, 0.5, True), (np.nan, 1.0, np.inf, False),
                                          (np.inf, 1.0, 9.0, True), (np.inf, np.inf, 0.0, False)])
def test_one_element(y, v, e, bad):
    found = bounds.judge(np.array([y], np.float32), np.array([v], np.float32), np.array([e]))
    assert (found is not None) == bad


def test_whole_numbers_are_exact():
    v = np.array([2**53 + 1, 2**62], np.int64)
    assert bounds.judge(v, v, np.zeros(2)) is None
    assert bounds.judge(v - [1, 0], v, np.zeros(2))["index"] == [0]


def test_tolerances_that_a_difference_needs():
    need = curves.least(np.array([1.001, 0.0], np.float64), np.array([1.0, 1e-8], np.float64))
    assert need["absolute"] == pytest.approx(1e-3) and need["relative"] == pytest.approx(1e-3, rel=1e-3) and need["both"] == pytest.approx(5e-4)
    assert curves.least(np.array([np.nan]), np.array([1.0]))["both"] == np.inf
    assert set(curves.least(np.array([3]), np.array([3])).values()) == {0.0}


needs_programs = pytest.mark.skipif(not driver.PROGRAM.exists(), reason="make unit-programs builds the driver")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Curves of a small corpus."""
    root = tmp_path_factory.mktemp("curves")
    subprocess.run([driver.ROOT / driver.BUILD / "nngen", "--nodes", "15", "--count", "12", "--seed", "3", "--outputs", "--quiet", "--out", root / "c"], check=True)
    models = cases.find_models(root / "c")
    return root, models, curves.compute(models, count=6)


@needs_programs
def test_curves_fall_and_bounds_raise_no_alarm(measured):
    _, models, s = measured
    assert s["runs"] + s["outside"] == 2 * len(models) and s["visible"] > 30 and 0 < s["bound"] <= 1 and s["local"] > 0.9
    for form in curves.FORMS:
        for line in (s["alarms"][form], s["detection"][form]):
            assert all(a >= b for a, b in zip(line, line[1:]))
        assert s["alarms"][form][0] > 0.5 and s["detection"][form][-1] < s["bound"]
    assert sum(k["planted"] for k in s["kinds"][:-1]) == s["kinds"][-1]["planted"] == s["planted"]


@needs_programs
def test_models_without_types_are_no_samples(tmp_path):
    save(tmp_path / "c/a", ["Abs", "Relu"])
    with pytest.raises(SystemExit, match="no model has types with fixed dims"):
        curves.compute(cases.find_models(tmp_path / "c"))


@needs_programs
def test_curves_are_the_same_each_time(measured):
    _, models, s = measured
    assert curves.compute(models, count=6) == s and curves.compute(models, count=6, seed=2) != s


@needs_programs
def test_curves_are_in_the_page(measured):
    root, _, s = measured
    (root / "o").mkdir()
    (root / "o/curves.json").write_text(json.dumps(s))
    text = curves.section(root / "o")
    assert "<svg" in text and f"{s['bound']:.1%}" in text
    assert ET.fromstring(curves.svg(s)).tag.endswith("svg") and curves.svg(s).count('class="seen"') == 1 + len(curves.FORMS)
    assert len(curves.as_csv(s).splitlines()) == 3 + len(curves.FORMS) * len(s["levels"])
    assert "nngen-study curves" in curves.section(root)
