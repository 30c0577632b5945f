"""The judge goes by the bounds of a corpus that has them."""
import hashlib
import json
import shutil
import subprocess

import numpy as np
import pytest
from onnx import helper

from check.test_comparison import X, model
from nngen.judge import bounds, compare, driver, expected, judge, runtime, validate
from nngen.judge.workers import Pool

NODES = [helper.make_node("Neg", ["x"], ["a"]), helper.make_node("Exp", ["a"], ["c"])]


def found(error, shift=0.0):
    v = (np.exp(-X.astype(np.float64)) + shift).astype(np.float32)
    return [(v, np.full(v.shape, error))]


@pytest.mark.parametrize("error, shift, kinds", [(1e-6, 0.0, []), (1e-6, 1e-5, ["bound", "bound"]), (1e-4, 1e-5, []), (np.inf, 1.0, [])])
def test_each_level_is_judged_by_bounds(error, shift, kinds):
    data, view = model(NODES, {}, {"c": (8,)})
    facts = {}
    said = list(runtime.run(data, view, {"outputs": []}, [{"x": X}], lambda s: None, facts, found=[found(error, shift)]))
    assert [kind for kind, _, _ in said] == kinds
    for (_, words, op), level in zip(said, ("all", "none")):
        assert words.startswith(f"optimisation {level}, data set 0: 'c'[") and "bounds away; 8 of 8 outside" in words and op == "Exp"
    assert facts["outputs_differ"] == {}  # the levels need not be compared with each other


def test_feeds_without_expected_outputs_are_compared_by_levels():
    data, view = model(NODES, {}, {"c": (8,)})
    facts = {}
    assert not list(runtime.run(data, view, {"outputs": []}, [{"x": X}, {"x": X / 2}], lambda s: None, facts, found=[found(1e-6)]))
    assert set(facts["outputs_differ"]) == {(1, "c")}


@pytest.mark.parametrize("level, alone", [("all", True), ("none", False)])
def test_outside_only_with_optimisations(level, alone):
    assert judge.optimised(("bound", f"optimisation {level}, data set 0: 'c'[0] is 1.0", "Exp")) is alone


def test_levels_by_bounds():
    data, view = model(NODES, {}, {"c": (8,)})
    [(v, _)] = right = found(1e-6)
    assert compare.by_levels(data, view, {"x": X}, [v], [v], right) == ("correct", "")
    what, words = compare.by_levels(data, view, {"x": X}, [v], [v + np.float32(1e-5)], right)
    assert what == "mismatch" and words.startswith("'c' outside its bound in ONNX Runtime:")
    what, words = compare.by_levels(data, view, {"x": X}, [v], [v[:4]], right)
    assert what == "mismatch" and "float32[4]" in words


@pytest.mark.parametrize("v, e, words", [(np.zeros(8, np.float32), np.zeros(8), None), (np.zeros(4, np.float32), np.zeros(4), "declared"),
                                         (np.full(8, np.nan, np.float32), np.zeros(8), "not finite"), (np.zeros(8, np.float32), -np.ones(8), "bound"),
                                         (np.zeros(8, np.float32), np.full(8, np.nan), "bound")])
def test_what_the_files_must_be(tmp_path, v, e, words):
    _, view = model(NODES, {}, {"c": (8,)})
    (tmp_path / "test_data_set_0").mkdir()
    bounds.write(tmp_path / "test_data_set_0", ["c"], [(v, e)])
    got, bad = expected.own(tmp_path, view, {"outputs": True, "inputs": 1, "input_mode": "uniform"})
    assert (got == [None]) == bool(bad) == (words is not None)
    assert words is None or words in bad[0][1]


def test_sets_that_are_no_feeds_have_no_expected_outputs(tmp_path):
    _, view = model(NODES, {}, {"c": (8,)})
    for k in range(2):
        (tmp_path / f"test_data_set_{k}").mkdir()
        bounds.write(tmp_path / f"test_data_set_{k}", ["c"], found(0.5, k))
    got, bad = expected.own(tmp_path, view, {"outputs": True, "inputs": 2, "input_mode": "nan,uniform"})
    assert not bad and len(got) == 1 and got[0][0][0][0] == found(0.5, 1)[0][0][0]
    assert expected.own(tmp_path, view, {"inputs": 2, "input_mode": "uniform"}) == ([], [])
    bounds.write(tmp_path / "test_data_set_0", ["c"], [(np.full(8, np.nan, np.float32), np.full(8, np.nan))])  # of inputs with NaN
    assert not expected.own(tmp_path, view, {"outputs": True, "inputs": 2, "input_mode": "nan,uniform"})[1]
    assert expected.own(tmp_path, view, {"outputs": True, "inputs": 2, "input_mode": "uniform"})[1]
    (tmp_path / "test_data_set_1/bound_0.pb").unlink()
    assert "bound_0.pb" in expected.own(tmp_path, view, {"outputs": True, "inputs": 2, "input_mode": "uniform"})[1][-1][1]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    root = tmp_path_factory.mktemp("bounded")
    subprocess.run([driver.ROOT / driver.BUILD / "nngen", "--nodes", "15", "--count", "4", "--inputs", "2", "--outputs", "--quiet", "--out", root / "c"], check=True)
    return root


def judged(root):
    with Pool(1, judge.judge) as pool:
        return [(p.kind, p.model, p.message) for p in validate.validate(root, pool, whole=False).problems]


def test_a_corpus_with_outputs(corpus):
    assert judged(corpus / "c") == []


def test_an_expected_output_that_is_wrong(corpus):
    """And a file that is missing."""
    wrong = corpus / "wrong"
    shutil.copytree(corpus / "c", wrong)
    lines = [json.loads(x) for x in (wrong / "models.jsonl").read_text().splitlines()]
    data = wrong / "test_000001/test_data_set_1"
    right = bounds.Files(wrong / "test_000001").read(1, [x["name"] for x in lines[1]["outputs"]])
    bounds.write(data, [x["name"] for x in lines[1]["outputs"]], [((v + 1).astype(v.dtype) if v.dtype.kind == "f" else v, np.zeros(v.shape)) for v, _ in right])
    for name in lines[1]["files"]:
        lines[1]["files"][name] = hashlib.sha256((wrong / "test_000001" / name).read_bytes()).hexdigest()
    (wrong / "test_000002/test_data_set_0/bound_0.pb").unlink()
    (wrong / "models.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    said = judged(wrong)
    assert {(kind, name) for kind, name, _ in said} == {("bound", "test_000001"), ("files", "test_000002"), ("output", "test_000002")}
    assert {words.split(": ")[0] for kind, _, words in said if kind == "bound"} == {"optimisation all, data set 1", "optimisation none, data set 1"}
