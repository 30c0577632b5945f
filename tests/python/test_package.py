"""The package as its users get it: a wheel in a fresh environment, a source distribution, types, and the documents' examples."""
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest
from conftest import PACKAGE, ROOT, build

import nngen

HERE = ROOT / "gen" / "python"
README = (HERE / "README.md").read_text()


def test_a_wheel_in_a_fresh_environment(installed, tmp_path):
    code = "import nngen; m = nngen.family(nodes=9, count=1)[0]; print(nngen.program(), nngen.__file__); assert m.compare(m.expected)"
    program, module = installed.run("python", "-c", code).stdout.split()
    assert program == str(installed.bin / "nngen") and module.startswith(str(installed.folder / "venv"))
    done = installed.run("nngen", "--nodes", "9", "--count", "1", "--out", tmp_path / "c", "--quiet")
    assert done.returncode == 0 and (tmp_path / "c/test_000000/model.onnx").read_bytes() == nngen.family(nodes=9, count=1)[0].onnx
    shown = installed.run("python", "-m", "pip", "show", "nngen").stdout
    assert f"Version: {nngen.__version__}" in shown and "Requires: cffi, numpy" in shown


def test_contents_of_the_wheel(wheel):
    assert re.fullmatch(rf"nngen-{re.escape(nngen.__version__)}-py3-none-linux_\w+\.whl", wheel.name)
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"nngen/libnngen.so", "nngen/_api.py", "nngen/py.typed", "nngen/licenses/nngen.txt", "nngen/specs/conv.yaml", "_nngen_pytest.py",
            "nngen/judge/quirks.json", "nngen/study/page.html", "nngen/study/node.mjs", "nngen/study/setup.sh", "nngen/study/requirements.txt", "nngen/study/apart/tvm.txt",
            f"nngen-{nngen.__version__}.data/scripts/nngen"} <= names
    assert not [n for n in names if "__pycache__" in n or n.startswith(("build/", "tests/"))]
    for path in (ROOT / "specs").rglob("*.yaml"):
        assert f"nngen/specs/{path.relative_to(ROOT / 'specs')}" in names


def test_the_source_tree_stays_clean():
    done = subprocess.run(["git", "status", "--porcelain", "--ignored", "gen/python"], cwd=ROOT, capture_output=True, text=True)
    assert not [line for line in done.stdout.splitlines() if line.startswith("!!") and "__pycache__" not in line]


def test_a_source_distribution_is_complete(tmp_path):
    """It has whatever the library and the program are made from: the Makefile, run dry in it, misses nothing."""
    path = build("build_sdist", tmp_path)
    with tarfile.open(path) as t:
        t.extractall(tmp_path, filter="data")
    (folder,) = (p for p in tmp_path.iterdir() if p.is_dir())
    dry = subprocess.run(["make", "-n", "B=b", "b/libnngen.so", "b/nngen"], cwd=folder / "source", capture_output=True, text=True)
    assert dry.returncode == 0, dry.stderr
    made = set(re.findall(r"-c (\S+\.c) ", dry.stdout))
    assert {str(p.relative_to(ROOT)) for p in ROOT.glob("gen/*/*.c") if p.parent.name != "fuzz"} <= made
    assert not list(folder.rglob("*.o")) and not (folder / "source/gen/python").exists() and (folder / "source/LICENSE").exists()
    assert (folder / "nngen/_family.py").exists() and (folder / "_nngen_pytest.py").exists() and (folder / "README.md").exists()


def test_declarations_are_those_of_the_header():
    """Every function of nngen.h can be called."""
    functions = re.findall(r"^NN_API [^;]*?\b(nn_\w+)\(", (ROOT / "include" / "nngen.h").read_text(), re.M)
    from nngen._lib import lib
    assert len(functions) > 40
    for f in functions:
        assert getattr(lib, f)


def test_options_are_those_of_the_program():
    """All options of families, with their defaults."""
    import inspect
    text = subprocess.run([nngen.program(), "--help"], check=True, capture_output=True, text=True).stdout
    defaults = {}
    for entry in re.findall(r"^  --(.*?)(?=^  --|^\S|\Z)", text, re.M | re.S):
        found = re.search(r"\(default: ([^)]*)\)", " ".join(entry.split()))
        defaults[re.match(r"[\w-]+", entry)[0].replace("-", "_")] = found[1] if found else None
    files = {"input_format", "intervals", "like"}  # of the command alone
    run = {"out", "jobs", "force", "resume", "shard", "verify", "dry_run", "quiet", "progress", "list_ops", "list_motifs", "trace", "trace_summary", "version", "help", "tape", "purpose", "max_bytes"}
    parameters = inspect.signature(nngen.family).parameters
    assert set(parameters) == set(defaults) - files - run
    for name, p in parameters.items():
        if isinstance(p.default, (int, str)) and not isinstance(p.default, bool):
            assert str(p.default) == defaults[name], name


