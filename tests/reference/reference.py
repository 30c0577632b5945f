"""Values and bounds of a model's tensors, by the driver (driver.c), and their comparison with a runtime's tensors.

    PYTHONPATH=tests build/venv/bin/python -m reference.reference --opset 17 DIR...

reads corpora of nngen and reports elements outside their bounds, for ONNX Runtime without optimisations (all tensors) and with all
of them (graph outputs), and how tight the bounds are."""

import argparse
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("B", "build/default"))
KINDS = {onnx.AttributeProto.INT: 0, onnx.AttributeProto.FLOAT: 1, onnx.AttributeProto.STRING: 2, onnx.AttributeProto.INTS: 3,
         onnx.AttributeProto.FLOATS: 4, onnx.AttributeProto.STRINGS: 5, onnx.AttributeProto.TENSOR: 6}


def text(s):
    b = s if isinstance(s, bytes) else s.encode()
    return struct.pack("<I", len(b)) + b


def attribute(a):
    kind = KINDS[a.type]
    head = text(a.name) + struct.pack("<I", kind)
    if kind == 0:
        return head + struct.pack("<Iq", 1, a.i)
    if kind == 1:
        return head + struct.pack("<Id", 1, a.f)
    if kind == 2:
        return head + struct.pack("<I", 1) + text(a.s)
    if kind == 3:
        return head + struct.pack(f"<I{len(a.ints)}q", len(a.ints), *a.ints)
    if kind == 4:
        return head + struct.pack(f"<I{len(a.floats)}d", len(a.floats), *a.floats)
    if kind == 5:
        return head + struct.pack("<I", len(a.strings)) + b"".join(map(text, a.strings))
    values = numpy_helper.to_array(a.t).astype("<f8").ravel()
    return head + struct.pack("<I", len(values)) + values.tobytes()


