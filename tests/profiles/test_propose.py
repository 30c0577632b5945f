"""The script against a fake runtime whose faults are known: it must propose precisely these, and the proposed profile must run."""
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from nngen.profile import audit, features, measure, mixed, propose, separate, write

ROOT = Path(__file__).resolve().parents[2]
NNGEN = str(Path(os.environ.get("NNGEN", ROOT / "build/default/nngen")).resolve())
FAKE = str(Path(__file__).parent / "fake.py")
OPS = ["Abs", "Clip", "DepthToSpace", "Exp", "Neg", "Relu", "Tanh"]


def command(work, *more):
    return ["--adapter", FAKE, "--nngen", NNGEN, "--opsets", "13,17,22", "--count", "5", "--more", "30", "--seconds", "20", "--quiet", "--work", str(work),
            "--ops", ",".join(OPS), *more]


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fake")
    assert propose.main(command(folder)) == 0
    return folder


@pytest.fixture(scope="module")
def found(work):
    return json.loads((work / "report.json").read_text())


def decision(found, op):
    return next((d for d in found["decisions"] if d["op"] == op), None)


def test_what_runs_is_left_alone(found):
    assert decision(found, "Abs") is None and decision(found, "Neg") is None
    assert {d["op"] for d in found["decisions"]} == set(OPS) - {"Abs", "Neg"}
    assert found["outcomes"]["ok"] > 100 and found["not_generated"] == []


def test_refused_operator(found):
    assert decision(found, "Tanh")["exclude"] == [{"opset": "", "reason": "Unsupported operator: Tanh"}]
    assert not decision(found, "Tanh")["patch"] and not decision(found, "Tanh")["undecided"]


def test_crash_and_hang(tmp_path):
    assert propose.main(command(tmp_path, "--ops", "Ceil,Floor", "--opsets", "17", "--count", "2", "--seconds", "4")) == 0
    found = json.loads((tmp_path / "report.json").read_text())
    assert found["outcomes"] == {"crash": 2, "hang": 2}
    ceil, floor = decision(found, "Ceil")["exclude"], decision(found, "Floor")["exclude"]
    assert [e["opset"] for e in ceil + floor] == ["", ""]
    assert "SIGSEGV" in ceil[0]["reason"] and ceil[0]["reason"].startswith("crash")
    assert floor[0]["reason"].startswith("hang") and "no answer" in floor[0]["reason"]


def test_opset_range(found):
    assert decision(found, "Exp")["exclude"] == [{"opset": "17..", "reason": "Exp of opset N"}]


@pytest.mark.parametrize("op, where, reason", [
    ("DepthToSpace", "mode != 'CRD'", "depth_to_space: mode must be DCR"), ("Relu", "rank(X) < 4", "relu: N dimensions"),
    ("Clip", "not present(high)", "clip: no upper bound please")])
def test_patches(found, op, where, reason):
    d = decision(found, op)
    assert not d["exclude"] and not d["undecided"]
    same = {"mode != 'CRD'": ("mode == 'DCR'",)}.get(where, ())
    assert [p["where"] for p in d["patch"]] in [[w] for w in (where, *same)]
    assert d["patch"][0]["reason"] == reason and d["patch"][0]["opset"] == ""


def test_wrong_values_are_apart(found, work):
    assert [m["op"] for m in found["mismatches"]] == ["Neg"]
    m = found["mismatches"][0]
    assert m["wrong"] == m["models"] and m["dead"] and m["messages"] == ["values"]
    assert "Neg" not in (work / "fake.yaml").read_text()


