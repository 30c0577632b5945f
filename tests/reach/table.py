"""The table: a row for each measure, a column for each corpus."""
from reach import ort


def per_thousand(count, models):
    return round(1000 * count / models) if models else 0


def fired(result, kind, names=None):
    """How many names of a kind were seen, of those given."""
    seen = result["passes"].get(kind, {})
    return len(seen) if names is None else len(set(seen) & set(names))


def ort_rows(corpora):
    """Rows of ONNX Runtime's passes: how many names fired, of those that can and of those that the operator table can reach."""
    rows = []
    for kind in ("transformers", "rules"):
        known = ort.passes()[kind]
        here = [n for n, p in known.items() if p["needs"] != "another execution provider"]
        table = [n for n in here if not known[n]["needs"]]
        for text, names in ((f"of {len(here)}", here), (f"of the {len(table)} that the operator table can fire", table)):
            rows.append([f"ONNX Runtime: {kind}, {text}", [fired(r, kind, names) if r else None for r in corpora]])
    rows.append(["ONNX Runtime: models in 1,000 with a real fusion", [per_thousand(r["passes"].get("fused", {}).get("real", 0), r["models"]) if r else None for r in corpora]])
    return rows


def consumer_rows(corpora, name):
    results = [c["consumers"].get(name) for c in corpora]
    if not any(results):
        return []
    rows = ort_rows(results) if name == "onnxruntime" else []
    rows.append([f"{name}: models that failed, crashed or hung", [len(r["failures"]) if r else None for r in results]])
    return rows


def lay_out(title, rows, columns):
    head = [f"| {title} | " + " | ".join(columns) + " |", "|" + "---|" * (len(columns) + 1)]
    return head + [f"| {text} | " + " | ".join("-" if v is None else str(v) for v in values) + " |" for text, values in rows]


def each_pass(corpora, name):
    """Rows of every pass that fired, in models."""
    results = [c["consumers"].get(name) for c in corpora]
    rows = []
    for kind in sorted({k for r in results if r for k in r["passes"]} - {"fused"}):
        names = sorted({n for r in results if r for n in r["passes"].get(kind, {})})
        rows += [[f"{name}, {kind}: {n}", [r["passes"].get(kind, {}).get(n, 0) if r else None for r in results]] for n in names]
    return rows


def markdown(found, missing):
    columns, corpora = list(found), list(found.values())
    names = list(dict.fromkeys(n for c in corpora for n in c["consumers"]))
    rows = [["models", [c["models"] for c in corpora]]]
    for n in names:
        rows += consumer_rows(corpora, n)
    lines = lay_out("reach", rows, columns)
    lines += [f"\nNot measured: {n}, {why}" for n, why in missing.items()]
    if passes := [row for n in names for row in each_pass(corpora, n)]:
        lines += ["", *lay_out("models in which it fires", passes, columns)]
    return "\n".join(lines)
