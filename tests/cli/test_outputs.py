"""--outputs: expected outputs and bounds in files, which ONNX Runtime keeps; the same bytes however they are made; nothing else changes."""
import json
import shutil

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import numpy_helper
from reference.reference import BUILD, ROOT, Driver, read_model

ARGS = ("--nodes", 15, "--count", 24, "--seed", 5, "--inputs", 2, "--quiet")


def tree(path):
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def tensors(folder, word):
    files = sorted(folder.glob(f"{word}_*.pb"), key=lambda p: int(p.stem.split("_")[1]))
    return [onnx.load_tensor(p) for p in files]


def arrays(folder, word):
    return [numpy_helper.to_array(t) for t in tensors(folder, word)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    made = {}

    def get(nngen):
        if not made:
            made["out"] = tmp_path_factory.mktemp("outputs") / "c"
            r = nngen(*ARGS, "--outputs", "--out", made["out"])
            assert r.code == 0, r.err
        return made["out"]

    return get


def test_onnxruntime_keeps_the_bounds(nngen, corpus):
    elements = 0
    for directory in sorted(corpus(nngen).glob("test_*")):
        model = onnx.load(directory / "model.onnx")
        session = ort.InferenceSession(str(directory / "model.onnx"), providers=["CPUExecutionProvider"])
        for data in sorted(directory.glob("test_data_set_*")):
            inputs = {i.name: x for i, x in zip(model.graph.input, arrays(data, "input"))}
            values, bounds = arrays(data, "output"), arrays(data, "bound")
            assert len(values) == len(bounds) == len(model.graph.output)
            for o, t, v, e, y in zip(model.graph.output, tensors(data, "output"), values, bounds, session.run(None, inputs)):
                assert t.name == o.name and v.shape == e.shape == y.shape and v.dtype == y.dtype and e.dtype == np.float32
                assert (np.abs(y.astype(np.float64) - v) <= e).all(), (directory, o.name)
                assert (e >= 0).all()
                elements += y.size
    assert elements > 10000


def test_files_hold_what_the_rules_give(nngen, corpus):
    """The values and bounds that the driver computes from the model's bytes."""
    if not (ROOT / BUILD / "tests/reference/driver").exists():
        pytest.skip("the driver is not built")
    driver = Driver(17)
    for directory in sorted(corpus(nngen).glob("test_*"))[:8]:
        model, inputs = read_model(directory)
        values, errors = driver.compute(model, inputs)
        assert errors == {}
        for o, v, e in zip(model.graph.output, *(arrays(directory / "test_data_set_0", w) for w in ("output", "bound"))):
            assert np.array_equal(v, values[o.name][0].astype(v.dtype))
            assert (e >= values[o.name][1] + np.abs(v - values[o.name][0])).all()
            assert (e <= (values[o.name][1] + np.abs(v - values[o.name][0])) * (1 + 2e-7) + 1e-44).all()
    driver.close()


def test_models_and_inputs_are_as_without(nngen, corpus, tmp_path):
    assert nngen(*ARGS, "--out", tmp_path / "c").code == 0
    without, have = tree(tmp_path / "c"), tree(corpus(nngen))
    new = {p for p in have if "/output_" in p or "/bound_" in p}
    assert set(have) - new == set(without) and len(new) > 48
    assert {p for p in without if without[p] != have[p]} == {"manifest.json", "models.jsonl"}
    assert json.loads(have["manifest.json"])["options"]["outputs"] is True
    assert "outputs" not in json.loads(without["manifest.json"])["options"]
    for row in map(json.loads, have["models.jsonl"].decode().splitlines()):
        assert set(row["files"]) == {p.partition("/")[2] for p in have if p.startswith(row["name"] + "/")}


def test_same_bytes_however_they_are_made(nngen, corpus, tmp_path):
    want = tree(corpus(nngen))
    assert nngen(*ARGS, "--outputs", "--jobs", 3, "--out", tmp_path / "jobs").code == 0
    assert tree(tmp_path / "jobs") == want
    for k in (1, 2):
        assert nngen(*ARGS, "--outputs", "--shard", f"{k}/2", "--out", tmp_path / f"s{k}").code == 0
    assert nngen("merge", tmp_path / "merged", tmp_path / "s1", tmp_path / "s2", "--quiet").code == 0
    assert {p: b for p, b in tree(tmp_path / "merged").items() if p.startswith("test_")} == {p: b for p, b in want.items() if p.startswith("test_")}
    assert nngen("replay", corpus(nngen) / "manifest.json", "--out", tmp_path / "again", "--quiet").code == 0
    assert tree(tmp_path / "again") == want


def test_verify_finds_a_changed_output(nngen, corpus, tmp_path):
    shutil.copytree(corpus(nngen), tmp_path / "c")
    assert nngen("verify", tmp_path / "c").code == 0
    path = tmp_path / "c/test_000003/test_data_set_1/bound_0.pb"
    path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
    r = nngen("verify", tmp_path / "c")
    assert r.code == 1 and "test_000003/test_data_set_1/bound_0.pb" in r.out + r.err
    path.unlink()
    assert nngen("verify", tmp_path / "c").code == 1


@pytest.mark.parametrize("more", [("--input-format", "npz"), ("--inputs", 0)])
def test_outputs_stand_beside_inputs(nngen, tmp_path, more):
    r = nngen("--nodes", 5, "--count", 2, "--outputs", *more, "--out", tmp_path / "c")
    assert r.code == 2 and "--input-format pb" in r.err


def test_operators_without_rules_have_infinite_bounds(nngen, tmp_path):
    """A table of one's own without the folder `compute` still gives files that say that nothing is known."""
    (tmp_path / "specs").mkdir()
    for p in (ROOT / "specs").glob("*.yaml"):
        shutil.copy(p, tmp_path / "specs")
    r = nngen("--specs", tmp_path / "specs", "--profile", "onnx", "--nodes", 5, "--count", 3, "--outputs", "--out", tmp_path / "c", "--quiet")
    assert r.code == 0, r.err
    assert all(np.isinf(e).all() for d in (tmp_path / "c").glob("test_*/test_data_set_0") for e in arrays(d, "bound"))


def test_an_error_in_a_rule_has_its_place(nngen, tmp_path):
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    (tmp_path / "specs/compute/zz.yaml").write_text("operators:\n  Nothing: {y: x}\naccuracy:\n  sin: {ulp: many}\n")
    r = nngen("--specs", tmp_path / "specs", "--nodes", 5, "--count", 3, "--outputs", "--out", tmp_path / "c")
    assert r.code == 2 or r.code == 1
    assert "zz.yaml:4:14" in r.err
    assert nngen("--specs", tmp_path / "specs", "--nodes", 5, "--count", 3, "--out", tmp_path / "d", "--quiet").code == 0
