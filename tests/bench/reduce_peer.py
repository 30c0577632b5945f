"""`nngen reduce` beside Polygraphy's `debug reduce`, on 50 failing models.

    python tests/bench/reduce_peer.py make DIR [--real FOLDER]      writes the models
    python tests/bench/reduce_peer.py run DIR --polygraphy PROGRAM  reduces each with both, and prints a table

with PYTHONPATH=tests, in the study's environment. The models are findings of the study inside generated models, real models of FOLDER with a planted
condition, and generated models that were made ill-formed. Both tools ask the same predicate: one process a candidate, `check`. Another column is `nngen
reduce` with the predicate as a worker, `serve`, as the ready predicates are. Nodes count those of bodies too."""
import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper, numpy_helper

from nngen._program import chosen
from nngen.study import isolate, messages, outcomes, predicate, reduce, scratch, targets
from nngen.study.case import Case
from study import recheck

BACKGROUND = 40  # nodes of a generated model
LIMIT = 600  # seconds for one reduction
OPTIONS = SimpleNamespace(levels=list(predicate.LEVELS), without=[], tolerance=outcomes.tolerance("loose"))


# ---- the predicate ----

def producers(graph):
    return {o: n for n in graph.node for o in n.output if o}


def planted_node(path, op, say):
    return (f"has a node {op}", []) if any(n.op_type == op for n in onnx.load(path).graph.node) else None


def planted_pair(path, pair, say):
    first, second = pair.split(",")
    graph = onnx.load(path).graph
    made = producers(graph)
    return next(((f"has {pair}", []) for n in graph.node if n.op_type == second for x in n.input if x in made and made[x].op_type == first), None)


def fused_operators(path):
    """Types of nodes that ONNX Runtime makes at its extended level."""
    import onnxruntime as ort

    with scratch.Folder() as folder:
        o = ort.SessionOptions()
        o.graph_optimization_level, o.optimized_model_filepath, o.log_severity_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED, str(folder / "o.onnx"), 4
        ort.InferenceSession(str(path), o, providers=["CPUExecutionProvider"])
        return {n.op_type for n in onnx.load(folder / "o.onnx").graph.node} - {n.op_type for n in onnx.load(path).graph.node}


def planted_fusion(path, op, say):
    try:
        return (f"makes a node {op}", []) if op in fused_operators(path) else None
    except Exception:  # pylint: disable=broad-except
        return None


KINDS = {"levels": lambda path, _, say: predicate.onnxruntime_levels(path, OPTIONS, say), "checker": lambda path, _, say: predicate.checker(path, OPTIONS, say),
         "target": lambda path, name, say: predicate.run_target(name, path, OPTIONS, say), "node": planted_node, "pair": planted_pair, "fusion": planted_fusion}


def judge_of(case):
    """(path, say) -> None, or the failure of the original with this text."""

    def judge(path, say):
        found = KINDS[case["kind"]](path, case["what"], say)
        return found if found and case.get("text") in (None, kind_of(found)) else None

    return judge


def kind_of(found):
    return messages.normalise(found[0])[:120]


def forked(case):
    targets.load_all()
    return predicate.Forked(judge_of(case), 60, 4096)


def values_of(folder):
    """Data of a model's inputs, by name."""
    case = Case(folder / "model.onnx")
    return case.feed(0)


def check(args):
    """Exit status 1: the model fails as the original does. Inputs that have no data beside the model are those of the original, or drawn."""
    case = json.loads((Path(args.case) / "case.json").read_text("utf-8"))
    path = Path(args.model).resolve()
    with scratch.Folder() as folder:
        if not (path.parent / "test_data_set_0").exists() and case["kind"] in ("levels", "target"):
            feed = {**Case(path).feed(0), **values_of(Path(args.case))}
            reduce.write(folder, onnx.load(path), feed)
            path = folder / "model.onnx"
        failed = forked(case).found(str(path)) is not None
    return failed != args.invert


def serve(args):
    predicate.warm(["onnxruntime"])
    predicate.Worker(forked(json.loads((Path(args.case) / "case.json").read_text("utf-8")))).serve()


# ---- the models ----

def generated(k, opset=17, nodes=BACKGROUND):
    """(model, feed) of nngen."""
    with scratch.Folder() as folder:
        subprocess.run([chosen(), "--nodes", str(nodes), "--count", "1", "--seed", str(k), "--opset", str(opset), "--max-elements", "256", "--quiet", "--out", folder / "c"], check=True, stderr=subprocess.DEVNULL)
        case = Case(next((folder / "c").glob("test_*/model.onnx")))
        return case.model(), case.feed(0)


