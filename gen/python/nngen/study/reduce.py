"""Cuts a failing model down to the few nodes that make the failure: ddmin (Zeller, Hildebrandt 2002) over the nodes.

A set of nodes stands alone because the reference run has every intermediate tensor: what the set needs and does not make becomes a graph
input with the value that it had. A smaller set counts when the target fails in the same way on it."""
import contextlib
import json
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from nngen.study import engine, isolate, messages, outcomes, scratch, targets
from nngen.study.case import Case
from nngen.study.runtimes import ort_session


def observed(model, feed):
    """Every tensor's value, by ONNX Runtime without optimisations."""
    full = onnx.ModelProto()
    full.CopyFrom(model)
    known = {x.name for x in full.graph.output}
    for n in full.graph.node:
        for o in n.output:
            if o and o not in known:
                full.graph.output.append(helper.make_empty_tensor_value_info(o))
                known.add(o)
    values = dict(feed)
    values.update({i.name: numpy_helper.to_array(i) for i in model.graph.initializer})
    values.update(zip([x.name for x in full.graph.output], ort_session(full, "ORT_DISABLE_ALL")(feed)))
    return values


def needs(node):
    """Names that a node reads, with those of its subgraphs."""
    names = [x for x in node.input if x]
    for a in node.attribute:
        for g in [a.g, *a.graphs]:
            for n in g.node:
                names += needs(n)
    return names


def info(name, value):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)


def part(model, keep, values):
    """(model, feed) of the nodes with the given numbers."""
    nodes = [model.graph.node[i] for i in sorted(keep)]
    made = {o for n in nodes for o in n.output if o}
    used = {x for n in nodes for x in needs(n)}
    weights = {i.name: i for i in model.graph.initializer}
    inputs = list(dict.fromkeys(x for n in nodes for x in needs(n) if x not in made and x not in weights and x in values))
    wanted = [x.name for x in model.graph.output if x.name in made]
    outputs = list(dict.fromkeys(wanted + [o for n in nodes for o in n.output if o and o not in used]))
    outputs = [o for o in outputs if np.size(values[o])] or outputs
    graph = helper.make_graph(nodes, "reduced", [info(x, values[x]) for x in inputs], [info(x, values[x]) for x in outputs],
                              [weights[x] for x in sorted(used & set(weights))])
    small = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version, producer_name="nngen")
    return small, {x: values[x] for x in inputs}


def write(folder, model, feed):
    folder = Path(folder)
    sets = folder / "test_data_set_0"
    sets.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    for i, x in enumerate(model.graph.input):
        (sets / f"input_{i}.pb").write_bytes(numpy_helper.from_array(np.asarray(feed[x.name]), x.name).SerializeToString())


class Oracle:
    """Says how a target fails on a model; keeps one child alive."""

    def __init__(self, target, level, modules=()):
        registry = targets.load_all(modules)
        self.t, self.reference = registry[target], registry[targets.REFERENCE]
        self.level, self.modules = level, modules
        self.scratch = scratch.Folder()
        self.folder = self.scratch.path
        self.children, self.calls = {}, 0

    def close(self):
        for child in self.children.values():
            child.close()
        self.scratch.close()

    def ask(self, t, request):
        if t.name not in self.children:
            self.children[t.name] = isolate.Child(t.name, self.modules, t.memory, t.seconds)
        result = self.children[t.name].ask(request)
        if result["status"] in isolate.GONE:
            self.children.pop(t.name).close()
        return result

    def result(self, model, feed, without=()):
        """without: passes that the target leaves out."""
        self.calls += 1
        write(self.folder / "m", model, feed)
        path, saved = str(self.folder / "m/model.onnx"), str(self.folder / "reference.npz")
        right = self.ask(self.reference, {"path": path, "save": saved})
        if right["status"] != "ok":
            return {"status": "no reference", "error": right.get("error", "")}
        return self.ask(self.t, {"path": path, "reference": saved, "without": list(without)})

    def failure(self, model, feed):
        """(outcome, normalised message or "")"""
        r = self.result(model, feed)
        kind = outcomes.outcome(r, self.level)
        return kind, messages.normalise(r.get("error", "")) if r["status"] == "failed" else ""


