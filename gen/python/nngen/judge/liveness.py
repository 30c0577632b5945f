"""Where information dies: which nodes see inputs that vary and give outputs that do not.

    python -m nngen.judge.liveness DIR [--inputs K] [--jobs J] [--sample M] [--weights] [--show N] [--report FILE]

Every tensor is observed for K inputs drawn uniformly in their intervals. An output lives if any two runs differ in it. A dead output is
put down to the nodes nearest to it that had a live input. Outputs of sources are left out. With --weights each node's real initializers are redrawn, a node at a time, within
the values they hold, and the graph outputs that change are counted."""
import argparse
import json
import sys
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from nngen.judge import corpus as corpora
from nngen.judge import intervals, narrow, runtime
from nngen.judge.view import View
from nngen.judge.workers import Pool

FLOAT = 1
# Real initializers that are no weights: settings, and places to look at.
SETTINGS = {("Resize", 1), ("Resize", 2), ("OneHot", 1), ("CastLike", 1), ("Dropout", 1), ("Pow", 1), ("Clip", 1), ("Clip", 2),
            ("MaxRoiPool", 1), ("RoiAlign", 1),
            ("MelWeightMatrix", 3), ("MelWeightMatrix", 4), ("Range", 0), ("Range", 1), ("Range", 2)}


def exposed(data, view, weights):
    """Session of the model with every node output as an output, and the given initializers as inputs."""
    wide, names = intervals.exposed(data, view)
    if weights:
        m = onnx.load_model_from_string(wide)
        kept = [t for t in m.graph.initializer if t.name not in weights]
        del m.graph.initializer[:]
        m.graph.initializer.extend(kept)
        for x in weights:
            dtype, shape = view.declared[x]
            m.graph.input.append(onnx.helper.make_tensor_value_info(x, dtype, shape))
        wide = m.SerializeToString()
    return runtime.session(wide, "none"), names


def same(a, b):
    a, b = narrow.widened(a), narrow.widened(b)
    return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def redrawn(rng, w):
    """Other values within those that w holds; a single value is moved by a tenth of it."""
    lo, hi = float(w.min()), float(w.max())
    if lo == hi:
        return np.asarray(w * 1.1 if lo else w + 0.1, np.float32)
    return np.asarray(np.clip(lo + (hi - lo) * rng.random(w.shape), lo, hi), np.float32)


def blame(view, live, output):
    """Nodes before a dead output, nearest first, that have a live input."""
    found, seen, stack = [], set(), [output]
    while stack:
        name = stack.pop()
        if name in seen or name not in view.producer:
            continue
        seen.add(name)
        i = view.producer[name][0]
        mine = view.data_inputs(view.nodes[i])
        if any(x in live for x in mine):
            found.append(i)
        else:
            stack += mine
    return found


def context(view, i, ranges, spread, live):
    n = view.nodes[i]
    def show(x):
        if not x:
            return "-"
        lo, hi = ranges.get(x, (float("nan"),) * 2)
        a, b = spread.get(x, (float("nan"),) * 2)
        kind = "w" if x in view.inits else "live" if x in live else "dead"
        return f"{kind}{list(view.declared[x][1])} [{lo:.3g},{hi:.3g}] seen [{a:.3g},{b:.3g}]"
    attrs = " ".join(f"{a.name}={onnx.helper.get_attribute_value(a)}" for a in n.attribute)
    return f"{n.op_type} {attrs} <- " + "; ".join(show(x) for x in n.input) + " -> " + "; ".join(show(x) for x in n.output)


def examine(task, stage=lambda s: None):
    """Facts of one model as plain data; the form of a task and of a result is that of judge.judge."""
    record = task["record"]
    data = (Path(task["root"]) / record["name"] / "model.onnx").read_bytes()
    view = View(onnx.load_model_from_string(data))
    ranges = record.get("intervals", {})
    real = {x for n in view.nodes for s, x in enumerate(n.input) if x in view.inits and (n.op_type, s) not in SETTINGS}
    weights = {x: numpy_helper.to_array(view.inits[x]) for x in sorted(real) if view.inits[x].data_type == FLOAT} if task["weights"] else {}
    stage("run")
    session, names = exposed(data, view, weights)
    rng = np.random.default_rng(zlib.crc32((record["name"] + record["files"]["model.onnx"]).encode()))
    draws = [{p["name"]: intervals.draw(rng, "uniform", p) for p in record["inputs"]} for _ in range(max(task["inputs"], 2))]
    first, live, spread, part = {}, set(), {}, {}
    for x, w in view.inits.items():
        w = narrow.widened(numpy_helper.to_array(w))
        spread[x] = (float(w.min()), float(w.max())) if w.size else (0.0, 0.0)
    for k, feed in enumerate(draws):
        values = dict(zip(names, map(np.asarray, session.run(names, {**feed, **weights}))))
        for x, v in {**feed, **values}.items():
            if v.size:
                v = narrow.widened(v)
                lo, hi = float(v.min()), float(v.max())
                a, b = spread.get(x, (lo, hi))
                spread[x] = (min(a, lo), max(b, hi))
            if k == 0:
                first[x] = v
            elif not same(first[x], v):
                live.add(x)
                part[x] = max(part.get(x, 0.0), float(np.mean(first[x] != v)))
    killers, guilty = Counter(), Counter()
    lines = []
    for i, n in enumerate(view.nodes):
        if n.op_type not in task["sources"] and any(x in live for x in n.input) and not any(x in live for x in n.output):
            killers[n.op_type] += 1
    moving = [x for x in view.outputs if view.made_by(x) not in task["sources"]]  # sources are shown on purpose
    dead = [x for x in moving if x not in live]
    for x in dead:
        for i in blame(view, live, x):
            guilty[view.nodes[i].op_type] += 1
            lines.append((view.nodes[i].op_type, f"{record['name']}: {context(view, i, ranges, spread, live)}"))
    widths = {}
    for x, (lo, hi) in spread.items():
        if x in ranges and hi > lo and x in view.producer and view.declared[x][0] == FLOAT:
            a, b = ranges[x]
            widths.setdefault(view.made_by(x), []).append((b - a) / (hi - lo))
    tried, moved, deaf, asked = 0, 0, Counter(), Counter()
    for i, n in enumerate(view.nodes):
        mine = [x for x in n.input if x in weights]
        if not mine:
            continue
        tried += 1
        asked[n.op_type] += 1
        other = {x: redrawn(rng, weights[x]) for x in mine}
        hit = False
        for feed in draws[:3]:
            if not hit:
                base, new = (session.run(view.outputs, {**feed, **weights, **o}) for o in ({}, other))
                hit = not all(same(np.asarray(a), np.asarray(b)) for a, b in zip(base, new))
        moved += hit
        deaf[n.op_type] += not hit
        if not hit:
            lines.append(("weights of " + n.op_type, f"{record['name']}: {context(view, i, ranges, spread, live)}"))
    return {"problems": [], "notes": [], "stats": None,
            "facts": {"outputs": len(moving), "dead": len(dead), "nodes": Counter(n.op_type for n in view.nodes), "killers": killers,
                      "guilty": guilty, "lines": lines, "widths": widths, "weights": [moved, tried], "deaf": deaf, "asked": asked,
                      "part": [min(1.0, part[x]) for x in view.outputs if x in part]}}


