"""The measurement of reach on models of which it is known what they fire."""
import importlib.util
import itertools
import json
import os
import random
import re
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from reach import __main__ as program
from reach import claims, consumers, coverage, families, log, measure, ort, parts, patterns, structure, table
from reach.graph import Graph

HERE = Path(__file__).parent
NNGEN = os.environ.get("NNGEN", "build/default/nngen")
PATTERNS = patterns.read((HERE / "patterns.txt").read_text("utf-8"))


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda p: p.name)
def test_pass_of_a_pattern_is_seen(pattern):
    kind, _, name = pattern.name.partition(":")
    name, _, note = name.partition(" ")
    seen = ort.measure(pattern.model.SerializeToString(), pattern.settings)["transformers" if kind == "T" else "rules"]
    assert (name in seen) == (note != "(no)"), seen
    assert name in ort.passes()["transformers" if kind == "T" else "rules"]


def test_every_known_pass_has_a_pattern():
    shown = {p.name.split()[0] for p in PATTERNS}
    known = {f"{kind[0].upper()}:{n}" for kind in ("transformers", "rules") for n, p in ort.passes()[kind].items() if p["needs"] != "another execution provider"}
    assert known == shown


def test_logged_transformers_are_known():
    """A new version of ONNX Runtime may bring others."""
    with log.Lines() as lines:
        ort.session(PATTERNS[0].model.SerializeToString())
        names = set(re.findall(r"GraphTransformer (\S+) modified: ", lines.text()))
    assert len(names) > 40
    assert {n for n in names if not ort.BY_RULES.fullmatch(n)} <= set(ort.passes()["transformers"])


@pytest.mark.parametrize("seed", range(20))
def test_halving_finds_exactly_what_fires(seed):
    rng = random.Random(seed)
    names = list(range(20))
    firing = set(rng.sample(names, seed % 6))
    asked = []

    def fires(these):
        asked.append(these)
        return bool(firing & set(these))

    assert set(ort.halve(names, fires)) == firing
    assert len(asked) <= 1 + 10 * len(firing)


def test_two_rules_of_a_model_are_told_apart():
    model = patterns.model("x: float[2,3]\na = Relu(x)\nb = Identity(a)\nc = Dropout(b)\ny = Abs(c)\n-> y")
    got = ort.measure(model.SerializeToString())
    assert got["rules"] == ["EliminateDropout", "EliminateIdentity"]
    assert got["fused"] == []


def test_folding_is_no_real_fusion_and_an_unknown_pass_is_one():
    assert not ort.real_fusion(["ConstantFolding", "TransposeOptimizer"], ["NoopElimination"])
    assert ort.real_fusion(["ConstantFolding", "GeluFusionL2"], [])
    assert ort.real_fusion([], ["ConvAddFusion"])
    assert ort.real_fusion(["SomethingNew"], [])


def corpus(folder, texts):
    for i, text in enumerate(texts):
        place = folder / f"test_{i}"
        place.mkdir(parents=True)
        onnx.save(patterns.model(text), place / "model.onnx")
    return folder


LAYERS = "x: float[1,3,5,5]\nw: float[8,3,3,3] = ~\nc = Conv(x, w)\nr = Relu(c)\ns: float[] = 2\ny = Mul(r, s)\n-> y"


def test_sequences_shares_and_traits(tmp_path):
    folder = corpus(tmp_path, [LAYERS, "x: float[2,3]\na = Abs(x)\ny = Add(a, a)\n-> y"])
    got, each = measure.through("structure", program.find_models(folder))
    assert got["failures"] == []
    passes = got["passes"]
    assert passes["pairs"] == {"Abs,Add": 1, "Conv,Relu": 1, "Relu,Mul": 1}
    assert passes["triples"] == {"Conv,Relu,Mul": 1}
    assert passes["fours"] == {}
    assert passes["channels"] == {8: 1}
    assert passes["traits"] == {"Conv -> Relu": 1, "the same tensor twice in a node": 1}
    assert table.share(passes["shares"], "binary operators with a constant operand") == "50.0 %"
    assert table.share(passes["shares"], "2-D kernels 1x1 or 3x3") == "100.0 %"
    assert each["test_1"]["pairs"] == ["Abs,Add"]


