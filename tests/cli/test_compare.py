"""nngen compare: elements outside their bounds, found as tests/reference does, in all forms of files."""
import json
import re
import shutil

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from reference.reference import outside

LINE = re.compile(r"(?:set (\d+): )?(\S+?)\[([\d,]*)\]: expected (\S+), bound (\S+), actual (\S+), ratio (\S+)")


@pytest.fixture(scope="module")
def corpus(nngen, tmp_path_factory):
    out = tmp_path_factory.mktemp("compare") / "c"
    r = nngen("--nodes", 12, "--count", 6, "--seed", 5, "--inputs", 2, "--outputs", "--input-format", "pb,npz", "--types", "float16,double,int64,bool",
              "--out", out, "--quiet")
    assert r.code == 0, r.err
    return out


def save_pb(path, x, name=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save_tensor(numpy_helper.from_array(np.asarray(x), name), path)


def pair(folder, v, e, y):
    """One output: expected, bounds and actual in directories e and a."""
    save_pb(folder / "e/output_0.pb", v, "y")
    save_pb(folder / "e/bound_0.pb", np.asarray(e, np.float32), "y")
    save_pb(folder / "a/output_0.pb", y)
    return folder / "e", folder / "a"


def listed(r):
    return [m.groups() for m in map(LINE.fullmatch, r.out.splitlines()) if m]


def moved(x, e, rng):
    """Values of which some lie outside."""
    y = x.astype(np.float64) + np.where(np.isfinite(e), e, 1) * rng.choice([0, 0.5, -0.9, 3, -40], p=[.5, .2, .2, .05, .05], size=x.shape)
    return (rng.random(x.shape) < 0.2) ^ x if x.dtype == bool else y.astype(x.dtype)


@pytest.mark.parametrize("actual_form", ["sets", "npz", "npz folder", "savez_compressed"])
def test_models(nngen, corpus, tmp_path, actual_form):
    """Against numpy, element by element, for every model."""
    rng = np.random.default_rng(1)
    total = 0
    for model in sorted(corpus.glob("test_*")):
        v, e = np.load(model / "outputs.npz"), np.load(model / "bounds.npz")
        y = {n: moved(v[n], e[n], rng) for n in v.files}
        want = {(k, n, *i) for n in v.files for k, *i in zip(*np.nonzero(outside(y[n], v[n], e[n].astype(np.float64))))}
        path = tmp_path / model.name
        path.mkdir()
        if actual_form == "sets":
            for k in range(2):
                for j, n in enumerate(v.files):
                    save_pb(path / f"test_data_set_{k}/output_{j}.pb", y[n][k])
        elif actual_form == "npz folder":
            np.savez(path / "outputs.npz", **y)
        else:
            path = path / "y.npz"
            (np.savez if actual_form == "npz" else np.savez_compressed)(path, **y)
        r = nngen("compare", model, path, "--limit", 1000000)
        assert r.code == (1 if want else 0) and r.err == ""
        have = listed(r)
        assert {(int(s), n, *map(int, i.split(",") if i else [])) for s, n, i, *_ in have} == want and len(have) == len(want)
        ratios = [float(h[6]) for h in have]
        assert ratios == sorted(ratios, reverse=True)
        elements = sum(x.size for x in y.values())
        assert f"{2 * len(y)} outputs, {elements} elements, {len(want)} outside" in r.out
        total += len(want)
    assert total > 100


def test_expected_outputs_are_right(nngen, corpus):
    for model in sorted(corpus.glob("test_*")):
        for a, b in ((model, model), (model / "test_data_set_1", model / "test_data_set_1"), (model / "outputs.npz", model / "outputs.npz"),
                     (model / "test_data_set_0/output_0.pb", model / "test_data_set_0/output_0.pb"), (model, model / "outputs.npz"),
                     (model / "outputs.npz", model)):
            r = nngen("compare", a, b)
            assert r.code == 0 and ", 0 outside their bounds" in r.out, (a, b, r.err)


def test_the_inputs_of_another_set_are_noticed(nngen, corpus):
    """But where float16 leaves wide bounds: two results may both lie in them."""
    codes = [nngen("compare", m / "test_data_set_0", m / "test_data_set_1").code for m in corpus.glob("test_*")]
    assert set(codes) <= {0, 1} and codes.count(1) >= 4


@pytest.mark.parametrize("v, e, y, right", [
    (1.0, 0.25, 1.25, True), (1.0, 0.25, np.nextafter(np.float32(1.25), np.float32(2)), False), (1.0, 0.0, 1.0, True),
    (1.0, np.inf, -5.0, True), (1.0, np.inf, np.nan, True), (1.0, 0.5, np.nan, False), (1.0, 0.5, np.inf, False),
    (np.inf, 0.0, np.inf, True), (np.inf, 0.0, -np.inf, False), (np.inf, 1.0, 3e38, False), (np.nan, 0.0, np.nan, True),
    (np.nan, 0.0, 1.0, False), (0.0, 0.0, -0.0, True), (-np.inf, np.inf, 1.0, True)])
def test_one_element(nngen, tmp_path, v, e, y, right):
    """As tests/reference judges."""
    v, e, y = np.float32([v]), np.float32([e]), np.float32([y])
    assert bool(outside(y, v, e.astype(float))[0]) == (not right)
    r = nngen("compare", *pair(tmp_path, v, e, y))
    assert r.code == (not right)
    assert ("without a bound" in r.out) == np.isinf(e[0])
    assert len(listed(r)) == (not right)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.bool_, np.float16, np.float32, np.float64])
