"""The evaluator behind `nngen --outputs` as a process: values and bounds of a model's tensors, also of single nodes from a runtime's
values at their inputs. A checkout has the program (tests/reference/driver.c, which `make unit-programs` builds); a wheel has not."""
import os
import struct
import subprocess
import threading
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from nngen.judge import narrow

ROOT = Path(__file__).resolve().parents[4]
BUILD = Path(os.environ.get("B") or "build/default")
PROGRAM = ROOT / BUILD / "tests/reference/driver"
KINDS = {onnx.AttributeProto.INT: 0, onnx.AttributeProto.FLOAT: 1, onnx.AttributeProto.STRING: 2, onnx.AttributeProto.INTS: 3,
         onnx.AttributeProto.FLOATS: 4, onnx.AttributeProto.STRINGS: 5, onnx.AttributeProto.TENSOR: 7}


HALVES = (np.dtype(np.float16), np.dtype(narrow.NUMPY["bfloat16"]))  # which may have been computed in float32


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
    x = narrow.widened(x)
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
                half = kept and name in (actual or {}) and x.dtype in HALVES
                data = content(x)
                if half:
                    data = struct.pack("<I", 3) + data[4:] + (np.abs(x.astype("<f8")) * narrow.unit(x.dtype) + 2.0**-25).tobytes()
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


def single(model, node):
    """A model of one node, for the driver; types of tensors are those of the whole."""
    part = onnx.ModelProto()
    part.graph.node.append(node)
    part.graph.value_info.extend([*model.graph.value_info, *model.graph.output, *model.graph.input])
    return part
