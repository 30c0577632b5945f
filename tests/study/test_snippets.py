"""Programs in a framework's own words: their stages, with a stand-in for PyTorch whose exporter errs as it is told."""
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nngen.study import snippets
from nngen.study.snippets import Snippet
from study import recheck
from study.findings import Finding

STANDIN = str(Path(__file__).with_name("standin"))


@pytest.fixture(scope="module")
def bench():
    """Children that import the stand-in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([STANDIN, os.environ.get("PYTHONPATH", "")]))
        b = recheck.Bench()
        yield b
        b.close()


def snippet(does, expected="x + 1", **more):
    return Snippet("torch", "x + 1", {"x": "np.arange(6, dtype=np.float32).reshape(2, 3)"}, expected, before=f'torch.does = "{does}"', **more)


def finding(program, target="torch.onnx-script"):
    return Finding("n", target, "1", "correct", (), "why", lambda: program.made(target), (), program, ())


@pytest.mark.parametrize("does, outcome, said", [
    ("right", "correct", ""), ("raises", "conversion failure", "cannot export"), ("invalid", "invalid model", "float"), ("no kernel", "load failure", "Mul"),
    ("other value", "value mismatch", "3.0"), ("nan", "NaN/Inf difference", "nan"), ("other type", "type difference", "float64"), ("other input", "run failure", "other"), ("dies", "crash", "SIGABRT")])
def test_each_stage_has_its_outcome(bench, does, outcome, said):
    found = bench.found(finding(snippet(does)))
    assert found[0] == outcome and said in str(found[1])


def test_an_exporter_is_not_blamed_for_the_framework(bench):
    """Where the framework itself does not give what is expected, nothing is exported; as a finding of the framework it is a mismatch."""
    wrong = snippet("raises", "x + 2")
    kind, said = bench.found(finding(wrong))
    assert kind == "import failure" and "AssertionError" in said
    assert bench.found(finding(wrong, "torch"))[0] == "value mismatch"
    assert bench.found(finding(snippet("raises"), "torch"))[0] == "correct"


def test_the_framework_itself_may_fail(bench):
    assert bench.found(finding(Snippet("torch", "x.unheard_of()", {"x": "np.ones(3, np.float32)"}, "x"), "torch"))[0] == "run failure"


def test_what_must_be_exact(bench):
    """One unit in the last place is a mismatch only where no rounding is allowed."""
    near = "np.nextafter(x + 1, np.float32(99))"
    assert bench.found(finding(snippet("right", near)))[0] == "correct"
    assert bench.found(finding(snippet("right", near, exact=True), "torch"))[0] == "value mismatch"


@pytest.mark.parametrize("does, status", [("right", 0), ("other value", 1), ("other type", 1), ("raises", 1)])
def test_the_text_is_a_program(tmp_path, does, status):
    """It runs as it is, and ends with 0 only where the result is right."""
    text = snippet(does).script("torch.onnx-script")
    (tmp_path / "program.py").write_text(text, "utf-8")
    done = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": STANDIN}, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == status, done.stderr
    assert status or "actual   float32 [2, 3] 1.0 2.0 3.0 4.0 5.0 6.0" in done.stdout


def test_bodies_and_dims():
    """A body may be statements; dynamic dims reach the exporters, each in its words."""
    s = Snippet("torch", "y = x + 1\nreturn y * 2", {"x": "np.ones((2, 3), np.float32)"}, "x * 4", dynamic={"x": {0: "n"}}, samples={"x": "x[:1]"}, opset=18)
    script, dynamo = s.script("torch.onnx-script"), s.script("torch.onnx-dynamo")
    assert "        y = x + 1\n        return y * 2\n" in script and "(torch.from_numpy(x[:1]),)" in script
    assert "opset_version=18" in script and "dynamic_axes={'x': {0: 'n'}}" in script
    assert 'dynamic_shapes={"x": {0: torch.export.Dim.DYNAMIC}}' in dynamo and "opset_version=18" in dynamo
    t = Snippet("tensorflow", "x + 1", {"x": "np.ones((2, 3), np.float32)"}, "x + 1", dynamic={"x": {0: "n"}})
    assert 'tf.TensorSpec([None, 3], x.dtype, name="x")' in t.script("tf2onnx") and "from_function(program, signature, opset=17)" in t.script("tf2onnx")
    assert "onnx" not in t.script("tensorflow")
    for text in (script, dynamo, t.script("tf2onnx"), t.script("tf2onnx-keras")):
        compile(text, "program", "exec")


def test_values_are_those_of_the_text():
    feed, expected = snippet("right").values()
    assert np.array_equal(feed["x"], [[0, 1, 2], [3, 4, 5]]) and np.array_equal(expected[0], feed["x"] + 1)


def test_what_is_not_installed_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("NNGEN_STUDY_ENV", str(tmp_path))
    assert "setup --target tensorflow" in snippets.why_not("tf2onnx") and "setup --target tensorflow" in snippets.why_not("tensorflow")

