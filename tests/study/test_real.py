"""nngen-study real: the list of architectures, isolation of each export, the table; and, where the packages are installed, real exports."""
import argparse
import contextlib
import importlib.util
import io
import json
import os
import signal
import time

import numpy as np
import onnx
import pytest
from nngen.study import real, real_export, real_models

LACKING = [p for p in real.PACKAGES if importlib.util.find_spec(p) is None]
installed = pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}; REAL=yes nngen-study setup")


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
    count = {p: sum(real.package(e) == p for e in entries.values()) for p in ("transformers", "timm", "torchvision")}
    assert sum(count.values()) == len(entries) and count["transformers"] >= 26 and count["timm"] >= 20 and count["torchvision"] >= 7
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
    with pytest.raises(ValueError, match="input x: images is not a kind of input; there are tokens, mask and floats"):
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
    monkeypatch.setattr(real, "missing", dict)
    line = json.dumps(result("torch.onnx-script", "bert"))
    (tmp_path / "results.jsonl").write_text(line + "\n" + line[:20])  # the last line of a killed run
    status, text = run("--out", tmp_path, "--only", "bert")
    assert status == 0 and asked == [v for v in real_export.VARIANTS if v != "torch.onnx-script"]
    assert text == (tmp_path / "table.txt").read_text() or text.endswith((tmp_path / "table.txt").read_text())
    run("--out", tmp_path, "--only", "bert", "--quiet")
    assert len(asked) == 3


def test_packages_that_are_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(real, "missing", lambda: {"timm": "ModuleNotFoundError: timm"})
    monkeypatch.setattr(real, "isolated", lambda e, v, *_: result(v, e["name"], wall=0))
    status, text = run("--out", tmp_path, "--only", "bert,lcnet", "--quiet")
    assert status == 1 and "not installed: timm: ModuleNotFoundError: timm" in text and "not run: 1 of 2 architectures" in text
    assert {m for _, m in real.read(tmp_path / "results.jsonl")} == {"bert"}


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
