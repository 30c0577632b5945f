"""Judges the models of a corpus with expected outputs: a line of JSON for each, for soundness.py, which runs it as a process because
ONNX Runtime may die. Without optimisations every tensor is judged, as a result of the whole model and of its node alone, with the
driver's bounds; at each level the graph outputs are, with the bounds of the corpus's files."""

import argparse
import collections
import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from reach import ort

from nngen.judge.bounds import outside
from nngen.judge.driver import Driver, read_model
from reference.reference import run_ort

LEVELS = ("ORT_DISABLE_ALL", "ORT_ENABLE_BASIC", "ORT_ENABLE_EXTENDED", "ORT_ENABLE_LAYOUT", "ORT_ENABLE_ALL")


def say(**line):
    print(json.dumps(line), flush=True)


def plain(x):
    """For JSON."""
    x = x.item()
    return x if isinstance(x, (int, bool)) or np.isfinite(x) else repr(x)


def describe(y, v, e):
    """The first element outside, how many are, and how far the farthest is: in units of the largest value, and of its bound."""
    bad = outside(y, v, e)
    if not bad.any():
        return None
    k = np.unravel_index(np.argmax(bad), bad.shape) if bad.shape else ()
    with np.errstate(all="ignore"):
        d = np.where(bad, np.abs(y.astype(float) - v.astype(float)), 0)
        far, times = d.max() / np.abs(v.astype(float)).max(), (d / np.where(bad, e, 1)).max()
    return {"at": list(map(int, k)), "y": plain(y[k]), "v": plain(v[k]), "e": plain(e[k]), "bad": int(bad.sum()), "size": bad.size, "far": plain(far), "times": plain(times)}


def expected(directory, graph):
    """{name: (v, e)} of the graph outputs, from the files."""

    def load(name):
        return numpy_helper.to_array(onnx.TensorProto.FromString((directory / "test_data_set_0" / name).read_bytes()))

    return {o.name: (load(f"output_{j}.pb"), load(f"bound_{j}.pb").astype(float)) for j, o in enumerate(graph.output)}


def failure(model, inputs, bounds, level, disabled=()):
    """What is wrong at a level: None, or fields of a finding."""
    step = "load"
    try:
        session = ort.session(model, level=level, disabled=disabled)
        step = "run"
        got = dict(zip([o.name for o in session.get_outputs()], session.run(None, inputs)))
    except Exception as e:  # pylint: disable=broad-except; of any kind, in the interface of ONNX Runtime
        return {"kind": step, "message": str(e)[:300]}
    for name, (v, e) in bounds.items():
        y = got[name]
        if y.shape != v.shape:
            return {"kind": "shape", "name": name, "message": f"{y.shape} is not {v.shape}"}
        wrong = describe(y, v, e)
        if wrong:
            return {"kind": "outside", "name": name} | wrong
    return None


def operators(model, level, disabled):
    """How often each operator stands in the optimised model."""
    import tempfile

    import onnxruntime

    with tempfile.TemporaryDirectory() as d:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
        options.optimized_model_filepath = d + "/m.onnx"
        onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(disabled))
        return collections.Counter(n.op_type for n in onnx.load(d + "/m.onnx").graph.node)


def passes(model, inputs, bounds, level):
    """Which passes make a failure: all that are enough alone to leave out, else a smallest set, and which operators are there with it only
    and without it only."""
    names = sorted({name for kind in ort.passes().values() for name in kind})

    def right(without):
        return failure(model, inputs, bounds, level, without) is None

    if not right(names):
        return {"passes": []}
    found = [name for name in names if right([name])]
    if not found:
        found = list(names)
        for name in names:
            fewer = [n for n in found if n != name]
            if right(fewer):
                found = fewer
    result = {"passes": found}
    try:
        with_, without = operators(model, level, ()), operators(model, level, found)
        result |= {"made": sorted(with_ - without), "gone": sorted(without - with_)}
    except Exception as e:  # pylint: disable=broad-except; the failure may be one of loading
        result["message"] = str(e)[:200]
    return result


def attributes(node):
    """Those that are numbers or texts."""
    values = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute if a.type in (a.INT, a.FLOAT, a.STRING)}
    return {k: v.decode() if isinstance(v, bytes) else v for k, v in values.items()}


def reached(graph, names):
    """{tensor: those of the names from which it is computed, or which it is}."""
    after = {name: {name} for name in names}
    for node in graph.node:
        before = set().union(*(after.get(x, set()) for x in node.input))
        for o in node.output:
            after[o] = after.get(o, set()) | before
    return after


def every_tensor(driver, model, inputs, counts):
    """What is outside without optimisations, node by node ("local") and as a result of the whole model ("outside")."""
    maker = {o: n for n in model.graph.node for o in n.output}
    values, errors = driver.compute(model, inputs)
    found = [{"kind": "rule", "message": m} for m in errors.values()]
    try:
        got = run_ort(model, inputs, "ORT_DISABLE_ALL", True)
    except Exception as e:  # pylint: disable=broad-except
        return [*found, {"kind": "run", "level": "every", "message": str(e)[:300]}]
    alone, _ = driver.compute(model, inputs, got, kept=True)
    for name, y in got.items():
        if name not in values:
            continue
        v, e = values[name]
        counts["elements"] += y.size
        if y.dtype.kind == "f" and y.size:
            counts["float_elements"] += y.size
            with np.errstate(all="ignore"):
                counts["tight"] += int(np.count_nonzero(e / np.maximum(np.abs(v), 1e-3 * np.abs(v).max()) < 1e-3))
        for kind, bounds in (("outside", values), ("local", alone)):
            wrong = describe(y, *bounds[name])
            if wrong:
                node = {"op": maker[name].op_type, "type": str(y.dtype), "attributes": attributes(maker[name])}
                found.append({"kind": kind, "level": "every", "name": name} | (node if kind == "local" else {}) | wrong)
    local = [f for f in found if f["kind"] == "local"]
    return local + [f for f in found if f["kind"] != "local"][:3]


def judge(driver, number, directory):
    counts = collections.Counter(models=1)
    model, inputs = read_model(directory)
    bounds, data = expected(directory, model.graph), model.SerializeToString()
    say(model=number, level="every")
    found = every_tensor(driver, model, inputs, counts)
    counts["output_elements"] = sum(v.size for v, _ in bounds.values())
    for level in LEVELS:
        say(model=number, level=level)
        wrong = failure(data, inputs, bounds, level)
        if wrong:
            more = passes(data, inputs, bounds, level) if level != LEVELS[0] else {}
            found.append(more | {"level": level} | wrong)
    after = reached(model.graph, [f["name"] for f in found if f["kind"] == "local"])
    for f in found:
        if f["kind"] == "outside":
            f["after"] = sorted(after.get(f["name"], ()))
    say(model=number, counts=counts, found=[{"model": number} | f for f in found])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--opset", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("corpus", type=Path)
    args = parser.parse_args()
    driver = Driver(args.opset)
    for directory in sorted(args.corpus.glob("test_*")):
        number = int(directory.name.split("_")[1])
        if number >= args.first:
            judge(driver, number, directory)
    driver.close()


if __name__ == "__main__":
    sys.exit(main())
