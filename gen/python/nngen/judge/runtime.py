"""Loads and runs a model in ONNX Runtime with all optimisations and with none."""
import ctypes
import io
import math
import os
import re
from functools import lru_cache

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, numpy_helper

from nngen.archive import Archive
from nngen.judge import expected, narrow
from nngen.judge.expect import TYPE_NAMES
from nngen.judge.sizes import fits

LEVELS = {"all": ort.GraphOptimizationLevel.ORT_ENABLE_ALL, "none": ort.GraphOptimizationLevel.ORT_DISABLE_ALL}
NUMPY = {"float32": np.float32, "float16": np.float16, "double": np.float64, "bool": np.bool_, "int8": np.int8, "uint8": np.uint8, "int16": np.int16,
         "uint16": np.uint16, "int32": np.int32, "uint32": np.uint32, "int64": np.int64, "uint64": np.uint64, **narrow.NUMPY}
WARNING = 2

# Warnings that say that ONNX Runtime's own inference or result disagrees with a declared shape.
COMPLAINTS = re.compile(r"MergeShapeInfo|does not match actual shape|lenient merge|[Ss]hape mismatch")


@lru_cache(maxsize=None)
def options(level):
    """Of all sessions of this process: they do not change them."""
    o = ort.SessionOptions()
    o.graph_optimization_level = LEVELS[level]
    o.intra_op_num_threads = o.inter_op_num_threads = 1
    o.log_severity_level = WARNING
    return o


def session(data, level):
    s = ort.InferenceSession(data, options(level), providers=["CPUExecutionProvider"])
    types = {x.type[len("tensor("):-1] for x in [*s.get_inputs(), *s.get_outputs()]}
    return Narrow(s) if types & set(narrow.NUMPY) else s


class Narrow:
    """A session with inputs or outputs of types that NumPy lacks, which the Python interface cannot convert: their bytes are copied."""

    def __init__(self, s):
        self.session = s

    def run(self, names, feed):
        given = {name: Narrow.value(np.asarray(x)) for name, x in feed.items()}
        return [Narrow.array(v) for v in self.session.run_with_ort_values(names, given)]

    @staticmethod
    def value(x):
        if x.dtype not in narrow.NAMES:
            return ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(x).reshape(x.shape))
        v = ort.OrtValue.ortvalue_from_shape_and_type(list(x.shape), narrow.NUMBERS[narrow.NAMES[x.dtype]])
        data = narrow.packed(x)
        if data:
            ctypes.memmove(v.data_ptr(), data, len(data))
        return v

    @staticmethod
    def array(v):
        name = v.data_type()[len("tensor("):-1]
        if name not in narrow.NUMPY:
            return v.numpy()
        return narrow.unpacked(ctypes.string_at(v.data_ptr(), v.tensor_size_in_bytes()), name, v.shape())


class Log:
    """What has been written to standard error since; nothing if that is not a file (a worker's is)."""

    def __init__(self):
        try:
            self.at = os.lseek(2, 0, os.SEEK_END)
        except OSError:
            self.at = None

    def complaints(self):
        if self.at is None:
            return
        end = os.lseek(2, 0, os.SEEK_END)
        if end == self.at:
            return
        text = os.pread(2, min(end - self.at, 1 << 16), self.at).decode("utf-8", "replace")
        self.at = end
        for line in text.splitlines():
            if COMPLAINTS.search(line):
                yield re.sub(r"\x1b\[[0-9;]*m", "", line)[:400]


def one_line(e):
    return " ".join(str(e).split())[:600]


def blamed(message, view):
    """Operator that an ONNX Runtime message names, itself or by its node's name."""
    m = re.search(r"Op \((\w+)\)|while running (\w+) node|for the node \S*?:?\s*(\w+)\(\d+\)|with name '[^']*'.*?op_type.(\w+)", message)
    if m:
        return next(g for g in m.groups() if g)
    by_name = {n.name: n.op_type for n in view.nodes if n.name}
    for word in re.findall(r"[\w./:-]+", message):
        if word in by_name:
            return by_name[word]
    here = sorted({n.op_type for n in view.nodes}, key=lambda op: (-len(op), op))
    for op in here:
        if re.search(rf"\b{op}\b", message):
            return op
    for op in here:  # a C++ class or file of ONNX Runtime: LSTMBase, lstm_base.h
        if re.search(rf"\b{op}(Base|_base|<T>)", message, re.IGNORECASE):
            return op
    return here[0] if len(here) == 1 else ""


