"""Cuts failing models of a run down to the few nodes that make the failure, by `nngen reduce` with the target as predicate. A smaller model counts
when the target fails in the same way on it."""
import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import onnx

from nngen._program import chosen
from nngen.study import cases, engine, isolate, messages, outcomes, scratch, targets
from nngen.study.case import Case, graph_inputs, write_inputs
from nngen.study.declared import BadCase
from nngen.study.listing import listing


def write(folder, model, feed):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    write_inputs(folder / "test_data_set_0", graph_inputs(model.graph), feed)


class Oracle:
    """Says how a target fails on a model; keeps one child alive."""

    def __init__(self, target, level, modules=()):
        registry = targets.load_all(modules)
        self.t, self.reference = targets.find(target), registry[targets.REFERENCE]
        self.level, self.modules = level, modules
        self.scratch = scratch.Folder()
        self.folder = self.scratch.path
        self.children = {}

    def close(self):
        for child in self.children.values():
            child.close()
        self.scratch.close()

    def ask(self, t, request):
        if t.name not in self.children:
            self.children[t.name] = isolate.Child(t.name, self.modules, t.memory, t.seconds, t.environment)
        result = self.children[t.name].ask(request)
        if result["status"] in isolate.GONE:
            self.children.pop(t.name).close()
        return result

    def result(self, model, feed, without=()):
        """without: passes that the target leaves out."""
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


def first_failure(case, oracle, first):
    """(feed, (outcome, message)) of the first data set that fails, beginning with number `first`; None if all are right."""
    for k in sorted(case.feeds(), key=lambda k: k != first):
        feed = case.feed(k)
        found = oracle.failure(case.model(), feed)
        if found[0] != "correct" and found[0] not in outcomes.BESIDE:
            return feed, found
    return None


def reduce_case(path, oracle, first=0, data=None, nngen=""):
    """(model, feed, outcome, message, calls), or None when it does not fail. first: the data set to begin with; data: the folder of data
    sets, if not the model's."""
    case = Case(path, data=data)
    failing = first_failure(case, oracle, first)
    if failing is None:
        return None
    feed, found = failing
    write(oracle.folder / "failing", case.model(), feed)
    calls = shrink(oracle, oracle.folder / "failing", oracle.folder / "small", nngen)
    at = oracle.folder / ("small/smallest" if calls else "failing")  # not found again: it does not fail always, or not without the names of its inputs
    small = Case(at / "model.onnx")
    return small.model(), small.feed(0), *found, calls


def shrink(oracle, folder, out, nngen):
    """Runs `nngen reduce`; how many models it tried, 0 if it did not find the failure."""
    modules = ["--modules", ",".join(oracle.modules)] if oracle.modules else []
    worker = [sys.executable, "-m", "nngen.study", *modules, "predicate", oracle.t.name, "--tolerance", oracle.level["name"]]
    limits = ["--timeout", str(int(3 * oracle.t.seconds) + 60)]  # the worker has its own, for each part of its answer
    done = subprocess.run([chosen(nngen), "reduce", folder / "model.onnx", "--inputs", folder, "--out", out, "--force", *limits, "--worker", "--", *worker],
                          env={**os.environ, "PYTHONPATH": isolate.python_path()}, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode == 0:
        return int(re.search(r"(\d+) calls?", done.stdout).group(1))
    if "does not fail" not in done.stderr:
        raise RuntimeError(f"nngen reduce {folder}: {done.stderr.strip()[-500:]}")
    return 0


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
    s.add_argument("--nngen", default="", metavar="PATH", help="the program nngen")
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
    models = cases.of_run(folder)
    level = outcomes.tolerance(args.tolerance) if args.tolerance else outcomes.telling(engine.read_results(folder))
    parts = outcomes.tolerance("loose") if "bound" in level else level  # parts of models have no expected outputs
    if gone := {r["model"] for r in engine.read_results(folder)} - set(models):
        print(f"{len(gone)} models of the run are not there any more, such as {min(gone)}", file=sys.stderr)
    at, known = folder / "reduced.json", {}
    if at.exists():
        known = {tuple(x["key"]): x for x in json.loads(at.read_text("utf-8"))}
    tried = {(x["target"], m) for x in known.values() for m in x["models"]}
    until = time.monotonic() + args.seconds
    for r in [c for c in candidates(folder, args, level) if (c["target"], c["model"]) not in tried and c["model"] in models][: args.limit]:
        if time.monotonic() > until:
            break
        with contextlib.closing(Oracle(r["target"], parts, args.modules)) as oracle:
            case = models[r["model"]]
            try:
                found = reduce_case(case.file, oracle, worst_set(r), case.data, args.nngen)
            except (BadCase, RuntimeError) as e:
                print(f"{r['model']}, {r['target']}: not reduced: {e}", file=sys.stderr)
                continue
        if found is None:
            continue
        model, feed, kind, message, calls = found
        key = tuple(map(str, signature(r["target"], (kind, message), model)))
        entry = known.setdefault(key, {"key": key, "target": r["target"], "outcome": kind, "message": message, "nodes": len(model.graph.node),
                                       "operators": [n.op_type for n in model.graph.node], "models": [], "folder": f"reduced/{len(known):03d}"})
        if not entry["models"]:
            write(folder / entry["folder"], model, feed)
            text = listing(model)
            (folder / entry["folder"] / "listing.txt").write_text(text + "\n", "utf-8")
            print(f"{entry['folder']} {r['target']}: {kind} {message[:100]} [{', '.join(entry['operators'])}] from {r['model']} in {calls} calls", flush=True)
        entry["models"].append(r["model"])
        engine.write_json(at, list(known.values()))
    print(f"{len(known)} {'kind' if len(known) == 1 else 'kinds'}", file=sys.stderr)
