"""Uses of operators that the specification allows and that random choice would hardly make: each is in the models of fixed seeds."""
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve()
MAX, MIN = 2**63 - 1, -(2**63)


class Node:
    """A node with what it was given: constants, attributes, shapes, types."""

    def __init__(self, graph, node, types, made):
        self.op, self.graph = node.op_type, graph
        self.inputs, self.outputs = list(node.input), list(node.output)
        self.attrs = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        self.types, self.made = types, made

    def constant(self, i):
        if i >= len(self.inputs) or not self.inputs[i]:
            return None
        return next((numpy_helper.to_array(t) for t in self.graph.initializer if t.name == self.inputs[i]), None)

    def shape(self, name):
        return [d.dim_value for d in self.types[name].shape.dim]

    def type(self, name):
        return self.types[name].elem_type


def nodes(args):
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        r = subprocess.run([str(NNGEN), "--count", "300", "--nodes", "40", "--seed", "8", "--check", "--inputs", "0", "--quiet", "--out", f"{folder}/c", *args],
                           capture_output=True, text=True, timeout=300)
        assert r.returncode == 0, r.stderr
        found = []
        for path in sorted(Path(folder).glob("c/*/model.onnx")):
            g = onnx.load(path).graph
            types = {v.name: v.type.tensor_type for v in [*g.value_info, *g.input, *g.output]}
            made = {o: n for n in g.node for o in n.output}
            found += [Node(g, n, types, made) for n in g.node]
        return found


@pytest.fixture(scope="module", params=[("13", "ort"), ("17", "ort"), ("21", "onnx"), ("28", "ort")], ids="-".join)
def family(request):
    opset, profile = request.param
    return int(opset), profile, nodes(["--opset", opset, "--profile", profile])


def has(node, i, *values):
    c = node.constant(i)
    return c is not None and np.isin(c, values).any()


def pads_cut(mode):
    return lambda n: n.op == "Pad" and n.attrs.get("mode", b"constant").decode() == mode and n.constant(1) is not None and (n.constant(1) < 0).any()


def scalar(n):
    return n.inputs[0] in n.types and n.shape(n.inputs[0]) == []


def cut_axis(n):
    axis = n.constant(1)
    return n.op == "CumSum" and axis is not None and n.inputs[0] in n.types and n.shape(n.inputs[0])[int(axis)] == 1


def capitals(n):
    return n.op == "Einsum" and any(c.isupper() for c in n.attrs["equation"].decode())


def chain(n):
    """A cast from a type that is not float32 to another."""
    before = n.made.get(n.inputs[0]) if n.inputs else None
    return n.op in ("Cast", "CastLike") and before is not None and before.op_type in ("Cast", "CastLike") and \
        TensorProto.FLOAT not in (n.type(n.inputs[0]), n.type(n.outputs[0]))


CLASSES = {
    "slice-end-max": lambda n: n.op == "Slice" and has(n, 2, MAX),
    "slice-end-min": lambda n: n.op == "Slice" and has(n, 2, MIN),
    "slice-start-min": lambda n: n.op == "Slice" and has(n, 1, MIN),
    "slice-huge-step": lambda n: n.op == "Slice" and has(n, 4, 10**9, -(10**9)),
    "split-one": lambda n: n.op == "Split" and len(n.outputs) == 1,
    "split-many": lambda n: n.op == "Split" and len(n.outputs) > 5,
    "concat-one": lambda n: n.op == "Concat" and len(n.inputs) == 1,
    "pad-cuts-constant": pads_cut("constant"),
    "pad-cuts-reflect": pads_cut("reflect"),
    "pad-cuts-edge": pads_cut("edge"),
    "einsum-capitals": capitals,
    "cumsum-axis-of-one": cut_axis,
    "reduce-scalar": lambda n: n.op.startswith("Reduce") and scalar(n),
    "unsqueeze-vector": lambda n: n.op == "Unsqueeze" and n.inputs[0] in n.types and len(n.shape(n.inputs[0])) == 1,
    "cast-chain": chain,
    "cast-other-types": lambda n: n.op == "Cast" and n.type(n.outputs[0]) in (TensorProto.INT8, TensorProto.UINT8, TensorProto.INT16, TensorProto.FLOAT16),
}


@pytest.mark.parametrize("name", CLASSES)
def test_appears(family, name):
    opset, profile, found = family
    assert sum(map(CLASSES[name], found)) >= 1, (opset, profile)


def test_wrap_with_negative_pads(family):
    opset, _, found = family
    assert (sum(map(pads_cut("wrap"), found)) > 0) == (opset >= 19)


def window_in_padding(n):
    """The last window of a pooling begins behind the data."""
    if n.op != "AveragePool" or not n.attrs.get("ceil_mode") or "pads" not in n.attrs or n.inputs[0] not in n.types:
        return False
    x, y, pads = n.shape(n.inputs[0])[2:], n.shape(n.outputs[0])[2:], n.attrs["pads"]
    strides = n.attrs.get("strides", [1] * len(x))
    return any((y[i] - 1) * strides[i] >= x[i] + pads[i] for i in range(len(x)))


def test_pooling_in_the_padding_alone():
    """Below opset 22 shape inference keeps such a window. ONNX Runtime drops it, so that its profile excludes it."""
    ops = ["--manner", "uniform", "--ops", "AveragePool,Conv,Add,Relu", "--nodes", "20", "--opset", "17", "--profile"]
    assert sum(map(window_in_padding, nodes([*ops, "onnx"]))) > 3
    assert sum(map(window_in_padding, nodes([*ops, "ort"]))) == 0


def test_whole_numbers_beyond_32_bits(tmp_path):
    r = subprocess.run([str(NNGEN), "--count", "300", "--seed", "8", "--types", "int64,uint64", "--out", str(tmp_path / "c"), "--quiet", "--check"], capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    records = [json.loads(line) for line in (tmp_path / "c" / "models.jsonl").read_text().splitlines()]
    far = [(m["name"], i) for m in records for i, p in enumerate(m["inputs"]) if p["type"].endswith("int64") and p["interval"][1] > 2**33]
    assert len(far) > 5
    values = [numpy_helper.to_array(onnx.load_tensor(tmp_path / "c" / name / "test_data_set_0" / f"input_{i}.pb")) for name, i in far]
    assert any(np.abs(v.astype(object)).max() > 2**33 for v in values if v.size)
