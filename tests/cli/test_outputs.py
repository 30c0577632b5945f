"""--outputs: expected outputs and bounds in files, which ONNX Runtime keeps; the same bytes however they are made; nothing else changes."""
import hashlib
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
    new = {p for p in have if "/output_" in p or "/bound_" in p or p.endswith(("data.json", "config.txt")) and "/" in p}
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


def rewrite(corpus, name, file, data):
    """Replaces a file and its hash, as whoever falsifies it would."""
    (corpus / name / file).write_bytes(data)
    rows = [json.loads(line) for line in (corpus / "models.jsonl").read_text().splitlines()]
    for row in rows:
        if row["name"] == name:
            row["files"][file] = hashlib.sha256(data).hexdigest()
    (corpus / "models.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))


def test_verify_finds_a_changed_output(nngen, corpus, tmp_path):
    shutil.copytree(corpus(nngen), tmp_path / "c")
    r = nngen("verify", tmp_path / "c")
    assert r.code == 0 and "made again, with outputs and bounds: 24 models" in r.out
    path = tmp_path / "c/test_000003/test_data_set_1/bound_0.pb"
    path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
    r = nngen("verify", tmp_path / "c")
    assert r.code == 1 and "test_000003/test_data_set_1/bound_0.pb: has a different SHA-256" in r.out + r.err
    path.unlink()
    assert nngen("verify", tmp_path / "c").code == 1


@pytest.mark.parametrize("file, says", [("test_data_set_1/bound_0.pb", "is not what the rules of specs/compute give"),
                                        ("test_data_set_0/output_0.pb", "is not what the rules of specs/compute give"),
                                        ("test_data_set_0/input_0.pb", "is not what the options and the seed in manifest.json give")])
def test_verify_computes_again(nngen, corpus, tmp_path, file, says):
    """A file whose hash fits, but not its contents."""
    shutil.copytree(corpus(nngen), tmp_path / "c")
    data = (tmp_path / "c/test_000003" / file).read_bytes()
    rewrite(tmp_path / "c", "test_000003", file, data[:-1] + bytes([data[-1] ^ 1]))
    r = nngen("verify", tmp_path / "c")
    assert r.code == 1 and r.err.splitlines() == [f"nngen: {tmp_path}/c/test_000003/{file}: {says}"]


@pytest.mark.parametrize("change, says", [(lambda m: m["expected"].update(rules="0" * 64), "has outputs by other rules"),
                                          (lambda m: m.pop("expected"), "their digest is not stated"),
                                          (lambda m: m.update(version="0.1.0"), "was made by nngen 0.1.0"),
                                          (lambda m: m.update(table_digest="1" * 64), "was made with another operator table")])
def test_other_rules_are_noticed(nngen, corpus, tmp_path, change, says):
    shutil.copytree(corpus(nngen), tmp_path / "c")
    manifest = json.loads((tmp_path / "c/manifest.json").read_text())
    change(manifest)
    (tmp_path / "c/manifest.json").write_text(json.dumps(manifest))
    r = nngen("verify", tmp_path / "c")
    assert r.code == 0 and "outputs and bounds were not computed again: the corpus " in r.out and says in r.out
    r = nngen("replay", tmp_path / "c/manifest.json", "--out", tmp_path / "d", "--quiet")
    assert r.code == 2 and says in r.err and not (tmp_path / "d").exists()


def test_shards_by_other_rules_do_not_merge(nngen, tmp_path):
    for k in (1, 2):
        assert nngen(*ARGS, "--outputs", "--shard", f"{k}/2", "--out", tmp_path / f"s{k}").code == 0
    manifest = json.loads((tmp_path / "s2/manifest.json").read_text())
    manifest["expected"]["rules"] = "0" * 64
    (tmp_path / "s2/manifest.json").write_text(json.dumps(manifest))
    r = nngen("merge", tmp_path / "m", tmp_path / "s1", tmp_path / "s2")
    assert r.code == 2 and "has outputs by other rules (specs/compute) than" in r.err


def test_rules_of_ones_own(nngen, tmp_path):
    """Replay with the same folder makes the same; with the built-in rules it says that they are others. The convention is the folder's."""
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    path = tmp_path / "specs/compute/accuracy.yaml"
    path.write_text(path.read_text().replace("name: rounded, version: 1", "name: fast, version: 7").replace("exp:      {ulp: 6", "exp:      {ulp: 600"))
    specs = ("--specs", tmp_path / "specs")
    assert nngen(*ARGS, *specs, "--outputs", "--out", tmp_path / "c").code == 0
    expected = json.loads((tmp_path / "c/manifest.json").read_text())["expected"]
    assert (expected["convention"], expected["version"]) == ("fast", 7)
    assert nngen("replay", tmp_path / "c/manifest.json", *specs, "--out", tmp_path / "d", "--quiet").code == 0
    assert tree(tmp_path / "c") == tree(tmp_path / "d")
    r = nngen("replay", tmp_path / "c/manifest.json", "--out", tmp_path / "e")
    assert r.code == 2 and "has outputs by other rules (specs/compute)" in r.err
    assert "has outputs by other rules" in nngen("verify", tmp_path / "c").out


def test_outputs_are_for_inputs(nngen, tmp_path):
    r = nngen("--nodes", 5, "--count", 2, "--outputs", "--inputs", 0, "--out", tmp_path / "c")
    assert r.code == 2 and "--inputs of 1 or more was expected" in r.err


@pytest.fixture(scope="module")
def both(nngen, tmp_path_factory):
    """The corpus with inputs and outputs as .npz as well."""
    out = tmp_path_factory.mktemp("npz") / "c"
    assert nngen(*ARGS, "--outputs", "--input-format", "pb,npz", "--out", out).code == 0
    return out


def test_archives_hold_the_same_arrays(both):
    compared = 0
    for directory in sorted(both.glob("test_*")):
        names = [o.name for o in onnx.load(directory / "model.onnx").graph.output]
        for archive, word in (("outputs", "output"), ("bounds", "bound")):
            got = np.load(directory / f"{archive}.npz")
            assert got.files == names
            for k in (0, 1):
                for name, x in zip(names, arrays(directory / f"test_data_set_{k}", word)):
                    assert got[name].dtype == x.dtype and got[name].shape == (2, *x.shape)
                    assert np.array_equal(got[name][k], x, equal_nan=x.dtype.kind == "f")
                    compared += 1
    assert compared > 100


def test_archives_alone_are_the_same(nngen, both, tmp_path):
    assert nngen(*ARGS, "--outputs", "--input-format", "npz", "--out", tmp_path / "c").code == 0
    have, want = tree(tmp_path / "c"), tree(both)
    assert {p for p in have if p.startswith("test_")} == {p for p in want if p.startswith("test_") and p.endswith((".npz", ".onnx"))}
    assert all(have[p] == want[p] for p in have if p.endswith(".npz"))
    rows = [json.loads(line) for line in have["models.jsonl"].decode().splitlines()]
    assert all(set(r["files"]) == {"model.onnx", "inputs.npz", "outputs.npz", "bounds.npz"} for r in rows)
    assert nngen("verify", tmp_path / "c").code == 0


def test_archives_in_jobs_shards_replay_and_resume(nngen, both, tmp_path):
    want = tree(both)
    args = (*ARGS, "--outputs", "--input-format", "pb,npz")
    assert nngen(*args, "--jobs", 3, "--out", tmp_path / "jobs").code == 0
    assert tree(tmp_path / "jobs") == want
    for k in (1, 2, 3):
        assert nngen(*args, "--shard", f"{k}/3", "--out", tmp_path / f"s{k}").code == 0
        assert nngen("verify", tmp_path / f"s{k}").code == 0
    assert nngen("merge", tmp_path / "merged", *(tmp_path / f"s{k}" for k in (1, 2, 3)), "--verify", "--quiet").code == 0
    merged = tree(tmp_path / "merged")
    assert merged == want
    assert nngen("replay", tmp_path / "merged/manifest.json", "--out", tmp_path / "again", "--quiet").code == 0
    assert tree(tmp_path / "again") == want


def stop(path, rows):
    """Makes the directory as a run leaves it that was stopped after so many models."""
    lines = (path / "models.jsonl").read_text().splitlines(keepends=True)
    for line in lines[rows:]:
        shutil.rmtree(path / json.loads(line)["name"])
    (path / "models.jsonl").write_text("".join(lines[:rows]))
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["finished"] = rows
    (path / "manifest.json").write_text(json.dumps(manifest))


def test_resume_keeps_what_is_right_and_makes_the_rest(nngen, both, tmp_path):
    out = tmp_path / "c"
    shutil.copytree(both, out)
    stop(out, 9)
    (out / "test_000002/outputs.npz").write_bytes(b"damaged")
    (out / "test_000004/test_data_set_1/bound_0.pb").unlink()
    kept = (out / "test_000003/bounds.npz").stat().st_ino
    r = nngen(*ARGS, "--outputs", "--input-format", "pb,npz", "--out", out, "--resume")
    assert r.code == 0, r.err
    assert tree(out) == tree(both)
    assert (out / "test_000003/bounds.npz").stat().st_ino == kept


def test_resume_by_other_rules_is_an_error(nngen, both, tmp_path):
    out = tmp_path / "c"
    shutil.copytree(both, out)
    stop(out, 9)
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["expected"]["rules"] = "0" * 64
    (out / "manifest.json").write_text(json.dumps(manifest))
    r = nngen(*ARGS, "--outputs", "--input-format", "pb,npz", "--out", out, "--resume")
    assert r.code == 1 and "rules was '000000" in r.err


def test_tolerances_cover_the_bounds(nngen, both):
    """One pair for each output, |y - v| <= atol + rtol * |v|, and which outputs have wide bounds."""
    wide = outputs = 0
    for row in map(json.loads, (both / "models.jsonl").read_text().splitlines()):
        v, e = np.load(both / row["name"] / "outputs.npz"), np.load(both / row["name"] / "bounds.npz")
        for o in row["outputs"]:
            values, bounds = v[o["name"]].astype(np.float64), e[o["name"]].astype(np.float64)
            sets = [(abs(values[k]), bounds[k]) for k in range(len(values)) if values[k].size]
            is_wide = any(b.max() > 1e-2 * x.max() for x, b in sets)
            assert o["wide"] == is_wide, (row["name"], o)
            wide, outputs = wide + is_wide, outputs + 1
            if np.isinf(bounds).any():
                assert o["atol"] is None and o["rtol"] is None and o["wide"]
                continue
            allowed = o["atol"] + o["rtol"] * abs(values)
            assert (bounds <= allowed).all()
            assert (bounds.max(initial=0) == 0) == (o["atol"] == 0)
            assert o["rtol"] <= 0.01 and allowed.max(initial=0) <= 3 * bounds.max(initial=0) + 1e-40
    assert json.loads((both / "manifest.json").read_text())["expected"] | {"rules": ""} == {
        "convention": "rounded", "version": 1, "rules": "", "outputs": outputs, "wide": wide}
    assert 0 < wide < outputs / 5


def test_onnxruntime_keeps_the_tolerances(both):
    """What NumPy's assert_allclose makes of them, in the type of the output."""
    for row in list(map(json.loads, (both / "models.jsonl").read_text().splitlines()))[:12]:
        directory = both / row["name"]
        session = ort.InferenceSession(str(directory / "model.onnx"), providers=["CPUExecutionProvider"])
        inputs, outputs = np.load(directory / "inputs.npz"), np.load(directory / "outputs.npz")
        for k in range(2):
            for o, y in zip(row["outputs"], session.run(None, {n: np.asarray(inputs[n][k]) for n in inputs.files})):
                if o["atol"] is not None:
                    np.testing.assert_allclose(y, outputs[o["name"]][k], rtol=o["rtol"], atol=o["atol"])


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