def read_inputs(folder, view, record, k, wild=False):
    """(feed, problems) of data set k. wild: its values need not lie in the intervals."""
    feed, bad = {}, []
    for i, port in enumerate(record["inputs"]):
        where = f"test_data_set_{k}/input_{i}.pb"
        try:
            tensor = TensorProto.FromString(folder.read(where))
            value = numpy_helper.to_array(tensor)
        except Exception as e:
            bad.append(("input", f"{where}: {one_line(e)}", ""))
            continue
        want = NUMPY.get(port["type"])
        if tensor.name != port["name"]:
            bad.append(("input", f"{where} is named {tensor.name!r}, {port['name']!r} expected", ""))
        if value.dtype != want or list(value.shape) != port["shape"]:
            bad.append(("input", f"{where} is {value.dtype}{list(value.shape)}, {port['type']}{port['shape']} declared", ""))
            continue
        (lo, hi), seen = port["interval"], narrow.widened(value)
        if wild:
            pass
        elif not np.isfinite(seen).all():
            bad.append(("input", f"{where} has values that are not finite", ""))
        elif seen.size and not (lo <= seen.min() and seen.max() <= hi):
            bad.append(("input", f"{where} has values {seen.min()}..{seen.max()} outside [{lo}, {hi}]", ""))
        feed[port["name"]] = value
    return (feed if len(feed) == len(record["inputs"]) else None), bad


def read_npz(folder, record, sets, wild=(), of=None):
    """(feeds, problems) of inputs.npz: arrays by the names of the inputs. sets: the numbers of the data sets. wild: which of them may have any
    values. of: how many sets there are, if the sizes of the model take turns: each has arrays of its own then."""
    try:
        archive = Archive(io.BytesIO(folder.read("inputs.npz")), narrow.from_npz)
    except Exception as e:
        return [], [("input", f"inputs.npz: {one_line(e)}", "")]
    if archive.by_set != (of is not None) or archive.count != (of or len(sets)):
        return [], [("input", f"inputs.npz has {archive.count} data sets{' by name' if archive.by_set else ''}", "")]
    feeds, bad = [], []
    for n, k in enumerate(sets):
        feed = archive.take(k)
        if list(feed) != [port["name"] for port in record["inputs"]]:
            return [], [("input", f"inputs.npz has arrays {list(feed)[:4]}", "")]
        for port in record["inputs"]:
            value, (lo, hi) = feed[port["name"]], port["interval"]
            if value.dtype != NUMPY.get(port["type"]) or list(value.shape) != port["shape"]:
                return [], [("input", f"inputs.npz: {port['name']} of set {k} is {value.dtype}{list(value.shape)}", "")]
            seen = narrow.widened(value)
            if n not in wild and seen.size and not (lo <= seen.min() and seen.max() <= hi):  # NaN is not in it either
                bad.append(("input", f"inputs.npz: {port['name']} of set {k} has values outside [{lo}, {hi}]", ""))
        feeds.append(feed)
    return feeds, bad


def own_inputs(folder, view, record, options, turns=None):
    """(feeds, problems) of all sets that the corpus has, in each of its formats; these must agree to the bit. turns: their numbers, if the
    sizes of the model take turns. Sets of mode nan are no feeds: nothing is promised about what models compute from them."""
    sets, formats, modes = options["inputs"], options["input_format"].split(","), options["input_mode"].split(",")
    wild = {k for k in range(sets) if modes[k % len(modes)] == "nan"}
    feeds, problems = [], []
    if "pb" in formats:
        for n, k in enumerate(range(sets) if turns is None else turns):
            feed, bad = read_inputs(folder, view, record, k, n in wild)
            problems += bad
            feeds += [feed] if feed is not None else []
    if "npz" in formats and sets:
        several = turns is not None and turns.step > 1
        packed, bad = read_npz(folder, record, list(range(sets) if turns is None else turns), wild, turns.stop if several else None)
        problems += bad
        if len(feeds) == len(packed) and any(a[n].tobytes() != b[n].tobytes() for a, b in zip(feeds, packed) for n in a):
            problems.append(("input", "inputs.npz has other values than the .pb files", ""))
        feeds = feeds or packed
    return [f for k, f in enumerate(feeds) if k not in wild], problems


