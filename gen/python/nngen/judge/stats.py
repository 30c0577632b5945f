"""Statistics of one model and of a family, and the structural hash."""
import collections
import hashlib
from collections import Counter

from onnx import AttributeProto, helper

from nngen.judge.view import slots_of


def depth(view):
    level = {}
    for n in view.nodes:
        d = 1 + max((level.get(x, 0) for x in n.input), default=0)
        level.update((x, d) for x in n.output if x)
    return max(level.values(), default=0)


def structural_hash(view):
    """Operators, attributes, edges, types and shapes; not names, order of nodes, or contents of initializers and tensor attributes."""
    def digest(*parts):
        return hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=16).hexdigest()

    h = {}
    for i, name in enumerate(view.inputs):
        h[name] = digest("input", i, view.declared[name])
    uses = collections.Counter(x for n in view.nodes for x in n.input)
    for name in view.inits:
        h[name] = digest("initializer", uses[name], view.declared[name])
    nodes = []
    for n in view.nodes:
        attrs = sorted((a.name, tuple(a.t.dims) if a.type == AttributeProto.TENSOR else a.SerializeToString(deterministic=True)) for a in n.attribute)
        here = digest(n.op_type, attrs, [h.get(x, "") for x in n.input], [view.declared.get(x) for x in n.output])
        nodes.append(here)
        for slot, x in enumerate(n.output):
            h[x] = digest(here, slot)
    outs = [h.get(x, "") for x in view.outputs]
    return digest(sorted(nodes), outs, [h[x] for x in view.inputs])


def attribute_values(view):
    """{operator: {attribute or optional input: {value as text: count}}}, 'absent' where it is left out."""
    out = {}
    for n in view.nodes:
        attributes, optional = slots_of(n.op_type, view.opset, n.domain)
        mine = out.setdefault(n.op_type, {})
        given = {a.name: a for a in n.attribute}
        for name in attributes.union(given):
            value = text_of(given[name]) if name in given else "absent"
            tally = mine.setdefault(name, {})
            tally[value] = tally.get(value, 0) + 1
        for i, name in optional:
            value = "present" if i < len(n.input) and n.input[i] else "absent"
            tally = mine.setdefault("input " + name, {})
            tally[value] = tally.get(value, 0) + 1
    return out


def text_of(a):
    if a.type == AttributeProto.TENSOR:
        return f"tensor{list(a.t.dims)}"
    value = helper.get_attribute_value(a)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)[:60]


def paths(view, most=4):
    """{length: operators of the paths of so many nodes along edges, each sequence once}"""
    made = {x: i for i, n in enumerate(view.nodes) for x in n.output if x}
    ends = [{(n.op_type,)} for n in view.nodes]  # by node: sequences of the paths that end there
    out = {}
    for length in range(2, most + 1):
        ends = [{p + (n.op_type,) for x in n.input if x in made for p in ends[made[x]]} for n in view.nodes]
        out[length] = set().union(*ends)
    return out


def of_model(view):
    made = [view.declared[x] for n in view.nodes for x in n.output if x and x in view.declared]
    shapes = [s for _, s in made if s is not None]
    return {
        "nodes": len(view.nodes),
        "depth": depth(view),
        "joins": sum(len(view.data_inputs(n)) >= 2 for n in view.nodes),
        "outputs": len(view.outputs),
        "graph_inputs": len(view.inputs),
        "ranks": dict(Counter(len(s) for s in shapes)),
        "dims": dict(Counter(d for s in shapes for d in s if d is not None)),
        "operators": dict(Counter(n.op_type for n in view.nodes)),
        "hash": structural_hash(view),
        "attributes": attribute_values(view),
        "paths": paths(view),
    }


def spread(values):
    return {"min": min(values, default=0), "mean": sum(values) / max(len(values), 1), "max": max(values, default=0)}


class Family:
    """Sums of_model() results."""

    def __init__(self):
        self.models, self.nodes, self.joins = 0, 0, 0
        self.lists = {"depth": [], "outputs": [], "graph_inputs": []}
        self.ranks, self.dims, self.op_nodes, self.op_models = Counter(), Counter(), Counter(), Counter()
        self.attributes, self.hashes = {}, {}
        self.paths = {}

    def add(self, name, s):
        self.models += 1
        self.nodes += s["nodes"]
        self.joins += s["joins"]
        for key, values in self.lists.items():
            values.append(s[key])
        self.ranks.update(s["ranks"])
        self.dims.update(s["dims"])
        self.op_nodes.update(s["operators"])
        self.op_models.update(s["operators"].keys())
        self.hashes.setdefault(s["hash"], []).append(name)
        for length, found in s["paths"].items():
            self.paths.setdefault(length, set()).update(found)
        for op, attrs in s["attributes"].items():
            for attr, tally in attrs.items():
                self.attributes.setdefault(op, {}).setdefault(attr, Counter()).update(tally)

    def statistics(self):
        """As in the manifest, without `classes`."""
        return {"nodes": self.nodes, "joins": self.joins / max(self.nodes, 1),
                **{key: spread(values) for key, values in self.lists.items()},
                "ranks": {str(k): v for k, v in sorted(self.ranks.items())},
                "dims": {str(k): v for k, v in sorted(self.dims.items())}}

    def coverage(self):
        """Distinct sequences of operators along edges, by length."""
        return {1: len(self.op_nodes), **{length: len(found) for length, found in self.paths.items()}}
