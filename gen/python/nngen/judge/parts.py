"""python -m nngen.judge.parts --nngen PATH --build DIR [--part single,mixed,...|all] [--scale S] [--jobs J]

The campaign by its parts. Each has a state of its own in the build folder: a part that is done is not repeated, one that was stopped goes on.
Writes DIR/campaign-PART.json for each and DIR/campaign.md, campaign.json for all that are there. Exit status as nngen.judge.campaign's."""
import argparse
import json
import math
import sys
from pathlib import Path

from nngen.judge import campaign, summary

EVERY_OPSET = ",".join(str(v) for v in range(7, 29))
# Before opset 13 optimisers have defects of their own (tests/study/FINDINGS.md). Part `old` judges mixed models there by bounds.
OPSETS = ",".join(str(v) for v in range(13, 29))
NODES = "15,25,40,65,100"
OUTPUTS = "--nngen-args=--outputs"  # the corpora have expected outputs, and are judged by their bounds


def families(scale, count, total, fewest):
    """What makes a part of `total` families of `count` models smaller: every so-manieth family, at least `fewest`."""
    every = max(1, min(round(1 / scale), total // fewest)) if scale < 1 else 1
    while every > 1 and math.gcd(every, 80) != 1:  # so that all sizes and opsets have their turn
        every -= 1
    return ["--count", str(count), "--every", str(every)]


def arguments(part, scale):
    """What nngen.judge.campaign is called with."""
    root = math.sqrt(min(scale, 1.0))
    each = str(max(1, round(1 / root)))
    single = ["--single", "--opsets", EVERY_OPSET, "--seeds", "1", "--every", each, OUTPUTS]
    mixed = ["--nodes", NODES, "--opsets", OPSETS]
    if part == "single":
        return single + ["--count", str(max(10, round(300 * root)))]
    if part == "compare":
        return single + ["--count", str(max(4, round(20 * root))), "--examine", "compare", "--seeds", "2"]
    if part == "mixed":
        return mixed + ["--seeds", "1-13", "--corners", "3", OUTPUTS] + families(scale, 100, 1040, 5)
    if part == "old":
        return ["--nodes", "15,25,40", "--opsets", "7-12", "--seeds", "401-406", "--corners", "3", OUTPUTS] + families(scale, 100, 108, 3)
    if part == "observed":
        return mixed + ["--seeds", "101-102", "--inputs", "5"] + families(scale, 64, 160, 3)
    if part == "corners":
        return mixed + ["--seeds", "201-202", "--inputs", "12", "--modes", "low,high" + ",corners" * 10] + families(scale, 32, 160, 3)
    return mixed + ["--seeds", "301", "--examine", "perturb", "--inputs", "5"] + families(scale, 32, 80, 3)


PARTS = ("single", "mixed", "old", "observed", "corners", "compare", "perturb")


def main(argv=None):
    p = argparse.ArgumentParser(prog="nngen.judge.parts", description="The campaign by its parts.")
    p.add_argument("--nngen", required=True)
    p.add_argument("--build", required=True, help="where states and reports are")
    p.add_argument("--part", default="all", help="all, or some of " + ", ".join(PARTS))
    p.add_argument("--scale", type=float, default=1.0, help="1: the full campaign; 0.001: a minute of it")
    p.add_argument("--jobs", default="1")
    p.add_argument("--tmp")
    p.add_argument("--restart", action="store_true")
    args = p.parse_args(argv)
    parts = PARTS if args.part == "all" else args.part.split(",")
    if not set(parts) <= set(PARTS) or args.scale <= 0:
        print(f"nngen.judge.parts: --part {args.part}: all or some of {', '.join(PARTS)} expected; --scale above 0", file=sys.stderr)
        return 2
    build, status = Path(args.build), 0
    if not build.is_dir():
        print(f"nngen.judge.parts: --build {build}: no such folder", file=sys.stderr)
        return 2
    for part in parts:
        out = build / f"campaign-{part}.json"
        print(f"== {part}", flush=True)
        more = (["--tmp", args.tmp] if args.tmp else []) + (["--restart"] if args.restart else [])
        here = campaign.main(["--nngen", args.nngen, "--jobs", args.jobs, "--out", str(out), "--title", part,
                              "--keep", str(build / f"campaign-{part}"), *arguments(part, args.scale), *more])
        status = max(status, here)
        if here in (2, 130):
            break
    reports = {x: json.loads((build / f"campaign-{x}.json").read_text()) for x in PARTS if (build / f"campaign-{x}.json").exists()}
    (build / "campaign.json").write_text(json.dumps(reports, indent=1) + "\n")
    (build / "campaign.md").write_text("\n".join(summary.lines(reports)) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
