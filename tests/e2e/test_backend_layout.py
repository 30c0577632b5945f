"""Corpora with outputs are backend tests: onnx.backend.test loads and runs them as they are, and so would onnx_test_runner.

onnx_test_runner is in no package, so that its rules are followed here (onnxruntime/test/onnx/TestCase.cc): config.txt has KEY:VALUE in each
line; each folder of a model is a data set; its input_*.pb and output_*.pb are sorted by number, and are tensors of the graph's inputs
and outputs in order; an element is right if |actual - expected| <= per_sample_tolerance + relative_per_sample_tolerance * |expected|."""
import json
import os
import subprocess
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnx.backend.test.loader
import onnx.backend.test.runner
import onnxruntime as ort
import onnxruntime.backend
import pytest
from onnx import numpy_helper

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve()
MODELS = 60


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    out = tmp_path_factory.mktemp("backend") / "corpus"
    command = [NNGEN, "--nodes", 15, "--count", MODELS, "--seed", 3, "--inputs", 2, "--outputs", "--types", "float16,int64,double", "--out", out, "--quiet"]
    r = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300)
    assert r.returncode == 0, r.stderr
    return out


def run_backend_tests(corpus, monkeypatch, backend=onnxruntime.backend):
    """The outcome of onnx.backend.test's runner on a folder of models."""
    load = onnx.backend.test.loader.load_model_tests
    monkeypatch.setattr(onnx.backend.test.runner, "load_model_tests", lambda kind: load(str(corpus.parent), corpus.name) if kind == "simple" else [])
    runner = onnx.backend.test.runner.Runner(backend, __name__)
    runner.exclude("_cuda")
    suite = unittest.TestSuite()
    for case in runner.test_cases.values():
        suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(case))
    result = unittest.TestResult()
    suite.run(result)
    return result


def test_onnx_backend_test(corpus, monkeypatch):
    result = run_backend_tests(corpus, monkeypatch)
    names = {str(t).split()[0] for t, _ in result.skipped}
    assert result.testsRun - len(names) == MODELS
    assert [str(t) for t, _ in result.failures + result.errors] == []


def test_its_runner_notices_wrong_outputs(corpus, monkeypatch):
    """The tolerances are not so wide that anything passes: every output of floats is moved by a hundredth of its largest value."""
    class Moved:
        @staticmethod
        def run(inputs, session):
            return [np.asarray(y + (0.01 * np.abs(y).max(initial=1)).astype(y.dtype)) if y.dtype.kind == "f" else y for y in session.run(inputs)]

    class Backend:
        supports_device = staticmethod(onnxruntime.backend.supports_device)
        is_compatible = staticmethod(lambda *_: True)

        @staticmethod
        def prepare(model, device, **kwargs):
            session = onnxruntime.backend.prepare(model, device, **kwargs)
            return type("Prepared", (), {"run": staticmethod(lambda inputs: Moved.run(inputs, session))})

    result = run_backend_tests(corpus, monkeypatch, Backend)
    assert len(result.failures) > 0.7 * MODELS and not result.errors


def number(path):
    return int(path.stem.split("_")[1])


def read_config(path):
    return dict(map(str.strip, line.split(":")) for line in path.read_text().splitlines())


def test_onnx_test_runner_by_its_rules(corpus):
    options = ort.SessionOptions()
    options.log_severity_level = 3
    elements = 0
    for directory in sorted(corpus.glob("test_*")):
        model = onnx.load(directory / "model.onnx")
        config = read_config(directory / "config.txt")
        atol, rtol = float(config["per_sample_tolerance"]), float(config["relative_per_sample_tolerance"])
        assert {"atol": atol, "rtol": rtol} == json.loads((directory / "data.json").read_text())
        session = ort.InferenceSession(str(directory / "model.onnx"), options, providers=["CPUExecutionProvider"])
        folders = [p for p in directory.iterdir() if p.is_dir()]
        assert len(folders) == 2
        for folder in folders:
            tensors = {w: [onnx.load_tensor(p) for p in sorted(folder.glob(f"{w}_*.pb"), key=number)] for w in ("input", "output")}
            assert [t.name for t in tensors["input"]] == [i.name for i in model.graph.input]
            assert [t.name for t in tensors["output"]] == [o.name for o in model.graph.output]
            for t, o in zip(tensors["output"], model.graph.output):
                assert t.data_type == o.type.tensor_type.elem_type
                assert list(t.dims) == [d.dim_value for d in o.type.tensor_type.shape.dim]
            actual = session.run(None, {t.name: numpy_helper.to_array(t) for t in tensors["input"]})
            for t, y in zip(tensors["output"], actual):
                v, y = numpy_helper.to_array(t).astype(np.float64), y.astype(np.float64)
                with np.errstate(invalid="ignore"):
                    right = (np.abs(y - v) <= atol + rtol * np.abs(v)) | (y == v)
                assert right.all(), (directory.name, t.name)
                elements += y.size
    assert elements > 10000
