"""The outputs of the reference, in a file from one process to the next."""
import os

import numpy as np


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
