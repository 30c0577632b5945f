"""nngen reduce inside bodies and functions: nodes go, branches and calls are put in line, to any depth; every candidate is valid."""
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from test_reduce import F, info, model, names, save, script, smallest

INSIDE = """
import pathlib, sys, onnx
m = onnx.load(sys.argv[1])
functions = {f.name: f for f in m.functions}
def nodes(list, depth):
    for n in list:
        yield depth, n.op_type
        for a in n.attribute:
            yield from nodes(a.g.node, depth + 1)
        if n.op_type in functions:
            yield from nodes(functions[n.op_type].node, depth + 1)
inside = [op for depth, op in nodes(m.graph.node, 0) if depth]
ops = [op for depth, op in nodes(m.graph.node, 0)]
"""


def has(*ops):
    """A fast command: whether the file has the names of all operators."""
    return " && ".join(f'grep -q {op} "$1"' for op in ops)


def reduce(nngen, tmp_path, m, values, text, *more):
    """Reduces; every candidate must be valid."""
    onnx.checker.check_model(m, full_check=True)
    path = save(tmp_path / "m", m, *values)
    inputs = ("--inputs", path.parent) if values else ()
    command = (script(tmp_path, text),) if text.startswith("grep") else (sys.executable, tmp_path / "check.py")
    (tmp_path / "check.py").write_text(INSIDE + text + "\n")
    r = nngen("reduce", path, *inputs, "--out", tmp_path / "r", "--save-temps", *more, "--", *command, "{}")
    assert r.code == 0, r.err
    for call in (tmp_path / "r/calls").iterdir():
        c = onnx.load(call / "model.onnx")
        try:
            onnx.checker.check_model(c, full_check=True)
            onnx.shape_inference.infer_shapes(c, strict_mode=True, check_type=True)
        except Exception as e:
            raise AssertionError(f"{call}: {c}") from e
    return smallest(tmp_path / "r")


def node(op, *names, **attributes):
    return helper.make_node(op, list(names[:-1]), [names[-1]], **attributes)


def branch(name, *ops, source="x", out=(2, 3)):
    """A chain of operators on a tensor from outside."""
    nodes, last = [], source
    for k, op in enumerate(ops):
        nodes.append(node(op, last, f"{name}{k}"))
        last = f"{name}{k}"
    return helper.make_graph(nodes, name, [], [info(last, out)])


def conditional(**more):
    nodes = [node("Neg", "x", "n"), helper.make_node("If", ["c"], ["y"], **more), node("Abs", "y", "z")]
    return model(nodes, [info("c", [], TensorProto.BOOL), info("x", [2, 3])], [info("z", [2, 3])])


X = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
BOTH = dict(then_branch=branch("then", "Exp", "Tanh", "Sigmoid", "Floor", source="n"), else_branch=branch("other", "Sin", "Cos", "Ceil", source="n"))


def test_a_branch_is_put_in_line(nngen, tmp_path):
    m = reduce(nngen, tmp_path, conditional(**BOTH), [np.array(False), X], has("Cos"))
    assert names(m) == ["Cos"] and len(m.graph.input) == 1


def test_nodes_of_a_branch_that_must_stay_one(nngen, tmp_path):
    """Of five nodes inside one stays; the other branch keeps what an output needs, as a constant."""
    text = 'sys.exit(not ("If" in ops and "Tanh" in inside))'
    m = reduce(nngen, tmp_path, conditional(**BOTH), [np.array(True), X], text)
    assert names(m) == ["If"]
    inner = {a.name: [n.op_type for n in a.g.node] for a in m.graph.node[0].attribute}
    assert inner == {"then_branch": ["Tanh"], "else_branch": []}


def test_cut_tensors_of_bodies_have_their_values(nngen, tmp_path):
    """The value that Sigmoid had in the branch, which the graph gets as an input."""
    text = """
from onnx import numpy_helper
values = [numpy_helper.to_array(onnx.load_tensor(str(p))) for p in pathlib.Path(sys.argv[1]).parent.glob("test_data_set_0/*.pb")]
values += [numpy_helper.to_array(t) for t in m.graph.initializer]
wanted = [v for v in values if v.shape == (2, 3) and abs(v.max() - 0.6816997) < 1e-4] # sigmoid(tanh(1))
sys.exit(not ("If" in ops and "Floor" in ops and ("Sigmoid" in ops or wanted)))"""
    m = conditional(then_branch=branch("then", "Tanh", "Sigmoid", "Floor"), else_branch=branch("other", "Sin"))
    m = reduce(nngen, tmp_path, m, [np.array(True), X], text)
    inner = {a.name: [n.op_type for n in a.g.node] for a in m.graph.node[0].attribute}
    assert inner["then_branch"] in (["Floor"], ["Sigmoid", "Floor"])
    assert inner["then_branch"] == ["Floor"]


