"""census.count: numbers that are counted by hand, an architecture once however many files it has."""
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from census import count
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]


def save(path, nodes, weights=None, opset=17, inputs=(("x", (2, "n")),)):
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    given = [numpy_helper.from_array(np.array(a), n) for n, a in (weights or {}).items()]
    graph = helper.make_graph(nodes, "g", [value(*i) for i in inputs], [value("y", None)], given)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]), path)


@pytest.fixture
def folder(tmp_path):
    """Two architectures: `a` in two files, one of which computes a shape."""
    relu = helper.make_node("Relu", ["x"], ["r"])
    scaled = [relu, helper.make_node("Mul", ["r", "two"], ["m"]), helper.make_node("Mul", ["m", "m"], ["y"])]
    save(tmp_path / "a/one/model.onnx", scaled, {"two": np.float32(2)})
    chain = [relu, helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Gather", ["s", "zero"], ["g"], axis=0),
             helper.make_node("Unsqueeze", ["g", "axes"], ["u"]), helper.make_node("Concat", ["u", "minus"], ["c"], axis=0), helper.make_node("Reshape", ["r", "c"], ["y"])]
    save(tmp_path / "a/two/model.onnx", chain, {"zero": np.int64(0), "axes": np.array([0]), "minus": np.array([-1])}, opset=18)
    save(tmp_path / "b/model.onnx", [helper.make_node("Softmax", ["x"], ["s"], axis=-1), helper.make_node("Relu", ["s"], ["y"])])
    (tmp_path / "results.jsonl").write_text("")
    (tmp_path / "c").mkdir()  # an architecture that no exporter converts
    return tmp_path


def test_counts(folder):
    c = count.census(folder)
    assert (c["models"], c["files"], c["opset"], c["architectures"]) == (2, 3, {"17": 2, "18": 1}, ["a", "b"])
    assert c["operators"]["Relu"] == [2, 2] and c["operators"]["Mul"] == [1, 1] and c["operators"]["Shape"] == [1, 1]  # Mul: two nodes in one of two files
    assert c["pairs"]["Relu,Mul"] == [1, 111] and c["pairs"]["Softmax,Relu"] == [1, 500] and "Mul,Relu" not in c["pairs"]  # once in 9 nodes, in 2
    assert c["triples"]["Relu,Mul,Mul"] == [1, 111] and c["fours"]["Shape,Gather,Unsqueeze,Concat"] == [1, 111]
    assert c["shape_chains"] == {"Shape,Gather,Unsqueeze,Concat,Reshape": 1}
    assert c["attributes"]["Softmax.axis"] == {"-1": 1} and c["attributes"]["Gather.axis"] == {"0": 1}
    assert c["constant_operands"]["Mul.1"] == {"[]": 1} and c["scalar_constants"]["Mul.1 = 2"] == 1 and c["scalar_constants"]["Unsqueeze.1 = 0"] == 1
    assert c["same_tensor_twice"] == {"Mul": 1} and c["dims"]["free"] >= 2 and set(c["dims"]) <= {"free", "1", "multiple of 8", "other"}


