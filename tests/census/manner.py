"""Writes the weights and sequences of a manner from a census of models.

    python3 tests/census/manner.py CENSUS.json specs/manners/NAME.yaml

CENSUS.json is that of census.count. It has, for a set of architectures, `operators` (name: [architectures, nodes]), `constant_operands`
("Op.k": {shape: nodes}), and `pairs`, `triples` and `fours` ("A,B,C": [architectures, occurrences in 1,000 nodes, summed over them]).
A sequence weighs how often it occurs to the power of two thirds. By the number of architectures that hold it, sequences that most hold once would outweigh
those of which a network consists, and convolutions would be rare, between tensors of other kinds. By the plain occurrences, rare ones would
hardly be drawn. Everything in the file from the line `# ---- from the census ----` on is replaced. Operators that no entry of specs/ defines
are left out, with the sequences that hold them.
"""

import json
import re
import sys
from pathlib import Path

DAMPED = 2 / 3
MARK = "# ---- from the census ----"
SPECS = Path(__file__).resolve().parents[2] / "specs"


def table():
    """Names of the operators of the table."""
    names = set()
    for path in SPECS.glob("*.yaml"):
        part = ""
        for line in path.read_text().splitlines():
            if line[:1].isalpha():
                part = line.split(":")[0]
            elif part == "operators" and (m := re.match(r"  ([A-Za-z_]\w*):", line)):
                names.add(m[1])
    return names


def flow(key, rows):
    """A mapping in braces, in lines of at most 150 characters."""
    line = f"{key}: {{"
    for k, row in enumerate(rows):
        word = row + ("}" if k + 1 == len(rows) else ",")
        if len(line) + len(word) + 1 > 150:
            yield line.rstrip()
            line = "  "
        line += word + " "
    yield line.rstrip()


def blocks(census, names):
    yield MARK
    yield f"# Nodes of {census['models']} architectures, without those whose first input is constant."
    rows = []
    for op, (_, nodes) in sorted(census["operators"].items(), key=lambda x: (-x[1][1], x[0])):
        folded = sum(census["constant_operands"].get(op + ".0", {}).values())
        if op in names and nodes > folded:
            rows.append(f"{op}: {nodes - folded}")
    yield from flow("weights", rows)
    yield "# How often a sequence occurs in 1,000 nodes, summed over the architectures, to the power of two thirds."
    rows = []
    for kind in ("pairs", "triples", "fours"):
        for path, (_, often) in sorted(census[kind].items(), key=lambda x: (-x[1][1], x[0])):
            if all(op in names for op in path.split(",")):
                rows.append(f'"{path}": {often ** DAMPED:.1f}')
    yield from flow("sequences", rows)


def main(census, manner):
    manner = Path(manner)
    kept = manner.read_text().split(MARK)[0]
    manner.write_text(kept + "\n".join(blocks(json.loads(Path(census).read_text()), table())) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
