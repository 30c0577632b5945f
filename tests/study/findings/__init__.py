"""Defects found by the study, each a small model with what it should give. `tests/study/recheck.py` runs them again."""
from collections import namedtuple

import numpy as np
import onnx
from nngen.study import snippets
from onnx import TensorProto, checker, helper, numpy_helper, parser, shape_inference

# outcome: one, or several joined by " or " where memory decides; agree: targets that give what is expected; make() gives (model, feed, [expected outputs]);
# passes: those of an optimiser that make the defect, together; without them the target is right; program: of an exporter, in its framework's words, and None
# for a model; also: exporters that fail on it in the same way
Finding = namedtuple("Finding", "name target version outcome agree why make passes program also", defaults=(None, ()))
FINDINGS = []
IR = {7: 4, 8: 4, 9: 4, 10: 5, 11: 6, 12: 7, 13: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11}
VERSIONS = {"torch": "2.14.1", "tensorflow-cpu": "2.21.0", "tf2onnx": "1.17.0"}
RUNTIMES = ("onnxruntime-none", "reference", "openvino", "tract", "tinygrad")


def but(*names):
    """All of the usual runtimes but some."""
    return tuple(r for r in RUNTIMES if r not in names)


def finding(target, version, outcome, agree, passes=()):
    """Registers a function whose documentation says what is expected and why."""

    def register(make):
        FINDINGS.append(Finding(f"{target}: {make.__name__.replace('_', ' ')}", target, version, outcome, tuple(agree), " ".join(make.__doc__.split()), make, tuple(passes)))
        return make

    return register


def program_finding(target, outcome, agree=(), also=()):
    """Registers a function that gives a program (nngen.study.snippets) instead of a model. agree: exporters that keep what it computes."""

    def register(make):
        program, name = make(), f"{target}: {make.__name__.replace('_', ' ')}"
        version = VERSIONS[snippets.EXPORTERS[target].packages[0]]
        FINDINGS.append(Finding(name, target, version, outcome, tuple(agree), " ".join(make.__doc__.split()), lambda: program.made(target), (), program, tuple(also)))
        return make

    return register


def f32(*x):
    return np.array(x, np.float32)


def i64(*x):
    return np.array(x, np.int64)


def ramp(*shape, low=-1.0, high=1.0):
    """Values without a pattern that a transposed or shifted result could share."""
    n = int(np.prod(shape))
    return (low + (high - low) * ((np.arange(n) * 0.618033988749895) % 1.0)).reshape(shape).astype(np.float32)


def linear(x, scale):
    """Along the last axis, with half-pixel coordinates."""
    n = x.shape[-1]
    at = np.clip((np.arange(int(n * scale)) + 0.5) / scale - 0.5, 0, n - 1)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, n - 1)
    return (x[..., low] * (1 - (at - low)) + x[..., high] * (at - low)).astype(np.float32)


def model(nodes, feed, weights, expected, opset=17, outputs=None, free=None):
    """nodes: (operator, inputs, outputs, attributes); free: other shapes of inputs and outputs, with names for free dims; checked strictly."""
    protos = [helper.make_node(op, list(i), list(o), name=f"node{k}", **a) for k, (op, i, o, a) in enumerate(nodes)]
    names = outputs or [x for x in nodes[-1][2] if x]
    shapes = {**{k: v.shape for k, v in [*feed.items(), *zip(names, expected)]}, **(free or {})}
    info = [helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(v.dtype), shapes[k]) for k, v in feed.items()]
    out = [helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(v.dtype), shapes[k]) for k, v in zip(names, expected)]
    graph = helper.make_graph(protos, "finding", info, out, [numpy_helper.from_array(v, k) for k, v in weights.items()])
    m = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=IR[opset])
    checker.check_model(shape_inference.infer_shapes(m, True, True, True), full_check=True)
    return m, feed, expected


def single(op, feed, weights, expected, opset=17, inputs=None, outputs=("y",), **attributes):
    """One node; its inputs in the order of feed, then weights, unless told."""
    return model([(op, inputs or [*feed, *weights], outputs, attributes)], feed, weights, expected, opset)


FLOAT = TensorProto.FLOAT


def parsed(text, feed, expected, opset=17, functions=(), strict=True):
    """A model in the syntax of onnx.parser: a graph, then the functions that it calls, of these domains. Nodes have names of their own; strict: inference accepts it."""
    imports = ", ".join(f'"{d}" : 1' for d in functions)
    m = parser.parse_model(f'<ir_version: {IR[opset]}, opset_import: ["" : {opset}{", " if imports else ""}{imports}]> finding {text}')
    for k, n in enumerate(nodes_of(m)):
        n.name = f"node{k}"
    if strict:
        checker.check_model(shape_inference.infer_shapes(m, True, True, True), full_check=True)
    return m, feed, [np.asarray(e) for e in expected]


def nodes_of(m):
    """All nodes, also those in the graphs of nodes and in functions."""
    todo = [*m.graph.node, *(n for f in m.functions for n in f.node)]
    while todo:
        n = todo.pop(0)
        yield n
        todo += [x for a in n.attribute if a.type == onnx.AttributeProto.GRAPH for x in a.g.node]


def sparse(dims, values, indices, name=""):
    """float32; elements that are not listed are 0. indices are those of a flat tensor."""
    return helper.make_sparse_tensor(helper.make_tensor(name or "values", FLOAT, [len(values)], values), helper.make_tensor("indices", TensorProto.INT64, [len(indices)], indices), dims)
