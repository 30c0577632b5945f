"""What outputs are compared with: those of the reference, in a file from one process to the next, or the expected outputs of the corpus with their bounds."""
import os

import ml_dtypes
import numpy as np
from nngen.judge import bounds

from nngen.study import differences


TYPES = "types"  # of arrays that NumPy's files keep without their types


def in_file(x):
    """(array as a file may have it, name of its type if that would be lost)"""
    x = np.asarray(x)
    if x.dtype.kind in "OS":
        return x.astype(str), ""
    return (x.view(f"u{x.dtype.itemsize}"), x.dtype.name) if x.dtype.kind == "V" else (x, "")


def save(path, outputs):
    """outputs: for each output its value on every data set. One array for each where the sets have one shape: a hundred sets would be hundreds of files."""
    arrays, types = {}, []
    for i, values in enumerate(outputs):
        values, names = zip(*map(in_file, values))
        types.append(names[0])
        if len({(v.shape, v.dtype) for v in values}) == 1:
            arrays[str(i)] = np.stack(values)
        else:
            arrays.update({f"{k}/{i}": v for k, v in enumerate(values)})
    if any(types):
        arrays[TYPES] = np.array(types)
    partial = path + ".partial"
    with open(partial, "wb") as f:
        np.savez(f, **arrays)
    os.replace(partial, path)


class Outputs:
    """What save() wrote."""

    bounds = False

    def __init__(self, path):
        with np.load(path) as z:
            self.arrays = dict(z)
        self.types = self.arrays.pop(TYPES, [])

    def value(self, k, i):
        """Output i on data set k."""
        x = self.arrays[f"{k}/{i}"] if f"{k}/{i}" in self.arrays else self.arrays[str(i)][k]
        return np.asarray(x).view(getattr(ml_dtypes, self.types[i])) if len(self.types) and self.types[i] else x

    def compare(self, k, i, got, squeezed=False, quantum=0.0):
        """The differences of an output from that of the reference."""
        return differences.compare(self.value(k, i), got, squeezed, quantum)


class Bounded:
    """Expected outputs and bounds in a folder, as nngen writes them."""

    bounds = True

    def __init__(self, folder, names):
        self.files, self.names, self.k, self.found = bounds.Files(folder), names, None, None

    def compare(self, k, i, got, squeezed=False, quantum=0.0):
        """The differences from the expected output; "outside" says which elements no correct implementation gives."""
        if self.k != k:
            self.k, self.found = k, self.files.read(k, self.names)
        return judged(*self.found[i], got, squeezed, quantum)


def judged(v, e, got, squeezed=False, quantum=0.0):
    """The differences of an output from its expected value v; "outside" says which elements are further away than their bounds e."""
    got = np.asarray(got)
    out = differences.compare(v, got, squeezed, quantum)
    if squeezed:
        v, e, got = v.squeeze(), e.squeeze(), got.squeeze()
    if v.shape == got.shape and got.dtype.kind in "fbiu" and (found := bounds.judge(got, v, e)):
        out["outside"] = found
    return out
