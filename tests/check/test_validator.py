"""The validator finds nothing in valid corpora and each planted fault."""
import json
import os
import shutil
import time

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from nngen.judge import corpus as corpora
from nngen.judge import determinism, empty, intervals, schema, shapes, structure, validate
from check import fake
from check.faults import FAULTS, Bench, extend
from nngen.judge.judge import judge
from nngen.judge.view import View
from nngen.judge.workers import Pool


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    root = tmp_path_factory.mktemp("good") / "corpus"
    fake.corpus(root, nodes=15, count=3, inputs=2)
    return root


def kinds(root, pool, **how):
    v = validate.validate(root, pool, **how)
    return {p.kind for p in v.problems}, v


@pytest.mark.parametrize("opset", [13, 17, 21, 22])
@pytest.mark.parametrize("nodes", [1, 2, 15, 40])
def test_valid_corpora_have_no_problem(tmp_path, pool, opset, nodes):
    fake.corpus(tmp_path / "c", nodes=nodes, count=4, opset=opset, seed=nodes)
    v = validate.validate(tmp_path / "c", pool, inputs=5)
    assert v.problems == []
    assert v.family.nodes == 4 * nodes


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_reported(tmp_path, pool, good, name):
    plant, kind = FAULTS[name]
    shutil.copytree(good, tmp_path / "c")
    plant(Bench(tmp_path / "c"))
    found, _ = kinds(tmp_path / "c", pool, inputs=2)
    assert kind in found


def test_faults_blame_the_operator(tmp_path, pool, good):
    shutil.copytree(good, tmp_path / "c")
    FAULTS["negative_root"][0](Bench(tmp_path / "c"))
    _, v = kinds(tmp_path / "c", pool)
    assert {p.op for p in v.problems if p.kind == "not-finite"} == {"Sqrt"}
    shutil.rmtree(tmp_path / "c")
    shutil.copytree(good, tmp_path / "c")
    FAULTS["refused_by_the_runtime"][0](Bench(tmp_path / "c"))
    _, v = kinds(tmp_path / "c", pool)
    assert {p.op for p in v.problems if p.kind.startswith("load-")} == {"LRN"}


def test_one_fault_leaves_the_other_models_alone(tmp_path, pool, good):
    shutil.copytree(good, tmp_path / "c")
    FAULTS["split_that_crashes_the_runtime"][0](Bench(tmp_path / "c"))
    _, v = kinds(tmp_path / "c", pool)
    assert {p.model for p in v.problems if p.kind == "crash"} == {"test_000000"}
    assert {p.model for p in v.problems if p.model} == {"test_000000"}
    assert v.family.models == 2


def sleepy(task, stage):
    stage("asleep")
    if task:
        time.sleep(60)
    return "awake"


def deadly(task, stage):
    os.write(2, b"last words\n")
    os.abort()


def test_a_hang_is_a_result():
    with Pool(1, sleepy, timeout=8) as p:  # also enough for the first task on a loaded machine
        results = dict(p.map([0, 1]))
    assert results[0] == "awake"
    [(kind, message, _)] = results[1]["problems"]
    assert kind == "hang" and "asleep" in message


def test_a_crash_is_a_result():
    with Pool(2, deadly) as p:
        results = list(p.map([1, 2, 3]))
    assert len(results) == 3
    for _, r in results:
        [(kind, message, _)] = r["problems"]
        assert kind == "crash" and "SIGABRT" in message and "last words" in message


@pytest.mark.parametrize("agrees, kind", [(True, "optimiser"), (False, "run-shape")])
def test_the_reference_decides_whether_it_is_the_optimiser(good, monkeypatch, agrees, kind):
    """With the reference evaluator the problem is a note that keeps its kind; against it, it stays a problem."""
    def run(data, view, record, feeds, stage, facts, random, found):
        facts["levels_differ"] = 0.0
        yield "run-shape", "optimisation all, data set 0: 'y' is float32[3], declared float32[1]", "Slice"

    monkeypatch.setattr("nngen.judge.runtime.run", run)
    monkeypatch.setattr("nngen.judge.compare.confirmed", lambda *_: agrees)
    verdict = judge(next(iter(validate.tasks_of(corpora.load(good)))))
    said = [(k, words.split(": ")[0]) for k, words, _ in verdict["notes"] + verdict["problems"] if k in ("optimiser", "run-shape")]
    assert said == [(kind, "run-shape" if agrees else "optimisation all, data set 0")] and bool(verdict["problems"]) != agrees


