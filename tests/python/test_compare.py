"""nngen.compare: the rule of the command, on arrays; and evaluation, which the same rule serves."""
import json
import subprocess

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

import nngen


def one(v, b, y, dtype=np.float32):
    return nngen.compare(np.array(v, dtype), np.array(b, np.float32), np.array(y, dtype))


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("v, b, y, right", [
    (1, 0.5, 1.5, True), (1, 0.5, 1.5001, False), (1, 0, 1, True), (1, 0, 1.0000001, False), (1, INF, 99, True), (1, INF, NAN, True), (NAN, 0, NAN, True),
    (NAN, 1, 0, False), (0, 1, NAN, False), (INF, 0, INF, True), (INF, 1, -INF, False), (0.0, 0, -0.0, True), (3e38, 1, -3e38, False),
])
def test_elements(v, b, y, right):
    assert bool(one([0, v], [0, b], [0, y])) is right


@pytest.mark.parametrize("dtype, v, b, y, right", [
    (np.int64, 2**62, 0, 2**62 + 1, False), (np.int64, -2**63, 1e10, 2**63 - 1, False), (np.uint64, 2**64 - 1, 1, 2**64 - 2, True),
    (np.uint8, 0, 1, 255, False), (np.int8, -128, 254, 127, False), (np.int8, -128, 255, 127, True), (bool, True, 0, False, False), (bool, True, 0, True, True),
    (bool, True, 1, False, True), (np.float16, 1, 0.25, 1.25, True), (np.float64, 1, 0, 1 + 2**-52, False),
])
def test_types(dtype, v, b, y, right):
    assert bool(one([v], [b], [y], dtype)) is right


def test_report():
    c = nngen.compare({"a": np.zeros((2, 3), np.float32), "b": np.ones(1, np.float32)}, {"a": np.full((2, 3), 0.5, np.float32), "b": np.full(1, INF, np.float32)},
                      {"b": np.zeros(1, np.float32), "a": np.array([[0, 1, 0], [0, 0, 2]], np.float32)}, limit=1)
    assert not c and (c.outputs, c.elements, c.outside, c.without_bound, c.worst) == (2, 7, 2, 1, 4)
    (worst,) = c.elements_outside
    assert (worst.output, worst.index, worst.bound, worst.ratio) == ("a", (1, 2), 0.5, 4)
    assert repr(c).splitlines() == ["2 outputs, 7 elements, 2 outside their bounds (worst ratio 4)", "a[1, 2]: expected 0.0, bound 0.5, actual 2.0, ratio 4", "and 1 more"]
    with pytest.raises(AssertionError, match="2 outside their bounds"):
        c.check()


def test_outputs_that_cannot_be_compared():
    v, b = {"a": np.zeros(2, np.float32)}, {"a": np.zeros(2, np.float32)}
    for y, problem in [({}, "a: there is no actual output"), ({"a": np.zeros(3, np.float32)}, "a: is float32[3]; expected float32[2]"),
                       ([np.zeros(2)], "a: is float64[2]; expected float32[2]"), ([], "a: there is no actual output")]:
        c = nngen.compare(v, b, y)
        assert not c and c.problems == (problem,)
    with pytest.raises(ValueError, match="2 outputs, expected has 1"):
        nngen.compare(v, b, [v["a"], v["a"]])
    with pytest.raises(TypeError, match="has names"):
        nngen.compare([v["a"]], b, [v["a"]])
    empty = np.zeros((0, 3), np.float32)
    assert nngen.compare([empty], [empty], [empty]) and nngen.compare(np.float32(1), np.float32(0), np.float32(1))


def test_the_command_says_the_same(tmp_path):
    """Every type and special value, perturbed at random."""
    rng = np.random.default_rng(1)
    for k, dtype in enumerate([np.float32, np.float16, np.float64, np.int8, np.uint8, np.int32, np.int64, np.uint64, np.bool_]):
        if dtype is np.bool_:
            v, y = rng.integers(0, 2, (7, 9)).astype(bool), rng.integers(0, 2, (7, 9)).astype(bool)
        elif np.issubdtype(dtype, np.integer):
            v = rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, (7, 9), dtype, endpoint=True)
            y = np.where(rng.random((7, 9)) < 0.3, v ^ dtype(1), v)
        else:
            v = rng.normal(size=(7, 9)).astype(dtype)
            y = (v + rng.normal(size=v.shape) * 0.1).astype(dtype)
            for a in (v, y):
                for special in (np.nan, np.inf, -np.inf):
                    a[rng.random(v.shape) < 0.1] = special
        bound = rng.choice([0, 0.05, 0.2, 1, np.inf], v.shape).astype(np.float32)
        for name, array in (("v", v), ("b", bound), ("y", y)):
            np.savez(tmp_path / f"{name}{k}.npz", out=array)
        done = subprocess.run([nngen.program(), "compare", tmp_path / f"v{k}.npz", tmp_path / f"y{k}.npz", "--bounds", tmp_path / f"b{k}.npz", "--json", "--limit", "0"],
                              capture_output=True, text=True)
        said = json.loads(done.stdout)
        c = nngen.compare({"out": v}, {"out": bound}, {"out": y})
        assert done.returncode == (0 if c else 1), done.stderr
        assert (said["elements"], said["outside"], said["without_bound"]) == (c.elements, c.outside, c.without_bound), dtype
        worst = said["worst_ratio"]
        assert float(worst) == pytest.approx(c.worst)


