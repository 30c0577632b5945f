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
import threading
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from reference.bounds import outside

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("B", "build/default"))
PROGRAM = ROOT / BUILD / "tests/reference/driver"
KINDS = {onnx.AttributeProto.INT: 0, onnx.AttributeProto.FLOAT: 1, onnx.AttributeProto.STRING: 2, onnx.AttributeProto.INTS: 3,
         onnx.AttributeProto.FLOATS: 4, onnx.AttributeProto.STRINGS: 5, onnx.AttributeProto.TENSOR: 7}


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
    x = numpy_helper.to_array(a.t).ravel()
    return head + struct.pack("<I", 1) + struct.pack("<IIq", a.t.data_type, 1, len(x)) + content(x)


def content(x):
    real = x.dtype.kind == "f"
    return struct.pack("<I", 1 if real else 2) + x.astype("<f8" if real else "<u8" if x.dtype == np.uint64 else "<i8").tobytes()


class Driver:
    def __init__(self, opset, specs=ROOT / "specs"):
        command = [str(PROGRAM), str(specs), str(opset)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def number(self):
        return struct.unpack("<I", self.process.stdout.read(4))[0]

    def covered(self):
        """Operators, and whether they have rules."""
        self.send(struct.pack("<I", 0))
        return {self.process.stdout.read(self.number()).decode(): self.number() for _ in range(self.number())}

    def compute(self, model, inputs, actual=None, kept=False):
        """{name: (v, e)} of all tensors that nodes make, and {name of a node: message}. actual: a runtime's tensors by name, from
        which each node's outputs are computed alone; otherwise from the model's inputs."""
        graph = model.graph
        types = {v.name: v.type.tensor_type for v in [*graph.value_info, *graph.input, *graph.output]}
        contents = {t.name: numpy_helper.to_array(t) for t in graph.initializer} | inputs | (actual or {})
        index, tensors = {}, []

        def add(name, made=False):
            """The tensor's number. Of an actual one, which is known, what its node makes of it is another tensor."""
            if (name, made) in index:
                return index[name, made]
            index[name, made] = len(index)
            if name in contents and not made:
                x = np.asarray(contents[name])
                shape, kind = x.shape, onnx.helper.np_dtype_to_tensor_dtype(x.dtype)
                half = kept and name in (actual or {}) and x.dtype == np.float16
                data = content(x)
                if half:
                    data = struct.pack("<I", 3) + data[4:] + (np.abs(x.astype("<f8")) * 2.0**-11 + 2.0**-25).tobytes()
            else:
                shape, kind, data = [d.dim_value for d in types[name].shape.dim], types[name].elem_type, struct.pack("<I", 0)
            tensors.append(struct.pack(f"<II{len(shape)}q", kind, len(shape), *shape) + data)
            return index[name, made]

        nodes = []
        for n in graph.node:
            ids = [[add(x, made and actual is not None) if x else 0xFFFFFFFF for x in side] for side, made in ((n.input, False), (n.output, True))]
            nodes.append(text(n.op_type) + b"".join(struct.pack(f"<I{len(i)}I", len(i), *i) for i in ids)
                         + struct.pack("<I", len(n.attribute)) + b"".join(map(attribute, n.attribute)))
        # The driver writes what it has while it reads on; either pipe may be full.
        sender = threading.Thread(target=self.send, args=[struct.pack("<III", 1, len(tensors), len(nodes)) + b"".join(tensors) + b"".join(nodes)])
        sender.start()
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
        sender.join()
        return values, errors

    def close(self):
        self.process.stdin.close()
        self.process.wait()


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


class Report:
    def __init__(self, show):
        self.counts = dict(models=0, elements=0, outside=0, outside_local=0, outside_optimised=0, failed=0, unrun=0)
        self.show, self.by_op, self.wide, self.tight, self.outputs, self.messages = show, {}, {}, np.zeros(3), np.zeros(2), {}

    def tightness(self, op, v, e):
        with np.errstate(all="ignore"):
            ratio = e / np.maximum(np.abs(v), 1e-3 * np.abs(v).max())
        self.tight += [np.count_nonzero(ratio < 1e-3), np.count_nonzero(ratio < 1e-2), v.size]
        wide = self.wide.setdefault(op, [0, 0])
        wide[0] += np.count_nonzero(~(ratio < 1e-2))
        wide[1] += v.size

    def output(self, v, e):
        """Counts graph outputs, and those whose bounds are all below a hundredth of the largest value."""
        self.outputs += [bool((e <= 1e-2 * np.abs(v).max(initial=0)).all()), 1]

    def outside(self, what, where, node, name, y, v, e):
        bad = outside(y, v, e)
        self.counts[what] += int(bad.sum())
        key = node.op_type, what
        if not bad.any():
            return
        self.by_op[key] = self.by_op.get(key, 0) + 1
        if self.show > 0 and self.by_op[key] <= 2:
            self.show -= 1
            k = np.unravel_index(np.argmax(bad), bad.shape) if bad.shape else ()
            print(f"{where} {what} {node.op_type} {name}{list(map(int, k))}: {y[k]!r} is not {v[k]!r} +- {e[k]!r}; {int(bad.sum())} of {bad.size};",
                  {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute if a.type != a.TENSOR})

    def print(self):
        for message, n in sorted(self.messages.items(), key=lambda x: -x[1])[:10]:
            print(n, message)
        print(json.dumps(self.counts), "outside by operator:", {" ".join(k): n for k, n in self.by_op.items()})
        print("wide by operator:", {k: f"{a}/{b}" for k, (a, b) in sorted(self.wide.items(), key=lambda x: -x[1][0])[:16] if a})
        if self.tight[2]:
            print(f"e/|v| < 1e-3: {self.tight[0] / self.tight[2]:.4f}, < 1e-2: {self.tight[1] / self.tight[2]:.4f} of {int(self.tight[2])} float elements; graph outputs all below 1e-2: {int(self.outputs[0])} of {int(self.outputs[1])}")


def check_model(driver, report, directory):
    model, inputs = read_model(directory)
    maker = {o: n for n in model.graph.node for o in n.output}
    values, errors = driver.compute(model, inputs)
    report.counts["models"] += 1
    report.counts["failed"] += len(errors)
    for message in errors.values():
        report.messages[message] = report.messages.get(message, 0) + 1
    try:
        plain = run_ort(model, inputs, "ORT_DISABLE_ALL", True)
        optimised = run_ort(model, inputs, "ORT_ENABLE_ALL", False)
    except Exception:
        report.counts["unrun"] += 1
        return
    alone, _ = driver.compute(model, inputs, plain, kept=True)
    for name, y in plain.items():
        if name in values:
            report.counts["elements"] += y.size
            report.outside("outside", directory, maker[name], name, y, *values[name])
            report.outside("outside_local", directory, maker[name], name, y, *alone[name])
            if y.dtype == np.float32 and y.size:
                report.tightness(maker[name].op_type, *values[name])
    for name, y in optimised.items():
        if name in values:
            report.output(*values[name])
            report.outside("outside_optimised", directory, maker[name], name, y, *values[name])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--opset", type=int, default=17)
    parser.add_argument("--show", type=int, default=10)
    parser.add_argument("corpora", nargs="+", type=Path)
    args = parser.parse_args()
    driver, report = Driver(args.opset), Report(args.show)
    for directory in sorted(d for c in args.corpora for d in c.glob("test_*")):
        check_model(driver, report, directory)
    report.print()
    driver.close()
    return report.counts["outside"] + report.counts["outside_local"] + report.counts["outside_optimised"] > 0


if __name__ == "__main__":
    sys.exit(main())
