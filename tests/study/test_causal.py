"""The causal check tells a fault of a sequence from one of an operator and from chance, and its arms are what they claim."""
import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections import Counter

import networkx as nx
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

pytest.importorskip("scipy")
from nngen.study import causal, engine, outcomes, sequences  # noqa: E402

NNGEN = os.environ.get("NNGEN", "build/default/nngen")
OPS = "Relu,Add,Abs,Neg,Mul,Sub,Max,Min,Tanh,Sigmoid,Concat,Transpose,Reshape,Exp,Sin,MatMul,Softmax"
FAULTS = ["fault-adjacent", "fault-operator", "fault-hash"]
built = pytest.mark.skipif(not os.access(NNGEN, os.X_OK), reason="nngen is not built")


def study(*arguments, check=True):
    done = subprocess.run([sys.executable, "-m", "nngen.study", "--modules", "study.faulty", *map(str, arguments)], env={**os.environ, "PYTHONPATH": "tests:gen/python"}, capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A corpus in two families, the faults on it, and both commands that look for sequences."""
    root = tmp_path_factory.mktemp("causal")
    (root / "w").write_text("Add 3\nRelu,Add 5\n")  # so that they often meet, and neither is in most models
    subprocess.run([NNGEN, "--nodes", "6..9/3", "--count", "60", "--inputs", "1", "--seed", "7", "--ops", OPS, "--weights", root / "w", "--out", root / "c", "--quiet"],
                   check=True, stderr=subprocess.DEVNULL)
    engine.Run(root / "c", root / "o", FAULTS, modules=["study.faulty"], quiet=True).go()
    study("sequences", root / "o", "--nngen", NNGEN)
    study("causes", root / "o", "--nngen", NNGEN, "--most", 1, "--models", 24, "--inputs", 1)
    (root / "o/causes.json").rename(root / "o/associated.json")
    study("causes", root / "o", "--nngen", NNGEN, "--sequence", "Relu,Add", "--sequence", "Abs,Relu,Add", "--models", 24, "--inputs", 1)
    return root / "o"


def rows(path):
    return {(r["target"], r["sequence"]): r for r in json.loads(path.read_text())}


@built
def test_outcomes_reach_nngen_sequences(run):
    """Run, outcomes file, association: every model has its class, and the planted sequence is found where it was planted."""
    tolerance = outcomes.tolerances()[0]
    want = sequences.classes(engine.read_results(run), tolerance, sequences.DIFFERENT)
    for fault in FAULTS:
        lines = dict(line.rsplit(",", 1) for line in (run / f"outcomes-{fault}.csv").read_text().splitlines())
        assert lines == want[fault] and len(lines) == 120 and set(lines.values()) == {"failed", "correct"}
        n = Counter(lines.values())
        assert (run / f"sequences-{fault}.txt").read_text().startswith(f"{n['failed']} failed, {n['correct']} correct")
    found = rows(run / "associated.json")
    assert {(r["target"], r["sequence"]) for r in found.values() if r["target"] == "fault-adjacent"} == {("fault-adjacent", "Relu,Add")}
    adjacent = found["fault-adjacent", "Relu,Add"]["association"]
    assert adjacent["correct"] == 0 and adjacent["failed"] == Counter(want["fault-adjacent"].values())["failed"] and adjacent["q"] < 0.001
    assert all(r["verdict"] == "chance" for (t, _), r in found.items() if t == "fault-hash")  # what is associated by chance is found to be
    assert [r["verdict"] for r in found.values() if r["target"] == "fault-operator"] == ["operator"] and found["fault-adjacent", "Relu,Add"]["verdict"] == "sequence"


@built
def test_verdicts(run):
    got = {k: r["verdict"] for k, r in rows(run / "causes.json").items()}
    assert got == {("fault-adjacent", "Relu,Add"): "sequence", ("fault-operator", "Relu,Add"): "operator", ("fault-hash", "Relu,Add"): "chance",
                   ("fault-adjacent", "Abs,Relu,Add"): "part", ("fault-operator", "Abs,Relu,Add"): "operator", ("fault-hash", "Abs,Relu,Add"): "chance"}
    one = rows(run / "causes.json")["fault-adjacent", "Relu,Add"]
    assert {arm: (x["failed"], x["models"]) for arm, x in one["arms"].items()} == {"treated": (24, 24), "apart": (0, 24), "without": (0, 24)}
    assert one["tests"]["apart"]["low"] > 0.7 and one["tests"]["apart"]["high"] == 1
    table = list(csv.DictReader(io.StringIO((run / "causes.csv").read_text())))
    assert len(table) == 3 * (2 + 3) and {r["verdict"] for r in table} == {"sequence", "part", "operator", "chance"}
    assert all(float(r["p"]) <= float(r["holm"]) <= 1 and float(r["low"]) <= float(r["difference"]) <= float(r["high"]) for r in table)


def chains(path, length):
    """Operator sequences of a length along edges, by networkx; a node for each node of the model."""
    graph = onnx.load(path).graph
    g, made = nx.DiGraph(), {}
    for i, n in enumerate(graph.node):
        g.add_node(i)
        g.add_edges_from((made[x], i) for x in n.input if x in made)
        made.update((o, i) for o in n.output if o)
    found = {(i,) for i in g}
    for _ in range(length - 1):
        found = {(*c, j) for c in found for j in g.successors(c[-1])}
    return {tuple(graph.node[i].op_type for i in c) for c in found}, Counter(n.op_type for n in graph.node)


def held(folder, sequence):
    """How many models of an arm hold a sequence, by `nngen coverage`."""
    shown = "operators" if len(sequence) == 1 else "sequences"
    done = subprocess.run([NNGEN, "coverage", folder, "--show", shown, "--format", "csv"], capture_output=True, text=True, check=True)
    return next((int(r["models"]) for r in csv.DictReader(io.StringIO(done.stdout)) if r[shown[:-1]] == ",".join(sequence)), 0)


@built
@pytest.mark.parametrize("sequence", [("Relu", "Add"), ("Abs", "Relu", "Add")])
def test_the_arms_are_what_they_claim(run, sequence):
    folder = run / "causes" / "-".join(sequence)
    corpus = folder / "corpus"
    models = {arm.name: {p.name: chains(p / "model.onnx", len(sequence)) for p in sorted(arm.iterdir())} for arm in corpus.iterdir()}
    assert set(models) == {"treated", "apart", "without"} | ({"parts"} if len(sequence) > 2 else set())
    for arm, found in models.items():
        assert len(found) == 24
        for name, (whole, count) in found.items():
            assert (sequence in whole) == (arm == "treated"), (arm, name)
            assert sum(count.values()) == 4 + 2 * len(sequence)
            pairs, _ = chains(corpus / arm / name / "model.onnx", 2)
            inside = set(zip(sequence, sequence[1:]))
            assert (inside <= pairs) if arm in ("treated", "parts") else not inside & pairs
            assert all((count[op] == 0) == (arm == "without") for op in sequence)
        assert held(corpus / arm, sequence) == (24 if arm == "treated" else 0)
        assert all(held(corpus / arm, p) == (24 if arm in ("treated", "parts") else 0) for p in inside)
        assert all(held(corpus / arm, (op,)) == (0 if arm == "without" else 24) for op in sequence)
    opsets = {onnx.load(p).opset_import[0].version for p in corpus.rglob("model.onnx")}
    assert opsets == {17}


@built
def test_it_goes_on_and_refuses_other_options(run):
    """A second call generates and runs nothing; a torn sequence is made again with the same outcome."""
    folder = run / "causes/Relu-Add"
    before = {p: p.read_bytes() for p in [*(run / "causes").rglob("results.jsonl"), *(run / "causes").rglob("arms.json"), run / "causes.json", run / "causes.csv"]}
    again = ["causes", run, "--nngen", NNGEN, "--sequence", "Relu,Add", "--sequence", "Abs,Relu,Add", "--models", 24, "--inputs", 1]
    study(*again)
    assert all(p.read_bytes() == b for p, b in before.items())
    (folder / "arms.json").unlink()
    shutil.rmtree(folder / "corpus/apart")
    study(*again)
    assert (folder / "arms.json").read_bytes() == before[folder / "arms.json"] and (run / "causes.json").read_bytes() == before[run / "causes.json"]
    refused = study(*again[:-3], 25, "--inputs", 1, check=False)
    assert refused.returncode == 1 and "made with other options" in refused.stderr


@built
def test_what_cannot_be_is_not_tested(run, tmp_path):
    shutil.copytree(run, tmp_path / "o", ignore=shutil.ignore_patterns("causes"))
    study("causes", tmp_path / "o", "--nngen", NNGEN, "--sequence", "Relu,NoSuchOperator", "--targets", "fault-hash", "--models", 4)
    (row,) = rows(tmp_path / "o/causes.json").values()
    assert row["verdict"] == "not tested" and "NoSuchOperator" in row["why"] and "not tested" in (tmp_path / "o/causes.txt").read_text()


def counted(treated, *controls, n=40):
    names = ("apart", "without") if len(controls) == 2 else ("parts", "apart", "without")
    return {"arms": {a: {"models": n, "failed": k} for a, k in zip(("treated", *names), (treated, *controls))}}


@pytest.mark.parametrize("row, want", [
    (counted(40, 10, 10), "sequence"), (counted(40, 40, 10), "operator"), (counted(40, 40, 40), "chance"), (counted(10, 9, 12), "chance"),
    (counted(30, 5, 29), "chance"), (counted(40, 10, 5, 5), "sequence"), (counted(40, 40, 5, 5), "part"), (counted(40, 40, 40, 5), "operator"), (counted(0, 20, 20), "chance"),
])
def test_verdict_of_counts(row, want):
    causal.judge([row])
    assert row["verdict"] == want


def test_numbers_of_a_comparison():
    """Fisher's p by counting; Newcombe's own example: 56/70 against 48/80 gives 0.0524 to 0.3339 (method 10)."""
    from math import comb

    t = causal.compare(9, 10, 3, 10)
    assert t["p"] == pytest.approx(sum(comb(10, k) * comb(10, 12 - k) for k in (9, 10)) / comb(20, 12))
    t = causal.compare(56, 70, 48, 80)
    assert (round(t["low"], 4), round(t["high"], 4)) == (0.0524, 0.3339) and t["difference"] == pytest.approx(0.2)


@pytest.mark.parametrize("p, want", [([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]), ([0.5, 0.9], [1, 1]), ([], []), ([0.01, 0.01, 0.005, 0.2], [0.03, 0.03, 0.02, 0.2])])
def test_holm(p, want):
    assert causal.holm(p) == pytest.approx(want)


def test_correction_is_over_all_tests_of_a_target():
    a, b = counted(12, 4, 4), [counted(12, 4, 4) for _ in range(10)]
    causal.judge([a])
    causal.judge(b)
    assert a["verdict"] == "sequence" and {r["verdict"] for r in b} == {"chance"}
    assert b[0]["tests"]["apart"]["holm"] == pytest.approx(20 * b[0]["tests"]["apart"]["p"])


def test_an_arm_without_outcomes_is_not_tested():
    row = counted(5, 5, 5)
    row["arms"]["apart"] = {"models": 0, "failed": 0}
    causal.judge([row])
    assert row["verdict"] == "not tested" and row["tests"] == {} and "apart" in row["why"]


def test_chance_is_rarely_taken_for_a_cause():
    """Five sequences, every arm failing as often: more than chance in at most 5 % of the runs."""
    rng, wrong = np.random.default_rng(1), 0
    for _ in range(300):
        found = [counted(*rng.binomial(40, 0.3, 3).tolist()) for _ in range(5)]
        causal.judge(found)
        wrong += any(r["verdict"] != "chance" for r in found)
    assert wrong <= 15


@built
def test_an_operator_that_comes_twice(tmp_path):
    """The arm with the operators apart has both."""
    made = causal.make_arms(NNGEN, tmp_path, ("Transpose", "Neg", "Transpose"), {"count": 12, "ops": OPS, "options": ["--nodes", "10", "--seed", "1", "--inputs", "0"]})
    for arm in ("treated", "parts", "apart"):
        found = [chains(p, 3) for p in (tmp_path / "corpus" / arm).rglob("model.onnx")]
        assert len(found) == 12 and all(c["Transpose"] >= 2 for _, c in found) and all((("Transpose", "Neg", "Transpose") in w) == (arm == "treated") for w, _ in found)
        assert made["operators"][arm]["Transpose"] >= 2


def graph(*nodes):
    x, y = (helper.make_tensor_value_info(k, TensorProto.FLOAT, [2]) for k in ("x", "y"))
    return helper.make_graph([helper.make_node(op, i, [o]) for op, i, o in nodes], "g", [x], [y])


def test_what_a_model_holds():
    g = graph(("Relu", ["x"], "a"), ("Relu", ["a"], "b"), ("Add", ["x", "b"], "c"), ("Abs", ["x"], "d"), ("Mul", ["c", "d"], "y"))
    for s in ("Relu", "Relu,Relu", "Relu,Relu,Add,Mul", "Abs,Mul", "Add,Mul"):
        assert causal.holds(g, s.split(",")), s
    for s in ("Add,Relu", "Relu,Relu,Relu", "Abs,Add", "Relu,Mul", "Sub"):
        assert not causal.holds(g, s.split(",")), s
    assert causal.belongs("apart", ("Abs", "Relu"), g) and not causal.belongs("apart", ("Relu", "Add"), g) and not causal.belongs("apart", ("Abs", "Sub"), g)
    assert causal.belongs("parts", ("Relu", "Add", "Mul"), g) is False and causal.belongs("without", ("Sub", "Neg"), g)


@pytest.mark.parametrize("ops, want", [("", "-Relu,-Add"), ("-Abs", "-Abs,-Relu,-Add"), ("Relu,Add,Abs", "Abs"), ("+Relu,+Abs", "+Abs"), ("-Relu", "-Relu,-Add")])
def test_operators_left_out(ops, want):
    assert causal.less(ops, ("Relu", "Add")) == want


def test_nearest_controls():
    treated = [Counter(Relu=1, Add=1, Exp=2), Counter(Relu=1, Add=2, Sin=1)]
    pool = [Counter(Relu=3, Add=1), Counter(Relu=1, Add=2, Sin=2), Counter(Relu=1, Add=1, Exp=1, Sin=1), Counter(Relu=1, Add=1, Neg=2)]
    assert causal.nearest(treated, pool, ("Relu", "Add")) == [(0, 2), (1, 1)]
