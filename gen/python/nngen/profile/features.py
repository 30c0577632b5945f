"""What can be said of a model's nodes, in conditions of the table language: {"rank(X) == 3", "mode == 'cubic'", ...}.

What begins with # can be reported but not written in a profile."""
import numpy as np
from onnx import TensorProto, helper, numpy_helper, shape_inference

NEGATED = {" == ": " != ", " != ": " == ", " >= ": " < ", " <= ": " > ", " < ": " >= ", " > ": " <= "}
TYPES = {v: k.lower() for k, v in TensorProto.DataType.items()} | {TensorProto.FLOAT: "float32", TensorProto.DOUBLE: "double"}


def negate(atom):
    if atom.startswith("not present"):
        return atom[4:]
    for a, b in NEGATED.items():
        if atom.count(a) == 1 and not any(x in atom for x in (" and ", " or ", " for ", "not ")):
            return atom.replace(a, b)
    return f"not ({atom})" if not atom.startswith("present") else f"not {atom}"


class Graph:
    def __init__(self, model):
        g = shape_inference.infer_shapes(model, data_prop=True).graph
        self.nodes = g.node
        self.constants = {i.name: i for i in g.initializer}
        self.info = {}
        for v in [*g.input, *g.output, *g.value_info]:
            t = v.type.tensor_type
            self.info[v.name] = (TYPES.get(t.elem_type, "?"), len(t.shape.dim), [d.dim_value for d in t.shape.dim])
        for i in g.initializer:
            self.info[i.name] = (TYPES.get(i.data_type, "?"), len(i.dims), list(i.dims))


def of_int(name, v):
    yield f"{name} < 0" if v < 0 else f"{name} >= 0"
    yield f"{name} == {v}"
    yield f"{name} != 0" if v else f"{name} == 0"
    yield f"{name} != 1" if v != 1 else f"{name} == 1"


def of_list(name, v):
    for k in (0, 1):
        yield f"all(x == {k} for x in {name})" if all(x == k for x in v) else f"any(x != {k} for x in {name})"
    yield f"any(x < 0 for x in {name})" if any(x < 0 for x in v) else f"all(x >= 0 for x in {name})"
    yield f"len({name}) == {len(v)}"
    if v:
        yield f"all(x == {name}[0] for x in {name})" if len(set(v)) == 1 else f"any(x != {name}[0] for x in {name})"


def of_attribute(a, value, explicit):
    """a: the attribute's entry in --list-ops; value: what holds, None if that is not known."""
    name = a["name"]
    if not a["required"]:
        yield f"present({name})" if explicit else f"not present({name})"
    if value is None:
        return
    if a["type"] == "int":
        yield from of_int(name, value)
    elif a["type"] == "string":
        yield f"{name} == '{value}'"
    elif a["type"] == "type":
        yield f"{name} == '{TYPES.get(value, value)}'"
    elif a["type"] == "float":
        yield f"{name} < 0" if value < 0 else f"{name} >= 0"
    elif a["type"] == "ints":
        yield from of_list(name, list(value))
    elif a["type"] == "strings":
        for s in value:
            yield f"any(x == '{s.decode() if isinstance(s, bytes) else s}' for x in {name})"


def default_of(a, length):
    if "default" in a:
        return a["default"]
    for word, v in (("default ones(", 1), ("default zeros(", 0)):
        if word in a.get("declared", ""):
            return [v] * length
    return None


def attributes(entry, node, rank):
    given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    for a in entry["attributes"]:
        value = given.get(a["name"], default_of(a, max(1, rank - 2)))
        value = value.decode() if isinstance(value, bytes) else value
        yield from of_attribute(a, value, a["name"] in given)


def spread(described, names):
    """Pairs an entry's inputs with a node's; a variadic one takes what the others leave."""
    out, names, free = [], list(names), len(names) - (len(described) - 1)
    for d in described:
        n = max(0, free) if d.get("max", 1) > 1 or d.get("variadic") else 1
        taken, names = names[:n], names[n:]
        out.append((d, [x for x in taken if x]))
    return out


def of_tensor(graph, name, tensor):
    _, rank, dims = graph.info.get(tensor, ("?", 0, []))
    yield f"rank({name}) == {rank}"
    for k in range(0, 7):
        yield f"rank({name}) >= {k}" if rank >= k else f"rank({name}) < {k}"
    yield f"any(d == 1 for d in shape({name}))" if 1 in dims else f"all(d != 1 for d in shape({name}))"


def inputs(entry, node, graph):
    ranks = {}
    for d, got in spread(entry["inputs"], node.input):
        name = d["name"]
        if d.get("max", 1) > 1:
            yield f"arity({name}) == {len(got)}"
            yield f"arity({name}) > 2" if len(got) > 2 else f"arity({name}) <= 2"
            continue
        if d["optional"] or d["conditional"]:
            yield f"present({name})" if got else f"not present({name})"
        if not got:
            continue
        yield from of_tensor(graph, name, got[0])
        ranks[name] = graph.info.get(got[0], ("?", 0, []))[1]
        if d.get("variable"):
            yield f"{d['variable']} == '{graph.info.get(got[0], ('?',))[0]}'"
        constant = graph.constants.get(got[0])
        if len(d["roles"]) > 1:
            yield f"# {name} is {'an initializer' if constant is not None else 'computed'}"
        if constant is not None and "constant" in d["roles"]:
            v = numpy_helper.to_array(constant)
            if v.dtype.kind in "iu" and v.size:
                yield f"# {name} has {'a negative element' if (v < 0).any() else 'no negative element'}"
                yield f"# {name} is {'' if (np.diff(v.ravel()) >= 0).all() else 'not '}sorted"
    names = list(ranks)
    for i, a in enumerate(names):
        for b in names[i + 1:]:
            yield f"rank({a}) {'==' if ranks[a] == ranks[b] else '<' if ranks[a] < ranks[b] else '>'} rank({b})"


def outputs(entry, node, graph):
    for d, got in spread(entry["outputs"], node.output):
        if d["optional"] or d["conditional"]:
            yield f"present({d['name']})" if got else f"not present({d['name']})"
        if got and d.get("variable"):
            yield f"{d['variable']} == '{graph.info.get(got[0], ('?',))[0]}'"
        if got and not d["variadic"]:
            yield f"rank({d['name']}) == {graph.info.get(got[0], ('?', 0))[1]}"


def of_node(entry, node, graph):
    rank = graph.info.get(node.input[0], ("?", 0))[1] if node.input else 0
    return {*attributes(entry, node, rank), *inputs(entry, node, graph), *outputs(entry, node, graph)}


def of_model(entry, model):
    """(conditions that hold of a node of the operator, names of the other operators)"""
    graph = Graph(model)
    atoms = set()
    for n in graph.nodes:
        if n.op_type == entry["name"]:
            atoms |= of_node(entry, n, graph)
    return sorted(atoms), sorted({n.op_type for n in graph.nodes} - {entry["name"]})
