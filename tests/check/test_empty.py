"""Models with empty tensors: what a runtime does wrong there is listed, if onnx's reference evaluator agrees with the model."""
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from nngen.judge import empty, validate
from nngen.judge.view import View

NNGEN = str(Path(os.environ.get("NNGEN", Path(__file__).resolve().parents[2] / "build" / "default" / "nngen")).resolve())
CRASH = {"problems": [("crash", "SIGSEGV in stage run-all", "")], "notes": [], "stats": None, "facts": {}}
FINE = {"problems": [], "notes": [("empty-runtime", "crash: SIGSEGV in stage run-all", "GRU")], "stats": None, "facts": {}}


def model(rows=0, declared=None):
    """The sum of no products, plus 1."""
    nodes = [helper.make_node("MatMul", ["x", "w"], ["p"], "MatMul_0"), helper.make_node("Add", ["p", "one"], ["y"], "Add_1")]
    real = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    inits = [helper.make_tensor("w", TensorProto.FLOAT, [rows, 3], [0.5] * 3 * rows), helper.make_tensor("one", TensorProto.FLOAT, [], [1.0])]
    g = helper.make_graph(nodes, "g", [real("x", 2, rows)], [real("y", 2, 3)], inits, value_info=[real("p", *(declared or (2, 3)))])
    return View(helper.make_model(g, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))


def feed(rows=0):
    return {"x": np.ones((2, rows), np.float32)}


def test_nodes_with_empty_tensors():
    view = model()
    assert empty.present(view) and [empty.touching(view, n) for n in view.nodes] == [True, False]
    assert not empty.present(model(1))


@pytest.mark.parametrize("problem, its", [
    (("run-none", "while running MatMul node. Name:'MatMul_0' Status Message: no", "MatMul"), True),
    (("run-none", "while running Add node. Name:'Add_1' Status Message: no", "Add"), False),
    (("load-all", "Node (ReorderOutput) Op (ReorderOutput) invalid channel count", "ReorderOutput"), True),
    (("crash", "SIGFPE in stage run-all: said Add_1 before", ""), True),
    (("checker", "a wrong shape", ""), False),
    (("interval", "uniform input: 'p' has values 2..3 outside [0, 1]", "MatMul"), False)])
def test_whose_problem(problem, its):
    assert empty.of_runtime(problem, model()) == its


def test_the_reference_evaluator_agrees_with_the_model():
    assert list(empty.faults(model(), feed())) == []


def test_the_reference_evaluator_has_something_against_a_shape():
    first = next(empty.faults(model(declared=(2, 0)), feed()))
    assert first[1] == "MatMul" and "'p' is [2, 3], declared [2, 0]" in first[0]


def test_a_problem_stays_where_the_reference_evaluator_disagrees():
    crash = ("crash", "SIGSEGV in stage run-all", "")
    for view, left in ((model(), []), (model(declared=(2, 0)), ["crash", "reference"])):
        problems, notes = [crash], []
        empty.judge(view.model.SerializeToString(), view, feed(), problems, notes)
        assert sorted({kind for kind, _, _ in problems}) == left and bool(notes) != bool(left)


def test_operators_that_crash_alone(monkeypatch):
    monkeypatch.setattr(empty.runtime, "session", lambda data, level: empty.os.kill(empty.os.getpid(), 9))
    assert list(empty.crashed(model(), feed())) == ["MatMul"]


class Lossy:
    """A pool that loses its worker at each model, unless the runtime is not to run."""

    def map(self, tasks):
        for t in tasks:
            yield t, FINE if t.get("lost") else CRASH


@pytest.mark.parametrize("options, result", [({"empty": "1"}, FINE), ({}, CRASH)])
def test_a_model_at_which_the_runtime_crashes_is_judged_without_it(options, result):
    tasks = [{"manifest": {"options": options}, "record": {"name": f"test_{i:06}"}} for i in range(3)]
    found = list(validate.answers(Lossy(), tasks))
    assert len(found) == 3 and all(r == result for _, r in found)
    assert all(t.get("lost", CRASH["problems"]) == CRASH["problems"] for t, _ in found)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    out = tmp_path_factory.mktemp("empty") / "c"
    subprocess.run([NNGEN, "--empty", "1", "--nodes", "10", "--count", "40", "--seed", "12", "--outputs", "--intervals", "--out", out, "--quiet"], check=True)
    return out


def test_a_corpus_has_no_problems(pool, corpus):
    v = validate.validate(corpus, pool, inputs=1)
    assert v.problems == [] and v.judged == 40
    assert {n.kind for n in v.notes} <= {"empty-runtime", "source-only", "uninferred", "propagation", "optimiser"}


def test_wrong_values_of_other_nodes_stay_a_problem(monkeypatch):
    """The sum of no products is right, and what is added to it is not."""
    view = model()
    wrong = {"x": np.ones((2, 0), np.float32), "w": np.ones((0, 3), np.float32), "one": np.float32(1), "p": np.zeros((2, 3), np.float32), "y": np.zeros((2, 3), np.float32)}
    right = {"p": (np.zeros((2, 3)), np.zeros((2, 3))), "y": (np.ones((2, 3)), np.zeros((2, 3)))}
    monkeypatch.setattr(empty.compare, "all_values", lambda *_: wrong)
    monkeypatch.setattr(empty.expected, "of_nodes", lambda view, values: right if values is wrong else {})
    problems, notes = [("bound", "optimisation none, data set 0: 'y' is wrong", "Add")], []
    empty.judge(b"", view, feed(), problems, notes)
    assert [op for kind, _, op in problems] == ["Add", "Add"] and notes == []
    wrong["p"], wrong["y"] = np.ones((2, 3), np.float32), np.ones((2, 3), np.float32)
    problems = [("bound", "optimisation none, data set 0: 'y' is wrong", "Add")]
    empty.judge(b"", view, feed(), problems, notes)
    assert problems == [] and [op for _, _, op in notes] == ["Add"]
