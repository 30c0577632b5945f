"""Counts what exported architectures are made of, once for each architecture, however many files it has.

    PYTHONPATH=tests python3 -m census.count DIR CENSUS.json

DIR holds a folder for each architecture, as `nngen-study real` writes them. What an architecture holds is what any of its files holds;
its numbers of nodes are the means over its files. tests/study/README.md describes CENSUS.json.
"""

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import onnx
from census.held import count_values, walks
from onnx import numpy_helper

KEPT = {2: 320, 3: 260, 4: 200}  # the most frequent sequences of each length
VALUES = 16                      # the most frequent values of an attribute
SHAPES = 120                     # scalars, shapes of weights, chains
LONGEST = 8                      # operators of a shape chain
KINDS = {2: "pairs", 3: "triples", 4: "fours"}
NOTE = ("Census of architectures of public packages, built from small configurations and exported by both exporters of PyTorch and by tf2onnx, with fixed and free dims: "
        "how many architectures hold each operator, pair, triple, sequence of 4 (edges through data inputs, Constant nodes left out) and shape chain; "
        "a second number says how often: of an operator nodes, of a sequence occurrences in 1,000 nodes, summed over the architectures. "
        "Attribute values, constant operands, scalar constants, shares of convolutions and binary operators, ranks and dims by count of nodes or tensors, "
        "a mean over the files of an architecture. op.k is input k.")


def name_of(node):
    return node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}:{node.op_type}"


def nodes_of(graph):
    """The nodes of a graph and of the graphs in it."""
    for node in graph.node:
        yield node
        for a in node.attribute:
            for inner in [a.g] if a.type == onnx.AttributeProto.GRAPH else a.graphs:
                yield from nodes_of(inner)


def constants(graph):
    """{name: array} of initializers and Constant nodes."""
    found = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    for n in graph.node:
        if n.op_type == "Constant" and n.attribute[0].type == onnx.AttributeProto.TENSOR:
            found[n.output[0]] = numpy_helper.to_array(n.attribute[0].t)
    return found