def pairs(rank):
    """Nodes in pairs that undo each other, as (type, attributes)."""
    turned = list(range(rank))[::-1]
    return [[("Neg", {}), ("Neg", {})], [("Transpose", {"perm": turned}), ("Transpose", {"perm": turned})],
            [("Cast", {"to": TensorProto.DOUBLE}), ("Cast", {"to": TensorProto.FLOAT})]]


def chain(begin, end, steps, name):
    """Nodes from one tensor to another."""
    nodes, last = [], begin
    for i, (op, attributes) in enumerate(steps):
        out = end if i + 1 == len(steps) else f"{name}_{i}"
        nodes.append(helper.make_node(op, [last], [out], **attributes))
        last = out
    return nodes


def is_float(x):
    return x.type.tensor_type.elem_type == TensorProto.FLOAT and len(x.type.tensor_type.shape.dim) > 0


def embedded(finding, k, before, after):
    """(model, feed) with a finding among the nodes of a generated model: its inputs come out of nodes that undo each other, its outputs go into others."""
    inner, feed, _ = finding.make()
    inner = onnx.compose.add_prefix(inner, "f_")
    feed = {f"f_{name}": value for name, value in feed.items()}
    opset = next((i.version for i in inner.opset_import if i.domain in ("", "ai.onnx")), 17)
    outer, more = generated(k, max(opset, 13))
    graph, nodes = outer.graph, []
    rng = random.Random(k)
    for x in inner.graph.input:
        if before and is_float(x) and x.name in feed:
            steps = [s for pair in rng.sample(pairs(len(x.type.tensor_type.shape.dim)), 3) for s in pair]
            nodes += chain(f"{x.name}_given", x.name, steps, f"{x.name}_before")
            feed[f"{x.name}_given"] = feed.pop(x.name)
            x.name = f"{x.name}_given"
    nodes += inner.graph.node
    for x in inner.graph.output:
        if after and is_float(x):
            nodes += chain(x.name, f"{x.name}_end", [("Neg", {}), ("Identity", {}), ("Neg", {}), ("Flatten", {"axis": 0})], f"{x.name}_after")
            size = [d.dim_value for d in x.type.tensor_type.shape.dim]
            x.CopyFrom(helper.make_tensor_value_info(f"{x.name}_end", TensorProto.FLOAT, [1, int(np.prod(size))]))
    half = len(graph.node) // 2
    merged = helper.make_graph([*graph.node[:half], *nodes, *graph.node[half:]], "graph", [*graph.input, *inner.graph.input], [*graph.output, *inner.graph.output],
                               [*graph.initializer, *inner.graph.initializer])
    merged.sparse_initializer.extend(inner.graph.sparse_initializer)
    imports = {i.domain: i for i in [*outer.opset_import, *inner.opset_import]}
    model = helper.make_model(merged, opset_imports=list(imports.values()), ir_version=max(outer.ir_version, inner.ir_version), functions=list(inner.functions))
    return model, {**more, **feed}


def put(folder, model, feed, case):
    """Writes a model that fails; whether it does."""
    reduce.write(folder, model, feed)
    with contextlib.closing(forked(case)) as judge:
        found = judge.found(str(folder / "model.onnx"))
    if not found:
        shutil.rmtree(folder)
        return False
    case = {**case, "text": kind_of(found), "nodes": nodes_of(model.graph), "bytes": (folder / "model.onnx").stat().st_size}
    (folder / "case.json").write_text(json.dumps(case, indent=1) + "\n", "utf-8")
    print(folder.name, case["nodes"], "nodes:", case["text"], flush=True)
    return True


