"""Reports of findings: the programs in them run as they are, and show what the report says. Targets that are not installed are left out."""
import platform
import re
import subprocess
import sys

import pytest

from nngen.study import cli, issue, own_words, places, snippets, targets
from study import findings, recheck

FOUND = recheck.load()
NNGEN = "build/default/nngen"
WORDS = sorted({*own_words.LEVELS, *own_words.RUNTIMES, *own_words.CONVERTERS})
targets.load_all(snippets.MODULES)


def report(capsys, *arguments):
    cli.main(["report-issue", *arguments])
    return capsys.readouterr().out


def code(text):
    """The program of a report."""
    return re.search(r"^## Program\n```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)[1]


def run(text, folder):
    (folder / "program.py").write_text(text, "utf-8")
    return subprocess.run([sys.executable, "program.py"], cwd=folder, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("target", WORDS)
def test_each_target_has_words_that_work(target):
    """A model that every target has: the program ends with 0. It is compiled where the target is not installed."""
    x = findings.ramp(1, 2, 3, 4)
    text = issue.model_program(findings.single("Abs", {"x": x}, {}, [abs(x)]), target, NNGEN)
    compile(text, target, "exec")
    if why := targets.why_not(targets.REGISTRY[target]):
        pytest.skip(why)
    ended, said = issue.run(text, places.interpreter(targets.REGISTRY[target].environment), 300, 6144)
    assert ended == "exit status 0" and "output 0: float32 [1, 2, 3, 4]" in said, said


def test_every_target_of_a_finding_has_words():
    assert {f.target for f in FOUND if not f.program} <= set(WORDS) <= set(targets.REGISTRY)


PROGRAMS = ["layer normalisation by a fourth power", "reference: gather elements of a part", "version-converter: model with a function", "onnxruntime-all: loop without a condition in a constant if"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_shows_the_finding(capsys, tmp_path, name):
    """What is printed, copied out of the report, fails where the target is as it was when the defect was found."""
    text = report(capsys, name)
    f = next(f for f in FOUND if name in f.name)
    assert text.startswith(f"# {f.target}: {f.outcome}: ") and f.why in text and f"These give it, too: {', '.join(f.agree)}." in text
    if recheck.why_not(f) or recheck.version(f) != f.version:
        pytest.skip(f"{f.target} {f.version} is not installed")
    done = run(code(text), tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "is outside its bound" in done.stdout or "Error" in done.stderr or "Fail" in done.stderr


def test_a_run_is_what_is_seen(capsys):
    """--run puts what the program prints, and how it ended, in place of what was seen before."""
    f = next(f for f in FOUND if f.target == "reference")
    if targets.why_not(targets.REGISTRY["reference"]) or recheck.version(f) != f.version:
        pytest.skip("the reference evaluator is not installed in that version")
    before, now = report(capsys, f.name), report(capsys, f.name, "--run")
    assert before.split("## Actual")[0] == now.split("## Actual")[0]
    assert f"in version {f.version}." in before.split("## Actual")[1]
    assert "The program ended with: exit status 1." in now.split("## Actual")[1]
    assert f"- onnx {targets.version_of('onnx')}\n" in now and "- Python 3." in now


def test_a_program_in_a_frameworks_words(capsys):
    """It can be read without the framework; the framework itself is named as what agrees, unless it is to blame."""
    f = next(f for f in FOUND if f.program and f.target == "torch.onnx-script")
    text = report(capsys, f.name)
    assert "torch.onnx.export(program" in code(text) and "PyTorch itself gives this." in text
    assert code(text).rstrip("\n") == f.program.script(f.target).rstrip("\n")
    own = next(f for f in FOUND if f.target == "tensorflow")
    text = report(capsys, own.name)
    assert "itself gives this" not in text and "onnx" not in code(text)
    assert report(capsys, own.name, "--program").rstrip("\n") == code(text).rstrip("\n")


def test_numbers_and_names(capsys):
    """Numbers are those of FINDINGS.md's order. A part of a name will do if no other name has it."""
    listed = report(capsys, "--list").splitlines()
    assert len(listed) == len(FOUND) and listed[4].split(maxsplit=1)[0] == "5" and FOUND[4].name in listed[4]
    assert report(capsys, "5", "--program") == report(capsys, FOUND[4].name, "--program")
    for wanted, said in (("0", "no finding 0: there are 1 to"), (str(len(FOUND) + 1), "no finding"), ("nothing like it", "0 findings have"), ("tract: ", "findings have 'tract: ' in their names")):
        with pytest.raises(SystemExit, match=re.escape(said)):
            cli.main(["report-issue", wanted])
    with pytest.raises(SystemExit, match="name a finding, or --list"):
        cli.main(["report-issue"])


def test_what_is_missing_is_said(monkeypatch, capsys):
    monkeypatch.setattr(issue, "checkout", lambda: None)
    with pytest.raises(SystemExit, match="the findings are in the project's source"):
        cli.main(["report-issue", "1"])
    monkeypatch.undo()
    monkeypatch.setattr(issue.targets, "why_not", lambda t: "it is not here")
    with pytest.raises(SystemExit, match="cannot run .*: it is not here"):
        cli.main(["report-issue", "1", "--run"])


@pytest.mark.parametrize("text, said", [("while True: pass", "no end within 1 s"), ("import os; os.abort()", "SIGABRT"), ("raise SystemExit(3)", "exit status 3"), ("x = bytes(1 << 28); input()", "exit status 1")])
def test_a_program_has_limits(text, said):
    seconds = 1 if "while" in text else 60
    assert issue.run(text, sys.executable, seconds, 4096)[0] == said


def test_a_program_has_a_limit_of_memory():
    assert issue.run("x = bytearray(b'1' * (1 << 28))\nwhile True: pass", sys.executable, 60, 128)[0] == "more than 128 MiB"


def test_versions_are_those_of_the_environment(tmp_path, monkeypatch):
    """Python's, too: a target's own environment may have another."""
    monkeypatch.setenv("NNGEN_STUDY_ENV", str(tmp_path))
    assert issue.python_version("") == issue.python_version("tvm") == platform.python_version()
    python = places.apart("tvm") / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho 3.99.1\n")
    python.chmod(0o755)
    assert issue.python_version("tvm") == "3.99.1" and issue.python_version("") == platform.python_version()


def test_what_it_prints_is_cut(monkeypatch):
    monkeypatch.setattr(issue, "TAIL", 10)
    assert issue.run("print('\\x1b[96mabc\\x1b[0m' * 9)", sys.executable, 60, 4096) == ("exit status 0", "...\n" + ("abc" * 9)[-10:])