def test_bodies_in_bodies(nngen, tmp_path):
    """The innermost branch is three levels deep; a middle one is not needed."""
    deepest = dict(then_branch=branch("p", "Exp", "Tanh", "Neg"), else_branch=branch("q", "Sin"))
    middle = helper.make_graph([helper.make_node("If", ["c"], ["m"], **deepest), node("Floor", "m", "mm")], "middle", [], [info("mm", [2, 3])])
    outer = helper.make_graph([helper.make_node("If", ["c"], ["o"], then_branch=middle, else_branch=branch("r", "Ceil")), node("Round", "o", "oo")], "outer", [], [info("oo", [2, 3])])
    m = model([helper.make_node("If", ["c"], ["y"], then_branch=outer, else_branch=branch("s", "Abs"))], [info("c", [], TensorProto.BOOL), info("x", [2, 3])], [info("y", [2, 3])])
    small = reduce(nngen, tmp_path, m, [np.array(True), X], has("Tanh"))
    assert names(small) == ["Tanh"]


def test_a_loop(nngen, tmp_path):
    body = helper.make_graph([node("Identity", "go", "on"), node("Exp", "v", "e"), node("Tanh", "e", "t"), node("Floor", "t", "w"), node("Neg", "t", "scan")], "body",
                             [info("i", [], TensorProto.INT64), info("go", [], TensorProto.BOOL), info("v", [2, 3])],
                             [info("on", [], TensorProto.BOOL), info("w", [2, 3]), info("scan", [2, 3])])
    nodes = [helper.make_node("Loop", ["count", ""], ["last", "all"], body=body), node("Abs", "last", "y"), node("Sqrt", "all", "z")]
    m = model(nodes, [info("x", [2, 3])], [info("y", [2, 3]), info("z", [4, 2, 3])], [numpy_helper.from_array(np.array(4, np.int64), "count")])
    m.graph.node[0].input.append("x")
    text = 'sys.exit(not ("Loop" in ops and "Tanh" in inside))'
    small = reduce(nngen, tmp_path, m, [X], text)
    assert names(small) == ["Loop"] and "Tanh" in [n.op_type for n in small.graph.node[0].attribute[0].g.node]
    assert len(small.graph.node[0].attribute[0].g.node) <= 2
    (tmp_path / "again").mkdir()
    small = reduce(nngen, tmp_path / "again", m, [X], has("Tanh"))
    assert names(small) == ["Tanh"], "a turn is put in line"


def test_a_scan(nngen, tmp_path):
    body = helper.make_graph([node("Add", "s", "e", "t"), node("Tanh", "t", "u"), node("Floor", "u", "n"), node("Neg", "e", "o")], "body",
                             [info("s", [3]), info("e", [3])], [info("n", [3]), info("o", [3])])
    m = model([helper.make_node("Scan", ["s0", "x"], ["s1", "all"], body=body, num_scan_inputs=1)], [info("s0", [3]), info("x", [2, 3])], [info("s1", [3]), info("all", [2, 3])])
    small = reduce(nngen, tmp_path, m, [np.zeros(3, np.float32), X], has("Tanh"))
    assert names(small) == ["Tanh"]


def function(name, *ops, inputs=("a",)):
    nodes, last = [], inputs[0]
    for k, op in enumerate(ops):
        nodes.append(helper.make_node(op, [last], [f"f{k}"], **({"domain": "my"} if op[0] == "_" else {})))
        last = f"f{k}"
    return helper.make_function("my", name, list(inputs), [last], nodes, [helper.make_opsetid("", 17), helper.make_opsetid("my", 1)])


def calls(functions, *nodes):
    return model([*nodes], [info("x", [2, 3])], [info("y", [2, 3])], functions=functions, domains=["my"])


def test_a_call_is_put_in_line(nngen, tmp_path):
    m = calls([function("_Outer", "Exp", "_Inner", "Floor"), function("_Inner", "Sin", "Tanh")], helper.make_node("_Outer", ["x"], ["y"], domain="my"))
    small = reduce(nngen, tmp_path, m, [X], has("Tanh"))
    assert names(small) == ["Tanh"] and not small.functions and [i.domain for i in small.opset_import] == [""]


