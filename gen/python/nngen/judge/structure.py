"""Checks of a model's graph that need neither the checker nor a runtime. Each yields (kind, message, operator)."""
from collections import Counter
from functools import lru_cache

from onnx import defs

from nngen.judge.expect import IR_OF_OPSET, METADATA, TYPE_NAMES, data_types, max_outputs

SCHEMA_NAMES = {"float32": "float"}


def header(view, manifest):
    m, options = view.model, manifest["options"]
    want = options["opset"]
    imports = [(o.domain, o.version) for o in m.opset_import]
    if imports != [("", want)]:
        yield "opset", f"opset imports {imports}, [('', {want})] expected", ""
    if m.ir_version != IR_OF_OPSET.get(want):
        yield "ir", f"IR version {m.ir_version}, {IR_OF_OPSET.get(want)} expected for opset {want}", ""
    if m.ir_version != manifest["ir_version"]:
        yield "ir", f"IR version {m.ir_version}, {manifest['ir_version']} in the manifest", ""
    if (m.producer_name, m.producer_version) != ("nngen", manifest["version"]):
        yield "metadata", f"producer {m.producer_name!r} {m.producer_version!r}", ""
    if not m.graph.name:
        yield "metadata", "the graph has no name", ""
    props = Counter(p.key for p in m.metadata_props)
    values = {p.key: p.value for p in m.metadata_props}
    for key in METADATA:
        if props[key] != 1:
            yield "metadata", f"metadata property {key}: {props[key]} times, once expected", ""
        elif not values[key]:
            yield "metadata", f"metadata property {key} is empty", ""
    if values.get("nngen.seed") != str(options["seed"]):
        yield "metadata", f"nngen.seed is {values.get('nngen.seed')!r}, {options['seed']} expected", ""
    if values.get("nngen.version") != manifest["version"]:
        yield "metadata", f"nngen.version is {values.get('nngen.version')!r}, {manifest['version']!r} expected", ""


def index(view, record):
    values = {p.key: p.value for p in view.model.metadata_props}
    if values.get("nngen.index") != str(int(record["name"].rpartition("_")[2])):
        yield "metadata", f"nngen.index is {values.get('nngen.index')!r} in {record['name']}", ""


def counts(view, record, nodes):
    n = len(view.nodes)
    if n != nodes:
        yield "node-count", f"{n} nodes, {nodes} requested", ""
    if n != record["nodes"]:
        yield "record", f"{n} nodes, {record['nodes']} in the record", ""
    ops = dict(Counter(x.op_type for x in view.nodes))
    if ops != record["operators"]:
        yield "record", f"operators {ops} differ from the record's {record['operators']}", ""
    real = [v for v in view.graph.input if v.name not in view.inits]
    for what, infos in (("inputs", real), ("outputs", view.graph.output)):
        here = [(v.name, TYPE_NAMES.get(view.declared[v.name][0]), list(view.declared[v.name][1] or ())) for v in infos]
        there = [(p["name"], p["type"], p["shape"]) for p in record[what]]
        if here != there:
            yield "record", f"graph {what} {here} differ from the record's {there}", ""


def names(view):
    seen = Counter(n.name for n in view.nodes)
    for name, k in seen.items():
        if not name:
            yield "node-name", f"{k} nodes have no name", ""
        elif k > 1:
            yield "node-name", f"{k} nodes are named {name!r}", ""
    made = Counter(x for n in view.nodes for x in n.output if x)
    made.update(t.name for t in view.graph.initializer)
    # Below IR version 4 each initializer is listed among the graph inputs too, behind those that have no value.
    listed = [v.name for v in view.graph.input]
    made.update(name for name in listed if name not in view.inits)
    wanted = [t.name for t in view.graph.initializer] if view.model.ir_version < 4 else []
    if listed != [name for name in listed if name not in view.inits] + wanted:
        yield "graph-input", f"graph inputs {listed}, of the initializers {wanted} expected, behind the others", ""
    for name, k in made.items():
        if k > 1:
            yield "tensor-name", f"tensor {name!r} is made {k} times", view.made_by(name)
    for name, k in Counter(v.name for v in list(view.graph.value_info) + list(view.graph.output)).items():
        if k > 1:
            yield "value-info", f"{name!r} is declared {k} times", view.made_by(name)
        if name not in made:
            yield "value-info", f"{name!r} is declared but not made", ""


