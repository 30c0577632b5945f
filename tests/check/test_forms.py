"""The judge judges models in other forms: nothing is found in models of nngen, and each planted fault is."""
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from check.faults import Bench
from nngen.judge import forms, validate

NNGEN = str(Path(os.environ.get("NNGEN", Path(__file__).resolve().parents[2] / "build" / "default" / "nngen")).resolve())
OPS = "Add,Mul,Sub,Relu,MatMul,Softmax,Transpose,Concat,Sigmoid,Tanh"


def make(root, *options):
    subprocess.run([NNGEN, "--nodes", "8", "--count", "3", "--seed", "4", "--ops", OPS, "--motifs", "0", "--out", root, "--quiet", *options], check=True)
    return root


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return make(tmp_path_factory.mktemp("forms") / "c", "--form", "loop:1,function:1,names:1", "--variants", "2", "--outputs")


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    """No expected outputs: the plain model is the oracle."""
    return make(tmp_path_factory.mktemp("forms") / "w", "--form", "function:1", "--variants", "2")


def kinds(root, pool, **how):
    return {p.kind for p in validate.validate(root, pool, **how).problems}


class Copies(Bench):
    """Edits of the first copy."""

    def folder(self):
        return self.root / "test_000000_v1"

    def copy(self):
        return onnx.load(self.folder() / "model.onnx", load_external_data=False)

    def put(self, data, name="model.onnx", i=1):
        (self.folder() / name).write_bytes(data)
        records = self.records()
        records[i]["files"][name] = hashlib.sha256(data).hexdigest()
        self.save_records(records)


def test_nothing_is_found(pool, good, without):
    v = validate.validate(good, pool)
    assert v.problems == [] and v.judged == 6 and v.family.models == 6
    assert kinds(without, pool) == set()


def test_of_variants_of_which_all_are_in_forms(pool, tmp_path):
    root = make(tmp_path / "c", "--form", "loop:1", "--outputs")
    v = validate.validate(root, pool)
    assert v.problems == [] and v.judged == 3


def inner(model):
    """Nodes in functions and in bodies."""
    graphs = [a.g for n in model.graph.node for a in n.attribute if a.HasField("g")]
    return [n for f in model.functions for n in f.node] + [n for g in graphs for n in g.node]


def other_output(b, factor=0.97):
    """The first output is computed otherwise."""
    m = b.copy()
    out = m.graph.output[0].name
    for n in m.graph.node:
        for i, name in enumerate(n.output):
            if name == out:
                n.output[i] = "moved"
    for n in [n for n in m.graph.node if "moved" not in n.output]:
        n.input[:] = ["moved" if x == out else x for x in n.input]
    kind = m.graph.output[0].type.tensor_type.elem_type
    m.graph.initializer.append(numpy_helper.from_array(np.array(factor, helper.tensor_dtype_to_np_dtype(kind)), "factor"))
    m.graph.node.append(helper.make_node("Mul", ["moved", "factor"], [out]))
    b.put(m.SerializeToString())


def unknown_operator_inside(b):
    m = b.copy()
    inner(m)[0].op_type = "Nothing"
    b.put(m.SerializeToString())


def output_of_another_shape(b):
    m = b.copy()
    m.graph.output[0].type.tensor_type.shape.dim[0].dim_value += 1
    b.put(m.SerializeToString())


def another_file(b):
    (b.folder() / "external_0.bin").write_bytes(b"x")


def external_file_that_no_tensor_names(b):
    b.put(b"x", "external_7.bin")


def copy_without_its_name(b):
    r = b.records()
    r[1]["name"] = "test_000000_v2"
    b.save_records(r)


def copy_of_another(b):
    r = b.records()
    r[1]["plain"] = "test_000001"
    b.save_records(r)


@pytest.mark.parametrize("fault, kind", [(other_output, "bound"), (unknown_operator_inside, "checker"), (output_of_another_shape, "run-shape"), (another_file, "files"),
                                         (external_file_that_no_tensor_names, "record"), (copy_without_its_name, "record"), (copy_of_another, "record")])
def test_faults(pool, good, tmp_path, fault, kind):
    shutil.copytree(good, tmp_path / "c")
    fault(Copies(tmp_path / "c"))
    assert kind in kinds(tmp_path / "c", pool)


def test_another_result_than_the_plain_model(pool, without, tmp_path):
    shutil.copytree(without, tmp_path / "c")
    other_output(Copies(tmp_path / "c"))
    assert kinds(tmp_path / "c", pool) == {"plain"}


def test_files_of_tensors_inside():
    """Tensors of attributes, bodies, functions and defaults, dense and sparse."""
    def tensor(location):
        t = TensorProto(name=location, data_type=1, dims=[1], data_location=TensorProto.EXTERNAL)
        t.external_data.add(key="location", value=location)
        t.external_data.add(key="offset", value="4")
        return t

    sparse = onnx.SparseTensorProto(values=tensor("a"), indices=tensor("b"), dims=[4])
    body = helper.make_graph([helper.make_node("Constant", [], ["x"], sparse_value=sparse)], "b", [], [], [tensor("c")])
    m = helper.make_model(helper.make_graph([helper.make_node("If", ["c"], ["y"], then_branch=body), helper.make_node("Constant", [], ["z"], value=tensor("d"))], "g", [], [], [tensor("e")]))
    m.graph.sparse_initializer.append(onnx.SparseTensorProto(values=tensor("f"), indices=tensor("g"), dims=[4]))
    f = helper.make_function("own", "f", [], ["q"], [helper.make_node("Constant", [], ["q"], value=tensor("h"))], [helper.make_opsetid("", 17)])
    f.attribute_proto.append(helper.make_attribute("k", tensor("i")))
    m.functions.append(f)
    assert forms.external(m) == set("abcdefghi")


