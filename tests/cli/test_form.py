"""--form and --variants: models in other forms that compute the same."""
import hashlib
import json
from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

FORMS = ["if", "loop", "scan", "function", "storage", "names", "neutral"]
onnxruntime.set_default_logger_severity(4)


def make(nngen, out, *args):
    r = nngen("--quiet", "--out", out, *args)
    assert r.code == 0, r.err
    return [json.loads(line) for line in (out / "models.jsonl").read_text().splitlines()]


def tensor(path):
    t = onnx.TensorProto.FromString(path.read_bytes())
    return t.name, numpy_helper.to_array(t)


def numbered(folder, prefix):
    return [tensor(folder / f"{prefix}_{i}.pb") for i in range(len(list(folder.glob(f"{prefix}_*.pb"))))]


def run(directory):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(directory / "model.onnx"), options, providers=["CPUExecutionProvider"])
    folder = directory / "test_data_set_0"
    inputs = dict(numbered(folder, "input"))
    assert list(inputs) == [i.name for i in session.get_inputs()]  # runners feed them by position
    return dict(zip((o.name for o in session.get_outputs()), session.run(None, inputs)))


def all_graphs(nodes):
    for n in nodes:
        for a in n.attribute:
            if a.type == onnx.AttributeProto.GRAPH:
                yield a.g
                yield from all_graphs(a.g.node)


@pytest.mark.parametrize("form", [*FORMS, "all"])
def test_copies_compute_the_same(nngen, tmp_path, form):
    rows = make(nngen, tmp_path / "c", "--form", form, "--variants", 2, "--nodes", 15, "--count", 12, "--outputs", "--seed", 4)
    assert [r["name"] for r in rows[:4]] == ["test_000000", "test_000000_v1", "test_000001", "test_000001_v1"]
    features = Counter()
    for plain, copy in zip(rows[::2], rows[1::2]):
        assert "forms" not in plain and copy["plain"] == plain["name"] and copy["nodes"] == plain["nodes"] == 15
        features.update(copy["forms"])
        a, b = (tmp_path / "c" / r["name"] for r in (plain, copy))
        onnx.checker.check_model(str(b / "model.onnx"), full_check=True)
        onnx.shape_inference.infer_shapes(onnx.load(b / "model.onnx"), check_type=True, strict_mode=True, data_prop=True)
        before, after = list(run(a).values()), list(run(b).values())
        assert len(after) >= len(before)
        for x, y in zip(before, after):
            assert x.dtype == y.dtype and np.array_equal(x, y, equal_nan=x.dtype.kind == "f")
        expected, bounds = (numbered(b / "test_data_set_0", p) for p in ("output", "bound"))
        assert len(expected) == len(after) == len(copy["outputs"])
        for y, (_, e), (_, bound) in zip(after, expected, bounds):
            assert np.all((np.abs(y.astype(np.float64) - e.astype(np.float64)) <= bound) | (y == e) | np.isinf(bound))
    assert features
    if form != "all":
        assert {f.split(".")[0] for f in features} == {form}


def test_plain_copies_are_the_models_without_forms(nngen, tmp_path):
    """The draws of forms come from a stream of their own; only the options in the metadata differ."""
    args = ("--nodes", 12, "--count", 6, "--seed", 9)
    make(nngen, tmp_path / "plain", *args)
    make(nngen, tmp_path / "forms", "--variants", 2, *args)
    for i in range(6):
        a, b = (onnx.load(tmp_path / d / f"test_{i:06}" / "model.onnx") for d in ("plain", "forms"))
        assert a.graph == b.graph
        for x in (tmp_path / "plain" / f"test_{i:06}" / "test_data_set_0").iterdir():
            assert x.read_bytes() == (tmp_path / "forms" / f"test_{i:06}" / "test_data_set_0" / x.name).read_bytes()


def test_same_bytes_for_any_threads_and_after_a_resume(nngen, tmp_path):
    args = ("--form", "all", "--variants", 3, "--nodes", 10, "--count", 8, "--seed", 2)
    make(nngen, tmp_path / "a", "--jobs", 1, *args)
    make(nngen, tmp_path / "b", "--jobs", 4, *args)
    digest = {d: hashlib.sha256((tmp_path / d / "models.jsonl").read_bytes()).hexdigest() for d in "ab"}
    assert digest["a"] == digest["b"]
    assert nngen("verify", tmp_path / "a").code == 0
    victim = tmp_path / "b" / "test_000003_v2"
    bytes_before = (victim / "model.onnx").read_bytes()
    (victim / "model.onnx").write_bytes(b"")
    assert nngen("verify", tmp_path / "b").code == 1
    r = nngen("--resume", "--quiet", "--out", tmp_path / "b", *args)
    assert r.code == 0 and (victim / "model.onnx").read_bytes() == bytes_before, r.err


