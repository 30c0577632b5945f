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
    assert c["pairs"]["Relu,Mul"] == 1 and c["pairs"]["Softmax,Relu"] == 1 and "Mul,Relu" not in c["pairs"]
    assert c["triples"]["Relu,Mul,Mul"] == 1 and c["fours"]["Shape,Gather,Unsqueeze,Concat"] == 1
    assert c["shape_chains"] == {"Shape,Gather,Unsqueeze,Concat,Reshape": 1}
    assert c["attributes"]["Softmax.axis"] == {"-1": 1} and c["attributes"]["Gather.axis"] == {"0": 1}
    assert c["constant_operands"]["Mul.1"] == {"[]": 1} and c["scalar_constants"]["Mul.1 = 2"] == 1 and c["scalar_constants"]["Unsqueeze.1 = 0"] == 1
    assert c["same_tensor_twice"] == {"Mul": 1} and c["dims"]["free"] >= 2 and set(c["dims"]) <= {"free", "1", "multiple of 8", "other"}


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
    from census.held import census_shares

    c = json.loads((ROOT / "tests/census/real.json").read_text("utf-8"))
    assert c["models"] == len(c["architectures"]) >= 60 and count.as_text(c) == (ROOT / "tests/census/real.json").read_text("utf-8")
    assert all(held <= c["models"] and nodes >= 1 for held, nodes in c["operators"].values())
    for kind, k in (("pairs", 2), ("triples", 3), ("fours", 4)):
        assert len(c[kind]) >= 200 and all(len(s.split(",")) == k and n <= c["models"] for s, n in c[kind].items())
        assert list(c[kind].values()) == sorted(c[kind].values(), reverse=True)
    assert "Shape,Gather,Unsqueeze,Concat,Reshape" in c["shape_chains"] and all(s.startswith("Shape,") for s in c["shape_chains"])
    assert all(0 < share <= 1 for share in census_shares(c).values())
