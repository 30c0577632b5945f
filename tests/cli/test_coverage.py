"""nngen coverage against what onnx and the oracle read from the same files."""
import csv
import io
import json

import onnx
import pytest
import sequence_oracle as oracle
from onnx import TensorProto, helper


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    import subprocess

    from conftest import NNGEN
    root = tmp_path_factory.mktemp("corpora")
    for name, nodes, seed in (("a", 18, 1), ("b", 9, 2)):
        subprocess.run([NNGEN, "--nodes", str(nodes), "--count", "25", "--seed", str(seed), "--inputs", "0", "--out", root / name, "--quiet"],
                       check=True, capture_output=True)
    return root


def have(folder):
    """Sequences of 1 to 4 operators, and pairs of operator and attribute, with the models that have them."""
    sequences, attributes = {}, {}
    for path in sorted(folder.glob("*/model.onnx")):
        for s in oracle.Model(path).sequences(1, 4):
            sequences.setdefault(s, set()).add(path)
        for n in onnx.load(path).graph.node:
            for a in n.attribute:
                attributes.setdefault((n.op_type, a.name), set()).add(path)
    return sequences, attributes


def report(nngen, *args):
    r = nngen("coverage", *args, "--format", "json")
    assert (r.code, r.err) == (0, "")
    return {(x["level"], x["length"]): x for x in json.loads(r.out)["levels"]}


def test_a_corpus(nngen, corpora):
    sequences, attributes = have(corpora / "a")
    levels = report(nngen, corpora / "a")
    for length in (1, 2, 3, 4):
        x = levels[("operators" if length == 1 else "sequences", length)]
        want = sorted(s for s in sequences if len(s) == length)
        assert x["models"] == len(want) > 20 and x["list"] == [list(s) for s in want]
        assert x["holders"] == [len(sequences[s]) for s in want]
    assert {tuple(x[:2]) for x in levels[("attributes", 1)]["list"]} == set(attributes)
    rows = list(csv.DictReader(io.StringIO(nngen("coverage", corpora / "a", "--format", "csv").out)))
    assert {tuple(r["sequence"].split(",")): int(r["models"]) for r in rows} == {s: len(m) for s, m in sequences.items() if len(s) > 1}
    pairs = sum(len(s) == 2 for s in sequences)
    ops = sum(len(s) == 1 for s in sequences)
    text = nngen("coverage", corpora / "a").out
    assert text.startswith("25 models\n")
    assert f" {pairs}  {int(1000 * pairs / ops**2) / 10} % of {ops**2} possible\n" in text


def test_what_a_suite_lacks(nngen, corpora):
    mine, theirs = have(corpora / "a")[0], have(corpora / "b")[0]
    levels = report(nngen, corpora / "a", "--against", corpora / "b")
    for length in (1, 2, 3, 4):
        x = levels[("operators" if length == 1 else "sequences", length)]
        a, b = ({s for s in c if len(s) == length} for c in (mine, theirs))
        assert (x["models"], x["suite"], x["both"]) == (len(a), len(b), len(a & b))
        assert x["list"] == [list(s) for s in sorted(a - b)] and (length == 1 or x["list"])
        assert x["holders"] == [len(mine[tuple(s)]) for s in x["list"]]
    same = report(nngen, corpora / "a", "--against", corpora / "a")
    assert all(x["list"] == [] and x["models"] == x["both"] for x in same.values())
    text = nngen("coverage", corpora / "a", "--against", corpora / "b").out
    assert "25 models, 25 of the suite\n" in text
    assert "sequences of 2 operators that the suite lacks, with the number of models that have them:\n" in text


def test_attribute_classes(nngen, tmp_path):
    attributes = {"zero": 0, "one": 1, "minus": -1, "low": -7, "high": 9, "real": 0.25, "word": "linear", "long": "x" * 41, "twos": [2, 2, 2],
                  "mixed": [1, 2], "single": [0], "reals": [0.5, 1.5],
                  "tensor": helper.make_tensor("t", TensorProto.INT64, [2, 1], [1, 2])}
    node = helper.make_node("Custom", ["x"], ["y"], domain="com.example", **attributes)
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in "xy"]
    onnx.save(helper.make_model(helper.make_graph([node], "g", value[:1], value[1:])), tmp_path / "m.onnx")
    r = nngen("coverage", tmp_path / "m.onnx", "--show", "attributes", "--format", "csv")
    got = {row["attribute"]: row["class"] for row in csv.DictReader(io.StringIO(r.out))}
    assert got == {"zero": "0", "one": "1", "minus": "-1", "low": "negative", "high": "above 1", "real": "below 1", "word": "'linear'", "long": "text",
                   "twos": "3 times above 1", "mixed": "2 numbers, mixed", "single": "1 times 0", "reals": "2 reals, mixed",
                   "tensor": "int64 tensor of rank 2"}
    assert "com.example.Custom,one,1,1\n" in r.out


def test_usage(nngen, tmp_path):
    (tmp_path / "a.txt").write_text("A,B\n")
    for args, message in (((), "coverage: expected models"), (("--against", tmp_path / "a.txt"), "coverage: expected models"), ((tmp_path / "a.txt", "--format", "plain"), "--format plain: expected text, json or csv"),
                          ((tmp_path / "a.txt", "--show", "sets"), "--show sets: expected operators, attributes or sequences"),
                          ((tmp_path / "a.txt", "--failed", "x"), "unknown option --failed")):
        r = nngen("coverage", *args)
        assert (r.code, r.out) == (2, "") and r.err.startswith(f"nngen: {message}\n")
    r = nngen("coverage", "--help")
    assert r.code == 0 and r.out.startswith("Usage: nngen coverage") and "--against" in r.out and "--reduce" not in r.out
    (tmp_path / "bad.onnx").write_bytes(b"\xff")
    r = nngen("coverage", tmp_path / "a.txt", tmp_path / "bad.onnx")
    assert r.code == 1 and "is not an ONNX model" in r.err and r.out.startswith("1 model\n")
