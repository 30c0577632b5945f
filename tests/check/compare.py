"""ONNX Runtime with all optimisations against none, and none against onnx's reference evaluator.

Outcomes: `correct` (rtol 1e-3, atol 1e-7 as in the ONNX backend tests, the atol taken relative to the largest value of the tensor where that is
above 1), `mismatch`, `failed` (the second way raises), `missing` (it has no such operator), `quirk` (a disagreement that quirks.json knows)."""
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

from check import runtime
from check.view import View

RTOL, ATOL = 1e-3, 1e-7
QUIRKS = json.loads((Path(__file__).parent / "quirks.json").read_text())


def attributes(node):
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def known(node, opset, view):
    """The reason why the reference evaluator is not asked to agree about the node, or None."""
    given = attributes(node)
    for q in QUIRKS:
        if node.op_type not in q["op"] or not q.get("opsets", [0, 99])[0] <= opset <= q.get("opsets", [0, 99])[1]:
            continue
        said = all(plain(given.get(k, v.get("default"))) in v["in"] for k, v in q.get("attributes", {}).items())
        there = all(i < len(node.input) and node.input[i] for i in q.get("inputs", []))
        rank = len(view.declared[node.input[0]][1] or ()) if node.input else 0
        if said and there and rank not in q.get("not_ranks", []) and rank in q.get("ranks", [rank]):
            return q["reason"]
    return None


def plain(v):
    return v.decode() if isinstance(v, bytes) else v


def agree(a, b):
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return f"{a.dtype}{list(a.shape)} and {b.dtype}{list(b.shape)}"
    if a.dtype.kind != "f":
        return None if np.array_equal(a, b) else f"{int((a != b).sum())} of {a.size} values differ"
    scale = max(1.0, float(np.abs(b).max(initial=0.0)))
    if np.allclose(a, b, rtol=RTOL, atol=ATOL * scale, equal_nan=True):
        return None
    d = np.abs(a.astype(np.float64) - b)
    i = int(np.argmax(np.where(np.isnan(d), np.inf, d - RTOL * np.abs(b))))
    return f"{a.flat[i]!r} and {b.flat[i]!r}, {int((d > ATOL * scale + RTOL * np.abs(b)).sum())} of {a.size} values differ"


def examine(task, stage=lambda s: None):
    """Facts of one model, in the form of judge.judge; facts["compare"]: {"levels" or "reference": {operator: {outcome: models}}}."""
    record, want = task["record"], task.get("op")
    data = (Path(task["root"]) / record["name"] / "model.onnx").read_bytes()
    view = View(onnx.load_model_from_string(data))
    op = want or view.nodes[-1].op_type
    result = {"problems": [], "notes": [], "stats": None, "facts": {"compare": {}}}
    if op not in {n.op_type for n in view.nodes}:
        return result
    feed, bad = runtime.read_inputs(Path(task["root"]) / record["name"], view, record, 0)
    result["problems"] += bad
    if feed is None:
        return result
    stage("run")
    plain_run, best = (runtime.session(data, level).run(view.outputs, feed) for level in ("none", "all"))
    reasons = [r for r in (known(n, view.opset, view) for n in view.nodes) if r]

    def outcome(pair, other):
        words = next((f"{x!r}: {e}" for x, a, b in zip(view.outputs, plain_run, other) for e in [agree(a, b)] if e), None)
        if words and pair == "reference" and reasons:
            return "quirk", reasons[0]
        return ("mismatch", words) if words else ("correct", "")

    def tell(pair, what, words):
        result["facts"]["compare"][pair] = {op: {what: 1}}
        if what in ("mismatch", "failed"):
            result["problems"].append((f"{pair}-{what}", words, op))

    tell("levels", *outcome("levels", best))
    stage("reference")
    try:
        with np.errstate(all="ignore"):
            other = ReferenceEvaluator(view.model).run(view.outputs, feed)
    except Exception as e:
        missing = isinstance(e, NotImplementedError) or "No registered implementation" in str(e)
        what = "missing" if missing else "quirk" if reasons else "failed"
        tell("reference", what, f"{type(e).__name__}: {runtime.one_line(e)[:200]}")
        return result
    tell("reference", *outcome("reference", other))
    return result


def add(facts):
    """Sums of facts["compare"]."""
    total = {}
    for f in facts:
        for pair, ops in f.items():
            for op, outcomes in ops.items():
                into = total.setdefault(pair, {}).setdefault(op, {})
                for k, n in outcomes.items():
                    into[k] = into.get(k, 0) + n
    return total
