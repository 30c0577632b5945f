"""The whole chain of `make study` on a few models with ONNX Runtime alone, and once more: the second run adds nothing."""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nngen.study import targets

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


@pytest.mark.skipif(not os.access(NNGEN, os.X_OK), reason="nngen is not built")
def test_each_profile_has_a_corpus(tmp_path):
    """A target with a profile of its own gets models of that profile, be it installed or not."""
    env = {**os.environ, "OUT": str(tmp_path), "NODES": "3", "COUNT": "2", "INPUTS": "1", "TARGETS": "tract,onnxruntime-basic", "NNGEN": NNGEN, "JOBS": "2",
           "NNGEN_PYTHON": sys.executable, "CAUSES": "0", "REDUCE": "0"}
    subprocess.run(["sh", "tests/study/study.sh", "small"], env=env, capture_output=True, text=True, check=False)
    assert (tmp_path / "profiles.txt").read_text() == "ort onnxruntime-basic\ntract tract\n"
    made = {c: json.loads((tmp_path / c / "manifest.json").read_text())["options"]["profile"] for c in ("corpus", "corpus-tract")}
    assert made == {"corpus": "ort", "corpus-tract": "tract"}
    runs = {run: json.loads((tmp_path / run / "study.json").read_text()) for run in ("run", "run-tract")}
    assert "onnxruntime-basic" in runs["run"]["targets"] and "tract" in runs["run-tract"]["targets"] | runs["run-tract"]["not_run"]
    assert "tract" not in runs["run"]["targets"] | runs["run"]["not_run"]


def test_profiles_of_targets():
    registry = targets.load_all()
    have = {p.stem for p in Path("specs/profiles").glob("*.yaml")}
    assert {t.profile for t in registry.values()} <= have
    assert {n: registry[n].profile for n in ("onnxruntime-all", "reference", "openvino", "tract", "tvm", "iree")} == {
        "onnxruntime-all": "ort", "reference": "ort", "openvino": "openvino", "tract": "tract", "tvm": "tvm", "iree": "iree"}
    chosen = targets.named(["tract", "onnxruntime-all", "openvino", "reference"])
    assert list(targets.by_profile(chosen).items()) == [("ort", ["onnxruntime-all", "reference"]), ("tract", ["tract"]), ("openvino", ["openvino"])]


def test_unknown_mode():
    assert subprocess.run(["sh", "tests/study/study.sh", "huge"], capture_output=True).returncode == 2
