"""Models of other origin: what is damaged, missing or beyond the harness is no target's failure, and nothing of it ends a run."""
import argparse
import contextlib
import csv
import io
import json

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from nngen.judge import driver
from nngen.study import case, cases, differences, engine, expected, generate, model_file, operators, outcomes, quanta, reduce, sequences, targets, vote
from nngen.study.declared import free_dims
from study.test_study import MODULES, TIGHT, save

NNGEN = driver.ROOT / driver.BUILD / "nngen"
needs_nngen = pytest.mark.skipif(not NNGEN.exists(), reason="make builds it")
F = TensorProto.FLOAT


def tensor(name, shape, elem=F):
    return helper.make_tensor_value_info(name, elem, shape)


def model(nodes, inputs, outputs, initializers=(), ir_version=8, opset=17):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)


def weight(name, *values):
    return numpy_helper.from_array(np.array(values, np.float32), name)


def listed_weights():
    """As older exporters write it: initializers are graph inputs, too, and come first."""
    return model([helper.make_node("Mul", ["x", "w"], ["a"]), helper.make_node("Relu", ["a"], ["y"])], [tensor("w", [3]), tensor("x", [2, 3])], [tensor("y", [2, 3])],
                 [weight("w", 1, 2, 3)])


def scalars():
    return model([helper.make_node("Add", ["x", "s"], ["a"]), helper.make_node("Relu", ["a"], ["y"])], [tensor("x", [2, 3]), tensor("s", [])], [tensor("y", [2, 3])])


def free():
    return model([helper.make_node("Relu", ["x"], ["y"])], [tensor("x", ["batch", 3])], [tensor("y", ["batch", 3])])


OWN = {"listed.onnx": listed_weights, "scalars.onnx": scalars, "free.onnx": free}


def put(folder, **models):
    folder.mkdir(parents=True, exist_ok=True)
    for name, m in models.items():
        onnx.save(m, folder / f"{name}.onnx")


def run(root, wanted=("fault-none",), **options):
    r = engine.Run(root / "c", root / "o", list(wanted), modules=MODULES, quiet=True, **options)
    r.go()
    return r, {(x["target"], x["model"]): outcomes.outcome(x, TIGHT) for x in engine.read_results(root / "o")}


# ---- what is found ----

def test_models_of_every_layout_are_found(tmp_path):
    save(tmp_path / "c/with", ["Abs"])
    save(tmp_path / "c", ["Abs"])
    put(tmp_path / "c/deep/er", a=free(), b=free())
    put(tmp_path / "c", a=free())
    (tmp_path / "c/a.onnx").rename(tmp_path / "c/UPPER.ONNX")
    assert [n for n, _ in cases.find_models(tmp_path / "c")] == ["UPPER.ONNX", "deep/er/a.onnx", "deep/er/b.onnx", "model.onnx", "with"]
    assert cases.find_models(tmp_path / "c/deep/er/a.onnx") == [("a.onnx", tmp_path / "c/deep/er/a.onnx")]
    said = list(cases.Cases(tmp_path / "c", tmp_path / "o").words())
    assert said[0].endswith("files: 2 model.onnx, 3 others in .onnx; cases: 5, of these with generated inputs: 2") and said[1].startswith("free dims: batch=2 ")


def test_a_run_below_its_corpus_is_not_part_of_it(tmp_path):
    put(tmp_path, a=free())
    engine.Run(tmp_path, tmp_path / "run", ["fault-none"], modules=MODULES, quiet=True).go()
    put(tmp_path / "run/reduced/000", model=free())
    assert [n for n, _ in cases.find_models(tmp_path)] == ["a.onnx"]


def test_a_run_knows_its_corpus_from_everywhere(tmp_path, monkeypatch):
    put(tmp_path / "c", a=free())
    monkeypatch.chdir(tmp_path)
    engine.Run("c", "o", ["fault-none"], modules=MODULES, quiet=True).store.close()
    monkeypatch.chdir("/")
    assert cases.of_run(tmp_path / "o")["a.onnx"].file == tmp_path / "c/a.onnx"


