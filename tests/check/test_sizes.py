"""The judge follows symbolic dims: nothing is found in models of nngen, and each planted fault is."""
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from check.faults import Bench
from nngen.judge import shapes, sizes, validate
from nngen.judge.view import View

NNGEN = str(Path(os.environ.get("NNGEN", Path(__file__).resolve().parents[2] / "build" / "default" / "nngen")).resolve())


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    root = tmp_path_factory.mktemp("dynamic") / "c"
    subprocess.run([NNGEN, "--dynamic", "1", "--nodes", "8", "--count", "3", "--seed", "2", "--ops", "Add,Conv,Relu,MatMul,Softmax,Transpose,Concat", "--outputs", "--intervals", "--out", root, "--quiet"], check=True)
    assert all("symbols" in r for r in Bench(root).records())
    return root


def kinds(root, pool, **how):
    return {p.kind for p in validate.validate(root, pool, **how).problems}


def test_nothing_is_found(pool, good):
    v = validate.validate(good, pool, inputs=3)
    assert v.problems == []


def symbolic(values):
    return [(v, d) for v in values for d in v.type.tensor_type.shape.dim if d.dim_param]


def other_symbol_in_value_info(b):
    m = b.model()
    symbolic([*m.graph.value_info, *m.graph.output])[0][1].dim_param = "nowhere"
    b.save(m)


def number_in_place_of_a_symbol(b):
    m = b.model()
    symbolic([*m.graph.value_info, *m.graph.output])[0][1].dim_value = b.records()[0]["inputs"][0]["shape"][0] + 40
    b.save(m)


def other_sizes_in_the_record(b):
    r = b.records()
    for values in r[0]["symbols"].values():
        values[2] += 1
    b.save_records(r)


def symbol_that_no_input_has(b):
    r = b.records()
    r[0]["symbols"]["nothing"] = [1, 2, 3, 4]
    b.save_records(r)


def fewer_assignments(b):
    r = b.records()
    for values in r[0]["symbols"].values():
        del values[3:]
    b.save_records(r)


def input_of_another_assignment(b):
    changed = [n for n in sorted(b.records()[0]["files"]) if n.startswith("test_data_set_1/input")]
    for n in changed:
        data = (b.root / "test_000000" / n.replace("set_1", "set_2")).read_bytes()
        b.put(data, n)


def output_of_another_shape(b):
    for n in [n for n in sorted(b.records()[0]["files"]) if n.startswith("test_data_set_1/output")]:
        t = TensorProto.FromString((b.root / "test_000000" / n).read_bytes())
        a = numpy_helper.to_array(t)
        b.put(numpy_helper.from_array(np.concatenate([a, a]) if a.ndim else a[None], t.name).SerializeToString(), n)


def interval_of_one_assignment(b):
    """As if the largest assignment had not counted."""
    r = b.records()
    for what in ("intervals",):
        for name, (lo, hi) in r[0][what].items():
            r[0][what][name] = [lo, lo + (hi - lo) * 1e-3] if name not in {p["name"] for p in r[0]["inputs"]} else [lo, hi]
    b.save_records(r)


@pytest.mark.parametrize("plant, kind", [
    (other_symbol_in_value_info, "value-info"),
    (number_in_place_of_a_symbol, "shape"),
    (other_sizes_in_the_record, "input"),
    (symbol_that_no_input_has, "record"),
    (fewer_assignments, "record"),
    (input_of_another_assignment, "input"),
    (output_of_another_shape, "output"),
    (interval_of_one_assignment, "interval"),
], ids=lambda x: getattr(x, "__name__", x))
def test_planted_fault_is_reported(tmp_path, pool, good, plant, kind):
    shutil.copytree(good, tmp_path / "c")
    plant(Bench(tmp_path / "c"))
    assert kind in kinds(tmp_path / "c", pool, inputs=1)


@pytest.mark.parametrize("op, declared, told, counted", [
    ("Relu", ["N", 4], None, [1, 0]),
    ("Relu", ["M", 4], "'y' is declared ['M', 4], inference gives ['N', 4]", [0, 0]),
    ("Relu", [None, 4], "'y' is declared [None, 4], inference gives ['N', 4]", [0, 0]),
    ("Relu", [3, 4], "'y' is declared [3, 4], inference gives ['N', 4]", [0, 0]),
    ("Relu", ["N", "M"], "'y' is declared ['N', 'M'], inference gives ['N', 4]", [1, 0]),
    ("NonZero", [2, "N"], None, [0, 1]),
    ("NonZero", ["M", None], "'y' is declared ['M', None], inference gives [2, None]", [0, 0]),
])
def test_inference_with_symbols_contradicts_no_declaration(op, declared, told, counted):
    x, y = helper.make_tensor_value_info("x", 1, ["N", 4]), helper.make_tensor_value_info("y", 7 if op == "NonZero" else 1, declared)
    model = helper.make_model(helper.make_graph([helper.make_node(op, ["x"], ["y"])], "g", [x], [y]), opset_imports=[helper.make_opsetid("", 17)])
    facts = {}
    found = list(shapes.symbols(View(model), facts))
    assert found == ([("symbol", told, op)] if told else []) and facts == {"symbols": counted}


