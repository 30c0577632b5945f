"""The tables: a row for each measure, a column for each generator."""
from statistics import median

from reach import table as reach_table

def share(part, whole):
    return f"{part} ({100 * part / whole:.0f} %)" if whole else "0"


def seconds(f, key):
    return sum(r[key] for r in f["rounds"])


def made(f):
    return sum(r["made"] for r in f["rounds"])


def failed(f):
    return sum(sum(r["failed"].values()) for r in f["rounds"])


def per_model(f):
    return f"{1000 * seconds(f, 'generation') / made(f):.1f}" if made(f) and seconds(f, "generation") else None


def quality_rows(found):
    def count(test):
        return [share(sum(map(test, f["facts"].values())), len(f["facts"])) for f in found]

    def usable(x):
        return not x["invalid"] and not x["fails"]

    return [
        ["models made in the time", [made(f) for f in found]],
        ["seeds that gave none", [failed(f) for f in found]],
        ["milliseconds of generation a model", [per_model(f) for f in found]],
        ["valid: onnx.checker with shape inference", count(lambda x: not x["invalid"])],
        ["valid, and run by ONNX Runtime without optimisations", count(usable)],
        ["of these, all outputs finite", count(lambda x: usable(x) and x["finite"])],
        ["has an input", count(lambda x: x["inputs"] > 0)],
        ["nodes that depend on an input", [share(sum(x["live"] for x in f["facts"].values()), sum(x["nodes"] for x in f["facts"].values())) for f in found]],
        ["nodes, median", [f"{median(x['nodes'] for x in f['facts'].values()):g}" if f["facts"] else None for f in found]],
        ["expected outputs with bounds, from nngen", [share(len(f["facts"]) - f["unbounded"], len(f["facts"])) for f in found]],
    ]


def coverage_rows(found, key):
    levels = list(dict.fromkeys(level for f in found for level in f[key]))
    return [[level, [f[key].get(level) for f in found]] for level in levels]


def kinds(f, group):
    return {(t, *map(str, k)) for t, c in f["errors"].items() for k in c[group]}


def wrong(f):
    return {(t, m) for t, c in f["errors"].items() for m in c["wrong"]}


def error_rows(found):
    rows = [
        ["results that could be judged, of all targets", [sum(c["judged"] for c in f["errors"].values()) for f in found]],
        ["wrong results", [len(wrong(f)) for f in found]],
        ["kinds of wrong result, cut down", [None if f["reduced"] is None else len(f["reduced"]) for f in found]],
        ["kinds of crash, hang or leak", [len(kinds(f, "gone")) for f in found]],
        ["kinds of error", [len(kinds(f, "refused")) for f in found]],
        ["kinds of error that say what is missing", [len(kinds(f, "missing")) for f in found]],
    ]
    for target in sorted({t for f in found for t in f["errors"]}):
        rows.append([f"{target}: wrong / gone / error / missing",
                     [" / ".join(str(len(f["errors"][target][g])) for g in ("wrong", "gone", "refused", "missing")) if target in f["errors"] else None for f in found]])
    return rows


def only(found):
    """Kinds that no other generator showed: wrong results cut down, crashes, errors."""
    each = [kinds(f, "gone") | kinds(f, "refused") | {("wrong", *map(str, k)) for k in f["reduced"] or ()} for f in found]
    return [len(e - set().union(*(x for x in each if x is not e))) for e in each]


def markdown(found, reach, missing, versions, o):
    columns = [f["name"] for f in found]
    lines = reach_table.lay_out(f"{o.minutes:g} minutes of processor time each", quality_rows(found), columns)
    lines += ["", *reach_table.lay_out("held by all of these models (`nngen coverage`)", coverage_rows(found, "coverage"), columns)]
    lines += ["", *reach_table.lay_out(f"held by the first {o.models} at most", [["models", [f["first"] for f in found]], *coverage_rows(found, "first coverage")], columns)]
    if reach:
        corpora = [reach["corpora"][n] for n in columns]
        rows = [row for c in o.consumers.split(",") for row in reach_rows(corpora, c)]
        lines += ["", *reach_table.lay_out(f"passes that the first {o.models} at most fire", rows, columns)]
    lines += ["", *reach_table.lay_out("defects in equal time", [*error_rows(found), ["kinds that no other shows", only(found)]], columns)]
    lines += ["", "Targets: " + "; ".join(f"{t} ({', '.join(f'{p} {v}' for p, v in by.items())})" for t, by in versions.items())]
    lines += [f"Not measured: {n}: {why}" for n, why in missing.items()]
    return "\n".join(lines)


def reach_rows(corpora, consumer):
    """Names that fired, of each kind."""
    results = [c["consumers"].get(consumer) for c in corpora]
    wanted = sorted({k for r in results if r for k in r["passes"]})
    if consumer == "structure":
        wanted = [k for k in wanted if k == "triggers"]
    return [[f"{consumer}: {'triggers of public reports' if k == 'triggers' else k}", [len(r["passes"].get(k, {})) if r else None for r in results]] for k in wanted if "raise" not in k]
