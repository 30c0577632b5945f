"""tests/run.sh counts what ran, whatever the tests print."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOUD = '''
import pytest

@pytest.fixture
def late():
    yield
    raise ValueError("8 errors")

def test_fails():
    assert False, "\\n12 errors, 5 failed, 7 passed\\n9 passed in 1.00s"

def test_passes():
    print("1 failed, 9 errors in 0.1s")

def test_ends_badly(late):
    pass

@pytest.mark.skip(reason="9 skipped, 3 failed, 2 errors")
def test_is_skipped():
    pass
'''
ENDS = "import os\n\ndef test_a():\n    print('4 passed in 1.00s', flush=True)\n    os._exit(0)\n"
CMOCKA = "[  ERROR   ] --- 4 failed, 5 errors, 6 passed\n[==========] 5 test(s) run.\n[  PASSED  ] 3 test(s).\n[  FAILED  ] 2 test(s), listed below:\n[  FAILED  ] a\n\n 2 FAILED TEST(S)\n"


@pytest.fixture
def checkout(tmp_path):
    """A folder with tests/run.sh and what it needs. The function runs it on files of tests, {name: text}, and programs, {name: (text, exit status)}."""
    (tmp_path / "tests/unit/room").mkdir(parents=True)
    for name in ("run.sh", "counts.sh"):
        shutil.copy(ROOT / "tests" / name, tmp_path / "tests")
    (tmp_path / "build/venv/bin").mkdir(parents=True)
    python = tmp_path / "build/venv/bin/python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)

    def run(files, programs=None):
        for name, text in files.items():
            (tmp_path / "tests" / name).write_text(text)
        for name, (text, status) in (programs or {}).items():
            (tmp_path / f"tests/unit/room/{name}.c").write_text("")
            program = tmp_path / f"b/tests/unit/room/{name}"
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text(f"#!/bin/sh\ncat <<'E'\n{text}E\nexit {status}\n")
            program.chmod(0o755)
        env = os.environ | {"B": "b", "SMOKE": " ".join(f"tests/{n}" for n in files), "NNGEN": "none", "JOBS": "1"}
        r = subprocess.run(["sh", "tests/run.sh", "smoke"], cwd=tmp_path, env=env, text=True, capture_output=True)
        return r.returncode, r.stdout.splitlines()
    return run


def test_only_what_ran_is_counted(checkout):
    code, lines = checkout({"test_loud.py": LOUD}, {"test_c": (CMOCKA, 2)})
    assert "!! tests/unit/room/test_c: exit status 2, 3 passed, 2 failed" in lines
    assert "!! tests/test_loud.py: exit status 1, 1 passed, 2 failed" in lines
    assert (code, lines[-1]) == (1, "4 passed, 4 failed, 1 skipped")


def test_a_passing_run_may_print_anything(checkout):
    code, lines = checkout({"test_a.py": LOUD[LOUD.index("def test_passes"):LOUD.index("def test_ends")]}, {"test_c": ("5 errors\n[  PASSED  ] 1 test(s).\n", 0)})
    assert (code, lines[-1]) == (0, "2 passed, 0 failed")
    assert lines[0] == "ok tests/unit/room/test_c: 1 passed" and lines[1].startswith("ok tests/test_a.py: 1 passed, ")


def test_a_run_that_breaks_off_fails(checkout):
    code, lines = checkout({"test_ends.py": ENDS, "test_empty.py": ""}, {"test_c": ("4 passed\n", 0)})
    assert (code, lines[-1]) == (1, "0 passed, 3 failed")
