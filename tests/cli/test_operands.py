"""Operands and sharing that a manner states: constants as nodes, equal nodes, a tensor taken twice, shared and equal initializers, sources as graph outputs."""
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import onnx
import pytest
from onnx import numpy_helper

ROOT = Path(__file__).resolve().parents[2]
FIELDS = {"constant_nodes": 0.15, "equal_nodes": 0.1, "same_tensor": 0.5, "shared": 0.3, "equal_contents": 0.3, "source_outputs": 0.5}
NODES = 30


def attributes(node):
    return tuple(sorted(a.SerializeToString() for a in node.attribute))


def classes(graph, sources):
    """How often each class occurs in a graph."""
    c = Counter()
    constant = {t.name: t for t in graph.initializer}
    made = {x: n for n in graph.node for x in n.output if x}
    uses = Counter(x for n in graph.node for x in set(n.input) if x)
    c["constant_nodes"] = sum(n.op_type == "Constant" and any(uses[x] for x in n.output) for n in graph.node)
    same = Counter((n.op_type, tuple(n.input), attributes(n)) for n in graph.node if n.input)
    c["equal_nodes"] = sum(k - 1 for k in same.values())
    c["same_tensor"] = sum(len(names) != len(set(names)) for names in ([x for x in n.input if x] for n in graph.node))
    c["shared"] = sum(uses[x] > 1 for x in constant)
    # floats, more than two of them: others may be equal by chance
    contents = Counter((t.data_type, tuple(t.dims), t.raw_data) for t in constant.values() if t.data_type == onnx.TensorProto.FLOAT and len(t.raw_data) > 8)
    c["equal_contents"] = sum(k - 1 for k in contents.values())
    c["source_outputs"] = sum(made[x.name].op_type in sources for x in graph.output)
    return c


def corpus(folder):
    sources = {o["name"] for o in json.loads((folder / "manifest.json").read_text())["operators"] if "source" in o.get("flags", [])}
    graphs = [onnx.load(p).graph for p in sorted(folder.glob("test_*/model.onnx"))]
    return sources, graphs


def table_with(tmp_path, **fields):
    """A copy of the table with a manner `own`."""
    shutil.copytree(ROOT / "specs", tmp_path / "table")
    # a single dim, so that initializers often have equal shapes
    text = "holder: Constant\ndims: {4: 1}\nranks: {1: 1, 2: 1}\n" + "".join(f"{k}: {v}\n" for k, v in fields.items())
    (tmp_path / "table/manners/own.yaml").write_text(text)
    return tmp_path / "table"


def make(nngen, tmp_path, *more, **fields):
    out = tmp_path / "c"
    r = nngen("--specs", table_with(tmp_path, **fields), "--manner", "own", "--nodes", NODES, "--count", 40, "--seed", 3, "--out", out, "--quiet", *more)
    assert r.code == 0, r.err
    return out


