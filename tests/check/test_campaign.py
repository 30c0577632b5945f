"""Campaigns, against a program that stands for nngen and has known faults."""
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nngen.judge import campaign, grouping, parts, plan
from nngen.judge.corpus import Problem

PATH = ":".join(str(Path(__file__).parents[2] / p) for p in ("tests", "gen/python"))
STAND_IN = """#!{python}
import argparse, sys
sys.path[:0] = {path!r}.split(":")
from check import fake, faults
p = argparse.ArgumentParser()
for flag in ("nodes", "count", "seed", "opset", "inputs", "jobs"):
    p.add_argument("--" + flag, type=int, default=1)
for flag in ("out", "ops", "profile"):
    p.add_argument("--" + flag)
for flag in ("quiet", "list-ops", "intervals"):
    p.add_argument("--" + flag, action="store_true")
a = p.parse_args()
open({calls!r}, "a").write("x")
if a.list_ops:
    print("# name since")
    print("\\n".join(o + "  1" for o in fake.OPERATORS))
    sys.exit()
op = a.ops and a.ops.split(",")[0]
helped = a.ops and "," in a.ops
if a.opset == 18:
    sys.exit("nngen: no such opset")
if op == "Where" and helped and a.nodes >= 3:
    op = None  # a mixed family, in which some models have it
elif op == "Add":
    op = "Relu"  # made, but without the operator
if op and op not in fake.UNARY:
    sys.exit("nngen: no model of " + str(a.nodes) + " nodes has " + op)
if op == "Tanh" and a.nodes < 3:
    sys.exit("nngen: Tanh needs 3 nodes")
fake.corpus(a.out, a.nodes, a.count, a.opset, a.inputs, a.seed, op)
if a.seed == 3:
    faults.FAULTS["negative_root"][0](faults.Bench(a.out))
"""


@pytest.fixture
def nngen(tmp_path):
    path = tmp_path / "nngen"
    path.write_text(STAND_IN.format(python=sys.executable, path=PATH, calls=str(tmp_path / "calls")))
    path.chmod(0o755)
    return path


def run(nngen, tmp_path, *args):
    out = tmp_path / "report.json"
    status = campaign.main(["--nngen", str(nngen), "--out", str(out), "--tmp", str(tmp_path), "--jobs", "1", *args])
    return status, json.loads(out.read_text()) if out.exists() else None


def test_clean_campaign(nngen, tmp_path):
    status, r = run(nngen, tmp_path, "--nodes", "15,20", "--seeds", "1-2", "--opsets", "13,17", "--count", "6", "--inputs", "2")
    assert status == 0
    assert (r["families"], r["models"], r["problems"]) == (8, 48, 0)
    assert r["observed_models"] == 48
    assert r["nodes"] == 4 * 6 * (15 + 20)
    assert not list(tmp_path.glob("campaign-*"))


def test_failures_are_counted_with_the_smallest_example(nngen, tmp_path):
    status, r = run(nngen, tmp_path, "--nodes", "20,15", "--seeds", "2-3", "--opsets", "17,18", "--count", "6", "--keep", str(tmp_path / "kept"))
    assert status == 1
    assert r["kinds"]["generate"] == 4
    bad = next(g for g in r["groups"] if g["kind"] == "not-finite")
    assert bad["op"] == "Sqrt" and bad["example"]["nodes"] == 15 and bad["example"]["model"] == "test_000000"
    assert "--seed 3 --opset 17" in bad["example"]["command"]
    assert (tmp_path / "kept" / "not_finite_Sqrt" / "model.onnx").exists()


def test_single_operators(nngen, tmp_path, capsys):
    status, r = run(nngen, tmp_path, "--single", "--opsets", "17", "--count", "6", "--opcampaign", "--only", "Abs,Neg,Relu,Sigmoid,Tanh,Where,Conv,Add")
    assert status == 1
    assert {op for op, rows in r["single"].items() if rows["17"]["having"]} == {"Abs", "Neg", "Relu", "Sigmoid", "Tanh", "Where"}
    where = r["single"]["Where"]["17"]
    assert 6 <= where["having"] <= where["models"] and where["nodes"] >= 3 and not where["problems"]
    assert r["single"]["Tanh"]["17"]["nodes"] == 3 and r["single"]["Relu"]["17"]["nodes"] == 1
    text = capsys.readouterr().out
    assert "operators without a problem at every opset tried: 6 of 8" in text
    assert "Conv | generate | 1 | opset 17 | no family of [_] nodes: exit status #: nngen: no model of # nodes has Conv" in text
    assert "Add is in # of # models" in text
    assert "--ops=Conv,Cast,Greater" in text


