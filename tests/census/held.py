"""Compares a corpus with a census of models: which of its sequences the corpus holds, and how attributes and operands are distributed.

    python3 tests/census/held.py CENSUS.json CORPUS [--json]

Prints, for pairs, triples and fours whose operators are all among those of the corpus's table, how many of them some model holds; then
shares in the census and in the corpus, with their ratio.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import onnx
from onnx import numpy_helper

BINARY = {"Add", "Sub", "Mul", "Div", "Pow"}


def graphs(corpus):
    for path in sorted(Path(corpus).glob("*/model.onnx")):
        yield onnx.load(str(path)).graph


def walks(graph):
    """{length: how often each sequence of 2 to 4 operators occurs, each consuming an output of the one before}; Constant nodes are left out."""
    maker = {out: k for k, n in enumerate(graph.node) for out in n.output if out}
    found = {2: Counter(), 3: Counter(), 4: Counter()}
    ends = []  # of each node, the sequences that end there
    for node in graph.node:  # in topological order
        here = {1: Counter({(node.op_type,): 1}), 2: Counter(), 3: Counter(), 4: Counter()}
        if node.op_type != "Constant":
            for source in sorted({maker[name] for name in node.input if name in maker}):
                for k in (2, 3, 4) if graph.node[source].op_type != "Constant" else ():
                    for path, n in ends[source][k - 1].items():
                        here[k][path + (node.op_type,)] += n
        ends.append(here)
        for k, counts in found.items():
            counts.update(here[k])
    return found


def sequences(graph):
    """The distinct ones."""
    return {k: set(counts) for k, counts in walks(graph).items()}


def attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def shape_class(dims):
    return "scalar" if all(d == 1 for d in dims) and len(dims) < 2 else "other"


def count_conv(node, weight, c):
    """Counts of a 2-D convolution whose weights are an initializer of this shape."""
    a, kernel = attributes(node), weight[2:]
    strides, dilations, pads = a.get("strides", [1, 1]), a.get("dilations", [1, 1]), a.get("pads", [0, 0, 0, 0])
    c.update(("conv", *(name for name, holds in (
        ("square", kernel[0] == kernel[1]), ("1x1 3x3", kernel in ((1, 1), (3, 3))), ("equal strides", len(set(strides)) == 1), ("stride 1", set(strides) == {1}),
        ("dilation 1", set(dilations) == {1}), ("symmetric pads", pads[0] == pads[2] and pads[1] == pads[3]), ("no pads", not any(pads)),
        ("group 1", a.get("group", 1) == 1), ("channels in eights", weight[0] % 8 == 0)) if holds)))


def count_binary(node, constant, c):
    given = [constant[i] for i in node.input if i in constant]
    c["binary"] += 1
    c["binary constant"] += bool(given)
    c["binary scalar"] += any(shape_class(dims) == "scalar" for dims in given)


def count_values(graph, c):
    """Adds the counts of 2-D convolutions and of binary operators, of which SHARES are."""
    constant = {t.name: tuple(t.dims) for t in graph.initializer}
    constant |= {n.output[0]: constant_dims(n) for n in graph.node if n.op_type == "Constant"}
    for n in graph.node:
        if n.op_type in BINARY:
            count_binary(n, constant, c)
        if n.op_type == "Conv" and len(constant.get(n.input[1], ())) == 4:
            count_conv(n, constant[n.input[1]], c)


def constant_dims(node):
    """The shape of what a Constant node holds: a tensor, a list or a number."""
    value = onnx.helper.get_attribute_value(node.attribute[0])
    return tuple(value.dims) if isinstance(value, onnx.TensorProto) else (len(value),) if isinstance(value, list) else ()


def tally(corpus):
    """Counts over a corpus: of kernels, strides, pads, channels, operands, sharing, depth."""
    c = Counter()
    held = {2: set(), 3: set(), 4: set()}
    depths, inputs, outputs = [], [], []
    for graph in graphs(corpus):
        c["models"] += 1
        count_values(graph, c)
        for k, paths in sequences(graph).items():
            held[k] |= paths
        constant = {t.name for t in graph.initializer} | {n.output[0] for n in graph.node if n.op_type == "Constant"}
        uses = Counter(name for n in graph.node for name in set(n.input) if name)
        c["shared models"] += any(uses[name] > 1 for name in constant)
        c["recurrent models"] += any(n.op_type in ("LSTM", "GRU", "RNN") for n in graph.node)
        inputs.append(len(graph.input))
        outputs.append(len(graph.output))
        rank = {v.name: len(v.type.tensor_type.shape.dim) for v in [*graph.value_info, *graph.input, *graph.output]}
        c["tensors"] += len(rank)
        c["rank 5"] += sum(r >= 5 for r in rank.values())
        level = {}
        for n in graph.node:
            level.update({out: 1 + max((level.get(i, 0) for i in n.input), default=0) for out in n.output})
        depths.append(max(level.values()) / len(graph.node))
    median = lambda x: sorted(x)[len(x) // 2]
    return c, held, {"depth / nodes": median(depths), "inputs": median(inputs), "outputs": median(outputs)}


SHARES = ("square", "1x1 3x3", "equal strides", "stride 1", "dilation 1", "symmetric pads", "no pads", "group 1", "channels in eights", "binary constant", "binary scalar")


def whole(name):
    """What a share is of."""
    return "binary" if name.startswith("binary") else "conv"


def shares(counts):
    """Of a corpus or a census, whose counts are the same."""
    return {name: counts.get(name, 0) / max(counts.get(whole(name), 0), 1) for name in SHARES}


def table_of(corpus):
    return {o["name"] for o in json.loads((Path(corpus) / "manifest.json").read_text())["operators"]}


def compare(census, corpus):
    c, held, medians = tally(corpus)
    names = table_of(corpus)
    report = {"sequences": {}, "shares": {}, "medians": medians}
    for k, kind in ((2, "pairs"), (3, "triples"), (4, "fours")):
        known = [tuple(s.split(",")) for s in census[kind] if set(s.split(",")) <= names]
        report["sequences"][kind] = (sum(s in held[k] for s in known), len(known), sorted(",".join(s) for s in known if s not in held[k]))
    here = shares(c)
    report["shares"] = {name: (there, here[name]) for name, there in shares(census["shares"]).items()}
    report["shares"]["shared initializer"] = (0.20, c["shared models"] / c["models"])
    report["shares"]["recurrent models"] = (0.10, c["recurrent models"] / c["models"])
    report["shares"]["rank 5"] = (0.004, c["rank 5"] / c["tensors"])
    return report


def main(census, corpus, *flags):
    report = compare(json.loads(Path(census).read_text()), corpus)
    if "--json" in flags:
        print(json.dumps(report))
        return
    for kind, (found, known, missing) in report["sequences"].items():
        print(f"{kind:24}{found:5} of {known:4}  {100 * found / known:5.1f} %   missing: {'; '.join(missing[:8])}")
    for name, (there, here) in report["shares"].items():
        print(f"{name:24}{100 * there:6.1f} % {100 * here:6.1f} %   {here / there:5.2f}")
    for name, x in report["medians"].items():
        print(f"{name:24}{x:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
