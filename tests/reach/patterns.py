"""Reads models written by hand, in the language of patterns.txt (README.md): subgraphs of which it is known what they fire."""
import ast
import re
import zlib
from collections import namedtuple

import numpy as np
import onnx.parser
from onnx import TensorProto, helper, numpy_helper, shape_inference

TYPES = {"float": "FLOAT", "double": "DOUBLE", "f16": "FLOAT16", "i64": "INT64", "i32": "INT32", "i8": "INT8", "u8": "UINT8", "i4": "INT4", "bool": "BOOL"}
DOMAINS = {"ms:": "com.microsoft", "ml:": "ai.onnx.ml"}
OPSET = 17

# name: the heading; settings: of the ONNX Runtime session
Pattern = namedtuple("Pattern", "name model settings")


def pieces(text):
    """`a, b[1,2], c` at the commas outside brackets and quotes."""
    found, depth, quoted, start = [], 0, False, 0
    for i, c in enumerate(text):
        quoted ^= c == '"'
        depth += 0 if quoted else (c in "[(") - (c in "])")
        if c == "," and depth == 0 and not quoted:
            found.append(text[start:i].strip())
            start = i + 1
    return [*found, text[start:].strip()]


def dims(text):
    return [int(d) if d.isdigit() else d for d in text.split(",") if d]


def contents(name, elem, shape, text):
    dtype = helper.tensor_dtype_to_np_dtype(elem)
    if not text.startswith("~"):
        return np.broadcast_to(np.array(ast.literal_eval(text), dtype), shape)
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    if dtype.kind in "iu" or elem == TensorProto.INT4:
        return rng.integers(0, 8, shape).astype(dtype)
    return (rng.uniform(0.5, 1.5, shape) if text == "~+" else rng.standard_normal(shape)).astype(dtype)


def node(line):
    outputs, rest = line.split(" = ", 1)
    op, inputs, attributes = re.fullmatch(r"([\w:]+)\((.*?)\)\s*(?:\{(.*)\})?", rest).groups()
    domain = next((d for prefix, d in DOMAINS.items() if op.startswith(prefix)), "")
    named = dict(a.split("=", 1) for a in pieces(attributes)) if attributes else {}
    inputs = [i.strip() for i in inputs.split(",")] if inputs else []
    return helper.make_node(op.split(":")[-1], inputs, pieces(outputs), name=outputs, domain=domain,
                            **{k: ast.literal_eval(v) for k, v in named.items()})


def parsed(name, text):
    """A model in ONNX's own text, which has graphs in nodes and functions."""
    model = onnx.parser.parse_model(text)
    return Pattern(name, model if model.ir_version < 4 else shape_inference.infer_shapes(model), {})


class Reader:
    def __init__(self, name):
        self.name, self.opset, self.settings = name, OPSET, {}
        self.nodes, self.inputs, self.outputs, self.weights = [], [], [], []

    def tensor(self, line):
        name, kind, shape, text = re.fullmatch(r"(\w+): (\w+)\[([^\]]*)\](?: = (.*))?", line).groups()
        elem = getattr(TensorProto, TYPES[kind])
        if text is None:
            self.inputs.append(helper.make_tensor_value_info(name, elem, dims(shape)))
        elif elem == TensorProto.INT4:
            values = contents(name, elem, dims(shape), text).astype(np.int8).ravel().tolist()
            self.weights.append(helper.make_tensor(name, elem, dims(shape), values))
        else:
            self.weights.append(numpy_helper.from_array(np.array(contents(name, elem, dims(shape), text), order="C"), name))

    def line(self, line):
        word, _, rest = line.partition(" ")
        if word == "opset":
            self.opset = int(rest)
        elif word in ("cfg", "free", "data"):
            key, value = rest.split("=", 1)
            self.settings[word, key] = value
        elif word == "->":
            held = {w.name: helper.make_tensor_value_info(w.name, w.data_type, w.dims) for w in self.weights}
            self.outputs = [held.get(o) or helper.make_empty_tensor_value_info(o) for o in pieces(rest)]
        elif re.match(r"\w+: ", line):
            self.tensor(line)
        else:
            self.nodes.append(node(line))

    def pattern(self):
        imports = [helper.make_opsetid("", self.opset)]
        used = {n.domain for n in self.nodes} - {""}
        imports += [helper.make_opsetid(d, 1 if d == "com.microsoft" else 4) for d in sorted(used)]
        graph = helper.make_graph(self.nodes, "pattern", self.inputs, self.outputs, self.weights)
        model = helper.make_model(graph, opset_imports=imports, ir_version=10 if self.opset > 20 else 8)
        return Pattern(self.name, shape_inference.infer_shapes(model), self.settings)  # which gives the outputs their types


def read(text):
    """All patterns of a text: a heading `## NAME`, then lines, then an empty line."""
    found = []
    for block in re.split(r"^## ", text, flags=re.M)[1:]:
        name, *lines = block.splitlines()
        if lines and lines[0].startswith("<"):
            found.append(parsed(name.strip(), "\n".join(lines)))
            continue
        reader = Reader(name.strip())
        for line in lines:
            if line.strip() and not line.startswith("#"):
                reader.line(line.strip())
        found.append(reader.pattern())
    return found


def model(text):
    """The model of lines without a heading."""
    return read("## model\n" + text)[0].model
