"""Models with tensors without elements, on which runtimes fail more often than on others, and crash.

What a runtime does there is a note, `empty-runtime`, and no problem of the model, if the standard's own tools have nothing against the
model: the checker and strict inference (judge.py), and onnx's reference evaluator, which is given each node with an empty tensor alone. Where it raises, or has
no such operator, inference has stated the shapes, and only outputs with elements need values: those of the evaluator behind `--outputs`."""
import os
import re

import numpy as np
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from nngen.judge import compare, conditioning, expected, quirks, runtime
from nngen.judge.driver import Driver, PROGRAM
from nngen.judge.sizes import fits

DRIVERS = {}  # of this process, by opset
RUNS = ("load-", "run-", "again-")


def present(view):
    """Whether the model has a tensor without elements, other than constants that stand for absent inputs."""
    return any(map(view.hollow, view.declared))


def touching(view, node):
    """Whether a node takes or gives a tensor without elements."""
    return any(view.hollow(x) for x in [*node.input, *node.output] if x)


def of_runtime(problem, view):
    """Whether a problem is what a runtime did with an empty tensor, as far as its message tells: of the nodes that it names, one has such
    a tensor. Nodes into which a runtime takes others apart have names of its own."""
    kind, message, _ = problem
    if kind in ("crash", "hang"):  # the message is the last that the runtime said, of whatever
        return True
    words = set(re.findall(r"[\w./:-]+", message))
    named = [n for n in view.nodes if n.name in words]
    if named and not any(touching(view, n) for n in named):
        return False
    return kind.startswith(RUNS) or kind in ("levels", "runtime-shape", "state", "bound", "not-finite") or \
        (kind == "interval" and message.startswith("optimisation"))


def known(view, feed):
    """{name: value} of all tensors, by the evaluator behind `--outputs`; of those that it does not know, only empty ones."""
    values = {**{k: numpy_helper.to_array(t) for k, t in view.inits.items()}, **feed}
    found, errors = {}, {}
    if PROGRAM.exists():
        d = DRIVERS.get(view.opset) or DRIVERS.setdefault(view.opset, Driver(view.opset))
        found, errors = d.compute(view.model, feed)
    for n in view.nodes:
        for x in filter(None, n.output):
            dtype, shape = view.declared[x]
            of = helper.tensor_dtype_to_np_dtype(dtype)
            if 0 in shape:  # a dimension that is not declared is that of the evaluator
                values[x] = found[x][0].astype(of) if None in shape and x in found else np.zeros([d or 0 for d in shape], of)
            elif x in found and (n.name or n.output[0]) not in errors and np.isfinite(found[x][0]).all():
                values[x] = found[x][0].astype(of)
    return values


def node_fault(view, node, values):
    """None, or in words what onnx's reference evaluator has against a node."""
    made, needed = [x for x in node.output if x], {x for x in node.input if x}
    if not needed <= set(values) and any(None in shape for _, shape in view.declared.values() if shape):
        return None  # the evaluator does not follow dims that are not declared
    if not needed <= set(values):
        return f"{node.op_type} {node.name!r}: values at its inputs are not known"
    full = [x for x in made if 0 not in view.declared[x][1]]
    try:
        with np.errstate(all="ignore"):
            out = ReferenceEvaluator(conditioning.alone(view, node)).run(made, {x: values[x] for x in needed if x not in view.inits})
    except Exception as e:
        silent = all(x in values for x in full)
        return None if silent else f"{node.op_type} {node.name!r}: {type(e).__name__}: {runtime.one_line(e)[:200]}"
    for x, y in zip(made, map(np.asarray, out)):
        if not fits(y.shape, view.declared[x][1]):
            ins = [values[x] if x else None for x in node.input]
            if not quirks.known(node, view.opset, ins, [values.get(x) if x else None for x in node.output], "values"):
                return f"{node.op_type} {node.name!r}: {x!r} is {list(y.shape)}, declared {list(view.declared[x][1])}"
        values.setdefault(x, y)
    return None


def faults(view, feed):
    """What onnx's reference evaluator has against the nodes, in words."""
    values = known(view, feed)
    local = expected.of_nodes(view, values) if set(values) >= {x for n in view.nodes for x in n.output if x} else {}
    for n in (n for n in view.nodes if touching(view, n)):
        words = node_fault(view, n, values)
        if words:
            yield words, n.op_type
        elif local and any(0 not in view.declared[x][1] for x in n.output if x):
            yield from value_faults(view, n, values, local)


def value_faults(view, node, values, local):
    """The outputs with elements of a node that takes an empty tensor, by the reference evaluator and by the rules of outputs."""
    made = [x for x in node.output if x]
    if not all(x in local for x in made):
        return
    try:
        with np.errstate(all="ignore"):
            out = ReferenceEvaluator(conditioning.alone(view, node)).run(made, {x: values[x] for x in node.input if x and x not in view.inits})
    except Exception:
        return
    for name, words in expected.outside(made, out, [local[x] for x in made]):
        ins, outs = ([values[x] if x else None for x in side] for side in (node.input, node.output))
        if not quirks.known(node, view.opset, ins, outs, "values"):
            yield f"{node.op_type} {node.name!r}: {name!r}{words} in the reference evaluator", node.op_type


def crashed(view, feed):
    """The operators whose nodes alone crash ONNX Runtime, in a process of its own for each."""
    values = known(view, feed)
    for n in view.nodes:
        if all(x in values for x in n.input if x) and touching(view, n) and alone_crashes(view, n, values):
            yield n.op_type


def alone_crashes(view, node, values):
    child = os.fork()
    if child == 0:
        try:
            model = conditioning.alone(view, node)
            feed = {v.name: values[v.name] for v in model.graph.input}
            for level in runtime.LEVELS:
                runtime.session(model.SerializeToString(), level).run(None, feed)
        except BaseException:
            pass
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def wrong_elsewhere(data, view, feed):
    """The first node whose values in ONNX Runtime without optimisations, for those that it has at its inputs, lie outside their bounds,
    in words, if it has no empty tensor."""
    values = compare.all_values(data, view, feed)
    local = expected.of_nodes(view, values)
    for n in view.nodes:
        made = [x for x in n.output if x and x in local]
        for name, words in expected.outside(made, [values[x] for x in made], [local[x] for x in made]):
            return None if touching(view, n) else (f"{n.op_type} {n.name!r}: {name!r}{words}", n.op_type)
    return None


def judge(data, view, feed, problems, notes):
    """Makes the problems that are the runtime's notes, unless the reference evaluator has something against the model too, or other
    values than expected come from a node without an empty tensor."""
    against = [("reference", words, op) for words, op in faults(view, feed)]
    if not against and any(kind in ("bound", "interval", "not-finite") and message.startswith("optimisation none") for kind, message, _ in problems):
        found = wrong_elsewhere(data, view, feed)
        against = [("bound", *found)] if found else []
    if against:
        problems += against
        return
    notes += [("empty-runtime", f"{kind}: {message}", op) for kind, message, op in problems]
    problems.clear()