def test_sample_takes_evenly_spaced_models(tmp_path, pool):
    fake.corpus(tmp_path / "c", nodes=3, count=10)
    v = validate.validate(tmp_path / "c", pool, sample=4)
    assert v.family.models == 4 and v.problems == []


def test_wanted_operator(good, pool):
    found, _ = kinds(good, pool, want="Einsum")
    assert found == {"absent"}


def test_operators_are_compared_with_the_list(good, pool):
    manifest = json.loads((good / "manifest.json").read_text())
    names = [o["name"] for o in manifest["operators"]]
    assert kinds(good, pool, list_ops=names)[0] == set()
    assert kinds(good, pool, list_ops=names + ["Einsum"])[0] == {"operators"}


def test_report_and_exit_status(tmp_path, good, capfd):
    assert validate.main([str(good), "--report", str(tmp_path / "r.json"), "--inputs", "2"]) == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["models"] == 3 and report["problems"] == []
    shutil.copytree(good, tmp_path / "c")
    FAULTS["nan_input"][0](Bench(tmp_path / "c"))
    assert validate.main([str(tmp_path / "c")]) == 1
    assert "PROBLEM input: 1" in capfd.readouterr().out


def test_copies_in_other_forms_count(tmp_path, good, capsys):
    shutil.copytree(good, tmp_path / "c")
    manifest = json.loads((tmp_path / "c" / "manifest.json").read_text())
    manifest["options"]["variants"] = 2
    (tmp_path / "c" / "manifest.json").write_text(json.dumps(manifest))
    assert validate.main([str(tmp_path / "c")]) == 1
    assert "3 good records, 6 models in the manifest" in capsys.readouterr().out


def test_shape_inference_uses_no_declaration(good):
    """Wrong shapes on every intermediate do not change what is inferred."""
    model = Bench(good).model()
    right = shapes.infer(shapes.stripped(model))
    for v in model.graph.value_info:
        v.type.tensor_type.shape.dim.add().dim_value = 77
    assert shapes.infer(shapes.stripped(model)) == right
    view = View(model)
    assert len(list(shapes.agreement(view, []))) == len(model.graph.value_info)


def behind_unknown(last_rank):
    """A shape that inference does not know, an operator that makes nonsense of it, and one that needs the true shape."""
    nodes = [helper.make_node("MaxUnpool", ["v", "i", "s"], ["u"], kernel_shape=[1, 1]),
             helper.make_node("Attention", ["q", "k", "u"], ["y", "", "", "w"]),
             helper.make_node("RMSNormalization", ["w", "g"], ["z"], axis=-last_rank)]
    size = [1, 2, 3, 4]
    declare = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "g", [declare(x, size) for x in "vqk"], [declare("y", size), declare("z", [1, 2, 3, 3])],
                         [helper.make_tensor("i", TensorProto.INT64, size, list(range(24))),
                          helper.make_tensor("s", TensorProto.INT64, [4], size),
                          helper.make_tensor("g", TensorProto.FLOAT, [3], [1, 1, 1])],
                         value_info=[declare("u", size), declare("w", [1, 2, 3, 3])])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)], ir_version=12)


def test_nonsense_from_unknown_shapes_is_no_fault():
    for rank, want in ((1, []), (5, ["inference"])):
        model, notes = behind_unknown(rank), []
        found = list(shapes.agreement(View(model), notes))
        assert [p[0] for p in found] == want
        assert notes[0][0] == "uninferred" and notes[0][2] == "MaxUnpool"


def test_drawn_inputs_stay_inside_and_reach_the_corners():
    port = {"name": "x", "type": "float32", "shape": [50], "interval": [0.1, 0.7]}
    record = {"files": {}, "inputs": [port]}
    seen = {}
    for mode, feed in intervals.feeds(record, 5):
        x = feed["x"].astype(np.float64)
        assert x.min() >= 0.1 and x.max() <= 0.7
        seen[mode] = x
    a, b = (float(v) for v in intervals.float_inside(0.1, 0.7))
    assert set(seen["corners"]) == {a, b} and set(seen["low"]) == {a} and set(seen["high"]) == {b}
    assert len(set(seen["uniform"])) > 40
    again = [f["x"] for _, f in intervals.feeds(record, 5)]
    assert all((x == y["x"]).all() for x, (_, y) in zip(again, intervals.feeds(record, 5)))


