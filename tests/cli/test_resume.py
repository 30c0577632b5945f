"""A run that was killed, stopped, or ran out of space goes on with --resume, and its bytes are those of a run without interruption."""
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time

import pytest

KILLS = int(os.environ.get("NNGEN_KILLS", "30"))  # moments at which a run is killed
OPS = ("--ops", "Relu,Add,Abs,Conv,Concat")
SMALL = ("--nodes", 12, "--count", 300, "--seed", 5, "--inputs", 2, *OPS)


def tree(path):
    return {str(p.relative_to(path)): p.read_bytes() if p.is_file() else None for p in path.rglob("*")}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    made = {}

    def get(nngen, *args):
        if args not in made:
            out = tmp_path_factory.mktemp("reference") / "c"
            r = nngen(*args, "--out", out, "--quiet")
            assert r.code == 0, r.err
            made[args] = tree(out)
        return made[args]

    return get


def resume(nngen, out, *args):
    r = nngen(*args, "--out", out, "--resume", "--quiet")
    assert (r.code, r.out, r.err) == (0, "", "")


def no_half_files(out):
    """What is visible under its own name is whole."""
    whole = 0
    for model in out.glob("test_*"):
        assert (model / "model.onnx").stat().st_size > 0 and len(list(model.glob("test_data_set_*"))) == 2
        whole += 1
    return whole


def test_killed_at_any_moment(nngen, tmp_path, reference):
    want = reference(nngen, *SMALL)
    begun = time.monotonic()
    subprocess.run([nngen.path, *map(str, SMALL), "--out", str(tmp_path / "t"), "--quiet"], check=True)
    span = time.monotonic() - begun
    draw = random.Random(1)
    hit = 0
    for i in range(KILLS):
        out = tmp_path / "c"
        args = [*map(str, SMALL), "--out", str(out), "--quiet", "--jobs", str(1 + i % 3)]
        mode = []
        if i % 5 == 4:  # over a corpus with other options
            assert nngen("--nodes", 3, "--count", 400, "--out", out, "--quiet", *OPS).code == 0
            mode = ["--force"]
        for _ in range(1 + i % 3):  # a run may be killed more than once
            p = subprocess.Popen([nngen.path, *args, *mode], stderr=subprocess.PIPE, text=True)
            time.sleep(draw.uniform(0, 1.1 * span))
            p.kill()
            hit += p.wait() == -signal.SIGKILL
            assert p.stderr.read() == ""
            if (out / ".nngen-run.json").exists() and not mode:
                no_half_files(out)
            if (out / ".nngen-run.json").exists() or not mode:
                mode = ["--resume"]
        assert nngen(*args, *mode).code == 0
        assert tree(out) == want
        shutil.rmtree(out)
    assert hit > KILLS / 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_a_signal(nngen, tmp_path, number):
    """The manifest of a run that was stopped says what run it was."""
    args = ["--nodes", "30", "--count", "3000", *OPS]
    out = tmp_path / "c"
    p = subprocess.Popen([nngen.path, *args, "--out", str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (out / "test_000020").exists():
        assert p.poll() is None
        time.sleep(0.001)
    p.send_signal(number)
    err = p.communicate()[1]
    assert p.returncode == 128 + number and err.endswith("the manifest lists the finished models, --resume continues the run\n")
    assert (out / "manifest.json").exists() and not list(out.glob(".nngen*"))
    r = nngen(*args, "--out", out)
    assert r.err == f"nngen: {out}: contains an unfinished run; --resume continues it, --force starts it again\n"
    kept = {m.name: m.stat().st_ino for m in out.glob("test_*")}
    resume(nngen, out, *args)
    assert nngen(*args, "--out", tmp_path / "whole", "--quiet").code == 0
    assert tree(out) == tree(tmp_path / "whole")
    assert {m: (out / m).stat().st_ino for m in kept} == kept  # finished models were not written again


def stopping(nngen, out, args, number, *more):
    """A resumed run that gets a signal at once, and then others; its exit status and message."""
    (out / ".nngen-models.jsonl").unlink()  # is begun again
    p = subprocess.Popen([nngen.path, *args, "--out", str(out), "--resume", "--jobs", "2"], stderr=subprocess.PIPE, text=True)
    while not (out / ".nngen-models.jsonl").exists():
        assert p.poll() is None
    time.sleep(0.01)
    p.send_signal(number)
    line = p.stderr.readline()
    for other in more:
        p.send_signal(other)
    return p.wait(), line + p.stderr.read()


def test_a_resumed_run_is_stopped(nngen, tmp_path):
    """Its manifest has all models that are there; a second signal leaves none, and the run can go on all the same."""
    args = ["--nodes", "30", "--count", "3000", *OPS]
    out = tmp_path / "c"
    killed(nngen, out, *args, at="test_000700")
    (out / "test_000400" / "model.onnx").write_bytes(b"")  # is not counted, and made when the run goes on
    before = {m.name for m in out.glob("test_*")} - {"test_000400"}
    stopping_line = "nngen: stopping: writing the manifest of the finished models; a second signal stops at once\n"
    code, err = stopping(nngen, out, args, signal.SIGTERM, signal.SIGTERM)
    assert (code, err) == (143, stopping_line + "nngen: stopped at once, without a manifest; --resume continues the run\n")
    assert not (out / "manifest.json").exists() and (out / ".nngen-run.json").exists()
    code, err = stopping(nngen, out, args, signal.SIGINT)
    lines = [json.loads(line)["name"] for line in (out / "models.jsonl").read_text().splitlines()]
    assert lines == sorted(m.name for m in out.glob("test_*")) and before <= set(lines)
    assert (code, err) == (130, stopping_line + f"nngen: interrupted: stopped after {len(lines)} of 3000 models; "
                                                "the manifest lists the finished models, --resume continues the run\n")
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["finished"] == len(lines) < 3000 and manifest["statistics"]["nodes"] == 30 * len(lines)
    r = nngen("verify", out)
    assert r.err == "nngen: %s/manifest.json: belongs to a run that was stopped; --resume continues it\n" % out
    resume(nngen, out, *args)
    assert nngen(*args, "--out", tmp_path / "whole", "--quiet").code == 0
    assert tree(out) == tree(tmp_path / "whole")


@pytest.fixture
def disk(tmp_path):
    where = tmp_path / "disk"
    where.mkdir()

    def size(kilobytes):
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(where)], capture_output=True).returncode != 0:
            pytest.skip("cannot mount a small tmpfs")
        return where

    size.grow = lambda: subprocess.run(["mount", "-o", "remount,size=64m", str(where)], check=True)
    size.drop = lambda: subprocess.run(["umount", str(where)], check=True)
    yield size
    subprocess.run(["umount", str(where)], capture_output=True)


