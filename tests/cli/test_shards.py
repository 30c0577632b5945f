"""Shards merged give the bytes of the whole run, and a manifest is enough to make a corpus again."""
import json
import signal
import subprocess
import time

import pytest

ARGS = ("--nodes", 12, "--count", 60, "--seed", 9, "--inputs", 2, "--intervals")


def tree(path):
    return {str(p.relative_to(path)): p.read_bytes() if p.is_file() else None for p in path.rglob("*")}


def make(nngen, out, *args):
    r = nngen(*args, "--out", out, "--quiet")
    assert (r.code, r.out) == (0, ""), r.err
    return out


@pytest.fixture
def whole(nngen, tmp_path):
    return make(nngen, tmp_path / "whole", *ARGS)


def shards(nngen, tmp_path, n, *args):
    return [make(nngen, tmp_path / f"s{k}", *ARGS, *args, "--shard", f"{k}/{n}", "--jobs", 1 + k % 3) for k in range(1, n + 1)]


@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_merged_is_whole(nngen, tmp_path, whole, n):
    parts = shards(nngen, tmp_path, n)
    before = [tree(p) for p in parts]
    names = [{e for e in b if e.startswith("test_") and "/" not in e} for b in before]
    assert sum(map(len, names)) == 60 and len(set().union(*names)) == 60
    assert names[0] == {f"test_{i:06}" for i in range(0, 60, n)}
    r = nngen("merge", tmp_path / "m", *reversed(parts))
    assert r.code == 0 and r.out.startswith("60 models of 12 nodes, ") and r.err == "", r.err
    assert tree(tmp_path / "m") == tree(whole)
    assert [tree(p) for p in parts] == before
    r = nngen("merge", tmp_path / "m", *parts)
    assert r.code == 1 and "is not empty" in r.err
    assert nngen("merge", tmp_path / "m", *parts, "--force", "--quiet").code == 0
    assert tree(tmp_path / "m") == tree(whole)


def test_a_shard_is_no_target(nngen, tmp_path):
    parts = shards(nngen, tmp_path, 2)
    before = [tree(p) for p in parts]
    (tmp_path / "link").symlink_to(parts[1])
    for target in (parts[0], tmp_path / "link"):
        r = nngen("merge", target, *parts, "--force")
        assert (r.code, r.out) == (2, "") and f"{target}: is itself a shard" in r.err
    r = nngen("merge", tmp_path / "m", *parts, "--dry-run")
    assert r.code == 2 and "merge takes no --dry-run" in r.err
    assert [tree(p) for p in parts] == before and not (tmp_path / "m").exists()
    assert nngen("merge", "--quiet", tmp_path / "m", parts[0], "--force", parts[1]).code == 0


