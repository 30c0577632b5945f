"""The whole chain of `make study` on a few models with ONNX Runtime alone, and once more: the second run adds nothing."""
import json
import os
import shutil
import subprocess
import sys

import pytest

NNGEN = os.environ.get("NNGEN", "build/default/nngen")


@pytest.mark.skipif(not os.access(NNGEN, os.X_OK), reason="nngen is not built")
def test_chain(tmp_path):
    env = {**os.environ, "OUT": str(tmp_path), "NODES": "3..5/2", "COUNT": "4", "INPUTS": "2", "TARGETS": "onnxruntime-all,reference", "NNGEN": NNGEN, "JOBS": "2",
           "NNGEN_STUDY_PYTHON": sys.executable, "REDUCE_SECONDS": "20"}
    first = subprocess.run(["sh", "tests/study/study.sh", "small"], env=env, capture_output=True, text=True)
    assert first.returncode == 0, first.stderr
    results = (tmp_path / "run/results.jsonl").read_bytes()
    assert results.count(b"\n") == 8 * 3
    assert (tmp_path / "run/causes.txt").read_text().split()[:2] == ["target", "verdict"] and json.loads((tmp_path / "run/causes.json").read_text()) == []
    page = (tmp_path / "run/report.html").read_text("utf-8")
    assert "onnxruntime-all" in page and (tmp_path / "run/table.csv").read_text().startswith("tolerance,target,nodes,models")
    table = json.loads((tmp_path / "run/table.json").read_text())
    assert table["1e-3"]["onnxruntime-none"] == {"3": {"correct": 4}, "5": {"correct": 4}}
    assert all(set(c) <= {"correct", "value mismatch"} for c in table["1e-7"]["onnxruntime-all"].values())  # all load and run
    shutil.rmtree(tmp_path / "corpus/nodes-005", ignore_errors=True)
    again = subprocess.run(["sh", "tests/study/study.sh", "small"], env=env, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "run/results.jsonl").read_bytes() == results


def test_unknown_mode():
    assert subprocess.run(["sh", "tests/study/study.sh", "huge"], capture_output=True).returncode == 2
