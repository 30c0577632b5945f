"""A model's graph by name: who makes a tensor, who uses it, what it is."""
from functools import lru_cache

from onnx import defs

from nngen.judge.expect import MAY_BE_EMPTY


@lru_cache(maxsize=None)
def schema_of(op, opset, domain):
    try:
        return defs.get_schema(op, opset, domain)
    except defs.SchemaError:
        return None


@lru_cache(maxsize=None)
def slots_of(op, opset, domain):
    """(names of the attributes, [(position, name)] of the optional inputs): asking the schema for them is slow"""
    s = schema_of(op, opset, domain)
    if s is None:
        return frozenset(), ()
    return frozenset(s.attributes), tuple((i, p.name) for i, p in enumerate(s.inputs) if p.option.name == "Optional")


def shape_of(tensor_type):
    """Dims of a TypeProto.Tensor; None if there is no shape; a dimension that is not a number is None."""
    if not tensor_type.HasField("shape"):
        return None
    return tuple(d.dim_value if d.WhichOneof("value") == "dim_value" else None for d in tensor_type.shape.dim)


def typed(value_info):
    """(element type, shape) of a ValueInfoProto."""
    t = value_info.type.tensor_type
    return t.elem_type, shape_of(t)


class View:
    def __init__(self, model):
        g = model.graph
        self.model, self.graph, self.nodes = model, g, g.node
        self.opset = max((o.version for o in model.opset_import if o.domain == ""), default=0)
        self.inits = {t.name: t for t in g.initializer}
        self.inputs = [v.name for v in g.input if v.name not in self.inits]
        self.outputs = [v.name for v in g.output]
        self.declared = {}  # name -> (element type, shape); initializers too
        for t in g.initializer:
            self.declared[t.name] = (t.data_type, tuple(t.dims))
        for v in list(g.input) + list(g.value_info) + list(g.output):
            self.declared[v.name] = typed(v)
        self.producer, self.consumers = {}, {}
        for i, n in enumerate(g.node):
            for slot, name in enumerate(n.output):
                if name:
                    self.producer[name] = (i, slot)
            for slot, name in enumerate(n.input):
                if name:
                    self.consumers.setdefault(name, []).append((i, slot))

    def data_inputs(self, node):
        """Names of the node's inputs that are not initializers, by position."""
        return [x for x in node.input if x and x not in self.inits]

    def made_by(self, name):
        """Operator that makes the tensor, or ''."""
        p = self.producer.get(name)
        return self.nodes[p[0]].op_type if p else ""

    def placeholder(self, name):
        """Whether the tensor is where an empty constant stands for an absent input, and nowhere else."""
        uses = {(self.nodes[i].op_type, slot) for i, slot in self.consumers.get(name, ())}
        return bool(uses) and uses <= MAY_BE_EMPTY

    def hollow(self, name):
        """Whether the tensor has no elements, though it is no such constant."""
        return 0 in (self.declared[name][1] or ()) and not self.placeholder(name)

    def schema(self, node):
        return schema_of(node.op_type, self.opset, node.domain)
