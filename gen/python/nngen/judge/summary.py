"""The report of a campaign in Markdown."""
from nngen.judge import grouping, quirks


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|" + "|".join(" --- " for _ in head) + "|"
    for r in rows:
        yield "| " + " | ".join(str(x).replace("|", "\\|") for x in r) + " |"
    yield ""


def percent(a, b):
    return f"{100 * a / b:.2f} %" if b else "-"


def overview(reports):
    def row(part, r):
        seconds = r["seconds"]["generate"] + r["seconds"]["judge"]
        return (part, f"{r['families']} of {r['planned']}", r["models"], r["nodes"] or "-", r["problems"], f"{r['models'] / max(seconds, 1e-9):.0f}")
    yield from table(("part", "families", "models", "nodes", "problems", "models/s"), [row(*x) for x in reports.items()])


def single(r):
    yield "## Each operator at each opset"
    cells = [(op, v, x) for op, rows in r["single"].items() for v, x in rows.items()]
    having = [x["having"] for _, _, x in cells]
    yield f"{len(cells)} pairs of an operator and an opset; models that have the operator: at least {min(having, default=0)} a pair."
    yield ""
    bad = [(op, v, x["models"], x["having"], x["problems"]) for op, v, x in cells if x["problems"] or not x["having"]]
    yield from table(("operator", "opset", "models", "having it", "problems"), bad) if bad else ("No problem.", "")
    yield f"Value classes of attributes never hit by an operator at an opset: {len(r['never_hit'])}."
    yield ""
    merged = {}
    for op, v, attr, name in r["never_hit"]:
        merged.setdefault((op, attr, name), []).append(v)
    yield from table(("operator", "attribute", "class", "opsets"), [(*k, grouping.spans(v)) for k, v in merged.items()]) if merged else ()


def mixed(r, title="Mixed models"):
    yield f"## {title}"
    yield f"{r['corners']} runs with inputs at corners of their intervals, at both levels of optimisation."
    yield f"Optimised and not differ by more than 1e-3 in {r['levels_differ']} models; those that rounding explains are noted as `ill-conditioned`."
    yield ""
    yield from table(("note", "times"), r["notes"].items())


def old(r):
    yield from mixed(r, "Mixed models at opsets 7 to 12")


def observed(r):
    yield "## Intervals"
    yield f"{r['observed_models']} models with every tensor observed; {100 * r['useful_magnitudes']:.1f} % of the largest magnitudes of tensors are in 1e-3..1e4."
    yield ""
    rows = sorted(r["tightness"].items(), key=lambda x: -x[1][0])
    yield from table(("operator", "declared / observed width, median", "90 %", "tensors"), [(op, *t) for op, t in rows])


def compare(r):
    for pair, title, names in (("levels", "Optimised against not, by model", ("correct", "rounding", "mismatch")),
                               ("reference", "Not optimised against onnx's reference evaluator, by node", ("correct", "rounding", "quirk", "mismatch", "failed", "missing"))):
        yield f"## {title}"
        rows = r["compare"].get(pair, {})
        yield "All: " + ", ".join(f"{sum(x.get(k, 0) for x in rows.values())} {k}" for k in names)
        yield ""
        yield from table(("operator", *names), [(op, *(x.get(k, 0) for k in names)) for op, x in sorted(rows.items())])
    told = r["compare"].get("quirks", {})
    yield from table(("quirk", "nodes", "at fault", "reason"), [(q["name"], told[q["name"]]["times"], q["whose"], q["reason"])
                                                                for q in quirks.QUIRKS if q["name"] in told])


def perturb(r):
    yield "## Outputs depend on inputs and weights"
    p = r["perturb"]
    if not p:
        return
    yield f"Outputs that change with the inputs: {p['outputs'] - p['dead']} of {p['outputs']} = {percent(p['outputs'] - p['dead'], p['outputs'])}."
    yield f"Nodes whose weights change an output: {p['weights'][0]} of {p['weights'][1]} = {percent(*p['weights'])}."
    yield ""
    ops = sorted(p["nodes"], key=lambda op: (-p["guilty"].get(op, 0), -p["deaf"].get(op, 0), op))
    yield from table(("operator", "nodes", "live input, no live output", "dead outputs put down to it", "nodes with weights", "of these without effect"),
                     [(op, p["nodes"][op], p["killers"].get(op, 0), p["guilty"].get(op, 0), p["asked"].get(op, 0), p["deaf"].get(op, 0)) for op in ops])


def problems(reports):
    rows = [(part, g["op"] or "-", g["kind"], g["count"], grouping.spans(g["opsets"]), g["normal"][:160], g["example"]["model"], g["example"]["command"])
            for part, r in reports.items() for g in r["groups"]]
    yield "## Problems"
    yield from table(("part", "operator", "kind", "times", "opsets", "message", "smallest", "command"), rows) if rows else ("None.",)


SECTIONS = {"single": single, "mixed": mixed, "old": old, "observed": observed, "corners": None, "compare": compare, "perturb": perturb}


def lines(reports):
    yield "# Campaign"
    yield ""
    yield from overview(reports)
    for part, section in SECTIONS.items():
        if section and part in reports:
            yield from section(reports[part])
    yield from problems(reports)
