"""ONNX Runtime with all optimisations against none, and none against onnx's reference evaluator.

Outcomes: `correct` (rtol 1e-3 and atol 1e-7 as in the ONNX backend tests, and ROUNDING of the tensor's largest magnitude: what sums of some terms
leave where they cancel, which no comparison value by value allows for), `mismatch`, `failed` (the second way raises), `missing` (it has no such operator), `quirk` (a disagreement that quirks.json knows)."""
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from check import runtime
from check.view import View

RTOL, ATOL, ROUNDING = 1e-3, 1e-7, 32 * 2.0 ** -24
QUIRKS = json.loads((Path(__file__).parent / "quirks.json").read_text())


def attributes(node):
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def known(node, opset, view, failed):
    """The reason why the reference evaluator is not asked to agree about the node, or None; failed: to be able to run it."""
    given = {k: plain(v) for k, v in attributes(node).items()}
    shapes = [view.declared[x][1] or () if x else () for x in node.input]
    for q in QUIRKS:
        low, high = q.get("opsets", (0, 99))
        rank = len(shapes[0]) if shapes else 0
        if "rounding" in q or ("failed" in q and not failed):
            continue
        if (node.op_type in q["op"] and low <= opset <= high and rank in q.get("ranks", [rank]) and rank not in q.get("not_ranks", [])
                and all(matches(given.get(k), v) for k, v in q.get("attributes", {}).items())
                and all(i < len(node.input) and node.input[i] for i in q.get("inputs", []))
                and all(i < len(node.output) and node.output[i] for i in q.get("outputs", []))
                and (not q.get("smaller") or shapes[0] != shapes[1])
                and ("negative" not in q or below_zero(view, node, q["negative"]))):
            return q["reason"]
    return None


def matches(value, rule):
    if "given" in rule:
        return (value is not None) == rule["given"]
    value = rule["default"] if value is None else value
    return value in rule["in"] if "in" in rule else value not in rule["not"]


def below_zero(view, node, i):
    """The initializer at that input has negative values."""
    t = view.inits.get(node.input[i]) if i < len(node.input) else None
    return t is not None and bool((numpy_helper.to_array(t) < 0).any())


def plain(v):
    return v.decode() if isinstance(v, bytes) else v


def agree(a, b, rounding=ROUNDING):
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return f"{a.dtype}{list(a.shape)} and {b.dtype}{list(b.shape)}"
    if a.dtype.kind != "f":
        return None if np.array_equal(a, b) else f"{int((a != b).sum())} of {a.size} values differ"
    room = ATOL + rounding * float(np.abs(b).max(initial=0.0))
    if np.allclose(a, b, rtol=RTOL, atol=room, equal_nan=True):
        return None
    d = np.abs(a.astype(np.float64) - b)
    i = int(np.argmax(np.where(np.isnan(d), np.inf, d - RTOL * np.abs(b))))
    return f"{a.flat[i]!r} and {b.flat[i]!r}, {int((d > room + RTOL * np.abs(b)).sum())} of {a.size} values differ"


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
    rounding = max([ROUNDING] + [q["rounding"] * 2.0 ** -24 for q in QUIRKS if "rounding" in q for n in view.nodes if n.op_type in q["op"]])

    def reason(failed):
        return next((r for r in (known(n, view.opset, view, failed) for n in view.nodes) if r), None)

    def outcome(pair, other):
        words = next((f"{x!r}: {e}" for x, a, b in zip(view.outputs, plain_run, other) for e in [agree(a, b, rounding)] if e), None)
        if words and pair == "reference" and reason(False):
            return "quirk", reason(False)
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
        what = "missing" if missing else "quirk" if reason(True) else "failed"
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
