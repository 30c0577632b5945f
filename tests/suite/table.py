"""One table of the results of several runtimes: `python -m suite.table DIR NAME=RESULTS.jsonl...` prints Markdown."""
import json
import sys
from collections import Counter, defaultdict


def read(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def cell(counts, cases):
    """"all", or what did not pass: F failed, C crashed, U unsupported, N not run."""
    counts = Counter(counts)
    counts["not run"] = cases - counts.total()
    letters = {"failed": "F", "crashed": "C", "unsupported": "U", "not run": "N"}
    parts = [f"{counts[k]} {letter}" for k, letter in letters.items() if counts[k]]
    return "all" if not parts else ", ".join(parts)


def tables(cases, results):
    """Totals, then operators. cases: lines of the index; results: {name: lines}."""
    operator = {c["case"]: c["operator"] for c in cases}
    number = Counter(operator.values())
    by = {name: defaultdict(Counter) for name in results}
    for name, lines in results.items():
        for r in lines:
            by[name][operator[r["case"]]][r["outcome"]] += 1
    out = ["| runtime | passed | failed | crashed | unsupported | passed of those supported |", "|---|---|---|---|---|---|"]
    for name in results:
        t = sum(by[name].values(), Counter())
        tried = t["passed"] + t["failed"] + t["crashed"]
        out.append(f"| {name} | {t['passed']} | {t['failed']} | {t['crashed']} | {t['unsupported']} | {100 * t['passed'] / max(1, tried):.1f} % |")
    out += ["", "| operator | cases | " + " | ".join(results) + " |", "|---|---|" + "---|" * len(results)]
    for op in sorted(number):
        out.append(f"| {op} | {number[op]} | " + " | ".join(cell(by[n][op], number[op]) for n in results) + " |")
    return "\n".join(out)


if __name__ == "__main__":
    print(tables(read(f"{sys.argv[1]}/index.jsonl"), {name: read(path) for name, path in (a.split("=", 1) for a in sys.argv[2:])}))
