"""TensorFlow and tf2onnx on emitted programs: what needs neither, with stand-ins; and the targets, where their environment is installed."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nngen.study import engine, outcomes, places, targets, tf_exports

HERE = Path(places.interpreter("tensorflow")).exists()
NNGEN = os.environ.get("NNGEN", "build/default/nngen")


def info(name, shape=(2, 3), kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def model(*nodes, opset=17, domains=(), functions=(), weights=(), inputs=("x",)):
    graph = helper.make_graph(list(nodes), "g", [info(n) for n in inputs], [info("y")], list(weights))
    imports = [helper.make_opsetid("", opset), *[helper.make_opsetid(d, 1) for d in domains]]
    return helper.make_model(graph, opset_imports=imports, functions=list(functions), ir_version=8)


def node(op, **options):
    return helper.make_node(op, ["x"], ["y"], **options)


def conditional(*ops):
    """If, with a body for each operator."""
    bodies = [helper.make_graph([helper.make_node(op, ["x"], [f"y{k}"])], "body", [], [info(f"y{k}")]) for k, op in enumerate(ops)]
    return helper.make_node("If", ["c"], ["y"], **dict(zip(("then_branch", "else_branch"), bodies)))


def function(op):
    return helper.make_function("own", "Twice", ["x"], ["y"], [node(op)], [helper.make_opsetid("", 17)])


@pytest.mark.parametrize("exported, found", [
    (model(node("Relu")), {}),
    (model(node("Relu", domain="ai.onnx")), {}),
    (model(node("Expm1")), {"Expm1": 1}),
    (model(conditional("Expm1", "Log1p")), {"Expm1": 1, "Log1p": 1}),
    (model(conditional("Abs", "Neg")), {}),
    (model(node("Mish")), {"Mish": 1}),  # since 18
    (model(node("Mish"), opset=18), {}),
    (model(node("Upsample")), {"Upsample": 1}),  # until 9
    (model(node("Squeeze", domain="com.microsoft")), {"com.microsoft.Squeeze": 1}),
    (model(node("Erfc", domain="ai.onnx.converters.tensorflow"), domains=["ai.onnx.converters.tensorflow"]), {"ai.onnx.converters.tensorflow.Erfc": 1}),
    (model(node("Twice", domain="own"), domains=["own"], functions=[function("Abs")]), {}),
    (model(node("Twice", domain="own"), domains=["own"], functions=[function("Erfc")]), {"Erfc": 1}),
])
def test_operators_that_onnx_does_not_have_are_found(exported, found):
    assert dict(tf_exports.unknown_operators(exported)) == found
    if found:
        with pytest.raises(RuntimeError, match=r"were let through: .*\(1\)"):
            tf_exports.must_be_known(exported)
    else:
        assert tf_exports.must_be_known(exported) is exported


class Stages:
    """A case of one input."""

    def __init__(self, folder):
        self.folder, self.notes, self.names = folder, {}, []

    def stage(self, name):
        self.names.append(name)

    def inputs(self):
        return [info("x")]


def test_what_is_exported_runs(tmp_path):
    pytest.importorskip("onnxruntime")
    case = Stages(tmp_path)
    run = tf_exports.exported(case, lambda m, opset: (m, None), model(node("Neg")), opset=13, dynamic=True)
    assert case.names == ["convert", "load"] and case.notes == {outcomes.FREE: [0, 2]}
    assert np.array_equal(run({"x": np.ones((2, 3), np.float32)})[0], -np.ones((2, 3)))


@pytest.mark.parametrize("exported, stage, error", [
    (model(node("Expm1")), "convert", "Expm1"),
    (model(helper.make_node("Add", ["x", "w"], ["y"]), inputs=["x", "w"]), "load", "2 inputs after export, 1 before"),
])
def test_failures_of_the_exporter_have_their_stage(tmp_path, exported, stage, error):
    pytest.importorskip("onnxruntime")
    case = Stages(tmp_path)
    with pytest.raises(RuntimeError, match=error):
        tf_exports.exported(case, lambda: (exported, None))
    assert case.names[-1] == stage


class Framework:
    """Of TensorFlow, what a program needs to be traced."""

    @staticmethod
    def TensorSpec(shape, dtype, name):
        return name, shape


def program(fixed, together=(), symbols=()):
    """Stands for a program that cannot be traced without the sizes of `fixed`, nor with only some of those `together` left open."""

    class Module:
        @staticmethod
        def dynamic():
            return {n: {k: "s"} for n, k in symbols}

    class Model:
        class __call__:  # noqa: N801
            @staticmethod
            def get_concrete_function(*signature):
                shapes = dict(signature)
                if any(shapes[n][k] is None for n, k in fixed) or len({shapes[n][k] is None for n, k in together}) == 2:
                    raise TypeError("'NoneType' object cannot be interpreted as an integer")
                return signature

    p = object.__new__(tf_exports.Program)
    p.tf, p.module, p.model, p.sample = Framework, Module, Model, {"a": np.zeros((2, 3), np.float32), "b": np.zeros((4,), np.int64)}
    p.trace()
    return p


@pytest.mark.parametrize("fixed, shapes", [
    ([], [[None, None], [None]]),
    ([("a", 1)], [[None, 3], [None]]),
    ([("a", 0), ("b", 0)], [[2, None], [4]]),
    ([("a", 0), ("a", 1), ("b", 0)], [[2, 3], [4]]),
])
def test_sizes_are_left_open_where_the_program_allows_it(fixed, shapes):
    p = program(fixed)
    assert [s for _, s in p.concrete] == [[2, 3], [4]]
    p.open()
    assert [s for _, s in p.concrete] == shapes == [s for _, s in p.signature]


@pytest.mark.parametrize("symbols, shapes", [([], [[2, 3], [4]]), ([("a", 0), ("b", 0)], [[None, 3], [None]])])
def test_sizes_of_symbols_are_left_open_together(symbols, shapes):
    p = program([("a", 1)], [("a", 0), ("b", 0)], symbols)
    p.open()
    assert [s for _, s in p.concrete] == shapes


def test_the_targets_are_registered():
    registry = targets.load_all()
    assert {n for n, t in registry.items() if t.environment == "tensorflow" and t.for_corpora} == {
        "tensorflow", "tensorflow-onednn", "tf2onnx", "tf2onnx-dynamic", "tf2onnx-unfrozen", "tf2onnx-keras"}
    for name in ("tf2onnx", "tf2onnx-keras"):
        assert targets.find(f"{name}@13") and targets.find(f"{name}@18") and not targets.find(f"{name}@12") and not targets.find(f"{name}@19")
    assert registry["tf2onnx"].profile == "tf2onnx" and registry["tensorflow"].profile == "tensorflow"


@pytest.mark.skipif(not shutil.which(NNGEN), reason="nngen is not built")
def test_the_profile_leaves_out_what_is_not_known():
    def names(profile):
        listed = subprocess.run([NNGEN, "--list-ops", "json", "--profile", profile], capture_output=True, text=True, check=True).stdout
        return {o["name"] for o in json.loads(listed)["operators"]}

    assert names("tensorflow") - names("tf2onnx") == {"DFT", "STFT"} and names("tf2onnx") < names("tensorflow")


def save(folder, exported):
    folder.mkdir(parents=True)
    onnx.save(exported, folder / "model.onnx")
    (folder / "test_data_set_0").mkdir()
    x = np.linspace(-5, 6, 6, dtype=np.float32).reshape(2, 3)
    (folder / "test_data_set_0" / "input_0.pb").write_bytes(numpy_helper.from_array(x, "x").SerializeToString())


@pytest.mark.skipif(not HERE, reason="no environment of TensorFlow; nngen-study setup --target tensorflow makes it")
@pytest.mark.skipif(not shutil.which(NNGEN), reason="nngen is not built")
def test_targets_run_programs(tmp_path, monkeypatch):
    monkeypatch.setenv("NNGEN", os.path.abspath(NNGEN))
    w = numpy_helper.from_array(np.linspace(-1, 1, 9, dtype=np.float32).reshape(3, 3), "w")
    save(tmp_path / "corpus/plain", model(node("Abs")))
    save(tmp_path / "corpus/weights", model(helper.make_node("MatMul", ["x", "w"], ["y"]), weights=[w]))
    two = numpy_helper.from_array(np.float32(2).reshape(1), "w")
    save(tmp_path / "corpus/unknown", model(helper.make_node("Mod", ["x", "w"], ["y"], fmod=1), weights=[two]))
    run = engine.Run(tmp_path / "corpus", tmp_path / "out", ["tensorflow", "tf2onnx@13", "tf2onnx-dynamic", "tf2onnx-unfrozen", "tf2onnx-keras"], quiet=True)
    run.go()
    assert not run.not_run
    found = {(r["target"], r["model"]): r for r in engine.read_results(tmp_path / "out")}
    loose = outcomes.tolerance("loose")
    assert {k: outcomes.outcome(r, loose) for k, r in found.items() if k[0] != targets.REFERENCE} == {
        **{("tensorflow", m): "correct" for m in ("plain", "weights", "unknown")},
        **{(t, m): "correct" for t in ("tf2onnx@13", "tf2onnx-dynamic", "tf2onnx-keras") for m in ("plain", "weights")},
        **{(t, "unknown"): "conversion failure" for t in ("tf2onnx@13", "tf2onnx-dynamic", "tf2onnx-unfrozen", "tf2onnx-keras")},
        ("tf2onnx-unfrozen", "plain"): "correct", ("tf2onnx-unfrozen", "weights"): "load failure"}
    assert "TruncateMod (1)" in found["tf2onnx@13", "unknown"]["error"]
    assert found["tf2onnx-dynamic", "plain"][outcomes.FREE] == [2, 2] and outcomes.FREE not in found["tf2onnx@13", "plain"]
