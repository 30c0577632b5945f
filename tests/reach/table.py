"""The table: a row for each measure, a column for each corpus. None: not measured."""
from reach import ort
from reach.structure import LENGTHS


def per_thousand(count, models):
    return round(1000 * count / models) if models else 0


def median(counts):
    """Of {value: how often}."""
    ordered = sorted(((float(v), n) for v, n in counts.items()))
    middle, passed = sum(n for _, n in ordered) / 2, 0
    for value, n in ordered:
        passed += n
        if passed >= middle:
            return f"{value:g}"
    return None


def share(counts, name):
    """In per cent, of the counts "NAME" and "of NAME"."""
    whole = counts.get(f"of {name}", 0)
    return f"{100 * counts.get(name, 0) / whole:.1f} %" if whole else None


def fired(result, kind, names=None):
    """How many names of a kind were seen, of those given."""
    seen = {n for n, count in result["passes"].get(kind, {}).items() if count}
    return len(seen if names is None else seen & set(names))


def ort_rows(corpora):
    """Rows of ONNX Runtime's passes: how many names fired, of those that can and of those that the operator table can reach."""
    rows = []
    for kind in ("transformers", "rules"):
        known = ort.passes()[kind]
        here = [n for n, p in known.items() if p["needs"] not in ("another execution provider", "a session option")]
        table = [n for n in here if not known[n]["needs"]]
        for text, names in ((f"of {len(here)}", here), (f"of the {len(table)} that the operator table can fire", table)):
            rows.append([f"onnxruntime: {kind}, {text}", [fired(r, kind, names) if r else None for r in corpora]])
    rows.append(["onnxruntime: models in 1,000 with a real fusion", [per_thousand(r["passes"].get("fused", {}).get("real", 0), r["models"]) if r else None for r in corpora]])
    return rows


def counted(corpora, name, totals):
    """Rows of how many names of each kind fired."""
    kinds = sorted({k for r in corpora if r for k in r["passes"]})
    return [[f"{name}: {k}" + (f", of {totals[name]}" if name in totals else ""), [fired(r, k) if r else None for r in corpora]] for k in kinds if "raise" not in k]


def structure_rows(corpora, reference):
    """Sequences of the reference that are held, and shares beside the reference's own."""
    def of(kind):
        return [r["passes"].get(kind, {}) if r else None for r in corpora]

    rows = []
    for source, sets in reference["sequences"].items():
        for kind in LENGTHS:
            rows.append([f"{kind} of {source}, of {len(sets[kind])}", [None if c is None else len(set(c) & sets[kind]) for c in of(kind)], None])
    rows.append(["triggers of public reports seen, of " + str(reference["triggers"]), [None if c is None else len(c) for c in of("triggers")], None])
    for name, real in reference["shares"].items():
        rows.append([name, [None if c is None else share(c, name) for c in of("shares")], f"{100 * real:g} %"])
    for name, real in reference["traits"].items():
        rows.append([f"models with {name}", [f"{100 * r['passes'].get('traits', {}).get(name, 0) / r['models']:.1f} %" if r else None for r in corpora], f"{100 * real:g} %"])
    for name, real in reference["medians"].items():
        rows.append([f"{name}, median", [None if c is None else median(c) for c in of(name)], real])
    return rows


def consumer_rows(corpora, name, reference):
    results = [c["consumers"].get(name) for c in corpora]
    if not any(results):
        return []
    if name == "structure":
        rows = structure_rows(results, reference)
    else:
        rows = ort_rows(results) if name == "onnxruntime" else counted(results, name, reference["totals"])
    for kind in ("lines", "branches"):
        if any(r and r.get("coverage") for r in results):
            rows.append([f"{name}: {kind} covered", ["{} of {}".format(*r["coverage"][kind]) if r and r.get("coverage") else None for r in results]])
    return rows + [[f"{name}: models that failed, crashed or hung", [len(r["failures"]) if r else None for r in results]]]


def lay_out(title, rows, columns):
    """Rows of [text, values], with the value of real models as a third where there is one."""
    beside = any(len(r) > 2 and r[2] is not None for r in rows)
    columns = [*columns, "real models"] if beside else columns
    lines = [f"| {title} | " + " | ".join(columns) + " |", "|" + "---|" * (len(columns) + 1)]
    for text, values, *real in rows:
        values = [*values, *(real or [None])] if beside else values
        lines.append(f"| {text} | " + " | ".join("-" if v is None else str(v) for v in values) + " |")
    return lines


def each_name(corpora, name, kinds):
    """Rows of every name that was seen, in models."""
    results = [c["consumers"].get(name) for c in corpora]
    rows = []
    for kind in kinds:
        names = sorted({n for r in results if r for n in r["passes"].get(kind, {})})
        rows += [[f"{name}, {kind}: {n}", [r["passes"].get(kind, {}).get(n, 0) if r else None for r in results]] for n in names]
    return rows


def each_row(corpora, names):
    rows = []
    for name in names:
        kinds = sorted({k for c in corpora for k in c["consumers"].get(name, {"passes": {}})["passes"]} - {"fused"})
        rows += each_name(corpora, name, ["triggers"] if name == "structure" else kinds)
    return rows


def markdown(found, missing, reference):
    columns, corpora = list(found), list(found.values())
    names = list(dict.fromkeys(n for c in corpora for n in c["consumers"]))
    rows = [["models", [c["models"] for c in corpora]]]
    for n in names:
        rows += consumer_rows(corpora, n, reference)
    lines = lay_out("reach", rows, columns)
    lines += [f"\nNot measured: {n}, {why}" for n, why in missing.items()]
    if each := each_row(corpora, names):
        lines += ["", *lay_out("models that show it", each, columns)]
    return "\n".join(lines)