def attention(outputs):
    """A symbol is the size of the heads of the values; onnx infers 0 for it."""
    ports = [helper.make_tensor_value_info(x, 1, shape) for x, shape in (("q", [2, 5, 6]), ("k", [2, 5, 6]), ("v", [2, 5, "N"]))]
    nodes = [helper.make_node("Attention", ["q", "k", "v"], ["a"], q_num_heads=1, kv_num_heads=1), helper.make_node("Relu", ["a"], ["y"])]
    graph = helper.make_graph(nodes, "g", ports, [helper.make_tensor_value_info(x, 1, d) for x, d in outputs.items()],
                              value_info=[helper.make_tensor_value_info("a", 1, [2, 5, "N"])] if "a" not in outputs else [])
    return View(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11))


def test_a_zero_that_onnx_infers_behind_attention_is_known():
    view, facts = attention({"y": [2, 5, "N"]}), {}
    assert shapes.infer(shapes.stripped(view.model))["y"][1] == (2, 5, 0)  # if it is not, nothing need be known
    assert list(shapes.symbols(view, facts)) == [] and facts == {"symbols": [1, 1]}
    assert list(shapes.symbols(attention({"a": [2, 5, "N"], "y": [2, 5, "N"]}), facts)) == []
    assert [op for _, _, op in shapes.symbols(attention({"y": [2, "N", "N"]}), facts)] == ["Relu"]
    words = "Expected shape from model of {%s} does not match actual shape of {2,5,4} for output y"
    assert [shapes.follows_zero(view, words % x) for x in ("2,5,0", "0", "-1,0,3", "2,5,10", "2,0x,3", "2,5,3")] == [True, True, True, False, False, False]
    assert not shapes.follows_zero(View(onnx.ModelProto()), words % "0")


def test_a_symbol_that_onnx_keeps_behind_slice_is_known_at_opset_10():
    for opset, wrong in ((9, False), (10, True), (11, False)):
        cut = [helper.make_node("Slice", ["x"], ["y"], starts=[0], ends=[1], axes=[0])] if opset < 10 else [helper.make_node("Slice", ["x", "s", "e", "a"], ["y"])]
        ones = [] if opset < 10 else [numpy_helper.from_array(np.array([v], np.int64), n) for n, v in (("s", 0), ("e", 1), ("a", 0))]
        ports = [helper.make_tensor_value_info(x, 1, shape) for x, shape in (("x", ["N", 4]), ("y", [1, 4]), ("z", [1, 4]))]
        graph = helper.make_graph([*cut, helper.make_node("Relu", ["y"], ["z"])], "g", ports[:1], ports[1:], ones)
        view = View(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=5))
        done = onnx.shape_inference.infer_shapes(shapes.stripped(view.model), data_prop=True)
        assert (shapes.dims_of(done.graph.output[0]) == ["N", 4]) == wrong
        assert list(shapes.symbols(view, {})) == []
        view.model.graph.output[1].type.tensor_type.shape.dim[1].dim_value = 3
        assert [op for _, _, op in shapes.symbols(view, {})] == ["Relu"]


def test_sizes_of_a_record():
    record = {"symbols": {"N": [3, 1], "S": [5, 2]}, "inputs": [{"name": "x", "shape": [3, 4], "dims": ["N", 4]}],
              "outputs": [{"name": "y", "shape": [3, 9], "dims": ["N", None]}, {"name": "z", "shape": [1]}]}
    assert sizes.assignments(record) == [{"N": 3, "S": 5}, {"N": 1, "S": 2}] and sizes.assignments({}) == [{}]
    at = sizes.record_at(record, {"N": 1, "S": 2})
    assert [p["shape"] for p in at["inputs"] + at["outputs"]] == [[1, 4], [1, None], [1]] and record["inputs"][0]["shape"] == [3, 4]
    assert [m for _, m, _ in sizes.said(record)] == ["symbols ['N', 'S'] are those of the record, ['N'] those of its inputs"]
    assert sizes.fits([1, 7], [1, None]) and not sizes.fits([2, 7], [1, None]) and not sizes.fits([1], [1, None]) and not sizes.fits([1], None)