def test_nodes_of_a_function_that_must_stay_one(nngen, tmp_path):
    m = calls([function("_Outer", "Exp", "_Inner", "Floor"), function("_Inner", "Sin", "Tanh", "Neg")], helper.make_node("_Outer", ["x"], ["y"], domain="my"))
    text = 'sys.exit("Tanh" not in inside)'
    small = reduce(nngen, tmp_path, m, [X], text)
    assert len(small.graph.node) == 1 and len(small.functions) == 1, small
    assert len(small.functions[0].node) <= 2 and "Tanh" in [n.op_type for n in small.functions[0].node]


def test_attributes_of_a_call(nngen, tmp_path):
    """What the call says, or else the function, takes the place of a reference."""
    ref = onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT)
    inner = helper.make_node("LeakyRelu", ["a"], ["b"])
    inner.attribute.append(ref)
    f = helper.make_function("my", "_Leaky", ["a"], ["b"], [inner], [helper.make_opsetid("", 17)], attributes=["slope"])
    m = calls([f], node("Exp", "x", "e"), helper.make_node("_Leaky", ["e"], ["y"], domain="my", slope=0.25))
    small = reduce(nngen, tmp_path, m, [X], 'sys.exit(not ("LeakyRelu" in ops and b"alpha" in open(sys.argv[1], "rb").read()))')
    assert names(small) == ["LeakyRelu"] and [a.name for a in small.graph.node[0].attribute] == ["alpha"] and not small.functions


def test_a_call_in_a_body(nngen, tmp_path):
    body = helper.make_graph([helper.make_node("_F", ["x"], ["t"], domain="my"), node("Neg", "t", "tt")], "then", [], [info("tt", [2, 3])])
    m = calls([function("_F", "Exp", "Tanh", "Floor")], helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=branch("other", "Sin")))
    m.graph.input.append(info("c", [], TensorProto.BOOL))
    small = reduce(nngen, tmp_path, m, [X, np.array(True)], 'sys.exit(not ("If" in ops and "Tanh" in inside))')
    assert names(small) == ["If"] and not small.functions
    inner = {a.name: [n.op_type for n in a.g.node] for a in small.graph.node[0].attribute}
    assert inner == {"then_branch": ["Tanh"], "else_branch": []}


def test_around_an_operator_that_the_table_does_not_have(nngen, tmp_path):
    """What can be computed is; what the unknown operator makes stays unknown, with a known type if the model states it."""
    nodes = [node("Exp", "x", "a"), helper.make_node("Odd", ["a"], ["b"], domain="my"), node("Neg", "b", "d"), node("Floor", "d", "y"),
             node("Tanh", "a", "e"), helper.make_node("Softmax", ["e"], ["z"], axis=-1)]
    m = model(nodes, [info("x", [2, 3])], [info("y", [2, 3]), info("z", [2, 3])], domains=["my"], value_info=[info("b", [2, 3]), info("d", [2, 3])])
    path = save(tmp_path / "m", m, X)
    r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / "s", "--", script(tmp_path, 'grep -q Softmax "$1"'), "{}")
    small = smallest(tmp_path / "s")
    assert r.code == 0 and names(small) == ["Softmax"] and not small.graph.node[0].attribute, r.err
    assert (tmp_path / "s/smallest/test_data_set_0/input_0.pb").exists()
    r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / "o", "--", script(tmp_path, 'grep -q Odd "$1" && grep -q Softmax "$1"'), "{}")
    small = onnx.load(tmp_path / "o/smallest/model.onnx")
    assert r.code == 0 and sorted(names(small)) == ["Odd", "Softmax"]
    shapes = {i.name: [d.dim_value for d in i.type.tensor_type.shape.dim] for i in small.graph.input}
    odd, = (n for n in small.graph.node if n.op_type == "Odd")
    assert shapes[odd.input[0]] == [2, 3], "what an unknown operator reads keeps its shape"


SEEN = """
import pathlib, sys, onnx
from onnx import numpy_helper
m = onnx.load(sys.argv[1])
found = [numpy_helper.to_array(onnx.load_tensor(str(p))) for p in pathlib.Path(sys.argv[1]).parent.glob("test_data_set_0/*.pb")]
found += [numpy_helper.to_array(t) for t in m.graph.initializer]
ops = [n.op_type for n in m.graph.node]
sys.exit(not ("Floor" in ops and (wanted & {*ops} or any(abs(v.max() - value) < 0.1 for v in found))))"""