def test_what_the_runtime_is_known_for_is_a_note():
    features = {"storage.sparse": 1}
    sparse = ("run-none", "data set 0: Currently do not support dims higher than 2 dimensions: 3", "")
    problems, notes = [sparse, ("bound", "optimisation none, data set 0: 'y'[0] is 1", "")], []
    forms.sort_out(problems, notes, features, set(), True)
    assert [p[0] for p in problems] == ["bound"] and notes[0][0] == "runtime" and notes[0][1].startswith("sparse-output: ")
    problems, notes = [sparse], []
    forms.sort_out(problems, notes, {"if.copy": 1}, set(), True)
    assert problems == [sparse] and notes == []


def test_whose_a_problem_is():
    best, rest = ("bound", "optimisation all, data set 0: 'y'[0] is 1", ""), ("bound", "optimisation none, data set 0: 'y'[0] is 1", "")
    for found, too, bounded, left, said in [([best], set(), True, [], ["optimiser"]), ([best], set(), False, [best], []), ([best, rest], set(), True, [best, rest], []),
                                            ([best, rest], {("bound", "all"), ("bound", "none")}, True, [], ["plain-too", "plain-too"]),
                                            ([("load-all", "cannot", "")], set(), True, [], ["optimiser"]), ([("load-none", "cannot", "")], set(), True, [("load-none", "cannot", "")], [])]:
        problems, notes = list(found), []
        forms.sort_out(problems, notes, {}, too, bounded)
        assert (problems, [n[0] for n in notes]) == (left, said)


def test_known_crashes():
    crash = ("crash", "SIGSEGV in stage load-all: words", "")
    for features, left in (({"if.proven": 2}, []), ({"scan.state": 1}, [crash])):
        result = {"problems": [crash], "notes": []}
        forms.known_crashes(result, features)
        assert result["problems"] == left and len(result["notes"]) == 1 - len(left)


def sparse_output():
    sparse = helper.make_sparse_tensor(numpy_helper.from_array(np.array([1], np.float32), ""), numpy_helper.from_array(np.array([0]), ""), [2])
    m = helper.make_model(helper.make_graph([helper.make_node("Constant", [], ["s"], sparse_value=sparse), helper.make_node("Add", ["x", "s"], ["y"])], "g", [helper.make_tensor_value_info("x", 1, [2])],
                                            [helper.make_tensor_value_info(name, 1, [2]) for name in ("y", "s")]), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(m, full_check=True)
    return m


def test_sparse_output():
    """The entry sparse-output of form_quirks.json."""
    import onnxruntime

    s = onnxruntime.InferenceSession(sparse_output().SerializeToString(), providers=["CPUExecutionProvider"])
    with pytest.raises(Exception, match=next(q for q in forms.QUIRKS if q["name"] == "sparse-output")["message"]):
        s.run(None, {"x": np.zeros(2, np.float32)})


INLINED = """
import onnx, onnxruntime, sys
m = onnx.parser.parse_model('''<ir_version: 8, opset_import: ["" : 17]>
g (float[2] x) => (float[2] y) <bool on = {1}, int64 n = {1}> {
    y = If (on) <then_branch = p () => (float[2] z) <float[1] w = {1.5}> {
        k = Add (x, w)
        z = If (on) <then_branch = q () => (float[2] t) {
            m = Mul (k, w)
            t = Loop (n, on, m) <body = b (int64 i, bool c, float[2] s) => (bool d, float[2] u) { d = Identity (c)  u = Mul (s, w) }>
        }, else_branch = e () => (float[2] r) { r = Neg (k) }>
    }, else_branch = f () => (float[2] r) { r = Neg (x) }>
}''')
onnx.checker.check_model(m, full_check=True)
onnxruntime.InferenceSession(m.SerializeToString(), providers=["CPUExecutionProvider"], disabled_optimizers=sys.argv[1:])
"""


def test_inlined_branch():
    """The entry inlined-branch of form_quirks.json."""
    run = lambda *off: subprocess.run([sys.executable, "-c", INLINED, *off], capture_output=True).returncode  # noqa: E731
    assert run() == -signal.SIGSEGV and run("ConstantFolding") == 0


def test_entries_have_all_keys():
    features = set()
    for line in (Path(__file__).resolve().parents[2] / "gen/form/form_feature.h").read_text().splitlines():
        features |= {w for w in line.split('"') if w and w.replace("_", "").isalpha()}
    for q in forms.QUIRKS:
        assert set(q) <= {"name", "kinds", "when", "message", "reason"} and q["name"] and q["reason"] and set(q["kinds"]) <= {"load", "run", "bound", "crash"}
        assert all(f.split(".")[1] in features for f in q["when"]), q