def test_resumed_campaign_does_the_rest_only(nngen, tmp_path):
    args = ("--nodes", "15", "--seeds", "1-3", "--opsets", "17", "--count", "2")
    _, part = run(nngen, tmp_path, *args, "--limit", "1")
    assert part["families"] == 1
    with open(tmp_path / "report.json.state.jsonl", "a") as f:
        f.write('{"key": "cut off')
    (tmp_path / "calls").unlink()
    _, r = run(nngen, tmp_path, *args)
    assert r["families"] == 3 and r["models"] == 6
    assert (tmp_path / "calls").read_text() == "xxx"  # --list-ops and two families
    (tmp_path / "calls").unlink()
    _, again = run(nngen, tmp_path, *args)
    assert again == r and (tmp_path / "calls").read_text() == "x"


def test_state_of_other_options_is_refused(nngen, tmp_path, capsys):
    args = ("--nodes", "15", "--seeds", "1", "--opsets", "17")
    assert run(nngen, tmp_path, *args, "--count", "2")[0] == 0
    assert run(nngen, tmp_path, *args, "--count", "3")[0] == 2
    assert "--restart" in capsys.readouterr().err
    status, r = run(nngen, tmp_path, *args, "--count", "3", "--restart")
    assert status == 0 and r["models"] == 3


def test_interrupted_campaign_reports_and_goes_on(nngen, tmp_path):
    out = tmp_path / "report.json"
    command = [sys.executable, "-m", "nngen.judge.campaign", "--nngen", str(nngen), "--out", str(out), "--tmp", str(tmp_path), "--jobs", "1",
               "--nodes", "15", "--seeds", "4-40", "--opsets", "17", "--count", "2"]
    p = subprocess.Popen(command, cwd=tmp_path, env={"PYTHONPATH": PATH}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    state = Path(str(out) + ".state.jsonl")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (state.exists() and state.read_text().count("\n") >= 3):
        time.sleep(0.02)
    p.send_signal(signal.SIGINT)
    _, err = p.communicate(timeout=60)
    assert p.returncode == 130, err
    r = json.loads(out.read_text())
    assert 2 <= r["families"] < 37
    assert not list(tmp_path.glob("campaign-*"))


def script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def arrives(path):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not path.exists():
        time.sleep(0.01)
    return path.exists()


def test_the_next_family_is_made_while_one_is_judged(tmp_path):
    nngen = script(tmp_path / "nngen", 'for x; do [ "$last" != --out ] || mkdir "$x"; last=$x; done\n')
    families = plan.mixed([7], [1, 2, 3], [17])
    made = campaign.made_ahead(plan.Generator(nngen, 5), [], families, tmp_path)
    seen = []
    for m in made:
        seen.append((m.family, m.error, Path(m.target).is_dir(), "--seed %d" % m.family.seed in m.command))
        assert len(seen) == 3 or arrives(tmp_path / f"family-{len(seen) % 2}")
        Path(m.target).rmdir()
    assert seen == [(f, None, True, True) for f in families]


def test_what_is_made_ahead_ends_with_the_campaign(tmp_path):
    nngen = script(tmp_path / "nngen", f'case "$*" in *"--seed 2"*) echo > {tmp_path}/begun; exec sleep 1000;; esac\n')
    made = campaign.made_ahead(plan.Generator(nngen, 5), [], plan.mixed([7], [1, 2, 3], [17]), tmp_path)
    assert next(made).family.seed == 1 and arrives(tmp_path / "begun")
    began = time.monotonic()
    made.close()
    assert time.monotonic() - began < 60


def test_messages_are_grouped_without_numbers_and_names():
    a = grouping.normal("[ONNXRuntimeError] : 1 : FAIL : Node (n12) Op (Conv) [ShapeInferenceError] Dimension mismatch {1,2} by {3, 4} at 0x7f3a")
    b = grouping.normal("[ONNXRuntimeError] : 1 : FAIL : Node (n3) Op (Conv) [ShapeInferenceError] Dimension mismatch {9,2} by {3, 8} at 0x1")
    assert a == b and "Conv" in a
    assert grouping.normal("'t1' is declared float32[3]") == grouping.normal("'t22' is declared float32[4, 5]")
    gs = grouping.group([Problem("k", "x 1", "m1", "A", 9), Problem("k", "x 2", "m2", "A", 3), Problem("k", "y", "m3", "A", 1)], {"opset": 17})
    assert [(g["count"], g["example"]["model"]) for g in gs] == [(2, "m2"), (1, "m3")]


def test_numbers():
    assert plan.numbers("1-3,7") == [1, 2, 3, 7]


@pytest.mark.parametrize("build", ["absent", "file"])
def test_parts_need_a_folder(tmp_path, capsys, build):
    (tmp_path / "file").touch()
    assert parts.main(["--nngen", "nngen", "--build", str(tmp_path / build), "--part", "single"]) == 2
    assert capsys.readouterr().err == f"nngen.judge.parts: --build {tmp_path / build}: no such folder\n"