def symbols(view, record):
    """Graph inputs and outputs have the symbols of the record; no dimension has another. view: of the model as it is."""
    real = [v for v in view.graph.input if v.name not in view.inits]
    for what, infos in (("inputs", real), ("outputs", view.graph.output)):
        here = [[d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in v.type.tensor_type.shape.dim] for v in infos]
        there = [p.get("dims", p["shape"]) for p in record[what]]
        if here != there:
            yield "record", f"graph {what} have dims {here}, {there} in the record", ""
    for v in view.graph.value_info:
        for d in v.type.tensor_type.shape.dim:
            if d.dim_param and d.dim_param not in record.get("symbols", {}):
                yield "value-info", f"{v.name!r} has the symbol {d.dim_param!r}, which no input has", view.made_by(v.name)


def declarations(view, max_elements, symbolic, empty, undecided):
    """Each node output is declared, with a shape of at most max_elements. symbolic: dims may be left out; empty: dims may be 0. undecided:
    those of the record in which data decide dims, and no other tensor has such dims."""
    for name, dims in undecided.items():
        here = view.declared.get(name, (0, None))[1]
        if here is None or (list(here) != dims and not symbolic) or name not in view.producer:
            yield "record", f"{name!r} is declared {here}, {dims} in the record, where data decide what is null", view.made_by(name)
    for n in view.nodes:
        for name in n.output:
            if name and name not in view.declared:
                yield "value-info", f"{name!r} of {n.op_type} {n.name!r} has no value_info", n.op_type
    for name, (dtype, shape) in view.declared.items():
        op = view.made_by(name)
        if dtype not in TYPE_NAMES:
            yield "value-info", f"{name!r} has element type {dtype}", op
        if shape is None or (None in shape and not symbolic and name not in undecided):
            yield "value-info", f"{name!r} has no static shape", op
            continue
        size = 1
        for d in shape:
            size *= 1 if d is None else d
        if size > max_elements:
            yield "elements", f"{name!r} {list(shape)} has {size} elements, {max_elements} allowed", op
        if not empty and view.hollow(name):
            yield "elements", f"{name!r} {list(shape)} is empty", op


@lru_cache(maxsize=None)
def slots(op_type, domain, opset, data):
    """May each input and output have a type of data, and what ties their types?
    (inputs, last one variadic?, outputs, last one variadic?, for each output the inputs of the same type variable)"""
    try:
        s = defs.get_schema(op_type, opset, domain)
    except defs.SchemaError:
        return None
    variadic = defs.OpSchema.FormalParameterOption.Variadic
    wanted = {f"tensor({SCHEMA_NAMES.get(t, t)})" for t in data}
    data_ok = [[bool(wanted & set(p.types)) for p in ps] for ps in (s.inputs, s.outputs)]
    many = [bool(ps) and ps[-1].option == variadic for ps in (s.inputs, s.outputs)]
    tied = [[i for i, p in enumerate(s.inputs) if p.type_str == q.type_str] for q in s.outputs]
    return data_ok[0], many[0], data_ok[1], many[1], tied


def chosen(view, node, slot, data):
    """The type of the node's output is a choice of the node (Cast): no data input has the same type variable."""
    s = slots(node.op_type, node.domain, view.opset, data)
    if s is None or not s[4]:
        return False
    tied = s[4][min(slot, len(s[4]) - 1)]
    def constant(name):
        return name in view.inits or (name in view.producer and not view.nodes[view.producer[name][0]].input)

    return all(i >= len(node.input) or not node.input[i] or constant(node.input[i]) for i in tied)


def takes_data(view, node, slot, is_output, data):
    s = slots(node.op_type, node.domain, view.opset, data)
    if s is None:
        return True
    ok, many = (s[2], s[3]) if is_output else (s[0], s[1])
    return ok[slot] if slot < len(ok) else (ok[-1] if many else True)


def types(view, data, inside=frozenset()):
    """Graph inputs and outputs have a type of data; any other is there because its producer or a consumer cannot do with those, or because its producer is there to choose a type. inside: names of nodes whose outputs may have any type.

    Initializers are left out: their contents are constants of the table."""
    for what, tensors in (("input", view.inputs), ("output", view.outputs)):
        for name in tensors:
            dtype = view.declared[name][0]
            if TYPE_NAMES.get(dtype) not in data:
                yield "graph-type", f"graph {what} {name!r} is {TYPE_NAMES.get(dtype)}", view.made_by(name)
    for name, (dtype, _) in view.declared.items():
        if TYPE_NAMES.get(dtype) in data or name in view.inits:
            continue
        p = view.producer.get(name)
        if p is not None and view.nodes[p[0]].name in inside:
            continue
        demanded = p is not None and (not takes_data(view, view.nodes[p[0]], p[1], True, data) or chosen(view, view.nodes[p[0]], p[1], data))
        demanded = demanded or any(not takes_data(view, view.nodes[i], s, False, data) for i, s in view.consumers.get(name, ()))
        if not demanded:
            users = sorted({view.nodes[i].op_type for i, _ in view.consumers.get(name, ())})
            op = view.made_by(name) or (users[0] if users else "")
            yield "needless-type", f"{name!r} is {TYPE_NAMES.get(dtype)} though {view.made_by(name) or 'a graph input'} -> {users} can be of a type of data", op


