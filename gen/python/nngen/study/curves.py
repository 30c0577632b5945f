"""False alarms and detection against the tolerance, and beside bounds: correct runs that a tolerance flags, planted faults that it sees.

A correct run is one of a runtime, with and without optimisations, whose outputs lie inside their bounds. A fault changes the result of one
node (faults.py); what follows is computed from it. A fault is visible if it changes an output."""
import csv
import io
import json
from collections import namedtuple
from html import escape
from pathlib import Path

import numpy as np
import onnx

from nngen.judge import bounds, driver
from nngen.study import cases, engine, expected, faults, isolate, scratch, targets
from nngen.study.case import Case
from nngen.study.declared import BadCase, declared_shape

LEVELS = [10.0 ** (k / 2 - 9) for k in range(17)]  # 1e-9 to 1e-1
ATOL = 1e-7
FORMS = {"absolute": "|y − v| ≤ t, the study's", "relative": "|y − v| ≤ t |v| + 1e-7, the ONNX backend tests'", "both": "|y − v| ≤ t |v| + t"}
RUNTIMES = "onnxruntime-none,onnxruntime-all"
Sample = namedtuple("Sample", "name case model feed bounds")


def least(y, v):
    """The smallest tolerance of each form that y passes."""
    a, b = np.asarray(y).astype(np.float64), np.asarray(v).astype(np.float64)
    with np.errstate(all="ignore"):
        d, size = np.where(a == b, 0.0, np.abs(a - b)), np.abs(b)
        need = {"absolute": d, "relative": np.where(d <= ATOL, 0.0, (d - ATOL) / size), "both": d / (1 + size)}
    return {form: float(np.where(np.isnan(x), np.inf, x).max(initial=0.0)) for form, x in need.items()}


def worst(found):
    return {form: max((f[form] for f in found), default=0.0) for form in FORMS}


def typed(v, info):
    return np.asarray(v).astype(onnx.helper.tensor_dtype_to_np_dtype(info.type.tensor_type.elem_type))


def of_run(sample, outputs):
    """Whether a run lies outside its bounds, and the tolerances that it needs."""
    found, bad = [], False
    for info, y in zip(sample.model.graph.output, outputs):
        v, e = sample.bounds[info.name]
        bad |= y.shape != v.shape or bool(bounds.outside(y, v, e).any())
        found.append(least(y, typed(v, info)) if y.shape == v.shape else dict.fromkeys(FORMS, np.inf))
    return {"outside": bad, **worst(found)}


def of_fault(fault):
    _, visible, by_bounds, _, _ = map(bool, faults.seen(fault))
    return {"fault": fault.kind, "visible": visible, "bound": by_bounds, "local": fault.own, **worst([least(y, v) for y, v in fault.outputs.values()])}