def damaged(folder):
    """{name: what is said of it}"""
    good = free().SerializeToString()
    (folder / "corrupt.onnx").write_bytes(good[:40] + b"\xff" * 40)
    (folder / "empty.onnx").touch()
    (folder / "folder.onnx").mkdir()
    (folder / "dangling.onnx").symlink_to(folder / "nowhere")
    (folder / "pointer.onnx").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    (folder / "text.onnx").write_bytes(b"")
    m = listed_weights()
    for name, size in (("weightless", None), ("short", 4)):
        copy = onnx.ModelProto.FromString(m.SerializeToString())
        onnx.save(copy, folder / f"{name}.onnx", save_as_external_data=True, location=f"{name}.bin", size_threshold=0)
        if size is None:
            (folder / f"{name}.bin").unlink()
        else:
            (folder / f"{name}.bin").write_bytes(b"\0" * size)
    return {"corrupt.onnx": "cannot be read: DecodeError", "empty.onnx": "the file is empty", "folder.onnx": "a directory, not a file",
            "dangling.onnx": "cannot be read: No such file", "pointer.onnx": "a pointer of Git LFS", "text.onnx": "the file is empty",
            "weightless.onnx": "the weights of w are not there: no file weightless.bin", "short.onnx": "the weights of w end after byte 4 of short.bin, and not at 12"}


def test_damaged_files_are_an_outcome_of_their_own(tmp_path):
    put(tmp_path / "c", good=free())
    said = damaged(tmp_path / "c")
    r, found = run(tmp_path)
    assert {n: o for (t, n), o in found.items() if t == "fault-none"} == {"good.onnx": "correct", **dict.fromkeys(said, "bad case")}
    for name, why in said.items():
        assert r.cases.broken[name]["error"].startswith(why), r.cases.broken[name]
    lines = (tmp_path / "o/results.jsonl").read_bytes().count(b"\n")
    assert len(found) == lines == 18
    run(tmp_path)
    assert (tmp_path / "o/results.jsonl").read_bytes().count(b"\n") == lines  # nothing new was said
    onnx.save(free(), tmp_path / "c/empty.onnx")
    assert run(tmp_path)[1]["fault-none", "empty.onnx"] == "correct"


def test_a_folder_that_is_named_as_a_model_may_hold_one(tmp_path):
    save(tmp_path / "c/a.onnx", ["Abs"])
    assert run(tmp_path)[1]["fault-none", "a.onnx"] == "correct"


SPOILED = [
    (lambda d: (d / "input_0.pb").unlink(), "test_data_set_1/input_0.pb is not there; the model has 1 inputs"),
    (lambda d: (d / "input_0.pb").write_bytes(b"\xff\xff"), "test_data_set_1/input_0.pb cannot be read: DecodeError"),
    (lambda d: (d / "input_0.pb").write_bytes(numpy_helper.from_array(np.ones((2, 3)), "t0").SerializeToString()), "input t0 is float64 in the data set, and float32 in the model"),
    (lambda d: (d / "input_0.pb").write_bytes(numpy_helper.from_array(np.ones((3, 2), np.float32)).SerializeToString()), "input t0 has the shape [3, 2] in the data set, and [2, 3]"),
    (lambda d: (d / "input_0.pb").write_bytes(TensorProto(data_type=F, dims=[2, 3], raw_data=b"1").SerializeToString()), "test_data_set_1, input t0: no tensor: ValueError"),
    (lambda d: (d.parent / "inputs.npz").write_bytes(b"PK"), "inputs.npz cannot be read: "),
    (lambda d: np.savez(d.parent / "inputs.npz", t9=np.ones((1, 2, 3), np.float32)), "inputs.npz has no array for input t0"),
    (lambda d: np.savez(d.parent / "inputs.npz", t0=np.float32(1)), "inputs.npz: t0 has no dimension for the data set"),
]


def test_damaged_data_are_no_failure_of_a_target(tmp_path):
    for i, (spoil, _) in enumerate(SPOILED):
        save(tmp_path / f"c/{i}", ["Relu"])
        spoil(tmp_path / f"c/{i}/test_data_set_1")
    save(tmp_path / "c/good", ["Relu"])
    _, found = run(tmp_path, ["fault-value"])
    assert found["fault-value", "good"] == "value mismatch"
    said = {(r["target"], r["model"]): r.get("error", "") for r in engine.read_results(tmp_path / "o")}
    for i, (_, why) in enumerate(SPOILED):
        for t in ("fault-value", "onnxruntime-none"):
            assert found[t, str(i)] == "bad case" and said[t, str(i)].startswith(why)


