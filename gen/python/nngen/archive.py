"""Arrays of a .npz file by data set: arrays whose first dimension is the set or, where sets differ in their shapes, as those of models with symbolic dims do,
an array test_data_set_K/NAME for each."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import IO, Any

import numpy as np

_OWN = re.compile(r"test_data_set_(\d+)/(.*)", re.S)


class Unfit(ValueError):
    """The arrays are not those of data sets."""


class Archive:
    """file: a path or an open file. convert: what makes an array of one in the file. names: of the arrays of set 0, in order. Raises Unfit for
    arrays without data sets; what NumPy and zipfile raise is theirs."""

    def __init__(self, file: str | IO[bytes], convert: Callable[[Any], Any] = np.asarray) -> None:
        with np.load(file) as z:
            arrays = {n: convert(z[n]) for n in z.files}
        own = [m for m in map(_OWN.fullmatch, arrays) if m is not None]
        self.by_set = bool(own) and len(own) == len(arrays)
        if self.by_set:
            self.sets: dict[int, dict[str, Any]] = {}
            for match, array in zip(own, arrays.values()):
                self.sets.setdefault(int(match[1]), {})[match[2]] = array
            if sorted(self.sets) != list(range(len(self.sets))):
                raise Unfit(f"data sets {sorted(self.sets)[:4]} instead of 0 to {len(self.sets) - 1}")
            self.count, self.names = len(self.sets), list(self.sets[0])
            return
        if flat := [n for n, a in arrays.items() if a.ndim == 0]:
            raise Unfit(f"{flat[0]} has no dimension for the data set")
        if len({len(a) for a in arrays.values()}) > 1:
            raise Unfit("arrays of different numbers of data sets")
        self.arrays, self.names = arrays, list(arrays)
        self.count = min(map(len, arrays.values()), default=0)

    def take(self, k: int) -> dict[str, Any]:
        """{name: array} of a data set."""
        return self.sets[k] if self.by_set else {n: a[k] for n, a in self.arrays.items()}