def ddmin(items, fails):
    """A subset that still fails and of which no single item can be left out."""
    n = 2
    while len(items) >= 2:
        size = max(1, len(items) // n)
        chunks = [items[i: i + size] for i in range(0, len(items), size)]
        for tried in chunks + ([[x for x in items if x not in c] for c in chunks] if n > 2 or len(chunks) > 2 else []):
            if tried and len(tried) < len(items) and fails(tried):
                n = 2 if tried in chunks else max(2, n - 1)
                items = tried
                break
        else:
            if n >= len(items):
                return items
            n = min(len(items), n * 2)
    return items


def first_failure(case, oracle, first):
    """(feed, (outcome, message)) of the first data set that fails, beginning with number `first`; None if all are right."""
    for k in sorted(case.feeds(), key=lambda k: k != first):
        feed = case.feed(k)
        found = oracle.failure(case.model(), feed)
        if found[0] != "correct" and found[0] not in outcomes.BESIDE:
            return feed, found
    return None


def reduce_case(path, oracle, first=0):
    """(model, feed, outcome, message), or None when it does not fail. first: the data set to begin with."""
    case = Case(path)
    failing = first_failure(case, oracle, first)
    if failing is None:
        return None
    model, (feed, found) = case.model(), failing
    values = observed(model, feed)

    def fails(keep):
        return oracle.failure(*part(model, keep, values)) == found

    keep = list(range(len(model.graph.node)))
    if fails(keep):  # not always, or not without the names of its inputs
        model, feed = part(model, ddmin(keep, fails), values)
    return model, feed, *found


def listing(model):
    """A short text of a model."""
    lines = []
    for x in model.graph.input:
        t = x.type.tensor_type
        lines.append(f"input {x.name}: {helper.tensor_dtype_to_string(t.elem_type).split('.')[1].lower()}{[d.dim_value for d in t.shape.dim]}")
    for i in model.graph.initializer:
        a = numpy_helper.to_array(i)
        lines.append(f"weight {i.name}: {a.dtype}{list(a.shape)}" + (f" = {a.tolist()}" if a.size <= 8 else ""))
    for n in model.graph.node:
        attributes = ", ".join(f"{a.name}={short(helper.get_attribute_value(a))}" for a in n.attribute)
        lines.append(f"{', '.join(n.output)} = {n.op_type}({', '.join(n.input)})" + (f" {{{attributes}}}" if attributes else ""))
    lines.append("output " + ", ".join(x.name for x in model.graph.output))
    return "\n".join(lines)


def short(v):
    if isinstance(v, onnx.TensorProto):
        a = numpy_helper.to_array(v)
        return f"{a.dtype}{list(a.shape)}" + (f" {a.tolist()}" if a.size <= 8 else "")
    if isinstance(v, bytes):
        return v.decode("utf-8", "replace")
    return [short(x) for x in v] if isinstance(v, (list, tuple)) else (f"{v:.6g}" if isinstance(v, float) else v)


def signature(target, found, model):
    return target, found[0], found[1], tuple(sorted(n.op_type for n in model.graph.node))


def command(sub):
    s = sub.add_parser("reduce", help="cut failing models of a run down")
    s.add_argument("out", help="folder of a run")
    s.add_argument("--target", help="only this one")
    s.add_argument("--outcome", help="only this one")
    s.add_argument("--tolerance", help="of tolerances.json (models outside their bounds; loose, if the corpus has none, and for the parts of models)")
    s.add_argument("--limit", type=int, default=200, help="most models to reduce")
    s.add_argument("--per-kind", type=int, default=2, help="most models of each target, outcome and message (or set of operators)")
    s.add_argument("--seconds", type=float, default=float("inf"), help="begin with no other model after that many")
    s.set_defaults(function=main)


def candidates(folder, args, level):
    """Failing results, smallest first, few of each kind. Targets and their outcomes take turns: where few can be reduced, each has some."""
    found, seen, dealt, turns = engine.read_results(folder), Counter(), Counter(), []
    facts = json.loads((Path(folder) / "models.json").read_text("utf-8"))
    for r in sorted(found, key=lambda r: (r["nodes"], r["model"], r["target"])):
        kind = outcomes.outcome(r, level)
        if kind == "correct" or kind in outcomes.BESIDE or (args.target and r["target"] != args.target) or (args.outcome and kind != args.outcome):
            continue
        what = messages.normalise(r.get("error", "")) or str(sorted(facts[r["model"]]["operators"]))
        seen[r["target"], kind, what] += 1
        if seen[r["target"], kind, what] <= args.per_kind:
            turns.append((dealt[r["target"], kind], r))
            dealt[r["target"], kind] += 1
    return [r for _, r in sorted(turns, key=lambda t: t[0])]


def worst_set(result):
    """The data set of the worst element of all outputs, by bounds if there are any; 0 where none is noted, as of a crash."""
    outside = [o["outside"] for o in result.get("outputs", []) if "outside" in o]
    if outside:
        return max(outside, key=lambda o: o["ratio"])["set"]
    noted = [o for o in result.get("outputs", []) if "worst" in o]
    return max(noted, key=lambda o: ("nan" in o or "inf" in o, o.get("abs", 0)))["worst"]["set"] if noted else 0


def main(args):
    """Writes OUT/reduced/NNN/ with model, data and listing.txt, one for each distinct set of operators and outcome, and reduced.json."""
    folder = Path(args.out)
    study = json.loads((folder / "study.json").read_text("utf-8"))
    level = outcomes.tolerance(args.tolerance) if args.tolerance else outcomes.telling(engine.read_results(folder))
    parts = outcomes.tolerance("loose") if "bound" in level else level  # parts of models have no expected outputs
    models = dict(engine.find_models(study["corpus"]))
    at, known = folder / "reduced.json", {}
    if at.exists():
        known = {tuple(x["key"]): x for x in json.loads(at.read_text("utf-8"))}
    tried = {(x["target"], m) for x in known.values() for m in x["models"]}
    until = time.monotonic() + args.seconds
    for r in [c for c in candidates(folder, args, level) if (c["target"], c["model"]) not in tried][: args.limit]:
        if time.monotonic() > until:
            break
        with contextlib.closing(Oracle(r["target"], parts, args.modules)) as oracle:
            found = reduce_case(models[r["model"]], oracle, worst_set(r))
        if found is None:
            continue
        model, feed, kind, message = found
        key = tuple(map(str, signature(r["target"], (kind, message), model)))
        entry = known.setdefault(key, {"key": key, "target": r["target"], "outcome": kind, "message": message, "nodes": len(model.graph.node),
                                       "operators": [n.op_type for n in model.graph.node], "models": [], "folder": f"reduced/{len(known):03d}"})
        if not entry["models"]:
            write(folder / entry["folder"], model, feed)
            text = listing(model)
            (folder / entry["folder"] / "listing.txt").write_text(text + "\n", "utf-8")
            print(f"{entry['folder']} {r['target']}: {kind} {message[:100]} [{', '.join(entry['operators'])}] from {r['model']} in {oracle.calls} calls", flush=True)
        entry["models"].append(r["model"])
        engine.write_json(at, list(known.values()))
    print(f"{len(known)} kinds", file=sys.stderr)
