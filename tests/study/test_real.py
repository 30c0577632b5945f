"""nngen-study real: the list of architectures, isolation of each export, the table; and, where the packages are installed, real exports."""
import argparse
import contextlib
import importlib.util
import io
import json
import os
import signal
import sys
import time

import numpy as np
import onnx
import pytest
from nngen.study import places, real, real_export, real_keras, real_models, real_torch

LACKING = [p for p in real.PACKAGES if importlib.util.find_spec(p) is None]
LACKING_KERAS = [p for p in real.KERAS if importlib.util.find_spec(p) is None]
installed = pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}; REAL=yes nngen-study setup")
with_keras = pytest.mark.skipif(bool(LACKING_KERAS), reason=f"not installed: {', '.join(LACKING_KERAS)}; nngen-study setup --target tensorflow")


def run(*words):
    p = argparse.ArgumentParser()
    real.command(p.add_subparsers())
    args = p.parse_args(["real", *map(str, words)])
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        status = args.function(args)
    return status, text.getvalue()


def test_list():
    entries = real_models.architectures()
    assert len(entries) >= 60
    count = {p: sum(real.package(e) == p for e in entries.values()) for p in ("transformers", "timm", "torchvision", "keras")}
    assert sum(count.values()) == len(entries) and count["transformers"] >= 26 and count["timm"] >= 20 and count["torchvision"] >= 7 and count["keras"] >= 10
    for e in entries.values():
        assert any(name for i in e["inputs"] for name, *_ in i.dims), e["name"]  # something to be dynamic
        sizes = {}
        for name, size, other in (d for i in e["inputs"] for d in i.dims):
            assert size > 0 and other > 0 and (name == "") == (size == other)
            if name:
                assert sizes.setdefault(name, (size, other)) == (size, other), (e["name"], name)


def test_inputs_are_parsed():
    found = real_models.parse_input("x", "tokens<60 batch=2/3 9")
    assert (found.kind, found.below, found.dims) == ("tokens", 60, [("batch", 2, 3), ("", 9, 9)])
    with pytest.raises(ValueError, match="input x: images is not a kind of input; there are tokens, mask, floats, pixels"):
        real_models.parse_input("x", "images 2 3")


def test_two_of_one_name(tmp_path):
    entry = {"name": "a", "class": "timm:create_model", "inputs": {"x": "floats 1"}}
    (tmp_path / "list.json").write_text(json.dumps([entry, entry]))
    with pytest.raises(ValueError, match="two architectures are named a"):
        real_models.architectures(tmp_path / "list.json")


def test_unknown_architecture():
    with pytest.raises(SystemExit, match="no such architecture: nothing; there are bert, "):
        run("--only", "bert,nothing", "--names")
    assert run("--only", "gpt2", "--names") == (0, "gpt2                    transformers:GPT2LMHeadModel\n")


@pytest.mark.parametrize("values,mean", [(np.zeros((40, 50)), 0), (np.full((40, 50), 1.0), 0), (np.linspace(-0.02, 0.02, 2000).reshape(40, 50), 0), (np.zeros(300), 0),
                                         (np.full(300, 1e-6), 1)])
def test_weights_that_hide_what_they_multiply_are_drawn(values, mean):
    g = np.random.default_rng(1)
    drawn = real_models.new_values(values, 25, g.standard_normal, g.random)
    assert drawn.shape == values.shape and abs(drawn.mean() - mean) < 0.1
    assert abs(drawn.std() - (0.2 if values.ndim == 2 else 0.1 if mean == 0 else 0.29)) < 0.03  # matrices: 1 by the root of 25 inputs


def test_weights_with_a_meaning_stay():
    assert real_models.new_values(np.linspace(-1, 1, 2000).reshape(40, 50), 25, None, None) is None


def test_the_exporters_of_a_framework():
    entries = real_models.architectures()
    assert real_export.framework(entries["bert"]) is real_torch and real_export.framework(entries["keras-resnet"]) is real_keras
    assert not set(real_torch.VARIANTS) & set(real_keras.VARIANTS) and real_export.VARIANTS == {**real_torch.VARIANTS, **real_keras.VARIANTS}


def test_inputs_of_keras():
    entry = real_models.architectures()["keras-efficientnet"]
    (first,), (other,) = real_keras.draw_inputs(entry), real_keras.draw_inputs(entry, other=True)
    assert first.shape == (2, 64, 64, 3) and other.shape == (3, 64, 64, 3) and first.dtype == np.float32
    assert first.min() == 0 and first.max() == 255 and (first == np.round(first)).all() and (first == real_keras.draw_inputs(entry)[0]).all()
    tokens = {"inputs": [real_models.parse_input("x", "tokens 2 3")]}
    with pytest.raises(ValueError, match="input x: tokens is not a kind of input of Keras; there are floats and pixels"):
        real_keras.draw_inputs(tokens)


