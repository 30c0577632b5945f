"""ONNX Runtime with all optimisations against none, and none against onnx's reference evaluator.

The levels are compared by model, at its outputs; the reference evaluator by node: each is given the values that ONNX Runtime has at its inputs, so that
an outcome is that of one operator and nothing follows from a difference before it.
Outcomes: `correct` (rtol 1e-3 and atol 1e-7 as in the ONNX backend tests, and ROUNDING of the tensor's largest magnitude: what sums of some terms
leave where they cancel, which no comparison value by value allows for), `mismatch`, `failed` (the reference evaluator raises), `missing` (it has no such
operator), `quirk` (a disagreement that quirks.json knows), `rounding` (a difference that conditioning.py puts down to rounding)."""
import re
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from check import conditioning, intervals, quirks, runtime
from check.view import View

MISSING = re.compile("No (registered )?implementation for operator|No registered implementation")
RTOL, ATOL, ROUNDING = 1e-3, 1e-7, 32 * 2.0 ** -24


def agree(a, b, rounding=ROUNDING):
    """None, or in words how the two tensors differ."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return f"{a.dtype}{list(a.shape)} and {b.dtype}{list(b.shape)}"
    if a.dtype.kind != "f":
        return None if np.array_equal(a, b) else f"{int((a != b).sum())} of {a.size} values differ"
    room = ATOL + rounding * max(float(np.abs(x[np.isfinite(x)]).max(initial=0.0)) for x in (a, b))
    if np.allclose(a, b, rtol=RTOL, atol=room, equal_nan=True):
        return None
    wrong = ~np.isclose(a, b, rtol=RTOL, atol=room, equal_nan=True)
    with np.errstate(invalid="ignore"):
        d = np.abs(a.astype(np.float64) - b) - RTOL * np.abs(b)
    i = int(np.argmax(np.where(wrong, np.where(np.isnan(d), np.inf, d), -np.inf)))
    return f"{a.flat[i]!r} and {b.flat[i]!r}, {int(wrong.sum())} of {a.size} values differ"


def first_difference(names, ours, theirs, rounding=ROUNDING):
    return next((f"{x!r}: {e}" for x, a, b in zip(names, ours, theirs) for e in [agree(a, b, rounding)] if e), None)


def by_reference(view, node, values):
    """(outcome, words) of one node; values: name -> value of all tensors in ONNX Runtime."""
    made = [x for x in node.output if x]
    ins = [values[x] if x else None for x in node.input]
    outs = [values[x] if x else None for x in node.output]
    model = conditioning.alone(view, node)
    feed = {v.name: values[v.name] for v in model.graph.input}
    try:
        with np.errstate(all="ignore"):
            other = ReferenceEvaluator(model).run(made, feed)
    except Exception as e:
        if isinstance(e, NotImplementedError) or MISSING.search(str(e)):
            return "missing", ""
        how, words = "error", f"{type(e).__name__}: {runtime.one_line(e)[:200]}"
    else:
        how, words = "values", first_difference(made, [values[x] for x in made], other, quirks.rounding(node, view.opset, ins, outs, ROUNDING))
    if not words:
        return "correct", ""
    if how == "values" and quirks.known(node, view.opset, ins, outs, "noise") and conditioning.noise_explains(model, feed, [values[x] for x in made], other):
        return "rounding", ""
    quirk = quirks.known(node, view.opset, ins, outs, how)
    return ("quirk", quirk["name"]) if quirk else ("failed" if how == "error" else "mismatch", words)


def by_levels(data, view, feed, plain, best):
    """(outcome, words) of the model."""
    words = first_difference(view.outputs, plain, best)
    if not words:
        return "correct", ""
    worst = {(0, x): runtime.difference(np.asarray(a), np.asarray(b)) for x, a, b in zip(view.outputs, plain, best)}
    bad, notes = conditioning.explain(data, view, [feed], worst)
    return ("rounding", words) if notes and not bad else ("mismatch", words)


def all_values(data, view, feed):
    """name -> value of every tensor in ONNX Runtime without optimisations."""
    every, made = intervals.exposed(data, view)
    return {**{k: numpy_helper.to_array(t) for k, t in view.inits.items()}, **feed, **dict(zip(made, runtime.session(every, "none").run(made, feed)))}


def confirmed(data, view, feed):
    """Whether the reference evaluator agrees with each node's result without optimisations, as far as it has the operators. float16 says
    nothing: ONNX Runtime computes it in float32, and does not round between such nodes."""
    values = all_values(data, view, feed)
    nodes = [n for n in view.nodes if not any(np.asarray(values[x]).dtype == np.float16 for x in [*n.input, *n.output] if x)]
    return all(by_reference(view, n, values)[0] not in ("mismatch", "failed") for n in nodes)


def examine(task, stage=lambda s: None):
    """Facts of one model, in the form of judge.judge; facts["compare"]: {"levels": {operator: {outcome: models}}, "reference": {operator:
    {outcome: nodes}}, "quirks": {name: {"times": nodes}}}."""
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
    facts = result["facts"]["compare"]

    def tell(pair, op, what, words):
        ops = facts.setdefault(pair, {}).setdefault(op, {})
        ops[what] = ops.get(what, 0) + 1
        if what in ("mismatch", "failed"):
            result["problems"].append((f"{pair}-{what}", words, op))

    stage("run")
    plain, best = (runtime.session(data, level).run(view.outputs, feed) for level in ("none", "all"))
    tell("levels", op, *by_levels(data, view, feed, plain, best))
    stage("reference")
    values = all_values(data, view, feed)
    for n in view.nodes:
        what, words = by_reference(view, n, values)
        tell("reference", n.op_type, what, words)
        if what == "quirk":
            tell("quirks", words, "times", "")
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
