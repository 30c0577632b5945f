"""A model under test, as an adapter sees it."""
import os
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper
from nngen.archive import Archive, Unfit
from nngen.judge import bounds

from nngen.study import generate
from nngen.study.declared import BadCase, check_fit, declared_type, graph_inputs
from nngen.study.model_file import read_model, save_model

SETS = "test_data_set_"


def data_sets(folder):
    """Folders test_data_set_K, in order of K."""
    found = [p for p in Path(folder).glob(SETS + "*") if p.name[len(SETS):].isdigit()]
    return sorted(found, key=lambda p: int(p.name[len(SETS):]))


def bounded(folder):
    """Whether the corpus has expected outputs with bounds (`nngen --outputs`) of each data set."""
    files, n = bounds.Files(folder), count_sets(folder)
    return n > 0 and all(map(files.known, range(n)))


def read_archive(path):
    """The arrays of inputs.npz by data set."""
    try:
        return Archive(path)
    except Unfit as e:
        raise BadCase(f"{path.name}: {e}") from e
    except Exception as e:  # an archive may be damaged in many ways, and zipfile, zlib and NumPy each have exceptions of their own
        raise BadCase(f"{path.name} cannot be read: {e}") from e


def count_sets(folder):
    """How many data sets there are, as folders or in inputs.npz, which is read if both are there. An archive that cannot be read counts as one set."""
    path = Path(folder) / "inputs.npz"
    if not path.exists():
        return len(data_sets(folder))
    try:
        return Archive(path).count
    except Exception:  # see read_archive
        return 1


def write_inputs(folder, inputs, feed):
    """input_I.pb of one data set, in place of those that are in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("input_*.pb"):
        old.unlink()
    for i, x in enumerate(inputs):
        (folder / f"input_{i}.pb").write_bytes(numpy_helper.from_array(np.asarray(feed[x.name]), x.name).SerializeToString())


class Case:
    def __init__(self, path, stage=lambda name: None, sets=0, data=None):
        """stage: called with the name of what begins; sets: how many data sets to use, 0 for all; data: the folder of the data sets, if not the model's."""
        self.path = os.path.abspath(path)
        self.stage = stage
        self.without = []  # passes that an optimising runtime leaves out
        self.reference = None  # the expected outputs, of nngen.study.expected, where there are any
        self.notes = {}  # what an adapter adds to the result
        self.squeezed = False  # an adapter that cannot keep axes of size 1 says so
        self.proto = self.whole = None
        self.scratch = None
        self.data = folder = Path(data or Path(path).parent)
        self.sets = data_sets(folder)
        self.count = len(self.sets)
        self.arrays = None
        if (folder / "inputs.npz").exists():
            self.arrays = read_archive(folder / "inputs.npz")
            self.count = self.arrays.count
        self.count = min(self.count, sets) if sets else self.count

    def model(self):
        """A fresh copy each time: tools change what they are given."""
        if self.whole is None:
            self.whole = self.proto = read_model(self.path)
        copy = onnx.ModelProto()
        copy.CopyFrom(self.whole)
        return copy

    def graph(self):
        """Without the weights that are in other files."""
        if self.proto is None:
            self.proto = read_model(self.path, weights=False)
        return self.proto.graph

    def inputs(self):
        """The graph inputs that need values."""
        return graph_inputs(self.graph())

    def shape(self, info):
        """The shape of an input in the first data set: the model may leave dims free."""
        return np.shape(self.feed(0)[info.name])

    @property
    def folder(self):
        if self.scratch is None:
            self.scratch = tempfile.TemporaryDirectory(prefix="nngen-study-")
        return Path(self.scratch.name)

    def copy(self, name):
        """A copy in a folder of its own, with all weights."""
        save_model(self.model(), self.folder / name)
        return str(self.folder / name)

    def close(self):
        if self.scratch is not None:
            self.scratch.cleanup()

    def feed(self, k):
        """Data set k by names of inputs. A model without data sets gets generated ones, the same each time."""
        if not self.count:
            return generate.feed(self.graph(), k)
        feed = self.from_archive(k) if self.arrays is not None else self.from_folder(self.sets[k])
        for x in self.inputs():
            check_fit(x, feed[x.name])
        return feed

    def from_archive(self, k):
        if missing := [x.name for x in self.inputs() if x.name not in self.arrays.names]:
            raise BadCase(f"inputs.npz has no array for input {missing[0]}")
        arrays = self.arrays.take(k)
        return {x.name: as_declared(x, arrays[x.name]) for x in self.inputs()}

    def from_folder(self, folder):
        """Files have the names of inputs in them, or else the order of inputs."""
        names = [x.name for x in self.inputs()]
        protos = [read_tensor(folder / f"input_{i}.pb", len(names)) for i in range(max(len(names), len(list(folder.glob("input_*.pb")))))]
        by_name = {t.name: t for t in protos}
        if not set(names) <= set(by_name) or len(by_name) < len(protos):
            by_name = dict(zip(names, protos))
        return {n: to_array(by_name[n], f"{folder.name}, input {n}") for n in names}

    def feeds(self):
        return range(max(1, self.count))


def read_tensor(path, inputs):
    try:
        return TensorProto.FromString(path.read_bytes())
    except FileNotFoundError as e:
        raise BadCase(f"{path.parent.name}/{path.name} is not there; the model has {inputs} inputs") from e
    except Exception as e:  # the system's, and protobuf's
        raise BadCase(f"{path.parent.name}/{path.name} cannot be read: {type(e).__name__}: {e}"[:300]) from e


def to_array(tensor, what):
    """A copy that may be written to."""
    try:
        return np.array(numpy_helper.to_array(tensor))
    except Exception as e:  # of a tensor whose data do not fit its shape, say
        raise BadCase(f"{what}: no tensor: {type(e).__name__}: {e}"[:300]) from e


def as_declared(info, value):
    """An array as NumPy's archives give it: without the types that NumPy does not have, and with texts of one length."""
    value, dtype = np.array(value), declared_type(info)
    if value.dtype.kind == "V" and value.dtype.itemsize == dtype.itemsize:
        return value.view(dtype)
    return value.astype(object) if value.dtype.kind in "US" else value
