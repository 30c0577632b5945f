"""Judges a model in other forms (`nngen --form`): control flow, functions, other storage, other names.

What it computes is judged by runs, because its nodes are not those that the record tells of: the checker, strict inference, and ONNX Runtime with and
without optimisations, whose outputs must lie within the bounds of the expected ones. Without these files the plain model is the oracle (`--variants`).
What ONNX Runtime is known not to do is in form_quirks.json. An entry:
  name      of its own; tests/check/test_forms.py has a reproducer by that name, or finds it in the list of defects
  kinds     of problems that it explains: load, run, bound, crash
  when      features, one of which the model has
  message   regular expression of the message; all if it is not there
  reason    in words"""
import json
import re
from pathlib import Path

import onnx
from onnx import helper

from nngen.judge import compare, expected, runtime, shapes
from nngen.judge.content import Folder
from nngen.judge.view import View, typed

QUIRKS = json.loads((Path(__file__).parent / "form_quirks.json").read_text())


def names(options):
    """Names of the models of a corpus, in order: with K variants each model is followed by its copies."""
    variants = options.get("variants") or 1
    return [f"test_{i:06d}" + (f"_v{k}" if k else "") for i in range(options["count"]) for k in range(variants)]


def tensors(graph):
    """All constant tensors of a graph or function, also of the graphs inside its nodes."""
    yield from getattr(graph, "initializer", ())
    sparse = [*getattr(graph, "sparse_initializer", ())]
    for a in [a for n in graph.node for a in n.attribute] + list(getattr(graph, "attribute_proto", ())):
        yield from ([a.t] if a.HasField("t") else []) + list(a.tensors)
        sparse += ([a.sparse_tensor] if a.HasField("sparse_tensor") else []) + list(a.sparse_tensors)
        for g in ([a.g] if a.HasField("g") else []) + list(a.graphs):
            yield from tensors(g)
    for t in sparse:
        yield from (t.values, t.indices)


def external(model):
    """The files beside the model that its tensors name."""
    parts = [model.graph, *model.functions]
    return {e.value for p in parts for t in tensors(p) for e in t.external_data if e.key == "location"}


def inference(path, view):
    """Strict inference has nothing against the model, and gives each output the type and shape that it is declared to have."""
    try:
        done = onnx.shape_inference.infer_shapes(onnx.load(str(path)), check_type=True, strict_mode=True, data_prop=True)
    except Exception as e:
        yield "inference", shapes.one_line(e), ""
        return
    for v in done.graph.output:
        yield from shapes.compare(v.name, typed(v), view)


def checker(path):
    try:
        onnx.checker.check_model(str(path), full_check=True)
    except Exception as e:
        yield "checker", shapes.one_line(e), ""


def plain_problems(task, stage, random):
    """What the plain model does wrong in the same runs: (kind, level) of each problem."""
    record, options = task["plain"], task["manifest"]["options"]
    folder = Folder(Path(task["root"]) / record["name"])
    view = View(onnx.load_model_from_string(folder.read("model.onnx")))
    own, _ = runtime.own_inputs(folder, view, record, options)
    found, _ = expected.own(folder, view, options)
    return {(kind, level(kind, message)) for kind, message, _ in runtime.run(folder.read("model.onnx"), view, record, own, stage, {}, random, found)}


def against_plain(task, path, view, own):
    """Without expected outputs: what the copy gives without optimisations against what the plain model gives, by position."""
    record, options = task["plain"], task["manifest"]["options"]
    folder = Folder(Path(task["root"]) / record["name"])
    plain = View(onnx.load_model_from_string(folder.read("model.onnx")))
    feeds, _ = runtime.own_inputs(folder, plain, record, options)
    try:
        ours, theirs = runtime.session(str(path), "none"), runtime.session(folder.read("model.onnx"), "none")
        for k, (a, b) in enumerate(zip(own, feeds)):
            words = compare.first_difference(plain.outputs, ours.run(view.outputs, a), theirs.run(plain.outputs, b))
            if words:
                yield "plain", f"data set {k}: other values than the plain model {record['name']}: {words}", ""
    except Exception as e:
        yield "plain", runtime.one_line(e), ""


def level(kind, message):
    """The level of optimisation at which a run had a problem."""
    return kind.split("-")[1] if re.fullmatch("(load|run)-(all|none)", kind) else next((x for x in runtime.LEVELS if message.startswith(f"optimisation {x}")), "")


def known(problem, features):
    """The entry of what ONNX Runtime is known not to do that explains a problem; None."""
    kind, message, _ = problem
    return next((q for q in QUIRKS if kind.split("-")[0] in q["kinds"] and set(q["when"]) & set(features) and re.search(q.get("message", ""), message)), None)


def known_crashes(result, features):
    """Moves crashes for which ONNX Runtime is known to the notes."""
    found = {p: known(p, features) for p in result["problems"] if p[0] == "crash"}
    result["notes"] += [("runtime", f"{q['name']}: crash: {p[1]}", p[2]) for p, q in found.items() if q]
    result["problems"] = [p for p in result["problems"] if not found.get(p)]


def sort_out(problems, notes, features, too, bounded):
    """Moves to the notes what the plain model does too, what the runtime is known for, and what optimisations alone bring about, where bounds tell that
    the rest is right."""
    at_rest = [p for p in problems if level(p[0], p[1]) != "all" and not known(p, features)]
    left = []
    for p in problems:
        kind, message, op = p
        quirk = known(p, features)
        if quirk:
            notes.append(("runtime", f"{quirk['name']}: {kind}: {message}", op))
        elif (kind, level(kind, message)) in too:
            notes.append(("plain-too", f"{kind}: {message}", op))
        elif bounded and not at_rest and level(kind, message) == "all":
            notes.append(("optimiser", f"{kind}: {message}", op))
        else:
            left.append(p)
    problems[:] = left


def judge(task, folder, stage, result):
    """Adds to the result of judge.judge."""
    path = Path(folder.top) / "model.onnx"
    record, manifest = task["record"], task["manifest"]
    problems, notes, facts = result["problems"], result["notes"], result["facts"]
    view = View(onnx.load(str(path), load_external_data=False))
    random = frozenset(o["name"] for o in manifest["operators"] if "nondeterministic" in o["flags"])
    stage("checker")
    problems += checker(path)
    stage("inference")
    problems += inference(path, view)
    stage("inputs")
    own, bad = runtime.own_inputs(folder, view, record, manifest["options"])
    problems += bad
    found, bad = expected.own(folder, view, manifest["options"])
    problems += bad
    found = found if len(found) == len(own) else []
    runs = list(runtime.run(str(path), view, record, own, stage, facts, random, found))
    facts.pop("outputs_differ", None)
    if not found and own and task.get("plain") and not runs:
        stage("plain")
        runs += against_plain(task, path, view, own)
    if runs:
        stage("plain")
        too = plain_problems(task, stage, random) if task.get("plain") else set()
        sort_out(runs, notes, record["forms"], too, bool(found) and all(found))
    problems += runs
