"""Guided generation: --contain, --avoid, --weights and --like shift what is measured as asked, and every model stays valid."""
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

ROOT = Path(__file__).resolve().parents[2]


def edges(folder):
    """Operators and pairs along edges, counted over all models."""
    ops, pairs = Counter(), Counter()
    for file in sorted(folder.glob("test_*/model.onnx")):
        nodes = onnx.load(file).graph.node
        made = {x: i for i, n in enumerate(nodes) for x in n.output if x}
        for n in nodes:
            ops[n.op_type] += 1
            pairs.update((nodes[i].op_type, n.op_type) for i in {made[x] for x in n.input if x in made})
    return ops, pairs


def models_with(folder, path):
    """(models that have the path, models)"""
    have = total = 0
    for file in sorted(folder.glob("test_*/model.onnx")):
        nodes = onnx.load(file).graph.node
        made = {x: i for i, n in enumerate(nodes) for x in n.output if x}
        at = {i for i, n in enumerate(nodes) if n.op_type == path[-1]}
        for op in reversed(path[:-1]):
            at = {made[x] for i in at for x in nodes[i].input if x in made and nodes[made[x]].op_type == op}
        have, total = have + bool(at), total + 1
    return have, total


def share(counts, key):
    return counts[key] / sum(counts.values())


def after(pairs, first, second):
    """Share of `second` in what follows `first`."""
    return pairs[first, second] / max(1, sum(n for (a, _), n in pairs.items() if a == first))


