"""Outcomes by operator: models with it, how they fail, and what says that it is the operator that fails."""
import csv
import io
import json
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

from nngen.study import engine, outcomes

HEAD = ["target", "operator", "models", "failed", "share", "alone", "named"]


@lru_cache(maxsize=None)
def word(operator):
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(operator.rsplit('.', 1)[-1])}(?![A-Za-z0-9])")


def named(operators, message):
    """The only operator of a model that a message names, or None."""
    found = [op for op in operators if word(op).search(message)]
    return found[0] if len(found) == 1 else None


def suspect(operators, passed):
    """The only operator of a failing model that no correct model has, or the only one at all; None if there are several or none."""
    left = operators if len(operators) == 1 else [op for op in operators if op not in passed]
    return left[0] if len(left) == 1 else None


def by_operator(results, facts, tolerance):
    """{target: {operator: [models, {outcome: models}, alone, named]}}, correct ones left out of the second. alone: failing models of which all other operators
    are in a correct model, too; named: failing models whose message names no other of their operators."""
    judged, passed, out = [], {}, {}
    for r in results:
        kind, has = outcomes.outcome(r, tolerance), list(facts[r["model"]]["operators"])
        if kind in outcomes.BESIDE:
            continue
        judged.append((r, kind, has))
        if kind == "correct":
            passed.setdefault(r["target"], set()).update(has)
    for r, kind, has in judged:
        cells = out.setdefault(r["target"], {})
        for op in has:
            cell = cells.setdefault(op, [0, Counter(), 0, 0])
            cell[0] += 1
            cell[1][kind] += kind != "correct"
        if kind != "correct":
            for place, op in ((2, suspect(has, passed.get(r["target"], ()))), (3, named(has, r.get("error", "")))):
                if op:
                    cells[op][place] += 1
    for cells in out.values():
        for cell in cells.values():
            cell[1] = dict(+cell[1])
    return out


def rows(found, kinds):
    """A list for each target and operator, those that fail most first."""
    for target, cells in sorted(found.items()):
        order = sorted(cells.items(), key=lambda x: (-sum(x[1][1].values()) / x[1][0], -x[1][0], x[0]))
        for op, (models, failed, alone, named_) in order:
            n = sum(failed.values())
            yield [target, op, models, n, f"{n / models:.3f}", alone, named_, *(failed.get(k, 0) for k in kinds)]


def used(found):
    return [k for k in outcomes.OUTCOMES if any(k in cell[1] for cells in found.values() for cell in cells.values())]


def as_csv(results, facts, levels):
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\n")
    kinds = [o for o in outcomes.OUTCOMES if o != "correct"]
    w.writerow(["tolerance", *HEAD, *kinds])
    for t in levels:
        w.writerows([t["name"], *r] for r in rows(by_operator(results, facts, t), kinds))
    return out.getvalue()


def as_text(found, every=False):
    """every: also operators none of whose models fail."""
    kinds = used(found)
    body = [[str(x) for x in r] for r in rows(found, kinds) if every or r[3]]
    head = HEAD + [outcomes.SHORT.get(k, k) for k in kinds]
    return outcomes.aligned([head, *body], 2)


def command(sub):
    s = sub.add_parser("operators", help="outcomes by operator, for each target")
    s.add_argument("out", help="folder of a run")
    s.add_argument("--target", help="only this one")
    s.add_argument("--tolerance", help="of tolerances.json (the bounds; or what tells defects from rounding)")
    s.add_argument("--all", action="store_true", help="also operators whose models are all correct")
    s.set_defaults(function=main)


def main(args):
    results = engine.read_results(args.out)
    facts = json.loads((Path(args.out) / "models.json").read_text("utf-8"))
    level = outcomes.tolerance(args.tolerance) if args.tolerance else outcomes.telling(results)
    found = by_operator([r for r in results if args.target in (None, r["target"])], facts, level)
    print(f"tolerance {level['name']}; alone: every other operator of the model is in a correct one; named: the message names it, and no other of the model")
    print(as_text(found, args.all), end="")
