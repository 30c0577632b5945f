"""--like: a corpus shows the attributes, sizes, constant operands and motifs of the models that it is like; the manifest alone makes it again."""
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]



def judge(folder):
    r = subprocess.run([sys.executable, "-m", "nngen.judge", str(folder)], cwd=ROOT, env={"PYTHONPATH": "tests:gen/python", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert r.returncode == 0, r.stdout[-3000:] + r.stderr[-3000:]
    assert "0 problems" in r.stdout


def constant(name, *shape, value=0.05):
    return numpy_helper.from_array(np.full(shape, value, np.float32), name)


def save(path, nodes, inits, shape, opset=17):
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
                              [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)], inits)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(onnx.shape_inference.infer_shapes(model), path)


def blocks(path, n):
    """Blocks of Conv 5x5 with stride 2 and 24 channels, a scalar Mul, HardSwish written out, and a Transpose."""
    nodes, inits, x, channels = [], [constant("half", value=0.5)], "x", 8
    for i in range(n):
        inits += [constant(f"w{i}", 24, channels, 5, 5), constant(f"b{i}", 24)]
        nodes += [helper.make_node("Conv", [x, f"w{i}", f"b{i}"], [f"c{i}"], kernel_shape=[5, 5], strides=[2, 2], pads=[2, 2, 2, 2]),
                  helper.make_node("Mul", [f"c{i}", "half"], [f"m{i}"]), helper.make_node("Tanh", [f"m{i}"], [f"t{i}"]),
                  helper.make_node("Mul", [f"c{i}", f"t{i}"], [f"y{i}"])]
        x, channels = f"y{i}", 24
    nodes += [helper.make_node("Transpose", [x], ["p"], perm=[0, 2, 3, 1]), helper.make_node("Softmax", ["p"], ["s"], axis=-1)]
    save(path, nodes, inits, [1, 8, 32, 32])


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    for i in range(3):
        blocks(folder / f"{i}.onnx", 1 + i)
    return folder


def seen(corpus):
    """Counts of (what, value) over a corpus."""
    c = Counter()
    for path in sorted(corpus.glob("*/model.onnx")):
        graph = onnx.load(path).graph
        const = {t.name: tuple(t.dims) for t in graph.initializer}
        for n in graph.node:
            a = {x.name: helper.get_attribute_value(x) for x in n.attribute}
            if n.op_type == "Conv" and len(const.get(n.input[1], ())) == 4:
                c["conv"] += 1
                c["5x5"] += const[n.input[1]][2:] == (5, 5)
                c["stride 2"] += a.get("strides") == [2, 2]
                c["pads 2"] += a.get("pads") == [2, 2, 2, 2]
                c["24"] += const[n.input[1]][0] == 24
            if n.op_type == "Transpose" and len(a.get("perm", ())) == 4:
                c["transpose"] += 1
                c["to last"] += a["perm"] == [0, 2, 3, 1]
            if n.op_type == "Mul" and any(i in const for i in n.input):
                c["mul"] += 1
                c["scalar"] += any(const.get(i) == () for i in n.input)
            if n.op_type == "Softmax":
                c["softmax"] += 1
                c["last axis"] += a.get("axis") == -1
    return c


