"""The study's micro analysis of a run, by `nngen sequences`: models with differing outputs against correct ones, a file for each target."""
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from nngen._program import chosen
from nngen.study import engine, outcomes

DIFFERENT = {"type difference", "shape difference", "NaN/Inf difference", "outside its bound", "value mismatch"}
LIMIT = 600  # seconds for one target


def classes(results, tolerance, failed):
    """{target: {model: "failed" or "correct"}}; models with other outcomes are in neither class."""
    out = defaultdict(dict)
    for r in results:
        kind = outcomes.outcome(r, tolerance)
        if kind == "correct" or kind in failed:
            out[r["target"]][r["model"]] = "correct" if kind == "correct" else "failed"
    return out


def write_outcomes(folder, target, models):
    """OUTCOMES of `nngen sequences --outcomes`: a line NAME,CLASS for each model."""
    listed = folder / f"outcomes-{target}.csv"
    listed.write_text("".join(f"{m},{c}\n" for m, c in sorted(models.items())), "utf-8")
    return listed


def add_what_fails(s):
    """Options that say what counts as failed."""
    s.add_argument("--tolerance", help="of tolerances.json (the bounds, or 1e-7 if the corpus has none)")
    s.add_argument("--failures", action="store_true", help="load and run failures and crashes count as failed, too")


def what_fails(args, results):
    """(tolerance, outcomes that count as failed)"""
    level = outcomes.tolerance(args.tolerance) if args.tolerance else outcomes.levels(results)[0]
    return level, set(outcomes.OUTCOMES) - {"correct"} if args.failures else DIFFERENT


def command(sub):
    s = sub.add_parser("sequences", help="operator sequences that go with failure, for each target (nngen sequences)")
    s.add_argument("out", help="folder of a run")
    s.add_argument("--nngen", default="", metavar="PATH", help="the program (the installed one)")
    add_what_fails(s)
    s.set_defaults(function=main)


def by_file(models, entries):
    """{file below the corpus: class} of {case: class}: a model of which one case fails has failed."""
    out = {}
    for name, what in models.items():
        if name in entries and "failed" != out.get(entries[name], ""):
            out[entries[name]] = what
    return out


def of_target(args, corpus, listed):
    """(what the program says, None) or (None, why it says nothing)"""
    try:
        done = subprocess.run([chosen(args.nngen), "sequences", corpus, "--outcomes", str(listed)], capture_output=True, text=True, timeout=LIMIT)
    except (OSError, subprocess.TimeoutExpired) as e:
        return None, str(e)
    return (done.stdout, None) if done.returncode == 0 or (done.returncode == 1 and done.stdout) else (None, done.stderr.strip())


def main(args):
    """Writes OUT/sequences-TARGET.txt, and sequences.json, which says for each target why there is none, or null."""
    folder = Path(args.out)
    study = json.loads((folder / "study.json").read_text("utf-8"))
    facts = json.loads((folder / "models.json").read_text("utf-8"))
    files = {n: f.get("file", n) for n, f in facts.items()}
    tolerance, failed = what_fails(args, engine.read_results(folder))
    reasons, status = {}, 0
    for target, models in sorted(classes(engine.read_results(folder), tolerance, failed).items()):
        models = by_file(models, files)
        if len(set(models.values())) < 2:
            reasons[target] = f"all {len(models)} models are {next(iter(models.values()))} at {tolerance['name']}"
            continue
        text, reasons[target] = of_target(args, study["corpus"], write_outcomes(folder, target, models))
        if text is None:
            print(f"{target}: {reasons[target]}", file=sys.stderr)
            status = 1
            continue
        (folder / f"sequences-{target}.txt").write_text(text, "utf-8")
        print(f"{target}: {text.splitlines()[0]}")
    engine.write_json(folder / "sequences.json", reasons)
    return status
