"""memcheck finds no invalid access, no use of undefined memory and no leak: in runs that succeed, that fail, that are interrupted, and in
unit tests. Programs built with a sanitizer are left to that."""
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from nngen.judge import determinism

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve()
UNIT = NNGEN.parent / "tests" / "unit"
FOUND = 99
VALGRIND = ["valgrind", "-q", f"--error-exitcode={FOUND}", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect,possible",
            "--track-fds=no"]


def sanitized():
    return b"__asan_init" in NNGEN.read_bytes()


pytestmark = [
    pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed"),
    pytest.mark.skipif(NNGEN.exists() and sanitized(), reason="the program has a sanitizer"),
]


def memcheck(*args, status, **how):
    r = subprocess.run([*VALGRIND, *map(str, args)], capture_output=True, text=True, timeout=300, **how)
    assert r.returncode == status, r.stderr + r.stdout
    assert "== " not in r.stderr, r.stderr  # valgrind's lines: errors found, or that it broke off
    return r


@pytest.mark.parametrize("options", [
    ["--nodes", 40, "--count", 5, "--jobs", 2],
    ["--nodes", 15, "--count", 4, "--jobs", 1, "--check", "--intervals", "--inputs", 2, "--opset", 28, "--profile", "onnx"],
], ids=["default", "checked"])
def test_families(tmp_path, options):
    memcheck(NNGEN, *options, "--out", tmp_path / "a", "--quiet", status=0)
    subprocess.run([str(x) for x in [NNGEN, *options, "--out", tmp_path / "b", "--quiet"]], check=True)
    assert list(determinism.differences(tmp_path / "a", tmp_path / "b")) == []


def test_forced_over_an_older_family(tmp_path):
    for nodes in (3, 4):
        memcheck(NNGEN, "--nodes", nodes, "--count", 2, "--out", tmp_path / "a", "--force", status=0)


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_lists(form):
    assert len(memcheck(NNGEN, f"--list-ops={form}", status=0).stdout) > 1000


def test_shown_models(tmp_path):
    subprocess.run([NNGEN, "--nodes", "20", "--count", "3", "--motifs", "0.5", "--out", tmp_path / "c", "--quiet"], check=True)
    for form in ("text", "svg", "dot", "html"):
        assert len(memcheck(NNGEN, "show", tmp_path / "c/test_000001", "--format", form, "--mark", "3", status=0).stdout) > 1000
    assert len(memcheck(NNGEN, "show", tmp_path / "c", "--format", "html", status=0).stdout) > 10000
    (tmp_path / "c/test_000002/model.onnx").write_bytes(b"x" * 100)
    memcheck(NNGEN, "show", tmp_path / "c/test_000002", status=1)


TABLES = {
    "no yaml": "operators: [",
    "tag": "operators: !x {}",
    "deep": "[" * 400,
    "unknown key": "operators: {A: {since: [1], size: 3}}",
    "circle of parents": "classes: {a: {like: b}, b: {like: a}}",
    "circle of variables": "operators: {A: {since: [1], in: {X: float32}, out: {Y: float32}, choose: {a: b + 1, b: a + 1}, shape: {Y: '[a]'}, range: {Y: X}}}",
    "type error": "operators: {A: {since: [1], in: {X: float32}, out: {Y: float32}, where: ['rank(X) + 1'], shape: {Y: shape(X)}, range: {Y: X}}}",
    "unfinished expression": "operators: {A: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: 'shape(X'}, range: {Y: X}}}",
    "contradiction": "operators: {A: {since: [1], in: {X: float32}, out: {Y: float32}, where: ['rank(X) == 1', 'rank(X) == 2'], shape: {Y: shape(X)}, range: {Y: X}}}",
    "huge number": "operators: {A: {since: [1], in: {X: float32}, out: {Y: float32}, choose: {a: 1..99999999999999999999}, shape: {Y: '[a]'}, range: {Y: X}}}",
}


@pytest.mark.parametrize("name", TABLES)
def test_bad_tables(tmp_path, name):
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "t.yaml").write_text(TABLES[name] + "\n")
    r = memcheck(NNGEN, "--specs", tmp_path / "specs", "--nodes", 2, "--count", 1, "--out", tmp_path / "o", status=1)
    assert r.stderr.strip() and not (tmp_path / "o").exists()


def test_bad_options(tmp_path):
    (tmp_path / "file").write_text("")
    for args, status in [
        (["--profile", "nothing", "--list-ops"], 2),
        (["--opset", 6], 2),
        (["--ops", "NoSuchOperator", "--out", tmp_path / "o"], 2),
        (["--specs", tmp_path / "nowhere", "--out", tmp_path / "o"], 1),
        (["--nodes", 2, "--count", 1, "--out", tmp_path / "file" / "o"], 1),
        (["--nodes", 2, "--count", 1, "--out", "/proc/nngen"], 1),
    ]:
        assert memcheck(NNGEN, *args, status=status).stderr.strip(), args
    assert not (tmp_path / "o").exists()


def test_interrupted(tmp_path):
    with subprocess.Popen([*VALGRIND, str(NNGEN), "--nodes", "15", "--count", "1000000", "--jobs", "2", "--quiet", "--out", str(tmp_path / "o")],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as p:
        until = time.monotonic() + 60
        while not (tmp_path / "o" / "test_000002").exists() and time.monotonic() < until:
            time.sleep(0.1)
        p.send_signal(signal.SIGINT)
        text = p.communicate(timeout=120)[1]
    assert p.returncode == 130 and "== " not in text, text


@pytest.mark.parametrize("name", ["base/test_arena", "build/test_graph_check", "corpus/test_outdir", "draw/test_choice", "family/test_options", "plan/test_plan",
                                  "solver/test_prop_arith", "solver/test_prop_linear", "solver/test_prop_logic", "solver/test_prop_product", "solver/test_search", "solver/test_store",
                                  "table/test_tables", "show/test_layout", "show/test_show_model", "write/test_contents", "write/test_onnx_write"])
def test_unit_tests(name):
    program = UNIT / name
    assert program.exists(), f"make unit-programs builds {program}"
    memcheck(program, status=0, cwd=ROOT, env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "STDOUT"})


@pytest.mark.parametrize("fault", ["(void)!malloc(10);", "char *p = malloc(4); p[4] = 1; free(p);", "int *p = malloc(4); if (*p) puts(\"x\"); free(p);"],
                         ids=["leak", "write past the end", "undefined value"])
def test_faults_are_found(tmp_path, fault):
    (tmp_path / "f.c").write_text("#include <stdio.h>\n#include <stdlib.h>\nint main(void) { " + fault + " return 0; }\n")
    subprocess.run(["gcc", "-w", "-O0", "-o", str(tmp_path / "f"), str(tmp_path / "f.c")], check=True)
    with pytest.raises(AssertionError):
        memcheck(tmp_path / "f", status=0)