@pytest.mark.parametrize("form", ["npz", "pb"])
def test_values_that_the_user_gives(nngen, tmp_path, form):
    """What the unknown operator makes is given; what follows from it is computed from that."""
    nodes = [node("Exp", "x", "a"), helper.make_node("Odd", ["a"], ["b"], domain="my"), node("Neg", "b", "d"), node("Floor", "d", "y")]
    m = model(nodes, [info("x", [2])], [info("y", [2])], domains=["my"], value_info=[info("b", [2])])
    path = save(tmp_path / "m", m, np.zeros(2, np.float32))
    b = np.float32([-12.5, 3])
    (tmp_path / "v").mkdir()
    if form == "npz":
        np.savez(tmp_path / "v/some.npz", b=b, other=b)
    else:
        (tmp_path / "v/b.pb").write_bytes(numpy_helper.from_array(b, "b").SerializeToString())
    (tmp_path / "check.py").write_text("wanted, value = {'Odd'}, 12.5\n" + SEEN)
    command = (sys.executable, tmp_path / "check.py", "{}")
    r = nngen("reduce", path, "--inputs", path.parent, "--values", tmp_path / "v", "--out", tmp_path / "r", "--", *command)
    assert r.code == 0 and names(smallest(tmp_path / "r")) == ["Floor"], r.err
    r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / "n", "--", *command)
    assert r.code == 0 and "Odd" in names(onnx.load(tmp_path / "n/smallest/model.onnx")), "without them it stays"
    np.savez(tmp_path / "none.npz", unknown=b)
    r = nngen("reduce", path, "--values", tmp_path / "none.npz", "--out", tmp_path / "o", "--", *command)
    assert r.code == 2 and "none of its 1 tensors is in the model" in r.err


def test_the_nearest_model_that_passes(nngen, tmp_path):
    """One step away, with the same names, in files and in the summary."""
    nodes = [node("Exp", "x", "long_a"), node("Tanh", "long_a", "long_b"), node("Floor", "long_b", "y")]
    path = save(tmp_path / "m", model(nodes, [info("x", [2])], [info("y", [2])]), np.zeros(2, np.float32))
    r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / "r", "--", script(tmp_path, has("Tanh", "Floor")), "{}")
    assert r.code == 0 and names(smallest(tmp_path / "r")) == ["Tanh", "Floor"], r.err
    passing = onnx.load(tmp_path / "r/smallest/passing.onnx")
    onnx.checker.check_model(passing, full_check=True)
    assert names(passing) in (["Tanh"], ["Floor"])
    assert "passing.onnx is not interesting (nodes" in r.out and "\n- " in r.out and "\n+ " in r.out
    text = (tmp_path / "r/smallest/model.txt").read_text()
    assert text.split("what differs:\n")[1] == r.out.split("):\n")[1]
    assert {i.name for i in passing.graph.input} <= {"x0", "t1"}
    for j, i in enumerate(passing.graph.input):
        assert onnx.load_tensor(tmp_path / f"r/smallest/passing_input_{j}.pb").name == i.name


def test_types_and_ranks(nngen, tmp_path):
    """double becomes float32 with what depends on it, and dimensions of 1 go where the operators allow it."""
    nodes = [helper.make_node("Cast", ["x"], ["c"], to=TensorProto.DOUBLE), node("Add", "c", "w", "s"), node("Tanh", "s", "t"), node("Floor", "t", "y")]
    w = numpy_helper.from_array(np.full((1, 1, 4), 0.25), "w")
    m = model(nodes, [info("x", [1, 2, 4], TensorProto.FLOAT16)], [info("y", [1, 2, 4], TensorProto.DOUBLE)], [w])
    small = reduce(nngen, tmp_path, m, [np.ones((1, 2, 4), np.float16)], has("Add", "Tanh"))
    assert sorted(names(small)) == ["Add", "Tanh"]
    tensors = [*small.graph.input, *small.graph.output]
    assert all(v.type.tensor_type.elem_type == F and not v.type.tensor_type.shape.dim for v in tensors), small
    assert all(t.data_type == F and not t.dims for t in small.graph.initializer)