def judge(folder):
    r = subprocess.run([sys.executable, "-m", "nngen.judge", str(folder)], cwd=ROOT, env={"PYTHONPATH": "tests:gen/python", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert r.returncode == 0, r.stdout[-3000:] + r.stderr[-3000:]
    assert "0 problems" in r.stdout


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    from conftest import NNGEN
    out = tmp_path_factory.mktemp("plain") / "p"
    subprocess.run([str(NNGEN), "--manner", "uniform", "--nodes", "20", "--count", "150", "--out", str(out), "--quiet"], check=True)
    return out


def test_contain_and_avoid(nngen, tmp_path, plain):
    out = tmp_path / "g"
    r = nngen("--nodes", 20, "--count", 100, "--contain", "Conv,Relu,MaxPool", "--contain", "Less,Where", "--avoid", "Cast,Sub", "--avoid", "Sub,Mean,Sum",
              "--avoid", "Conv,Conv", "--out", out)
    assert r.code == 0, r.err
    for path in (["Conv", "Relu", "MaxPool"], ["Less", "Where"]):
        assert models_with(out, path) == (100, 100)
        assert models_with(plain, path)[0] < 20
    for path in (["Cast", "Sub"], ["Sub", "Mean", "Sum"], ["Conv", "Conv"]):
        assert models_with(out, path) == (0, 100)
    assert models_with(plain, ["Cast", "Sub"])[0] > 3
    options = json.loads((out / "manifest.json").read_text())["options"]
    assert options["contain"] == "Conv,Relu,MaxPool;Less,Where" and options["avoid"] == "Cast,Sub;Sub,Mean,Sum;Conv,Conv"
    assert not json.loads((out / "manifest.json").read_text())["missing"]  # every operator is still there
    judge(out)


@pytest.mark.parametrize("opset", [13, 17, 22, 28])
@pytest.mark.parametrize("op", ["Equal", "ArgMin", "Det"])
def test_contain_one_operator(nngen, tmp_path, op, opset):
    """In small models too, and with few outputs: Equal has no use for most tensors of float32."""
    r = nngen("--nodes", 15, "--count", 100, "--opset", opset, "--contain", op, "--inputs", 0, "--out", tmp_path / "g")
    assert r.code == 0, r.err
    models = [json.loads(line) for line in (tmp_path / "g" / "models.jsonl").read_text().splitlines()]
    assert len(models) == 100 and all(op in m["operators"] for m in models)
    assert max(len(m["outputs"]) for m in models) <= 15 // 8 + 2


@pytest.mark.parametrize("args, says", [
    (["--contain", "Relu,Not"], "contain Relu,Not: Relu,Not is impossible: no output of one has a type that the next one takes"),
    (["--contain", "Conv,Nope"], "contain Conv,Nope: unknown operator Nope; did you mean Not?"),
    (["--contain", "Conv,Relu", "--ops", "-Relu"], "operator Relu is left out by --ops or --common"),
    (["--contain", "Conv,Relu", "--avoid", "Conv,Relu"], "forbidden path"),
    (["--contain", "Relu,Add.2"], "contain Relu,Add.2: Add has no input `2`; expected a number from 0 or a name of A, B"),
    (["--contain", "Relu,Add.C"], "contain Relu,Add.C: Add has no input `C`; expected a number from 0 or a name of A, B"),
    (["--contain", "Relu,Add."], "contain Relu,Add.: Add has no input ``; expected a number from 0 or a name of A, B"),
    (["--contain", "Relu,Sum.9"], "contain Relu,Sum.9: Sum has no input `9`; expected a number from 0 or a name of data"),
    (["--contain", "Relu.1,Add"], "contain Relu.1,Add: no operator comes before Relu, whose input 1 is named"),
    (["--contain", "Relu,Conv.W"], "contain Relu,Conv.W: input W of Conv takes no output of another operator"),
    (["--contain", "Relu,Add+"], "contain Relu,Add: expected another path after `+`"),
    (["--contain", "Relu,Add+Add,Sub"], "contain Add,Sub: expected a path that ends in Add, as the one before the `+` does"),
    (["--contain", "Relu,Add.0+Tanh,Add.A"], "contain Tanh,Add.A: two paths would be input 0 of Add"),
    (["--contain", "Add+Relu,Add"], "contain Add: expected at least two operators in a path that meets another"),
    (["--contain", "Relu,Sum+Relu,Sum+Relu,Sum+Relu,Sum+Relu,Sum"], "contain Relu,Sum: more than 4 paths would meet in a node"),
    (["--contain", "Relu,Sigmoid+Tanh,Sigmoid"], "contain Tanh,Sigmoid: 2 paths would meet in Sigmoid, which takes at most 1 output of other operators"),
    (["--contain", "Relu,Relu+Sin,Relu"], "2 paths would meet in Relu, which takes at most 1 output"),
    (["--contain", "Relu,Add+Sin,Add+Tanh,Add.1"], "3 paths would meet in Add, which takes at most 2 outputs"),
    (["--contain", "Relu,Where+Less,Where+Not,Where"], "contain: no model of 12 nodes with all these paths was found"),
    (["--avoid", "Relu,Add.1"], "avoid Relu,Add.1: expected operators separated by commas; inputs and `+` belong to contain"),
    (["--avoid", "Relu,Add+Tanh,Add"], "avoid Relu,Add: expected operators separated by commas; inputs and `+` belong to contain"),
    (["--avoid", "Relu"], "use --ops -A to leave out a single one"),
    (["--contain", ""], "--contain '': expected A,B,C"),
])
def test_what_cannot_be(nngen, tmp_path, args, says):
    r = nngen("--nodes", 12, "--count", 2, "--out", tmp_path / "x", *args)
    assert r.code == 2 and says in r.err
    assert not (tmp_path / "x").exists()


def paths_into(graph, path):
    """(node, input) where an output of the path of operators, its last one aside, enters that last one."""
    made = {x: i for i, n in enumerate(graph.node) for x in n.output if x}

    def ends(i, before):
        n = graph.node[i]
        return n.op_type == before[-1] and (len(before) == 1 or any(ends(made[x], before[:-1]) for x in n.input if x in made))

    return {(i, k) for i, n in enumerate(graph.node) if n.op_type == path[-1] for k, x in enumerate(n.input) if x in made and ends(made[x], path[:-1])}


@pytest.mark.parametrize("text, paths", [
    ("Relu,Add.1", [("Relu", "Add", 1)]),
    ("Conv,Sub.B", [("Conv", "Sub", 1)]),
    ("Relu,Add.1+Sigmoid,Add.0", [("Relu", "Add", 1), ("Sigmoid", "Add", 0)]),
    ("Exp,Div.B + Relu,Div.A", [("Exp", "Div", 1), ("Relu", "Div", 0)]),
    ("Conv,Relu,Add+MaxPool,Add", [("Conv", "Relu", "Add", None), ("MaxPool", "Add", None)]),
    ("Transpose,MatMul+Relu,Softmax,MatMul.1", [("Transpose", "MatMul", 0), ("Relu", "Softmax", "MatMul", 1)]),
    ("Relu,Sum.2+Tanh,Sum+Sigmoid,Sum.0", [("Relu", "Sum", 2), ("Tanh", "Sum", None), ("Sigmoid", "Sum", 0)]),
])
@pytest.mark.parametrize("manner", ["uniform", "real"])
def test_paths_name_operands_and_meet(nngen, tmp_path, text, paths, manner):
    r = nngen("--nodes", 16, "--count", 12, "--seed", 4, "--manner", manner, "--contain", text, "--out", tmp_path / "g", "--quiet")
    assert r.code == 0, r.err
    for file in sorted((tmp_path / "g").glob("test_*/model.onnx")):
        graph = onnx.load(file).graph
        assert len(graph.node) == 16
        found = [{(i, k) for i, k in paths_into(graph, p[:-1]) if p[-1] in (None, k)} for p in paths]
        meeting = set.intersection(*({i for i, _ in f} for f in found))
        # distinct inputs of one node
        assert any(len({k for f in found for j, k in f if j == i}) >= len(paths) for i in meeting), file
    if text.startswith("Conv,Relu"):
        judge(tmp_path / "g")


def test_weights_of_operators(nngen, tmp_path, plain):
    (tmp_path / "w").write_text("# few of them\n* 0.01\nConv 1\nRelu 2\nMaxPool 1\nSoftmax 4\nAdd 2\n")
    out = tmp_path / "g"
    assert nngen("--nodes", 20, "--count", 150, "--weights", tmp_path / "w", "--out", out).code == 0
    ops, before = edges(out)[0], edges(plain)[0]
    named = {"Conv": 1, "Relu": 2, "MaxPool": 1, "Softmax": 4, "Add": 2}
    assert sum(ops[x] for x in named) > 0.5 * sum(ops.values()) > sum(before[x] for x in named)
    for op, w in named.items():
        assert share(ops, op) > 3 * share(before, op)
    assert 1.4 < ops["Softmax"] / ops["Relu"] < 2.9
    assert 1.3 < ops["Relu"] / ops["Conv"] < 3.2
    manifest = json.loads((out / "manifest.json").read_text())
    assert not manifest["missing"]
    assert manifest["options"]["weights"] == "* 0.01\nConv 1\nRelu 2\nMaxPool 1\nSoftmax 4\nAdd 2\n"
    judge(out)
    assert nngen("replay", out / "manifest.json", "--out", tmp_path / "again", "--quiet").code == 0
    assert (tmp_path / "again" / "models.jsonl").read_bytes() == (out / "models.jsonl").read_bytes()


def test_weights_of_pairs(nngen, tmp_path):
    measured = []
    for k, text in enumerate(("Conv 20\n", "Conv 20\nConv,Relu 200\n", "Conv 20\nConv,Relu 0\n")):
        (tmp_path / "w").write_text(text)
        assert nngen("--manner", "uniform", "--nodes", 20, "--count", 150, "--weights", tmp_path / "w", "--inputs", 0, "--out", tmp_path / str(k), "--quiet").code == 0
        measured.append(after(edges(tmp_path / str(k))[1], "Conv", "Relu"))
    assert measured[1] > 0.4 and measured[1] > 8 * measured[0] and measured[2] <= measured[0]
    judge_some = tmp_path / "j"
    (tmp_path / "w").write_text("Conv,Relu 200\nRelu,MaxPool 200\n")
    assert nngen("--nodes", 20, "--count", 60, "--weights", tmp_path / "w", "--out", judge_some, "--quiet").code == 0
    judge(judge_some)


@pytest.mark.parametrize("text, says", [("Conv", "line 1"), ("Conv 1\nRelu -1\n", "line 2"), ("Nope 1\n", "unknown operator Nope"), ("* 0\n", "above 0"), ("Conv 1.23456", "line 1"),
                                        ("", "has no weights"), ("# Conv 1\n \n", "has no weights")])
def test_malformed_weights(nngen, tmp_path, text, says):
    (tmp_path / "w").write_text(text)
    r = nngen("--weights", tmp_path / "w", "--out", tmp_path / "x")
    assert r.code == 2 and says in r.err


def own_model(path, blocks, custom=False):
    """A small network as people write them: Conv, Relu and MaxPool in turn, then Flatten, Gemm and Softmax."""
    nodes, inits, x, channels = [], [], "x", 3
    for i in range(blocks):
        inits.append(helper.make_tensor(f"w{i}", TensorProto.FLOAT, [4, channels, 3, 3], [0.1] * (36 * channels)))
        nodes += [helper.make_node("Conv", [x, f"w{i}"], [f"c{i}"], pads=[1, 1, 1, 1]), helper.make_node("Relu", [f"c{i}"], [f"r{i}"]),
                  helper.make_node("MaxPool", [f"r{i}"], [f"p{i}"], kernel_shape=[2, 2])]
        x, channels = f"p{i}", 4
    nodes += [helper.make_node("Flatten", [x], ["f"]), helper.make_node("Softmax", ["f"], ["y" if not custom else "z"])]
    if custom:
        nodes.append(helper.make_node("Mystery", ["z"], ["y"], domain="example"))
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 32, 32])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], inits)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)