def test_files_of_a_data_set_may_have_the_names_of_inputs(tmp_path):
    onnx.save(model([helper.make_node("Sub", ["a", "b"], ["y"])], [tensor("a", [1]), tensor("b", [1])], [tensor("y", [1])]), tmp_path / "model.onnx")
    (tmp_path / "test_data_set_0").mkdir()
    for names in (("b", "a"), ("", "")):
        for i, name in enumerate(names):
            (tmp_path / f"test_data_set_0/input_{i}.pb").write_bytes(weight(name, float(i)).SerializeToString())
        feed = case.Case(tmp_path / "model.onnx").feed(0)
        assert (feed["a"][0], feed["b"][0]) == ((1, 0) if names[0] else (0, 1))


def test_what_the_harness_cannot_feed_is_not_supported(tmp_path):
    kinds = {"sequence": helper.make_tensor_sequence_value_info("x", F, [2]),
             "optional": helper.make_value_info("x", helper.make_optional_type_proto(helper.make_tensor_type_proto(F, [2])))}
    for name, info in kinds.items():
        put(tmp_path / "c", **{name: model([helper.make_node("Identity", ["x"], ["y"])], [info], [tensor("y", [2])])})
    put(tmp_path / "c", made=model([helper.make_node("SequenceConstruct", ["x"], ["y"])], [tensor("x", [2])], [helper.make_tensor_sequence_value_info("y", F, None)]))
    put(tmp_path / "c", rankless=model([helper.make_node("Abs", ["x"], ["y"])], [tensor("x", None)], [tensor("y", None)]))
    r, found = run(tmp_path)
    assert {n: o for (t, n), o in found.items() if t == "fault-none"} == {"sequence.onnx": "not supported", "optional.onnx": "not supported", "made.onnx": "not supported", "rankless.onnx": "bad case"}
    assert r.cases.broken["sequence.onnx"]["error"] == "input x has the type sequence; the harness has tensors only"
    assert r.cases.broken["rankless.onnx"]["error"] == "input x has no declared shape: give data sets"
    text = outcomes.as_text(outcomes.table(engine.read_results(tmp_path / "o"), TIGHT), TIGHT, sums_only=True)
    assert text.splitlines()[1].split()[-3:] == ["bad", "case", "unsupp."] and text.splitlines()[2].split()[-3:] == ["0", "1", "3"]


def test_outputs_that_differ_from_run_to_run_are_not_compared(tmp_path):
    put(tmp_path / "c", random=model([helper.make_node("RandomUniformLike", ["x"], ["y"])], [tensor("x", [9])], [tensor("y", [9])]), other=free())
    _, found = run(tmp_path, ["fault-none", "onnxruntime-all"])
    assert {n: {o for (_, m), o in found.items() if m == n} for n in ("random.onnx", "other.onnx")} == {"random.onnx": {"not supported"}, "other.onnx": {"correct"}}


# ---- inputs that are generated ----

def test_own_models_run_with_generated_inputs(tmp_path):
    put(tmp_path / "c", **{n.removesuffix(".onnx"): make() for n, make in OWN.items()})
    _, found = run(tmp_path, ["fault-none", "fault-value"])
    assert {n: found["fault-none", n] for n in OWN} == dict.fromkeys(OWN, "correct") and {found["fault-value", n] for n in OWN} == {"value mismatch"}
    one = case.Case(tmp_path / "c/scalars.onnx", data=tmp_path / "o/inputs/scalars.onnx").feed(0)
    assert isinstance(one["s"], np.ndarray) and one["s"].shape == () and one["s"].dtype == np.float32