COUNTS = ("nodes", "killers", "guilty", "deaf", "asked")


def add(facts):
    """Sums of the facts of models, or of such sums; {} of none."""
    total = {}
    for f in facts:
        for k in ("outputs", "dead"):
            total[k] = total.get(k, 0) + f[k]
        for k in COUNTS:
            total[k] = dict(sorted((Counter(total.get(k, {})) + Counter(f[k])).items()))
        total["weights"] = [a + b for a, b in zip(total.get("weights", [0, 0]), f["weights"])]
    return total


def main(argv=None):
    p = argparse.ArgumentParser(prog="nngen.judge.liveness", description="Finds where information dies in the models of a corpus.")
    p.add_argument("dir", nargs="+")
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--inputs", type=int, default=5, metavar="K", help="input sets drawn")
    p.add_argument("--sample", type=int, default=0, metavar="M", help="look at M models, evenly spaced")
    p.add_argument("--weights", action="store_true", help="redraw each node's weights too")
    p.add_argument("--show", type=int, default=0, metavar="N", help="show N deaths of each operator")
    p.add_argument("--report", metavar="FILE")
    args = p.parse_args(argv)
    facts, failed = [], []
    with Pool(args.jobs, examine) as pool:
        for root in args.dir:
            corpus = corpora.load(root)
            records = corpus.records
            if args.sample and args.sample < len(records):
                records = [records[i * len(records) // args.sample] for i in range(args.sample)]
            tasks = [{"root": str(corpus.root), "record": r, "manifest": corpus.manifest, "sources": corpora.sources(corpus.manifest),
                      "inputs": args.inputs, "weights": args.weights} for r in records]
            for task, result in pool.map(tasks):
                (facts.append(result["facts"]) if result["facts"] else failed.append((task["record"]["name"], result["problems"])))
    outputs, dead = sum(f["outputs"] for f in facts), sum(f["dead"] for f in facts)
    total = {k: sum((Counter(f[k]) for f in facts), Counter()) for k in COUNTS}
    moved, tried = (sum(f["weights"][i] for f in facts) for i in (0, 1))
    print(f"{len(facts)} models; outputs that change with the inputs: {outputs - dead} of {outputs} = {100 * (outputs - dead) / max(outputs, 1):.2f} %")
    if tried:
        print(f"nodes whose weights matter to an output: {moved} of {tried} = {100 * moved / tried:.2f} %")
        print("weights that do not: " + ", ".join(f"{op} {n} of {total['asked'][op]}" for op, n in total["deaf"].most_common() if n))
    print("operator: dead outputs put down to it; nodes with a live input and no live output, of all")
    for op, n in sorted(total["killers"].items(), key=lambda x: (-total["guilty"][x[0]], -x[1])):
        print(f"  {op}: {total['guilty'][op]}; {n} of {total['nodes'][op]}")
    shown = Counter()
    for f in facts:
        for op, line in f["lines"]:
            shown[op] += 1
            if shown[op] <= args.show:
                print(f"    {line}")
    widths = {}
    for f in facts:
        for op, w in f["widths"].items():
            widths.setdefault(op, []).extend(w)
    medians = {op: float(np.median(w)) for op, w in widths.items()}
    print("declared width / observed width (medians): " + ", ".join(f"{op} {m:.1f}" for op, m in sorted(medians.items(), key=lambda x: -x[1])[:30]))
    if failed:
        print(f"{len(failed)} models could not be examined: {failed[:3]}")
    if args.report:
        Path(args.report).write_text(json.dumps({"outputs": outputs, "dead": dead, "weights": [moved, tried], "medians": medians, **total}, indent=1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
