"""nngen-profile audit --runtime NAME | --adapter FILE.py --profile NAME [--specs DIR]

Whether each item of a profile is still needed: models of its operator under the profile without that item, on the runtime. An operator that needs
helpers has such as the profile has. Exit status 0: each item has models that fail or have wrong values; 1: some have none; 2: usage."""
import json
import shutil
import sys
from collections import Counter
from pathlib import Path

import yaml

from nngen.judge import plan
from nngen.profile import measure, propose, separate
from nngen.study import scratch, targets
from nngen.study.engine import Bar

BATCH = 12  # families that share a process


def within(opset, span):
    """Whether an opset is in "17..", "..21", "13..17" or "17"."""
    low, dots, high = str(span).partition("..")
    return (int(opset) == int(low)) if not dots else int(low or 0) <= opset <= int(high or 99)


def items(doc):
    """[(kind, number of the item, operator, opsets, reason)]"""
    for kind in ("exclude", "patch"):
        for i, x in enumerate(doc.get(kind) or ()):
            for op in x["op"] if isinstance(x["op"], list) else [x["op"]]:
                yield kind, i, op, str(x.get("opset", "..")), x["reason"]


def without(doc, kind, number, op):
    """The profile without what one item says of one operator."""
    out = json.loads(json.dumps(doc))
    item = out[kind][number]
    item["op"] = [x for x in (item["op"] if isinstance(item["op"], list) else [item["op"]]) if x != op]
    if not item["op"]:
        del out[kind][number]
    return {k: v for k, v in out.items() if v not in ([], None)}


def generated(args, item, doc, folder):
    """[(entry, models)] at each opset of the item at which the operator is there."""
    kind, number, op, span, _ = item
    specs = folder / "specs"
    shutil.copytree(args.specs, specs)
    (specs / "profiles" / f"{args.profile}.yaml").write_text(yaml.safe_dump(without(doc, kind, number, op), width=1000))
    generator = plan.Generator(args.nngen, args.count, profile=args.profile, extra=["--specs", str(specs), *args.nngen_args.split()])
    made = []
    for v in args.opsets:
        table = measure.Table(generator, v) if within(v, span) else None
        if table and op in table.operators:
            made.append(measure.generated(plan.Family(0, v, args.seed, op), generator, table, folder / str(v)))
    return made


def judged(item, entries):
    kind, _, op, span, reason = item
    models = [m for e in entries for m in e["models"]]
    bad = [m for m in models if m["status"] in (*separate.FAILED, "wrong")]
    return {"kind": kind, "op": op, "opset": span, "reason": reason, "models": len(models), "bad": len(bad), "helpers": sorted({h for e in entries for h in e["helpers"]}),
            "outcomes": dict(Counter(m["status"] for m in models)), "messages": dict(Counter(m["message"] for m in bad).most_common(3)),
            "not_generated": {str(e["opset"]): e["error"] for e in entries if "error" in e}}


def said(x):
    verdict = "needed" if x["bad"] else "no failure" if x["models"] else "not measured"
    return f"{verdict}: {x['kind']} {x['op']} {x['opset']}: {x['bad']} of {x['models']}; {x['reason']}" + "".join(f"\n    {n} x {w[:160]}" for w, n in x["messages"].items())


def audit(args, runner, doc):
    chosen = [x for x in items(doc) if not args.ops or x[2] in args.ops.split(",")]
    bar, found = Bar(len(chosen), args.quiet), []
    for i in range(0, len(chosen), BATCH):
        with scratch.Folder() as folder:
            made = [generated(args, item, doc, folder / str(k)) for k, item in enumerate(chosen[i:i + BATCH])]
            measure.ran([pair for family in made for pair in family], runner)
            for item, family in zip(chosen[i:i + BATCH], made):
                found.append(judged(item, [entry for entry, _ in family]))
                bar.advance(f"{item[0]} {item[2]}")
                print(said(found[-1]), flush=True)
    return found


def main(argv=None):
    args = propose.arguments(argv, "nngen-profile audit", "Whether each item of a profile is still needed.", 30, "models of an item at each opset", opsets=[13, 17, 22, 28],
                             more=lambda p: p.add_argument("--specs", default="specs", help="the table whose profile is audited (specs)"))
    try:
        runner = propose.runner_of(args)
        if why := targets.why_not(runner.target):
            raise ValueError(why)
        doc = yaml.safe_load((Path(args.specs) / "profiles" / f"{args.profile}.yaml").read_text("utf-8"))
        found = audit(args, runner, doc)
    except (OSError, ValueError, RuntimeError) as e:
        print(f"nngen-profile: {e}", file=sys.stderr)
        return 2
    if args.work:
        Path(args.work).mkdir(parents=True, exist_ok=True)
        (Path(args.work) / "audit.json").write_text(json.dumps(found, indent=1) + "\n")
    return 0 if all(x["bad"] for x in found) else 1


if __name__ == "__main__":
    sys.exit(main())
