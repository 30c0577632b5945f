"""What happens to the output directory when things go wrong, and that nothing else is touched."""
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import time

import pytest

OPS = ("--ops", "Relu,Add,Abs,Conv,Concat")  # quick, and no operator is missing


def entries(path):
    return sorted(p.name for p in path.iterdir())


def check(path, complete=None):
    """The directory is consistent: the manifest, one line a model, one model a line, every hash. Returns the number of models."""
    assert not [n for n in entries(path) if n.startswith(".")]
    manifest = json.loads((path / "manifest.json").read_text())
    lines = (path / "models.jsonl").read_text().splitlines()
    names = [json.loads(line)["name"] for line in lines]
    assert names == [n for n in entries(path) if n.startswith("test_")]
    for line in map(json.loads, lines):
        folder = path / line["name"]
        assert {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} == set(line["files"])
        for name, digest in line["files"].items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert manifest.get("finished", manifest["options"]["count"]) == len(names)
    return len(names)


def write(nngen, path, *args, count=5):
    r = nngen("--nodes", 6, "--count", count, "--out", path, *OPS, *args)
    assert r.code == 0, r.err
    return r


# ---- directories that are there ----

def test_full_directory(nngen, tmp_path):
    write(nngen, tmp_path / "c")
    r = nngen("--nodes", 6, "--count", 2, "--out", tmp_path / "c", *OPS)
    assert (r.code, r.out) == (1, "")
    assert r.err == f"nngen: {tmp_path}/c: is not empty; --force replaces what nngen wrote there and nothing else\n"
    assert check(tmp_path / "c") == 5
    write(nngen, tmp_path / "c", "--force", count=2)
    assert check(tmp_path / "c") == 2


def test_force_keeps_foreign_files(nngen, tmp_path):
    write(nngen, tmp_path / "c")
    (tmp_path / "c" / "README").write_text("mine")
    (tmp_path / "c" / "test_extra").mkdir()
    (tmp_path / "c" / "test_extra" / "model.onnx").write_text("mine")
    write(nngen, tmp_path / "c", "--force", count=1)
    assert entries(tmp_path / "c") == ["README", "manifest.json", "models.jsonl", "test_000000", "test_extra"]
    assert (tmp_path / "c" / "README").read_text() == (tmp_path / "c" / "test_extra" / "model.onnx").read_text() == "mine"


@pytest.mark.parametrize("how", ["--force", "--resume"])
@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_results_that_are_no_files_stay(nngen, tmp_path, how, kind):
    """nngen did not write them, although the manifest is its own."""
    write(nngen, tmp_path / "c", count=2)
    lines, kept = tmp_path / "c" / "models.jsonl", tmp_path / "kept"
    lines.rename(kept)
    make = {"link": lambda: lines.symlink_to(kept), "fifo": lambda: os.mkfifo(lines), "folder": lines.mkdir}
    make[kind]()
    before = lines.lstat().st_ino, lines.lstat().st_mode, kept.read_text()
    r = nngen("--nodes", 6, "--out", tmp_path / "c", how, "--count", 3 if how == "--force" else 2, *OPS)
    assert (r.code, r.err.splitlines()[0]) == (1, f"nngen: {lines}: was not written by nngen; move it away first")
    assert (lines.lstat().st_ino, lines.lstat().st_mode, kept.read_text()) == before


def test_force_is_no_licence(nngen, tmp_path):
    mine = tmp_path / "c" / "test_000000"
    mine.mkdir(parents=True)
    (mine / "model.onnx").write_text("mine")
    r = nngen("--out", tmp_path / "c", "--force", *OPS)
    assert (r.code, r.err) == (1, f"nngen: {tmp_path}/c: contains test_* directories without a manifest of nngen; move them away first\n")
    assert (mine / "model.onnx").read_text() == "mine" and entries(tmp_path / "c") == ["test_000000"]


