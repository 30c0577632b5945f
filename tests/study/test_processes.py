"""No process and no temporary folder outlives the harness, however it ends."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nngen.study import engine, isolate, processes, scratch
from study.test_study import MODULES, save

SOON = 20  # seconds: what is killed may take a moment to go


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A folder for temporary files, by which all processes that were started with it are known."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def started_with(folder):
    """{process: command line} of those that have the folder in their environment."""
    found = {}
    for p in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (p / "environ").read_bytes():
                found[int(p.name)] = (p / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has ended
            pass
    return found


def soon(condition):
    until = time.monotonic() + SOON
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


def harness(*command):
    """A harness in a process of its own."""
    return subprocess.Popen([sys.executable, *command], env={**os.environ, "PYTHONPATH": "tests:gen/python"}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def killed(process):
    process.kill()
    process.communicate()


def test_a_killed_harness_takes_everything_along(temporary, tmp_path):
    """kill -9 while a target is at work and has children, some of them out of reach of its session."""
    save(tmp_path / "c", ["Relu"])
    h = harness("-m", "nngen.study", "--modules", "study.faulty", "run", str(tmp_path / "c"), "--targets", "fault-busy-orphans", "--out", str(tmp_path / "o"), "--quiet")
    try:
        assert soon(lambda: sum("sleep 987" in c for c in started_with(temporary).values()) == 3), started_with(temporary)
    finally:
        killed(h)
    assert soon(lambda: not started_with(temporary)), started_with(temporary)
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("after", [0, 0.01, 0.03, 0.1, 0.3])
def test_no_moment_is_too_early(temporary, after):
    """The harness is killed so many seconds after it has started a target."""
    h = harness("-c", f"import os, time; from nngen.study.isolate import Child; c = Child('onnxruntime-none'); time.sleep({after}); os.kill(os.getpid(), 9)")
    h.communicate(timeout=60)
    assert h.returncode == -signal.SIGKILL
    assert soon(lambda: not started_with(temporary)), started_with(temporary)
    assert not list(temporary.iterdir())


def test_a_killed_guard_does_not_keep_its_target(temporary):
    child = isolate.Child("onnxruntime-none")
    assert child.message(time.monotonic() + SOON) == {"ready": True}
    child.process.kill()
    try:
        assert soon(lambda: not started_with(temporary)), started_with(temporary)
        assert child.ask({"path": "x"})["status"] == "crash"
    finally:
        child.close()


def test_a_crash_leaves_nothing_behind(temporary, tmp_path):
    save(tmp_path / "c/test_000000", ["Abs"])
    save(tmp_path / "c/test_000001", ["Relu"])
    engine.Run(tmp_path / "c", tmp_path / "o", ["fault-orphans"], modules=MODULES, quiet=True).go()
    found = {r["model"]: r for r in engine.read_results(tmp_path / "o") if r["target"] == "fault-orphans"}
    assert found["test_000000"]["status"] == "ok"
    assert (found["test_000001"]["status"], found["test_000001"]["stage"], found["test_000001"]["error"]) == ("crash", "run", "SIGSEGV")
    assert not started_with(temporary) and not list(temporary.iterdir())


@pytest.mark.parametrize("ending, said", [("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"), ("os.abort()", "SIGABRT"), ("os._exit(7)", "exit status 7"), ("sys.exit(0)", "exit status 0")])
def test_the_guard_ends_as_the_target_did(temporary, tmp_path, monkeypatch, ending, said):
    (tmp_path / "ends.py").write_text(f"import os, signal, sys\n{ending}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    child = isolate.Child("fault-none", ["ends"])
    try:
        assert child.ask({"path": "x"}) == {"status": "crash", "stage": "start", "error": said}
    finally:
        child.close()


def test_paths_that_are_not_there(temporary, tmp_path, monkeypatch):
    """A model that no reference runs has an empty path for the reference's outputs. That is not the current folder, which could not be opened as a file:
    the model would fail on every target."""
    save(tmp_path / "c/test_000000", ["Abs"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNGEN_STUDY_NODE", "")
    monkeypatch.setenv("NNGEN_ADAPTER", "")
    child = isolate.Child("onnxruntime-none")
    try:
        answers = [child.ask({"path": "c/test_000000/model.onnx", "data": "c/test_000000", **{k: empty for k in ("save", "reference", "bounds")}}) for empty in ("", None)]
        assert [(a["status"], a.get("error")) for a in answers] == [("ok", None)] * 2
        assert child.ask({"path": "c/test_000000/model.onnx", "data": ""})["status"] == "ok"
    finally:
        child.close()
    assert isolate.absolute("") == isolate.absolute(None) == "" and isolate.absolute("a") == str(tmp_path / "a")


def test_what_cannot_be_started_leaves_nothing(temporary, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(temporary / "absent"))
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError):
        isolate.Child("onnxruntime-none")
    assert not list(temporary.iterdir()) and len(os.listdir("/proc/self/fd")) == before


def test_folders_of_killed_processes_are_swept(temporary):
    left, live = harness("-c", "from nngen.study import scratch; f = scratch.Folder(); (f.path / 'a').mkdir(); (f.path / 'a/b').write_text('x'); print(f.path, flush=True); input()"), scratch.Folder()
    path = Path(left.stdout.readline().decode().strip())
    (temporary / "nngen-other").mkdir()
    scratch.sweep()
    assert path.exists() and live.path.exists()
    killed(left)
    assert path.exists()
    scratch.sweep()
    assert not path.exists() and live.path.exists() and (temporary / "nngen-other").exists()
    live.close()
    assert not live.path.exists()


def test_the_command_sweeps(temporary):
    (temporary / "nngen-scratch-x").mkdir()
    with scratch.Folder() as live:
        harness("-m", "nngen.study", "errors", "no such folder").communicate(timeout=60)
        assert list(temporary.iterdir()) == [live]


def test_a_folder_swept_before_it_is_held_is_made_again(temporary, monkeypatch):
    """sweep() may come between the making of a folder and its lock."""
    opened = scratch.open_folder
    monkeypatch.setattr(scratch, "open_folder", lambda path: monkeypatch.undo() or scratch.sweep() or opened(path))
    first = opened(temporary)
    os.close(first)
    monkeypatch.setenv("TMPDIR", str(temporary))
    with scratch.Folder() as path:
        assert path.exists()


@pytest.mark.parametrize("listed", [True, False])
def test_resident_memory_counts_descendants(monkeypatch, listed):
    """Children of any thread, and theirs; also where the kernel does not list them."""
    monkeypatch.setattr(processes, "LISTED", listed and processes.LISTED)
    big = "x = bytearray(b'1') * (64 << 20)"
    inner = f"{big}; print(1, flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", f"import subprocess, sys, threading\n{big}\nt = threading.Thread(target=lambda: "
                              f"subprocess.run([sys.executable, '-c', \"{inner}\"]))\nt.start(); t.join()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        child.stdout.readline()
        assert processes.resident(child.pid) > 128 << 20
    finally:
        child.stdin.close()
        child.wait()
        child.stdout.close()