def test_types(nngen, tmp_path, dtype):
    v = np.array([0, 1, 1, 0], dtype)
    y = np.array([0, 1, 0, 1], dtype)
    r = nngen("compare", *pair(tmp_path, v, np.zeros(4), y))
    assert r.code == 1 and [h[2] for h in listed(r)] == ["2", "3"]
    words = ("true", "false") if dtype == np.bool_ else ("1", "0")
    assert listed(r)[0][3:] == (words[0], "0", words[1], "inf")


def test_large_integers_are_compared_exactly(nngen, tmp_path):
    v = np.int64([2**62, -(2**63), 2**53])
    e, a = pair(tmp_path, v, np.zeros(3), np.int64([2**62 + 1, -(2**63), 2**53]))
    r = nngen("compare", e, a)
    assert r.code == 1 and listed(r) == [(None, "y", "0", str(2**62), "0", str(2**62 + 1), "inf")]
    assert json.loads(nngen("compare", e, a, "--json").out)["worst"][0]["actual"] == str(2**62 + 1)
    e, a = pair(tmp_path / "u", np.uint64([2**64 - 1]), np.zeros(1), np.uint64([0]))
    assert listed(nngen("compare", e, a))[0][3] == str(2**64 - 1)


def test_worst_first_and_limit(nngen, tmp_path):
    v, e = np.zeros(200, np.float32), np.full(200, 0.5, np.float32)
    y = np.random.default_rng(3).permutation(200).astype(np.float32)
    y[7] = np.nan
    paths = pair(tmp_path, v, e, y)
    for limit in (0, 1, 5, 1000):
        r = nngen("compare", *paths, "--limit", limit)
        have = listed(r)
        order = sorted(np.nonzero(outside(y, v, e.astype(float)))[0], key=lambda i: -y[i] if y[i] == y[i] else -np.inf)
        assert [int(h[2]) for h in have] == order[:limit]
        assert r.code == 1 and ("and " in r.out) == (0 < limit < len(order))
    assert len(listed(nngen("compare", *paths))) == 20


def test_json(nngen, tmp_path):
    e, a = pair(tmp_path, np.float32([[1, 2], [3, np.inf]]), [[0, 0.5], [0, 0]], np.float32([[1, 2.75], [np.nan, 1]]))
    r = nngen("compare", e, a, "--json")
    got = json.loads(r.out)
    assert r.code == 1
    assert {k: v for k, v in got.items() if k != "worst"} == {"outputs": 1, "elements": 4, "outside": 3, "outputs_outside": 1, "without_bound": 0,
                                                              "worst_ratio": "inf"}
    assert got["worst"][2] == {"set": None, "output": "y", "number": 0, "index": [0, 1], "expected": 2, "bound": 0.5, "actual": 2.75, "ratio": 1.5}
    assert [w["actual"] for w in got["worst"][:2]] == ["nan", 1]
    assert json.loads(nngen("compare", e, e, "--json").out)["worst"] == []


def test_tolerances(nngen, tmp_path):
    v, y = np.float32([0, 10, 100]), np.float32([0.5, 10.5, 101.5])
    e, a = pair(tmp_path, v, np.zeros(3), y)
    (e / "bound_0.pb").unlink()
    assert nngen("compare", e, a, "--atol", "0.5", "--rtol", "0.01").code == 0
    assert [h[2] for h in listed(nngen("compare", e, a, "--atol", "0.49", "--rtol=1e-2"))] == ["0", "2"]
    assert [h[2] for h in listed(nngen("compare", e, a, "--rtol", "0.05"))] == ["0"]
    assert [h[2] for h in listed(nngen("compare", e, a, "--atol", "1"))] == ["2"]
    assert nngen("compare", e, a, "--atol", "150E-2").code == 0
    r = nngen("compare", e, a)
    assert r.code == 2 and "bound_0.pb" in r.err


