"""Programs that nngen writes of models, as the study's exporters get them, and the study's tables of exporters. The programs are those of
onnx.helper, which need no framework; PyTorch's exporters are tested where PyTorch is installed, as all targets are (test_study.py)."""
import contextlib
import json
import os
import subprocess
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nngen.study import exporters, expected, isolate, messages, outcomes, programs, targets, torch_exports
from nngen.study.case import Case

NNGEN = os.path.abspath(os.environ.get("NNGEN", "build/default/nngen"))
needs_nngen = pytest.mark.skipif(not os.access(NNGEN, os.X_OK), reason="nngen is not built")


@pytest.fixture(scope="module", name="model")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("corpus")
    subprocess.run([NNGEN, "--nodes", "4", "--count", "1", "--inputs", "3", "--outputs", "--seed", "11", "--out", out, "--quiet"], check=True)
    return out / "test_000000"


@pytest.fixture(autouse=True)
def program(monkeypatch):
    monkeypatch.setenv("NNGEN", NNGEN)


def opened(folder, bounded=True):
    stages = []
    case = Case(folder / "model.onnx", stages.append)
    if bounded:
        case.reference = expected.Bounded(str(folder), [x.name for x in case.graph().output])
    return contextlib.closing(case), stages


@needs_nngen
def test_a_right_program_is_imported(model):
    opening, stages = opened(model)
    with opening as case:
        module = programs.right(case, "onnx")
        assert stages == ["import"] and len(list(case.feeds())) == 3
        assert len(module.run(case.feed(0))) == len(case.graph().output)


@needs_nngen
def test_a_program_that_differs_on_any_data_set_is_refused(model):
    opening, _ = opened(model)
    with opening as case:
        module = programs.load(case, "onnx")
        last = case.feed(2)

        def run(feed, change):
            got = module.run(feed)
            return change(got) if all(np.array_equal(feed[k], v) for k, v in last.items()) else got

        for change, what in ((lambda y: [y[0] + np.asarray(1, y[0].dtype), *y[1:]], "data set 2, output .*: outside its bound"), (lambda y: [y[0][None], *y[1:]], "data set 2, output .*: shape difference"),
                             (lambda y: [*y, y[0]], "results of")):
            with pytest.raises(RuntimeError, match=f"the program differs from the model: .*{what}"):
                programs.must_be_right(case, module, lambda feed, change=change: run(feed, change))
        programs.must_be_right(case, module, lambda feed: run(feed, lambda y: y))


@needs_nngen
def test_without_expected_outputs_the_programs_own_judge(model):
    opening, _ = opened(model, bounded=False)
    with opening as case:
        module = programs.load(case, "onnx")
        programs.must_be_right(case, module)
        with pytest.raises(RuntimeError, match="is outside its bound"):
            programs.must_be_right(case, module, lambda feed: [y + np.asarray(1, y.dtype) for y in module.run(feed)])


def saved(path, nodes, inputs, outputs):
    info = lambda pairs: [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in pairs]
    graph = helper.make_graph(nodes, "g", info(inputs), info(outputs))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@needs_nngen
def test_what_cannot_be_written_is_named(tmp_path):
    saved(tmp_path / "model.onnx", [helper.make_node("Foo", ["x"], ["y"], domain="org.example")], [("x", [2])], [("y", [2])])
    with contextlib.closing(Case(tmp_path / "model.onnx")) as case, pytest.raises(RuntimeError, match="nngen emit: .*Foo"):
        programs.load(case, "torch")


@needs_nngen
def test_sizes_of_symbols_are_those_of_the_data(tmp_path):
    """Which are not beside the model."""
    saved(tmp_path / "model.onnx", [helper.make_node("Relu", ["x"], ["y"])], [("x", ["batch", 3])], [("y", ["batch", 3])])
    folder = tmp_path / "data" / "test_data_set_0"
    folder.mkdir(parents=True)
    (folder / "input_0.pb").write_bytes(numpy_helper.from_array(np.ones((5, 3), np.float32), "x").SerializeToString())
    with contextlib.closing(Case(tmp_path / "model.onnx", data=tmp_path / "data")) as case:
        assert programs.sizes(case) == ["--dim", "batch=5"]
        assert programs.load(case, "onnx").inputs()["x"].shape == (5, 3)


