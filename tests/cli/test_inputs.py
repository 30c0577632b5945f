"""--input-mode and --input-format: the values that each mode gives, and that both formats hold the same."""
import json
import shutil
import zipfile

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

OPS = ("--ops", "Relu,Add,Abs,Conv,Concat")
TYPES = "float16,double,int8,uint8,int16,uint16,int32,uint32,int64,uint64"
MODES = ["uniform", "normal", "corners", "special", "ties", "nan"]
SETS = 18
ALL = ("--nodes", 12, "--count", 120, "--seed", 3, "--types", TYPES, "--max-elements", 256, "--inputs", SETS)


def tree(path):
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def records(out):
    return [json.loads(line) for line in (out / "models.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    made = {}

    def get(nngen):
        if not made:
            made["out"] = tmp_path_factory.mktemp("inputs") / "c"
            r = nngen(*ALL, "--input-mode", ",".join(MODES), "--input-format", "pb,npz", "--out", made["out"], "--quiet")
            assert r.code == 0, r.err
        return made["out"]

    return get


def ends(port, dtype):
    """The least and greatest value of the type in the interval, and their neighbours in it."""
    lo, hi = port["interval"]
    if dtype.kind != "f":
        return int(lo), min(int(hi), int(np.iinfo(np.int64).max)), {int(lo) + 1, min(int(hi), np.iinfo(np.int64).max) - 1}
    a, b = dtype.type(lo), dtype.type(hi)
    with np.errstate(over="ignore"):
        a = np.nextafter(a, dtype.type(np.inf)) if float(a) < lo else a
        b = np.nextafter(b, dtype.type(-np.inf)) if float(b) > hi else b
        return a, b, {np.nextafter(a, dtype.type(np.inf)), np.nextafter(b, dtype.type(-np.inf))}


def values(out, mode):
    """(port, how many sets of the mode were before, array) for all inputs of all models."""
    for record in records(out):
        with np.load(out / record["name"] / "inputs.npz") as z:
            for port in record["inputs"]:
                array = z[port["name"]]
                for k in range(MODES.index(mode), SETS, len(MODES)):
                    yield port, k // len(MODES), array[k]


def test_both_formats_hold_the_same(nngen, both):
    out = both(nngen)
    types = set()
    for record in records(out):
        folder = out / record["name"]
        with np.load(folder / "inputs.npz") as z:
            assert z.files == [port["name"] for port in record["inputs"]]
            for i, port in enumerate(record["inputs"]):
                array = z[port["name"]]
                types.add(str(array.dtype))
                assert array.shape == (SETS, *port["shape"])
                for k in range(SETS):
                    tensor = onnx.load_tensor(folder / f"test_data_set_{k}" / f"input_{i}.pb")
                    value = numpy_helper.to_array(tensor)
                    assert value.dtype == array.dtype and value.tobytes() == array[k].tobytes()
        with zipfile.ZipFile(folder / "inputs.npz") as archive:
            assert archive.testzip() is None  # checksums
            assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert len(types) >= 9 and types <= {"float32", "float64", *TYPES.split(",")}


def test_all_values_lie_in_the_interval(nngen, both):
    for mode in MODES:
        for port, _, x in values(both(nngen), mode):
            lo, hi = port["interval"]
            if mode == "nan" and x.dtype.kind == "f":
                x = x[np.isfinite(x)]
            assert x.size == 0 or (x.min() >= lo and x.max() <= hi), (mode, port)


def test_uniform_sets_stay_as_they_are(nngen, both, tmp_path):
    assert nngen(*ALL, "--out", tmp_path / "c", "--quiet").code == 0
    theirs, ours = tree(tmp_path / "c"), tree(both(nngen))
    for k in range(SETS):
        same = [theirs[n] == ours[n] for n in theirs if f"/test_data_set_{k}/" in n]
        assert same and (all(same) if k % len(MODES) == 0 else sum(same) < len(same) / 5)
    assert b"input_mode" not in theirs["test_000000/model.onnx"] and not [n for n in theirs if n.endswith(".npz")]


def test_corners(nngen, both):
    low = high = 0
    for port, before, x in values(both(nngen), "corners"):
        a, b, _ = ends(port, x.dtype)
        assert ((x == a) | (x == b)).all()
        assert before > 0 or (x == a).all()
        assert before != 1 or (x == b).all()
        if before > 1 and a < b:
            low += int((x == a).sum())
            high += int((x == b).sum())
    assert low + high > 2000 and abs(low - high) < 4 * (low + high) ** 0.5


def test_normal(nngen, both):
    z, whole = [], 0
    for port, _, x in values(both(nngen), "normal"):
        a, b, _ = ends(port, x.dtype)
        if x.dtype.kind != "f":
            whole += 1
            assert b - a < 8 or x.size < 50 or len(np.unique(x)) > 3
        elif x.dtype.itemsize > 2 and a < b:
            middle, deviation = (float(a) + float(b)) / 2, (float(b) - float(a)) / 4
            z.append((x.astype(float).ravel() - middle) / deviation)
    z = np.concatenate(z)
    margin = 4 * 0.5 / len(z) ** 0.5
    assert whole > 20 and len(z) > 5000
    assert abs((np.abs(z) < 1).mean() - 0.6827) < margin and abs((np.abs(z) > 1.9999).mean() - 0.0455) < margin
    assert abs(z.mean()) < 2 * margin and len(np.unique(z)) > len(z) / 3


def test_special(nngen, both):
    seen = {}
    for port, _, x in values(both(nngen), "special"):
        a, b, near = ends(port, x.dtype)
        count = seen.setdefault(str(x.dtype), dict.fromkeys(["zero", "minus zero", "subnormal", "power", "end", "neighbour"], 0))
        flat = x.ravel()
        magnitude = np.abs(flat.astype(object) if x.dtype.kind != "f" else flat.astype(float))
        if x.dtype.kind == "f":
            mantissa, _ = np.frexp(magnitude.astype(float))
            power = mantissa == 0.5
            tiny = np.finfo(x.dtype).tiny
            small = (flat != 0) & (np.abs(flat) < tiny)
            count["minus zero"] += int(((flat == 0) & np.signbit(flat)).sum())
        else:
            power = np.array([m > 0 and int(m) & (int(m) - 1) == 0 for m in magnitude], bool)
            small = np.zeros(flat.shape, bool)
        zero, end, neighbour = flat == 0, (flat == a) | (flat == b), np.isin(flat, list(near))
        assert (zero | power | small | end | neighbour).all(), port
        for word, mask in (("zero", zero), ("power", power), ("subnormal", small), ("end", end), ("neighbour", neighbour)):
            count[word] += int(mask.sum())
    for dtype in ("float16", "float32", "float64"):
        assert min(seen[dtype].values()) > 0, (dtype, seen[dtype])
    for dtype in ("int8", "uint8", "int32", "int64"):
        assert min(v for k, v in seen[dtype].items() if k not in ("minus zero", "subnormal")) > 0, (dtype, seen[dtype])


def test_ties(nngen, both):
    few = set()
    for _, _, x in values(both(nngen), "ties"):
        distinct = len(np.unique(x))
        assert distinct <= 4
        few.add((str(x.dtype), distinct))
    assert {n for t, n in few if t == "float32"} == {1, 2, 3, 4} and {n for t, n in few if t == "int8"} >= {2, 3}


def test_nan(nngen, both):
    """NaN and both infinities in each type that has them, in each tensor; the manifest says that intervals do not hold."""
    seen = {}
    for _, _, x in values(both(nngen), "nan"):
        if x.dtype.kind == "f" and x.size:
            count = seen.setdefault(str(x.dtype), np.zeros(4, int))
            count += [np.isnan(x).sum(), (x == np.inf).sum(), (x == -np.inf).sum(), x.size]
            assert not np.isfinite(x).all()
    assert set(seen) == {"float16", "float32", "float64"}
    for nan, high, low, n in seen.values():
        assert min(nan, high, low) > 0 and 0.1 < (nan + high + low) / n < 0.25
    assert json.loads((both(nngen) / "manifest.json").read_text())["intervals_hold"] is False


@pytest.mark.parametrize("how", ["jobs", "resume", "shards", "replay"])
def test_the_same_by_other_ways(nngen, both, tmp_path, how):
    want, out = tree(both(nngen)), tmp_path / "c"
    args = (*ALL, "--input-mode", ",".join(MODES), "--input-format", "pb,npz", "--quiet")
    if how == "jobs":
        assert nngen(*args, "--jobs", 3, "--out", out).code == 0
    elif how == "resume":
        shutil.copytree(both(nngen), out)
        (out / "test_000003" / "inputs.npz").unlink()
        (out / "test_000004" / "inputs.npz").write_bytes(b"x")
        kept = (out / "test_000005" / "inputs.npz").stat().st_ino
        r = nngen("verify", out)
        assert r.code == 1 and "test_000003/inputs.npz: is missing" in r.err and len(r.err.splitlines()) == 2
        assert nngen(*args, "--resume", "--out", out).code == 0
        assert (out / "test_000005" / "inputs.npz").stat().st_ino == kept
    elif how == "shards":
        for k in (1, 2):
            assert nngen(*args, "--shard", f"{k}/2", "--out", tmp_path / str(k)).code == 0
        assert nngen("merge", out, tmp_path / "1", tmp_path / "2", "--quiet").code == 0
    else:
        assert nngen("replay", both(nngen) / "manifest.json", "--out", out, "--quiet").code == 0
    assert tree(out) == want
    assert nngen("verify", out, "--quiet").code == 0


def test_npz_alone(nngen, tmp_path):
    small = ("--nodes", 6, "--count", 3, *OPS, "--quiet")
    assert nngen(*small, "--inputs", 3, "--input-format", "npz", "--out", tmp_path / "a").code == 0
    assert sorted(p.name for p in (tmp_path / "a" / "test_000001").iterdir()) == ["inputs.npz", "model.onnx"]
    assert nngen("verify", tmp_path / "a", "--quiet").code == 0
    assert nngen(*small, "--inputs", 0, "--input-format", "npz", "--out", tmp_path / "b").code == 0
    assert sorted(p.name for p in (tmp_path / "b" / "test_000001").iterdir()) == ["model.onnx"]
    assert nngen("verify", tmp_path / "b", "--quiet").code == 0
    assert nngen(*small, "--force", "--out", tmp_path / "a").code == 0  # replaces the archives as well
    assert not list((tmp_path / "a").rglob("*.npz"))


@pytest.mark.parametrize("flag, value", [("--input-mode", "even"), ("--input-mode", "uniform,"), ("--input-mode", ",normal"),
                                         ("--input-mode", "uniform;normal"), ("--input-mode", ",".join(["normal"] * 33)),
                                         ("--input-format", "npy"), ("--input-format", "pb,pb"), ("--input-format", "npz,")])
def test_refused(nngen, tmp_path, flag, value):
    r = nngen(flag, value, "--out", tmp_path / "c", *OPS)
    expected = {"--input-mode": "uniform, normal, corners, special, ties or nan, separated by commas, at most 32",
                "--input-format": "pb, npz or pb,npz"}[flag]
    assert (r.code, r.err) == (2, f"nngen: {flag[2:]} {value[:60]}: expected {expected}\nTry 'nngen --help'.\n")
    assert not (tmp_path / "c").exists()