# ---- isolation: what takes the place of an export ends in every way ----
def isolated(tmp_path, monkeypatch, one, seconds=20, memory=4096):
    monkeypatch.setattr(real_export, "one", one)
    (tmp_path / "x").mkdir(exist_ok=True)
    (tmp_path / "x" / "left").write_text("of an earlier run")
    return real.isolated({"name": "a"}, "torch.onnx-script", tmp_path / "x", seconds, memory)


def test_export_that_raises(tmp_path, monkeypatch):
    def one(entry, variant, folder, stage):
        stage("convert")
        (folder / "model.onnx").write_bytes(b"half")
        print("what the exporter prints")
        raise ValueError("please report this") from RuntimeError("no such operator")

    r = isolated(tmp_path, monkeypatch, one)
    assert (r["status"], r["stage"], r["error"], r["model"]) == ("failed", "convert", "RuntimeError: no such operator", "a")
    assert (tmp_path / "x/model.failed").read_bytes() == b"half" and not (tmp_path / "x/model.onnx").exists() and not (tmp_path / "x/left").exists()
    assert "what the exporter prints" in (tmp_path / "x/log").read_text()


def test_export_that_dies(tmp_path, monkeypatch):
    def one(entry, variant, folder, stage):
        stage("load")
        os.kill(os.getpid(), signal.SIGKILL)

    r = isolated(tmp_path, monkeypatch, one)
    assert (r["status"], r["stage"], r["error"]) == ("crash", "load", "SIGKILL")


def test_export_that_hangs_is_ended_with_its_children(tmp_path, monkeypatch):
    def one(entry, variant, folder, stage):
        if (pid := os.fork()) == 0:
            time.sleep(60)
        (folder / "pid").write_text(str(pid))
        stage("convert")
        time.sleep(60)

    r = isolated(tmp_path, monkeypatch, one, seconds=1.5)
    assert (r["status"], r["stage"], r["error"]) == ("hang", "convert", "no answer within 1.5 s")
    pid = int((tmp_path / "x/pid").read_text())
    until = time.monotonic() + 10
    while time.monotonic() < until and os.path.exists(f"/proc/{pid}/stat") and open(f"/proc/{pid}/stat").read().split()[2] != "Z":
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{pid}/stat") or open(f"/proc/{pid}/stat").read().split()[2] == "Z"


def test_export_that_takes_memory(tmp_path, monkeypatch):
    def one(entry, variant, folder, stage):
        held = b"x" * (400 << 20)
        time.sleep(60)
        return held

    r = isolated(tmp_path, monkeypatch, one, memory=300)
    assert (r["status"], r["error"]) == ("memory", "more than 300 MiB")


# ---- what is said of results ----
def result(target, model, **more):
    return {"target": target, "model": model, "nodes": 3, "status": "ok", "outputs": [{"name": "y"}], **more}


def test_table_beside_synthetic_models():
    off = [{"name": "y", "abs": 5e-6}]
    rows = [result("torch.onnx-script", "a"), result("torch.onnx-script", "b", outputs=off),
            {"target": "torch.onnx-script", "model": "c", "nodes": 0, "status": "failed", "stage": "convert", "error": ""},
            {"target": "torch.onnx-script", "model": "d", "nodes": 0, "status": "failed", "stage": "load", "error": ""},
            {"target": "torch.onnx-script", "model": "e", "nodes": 0, "status": "failed", "stage": "import", "error": ""}]
    lines = real.table(rows, [result("torch.onnx-dynamo", "s"), result("tract", "s")]).splitlines()
    assert lines[0].split() == ["target", "models", "reached", "converted", "loaded", "1e-7", "1e-5", "1e-3", "loose"]
    assert lines[1].split() == ["torch.onnx-script", "5", "4", "3", "2", "1", "2", "2", "2"]
    assert lines[2].split() == ["synthetic:", "torch.onnx-dynamo", *"11111111"] and len(lines) == 3


def test_another_number_of_outputs_is_a_difference():
    found = {}
    assert real_export.compared([np.zeros(2)], [], [], 0, found) == {"count": [1, 0]} and found == {}


def test_goes_on_where_it_was(tmp_path, monkeypatch):
    asked = []

    def isolated(entry, variant, folder, seconds, memory):
        asked.append(variant)
        return result(variant, entry["name"], wall=0)

    monkeypatch.setattr(real, "isolated", isolated)
    monkeypatch.setattr(real, "missing", lambda names: {})
    line = json.dumps(result("torch.onnx-script", "bert"))
    (tmp_path / "results.jsonl").write_text(line + "\n" + line[:20])  # the last line of a killed run
    status, text = run("--out", tmp_path, "--only", "bert")
    assert status == 0 and asked == [v for v in real_torch.VARIANTS if v != "torch.onnx-script"]
    assert text == (tmp_path / "table.txt").read_text() or text.endswith((tmp_path / "table.txt").read_text())
    run("--out", tmp_path, "--only", "bert", "--quiet")
    assert len(asked) == 3


