"""A range of --nodes: one family for each size, the same as if it were made alone."""
import json
import signal
import subprocess
import time

import pytest

SIZES = [15, 20, 25, 30]
ARGS = ("--nodes", "15..33/5", "--count", 30, "--seed", 4, "--inputs", 2)


def tree(path):
    return {str(p.relative_to(path)): p.read_bytes() if p.is_file() else None for p in path.rglob("*")}


@pytest.fixture
def whole(nngen, tmp_path):
    for n in SIZES:
        r = nngen("--nodes", n, *ARGS[2:], "--out", tmp_path / "whole" / f"nodes-{n:03}", "--quiet")
        assert r.code == 0, r.err
    return tmp_path / "whole"


@pytest.mark.parametrize("jobs", [1, 3])
def test_families(nngen, tmp_path, whole, jobs):
    r = nngen(*ARGS, "--out", tmp_path / "c", "--jobs", jobs)
    assert r.code == 0 and r.err == "" and r.out.count("30 models of ") == 4
    assert tree(tmp_path / "c") == tree(whole)
    for n in SIZES:
        m = json.loads((tmp_path / "c" / f"nodes-{n:03}" / "manifest.json").read_text())
        assert m["missing"] == [] and m["options"]["nodes"] == n
        assert nngen("verify", tmp_path / "c" / f"nodes-{n:03}").code == 0
    r = nngen(*ARGS, "--dry-run")
    assert r.code == 0 and r.out.count("not written") == 4
    r = nngen(*ARGS, "--out", tmp_path / "c")
    assert r.code == 1 and f"{tmp_path}/c/nodes-015: is not empty" in r.err
    assert nngen(*ARGS, "--out", tmp_path / "c", "--force", "--quiet").code == 0
    assert tree(tmp_path / "c") == tree(whole)


def test_goes_on(nngen, tmp_path, whole):
    out = tmp_path / "c"
    for place in ("nodes-015/test_000003", "nodes-020", "nodes-025/test_000010", "nodes-030"):
        p = subprocess.Popen([nngen.path, *map(str, ARGS), "--out", str(out), "--resume", "--quiet"])
        while not (out / place).exists() and p.poll() is None:
            time.sleep(0.0002)
        p.kill()
        assert p.wait() in (-signal.SIGKILL, 0)
    assert nngen(*ARGS, "--out", out, "--resume", "--quiet").code == 0
    assert tree(out) == tree(whole)


def test_a_signal_ends_it(nngen, tmp_path):
    args = ["--nodes", "15..18", "--count", "3000", "--out", str(tmp_path / "c")]
    p = subprocess.Popen([nngen.path, *args], stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "c" / "nodes-015" / "test_000010").exists():
        time.sleep(0.0005)
    p.terminate()
    assert "--resume continues the run" in p.communicate()[1] and p.returncode == 143
    assert [f.name for f in (tmp_path / "c").iterdir()] == ["nodes-015"]


def test_shards(nngen, tmp_path, whole):
    for k in (1, 2, 3):
        assert nngen(*ARGS, "--shard", f"{k}/3", "--out", tmp_path / f"s{k}", "--quiet").code == 0
    for n in SIZES:
        name = f"nodes-{n:03}"
        assert nngen("merge", tmp_path / "m" / name, *(tmp_path / f"s{k}" / name for k in (1, 2, 3)), "--quiet").code == 0
    assert tree(tmp_path / "m") == tree(whole)