def test_full_disk(nngen, tmp_path, disk, reference):
    args = (*SMALL[:3], 120, *SMALL[4:])
    want = reference(nngen, *args)
    draw = random.Random(2)
    sizes = [4, 8, 12, 20, *(4 * draw.randint(1, 30) for _ in range(16)), *(4 * draw.randint(30, 330) for _ in range(30))]
    for k, kilobytes in enumerate(sizes):
        out = disk(kilobytes) / "c"
        for attempt in range(2):  # also when it goes on before there is room
            r = nngen(*args, "--out", out, "--jobs", 1 + k % 3, "--resume", "--quiet")
            assert r.code == 1 and r.err.splitlines()[0].endswith("No space left on device"), r.err
            assert r.err.startswith(f"nngen: {out}") and len(r.err.splitlines()) <= 2
            if out.exists():
                made = no_half_files(out)
                assert not list(out.glob("**/.nngen-tmp-*"))
                for model in out.glob("test_*/**/*"):
                    assert want[str(model.relative_to(out))] == (model.read_bytes() if model.is_file() else None)
                if made:
                    assert r.err.splitlines()[1] == f"nngen: {made} of 120 models were finished and stay in {out}; --resume continues the run"
        disk.grow()
        resume(nngen, out, *args)
        assert tree(out) == want
        disk.drop()


@pytest.mark.parametrize("limit", [200, 400, 1000, 3000, 5000, 20000])
def test_file_size_limit(nngen, tmp_path, reference, limit):
    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    out = tmp_path / "c"
    r = nngen(*SMALL, "--out", out, "--quiet", preexec_fn=small)
    assert r.code == 1 and r.err.splitlines()[0].endswith("cannot write: File too large")
    if out.exists():
        no_half_files(out)
        assert not list(out.glob(".nngen-tmp-*"))
    resume(nngen, out, *SMALL)
    assert tree(out) == reference(nngen, *SMALL)


# ---- what is resumed ----

def killed(nngen, out, *args, at="test_000010"):
    p = subprocess.Popen([nngen.path, *map(str, args), "--out", str(out), "--quiet"])
    while not (out / at).exists():
        time.sleep(0.0005)
    p.kill()
    assert p.wait() == -signal.SIGKILL


LONG = ("--nodes", 12, "--count", 3000, "--seed", 5, *OPS)


