"""Outcomes from stored results, under any tolerance; tables by number of nodes and target."""
import csv
import io
import json
from collections import Counter, defaultdict
from pathlib import Path

from nngen.judge import bounds
from nngen.study.declared import LACKING, NOT_ASKED
from nngen.study.differences import key

OUTCOMES = ["conversion failure", "load failure", "run failure", "crash", "hang", "out of memory", "type difference", "shape difference", "NaN/Inf difference",
            "outside its bound", "value mismatch", "correct"]
BESIDE = ["import failure", "no reference", "no bound", *NOT_ASKED, LACKING]  # the target was never reached, or there is nothing to compare with
BY_STAGE = {"import": "import failure", "start": "load failure", "convert": "conversion failure", "load": "load failure", "run": "run failure"}
GONE = {"crash": "crash", "hang": "hang", "memory": "out of memory", "no reference": "no reference", **{s: s for s in (*NOT_ASKED, LACKING)}}

FREE = "free dims"  # of a result: how many dims of inputs an exporter left free, and how many there are

# The study's Table 11, synthetic models: conversion failures, load failures, mismatches, correct.
PUBLISHED = {"torch.onnx (2024)": (2, 741, 100, 881), "tf2onnx (2024)": (800, 757, 220, 43)}


def tolerances(path=None):
    with open(path or Path(__file__).with_name("tolerances.json"), encoding="utf-8") as f:
        found = json.load(f)
    for t in found:
        if not t.get("name") or not ("ulp" in t or "atol" in t or "bound" in t):
            raise ValueError(f"a tolerance needs a name and atol, ulp or bound: {t}")
    return found


def levels(results):
    """The tolerances that can be asked of the results. The bounds come first if the corpus has them; they, and steps, are left out if no model has any."""
    known = any(r.get("bounds") for r in results)
    steps = any(r.get("quantised") for r in results)
    return sorted((t for t in tolerances() if (known or "bound" not in t) and (steps or "steps" not in t)), key=lambda t: "bound" not in t)


def tolerance(name):
    """The one of tolerances.json that has the name."""
    found = {t["name"]: t for t in tolerances()}
    if name not in found:
        raise SystemExit(f"no such tolerance: {name}; there are {', '.join(found)}")
    return found[name]


def published():
    """The study's models by outcome, of each converter and of both."""
    return {**PUBLISHED, "both (2024)": tuple(map(sum, zip(*PUBLISHED.values())))}


def telling(results):
    """What tells defects from rounding: the bounds; if the corpus has none, the loose tolerance, with steps for outputs that are quantised."""
    found = levels(results)
    return found[0] if "bound" in found[0] else next((t for t in found if "steps" in t), tolerance("loose"))


STEP = 1e-4  # of a step: values of quantised outputs are rounded, too


def within(output, tolerance):
    if output.get("unequal"):
        return False
    if "steps" in tolerance and "steps" in output:
        return output["steps"] <= tolerance["steps"] + STEP
    if "ulp" in tolerance:
        return output.get("ulp", 0) <= tolerance["ulp"]
    if "rtol" in tolerance:
        return output.get("excess", {}).get(key(tolerance["rtol"]), 0) <= tolerance["atol"]
    return output.get("abs", 0) < tolerance["atol"] or output.get("abs", 0) == 0


def outcome(result, tolerance):
    if result["status"] in GONE:
        return GONE[result["status"]]
    if result["status"] == "failed":
        return BY_STAGE[result["stage"]]
    outputs = result["outputs"]
    if "count" in result or any("shape" in o for o in outputs):
        return "shape difference"
    if any("type" in o for o in outputs):
        return "type difference"
    if "bound" in tolerance:
        return by_its_bounds(result)
    if any("nan" in o or "inf" in o for o in outputs):
        return "NaN/Inf difference"
    return "correct" if all(within(o, tolerance) for o in outputs) else "value mismatch"


def by_its_bounds(result):
    """The outcome of a result whose outputs have the right types and shapes. Where nothing is known of an element, any value is right."""
    bad = [o for o in result["outputs"] if "outside" in o]
    if not result.get("bounds"):
        return "no bound"
    if any(o.get("unequal") for o in result["outputs"]):
        return "value mismatch"
    if not bad:
        return "correct"
    return "NaN/Inf difference" if any("nan" in o or "inf" in o for o in bad) else "outside its bound"


def comparable(result):
    """Whether each element of the outputs was judged by its bound."""
    return result["status"] == "ok" and bool(result.get("bounds")) and "count" not in result and not any("type" in o or "shape" in o for o in result["outputs"])


def cell():
    return {"judged": 0, "outside": 0, "alarms": Counter(), "missed": Counter(), "worst": None}


def add_to(total, result, tolerances_):
    bad = [{"model": result["model"], "output": o["name"], **o["outside"]} for o in result["outputs"] if "outside" in o]
    total["judged"] += 1
    total["outside"] += bool(bad)
    for t in tolerances_:
        right = outcome(result, t) == "correct"
        total["alarms"][t["name"]] += not bad and not right
        total["missed"][t["name"]] += bool(bad) and right
    total["worst"] = max([total["worst"], *bad], key=lambda x: x["ratio"] if x else -1.0)


