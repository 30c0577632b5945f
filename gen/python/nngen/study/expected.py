"""What outputs are compared with: those of the reference, in a file from one process to the next, or the expected outputs of the corpus with their bounds."""
import os

import numpy as np
from nngen.judge import bounds

from nngen.study import differences


def save(path, outputs):
    """outputs: for each output its value on every data set. One array for each where the sets have one shape: a hundred sets would be hundreds of files."""
    arrays = {}
    for i, values in enumerate(outputs):
        if len({(v.shape, v.dtype) for v in values}) == 1:
            arrays[str(i)] = np.stack(values)
        else:
            arrays.update({f"{k}/{i}": v for k, v in enumerate(values)})
    partial = path + ".partial"
    with open(partial, "wb") as f:
        np.savez(f, **arrays)
    os.replace(partial, path)


class Outputs:
    """What save() wrote."""

    def __init__(self, path):
        with np.load(path) as z:
            self.arrays = dict(z)

    def value(self, k, i):
        """Output i on data set k."""
        return self.arrays[f"{k}/{i}"] if f"{k}/{i}" in self.arrays else self.arrays[str(i)][k]

    def compare(self, k, i, got, squeezed=False):
        """The differences of an output from that of the reference."""
        return differences.compare(self.value(k, i), got, squeezed)


class Bounded:
    """Expected outputs and bounds in a folder, as nngen writes them."""

    def __init__(self, folder, names):
        self.files, self.names, self.k, self.found = bounds.Files(folder), names, None, None

    def compare(self, k, i, got, squeezed=False):
        """The differences from the expected output; "outside" says which elements no correct implementation gives."""
        if self.k != k:
            self.k, self.found = k, self.files.read(k, self.names)
        (v, e), got = self.found[i], np.asarray(got)
        out = differences.compare(v, got, squeezed)
        if squeezed:
            v, e, got = v.squeeze(), e.squeeze(), got.squeeze()
        if v.shape == got.shape and got.dtype.kind in "fbiu" and (found := bounds.judge(got, v, e)):
            out["outside"] = found
        return out