@pytest.mark.parametrize("change, message", [
    (("--nodes", 13), "nodes was 12 in the interrupted run and is 13 now"),
    (("--count", 50), "count was 3000 in the interrupted run and is 50 now"),
    (("--seed", 6), "seed was 5 in the interrupted run and is 6 now"),
    (("--opset", 18), "opset was 17 in the interrupted run and is 18 now"),
    (("--inputs", 0), "inputs was 1 in the interrupted run and is 0 now"),
    (("--profile", "onnx"), "profile was 'ort' in the interrupted run and is 'onnx' now"),
    (("--ops", "Relu,Add"), "ops was 'Relu,Add,Abs,Conv,Concat' in the interrupted run and is 'Relu,Add' now"),
    (("--max-elements", 64), "max_elements was 4096 in the interrupted run and is 64 now"),
    (("--intervals",), "intervals was false in the interrupted run and is true now"),
])
def test_other_options(nngen, tmp_path, change, message):
    out = tmp_path / "c"
    out.mkdir()
    assert nngen(*LONG[:3], 5, *LONG[4:], "--out", out, "--quiet").code == 0
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["options"]["count"] = 3000
    (out / "manifest.json").unlink()
    (out / ".nngen-run.json").write_text(json.dumps({k: manifest[k] for k in ("generator", "version", "options", "table_digest")}))
    before = tree(out)
    r = nngen(*LONG, *change, "--out", out, "--resume")
    assert (r.code, r.err) == (1, f"nngen: {out}: cannot resume: {message}\n")
    assert tree(out) == before


@pytest.mark.parametrize("field, value", [("version", "0.0.9"), ("table_digest", "00" * 32)])
def test_other_program(nngen, tmp_path, field, value):
    out = tmp_path / "c"
    killed(nngen, out, *LONG)
    run = json.loads((out / ".nngen-run.json").read_text())
    run[field] = value
    (out / ".nngen-run.json").write_text(json.dumps(run))
    r = nngen(*LONG, "--out", out, "--resume")
    assert r.code == 1 and r.err.startswith(f"nngen: {out}: cannot resume: {field} was '{value[:40]}' in the interrupted run and is ")
    (out / ".nngen-run.json").write_text("{")
    r = nngen(*LONG, "--out", out, "--resume")
    assert (r.code, r.err) == (1, f"nngen: {out}: contains no run that can be resumed; --force replaces what nngen wrote there\n")


def test_damage_is_repaired(nngen, tmp_path, reference):
    """Finished models count only if they are whole: files are compared with what they should be."""
    out = tmp_path / "c"
    assert nngen(*SMALL, "--out", out, "--quiet").code == 0
    (out / "test_000000" / "model.onnx").unlink()
    (out / "test_000001" / "model.onnx").write_bytes(b"")
    data = out / "test_000002" / "test_data_set_1" / "input_0.pb"
    data.write_bytes(data.read_bytes()[:-1] + b"x")
    (out / "test_000003" / "test_data_set_1" / "input_99.pb").write_bytes(b"")
    (out / "test_000004" / "test_data_set_2").mkdir()
    (out / "test_000007" / "model.onnx").unlink()
    os.mkfifo(out / "test_000007" / "model.onnx")
    shutil.rmtree(out / "test_000005")
    shutil.copytree(out / "test_000006", out / "test_000300")  # not of this family
    shutil.copytree(out / "test_000006", out / "test_0000006")
    (out / "models.jsonl").write_text("")
    resume(nngen, out, *SMALL)
    assert tree(out) == reference(nngen, *SMALL)


def test_nothing_of_others_is_removed(nngen, tmp_path, reference):
    out = tmp_path / "c"
    out.mkdir()
    (out / "notes").write_text("mine")
    r = nngen(*SMALL, "--out", out, "--resume")
    assert (r.code, r.err) == (1, f"nngen: {out}: contains no run that can be resumed; --force replaces what nngen wrote there\n")
    (out / "notes").unlink()
    resume(nngen, out, *SMALL)  # an empty directory is a run that has not begun
    (out / "notes").write_text("mine")
    expected = out / "test_000007" / "test_data_set_0" / "output_0.pb"
    expected.write_text("mine")
    resume(nngen, out, *SMALL)
    assert expected.read_text() == (out / "notes").read_text() == "mine"
    (out / "test_000007" / "notes").write_text("mine")
    (out / "test_000008" / "model.onnx").unlink()
    r = nngen(*SMALL, "--out", out, "--resume")
    assert (r.code, r.err) == (1, f"nngen: {out}/test_000007/notes: was not written by nngen; move it away first\n")
    (out / "test_000007" / "notes").unlink()
    expected.unlink()
    (out / "notes").unlink()
    resume(nngen, out, *SMALL)
    assert tree(out) == reference(nngen, *SMALL)