def test_texts_and_names_that_are_needed_stay(nngen, tmp_path):
    nodes = [helper.make_node("Tanh", ["input_tensor"], ["needed_tensor"], name="needed_node", doc_string="gone"), node("Floor", "needed_tensor", "y")]
    m = model(nodes, [info("input_tensor", [2])], [info("y", [2])])
    m.producer_name = "needed_producer"
    m.doc_string = m.graph.doc_string = "gone"
    path = save(tmp_path / "m", m, np.zeros(2, np.float32))
    r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / "r", "--", script(tmp_path, has("needed_tensor", "needed_node", "needed_producer")), "{}")
    assert r.code == 0, r.err
    small = smallest(tmp_path / "r")
    assert small.producer_name == "needed_producer" and not small.doc_string and not small.graph.doc_string and small.graph.name == "g"
    tanh, = small.graph.node
    assert (tanh.name, tanh.doc_string, [*tanh.output], len(tanh.input[0])) == ("needed_node", "", ["needed_tensor"], 2)


def test_numbers_of_attributes(nngen, tmp_path):
    """Small ones that the operator allows; no stride becomes 0."""
    nodes = [helper.make_node("MaxPool", ["x"], ["p"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), helper.make_node("LeakyRelu", ["p"], ["y"], alpha=0.37)]
    m = model(nodes, [info("x", [1, 1, 9, 9])], [info("y", [1, 1, 5, 5])])
    small = reduce(nngen, tmp_path, m, [np.ones((1, 1, 9, 9), np.float32)], has("MaxPool", "strides", "LeakyRelu", "alpha", "pads"))
    attributes = {a.name: helper.get_attribute_value(a) for n in small.graph.node for a in n.attribute}
    assert attributes == {"kernel_shape": [1, 1], "strides": [1, 1], "pads": [0, 0, 0, 0], "alpha": 0.0}, attributes


def ours(nngen, tmp_path, op):
    """A model of nngen that has an operator."""
    r = nngen("--out", tmp_path / "f", "--count", 30, "--nodes", 14, "--seed", 8, "--motifs", "none", "--quiet")
    assert r.code == 0, r.err
    return next(p for p in sorted((tmp_path / "f").glob("*/model.onnx")) if op in names(onnx.load(p)))


def test_on_the_tape(nngen, tmp_path):
    """A model of ours becomes smaller by its tape; the tape that is left makes the model that is left."""
    path = ours(nngen, tmp_path, "Softmax")
    r = nngen("reduce", path, "--tape", "--out", tmp_path / "r", "--", script(tmp_path, has("Softmax")), "{}")
    assert r.code == 0, r.err
    small = smallest(tmp_path / "r")
    assert names(small) == ["Softmax"] and "14 nodes to 1" in r.out
    assert all(d.dim_value <= 2 for i in small.graph.input for d in i.type.tensor_type.shape.dim)
    assert (tmp_path / "r/smallest/test_data_set_0/input_0.pb").exists()
    made = nngen("--tape", tmp_path / "r/smallest/model.tape", "--out", tmp_path / "again", "--count", 30, "--nodes", 14, "--seed", 8, "--motifs", "none", "--quiet")
    assert made.code == 0, made.err
    assert (tmp_path / "again/model.onnx").read_bytes() == (tmp_path / "r/smallest/model.onnx").read_bytes()
    more = nngen("reduce", tmp_path / "r/smallest/model.tape", "--tape", "--out", tmp_path / "s", "--", script(tmp_path, has("Softmax")), "{}")
    assert more.code == 0 and (tmp_path / "s/smallest/model.tape").read_bytes() == (tmp_path / "r/smallest/model.tape").read_bytes()


def test_what_has_no_tape(nngen, tmp_path):
    other = save(tmp_path / "m", model([node("Neg", "x", "y")], [info("x", [2])], [info("y", [2])]))
    path = ours(nngen, tmp_path, "Relu")
    m = onnx.load(path)
    changed = tmp_path / "changed.onnx"
    m.doc_string = "changed"
    onnx.save(m, changed)
    for model_path, message in ((other, "is not a model of nngen"), (changed, "is not the model that this nngen makes")):
        r = nngen("reduce", model_path, "--tape", "--out", tmp_path / "r", "--", "true")
        assert r.code == 2 and message in r.err
    r = nngen("reduce", path, "--tape", "--inputs", path.parent, "--out", tmp_path / "r", "--", "true")
    assert r.code == 2 and "leave out --inputs" in r.err
    (p,) = [p for p in m.metadata_props if p.key == "nngen.options"]
    p.value += " odd=1"
    onnx.save(m, changed)
    r = nngen("reduce", changed, "--tape", "--out", tmp_path / "r", "--", "true")
    assert r.code == 2 and 'the option "odd"' in r.err