def spread(items, most):
    """At most so many, at equal distances."""
    return [items[i * len(items) // most] for i in range(most)] if len(items) > most else items


class Drivers:
    """One process for each opset."""

    def __init__(self):
        self.open = {}

    def of(self, model):
        opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
        if opset not in self.open:
            self.open[opset] = driver.Driver(opset)
        return self.open[opset]

    def close(self):
        for d in self.open.values():
            d.close()


def fixed(model):
    """Whether every tensor has a type with fixed dims, as in nngen's models: faults can be planted then, and what follows be computed."""
    shapes = {v.name: declared_shape(v) for v in [*model.graph.value_info, *model.graph.output]}
    known = {name for name, s in shapes.items() if s is not None and all(isinstance(d, int) for d in s)}
    return not model.functions and all(o in known for n in model.graph.node for o in n.output if o)


def samples(models, drivers):
    for name, path, *data in models:
        try:
            case = Case(path, data=data[0] if data else None)
            model, feed = case.model(), case.feed(0)
        except BadCase:
            continue
        if not fixed(model):
            continue
        found, errors = drivers.of(model).compute(model, feed)
        if not errors:
            yield Sample(name, case, model, feed, found)


def runs(taken, names, modules):
    """What the runtimes make of the models, each in a process of its own."""
    out = []
    with scratch.Folder() as folder:
        for t in targets.named(names):
            paths = {s.name: str(folder / f"{t.name}-{i}.npz") for i, s in enumerate(taken)}

            def record(request, result, t=t, paths=paths):
                if result["status"] == "ok":
                    sample, values = next(s for s in taken if s.name == request["model"]), expected.Outputs(paths[request["model"]])
                    made = [values.value(0, i) for i in range(len(sample.model.graph.output))]
                    out.append({"model": sample.name, "target": t.name, **of_run(sample, made)})
                    Path(paths[request["model"]]).unlink()

            isolate.run_batch(t, [{"model": s.name, "path": s.case.path, "data": str(s.case.data), "save": paths[s.name], "sets": 1} for s in taken], record, modules)
    return out


def planted(taken, drivers, count, seed):
    return [{"model": s.name, **of_fault(f)} for i, s in enumerate(taken)
            for f in faults.plant(drivers.of(s.model), s.model, s.feed, np.random.default_rng([seed, i]), count)]


def share(items, pick):
    items = list(items)
    return sum(map(pick, items)) / len(items) if items else 0.0


def summary(found_runs, found_faults):
    """Shares by form and tolerance. The runs outside their bounds are counted, and are in no curve."""
    right, visible = [r for r in found_runs if not r["outside"]], [f for f in found_faults if f["visible"]]
    curve = lambda items: {form: [share(items, lambda x, form=form, t=t: x[form] > t) for t in LEVELS] for form in FORMS}
    return {"levels": LEVELS, "alarms": curve(right), "detection": curve(visible), "runs": len(right), "outside": len(found_runs) - len(right),
            "planted": len(found_faults), "visible": len(visible), "bound": share(visible, lambda f: f["bound"]),
            "local": share(found_faults, lambda f: f["local"]), "kinds": by_kind(found_faults)}


def by_kind(found):
    out = []
    for kind in [*faults.FAULTS, "all"]:
        these = [f for f in found if kind in (f["fault"], "all")]
        visible = [f for f in these if f["visible"]]
        out.append({"kind": kind, "planted": len(these), "visible": len(visible), "bound": share(visible, lambda f: f["bound"]),
                    "1e-3": share(visible, lambda f: f["relative"] > 1e-3), "1e-7": share(visible, lambda f: f["relative"] > 1e-7), "local": share(these, lambda f: f["local"])})
    return out


def as_csv(s):
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\n")
    w.writerow(["form", "tolerance", "flagged", "runs", "detected", "faults"])
    for form in FORMS:
        w.writerows([form, f"{t:.2e}", round(a * s["runs"]), s["runs"], round(d * s["visible"]), s["visible"]] for t, a, d in zip(s["levels"], s["alarms"][form], s["detection"][form]))
    w.writerow(["bound", "", s["outside"], s["runs"] + s["outside"], round(s["bound"] * s["visible"]), s["visible"]])  # of all runs
    w.writerow(["bound of the node", "", "", "", round(s["local"] * s["planted"]), s["planted"]])
    return out.getvalue()


def in_words(s):
    """For each form: what it detects where it raises no false alarm, and its false alarms where it detects what bounds do."""
    for form in FORMS:
        pairs = list(zip(s["levels"], s["alarms"][form], s["detection"][form]))
        quiet = next((f"{d:.1%} detected at {t:.0e}, the first without false alarms" for t, a, d in pairs if a == 0), "false alarms at every tolerance")
        keen = next((f"{a:.1%} false alarms at {t:.0e}, the last that detects as much as bounds do" for t, a, d in reversed(pairs) if d >= s["bound"]), "never detects as much as bounds do")
        yield f"{form} ({FORMS[form]}): {quiet}; {keen}"
    yield f"bounds of the outputs: {s['bound']:.1%} of {s['visible']} visible faults detected; bounds of the node's own inputs: {s['local']:.1%} of all {s['planted']}"
    yield f"{s['runs']} correct runs; {s['outside']} other runs have an element outside its bound"


STYLE = ('<style>.chart text{font:11px system-ui,sans-serif;fill:var(--soft,#5f6973)}.chart .axis{stroke:var(--line,#dcdfe2)}.chart path{fill:none;stroke-width:2}'
         '.chart .alarm{stroke:#c43d3d}.chart .seen{stroke:#3f78c2}.chart .level{stroke-dasharray:5 4;stroke-width:1.5}</style>')
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 300, 210, 40, 34, 40


def panel(x0, s, form):
    width, height = WIDTH - LEFT - 12, HEIGHT - TOP - BOTTOM
    x = lambda k: x0 + LEFT + width * k / (len(s["levels"]) - 1)
    y = lambda v: TOP + height * (1 - v)
    end = len(s["levels"]) - 1
    parts = [f'<text x="{x0 + LEFT}" y="14"><tspan font-weight="600">{form}</tspan></text><text x="{x0 + LEFT}" y="27">{escape(FORMS[form])}</text>']
    for v in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<line class="axis" x1="{x(0):.1f}" x2="{x(end):.1f}" y1="{y(v):.1f}" y2="{y(v):.1f}"/><text x="{x0 + LEFT - 5}" y="{y(v) + 4:.1f}" text-anchor="end">{v:.0%}</text>')
    parts += [f'<text x="{x(k):.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">1e{np.log10(s["levels"][k]):.0f}</text>' for k in range(0, end + 1, 4)]
    for name, values in (("alarm", s["alarms"][form]), ("seen", s["detection"][form])):
        parts.append(f'<path class="{name}" d="M{"L".join(f"{x(k):.1f} {y(v):.1f}" for k, v in enumerate(values))}"/>')
    parts.append(f'<path class="seen level" d="M{x(0):.1f} {y(s["bound"]):.1f}H{x(end):.1f}"/>')
    return "".join(parts)


def svg(s):
    legend = [("alarm", "correct runs flagged"), ("seen", "visible faults detected"), ("seen level", f"detected by bounds ({s['bound']:.1%})")]
    below = "".join(f'<path class="{c}" d="M{LEFT + 240 * i} {HEIGHT + 4}h24"/><text x="{LEFT + 240 * i + 30}" y="{HEIGHT + 8}">{t}</text>' for i, (c, t) in enumerate(legend))
    width = WIDTH * len(FORMS)
    return (f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT + 16}" role="img" aria-label="false alarms and detection against tolerance">{STYLE}'
            + "".join(panel(i * WIDTH, s, form) for i, form in enumerate(FORMS)) + below + "</svg>\n")


def section(folder):
    """The part of the page, from what `curves` has written."""
    path = Path(folder) / "curves.json"
    if not path.exists():
        return "<p>Not computed: see <code>nngen-study curves</code>.</p>"
    s = json.loads(path.read_text("utf-8"))
    said = "".join(f"<li>{escape(x)}</li>" for x in in_words(s))
    head = "".join(f"<th>{x}</th>" for x in ("fault", "planted", "visible", "bounds", "rtol 1e-3", "rtol 1e-7", "bounds of the node"))
    body = "".join(f"<tr><td class=l>{escape(k['kind'])}</td><td>{k['planted']}</td><td>{k['visible']}</td>" + "".join(f"<td>{k[c]:.1%}</td>" for c in ("bound", "1e-3", "1e-7", "local")) + "</tr>" for k in s["kinds"])
    numbers = "".join(f"<tr>{''.join(f'<td>{escape(x)}</td>' for x in row)}</tr>" for row in list(csv.reader(io.StringIO(as_csv(s))))[1:])
    return (f'<p class="soft">Correct runs, whose outputs lie inside their bounds, that a tolerance t flags, and planted faults of one node that it sees.</p>{svg(s)}<ul>{said}</ul>'
            f'<div class="scroll"><table id="t-faults"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
            f'<details><summary>The numbers of the curves</summary><table><thead><tr><th>form</th><th>tolerance</th><th>flagged</th><th>runs</th><th>detected</th><th>faults</th></tr></thead><tbody>{numbers}</tbody></table></details>')


def compute(models, names=RUNTIMES, count=10, seed=1, modules=()):
    targets.load_all(modules)
    drivers = Drivers()
    try:
        taken = list(samples(models, drivers))
        if not taken:
            raise SystemExit("curves: no model has types with fixed dims for all its tensors, and rules for all its operators; nngen's models do")
        return summary(runs(taken, names.split(","), modules), planted(taken, drivers, count, seed))
    finally:
        drivers.close()


def command(sub):
    s = sub.add_parser("curves", help="false alarms and detection of planted faults against the tolerance, and of bounds")
    s.add_argument("out", help="folder of a run")
    s.add_argument("--targets", default=RUNTIMES, help="runtimes that make the correct runs")
    s.add_argument("--models", type=int, default=60, help="most models of the corpus")
    s.add_argument("--faults", type=int, default=20, help="of each model")
    s.add_argument("--seed", type=int, default=1)
    s.set_defaults(function=main)


def main(args):
    """Writes OUT/curves.json, curves.csv, curves.svg."""
    folder = Path(args.out)
    models = list(cases.of_run(folder).values())
    if not driver.PROGRAM.exists():
        raise SystemExit(f"{driver.PROGRAM}: no such program; it is built in a checkout, by `make unit-programs`")
    s = compute(spread(models, args.models), args.targets, args.faults, args.seed, args.modules)
    engine.write_json(folder / "curves.json", s)
    (folder / "curves.csv").write_text(as_csv(s), "utf-8")
    (folder / "curves.svg").write_text(svg(s), "utf-8")
    print("\n".join(in_words(s)))