@pytest.mark.parametrize("name", [n for n, t in targets.load_all().items() if t.kind != "fault" and t.for_corpora])
def test_adapters_take_own_models(tmp_path, name):
    """Every installed target: initializers that are graph inputs, scalars, free dims."""
    if why := targets.why_not(targets.REGISTRY[name]):
        pytest.skip(why)
    put(tmp_path / "c", **{n.removesuffix(".onnx"): make() for n, make in OWN.items()})
    engine.Run(tmp_path / "c", tmp_path / "o", [name], quiet=True).go()
    rs = [r for r in engine.read_results(tmp_path / "o") if r["target"] == name]
    assert len(rs) == 3 and not any("KeyError" in r.get("error", "") for r in rs)
    if name.startswith("onnxruntime-") and "web" not in name or name == "reference":
        assert [outcomes.outcome(r, outcomes.tolerance("1e-5")) for r in rs] == ["correct"] * 3, rs


def test_listed_weights_are_reduced_and_voted_on(tmp_path):
    put(tmp_path, model=listed_weights())
    with contextlib.closing(reduce.Oracle("fault-value", TIGHT, MODULES)) as oracle:
        small, feed, kind, *_ = reduce.reduce_case(tmp_path / "model.onnx", oracle)
        assert kind == "value mismatch" and [n.op_type for n in small.graph.node] == ["Relu"] and len(feed) == 1
        assert vote.vote({"fault-value": oracle}, tmp_path / "model.onnx", TIGHT)["fault-value"][0] == "value mismatch"


def test_what_cannot_be_voted_on_does_not_end_the_vote(tmp_path, capsys):
    put(tmp_path / "a", good=free())
    (tmp_path / "a/bad.onnx").write_bytes(b"no model")
    args = argparse.Namespace(models=[str(tmp_path / "a/bad.onnx"), str(tmp_path / "a/good.onnx")], targets="fault-none", tolerance="loose", nngen="", modules=MODULES)
    vote.main(args)
    said = capsys.readouterr().out.splitlines()
    assert said[1].startswith("    bad case: cannot be read: DecodeError") and said[3] == "input x: float[batch, 3]" and said[-1].split() == ["fault-none", "correct"]


def test_models_beyond_a_message_are_saved_with_their_weights_beside(tmp_path, monkeypatch):
    monkeypatch.setattr(model_file, "LARGEST", 16)
    n = 1000
    large = model([helper.make_node("Mul", ["x", "w"], ["y"])], [tensor("x", [n])], [tensor("y", [n])], [weight("w", *range(n))])
    model_file.save_model(large, tmp_path / "a.onnx")
    assert (tmp_path / "a.onnx.data").stat().st_size == 4 * n
    with contextlib.closing(case.Case(tmp_path / "a.onnx")) as c:
        for path in (tmp_path / "a.onnx", c.copy("b.onnx")):
            assert numpy_helper.to_array(onnx.load(path).graph.initializer[0]).tolist() == list(range(n))


def test_data_of_a_file_may_be_in_a_folder_of_its_name(tmp_path):
    put(tmp_path / "c", a=free(), b=free())
    for name, rows in (("a", 5), ("b", 7)):
        np.savez(tmp_path / "inputs.npz", x=np.ones((2, rows, 3), np.float32))
        (tmp_path / "c" / name).mkdir()
        (tmp_path / "inputs.npz").rename(tmp_path / "c" / name / "inputs.npz")
    r, found = run(tmp_path)
    assert set(found.values()) == {"correct"} and not r.cases.generated
    for name, rows in (("a", 5), ("b", 7)):
        again = cases.of_run(tmp_path / "o")[f"{name}.onnx"]
        assert case.Case(again.file, data=again.data).feed(1)["x"].shape == (rows, 3)


