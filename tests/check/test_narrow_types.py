"""Types that NumPy lacks: bytes of files, and the reference evaluator as the judge of nodes that no runtime has."""
import os
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from nngen.judge import expected, narrow, reference, runtime

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build/default/nngen")).resolve()
needs_bounds = pytest.mark.skipif(not expected.known(), reason="make unit-programs builds what computes bounds")


@pytest.mark.parametrize("name", narrow.NUMPY)
@pytest.mark.parametrize("count", [0, 1, 5, 8])
def test_bytes_are_those_of_onnx(name, count):
    x = np.arange(count).astype(np.float32).astype(narrow.NUMPY[name]) if name != "uint2" else (np.arange(count) % 4).astype(narrow.NUMPY[name])
    x = (np.arange(count) % 4 - 2).astype(narrow.NUMPY[name]) if name in ("int2", "int4") else x
    data = narrow.packed(x)
    assert data == numpy_helper.from_array(x, "x").raw_data
    back = narrow.unpacked(data, name, x.shape)
    assert back.dtype == x.dtype and (narrow.widened(back) == narrow.widened(x)).all()


@pytest.mark.parametrize("name", ["bfloat16", "float8e4m3fn", "int4"])
def test_a_session_takes_and_gives_them(name):
    from onnx import helper
    number = narrow.NUMBERS[name]
    graph = helper.make_graph([helper.make_node("Transpose", ["x"], ["y"])], "g", [helper.make_tensor_value_info("x", number, [3, 1])],
                              [helper.make_tensor_value_info("y", number, [1, 3])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    x = np.array([[1], [0], [-2]], np.float32).astype(narrow.NUMPY[name])
    y, = runtime.session(model.SerializeToString(), "none").run(["y"], {"x": x})
    assert y.dtype == x.dtype and y.shape == (1, 3) and (narrow.widened(y) == narrow.widened(x).T).all()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    out = tmp_path_factory.mktemp("narrow") / "c"
    subprocess.run([NNGEN, "--profile", "onnx", "--types", "float4e2m1,int2,uint4", "--opset", "25", "--nodes", "6", "--count", "12", "--seed", "2", "--ops",
                    "Cast,QuantizeLinear,DequantizeLinear,Transpose,Flatten,Add", "--inputs", "1", "--quiet", "--out", out], check=True)
    return out


@needs_bounds
def test_the_evaluator_agrees(corpus, capsys):
    assert reference.main([str(corpus)]) == 0
    said = capsys.readouterr().out
    assert int(said.split()[0]) > 10 and "correct" in said


@needs_bounds
def test_a_wrong_value_is_told(corpus, capsys, monkeypatch):
    class Wrong(reference.ReferenceEvaluator):
        def run(self, names, feed):
            made = super().run(names, feed)
            return [np.asarray(narrow.widened(y) + 1).astype(np.asarray(y).dtype) if np.asarray(y).dtype == narrow.NUMPY["float4e2m1"] else y for y in made]

    monkeypatch.setattr(reference, "ReferenceEvaluator", Wrong)
    assert reference.main([str(corpus)]) == 1
    assert "values" in capsys.readouterr().out


@needs_bounds
def test_a_wrong_type_is_told(corpus, capsys, monkeypatch):
    class Wide(reference.ReferenceEvaluator):
        def run(self, names, feed):
            return [narrow.widened(y) for y in super().run(names, feed)]

    monkeypatch.setattr(reference, "ReferenceEvaluator", Wide)
    assert reference.main([str(corpus)]) == 1
    assert "declared" in capsys.readouterr().out