def test_like(nngen, tmp_path, plain):
    own_model(tmp_path / "own" / "a.onnx", 3)
    own_model(tmp_path / "own" / "deeper" / "b.onnx", 2, custom=True)
    (tmp_path / "own" / "notes.txt").write_text("no model\n")
    out = tmp_path / "g"
    r = nngen("--nodes", 20, "--count", 150, "--like", tmp_path / "own", "--out", out)
    assert r.code == 0
    assert "--like: operator example.Mystery (1 node) is not in the table" in r.err
    (ops, pairs), (before, pairs_before) = edges(out), edges(plain)
    theirs = {"Conv": 5, "Relu": 5, "MaxPool": 5, "Flatten": 2, "Softmax": 2}
    distance = [sum(abs(share(c, x) - theirs.get(x, 0) / 19) for x in set(c) | set(theirs)) / 2 for c in (ops, before)]
    assert distance[0] < 0.6 * distance[1]
    for a, b in (("Conv", "Relu"), ("Relu", "MaxPool"), ("MaxPool", "Conv")):
        assert after(pairs, a, b) > 0.1 and after(pairs, a, b) > 4 * after(pairs_before, a, b)
    assert not json.loads((out / "manifest.json").read_text())["missing"]
    judge(out)
    assert nngen("replay", out / "manifest.json", "--out", tmp_path / "again", "--quiet").code == 0
    assert (tmp_path / "again" / "models.jsonl").read_bytes() == (out / "models.jsonl").read_bytes()


