"""nngen emit: models as programs of onnx.helper, PyTorch and TensorFlow."""
import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml
from conftest import ROOT
from onnx import TensorProto, helper, numpy_helper

import programs

FRAMEWORKS = {"torch": ("torch", "NNGEN_TORCH"), "tensorflow": ("tensorflow", "NNGEN_TENSORFLOW"), "keras": ("keras, tensorflow", "NNGEN_TENSORFLOW")}
PROFILES = {"keras": "tensorflow"}  # where a program has none of its own


def corpus(nngen, out, *options):
    r = nngen("--out", out, "--outputs", "--quiet", *options)
    assert r.code == 0, r.err
    return sorted(out.rglob("model.onnx"))


def emit(nngen, model, program, path, *options):
    r = nngen("emit", model, "--as", program, "--out", path, *options)
    assert r.code == 0, r.err
    return programs.load(path)


def array(t):
    return (t.name, t.data_type, numpy_helper.to_array(t).tobytes() if t.data_type != TensorProto.STRING else list(t.string_data))


def graph(g):
    """What of a graph a program must build again."""
    infos = [[x.SerializeToString(deterministic=True) for x in part] for part in (g.input, g.output, g.value_info)]
    return [g.name, [node(n) for n in g.node], *infos, [array(t) for t in g.initializer]]


def node(n):
    attributes = {a.name: a.SerializeToString() if a.ref_attr_name else graph(a.g) if a.type == a.GRAPH else array(a.t) if a.type == a.TENSOR else a.SerializeToString()
                  for a in n.attribute}
    return [n.op_type, n.domain, n.name, list(n.input), list(n.output), attributes]


def whole(model):
    functions = [[f.domain, f.name, list(f.input), list(f.output), list(f.attribute), [node(n) for n in f.node]] for f in model.functions]
    opsets = [(o.domain, o.version) for o in model.opset_import]
    return [model.ir_version, model.producer_name, opsets, {p.key: p.value for p in model.metadata_props}, functions, graph(model.graph)]


@pytest.mark.parametrize("options", [("--opset", 7), ("--opset", 17, "--motifs", "0.5"), ("--opset", 28, "--profile", "onnx"),
                                     ("--types", "float16,double,int8,uint8,int32,int64"), ("--form", "all"), ("--dynamic", 1)])
def test_the_program_of_onnx_builds_the_same_model(nngen, tmp_path, options):
    for k, path in enumerate(corpus(nngen, tmp_path / "c", "--nodes", 12, "--count", 12, "--seed", 5, *options)):
        model = onnx.load(path)
        built = emit(nngen, path, "onnx", tmp_path / f"p{k}.py").build()
        assert whole(built) == whole(model), path


def test_the_program_of_onnx_runs_the_stored_inputs(nngen, tmp_path):
    for options in (["--set", 1], ["--inline", 0], ["--inline", 100000]):
        for k, path in enumerate(corpus(nngen, tmp_path / f"c{options[1]}", "--nodes", 6, "--count", 3, "--inputs", 2)):
            program = tmp_path / f"p{options[1]}_{k}.py"
            module = emit(nngen, path, "onnx", program, *options)
            stored = path.parent / f"test_data_set_{options[1] if options[0] == '--set' else 0}"
            for i, value in enumerate(module.inputs().values()):
                assert np.array_equal(value, numpy_helper.to_array(onnx.load_tensor(stored / f"input_{i}.pb")))
            for i, (value, bound) in enumerate(module.expected()):
                assert np.array_equal(value, numpy_helper.to_array(onnx.load_tensor(stored / f"output_{i}.pb")))
                assert np.array_equal(bound, numpy_helper.to_array(onnx.load_tensor(stored / f"bound_{i}.pb")))
            assert module.check(module.run(module.inputs())) == 0
            assert options[0] == "--set" or program.with_suffix(".npz").exists() == (options[1] == 0)