def test_generated_inputs_are_the_same_for_a_seed(tmp_path):
    m = model([helper.make_node("Gather", ["rows", "ids"], ["y"])], [tensor("ids", ["n"], TensorProto.INT64), tensor("mask", [50], TensorProto.INT64), tensor("flag", [50], TensorProto.BOOL),
              tensor("bytes", [200], TensorProto.UINT8), tensor("text", [2], TensorProto.STRING), tensor("half", [2], TensorProto.BFLOAT16), tensor("c", [2], TensorProto.COMPLEX64)],
              [tensor("y", None)], [numpy_helper.from_array(np.zeros((7, 2), np.float32), "rows")])
    a, b, c = (generate.feed(m.graph, k, {"n": 90}, seed) for k, seed in ((0, 1), (0, 1), (1, 1)))
    assert all(np.array_equal(a[n], b[n]) for n in a) and not np.array_equal(a["bytes"], c["bytes"])
    assert not np.array_equal(a["bytes"], generate.feed(m.graph, 0, {"n": 90}, 2)["bytes"])
    assert set(a["ids"]) == set(range(7)) and a["ids"].shape == (90,) and set(a["mask"]) == {0, 1} and set(a["flag"]) == {False, True} and a["bytes"].max() > 128
    assert a["text"].dtype == object and isinstance(a["text"][0], str) and a["half"].dtype == ml_dtypes.bfloat16 and a["c"].dtype == np.complex64


def test_dims_make_a_case_for_each_value(tmp_path):
    put(tmp_path / "c", free=free(), fixed=scalars())
    r, found = run(tmp_path, dims=generate.parse(["batch=1,3..4"]))
    names = [n for t, n in found if t == "fault-none"]
    assert sorted(names) == ["fixed.onnx", "free.onnx@batch=1", "free.onnx@batch=3", "free.onnx@batch=4"] and set(found.values()) == {"correct"}
    for n in (1, 3, 4):
        assert case.Case(tmp_path / "c/free.onnx", data=r.models[f"free.onnx@batch={n}"].data).feed(0)["x"].shape == (n, 3)
    with pytest.raises(SystemExit, match="another --dim"):
        engine.Run(tmp_path / "c", tmp_path / "o", ["fault-none"], modules=MODULES, quiet=True, dims=generate.parse(["batch=1,3,5"]))


def test_dims_without_a_name_and_below_zero_are_free():
    m = free()
    m.graph.input[0].CopyFrom(tensor("x", [-1, None, 0, "n"]))
    assert free_dims(m.graph.input) == ["x:0", "x:1", "n"]
    assert generate.feed(m.graph, 0, {"x:0": 5, "n": 1})["x"].shape == (5, generate.FREE, 0, 1)


@pytest.mark.parametrize("text, why", [("batch", "expected NAME=V"), ("=3", "expected NAME=V"), ("a=", "expected whole numbers"), ("a=-1", "expected whole numbers"),
                                       ("a=4..2", "expected whole numbers"), ("a=1..1000000000", "no more than 64"), ("a=1,,2", "expected whole numbers")])
def test_wrong_dims_are_told(text, why):
    with pytest.raises(ValueError, match=f"--dim {text}: .*{why}"):
        generate.parse([text])


def test_too_many_combinations_are_told():
    dims = generate.parse(["a=1..10", "b=1..10"])
    assert len(generate.combinations(["a"], dims)) == 10
    with pytest.raises(ValueError, match="more than 64 combinations of a, b"):
        generate.combinations(["a", "b"], dims)
    with pytest.raises(ValueError, match="a is given twice"):
        generate.parse(["a=1", "a=2"])


@needs_nngen
def test_expected_outputs_of_generated_inputs(tmp_path):
    put(tmp_path / "c", free=free(), scalars=scalars())
    r, _ = run(tmp_path, ["fault-large"], nngen=str(NNGEN), sets=2)
    assert json.loads((tmp_path / "o/unbounded.json").read_text()) == {} and set(r.bounded) == {"free.onnx", "scalars.onnx"}
    bound = outcomes.tolerance("bound")
    assert {outcomes.outcome(x, bound) for x in engine.read_results(tmp_path / "o")} == {"correct"}


# ---- outputs that NumPy's files and floats do not hold ----

def test_texts_are_compared(tmp_path):
    a, b = np.array(["one", "two"], object), np.array(["one", "tow"], object)
    assert differences.compare(a, a.astype(str)) == {}
    d = differences.compare(a, b)
    assert d["unequal"] == 1 and d["worst"] == {"index": [1], "expected": "two", "got": "tow"}
    result = {"status": "ok", "outputs": [{"name": "y", **d}], "bounds": True}
    assert {outcomes.outcome(result, t) for t in outcomes.tolerances()} == {"value mismatch"}
    put(tmp_path / "c", text=model([helper.make_node("Identity", ["x"], ["y"])], [tensor("x", ["n"], TensorProto.STRING)], [tensor("y", ["n"], TensorProto.STRING)]))
    assert set(run(tmp_path, ["fault-none", "onnxruntime-all", "reference"])[1].values()) == {"correct"}


