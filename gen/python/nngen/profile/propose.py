"""nngen-profile propose --runtime NAME | --adapter FILE.py [--work DIR]

Measures which operators a runtime runs, and proposes a profile. Interrupted, the same command goes on where it stopped.
Exit status 0: done; 2: usage; 130: interrupted."""
import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from pathlib import Path

from nngen._program import chosen
from nngen.judge import plan
from nngen.profile import adapter, measure, separate, write
from nngen.profile.rounds import Rounds
from nngen.study import scratch, targets
from nngen.study.engine import Bar



def arguments(argv, prog="nngen-profile propose", description="Measures which operators a runtime runs, and proposes a profile.", count=10, count_help="models an operator and opset", opsets=None, more=None):
    p = argparse.ArgumentParser(prog=prog, description=description)
    which = p.add_mutually_exclusive_group(required=True)
    which.add_argument("--runtime", help="a target of nngen-study, such as openvino")
    which.add_argument("--adapter", metavar="FILE.py", help="a file with run(path, inputs); such as the text of `nngen-profile example`")
    p.add_argument("--nngen", default="", metavar="PATH", help="the program that makes the models (the installed one)")
    p.add_argument("--opsets", type=plan.numbers, default=opsets or list(range(7, 29)),
                   help=f"such as 13,17,22-24 ({','.join(map(str, opsets)) if opsets else '7-28'})")
    p.add_argument("--ops", default="", help="these operators only, separated by commas")
    p.add_argument("--count", type=int, default=count, help=f"{count_help} ({count})")
    p.add_argument("--more", type=int, default=40, help="models more, at each opset, of an operator of which some fail and some do not (40)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--profile", default="onnx", help="what to begin from (onnx); a profile's own name finds what it still gets wrong")
    p.add_argument("--name", default="", help="name of the proposed profile (the runtime's)")
    p.add_argument("--work", default="", help="folder of what was measured, report.json and NAME.yaml (out/profiles/NAME)")
    p.add_argument("--seconds", type=float, default=20, help="limit of a model (20)")
    p.add_argument("--memory", type=int, default=2048, help="limit of the runtime's process, MiB (2048)")
    p.add_argument("--rtol", choices=["1e-05", "1e-04", "1e-03", "1e-02"], default="1e-03", help="values further apart than ATOL + RTOL * |value| are wrong")
    p.add_argument("--atol", type=float, default=1e-3)
    p.add_argument("--exclude-mismatch", action="store_true", help="exclude operators with wrong values as well")
    p.add_argument("--nngen-args", default="", help="further arguments of nngen, separated by spaces, such as --specs=DIR")
    p.add_argument("--quiet", action="store_true")
    if more:
        more(p)
    args = p.parse_args(argv)
    args.nngen = chosen(args.nngen)
    return args


def runner_of(args):
    limits = {"seconds": args.seconds, "memory": args.memory}
    if not args.adapter:
        return measure.Runner(args.runtime, (), limits, args.rtol, args.atol)
    path = str(Path(args.adapter).resolve())
    name = adapter.register(path)  # here; the processes of the runtime do it when they import the module
    os.environ["NNGEN_ADAPTER"] = path
    return measure.Runner(name, ["nngen.profile.adapter"], limits, args.rtol, args.atol)


def measured(args, runner, store):
    """Every family; then more of those operators of which some models fail."""
    generator = plan.Generator(args.nngen, args.count, profile=args.profile, extra=args.nngen_args.split())
    tables = {v: measure.Table(generator, v) for v in args.opsets}
    only = set(filter(None, args.ops.split(",")))
    if unknown := only - set().union(*(t.operators for t in tables.values())):
        raise ValueError(f"no such operator: {', '.join(sorted(unknown))}")
    families = [plan.Family(0, v, args.seed, op) for v in args.opsets for op in sorted(tables[v].operators) if not only or op in only]

    def go(todo, count):
        generator.count = count
        bar = Bar(sum(plan.key(f) not in store.done for f in todo), args.quiet)
        Rounds(generator, tables, runner, store, bar.advance).measure(todo)

    go(families, args.count)
    mixed = set()
    for op, ms in separate.attributable(store.done.values()).items():
        by = {v: [m["status"] for m in ms if m["opset"] == v] for v in args.opsets}
        mixed |= {(op, v) for v, s in by.items() if (not only or op in only) and 0 < sum(x in (*separate.FAILED, "wrong") for x in s) < len(s)}
    again = [f._replace(seed=args.seed + 1) for f in families if (f.op, f.opset) in mixed] if args.more else []
    go(again, args.more)
    keys = {plan.key(f) for f in families + again}
    return [e for k, e in store.done.items() if k in keys], list(store.done.values())