def test_a_wrong_result_is_told(nngen, tmp_path):
    path = corpus(nngen, tmp_path / "c", "--nodes", 1, "--count", 1, "--ops", "Relu", "--profile", "onnx")[0]
    module = emit(nngen, path, "onnx", tmp_path / "p.py")
    right = module.run(module.inputs())
    assert module.check(right) == 0
    assert module.check([right[0] + 1]) == 1 and module.check([right[0].astype(np.float64)]) == 1 and module.check([right[0][:0]]) == 1


def save(path, nodes, inputs, outputs, initializers=(), opset=17, **more):
    g = helper.make_graph(nodes, "g", inputs, outputs, list(initializers))
    onnx.save(helper.make_model(g, opset_imports=[helper.make_opsetid("", opset)], ir_version=8, **more), path)
    return path


def info(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def test_names_and_texts_cannot_leave_their_quotes(nngen, tmp_path):
    evil = '"); import os; os._exit(7) #\n\\'
    nodes = [helper.make_node("Relu", [evil], ["class"]), helper.make_node("Neg", ["class"], ["a b"]), helper.make_node("Abs", ["a b"], ["a_b"], name=evil),
             helper.make_node("Exp", ["a_b"], ["1"]), helper.make_node("Neg", ["1"], ["torch"])]
    path = save(tmp_path / "m.onnx", nodes, [info(evil, [2])], [info("torch", [2])])
    built = emit(nngen, path, "onnx", tmp_path / "p.py").build()
    assert whole(built) == whole(onnx.load(path))
    r = nngen("emit", path, "--as", "torch")
    names = {n.id for n in ast.walk(ast.parse(r.out)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    assert r.code == 0 and {"class_", "a_b", "a_b_1", "x1", "torch_1"} <= names
    evil = helper.make_node("Einsum", ["x"], ["y"], equation="ii')#")
    r = nngen("emit", save(tmp_path / "e.onnx", [evil], [info("x", [2, 2])], [info("y", [2])]), "--as", "torch")
    assert r.code != 0 or ast.parse(r.out)


def test_without_stored_inputs(nngen, tmp_path):
    nodes = [helper.make_node("Add", ["x", "w"], ["s"]), helper.make_node("Cast", ["b"], ["c"], to=1), helper.make_node("Mul", ["s", "c"], ["y"])]
    w = numpy_helper.from_array(np.array([1, np.nan, np.inf, 0.1], np.float32), "w")
    path = save(tmp_path / "m.onnx", nodes, [info("x", ["n", 4]), info("b", [4], TensorProto.BOOL)], [info("y", None)], [w])
    r = nngen("emit", path, "--as", "torch", "--dim", "n=3")
    assert r.code == 0 and "np.nan, np.inf, 0.1" in r.out
    module = {}
    text = r.out[r.out.index("def inputs"):r.out.index("def run")]
    exec(text, {"np": np}, module)
    x, b = module["inputs"]().values()
    assert x.shape == (3, 4) and x.dtype == np.float32 and abs(x).max() <= 1 and len(np.unique(x)) > 6 and b.dtype == bool
    (y, bound), = module["expected"]()
    assert np.array_equal(y[:, 3] != 0, [b[3]] * 3) and (abs((x + [1, np.nan, np.inf, np.float32(0.1)]) * b - y)[:, [0, 3]] <= bound[:, [0, 3]]).all()
    assert nngen("emit", path, "--as", "onnx", "--dim", "n=3").code == 0


def test_what_a_program_cannot_say_is_named(nngen, tmp_path):
    x, y = info("x", [1, 4, 9]), info("y", None)
    det = save(tmp_path / "det.onnx", [helper.make_node("Det", ["x"], ["y"])], [info("x", [4, 4], TensorProto.FLOAT16)], [info("y", None, TensorProto.FLOAT16)], opset=22)
    r = nngen("emit", det, "--as", "torch")
    assert (r.code, r.out) == (3, "") and r.err == "nngen: node 0 (Det): determinants of float16\n"
    other = save(tmp_path / "other.onnx", [helper.make_node("Gelu", ["x"], ["y"], domain="com.microsoft")], [x], [y])
    r = nngen("emit", other, "--as", "torch")
    assert r.code == 3 and "com.microsoft" in r.err
    assert nngen("emit", other, "--as", "onnx").code == 0
    for options, message in ((["x.onnx"], "--as"), ([det, "--as", "theano"], "expected one of keras, onnx, tensorflow, torch"),
                             ([det, det, "--as", "onnx"], "one model"), (["--as", "onnx"], "expected a model")):
        r = nngen("emit", *options)
        assert r.code == 2 and message in r.err, r.err
    (tmp_path / "bad.onnx").write_bytes(b"\x08\x07 no model")
    assert nngen("emit", tmp_path / "bad.onnx", "--as", "onnx").code == 1
    sparse = onnx.load(det)
    sparse.graph.sparse_initializer.add()
    onnx.save(sparse, tmp_path / "s.onnx")
    assert nngen("emit", tmp_path / "s.onnx", "--as", "onnx").code in (1, 3)


def test_programs_of_ones_own(nngen, tmp_path):
    specs = shutil.copytree(ROOT / "specs", tmp_path / "specs")
    mine = {"program": "mine", "file": "@{title}\ndef f(@{parameters}):\n    @body\n    return @{results}\n", "types": {"float32": "f"},
            "operators": {"Relu": "relu({X})", "Softmax": {"let a": "norm_axis(axis, rank(X))", "code": "softmax({X}, {a}, {{}}, {shape(X)!t})"},
                          "Neg": {"cannot": {"no vectors": "rank(X) == 1"}, "ways": [{"if": "X[0, 0] > 0", "code": "no"}], "code": "_t = {X}\n-_t"}}}
    (specs / "programs" / "mine.yaml").write_text(yaml.safe_dump(mine))
    nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Softmax", ["r"], ["s"]), helper.make_node("Neg", ["s"], ["y"])]
    path = save(tmp_path / "m.onnx", nodes, [info("x", [2, 3])], [info("y", [2, 3])])
    r = nngen("emit", path, "--as", "mine", "--specs", specs)
    assert r.code == 0, r.err
    assert r.out.splitlines()[1:] == ["def f(x):", "    r = relu(x)  # Relu", "    s = softmax(r, 1, {}, (2, 3))  # Softmax",
                                      "    _t = s", "    y = -_t  # Neg", "    return y"]
    for node_, shape, message in (("Neg", [3], "no vectors"), ("Abs", [3], "mine does not have the operator")):
        other = save(tmp_path / "o.onnx", [helper.make_node(node_, ["x"], ["y"])], [info("x", shape)], [info("y", shape)])
        r = nngen("emit", other, "--as", "mine", "--specs", specs)
        assert (r.code, r.err) == (3, f"nngen: node 0 ({node_}): {message}\n")
    ints = save(tmp_path / "i.onnx", [helper.make_node("Neg", ["x"], ["y"])], [info("x", [2, 2], TensorProto.INT64)], [info("y", [2, 2], TensorProto.INT64)])
    r = nngen("emit", ints, "--as", "mine", "--specs", specs)
    assert (r.code, r.err) == (3, "nngen: node 0 (Neg): type int64 cannot be written\n")
    for change, message in (({"Relu": "relu({Z})"}, "unknown name `Z`"), ({"Relu": "relu({X)"}, "`}` was expected"), ({"Relu": {"cod": "x"}}, "did you mean `code`"),
                            ({"Relu": {"like": "none", "code": "x"}}, "a class or an operator"), ({"Relu": {"code": "x", "gives": "some"}}, "gives"),
                            ({"Relu": {"let t[i in 0..1]": "i", "code": "x"}}, "`let NAME` or `def NAME(x)` was expected"), ({"Relu": {"ways": [{"if": "1 == 1"}]}}, "`code` was expected")):
        (specs / "programs" / "mine.yaml").write_text(yaml.safe_dump({**mine, "operators": {**mine["operators"], **change}}))
        r = nngen("emit", path, "--as", "mine", "--specs", specs)
        assert r.code == 1 and message in r.err and "mine.yaml:" in r.err, r.err
    for key, value, message in (("file", None, "`file` was expected"), ("files", "x", "did you mean `file`"), ("file", "@none\n", "`@none` is unknown")):
        wrong = {k: v for k, v in {**mine, key: value}.items() if v is not None}
        (specs / "programs" / "mine.yaml").write_text(yaml.safe_dump(wrong))
        r = nngen("emit", path, "--as", "mine", "--specs", specs)
        assert r.code == 1 and message in r.err, r.err


def test_a_program_on_the_base_of_another(nngen, tmp_path):
    """What it states again takes the place of what its base states, and its first ways come before the ways of the base."""
    specs = shutil.copytree(ROOT / "specs", tmp_path / "specs")
    own = specs / "programs" / "own.yaml"
    text = "@{title}\n@helpers\ndef f(@{parameters}):\n    @body\n    return @{results}\n"
    base = {"program": "under", "file": "none", "types": {"float32": "f"}, "helpers": {"one": "one = 1", "two": "two = 2"},
            "operators": {"Relu": "relu({X})", "Neg": {"let r": "rank(X)", "ways": [{"if": "r == 2", "code": "two({X})"}], "code": "any({X})"}, "Abs": "one({X})"}}
    mine = {"program": "own", "base": "under", "file": text, "helpers": {"one": "one = 11"},
            "operators": {"Relu": {"ways": [{"if": "rank(X) == 3", "code": "three({X})"}], "code": "own({X})"}, "Neg": {"first": [{"if": "r == 3", "code": "first({X})"}]}}}
    (specs / "programs" / "under.yaml").write_text(yaml.safe_dump(base))
    own.write_text(yaml.safe_dump(mine))
    nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Neg", ["r"], ["n"]), helper.make_node("Abs", ["n"], ["y"])]
    for shape, lines in (([2], ["own(x)", "any(r)", "one(n)"]), ([2, 3], ["own(x)", "two(r)", "one(n)"]), ([2, 3, 4], ["three(x)", "first(r)", "one(n)"])):
        path = save(tmp_path / "m.onnx", nodes, [info("x", shape)], [info("y", shape)])
        r = nngen("emit", path, "--as", "own", "--specs", specs)
        assert r.code == 0, r.err
        assert [line.split(" = ")[1].split("  #")[0] for line in r.out.splitlines() if "  # " in line] == lines
        assert "one = 11" in r.out and "one = 1\n" not in r.out and ("two = 2" in r.out) == (len(shape) == 2)
    for change, message in (({"base": "nothing"}, "the name of a program without a base was expected"), ({"base": ["under"]}, "the name of a program without a base was expected"),
                            ({"base": "own"}, "the name of a program without a base was expected"),
                            ({"operators": {"Relu": {"first": "no"}}}, "`first`: a list was expected")):
        own.write_text(yaml.safe_dump({**mine, **change}))
        r = nngen("emit", path, "--as", "own", "--specs", specs)
        assert r.code == 1 and message in r.err and "own.yaml:" in r.err, r.err


def test_graphs_inside_nodes(nngen, tmp_path):
    """Functions and branches are written in place; a constant condition leaves one branch."""
    def branch(op, out):
        return helper.make_graph([helper.make_node(op, ["r"], [out])], op, [], [info(out, [2])])
    f = helper.make_function("own", "Twice", ["a"], ["b"], [helper.make_node("Neg", ["a"], ["r"]), helper.make_node("Selu", ["r"], ["b"])], [helper.make_opsetid("", 17)], ["alpha"])
    f.node[1].attribute.add(name="alpha", ref_attr_name="alpha", type=onnx.AttributeProto.FLOAT)
    nodes = [helper.make_node("Twice", ["x"], ["r"], domain="own", alpha=0.5), helper.make_node("If", ["c"], ["i"], then_branch=branch("Exp", "t"), else_branch=branch("Abs", "e")),
             helper.make_node("Twice", ["i"], ["y"], domain="own", alpha=2.0)]

    def body(path):
        r = nngen("emit", path, "--as", "torch")
        assert r.code == 0, r.err
        return [line.split("  #")[0].strip() for line in r.out.splitlines() if "  # " in line]

    opsets = {"opset_imports": [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)], "functions": [f], "ir_version": 8}
    def model(inputs, initializers=(), out=(2,)):
        g = helper.make_graph(nodes, "g", inputs, [info("y", out)], list(initializers))
        onnx.save(helper.make_model(g, **opsets), tmp_path / "m.onnx")
        return tmp_path / "m.onnx"

    first = ["r = -x", "r_1 = 1.050701 * F.elu(r, 0.5)"]
    lines = body(model([info("x", [2]), info("c", [], TensorProto.BOOL)]))
    assert lines == [*first, "t = torch.exp(r_1)", "e = torch.abs(r_1)", "i = torch.where(c, t, e)", "r_2 = -i", "y = 1.050701 * F.elu(r_2, 2.0)"]
    lines = body(model([info("x", [2])], [numpy_helper.from_array(np.array(False), "c")]))
    assert lines == [*first, "i = torch.abs(r_1)", "r_2 = -i", "y = 1.050701 * F.elu(r_2, 2.0)"]
    # A condition that follows from shapes: the other branch would not even fit.
    rank = [helper.make_node("Shape", ["x"], ["h"]), helper.make_node("Size", ["h"], ["n"]), helper.make_node("Equal", ["n", "one"], ["c"])]
    nodes[1].attribute[0].g.node[0].CopyFrom(helper.make_node("Transpose", ["r"], ["e"], perm=[1, 0]))
    g = helper.make_graph(rank + nodes, "g", [info("x", [2])], [info("y", [2])], [numpy_helper.from_array(np.array(1), "one")])
    onnx.save(helper.make_model(g, **opsets), tmp_path / "m.onnx")
    lines = body(tmp_path / "m.onnx")
    assert "i = torch.exp(r_1)" in lines and not any("where" in x or "permute" in x for x in lines)
    nodes[1].attribute[0].g.node[0].CopyFrom(helper.make_node("Abs", ["r"], ["e"]))
    loop = helper.make_node("Loop", ["m"], ["y"], name="again", body=helper.make_graph([helper.make_node("Identity", ["k"], ["d"]), helper.make_node("Identity", ["x"], ["z"])], "b",
                            [info("j", [], TensorProto.INT64), info("k", [], TensorProto.BOOL)], [info("d", [], TensorProto.BOOL), info("z", [2])]))
    r = nngen("emit", save(tmp_path / "l.onnx", [loop], [info("x", [2]), info("m", [], TensorProto.INT64)], [info("y", [None, 2])]), "--as", "torch")
    assert (r.code, r.err) == (3, 'nngen: node 0 (Loop, "again"): loops cannot be written\n')
    nodes[1].attribute[1].g.node[0].op_type = "ReduceSum"
    nodes[1].attribute[1].g.output[0].type.tensor_type.shape.dim[0].dim_value = 1
    r = nngen("emit", model([info("x", [2]), info("c", [], TensorProto.BOOL)], out=None), "--as", "torch")
    assert r.code in (1, 3) and "branches give different" in r.err, r.err


def test_attributes_that_are_left_out(nngen, tmp_path):
    """Models of others leave attributes out that nngen always writes."""
    for op, inputs, text in (("Mod", [info("x", [2]), info("z", [2])], "torch.remainder(x, z)"), ("MeanVarianceNormalization", [info("x", [2, 3, 4, 5])], "x.mean([0, 2, 3], keepdim=True)"),
                             ("Transpose", [info("x", [2, 3])], "x.permute([1, 0])"), ("Softmax", [info("x", [2, 3])], "torch.softmax(x, -1)")):
        path = save(tmp_path / "m.onnx", [helper.make_node(op, [i.name for i in inputs], ["y"])], inputs, [info("y", None)])
        r = nngen("emit", path, "--as", "torch")
        assert r.code == 0 and text in r.out, r.err
        assert nngen("emit", path, "--as", "tensorflow").code == 0


def test_symbolic_dimensions(nngen, tmp_path):
    """Sizes that differ are expressions of run-time sizes; a symbol for which a node has none is fixed, and only that."""
    specs = shutil.copytree(ROOT / "specs", tmp_path / "specs")
    mine = {"program": "mine", "file": "def f(@{parameters}):\n    @body\n    return @{results}\n\n\n@dynamic\nspecs = [@{specification}]\n", "types": {"float32": "f", "int64": "i"},
            "size": "size({name}, {axis})", "specification": "{type}{shape}",
            "operators": {"Relu": "relu({X}, {shape(X)!t}, {2 * shape(X)[0] - 1}, {prod(shape(X))})",
                          "Neg": {"ways": [{"fixed": "shape(X)", "code": "static({X})"}, {"if": "shape(X)[0] > 4", "code": "large({X})"}], "code": "neg({X})"},
                          "Reshape": {"constant": ["target"], "code": "reshape({data}, {list(target)})"}, "Shape": "shape({data})", "Abs": {"fixed": "shape(X)[1]", "code": "abs({X})"}}}
    (specs / "programs" / "mine.yaml").write_text(yaml.safe_dump(mine))

    def text(nodes, inputs, *options, initializers=()):
        path = save(tmp_path / "m.onnx", nodes, inputs, [info("y", None)], initializers)
        r = nngen("emit", path, "--as", "mine", "--specs", specs, "--dim", "n=5", "--dim", "h=7", *options)
        assert r.code == 0, r.err
        return r.out

    relu, x = helper.make_node("Relu", ["x"], ["y"]), info("x", ["n", "h", 3])
    out = text([relu], [x])
    assert "y = relu(x, (size(x, 0), size(x, 1), 3), (size(x, 0) * 2 - 1), (size(x, 0) * size(x, 1) * 3))  # Relu" in out
    assert 'return {\n        "x": {0: "n", 1: "h"},\n    }\nspecs = [f[None, None, 3]]' in out and "only:" not in out
    fixed = text([relu], [x], "--static")
    assert "y = relu(x, (5, 7, 3), 9, 105)  # Relu" in fixed and "return {\n    }\nspecs = [f[5, 7, 3]]" in fixed
    # A condition that holds at some sizes only decides nothing, and a way that needs a fixed size is not taken.
    assert "y = neg(x)  # Neg" in text([helper.make_node("Neg", ["x"], ["y"])], [x])
    assert "y = static(x)  # Neg" in text([helper.make_node("Neg", ["x"], ["y"])], [info("x", [2, 2])])
    out = text([helper.make_node("Abs", ["x"], ["y"])], [x])
    assert "# h has the size 7 only: node 0 (Abs): it cannot be written at all sizes\n" in out and '"x": {0: "n"},' in out
    # What is computed from sizes; a dimension without a name; a model that runs at one size only.
    shape = helper.make_node("Shape", ["x"], ["s"])
    out = text([shape, helper.make_node("Reshape", ["x", "s"], ["y"])], [info("x", ["n", None, 3])])
    assert "y = reshape(x, [size(x, 0), size(x, 1), 3])  # Reshape" in out and '"x": {0: "n", 1: "x_1"},' in out
    out = text([helper.make_node("Reshape", ["x", "s"], ["y"])], [info("x", ["n", 3])], initializers=[numpy_helper.from_array(np.array([3, 5]), "s")])
    assert "y = reshape(x, [3, 5])  # Reshape" in out and "# n has the size 5 only: the model does not run at other sizes\n" in out


@pytest.mark.parametrize("program", FRAMEWORKS)
@pytest.mark.parametrize("opset", [7, 9, 12, 13, 17, 18, 20, 22, 25, 28])
def test_the_profile_holds_what_the_program_can_say(nngen, tmp_path, program, opset):
    """Every model of the profile can be written, and the profile leaves out no operator that the program has."""
    files = [yaml.safe_load(p.read_text()) for p in (ROOT / "specs" / "programs").glob("*.yaml")]
    profile = PROFILES.get(program, program)
    written = {name for f in files if f.get("program") in (program, profile) for name in f.get("operators", {})}
    listed = {name: json.loads(nngen("--list-ops", "json", "--opset", opset, "--profile", name).out)["operators"] for name in (profile, "onnx")}
    names = {name: {o["name"] for o in all_} for name, all_ in listed.items()}
    assert names[profile] == names["onnx"] & written
    for k, path in enumerate(corpus(nngen, tmp_path / "c", "--nodes", 4, "--count", 60, "--opset", opset, "--profile", profile)):
        r = nngen("emit", path, "--as", program)
        assert r.code == 0, (path, r.err)
        ast.parse(r.out)


def python_of(program):
    module, variable = FRAMEWORKS[program]
    for path in (os.environ.get(variable), ROOT / "build" / "study" / "venv" / "bin" / "python", sys.executable):
        if path and Path(path).exists() and subprocess.run([path, "-c", f"import {module}, numpy"], capture_output=True).returncode == 0:
            return path
    pytest.skip(f"{module} is not installed; {variable} may name a Python that has it")


def run(nngen, program, corpus_, *options):
    done = subprocess.run([python_of(program), ROOT / "tests" / "cli" / "programs.py", nngen.path, corpus_, program, *options], capture_output=True, text=True,
                          env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "0"})
    *wrong, counts = map(json.loads, done.stdout.splitlines())
    assert not wrong, (wrong, done.stderr[-500:])
    return counts


# oneDNN as TensorFlow 2.21 calls it leaves parts of batches of conv2d and matmul unwritten.
@pytest.mark.parametrize("program", FRAMEWORKS)
@pytest.mark.parametrize("options", [("--nodes", 2, "--count", 40, "--opset", 17), ("--nodes", 2, "--count", 20, "--opset", 22),
                                     ("--nodes", 2, "--count", 20, "--opset", 9), ("--nodes", 20, "--count", 4, "--motifs", "0.3")])
def test_programs_give_what_the_models_do(nngen, tmp_path, program, options):
    python_of(program)
    corpus(nngen, tmp_path / "c", "--profile", PROFILES.get(program, program), "--seed", 11, *options)
    assert run(nngen, program, tmp_path / "c", "--eager")["right"] == options[3]


@pytest.mark.parametrize("program", FRAMEWORKS)
def test_programs_run_at_all_sizes_and_in_forms(nngen, tmp_path, program):
    python_of(program)
    profile = PROFILES.get(program, program)
    corpus(nngen, tmp_path / "c", "--profile", profile, "--seed", 12, "--nodes", 5, "--count", 12, "--dynamic", 1, "--opset", 20)
    corpus(nngen, tmp_path / "c" / "f", "--profile", profile, "--seed", 13, "--nodes", 6, "--count", 6, "--form", "if,function")
    # The largest sample of a region that has none is 0.
    (tmp_path / "c" / "r").mkdir()
    rois = numpy_helper.from_array(np.array([[0, 0, 3, 3], [2, 2, 2, 2], [3, 0, 1, 2]], np.float32), "r")
    roi = helper.make_node("RoiAlign", ["x", "r", "b"], ["y"], mode="max", output_height=2, output_width=2, sampling_ratio=0)
    save(tmp_path / "c" / "r" / "model.onnx", [roi], [info("x", [1, 2, 4, 4])], [info("y", None)], [rois, numpy_helper.from_array(np.array([0, 0, 0]), "b")])
    counts = run(nngen, program, tmp_path / "c", "--sizes")
    symbolic = (tmp_path / "c" / "models.jsonl").read_text().count('"symbols"')
    assert symbolic >= 8 and counts == {"right at all sizes": symbolic, "right": 19 - symbolic}