def test_sequences_agree_with_all_paths():
    text = "x: float[2,3]\na = Abs(x)\nb = Relu(a)\nc = Add(a, b)\nd = Mul(c, b)\ny = Exp(d)\n-> y"
    g = Graph(patterns.model(text))
    follows = {(id(a), id(b)) for a, b in itertools.product(g.nodes, repeat=2) if set(a.output) & set(b.input)}
    for kind, length in structure.LENGTHS.items():
        paths = {",".join(n.op_type for n in p) for p in itertools.permutations(g.nodes, length) if all((id(a), id(b)) in follows for a, b in zip(p, p[1:]))}
        assert set(structure.sequences(g)[kind]) == paths


def test_median():
    assert table.median({1: 3, 8: 1}) == "1"
    assert table.median({1: 1, 8: 3}) == "8"
    assert table.median({}) is None


def test_a_broken_model_is_a_result(tmp_path):
    corpus(tmp_path, [LAYERS])
    (tmp_path / "test_9").mkdir()
    (tmp_path / "test_9" / "model.onnx").write_bytes(b"no model")
    for name in ("onnxruntime", "structure"):
        got, _ = measure.through(name, program.find_models(tmp_path))
        assert got["models"] == 2
        assert [f[:2] for f in got["failures"]] == [["test_9", "failed"]]


def test_one_command_one_table(tmp_path, capsys):
    """What `make check` runs of the measurement: a small family, with both of the consumers that are always there."""
    out = tmp_path / "out"
    program.main(["--families", "15 nodes", "--nngen", NNGEN, "--count", "30", "--consumers", "onnxruntime,structure", "--jobs", "2", "--out", str(out)])
    text = capsys.readouterr().out
    assert "| reach | 15 nodes | real models |" in text
    assert "of the 39 that the operator table can fire" in text
    assert "of the 19 that the operator table can fire" in text
    assert (out / "table.md").read_text("utf-8").strip() == text.strip()
    found = json.loads((out / "reach.json").read_text("utf-8"))["corpora"]["15 nodes"]
    assert found["models"] == 30
    assert all(c["failures"] == [] for c in found["consumers"].values())
    assert found["consumers"]["onnxruntime"]["passes"]["transformers"]
    assert len((out / "models.jsonl").read_text("utf-8").splitlines()) == 60


def test_an_interrupted_measurement_goes_on(tmp_path, capsys, monkeypatch):
    """What is kept is not measured again, unless a model, a data set, the code or a package is another."""
    models = corpus(tmp_path / "models", ["x: float[2,3]\ny = Abs(x)\n-> y", "x: float[2,3]\ny = Exp(x)\n-> y"])
    out = tmp_path / "out"

    def measured(*names):
        program.main([f"a={models}", "--consumers", ",".join(names), "--jobs", "1", "--out", str(out)])
        said = capsys.readouterr().err.splitlines()
        return {re.match("a: ([a-z]+), ", line).group(1) for line in said if "as measured before" not in line}, json.loads((out / "reach.json").read_text("utf-8"))

    assert measured("onnxruntime")[0] == {"onnxruntime"}
    again, both = measured("onnxruntime", "structure")
    assert again == {"structure"}
    assert measured("onnxruntime", "structure") == (set(), both)
    kept = out / "parts" / "a--structure.json"
    kept.write_text(kept.read_text("utf-8")[:-9], "utf-8")  # a file that was cut short
    assert measured("onnxruntime", "structure") == ({"structure"}, both)
    (models / "test_1" / "test_data_set_0").mkdir()
    (models / "test_1" / "test_data_set_0" / "input_0.pb").write_bytes(onnx.numpy_helper.from_array(np.zeros((2, 3), np.float32), "x").SerializeToString())
    assert measured("onnxruntime", "structure")[0] == {"onnxruntime", "structure"}
    monkeypatch.setattr(parts, "of_code", lambda: "another")
    assert measured("structure")[0] == {"structure"}
    monkeypatch.setattr(parts.importlib.metadata, "version", lambda package: "0.0" if package == "onnx" else "1.0")
    assert measured("structure")[0] == {"structure"}
    assert measured("structure")[0] == set()


def test_a_family_that_nngen_refuses_is_named(tmp_path):
    refused = families.Family("odd", "--nodes none")
    assert "none" in families.make(refused, NNGEN, 1, tmp_path / "odd")