@pytest.mark.parametrize("dtype", [ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.int4, np.complex64, np.float16, object])
def test_outputs_of_every_type_are_kept_and_compared(tmp_path, dtype):
    x = np.array(["a", "bb", ""], object) if dtype is object else np.array([1, 2, 3]).astype(dtype)
    y = np.array(["a", "b", ""], object) if dtype is object else np.array([1, 2, 4]).astype(dtype)
    expected.save(str(tmp_path / "a.npz"), [[np.float32(1)] * 2, [x, x[:2]]])
    outputs = expected.Outputs(tmp_path / "a.npz")
    assert outputs.compare(0, 1, x) == {} and outputs.compare(1, 1, x[:2]) == {} and outputs.compare(0, 0, np.float32(1)) == {}
    d = outputs.compare(0, 1, y)
    assert "type" not in d and (d.get("unequal") or d["abs"]) == 1


def test_bits_of_a_type_that_numpy_does_not_have_are_no_difference(tmp_path):
    """ONNX Runtime gives float8 as bytes, the reference evaluator with its type."""
    put(tmp_path / "c", cast=model([helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT8E4M3FN)], [tensor("x", [9])], [tensor("y", [9], TensorProto.FLOAT8E4M3FN)], opset=19, ir_version=9))
    assert set(run(tmp_path, ["onnxruntime-all", "reference"])[1].values()) == {"correct"}


# ---- quantised models ----

def quantised(scale, then=()):
    """QuantizeLinear, DequantizeLinear, and nodes that keep the steps."""
    nodes = [helper.make_node("QuantizeLinear", ["x", "s"], ["q"]), helper.make_node("DequantizeLinear", ["q", "s"], ["t0"])]
    nodes += [helper.make_node(op, [f"t{i}"], [f"t{i + 1}"]) for i, op in enumerate(then)]
    out = f"t{len(then)}"
    return model(nodes, [tensor("x", [2, 3])], [tensor(out, None), tensor("q", [2, 3], TensorProto.UINT8)], [numpy_helper.from_array(np.float32(scale), "s")])


def test_steps_of_outputs():
    assert quanta.of_graph(quantised(0.25).graph) == [0.25, 1]
    assert quanta.of_graph(quantised(0.25, ["Transpose", "Relu"]).graph) == [0.25, 1]
    assert quanta.of_graph(quantised(0.25, ["Relu", "Exp"]).graph) == [0, 1]
    m = model([helper.make_node("Abs", ["x"], ["y"])], [tensor("x", [2], TensorProto.INT8)], [tensor("y", [2], TensorProto.INT8)])
    assert quanta.of_graph(m.graph) == [0]  # whole numbers, and not quantised


def test_a_quantised_model_is_right_within_a_step(tmp_path):
    """fault-step is one step off, fault-steps two; neither is within a tolerance that knows no steps."""
    put(tmp_path / "c", a=quantised(0.25, ["Relu"]))
    _, found = run(tmp_path, ["fault-step", "fault-steps"])
    assert set(found.values()) == {"correct", "value mismatch"}
    rs = {r["target"]: r for r in engine.read_results(tmp_path / "o")}
    step = next(t for t in outcomes.levels(list(rs.values())) if "steps" in t)
    assert outcomes.telling(list(rs.values())) == step
    assert {t: outcomes.outcome(r, step) for t, r in rs.items()} == {"onnxruntime-none": "correct", "fault-step": "correct", "fault-steps": "value mismatch"}
    assert outcomes.outcome(rs["fault-step"], outcomes.tolerance("loose")) == "value mismatch"
    assert not any("steps" in t for t in outcomes.levels([{"status": "ok", "outputs": []}]))


# ---- by operator ----

def result(name, status="ok", target="t", error="", outputs=()):
    return {"model": name, "target": target, "nodes": 1, "status": status, "stage": "load", "error": error, "outputs": list(outputs)}


