"""Each detector on a model that has its trigger, and on one that comes near to it."""
from pathlib import Path

import numpy as np
import onnx
import pytest

from reach import patterns, triggers
from reach.graph import Graph

EXAMPLES = patterns.read((Path(__file__).parent / "triggers.txt").read_text("utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.name)
def test_detector(example):
    name, sign = example.name.split()
    if all(o.type.tensor_type.HasField("shape") for o in example.model.graph.output):  # unknown where axes are a graph input
        onnx.checker.check_model(example.model)
    g = Graph(example.model)
    types = {x.name: onnx.helper.tensor_dtype_to_np_dtype(x.type.tensor_type.elem_type) for x in example.model.graph.input}
    feed = {key: np.array(eval(value), types[key]) for (_, key), value in example.settings.items()}  # pylint: disable=eval-used; of a file of the tests
    g.feeds = [feed] if feed else []
    assert (name in triggers.found(g)) == (sign == "+")


def test_every_detector_has_both_examples():
    assert sorted(p.name for p in EXAMPLES) == sorted(f"{t.name} {sign}" for t in triggers.TABLE for sign in "+-")


def test_names_are_distinct_and_reasons_given():
    names = [t.name for t in triggers.TABLE] + [t[0] for t in triggers.OUT_OF_SCOPE]
    assert len(set(names)) == len(names)
    assert all(len(t) == 4 and all(t) for t in triggers.OUT_OF_SCOPE)


def test_a_detector_reads_the_data_sets_beside_a_model(tmp_path):
    model = next(p.model for p in EXAMPLES if p.name == "tvm-nan +")
    onnx.save(model, tmp_path / "model.onnx")
    assert "tvm-nan" not in triggers.found(Graph.load(tmp_path / "model.onnx"))
    (tmp_path / "test_data_set_0").mkdir()
    tensor = onnx.numpy_helper.from_array(np.array([np.nan, 1], np.float32), "x")
    (tmp_path / "test_data_set_0" / "input_0.pb").write_bytes(tensor.SerializeToString())
    assert "tvm-nan" in triggers.found(Graph.load(tmp_path / "model.onnx"))
