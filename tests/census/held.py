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


def sequences(graph):
    """Distinct sequences of 2 to 4 operators, each consuming an output of the one before; Constant nodes are left out."""
    maker = {out: n for n in graph.node for out in n.output if out}
    found = {2: set(), 3: set(), 4: set()}
    before = {}
    for node in graph.node:  # in topological order
        ends = {1: {(node.op_type,)}, 2: set(), 3: set(), 4: set()}
        if node.op_type != "Constant":
            for name in node.input:
                source = maker.get(name)
                if source is not None and source.op_type != "Constant":
                    for k in (2, 3, 4):
                        ends[k] |= {path + (node.op_type,) for path in before[id(source)][k - 1]}
        before[id(node)] = ends
        for k in found:
            found[k] |= ends[k]
    return found


def attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def shape_class(dims):
    return "scalar" if all(d == 1 for d in dims) and len(dims) < 2 else "other"


def tally(corpus):
    """Counts over a corpus: of kernels, strides, pads, channels, operands, sharing, depth."""
    c = Counter()
    held = {2: set(), 3: set(), 4: set()}
    depths, inputs, outputs = [], [], []
    for graph in graphs(corpus):
        c["models"] += 1
        for k, paths in sequences(graph).items():
            held[k] |= paths
        constant = {t.name: tuple(t.dims) for t in graph.initializer}
        constant |= {n.output[0]: () for n in graph.node if n.op_type == "Constant"}
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
            a = attributes(n)
            if n.op_type in BINARY:
                c["binary"] += 1
                c["binary constant"] += any(i in constant for i in n.input)
                c["binary scalar"] += any(i in constant and shape_class(constant[i]) == "scalar" for i in n.input)
            if n.op_type == "Conv":
                weight = constant.get(n.input[1])
                kernel = weight and weight[2:]
                if kernel and len(kernel) == 2:
                    c["conv"] += 1
                    c["square"] += kernel[0] == kernel[1]
                    c["1x1 3x3"] += kernel in ((1, 1), (3, 3))
                    c["equal strides"] += len(set(a.get("strides", [1, 1]))) == 1
                    c["stride 1"] += set(a.get("strides", [1, 1])) == {1}
                    c["dilation 1"] += set(a.get("dilations", [1, 1])) == {1}
                    pads = a.get("pads", [0, 0, 0, 0])
                    c["symmetric pads"] += pads[0] == pads[2] and pads[1] == pads[3]
                    c["no pads"] += not any(pads)
                    c["group 1"] += a.get("group", 1) == 1
                    c["channels in eights"] += weight[0] % 8 == 0
        depths.append(max(level.values()) / len(graph.node))
    median = lambda x: sorted(x)[len(x) // 2]
    return c, held, {"depth / nodes": median(depths), "inputs": median(inputs), "outputs": median(outputs)}


def of(table, test):
    total = sum(table.values())
    return sum(n for key, n in table.items() if test(json.loads(key))) / total


def census_shares(census):
    """The same shares of the census. Attributes that a node leaves out are not in it, so shares are of those that are written."""
    conv = {name: {k: n for k, n in census["attributes"][f"Conv.{name}"].items() if len(json.loads(k)) == size}
            for name, size in (("kernel_shape", 2), ("strides", 2), ("dilations", 2), ("pads", 4))}
    weights = {k.split(" ", 1)[1]: n for k, n in census["weight_shapes"].items() if k.startswith("Conv [") and k.count(",") == 3}
    binary = sum(census["operators"][op][1] for op in BINARY if op in census["operators"])
    constant = sum(n for op in BINARY for k in "01" for n in census["constant_operands"].get(f"{op}.{k}", {}).values())
    scalar = sum(n for op in BINARY for k in "01" for shape, n in census["constant_operands"].get(f"{op}.{k}", {}).items() if shape in ("[]", "[1]"))
    return {"square": of(conv["kernel_shape"], lambda k: k[0] == k[1]), "1x1 3x3": of(conv["kernel_shape"], lambda k: k in ([1, 1], [3, 3])),
            "equal strides": of(conv["strides"], lambda s: s[0] == s[1]), "stride 1": of(conv["strides"], lambda s: s == [1, 1]),
            "dilation 1": of(conv["dilations"], lambda d: d == [1, 1]),
            "symmetric pads": of(conv["pads"], lambda p: p[:2] == p[2:]), "no pads": of(conv["pads"], lambda p: not any(p)),
            "group 1": of(census["attributes"]["Conv.group"], lambda g: g == 1), "channels in eights": of(weights, lambda w: w[0] % 8 == 0),
            "binary constant": constant / binary, "binary scalar": scalar / binary}


def table_of(corpus):
    return {o["name"] for o in json.loads((Path(corpus) / "manifest.json").read_text())["operators"]}


def compare(census, corpus):
    c, held, medians = tally(corpus)
    names = table_of(corpus)
    report = {"sequences": {}, "shares": {}, "medians": medians}
    for k, kind in ((2, "pairs"), (3, "triples"), (4, "fours")):
        known = [tuple(s.split(",")) for s in census[kind] if set(s.split(",")) <= names]
        report["sequences"][kind] = (sum(s in held[k] for s in known), len(known), sorted(",".join(s) for s in known if s not in held[k]))
    for name, share in census_shares(census).items():
        whole = c["binary"] if name.startswith("binary") else c["conv"]
        report["shares"][name] = (share, c[name] / max(whole, 1))
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
