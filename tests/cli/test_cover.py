"""--cover pairs and triples: what the manifest says, counted again from the files; threads, shards, resume and replay."""
import json
import re
import subprocess
from collections import Counter

import onnx
import pytest

OPS = "Abs,Add,Cast,Conv,Div,Exp,Less,Log,MatMul,MaxPool,Mul,Not,ReduceSum,Relu,Reshape,Sigmoid,Softmax,Sub,Transpose,Where"


def paths(folder, length):
    """Operator sequences of the paths of so many nodes, by number of models."""
    found = Counter()
    for file in sorted(folder.glob("test_*/model.onnx")):
        nodes = onnx.load(file).graph.node
        made = {x: i for i, n in enumerate(nodes) for x in n.output if x}
        ends = [{(n.op_type,)} for n in nodes]
        for _ in range(length - 1):
            ends = [{p + (n.op_type,) for x in n.input if x in made for p in ends[made[x]]} for n in nodes]
        found.update(set().union(*ends))
    return found


def listed(pairs):
    return {(a, b) for a, names in pairs.items() for b in names.split()}


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    from conftest import NNGEN
    out = tmp_path_factory.mktemp("cover") / "pairs"
    r = subprocess.run([str(NNGEN), "--nodes", "16", "--count", "150", "--ops", OPS, "--cover", "pairs", "--inputs", "0", "--out", str(out), "--quiet"],
                       capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    return out


def test_all_feasible_pairs_appear(family):
    m, seen = manifest(family), paths(family, 2)
    names = OPS.split(",")
    said = m["statistics"]["coverage"]["2"]
    infeasible = set().union(*(listed(x) for x in m["pairs"]["infeasible"].values()))
    missing = listed(m["pairs"]["missing"])
    assert said["seen"] == len(seen)
    assert not missing and said["covered"] == said["feasible"]
    assert not infeasible & set(seen)
    assert infeasible | set(seen) == {(a, b) for a in names for b in names}
    assert m["options"]["cover"] == "pairs"


def test_reasons_of_infeasible_pairs(family):
    reasons = manifest(family)["pairs"]["infeasible"]
    types = listed(reasons["no output of one has a type that the next one takes"])
    assert {("Relu", "Not"), ("Add", "Not"), ("Less", "Conv"), ("Not", "MatMul")} <= types
    assert len(listed(reasons["no output of one has a type that the next one takes"])) > 40


def test_operators_alone_cover_fewer(family, nngen, tmp_path):
    r = nngen("--nodes", 16, "--count", 150, "--ops", OPS, "--inputs", 0, "--out", tmp_path / "ops", "--quiet")
    assert r.code == 0
    m = manifest(tmp_path / "ops")
    assert m["statistics"]["coverage"]["2"]["seen"] < manifest(family)["statistics"]["coverage"]["2"]["seen"]
    assert "pairs" not in m and "feasible" not in m["statistics"]["coverage"]["2"]


def test_triples(family, nngen, tmp_path):
    r = nngen("--manner", "uniform", "--nodes", 16, "--count", 300, "--ops", "Abs,Add,Conv,Exp,Less,MaxPool,Mul,Relu,Sigmoid,Where", "--cover", "triples", "--inputs", 0, "--out", tmp_path / "a", "--quiet")
    assert r.code == 0
    nngen("--manner", "uniform", "--nodes", 16, "--count", 300, "--ops", "Abs,Add,Conv,Exp,Less,MaxPool,Mul,Relu,Sigmoid,Where", "--inputs", 0, "--out", tmp_path / "b", "--quiet")
    seen, plain = paths(tmp_path / "a", 3), paths(tmp_path / "b", 3)
    assert manifest(tmp_path / "a")["statistics"]["coverage"]["3"]["seen"] == len(seen)
    feasible = set(paths(tmp_path / "a", 2))
    chains = [(a, b, c) for a, b in feasible for b2, c in feasible if b == b2]
    assert len(seen) >= 0.97 * len(chains)
    assert len(plain) < len(seen)


def share_of_triples(ops, listed, opset=17, tries=64):
    """What tests/bench/triples.c says: feasible pairs, triples of two such, triples seen, triples known to be feasible."""
    from conftest import NNGEN
    r = subprocess.run([str(NNGEN.parent / "tests" / "bench" / "triples"), ops, str(tries), str(opset)], input=listed, capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    numbers = [int(x) for x in re.findall(r"\b\d+\b(?! %|\.|\d)", r.stdout)]
    return numbers[1], numbers[2], numbers[3], numbers[4]


def test_share_of_triples(family, nngen):
    # Flatten makes two dimensions and Conv takes three or more: all but Flatten-Conv
    assert share_of_triples("Conv,Flatten", "") == (3, 4, 0, 4)
    assert share_of_triples("Conv,Flatten", 'sequence,models\n"Conv,Flatten",3\n"Conv,Flatten,Flatten",2\n"Conv,Conv,Flatten,Flatten",1\n') == (3, 4, 1, 4)
    r = nngen("coverage", "--show", "sequences", "--format", "csv", family)
    pairs, chains, seen, known = share_of_triples(OPS, r.out)
    assert pairs == manifest(family)["statistics"]["coverage"]["2"]["feasible"]
    assert seen == len(paths(family, 3)) == manifest(family)["statistics"]["coverage"]["3"]["seen"]
    assert seen < known <= chains + seen


def tree(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("cover", ["pairs", "triples"])
def test_threads_shards_resume_and_replay_give_the_same_bytes(nngen, tmp_path, cover):
    args = ["--nodes", 12, "--count", 24, "--ops", "Abs,Add,Conv,Less,Relu,Where", "--cover", cover, "--contain", "Conv,Relu", "--avoid", "Abs,Abs", "--quiet"]
    for k, jobs in enumerate((1, 2)):
        assert nngen(*args, "--jobs", jobs, "--out", tmp_path / f"j{k}").code == 0
    for k in (1, 2, 3):
        assert nngen(*args, "--shard", f"{k}/3", "--out", tmp_path / f"s{k}").code == 0
    assert nngen("merge", tmp_path / "m", *(tmp_path / f"s{k}" for k in (3, 1, 2)), "--quiet").code == 0
    assert nngen("replay", tmp_path / "j0" / "manifest.json", "--out", tmp_path / "r", "--quiet").code == 0
    want = tree(tmp_path / "j0")
    assert tree(tmp_path / "j1") == want
    assert tree(tmp_path / "m") == want
    assert tree(tmp_path / "r") == want
    for victim in ("test_000003", "test_000011"):
        for p in sorted((tmp_path / "j1" / victim).rglob("*"), reverse=True):
            p.rmdir() if p.is_dir() else p.unlink()
        (tmp_path / "j1" / victim).rmdir()
    assert nngen(*args, "--resume", "--out", tmp_path / "j1").code == 0
    assert tree(tmp_path / "j1") == want
    other = [x if x != cover else {"pairs": "triples", "triples": "pairs"}[cover] for x in args]
    assert "cover was" in nngen(*other, "--resume", "--out", tmp_path / "j1").err


def test_an_unknown_word(nngen, tmp_path):
    r = nngen("--out", tmp_path / "x", "--cover", "all")
    assert r.code == 2 and "cover all: expected ops, pairs, triples or motifs" in r.err