def test_families_together_show_what_any_of_them_shows():
    a = {"models": 2, "consumers": {"onnxruntime": {"models": 2, "passes": {"rules": {"A": 1, "B": 2}}, "failures": []}}}
    b = {"models": 3, "consumers": {"onnxruntime": {"models": 3, "passes": {"rules": {"B": 1, "C": 1}}, "failures": [["m", "crash", ""]]}}}
    got = program.together({"a": a, "b": b}, ["a", "b"])
    assert got["models"] == 5
    assert got["consumers"]["onnxruntime"] == {"models": 5, "passes": {"rules": {"B": 3, "A": 1, "C": 1}}, "failures": [["m", "crash", ""]]}


def test_unknown_names_are_refused():
    with pytest.raises(SystemExit, match="no such consumer: nobody"):
        program.chosen("onnxruntime,nobody")
    with pytest.raises(SystemExit, match="no family 7 nodes"):
        families.named("7 nodes")


def test_claims_of_motifs(tmp_path, capsys):
    """A motif says what it fires; a wrong claim is named, a right one is not."""
    specs = tmp_path / "specs"
    shutil.copytree(HERE.parents[1] / "specs", specs)
    shutil.rmtree(specs / "motifs")
    (specs / "motifs").mkdir()
    motif = '  {}: {{doc: d, in: {{x: "float32[..] in -8..8"}}, nodes: {{s: Sigmoid(x), y: "Mul(x, s)"}}, out: y, fires: {{onnxruntime: {}}}}}\n'
    (specs / "motifs" / "m.yaml").write_text("motifs:\n" + motif.format("right", "QuickGeluFusion") + motif.format("wrong", "[QuickGeluFusion, GemmSumFusion]"), "utf-8")
    run = ["--nngen", NNGEN, "--specs", str(specs)]
    assert claims.main(run) == 1
    assert re.fullmatch(r"wrong: onnxruntime does not fire GemmSumFusion in [1-9]\d* models that hold it\n2 motifs, 1 with claims that do not hold\n", capsys.readouterr().out)
    assert claims.main(["right", *run]) == 0
    with pytest.raises(SystemExit, match="no such motif: other"):
        claims.main(["other", *run])


EXAMPLES = {
    "onnxoptimizer": ("x: float[2,3]\na = Abs(x)\nb = Identity(a)\ny = Exp(b)\n-> y", "passes", "eliminate_identity"),
    "onnxslim": (LAYERS.replace("r = Relu(c)", "b: float[1,8,1,1] = ~\nr = Add(c, b)"), "patterns", "FusionConvAdd"),
    "onnxscript": ("x: float[2,3]\na = Transpose(x) {perm=[1,0]}\nb = Transpose(a) {perm=[1,0]}\ny = Exp(b)\n-> y", "rules", "TransposeTranspose"),
    "openvino": ("x: float[2,3]\nw: float[2,3] = ~\na = Exp(w)\ny = Add(x, a)\n-> y", "passes", "ov::pass::ConstantFolding"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_other_consumers(tmp_path, name):
    if why := consumers.why_not(consumers.REGISTRY[name]):
        pytest.skip(why)
    text, kind, expected = EXAMPLES[name]
    got, each = measure.through(name, program.find_models(corpus(tmp_path, [text, "x: float[2,3]\ny = Abs(x)\n-> y"])))
    assert got["failures"] == []
    assert expected in each["test_0"][kind]
    assert name == "openvino" or expected not in each["test_1"][kind]


@pytest.mark.parametrize("name", ["onnxslim", "onnxscript"])
def test_coverage_of_python_consumers(tmp_path, name):
    if why := consumers.why_not(consumers.REGISTRY[name]) or not importlib.util.find_spec("coverage") and "coverage is not installed":
        pytest.skip(why)
    models = program.find_models(corpus(tmp_path / "models", [EXAMPLES[name][0], "x: float[2,3]\ny = Abs(x)\n-> y"]))
    shares = []
    for number, some in enumerate((models[1:], models)):
        data = tmp_path / str(number)
        data.mkdir()
        got, _ = measure.through(name, some, covered=str(data))
        assert got["failures"] == []
        shares.append(coverage.shares(name, consumers.REGISTRY[name].sources, data))
    for kind in ("lines", "branches"):
        assert 0 < shares[0][kind][0] < shares[1][kind][0] < shares[1][kind][1]
        assert shares[0][kind][1] == shares[1][kind][1]