def test_names_and_order_of_arrays(nngen, tmp_path):
    for j, n in enumerate(("b", "a")):
        save_pb(tmp_path / f"e/output_{j}.pb", np.float32([j]), n)
        save_pb(tmp_path / f"e/bound_{j}.pb", np.float32([0]), n)
    np.savez(tmp_path / "named.npz", a=np.float32([1]), b=np.float32([0]), more=np.zeros(3))
    np.savez(tmp_path / "numbered.npz", output_1=np.float32([1]), output_0=np.float32([0]))
    np.savez(tmp_path / "positions.npz", np.float32([0]), np.float32([1]))
    for name in ("named", "numbered", "positions"):
        assert nngen("compare", tmp_path / "e", tmp_path / f"{name}.npz").code == 0, name
    np.savez(tmp_path / "less.npz", b=np.float32([0]))
    r = nngen("compare", tmp_path / "e", tmp_path / "less.npz")
    assert r.code == 2 and "less.npz: has no array 'a', nor output_1 or arr_1" in r.err
    e, a = pair(tmp_path / "one", np.float32([[1, 2], [3, 4]]), np.zeros((2, 2)), np.float32([[1, 2], [3, 4]]))
    np.save(tmp_path / "y.npy", np.asfortranarray(np.float32([[1, 2], [3, 4]])))
    assert nngen("compare", e, tmp_path / "y.npy").code == 0
    assert nngen("compare", e, a / "output_0.pb").code == 0
    assert nngen("compare", e / "output_0.pb", a / "output_0.pb", "--bounds", e / "bound_0.pb").code == 0


def spoil(action):
    return pytest.param(action, id=action.__name__)


def no_actual(e, a):
    shutil.rmtree(a)
    return "cannot read: No such file or directory"


def missing_output(e, a):
    (a / "output_0.pb").rename(a / "output_1.pb")
    return "has no expected outputs"


def other_type(e, a):
    save_pb(a / "output_0.pb", np.float64([1, 2]))
    return "output 'y' is double[2]; expected float32[2]"


def other_shape(e, a):
    save_pb(a / "output_0.pb", np.float32([[1, 2]]))
    return "output 'y' is float32[1,2]; expected float32[2]"


def bounds_of_another_shape(e, a):
    save_pb(e / "bound_0.pb", np.float32([1]))
    return "has bounds that are not float32 of the shape of the output"


def no_tensor(e, a):
    (a / "output_0.pb").write_bytes(b"\xff\xff\xff")
    return "is not a file of tensors"


@pytest.mark.parametrize("action", map(spoil, [no_actual, missing_output, other_type, other_shape, bounds_of_another_shape, no_tensor]))
def test_what_cannot_be_compared(nngen, tmp_path, action):
    e, a = pair(tmp_path, np.float32([1, 2]), np.zeros(2), np.float32([1, 2]))
    says = action(e, a)
    r = nngen("compare", e, a)
    assert r.code == 2 and says in r.err and r.out == ""


@pytest.mark.parametrize("args, says", [
    ((), "expected two paths"), (("a",), "expected two paths"), (("a", "b", "c"), "compare c: expected two paths"),
    (("a", "b", "--limit", "x"), "--limit x: expected an integer"), (("a", "b", "--limit"), "--limit: expected N"),
    (("a", "b", "--atol", "-1"), "expected a decimal number"), (("a", "b", "--rtol", "1e"), "expected a decimal number"),
    (("a", "b", "--rtol", "1e999"), "expected a decimal number"), (("a", "b", "--jsn"), "did you mean --json?"),
    (("a", "b", "--json=1"), "--json takes no value"), (("a", "b", "--atol", "1", "--bounds", "c"), "--bounds: expected without")])
def test_usage(nngen, args, says):
    r = nngen("compare", *args)
    assert r.code == 2 and says in r.err


def test_help(nngen):
    r = nngen("compare", "--help")
    assert r.code == 0 and all(f in r.out for f in ("--limit", "--bounds", "--atol", "--rtol", "--json", "Exit status"))
    assert "nngen compare EXPECTED ACTUAL" in nngen("--help").out