def test_children_find_the_program_from_other_folders(monkeypatch):
    given = []
    monkeypatch.setenv("NNGEN", os.path.relpath("/bin/sh"))

    def start(*_, **kw):
        given.append(kw["env"]["NNGEN"])
        raise OSError

    monkeypatch.setattr(isolate.subprocess, "Popen", start)
    with pytest.raises(OSError):
        isolate.Child("onnxruntime-none")
    assert given == ["/bin/sh"]


def test_the_error_behind_an_error_is_told():
    def export(inner):
        try:
            raise inner
        except ValueError as e:
            raise RuntimeError("this is step 1 of 3") from e

    with pytest.raises(ValueError, match="no function"), messages.telling():
        export(ValueError("no function"))
    with pytest.raises(RuntimeError, match="alone"), messages.telling():
        raise RuntimeError("alone")


# ---- targets at an opset ----

def test_targets_at_an_opset(monkeypatch):
    asked = []
    monkeypatch.setitem(targets.REGISTRY, "exporter", targets.Target("exporter", lambda case, opset=None: asked.append((case, opset)), (), (), "converter", 1, 1, 1, "ort", opsets=(9, 13)))
    monkeypatch.setitem(targets.REGISTRY, "runtime", targets.Target("runtime", None, (), (), "runtime", 1, 1, 1, "ort"))
    t, plain = targets.named(["exporter@13", "exporter"])
    assert t.name == "exporter@13" and plain.name == "exporter"
    t.function("a")
    plain.function("b")
    assert asked == [("a", 13), ("b", None)]
    with pytest.raises(SystemExit, match=r"no such target: exporter@8, runtime@9; .*; opsets of exporter: 9 13; opsets of runtime: none"):
        targets.named(["exporter@8", "exporter@9", "runtime@9"])
    assert targets.find("nothing@9") is None


# ---- dynamic dims ----

TORCH = SimpleNamespace(export=SimpleNamespace(Dim=SimpleNamespace(DYNAMIC="dynamic", AUTO="auto")))


def put(folder, k, **arrays):
    folder = folder / f"test_data_set_{k}"
    folder.mkdir()
    for i, (name, v) in enumerate(arrays.items()):
        (folder / f"input_{i}.pb").write_bytes(numpy_helper.from_array(v, name).SerializeToString())


def test_symbols_are_dynamic(tmp_path):
    """The data set to export with is one in which no symbol has the size 1 or that of another."""
    shapes = [("a", ["n", 3]), ("b", [4, "m"])]
    saved(tmp_path / "model.onnx", [helper.make_node("Relu", ["a"], ["c"]), helper.make_node("Relu", ["b"], ["d"])], shapes, [("c", ["n", 3]), ("d", [4, "m"])])
    for k, (n, m) in enumerate([(1, 2), (2, 2), (2, 5), (5, 1)]):
        put(tmp_path, k, a=np.ones((n, 3), np.float32), b=np.ones((4, m), np.float32))
    with contextlib.closing(Case(tmp_path / "model.onnx")) as case:
        assert torch_exports.dynamic_axes(TORCH, case) == [{0: "dynamic"}, {1: "dynamic"}]
        assert torch_exports.telling_set(case) == 2
        assert torch_exports.free(case.model()) == [2, 4]


def test_without_symbols_every_dim_may_be_free(tmp_path):
    saved(tmp_path / "model.onnx", [helper.make_node("Relu", ["a"], ["c"])], [("a", [2, 3])], [("c", [2, 3])])
    put(tmp_path, 0, a=np.ones((2, 3), np.float32))
    with contextlib.closing(Case(tmp_path / "model.onnx")) as case:
        assert torch_exports.dynamic_axes(TORCH, case) == [{0: "auto", 1: "auto"}] and torch_exports.telling_set(case) == 0


# ---- tables ----

def result(model, nodes=5, target="torch.onnx-script", **rest):
    return {"model": model, "target": target, "nodes": nodes, **({"status": "ok", "outputs": [], "bounds": True} | rest)}


def failed(stage):
    return {"status": "failed", "stage": stage, "error": "E"}


OFF = {"name": "y", "abs": 1e-5, "rel": 1e-5, "ulp": 90}
RESULTS = [result("a"), result("b", outputs=[OFF]), result("c", outputs=[{**OFF, "abs": 0.5, "outside": {"ratio": 9.0}}]), result("d", 10, **failed("convert")), result("e", 10, **failed("load")),
           result("f", 10, **failed("import")), result("g", 10, status="hang", stage="convert", error="")]