def test_pipes_in_the_way(nngen, tmp_path):
    """What looks like a file of ours and is a pipe that nobody writes to or reads does not hold a run up."""
    out = tmp_path / "c"
    def code(name, *mode):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        os.mkfifo(out / name)
        return nngen("--nodes", 2, "--count", 1, "--out", out, *OPS[:1], "Relu", *mode, "--quiet", timeout=60).code

    assert [code("manifest.json", *mode) for mode in ((), ("--force",), ("--resume",))] == [1, 1, 1]
    assert [code(".nngen-run.json", *mode) for mode in ((), ("--force",), ("--resume",))] == [1, 0, 1]
    assert [code(".nngen-models.jsonl", *mode) for mode in ((), ("--force",), ("--resume",))] == [1, 1, 1]


def test_force_stops_at_foreign_files_in_a_model(nngen, tmp_path):
    write(nngen, tmp_path / "c")
    (tmp_path / "c" / "test_000003" / "expected.txt").write_text("mine")
    r = nngen("--out", tmp_path / "c", "--force", *OPS)
    assert (r.code, r.err) == (1, f"nngen: {tmp_path}/c/test_000003/expected.txt: was not written by nngen; move it away first\n")
    (tmp_path / "c" / "test_000003" / "expected.txt").unlink()
    assert check(tmp_path / "c") == 5


def test_a_file_in_the_way(nngen, tmp_path):
    (tmp_path / "c").write_text("mine")
    r = nngen("--out", tmp_path / "c", *OPS)
    assert (r.code, r.err) == (1, f"nngen: {tmp_path}/c: cannot open: Not a directory\n")
    assert (tmp_path / "c").read_text() == "mine"


def as_nobody():
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def test_unwritable(nngen, tmp_path):
    root = os.geteuid() == 0
    parent = tmp_path / "p"
    parent.mkdir(mode=0o555)
    if root:
        for p in (tmp_path, *tmp_path.parents):  # nobody must get here
            if p.owner() == "root" and not p.stat().st_mode & 0o001 and p.is_relative_to("/tmp"):
                p.chmod(p.stat().st_mode | 0o055)
        if not os.access(nngen.path, os.X_OK) or subprocess.run(["true"], preexec_fn=as_nobody).returncode:
            pytest.skip("cannot become another user")
    try:
        r = nngen("--out", parent / "c", *OPS, **({"preexec_fn": as_nobody} if root else {}))
    except PermissionError:
        pytest.skip("another user cannot run the program here")
    assert (r.code, r.err) == (1, f"nngen: {parent}/c: cannot create: Permission denied\n")


# ---- full disks ----

def small_files(limit):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def test_file_size_limit(nngen, tmp_path):
    r = nngen("--nodes", 6, "--count", 50, "--out", tmp_path / "c", *OPS, preexec_fn=small_files(600))
    assert r.code == 1 and r.err == f"nngen: {tmp_path}/c/test_000000/model.onnx: cannot write: File too large\n"
    assert not (tmp_path / "c").exists()  # nothing was finished, nothing is left


@pytest.fixture
def small_disk(tmp_path):
    where = tmp_path / "disk"
    where.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(where)], capture_output=True).returncode != 0:
        pytest.skip("cannot mount a small tmpfs")
    yield where
    subprocess.run(["umount", str(where)], check=True)


@pytest.mark.parametrize("jobs", [1, 3])
def test_full_disk(nngen, small_disk, jobs):
    out = small_disk / "c"
    r = nngen("--nodes", 20, "--count", 400, "--seed", 3, "--out", out, "--jobs", jobs, *OPS)
    assert (r.code, r.out) == (1, "")
    error, rest = r.err.splitlines()
    assert error.startswith(f"nngen: {out}/") and error.endswith(": No space left on device")
    n = len([e for e in entries(out) if e.startswith("test_")])
    assert rest == f"nngen: {n} of 400 models were finished and stay in {out}; --resume continues the run"
    assert not [e for e in entries(out) if e.startswith(".nngen-tmp-")]
    if (out / "manifest.json").exists():  # room was found for it
        assert check(out) == n > 0
    whole = small_disk.parent / "whole"
    assert nngen("--nodes", 20, "--count", 400, "--seed", 3, "--out", whole, "--quiet", *OPS).code == 0
    for p in out.glob("test_*/**/*"):
        if p.is_file():
            assert p.read_bytes() == (whole / p.relative_to(out)).read_bytes()
    for p in sorted(out.rglob("*"), reverse=True):
        p.rmdir() if p.is_dir() else p.unlink()
    out.rmdir()


