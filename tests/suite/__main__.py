"""Runs a conformance suite of nngen on a runtime: `python -m suite DIR --runtime NAME --out RESULTS.jsonl`."""
import argparse
import json
import sys
from collections import Counter

from suite import runner


def main():
    p = argparse.ArgumentParser(prog="suite", description=__doc__)
    p.add_argument("dir", help="directory that `nngen suite` wrote")
    p.add_argument("--runtime", required=True, help=f"one of {', '.join(sorted(runner.RUNTIMES))}, or a target of the study")
    p.add_argument("--out", required=True, help="file of results, one JSON object a line; `nngen suite --score` reads it")
    p.add_argument("--cases", default="", help="only cases whose names contain this text")
    p.add_argument("--jobs", type=int, default=1, help="processes at a time")
    p.add_argument("--seconds", type=float, default=60, help="time limit of a case")
    p.add_argument("--targets", action="append", default=[], help="a module with further targets (tests/study/README.md)")
    a = p.parse_args()
    names = [json.loads(line)["case"] for line in open(f"{a.dir}/index.jsonl", encoding="utf-8")]
    names = [n for n in names if a.cases in n]
    if not names:
        sys.exit(f"{a.dir}/index.jsonl: no such cases")
    results = runner.run(a.dir, names, a.runtime, a.jobs, a.seconds, a.targets)
    with open(a.out, "w", encoding="utf-8") as f:
        for r in results:
            f.write(json.dumps(r) + "\n")
    counts = Counter(r["outcome"] for r in results)
    print(", ".join(f"{counts[k]} {k}" for k in runner.OUTCOMES))


if __name__ == "__main__":
    main()
