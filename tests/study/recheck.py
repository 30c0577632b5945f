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

from nngen.study import expected, isolate, outcomes, reduce, snippets, targets  # noqa: E402

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
        result = self.result(target, made, without)
        return outcomes.outcome(result, self.level), said(result)

    def found(self, f, target=""):
        """(outcome, error or difference) of a finding, in its target or another."""
        target = target or f.target
        if not f.program:
            return self.outcome(target, f.make())
        result = self.result(snippets.runner(target), f.program.made(target, f.target != f.program.framework))
        return snippets.outcome(result, snippets.level(f.program.exact)), said(result)

    def result(self, target, made, without=()):
        if target not in self.oracles:
            self.oracles[target] = reduce.Oracle(target, self.level, snippets.MODULES)
        o = self.oracles[target]
        model, feed, outputs = made
        reduce.write(o.folder / "m", model, feed)
        path = str(o.folder / "expected.npz")
        expected.save(path, [[e] for e in outputs])
        request = {"path": str(o.folder / "m/model.onnx"), "reference": path, "without": list(without)}
        result = o.ask(o.t, request)
        if result["status"] in isolate.GONE:  # once more, in a fresh process
            result = o.ask(o.t, request)
        return result

    def close(self):
        for o in self.oracles.values():
            o.close()


def said(result):
    """The error, or the first difference."""
    return result.get("error") or next((x.get("worst") or x.get("shape") or x.get("type") for x in result.get("outputs", [])), "")


def why_not(f, target=""):
    """Why a finding's target, or another, cannot run here, or ""."""
    target = target or f.target
    return snippets.why_not(target) if f.program else targets.why_not(targets.REGISTRY[target])


def version(f):
    """That of the finding's target here."""
    found = snippets.versions(f.target) if f.program else targets.versions(targets.REGISTRY[f.target])
    return next(iter(found.values()))


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
            if why := why_not(f):
                print(f"not run   {f.name}: {why}")
                continue
            kind, words = bench.found(f)
            others = {t: bench.found(f, t)[0] for t in (*f.agree, *f.also) if not why_not(f, t)}
            bad = {t: k for t, k in others.items() if k not in (f.outcome.split(" or ") if t in f.also else ["correct"])}
            state = "gone" if kind == "correct" else "there" if kind in f.outcome.split(" or ") else "changed"
            wrong += state != "there" or bool(bad)
            print(f"{state:10}{f.name}: {kind}" + (f" (was {f.outcome})" if state == "changed" else "") + (f"; NOT AGREEING: {bad}" if bad else "") + f"  {' '.join(str(words).split())[:140]}", flush=True)
    finally:
        bench.close()
    return wrong > 0


INTRODUCTION = """# Findings
Defects of today's consumers that the study found, each cut down to the nodes that make it and to small numbers. Many are near misses: models that differ in one
detail from a pattern that an optimiser replaces. Where a pass of ONNX Runtime makes the defect it is named, and without it the result is the expected one.
`tests/study/recheck.py` runs all of them again; `tests/study/recheck.py --markdown` writes this text from `findings/*.py`. What is expected is computed there by numpy from the
operator's definition, and every runtime under "agree" gives it. Of an exporter the finding is a program in the framework's own words: the framework itself
gives what is expected, and what is exported does not, in ONNX Runtime without optimisations. Of `torch` and `tensorflow` it is the framework that does not.
"invalid model" is one that `onnx.checker` refuses. The reference evaluator and the runtimes are those of `requirements.txt`. The opset is 17 where none is
named.

"""


def details(f):
    """Sentences beside the outcome."""
    opset = f.program.opset if f.program else f.make()[0].opset_import[0].version
    if opset and opset != 17:
        yield f"Opset {opset}."
    if f.program and f.program.dynamic:
        yield "Dynamic dims: " + "; ".join(f"{n}: axes {', '.join(map(str, axes))}" for n, axes in f.program.dynamic.items()) + "."
    for word, names in (("Made by", f.passes), ("Also", f.also), ("Agree", f.agree)):
        if names:
            yield f"{word}: {', '.join(names)}."


def shown(values):
    """{name: array} in a line."""
    return "; ".join(f"{n} = {np.array2string(e, threshold=8, precision=6, separator=', ')}".replace("\n", "") for n, e in values)


def listed(f):
    """The model of a finding."""
    made = f.make()
    return ["```", reduce.listing(made[0]), f"expected {shown(zip((x.name for x in made[0].graph.output), made[2]))}", "```"]


def program(f):
    """The program of a finding."""
    return ["```python", *f.program.given(), "", *f.program.program(), "```"]


def markdown(found):
    """The text of FINDINGS.md."""
    lines = [INTRODUCTION + "| finding | version | outcome |\n|---|---|---|"]
    lines += [f"| {f.name} | {f.version} | {f.outcome} |" for f in found]
    for f in found:
        lines += [f"\n## {f.name}", f"Version {f.version}: {f.outcome}." + "".join(f" {x}" for x in details(f)), "", f.why, ""]
        lines += program(f) if f.program else listed(f)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