def plain(value):
    """A value of an attribute as text, or None for tensors and graphs."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, list):
        value = [x.decode("utf-8", "replace") if isinstance(x, bytes) else x for x in value]
    if isinstance(value, float):
        value = float(f"{value:.6g}")
    try:
        return json.dumps(value)
    except TypeError:
        return None


def count_operands(node, constant, seen):
    for k, name in enumerate(node.input):
        if name not in constant:
            continue
        a, place = constant[name], f"{name_of(node)}.{k}"
        few = a.shape in ((), (1,))
        seen["constant_operands", place][json.dumps(list(a.shape)) if few else f"rank {a.ndim}"] += 1
        if few and a.dtype.kind in "fiub":
            seen["scalar_constants", ""][f"{place} = {a.item():.6g}"] += 1
        if k and node.op_type in ("Conv", "ConvTranspose", "Gemm", "MatMul") and a.ndim >= 2:
            seen["weight_shapes", ""][f"{name_of(node)} {list(a.shape)}"] += 1


def count_node(node, constant, seen):
    seen["nodes", ""][name_of(node)] += 1
    count_operands(node, constant, seen)
    given = [i for i in node.input if i and i not in constant]
    seen["same_tensor_twice", ""][name_of(node)] += len(set(given)) < len(given)
    for a in node.attribute:
        if node.op_type != "Constant" and (text := plain(onnx.helper.get_attribute_value(a))) is not None:
            seen["attributes", f"{name_of(node)}.{a.name}"][text] += 1


def count_dims(graph, seen):
    for v in [*graph.value_info, *graph.input, *graph.output]:
        if v.type.tensor_type.HasField("shape"):
            dims = v.type.tensor_type.shape.dim
            seen["ranks", ""][str(len(dims))] += 1
            for d in dims:
                free = not d.HasField("dim_value")
                seen["dims", ""]["free" if free else "1" if d.dim_value == 1 else "multiple of 8" if d.dim_value % 8 == 0 else "other"] += 1


def shape_chains(graph, constant):
    """Sequences of operators from a Shape to the first operator that takes other data, too."""
    chains, before = set(), {}  # before: of each tensor that is computed from shapes and constants alone, the sequences that lead to it
    for node in graph.node:
        if node.op_type == "Constant":
            continue
        given = [i for i in node.input if i and i not in constant]
        led = {path + (node.op_type,) for i in given for path in before.get(i, ()) if len(path) < LONGEST}
        if node.op_type == "Shape":
            led = {("Shape",)}
        elif not given or any(i not in before for i in given):
            chains |= led
            continue
        before.update({out: led for out in node.output if out})
    return chains


def of_file(path):
    """(Counters by (kind, key), sets by kind, opset) of a file."""
    model = onnx.load(str(path))
    opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    try:
        graph = onnx.shape_inference.infer_shapes(model).graph
    except Exception:  # the checker of a file is not this command
        graph = model.graph
    constant, seen = constants(graph), defaultdict(Counter)
    for node in nodes_of(graph):
        count_node(node, constant, seen)
    count_dims(graph, seen)
    for k, found in walks(graph).items():
        for path, n in found.items():
            seen[KINDS[k], ""][",".join(path)] = n
    count_values(graph, seen["shares", ""])
    held = {kind: set(seen[kind, ""]) for kind in KINDS.values()}
    held["shape_chains"] = {",".join(c) for c in shape_chains(graph, constant)}
    held["operators"] = set(seen["nodes", ""])
    return seen, held, opset


def of_architecture(paths):
    """(means by (kind, key), sets by kind, opsets)"""
    sums, held, opsets = defaultdict(Counter), defaultdict(set), set()
    for path in paths:
        seen, sets, opset = of_file(path)
        opsets.add(opset)
        for key, values in seen.items():
            sums[key].update(values)
        for kind, names in sets.items():
            held[kind] |= names
    return {key: {v: n / len(paths) for v, n in values.items() if n} for key, values in sums.items()}, held, opsets


def rates(means):
    """Occurrences of sequences in 1,000 nodes, so that all architectures weigh the same."""
    nodes = sum(n for op, n in means["nodes", ""].items() if op != "Constant")
    return {(kind, key): {s: 1000 * n / nodes for s, n in values.items()} for (kind, key), values in means.items() if kind in KINDS.values()}


def most(counts, limit=None):
    """The most frequent, as whole numbers of at least one, in an order that depends on nothing else."""
    return {k: max(1, round(n)) for k, n in sorted(counts.items(), key=lambda x: (-round(x[1], 6), x[0]))[:limit]}


def census(folder):
    nodes, holders, opsets, files = defaultdict(Counter), defaultdict(Counter), Counter(), 0
    places = {p.name: sorted(p.rglob("model.onnx")) for p in sorted(Path(folder).iterdir()) if p.is_dir()}
    places = {name: paths for name, paths in places.items() if paths}
    for paths in places.values():
        means, held, versions = of_architecture(paths)
        files += len(paths)
        opsets.update(versions)
        for key, values in {**means, **rates(means)}.items():
            nodes[key].update(values)
        for kind, names in held.items():
            holders[kind].update(names)
    grouped = lambda kind: {key: most(v, VALUES) for (k, key), v in sorted(nodes.items()) if k == kind}
    both = lambda kind, of, limit=None: {name: [n, max(1, round(nodes[of, ""][name]))] for name, n in most(holders[kind], limit).items() if name != "Constant"}
    found = {"note": NOTE, "models": len(places), "files": files, "opset": {str(v): opsets[v] for v in sorted(opsets)}, "operators": both("operators", "nodes")}
    found |= {kind: both(kind, kind, KEPT[k]) for k, kind in KINDS.items()}
    found |= {"attributes": grouped("attributes"), "constant_operands": grouped("constant_operands")}
    found |= {kind: most(nodes[kind, ""], SHAPES) for kind in ("shares", "scalar_constants", "same_tensor_twice", "weight_shapes", "ranks", "dims")}
    return {**found, "shape_chains": most(holders["shape_chains"], SHAPES), "architectures": list(places)}


def as_text(found):
    """JSON with a line for each entry that is not a number in a list, so that differences can be read."""
    lines = []
    for key, value in found.items():
        if isinstance(value, dict) and any(isinstance(v, dict) for v in value.values()):
            inner = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items())
            lines.append(f" {json.dumps(key)}: {{\n{inner}\n }}")
        elif isinstance(value, dict) and len(value) > 12:
            words = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()]
            inner = ",\n".join("  " + ", ".join(words[i:i + 6]) for i in range(0, len(words), 6))
            lines.append(f" {json.dumps(key)}: {{\n{inner}\n }}")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(folder, path):
    found = census(folder)
    Path(path).write_text(as_text(found), "utf-8")
    print(f"{found['models']} architectures, {found['files']} files, {len(found['operators'])} operators")


if __name__ == "__main__":
    main(*sys.argv[1:])
