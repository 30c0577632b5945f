"""A model's graph with the look-ups that detectors and shares need: producers, consumers, constants, types, shapes. Graphs inside nodes and functions are left out but for `inner`."""
from functools import cached_property
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SMALL = 4096  # elements of a constant that may be read


def attribute(node, name, default=None):
    for a in node.attribute:
        if a.name == name:
            value = helper.get_attribute_value(a)
            return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return default


class Graph:
    def __init__(self, model, folder=None):
        self.model, self.folder = model, folder
        graph = model.graph
        self.nodes = list(graph.node)
        self.opset = max([o.version for o in model.opset_import if o.domain in ("", "ai.onnx")], default=0)
        self.initializers = {i.name: i for i in graph.initializer}
        self.inputs = [x.name for x in graph.input if x.name not in self.initializers]
        self.outputs = [x.name for x in graph.output]
        self.producers = {o: n for n in self.nodes for o in n.output if o}
        self.uses = {}
        for n in self.nodes:
            for name in dict.fromkeys(i for i in n.input if i):
                self.uses.setdefault(name, []).append(n)

    @classmethod
    def load(cls, path):
        return cls(onnx.load(path, load_external_data=False), Path(path).parent)

    def inner(self, *ops):
        """(node, graph) of the graphs that nodes of these operators hold, at any depth and in functions too."""
        waiting = [*self.nodes, *(n for f in self.model.functions for n in f.node)]
        while waiting:
            node = waiting.pop()
            for a in node.attribute:
                for graph in ([a.g] if a.type == onnx.AttributeProto.GRAPH else a.graphs):
                    waiting += graph.node
                    if not ops or node.op_type in ops:
                        yield node, graph

    @cached_property
    def params(self):
        """name -> names of symbolic dims, "" for others, of tensors that have some"""
        found = {}
        for x in (*self.model.graph.value_info, *self.model.graph.input, *self.model.graph.output):
            names = tuple(d.dim_param for d in x.type.tensor_type.shape.dim)
            if any(names):
                found[x.name] = names
        return found

    def all(self, *ops):
        return (n for n in self.nodes if n.op_type in ops)

    def producer(self, name):
        """The node that computes a tensor; None of a graph input, an initializer, or the output of a Constant."""
        n = self.producers.get(name)
        return None if n is None or n.op_type == "Constant" else n

    def made_by(self, name, *ops):
        n = self.producer(name)
        return n if n is not None and n.op_type in ops else None

    def consumers(self, node, *ops):
        return [n for o in node.output for n in self.uses.get(o, []) if not ops or n.op_type in ops]

    def chains(self, *steps):
        """Paths of nodes whose operators are in turn in `steps`: a name, or a tuple of them."""
        steps = [(s,) if isinstance(s, str) else s for s in steps]
        paths = [(n,) for n in self.all(*steps[0])]
        for ops in steps[1:]:
            paths = [(*p, n) for p in paths for n in self.consumers(p[-1], *ops)]
        return paths

    def is_constant(self, name):
        n = self.producers.get(name)
        return name in self.initializers or (n is not None and n.op_type == "Constant")

    def constant(self, name):
        """The contents of a small initializer or Constant, or None."""
        tensor = self.initializers.get(name)
        n = self.producers.get(name)
        if tensor is None and n is not None and n.op_type == "Constant":
            a = n.attribute[0]
            if a.name != "value":
                return np.array(helper.get_attribute_value(a)) if a.name != "sparse_value" else None
            tensor = a.t
        if tensor is None or tensor.data_location == TensorProto.EXTERNAL or np.prod(tensor.dims) > SMALL:
            return None
        return numpy_helper.to_array(tensor)

    @cached_property
    def infos(self):
        """name -> (element type, dims; None where unknown)"""
        model = self.model
        told = {x.name for x in model.graph.value_info}
        if any(o not in told and o not in self.outputs for n in self.nodes for o in n.output if o):
            try:
                model = onnx.shape_inference.infer_shapes(model)
            except Exception:  # pylint: disable=broad-except; a model that inference refuses has what it states itself
                pass
        found = {}
        for x in (*model.graph.value_info, *model.graph.input, *model.graph.output):
            t = x.type.tensor_type
            if t.elem_type:
                dims = tuple(d.dim_value if d.HasField("dim_value") else None for d in t.shape.dim) if t.HasField("shape") else None
                found[x.name] = t.elem_type, dims
        found |= {i.name: (i.data_type, tuple(i.dims)) for i in self.initializers.values()}
        for n in self.all("Constant"):
            if (value := self.constant(n.output[0])) is not None:
                found[n.output[0]] = helper.np_dtype_to_tensor_dtype(value.dtype), value.shape
        return found

    def elem(self, name):
        return self.infos.get(name, (0, None))[0]

    def shape(self, name):
        return self.infos.get(name, (0, None))[1]

    def rank(self, name):
        shape = self.shape(name)
        return None if shape is None else len(shape)

    def ancestors(self, name):
        """Graph inputs that a tensor depends on."""
        found, waiting, seen = set(), [name], set()
        while waiting:
            t = waiting.pop()
            if t in seen:
                continue
            seen.add(t)
            if t in self.producers:
                waiting += [i for i in self.producers[t].input if i]
            elif t in self.inputs:
                found.add(t)
        return found

    @cached_property
    def feeds(self):
        """The data sets beside the model: [{input: array}]"""
        from nngen.study.case import Case

        if self.folder is None:
            return []
        case = Case(self.folder / "model.onnx")
        try:
            return [case.feed(k) for k in range(case.count)]
        except (OSError, KeyError, IndexError, ValueError):
            return []


def operand(node, i):
    """The name of input i, "" if it is left out."""
    return node.input[i] if i < len(node.input) else ""
