"""Every tensor of a model, made an output and observed, lies in its declared interval and has its declared shape.

    python -m nngen.judge.intervals DIR [--inputs K] [--jobs J] [--sample M]"""
import zlib

import numpy as np
import onnx

from nngen.judge import narrow, runtime
from nngen.judge.expect import TYPE_NAMES, data_types
from nngen.judge.structure import motif_nodes

MODES = ("uniform", "corners", "low", "high", "mixed")
CORNERS = ("low", "high", "corners", "corners", "corners", "corners")


def exposed(data, view):
    """The model with every node output as a graph output, and their names."""
    m = onnx.load_model_from_string(data)
    names = [x for n in view.nodes for x in n.output if x and x in view.declared]
    del m.graph.output[:]
    for x in names:
        dtype, shape = view.declared[x]
        m.graph.output.append(onnx.helper.make_tensor_value_info(x, dtype, shape))
    return m.SerializeToString(), names


def float_inside(lo, hi, of=np.float32):
    """The numbers of a float type nearest to the ends that are not outside them."""
    if np.dtype(of) in narrow.NAMES:
        x = narrow.values(narrow.NAMES[np.dtype(of)])
        return x[np.searchsorted(x, lo)], x[np.searchsorted(x, hi, "right") - 1]
    a, b = of(lo), of(hi)
    if float(a) < lo:
        a = np.nextafter(a, of(np.inf))
    if float(b) > hi:
        b = np.nextafter(b, of(-np.inf))
    return a, b


def draw(rng, mode, port):
    shape, (lo, hi) = port["shape"], port["interval"]
    of = runtime.NUMPY[port["type"]]
    real = narrow.is_real(of)
    a, b = float_inside(lo, hi, of) if real else (int(np.ceil(lo)), int(np.floor(hi)))
    if mode == "low":
        return np.full(shape, a, of)
    if mode == "high":
        return np.full(shape, b, of)
    wide = np.float64 if real and np.dtype(of) in narrow.NAMES else of if real else np.int64 if of != np.uint64 else of
    x = np.clip((lo + (hi - lo) * rng.random(shape)).astype(wide), a, b) if real else rng.integers(a, b, shape, endpoint=True).astype(wide)
    if mode == "corners":
        x = np.where(rng.random(shape) < 0.5, a, b)
    elif mode == "mixed":  # some corners, some zeros where 0 is inside, some tiny values
        special = np.array([a, b, np.clip(wide(0), a, b), np.clip(wide(1e-30), a, b)], wide)
        x = np.where(rng.random(shape) < 0.5, x, special[rng.integers(0, 4, shape)])
    return np.asarray(x).astype(of)


def feeds(record, k, key="", modes=MODES):
    """k inputs: the modes in turn; the same for the same record."""
    rng = np.random.default_rng(zlib.crc32((record["files"].get("model.onnx", "") + key).encode())) if k else None
    for i in range(k):
        mode = modes[i % len(modes)]
        yield mode, {p["name"]: draw(rng, mode, p) for p in record["inputs"]}


def constant(view, ranges, sources, data, inside=frozenset()):
    """Tensors of types of data that are provably constant by their interval though they depend on input values. inside: names of the
    nodes of motifs, which take what is there: the exponent of a Pow may be a graph input of one value."""
    live = set(view.inputs)
    for n in view.nodes:
        if n.op_type in sources or not any(x in live for x in n.input):
            continue
        live.update(n.output)
        for x in n.output:
            r = ranges.get(x)
            if r and r[0] == r[1] and n.name not in inside and TYPE_NAMES.get(view.declared[x][0]) in data:
                yield "constant", f"{x!r} has the interval [{r[0]!r}, {r[1]!r}]", n.op_type


def coverage(view, record):
    ranges = record["intervals"]
    for x in list(view.inputs) + [x for n in view.nodes for x in n.output if x]:
        if x not in ranges:
            yield "record", f"no interval for {x!r}", view.made_by(x)
    for p in record["inputs"] + record["outputs"]:
        if ranges.get(p["name"]) not in (None, p["interval"]):
            yield "record", f"{p['name']!r}: intervals {ranges[p['name']]} and {p['interval']} differ", ""


def observe(data, view, record, k, own_feeds, sources, stage, facts, types="float32", modes=MODES):
    """Runs k drawn inputs and the corpus's own; yields problems. facts["tightness"]: {operator: [log2 of declared / observed width]},
    facts["magnitude"]: [largest magnitude of each float tensor]; facts["moved"]: [graph outputs that change with the input, graph outputs]."""
    ranges = record.get("intervals") or {p["name"]: p["interval"] for p in record["inputs"] + record["outputs"]}
    if "intervals" in record:
        yield from coverage(view, record)
        yield from constant(view, ranges, sources, data_types({"options": {"types": types}}), motif_nodes(view, record))
    stage("load-exposed")
    wide, names = exposed(data, view)
    try:
        s = runtime.session(wide, "none")
    except Exception as e:
        yield "load-exposed", runtime.one_line(e), runtime.blamed(str(e), view)
        return
    stage("run-exposed")
    seen, first, moved = {}, {}, set()
    reported = set()
    for mode, feed in [("given", f) for f in own_feeds] + list(feeds(record, k, "", modes)):
        try:
            values = s.run(names, feed)
        except Exception as e:
            yield "run-exposed", f"{mode} input: {runtime.one_line(e)}", runtime.blamed(str(e), view)
            return
        for name, value in zip(names, values):
            value = np.asarray(value)
            for kind, message in runtime.check_value(name, value, view.declared[name], ranges.get(name)):
                if kind not in reported:  # the first in topological order; the rest follow from it
                    yield kind, f"{mode} input: {message}", view.made_by(name)
                reported.add(kind)
            value = narrow.widened(value)
            if name in view.outputs and not np.array_equal(first.setdefault(name, value), value, equal_nan=value.dtype.kind == "f"):
                moved.add(name)
            if value.size and value.dtype.kind == "f":
                lo, hi = float(value.min()), float(value.max())
                a, b = seen.get(name, (lo, hi))
                seen[name] = (min(a, lo), max(b, hi))
    tight = {}
    for name, (lo, hi) in seen.items():
        if name in ranges and hi > lo:
            a, b = ranges[name]
            tight.setdefault(view.made_by(name), []).append(float(np.log2(max((b - a) / (hi - lo), 1e-9))))
    facts["moved"] = [len(moved), len(view.outputs)]
    facts["tightness"] = tight
    facts["magnitude"] = [max(abs(lo), abs(hi)) for lo, hi in seen.values()]
    facts["still"] = sum(lo == hi and view.declared[n][1] != () for n, (lo, hi) in seen.items())


def first_not_finite(data, view, feed):
    """Operator whose output is the first that is not finite."""
    wide, names = exposed(data, view)
    try:
        values = runtime.session(wide, "none").run(names, feed)
    except Exception:
        return ""
    for name, value in zip(names, values):
        value = narrow.widened(value)
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            return view.made_by(name)
    return ""


if __name__ == "__main__":
    import sys

    from nngen.judge.validate import main

    args = sys.argv[1:]
    sys.exit(main(args + ([] if "--inputs" in args else ["--inputs", "5"])))
