"""--data-dependent and --random: operators whose results have sizes that data decide, and random operators, in motifs whose results are
fixed. ONNX Runtime runs the models on extreme inputs, where nothing or everything is found, and on the data sets."""
import subprocess
from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from conftest import NNGEN
from corpora import load, make, manifest, records, tree

FOUND = ["NonZero", "Unique", "NonMaxSuppression", "Compress"]


def read(path):
    return numpy_helper.to_array(onnx.load_tensor(path))


def session(model, shown=()):
    model = onnx.ModelProto.FromString(model.SerializeToString())
    model.graph.output.extend(onnx.ValueInfoProto(name=x) for x in shown)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def dims(value):
    return [d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in value.type.tensor_type.shape.dim]


def placed(folder):
    return {name: sum(levels.values()) for name, levels in manifest(folder)["motifs"]["placed"].items()}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return make(tmp_path_factory.mktemp("found") / "c", "--data-dependent", 1, "--nodes", 25, "--count", 150, "--outputs", "--check", "--seed", 5)


@pytest.fixture(scope="module")
def chance(tmp_path_factory):
    return make(tmp_path_factory.mktemp("random") / "c", "--random", 1, "--nodes", 20, "--count", 120, "--outputs", "--check", "--seed", 6)


def test_models_have_them(found, chance):
    rows = records(found)
    assert sum("open" in r for r in rows) > 0.85 * len(rows)
    assert all("random" not in r for r in rows) and all("open" not in r for r in records(chance))
    used = Counter(op for r in rows if "open" in r for op in r["operators"])
    assert all(used[op] >= 5 for op in FOUND)
    rows = records(chance)
    assert sum("random" in r for r in rows) > 0.8 * len(rows)
    assert {op for r in rows for op in r.get("random", [])} >= {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli",
                                                                "Multinomial", "Dropout"}
    names = {o["name"] for o in manifest(found)["operators"]}
    assert not names & {"NonZero", "Unique", "NonMaxSuppression"} and {o["name"] for o in manifest(found)["motif_operators"]} >= {"NonZero", "Unique"}


def test_records_agree_with_the_files(found):
    for r in records(found):
        model = load(found, r)
        undecided = {v.name: dims(v) for v in model.graph.value_info if None in dims(v)}
        assert undecided == r.get("open", {})
        assert not any(None in dims(v) for v in [*model.graph.input, *model.graph.output])
        onnx.checker.check_model(model, full_check=True)


def test_random_operators_have_a_seed(chance):
    for r in records(chance):
        for n in load(chance, r).graph.node:
            training = n.op_type == "Dropout" and r.get("random") and len(n.input) == 3
            if n.op_type in r.get("random", []) and (n.op_type != "Dropout" or training):
                assert any(a.name == "seed" for a in n.attribute) or n.op_type == "Dropout", n


def test_nothing_or_everything_is_found(found):
    """Results keep their shapes and intervals on inputs that are all alike, where conditions hold for all elements or for none."""
    sizes = Counter()
    for r in records(found):
        if "open" not in r:
            continue
        s = session(load(found, r), r["open"])
        names = [o.name for o in s.get_outputs()]
        for end in (0, 1):
            feeds = {i["name"]: np.full(i["shape"], i["interval"][end], i["type"]) for i in r["inputs"]}
            got = dict(zip(names, s.run(None, feeds)))
            for o in r["outputs"]:
                y = got[o["name"]]
                lo, hi = o["interval"]
                assert list(y.shape) == o["shape"] and (y >= lo).all() and (y <= hi).all(), (r["name"], o["name"])
            for name, want in r["open"].items():
                assert len(want) == got[name].ndim and all(d is None or d == n for d, n in zip(want, got[name].shape)), (r["name"], name)
                sizes[got[name].size == 0] += 1
    assert sizes[True] > 20 and sizes[False] > 20


@pytest.mark.parametrize("which", ["found", "chance"])
def test_outputs_are_as_expected(which, request):
    folder = request.getfixturevalue(which)
    known = 0
    for r in records(folder):
        model, data = load(folder, r), folder / r["name"] / "test_data_set_0"
        feeds = {v.name: read(data / f"input_{k}.pb") for k, v in enumerate(model.graph.input)}
        for k, y in enumerate(session(model).run(None, feeds)):
            v, e = read(data / f"output_{k}.pb"), read(data / f"bound_{k}.pb")
            assert ((np.abs(y.astype(float) - v) <= e) | (y == v) | np.isinf(e)).all(), (r["name"], k)
            known += np.isfinite(e).mean() > 0.5
    assert known > 0.85 * sum(len(r["outputs"]) for r in records(folder))


def test_an_uncertain_size_makes_the_rest_unknown(tmp_path):
    """Where rounding decides what is found, nothing is claimed; where it does not, all is."""
    specs = tmp_path / "specs"
    subprocess.run(["cp", "-r", str(NNGEN.parents[2] / "specs"), str(specs)], check=True)
    (specs / "motifs").joinpath("own.yaml").write_text("""motifs:
  close_call:
    doc: whether a product is above itself, computed in another way
    dims: {A: 2..6}
    in: {x: "T[A]"}
    const: {third: 0.333333343, three: 3}
    nodes:
      m: Mul(x, third)
      n: Mul(m, three)
      c: Greater(n, x)
      z: CompressAt(x, c) flat=1
      y: ReduceSum(z) part=1 ax=[0] keepdims=1
    out: y
""")
    out = make(tmp_path / "c", "--specs", specs, "--data-dependent", 1, "--motifs", "close_call", "--nodes", 30, "--count", 30, "--outputs")
    touched = [r for r in records(out) if "open" in r]
    assert len(touched) > 10
    for r in touched:
        bounds = [read(out / r["name"] / "test_data_set_0" / f"bound_{k}.pb") for k in range(len(r["outputs"]))]
        assert any(np.isinf(e).any() for e in bounds), r["name"]


