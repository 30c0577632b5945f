"""Models from files that may be anything: BadCase says why there is no model."""
from pathlib import Path

import onnx
from onnx import TensorProto

from nngen.study.declared import BadCase


def read_model(path, weights=True):
    """weights: also those in other files. BadCase says why there is no model."""
    path = Path(path)
    if path.is_dir():
        raise BadCase("a directory, not a file")
    try:
        if path.stat().st_size == 0:
            raise BadCase("the file is empty")
        with open(path, "rb") as f:
            if f.read(40).startswith(b"version https://git-lfs"):
                raise BadCase("a pointer of Git LFS instead of the model")
        model = onnx.load(path, load_external_data=weights)
    except OSError as e:
        raise BadCase(f"cannot be read: {e.strerror or e}") from e
    except BadCase:
        raise
    except Exception as e:  # protobuf's, and those of external data
        raise BadCase(f"cannot be read: {type(e).__name__}: {e}"[:300]) from e
    if not model.graph.output:
        raise BadCase("no ONNX model: the graph has no outputs")
    return model


LARGEST = (1 << 31) - 1  # bytes of a message of protobuf


def save_model(model, path):
    """With the weights in the file, or in one beside it if they are too large for that."""
    weights = sum(len(t.raw_data) for t in tensors(model.graph))
    onnx.save(model, path, save_as_external_data=weights > LARGEST // 2, location=f"{Path(path).name}.data")


def tensors(graph):
    """The tensors that a graph stores, with those in attributes and subgraphs."""
    yield from graph.initializer
    for node in graph.node:
        for a in node.attribute:
            yield from [a.t, *a.tensors]
            for g in [a.g, *a.graphs]:
                yield from tensors(g)


def check_weights(model, folder):
    """BadCase if a file of weights is not there, or too short."""
    for t in tensors(model.graph):
        if t.data_location != TensorProto.EXTERNAL:
            continue
        where = {e.key: e.value for e in t.external_data}
        path = Path(folder) / where.get("location", "")
        if not path.is_file():
            raise BadCase(f"the weights of {t.name} are not there: no file {where.get('location', '')}")
        end = int(where.get("offset", 0) or 0) + int(where.get("length", 0) or 0)
        if path.stat().st_size < end:
            raise BadCase(f"the weights of {t.name} end after byte {path.stat().st_size} of {path.name}, and not at {end}")