def test_an_architecture_counts_once_however_large_it_is(tmp_path):
    """A sequence that is half of a small network weighs as much as one that is half of a large one."""
    relu = lambda k, op: helper.make_node(op, [f"t{k}"], [f"t{k + 1}"])
    for name, op, length in (("a", "Relu", 4), ("b", "Abs", 40)):
        ops = [op, "Neg"] * (length // 2)
        save(tmp_path / name / "model.onnx", [relu(k, op) for k, op in enumerate(ops)] + [helper.make_node("Exp", [f"t{length}"], ["y"])], inputs=(("t0", (2, 2)),))
    pairs = count.census(tmp_path)["pairs"]
    assert pairs["Relu,Neg"] == [1, 400] and pairs["Abs,Neg"] == [1, 488] and pairs["Neg,Exp"] == [2, 224]


def test_shares_are_of_all_values_not_of_the_frequent_ones(tmp_path):
    """20 convolutions of as many numbers of channels: attributes and shapes list the most frequent alone, shares have all."""
    nodes, weights = [], {}
    for k in range(1, 21):
        weights[f"w{k}"] = np.zeros((k, 1, 1, 1), np.float32)
        nodes.append(helper.make_node("Conv", ["x", f"w{k}"], [f"y{k}"], pads=[0, 0, 0, k % 2]))
    weights["v"] = np.zeros((8, 2, 3, 1), np.float32)
    nodes += [helper.make_node("Conv", ["x", "v"], ["a"], group=2, strides=[2, 2]), helper.make_node("Add", ["a", "a"], ["b"]), helper.make_node("Mul", ["two", "b"], ["y"])]
    save(tmp_path / "a/model.onnx", nodes, {**weights, "two": np.ones(1, np.float32)}, inputs=(("x", (1, 4, 8, 8)),))
    found = count.census(tmp_path)["shares"]
    assert found == {"conv": 21, "square": 20, "1x1 3x3": 20, "equal strides": 21, "stride 1": 20, "dilation 1": 21, "symmetric pads": 10 + 1, "no pads": 10 + 1, "group 1": 20,
                     "channels in eights": 3, "binary": 2, "binary constant": 1, "binary scalar": 1}


def test_chain_ends_at_other_data(tmp_path):
    """What is computed from shapes alone is not the end: Add of two shapes is inside, the Expand of data is the end."""
    nodes = [helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Shape", ["z"], ["t"]), helper.make_node("Max", ["s", "t"], ["m"]), helper.make_node("Expand", ["x", "m"], ["e"]),
             helper.make_node("Neg", ["e"], ["y"])]
    save(tmp_path / "a/model.onnx", nodes, inputs=(("x", (2, 1)), ("z", (2, "n"))))
    assert count.census(tmp_path)["shape_chains"] == {"Shape,Max,Expand": 1}


def test_nodes_of_branches_are_counted(tmp_path):
    branch = lambda op: helper.make_graph([helper.make_node(op, ["x"], ["o"])], op, [], [helper.make_tensor_value_info("o", TensorProto.FLOAT, None)])
    nodes = [helper.make_node("If", ["yes"], ["y"], then_branch=branch("Abs"), else_branch=branch("Neg"))]
    save(tmp_path / "a/model.onnx", nodes, {"yes": np.array(True)})
    c = count.census(tmp_path)
    assert set(c["operators"]) == {"If", "Abs", "Neg"} and "If.then_branch" not in c["attributes"]


def test_text_is_the_same_and_is_json(folder):
    text = count.as_text(count.census(folder))
    assert text == count.as_text(count.census(folder)) and json.loads(text) == count.census(folder)


def test_stored_census():
    """It has what the writer of manners and the comparison with a corpus read, of at least 60 architectures."""
    from census.held import SHARES, shares

    c = json.loads((ROOT / "tests/census/real.json").read_text("utf-8"))
    assert c["models"] == len(c["architectures"]) >= 60 and count.as_text(c) == (ROOT / "tests/census/real.json").read_text("utf-8")
    assert all(held <= c["models"] and nodes >= 1 for held, nodes in c["operators"].values())
    for kind, k in (("pairs", 2), ("triples", 3), ("fours", 4)):
        assert len(c[kind]) >= 200 and all(len(s.split(",")) == k and n <= c["models"] and often > 0 for s, (n, often) in c[kind].items())
        assert [n for n, _ in c[kind].values()] == sorted((n for n, _ in c[kind].values()), reverse=True)
    assert "Shape,Gather,Unsqueeze,Concat,Reshape" in c["shape_chains"] and all(s.startswith("Shape,") for s in c["shape_chains"])
    assert all(0 < shares(c["shares"])[name] <= 1 for name in SHARES)
