"""nngen sequences and coverage on files as people have them: large, out of order, with odd names; and --matching on many long paths."""
import csv
import io
import json
import os
import pty
import random
import subprocess
import sys

import onnx
import pytest
import sequence_oracle as oracle
from onnx import TensorProto, helper


def value(name):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])


def save(path, nodes, inputs=("x",), outputs=("y",), constants=()):
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", [value(x) for x in inputs], [value(x) for x in outputs], list(constants))), path)


def small(path, op="Relu"):
    save(path, [helper.make_node(op, ["x"], ["y"])])


def run_json(nngen, command, *args, code=0):
    r = nngen(command, *args, "--format", "json")
    assert r.code == code
    return json.loads(r.out)


# ---- matching ----

def long_paths(rnd, backbone, n):
    """As detection models have them: most of a backbone, then one of a few heads, with differences here and there."""
    heads = [[rnd.choice("CRAMSGT") for _ in range(rnd.randint(5, 60))] for _ in range(4)]
    found = set()
    while len(found) < n:
        path = backbone[:rnd.randint(30, len(backbone))] + rnd.choice(heads)
        for _ in range(rnd.randint(0, 2)):
            at = rnd.randrange(len(path))
            path[at:at + rnd.randint(0, 2)] = [rnd.choice("CRAMSGTX")]
        found.add(tuple(path))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_matching_blocks_of_long_paths(nngen, tmp_path, seed):
    rnd = random.Random(seed)
    backbone = [x for _ in range(30) for x in rnd.choice(("CBR", "CBRCBAR", "CSM", "HGUTP"))][:110]
    families, args = [], []
    shared = None
    for part, n in (("failed", 3), ("correct", 2), ("suite", 1)):
        models = [long_paths(rnd, backbone, 9) for _ in range(n)]
        shared = shared or set(list(models[0])[:2])
        models[-1] |= shared  # a path that several models have
        families.append(models)
        for i, paths in enumerate(models):
            lines = [",".join(p) for p in paths]
            rnd.shuffle(lines)
            (tmp_path / f"{part}{i}.txt").write_text("\n".join(lines) + "\n")
            args += [f"--{part}", tmp_path / f"{part}{i}.txt"]
    want = oracle.sets_by_matching(*families, 3)
    got = run_json(nngen, "sequences", *args, "--matching")
    for row in got["sets"]:
        assert row["list"] == [list(s) for s in sorted(want[row["set"]])]
    shown = [x.split() for x in nngen("sequences", *args, "--matching").out.splitlines() if "," in x and x[:8].strip().isdigit() or x.startswith("       -")]
    for failed, suite, ops in shown:  # how many models hold a block is known up to the length that was counted
        assert ((failed, suite) == ("-", "-")) == (ops.count(",") + 1 > 10) and failed != "0"
    assert len(want["1"]) > 20 and max(map(len, want["2"])) > 64
    sizes = [[len(m) for m in models] for models in families]
    assert got["path_pairs"] == sum(a * b for i, a in enumerate(sizes[0]) for b in sizes[0][i + 1:] + sizes[1] + sizes[2])


def test_matching_of_many_long_paths_is_quick(nngen, tmp_path):
    """A million pairs of paths of up to 150 operators: a minute or more by comparing each two operators."""
    rnd = random.Random(7)
    backbone = [x for _ in range(60) for x in rnd.choice(("CBR", "CBRCBAR", "CSM", "HGUTP"))][:120]
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text("".join(",".join(p) + "\n" for p in sorted(long_paths(rnd, backbone, 1000))))
    r = nngen("sequences", "--failed", tmp_path / "a.txt", "--correct", tmp_path / "b.txt", "--matching", "--format", "csv", timeout=100)
    assert r.code == 0 and int(r.out.splitlines()[2].split(",")[1]) > 100


def test_progress(nngen, tmp_path):
    for name, text in (("a", "A,B,C,D\nA,B,C\n"), ("b", "X,B,C,D\n")):
        (tmp_path / f"{name}.txt").write_text(text)
    args = ["sequences", "--failed", tmp_path / "a.txt", "--correct", tmp_path / "b.txt", "--matching"]
    plain = nngen(*args)
    assert plain.err == ""
    asked = nngen(*args, "--progress")
    assert asked.out == plain.out and asked.err.count(" 100 %") == 1 and asked.err.endswith("\r\x1b[K")
    assert nngen("coverage", "--progress", tmp_path / "a.txt").code == 2
    master, slave = pty.openpty()
    subprocess.run([nngen.path, *map(str, args)], stderr=slave, stdout=subprocess.DEVNULL, check=True, timeout=60)
    os.close(slave)
    shown = os.read(master, 4096).decode()
    os.close(master)
    assert " 100 %" in shown and "s left" in shown
    assert nngen("sequences", tmp_path / "a.txt", "--progress").err == ""  # nothing takes long there