def against_bounds(results, tolerances_):
    """{target: {nodes or "all": {judged, outside, worst element, alarms: models inside their bounds that a tolerance flags, by tolerance, missed: models
    outside that it lets pass}}} of the models whose outputs have bounds and could be compared with them."""
    found = defaultdict(lambda: defaultdict(cell))
    tolerances_ = [t for t in tolerances_ if "bound" not in t]
    for r in filter(comparable, results):
        for nodes in (r["nodes"], "all"):
            add_to(found[r["target"]][nodes], r, tolerances_)
    return {t: dict(sorted(by.items(), key=lambda x: (x[0] == "all", x[0]))) for t, by in sorted(found.items())}


def worst_words(worst):
    return f"{worst['model']} {worst['output']}{bounds.words(worst)}" if worst else ""


def bounds_text(results, tolerances_):
    """Lines for people: models outside their bounds, beside what the tolerances say of the same outputs."""
    names = [t["name"] for t in tolerances_ if "bound" not in t]
    head = ["target", "nodes", "judged", "outside", *names, "worst element"]
    body = [[t, str(nodes), str(c["judged"]), str(c["outside"])] + [f"{c['alarms'][n]}/{c['missed'][n]}" for n in names] + [worst_words(c["worst"]) if nodes == "all" else ""]
            for t, by in against_bounds(results, tolerances_).items() for nodes, c in by.items()]
    widths = [max(len(r[i]) for r in [head, *body]) for i in range(len(head) - 1)]
    lines = ["models with elements outside their bounds; of each tolerance A/M: it flags A models inside their bounds, and passes M outside"]
    for r in [head, *body]:
        lines.append("  ".join([r[0].ljust(widths[0])] + [x.rjust(w) for x, w in zip(r[1:-1], widths[1:])] + [r[-1]]).rstrip())
    return "\n".join(lines) + "\n" if body else ""


def table(results, tolerance):
    """{target: {nodes: Counter of outcomes}}"""
    counts = defaultdict(lambda: defaultdict(Counter))
    for r in results:
        counts[r["target"]][r["nodes"]][outcome(r, tolerance)] += 1
    return {t: dict(sorted(by.items())) for t, by in sorted(counts.items())}


def total(by_nodes):
    return sum(by_nodes.values(), Counter())


def aligned(rows, left=1):
    """Lines of equally long rows of texts: the first `left` columns to the left, others to the right."""
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    return "".join("  ".join(x.ljust(w) if i < left else x.rjust(w) for i, (x, w) in enumerate(zip(r, widths))).rstrip() + "\n" for r in rows)


def columns(counts):
    used = set().union(*[c for by in counts.values() for c in by.values()]) if counts else set()
    return [o for o in OUTCOMES if o != "outside its bound" or o in used] + [b for b in BESIDE if b in used]


def rows(counts, names):
    """Lists: target, nodes ("all" for the sum), models, each of the outcomes named."""
    for t, by in counts.items():
        for nodes, c in [*by.items(), ("all", total(by))]:
            yield [t, nodes, sum(c.values())] + [c[n] for n in names]


SHORT = {"conversion failure": "convert", "load failure": "load", "run failure": "run", "out of memory": "memory", "type difference": "type",
         "shape difference": "shape", "NaN/Inf difference": "NaN/Inf", "outside its bound": "outside", "value mismatch": "value", "no bound": "no bound", "import failure": "import", "no reference": "no ref.", "not supported": "unsupp."}


def as_text(counts, tolerance, sums_only=False):
    names = columns(counts)
    head = ["target", "nodes", "models"] + [SHORT.get(n, n) for n in names]
    body = [[str(x) for x in r] for r in rows(counts, names) if not sums_only or r[1] == "all"]
    return f"tolerance {tolerance['name']}: {tolerance.get('note', '')}".rstrip(": ") + "\n" + aligned([head, *body])


def as_csv(results, tolerances_):
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\n")
    names = OUTCOMES + BESIDE
    w.writerow(["tolerance", "target", "nodes", "models"] + names)
    for t in tolerances_:
        w.writerows([t["name"], *r] for r in rows(table(results, t), names))
    return out.getvalue()


def as_json(results, tolerances_):
    return {t["name"]: {name: {str(n): dict(c) for n, c in by.items()} for name, by in table(results, t).items()} for t in tolerances_}


def beside_the_study(counts):
    """Load failures of each target, beside the published ones."""
    lines = ["load failures, of all models that reached the target", f"{'':26}{'models':>8}{'failed':>8}{'share':>8}"]
    for name, (convert, load, mismatch, correct) in published().items():
        n = convert + load + mismatch + correct
        lines.append(f"{name:26}{n:8}{load:8}{load / n:8.0%}")
    for t, by in counts.items():
        c = total(by)
        n = sum(c.values()) - sum(c[b] for b in BESIDE)
        if n:
            lines.append(f"{t:26}{n:8}{c['load failure']:8}{c['load failure'] / n:8.0%}")
    return "\n".join(lines) + "\n"
