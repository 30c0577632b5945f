"""Targets in environments of their own, and those that the study names and that run nowhere."""
import argparse
import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nngen.study import bridges, cli, compilers, engine, outcomes, places, predicate, targets
from study.test_study import save

STUDY = Path(places.__file__).parent
APART = {n: t for n, t in targets.load_all().items() if t.environment and t.for_corpora}
MODULES = ["study.apart"]


def pinned(environment):
    """{distribution: version} of apart/ENVIRONMENT.txt."""
    lines = (STUDY / "apart" / f"{environment}.txt").read_text("utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """An environment of its own, "fake": this Python, told apart by a variable, and a distribution that this Python does not have."""
    monkeypatch.setenv("NNGEN_STUDY_ENV", str(tmp_path / "env"))
    home = places.apart("fake")
    (home / "bin").mkdir(parents=True)
    python = home / "bin" / "python"
    python.write_text(f'#!/bin/sh\nNNGEN_TEST_APART=yes exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    info = home / "lib/python3/site-packages/only_there-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: only-there\nVersion: 1.2\n")
    return home


def test_every_environment_has_pins_for_its_targets():
    assert {t.environment for t in APART.values()} == set(places.environments()) and len(APART) >= 8
    for t in APART.values():
        found = pinned(t.environment)
        assert set(t.packages) <= set(found), t.name
        assert all(v and v[0].isdigit() for v in found.values()), t.name


def test_a_target_runs_in_its_environment(fake, tmp_path):
    save(tmp_path / "corpus" / "test_000000", ["Relu"])
    r = engine.Run(tmp_path / "corpus", tmp_path / "out", ["fault-apart"], modules=MODULES, quiet=True)
    r.go()
    assert not r.not_run
    found = {x["target"]: outcomes.outcome(x, outcomes.tolerances()[0]) for x in engine.read_results(tmp_path / "out")}
    assert found == {"fault-apart": "correct", targets.REFERENCE: "correct"}
    assert targets.versions(targets.REGISTRY["fault-apart"]) == {"only-there": "1.2"}
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        targets.version_of("only-there")


def test_what_is_missing_is_said_with_the_command_that_installs_it(fake, tmp_path):
    t = targets.load_all(MODULES)["fault-apart"]
    assert targets.why_not(t) == ""
    shutil.rmtree(fake / "lib")
    (fake / "not-installed").mkdir()
    (fake / "not-installed" / "only-there").write_text("ERROR: No matching distribution found\n")
    assert targets.why_not(t) == "only-there is not installed (ERROR: No matching distribution found)"
    shutil.rmtree(fake)
    assert targets.why_not(t) == "not installed; nngen-study setup --target fake installs it"


def test_targets_that_run_nowhere_are_listed_with_the_reason(tmp_path, capsys):
    assert {n for n, t in targets.load_all().items() if t.never} == {"mmdnn", "onnx-coreml"}
    cli.main(["targets", "--targets", "mmdnn,onnx-coreml"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and all("not run: " in x and "cannot be imported" in x for x in lines)
    save(tmp_path / "corpus" / "test_000000", ["Relu"])
    r = engine.Run(tmp_path / "corpus", tmp_path / "out", ["mmdnn"], quiet=True)
    assert list(r.not_run) == ["mmdnn"] and not r.wanted


def test_all_targets_are_those_of_the_common_environment(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(engine, "Run", lambda corpus, out, wanted, *rest: asked.extend(wanted) or sys.exit(0))
    with pytest.raises(SystemExit):
        cli.main(["run", str(tmp_path), "--out", str(tmp_path / "out")])
    assert {"onnxruntime-all", "openvino", "onnxsim"} <= set(asked) and not {*APART, "mmdnn", "onnx-coreml"} & set(asked)


def test_setup_knows_its_environments():
    done = subprocess.run([sys.executable, "-m", "nngen.study", "setup", "--target", "no-such"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and all(n in done.stderr for n in places.environments())


def test_setup_makes_one_environment_and_no_other(tmp_path):
    """With a pip that only notes what it is told, from an interpreter that the file names."""
    study = tmp_path / "a/b/c/study"
    (study / "apart").mkdir(parents=True)
    shutil.copy(STUDY / "setup.sh", study)
    (study / "apart" / "some.txt").write_text("# python: fake-python\nsome==1.0\nother==2.0\n")
    programs, told = tmp_path / "bin", tmp_path / "told"
    programs.mkdir()
    script = f'#!/bin/sh\necho "$@" >>{told}\nif [ "$2" = venv ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; fi\n'
    for name in ("fake-python", "python3"):
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    env = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "NNGEN_STUDY_ENV": str(tmp_path / "env")}

    def setup():
        told.write_text("")
        done = subprocess.run(["sh", study / "setup.sh", "some"], env=env, capture_output=True, text=True, check=True)
        return done.stdout, told.read_text()

    out, asked = setup()
    assert f"in {tmp_path}/env/apart/some" in out and "clang" not in out
    assert f"-m venv {tmp_path}/env/apart/some" in asked and f"-r {study}/apart/some.txt" in asked and "requirements" not in asked
    assert [p.name for p in (tmp_path / "env").iterdir()] == ["apart"]
    assert "pip install" not in setup()[1]  # nothing has changed
    (study / "apart" / "some.txt").write_text("some==1.1\n")
    assert "pip install" in setup()[1]


def test_a_predicate_enters_the_environment(fake, tmp_path):
    """What fails there is found, told by its stage; what is right there does not fail."""
    targets.load_all(MODULES)
    args = argparse.Namespace(modules=MODULES, without=[], tolerance=outcomes.tolerance("loose"))
    for operator in ("Relu", "Abs"):
        save(tmp_path / operator, [operator])
        assert predicate.run_target("fault-apart", str(tmp_path / operator / "model.onnx"), args, lambda _: None) is None
    (fake / "bin" / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    assert predicate.run_target("fault-apart", str(tmp_path / "Relu" / "model.onnx"), args, lambda _: None) == (
        "fault-apart: load failure: RuntimeError: not in its environment", [])


def test_tables_of_types_do_without_what_older_releases_lack():
    code = """
import ml_dtypes, onnx
del ml_dtypes.int2, ml_dtypes.float4_e2m1fn
from nngen.judge import narrow
assert not {"int2", "float4e2m1"} & set(narrow.NUMPY) and "int4" in narrow.NUMPY
keys = [k for k in onnx.TensorProto.DataType.keys() if k != "INT4"]
onnx.TensorProto.DataType.keys = lambda: keys
from nngen.study import quanta
assert onnx.TensorProto.INT4 not in quanta.QUANTISED and onnx.TensorProto.INT8 in quanta.QUANTISED
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_channels_that_come_last_are_moved():
    x = np.arange(24).reshape(1, 2, 3, 4)
    assert np.array_equal(bridges.channels_second(np.moveaxis(x, 1, -1), x.shape), x)
    for other in (x, x[0, 0], x.reshape(1, 4, 2, 3)):
        assert bridges.channels_second(other, x.shape) is other


def test_integers_without_a_sign_get_that_which_is_declared():
    x = np.array([-1, 2], np.int8)
    assert compilers.unsigned(x, np.dtype(np.uint8)).tolist() == [255, 2]
    for other in (np.dtype(np.int8), np.dtype(np.uint16), np.dtype(np.float32), None):
        assert compilers.unsigned(x, other) is x
