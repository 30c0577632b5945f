"""nngen-profile verify --runtime NAME | --adapter FILE.py --profile NAME [--count 1000]

How many mixed models of a profile load and run on its runtime. Exit status 0: all do; 1: some do not; 2: usage."""
import json
import sys
from collections import Counter
from pathlib import Path

import onnx

from nngen.judge import plan
from nngen.profile import measure, propose, separate
from nngen.study import scratch, targets
from nngen.study.engine import Bar
from nngen.study.messages import normalise

BATCH = 25
NODES = (15, 25, 40)


def suspects(models, bad):
    """Operators that are in models with the outcome more often than chance: [(operator, bad models with it, models with it)]."""
    all_, with_ = Counter(op for m in models for op in m["ops"]), Counter(op for m in models if m["status"] in bad for op in m["ops"])
    share = sum(m["status"] in bad for m in models) / max(1, len(models))
    return sorted(((op, n, all_[op]) for op, n in with_.items() if n >= 2 and n / all_[op] > 1.5 * share), key=lambda x: (-x[1] / x[2], -x[1]))[:12]


def run(args, runner):
    models, per = [], args.count
    families = [(v, n) for v in args.opsets for n in NODES]
    todo = [(v, n, i) for v, n in families for i in range(0, -(-per // len(families)), BATCH)]
    bar = Bar(len(todo), args.quiet)
    for v, n, i in todo:
        count = min(BATCH, -(-per // len(families)) - i)
        generator = plan.Generator(args.nngen, count, profile=args.profile, extra=args.nngen_args.split())
        with scratch.Folder() as folder:
            f = plan.Family(n, v, args.seed + i, "")
            ok, words = generator.make(f, folder / "family")
            if not ok:
                raise RuntimeError(words)
            paths = sorted(p.parent for p in folder.rglob("model.onnx"))
            for path, (status, message, reference) in zip(paths, runner.run(paths)):
                nodes = onnx.load(path / "model.onnx").graph.node
                models.append({"status": status, "ops": sorted({x.op_type for x in nodes}), "message": normalise(measure.plain(message)), "words": message[:1500],
                               "reference": reference, "model": path.name, "command": " ".join(generator.command(f, "OUT"))})
        bar.advance(f"opset {v}, {n} nodes")
    return models


def main(argv=None):
    args = propose.arguments(argv, "nngen-profile verify", "How many mixed models of a profile load and run on its runtime.", 1000, "models, at opsets 17 and 22 if --opsets is not given")
    if "--opsets" not in " ".join(argv or sys.argv):
        args.opsets = [17, 22]
    scratch.sweep()
    try:
        runner = propose.runner_of(args)
        if why := targets.why_not(runner.target):
            raise ValueError(why)
        models = run(args, runner)
    except (OSError, ValueError, RuntimeError) as e:
        print(f"nngen-profile: {e}", file=sys.stderr)
        return 2
    failed = [m for m in models if m["status"] in separate.FAILED]
    wrong = sum(m["status"] == "wrong" for m in models)
    print(f"{len(models)} models: {len(models) - len(failed)} run, {len(failed)} do not; {wrong} have wrong values; {sum(not m['reference'] for m in models)} without a reference")
    for message, n in Counter(m["message"] for m in failed).most_common(20):
        first = next(m for m in failed if m["message"] == message)
        print(f"fail {n}: {message}\n    {first['model']} of {first['command']}")
    for kind, bad in (("fail", separate.FAILED), ("wrong", ("wrong",))):
        for op, n, of in suspects(models, bad):
            print(f"suspected of {kind}: {op}: {n} of {of} models")
    if args.work:
        Path(args.work).mkdir(parents=True, exist_ok=True)
        (Path(args.work) / "mixed.json").write_text(json.dumps(models, indent=1) + "\n")
    return 1 if failed else 0

