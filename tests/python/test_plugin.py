"""The pytest plugin, in sessions of its own: it is loaded by its entry point alone."""
import re
import shlex
import subprocess
import sys

import pytest

import nngen


@pytest.fixture
def session(tmp_path, environment):
    def run(text, *args):
        (tmp_path / "test_it.py").write_text(text)
        return subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *args], cwd=tmp_path, env=environment, capture_output=True, text=True)
    return run


COUNTS = """
import pytest
@pytest.mark.nngen(nodes=7, count=3, seed=2, ops="Relu,Add")
class TestAll:
    def test_a(self, nngen_model):
        print("model", nngen_model)
        assert len(nngen_model.nodes) == 7
    @pytest.mark.nngen(nodes=5, count=2)
    @pytest.mark.parametrize("k", [1, 2])
    def test_b(self, nngen_model, k):
        print("model", nngen_model)
        assert len(nngen_model.nodes) == 5
"""


def test_a_test_for_each_model(session):
    done = session(COUNTS, "-vv", "-s")
    assert "7 passed" in done.stdout, done.stdout
    assert "test_a[test_000002]" in done.stdout and "test_b[test_000001-1]" in done.stdout
    assert "nngen.family(nodes=5, count=2, seed=2, ops='Relu,Add')[1]" in done.stdout


def test_seed_and_count(session):
    done = session(COUNTS, "-s", "--nngen-seed", "9", "--nngen-count", "1")
    assert "3 passed" in done.stdout and "nngen.family(nodes=7, count=1, seed=9, ops='Relu,Add')[0]" in done.stdout
    assert session(COUNTS, "--nngen-seed", "x").returncode == 4


def test_one_model_is_selected(session):
    assert "1 passed" in session(COUNTS, "test_it.py::TestAll::test_a[test_000001]").stdout


FAILS = """
import pytest
@pytest.mark.nngen(nodes=5, count=3, seed=2)
def test_it(nngen_model):
    actual = {k: v.copy() for k, v in nngen_model.expected.items()}
    if nngen_model.index == 1:
        actual.popitem()
    assert nngen_model.compare(actual)
"""


def test_a_failure_says_how_to_make_its_model(session, tmp_path):
    done = session(FAILS, "--nngen-save", "saved")
    assert done.returncode == 1 and "1 failed, 2 passed" in done.stdout and "there is no actual output" in done.stdout
    assert "5 nodes: " in done.stdout
    python = re.search(r"^Python:  (nngen\.family\(.*)$", done.stdout, re.M)[1]
    shell = re.search(r"^shell:   (nngen .*)$", done.stdout, re.M)[1]
    saved = re.search(r"^saved in (.*)$", done.stdout, re.M)[1]
    model = eval(python)
    assert model.index == 1 and (tmp_path / saved / "model.onnx").read_bytes() == model.onnx
    words = [str(tmp_path / "c") if w == "DIR" else w for w in shlex.split(shell)[1:]]
    subprocess.run([nngen.program(), *words, "--quiet"], check=True, stderr=subprocess.DEVNULL)
    assert (tmp_path / "c" / "test_000001" / "model.onnx").read_bytes() == model.onnx
    assert "not saved" in session(FAILS, "--nngen-save", "saved").stdout  # the directory is not empty


@pytest.mark.parametrize("mark, message", [
    ("nodes=0", "nodes: 0 is out of range"), ("nodse=3", "nodse is no option of a family"), ("ops='Rlu'", "unknown operator Rlu"),
    ("7", "named options only"),
])
def test_wrong_marks(session, mark, message):
    done = session(f"import pytest\n@pytest.mark.nngen({mark})\ndef test_it(nngen_model):\n    pass\n")
    assert done.returncode != 0 and message in done.stdout + done.stderr and "Traceback" not in done.stdout
    assert "test_it" in done.stdout + done.stderr and "another exception" not in done.stdout


def test_a_mark_without_the_argument(session):
    done = session("import pytest\n@pytest.mark.nngen(nodes=3)\ndef test_it():\n    pass\n")
    assert done.returncode != 0 and "tests with the argument nngen_model" in done.stdout


def test_other_tests_pay_nothing(session):
    """The plugin does not import the library before it is used, and strict marks know its mark."""
    done = session("import sys\ndef test_it():\n    assert 'nngen._lib' not in sys.modules and 'numpy' not in sys.modules\n", "--strict-markers")
    assert "1 passed" in done.stdout, done.stdout
    assert "nngen(nodes=40" in session("", "--markers").stdout
