"""The library from outside: the example, from C and C++, linked both ways; what it exports."""
import os
import re
import subprocess
from pathlib import Path

import onnx
import pytest

ROOT = Path(__file__).resolve().parents[2]
LIB = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve().parent
LIBS = ["-lprotobuf-c", "-lyaml", "-ljansson", "-lcrypto", "-lz", "-pthread"]
EXAMPLE = ROOT / "tests" / "api" / "example.c"
NULLS = ROOT / "tests" / "api" / "nulls.c"
HEADER = (ROOT / "include" / "nngen.h").read_text()
COMPARE = ROOT / "tests" / "api" / "compare.c"


def compiled(tmp_path, compiler, standard, link, source=EXAMPLE):
    out = tmp_path / source.stem
    command = [*compiler.split(), *standard, "-Wall", "-Wextra", "-Werror", "-pedantic", f"-I{ROOT / 'include'}", str(source), "-o", str(out)]
    if link == "shared":
        soname = next(line.split("[")[1].rstrip("]") for line in run("readelf", "-d", LIB / "libnngen.so").splitlines() if "SONAME" in line)
        (tmp_path / soname).symlink_to(LIB / "libnngen.so")
        command += [str(LIB / "libnngen.so"), f"-Wl,-rpath,{tmp_path}"]
    else:
        command += [str(LIB / "libnngen.a"), *LIBS]
    subprocess.run(command, check=True)
    return out


def run(*command):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("link", ["static", "shared"])
@pytest.mark.parametrize("standard", [["-std=c99"], ["-std=c11"]], ids=["c99", "c11"])
def test_the_example(tmp_path, standard, link):
    run(compiled(tmp_path, os.environ.get("CC", "gcc"), standard, link), tmp_path / "m")
    model = onnx.load(tmp_path / "m" / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert len(model.graph.node) == 20
    assert len(list((tmp_path / "m").rglob("input_*.pb"))) == len(model.graph.input)


@pytest.mark.parametrize("link", ["static", "shared"])
def test_the_comparison(tmp_path, link):
    program = compiled(tmp_path, os.environ.get("CC", "gcc"), ["-std=c11"], link, COMPARE)
    run(LIB / "nngen", "--nodes", 9, "--count", 1, "--inputs", 2, "--outputs", "--out", tmp_path / "c", "--quiet")
    model = tmp_path / "c/test_000000"
    assert run(program, model, model) == ""
    r = subprocess.run([program, model / "test_data_set_0", model / "test_data_set_1"], capture_output=True, text=True)
    lines = r.stdout.splitlines()
    assert r.returncode == 1 and 0 < len(lines) <= 10
    want = subprocess.run([LIB / "nngen", "compare", model / "test_data_set_0", model / "test_data_set_1", "--limit", "10"], capture_output=True, text=True).stdout
    assert [line.split(":")[0] for line in lines] == [line.split("[")[0] for line in want.splitlines()[:len(lines)]]
    r = subprocess.run([program, model, tmp_path / "none"], capture_output=True, text=True)
    assert r.returncode == 2 and "cannot read" in r.stderr


def test_the_header_is_cxx_too(tmp_path):
    source = tmp_path / "t.cc"
    source.write_text('#include <nngen.h>\nint main() { return nn_version()[0] == 0; }\n')
    run("g++", "-std=c++11", "-Wall", "-Wextra", "-Werror", "-pedantic", f"-I{ROOT / 'include'}", source, LIB / "libnngen.a", *LIBS, "-o", tmp_path / "t")
    run(tmp_path / "t")


@pytest.mark.parametrize("compiler,standard", [("gcc", "c99"), ("gcc", "c11"), ("g++", "c++11"), ("g++", "c++17")])
def test_the_example_of_the_header(tmp_path, compiler, standard):
    """The code at the head of nngen.h, as C and as C++, makes a model."""
    code = re.findall(r"^ \*      (.*)$", HEADER.split("*/")[0], re.M)
    assert len(code) > 5
    source = tmp_path / ("t.cc" if "++" in compiler else "t.c")
    source.write_text("#include <nngen.h>\nint main(void)\n{\n" + "\n".join(code) + "\nreturn 0;\n}\n")
    run(compiler, f"-std={standard}", "-Wall", "-Werror", "-pedantic", f"-I{ROOT / 'include'}", source, LIB / "libnngen.a", *LIBS, "-o", tmp_path / "t")
    subprocess.run([tmp_path / "t"], cwd=tmp_path, check=True)
    assert len(onnx.load(tmp_path / "test_000000/model.onnx").graph.node) == 40


def test_null_arguments(tmp_path):
    """NN_ERR_USAGE for each pointer that must not be NULL, of every function."""
    called = set(re.findall(r"\bnn_[a-z_]+(?=\()", NULLS.read_text()))
    declared = {line.split("(")[0].split()[-1].lstrip("*") for line in HEADER.splitlines() if line.startswith("NN_API")}
    assert called == declared
    r = subprocess.run([compiled(tmp_path, "gcc", ["-std=c11"], "static", NULLS), tmp_path], capture_output=True, text=True)
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")


def test_only_the_public_names_are_exported():
    lines = run("nm", "-D", "--defined-only", LIB / "libnngen.so").splitlines()
    names = {line.split()[-1] for line in lines if line.split()[-2] in "TDBRVW"}
    declared = set()
    for line in (ROOT / "include" / "nngen.h").read_text().splitlines():
        if line.startswith("NN_API"):
            declared.add(line.split("(")[0].split()[-1].lstrip("*"))
    assert names == declared


def test_neither_prints_nor_exits_nor_asks_the_surroundings():
    """What the library must not do, seen in the functions that it imports. strerror is for messages, the lock is on the directory."""
    lines = run("nm", "-D", "--undefined-only", LIB / "libnngen.so").splitlines()
    imported = {line.split()[-1].split("@")[0] for line in lines}
    forbidden = {"printf", "puts", "putchar", "fputs", "stdout", "stderr", "exit", "_exit", "abort", "__assert_fail", "rand", "srand", "random", "time",
                 "clock_gettime", "gettimeofday", "getenv", "secure_getenv", "setlocale", "system", "signal", "sigaction"}
    assert not imported & forbidden
    transcendental = {"exp", "log", "pow", "sin", "cos", "tan", "tanh", "erf", "cbrt", "expm1", "log1p"}
    assert not imported & (transcendental | {f + "f" for f in transcendental})
