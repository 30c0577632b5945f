"""Judges one model of a corpus. Runs in a worker process; task in, plain data out."""
import hashlib
from pathlib import Path

import onnx

from nngen.judge import compare, conditioning, empty, expected, forms, intervals, runtime, shapes, sizes, stats, structure
from nngen.judge.content import Folder
from nngen.judge.view import View

SAME = 1e-3  # largest difference between optimised and not that needs no explanation


def files(folder, record):
    """(problems, bytes of model.onnx)"""
    bad, data = [], None
    for name in sorted(folder.names() - set(record["files"])):
        bad.append(("files", f"{name} is not in the record", ""))
    for name, digest in record["files"].items():
        try:
            content = folder.read(name)
        except OSError as e:
            bad.append(("files", f"{name}: {e.strerror}", ""))
            continue
        if hashlib.sha256(content).hexdigest() != digest:
            bad.append(("hash", f"{name} has another SHA-256 than the record", ""))
        if name == "model.onnx":
            data = content
    return bad, data


def expected_files(record, manifest, more=frozenset()):
    """more: further files that the model names."""
    sets, formats = manifest["options"]["inputs"] * len(sizes.assignments(record)), manifest["options"]["input_format"].split(",")
    outputs = manifest["options"].get("outputs", False)
    want = {"model.onnx"} | more
    if sets and "npz" in formats:
        want |= {"inputs.npz", "outputs.npz", "bounds.npz"} if outputs else {"inputs.npz"}
    if "pb" in formats:
        want |= {f"test_data_set_{k}/input_{i}.pb" for k in range(sets) for i in range(len(record["inputs"]))}
        if sets and outputs:
            want |= {"data.json", "config.txt"}
            want |= {f"test_data_set_{k}/{word}_{j}.pb" for k in range(sets) for j in range(len(record["outputs"])) for word in ("output", "bound")}
    if want != set(record["files"]):
        yield "record", f"files {sorted(set(record['files']) ^ want)} are missing or too many", ""


def optimised(problem):
    """Whether the problem is one of the run with all optimisations, where the run without them had none."""
    kind, message, _ = problem
    return kind in ("load-all", "run-all", "levels") or (kind in ("runtime-shape", "run-shape", "bound") and message.startswith("optimisation all"))


def judge(task, stage=lambda s: None):
    """task: root, record, manifest, plain (of a copy in other forms: the record of the plain model, or None), sources, inputs (for the intervals; 0: none), want (an operator that must be there, or None);
    maybe modes (of those inputs), lost (the problems with which a worker was lost at the model: the runtime does not run it) and corners (inputs at corners of the intervals that both levels of optimisation run).
    Result: {"problems": [(kind, message, operator)], "notes": likewise, "stats": stats.of_model, "facts": {...}}."""
    record, manifest = task["record"], task["manifest"]
    sources = task["sources"]
    folder = Folder(Path(task["root"]) / record["name"])
    problems, notes, facts = [], [], {}
    result = {"problems": problems, "notes": notes, "stats": None, "facts": facts}
    stage("files")
    bad, data = files(folder, record)
    problems += bad
    if data is None:
        problems += expected_files(record, manifest)
        return result
    stage("parse")
    try:
        model = onnx.load_model_from_string(data)
        problems += expected_files(record, manifest, forms.external(model))
        if "forms" in record:
            forms.judge(task, folder, stage, result)
            return result
        plain = View(model)
        views = [View(sizes.model_at(model, at)) if at else plain for at in sizes.assignments(record)]
    except Exception as e:
        problems.append(("parse", runtime.one_line(e), ""))
        return result
    stage("structure")
    problems += sizes.said(record, 0 if "empty" in manifest["options"] else 1)
    problems += structure.symbols(plain, record)
    problems += structure.examine(views[0], sizes.record_at(record, sizes.assignments(record)[0]), manifest, sources)
    notes += structure.source_only(views[0], sources)
    result["stats"] = stats.of_model(views[0])
    want = task.get("want")
    if want and want not in result["stats"]["operators"]:
        problems.append(("absent", f"no {want} in the model", want))
    stage("checker")
    problems += shapes.checker(data)
    if "symbols" in record:
        stage("symbols")
        problems += shapes.symbols(plain, facts)
    for world, view in enumerate(views):
        at(task, folder, world, data, view, stage, result)
    return result


def at(task, folder, world, data, view, stage, result):
    """Judges the model at one of its assignments. view: with the sizes of this one."""
    manifest, sources = task["manifest"], task["sources"]
    record = sizes.record_at(task["record"], sizes.assignments(task["record"])[world])
    problems, notes, facts = [], [], {} if world else result["facts"]
    worlds = len(sizes.assignments(task["record"]))
    turns = range(world, manifest["options"]["inputs"] * worlds, worlds)
    sized = view.model.SerializeToString() if task["record"].get("symbols") else data
    stage("inference")
    problems += shapes.agreement(view, notes, record.get("open", ()))
    stage("inputs")
    own, bad = runtime.own_inputs(folder, view, record, manifest["options"], turns)
    problems += bad
    found, bad = expected.own(folder, view, manifest["options"], turns)
    problems += bad
    found = found if len(found) == len(own) else []
    if not own:  # go on with drawn inputs: the model may still be judged
        own = [f for _, f in intervals.feeds(record, 1)]
    random = frozenset(o["name"] for o in manifest["operators"] if "nondeterministic" in o["flags"])
    corners = [f for _, f in intervals.feeds(record, task.get("corners", 0), "corners", intervals.CORNERS)]
    facts["corners"] = len(corners)
    lost = task.get("lost")  # a crash of the runtime at this model, or no answer of it
    if lost and record.get("symbols") and not empty.present(view):  # lost at another assignment
        facts["levels_differ"] = 0.0
    elif lost:
        facts["levels_differ"] = 0.0
        ops = list(empty.crashed(view, own[0]))
        problems += [(kind, message, ops[0] if ops else op) for kind, message, op in lost]
    else:
        problems += runtime.run(data, view, record, own + corners, stage, facts, random, found)
    if empty.present(view):
        stage("reference")
        if not result["problems"] and all(empty.of_runtime(p, view) for p in problems):
            empty.judge(data, view, own[0], problems, notes)
    elif facts["levels_differ"] > SAME:
        stage("conditioning")
        bad, said = conditioning.explain(data, view, own + corners, facts.pop("outputs_differ"))
        problems += bad
        notes += said
    if "symbols" in record:
        said = [p for p in problems if p[0] == "runtime-shape" and shapes.follows_zero(view, p[1])]
        notes += [("zero-dimension", message, op) for _, message, op in said]
        problems = [p for p in problems if p not in said]
    if problems and not result["problems"] and all(optimised(p) for p in problems):
        stage("reference")
        if found and all(found) or compare.confirmed(data, view, own[0]):  # inside its bounds without optimisations: "bound" would be a problem
            notes += [("optimiser", f"{kind}: {message}", op) for kind, message, op in problems]
            problems.clear()
    if task["inputs"] and not lost:
        problems += intervals.observe(sized, view, record, task["inputs"], own, sources, stage, facts,
                                      manifest["options"].get("types", "float32"), task.get("modes") or intervals.MODES)
    elif any(kind == "not-finite" for kind, _, _ in problems):
        stage("blame")
        op = intervals.first_not_finite(sized, view, own[0])
        problems[:] = [(k, m, op or o) if k == "not-finite" else (k, m, o) for k, m, o in problems]
    result["problems"] += problems
    result["notes"] += notes