def one_node(path, op, types=(TensorProto.FLOAT, TensorProto.FLOAT), **attributes):
    graph = helper.make_graph([helper.make_node(op, ["x"], ["y"], **attributes)], "g", [helper.make_tensor_value_info("x", types[0], [2])],
                              [helper.make_tensor_value_info("y", types[1], [2])])
    onnx.save(helper.make_model(graph), path)


def test_like_passes_over_what_it_cannot_read(nngen, tmp_path):
    own = tmp_path / "own"
    own_model(own / "b.onnx", 2)
    own_model(own / "C.ONNX", 2)
    alone = nngen("--like", own, "--count", 2, "--inputs", 0, "--out", tmp_path / "x")
    assert (alone.code, "skipped" in alone.err) == (0, False)
    (own / "a\nb.onnx").write_bytes(b"no model")
    (own / "deeper" / "f.onnx").mkdir(parents=True)
    subprocess.run(["mkfifo", own / "deeper" / "f.onnx" / "pipe.onnx"], check=True)
    (own / "gone.onnx").symlink_to(tmp_path / "nothing")
    r = nngen("--like", own, "--count", 2, "--inputs", 0, "--quiet", "--out", tmp_path / "y", timeout=60)
    assert r.code == 0
    notes = [x for x in r.err.splitlines() if "--like" in x]
    assert [x.split(": ", 3)[2] for x in notes] == [f"{own}/a?b.onnx", f"{own}/deeper/f.onnx/pipe.onnx", f"{own}/gone.onnx"]
    assert all(x.endswith("; skipped") for x in notes)
    assert "is not an ONNX model" in notes[0] and "is not a regular file" in notes[1] and "No such file" in notes[2]
    for a, b in ((tmp_path / "x", tmp_path / "y"),):  # what could be read counts as before
        assert (a / "models.jsonl").read_bytes() == (b / "models.jsonl").read_bytes()


