"""Single-operator families through a runtime: a line of measured.jsonl for each operator and opset."""
import json
import re
import subprocess
from pathlib import Path

import onnx

from nngen.judge import plan
from nngen.judge.campaign import generate
from nngen.profile import features
from nngen.study import expected
from nngen.study.isolate import run_batch
from nngen.study.messages import normalise
from nngen.study.targets import load_all

SIZES = (*plan.MINIMAL_NODES, 9, 14)  # numbers of nodes that are tried in turn: helpers take room

# What frameworks put before the message proper.
NOISE = re.compile(r"^(\w*(Error|Exception): |Exception from \S+ |Check '.{0,80}?' failed at \S+:|FrontEnd API failed with \w+:|.*CALLBACK HAS THROWN:|"
                   r"Model wasn't fully converted\. |Failed operations detailed log:|Summary:|-- |[\w-]+ with a message:|While validating ONNX node '[^']*':|\s+)")


def plain(message):
    message = " ".join(message.split())
    while (rest := NOISE.sub("", message)) != message and rest:
        message = rest
    return message


class Table:
    """What nngen --list-ops=json says."""

    def __init__(self, generator, opset):
        c = [generator.nngen, "--list-ops=json", "--opset", str(opset)] + (["--profile", generator.profile] if generator.profile else []) + generator.extra
        done = subprocess.run(c, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        self.operators = {o["name"]: o for o in json.loads(done.stdout)["operators"]}


class Store:
    """A line for each family; what a kill tore off is cut."""

    def __init__(self, path, header):
        self.path, self.done = Path(path), {}
        lines = self.path.read_bytes().split(b"\n")[:-1] if self.path.exists() else []
        if lines and json.loads(lines[0]) != header:
            raise ValueError(f"{path} was measured with another binary, runtime or options: {lines[0].decode()[:300]}; use another --work")
        for line in lines[1:]:
            e = json.loads(line)
            self.done[e["key"]] = e
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"".join(x + b"\n" for x in lines or [json.dumps(header).encode()]))

    def add(self, entry):
        self.done[entry["key"]] = entry
        with open(self.path, "a", encoding="utf-8") as f:
            f.write(json.dumps(entry, separators=(",", ":")) + "\n")


def wrong(outputs, rtol, atol):
    """Why the outputs count as wrong, or ""."""
    for o in outputs:
        for kind in ("type", "shape"):
            if kind in o:
                return f"{kind} {o[kind][0]} expected, {o[kind][1]} given"
        for kind in ("nan", "inf"):
            if kind in o:
                return f"{kind} in one of the two only"
        if o.get("excess", {}).get(rtol, 0) > atol:
            return "values"
    return ""


def outcome(result, rtol, atol):
    """(ok | failed | crash | hang | memory | wrong, message)"""
    if result["status"] != "ok":
        stage = f" in stage {result.get('stage')}" if result["status"] != "failed" else ""
        return result["status"], (result["status"] + stage + ": " if stage else "") + result.get("error", "")
    if "count" in result:
        return "wrong", f"{result['count'][0]} outputs expected, {result['count'][1]} given"
    why = wrong(result["outputs"], rtol, atol)
    return ("wrong", why) if why else ("ok", "")


def as_stated(request):
    """Whether what the reference gave has the shapes that the model states: ONNX Runtime errs in a few."""
    got = expected.Outputs(request["save"])
    stated = [tuple(d.dim_value for d in o.type.tensor_type.shape.dim) for o in onnx.load(request["path"], load_external_data=False).graph.output]
    return all(got.value(0, i).shape == s for i, s in enumerate(stated))


class Runner:
    """Runs models on the reference, then on the runtime."""

    def __init__(self, runtime, modules=(), limits=None, rtol="1e-03", atol=1e-3):
        self.modules = list(modules)
        registry = load_all(self.modules)
        if runtime not in registry:
            raise ValueError(f"no such runtime: {runtime}; there are {', '.join(sorted(registry))}")
        self.target = registry[runtime]._replace(**(limits or {}))
        self.references = [registry["onnxruntime-none"], registry["reference"]]
        self.rtol, self.atol = rtol, atol

    def run(self, folders):
        """[(status, message, reference's name or "")] in the order of the folders."""
        requests = [{"model": str(f), "path": str(f / "model.onnx"), "sets": 1, "save": str(f / "reference.npz")} for f in folders]
        by, results = {}, {}
        for r in self.references:
            run_batch(r, [q for q in requests if q["model"] not in by], lambda q, a, r=r: by.update({q["model"]: r.name}) if a["status"] == "ok" and as_stated(q) else None)
        todo = [{**{k: v for k, v in q.items() if k != "save"}, "reference": q["save"] if q["model"] in by else ""} for q in requests]
        run_batch(self.target, todo, lambda q, a: results.update({q["model"]: a}), self.modules)
        return [(*outcome(results[q["model"]], self.rtol, self.atol), by.get(q["model"], "")) for q in requests]


def generated(f, generator, table, target, barred=()):
    """One operator at one opset: (entry, [(folder, conditions, other operators)]). The operator is alone, or with the helpers that nngen adds;
    those that are barred are none."""
    sized, _, error = generate(generator, f, str(target), [("{}", [f"-{op}" for op in barred])], False, SIZES)
    entry = {"key": plan.key(f), "op": f.op, "opset": f.opset, "seed": f.seed, "helpers": [], "models": []}
    if error:
        return {**entry, "error": error}, []
    entry["helpers"] = json.loads((target / "manifest.json").read_text()).get("helpers", [])
    entry["command"] = " ".join(generator.command(sized, "OUT", generator.made))
    found = []
    for path in sorted(target.rglob("model.onnx")):
        model = onnx.load(path)
        if any(n.op_type == f.op for n in model.graph.node):
            found.append((path.parent, *features.of_model(table.operators[f.op], model)))
    return entry, found[:generator.count]


def ran(made, runner):
    """The entries of generated families, which share the processes that run them."""
    said = iter(runner.run([x[0] for _, found in made for x in found]))
    for entry, found in made:
        for path, atoms, others in found:
            status, message, reference = next(said)
            m = {"model": path.name, "status": status, "atoms": atoms, "others": others, "reference": reference}
            if message:
                m["message"], m["words"] = normalise(plain(message)), message[:1500]
            entry["models"].append(m)
    return [entry for entry, _ in made]