def test_source_only_nodes_are_noted_and_constants_are_foldable(good):
    bench = Bench(good)
    m = bench.model()
    x, y = m.graph.input[0].name, m.graph.output[0].name
    m.graph.node.extend([helper.make_node("Shape", [x], ["s"], name="s"), helper.make_node("Cast", ["s"], ["c"], name="c", to=1),
                         helper.make_node("Add", ["c", y], ["d"], name="d")])
    view = View(m)
    assert [op for _, _, op in structure.source_only(view, {"Shape"})] == ["Cast"]
    assert list(structure.foldable(view, {"Shape"})) == []
    m.graph.node[-3].CopyFrom(helper.make_node("Constant", [], ["s"], name="s", value_ints=[1, 2]))
    assert [n.op_type for n in structure.foldable(View(m), {"Constant"})] == ["Cast"]


def test_empty_constants_that_stand_for_absent_inputs_are_no_empty_tensors():
    """A model is judged as one with empty tensors, by the reference evaluator, only if it has one."""
    ports = [helper.make_tensor_value_info(x, 1, [1, 1, 2, 2]) for x in ("x", "y", "z")]
    none, scales = numpy_helper.from_array(np.zeros(0, np.float32), "none"), numpy_helper.from_array(np.ones(4, np.float32), "scales")

    def view(*nodes):
        return View(helper.make_model(helper.make_graph(nodes, "g", ports[:1], ports[1:], [none, scales]), opset_imports=[helper.make_opsetid("", 11)]))

    resize, relu = helper.make_node("Resize", ["x", "none", "scales"], ["y"]), helper.make_node("Relu", ["y"], ["z"])
    for nodes, empty_there in (([resize, relu], False), ([resize, relu, helper.make_node("Neg", ["none"], ["w"])], True)):
        v = view(*nodes)
        assert empty.present(v) == empty_there and empty.touching(v, v.nodes[0]) == empty_there
        assert ("elements" in {kind for kind, _, _ in structure.declarations(v, 99, False, False, {})}) == empty_there


def test_nodes_of_motifs_may_have_an_interval_of_one_point(good):
    bench = Bench(good)
    m, record = bench.model(), bench.records()[0]
    view = View(m)
    at = next(i for i, n in enumerate(m.graph.node) if view.declared[n.output[0]][0] == 1)
    ranges = {**record["intervals"], m.graph.node[at].output[0]: [2.0, 2.0]}
    told = [(kind, op) for kind, _, op in intervals.constant(view, ranges, frozenset(), {"float32"})]
    assert told == [("constant", m.graph.node[at].op_type)]
    for nodes, left in (([at], []), ([at + 1], told)):
        inside = structure.motif_nodes(view, {"motifs": [{"name": "max_max", "nodes": nodes}]})
        assert [(kind, op) for kind, _, op in intervals.constant(view, ranges, frozenset(), {"float32"}, inside)] == left


def test_outputs_that_do_not_move_are_counted(tmp_path, pool, good):
    shutil.copytree(good, tmp_path / "c")
    b = Bench(tmp_path / "c")
    m = b.model()
    extend(m.graph, "Relu")
    extend(m.graph, "Neg")
    extend(m.graph, "Relu")
    b.save(m)
    _, v = kinds(tmp_path / "c", pool, inputs=5)
    still = [b - a for a, b in (f["moved"] for f in v.facts)]
    assert sorted(still) == [0, 0, 1]


def test_slots_know_where_float_is_impossible():
    into, _, out, _, _ = structure.slots("Where", "", 17, frozenset({"float32"}))
    assert into == [False, True, True] and out == [True]
    assert structure.slots("TopK", "", 17, frozenset({"float32"}))[2] == [True, False]
    assert structure.slots("Concat", "", 17, frozenset({"float32"}))[:2] == ([True], True)


def test_schema_names_the_place():
    bad = list(schema.errors({"min": 1, "mean": "x", "max": True}, schema.RANGE, "statistics.depth"))
    assert bad == ["statistics.depth.mean: a finite number expected, not 'x'", "statistics.depth.max: int expected, not True"]


def test_determinism(tmp_path, good):
    shutil.copytree(good, tmp_path / "c")
    assert list(determinism.differences(good, tmp_path / "c")) == []
    f = tmp_path / "c" / "test_000001" / "model.onnx"
    data = bytearray(f.read_bytes())
    data[100] ^= 1
    f.write_bytes(data)
    (tmp_path / "c" / "models.jsonl").unlink()
    assert list(determinism.differences(good, tmp_path / "c")) == [
        f"models.jsonl: only in {good}", "test_000001/model.onnx: differs from byte 100"]
    assert determinism.main([str(good), str(tmp_path / "c")]) == 1
    assert determinism.main([str(good), str(good)]) == 0