def from_findings(out, wanted):
    """Findings of ONNX Runtime's optimisations, of tract and of OpenVINO, each in a generated model of its own."""
    made = 0
    by_target = {"onnxruntime-all": "levels", "tract": "target", "openvino": "target"}
    found = [f for f in recheck.load() if f.target in by_target and not targets.why_not(targets.REGISTRY[f.target])]
    turns = sorted(found, key=lambda f: (sum(g.target == f.target for g in found[: found.index(f)]) // (4 if f.target == "onnxruntime-all" else 1)))
    for f in turns:
        case = {"kind": by_target[f.target], "what": f.target, "origin": f.name}
        for before, after in ((True, True), (True, False), (False, False)):
            try:
                model, feed = embedded(f, made, before, after)
            except (ValueError, TypeError, KeyError) as e:  # what compose cannot rename
                print(f"left out: {f.name}: {e}"[:150], file=sys.stderr)
                break
            if put(out / f"finding-{made:02}", model, feed, case):
                made += 1
                break
        if made == wanted:
            return


def edges(graph):
    made = producers(graph)
    return [(made[x].op_type, n.op_type) for n in graph.node for x in n.input if x in made]


def from_real(out, folder, wanted):
    """Real models, each with one of three planted conditions in turn: its rarest type of node, its rarest pair, or a fusion."""
    made, paths = 0, sorted(Path(folder).glob("*-script.onnx"))
    for at, path in enumerate(paths * 3):
        model, turn = onnx.load(path), (at + at // len(paths)) % 3
        types, links = [n.op_type for n in model.graph.node], edges(model.graph)
        if turn == 0:
            case = {"kind": "node", "what": min(sorted(set(types)), key=types.count)}
        elif turn == 1:
            case = {"kind": "pair", "what": ",".join(min(sorted(set(links)), key=links.count))}
        else:
            case = {"kind": "fusion", "what": min(fused_operators(path), default="")}
        feed = {x.name: Case(path).feed(0)[x.name] for x in Case(path).inputs()}
        if case["what"]:
            made += put(out / f"real-{made:02}", model, feed, {**case, "origin": path.name})
        if made == wanted:
            return


# Each makes a model ill-formed: (model, random numbers) -> None
def unknown_operator(m, rng):
    rng.choice(m.graph.node).op_type = "NoSuchOperator"


def unknown_attribute(m, rng):
    rng.choice(m.graph.node).attribute.append(helper.make_attribute("no_such_attribute", 1))


def missing_operand(m, rng):
    node = rng.choice([n for n in m.graph.node if len(n.input) == 1])
    del node.input[:]


def wrong_type(m, rng):
    x = rng.choice([o for o in m.graph.output])
    x.type.tensor_type.elem_type = TensorProto.STRING


def wrong_shape(m, rng):
    x = rng.choice([o for o in m.graph.output if o.type.tensor_type.shape.dim])
    x.type.tensor_type.shape.dim[0].dim_value += 1


def too_many_operands(m, rng):
    node = rng.choice([n for n in m.graph.node if len(n.input) == 1])
    node.input.extend([node.input[0]] * 8)


DAMAGES = [unknown_operator, unknown_attribute, missing_operand, wrong_type, wrong_shape, too_many_operands]


def from_damages(out, wanted):
    for k in range(wanted):
        damage, rng = DAMAGES[k % len(DAMAGES)], random.Random(k)
        model, feed = generated(100 + k)
        damage(model, rng)
        put(out / f"damaged-{k:02}", model, feed, {"kind": "checker", "what": "", "origin": damage.__name__})


def make(args):
    targets.load_all()
    out = Path(args.dir)
    out.mkdir(parents=True)
    real = 15 if args.real else 0
    from_findings(out, 20)
    if real:
        from_real(out, args.real, real)
    from_damages(out, 15)
    print(f"{len(list(out.glob('*/case.json')))} models")


# ---- the race ----

def nodes_of(graph):
    """Also those of bodies."""
    return len(graph.node) + sum(nodes_of(g) for n in graph.node for a in n.attribute for g in [*([a.g] if a.HasField("g") else []), *a.graphs])


def measured(command, log, cwd=None):
    env = {**os.environ, "PYTHONPATH": isolate.python_path()}
    begun, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(log, "wb") as f:
        try:
            code = subprocess.run(command, stdout=f, stderr=f, env=env, cwd=cwd, timeout=LIMIT, check=False).returncode
        except subprocess.TimeoutExpired:
            code = "timeout"
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"seconds": round(time.monotonic() - begun, 2), "cpu": round(now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime, 2), "code": code}


def result(path, took, calls, case):
    """What is left; the original if the tool gave nothing."""
    try:
        return {**took, "calls": calls, "nodes": nodes_of(onnx.load(path).graph), "bytes": Path(path).stat().st_size}
    except (OSError, ValueError, DecodeError):
        return {**took, "calls": calls, "nodes": case["nodes"], "bytes": case["bytes"], "gave": "nothing"}


def lines_of(path):
    return len(path.read_text("utf-8").splitlines()) if path.exists() else 0


def here(*args):
    return [sys.executable, str(Path(__file__).resolve()), *map(str, args)]


def polygraphy(folder, work, case, mode, args):
    work.mkdir()
    counted = work / "counted.sh"
    counted.write_text("#!/bin/sh\necho >> calls\nexec \"$@\"\n")
    counted.chmod(0o755)
    took = measured([args.polygraphy, "debug", "reduce", str(folder / "model.onnx"), "--mode", mode, "-o", str(work / "reduced.onnx"),
                              "--check", str(counted), *here("check", folder, "polygraphy_debug.onnx")], work / "log", cwd=work)
    return result(work / "reduced.onnx", took, lines_of(work / "calls"), case)


def ours(folder, work, case, how, jobs):
    inputs = ["--inputs", str(folder)] if (folder / "test_data_set_0/input_0.pb").exists() else []
    invalid = ["--allow-invalid"] if case["kind"] == "checker" else []
    command = ["--worker", "--", *here("serve", folder)] if how == "worker" else ["--", *here("check", folder, "--invert", "{}")]
    took = measured([chosen(), "reduce", str(folder / "model.onnx"), *inputs, "--out", str(work), "--jobs", str(jobs), *invalid, *command], f"{work}.log")
    text = Path(f"{work}.log").read_text("utf-8", "replace")
    calls = int(text.split(" call")[0].rsplit(" ", 1)[1]) if " call" in text else 0
    return result(work / "smallest/model.onnx", took, calls, case)


def run(args):
    folder = Path(args.dir).resolve()
    at = folder / "results.json"
    known = json.loads(at.read_text("utf-8")) if at.exists() else {}
    for path in sorted(folder.glob("*/case.json")):
        case, name = json.loads(path.read_text("utf-8")), path.parent.name
        if args.only and args.only not in name:
            continue
        entry = known.setdefault(name, {"origin": case["origin"], "nodes": case["nodes"], "bytes": case["bytes"]})
        for tool in args.tools.split(","):
            if tool in entry and not args.again:
                continue
            with scratch.Folder() as work:
                theirs = tool in MODES
                entry[tool] = polygraphy(path.parent, work / "p", case, MODES[tool], args) if theirs else ours(path.parent, work / "n", case, tool, args.jobs)
                log = work / ("p/log" if theirs else "n.log")
                entry[tool]["said"] = log.read_text("utf-8", "replace").strip()[-200:]
            print(name, tool, {k: v for k, v in entry[tool].items() if k != "said"}, flush=True)
            at.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
    print(table(known, args.tools.split(",")))


MEASURES = {"nodes": "nodes left", "bytes": "bytes left", "calls": "calls of the predicate", "cpu": "processor seconds"}
MODES = {"polygraphy": "bisect", "linear": "linear"}  # of Polygraphy; bisect is its default
TOOLS = {"polygraphy": "Polygraphy", "linear": "Polygraphy, linear", "command": "nngen, command", "worker": "nngen, worker"}


def table(known, tools):
    """Medians and sums, and how each of ours compares model by model."""
    known = {n: e for n, e in known.items() if all(t in e for t in tools)}
    lines = [f"{len(known)} models, {statistics.median(e['nodes'] for e in known.values()):.0f} nodes and {statistics.median(e['bytes'] for e in known.values()):.0f} bytes in the median", "",
             "| median (sum) | " + " | ".join(TOOLS[t] for t in tools) + " |", "|---|" + "---|" * len(tools)]
    for what in ("nodes", "bytes", "calls", "seconds", "cpu"):
        values = {t: [e[t][what] for e in known.values()] for t in tools}
        lines.append(f"| {MEASURES.get(what, what)} | " + " | ".join(f"{statistics.median(v):.4g} ({sum(v):.6g})" for v in values.values()) + " |")
    for t, peer in [(t, p) for t in tools if t not in MODES for p in tools if p in MODES]:
        for what in ("nodes", "bytes", "seconds", "cpu"):
            pairs_ = [(e[t][what], e[peer][what]) for e in known.values()]
            larger = [n for n, e in known.items() if e[t][what] > e[peer][what]]
            lines.append(f"\n{TOOLS[t]}: {MEASURES.get(what, what)} fewer than {TOOLS[peer]} on {sum(a < b for a, b in pairs_)}, equal on {sum(a == b for a, b in pairs_)}, more on {len(larger)}"
                         + (f": {', '.join(larger)}" if larger and what in ("nodes", "bytes") else ""))
    return "\n".join(lines)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(required=True)
    s = sub.add_parser("make")
    s.add_argument("dir")
    s.add_argument("--real", help="folder of *-script.onnx")
    s.set_defaults(function=make)
    s = sub.add_parser("run")
    s.add_argument("dir")
    s.add_argument("--polygraphy", default="polygraphy")
    s.add_argument("--tools", default="polygraphy,worker", help="some of polygraphy,linear,command,worker")
    s.add_argument("--only", default="")
    s.add_argument("--again", action="store_true")
    s.add_argument("--jobs", type=int, default=os.cpu_count())
    s.set_defaults(function=run)
    s = sub.add_parser("check")
    s.add_argument("case")
    s.add_argument("model")
    s.add_argument("--invert", action="store_true")
    s.set_defaults(function=check)
    s = sub.add_parser("serve")
    s.add_argument("case")
    s.set_defaults(function=serve)
    args = p.parse_args()
    return args.function(args)


if __name__ == "__main__":
    sys.exit(main())
