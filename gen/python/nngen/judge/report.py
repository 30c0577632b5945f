"""What a campaign found: figures of a family for the state file, and their sum for the report."""
import statistics
from collections import Counter

from nngen.judge import compare, grouping, liveness


def figures(v):
    """What is kept of one family beside its problems."""
    stats = v.family.statistics()
    tight = {}
    for f in v.facts:
        for op, values in f.get("tightness", {}).items():
            tight.setdefault(op, Counter()).update(round(4 * x) for x in values)
    magnitudes = [x for f in v.facts for x in f.get("magnitude", ())]
    manifest = v.corpus.manifest or {}
    return {
        "statistics": stats,
        "operators": dict(sorted(v.family.op_nodes.items())),
        "classes": manifest.get("statistics", {}).get("classes", {}),
        "levels_differ": sum(f.get("levels_differ", 0) > 1e-3 for f in v.facts),
        "corners": sum(f.get("corners", 0) for f in v.facts),
        "observed": sum("magnitude" in f for f in v.facts),
        "tightness": tight,  # operator: {log2 of declared / observed width, in quarters: tensors}
        "moved": [sum(f["moved"][i] for f in v.facts if "moved" in f) for i in (0, 1)],
        "tensors": len(magnitudes),
        "useful": sum(1e-3 <= x <= 1e4 for x in magnitudes),
        "compare": compare.add(f["compare"] for f in v.facts if "compare" in f),
        "perturb": liveness.add(f for f in v.facts if "dead" in f),
    }


def problem_count(entries):
    return sum(g["count"] for e in entries for g in e["groups"])


def add_classes(into, classes):
    for op, attrs in classes.items():
        for attr, tally in attrs.items():
            into.setdefault(op, {}).setdefault(attr, Counter()).update(tally)


def quantile(tally, share):
    """Of a tally of quarters of log2, as a ratio."""
    left = share * sum(tally.values())
    for k in sorted(tally):
        left -= tally[k]
        if left <= 0:
            return round(2 ** (k / 4), 3)
    return 1.0


def collect(entries, planned):
    """The report, as plain data."""
    judged = [e for e in entries if e["models"]]
    kinds, notes, operators, classes, tight, by_size = Counter(), Counter(), Counter(), {}, {}, {}
    hit = Counter()
    for e in entries:
        for g in e["groups"]:
            kinds[g["kind"]] += g["count"]
        for g in e.get("notes", ()):
            notes[f"{g['kind']} {g['op']}".strip()] += g["count"]
        operators.update(e.get("operators", {}))
        add_classes(classes, e.get("classes", {}))
        for op, tally in e.get("tightness", {}).items():
            tight.setdefault(op, Counter()).update({int(k): n for k, n in tally.items()})
        for attr, tally in e.get("classes", {}).get(e["op"], {}).items():
            for name, n in tally.items():
                hit[e["op"], e["opset"], attr, name] += n
        row = by_size.setdefault(f"{e['opset']}/{e['nodes']}", {"families": 0, "models": 0, "problems": 0})
        row["families"] += 1
        row["models"] += e["models"]
        row["problems"] += sum(g["count"] for g in e["groups"])
    joins = [e["statistics"]["joins"] for e in judged]
    single = {}
    for e in entries:
        if e["op"]:
            bad = sum(g["count"] for g in e["groups"])
            row = single.setdefault(e["op"], {}).setdefault(str(e["opset"]), {"nodes": e["nodes"], "models": 0, "having": 0, "problems": 0})
            row["models"] += e["models"]
            row["having"] += e["having"]
            row["problems"] += bad
    return {
        "families": len(entries), "planned": planned,
        "models": sum(e["models"] for e in entries),
        "nodes": sum(e["statistics"]["nodes"] for e in judged),
        "problems": problem_count(entries),
        "seconds": {"generate": round(sum(e["generate"] for e in entries), 1), "judge": round(sum(e["judge"] for e in entries), 1)},
        "kinds": dict(kinds.most_common()),
        "groups": grouping.merge(g for e in entries for g in e["groups"]),
        "notes": dict(notes.most_common()),
        "operators": dict(sorted(operators.items())),
        "unseen_classes": [[op, attr, c] for op, attrs in sorted(classes.items()) for attr, t in sorted(attrs.items()) for c, n in t.items() if n == 0],
        "by_opset_and_nodes": by_size,
        "joins": {"min": min(joins, default=0), "mean": statistics.fmean(joins) if joins else 0, "max": max(joins, default=0)},
        "depth_max": max((e["statistics"]["depth"]["max"] for e in judged), default=0),
        "levels_differ": sum(e["levels_differ"] for e in judged),
        "observed_models": sum(e["observed"] for e in judged),
        "useful_magnitudes": sum(e["useful"] for e in judged) / max(sum(e["tensors"] for e in judged), 1),
        "outputs_moved": [sum(e["moved"][i] for e in judged) for i in (0, 1)],
        "corners": sum(e.get("corners", 0) for e in judged),
        "tightness": {op: [quantile(x, 0.5), quantile(x, 0.9), sum(x.values())] for op, x in sorted(tight.items())},
        "never_hit": sorted([*k] for k, n in hit.items() if n == 0),
        "compare": compare.add(e["compare"] for e in judged if e.get("compare")),
        "perturb": liveness.add(e["perturb"] for e in judged if e.get("perturb")),
        "single": single,
    }