def test_shards_and_replay(nngen, tmp_path):
    args = ("--form", "storage,if:0.5", "--variants", 2, "--nodes", 10, "--count", 9, "--seed", 2)
    make(nngen, tmp_path / "whole", *args)
    for k in (1, 2, 3):
        make(nngen, tmp_path / f"s{k}", "--shard", f"{k}/3", *args)
    r = nngen("merge", tmp_path / "merged", *(tmp_path / f"s{k}" for k in (1, 2, 3)), "--verify", "--quiet")
    assert r.code == 0, r.err
    assert (tmp_path / "merged" / "models.jsonl").read_bytes() == (tmp_path / "whole" / "models.jsonl").read_bytes()
    assert (tmp_path / "merged" / "manifest.json").read_bytes() == (tmp_path / "whole" / "manifest.json").read_bytes()
    r = nngen("replay", tmp_path / "whole" / "manifest.json", "--out", tmp_path / "again", "--quiet")
    assert r.code == 0, r.err
    assert (tmp_path / "again" / "models.jsonl").read_bytes() == (tmp_path / "whole" / "models.jsonl").read_bytes()
    options = json.loads((tmp_path / "whole" / "manifest.json").read_text())["options"]
    assert options["form"] == "storage,if:0.5" and options["variants"] == 2


def test_shares(nngen, tmp_path):
    rows = make(nngen, tmp_path / "c", "--form", "if:0.3,neutral:0", "--nodes", 10, "--count", 200, "--inputs", 0)
    assert len(rows) == 200 and all("plain" not in r for r in rows)
    taken = sum(any(f.startswith("if.") for f in r["forms"]) for r in rows)
    assert 35 <= taken <= 85, taken
    assert not any(f.startswith("neutral.") for r in rows for f in r["forms"])


def test_a_copy_takes_a_form(nngen, tmp_path):
    rows = make(nngen, tmp_path / "c", "--form", "if:0.01,names:0.01", "--variants", 2, "--nodes", 10, "--count", 40, "--inputs", 0)
    assert all(r["forms"] for r in rows if "plain" in r)


def test_every_feature_occurs(nngen, tmp_path):
    rows = make(nngen, tmp_path / "c", "--form", "all:0.8", "--nodes", 20, "--count", 400, "--inputs", 0, "--seed", 6)
    text = (nngen.root / "gen" / "form" / "form_feature.h").read_text() if hasattr(nngen, "root") else None
    found = Counter(f for r in rows for f in r["forms"])
    assert len(found) >= 60, sorted(found)
    assert text is None or text
    depth = 0
    for r in rows:
        m = onnx.load(tmp_path / "c" / r["name"] / "model.onnx", load_external_data=False)
        todo = [(m.graph, 0), *((f, 0) for f in m.functions)]
        while todo:
            g, d = todo.pop()
            depth = max(depth, d)
            todo += [(a.g, d + 1) for n in g.node for a in n.attribute if a.type == onnx.AttributeProto.GRAPH]
    assert depth == 3


def test_constants_have_their_elements_in_every_storage(nngen, tmp_path):
    """The number of bytes, and by the runs above the bits, are those of the plain model."""
    rows = make(nngen, tmp_path / "c", "--form", "storage", "--variants", 2, "--nodes", 20, "--count", 60, "--inputs", 0, "--types", "float16,double,int8,uint8,int32,int64,bool")
    kinds = Counter()
    for r in rows:
        if "plain" not in r:
            continue
        plain, copy = (onnx.load(tmp_path / "c" / n / "model.onnx") for n in (r["plain"], r["name"]))
        values = {t.name: numpy_helper.to_array(t) for t in copy.graph.initializer}
        for n in copy.graph.node:
            if n.op_type != "Constant":
                continue
            a = n.attribute[0]
            kinds[a.name] += 1
            if a.name == "sparse_value":
                dense = np.zeros(list(a.sparse_tensor.dims), numpy_helper.to_array(a.sparse_tensor.values).dtype)
                at = numpy_helper.to_array(a.sparse_tensor.indices)
                dense[tuple(at.T) if at.ndim == 2 else np.unravel_index(at, dense.shape)] = numpy_helper.to_array(a.sparse_tensor.values)
                values[n.output[0]] = dense
            elif a.name == "value":
                values[n.output[0]] = numpy_helper.to_array(a.t)
            else:
                values[n.output[0]] = np.array(onnx.helper.get_attribute_value(a), np.float32 if "float" in a.name else np.int64)
        for t in plain.graph.initializer:
            e = numpy_helper.to_array(t)
            assert t.name in values and values[t.name].dtype == e.dtype and values[t.name].tobytes() == e.tobytes(), t.name
    assert set(kinds) == {"value", "value_int", "value_ints", "value_float", "value_floats", "sparse_value"}, kinds


