"""One HTML page from a run: no external resources, data embedded as JSON, tables and charts drawn by the page's own script (page.html)."""
import json
from collections import Counter, defaultdict
from html import escape
from pathlib import Path

import onnx

from nngen.study import curves, drawing, engine, messages, outcomes

LEVELS = [10.0**e for e in range(-9, 2)]
GRAPHS, LARGEST = 48, 14


def curve(results):
    """Share of the models that gave comparable outputs whose largest difference is at most each level."""
    worst = [max((o.get("abs", 0) for o in r["outputs"]), default=0) for r in results
             if r["status"] == "ok" and "count" not in r and not any(k in o for o in r["outputs"] for k in ("shape", "type", "nan", "inf"))]
    return {"models": len(worst), "shares": [sum(w <= level for w in worst) / len(worst) for level in LEVELS] if worst else []}


def by_operator(results, facts, tolerance):
    """{target: {operator: [models, {outcome: models}]}}, correct ones left out of the second."""
    out = defaultdict(lambda: defaultdict(lambda: [0, Counter()]))
    for r in results:
        kind = outcomes.outcome(r, tolerance)
        if kind in outcomes.BESIDE:
            continue
        for op in facts[r["model"]]["operators"]:
            cell = out[r["target"]][op]
            cell[0] += 1
            if kind != "correct":
                cell[1][kind] += 1
    return out


def edges(path):
    graph = onnx.load(path, load_external_data=False).graph
    made = {o: n.op_type for n in graph.node for o in n.output if o}
    return {(made[x], n.op_type) for n in graph.node for x in n.input if x in made}


def by_pair(results, models, tolerance, most=24):
    """{target: {"A>B": [models, failed]}} of adjacent operators, for those operators whose pairs fail most."""
    pairs = {}
    counts = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for r in results:
        kind = outcomes.outcome(r, tolerance)
        if kind in outcomes.BESIDE or r["model"] not in models:
            continue
        if r["model"] not in pairs:
            pairs[r["model"]] = edges(models[r["model"]])
        for p in pairs[r["model"]]:
            cell = counts[r["target"]][p]
            cell[0] += 1
            cell[1] += kind != "correct"
    out = {}
    for target, cells in counts.items():
        weight = Counter()
        for (a, b), (n, failed) in cells.items():
            for op in {a, b}:
                weight[op] += failed * failed / n
        keep = {op for op, w in weight.most_common(most) if w > 0}
        out[target] = {f"{a}>{b}": c for (a, b), c in cells.items() if a in keep and b in keep}
    return out


def drawings(folder, results, models, tolerance):
    """The reduced models; where there are none for a target, its smallest failing models."""
    found, have = [], set()
    if (folder / "reduced.json").exists():
        for x in json.loads((folder / "reduced.json").read_text("utf-8")):
            found.append((x["target"], x["outcome"], x["message"], len(x["models"]), folder / x["folder"] / "model.onnx", x["folder"]))
            have.add((x["target"], x["outcome"]))
    seen = set()
    for r in sorted(results, key=lambda r: (r["nodes"], r["model"])):
        kind = outcomes.outcome(r, tolerance)
        if kind == "correct" or kind in outcomes.BESIDE or (r["target"], kind) in have | seen or r["nodes"] > LARGEST or r["model"] not in models:
            continue
        seen.add((r["target"], kind))
        found.append((r["target"], kind, messages.normalise(r.get("error", "")), 1, models[r["model"]], r["model"]))
    out = []
    for target, kind, message, count, path, name in sorted(found, key=lambda x: (x[0], x[1], -x[3]))[: GRAPHS * 8]:
        graph = onnx.load(path).graph
        if len(graph.node) <= LARGEST:
            out.append((target, kind, message, count, name, drawing.svg(graph, f"{target}: {kind}")))
    return spread_over_targets(out)[:GRAPHS]


def spread_over_targets(items):
    """One of each target in turn, so that a cut leaves none out."""
    by = defaultdict(list)
    for x in items:
        by[x[0]].append(x)
    out = []
    while any(by.values()):
        for k in sorted(by):
            if by[k]:
                out.append(by[k].pop(0))
    return out


def figure(target, kind, message, count, name, picture):
    note = f"<p class=msg>{escape(message)}</p>" if message else ""
    return (f'<figure data-target="{escape(target)}"><figcaption><b>{escape(target)}</b> <span class="tag" data-outcome="{escape(kind)}">{escape(kind)}</span> '
            f'<code>{escape(name)}</code>{f" and {count - 1} more" if count > 1 else ""}{note}</figcaption><div class=scroll>{picture}</div></figure>')


def sequences(folder):
    """What `nngen sequences` wrote beside the results, if it did."""
    return "".join(f"<details><summary>{escape(p.stem.removeprefix('sequences-'))}</summary><pre>{escape(p.read_text('utf-8')[:6000])}</pre></details>"
                   for p in sorted(folder.glob("sequences-*.txt")))


def data(folder):
    folder = Path(folder)
    results = engine.read_results(folder)
    study = json.loads((folder / "study.json").read_text("utf-8"))
    facts = json.loads((folder / "models.json").read_text("utf-8"))
    levels = outcomes.levels(results)
    models = dict(engine.find_models(study["corpus"])) if Path(study["corpus"]).exists() else {}
    by_target = defaultdict(list)
    for r in results:
        by_target[r["target"]].append(r)
    causes = json.loads((folder / "causes.json").read_text("utf-8")) if (folder / "causes.json").exists() else None
    telling = outcomes.telling(results)
    kinds = messages.kinds(results, lambda r: outcomes.outcome(r, levels[0]))
    page = {"study": {k: v for k, v in study.items() if k != "corpus"}, "tolerances": levels, "outcomes": outcomes.OUTCOMES + outcomes.BESIDE, "beside": outcomes.BESIDE,
            "bounds": outcomes.against_bounds(results, levels),
            "counts": outcomes.as_json(results, levels), "levels": LEVELS, "curves": {t: curve(rs) for t, rs in sorted(by_target.items())},
            "operators": {t["name"]: by_operator(results, facts, t) for t in levels}, "pairs": by_pair(results, models, telling),
            "kinds": [{k: v for k, v in x.items() if k != "original"} for x in kinds], "causes": causes, "published": outcomes.published()}
    return page, drawings(folder, results, models, telling), sequences(folder)


def write(folder, out):
    page, pictures, found = data(folder)
    text = Path(__file__).with_name("page.html").read_text("utf-8")
    embedded = json.dumps(page, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    for mark, value in (("FIGURES", "".join(figure(*p) for p in pictures) or f"<p>No failing model of at most {LARGEST} nodes: <code>nngen-study reduce</code> makes them.</p>"),
                        ("DETECTION", curves.section(folder)), ("SEQUENCES", found or "<p>Not computed: see <code>nngen sequences --outcomes</code>.</p>"), ("DATA", embedded)):
        text = text.replace(f"<!--{mark}-->", value, 1)
    Path(out).write_text(text, "utf-8")


def command(sub):
    s = sub.add_parser("report", help="one self-contained HTML page from a run")
    s.add_argument("out", help="folder of the run")
    s.add_argument("--html", help="the page (OUT/report.html)")
    s.set_defaults(function=lambda a: write(a.out, a.html or Path(a.out) / "report.html"))
