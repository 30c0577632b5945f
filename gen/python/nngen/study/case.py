"""A model under test, as an adapter sees it."""
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper
from nngen.judge import bounds


def data_sets(folder):
    """Folders test_data_set_K, in order of K."""
    found = Path(folder).glob("test_data_set_*")
    return sorted(found, key=lambda p: int(p.name.rsplit("_", 1)[1]))


def bounded(folder):
    """Whether the corpus has expected outputs with bounds (`nngen --outputs`) of each data set."""
    files, n = bounds.Files(folder), count_sets(folder)
    return n > 0 and all(map(files.known, range(n)))


def count_sets(folder):
    """How many data sets there are, as folders or in inputs.npz, where the set is the first dimension; inputs.npz is read if both are there."""
    path = Path(folder) / "inputs.npz"
    if not path.exists():
        return len(data_sets(folder))
    with np.load(path) as z:
        return len(z[z.files[0]]) if z.files else 0


class Case:
    def __init__(self, path, stage=lambda name: None, sets=0):
        """stage: called with the name of what begins; sets: how many data sets to use, 0 for all."""
        self.path = os.path.abspath(path)
        self.stage = stage
        self.without = []  # passes that an optimising runtime leaves out
        self.squeezed = False  # an adapter that cannot keep axes of size 1 says so
        self.proto = None
        self.scratch = None
        folder = Path(path).parent
        self.sets = data_sets(folder)
        self.count = len(self.sets)
        self.arrays = None
        if (folder / "inputs.npz").exists():
            with np.load(folder / "inputs.npz") as z:
                self.arrays = dict(z)
            self.count = min(map(len, self.arrays.values()), default=0)
        self.count = min(self.count, sets) if sets else self.count

    def model(self):
        """A fresh copy each time: tools change what they are given."""
        if self.proto is None:
            self.proto = onnx.load(self.path)
        copy = onnx.ModelProto()
        copy.CopyFrom(self.proto)
        return copy

    def graph(self):
        if self.proto is None:
            self.proto = onnx.load(self.path)
        return self.proto.graph

    def inputs(self):
        """Graph inputs without those that initializers fill."""
        filled = {i.name for i in self.graph().initializer}
        return [x for x in self.graph().input if x.name not in filled]

    @staticmethod
    def shape(info):
        return tuple(d.dim_value for d in info.type.tensor_type.shape.dim)

    @property
    def folder(self):
        if self.scratch is None:
            self.scratch = tempfile.TemporaryDirectory(prefix="nngen-study-")
        return Path(self.scratch.name)

    def copy(self, name):
        return shutil.copy(self.path, str(self.folder / name))

    def close(self):
        if self.scratch is not None:
            self.scratch.cleanup()

    def feed(self, k):
        """Data set k; a model without data sets gets one drawn from a normal distribution, the same each time."""
        if not self.count:
            rng = np.random.default_rng(k)
            return {x.name: draw(rng, x) for x in self.inputs()}
        if self.arrays:
            return {x.name: np.array(self.arrays[x.name][k]) for x in self.inputs()}
        feed = {}
        for i, x in enumerate(self.inputs()):
            tensor = TensorProto.FromString((self.sets[k] / f"input_{i}.pb").read_bytes())
            feed[x.name] = np.array(numpy_helper.to_array(tensor))  # a copy that may be written to
        return feed

    def feeds(self):
        return range(max(1, self.count))


def draw(rng, info):
    dtype = onnx.helper.tensor_dtype_to_np_dtype(info.type.tensor_type.elem_type)
    values = rng.standard_normal([d.dim_value or 1 for d in info.type.tensor_type.shape.dim])
    return (values > 0 if dtype == np.bool_ else values * (1 if dtype.kind == "f" else 4)).astype(dtype)