def connected(view):
    """One component over nodes and tensors, initializers aside."""
    parent = list(range(len(view.nodes)))

    def find(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first = {}  # tensor -> a node that touches it
    for i, n in enumerate(view.nodes):
        for name in view.data_inputs(n) + [x for x in n.output if x]:
            parent[find(i)] = find(first.setdefault(name, i))
    groups = Counter(find(i) for i in range(len(view.nodes)))
    if len(groups) > 1:
        yield "disconnected", f"{len(groups)} components of {sorted(groups.values())} nodes", ""


def reach(view):
    """Every node and graph input reaches a graph output; no initializer is unused; no graph output is a graph input."""
    useful, todo = set(), list(view.outputs)
    while todo:
        name = todo.pop()
        if name in useful:
            continue
        useful.add(name)
        p = view.producer.get(name)
        if p:
            todo.extend(x for x in view.nodes[p[0]].input if x)
    for n in view.nodes:
        if not any(x in useful for x in n.output if x):
            yield "dangling", f"{n.op_type} {n.name!r} reaches no graph output", n.op_type
    for name in view.inputs:
        if name not in view.consumers:
            yield "dangling", f"graph input {name!r} is not used", ""
    for name in view.inits:
        if name not in view.consumers:
            yield "dangling", f"initializer {name!r} is not used", ""
    for name in view.outputs:
        if name not in view.producer:
            yield "dangling", f"graph output {name!r} is made by no node", ""


def motif_nodes(view, record):
    """Names of the nodes that the record says belong to motifs, which may be folded and hold types that were not chosen."""
    return {view.nodes[k].name for m in (record or {}).get("motifs", []) for k in m["nodes"]}


def foldable(view, sources, inside=frozenset()):
    """Nodes that depend on no graph input and are no sources. inside: names of nodes that are left out."""
    live = set(view.inputs)
    for n in view.nodes:
        if any(x in live for x in n.input):
            live.update(x for x in n.output if x)
        elif n.op_type not in sources and n.name not in inside:
            yield n


def folded(view, record, options, sources, inside):
    """The record names the nodes that can be folded, at most one in twenty, or one; there are none unless an option or manner asks for them."""
    named = (record or {}).get("folded", [])
    asked = options.get("constants") or (record or {}).get("manner", "uniform") != "uniform"
    declared = {view.nodes[k].name for k in named if k < len(view.nodes)}
    found = {n.name: n.op_type for n in foldable(view, sources, inside)}
    for name in sorted(found.keys() - declared):
        yield "foldable", f"{found[name]} {name!r} depends on no graph input", found[name]
    for name in sorted(declared - found.keys()):
        yield "folded", f"models.jsonl says that {name!r} can be folded; it depends on a graph input, is a source, or belongs to a motif", ""
    if len(declared) > (max(1, len(view.nodes) // 20) if asked else 0):
        yield "foldable", f"{len(declared)} nodes can be folded", ""


def source_only(view, sources):
    """Nodes that depend on a graph input only by way of a source (its shape, say): a runtime may fold them. Noted."""
    live = set(view.inputs)
    for n in view.nodes:
        if n.op_type in sources:
            continue
        if any(x in live for x in n.input):
            live.update(x for x in n.output if x)
        else:
            yield "source-only", f"{n.op_type} {n.name!r} depends on sources alone", n.op_type


def outputs(view):
    n, most = len(view.outputs), max_outputs(len(view.nodes))
    if n > most:
        yield "outputs", f"{n} graph outputs, at most {most} for {len(view.nodes)} nodes", ""
    if not view.inputs:
        yield "inputs", "no graph input", ""


def nested(view):
    """nngen writes flat graphs in the default domain."""
    for n in view.nodes:
        if n.domain:
            yield "domain", f"{n.op_type} {n.name!r} has domain {n.domain!r}", n.op_type
    if view.model.functions:
        yield "domain", "the model has functions", ""


def examine(view, record, manifest, sources):
    options = manifest["options"]
    yield from header(view, manifest)
    yield from index(view, record)
    yield from counts(view, record, options["nodes"])
    yield from names(view)
    yield from declarations(view, options["max_elements"], "symbols" in record, "empty" in options, record.get("open", {}))
    inside = motif_nodes(view, record)
    yield from types(view, data_types(manifest), inside)
    yield from connected(view)
    yield from reach(view)
    yield from folded(view, record, options, sources, inside)
    yield from outputs(view)
    yield from nested(view)
