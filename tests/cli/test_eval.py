"""nngen eval: outputs and bounds of any model; what --outputs gives for models of nngen; every dialect of the format; what is wrong or
not in the table is named."""
import json
import re

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

TYPES = "float16,double,int8,uint8,int16,uint16,int32,uint32,int64,uint64,bool"
F = TensorProto.FLOAT


def graph(nodes, inputs, outputs, init=(), opset=17, **more):
    g = helper.make_graph(nodes, "g", inputs, outputs, list(init))
    return helper.make_model(g, opset_imports=[helper.make_opsetid("", opset)], **more)


def info(name, shape, type=F):
    return helper.make_tensor_value_info(name, type, shape)


def save(folder, model, *inputs):
    folder.mkdir(exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    paths = []
    for j, x in enumerate(inputs):
        p = folder / f"input_{j}.pb"
        p.write_bytes(numpy_helper.from_array(x, model.graph.input[j].name if j < len(model.graph.input) else "").SerializeToString())
        paths.append(p)
    return folder / "model.onnx", paths


def result(folder, j=0):
    load = lambda word: numpy_helper.to_array(onnx.load_tensor(folder / f"{word}_{j}.pb"))  # noqa: E731
    return load("output"), load("bound")


def evaluate(nngen, folder, model, *inputs, code=0):
    path, files = save(folder, model, *inputs)
    r = nngen("eval", path, *files, "--out", folder / "out", "--force")
    assert r.code == code, r.err
    return result(folder / "out") if code == 0 else r.err


def inside(y, v, e):
    assert y.shape == v.shape == e.shape and y.dtype == v.dtype
    return bool(((np.abs(y.astype(float) - v.astype(float)) <= e) | (y == v) | np.isinf(e) | ((y != y) & (v != v))).all())


# ---- models of nngen ----


@pytest.mark.parametrize("opset", [13, 17, 22, 28])
def test_the_bytes_of_outputs(nngen, tmp_path, opset):
    """All operators of the table, with all types, also from files of NumPy."""
    corpus = tmp_path / "c"
    args = ("--profile", "onnx", "--types", TYPES, "--input-mode", "uniform,special", "--input-format", "pb,npz")
    r = nngen("--opset", opset, *args, "--nodes", 40, "--count", 25, "--seed", 7, "--inputs", 2, "--outputs", "--quiet", "--out", corpus)
    assert r.code == 0, r.err
    seen = set()
    for k, d in enumerate(sorted(corpus.glob("test_*"))):
        seen |= {n.op_type for n in onnx.load(d / "model.onnx").graph.node}
        given = [d / "inputs.npz", "--set", 1] if k % 2 == 0 else [d / "test_data_set_1"] if k % 4 == 1 else ["--set", 1]
        r = nngen("eval", d / "model.onnx", *given, "--out", d / "again")
        assert r.code == 0 and r.err == "", r.err
        expected = {p.name: p.read_bytes() for p in (d / "test_data_set_1").glob("*.pb") if not p.name.startswith("input_")}
        assert {p.name: p.read_bytes() for p in (d / "again").iterdir()} == expected
    listed = nngen("--opset", opset, *args[:4], "--list-ops=json")
    assert seen == {row["name"] for row in json.loads(listed.out)["operators"]}


def test_all_tensors(nngen, tmp_path):
    nngen("--nodes", 20, "--count", 1, "--seed", 2, "--outputs", "--quiet", "--out", tmp_path / "c")
    path = tmp_path / "c" / "test_000000" / "model.onnx"
    assert nngen("eval", path, "--nodes-out", "--out", tmp_path / "o").code == 0
    index = json.loads((tmp_path / "o" / "nodes" / "index.json").read_text())
    model = onnx.load(path)
    made = {o for n in model.graph.node for o in n.output if o}
    assert made <= {row["name"] for row in index}
    extended = onnx.ModelProto.FromString(path.read_bytes())
    extended.graph.output.extend(onnx.ValueInfoProto(name=n) for n in made - {o.name for o in model.graph.output})
    session = ort.InferenceSession(extended.SerializeToString(), providers=["CPUExecutionProvider"])
    inputs = {i.name: numpy_helper.to_array(onnx.load_tensor(path.parent / f"test_data_set_0/input_{j}.pb")) for j, i in enumerate(model.graph.input)}
    actual = dict(zip([o.name for o in session.get_outputs()], session.run(None, inputs)))
    for row in index:
        v, e = (numpy_helper.to_array(onnx.load_tensor(tmp_path / "o" / "nodes" / row[word])) for word in ("value", "bound"))
        assert list(v.shape) == row["shape"] and v.dtype.name == row["type"]
        if row["name"] in actual:
            assert row["node"] >= 0 and inside(actual[row["name"]], v, e), row
    assert not (tmp_path / "o" / "nodes" / "bound_000000.pb").read_bytes() == b""


# ---- dialects ----


def test_text(nngen, tmp_path):
    m = graph([helper.make_node("Softmax", ["x"], ["y"]), helper.make_node("ArgMax", ["x"], ["z"])], [info("x", [2, 6])], [info("y", None), info("z", None)])
    path, files = save(tmp_path / "m", m, np.arange(12, dtype=np.float32).reshape(2, 6))
    r = nngen("eval", path, *files)
    assert r.code == 0 and r.err == ""
    lines = r.out.splitlines()
    assert lines[0] == 'output 0 "y" float32[2, 6]' and re.match(r"  \[0, 0\] 0\.0042\d+ \+- \d", lines[1])
    assert lines[9] == "  ... 4 more" and lines[10] == 'output 1 "z" int64[1, 6]' and lines[11] == "  [0, 0] 1"
    assert "more" not in nngen("eval", path, *files, "--full").out


def test_initializers_that_are_inputs_too(nngen, tmp_path):
    m = graph([helper.make_node("Add", ["x", "w"], ["y"])], [info("w", [2]), info("x", [2])], [info("y", [2])], [numpy_helper.from_array(np.float32([10, 20]), "w")])
    path, _ = save(tmp_path / "m", m)
    np.savez(tmp_path / "one.npz", x=np.float32([1, 2]))
    np.savez(tmp_path / "both.npz", x=np.float32([1, 2]), w=np.float32([5, 5]))
    for file, expected in ("one", [11, 22]), ("both", [6, 7]):
        assert nngen("eval", path, tmp_path / f"{file}.npz", "--out", tmp_path / file).code == 0
        v, e = result(tmp_path / file)
        assert v.tolist() == expected and (e <= 1e-5).all()


@pytest.mark.parametrize("attribute,expected", [
    ({"value_float": 0.5}, np.float32(0.5)), ({"value_floats": [1.5, 2]}, np.float32([1.5, 2])), ({"value_int": 7}, np.int64(7)),
    ({"value_ints": [3, -4]}, np.int64([3, -4])), ({"value": np.float16([[1, 2]])}, None), ({"value": np.array(True)}, None),
    ({"value": np.float64(2.5)}, None), ({"value": np.uint8([[[255]]])}, None), ({"value": np.zeros((0, 3), np.int32)}, None),
])
def test_constants(nngen, tmp_path, attribute, expected):
    if expected is None:
        expected = np.asarray(attribute["value"])
        attribute = {"value": numpy_helper.from_array(expected)}
    m = graph([helper.make_node("Constant", [], ["c"], **attribute), helper.make_node("Identity", ["c"], ["y"])], [], [onnx.ValueInfoProto(name="y")])
    v, e = evaluate(nngen, tmp_path / "m", m)
    assert v.dtype == expected.dtype and v.shape == expected.shape and np.array_equal(v, expected) and not e.any()


def test_fields_of_tensors(nngen, tmp_path):
    """raw_data and the field of each type hold the same."""
    for k, dtype in enumerate(["float32", "float64", "float16", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool"]):
        x = np.array([[0, 1, 1], [1, 0, 100]]).astype(dtype)
        t = helper.np_dtype_to_tensor_dtype(x.dtype)
        numbers = x.view(np.uint16).ravel() if dtype == "float16" else x.ravel().astype(np.uint8) if dtype == "bool" else x.ravel()
        typed = TensorProto(name="w", data_type=t, dims=x.shape)
        field = {"float32": "float_data", "float64": "double_data", "int64": "int64_data", "uint64": "uint64_data", "uint32": "uint64_data"}.get(dtype, "int32_data")
        getattr(typed, field).extend(numbers.tolist())
        for w in typed, numpy_helper.from_array(x, "w"):
            m = graph([helper.make_node("Transpose", ["w"], ["y"])], [], [info("y", [3, 2], t)], [w])
            v, _ = evaluate(nngen, tmp_path / f"m{k}", m)
            assert v.dtype == x.dtype and np.array_equal(v, x.T)


def test_free_dims_scalars_and_absent_inputs(nngen, tmp_path):
    nodes = [helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Gather", ["s", "one"], ["n"]), helper.make_node("Unsqueeze", ["n", "axes"], ["n1"]),
             helper.make_node("Concat", ["n1", "minus"], ["t"], axis=0), helper.make_node("Reshape", ["x", "t"], ["r"]),
             helper.make_node("Clip", ["r", "", "top"], ["y"])]
    init = [numpy_helper.from_array(np.array(1, np.int64), "one"), numpy_helper.from_array(np.int64([0]), "axes"),
            numpy_helper.from_array(np.int64([-1]), "minus"), numpy_helper.from_array(np.array(4, np.float32), "top")]
    m = graph(nodes, [info("x", ["a", "b", None])], [info("y", ["b", -1])], init)
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    v, e = evaluate(nngen, tmp_path / "m", m, x)
    assert np.array_equal(v, np.minimum(x.reshape(3, 8), 4)) and not e.any()
    path = tmp_path / "m" / "model.onnx"
    assert nngen("eval", path, tmp_path / "m" / "input_0.pb", "--dim", "a=2", "--dim", "b=3").code == 0
    r = nngen("eval", path, tmp_path / "m" / "input_0.pb", "--dim", "b=5")
    assert r.code == 2 and "dim b is 3, but elsewhere 5" in r.err


def test_named_dims_agree(nngen, tmp_path):
    m = graph([helper.make_node("Add", ["x", "w"], ["y"])], [info("x", ["n"]), info("w", ["n"])], [info("y", ["n"])])
    err = evaluate(nngen, tmp_path / "m", m, np.ones(3, np.float32), np.ones(1, np.float32), code=2)
    assert "dim n is 1, but elsewhere 3" in err


def test_many_operands_and_wide_attributes(nngen, tmp_path):
    """What the generator does not draw: a window of 9, a stride of 5, 12 operands."""
    nodes = [helper.make_node("Concat", ["x"] * 12, ["c"], axis=1), helper.make_node("Conv", ["c", "w"], ["y"], strides=[5, 4], pads=[9, 0, 8, 7], kernel_shape=[9, 9])]
    rng = np.random.default_rng(1)
    w = rng.standard_normal((3, 24, 9, 9)).astype(np.float32)
    m = graph(nodes, [info("x", [1, 2, 20, 21])], [info("y", None)], [numpy_helper.from_array(w, "w")])
    x = rng.standard_normal((1, 2, 20, 21)).astype(np.float32)
    v, e = evaluate(nngen, tmp_path / "m", m, x)
    y = ort.InferenceSession(m.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
    assert inside(y, v, e) and (e < 1).all()


def test_external_data(nngen, tmp_path):
    w = np.arange(300, dtype=np.float32)
    m = graph([helper.make_node("Add", ["x", "w"], ["y"])], [info("x", [300])], [info("y", [300])], [numpy_helper.from_array(w, "w")])
    path, files = save(tmp_path / "m", m, np.ones(300, np.float32))
    onnx.save(m, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    assert nngen("eval", path, *files, "--out", tmp_path / "o").code == 0
    assert np.array_equal(result(tmp_path / "o")[0], w + 1)
    (tmp_path / "m" / "w.bin").rename(tmp_path / "w.bin")
    r = nngen("eval", path, *files)
    assert r.code == 1 and "w.bin" in r.err
    (tmp_path / "m" / "w.bin").symlink_to(tmp_path / "w.bin")
    assert nngen("eval", path, *files).code == 1
    (tmp_path / "m" / "a").mkdir()
    for location in ("../w.bin", str(tmp_path / "w.bin"), "a/../../w.bin"):
        out = onnx.load(path, load_external_data=False)
        out.graph.initializer[0].external_data[0].value = location
        path.write_bytes(out.SerializeToString())
        r = nngen("eval", path, *files)
        assert r.code == 1 and "below the model's directory" in r.err, location


def test_nodes_that_no_output_needs(nngen, tmp_path):
    nodes = [helper.make_node("Nonsense", ["x"], ["z"], domain="some.where"), helper.make_node("Neg", ["x"], ["y"])]
    m = graph(nodes, [info("x", [2])], [info("y", [2])])
    v, _ = evaluate(nngen, tmp_path / "m", m, np.float32([1, -2]))
    assert v.tolist() == [-1, 2]


def test_several_opsets_and_order(nngen, tmp_path):
    nodes = [helper.make_node("Neg", ["a"], ["y"]), helper.make_node("Exp", ["x"], ["a"])]
    m = graph(nodes, [info("x", [1])], [info("y", [1])])
    m.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    m.opset_import.insert(0, helper.make_opsetid("ai.onnx.ml", 3))
    v, e = evaluate(nngen, tmp_path / "m", m, np.float32([0]))
    assert v.tolist() == [-1] and e[0] < 1e-5


# ---- what is not in the table ----


def test_all_that_is_not_in_the_table_is_named(nngen, tmp_path):
    then = helper.make_graph([helper.make_node("Nope", ["x"], ["t"], name="deep")], "t", [], [info("t", [2])])
    nodes = [helper.make_node("Gelu2", ["x"], ["a"], domain="com.microsoft", name="mine"), helper.make_node("If", ["c"], ["b"], then_branch=then, else_branch=then),
             helper.make_node("Relu", ["x"], ["d"], slope=2.0), helper.make_node("Add", ["a", "b"], ["e"]), helper.make_node("Sum", ["e", "d", "f"], ["y"]),
             helper.make_node("Local", ["x"], ["f"], domain="here"), helper.make_node("Softmax", ["i"], ["g"]), helper.make_node("Identity", ["g"], ["z"])]
    m = graph(nodes, [info("x", [2]), info("c", [], TensorProto.BOOL), info("i", [2], TensorProto.INT8)], [info("y", [2]), info("z", [2], TensorProto.INT8)])
    m.functions.append(helper.make_function("here", "Local", ["p"], ["q"], [helper.make_node("Neg", ["p"], ["n"]), helper.make_node("Nope", ["n"], ["q"])], [helper.make_opsetid("", 17)]))
    path, _ = save(tmp_path / "m", m)
    r = nngen("eval", path)
    assert r.code == 3
    named = [line for line in r.err.splitlines() if "not in the table: " in line]
    assert [line.split("not in the table: ")[1].split(":")[0] for line in sorted(named)] == \
        ['node 0 (Gelu2, "mine")', 'node 1 (If), else_branch, node 0 (Nope, "deep")', 'node 1 (If), then_branch, node 0 (Nope, "deep")', "node 2 (Relu)",
         "node 5 (Local), node 1 (Nope)", "node 6 (Softmax)"]
    assert 'domain "com.microsoft"' in r.err and "attribute slope" in r.err and "type int8" in r.err
    assert "6 places" in r.err


@pytest.mark.parametrize("opset", [6, 29])
def test_other_opsets(nngen, tmp_path, opset):
    m = graph([helper.make_node("Neg", ["x"], ["y"])], [info("x", [2])], [info("y", [2])], opset=opset)
    err = evaluate(nngen, tmp_path / "m", m, np.ones(2, np.float32), code=3)
    assert f"opset {opset}; the table has 7 to 28" in err


# ---- what is wrong ----


def test_wrong_inputs(nngen, tmp_path):
    m = graph([helper.make_node("Neg", ["x"], ["y"])], [info("x", [2])], [info("y", [2])])
    path, _ = save(tmp_path / "m", m)
    r = nngen("eval", path)
    assert r.code == 2 and "test_data_set_0 or inputs.npz beside the model" in r.err
    for x, what in ((np.ones(3, np.float32), "a dim of 3; the model states 2"), (np.ones((2, 1), np.float32), "rank 2"), (np.ones(2), "type double")):
        assert what in evaluate(nngen, tmp_path / "m", m, x, code=2)
    np.savez(tmp_path / "z.npz", z=np.ones(2, np.float32))
    r = nngen("eval", path, tmp_path / "z.npz")
    assert r.code == 2 and '"z"' in r.err
    assert nngen("eval", tmp_path / "none.onnx").code == 1


def test_shapes_that_do_not_fit(nngen, tmp_path):
    for op, a, b in (("MatMul", [2, 3], [4, 2]), ("Add", [2, 3], [2]), ("Concat", [2, 3], [3, 3]), ("Gemm", [2, 3], [2, 3]), ("Conv", [1, 2, 8], [4, 3, 3])):
        m = graph([helper.make_node(op, ["a", "b"], ["y"], **({"axis": 1} if op == "Concat" else {}))], [info("a", None), info("b", None)], [info("y", None)])
        m.graph.input[0].CopyFrom(info("a", a))
        m.graph.input[1].CopyFrom(info("b", b))
        err = evaluate(nngen, tmp_path / op, m, np.ones(a, np.float32), np.ones(b, np.float32), code=1)
        assert f"node 0 ({op})" in err and "fit" in err, err


def test_a_target_that_does_not_fit(nngen, tmp_path):
    m = graph([helper.make_node("Reshape", ["x", "t"], ["y"])], [info("x", [6]), info("t", [2], TensorProto.INT64)], [info("y", None)])
    for t in ([4, -1], [5, 1], [-1, -1], [7, 0], [-2, -3]):
        assert "node 0 (Reshape)" in evaluate(nngen, tmp_path / "m", m, np.ones(6, np.float32), np.int64(t), code=1)


def test_an_index_outside(nngen, tmp_path):
    """The outputs exist, with bounds that say nothing."""
    m = graph([helper.make_node("Gather", ["x", "i"], ["y"])], [info("x", [3]), info("i", [1], TensorProto.INT64)], [info("y", [1])])
    path, files = save(tmp_path / "m", m, np.ones(3, np.float32), np.int64([7]))
    r = nngen("eval", path, *files, "--out", tmp_path / "o")
    assert r.code == 1 and "node 0 (Gather)" in r.err
    assert np.isinf(result(tmp_path / "o")[1]).all()


def test_limits(nngen, tmp_path):
    m = graph([helper.make_node("Expand", ["x", "t"], ["y"])], [info("x", [1]), info("t", [3], TensorProto.INT64)], [info("y", None)])
    for shape in ([1 << 20, 1 << 20, 1 << 20], [1 << 62, 4, 1], [1000, 1000, 1000]):
        assert "node 0 (Expand)" in evaluate(nngen, tmp_path / "m", m, np.ones(1, np.float32), np.int64(shape), code=1)
    path, files = save(tmp_path / "m", m, np.ones(1, np.float32), np.int64([10, 10, 10]))
    assert nngen("eval", path, *files, "--max-bytes", 10000).code == 1
    assert nngen("eval", path, *files, "--max-bytes", 100000).code == 0
    n = graph([helper.make_node("MatMul", ["a", "a"], ["y"])], [info("a", [50, 50])], [info("y", [50, 50])])
    path, files = save(tmp_path / "n", n, np.ones((50, 50), np.float32))
    r = nngen("eval", path, *files, "--max-work", 100000)
    assert r.code == 1 and "evaluations" in r.err
    assert nngen("eval", path, *files, "--max-work", 200000).code == 0


def test_files_are_not_overwritten(nngen, tmp_path):
    m = graph([helper.make_node("Neg", ["x"], ["y"])], [info("x", [1])], [info("y", [1])])
    path, files = save(tmp_path / "m", m, np.ones(1, np.float32))
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "output_0.pb").write_text("mine")
    r = nngen("eval", path, *files, "--out", tmp_path / "o")
    assert r.code == 1 and "--force" in r.err and (tmp_path / "o" / "output_0.pb").read_text() == "mine"
    assert nngen("eval", path, *files, "--out", tmp_path / "o", "--force").code == 0


def test_usage(nngen, tmp_path):
    for args, what in (([], "expected a model"), (["m", "--sett", "1"], "did you mean --set?"), (["m", "--force"], "requires --out"),
                       (["m", "--given", "g", "--out", "o"], "neither --out"), (["m", "--max-bytes", "x"], "expected an integer")):
        r = nngen("eval", *args)
        assert r.code == 2 and what in r.err
    assert nngen("eval", "--help").out.startswith("Usage: nngen eval MODEL")


def test_broken_files(nngen, tmp_path):
    m = graph([helper.make_node("Neg", ["x"], ["y"])], [info("x", [1])], [info("y", [1])])
    path, files = save(tmp_path / "m", m, np.ones(1, np.float32))
    whole = path.read_bytes()
    for n in range(0, len(whole), 7):
        path.write_bytes(whole[:n])
        assert nngen("eval", path, *files).code in (1, 2, 3)
    path.write_bytes(whole)
    files[0].write_bytes(b"\x08\x01\x10\x01")
    assert nngen("eval", path, *files).code == 1
    cycle = graph([helper.make_node("Neg", ["y"], ["z"]), helper.make_node("Neg", ["z"], ["y"])], [], [info("y", [1])])
    assert "cycle" in evaluate(nngen, tmp_path / "m", cycle, code=1)


# ---- the local check ----


def test_the_local_check_finds_the_node(nngen, tmp_path):
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"], name="first"), helper.make_node("Tanh", ["a"], ["b"], name="second"),
             helper.make_node("Softmax", ["b"], ["y"], name="third")]
    rng = np.random.default_rng(3)
    w = rng.standard_normal((5, 5)).astype(np.float32)
    m = graph(nodes, [info("x", [4, 5])], [info("y", [4, 5])], [numpy_helper.from_array(w, "w")])
    more = onnx.ModelProto.FromString(m.SerializeToString())
    more.graph.output.extend([info("a", [4, 5]), info("b", [4, 5])])
    x = rng.standard_normal((4, 5)).astype(np.float32)
    given = dict(zip("yab", ort.InferenceSession(more.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})), x=x)
    path, _ = save(tmp_path / "m", m)
    np.savez(tmp_path / "right.npz", **given)
    r = nngen("eval", path, "--given", tmp_path / "right.npz")
    assert (r.code, r.out) == (0, "0 of 3 tensors outside their bounds\n")
    wrong = dict(given, b=given["b"] + np.float32(1e-3), y=given["y"] * np.float32(1 + 1e-5))
    np.savez(tmp_path / "wrong.npz", **wrong)
    r = nngen("eval", path, "--given", tmp_path / "wrong.npz")
    assert r.code == 1 and r.out.endswith("2 of 3 tensors outside their bounds\n")
    assert 'node 1 (Tanh, "second"), output "b": 20 of 20 elements outside; worst [' in r.out.splitlines()[0]
    assert '"third"' in r.out.splitlines()[1]
    folder = tmp_path / "folder"
    folder.mkdir()
    for k, (name, value) in enumerate(wrong.items()):
        if name != "a":                    # what is not given is computed
            (folder / f"{k}.pb").write_bytes(numpy_helper.from_array(value, name).SerializeToString())
    r = nngen("eval", path, "--given", folder)
    assert r.code == 1 and r.out.endswith("2 of 2 tensors outside their bounds\n")
    np.savez(tmp_path / "shape.npz", **dict(given, b=given["b"][:, :4]))
    r = nngen("eval", path, "--given", tmp_path / "shape.npz")
    assert r.code == 1 and "another shape than expected" in r.out + r.err
    np.savez(tmp_path / "none.npz", x=x)
    assert nngen("eval", path, "--given", tmp_path / "none.npz").code == 2


def test_the_local_check_of_a_corpus(nngen, tmp_path):
    """ONNX Runtime without optimisations, node by node; then each tensor in turn is moved by three bounds."""
    nngen("--nodes", 15, "--count", 4, "--seed", 11, "--outputs", "--quiet", "--out", tmp_path / "c")
    found = tried = 0
    for d in sorted((tmp_path / "c").glob("test_*")):
        model = onnx.load(d / "model.onnx")
        more = onnx.ModelProto.FromString(model.SerializeToString())
        have = {o.name for o in model.graph.output}
        more.graph.output.extend(onnx.ValueInfoProto(name=o) for n in model.graph.node for o in n.output if o and o not in have)
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = ort.InferenceSession(more.SerializeToString(), options, providers=["CPUExecutionProvider"])
        given = {i.name: numpy_helper.to_array(onnx.load_tensor(d / f"test_data_set_0/input_{j}.pb")) for j, i in enumerate(model.graph.input)}
        given.update(zip([o.name for o in session.get_outputs()], session.run(None, given)))
        np.savez(d / "given.npz", **given)
        r = nngen("eval", d / "model.onnx", "--given", d / "given.npz")
        assert r.code == 0, r.out
        for name in [o for n in model.graph.node for o in n.output if o][::5]:
            x = given[name]
            if x.dtype == np.float32 and x.size > 0 and np.abs(x).max() > 0:
                np.savez(d / "moved.npz", **dict(given, **{name: x + np.float32(2e-2) * np.abs(x).max()}))
                r = nngen("eval", d / "model.onnx", "--given", d / "moved.npz")
                tried += 1
                found += r.code == 1 and f'output "{name}"' in r.out
    assert tried >= 8 and found >= 0.9 * tried
