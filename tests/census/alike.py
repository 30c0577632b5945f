"""Compares a corpus with the models that it was made like: sequences of operators, attributes, sizes, ranks and constant operands.

    PYTHONPATH=tests python3 -m census.alike MODELS CORPUS

Prints how many of the models' pairs, triples and fours some model of the corpus holds, of those whose operators are all in the corpus's
table; then, for each kind of value, the shares of the most frequent values in the models and in the corpus, with their ratio.
"""

import sys
from collections import Counter, defaultdict
from pathlib import Path

import onnx
from census.held import BINARY, attributes, sequences, table_of

SHOWN = 5    # values of each kind
LEAST = 0.08  # smaller shares of values are not compared


def constants(graph):
    """Shapes of initializers and of the outputs of Constant nodes."""
    found = {t.name: tuple(t.dims) for t in graph.initializer}
    for n in graph.node:
        if n.op_type == "Constant":
            value = onnx.helper.get_attribute_value(n.attribute[0])
            found[n.output[0]] = tuple(value.dims) if isinstance(value, onnx.TensorProto) else ()
    return found


def count_conv(node, constant, seen):
    weight = constant.get(node.input[1])
    if not weight:
        return
    a, n = attributes(node), len(weight) - 2
    seen["channels in eights"][weight[0] % 8 == 0] += 1
    seen["channels"][weight[0]] += 1
    seen["axes of kernels"][n] += 1
    if n == 2:
        seen["kernels"][weight[2:]] += 1
        seen["strides"][tuple(a.get("strides", [1] * n))] += 1
        seen["pads"][tuple(a.get("pads", [0] * 2 * n))] += 1
        seen["one group"][a.get("group", 1) == 1] += 1


def count_node(node, constant, seen):
    a = attributes(node)
    if node.op_type == "Conv":
        count_conv(node, constant, seen)
    if node.op_type in BINARY:
        given = [constant[i] for i in node.input if i in constant]
        seen["constant operand"][bool(given)] += 1
        if given:
            seen["scalar, of the constant ones"][given[0] in ((), (1,))] += 1
    if node.op_type == "MatMul":
        seen["constant matrix"][node.input[1] in constant] += 1
    if node.op_type == "Transpose" and "perm" in a:
        seen["permutations"][tuple(a["perm"])] += 1
    if "axis" in a:
        seen[f"axis of {node.op_type}"][a["axis"]] += 1


def tally(paths):
    """Sequences by length, and for each kind of value a count of the values."""
    held, seen = {2: set(), 3: set(), 4: set()}, defaultdict(Counter)
    for path in paths:
        graph = onnx.load(str(path), load_external_data=False).graph
        for k, found in sequences(graph).items():
            held[k] |= found
        for v in [*graph.value_info, *graph.input, *graph.output]:
            if v.type.tensor_type.HasField("shape"):
                seen["ranks"][len(v.type.tensor_type.shape.dim)] += 1
        constant = constants(graph)
        for node in graph.node:
            count_node(node, constant, seen)
    return held, seen


def compare(models, corpus):
    """(per cent of the sequences by length, [(kind, value, share there, share here)])"""
    names = table_of(corpus)
    (theirs, there), (ours, here) = tally(sorted(Path(models).rglob("*.onnx"))), tally(sorted(Path(corpus).glob("*/model.onnx")))
    known = {k: {s for s in theirs[k] if set(s) <= names} for k in theirs}
    rows = []
    for kind, values in there.items():
        total, own = sum(values.values()), max(1, sum(here[kind].values()))
        rows += [(kind, v, n / total, here[kind][v] / own) for v, n in values.most_common(SHOWN) if n >= LEAST * total]
    return {k: 100 * len(s & ours[k]) / max(1, len(s)) for k, s in known.items()}, rows


def main(models, corpus):
    held, rows = compare(models, corpus)
    for k, kind in ((2, "pairs"), (3, "triples"), (4, "fours")):
        print(f"{kind:46}{held[k]:6.1f} %")
    for kind, value, there, here in rows:
        print(f"{kind:30}{value!s:16}{100 * there:6.1f} % {100 * here:6.1f} %   {here / there:5.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
