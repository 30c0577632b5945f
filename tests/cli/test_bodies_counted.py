"""Commands that read models count what is in branches, bodies and functions, and pass over the nodes that hold these."""
import json
from collections import Counter

import onnx
import pytest

HOLDERS = {"If", "Loop", "Scan"}


def called(m):
    return {f"{f.domain}.{f.name}" for f in m.functions}


@pytest.fixture(scope="module")
def corpus(nngen, tmp_path_factory):
    """Plain models and copies whose nodes are in graphs and functions: {name: record}, and folders of each."""
    top = tmp_path_factory.mktemp("forms")
    r = nngen("--nodes", 16, "--count", 30, "--seed", 5, "--form", "if:0.7,loop:0.7,scan:0.7,function:0.8", "--variants", 2, "--inputs", 0, "--out", top / "c")
    assert r.code == 0, r.err
    rows = [json.loads(line) for line in (top / "c" / "models.jsonl").read_text().splitlines()]
    for row in rows:
        folder = top / ("forms" if "plain" in row else "plain")
        folder.mkdir(exist_ok=True)
        (folder / f"{row['name'][:11]}.onnx").write_bytes((top / "c" / row["name"] / "model.onnx").read_bytes())
    return rows, top


def inventory(nngen, folder):
    r = nngen("sequences", folder, "--format", "json", "--show", "models")
    assert r.code == 0, r.err
    return {m["name"]: m["operators"] for m in json.loads(r.out)["models"]}


def test_sequences_count_nodes_in_functions(nngen, corpus):
    """Every operator of the plain model is in the copy at least as often: a part may be called or copied, but is never lost."""
    rows, top = corpus
    found = inventory(nngen, top / "forms")
    functions = 0
    for row in rows:
        if "plain" not in row:
            continue
        m = onnx.load(top / "forms" / f"{row['plain']}.onnx")
        here = found[row["plain"]]
        inside = Counter(n.op_type for f in m.functions for n in f.node)
        functions += bool(inside)
        lacks = {op: n for op, n in row["operators"].items() if here.get(op, 0) < n}
        # One function for several nodes of one operator, or a loop that replaces copies, has fewer nodes.
        assert set(lacks) <= set(here), lacks
    assert functions >= 10


def test_nothing_is_unknown(nngen, corpus):
    rows, top = corpus
    r = nngen("--nodes", 10, "--count", 2, "--like", top / "forms", "--inputs", 0, "--out", top / "like")
    assert r.code == 0 and "not in the table" not in r.err and not any(h in r.err for h in HOLDERS | {"nngen.local"}), r.err
    r = nngen("motifs", top / "forms")
    assert r.code == 0 and "is not in the table" not in r.err, r.err


def test_an_unknown_operator_inside_is_named(nngen, tmp_path):
    m = onnx.parser.parse_model("""
<ir_version: 10, opset_import: ["" : 17, "own" : 1]>
g (bool c, float[2] x) => (float[2] y) {
    a = own.f (x)
    y = If (c) <then_branch = t () => (float[2] r) { r = Relu (a) }, else_branch = e () => (float[2] r) { r = Mystery (a) }>
}
<domain: "own", opset_import: ["" : 17]>
f (p) => (q) { n = Sigmoid (p)  q = Enigma (n) }
""")
    (tmp_path / "m").mkdir()
    for k in range(3):
        onnx.save(m, tmp_path / "m" / f"{k}.onnx")
    r = nngen("--nodes", 10, "--count", 2, "--like", tmp_path / "m", "--inputs", 0, "--out", tmp_path / "c")
    assert r.code == 0 and "Mystery" in r.err and "Enigma" in r.err and "If" not in r.err and "own.f" not in r.err, r.err
    r = nngen("coverage", tmp_path / "m", "--format", "json", "--show", "operators")
    assert r.code == 0 and all(f'"{op}"' in r.out for op in ("Relu", "Sigmoid", "Enigma")), r.out


def test_inputs_of_bodies_are_no_types_of_the_model(nngen, tmp_path):
    """A loop's body has an int64 and a bool input. The family like such models has float32 inputs all the same."""
    m = onnx.parser.parse_model("""
<ir_version: 10, opset_import: ["" : 17]>
g (float[2, 3] x) => (float[2, 3] y) <int64 n = {2}, bool on = {1}> {
    a = Relu (x)
    y = Loop (n, on, a) <body = b (int64 i, bool c, float[2, 3] s) => (bool d, float[2, 3] t) { d = Identity (c)  t = Sigmoid (s) }>
}""")
    (tmp_path / "m").mkdir()
    for k in range(3):
        onnx.save(m, tmp_path / "m" / f"{k}.onnx")
    r = nngen("--nodes", 10, "--count", 2, "--like", tmp_path / "m", "--inputs", 0, "--out", tmp_path / "c")
    assert r.code == 0, r.err
    options = json.loads((tmp_path / "c" / "manifest.json").read_text())["options"]
    assert options["types"] == "float32", options


def test_show_prints_functions_where_they_are_called(nngen, corpus):
    rows, top = corpus
    row = next(r for r in rows if "function.part" in r.get("forms", {}))
    m = onnx.load(top / "forms" / f"{row['plain']}.onnx")
    r = nngen("show", top / "forms" / f"{row['plain']}.onnx")
    assert r.code == 0
    lines = r.out.splitlines()
    calls = [i for i, line in enumerate(lines) if any(f" = {f}(" in line for f in called(m))]
    assert calls and all("body " in lines[i + 1] for i in calls)


def test_paths_in_bodies(nngen, tmp_path):
    """Two around the branch, one and two inside, and one in the function at each of its calls."""
    m = onnx.parser.parse_model("""
<ir_version: 10, opset_import: ["" : 17, "own" : 1]>
g (bool c, float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> {
    a = Relu (x)
    b = If (c) <then_branch = t () => (float[2] r) { s = Sin (a)  r = Neg (s) }, else_branch = e () => (float[2] r) { s = Cos (a)  u = Abs (a)  r = Mul (s, u) }>
    d = own.f (b)
    y = own.f (d)
}
<domain: "own", opset_import: ["" : 17]>
f (p) => (q) { n = Sigmoid (p)  q = Tanh (n) }
""")
    (tmp_path / "m").mkdir()
    onnx.save(m, tmp_path / "m" / "m.onnx")
    r = nngen("sequences", tmp_path / "m", "--paths")
    assert r.code == 0, r.err
    paths = sorted(line.split()[-1] for line in r.out.splitlines() if line.strip())
    assert paths == sorted(["If,own.f,own.f", "Relu,If,own.f,own.f", "Sin,Neg", "Cos,Mul", "Abs,Mul", "Sigmoid,Tanh", "Sigmoid,Tanh"]), paths