# ---- order ----

def test_nodes_out_of_order(nngen, tmp_path):
    """Runtimes sort nodes, so that such files are about; the result is that of the sorted file."""
    nodes = [helper.make_node("A", ["x"], ["a"]), helper.make_node("B", ["a"], ["b"]), helper.make_node("C", ["a", "b"], ["c"]),
             helper.make_node("D", ["c"], ["y"])]
    save(tmp_path / "sorted" / "m.onnx", nodes)
    save(tmp_path / "mixed" / "m.onnx", [nodes[i] for i in (3, 1, 0, 2)])
    for command in ("sequences", "coverage"):
        for args in (("--format", "json"), ("--format", "csv"), ()):
            got, want = (nngen(command, tmp_path / d, *args) for d in ("mixed", "sorted"))
            assert (got.code, got.err, got.out) == (0, "", want.out)
    assert nngen("sequences", "--paths", tmp_path / "mixed").out == "A,B,C,D\nA,C,D\n"


def test_a_cycle_is_named(nngen, tmp_path):
    save(tmp_path / "m" / "c.onnx", [helper.make_node("Relu", ["x", "b"], ["a"]), helper.make_node("Abs", ["a"], ["b"]), helper.make_node("Neg", ["b"], ["y"])])
    says = f"{tmp_path}/m/c.onnx: has a cycle of 2 nodes: Abs, which produces b; Relu, which produces a"
    for command in ("sequences", "coverage"):
        r = nngen(command, tmp_path / "m")
        assert (r.code, r.err) == (1, f"nngen: {says}\n")
    r = nngen("--like", tmp_path / "m", "--dry-run")
    assert r.code == 1 and r.err.startswith(f"nngen: --like: {says}; skipped\n")


# ---- names ----

def names(nngen, *args):
    return [m["name"] for m in run_json(nngen, "sequences", *args)["models"]]


def test_names_tell_files_apart(nngen, tmp_path):
    d, e = tmp_path / "d", tmp_path / "e"
    small(d / "a.onnx")
    small(d / "b.onnx")
    assert names(nngen, d) == ["a", "b"]
    small(d / "a" / "model.onnx", "Abs")
    assert names(nngen, d) == ["a/model.onnx", "a.onnx", "b"]
    small(d / "a.ONNX", "Neg")
    assert names(nngen, d) == ["a/model.onnx", "a.ONNX", "a.onnx", "b"]
    small(e / "b.onnx")
    small(e / "c" / "MODEL.Onnx")
    assert names(nngen, d, e) == ["a/model.onnx", "a.ONNX", "a.onnx", f"{d}/b.onnx", f"{e}/b.onnx", "c"]
    assert names(nngen, d / "b.onnx", e / "b.onnx") == [f"{d}/b", f"{e}/b"]
    assert names(nngen, d / "b.onnx", d / "b.onnx") == [f"{d}/b"] * 2
    (tmp_path / "o").write_text(f"a.onnx,failed\na/model.onnx,correct\n{d}/b.onnx,failed\ne/b.onnx,correct\nb.onnx,failed\nc,correct\n")
    r = nngen("sequences", d, e, "--outcomes", tmp_path / "o", "--format", "json")
    assert r.err == f"nngen: {tmp_path}/o:5: more than one model has the name b.onnx: {d}/b.onnx, {e}/b.onnx\n"
    assert {m["name"]: m["class"] for m in json.loads(r.out)["models"]} == {
        "a/model.onnx": "correct", "a.onnx": "failed", "a.ONNX": "", f"{d}/b.onnx": "failed", f"{e}/b.onnx": "correct", "c": "correct"}


def test_outcomes_name_models_by_their_path_below_the_directory(nngen, tmp_path):
    """Also where a directory below has a file of the same name, and from within the directory."""
    d = tmp_path / "d"
    for name in ("a.onnx", "sub/a.onnx", "sub/b/model.onnx", "model.onnx"):
        small(d / name)
    (tmp_path / "o").write_text("a.onnx,failed\nsub/a.onnx,correct\nsub/b/model.onnx,failed\nmodel.onnx,correct\n")
    for given, cwd in ((d, None), (f"{d}/", None), (".", d)):
        r = nngen("sequences", given, "--outcomes", tmp_path / "o", "--format", "json", cwd=cwd)
        assert {m["name"]: m["class"] for m in json.loads(r.out)["models"]} == {"a": "failed", "sub/a": "correct", "sub/b": "failed", "model": "correct"}


