"""The commands nngen-judge, nngen-study and nngen-profile of a wheel, far from any checkout."""
import shutil
import subprocess
import sys
import sysconfig

import pytest

COMMANDS = ["judge", "profile", "study"]


@pytest.fixture(scope="module")
def corpus(installed):
    made = installed.run("nngen", "--nodes", 6, "--count", 3, "--seed", 2, "--inputs", 1, "--outputs", "--out", "corpus", "--quiet")
    assert made.returncode in (0, 3), made.stderr
    return installed.folder / "corpus"


@pytest.mark.parametrize("name", COMMANDS)
def test_help(installed, name):
    done = installed.run(f"nngen-{name}", "--help")
    assert done.returncode == 0 and f"nngen-{name}" in done.stdout and not done.stderr


@pytest.mark.parametrize("name, arguments", [("judge", ["corpus"]), ("profile", ["propose", "--runtime", "reference"]), ("study", ["targets"])])
def test_what_is_not_installed(installed, name, arguments):
    """Without its dependencies a command says what to install, and no more."""
    done = installed.run(f"nngen-{name}", *arguments, env=installed.bare)
    assert done.returncode == 1 and done.stderr == f"nngen-{name}: not installed: numpy, onnx, onnxruntime; install them with: pip install 'nngen[{name}]'\n"


def test_the_extras_are_declared(installed):
    code = "import importlib.metadata as m; print(sorted(m.metadata('nngen').get_all('Provides-Extra')))"
    assert installed.run("python", "-c", code).stdout == "['hypothesis', 'judge', 'profile', 'pytest', 'study']\n"


def test_the_package_alone_loads_nothing(installed):
    code = "import sys, nngen, nngen.study, nngen.judge, nngen.profile; print({'numpy', 'cffi', 'onnx', 'nngen._lib'} & set(sys.modules))"
    assert installed.run("python", "-c", code).stdout == "set()\n"


def test_judge(installed, corpus):
    done = installed.run("nngen-judge", corpus)
    assert done.returncode == 0 and "0 problems in 3 models" in done.stdout, done.stdout + done.stderr
    shutil.copytree(corpus, installed.folder / "broken")
    (installed.folder / "broken/test_000001/model.onnx").write_bytes(b"no model")
    done = installed.run("nngen-judge", "broken")
    assert done.returncode == 1 and "PROBLEM" in done.stdout and "test_000001" in done.stdout


def test_study(installed, corpus):
    done = installed.run("nngen-study", "run", corpus, "--targets", "onnxruntime-all,reference", "--out", "run", "--quiet")
    assert done.returncode == 0 and "onnxruntime-all" in done.stdout, done.stderr
    for command in (["table", "run"], ["report", "run"], ["sequences", "run"]):
        done = installed.run("nngen-study", *command)
        assert done.returncode == 0, done.stderr
    assert (installed.folder / "run/report.html").stat().st_size > 10000


def test_study_in_the_environment_of_its_targets(installed, corpus):
    """It is entered if it is there: its packages are seen, and none of those beside the wheel. The wheel's program is used."""
    home = installed.folder / "targets"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "venv"], check=True)
    (site,) = (home / "venv/lib").glob("python*/site-packages")
    (site / "tests.pth").write_text(sysconfig.get_path("platlib") + "\n")
    (home / "venv/not-installed").mkdir()
    (home / "venv/not-installed/tract").write_text("no wheel for this machine\n")
    done = installed.run("nngen-study", "--env", home, "targets", env=installed.bare)
    assert done.returncode == 0 and "no wheel for this machine" in done.stdout and "onnxruntime-all" in done.stdout, done.stderr
    done = installed.run("nngen-study", "--env", home, "run", corpus, "--targets", "onnxruntime-all", "--out", "run-in", "--quiet", env=installed.bare)
    assert done.returncode == 0, done.stderr
    done = installed.run("nngen-study", "--env", home, "sequences", "run-in", env=installed.bare)
    assert done.returncode == 0, done.stderr
    done = installed.run("nngen-study", "--env", "none", "targets", env=installed.bare)
    assert done.returncode == 1 and "pip install 'nngen[study]'" in done.stderr


def test_the_environment_is_in_the_cache_of_the_user(installed):
    assert str(installed.folder / "cache/nngen/study") in "".join(installed.run("nngen-study", "--help").stdout.split())


def test_profile(installed):
    example = installed.run("nngen-profile", "example")
    (installed.folder / "mine.py").write_text(example.stdout)
    done = installed.run("nngen-profile", "propose", "--adapter", "mine.py", "--opsets", 17, "--ops", "Relu,Add", "--count", 2, "--quiet")
    assert done.returncode == 0 and "4 models: 4 ok" in done.stdout, done.stderr
    assert (installed.folder / "out/profiles/mine/mine.yaml").exists()
    done = installed.run("nngen-profile", "verify", "--adapter", "mine.py", "--profile", "ort", "--opsets", 17, "--count", 3, "--quiet")
    assert done.returncode in (0, 1) and " models: " in done.stdout, done.stderr
    done = installed.run("nngen-profile", "measure")
    assert done.returncode == 2 and "propose, verify, audit or example expected" in done.stderr
