"""ONNX Runtime with all optimisations against none, and none against onnx's reference evaluator.

The levels are compared by model, at its outputs; the reference evaluator by node: each is given the values that ONNX Runtime has at its inputs, so that
an outcome is that of one operator and nothing follows from a difference before it.
Both are judged by bounds (expected.py): of the corpus' expected outputs, and of what a node must give for its inputs.
Outcomes: `correct` (every element lies inside its bound), `mismatch`, `failed` (the reference evaluator raises), `missing` (it has no such
operator), `quirk` (a disagreement that quirks.json knows). Without bounds `correct` is by tolerance (rtol 1e-3 and atol 1e-7 as in the ONNX backend
tests, and ROUNDING of the tensor's largest magnitude: what sums of some terms leave where they cancel, which no comparison value by value
allows for), and there is `rounding`: a difference that conditioning.py puts down to it."""
import re
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from nngen.judge import conditioning, driver, expected, intervals, narrow, quirks, runtime
from nngen.judge.content import Folder
from nngen.judge.view import View

MISSING = re.compile("No (registered )?implementation for operator|No registered implementation")
RTOL, ATOL, ROUNDING = 1e-3, 1e-7, 32 * 2.0 ** -24


def agree(a, b):
    """None, or in words how the two tensors differ."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return f"{a.dtype}{list(a.shape)} and {b.dtype}{list(b.shape)}"
    room_of = 2 * narrow.unit(a.dtype) if a.dtype in narrow.NAMES and narrow.is_real(a.dtype) else RTOL
    a, b = narrow.widened(a), narrow.widened(b)
    if a.dtype.kind != "f":
        return None if np.array_equal(a, b) else f"{int((a != b).sum())} of {a.size} values differ"
    room = ATOL + ROUNDING * max(float(np.abs(x[np.isfinite(x)]).max(initial=0.0)) for x in (a, b))
    if np.allclose(a, b, rtol=room_of, atol=room, equal_nan=True):
        return None
    wrong = ~np.isclose(a, b, rtol=room_of, atol=room, equal_nan=True)
    with np.errstate(invalid="ignore"):
        d = np.abs(a.astype(np.float64) - b) - room_of * np.abs(b)
    i = int(np.argmax(np.where(wrong, np.where(np.isnan(d), np.inf, d), -np.inf)))
    return f"{a.flat[i]!r} and {b.flat[i]!r}, {int(wrong.sum())} of {a.size} values differ"


def first_difference(names, ours, theirs):
    return next((f"{x!r}: {e}" for x, a, b in zip(names, ours, theirs) for e in [agree(a, b)] if e), None)


def first_outside(names, ways, found):
    """In words the first tensor that is outside its bounds in one of the ways to compute it, or has another type or shape; None. ways: {name: values}"""
    for way, values in ways.items():
        for name, words in expected.outside(names, values, found):
            return f"{name!r} outside its bound in {way}: {words}"
    first, second = ways.values()
    return next((f"{x!r}: {agree(a, b)}" for x, a, b in zip(names, map(np.asarray, first), map(np.asarray, second)) if (a.shape, a.dtype) != (b.shape, b.dtype)), None)


def by_reference(view, node, values, local):
    """(outcome, words) of one node; values: name -> value of all tensors in ONNX Runtime; local: expected.of_nodes()."""
    made = [x for x in node.output if x]
    ins = [values[x] if x else None for x in node.input]
    outs = [values[x] if x else None for x in node.output]
    model = conditioning.alone(view, node)
    feed = {v.name: values[v.name] for v in model.graph.input}
    ours = [values[x] for x in made]
    bounded = all(x in local for x in made)
    try:
        with np.errstate(all="ignore"):
            other = ReferenceEvaluator(model).run(made, feed)
    except Exception as e:
        if isinstance(e, NotImplementedError) or MISSING.search(str(e)):
            return "missing", ""
        how, words = "error", f"{type(e).__name__}: {runtime.one_line(e)[:200]}"
    else:
        ways = {"ONNX Runtime": ours, "the reference evaluator": other}
        how, words = "values", first_outside(made, ways, [local[x] for x in made]) if bounded else first_difference(made, ours, other)
    if not words:
        return "correct", ""
    quirk = quirks.known(node, view.opset, ins, outs, how)
    if quirk:
        return "quirk", quirk["name"]
    if how == "values" and not bounded and conditioning.noise_explains(model, feed, ours, other):
        return "rounding", ""
    return "failed" if how == "error" else "mismatch", words


def by_levels(data, view, feed, plain, best, found=None):
    """(outcome, words) of the model. found: its expected outputs and bounds"""
    if found:
        words = first_outside(view.outputs, {"ONNX Runtime without optimisations": plain, "ONNX Runtime": best}, found)
        return ("mismatch", words) if words else ("correct", "")
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
    local = expected.of_nodes(view, values)
    nodes = [n for n in view.nodes if not any(np.asarray(values[x]).dtype in driver.HALVES for x in [*n.input, *n.output] if x)]
    return all(by_reference(view, n, values, local)[0] not in ("mismatch", "failed") for n in nodes)


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
    folder = Folder(Path(task["root"]) / record["name"])
    feed, bad = runtime.read_inputs(folder, view, record, 0)
    result["problems"] += bad
    found, bad = expected.own(folder, view, task.get("manifest", {}).get("options", {}))
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
    tell("levels", op, *by_levels(data, view, feed, plain, best, found[0] if found else None))
    stage("reference")
    values = all_values(data, view, feed)
    local = expected.of_nodes(view, values)
    for n in view.nodes:
        what, words = by_reference(view, n, values, local)
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
