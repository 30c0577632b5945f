"""Models with motifs are valid ONNX with true shapes, and ONNX Runtime runs them to finite values."""
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve()

FAMILIES = {
    "share": ["--motifs", "0.5", "--nodes", "40", "--count", "120"],
    "cover": ["--cover", "motifs", "--nodes", "20", "--count", "200", "--seed", "4"],
    "types": ["--motifs", "0.5", "--nodes", "30", "--count", "100", "--opset", "21", "--types", "float16,double,int8,uint8,int32,int64,bool"],
}


def run(model, feeds, level):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, feeds)


def finite(values):
    return all(np.isfinite(x).all() for x in values if x.dtype.kind == "f")


@pytest.mark.parametrize("name", FAMILIES)
def test_valid_and_finite(tmp_path, name):
    out = tmp_path / name
    r = subprocess.run([str(NNGEN), *FAMILIES[name], "--out", str(out), "--quiet"], capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    rejected = []
    for line in (out / "models.jsonl").read_text().splitlines():
        row = json.loads(line)
        folder = out / row["name"]
        model = onnx.load(folder / "model.onnx")
        assert len(model.graph.node) == row["nodes"]
        onnx.checker.check_model(model, full_check=True)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        tensors = [onnx.load_tensor(folder / f"test_data_set_0/input_{i}.pb") for i in range(len(model.graph.input))]
        feeds = {t.name: onnx.numpy_helper.to_array(t) for t in tensors}
        bytes_ = model.SerializeToString()
        plain = run(bytes_, feeds, onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
        assert finite(plain), row
        assert [list(x.shape) for x in plain] == [o["shape"] for o in row["outputs"]]
        try:
            assert finite(run(bytes_, feeds, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL)), row
        except AssertionError:
            raise
        except Exception as e:  # the runtime's exceptions have no common base
            rejected.append((row["name"], str(e)))
    # Its fusions have defects that near misses find, such as LayerNormFusion on a tensor of one element.
    assert len(rejected) <= 3, rejected
