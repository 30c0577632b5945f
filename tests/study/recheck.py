#!/usr/bin/env python3
"""Runs the findings again: against what is expected, in the target and in those that agreed."""
import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "gen" / "python")]

from nngen.study import expected, isolate, outcomes, reduce, targets  # noqa: E402

from study import findings  # noqa: E402


def load():
    for m in pkgutil.iter_modules(findings.__path__):
        importlib.import_module(f"study.findings.{m.name}")
    return findings.FINDINGS


class Bench:
    """Children that stay alive between findings."""

    def __init__(self):
        targets.load_all()
        self.level = outcomes.tolerance("loose")
        self.oracles = {}

    def outcome(self, target, made, without=()):
        """(outcome, error or difference) of a target on (model, feed, expected outputs); without: passes that the target leaves out."""
        if target not in self.oracles:
            self.oracles[target] = reduce.Oracle(target, self.level)
        o = self.oracles[target]
        model, feed, outputs = made
        reduce.write(o.folder / "m", model, feed)
        path = str(o.folder / "expected.npz")
        expected.save(path, [[e] for e in outputs])
        request = {"path": str(o.folder / "m/model.onnx"), "reference": path, "without": list(without)}
        result = o.ask(o.t, request)
        if result["status"] in isolate.GONE:  # once more, in a fresh process
            result = o.ask(o.t, request)
        said = result.get("error") or next((x.get("worst") or x.get("shape") or x.get("type") for x in result.get("outputs", [])), "")
        return outcomes.outcome(result, self.level), said

    def close(self):
        for o in self.oracles.values():
            o.close()


def main():
    p = argparse.ArgumentParser(prog="recheck.py", description=__doc__)
    p.add_argument("--target")
    p.add_argument("--markdown", action="store_true", help="print FINDINGS.md")
    args = p.parse_args()
    bench, wrong = Bench(), 0
    try:
        found = [f for f in load() if not args.target or f.target == args.target]
        if args.markdown:
            print(markdown(found), end="")
            return 0
        for f in found:
            if why := targets.why_not(targets.REGISTRY[f.target]):
                print(f"not run   {f.name}: {why}")
                continue
            made = f.make()
            kind, said = bench.outcome(f.target, made)
            others = {t: bench.outcome(t, made)[0] for t in f.agree if not targets.why_not(targets.REGISTRY[t])}
            bad = {t: k for t, k in others.items() if k != "correct"}
            state = "gone" if kind == "correct" else "there" if kind in f.outcome.split(" or ") else "changed"
            wrong += state != "there" or bool(bad)
            print(f"{state:10}{f.name}: {kind}" + (f" (was {f.outcome})" if state == "changed" else "") + (f"; NOT AGREEING: {bad}" if bad else "") + f"  {' '.join(str(said).split())[:140]}", flush=True)
    finally:
        bench.close()
    return wrong > 0


INTRODUCTION = """# Findings
Defects of today's consumers that the study found, each cut down to the nodes that make it and to small numbers. Many are near misses: models that differ in one
detail from a pattern that an optimiser replaces. Where a pass of ONNX Runtime makes the defect it is named, and without it the result is the expected one.
`tests/study/recheck.py` runs all of them again; `tests/study/recheck.py --markdown` writes this text from `findings/*.py`. What is expected is computed there by numpy from the
operator's definition, and every runtime under "agree" gives it. The reference evaluator and the runtimes are those of `requirements.txt`. The opset is 17 where none is
named.

"""


def markdown(found):
    """The text of FINDINGS.md."""
    lines = [INTRODUCTION + "| finding | version | outcome |\n|---|---|---|"]
    lines += [f"| {f.name} | {f.version} | {f.outcome} |" for f in found]
    for f in found:
        made = f.make()
        values = "; ".join(f"{x.name} = {np.array2string(e, threshold=8, precision=6, separator=', ')}".replace("\n", "") for x, e in zip(made[0].graph.output, made[2]))
        opset = made[0].opset_import[0].version
        lines += [f"\n## {f.name}", f"Version {f.version}: {f.outcome}." + (f" Opset {opset}." if opset != 17 else "") + (f" Made by: {', '.join(f.passes)}." if f.passes else "") + f" Agree: {', '.join(f.agree)}.", "", f.why, "", "```", reduce.listing(made[0]),
                  f"expected {values}", "```"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