def test_named_motifs_restrict_the_choice(tmp_path):
    out = make(tmp_path / "c", "--data-dependent", 1, "--motifs", "unique_restore,compress_sum", "--nodes", 15, "--count", 30)
    assert {name for name, n in placed(out).items() if n} == {"unique_restore", "compress_sum"}


@pytest.mark.parametrize("dynamic", ["1", "batch"])
def test_with_symbolic_dims(tmp_path, dynamic):
    out = make(tmp_path / "c", "--data-dependent", 1, "--random", 1, "--dynamic", dynamic, "--nodes", 20, "--count", 40, "--outputs", "--check")
    rows = records(out)
    assert sum("open" in r and "symbols" in r for r in rows) > 10
    for r in rows:
        model = load(out, r)
        s = session(model)
        for data in sorted((out / r["name"]).glob("test_data_set_*")):
            feeds = {v.name: read(data / f"input_{k}.pb") for k, v in enumerate(model.graph.input)}
            for k, y in enumerate(s.run(None, feeds)):
                v, e = read(data / f"output_{k}.pb"), read(data / f"bound_{k}.pb")
                assert y.shape == v.shape and ((np.abs(y.astype(float) - v) <= e) | (y == v) | np.isinf(e)).all(), (r["name"], data.name)


@pytest.mark.parametrize("opset", [9, 11, 13, 18, 28])
def test_opsets(tmp_path, opset):
    out = make(tmp_path / "c", "--data-dependent", 1, "--random", 1, "--nodes", 20, "--count", 30, "--opset", opset, "--profile", "onnx", "--check")
    rows = records(out)
    assert sum("open" in r for r in rows) >= 20
    for r in rows:
        onnx.checker.check_model(load(out, r), full_check=True)


def test_in_other_forms(tmp_path):
    """A fragment in a branch or a body: the copies give what the plain model gives."""
    out = make(tmp_path / "c", "--data-dependent", 1, "--form", "if,loop,function", "--variants", 2, "--nodes", 18, "--count", 12, "--outputs")
    rows = records(out)
    assert any("open" in r for r in rows)
    for r in rows:
        model, data = load(out, r), out / r["name"] / "test_data_set_0"
        feeds = {v.name: read(data / f"input_{k}.pb") for k, v in enumerate(model.graph.input) if (data / f"input_{k}.pb").exists()}
        for k, y in enumerate(session(model).run(None, feeds)):
            v, e = read(data / f"output_{k}.pb"), read(data / f"bound_{k}.pb")
            assert ((np.abs(y.astype(float) - v) <= e) | (y == v) | np.isinf(e)).all(), (r["name"], k)


def test_same_bytes_with_threads_shards_and_replay(tmp_path, nngen):
    args = ["--data-dependent", 0.7, "--random", 0.5, "--nodes", 20, "--count", 30, "--seed", 8, "--outputs"]
    one = make(tmp_path / "one", *args, "--jobs", 1)
    assert tree(make(tmp_path / "four", *args, "--jobs", 4)) == tree(one)
    for k in (1, 2):
        make(tmp_path / f"part{k}", *args, "--shard", f"{k}/2")
    assert nngen("merge", tmp_path / "whole", tmp_path / "part1", tmp_path / "part2", "--verify").code == 0
    assert tree(tmp_path / "whole") == tree(one)
    assert nngen("replay", one / "manifest.json", "--out", tmp_path / "again").code == 0
    assert tree(tmp_path / "again") == tree(one)
    assert nngen("verify", one).code == 0


def test_other_models_do_not_change(tmp_path):
    args = ["--nodes", 15, "--count", 60, "--seed", 4]
    plain = make(tmp_path / "plain", *args)
    some = make(tmp_path / "some", *args, "--data-dependent", 0.3, "--random", 0.2)
    before = {r["name"]: r["structure"] for r in records(plain)}
    without = [r for r in records(some) if "open" not in r and "random" not in r]
    same = [r["structure"] == before[r["name"]] for r in without]
    assert len(without) > 20 and sum(same) >= len(same) - 6  # a model whose fragment found no place is another one
    assert tree(make(tmp_path / "off", *args, "--data-dependent", 0, "--random", 0)) == tree(plain)


def test_readers_cope(found, nngen):
    r = next(r for r in records(found) if "open" in r)
    path = found / r["name"] / "model.onnx"
    assert nngen("show", path).code == 0
    assert nngen("sequences", "--out", found.parent / "sequences", found).code in (0, 2)
    s = nngen("eval", path, "--inputs", found / r["name"] / "test_data_set_0", "--out", found.parent / "evaluated")
    assert s.code in (0, 1, 2), s.err


@pytest.mark.parametrize("args, words", [
    (["--data-dependent", "2"], "data-dependent 2: expected a share from 0 to 1"),
    (["--random", "often"], "random often: expected a share from 0 to 1"),
    (["--data-dependent", "1", "--opset", "8"], "the table has no motif of this kind that can be used"),
    (["--ops", "NonZero"], "operator NonZero stands inside motifs only, with --data-dependent"),
    (["--ops", "RandomNormal"], "operator RandomNormal stands inside motifs only, with --random"),
])
def test_messages(nngen, args, words):
    r = nngen(*args, "--dry-run")
    assert r.code == 2 and words in r.err


def test_tapes_are_refused(tmp_path, nngen):
    (tmp_path / "tape").write_bytes(b"abc")
    r = nngen("--random", "1", "--tape", tmp_path / "tape", "--out", tmp_path / "out")
    assert r.code == 2 and "a tape has no closed fragments" in r.err
