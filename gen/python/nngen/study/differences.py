"""How far an output is from the reference: enough to apply any tolerance afterwards."""
import ml_dtypes
import numpy as np

RTOLS = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
HUGE = 1e308
SIGNED = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}


def key(rtol):
    return f"{rtol:.0e}"


def ordered(x):
    """Floats as whole numbers in the same order, neighbours one apart (Dawson's comparison by units in the last place)."""
    bits = np.ascontiguousarray(x).view(SIGNED[x.dtype.itemsize]).astype(np.int64)
    lowest = -(1 << (8 * x.dtype.itemsize - 1)) if x.dtype.itemsize < 8 else np.iinfo(np.int64).min
    return np.where(bits < 0, lowest - bits, bits)


def distance_in_ulp(a, b):
    """Largest distance in units in the last place; both of the same floating type and finite."""
    x, y = ordered(a), ordered(b)
    return float(np.max(np.abs(x.astype(np.float64) - y.astype(np.float64)), initial=0.0))


def capped(x):
    return float(min(x, HUGE))


def plain(x):
    return x.item() if np.isfinite(x) else str(x)


def is_float(dtype):
    """Also of the floats that NumPy does not have, such as bfloat16."""
    return dtype.kind == "f" or (dtype.kind == "V" and "float" in dtype.name)


def is_number(dtype):
    return dtype.kind in "fbiu" or (dtype.kind == "V" and hasattr(ml_dtypes, dtype.name))


def values(x):
    """An array whose elements compare() knows: texts as texts of NumPy, complex numbers as pairs."""
    x = np.asarray(x)
    if x.dtype.kind == "c":
        return np.stack([x.real, x.imag], -1)
    return x.astype(str) if x.dtype.kind in "OS" else x


def name_of(dtype):
    return "string" if dtype.kind == "U" else dtype.name


def first(where):
    return [int(x) for x in np.unravel_index(int(np.argmax(where)), where.shape)]


def unequal(expected, got):
    """Of elements that are no numbers: they are equal or not."""
    where = np.asarray(expected != got)
    i = first(where)
    return {"unequal": int(where.sum()), "worst": {"index": i, "expected": str(expected[tuple(i)])[:80], "got": str(got[tuple(i)])[:80]}}


def compare(expected, got, squeezed=False, quantum=0.0):
    """A dictionary; only what differs from nothing is in it: type, shape, nan, inf, unequal (how many elements), abs, rel, ulp, steps (of the quantum, if
    there is one), excess, worst."""
    expected, got = values(expected), values(got)
    out = {}
    if name_of(expected.dtype) != name_of(got.dtype):
        out["type"] = [name_of(expected.dtype), name_of(got.dtype)]
    if squeezed:
        expected, got = expected.squeeze(), got.squeeze()
    if expected.shape != got.shape:
        out["shape"] = [list(expected.shape), list(got.shape)]
        return out
    if np.array_equal(expected, got):  # most are, and what follows costs more than a small model
        return out
    if expected.size == 0 or not (is_number(got.dtype) and is_number(expected.dtype)):
        return {**out, **unequal(expected, got)} if expected.size and "type" not in out else out
    floats = is_float(expected.dtype) and got.dtype == expected.dtype
    a, b = expected.astype(np.float64), got.astype(np.float64)
    nan = np.isnan(a) != np.isnan(b)
    inf = (np.isinf(a) | np.isinf(b)) & (a != b) & ~np.isnan(a) & ~np.isnan(b)
    for name, where in (("nan", nan), ("inf", inf)):
        if where.any():
            i = first(where)
            out[name] = int(where.sum())
            out.setdefault("worst", {"index": i, "expected": plain(a[tuple(i)]), "got": plain(b[tuple(i)])})
    both = np.isfinite(a) & np.isfinite(b)
    if not both.any():
        return out
    d = np.where(both, np.abs(np.where(both, a, 0) - np.where(both, b, 0)), 0)
    if d.max() == 0:
        return out
    size = np.where(both, np.abs(np.where(both, a, 0)), 0)
    out["abs"] = capped(d.max())
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        out["rel"] = capped(np.where(d > 0, d / size, 0)[d > 0].max())
    out["excess"] = {key(r): capped((d - r * size)[both].max()) for r in RTOLS}
    out["ulp"] = distance_in_ulp(expected[both], got[both]) if floats else out["abs"]
    if quantum:
        out["steps"] = capped(out["abs"] / quantum)
    i = first(d)
    out.setdefault("worst", {"index": i, "expected": a[tuple(i)].item(), "got": b[tuple(i)].item()})
    return out


def merge(old, new, k):
    """The worse of two data sets' differences; k, the set of `new`, is noted with the worst element."""
    for name, value in new.items():
        if name in ("type", "shape"):
            old.setdefault(name, value)
        elif name in ("nan", "inf", "unequal"):
            old[name] = old.get(name, 0) + value
        elif name == "excess":
            was = old.setdefault("excess", {})
            for r, x in value.items():
                was[r] = max(was.get(r, x), x)
        elif name == "outside":
            was = old.get("outside", {"count": 0, "of": 0, "ratio": -1.0})
            worse = {"set": k, **value} if value["ratio"] > was["ratio"] else was
            old["outside"] = {**worse, "count": was["count"] + value["count"], "of": was["of"] + value["of"]}
    if "worst" in new and ("worst" not in old or new.get("abs", 0) > old.get("abs", 0)):
        old["worst"] = {"set": k, **new["worst"]}
    for name in ("abs", "rel", "ulp", "steps"):
        if name in new:
            old[name] = max(old.get(name, 0.0), new[name])
    return old