class Driver:
    def __init__(self, opset, profile="onnx", specs=ROOT / "specs"):
        command = [str(ROOT / BUILD / "tests/reference/driver"), str(specs), profile, str(opset)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def number(self):
        return struct.unpack("<I", self.process.stdout.read(4))[0]

    def covered(self):
        """Operators, and whether they have rules."""
        self.process.stdin.write(struct.pack("<I", 0))
        self.process.stdin.flush()
        return {self.process.stdout.read(self.number()).decode(): self.number() for _ in range(self.number())}

    def compute(self, model, inputs):
        """{name: (v, e)} of all tensors that nodes make, and {name of a node: message}."""
        graph = model.graph
        types = {v.name: v.type.tensor_type for v in [*graph.value_info, *graph.input, *graph.output]}
        contents = {t.name: numpy_helper.to_array(t) for t in graph.initializer} | inputs
        index, tensors = {}, []

        def add(name):
            if name in index:
                return
            index[name] = len(index)
            if name in contents:
                x = np.asarray(contents[name])
                shape, kind = x.shape, onnx.helper.np_dtype_to_tensor_dtype(x.dtype)
                real = x.dtype.kind == "f"
                data = struct.pack("<I", 1 if real else 2) + x.astype("<f8" if real else "<u8" if x.dtype == np.uint64 else "<i8").tobytes()
            else:
                shape, kind, data = [d.dim_value for d in types[name].shape.dim], types[name].elem_type, struct.pack("<I", 0)
            tensors.append(struct.pack(f"<II{len(shape)}q", kind, len(shape), *shape) + data)

        nodes = []
        for n in graph.node:
            for name in [*n.input, *n.output]:
                if name:
                    add(name)
            ids = [[index[x] if x else 0xFFFFFFFF for x in side] for side in (n.input, n.output)]
            nodes.append(text(n.op_type) + b"".join(struct.pack(f"<I{len(i)}I", len(i), *i) for i in ids)
                         + struct.pack("<I", len(n.attribute)) + b"".join(map(attribute, n.attribute)))
        self.process.stdin.write(struct.pack("<III", 1, len(tensors), len(nodes)) + b"".join(tensors) + b"".join(nodes))
        self.process.stdin.flush()
        values, errors = {}, {}
        read = self.process.stdout.read
        for n in graph.node:
            message = read(self.number()).decode()
            if message:
                errors[n.name or n.output[0]] = f"{n.op_type}: {message}"
            for name in filter(None, n.output):
                exact, count = self.number() == 2, self.number()
                shape = [d.dim_value for d in types[name].shape.dim]
                if exact:
                    v = np.frombuffer(read(8 * count), "<i8").reshape(shape)
                    if types[name].elem_type == onnx.TensorProto.UINT64:
                        v = v.astype(np.uint64)
                    values[name] = v, np.zeros(shape)
                else:
                    v = np.frombuffer(read(8 * count), "<f8").reshape(shape)
                    values[name] = v, np.frombuffer(read(8 * count), "<f8").reshape(shape)
        return values, errors

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def outside(y, v, e):
    """Which elements of y lie outside their bounds."""
    if v.dtype.kind in "iu" and not e.any():
        return y.astype(v.dtype) != v
    y = y.astype(np.float64)
    with np.errstate(all="ignore"):
        inside = (np.abs(y - v) <= e) | (e == np.inf) | (y == v) | (np.isnan(y) & np.isnan(v))
    return ~inside


def read_model(directory):
    model = onnx.load(directory / "model.onnx")
    data = directory / "test_data_set_0"
    inputs = {}
    for i, x in enumerate(model.graph.input):
        t = onnx.TensorProto()
        t.ParseFromString((data / f"input_{i}.pb").read_bytes())
        inputs[x.name] = numpy_helper.to_array(t)
    return model, inputs


def run_ort(model, inputs, level, every):
    import onnxruntime as ort
    if every:
        model = onnx.ModelProto.FromString(model.SerializeToString())
        have = {o.name for o in model.graph.output}
        model.graph.output.extend(v for v in model.graph.value_info if v.name not in have)
    options = ort.SessionOptions()
    options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, level)
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, inputs)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--opset", type=int, default=17)
    parser.add_argument("--profile", default="onnx")
    parser.add_argument("--show", type=int, default=10)
    parser.add_argument("corpora", nargs="+", type=Path)
    args = parser.parse_args()
    driver = Driver(args.opset, args.profile)
    counts = dict(models=0, elements=0, outside=0, outside_optimised=0, failed=0, unrun=0)
    tight = np.zeros(3)
    shown, errors_seen, by_op, loose = 0, {}, {}, {}
    for directory in sorted(d for c in args.corpora for d in c.glob("test_*")):
        model, inputs = read_model(directory)
        values, errors = driver.compute(model, inputs)
        counts["models"] += 1
        for message in errors.values():
            errors_seen[message] = errors_seen.get(message, 0) + 1
            counts["failed"] += 1
        maker = {o: n for n in model.graph.node for o in n.output}
        for level, every in (("ORT_DISABLE_ALL", True), ("ORT_ENABLE_ALL", False)):
            try:
                results = run_ort(model, inputs, level, every)
            except Exception as problem:
                counts["unrun"] += 1
                continue
            for name, y in results.items():
                if name not in values:
                    continue
                v, e = values[name]
                bad = outside(y, v, e)
                if every:
                    counts["elements"] += y.size
                    if y.dtype == np.float32 and y.size:
                        with np.errstate(all="ignore"):
                            ratio = e / np.maximum(np.abs(v), 1e-3 * np.abs(v).max())
                        tight += [np.count_nonzero(ratio < 1e-3), np.count_nonzero(ratio < 1e-2), y.size]
                        wide = loose.setdefault(maker[name].op_type, [0, 0])
                        wide[0] += np.count_nonzero(~(ratio < 1e-2))
                        wide[1] += y.size
                counts["outside" if every else "outside_optimised"] += int(bad.sum())
                if bad.any():
                    op = maker[name].op_type
                    by_op[op] = by_op.get(op, 0) + 1
                    if shown < args.show and by_op[op] <= 2:
                        shown += 1
                        k = np.unravel_index(np.argmax(bad), bad.shape) if bad.shape else ()
                        print(f"{directory} {level} {op} {name}{list(map(int, k))}: {y[k]!r} is outside {v[k]!r} +- {e[k]!r}; {int(bad.sum())} of {bad.size}", [str(a)[:60].replace("\n", " ") for a in maker[name].attribute])
    for message, n in sorted(errors_seen.items(), key=lambda x: -x[1])[:args.show]:
        print(n, message)
    print(json.dumps(counts), "outside by operator:", by_op)
    print("wide by operator:", {k: f"{a}/{b}" for k, (a, b) in sorted(loose.items(), key=lambda x: -x[1][0])[:16] if a})
    if tight[2]:
        print(f"e/|v| < 1e-3: {tight[0] / tight[2]:.4f}, < 1e-2: {tight[1] / tight[2]:.4f} of {int(tight[2])} float elements")
    driver.close()
    return counts["outside"] + counts["outside_optimised"] > 0


if __name__ == "__main__":
    sys.exit(main())
