"""Ready predicates of `nngen reduce`."""
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from nngen._program import chosen
from nngen.study import isolate, reduce, targets
from study import recheck

PROGRAM = Path("gen/python/nngen-study")  # a link, whose name counts


def shrink(folder, out, name, *args):
    env = {**os.environ, "NNGEN_PYTHON": sys.executable, "NNGEN": os.path.abspath(chosen())}
    env["PYTHONPATH"] = isolate.python_path()  # of planted targets
    return subprocess.run([env["NNGEN"], "reduce", folder / "model.onnx", "--inputs", folder, "--out", out, "--study", PROGRAM, "--predicate", name, "--jobs", "2", *args],
                          env=env, capture_output=True, text=True, check=False, timeout=300)


def chain(folder, ops, shape=(2, 3), value=1.0, **attributes):
    """A model of unary operators and its data."""
    nodes = [helper.make_node(op, [f"t{i}"], [f"t{i + 1}"], **(attributes if op == "Elu" else {})) for i, op in enumerate(ops)]
    x, y = (helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, shape) for n in ("t0", f"t{len(ops)}"))
    model = helper.make_model(helper.make_graph(nodes, "g", [x], [y]), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    reduce.write(folder, model, {"t0": np.full(shape, value, np.float32)})
    return folder


def operators(out):
    return [n.op_type for n in onnx.load(out / "smallest/model.onnx").graph.node]


OPS = ["Abs", "Neg", "Abs", "Sqrt", "Exp", "Relu", "Tanh", "Neg", "Sigmoid"]


@pytest.mark.parametrize("name", ["layer normalisation by a fourth power", "layer normalisation that drops the axis"])
def test_levels_of_onnxruntime(tmp_path, name):
    """A finding behind and before other nodes: wrong values, and a session that is refused."""
    f = next(f for f in recheck.load() if f.name == f"onnxruntime-all: {name}")
    if targets.versions(targets.load_all()[f.target])["onnxruntime"] != f.version:
        pytest.skip(f"ONNX Runtime {f.version} is not installed")
    model, feed, _ = f.make()
    g, count = model.graph, len(model.graph.node)
    first = g.node[0].input[0]
    for i, op in enumerate(("Neg", "Neg")):
        g.node.insert(i, helper.make_node(op, [["given", "between"][i]], [["between", first][i]]))
    g.node.append(helper.make_node("Identity", [first], ["aside"]))
    g.output.append(helper.make_empty_tensor_value_info("aside"))
    g.input[0].name = "given"
    reduce.write(tmp_path / "m", model, {"given": feed[first], **{k: v for k, v in feed.items() if k != first}})
    done = shrink(tmp_path / "m", tmp_path / "r", "onnxruntime-levels")
    assert done.returncode == 0, done.stderr
    assert "fails: basic: " in done.stdout and len(operators(tmp_path / "r")) <= count


def test_a_target(tmp_path):
    folder = chain(tmp_path / "m", OPS)
    done = shrink(folder, tmp_path / "r", "fault-value", "--", "--modules", "study.faulty", "--tolerance", "1e-7")
    assert done.returncode == 0, done.stderr
    assert operators(tmp_path / "r") == ["Relu"] and "fails: fault-value: value mismatch\n" in done.stdout


def test_a_target_that_crashes(tmp_path):
    """Each crash is one of a forked process: the worker goes on."""
    folder = chain(tmp_path / "m", OPS)
    done = shrink(folder, tmp_path / "r", "fault-signal", "--save-temps", "--", "--modules", "study.faulty")
    assert done.returncode == 0, done.stderr
    assert operators(tmp_path / "r") == ["Relu"] and re.search(r"fails: fault-signal: run: crash: SIG\w+", done.stdout)
    assert len(list((tmp_path / "r/calls").glob("worker-*.stderr"))) <= 2


def test_bounds(tmp_path):
    """One in the sixth decimal is more than the bound of a Relu, and less than the loose tolerance."""
    folder = chain(tmp_path / "m", OPS)
    done = shrink(folder, tmp_path / "r", "bounds", "--", "--modules", "study.faulty", "--target", "fault-large", "--tolerance", "bound")
    assert done.returncode == 1 and "does not fail: predicate bounds" in done.stderr
    folder = chain(tmp_path / "n", ["Abs", "Relu", "Neg"], value=7)
    done = shrink(folder, tmp_path / "s", "bounds", "--", "--modules", "study.faulty", "--target", "fault-value")
    assert done.returncode == 0, done.stderr
    assert operators(tmp_path / "s") == ["Relu"] and "fails: fault-value: outside its bound\n" in done.stdout


def test_the_checker(tmp_path):
    folder = chain(tmp_path / "m", OPS)
    model = onnx.shape_inference.infer_shapes(onnx.load(folder / "model.onnx"))
    model.graph.node[4].attribute.append(helper.make_attribute("no_such", 1))
    onnx.save(model, folder / "model.onnx")
    done = shrink(folder, tmp_path / "r", "checker", "--allow-invalid")
    assert done.returncode == 0, done.stderr
    assert operators(tmp_path / "r") == ["Exp"] and "Unrecognized attribute: no_such for operator Exp" in done.stdout


def test_what_cannot_be_asked(tmp_path):
    folder = chain(tmp_path / "m", ["Abs"])
    for name, args, message in (("nothing", (), "nothing: no such predicate; there are onnxruntime-levels, bounds, checker, "),
                                ("bounds", ("--", "--target", "none"), "bounds: no such target: none"),
                                ("onnxruntime-levels", ("--", "--levels", "most"), "argument --levels: most: expected some of basic, extended, all"),
                                ("fault-absent", ("--", "--modules", "study.test_predicate"), "no-such-package is not installed (PackageNotFoundError): pip install no-such-package")):
        done = shrink(folder, tmp_path / "r", name, *args)
        assert done.returncode == 1 and message in done.stderr, done.stderr
    done = shrink(folder, tmp_path / "r", "onnxruntime-levels")
    assert done.returncode == 1 and done.stderr.endswith("does not fail: predicate onnxruntime-levels\n")


targets.target("fault-absent", ["no-such-package"], kind="fault")(lambda case: None)