def judged(folder):
    r = subprocess.run([sys.executable, "-m", "nngen.judge", str(folder)], cwd=ROOT, env={"PYTHONPATH": "tests:gen/python", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert r.returncode == 0 and "0 problems" in r.stdout, r.stdout[-3000:] + r.stderr[-3000:]


@pytest.mark.parametrize("field", FIELDS)
def test_each_share_makes_its_class_and_no_other(nngen, tmp_path, field):
    sources, graphs = corpus(make(nngen, tmp_path, "--inputs", 0, **{field: FIELDS[field]}))
    counts = sum((classes(g, sources) for g in graphs), Counter())
    assert all(len(g.node) == NODES for g in graphs)
    wanted = {"constant_nodes": 0.1 * NODES * 40, "equal_nodes": 0.06 * NODES * 40}.get(field, 5)
    assert counts[field] >= wanted
    # an equal node takes the initializers of the other one, a constant that is shown is a source
    for other in FIELDS.keys() - {field, "constant_nodes"} - {"equal_nodes": {"shared", "source_outputs"}, "constant_nodes": {"source_outputs"}}.get(field, set()):
        assert counts[other] <= 3, other


def test_without_shares_no_class_occurs(nngen, tmp_path):
    sources, graphs = corpus(make(nngen, tmp_path, "--inputs", 0))
    counts = sum((classes(g, sources) for g in graphs), Counter())
    del counts["constant_nodes"]  # the operator is also drawn
    assert counts.total() <= 3, counts


@pytest.mark.parametrize("more", [("--opset", 13), ("--opset", 17, "--motifs", "0.3"), ("--opset", 22, "--types", "float16,double,int8,uint8,int32,int64,bool"), ("--opset", 28)])
def test_models_with_all_classes_are_valid(nngen, tmp_path, more):
    out = make(nngen, tmp_path, "--intervals", *more, constants="0.2..0.5", **{**FIELDS, "shared": 0.15, "equal_contents": 0.9})
    sources, graphs = corpus(out)
    counts = sum((classes(g, sources) for g in graphs), Counter())
    assert all(counts[x] >= (1 if x == "equal_contents" else 3) for x in FIELDS), counts
    assert all(len(g.node) == NODES for g in graphs)
    judged(out)


def test_constants_have_each_form(nngen, tmp_path):
    _, graphs = corpus(make(nngen, tmp_path, "--inputs", 0, constant_nodes=0.3))
    forms, types = Counter(), set()
    for n in (n for g in graphs for n in g.node if n.op_type == "Constant"):
        assert len(n.attribute) == 1 and not n.input
        a = n.attribute[0]
        forms[a.name] += 1
        if a.name == "value":
            x = numpy_helper.to_array(a.t)
            types.add((a.t.data_type, x.ndim > 1))
    assert all(forms[x] >= 3 for x in ("value", "value_float", "value_floats", "value_ints"))
    assert {(onnx.TensorProto.FLOAT, True), (onnx.TensorProto.INT64, False)} <= types


def test_sharing_keeps_nodes_apart(nngen, tmp_path):
    """Nodes that take a shared initializer differ in more than their attributes, so that a difference of the two is not always zero."""
    _, graphs = corpus(make(nngen, tmp_path, "--inputs", 0, shared=1, equal_contents=1))
    for g in graphs:
        # attributes aside, initializers by their contents
        contents = {t.name: t.raw_data for t in g.initializer}
        seen = Counter((n.op_type, tuple(contents.get(x, x) for x in n.input)) for n in g.node if any(len(contents.get(x, b"")) > 8 for x in n.input))
        assert max(seen.values(), default=0) <= 1
        assert len({t.name for t in g.initializer}) == len(g.initializer)


def test_nodes_that_can_be_folded_are_named(nngen, tmp_path):
    out = make(nngen, tmp_path, "--inputs", 0, constants=0.6)
    sources = corpus(out)[0]
    named = 0
    for line in (out / "models.jsonl").read_text().splitlines():
        record = json.loads(line)
        g = onnx.load(out / record["name"] / "model.onnx").graph
        live, found = {x.name for x in g.input}, []
        for k, n in enumerate(g.node):
            if any(x in live for x in n.input):
                live.update(x for x in n.output if x)
            elif n.input and n.op_type not in sources:
                found.append(k)
        assert record.get("folded", []) == found and len(found) <= max(1, NODES // 20)
        named += len(found)
    assert named >= 8


def test_same_bytes_from_any_number_of_threads(nngen, tmp_path):
    table = table_with(tmp_path, constants=0.3, **FIELDS)
    for jobs in (1, 3):
        assert nngen("--specs", table, "--manner", "own", "--nodes", 20, "--count", 12, "--jobs", jobs, "--out", tmp_path / str(jobs), "--quiet").code == 0
    files = sorted(p.relative_to(tmp_path / "1") for p in (tmp_path / "1").rglob("*") if p.is_file())
    assert len(files) > 24 and all((tmp_path / "1" / f).read_bytes() == (tmp_path / "3" / f).read_bytes() for f in files)


@pytest.mark.parametrize("nodes", [1, 2, 3, 5, 8])
def test_small_graphs_have_their_number_of_nodes(nngen, tmp_path, nodes):
    table = table_with(tmp_path, **FIELDS)
    r = nngen("--specs", table, "--manner", "own", "--nodes", nodes, "--count", 200, "--inputs", 0, "--out", tmp_path / "c", "--quiet")
    assert r.code == 0, r.err
    assert all(len(g.node) == nodes for g in corpus(tmp_path / "c")[1])


def test_what_must_be_left_out_is_left_out(nngen, tmp_path):
    table = table_with(tmp_path, **FIELDS)
    for k, more in enumerate((("--ops=-Constant",), ("--avoid", "Constant,Add"), ("--weights", tmp_path / "w.txt"))):
        (tmp_path / "w.txt").write_text("* 1\nConstant 0\n")
        out = tmp_path / str(k)
        r = nngen("--specs", table, "--manner", "own", "--nodes", NODES, "--count", 30, "--inputs", 0, "--out", out, "--quiet", *more)
        assert r.code == 0, r.err
        graphs = corpus(out)[1]
        made = [{x: n.op_type for n in g.node for x in n.output} for g in graphs]
        followed = {(m.get(x), n.op_type) for g, m in zip(graphs, made) for n in g.node for x in n.input}
        constants = sum(n.op_type == "Constant" for g in graphs for n in g.node)
        assert ("Constant", "Add") not in followed if k == 1 else constants <= (1 if k == 2 else 0), (k, constants)


@pytest.mark.parametrize("text,says", [
    ("holder: Shape\n", "manners/own.yaml:1:9: manner own: `holder`: expected an operator without inputs whose output is an attribute of type tensor, not Shape"),
    ("holder: Constnt\n", "manners/own.yaml:1:9: manner own: operator `Constnt` is not in the table; did you mean `Constant`?"),
    ("holder: [Constant]\n", "manners/own.yaml:1:9: manner own: `holder` must be the name of an operator, or a mapping, not a list"),
    ("equal_nodes: 2\n", "manners/own.yaml:1:14: manner own: `equal_nodes`: expected a share from 0 to 1 such as 0.5, or a range such as 0.2..0.6")])
def test_malformed_fields_are_refused_with_their_place(nngen, tmp_path, text, says):
    shutil.copytree(ROOT / "specs", tmp_path / "table")
    (tmp_path / "table/manners/own.yaml").write_text(text)
    r = nngen("--specs", tmp_path / "table", "--manner", "own", "--out", tmp_path / "c")
    assert r.code == 1 and re.search(re.escape(says), r.err), r.err