# ---- evaluation ----

def test_a_model_is_evaluated_as_expected():
    evaluator = None
    for model in nngen.family(nodes=12, count=6, seed=2, inputs=2):
        evaluator = nngen.Evaluator(model.onnx, like=evaluator)
        assert evaluator.opset == 17 and evaluator.inputs == tuple(model.inputs) and evaluator.outputs == tuple(model.expected)
        for data in model.sets:
            e = evaluator.run(data.inputs)
            assert e.unknown == ()
            for name, value in data.expected.items():
                assert e.expected[name].dtype == value.dtype and e.expected[name].tobytes() == value.tobytes()
                assert e.bounds[name].tobytes() == data.bounds[name].tobytes()


def make(nodes, inputs, outputs, initializers=(), opset=17):
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def tensor(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def test_a_model_of_ones_own(tmp_path):
    w = onnx.numpy_helper.from_array(np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3), "w")
    model = make([helper.make_node("MatMul", ["x", "w"], ["y"]), helper.make_node("Softmax", ["y"], ["z"])], [tensor("x", ["n", 4])], [tensor("z", ["n", 3])], [w])
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    e = nngen.evaluate(model.SerializeToString(), {"x": x}, tensors=["y"])
    assert set(e.expected) == {"z", "y"}
    got = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})
    assert nngen.compare({"z": e.expected["z"]}, e.bounds, got) and e.compare({"z": got[0], "y": e.expected["y"]})
    assert not nngen.compare({"z": e.expected["z"]}, e.bounds, [got[0] * np.float32(1.01)])
    onnx.save(model, tmp_path / "m.onnx", save_as_external_data=True, location="weights", size_threshold=0)
    assert (nngen.evaluate(tmp_path / "m.onnx", {"x": x}).expected["z"] == e.expected["z"]).all()


def test_errors_of_evaluation(tmp_path):
    model = make([helper.make_node("Relu", ["x"], ["y"])], [tensor("x", [2])], [tensor("y", [2])]).SerializeToString()
    zeros = np.zeros(2, np.float32)
    with pytest.raises(nngen.UsageError, match='"x2"'):
        nngen.evaluate(model, {"x2": zeros})
    with pytest.raises(nngen.UsageError, match="x"):
        nngen.evaluate(model, {})
    with pytest.raises(nngen.UsageError, match="x"):
        nngen.evaluate(model, {"x": np.zeros(3, np.float32)})
    with pytest.raises(ValueError, match="complex64"):
        nngen.evaluate(model, {"x": zeros.astype(np.complex64)})
    with pytest.raises(nngen.FileError):
        nngen.evaluate(model[:-3], {"x": zeros})
    with pytest.raises(FileNotFoundError):
        nngen.evaluate(tmp_path / "none.onnx", {})
    other = make([helper.make_node("SequenceConstruct", ["x"], ["y"])], [tensor("x", [2])], [helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, [2])]).SerializeToString()
    with pytest.raises(nngen.UnsupportedError) as e:
        nngen.evaluate(other, {"x": zeros})
    assert any("SequenceConstruct" in reason for reason in e.value.reasons)


@pytest.mark.parametrize("dtype", ["f4", "u1", "i1", "u2", "i2", "i4", "i8", "?", "f2", "f8", "u4", "u8", ">f4"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 300), (3, 0, 2)])
def test_tensors(dtype, shape):
    """What the package writes, onnx reads; and the other way round."""
    from nngen import _tensor
    a = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    proto = onnx.TensorProto.FromString(_tensor.encode(a, "name"))
    assert proto.name == "name" and (onnx.numpy_helper.to_array(proto) == a).all() and tuple(proto.dims) == shape
    name, b = _tensor.decode(onnx.numpy_helper.from_array(a.astype(a.dtype.newbyteorder("=")), "back").SerializeToString())
    assert name == "back" and b.shape == shape and (b == a).all() and b.dtype == a.dtype.newbyteorder("=")
