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


def main(args):
    folder = Path(args.out)
    study = json.loads((folder / "study.json").read_text("utf-8"))
    tolerance, failed = what_fails(args, engine.read_results(folder))
    status = 0
    for target, models in sorted(classes(engine.read_results(folder), tolerance, failed).items()):
        if len(set(models.values())) < 2:
            continue
        listed = write_outcomes(folder, target, models)
        try:
            done = subprocess.run([chosen(args.nngen), "sequences", study["corpus"], "--outcomes", str(listed)], capture_output=True, text=True, timeout=LIMIT)
        except (OSError, subprocess.TimeoutExpired) as e:
            print(f"{target}: {e}", file=sys.stderr)
            status = 1
            continue
        if done.returncode != 0:
            print(f"{target}: {done.stderr.strip()}", file=sys.stderr)
            status = 1
            continue
        (folder / f"sequences-{target}.txt").write_text(done.stdout, "utf-8")
        print(f"{target}: {done.stdout.splitlines()[0]}")
    return status