def test_types(tmp_path):
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    (tmp_path / "use.py").write_text("import nngen\nfrom nngen.strategies import models\nreveal_type(nngen.family(nodes=3)[0].inputs)\n"
                                     "reveal_type(nngen.family()[1:2])\nreveal_type(models())\nnngen.family(nodes='3')\n")
    done = subprocess.run([sys.executable, "-m", "mypy", "--config-file", HERE / "pyproject.toml", "--cache-dir", tmp_path / "cache"], cwd=HERE, capture_output=True, text=True,
                          env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"})
    assert done.returncode == 0, done.stdout
    done = subprocess.run([sys.executable, "-m", "mypy", "--cache-dir", tmp_path / "cache2", "--follow-imports=silent", "use.py"], cwd=tmp_path, capture_output=True, text=True,
                          env={**os.environ, "MYPYPATH": str(HERE), "PYTHONPATH": ""})
    for said in ("dict[str, numpy.ndarray", "list[nngen._model.Model]", "SearchStrategy[nngen._model.Model]", 'has incompatible type "str"; expected "int"'):
        assert said in done.stdout, done.stdout


# ---- the documents ----

EXAMPLES = dict(re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", README, re.M | re.S))
FIRST = re.search(r"^```python\n(import nngen\n.*?)^```$", README, re.M | re.S)[1]


def run_example(name, folder, environment, *command):
    (folder / name).write_text(EXAMPLES[name])
    done = subprocess.run([sys.executable, *command, name], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_first_example(tmp_path, environment):
    done = subprocess.run([sys.executable, "-c", FIRST], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    wrong = FIRST.replace("result.expected)", "{k: ~v if v.dtype == bool else v + v.dtype.type(1) * 0 + 5 for k, v in result.expected.items()})")
    assert wrong != FIRST and subprocess.run([sys.executable, "-c", wrong], env=environment, capture_output=True).returncode != 0


def test_there_are_five_examples():
    assert list(EXAMPLES) == ["test_marked.py", "test_property.py", "with_onnxruntime.py", "with_torch.py", "with_profile.py"]


@pytest.mark.parametrize("name, passed", [("test_marked.py", "5 passed"), ("test_property.py", "1 passed")])
def test_examples_of_tests(name, passed, tmp_path, environment):
    assert passed in run_example(name, tmp_path, environment, "-m", "pytest", "-q", "-p", "no:cacheprovider")


def test_example_of_onnxruntime(tmp_path, environment):
    assert run_example("with_onnxruntime.py", tmp_path, environment) == ""


def test_example_of_torch(tmp_path, environment):
    missing = [m for m in ("torch", "onnx2torch") if importlib.util.find_spec(m) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    assert run_example("with_torch.py", tmp_path, environment).endswith("0 of 10 models differ\n")


def test_example_of_a_profile(tmp_path, environment):
    assert run_example("with_profile.py", tmp_path, environment) == "40 operators\n"
    assert (tmp_path / "my-table/profiles/small.yaml").exists()


def test_names_in_the_readme():
    """What the document says that nngen has, it has."""
    model = nngen.family(nodes=3, count=1)[0]
    for word in re.findall(r"`nngen\.(\w+)", README):
        assert hasattr(nngen, word) or (PACKAGE / "nngen" / f"{word}.py").exists() or (PACKAGE / "nngen" / word).is_dir(), word
    for word in re.findall(r"`family\.(\w+)", README):
        assert hasattr(model.family, word), word
    rows = README.partition("| of a model |")[2].partition("\n\n")[0]
    for word in re.findall(r"`(\w+)[`(]", "\n".join(row.split("|")[1] for row in rows.splitlines()[2:] if row.startswith("|"))):
        assert hasattr(model, word), word
    for file in re.findall(r"^\| (`.*?) \|", README.partition("## Layout")[2], re.M):
        for name in re.findall(r"`([\w./]+)`", file):
            assert (HERE / name).exists(), name
    assert shutil.which("make") and "make wheel" in README