def where(opsets):
    return ",".join(str(v) for v in sorted(opsets))


def lines(r, single, most):
    yield f"{r['families']} of {r['planned']} families, {r['models']} models, {r['nodes']} nodes, {len([n for n in r['operators'].values() if n])} operators"
    yield f"generated in {r['seconds']['generate']} s, judged in {r['seconds']['judge']} s"
    if single:
        clean = [op for op, rows in r["single"].items() if all(x["having"] and not x["problems"] for x in rows.values())]
        yield f"operators without a problem at every opset tried: {len(clean)} of {len(r['single'])}"
        few = {op: min(x["having"] for x in rows.values()) for op, rows in r["single"].items() if op in clean}
        yield "fewest models that have one of them at an opset: " + ", ".join(f"{op} {n}" for op, n in sorted(few.items(), key=lambda x: x[1])[:5])
        for op, rows in sorted(r["single"].items()):
            if op not in clean:
                yield f"  {op}: " + ", ".join(f"opset {v}: {x['problems']} in {x['models']}"
                                           for v, x in sorted(rows.items(), key=lambda i: int(i[0])) if x["problems"] or not x["having"])
    else:
        for k, row in sorted(r["by_opset_and_nodes"].items(), key=lambda x: tuple(map(int, x[0].split("/")))):
            opset, nodes = k.split("/")
            yield f"  opset {opset}, {nodes} nodes: {row['models']} models, {row['problems']} problems"
        yield "joins {min:.3f}..{max:.3f}, mean {mean:.3f}".format(**r["joins"]) + f"; deepest {r['depth_max']}"
    if r["observed_models"]:
        yield f"every tensor observed in {r['observed_models']} models; {100 * r['useful_magnitudes']:.1f} % of magnitudes in 1e-3..1e4"
        yield "graph outputs that change with the inputs: {} of {}".format(*r["outputs_moved"])
        yield "declared width / observed width: " + ", ".join(
            f"{op} {t[0]:g}" for op, t in sorted(r["tightness"].items(), key=lambda x: -x[1][0])[:30])
    if r["never_hit"] and single:
        yield f"value classes of an operator at an opset never hit: {len(r['never_hit'])}"
        yield from (f"  {op}, opset {v}: {attr} {name}" for op, v, attr, name in r["never_hit"][:most])
    yield f"inputs at corners: {r['corners']}"
    yield f"optimised and unoptimised differ by more than 1e-3: {r['levels_differ']} models"
    yield f"value classes never seen: {len(r['unseen_classes'])}" + "".join(f"\n  {op}.{attr}: {c}" for op, attr, c in r["unseen_classes"][:most])
    for name, n in list(r["notes"].items())[:most]:
        yield f"note {name}: {n}"
    yield f"{r['problems']} problems" + (": " + ", ".join(f"{k} {n}" for k, n in r["kinds"].items()) if r["kinds"] else "")
    for g in r["groups"][:most]:
        x = g["example"]
        yield f"  {g['op'] or '-'} | {g['kind']} | {g['count']} | opset {where(g['opsets'])} | {g['normal']}"
        yield f"      {x['nodes']} nodes, {x['model'] or 'family'}: {x['message'][:300]}"
        yield f"      {x['command']}"