def test_outcomes_of_exporters():
    rows = exporters.outcome_rows(exporters.by_exporter([*RESULTS, result("a", target="tract")]), exporters.by_exporter(
        [result("bert", 0, "torch.onnx-script dynamic", bounds=False), result("bert", 0, "torch.onnx-script", bounds=False, outputs=[OFF])]))
    assert rows[0][:10] == ["torch.onnx (2024)", "synthetic", "all", "1724", "1724", "2", "741", "0", "100", "881"] and rows[1][0] == "tf2onnx (2024)"
    assert rows[2:] == [["torch.onnx-script", "synthetic", "5", "3", "3", "0", "0", "0", "2", "1", "1", "2", "1", "2"],
                        ["torch.onnx-script", "synthetic", "10", "4", "3", "1", "1", "1", "0", "0", "0", "0", "0", "0"],
                        ["torch.onnx-script", "synthetic", "all", "7", "6", "1", "1", "1", "2", "1", "1", "2", "1", "2"],
                        ["torch.onnx-script", "real", "all", "1", "1", "0", "0", "0", "1", "0", "0", "1", "", ""],
                        ["torch.onnx-script-dynamic", "real", "all", "1", "1", "0", "0", "0", "0", "1", "0", "1", "", ""]]
    assert all(len(r) == len(exporters.HEAD) for r in rows)


def test_free_dims_are_told():
    found = exporters.by_exporter([result("a", **{outcomes.FREE: [2, 4]}), result("b", **{outcomes.FREE: [1, 3]}), result("c")])
    assert list(exporters.free_dims(found)) == ["torch.onnx-script: 3 of 7 dims of inputs are free in the 2 exported models that run"]


def chain(path, *ops):
    nodes = [helper.make_node(op, [f"t{i}"], [f"t{i + 1}"]) for i, op in enumerate(ops)]
    path.parent.mkdir(parents=True)
    return saved(path, nodes, [("t0", [2])], [(f"t{len(ops)}", [2])])


@needs_nngen
def test_both_tables_of_a_run(tmp_path, capsys):
    """b and c share Exp Relu Abs Neg, which no right model has, and Relu Abs Neg, which a has; an architecture has Exp Relu Abs."""
    ops = {"a": ["Relu", "Abs", "Neg"], "b": ["Exp", "Relu", "Abs", "Neg"], "c": ["Sin", "Exp", "Relu", "Abs", "Neg"]}
    for name, of in ops.items():
        chain(tmp_path / "corpus" / name / "model.onnx", *of)
    run, real = tmp_path / "run", tmp_path / "real"
    run.mkdir()
    (run / "study.json").write_text(json.dumps({"corpus": str(tmp_path / "corpus")}))
    (run / "models.json").write_text(json.dumps({n: {"file": f"{n}/model.onnx"} for n in ops}))
    (run / "results.jsonl").write_text("".join(json.dumps(result(n, outputs=[OFF] * (n != "a"))) + "\n" for n in ops))
    chain(real / "bert" / "torch.onnx-script" / "model.onnx", "Exp", "Relu", "Abs")
    (real / "results.jsonl").write_text(json.dumps(result("bert", 3, bounds=False)) + "\n")
    arguments = SimpleNamespace(runs=[str(run)], real=[str(real)], suite=[], sums=True, markdown=True, nngen=NNGEN)
    assert exporters.main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "| torch.onnx-script | synthetic | all | 3 | 3 | 0 | 0 | 0 | 2 | 1 | 0 | 3 | 0 | 3 |" in lines
    assert "| torch.onnx-script | real | all | 1 | 1 | 0 | 0 | 0 | 0 | 1 | 0 | 1 |  |  |" in lines
    row = next(x for x in lines if x.startswith("| torch.onnx-script | 1e-7 |")).split("|")[3:-1]
    # (1): Exp Relu Abs, Relu Abs Neg and the whole; less what a has, and less what bert has
    assert [x.strip() for x in row] == ["2", "1", "3", "2", "1", "2", "2", "1"], row
    arguments.suite, arguments.markdown = [str(tmp_path / "corpus" / "b")], False
    assert exporters.main(arguments) == 0
    row = capsys.readouterr().out.splitlines()[-1].split()
    assert row[:2] == ["torch.onnx-script", "1e-7"] and row[-2:] == ["0", "0"]