def test_outcomes_by_operator():
    facts = {n: {"operators": dict.fromkeys(ops, 1)} for n, ops in (("a", ["Abs", "Relu"]), ("b", ["Abs"]), ("c", ["Relu", "Conv", "com.microsoft.Gelu"]), ("d", ["Exp"]), ("e", ["Exp", "Abs"]))}
    rs = [result("a"), result("b"), result("c", "failed", error="no kernel for Gelu"), result("d", "crash"), result("e", "bad case")]
    found = operators.by_operator(rs, facts, TIGHT)["t"]
    assert found["Abs"] == [2, {}, 0, 0] and found["Relu"] == [2, {"load failure": 1}, 0, 0] and found["Conv"] == [1, {"load failure": 1}, 0, 0]
    assert found["com.microsoft.Gelu"] == [1, {"load failure": 1}, 0, 1] and found["Exp"] == [1, {"crash": 1}, 1, 0]
    text = operators.as_text({"t": found})
    assert text.splitlines()[0].split() == ["target", "operator", "models", "failed", "share", "alone", "named", "load", "crash"] and "Abs" not in text
    rows = list(csv.DictReader(io.StringIO(operators.as_csv(rs, facts, [TIGHT]))))
    assert {r["operator"]: r["share"] for r in rows} == {"Abs": "0.000", "Relu": "0.500", "Conv": "1.000", "com.microsoft.Gelu": "1.000", "Exp": "1.000"}


def test_an_operator_that_fails_wherever_it_is_stands_alone(tmp_path):
    for i, ops in enumerate([["Abs"], ["Abs", "Relu"], ["Abs", "Neg"], ["Neg", "Relu", "Exp"], ["Exp"]]):
        save(tmp_path / f"c/{i}", ops)
    run(tmp_path, ["fault-nan"])
    facts = json.loads((tmp_path / "o/models.json").read_text())
    found = operators.by_operator(engine.read_results(tmp_path / "o"), facts, TIGHT)["fault-nan"]
    assert found["Relu"] == [2, {"NaN/Inf difference": 2}, 2, 0] and found["Exp"] == [2, {"NaN/Inf difference": 1}, 0, 0]


def test_operators_of_subgraphs_functions_and_domains_are_counted():
    body = helper.make_graph([helper.make_node("Exp", ["x"], ["b"])], "body", [], [tensor("b", [1])])
    m = model([helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=body), helper.make_node("F", ["y"], ["z"], domain="mine")], [], [tensor("z", [1])])
    m.functions.append(helper.make_function("mine", "F", ["a"], ["b"], [helper.make_node("Neg", ["a"], ["b"])], [helper.make_opsetid("", 17)]))
    assert cases.facts(m) == (5, {"Exp": 2, "If": 1, "Neg": 1, "mine.F": 1})


# ---- sequences ----

@needs_nngen
def test_sequences_of_models_in_files(tmp_path):
    """Outcomes go by file: one of the cases of a model failing makes it a failed one. Why there are none is kept."""
    put(tmp_path / "c", free=free(), fixed=scalars(), model=listed_weights())
    put(tmp_path / "c/sub", free=model([helper.make_node("Abs", ["x"], ["y"])], [tensor("x", ["n", 3])], [tensor("y", ["n", 3])]))
    run(tmp_path, ["fault-none", "fault-nan"], dims=generate.parse(["batch=1..2"]))
    args = argparse.Namespace(out=tmp_path / "o", nngen=str(NNGEN), tolerance=None, failures=False)
    assert sequences.main(args) == 0
    listed = (tmp_path / "o/outcomes-fault-nan.csv").read_text()
    assert listed == "fixed.onnx,failed\nfree.onnx,failed\nmodel.onnx,failed\nsub/free.onnx,correct\n"
    assert "3 failed, 1 correct" in (tmp_path / "o/sequences-fault-nan.txt").read_text()
    why = json.loads((tmp_path / "o/sequences.json").read_text())
    assert why["fault-nan"] is None and why["fault-none"] == "all 4 models are correct at 1e-7"
    (tmp_path / "c/sub/bad.onnx").write_bytes(b"no model")  # the program skips it, and says so
    assert sequences.main(args) == 0
