"""Expected outputs and bounds in files, and which elements of a tensor lie outside. It knows only the files that nngen writes."""
import io
from pathlib import Path

import numpy as np
from onnx import TensorProto, numpy_helper

from nngen.archive import Archive
from nngen.judge import narrow
from nngen.judge.content import Folder

HUGE = 1e308  # an infinite ratio, as JSON has no infinity


def outside(y, v, e):
    """Which elements of y lie outside their bounds."""
    if v.dtype.kind in "iu" and not e.any():
        return y.astype(v.dtype) != v
    y = y.astype(np.float64)
    with np.errstate(all="ignore"):
        inside = (np.abs(y - v) <= e) | (e == np.inf) | (y == v) | (np.isnan(y) & np.isnan(v))
    return ~inside


def ratios(y, v, e):
    """|y - v| / e of each element outside its bound, 0 of the others; HUGE where e is 0 or y is NaN."""
    with np.errstate(all="ignore"):
        r = np.abs(np.asarray(y).astype(np.float64) - v.astype(np.float64)) / e
    return np.where(outside(y, v, e), np.where(np.isnan(r), HUGE, np.minimum(r, HUGE)), 0.0)


def plain(x):
    return x.item() if x.dtype.kind != "f" or np.isfinite(x) else str(x)


def judge(y, v, e):
    """None if no element lies outside its bound; else how many of how many, and the worst: ratio, index, expected, bound, got. The shapes are equal."""
    y = narrow.widened(y)
    if not outside(y, v, e).any():
        return None
    r = ratios(y, v, e)
    k = np.unravel_index(int(np.argmax(r)), r.shape)
    return {"count": int(np.count_nonzero(r)), "of": r.size, "ratio": float(r[k]), "index": [int(x) for x in k], "expected": plain(v[k]), "bound": plain(e[k]), "got": plain(y[k])}


def words(found):
    """What judge() found, in a sentence's part."""
    by = "" if found["ratio"] >= HUGE else f", {found['ratio']:.3g} bounds away"
    return f"[{','.join(map(str, found['index']))}] is {found['got']!r}, expected {found['expected']!r} +- {found['bound']!r}{by}; {found['count']} of {found['of']} outside"


class Files:
    """Expected outputs and bounds of a model: in its folders test_data_set_K, or in outputs.npz and bounds.npz."""

    def __init__(self, folder):
        self.folder, self.arrays = folder if isinstance(folder, Folder) else Folder(folder, keep=False), None

    def known(self, k):
        return self.folder.has(f"test_data_set_{k}/bound_0.pb") or self.folder.has("bounds.npz")

    def read(self, k, names):
        """[(v, e)] of the graph outputs on data set k."""
        if self.folder.has(f"test_data_set_{k}/bound_0.pb") or not self.folder.has("bounds.npz"):
            load = lambda name: narrow.widened(numpy_helper.to_array(TensorProto.FromString(self.folder.read(f"test_data_set_{k}/{name}"))))
            return [(load(f"output_{j}.pb"), load(f"bound_{j}.pb").astype(np.float64)) for j in range(len(names))]
        if self.arrays is None:
            self.arrays = [Archive(io.BytesIO(self.folder.read(f"{word}.npz")), narrow.from_npz) for word in ("outputs", "bounds")]
        v, e = (a.take(k) for a in self.arrays)
        return [(narrow.widened(v[n]), e[n].astype(np.float64)) for n in names]


def write(data_set, names, found):
    """Files as nngen writes them. found: [(v, e)]; v has the type of the output."""
    for j, (name, (v, e)) in enumerate(zip(names, found)):
        with np.errstate(over="ignore"):
            up = np.asarray(e, np.float32)
            up = np.where(up < e, np.nextafter(up, np.float32(np.inf)), up)
        for word, x in (("output", np.asarray(v)), ("bound", up)):
            (Path(data_set) / f"{word}_{j}.pb").write_bytes(numpy_helper.from_array(np.asarray(x, x.dtype), name).SerializeToString())