def records(corpus):
    return [json.loads(line) for line in (corpus / "models.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def alike(own, tmp_path_factory):
    from conftest import NNGEN
    out = tmp_path_factory.mktemp("alike") / "out"
    subprocess.run([NNGEN, "--like", own, "--nodes", "24", "--count", "100", "--near-misses", "0", "--check", "--quiet", "--out", out], check=True)
    return out


def test_attributes_sizes_and_operands_are_theirs(nngen, own, alike, tmp_path):
    c = seen(alike)
    assert nngen("--like", own, "--manner", "uniform", "--motifs", "none", "--nodes", 24, "--count", 100, "--out", tmp_path / "b").code == 0
    before = seen(tmp_path / "b")
    for what, of, least in (("5x5", "conv", 0.5), ("stride 2", "conv", 0.5), ("pads 2", "conv", 0.5), ("24", "conv", 0.2),
                            ("to last", "transpose", 0.7), ("scalar", "mul", 0.6), ("last axis", "softmax", 0.7)):
        assert c[of] >= 20
        assert c[what] >= least * c[of], (what, c[what], c[of])
        assert before[what] / before[of] < 0.6 * c[what] / c[of], (what, before)
    judge(alike)


def test_their_motifs_are_there(alike):
    named = Counter(m["name"] for r in records(alike) for m in r["motifs"])
    assert named and all(name.startswith("like_") for name in named)
    inside = sum(len(m["nodes"]) for r in records(alike) for m in r["motifs"])
    assert 0.1 < inside / (24 * 100) < 0.5
    options = json.loads((alike / "manifest.json").read_text())["options"]
    assert (options["manner"], options["motifs"]) == ("like", "like")


def test_the_manifest_alone_makes_it_again(nngen, own, tmp_path):
    """The models may be gone by then."""
    folder = tmp_path / "models"
    shutil.copytree(own, folder)
    assert nngen("--like", folder, "--nodes", 12, "--count", 30, "--out", tmp_path / "a").code == 0
    shutil.rmtree(folder)
    assert nngen("verify", tmp_path / "a").code == 0
    assert nngen("replay", tmp_path / "a" / "manifest.json", "--out", tmp_path / "b").code == 0
    for a in sorted((tmp_path / "a").rglob("*")):
        assert a.is_dir() or a.read_bytes() == (tmp_path / "b" / a.relative_to(tmp_path / "a")).read_bytes()


def test_shards_are_parts_of_the_whole(nngen, own, tmp_path):
    args = ("--like", own, "--nodes", 12, "--count", 9, "--inputs", 0)
    assert nngen(*args, "--out", tmp_path / "whole").code == 0
    for k in (1, 2):
        assert nngen(*args, "--shard", f"{k}/2", "--out", tmp_path / f"s{k}").code == 0
    assert nngen("merge", tmp_path / "all", tmp_path / "s1", tmp_path / "s2").code == 0
    assert (tmp_path / "all" / "models.jsonl").read_bytes() == (tmp_path / "whole" / "models.jsonl").read_bytes()


@pytest.mark.parametrize("args, manner, names", [
    (("--motifs", "none"), "like", None), (("--motifs", "like_01"), "like", {"like_01"}), (("--motifs", "0.2"), "like", "like_"),
    (("--motifs", "swish"), "like", {"swish"}), (("--manner", "real"), "real", "like_")], ids=lambda x: " ".join(x) if isinstance(x, tuple) else None)
def test_options_replace_what_was_learned(nngen, own, tmp_path, args, manner, names):
    assert nngen("--like", own, "--nodes", 24, "--count", 40, "--inputs", 0, *args, "--out", tmp_path / "x").code == 0
    found = records(tmp_path / "x")
    assert {r["manner"] for r in found} == {manner}
    there = {m["name"] for r in found for m in r.get("motifs", [])}
    if names is None:
        assert not any("motifs" in r for r in found)
    elif isinstance(names, str):
        assert there and all(name.startswith(names) for name in there)
    else:
        assert there == names


def test_learned_text_can_be_kept_and_changed(nngen, own, tmp_path):
    """The weights of the manifest are a file of weights."""
    assert nngen("--like", own, "--nodes", 12, "--count", 20, "--inputs", 0, "--out", tmp_path / "a").code == 0
    text = json.loads((tmp_path / "a" / "manifest.json").read_text())["options"]["weights"]
    kept = tmp_path / "own.txt"
    kept.write_text("# mine\n" + text)
    args = ("--weights", kept, "--manner", "like", "--motifs", "like", "--nodes", 12, "--count", 20, "--inputs", 0)
    assert nngen(*args, "--out", tmp_path / "b").code == 0
    assert (tmp_path / "a" / "models.jsonl").read_bytes() == (tmp_path / "b" / "models.jsonl").read_bytes()
    kept.write_text(text.replace("kernel_shape: [5, 5]", "kernel_shape: 5"))
    r = nngen(*args, "--dry-run")
    line = next(i for i, row in enumerate(kept.read_text().splitlines(), 1) if "kernel_shape: 5" in row)
    assert r.code != 0 and f"weights:{line}:" in r.err and "operator Conv: `kernel_shape`: expected a list of at most 64 numbers" in r.err
    kept.write_text("Conv 1\nRelu 1\n")
    r = nngen("--weights", kept, "--manner", "like", "--dry-run")
    assert r.code == 2 and "manner like: expected --like, or weights with a manner learned by it" in r.err
    kept.write_text(text + "---\nmore: 1\n")
    r = nngen(*args, "--dry-run")
    assert r.code != 0 and "expected at most two parts after the weights: a manner and motifs" in r.err


def test_one_model_is_enough(nngen, tmp_path):
    blocks(tmp_path / "own" / "a.onnx", 2)
    assert nngen("--like", tmp_path / "own", "--nodes", 24, "--count", 40, "--out", tmp_path / "x").code == 0
    assert any(r["motifs"] for r in records(tmp_path / "x"))


def test_odd_models(nngen, tmp_path):
    """Attributes and shapes that the table does not allow, texts that YAML would misread: the corpus is made without them."""
    nan = float("nan")
    nodes = [helper.make_node("Conv", ["x", "w"], ["a"], kernel_shape=[1] * 40, strides=[2**62, -5], auto_pad="x'}: [\"#\n", group=-7),
             helper.make_node("LeakyRelu", ["a"], ["b"], alpha=nan), helper.make_node("Softmax", ["b"], ["c"], axis=2**40),
             helper.make_node("Transpose", ["c"], ["d"], perm=list(range(40))), helper.make_node("Add", ["d", "deep"], ["e"]),
             helper.make_node("Gemm", ["e", "w"], ["f"], transB=9, alpha=1e300, name="n'\"\n: {"),
             helper.make_node("Cast", ["f"], ["g"], to=99), helper.make_node("Relu", ["g"], ["h"], unknown="~")]
    inits = [constant("w", 3, 2, 1, 1, 1), constant("deep", *[1] * 12)]
    for k in range(2):
        graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2**40, 3, 0, 5])],
                                  [helper.make_tensor_value_info("h", TensorProto.FLOAT, None)], inits)
        (tmp_path / "own").mkdir(exist_ok=True)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), tmp_path / "own" / f"{k}.onnx")
    r = nngen("--like", tmp_path / "own", "--nodes", 12, "--count", 40, "--check", "--out", tmp_path / "x")
    assert r.code == 0, r.err
    judge(tmp_path / "x")
