"""nngen-profile propose --runtime NAME | --adapter FILE.py [--work DIR]

Measures which operators a runtime runs, and proposes a profile. Interrupted, the same command goes on where it stopped.
Exit status 0: done; 2: usage; 130: interrupted."""
import argparse
import json
import os
import sys
from pathlib import Path

from nngen._program import chosen
from nngen.judge import plan
from nngen.profile import adapter, measure, separate, write
from nngen.study import scratch, targets
from nngen.study.engine import Bar

BATCH = 12  # families that share a process


def arguments(argv, prog="nngen-profile propose", description="Measures which operators a runtime runs, and proposes a profile.", count=10, count_help="models an operator and opset"):
    p = argparse.ArgumentParser(prog=prog, description=description)
    which = p.add_mutually_exclusive_group(required=True)
    which.add_argument("--runtime", help="a target of nngen-study, such as openvino")
    which.add_argument("--adapter", metavar="FILE.py", help="a file with run(path, inputs); such as the text of `nngen-profile example`")
    p.add_argument("--nngen", default="", metavar="PATH", help="the program that makes the models (the installed one)")
    p.add_argument("--opsets", type=plan.numbers, default=list(range(13, 29)), help="such as 13,17,22-24 (13-28)")
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
        fresh = [f for f in todo if plan.key(f) not in store.done]
        bar = Bar(len(fresh), args.quiet)
        with scratch.Folder() as folder:
            for i in range(0, len(fresh), BATCH):
                for entry in measure.families(fresh[i:i + BATCH], generator, tables, runner, folder):
                    store.add(entry)
                    bar.advance(f"{entry['op']} {entry['opset']}")

    go(families, args.count)
    mixed = set()
    for op, ms in separate.attributable([store.done[plan.key(f)] for f in families]).items():
        by = {v: [m["status"] for m in ms if m["opset"] == v] for v in args.opsets}
        mixed |= {(op, v) for v, s in by.items() if 0 < sum(x in (*separate.FAILED, "wrong") for x in s) < len(s)}
    again = [f._replace(seed=args.seed + 1) for f in families if (f.op, f.opset) in mixed] if args.more else []
    go(again, args.more)
    return [store.done[plan.key(f)] for f in families + again]


def report(args, runner, families):
    models = separate.attributable(families)
    decisions = [d for op in sorted(models) if any((d := separate.decide(op, models[op]))[k] for k in ("exclude", "patch", "undecided"))]
    mismatches = [m for op in sorted(models) if (m := separate.wrong_values(op, models[op]))]
    failures = [{"op": f["op"], "opset": f["opset"], "error": f["error"]} for f in families if "error" in f]
    total = [m for ms in models.values() for m in ms]
    versions = targets.versions(runner.target)
    return {"runtime": runner.target.name, "versions": versions, "opsets": args.opsets, "models": len(total),
            "outcomes": {s: sum(m["status"] == s for m in total) for s in sorted({m["status"] for m in total})},
            "without_reference": sum(not m["reference"] for m in total), "decisions": decisions, "mismatches": mismatches, "not_generated": failures}


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
        families = measured(args, runner, measure.Store(work / "measured.jsonl", header))
    except (OSError, ValueError, RuntimeError) as e:
        print(f"nngen-profile: {e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: the same command goes on from here", file=sys.stderr)
        return 130
    found = report(args, runner, families)
    doc = f"what {name} {' '.join(found['versions'].values())} runs (proposed)"
    (work / "report.json").write_text(json.dumps(found, indent=1) + "\n")
    (work / f"{name}.yaml").write_text(write.profile(name, doc, found["decisions"], found["mismatches"], args.exclude_mismatch))
    print(f"{found['models']} models: " + ", ".join(f"{n} {s}" for s, n in found["outcomes"].items()))
    for m in found["mismatches"]:
        print(f"wrong: {m['op']}: {m['wrong']} of {m['models']} models ({'; '.join(m['messages'])})" + (f", where {' and '.join(m['separated_by'])}" if m["separated_by"] else ""))
    for f in found["not_generated"]:
        print(f"no models: {f['op']} at opset {f['opset']}: {f['error']}")
    print(f"{work / (name + '.yaml')}, {work / 'report.json'}")
    return 0