def check_value(name, value, declared, interval):
    """Problems of one tensor that a run gave: (kind, message)."""
    value = np.asarray(value)
    want = NUMPY.get(TYPE_NAMES.get(declared[0]))
    if value.dtype != want or not fits(value.shape, declared[1] or ()):
        yield "run-shape", f"{name!r} is {value.dtype}{list(value.shape)}, declared {TYPE_NAMES.get(declared[0])}{list(declared[1] or ())}"
    value = narrow.widened(value)
    if value.size == 0:
        return
    lo, hi = float(value.min()), float(value.max())  # both are NaN if a value is
    if value.dtype.kind == "f" and not (math.isfinite(lo) and math.isfinite(hi)):
        yield "not-finite", f"{name!r} has {int((~np.isfinite(value)).sum())} of {value.size} values that are not finite"
    elif interval is not None and not (interval[0] <= lo and hi <= interval[1]):
        yield "interval", f"{name!r} has values {lo!r}..{hi!r} outside [{interval[0]!r}, {interval[1]!r}]"


def difference(a, b):
    """Largest difference relative to magnitude, 0 if there is none or either is not finite.

    What the type makes of it is taken off: a whole number may be rounded to its neighbour, as a quantised value is where another order
    of operations moves it past the middle of two, and a float16 to its neighbour, whether or not an operation before was done in float32."""
    kind = a.dtype
    a, b = narrow.widened(a), narrow.widened(b)
    if a.shape != b.shape or a.dtype.kind not in "fiu" or not a.size or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return 0.0
    a, b = a.astype(np.float64), b.astype(np.float64)
    scale = np.maximum(np.abs(b), 1e-3 * max(float(np.abs(b).max()), 1e-6))
    coarse = kind == np.float16 or kind in narrow.NAMES
    free = 1.0 if not narrow.is_real(kind) else 2 * narrow.unit(kind) * scale + 2.0 ** -24 if coarse else 0.0
    return float((np.maximum(np.abs(a - b) - free, 0.0) / scale).max())


def run(data, view, record, feeds, stage, facts, random=frozenset(), found=()):
    """Problems of loading and running at both levels; random: operators that need not give the same twice; found: the expected outputs, with
    bounds, of the first feeds. The levels are compared with each other where there are none."""
    steady = len(feeds) > 1 and not any(n.op_type in random for n in view.nodes)
    ranges = {p["name"]: p["interval"] for p in record["outputs"]}
    results = {}
    for level in LEVELS:
        log = Log()
        stage(f"load-{level}")
        try:
            s = session(data, level)
        except Exception as e:
            yield f"load-{level}", one_line(e), blamed(str(e), view)
            continue
        stage(f"run-{level}")
        for k, feed in enumerate(feeds):
            try:
                out = s.run(view.outputs, feed)
            except Exception as e:
                yield f"run-{level}", f"data set {k}: {one_line(e)}", blamed(str(e), view)
                break
            results.setdefault(k, []).append(out)
            for name, value in zip(view.outputs, out):
                for kind, message in check_value(name, value, view.declared[name], ranges.get(name)):
                    yield kind, f"optimisation {level}, data set {k}: {message}", view.made_by(name)
            for name, words in expected.outside(view.outputs, out, found[k]) if k < len(found) and found[k] else ():
                yield "bound", f"optimisation {level}, data set {k}: {name!r}{words}", view.made_by(name)
        if steady and len(results.get(len(feeds) - 1, ())) > 0:
            stage(f"again-{level}")
            before = results[0][-1]
            for name, a, b in zip(view.outputs, before, s.run(view.outputs, feeds[0])):
                a, b = narrow.widened(a), narrow.widened(b)
                if not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
                    yield "state", f"optimisation {level}: {name!r} has other values at a later run with the same input", view.made_by(name)
        for line in log.complaints():
            yield "runtime-shape", f"optimisation {level}: {line}", blamed(line, view)
    worst = {}
    for k, r in results.items():
        for name, a, b in zip(view.outputs, *r) if len(r) == 2 and not (k < len(found) and found[k]) else ():
            worst[k, name] = difference(np.asarray(a), np.asarray(b))
    facts["levels_differ"] = max(worst.values(), default=0.0)
    facts["outputs_differ"] = worst