def test_standard_output_is_full(nngen, tmp_path):
    with open("/dev/full", "w") as full:
        r = nngen("--list-ops", capture_output=False, stdout=full, stderr=subprocess.PIPE)
        assert (r.code, r.err) == (1, "nngen: standard output: No space left on device\n")
        r = nngen("--nodes", 3, "--count", 1, "--out", tmp_path / "c", *OPS, capture_output=False, stdout=full, stderr=subprocess.PIPE)
        assert r.code == 1 and "standard output: No space left on device" in r.err
    assert check(tmp_path / "c") == 1


def test_standard_streams_are_closed(nngen, tmp_path):
    """No file of the corpus is taken for one of them."""
    run = f"{nngen.path} --nodes 3 --count 4 --ops Add,Relu,Neg,Exp --jobs 1 --out"
    for k, closed in enumerate(["<&- >&- 2>&-", ">&- 2>&-", "2>&-", "<&- 2>&-", ">&-"]):
        r = subprocess.run(["sh", "-c", f"{run} {tmp_path}/{k} --nodes 1 --count 2 {closed}"], capture_output=True, text=True)
        assert r.returncode == (1 if " >&-" in f" {closed}" else 0)
        assert check(tmp_path / str(k)) == 2
        assert nngen("verify", tmp_path / str(k)).code == 0
    assert r.stderr.endswith("nngen: standard output: Bad file descriptor\n")


def test_reader_leaves(nngen):
    r = subprocess.run(f"{nngen.path} --list-ops | head -n 1", shell=True, capture_output=True, text=True)
    assert r.returncode == 0 and r.stderr == "" and r.stdout.startswith("# opset")
    closed = subprocess.run(f"{nngen.path} --list-ops | true", shell=True, capture_output=True, text=True)
    assert closed.stderr == ""


# ---- signals ----

def started(nngen, out, *args):
    """A long run, once it has written some models."""
    p = subprocess.Popen([nngen.path, "--nodes", "30", "--count", "200000", "--out", str(out), *OPS, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (out / "test_000020").exists():
        assert p.poll() is None and time.monotonic() < deadline
        time.sleep(0.002)
    return p


@pytest.mark.parametrize("number, word", [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_signals(nngen, tmp_path, number, word, jobs):
    p = started(nngen, tmp_path / "c", "--jobs", jobs)
    p.send_signal(number)
    out, err = p.communicate(timeout=60)
    n = check(tmp_path / "c")
    assert n > 20
    assert (p.returncode, out) == (128 + number, "")
    assert err == f"nngen: {word}: stopped after {n} of 200000 models; the manifest lists the finished models, --resume continues the run\n"
    assert json.loads((tmp_path / "c" / "manifest.json").read_text())["finished"] == n


def test_killed(nngen, tmp_path):
    """Every model that is visible is whole; the next run refuses, and with --force starts clean."""
    p = started(nngen, tmp_path / "c", "--jobs", "2")
    p.kill()
    p.communicate()
    assert ".nngen-models.jsonl" in entries(tmp_path / "c") and "manifest.json" not in entries(tmp_path / "c")
    write(nngen, tmp_path / "whole", "--nodes", 30, count=21)  # the same models but for the plan: only their layout is compared
    layout = sorted(p.name for p in (tmp_path / "whole" / "test_000000").rglob("*"))
    assert "model.onnx" in layout
    for model in (tmp_path / "c").glob("test_*"):
        assert (model / "model.onnx").stat().st_size > 0 and list((model / "test_data_set_0").glob("input_*.pb"))
    r = nngen("--out", tmp_path / "c", *OPS)
    assert (r.code, r.err) == (1, f"nngen: {tmp_path}/c: contains an unfinished run; --resume continues it, --force starts it again\n")
    write(nngen, tmp_path / "c", "--force", count=3)
    assert check(tmp_path / "c") == 3


def test_two_runs_at_once(nngen, tmp_path):
    p = started(nngen, tmp_path / "c")
    r = nngen("--out", tmp_path / "c", "--force", *OPS)
    p.send_signal(signal.SIGINT)
    p.communicate(timeout=60)
    assert (r.code, r.err) == (1, f"nngen: {tmp_path}/c: another run is writing here\n")
    assert check(tmp_path / "c") > 20