def test_on_another_file_system(nngen, tmp_path, whole):
    """Where files cannot be linked they are copied."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], capture_output=True).returncode != 0:
        pytest.skip("cannot mount a tmpfs")
    try:
        assert nngen("merge", disk / "m", *shards(nngen, tmp_path, 3), "--quiet").code == 0
        assert tree(disk / "m") == tree(whole)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_shard_goes_on(nngen, tmp_path):
    args = ("--nodes", 12, "--count", 4000, "--shard", "2/2")
    p = subprocess.Popen([nngen.path, *map(str, args), "--out", str(tmp_path / "s2"), "--quiet"])
    while not (tmp_path / "s2" / "test_000011").exists():
        time.sleep(0.0005)
    p.kill()
    assert p.wait() == -signal.SIGKILL
    r = nngen(*args[:-1], "1/2", "--out", tmp_path / "s2", "--resume")
    assert r.code == 1 and "cannot resume: number was 2 in the interrupted run and is 1 now" in r.err
    r = nngen(*args[:-2], "--out", tmp_path / "s2", "--resume")
    assert r.code == 1 and "cannot resume: shard was given in the interrupted run and is not now" in r.err
    make(nngen, tmp_path / "s2", *args, "--resume")
    make(nngen, tmp_path / "other", *args)
    assert tree(tmp_path / "s2") == tree(tmp_path / "other")


def test_what_does_not_belong_together(nngen, tmp_path, whole):
    parts = shards(nngen, tmp_path, 3)
    out = tmp_path / "m"

    def refused(*dirs):
        r = nngen("merge", out, *dirs)
        assert r.code in (1, 2) and r.out == "" and not out.exists()
        return r.err.splitlines()[0].removeprefix("nngen: ")

    assert refused(*parts[:2]) == f"{parts[0]}: is one of 3 shards, but 2 were given"
    assert refused(parts[0]) == f"{parts[0]}: is one of 3 shards, but 1 was given"
    assert refused(parts[0], parts[1], parts[1]) == f"{parts[1]}: is the same shard as {parts[1]}"
    assert refused(whole) == f"{whole}: contains no shard of a family"
    assert refused(tmp_path / "none").endswith("/none: cannot open: No such file or directory")
    other = make(nngen, tmp_path / "other", *ARGS, "--seed", 10, "--shard", "3/3")
    assert refused(parts[0], parts[1], other) == f"{other}: belongs to another family than {parts[1]}: seed differs"
    (parts[2] / "test_000002" / "model.onnx").rename(tmp_path / "away")
    r = nngen("merge", out, *parts)
    assert (r.code, r.err) == (1, f"nngen: {parts[2]}/test_000002/model.onnx: cannot read: No such file or directory\n")
    assert not (out / "test_000002").exists() and not list(out.glob(".nngen-tmp-*"))
    (tmp_path / "away").rename(parts[2] / "test_000002" / "model.onnx")
    assert nngen("merge", out, *parts, "--force", "--quiet").code == 0  # what was begun is replaced
    assert tree(out) == tree(whole)


@pytest.mark.parametrize("value", ["0/2", "3/2", "1", "1/", "/2", "a/b", "1/2/3", "1/10001", "99999999999999999999/2", "-1/2"])
def test_wrong_shards(nngen, tmp_path, value):
    r = nngen("--out", tmp_path / "c", "--shard", value)
    assert r.code == 2 and r.err.startswith(f"nngen: --shard {value}: expected K/N with 1 <= K <= N <= 10000\n")


def test_manifest_of_a_shard(nngen, tmp_path):
    (part,) = [make(nngen, tmp_path / "s", *ARGS, "--shard", "2/3")]
    m = json.loads((part / "manifest.json").read_text())
    assert m["shard"] == {"number": 2, "of": 3} and m["options"]["count"] == 60 and "finished" not in m
    assert len((part / "models.jsonl").read_text().splitlines()) == 20


# ---- replay ----

def test_replay(nngen, tmp_path, whole):
    r = nngen("replay", whole / "manifest.json", "--out", tmp_path / "r", "--quiet", "--jobs", 2)
    assert (r.code, r.out, r.err) == (0, "", "")
    assert tree(tmp_path / "r") == tree(whole)
    (part,) = [make(nngen, tmp_path / "s", *ARGS, "--shard", "2/3")]
    assert nngen("replay", part / "manifest.json", "--out", tmp_path / "t", "--quiet").code == 0
    assert tree(tmp_path / "t") == tree(part)


def test_replay_of_a_shard_that_cannot_be(nngen, tmp_path):
    (part,) = shards(nngen, tmp_path, 1)
    manifest = part / "manifest.json"
    doc = json.loads(manifest.read_text())
    for number, of in (((1 << 32) + 1, (1 << 32) + 1), (10001, 10001), (0, 1), (2, 1), (-1, 1)):
        manifest.write_text(json.dumps({**doc, "shard": {"number": number, "of": of}}))
        r = nngen("replay", manifest, "--out", tmp_path / "r")
        assert (r.code, r.err) == (1, f"nngen: {manifest}: is not a manifest of nngen, or is damaged\n")


def test_replay_of_options(nngen, tmp_path):
    args = ("--nodes", 6, "--count", 5, "--opset", 21, "--profile", "onnx", "--ops", "-Conv", "--max-elements", 64, "--inputs", 0)
    made = make(nngen, tmp_path / "c", *args)
    assert nngen("replay", made / "manifest.json", "--out", tmp_path / "r", "--quiet").code == 0
    assert tree(tmp_path / "r") == tree(made)


def test_replay_refuses(nngen, tmp_path, whole):
    path = tmp_path / "manifest.json"
    for field, value, message in [("version", "0.0.9", "was made by nngen 0.0.9, this is 0.7.0"),
                                  ("table_digest", "00" * 32, "was made with another operator table: its digest is 0000"),
                                  ("generator", "other", "is not a manifest of nngen, or is damaged"),
                                  ("options", {}, "is not a manifest of nngen, or is damaged")]:
        m = json.loads((whole / "manifest.json").read_text())
        m[field] = value
        path.write_text(json.dumps(m))
        r = nngen("replay", path, "--out", tmp_path / "r")
        assert r.code in (1, 2) and r.err.startswith(f"nngen: {path}: {message}") and not (tmp_path / "r").exists()
    r = nngen("replay", whole / "manifest.json", "--nodes", 3, "--out", tmp_path / "r")
    assert (r.code, r.err.splitlines()[0]) == (2, "nngen: replay: --nodes is taken from the manifest")
    r = nngen("replay", "--out", tmp_path / "r")
    assert (r.code, r.err.splitlines()[0]) == (2, "nngen: replay: expected a manifest and --out DIR")


def test_duplicates_are_named_and_counted_over_shards(nngen, tmp_path):
    """Models of one node meet by chance."""
    args = ("--nodes", 1, "--count", 120, "--seed", 3, "--ops", "Relu,Abs")
    assert nngen(*args, "--dry-run", "--quiet").err == ""
    r = nngen(*args, "--out", tmp_path / "whole")
    manifest = json.loads((tmp_path / "whole" / "manifest.json").read_text())
    rows = [json.loads(x) for x in (tmp_path / "whole" / "models.jsonl").read_text().splitlines()]
    first, pairs = {}, []
    for row in rows:
        if first.setdefault(row["structure"], row["name"]) != row["name"]:
            pairs.append([row["name"], first[row["structure"]]])
    assert pairs and manifest["duplicates"] == pairs[:100] and manifest["distinct"] == 120 - len(pairs)
    assert r.err == f"nngen: {len(pairs)} of 120 models have the structure of an earlier model, see {tmp_path / 'whole'}/manifest.json\n"
    parts = [tmp_path / f"p{k}" for k in (1, 2, 3)]
    for k, part in enumerate(parts, 1):
        assert nngen(*args, "--shard", f"{k}/3", "--out", part).code == 0
    assert nngen("merge", tmp_path / "m", *parts).code == 0
    assert tree(tmp_path / "m") == tree(tmp_path / "whole")


def test_larger_models_are_distinct(nngen, tmp_path, whole):
    manifest = json.loads((whole / "manifest.json").read_text())
    assert (manifest["distinct"], manifest["duplicates"]) == (60, [])


def test_merge_wants_structures(nngen, tmp_path):
    (part,) = shards(nngen, tmp_path, 1)
    lines = (part / "models.jsonl").read_text().splitlines()
    row = json.loads(lines[4])
    row["structure"] = row["structure"][:-1]
    lines[4] = json.dumps(row, separators=(",", ":"))
    (part / "models.jsonl").write_text("".join(x + "\n" for x in lines))
    r = nngen("merge", tmp_path / "m", part)
    assert r.code == 1 and "the line of test_000004 has no structure of 32 hexadecimal digits" in r.err
