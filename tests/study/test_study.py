"""The harness finds planted faults, goes on after a kill, and its tables add up."""
import argparse
import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nngen.study import case, differences, engine, expected, messages, outcomes, reduce, targets

MODULES = ["study.faulty"]
EXPECTED = {"fault-none": "correct", "fault-value": "value mismatch", "fault-shape": "shape difference", "fault-type": "type difference",
            "fault-count": "shape difference", "fault-nan": "NaN/Inf difference", "fault-inf": "NaN/Inf difference", "fault-hang": "hang",
            "fault-signal": "crash", "fault-exit": "crash", "fault-leak": "out of memory", "fault-convert": "conversion failure",
            "fault-load": "load failure", "fault-run": "run failure", "fault-compiler-signal": "crash", "fault-compiler-shell": "crash",
            "fault-compiler-driver": "crash", "fault-compiler-refuses": "conversion failure", "fault-compiler-ended": "conversion failure"}
TIGHT = outcomes.tolerances()[0]


def save(folder, operators, sets=2, seed=0):
    """A chain of operators on a matrix, with data."""
    nodes = [helper.make_node(op, [f"t{i}"], [f"t{i + 1}"], name=f"{op}_{i}") for i, op in enumerate(operators)]
    x = helper.make_tensor_value_info("t0", TensorProto.FLOAT, [2, 3])
    y = helper.make_tensor_value_info(f"t{len(operators)}", TensorProto.FLOAT, [2, 3])
    model = helper.make_model(helper.make_graph(nodes, "g", [x], [y]), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    rng = np.random.default_rng(seed)
    for k in range(sets):
        data = folder / f"test_data_set_{k}"
        data.mkdir(parents=True)
        (data / "input_0.pb").write_bytes(numpy_helper.from_array(rng.uniform(0.5, 1, (2, 3)).astype(np.float32), "t0").SerializeToString())
    onnx.save(model, folder / "model.onnx")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpus")
    save(root / "test_000000", ["Abs"])
    save(root / "test_000001", ["Relu"])
    save(root / "test_000002", ["Abs", "Relu", "Neg"])
    return root


@pytest.fixture(scope="module")
def planted(corpus, tmp_path_factory):
    """All faults in one run, on two threads."""
    out = tmp_path_factory.mktemp("out")
    r = engine.Run(corpus, out, list(EXPECTED) + ["fault-slow-leak"], jobs=2, modules=MODULES, quiet=True)
    r.go()
    return out, engine.read_results(out)


@pytest.mark.parametrize("name", EXPECTED)
def test_planted_fault(planted, name):
    found = {r["model"]: outcomes.outcome(r, TIGHT) for r in planted[1] if r["target"] == name}
    assert found == {"test_000000": "correct", "test_000001": EXPECTED[name], "test_000002": EXPECTED[name]}


def test_what_is_stored_about_a_fault(planted):
    by = {(r["target"], r["model"]): r for r in planted[1]}
    value = by["fault-value", "test_000001"]["outputs"][0]
    assert 5e-7 < value["abs"] < 2e-6 and value["ulp"] >= 8 and value["worst"]["index"] == [1, 2] and value["worst"]["set"] in (0, 1)
    assert by["fault-type", "test_000001"]["outputs"][0]["type"] == ["float32", "float64"]
    assert by["fault-shape", "test_000001"]["outputs"][0]["shape"] == [[2, 3], [3, 2]]
    assert by["fault-nan", "test_000001"]["outputs"][0]["nan"] == 2
    assert "SIGSEGV" in by["fault-signal", "test_000001"]["error"] and by["fault-signal", "test_000001"]["stage"] == "run"
    assert "exit status 3" in by["fault-exit", "test_000001"]["error"] and by["fault-exit", "test_000001"]["stage"] == "load"
    assert by["fault-compiler-signal", "test_000001"]["error"] == "a process that it started died: sh: SIGSEGV: RuntimeError: compilation failed: True"
    assert "died: sh: SIGABRT" in by["fault-compiler-shell", "test_000001"]["error"] and by["fault-compiler-shell", "test_000001"]["stage"] == "convert"
    assert "600 MiB" in by["fault-leak", "test_000001"]["error"]


def test_tolerances_from_stored_differences(planted):
    value = next(r for r in planted[1] if r["target"] == "fault-value" and r["model"] == "test_000001")
    got = {t["name"]: outcomes.outcome(value, t) for t in outcomes.levels(planted[1])}
    assert got == {"1e-7": "value mismatch", "1e-5": "correct", "1e-3": "correct", "backend": "correct", "1e-3 both": "correct", "loose": "correct", "4 ulp": "value mismatch"}


def test_a_leak_over_several_models_is_told_from_one_of_a_model(tmp_path):
    """128 MiB a data set: the limit is reached after some models, none of which fails alone."""
    for i in range(7):
        save(tmp_path / f"c/test_{i:06d}", ["Relu"], sets=1)
    engine.Run(tmp_path / "c", tmp_path / "o", ["fault-slow-leak"], modules=MODULES, quiet=True).go()
    rs = [r for r in engine.read_results(tmp_path / "o") if r["target"] == "fault-slow-leak"]
    assert [r["status"] for r in rs] == ["ok"] * 7
    noted = [r["first"] for r in rs if "first" in r]
    assert noted and all(f["status"] == "memory" and f["after"] >= 1 for f in noted)


def test_a_killed_run_goes_on(corpus, tmp_path):
    """kill -9 in the middle, and a torn last line: the second run repeats nothing that was recorded."""
    command = [sys.executable, "-m", "nngen.study", "--modules", "study.faulty", "run", str(corpus), "--targets", "fault-none,fault-hang,fault-value",
               "--out", str(tmp_path / "o"), "--quiet"]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": "tests:gen/python"})
    results = tmp_path / "o/results.jsonl"
    until = time.monotonic() + 60
    while time.monotonic() < until and not (results.exists() and results.read_bytes().count(b"\n") >= 5):
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = results.read_bytes()
    assert 5 <= before.count(b"\n") < 12
    with open(results, "ab") as f:
        f.write(b'{"model":"test_0000')
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": "tests:gen/python"})
    after = results.read_bytes()
    assert after.startswith(before)
    rs = engine.read_results(tmp_path / "o")
    assert len(rs) == 12 and len({(r["target"], r["model"]) for r in rs}) == 12
    assert {r["target"]: outcomes.outcome(r, TIGHT) for r in rs if r["model"] == "test_000001"} == {
        "onnxruntime-none": "correct", "fault-none": "correct", "fault-hang": "hang", "fault-value": "value mismatch"}


def test_two_runs_in_one_folder_are_refused(tmp_path):
    store = engine.Store(tmp_path)
    with pytest.raises(SystemExit, match="another run"):
        engine.Store(tmp_path)
    store.close()


def test_unknown_names_are_told(corpus, tmp_path):
    with pytest.raises(SystemExit, match="no such target: fault-x; there are .*fault-none"):
        engine.Run(corpus, tmp_path, ["fault-none", "fault-x"], modules=MODULES)
    with pytest.raises(SystemExit, match="no such tolerance: 1e-9; there are 1e-7, "):
        outcomes.tolerance("1e-9")


def test_a_folder_without_a_run_is_told(tmp_path):
    for command in ("table", "errors", "sequences", "causes", "reduce", "curves", "report"):
        done = subprocess.run([sys.executable, "-m", "nngen.study", command, str(tmp_path / "x")], env={**os.environ, "PYTHONPATH": "tests:gen/python"}, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (1, f"nngen-study: {tmp_path}/x/{'study.json' if command in ('sequences', 'causes', 'reduce', 'curves') else 'results.jsonl'}: no such file\n")


def test_another_corpus_is_refused(corpus, tmp_path):
    engine.Run(corpus, tmp_path / "o", ["fault-none"], modules=MODULES, quiet=True).store.close()
    save(tmp_path / "c/test_000000", ["Abs"])
    with pytest.raises(SystemExit, match="belongs to a run of 3 models"):
        engine.Run(tmp_path / "c", tmp_path / "o", ["fault-none"], modules=MODULES, quiet=True)


def test_targets_that_cannot_run_say_why(corpus, tmp_path):
    targets.load_all(MODULES)
    targets.REGISTRY["fault-absent"] = targets.REGISTRY["fault-none"]._replace(name="fault-absent", packages=("no-such-distribution",))
    try:
        r = engine.Run(corpus, tmp_path, ["fault-none", "fault-absent"], modules=MODULES, quiet=True)
        r.store.close()
        assert r.not_run == {"fault-absent": "no-such-distribution is not installed (PackageNotFoundError)"} and [t.name for t in r.wanted] == ["fault-none"]
        assert json.loads((tmp_path / "study.json").read_text())["not_run"] == r.not_run
    finally:
        del targets.REGISTRY["fault-absent"]


def test_a_target_that_does_not_work_at_all_is_not_run(corpus, tmp_path):
    r = engine.Run(corpus, tmp_path, ["fault-none", "fault-import"], modules=MODULES, quiet=True)
    r.go()
    assert r.not_run == {"fault-import": "does not run a model of one Abs: ImportError: libabsent.so.1: cannot open shared object file"}
    assert {x["target"] for x in engine.read_results(tmp_path)} == {"fault-none", targets.REFERENCE}


def test_why_a_package_is_not_installed_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    (tmp_path / "not-installed").mkdir()
    (tmp_path / "not-installed/no-such-package").write_text("ERROR: No matching distribution found\n")
    broken = targets.load_all(MODULES)["fault-none"]._replace(packages=("no-such-package",))
    assert targets.why_not(broken) == "no-such-package is not installed (ERROR: No matching distribution found)"


def test_inputs_in_an_archive_are_those_in_folders(tmp_path):
    save(tmp_path, ["Abs"], sets=3)
    folders = case.Case(tmp_path / "model.onnx")
    expected = [folders.feed(k)["t0"] for k in folders.feeds()]
    assert len(expected) == case.count_sets(tmp_path) == 3
    np.savez(tmp_path / "inputs.npz", t0=np.stack(expected))
    for k in range(3):
        (tmp_path / f"test_data_set_{k}/input_0.pb").unlink()
    archive = case.Case(tmp_path / "model.onnx")
    assert len(archive.feeds()) == case.count_sets(tmp_path) == 3
    assert all(np.array_equal(archive.feed(k)["t0"], expected[k]) for k in archive.feeds())
    assert len(case.Case(tmp_path / "model.onnx", sets=2).feeds()) == 2


def test_outputs_of_all_shapes_are_kept(tmp_path):
    """Also where the shape depends on the data."""
    rng = np.random.default_rng(1)
    same, different, scalars = ([rng.standard_normal(s).astype(np.float32) for s in shapes] for shapes in ([(2, 3)] * 3, [(1,), (4,), (0,)], [()] * 3))
    expected.save(str(tmp_path / "a.npz"), [same, different, scalars])
    outputs = expected.Outputs(tmp_path / "a.npz")
    for i, values in enumerate((same, different, scalars)):
        for k, v in enumerate(values):
            got = outputs.value(k, i)
            assert got.shape == v.shape and got.dtype == v.dtype and np.array_equal(got, v)
    with np.load(tmp_path / "a.npz") as z:
        assert len(z.files) == 5
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


def test_reference_outputs_are_removed_and_made_again(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "TOGETHER", 2)
    engine.Run(corpus, tmp_path, ["fault-value"], modules=MODULES, quiet=True).go()
    assert not list((tmp_path / "reference").iterdir())
    engine.Run(corpus, tmp_path, ["fault-nan"], modules=MODULES, quiet=True).go()
    rs = engine.read_results(tmp_path)
    assert (tmp_path / "results.jsonl").read_bytes().count(b"\n") == len(rs) == 9
    assert {r["target"]: outcomes.outcome(r, TIGHT) for r in rs if r["model"] == "test_000001"} == {
        "onnxruntime-none": "correct", "fault-value": "value mismatch", "fault-nan": "NaN/Inf difference"}


@pytest.mark.parametrize("name", [n for n, t in targets.load_all().items() if t.kind != "fault" and t.for_corpora])
def test_adapter(corpus, tmp_path, name):
    """Every target that is installed gets three trivial models right."""
    if why := targets.why_not(targets.REGISTRY[name]):
        pytest.skip(why)
    engine.Run(corpus, tmp_path, [name], quiet=True).go()
    loose = next(t for t in outcomes.tolerances() if t["name"] == "1e-5")
    rs = [r for r in engine.read_results(tmp_path) if r["target"] == name]
    assert [outcomes.outcome(r, loose) for r in rs] == ["correct"] * 3, rs


def test_tables(planted):
    rs = planted[1]
    table = outcomes.table(rs, TIGHT)
    assert sum(outcomes.total(by).total() for by in table.values()) == len(rs)
    assert table["fault-value"][1] == {"correct": 1, "value mismatch": 1} and table["fault-value"][3] == {"value mismatch": 1}
    text = outcomes.as_text(table, TIGHT)
    line = next(x for x in text.splitlines() if x.startswith("fault-value") and " all " in x).split()
    assert line == ["fault-value", "all", "3", "0", "0", "0", "0", "0", "0", "0", "0", "0", "2", "1"]
    rows = list(csv.DictReader(io.StringIO(outcomes.as_csv(rs, outcomes.tolerances()))))
    one = next(r for r in rows if r["tolerance"] == "1e-5" and r["target"] == "fault-value" and r["nodes"] == "all")
    assert (one["models"], one["correct"], one["value mismatch"]) == ("3", "3", "0")
    assert all(int(r["models"]) == sum(int(r[o]) for o in outcomes.OUTCOMES + outcomes.BESIDE) for r in rows)
    assert outcomes.as_json(rs, outcomes.tolerances())["1e-7"]["fault-hang"]["1"] == {"correct": 1, "hang": 1}
    beside = outcomes.beside_the_study(table)
    assert "torch.onnx (2024)             1724     741     43%" in beside and "fault-load                       3       2     67%" in beside


def test_kinds_of_error(planted):
    kinds = messages.kinds(planted[1], lambda r: outcomes.outcome(r, TIGHT))
    convert = [k for k in kinds if k["target"] == "fault-convert"]
    assert len(convert) == 1 and convert[0]["count"] == 2 and (convert[0]["example"], convert[0]["nodes"]) == ("test_000001", 1)
    assert convert[0]["message"] == "ValueError: cannot convert Conv_NAME of 'NAME' [N..] at HEX in y.cc:N"
    assert [k["message"] for k in kinds if k["target"] == "fault-load"] == ["ValueError: no kernel for 'Relu'"]


@pytest.mark.parametrize("a, b", [
    ("node 'Conv_1' has shape [1, 2, 3]", "node 'Conv_22' has shape [4, 5]"),
    ("at /build/a/b/file.cc:31 in f", "at /src/c/file.cc:77 in f"),
    ("tensor input_3 of 0x7f00aa is -1.5e-3", "tensor input_11 of 0xdeadbeef is 2"),
    ("\x1b[31mbad\x1b[m  thing\n 3", "bad thing 44"),
])
def test_messages_that_differ_in_names_and_numbers_are_one_kind(a, b):
    assert messages.normalise(a) == messages.normalise(b)


def test_an_apostrophe_is_no_quotation():
    assert messages.normalise("the module's outputs have other shapes than the model's") == "the module's outputs have other shapes than the model's"


@pytest.mark.parametrize("a, b", [("no kernel for 'Relu'", "no kernel for 'Conv'"), ("unsupported operator Tan", "unsupported operator Erf"), ("rank", "shape")])
def test_messages_that_differ_in_the_operator_are_not(a, b):
    assert messages.normalise(a) != messages.normalise(b)


def f32(*x):
    return np.array(x, np.float32)


def test_differences():
    assert differences.compare(f32(1, 2), f32(1, 2)) == {}
    d = differences.compare(f32(1, 100), f32(1, 101))
    assert d["abs"] == 1 and abs(d["rel"] - 0.01) < 1e-9 and d["worst"] == {"index": [1], "expected": 100, "got": 101}
    assert d["excess"]["1e-03"] == pytest.approx(0.9) and d["excess"]["1e-02"] == pytest.approx(0, abs=1e-12)
    assert differences.compare(f32(np.nan, np.inf, 1), f32(np.nan, np.inf, 1)) == {}
    assert differences.compare(f32(np.nan, 1), f32(1, np.nan))["nan"] == 2
    assert differences.compare(f32(np.inf, 1), f32(-np.inf, 1))["inf"] == 1
    assert differences.compare(f32(1), np.array([1.0])) == {"type": ["float32", "float64"]}
    assert differences.compare(np.array([True, False]), np.array([True, True]))["abs"] == 1
    assert differences.compare(np.array([2**62]), np.array([0]))["abs"] == 2.0**62
    assert differences.compare(f32(1).reshape(1, 1), f32(1), squeezed=True) == {} and "shape" in differences.compare(f32(1).reshape(1, 1), f32(1))
    assert differences.compare(f32().reshape(0, 3), f32().reshape(0, 3)) == {}


@pytest.mark.parametrize("steps", [0, 1, 7, 1000])
@pytest.mark.parametrize("start", [0.0, -0.0, 1.0, -3.5, 1e-40, -1e-45])
def test_units_in_the_last_place(start, steps):
    a = b = np.float32(start)
    for _ in range(steps):
        b = np.nextafter(b, np.float32(np.inf))
    assert differences.distance_in_ulp(np.array([a]), np.array([b])) == steps


def test_differences_of_sets_are_merged():
    d = differences.merge({}, differences.compare(f32(1, 1), f32(1, 1.5)), 0)
    differences.merge(d, differences.compare(f32(1, 1), f32(3, 1)), 1)
    assert d["abs"] == 2 and d["worst"] == {"set": 1, "index": [0], "expected": 1, "got": 3}


@pytest.mark.parametrize("target, outcome", [("fault-value", "value mismatch"), ("fault-signal", "crash")])
def test_reduction_finds_the_node(tmp_path, target, outcome):
    """Ten nodes, of which one makes the planted fault."""
    save(tmp_path, ["Abs", "Neg", "Abs", "Sqrt", "Exp", "Tanh", "Relu", "Neg", "Sigmoid", "Abs"])
    with contextlib.closing(reduce.Oracle(target, TIGHT, MODULES)) as oracle:
        model, feed, kind, _, calls = reduce.reduce_case(tmp_path / "model.onnx", oracle)
    assert kind == outcome and [n.op_type for n in model.graph.node] == ["Relu"] and 1 < calls < 60
    assert [x.shape for x in feed.values()] == [()]
    onnx.checker.check_model(model, full_check=True)


def test_what_does_not_fail_is_not_reduced(tmp_path):
    save(tmp_path, ["Relu"])
    with contextlib.closing(reduce.Oracle("fault-none", TIGHT, MODULES)) as oracle:
        assert reduce.reduce_case(tmp_path / "model.onnx", oracle) is None


def test_targets_and_outcomes_take_turns_in_being_reduced(tmp_path):
    results = [{"target": t, "model": f"m{n}", "nodes": n, "status": status, "stage": "load", "error": "refused"}
               for t, status, sizes in (("a", "failed", range(8)), ("b", "failed", (7,)), ("a", "crash", (8,))) for n in sizes]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(r) + "\n" for r in results))
    (tmp_path / "models.json").write_text(json.dumps({r["model"]: {"nodes": r["nodes"], "operators": {"Abs": 1}} for r in results}))
    order = reduce.candidates(tmp_path, argparse.Namespace(target=None, outcome=None, per_kind=9), TIGHT)
    assert [(r["target"], r["nodes"]) for r in order] == [("a", 0), ("b", 7), ("a", 8)] + [("a", n) for n in range(1, 8)]