def test_resumes(work, tmp_path):
    """Half of the measurements and a torn line: the other half is done again, the same is proposed; with wrong values when asked."""
    whole = (work / "measured.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "measured.jsonl").write_bytes(b"".join(whole[:-2]) + whole[-2][:30])
    assert propose.main(command(tmp_path, "--exclude-mismatch")) == 0
    again = (tmp_path / "measured.jsonl").read_bytes().splitlines(keepends=True)
    assert again[:-2] == whole[:-2] and len(again) == len(whole)
    a, b = (work / "fake.yaml").read_text(), (tmp_path / "fake.yaml").read_text()
    assert 'op: Neg, reason: "wrong values"' in b
    assert [x for x in b.splitlines() if "Neg" not in x and not re.match(r"  # \d+ of \d+ models$", x)] == a.splitlines()


def test_other_options_are_refused(work, capsys):
    assert propose.main(command(work, "--count", "6")) == 2
    assert "measured with another" in capsys.readouterr().err


def test_usage(capsys, tmp_path):
    assert propose.main(["--runtime", "none-such", "--nngen", NNGEN, "--work", str(tmp_path)]) == 2
    assert propose.main(command(tmp_path, "--ops", "NoSuch")) == 2
    err = capsys.readouterr().err
    assert "no such runtime: none-such" in err and "no such operator: NoSuch" in err


@pytest.fixture(scope="module")
def specs(work, tmp_path_factory):
    folder = tmp_path_factory.mktemp("table") / "specs"
    shutil.copytree(ROOT / "specs", folder)
    shutil.copy(work / "fake.yaml", folder / "profiles/fake.yaml")
    return folder


def test_the_profile_runs(specs, capsys):
    """It loads, its exclusions are listed, and no mixed model of it fails, while some do without it."""
    done = subprocess.run([NNGEN, "--specs", specs, "--profile", "fake", "--opset", "17", "--list-ops=json"], capture_output=True, text=True, check=True)
    out = {x["name"]: x["reason"] for x in json.loads(done.stdout)["left_out"]}
    assert out["Tanh"] == "Unsupported operator: Tanh" and out["Exp"] == "Exp of opset N" and "Relu" not in out
    common = ["--adapter", FAKE, "--nngen", NNGEN, "--quiet", "--count", "48", "--opsets", "13,22", "--seconds", "20"]
    more = f"--specs={specs} --ops={','.join(['Abs', 'Add', 'Clip', 'DepthToSpace', 'MatMul', 'Exp', 'Relu', 'Tanh'])}"
    assert mixed.main([*common, "--profile", "fake", "--nngen-args", more.replace(",Tanh", "").replace(",Exp", "")]) == 0
    assert " 0 do not" in capsys.readouterr().out
    assert mixed.main([*common, "--profile", "ort", "--nngen-args", more]) == 1
    said = capsys.readouterr().out
    assert "Unsupported operator: Tanh" in said and "Exp of opset N" in said


def test_suspects():
    models = [{"status": "failed", "ops": ["A", "B"]}] * 3 + [{"status": "ok", "ops": ["B", "C"]}] * 9
    assert mixed.suspects(models, ("failed",)) == [("A", 3, 3)]


def test_negation():
    for atom, other in (("rank(X) >= 4", "rank(X) < 4"), ("mode == 'a'", "mode != 'a'"), ("present(B)", "not present(B)"), ("not present(B)", "present(B)"),
                        ("all(x == 1 for x in pads)", "not (all(x == 1 for x in pads))")):
        assert features.negate(atom) == other


def test_spans():
    assert separate.spans({13, 17, 22}, {13, 17, 22}) == [""]
    assert separate.spans({13}, {13, 17, 22}) == ["..16"]
    assert separate.spans({17, 22}, {13, 17, 22}) == ["17.."]
    assert separate.spans({13, 22}, {13, 17, 22}) == ["..16", "22.."]
    assert separate.spans({17}, {13, 17, 22}) == ["17..21"]


def model(status, *atoms):
    return {"status": status, "atoms": list(atoms), "opset": 17, "message": "no" if status != "ok" else "", "others": []}


def test_conditions():
    """One condition, else two together, else several; and none that a model that runs contradicts."""
    ok, bad = [model("ok", "a", "c"), model("ok", "b", "d")], [model("failed", "a", "b")] * 3
    assert separate.decide("X", ok + bad)["patch"][0]["where"] == "not (a) or not (b)"
    either = [model("failed", "x"), model("failed", "x"), model("failed", "x"), model("failed", "y"), model("crash", "y"), model("failed", "y")]
    assert [p["where"] for p in separate.decide("X", ok + either)["patch"]] == ["not (x)", "not (y)"]
    same = [model("ok", "a"), model("failed", "a"), model("failed", "a"), model("failed", "a")]
    d = separate.decide("X", same)
    assert not d["patch"] and d["undecided"][0]["rates"] == ["a: 3 of 4 fail"]
    few = separate.decide("X", [model("ok", "a"), model("failed", "b")])
    assert not few["patch"] and few["undecided"][0]["hint"] == ["b"]
    unsaid = separate.decide("X", [model("ok", "a")] + [model("failed", "# B is computed")] * 4)
    assert not unsaid["patch"] and unsaid["undecided"][0]["hint"] == ["# B is computed"]


def test_helpers_are_not_blamed():
    """A model that fails for a helper which never runs says nothing of the operator."""
    families = [{"op": "Not", "opset": 17, "models": [{**model("failed"), "others": ["Cast"]}, {**model("ok"), "others": ["Where"]}]},
                {"op": "Cast", "opset": 17, "models": [model("failed")]}]
    assert [m["status"] for m in separate.attributable(families)["Not"]] == ["ok"]


def test_the_words_of_a_helper_are_not_the_operators():
    """A helper that fails now and then: failures with its words are its own, others are the operator's."""
    families = [{"op": "Not", "opset": 17, "models": [{**model("failed"), "others": ["Cast"]}, {**model("failed"), "others": ["Cast"], "message": "no bool"}]},
                {"op": "Cast", "opset": 17, "models": [model("failed"), model("ok")]}]
    assert [m["message"] for m in separate.attributable(families)["Not"]] == ["no bool"]
    families[0]["models"].pop()
    assert separate.attributable(families)["Not"] == []
    d = separate.decide("Not", [])
    assert not d["exclude"] and not d["patch"] and not d["undecided"]


REFUSING = """import sys

sys.path.insert(0, {here!r})
import fake

def run(path, inputs):
    import onnx

    ops = {{n.op_type for n in onnx.load(path).graph.node}}
    if {condition}:
        raise NotImplementedError("no " + ", ".join(sorted(ops)))
    return fake.run(path, inputs)
"""


def refusing(tmp_path, condition):
    """The command, with a runtime that refuses models where the condition holds of `ops`."""
    (tmp_path / "refusing.py").write_text(REFUSING.format(condition=condition, here=str(Path(__file__).parent)))
    return ["--adapter", str(tmp_path / "refusing.py"), "--nngen", NNGEN, "--opsets", "17", "--count", "3", "--more", "0", "--quiet", "--work", str(tmp_path / "w")]


def measured_of(tmp_path):
    return json.loads((tmp_path / "w" / "report.json").read_text()), [json.loads(x) for x in (tmp_path / "w" / "measured.jsonl").read_text().splitlines()[1:]]


def test_helpers_that_run(tmp_path):
    """Not and ArgMax cannot stand alone. Cast would help, but does not run on this runtime; so others do, and nothing is proposed for what runs."""
    command = refusing(tmp_path, "'Cast' in ops")
    assert propose.main([*command, "--ops", "Not,ArgMax,Tanh,Abs"]) == 0
    found, entries = measured_of(tmp_path)
    assert [d["op"] for d in found["decisions"]] == ["Tanh"] and found["not_generated"] == [] and found["helpers_blamed"] == {}
    assert set(found["helpers"]) == {"Not", "ArgMax"} and "Cast" not in found["helpers"]["Not"] | found["helpers"]["ArgMax"]
    by = {e["op"]: e for e in entries}
    assert {m["status"] for m in by["Cast"]["models"]} == {"failed"} and by["Abs"]["helpers"] == []
    for helper in by["Not"]["helpers"]:
        assert {m["status"] for m in by[helper]["models"]} == {"ok"}
    before = (tmp_path / "w" / "measured.jsonl").read_bytes()
    assert propose.main([*command, "--ops", "Not,ArgMax,Tanh,Abs"]) == 0  # nothing is measured again
    assert (tmp_path / "w" / "measured.jsonl").read_bytes() == before


def test_an_operator_that_fails_with_good_helpers(tmp_path):
    assert propose.main([*refusing(tmp_path, "'Not' in ops"), "--ops", "Not"]) == 0
    found, _ = measured_of(tmp_path)
    assert [d["op"] for d in found["decisions"]] == ["Not"] and found["decisions"][0]["helpers"] == ["Cast"]
    text = (tmp_path / "w" / "refusing.yaml").read_text()
    assert "  # measured with Cast: Not\n  - {op: Not, reason: " in text


def test_no_helper_runs(tmp_path, capsys):
    """The operator is left alone, and that is said."""
    assert propose.main([*refusing(tmp_path, "ops != {'Not'}"), "--ops", "Not", "--count", "1"]) == 0
    found, _ = measured_of(tmp_path)
    assert found["decisions"] == [] and [f["op"] for f in found["not_generated"]] == ["Not"]
    assert "not measured: Not at opset 17: no operator that runs gives" in capsys.readouterr().out
    assert "Not" not in (tmp_path / "w" / "refusing.yaml").read_text()


def test_a_model_without_a_reference(tmp_path, monkeypatch):
    """No reference runs it, the runtime does: that is no failure, and nothing is excluded."""
    monkeypatch.setattr(measure, "as_stated", lambda request: False)
    assert propose.main([*refusing(tmp_path, "False"), "--ops", "Abs"]) == 0
    found, _ = measured_of(tmp_path)
    assert found["outcomes"] == {"ok": 3} and found["without_reference"] == 3 and found["decisions"] == []


def test_comments_on_helpers():
    decisions = [{"op": op, "exclude": [{"opset": "", "reason": "no"}], "patch": [], "undecided": [], "helpers": h} for op, h in (("A", ["Cast"]), ("B", []), ("C", ["Cast"]))]
    assert write.profile("p", "d", decisions).splitlines()[2:] == ["exclude:", "  # measured with Cast: A, C", '  - {op: [A, B, C], reason: "no"}']


def test_audit(tmp_path, capsys):
    """What the runtime refuses is needed; what it runs is not, be it an operator that needs helpers."""
    specs = tmp_path / "specs"
    shutil.copytree(ROOT / "specs", specs)
    (specs / "profiles" / "fake.yaml").write_text(
        "profile: fake\nexclude:\n  - {op: [Abs, Not, Tanh], reason: no kernel}\n  - {op: Exp, opset: '17..', reason: late}\n  - {op: Sin, opset: '..16', reason: early}\n"
        "patch:\n  - {op: Relu, entry: {where+: ['rank(X) < 4']}, reason: ranks}\n  - {op: Cos, entry: {where+: ['rank(X) < 4']}, reason: ranks}\n")
    command = ["--adapter", FAKE, "--nngen", NNGEN, "--profile", "fake", "--specs", str(specs), "--opsets", "17", "--quiet", "--work", str(tmp_path / "w")]
    assert audit.main(command) == 1
    said = {(x["kind"], x["op"]): x for x in json.loads((tmp_path / "w" / "audit.json").read_text())}
    assert {k: x["bad"] > 0 for k, x in said.items()} == {
        ("exclude", "Abs"): False, ("exclude", "Not"): False, ("exclude", "Tanh"): True, ("exclude", "Exp"): True, ("exclude", "Sin"): False,
        ("patch", "Relu"): True, ("patch", "Cos"): False}
    assert said["exclude", "Not"]["helpers"] == ["Cast"] and said["exclude", "Sin"]["models"] == 0
    out = capsys.readouterr().out
    assert "no failure: exclude Abs" in out and "not measured: exclude Sin" in out and "needed: exclude Tanh ..: 30 of 30; no kernel" in out
    assert audit.main([*command, "--ops", "Tanh,Exp"]) == 0
    assert audit.main([*command, "--profile", "none-such"]) == 2


@pytest.mark.parametrize("span, opsets", [("17..", [17, 28]), ("..16", [13]), ("13..17", [13, 17]), ("17", [17]), ("..", [13, 17, 28])])
def test_within(span, opsets):
    assert [v for v in (13, 17, 28) if audit.within(v, span)] == opsets


def test_outcome():
    ok = {"status": "ok", "outputs": [{"excess": {"1e-03": 0.5}}]}
    assert measure.outcome(ok, "1e-03", 1.0) == ("ok", "")
    assert measure.outcome(ok, "1e-03", 0.1) == ("wrong", "values")
    assert measure.outcome({"status": "ok", "outputs": [{"shape": [[1], [2]]}]}, "1e-03", 1.0)[0] == "wrong"
    assert measure.outcome({"status": "ok", "outputs": [], "count": [2, 1]}, "1e-03", 1.0) == ("wrong", "2 outputs expected, 1 given")
    assert measure.plain("RuntimeError: Exception from a.cpp:5: Check 'false' failed at b.cpp:7: no rule") == "no rule"


def test_reference_adapter(tmp_path):
    """The example of an adapter runs as documented."""
    adapter = str(ROOT / "gen/python/nngen/profile/example.py")
    assert propose.main(["--adapter", adapter, "--nngen", NNGEN, "--opsets", "17", "--ops", "Relu,Add", "--count", "3", "--quiet", "--work", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "report.json").read_text())
    assert found["outcomes"] == {"ok": 6} and found["versions"]["onnx"] and found["decisions"] == []
    assert not (set(found["versions"]) - {"onnx"})