def test_packages_that_are_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(real, "missing", lambda names: {"timm": "ModuleNotFoundError: timm"})
    monkeypatch.setattr(real, "isolated", lambda e, v, *_: result(v, e["name"], wall=0))
    status, text = run("--out", tmp_path, "--only", "bert,lcnet", "--quiet")
    assert status == 1 and "not installed: timm: ModuleNotFoundError: timm" in text and "not run: 1 of 2 architectures" in text
    assert {m for _, m in real.read(tmp_path / "results.jsonl")} == {"bert"}


PROGRAM = """#!{python}
import json, os, sys
words = dict(zip(sys.argv[5::2], sys.argv[6::2]))
with open(words["--out"] + "/results.jsonl", "a") as f:
    for name in words["--only"].split(","):
        f.write(json.dumps({{"target": "tf2onnx-keras", "model": name, "nodes": 1, "status": "ok", "outputs": []}}) + "\\n")
open(words["--out"] + "/words", "w").write(" ".join(sys.argv[1:5]) + os.environ["NNGEN_STUDY_ENV"])
sys.exit(3)
"""


def test_keras_runs_in_its_environment(tmp_path, monkeypatch):
    """Its command gets those entries alone; the table has the results of both, and what it could not run counts."""
    monkeypatch.setenv("NNGEN_STUDY_ENV", str(tmp_path / "env"))
    assert real.apart({"x": {"class": "keras.applications:X"}}) == {}  # it is not there
    program = places.apart("tensorflow") / "bin/python"
    program.parent.mkdir(parents=True)
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setattr(real, "missing", lambda names: {n: "?" for n in names if n in ("tensorflow", "keras")})
    monkeypatch.setattr(real, "isolated", lambda e, v, *_: result(v, e["name"], wall=0))
    status, text = run("--out", tmp_path, "--only", "bert,keras-nasnet,keras-resnet", "--quiet")
    assert status == 1 and "not installed" not in text
    assert (tmp_path / "words").read_text() == "-m nngen.study real --partnone"
    rows = {line.split("  ")[0]: line.split()[-8] for line in text.splitlines()}
    assert rows["tf2onnx-keras"] == "2" and rows["torch.onnx-script"] == "1"


def test_keras_without_its_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("NNGEN_STUDY_ENV", str(tmp_path / "env"))
    monkeypatch.setattr(real, "missing", lambda names: {n: "no" for n in names if n == "keras"})
    status, text = run("--out", tmp_path, "--only", "keras-nasnet", "--quiet")
    assert status == 1 and "not installed: keras: no" in text and "nngen-study setup --target tensorflow" in text


# ---- with the packages ----
@installed
@pytest.mark.parametrize("name", ["gpt2", "resnet10t"])
def test_exports(tmp_path, name):
    status, _ = run("--out", tmp_path, "--only", name, "--quiet")
    results = real.read(tmp_path / "results.jsonl")
    assert status == 0 and {v for v, _ in results} == set(real_export.VARIANTS)
    assert len(real.column(list(results.values()))) == 8 and real.column(list(results.values()))[6] == 4  # right within 1e-3
    for (variant, _), r in results.items():
        folder = tmp_path / name / variant.replace(" ", "-")
        graph = onnx.load(folder / "model.onnx").graph
        assert any(d.dim_param for i in graph.input for d in i.type.tensor_type.shape.dim) == variant.endswith("dynamic")
        assert r["nodes"] == len(graph.node) > 5 and 0.1 < r["size"][0] <= r["size"][1] < 100
        assert len(list(folder.glob("test_data_set_*"))) == (2 if variant.endswith("dynamic") else 1)


@installed
def test_weights_and_statistics_are_drawn():
    import torch

    entry = real_models.architectures()["resnet10t"]
    first, second = real_models.build(entry), real_models.build(entry)
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values()))
    assert all(p.numel() == 1 or float(p.detach().std()) > 0 for p in first.parameters())
    norms = [m for m in first.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert norms and all(float(m.running_mean.std()) > 0 and not m.training for m in norms)


@with_keras
def test_exports_of_keras(tmp_path):
    run("--out", tmp_path, "--only", "keras-mobilenet", "--quiet", "--part")
    results = real.read(tmp_path / "results.jsonl")
    assert {v for v, _ in results} == set(real_keras.VARIANTS) and real.column(list(results.values()))[6] == 4  # right within 1e-3
    for (variant, _), r in results.items():
        graph = onnx.load(tmp_path / "keras-mobilenet" / variant.replace(" ", "-") / "model.onnx").graph
        assert (graph.input[0].type.tensor_type.shape.dim[0].dim_value == 0) == variant.endswith("dynamic")
        assert r["nodes"] == len(graph.node) > 50 and 0.1 < r["size"][0] <= r["size"][1] < 100
