"""Inputs for models that come without: drawn from the declared types and shapes, the same for the same seed."""
import itertools
import zlib

import numpy as np
from onnx import TensorProto

from nngen.study.declared import BadCase, declared_shape, declared_type, graph_inputs

FREE = 2  # of a free dim: exporters assume that it is not 1
MOST = 64  # cases of one model
LIKE_THEIR_INPUT = {"Cast", "Identity", "Unsqueeze", "Squeeze", "Reshape", "Transpose", "Flatten", "Expand", "Slice"}
BY_INDEX = {"Gather": 0, "GatherElements": 0}  # operators whose second input has indices into the first, with their default axis


def parse(texts):
    """{name: values} from NAME=V, NAME=LOW..HIGH and NAME=V,V,..; ValueError tells what is wrong."""
    found = {}
    for text in texts:
        name, equals, values = text.rpartition("=")
        if not equals or not name or name in found:
            raise ValueError(f"--dim {text}: " + (f"{name} is given twice" if name in found else "expected NAME=V, NAME=LOW..HIGH or NAME=V,V"))
        found[name] = []
        for part in values.split(","):
            low, dots, high = part.partition("..")
            if not low.isdecimal() or (dots and not high.isdecimal()) or (dots and int(high) < int(low)) or (dots and int(high) - int(low) >= MOST):
                raise ValueError(f"--dim {text}: expected whole numbers, as in NAME=2, NAME=1..4 or NAME=1,3; no more than {MOST} values")
            found[name] += range(int(low), int(high if dots else low) + 1)
    return found


def combinations(names, dims):
    """[{name: value}], one for each combination of the values of these free dims."""
    values = [dims.get(n, [FREE]) for n in names]
    if np.prod([len(v) for v in values], dtype=float) > MOST:
        raise ValueError(f"--dim: more than {MOST} combinations of {', '.join(names)}")
    return [dict(zip(names, chosen)) for chosen in itertools.product(*values)]


def vocabularies(graph):
    """{input: n} of inputs of whole numbers that are indices into n rows of an initializer, such as numbers of words."""
    sizes, source, found = {i.name: list(i.dims) for i in graph.initializer}, {x.name: x.name for x in graph.input}, {}
    for n in graph.node:
        if n.op_type in LIKE_THEIR_INPUT and n.input[0] in source:
            source[n.output[0]] = source[n.input[0]]
        if n.op_type in BY_INDEX and len(n.input) > 1 and n.input[1] in source and (rows := sizes.get(n.input[0])):
            axis = next((a.i for a in n.attribute if a.name == "axis"), BY_INDEX[n.op_type])
            name = source[n.input[1]]
            found[name] = min(found.get(name, rows[axis]), rows[axis])
    return found


def draw(rng, info, shape, rows):
    """Whole numbers are row numbers, if the model looks rows up by them, and 0 or 1 otherwise, which fits masks, kinds and row numbers; bytes have all values."""
    elem = info.type.tensor_type.elem_type
    if elem == TensorProto.STRING:
        return np.array([f"text {i}" for i in rng.integers(0, 10, shape).ravel()], object).reshape(shape)
    dtype = declared_type(info)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        low, high = (0, rows) if rows else (limits.min, limits.max + 1) if dtype.itemsize == 1 else (0, 2)
        return rng.integers(low, min(high, limits.max + 1), shape, dtype=dtype)
    values = np.asarray(rng.standard_normal(shape))
    if dtype.kind == "c":
        values = values + 1j * rng.standard_normal(shape)
    return np.asarray(values > 0) if dtype.kind == "b" else np.asarray(values).astype(dtype)


def feed(graph, k, dims=None, seed=1):
    """{name: array} of data set k; free dims that are not in `dims` are FREE. BadCase if a rank is free."""
    out, rows = {}, vocabularies(graph)
    for x in graph_inputs(graph):
        shape = declared_shape(x)
        if shape is None or declared_type(x) is None:
            raise BadCase(f"input {x.name} has no declared {'shape' if shape is None else 'type'}: give data sets")
        numbers = [d if isinstance(d, int) else (dims or {}).get(d, FREE) for d in shape]
        out[x.name] = draw(np.random.default_rng([seed, k, zlib.crc32(x.name.encode())]), x, numbers, rows.get(x.name))
    return out
