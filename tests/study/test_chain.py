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


STUDY_STUB = """#!/bin/sh
echo "$*" >>log
case "$*" in
"targets --profiles --targets "*tf2onnx*) echo "tf2onnx ${*##* }" ;;
"targets --profiles --targets "*torch*) echo "torch ${*##* }" ;;
"targets --profiles --targets "*) echo "tract ${*##* }" ;;
"targets --targets tf2onnx") echo "tf2onnx converter $INSTALLED" ;;
"run "*) while [ "$1" != --out ]; do shift; done; mkdir -p "$2"; echo {} >"$2/study.json" ;;
"exporters "*) echo "Table 11" ;;
esac
"""


@pytest.mark.parametrize("arguments, installed", [(["small", "all"], "1.17.0"), (["full", "all"], "1.17.0"), (["full", "all"], "not run: not installed"), (["small", "tensorflow"], "1.17.0"),
                                                  (["small", "tensorflow"], "not run: not installed")])
def test_exporters_of_each_study(tmp_path, arguments, installed):
    """Which targets run on which corpora; the commands are stand-ins that write down how they are called."""
    (tmp_path / "gen/python").mkdir(parents=True)
    for name, text in (("gen/python/nngen-study", STUDY_STUB), ("nngen", '#!/bin/sh\necho "nngen $*" >>log\n')):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    unset = {k: v for k, v in os.environ.items() if k not in ("TARGETS", "NODES", "COUNT", "INPUTS")}
    env = {**unset, "OUT": "out", "NNGEN": "./nngen", "JOBS": "1", "INSTALLED": installed}
    done = subprocess.run(["sh", Path("tests/study/study.sh").absolute(), *arguments], env=env, cwd=tmp_path, capture_output=True, text=True)
    there, full = installed == "1.17.0", arguments[0] == "full"
    assert done.returncode == (arguments[1] == "tensorflow" and not there), done.stderr
    log = (tmp_path / "log").read_text().splitlines()
    runs = {x.split()[5]: x.split()[3] for x in log if x.startswith("run ")}
    made = {x.split()[x.split().index("--out") + 1]: x for x in log if x.startswith("nngen ")}
    torch, tf = arguments[1] == "all", there and (full or arguments[1] == "tensorflow")
    assert any("torch.onnx-script,torch.onnx-dynamo" in t for t in runs.values()) == torch
    assert any("torch.onnx-dynamo-dynamic" in t for t in runs.values()) == torch and any("tf2onnx-dynamic" in t for t in runs.values()) == tf
    assert ("torch.onnx-script@13" in str(runs)) == (torch and full) and ("tf2onnx@13" in str(runs)) == (tf and full)
    for corpus, line in made.items():
        assert ("--dynamic 1" in line) == corpus.endswith("-dynamic") and f"--profile {corpus.split('-')[1]}" in line, line
    assert ("real --out out/real --quiet" in log) == (torch and full)
    assert any(x.startswith("exporters ") for x in log) == bool(runs)
    assert "torch.onnx-script@17" not in str(runs) and "@," not in str(runs)
