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
    small = reduce(nngen, tmp_path, m, [X], 'sys.exit("LeakyRelu" not in ops)')
    assert names(small) == ["LeakyRelu"] and small.graph.node[0].attribute[0].f == 0.25


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
