"""--ops: names that the table does not have at the moment, and operators that cannot fill a graph alone."""
import json
import re
import shutil
from pathlib import Path

import onnx
import pytest

SPECS = Path(__file__).resolve().parents[2] / "specs"


def listed(nngen, *arguments):
    return re.findall(r"^(\w+)", nngen("--list-ops", *arguments).out, re.M)


def helpers_of(err):
    found = re.search(r"added (.+), which connects? (.+) to graph inputs and outputs", err)
    return (re.split(", | and ", found[1]), re.split(", | and ", found[2])) if found else ([], [])


def test_every_operator_alone(nngen):
    """Either it fills a graph, or helpers are added and named. Those that need them are the operators with other types than data, and
    those that are made of nothing."""
    helped = {}
    for op in listed(nngen):
        r = nngen("--ops", op, "--nodes", 2, "--count", 1, "--inputs", 0, "--dry-run")
        assert r.code >= 0, (op, r.err)  # a signal is negative
        helpers, served = helpers_of(r.err)
        if helpers:
            assert served == [op]
            helped[op] = helpers
    assert {"ArgMax", "And", "Constant", "Equal", "Not", "Range", "Shape"} <= helped.keys() and len(helped) >= 20
    for op, helpers in helped.items():
        assert len(helpers) <= 2
        r = nngen("--ops", op, "--nodes", 20, "--count", 20, "--inputs", 0, "--dry-run")
        assert r.code == 0 and "missing" not in r.err, (op, r.err)
        assert f"{1 + len(helpers)} of {1 + len(helpers)} operators" in r.out


def test_helpers_are_stated(nngen, tmp_path):
    r = nngen("--ops", "Not, ArgMax", "--nodes", 8, "--count", 4, "--out", tmp_path / "c")
    assert r.code == 0
    assert r.err.splitlines()[0] == "nngen: --ops: added Cast, which connects ArgMax and Not to graph inputs and outputs"
    manifest = json.loads((tmp_path / "c" / "manifest.json").read_text())
    assert manifest["helpers"] == ["Cast"] and manifest["options"]["ops"] == "Not, ArgMax" and "unavailable" not in manifest
    assert {n.op_type for f in tmp_path.glob("c/*/model.onnx") for n in onnx.load(f).graph.node} == {"ArgMax", "Cast", "Not"}
    assert nngen("verify", tmp_path / "c").code == 0
    quiet = nngen("--ops", "Not", "--nodes", 8, "--count", 1, "--quiet", "--dry-run")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_no_helpers_without_need(nngen, tmp_path):
    for ops in ("Relu,Add", "ArgMax,Cast", "-Cast", "Max,Range"):
        r = nngen("--ops", ops, "--nodes", 6, "--count", 2, "--out", tmp_path / "c", "--force")
        assert r.code == 0 and "added" not in r.err
        assert not {"helpers", "unavailable"} & json.loads((tmp_path / "c" / "manifest.json").read_text()).keys()


def test_few_helpers_for_many(nngen):
    r = nngen("--list-ops", "--ops", "And,ArgMax,ArgMin,Equal,IsNaN,Not,Or,Shape,Xor,Relu")
    assert r.err == "nngen: --ops: added Add and Cast, which connect And, ArgMax, ArgMin and 6 more to graph inputs and outputs\n"


@pytest.mark.parametrize("ops", ["And,Relu,Cast,-Cast", "And,Relu,-Cast", "-Cast,And,Relu"])
def test_what_is_forbidden_is_no_helper(nngen, ops):
    r = nngen("--ops", ops, "--nodes", 12, "--count", 10, "--dry-run")
    helpers, served = helpers_of(r.err)
    assert helpers and "Cast" not in helpers and served == ["And"] and r.code == 0
    assert "missing" not in r.err


def test_no_helper_is_left(nngen):
    """All that could help is forbidden: the operator is missing, as where the family has no place for it, and the others are used."""
    forbidden = [f"-{op}" for op in listed(nngen) if op not in ("Not", "Relu")]
    r = nngen("--ops", ",".join(["Not", "Relu", *forbidden]), "--nodes", 4, "--count", 1, "--dry-run")
    assert r.code == 0 and "added" not in r.err and "missing operator Not" in r.err and "1 of 2 operators" in r.out, r.err


def test_shards_with_helpers(nngen, tmp_path):
    family = ("--ops", "Equal,Relu,Gelu", "--nodes", 8, "--count", 6)
    whole = nngen(*family, "--out", tmp_path / "whole")
    for k in (1, 2):
        assert nngen(*family, "--shard", f"{k}/2", "--out", tmp_path / f"s{k}").code == 0
    assert whole.code == 0 and nngen("merge", tmp_path / "m", tmp_path / "s1", tmp_path / "s2").code == 0
    assert (tmp_path / "m" / "manifest.json").read_bytes() == (tmp_path / "whole" / "manifest.json").read_bytes()
    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert manifest["helpers"] == ["Add", "Cast"]
    assert manifest["unavailable"] == [{"name": "Gelu", "reason": "is not in opset 17"}]


@pytest.fixture()
def mine(tmp_path):
    shutil.copytree(SPECS, tmp_path / "t")
    (tmp_path / "t" / "profiles" / "mine.yaml").write_text("profile: mine\nexclude:\n  - {op: [Conv, Softmax], reason: no kernel}\n")
    return "--specs", tmp_path / "t", "--profile", "mine"


def test_operators_that_are_missing(nngen, mine):
    """They are named with the reason; the others are used."""
    r = nngen(*mine, "--ops", "Conv,Relu,Gelu,BitShift,Conv", "--nodes", 4, "--count", 2, "--dry-run")
    assert r.code == 0 and "1 of 1 operators" in r.out
    assert r.err.splitlines() == [
        "nngen: --ops: operator Conv is left out of profile mine at opset 17: no kernel; the others are used",
        "nngen: --ops: operator Gelu is not in opset 17; the others are used",
        "nngen: --ops: operator BitShift needs --types with uint8, uint16, uint32 or uint64; the others are used"]


@pytest.mark.parametrize("ops, message", [
    ("Conv", "operator Conv is left out of profile mine at opset 17: no kernel\n"),
    ("Gelu,Conv", "operator Gelu is not in opset 17; none of the 2 named operators is available\n"),
    ("Conv,Rulu,Relu", "unknown operator Rulu; did you mean Relu?\n")])
def test_none_is_left(nngen, mine, ops, message):
    r = nngen(*mine, "--ops", ops, "--dry-run")
    assert r.code == 2 and r.err.startswith(f"nngen: {message}")


def test_paths_of_operators_that_are_missing(nngen, mine):
    """A forbidden path is avoided all the same; one that every model is to have cannot be had."""
    family = (*mine, "--ops", "Relu,Abs", "--nodes", 6, "--count", 2, "--dry-run")
    assert nngen(*family, "--avoid", "Conv,Relu", "--avoid", "Abs,Gelu").code == 0
    r = nngen(*family, "--contain", "Conv,Relu")
    assert r.code == 2 and "contain Conv,Relu: operator Conv is left out of profile mine at opset 17: no kernel" in r.err
    for flag in ("--avoid", "--contain"):
        assert "unknown operator Convv" in nngen(*family, flag, "Relu,Convv").err


def test_seeds_have_helpers(nngen, tmp_path):
    r = nngen("seeds", "--ops", "Not", "--count", 3, "--out", tmp_path / "seeds")
    assert r.code == 0 and "nngen: --ops: added Cast, which connects Not" in r.err
