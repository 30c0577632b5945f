"""Nodes with types that ONNX Runtime has no kernels for, by onnx's reference evaluator: each node is computed from the values that the nodes before
it gave there, and compared with what it must give for these (expected.py).

    python -m nngen.judge.reference DIR [--all]

Prints a line for each node outside its bounds, of another type or shape, or at which the evaluator raises, and the counts. A node that it cannot
compute gives what is expected. --all: also nodes without a type that NumPy lacks. The corpus may be of the profile onnx."""
import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from nngen.judge import bounds, conditioning, driver, narrow, quirks, runtime
from nngen.judge.compare import MISSING
from nngen.judge.expect import TYPE_NAMES
from nngen.judge.view import View


def array_of(v, declared):
    """What the evaluator of outputs gave, as an array of the declared type."""
    return np.asarray(v).astype(runtime.NUMPY[TYPE_NAMES[declared[0]]])


def compare(names, made, found, declared):
    """In words what is wrong with the outputs, or None."""
    for name, y in zip(names, made):
        y, want = np.asarray(y), runtime.NUMPY[TYPE_NAMES[declared[name][0]]]
        if y.dtype != want or y.shape != tuple(declared[name][1]):
            return f"{name!r} is {y.dtype}{list(y.shape)}, declared {TYPE_NAMES[declared[name][0]]}{list(declared[name][1])}"
        if name in found and (worst := bounds.judge(y, *found[name])):
            return f"{name!r}{bounds.words(worst)}"
    return None


def by_node(view, node, values, d):
    """(outcome, words) of a node; adds what it makes to the values."""
    names = [x for x in node.output if x]
    model = conditioning.alone(view, node)
    feed = {v.name: values[v.name] for v in model.graph.input}
    found, errors = d.compute(driver.single(view.model, node), {}, {x: values[x] for x in node.input if x}, kept=True)
    found = {} if errors else found
    try:
        with np.errstate(all="ignore"):
            made, words = ReferenceEvaluator(model).run(names, feed), None
    except Exception as e:
        made, words = None, runtime.one_line(e)[:200]
        how = "missing" if isinstance(e, NotImplementedError) or MISSING.search(str(e)) else "error"
    if made is not None:
        words = compare(names, made, found, view.declared)
        how = "values" if words else "correct"
    if words and how != "missing":
        ins = [values[x] if x else None for x in node.input]
        known = quirks.known(node, view.opset, ins, [array_of(found[x][0], view.declared[x]) for x in names if x in found], how)
        how, words = ("quirk", known["name"]) if known else (how, words)
    good = made is not None and how == "correct"
    for x, y in zip(names, made if good else [array_of(found[x][0], view.declared[x]) if x in found else None for x in names]):
        values[x] = y
    return how, words


def examine(folder, everything=False):
    """[(operator, outcome, words)] of the nodes of a model, up to the first whose values nobody knows."""
    view = View(onnx.load(folder / "model.onnx"))
    values = {k: numpy_helper.to_array(t) for k, t in view.inits.items()}
    for i, name in enumerate(view.inputs):
        values[name] = numpy_helper.to_array(onnx.load_tensor(str(folder / f"test_data_set_0/input_{i}.pb")))
    d, found = driver.Driver(view.opset), []
    try:
        for n in view.nodes:
            if any(values.get(x) is None for x in n.input if x):
                for x in n.output:
                    values[x] = None
                continue
            outcome, words = by_node(view, n, values, d)
            if everything or any(TYPE_NAMES.get(view.declared[x][0]) in narrow.NUMPY for x in [*n.input, *n.output] if x):
                found.append((n.op_type, outcome, words))
    finally:
        d.close()
    return found


def main(argv=None):
    p = argparse.ArgumentParser(prog="nngen.judge.reference")
    p.add_argument("dir", type=Path)
    p.add_argument("--all", action="store_true")
    args = p.parse_args(argv)
    total, missing = Counter(), Counter()
    for folder in sorted(args.dir.glob("test_*")):
        for op, outcome, words in examine(folder, args.all):
            total[outcome] += 1
            if outcome == "missing":
                missing[op] += 1
            elif outcome in ("error", "values"):
                print(f"{folder.name}: {op}: {outcome}: {words}")
    print(f"{sum(total.values())} nodes: " + ", ".join(f"{n} {k}" for k, n in sorted(total.items())))
    return 1 if total["error"] or total["values"] else 0


if __name__ == "__main__":
    sys.exit(main())