def test_reduction_begins_with_the_worst_set(tmp_path, capsys):
    """Set 4 of 6 alone fails."""
    save(tmp_path / "c/test_000000", ["Relu"], sets=6)
    (tmp_path / "c/test_000000/test_data_set_4/input_0.pb").write_bytes(numpy_helper.from_array(np.full((2, 3), 7, np.float32), "t0").SerializeToString())
    engine.Run(tmp_path / "c", tmp_path / "o", ["fault-large"], modules=MODULES, quiet=True).go()
    reduce.main(argparse.Namespace(out=tmp_path / "o", tolerance="1e-7", limit=9, per_kind=2, seconds=99, target=None, outcome=None, modules=MODULES, nngen=""))
    assert "value mismatch  [Relu] from test_000000 in " in capsys.readouterr().out
    data = (tmp_path / "o/reduced/000/test_data_set_0/input_0.pb").read_bytes()
    assert np.all(numpy_helper.to_array(TensorProto.FromString(data)) == 7)


def test_the_reference_that_fails_is_no_verdict_on_others(tmp_path):
    save(tmp_path / "c/test_000000", ["Abs"])
    path = tmp_path / "c/test_000000/model.onnx"
    model = onnx.load(path)
    model.graph.node[0].op_type = "NoSuchOperator"
    onnx.save(model, path)
    engine.Run(tmp_path / "c", tmp_path / "o", ["fault-none"], modules=MODULES, quiet=True).go()
    got = {r["target"]: outcomes.outcome(r, TIGHT) for r in engine.read_results(tmp_path / "o")}
    assert got == {"onnxruntime-none": "load failure", "fault-none": "no reference"}


def test_limits_can_be_set_for_a_run(corpus, tmp_path):
    r = engine.Run(corpus, tmp_path, ["fault-none"], modules=MODULES, limits={"seconds": 7.5, "memory": 99}, quiet=True)
    r.store.close()
    assert (r.wanted[0].seconds, r.wanted[0].memory) == (7.5, 99)
