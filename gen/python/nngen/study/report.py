"""One HTML page from a run: no external resources, data embedded as JSON, tables and charts drawn by the page's own script (page.html)."""
import json
import os
from collections import Counter, defaultdict, namedtuple
from html import escape
from pathlib import Path
from urllib.parse import quote

import onnx

from nngen.study import cases, curves, drawing, engine, messages, operators, outcomes
from nngen.study.declared import NOT_ASKED

LEVELS = [10.0**e for e in range(-9, 2)]
GRAPHS, LARGEST = 48, 14
Base = namedtuple("Base", "folder page")  # the run's, and where the page is


def curve(results):
    """Share of the models that gave comparable outputs whose largest difference is at most each level."""
    worst = [max((o.get("abs", 0) for o in r["outputs"]), default=0) for r in results
             if r["status"] == "ok" and "count" not in r and not any(k in o for o in r["outputs"] for k in ("shape", "type", "nan", "inf"))]
    return {"models": len(worst), "shares": [sum(w <= level for w in worst) / len(worst) for level in LEVELS] if worst else []}


def edges(path):
    graph = onnx.load(path, load_external_data=False).graph
    made = {o: n.op_type for n in graph.node for o in n.output if o}
    return {(made[x], n.op_type) for n in graph.node for x in n.input if x in made}


def by_pair(results, pairs, tolerance, most=24):
    """{target: {"A>B": [models, failed]}} of adjacent operators, for those operators whose pairs fail most. pairs: {model: edges}."""
    counts = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for r in results:
        kind = outcomes.outcome(r, tolerance)
        if kind in outcomes.BESIDE or r["model"] not in pairs:
            continue
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


def left_out(results):
    """[[case, outcome, why]] of those that no target is asked about."""
    return sorted({(r["model"], r["status"], r["error"]) for r in results if r["status"] in NOT_ASKED})


def drawings(folder, results, models, tolerance):
    """The reduced models; where there are none for a target, its smallest failing models."""
    found, have = [], set()
    if (folder / "reduced.json").exists():
        for x in json.loads((folder / "reduced.json").read_text("utf-8")):
            if (folder / x["folder"] / "model.onnx").exists():
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
            out.append((target, kind, message, count, name, path, drawing.svg(graph, f"{target}: {kind}")))
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


def links(name, path, base):
    """The name of a reduced model as links to its files; that of another model as it is."""
    if not path.is_relative_to(base.folder):
        return f"<code>{escape(name)}</code>"
    at = quote(os.path.relpath(path.parent, base.page))
    more = "".join(f' <a href="{at}/{f}">{f}</a>' for f in ("listing.txt",) if (path.parent / f).exists())
    return f'<a href="{at}/{path.name}"><code>{escape(name)}</code></a>{more}'


def figure(base, target, kind, message, count, name, path, picture):
    note = f"<p class=msg>{escape(message)}</p>" if message else ""
    return (f'<figure data-target="{escape(target)}"><figcaption><b>{escape(target)}</b> <span class="tag" data-outcome="{escape(kind)}">{escape(kind)}</span> '
            f'{links(name, path, base)}{f" and {count - 1} more" if count > 1 else ""}{note}</figcaption><div class=scroll>{picture}</div></figure>')


MOST = 6000  # characters of the sequences of a target


def sequences(folder):
    """What `nngen-study sequences` wrote beside the results, and of which targets it wrote nothing, and why."""
    at = folder / "sequences.json"
    reasons = json.loads(at.read_text("utf-8")) if at.exists() else {}
    out = []
    for p in sorted(folder.glob("sequences-*.txt")):
        text, target = p.read_text("utf-8"), p.stem.removeprefix("sequences-")
        rest = f"\n... {len(text) - MOST} characters more in {p.name}" if len(text) > MOST else ""
        out.append(f"<details><summary>{escape(target)}</summary><pre>{escape(text[:MOST] + rest)}</pre></details>")
    return "".join(out) + "".join(f"<p>{escape(t)}: {escape(why)}</p>" for t, why in sorted(reasons.items()) if why)


def data(folder):
    folder = Path(folder).resolve()
    results = engine.read_results(folder)
    study = json.loads((folder / "study.json").read_text("utf-8"))
    facts = json.loads((folder / "models.json").read_text("utf-8"))
    levels = outcomes.levels(results)
    models = {n: e.file for n, e in cases.of_run(folder).items()}
    by_target = defaultdict(list)
    for r in results:
        by_target[r["target"]].append(r)
    causes = json.loads((folder / "causes.json").read_text("utf-8")) if (folder / "causes.json").exists() else None
    telling = outcomes.telling(results)
    broken = {r["model"] for r in results if r["status"] in NOT_ASKED}
    pairs = {n: edges(p) for n, p in models.items() if n not in broken}
    kinds = messages.kinds(results, lambda r: outcomes.outcome(r, levels[0]))
    page = {"study": {k: v for k, v in study.items() if k != "corpus"}, "tolerances": levels, "outcomes": outcomes.OUTCOMES + outcomes.BESIDE, "beside": outcomes.BESIDE,
            "bounds": outcomes.against_bounds(results, levels),
            "counts": outcomes.as_json(results, levels), "levels": LEVELS, "curves": {t: curve(rs) for t, rs in sorted(by_target.items())},
            "operators": {t["name"]: operators.by_operator(results, facts, t) for t in levels}, "pairs": {t["name"]: by_pair(results, pairs, t) for t in levels},
            "telling": telling["name"], "left_out": left_out(results),
            "kinds": [{k: v for k, v in x.items() if k != "original"} for x in kinds], "causes": causes, "published": outcomes.published()}
    return page, drawings(folder, results, models, telling), sequences(folder)


def write(folder, out):
    page, pictures, found = data(folder)
    text = Path(__file__).with_name("page.html").read_text("utf-8")
    base = Base(Path(folder).resolve(), Path(out).resolve().parent)
    embedded = json.dumps(page, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    for mark, value in (("FIGURES", "".join(figure(base, *p) for p in pictures) or f"<p>No failing model of at most {LARGEST} nodes: <code>nngen-study reduce</code> makes them.</p>"),
                        ("DETECTION", curves.section(folder)), ("SEQUENCES", found or "<p>Not computed: <code>nngen-study sequences OUT</code>, then <code>report</code> again.</p>"), ("DATA", embedded)):
        text = text.replace(f"<!--{mark}-->", value, 1)
    Path(out).write_text(text, "utf-8")
    print(out)


def command(sub):
    s = sub.add_parser("report", help="one self-contained HTML page from a run")
    s.add_argument("out", help="folder of the run")
    s.add_argument("--html", help="the page (OUT/report.html)")
    s.set_defaults(function=lambda a: write(a.out, a.html or Path(a.out) / "report.html"))