def helpers_of(families):
    """operator -> {helper: models of the operator that have it}"""
    found = defaultdict(Counter)
    for f in families:
        for m in f["models"]:
            found[f["op"]].update(m["others"])
    return {op: dict(sorted(c.items())) for op, c in sorted(found.items()) if c}


def report(args, runner, families, everything):
    """everything: with the families of helpers that were not asked for."""
    asked = {f["op"] for f in families}
    models = {op: ms for op, ms in separate.attributable(everything).items() if op in asked}
    helpers = helpers_of(families)
    decisions = [{**d, "helpers": sorted(helpers.get(op, ()))} for op in sorted(models)
                 if any((d := separate.decide(op, models[op]))[k] for k in ("exclude", "patch", "undecided"))]
    blamed = {op: n for op in sorted(models) if (n := sum(len(f["models"]) for f in families if f["op"] == op) - len(models[op]))}
    mismatches = [m for op in sorted(models) if (m := separate.wrong_values(op, models[op]))]
    failures = [{"op": f["op"], "opset": f["opset"], "error": f["error"]} for f in families if "error" in f]
    total = [m for ms in models.values() for m in ms]
    versions = targets.versions(runner.target)
    return {"runtime": runner.target.name, "versions": versions, "opsets": args.opsets, "models": len(total),
            "outcomes": {s: sum(m["status"] == s for m in total) for s in sorted({m["status"] for m in total})},
            "without_reference": sum(not m["reference"] for m in total), "decisions": decisions, "mismatches": mismatches,
            "helpers": helpers, "helpers_blamed": blamed, "not_generated": failures}


def main(argv=None):
    args = arguments(argv)
    name = args.name or args.runtime or Path(args.adapter).stem
    work = Path(args.work or f"out/profiles/{name}")
    scratch.sweep()
    try:
        runner = runner_of(args)
        if why := targets.why_not(runner.target):
            raise ValueError(why)
        header = {"nngen": plan.digest(args.nngen), "runtime": runner.target.name, "versions": targets.versions(runner.target), "count": args.count, "more": args.more,
                  "profile": args.profile, "seconds": args.seconds, "memory": args.memory, "rtol": args.rtol, "atol": args.atol, "nngen_args": args.nngen_args}
        families, everything = measured(args, runner, measure.Store(work / "measured.jsonl", header))
    except (OSError, ValueError, RuntimeError) as e:
        print(f"nngen-profile: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: the same command goes on from here", file=sys.stderr)
        return 130
    found = report(args, runner, families, everything)
    doc = f"what {name} {' '.join(found['versions'].values())} runs (proposed)"
    (work / "report.json").write_text(json.dumps(found, indent=1) + "\n")
    (work / f"{name}.yaml").write_text(write.profile(name, doc, found["decisions"], found["mismatches"], args.exclude_mismatch))
    print(f"{found['models']} models: " + ", ".join(f"{n} {s}" for s, n in found["outcomes"].items()))
    for m in found["mismatches"]:
        print(f"wrong: {m['op']}: {m['wrong']} of {m['models']} models ({'; '.join(m['messages'])})" + (f", where {' and '.join(m['separated_by'])}" if m["separated_by"] else ""))
    for op, n in found["helpers_blamed"].items():
        print(f"not counted: {n} models of {op}, which fail as their helpers do ({', '.join(found['helpers'][op])})")
    for f in found["not_generated"]:
        print(f"not measured: {f['op']} at opset {f['opset']}: {f['error']}")
    print(f"{work / (name + '.yaml')}, {work / 'report.json'}")
    return 0

