"""Outcomes by form: what a target makes of other ways to write a graph, with its outcome for the plain model as oracle; and what a target is known to lack."""
import csv
import io
import json
from collections import Counter
from functools import lru_cache
from pathlib import Path

from nngen.study import messages, outcomes

HEAD = ["target", "form", "models", "plain fails", "left out", "judged", "failed", "share", "alone"]
FEW = 5  # judged models, below which a feature is not said to be lacking


@lru_cache
def known():
    """{target: {form or feature: reason}}: what targets do not do. A form stands for all of its features."""
    with open(Path(__file__).with_name("forms.json"), encoding="utf-8") as f:
        return json.load(f)


def form_of(feature):
    return feature.partition(".")[0]


def lacking(target, features):
    """Why a target is not asked for a model with these features, or ""."""
    lacks = known().get(target, {})
    found = [x for f in features for x in (f, form_of(f)) if x in lacks]
    return f"{found[0]}: {lacks[found[0]]}" if found else ""


def outcomes_of(results, tolerance):
    return {(r["target"], r["model"]): outcomes.outcome(r, tolerance) for r in results}


def judged(results, facts, tolerance):
    """(target, model, features, outcome, message) of the copies in forms. The outcome is "plain fails" where the target is wrong on the plain model, too."""
    found = outcomes_of(results, tolerance)
    for r in results:
        f = facts[r["model"]]
        if f.get("forms"):
            kind = found[r["target"], r["model"]]
            plain = found.get((r["target"], f.get("plain")), "correct")
            yield r["target"], r["model"], f["forms"], kind if kind in outcomes.BESIDE or plain == "correct" else "plain fails", messages.normalise(r.get("error", ""))


def cell():
    return {"models": 0, "plain fails": 0, "left out": 0, "failed": Counter(), "judged": 0, "alone": 0, "messages": Counter()}


def by_feature(results, facts, tolerance):
    """{target: {form or feature: cell}}. alone: failing models of which every other feature is also in a correct one."""
    copies, out, passed = list(judged(results, facts, tolerance)), {}, {}
    for target, _, features, kind, _ in copies:
        if kind == "correct":
            passed.setdefault(target, set()).update(features)
    for target, _, features, kind, message in copies:
        cells = out.setdefault(target, {})
        left = [f for f in features if f not in passed.get(target, ())]
        for f in {*features, *map(form_of, features)}:
            add(cells.setdefault(f, cell()), kind, message, left == [f] or (len(features) == 1 and f in features))
    return out


def add(total, kind, message, alone):
    total["models"] += 1
    if kind == "plain fails":
        total["plain fails"] += 1
    elif kind in outcomes.BESIDE:
        total["left out"] += 1
    else:
        total["judged"] += 1
        if kind != "correct":
            total["failed"][kind] += 1
            total["messages"][message] += 1
            total["alone"] += alone


def rows(found, kinds):
    for target, cells in sorted(found.items()):
        for feature, c in sorted(cells.items()):
            n = sum(c["failed"].values())
            yield [target, feature, c["models"], c["plain fails"], c["left out"], c["judged"], n, f"{n / c['judged']:.3f}" if c["judged"] else "-", c["alone"], *(c["failed"].get(k, 0) for k in kinds)]


def as_csv(results, facts, tolerance):
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\n")
    kinds = [o for o in outcomes.OUTCOMES if o != "correct"]
    w.writerow([*HEAD, *kinds])
    w.writerows(rows(by_feature(results, facts, tolerance), kinds))
    return out.getvalue()


def as_text(found, every=False):
    """every: also features none of whose models fail."""
    kinds = [k for k in outcomes.OUTCOMES if any(k in c["failed"] for cells in found.values() for c in cells.values())]
    head = HEAD + [outcomes.SHORT.get(k, k) for k in kinds]
    body = [[str(x) for x in r] for r in rows(found, kinds) if every or r[6] or "." not in r[1]]
    return outcomes.aligned([head, *body], 2)


def proposed(found):
    """{target: {form or feature: reason}}: what no model of at least FEW passes. A form that is lacking stands for its features. Values that differ are defects, and no reason."""
    out = {}
    for target, cells in sorted(found.items()):
        gaps = {f for f, c in cells.items() if c["judged"] >= FEW and c["judged"] == sum(c["failed"][k] for k in ("conversion failure", "load failure", "run failure"))}
        own = {f for f in gaps if "." not in f or form_of(f) not in gaps and (cells[f]["alone"] or sole(f, gaps, cells))}
        if own:
            out[target] = {f: cells[f]["messages"].most_common(1)[0][0] for f in sorted(own)}
    return out


def sole(feature, gaps, cells):
    """Whether no other gap is in as many models: one feature may never occur without another."""
    return all(cells[g]["models"] < cells[feature]["models"] for g in gaps if g != feature)


def command(sub):
    s = sub.add_parser("forms", help="outcomes by form of a corpus with plain models and copies in forms (nngen --form all --variants 2)")
    s.add_argument("out", help="folder of a run")
    s.add_argument("--target", help="only this one")
    s.add_argument("--tolerance", help="of tolerances.json (the bounds; or what tells defects from rounding)")
    s.add_argument("--all", action="store_true", help="also features whose models are all correct")
    s.add_argument("--propose", action="store_true", help="print what targets lack, as in forms.json; of a run with --all-forms")
    s.set_defaults(function=main)


def main(args):
    from nngen.study import engine  # which asks this module

    results = [r for r in engine.read_results(args.out) if args.target in (None, r["target"])]
    facts = json.loads((Path(args.out) / "models.json").read_text("utf-8"))
    level = outcomes.tolerance(args.tolerance) if args.tolerance else outcomes.telling(results)
    found = by_feature(results, facts, level)
    if args.propose:
        print(json.dumps(proposed(found), indent=1, ensure_ascii=False))
        return
    print(f"tolerance {level['name']}; plain fails: the target is wrong on the plain model, too; left out: it is known to lack the form (forms.json), or the model has no reference; "
          "alone: every other feature of the model is in a correct one")
    print(as_text(found, args.all), end="")