ODD = {b"a\nb": r"a\x0ab", b"c\x1b[31m": r"c\x1b[31m", b"d\xff": r"d\xff", "e\u0085ü".encode(): r"e\xc2\x85ü", b"f\\x0a": r"f\\x0a", b"g,\"": 'g,"',
       b"h\xed\xa0\x80": r"h\xed\xa0\x80", "i😀".encode(): "i😀"}


def test_odd_names(nngen, tmp_path):
    folder = tmp_path / "d"
    small(folder / "plain.onnx")
    for name in ODD:
        (folder / os.fsdecode(name + b".onnx")).write_bytes((folder / "plain.onnx").read_bytes())
    shown = [*ODD.values(), "plain"]
    text = nngen("sequences", folder, "--show", "models").out
    lines = text.split("\n")[1:-1]
    width = max(map(len, shown))
    assert [x[:width].rstrip() for x in lines] == shown
    assert {x[width:] for x in lines} == {lines[0][width:]}  # columns stay where they are
    table = nngen("sequences", folder, "--format", "csv").out
    assert [r["model"] for r in csv.DictReader(io.StringIO(table))] == shown
    assert not any(c < " " and c != "\n" or "\x7f" <= c < "\xa0" for c in text + table)
    got = names(nngen, folder)
    assert got[:2] == ["a\nb", "c\x1b[31m"] and got[2] == "d\ufffd" and got[4:6] == ["f\\x0a", 'g,"'] and "i😀" in got
    long = tmp_path / ("l" * 200) / ("m" * 200) / ("\n" * 100)
    small(long / "x.onnx")
    r = nngen("sequences", long / "x.onnx", "--paths", "--max-paths", 1)
    assert r.out == "Relu\n"
    save(long / "y.onnx", [helper.make_node("Relu", [], ["y"])])
    assert nngen("sequences", long / "y.onnx", "--paths").out == "# " + str(long).replace("\n", r"\x0a") + "/y: no path\n"
    (folder / "bad\n.onnx").write_bytes(b"?")
    for command in ("sequences", "coverage"):
        assert [x.split(": ")[1] for x in nngen(command, folder).err.splitlines()] == [f"{folder}/bad?.onnx"]


def test_attributes_that_are_long_or_quoted(nngen, tmp_path):
    node = helper.make_node("O" * 190, ["x"], ["y"], domain="d" * 190, **{"n" * 190: 'a"b,c\\d'})
    save(tmp_path / "m.onnx", [node])
    r = nngen("coverage", tmp_path / "m.onnx", "--show", "attributes", "--format", "csv")
    row = next(csv.DictReader(io.StringIO(r.out)))
    assert (row["operator"], row["attribute"], row["models"]) == ("d" * 190 + "." + "O" * 190, "n" * 190, "1")
    level = next(x for x in run_json(nngen, "coverage", tmp_path / "m.onnx")["levels"] if x["level"] == "attributes")
    assert level["list"][0][2] == "'a\"b,c\\d'"
    assert "n" * 190 + ": 'a\"b,c" in nngen("coverage", tmp_path / "m.onnx", "--show", "attributes").out


# ---- size ----

PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_memory_does_not_grow_with_weights(nngen, tmp_path):
    """Weights of 64 MB in each of the places that they can be in."""
    def model(path, n):
        raw = helper.make_tensor("w", TensorProto.FLOAT, [n], bytes(4 * n), raw=True)
        packed = TensorProto(name="v", data_type=TensorProto.INT64, dims=[n], int64_data=bytes(n))  # a byte each in the file, eight unpacked
        constant = helper.make_node("Constant", [], ["c"], value=helper.make_tensor("t", TensorProto.DOUBLE, [n], bytes(8 * n), raw=True))
        save(path, [constant, helper.make_node("Sum", ["x", "w", "v", "c"], ["y"])], constants=[raw, packed])
        return path.stat().st_size

    def peak(*args):
        return int(subprocess.run([sys.executable, "-c", PEAK, nngen.path, *map(str, args)], check=True, capture_output=True, text=True).stdout)

    model(tmp_path / "small" / "m.onnx", 1)
    size = model(tmp_path / "large" / "m.onnx", 5_000_000)
    assert size > 64e6
    for args in (("sequences",), ("coverage",), ("--count", 1, "--nodes", 1, "--dry-run", "--like")):
        more = peak(*args, tmp_path / "large") - peak(*args, tmp_path / "small")
        assert 1024 * more < 0.1 * size, args
    large, least = (run_json(nngen, "sequences", tmp_path / d) for d in ("large", "small"))
    assert large == least
