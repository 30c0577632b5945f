"""The run that judges corpora by their expected outputs: what it plans, what it takes for a known defect, and that it continues."""

import collections
import importlib
import json
import pkgutil

import pytest
from reference import soundness, trial
from study import findings

DEFECTS = json.loads(soundness.DEFECTS.read_text("utf-8"))


def test_the_plan_has_every_kind_of_model():
    plan, cells = soundness.plan(1, 0), collections.Counter()
    for _, options in plan:
        value = dict(zip(options[::2], options[1::2]))
        cells["types" if "--types" in value else "plain" if "--motifs" in value else "default", value["--nodes"], value["--opset"], value["--input-mode"]] += int(value["--count"])
    assert len(cells) == 3 * 3 * 4 * 4
    assert sum(n for (kind, *_), n in cells.items() if kind != "types") >= 10000 and sum(n for (kind, *_), n in cells.items() if kind == "types") >= 2000
    assert len({options[options.index("--seed") + 1] for _, options in plan}) == len({key for key, _ in plan}) == len(plan)
    assert not {key for key, _ in plan} & {key for key, _ in soundness.plan(1, 1)}


def test_defects_are_findings():
    for m in pkgutil.iter_modules(findings.__path__):
        importlib.import_module(f"study.findings.{m.name}")
    known = {f.name: f for f in findings.FINDINGS}
    for d in DEFECTS:
        assert d["finding"] in known
        passes = d["signature"].get("passes", [])
        assert set(passes) <= set(known[d["finding"]].passes), d
        assert passes or d["signature"]["kind"] == "local"


@pytest.mark.parametrize("change, finding", [({}, True), ({"times": 1.5}, False), ({"passes": ["GeluFusion"]}, False), ({"kind": "load"}, False)])
def test_a_signature_must_agree(change, finding):
    found = {"kind": "outside", "passes": ["ConstantFolding", "DoubleQDQPairsRemover"], "gone": ["QuantizeLinear", "DequantizeLinear"], "made": [], "times": "inf", "name": "y"} | change
    assert (soundness.known(DEFECTS, found) is not None) == finding


def test_what_follows_from_a_wrong_node_is_explained_by_it():
    node = {"kind": "local", "op": "Shrink", "type": "float64", "attributes": {"bias": 0.5}, "name": "a"}
    result = {"kind": "outside", "name": "c", "level": "ORT_ENABLE_ALL", "passes": []}
    names = soundness.names_of(DEFECTS, [node, result | {"after": ["a"]}, result | {"after": []}])
    assert names == ["onnxruntime-none: shrink of doubles"] * 2 + [None]
    assert soundness.names_of(DEFECTS, [node | {"type": "float32"}]) == [None]


def test_tensors_are_traced_to_their_cause():
    Node = collections.namedtuple("Node", "input output")
    graph = collections.namedtuple("Graph", "node")([Node(["x"], ["a"]), Node(["x"], ["b"]), Node(["a", "b"], ["c"]), Node(["b"], ["d"])])
    after = trial.reached(graph, ["a"])
    assert after["c"] == {"a"} and after["d"] == set() and after["a"] == {"a"}


def test_a_run_continues(tmp_path, monkeypatch, capsys):
    small = [(f"default-15-17-{mode}", ["--nodes", "15", "--count", "3", "--opset", "17", "--input-mode", mode, "--seed", "5"]) for mode in ("uniform", "special")]
    monkeypatch.setattr(soundness, "plan", lambda scale, seed, opsets: small[:1])
    monkeypatch.setattr(soundness.sys, "argv", ["soundness", "--out", str(tmp_path)])
    assert soundness.main() == 0
    first = (tmp_path / "chunks.jsonl").read_text("utf-8")
    monkeypatch.setattr(soundness, "plan", lambda scale, seed, opsets: small)
    assert soundness.main() == 0
    lines = (tmp_path / "chunks.jsonl").read_text("utf-8")
    assert lines.startswith(first) and [json.loads(x)["counts"]["models"] for x in lines.splitlines()] == [3, 3]
    assert '"models": 6' in capsys.readouterr().out
    assert list((tmp_path / "corpora").iterdir()) == []