def test_names_are_unique_in_sight(nngen, tmp_path):
    rows = make(nngen, tmp_path / "c", "--form", "if,loop,function,names", "--nodes", 15, "--count", 60, "--inputs", 0)
    long = shadows = other = 0
    for r in rows:
        m = onnx.load(tmp_path / "c" / r["name"] / "model.onnx")
        everywhere = Counter()

        def walk(g, outer):
            here = [v.name for v in g.input] + [t.name for t in g.initializer if t.name not in {v.name for v in g.input}]
            here += [o for n in g.node for o in n.output if o]
            assert len(here) == len(set(here)) and not outer & set(here)
            everywhere.update(here)
            names = [n.name for n in g.node if n.name]
            assert len(names) == len(set(names))
            for n in g.node:
                for a in n.attribute:
                    if a.type == onnx.AttributeProto.GRAPH:
                        walk(a.g, outer | set(here))

        walk(m.graph, set())
        long += any(len(n) >= 300 for n in everywhere)
        shadows += max(everywhere.values()) > 1
        other += any(not n.isascii() for n in everywhere)
    assert long and shadows and other


@pytest.mark.parametrize("args,message", [
    (("--form", "iff"), "form iff: unknown; did you mean if?"),
    (("--form", "if:2"), "form if: expected a share from 0 to 1 after the colon"),
    (("--form", "if:"), "form if: expected a share from 0 to 1 after the colon"),
    (("--form", "if,"), "form : expected all or a list of if, loop, scan, function, storage, names and neutral, each perhaps with a share, such as if:0.5"),
    (("--variants", "0"), "--variants 0: expected an integer from 1 to 100"),
    (("--variants", "101"), "--variants 101: expected an integer from 1 to 100"),
])
def test_wrong_options(nngen, tmp_path, args, message):
    r = nngen(*args, "--out", tmp_path / "c")
    assert r.code == 2 and message in r.err, r.err


def test_inputs_beyond_their_intervals(nngen, tmp_path):
    """Intervals prove no condition then."""
    rows = make(nngen, tmp_path / "c", "--form", "if", "--variants", 2, "--input-mode", "uniform,nan", "--inputs", 2, "--nodes", 12, "--count", 30)
    assert not any("if.proven" in r["forms"] for r in rows if "plain" in r)


def test_external_data_is_listed(nngen, tmp_path):
    rows = make(nngen, tmp_path / "c", "--form", "storage", "--nodes", 25, "--count", 80, "--inputs", 0)
    names = Counter(f for r in rows for f in r["files"] if f.startswith("external_"))
    assert names["external_0.bin"] >= 5
    for r in rows:
        m = onnx.load(tmp_path / "c" / r["name"] / "model.onnx", load_external_data=False)
        used = {e.value for t in m.graph.initializer for e in t.external_data if e.key == "location"}
        assert used <= {f for f in r["files"]}
        assert all((tmp_path / "c" / r["name"] / f).stat().st_size for f in r["files"] if f.startswith("external_"))
    assert nngen("verify", tmp_path / "c").code == 0


@pytest.mark.parametrize("option", [("--form", "if"), ("--variants", 2)])
def test_old_opsets_have_no_forms(nngen, tmp_path, option):
    r = nngen("--nodes", 9, "--count", 1, "--opset", 12, *option, "--out", tmp_path / "o")
    assert r.code == 2 and "forms are of opsets 13 to 28; this is opset 12" in r.err


@pytest.mark.parametrize("types, opset", [("bfloat16", 15), ("bfloat16", 21), ("float8e4m3fn", 21), ("int4,uint4", 21)])
def test_forms_of_narrow_types(nngen, tmp_path, types, opset):
    """If, Loop and Scan take bfloat16 from opset 16 on; there are no chains for float8, and no kernels for the bodies of int4.
    The sample has none of the models that ONNX Runtime refuses by the defects of branches that FINDINGS.md lists."""
    make(nngen, tmp_path / "c", "--nodes", 12, "--count", 40, "--manner", "uniform", "--seed", 4, "--types", types, "--opset", opset, "--form", "all", "--inputs", 1)
    for path in sorted((tmp_path / "c").glob("test_*/model.onnx")):
        onnx.checker.check_model(str(path), full_check=True)
        onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