def test_like_says_why_an_operator_is_not_there(nngen, tmp_path):
    own = tmp_path / "own"
    own_model(own / "a.onnx", 1)
    for i, (op, attributes) in enumerate((("DequantizeLinear", {}), ("Gelu", {}), ("LSTMish", {"domain": "example"}), ("Sigmoid", {}))):
        one_node(own / f"{i}.onnx", op, **attributes)
    r = nngen("--like", own, "--ops", "-Sigmoid", "--opset", 17, "--count", 1, "--dry-run")
    assert r.code == 0
    said = {line.split()[3]: line.split(") ", 1)[1] for line in r.err.splitlines() if "--like: operator" in line}
    listed = nngen("--list-ops").out
    needed = next(x.split(": ", 2)[2] for x in listed.splitlines() if x.startswith("# needs other types: DequantizeLinear"))
    assert said == {"DequantizeLinear": f"needs {needed}", "Gelu": "is not in opset 17", "example.LSTMish": "is not in the table",
                    "Sigmoid": "is left out by --ops or --common"}
    admitted = needed.split("with ")[1].replace(" or ", ", ").split(", ")
    r = nngen("--like", own, "--types", admitted[0], "--count", 1, "--dry-run")
    assert "DequantizeLinear" not in "".join(x for x in r.err.splitlines() if "--like: operator" in x)


def test_like_proposes_types(nngen, tmp_path):
    one_node(tmp_path / "a.onnx", "Neg", (TensorProto.INT32, TensorProto.INT32))
    one_node(tmp_path / "b.onnx", "Neg", (TensorProto.FLOAT16, TensorProto.FLOAT16))
    r = nngen("--like", tmp_path, "--count", 1, "--dry-run")
    assert r.code == 0 and "consider --types int32,float16\n" in r.err
    assert "consider" not in nngen("--like", tmp_path, "--count", 1, "--dry-run", "--types", "int32,float16").err
    assert "consider --types float16\n" in nngen("--like", tmp_path, "--count", 1, "--dry-run", "--types", "int32").err


def test_like_what_is_no_model(nngen, tmp_path):
    (tmp_path / "own").mkdir()
    r = nngen("--like", tmp_path / "own", "--out", tmp_path / "x")
    assert r.code == 2 and "contains no .onnx file" in r.err
    (tmp_path / "own" / "a.onnx").write_bytes(b"\x08\x07garbage")
    r = nngen("--like", tmp_path / "own", "--out", tmp_path / "x")
    assert r.code == 1 and "a.onnx" in r.err and r.err.splitlines()[-1].endswith("none of its .onnx files can be read")
    r = nngen("--like", tmp_path / "none", "--out", tmp_path / "x")
    assert r.code == 1 and "cannot open" in r.err
    (tmp_path / "w").write_text("Conv 1\n")
    r = nngen("--like", tmp_path, "--weights", tmp_path / "w", "--out", tmp_path / "x")
    assert r.code == 2 and "exclude each other" in r.err
