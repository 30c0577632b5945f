"""What stands in a corpus in place of its files: names that lead out of it, symbolic links, FIFOs, sockets, files that are too large."""
import hashlib
import json
import os
import resource
import shutil
import socket
import subprocess
import threading

import pytest

from conftest import NNGEN

ARGS = ("--nodes", 6, "--count", 6, "--inputs", 2, "--ops", "Abs,Add,Conv,Relu", "--quiet")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A corpus and its three shards, made once; tests copy them."""
    path = tmp_path_factory.mktemp("made")
    for name, more in (("c", ()), *((f"s{k}", ("--shard", f"{k}/3")) for k in (1, 2, 3))):
        subprocess.run([NNGEN, *map(str, ARGS), *more, "--out", path / name], check=True)
    return path


@pytest.fixture
def corpus(made, tmp_path):
    shutil.copytree(made / "c", tmp_path / "c")
    return tmp_path / "c"


@pytest.fixture
def shards(made, tmp_path):
    for name in ("s1", "s2", "s3"):
        shutil.copytree(made / name, tmp_path / name)
    return [tmp_path / name for name in ("s1", "s2", "s3")]


def found(nngen, out, **how):
    r = nngen("verify", out, timeout=60, **how)
    lines = [line.removeprefix(f"nngen: {out}/") for line in r.err.splitlines()]
    assert r.code == (1 if lines else 0)
    assert r.out.endswith(f", {len(lines)} difference{'' if len(lines) == 1 else 's'}\n")
    return sorted(lines)


def refused(nngen, shards, *args):
    """The message of a merge that fails, without the path of the shards."""
    out = shards[0].parent / "m"
    r = nngen("merge", out, *shards, "--force", *args, timeout=60)
    assert (r.code, r.out) == (1, "") and not list(out.glob(".nngen-tmp-*")) and not (out / "manifest.json").exists()
    return r.err.removeprefix(f"nngen: {shards[0].parent}/").removesuffix("\n")


def rename_key(corpus, line, old, new):
    """Changes the name of a file in a line of models.jsonl; the text is changed, as a parser may not take what is tested."""
    path = corpus / "models.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    assert json.dumps(old) + ":" in lines[line]
    lines[line] = lines[line].replace(json.dumps(old) + ":", new + ":")
    path.write_text("".join(lines))


# ---- names ----


def test_a_name_that_leaves_the_corpus(nngen, corpus, tmp_path):
    shutil.move(corpus / "test_000001" / "model.onnx", tmp_path / "outside.onnx")
    rename_key(corpus, 1, "model.onnx", '"../../outside.onnx"')
    assert found(nngen, corpus) == ["models.jsonl: test_000001: '../../outside.onnx' is not a file of this model"]


NAMES = ["../../outside.onnx", "../test_000002/model.onnx", "/outside.onnx", "", ".", "..", "/", "./model.onnx", "model.onnx/", "test_data_set_0", "test_data_set_0/",
         "test_data_set_0/../model.onnx", "test_data_set_0//input_0.pb", "test_data_set_00/input_0.pb", "test_data_set_0/input_00.pb", "test_data_set_0/a/input_0.pb",
         "test_data_set_2/input_0.pb", "test_data_set_0/input_9999.pb", "test_data_set_-1/input_0.pb", "test_data_set_0/input_0.pb ", "test_data_set_99999999999999999999/input_0.pb",
         "test_data_set_0/output_0.pb", "inputs.npz", "model.onnx\u0001", "model\n.onnx", "MODEL.ONNX", "x" * 5000]


@pytest.mark.parametrize("name", NAMES, ids=lambda n: repr(n[:40]))
def test_names_that_no_file_of_the_model_has(nngen, corpus, shards, tmp_path, name):
    """A file of that name is there wherever it can be, so that following the name would find it."""
    shown = "".join("?" if c < " " else c for c in name[:60])
    for where, model in ((corpus, "test_000001"), (shards[1], "test_000001")):
        row = next(i for i, line in enumerate((where / "models.jsonl").read_text().splitlines()) if f'"{model}"' in line)
        target = where / model / name
        if not name.startswith("/") and len(name) < 200 and not name.endswith(("/", ".")) and target.parent.is_dir() and not target.exists():
            shutil.copy(where / model / "model.onnx", target)
        rename_key(where, row, "model.onnx", json.dumps(name))
    assert f"models.jsonl: test_000001: '{shown}' is not a file of this model" in found(nngen, corpus)
    assert refused(nngen, shards) == f"s2/models.jsonl: test_000001: '{shown}' is not a file of this model"


def test_names_that_come_twice_and_files_that_are_left_out(nngen, corpus, shards):
    for where in (corpus, shards[1]):
        row = 1 if where == corpus else 0
        rename_key(where, row, "test_data_set_0/input_0.pb", '"model.onnx"')
    assert "models.jsonl: line 2 does not describe a model" in found(nngen, corpus)
    assert refused(nngen, shards) == "s2/models.jsonl: has no line for test_000001 at the expected place"


def test_files_that_are_left_out(nngen, corpus, shards):
    for where in (corpus, shards[1]):
        path = where / "models.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        row = next(r for r in rows if r["name"] == "test_000001")
        n = len(row["files"])
        del row["files"]["test_data_set_1/input_0.pb"]
        (where / "test_000001" / "test_data_set_1" / "input_0.pb").unlink()
        path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    assert "test_000001: the number of files does not match the inputs" in found(nngen, corpus)
    assert refused(nngen, shards) == f"s2/models.jsonl: test_000001 has {n - 1} files, expected {n}"


@pytest.mark.parametrize("name", ["../c/test_000001", "test_000001/", "test_000001/../test_000001", "/test_000001", "", ".", "test_1", "test_0000001", "test_000001\\u0007"])
def test_names_of_models(nngen, corpus, shards, name):
    for where in (corpus, shards[1]):
        path = where / "models.jsonl"
        path.write_text(path.read_text().replace('"name":"test_000001"', f'"name":"{name}"'))
    shown = name.replace("\\u0007", "?")
    assert f"models.jsonl: names model '{shown}'; expected another model here" in found(nngen, corpus)
    assert refused(nngen, shards) == "s2/models.jsonl: has no line for test_000001 at the expected place"


# ---- entries that are not regular files ----


def to_link(path):
    """The same content, through a symbolic link out of the corpus."""
    away = next(p.parent for p in path.parents if p.name in ("c", "s2")) / f"away-{path.name}"
    shutil.rmtree(away, ignore_errors=True)
    shutil.move(path, away)
    path.symlink_to(away)


def to_fifo(path):
    remove(path)
    os.mkfifo(path)


def to_socket(path):
    remove(path)
    here = os.open(path.parent, os.O_RDONLY)  # names of sockets are short
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(f"/proc/self/fd/{here}/{path.name}")
    finally:
        os.close(here)


def to_directory(path):
    remove(path)
    path.mkdir()


def to_device(path):
    remove(path)
    try:
        os.mknod(path, 0o666 | 0o020000, os.makedev(1, 5))  # /dev/zero, which has no end
        open(path, "rb").close()
    except OSError:
        pytest.skip("cannot make a device")


def remove(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink()


FILES = ["manifest.json", "models.jsonl", "test_000001/model.onnx", "test_000001/test_data_set_1/input_0.pb"]
KINDS = {to_link: "is a symbolic link", to_fifo: "is not a regular file", to_socket: "is not a regular file", to_directory: "is not a regular file", to_device: "is not a regular file"}


@pytest.mark.parametrize("change", KINDS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("file", FILES)
def test_in_place_of_a_file(nngen, corpus, shards, file, change):
    change(corpus / file)
    lines = found(nngen, corpus)
    assert f"{file}: {KINDS[change]}" in lines
    allowed = {f"{file}: {KINDS[change]}", f"{file}: is not in models.jsonl"}  # a directory is one more entry
    if file != "models.jsonl":
        assert set(lines) <= allowed
    change(shards[1] / file)
    assert refused(nngen, shards) == f"s2/{file}: {KINDS[change]}"


@pytest.mark.parametrize("change, message", [(to_link, "is a symbolic link"), (to_fifo, "is not a directory")])
@pytest.mark.parametrize("folder", ["test_000001", "test_000001/test_data_set_1"])
def test_in_place_of_a_directory(nngen, corpus, shards, folder, change, message):
    """Named once for the directory, not for each of its files. What is behind a link is not looked at: it may hold more files."""
    change(corpus / folder)
    assert found(nngen, corpus) == [f"{folder}: {message}"]
    change(shards[1] / folder)
    assert refused(nngen, shards) == f"s2/{folder}: {message}"


def test_links_to_whole_corpora_are_fine(nngen, corpus, shards, tmp_path):
    """The paths of the command line are the user's own."""
    (tmp_path / "link").symlink_to(corpus)
    (tmp_path / "l2").symlink_to(shards[1])
    assert nngen("verify", tmp_path / "link").code == 0
    assert nngen("merge", tmp_path / "m", shards[0], tmp_path / "l2", shards[2], "--quiet", "--verify").code == 0
    assert found(nngen, tmp_path / "m") == []


def test_a_directory_that_cannot_be_listed(nngen, corpus):
    """What cannot be looked at is said; its files can still be opened."""
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    for name in ("test_000001", "test_000002/test_data_set_0"):
        (corpus / name).chmod(0o300)
    try:
        lines = found(nngen, corpus)
    finally:
        for name in ("test_000001", "test_000002/test_data_set_0"):
            (corpus / name).chmod(0o700)
    assert any("test_000001" in line and "Permission denied" in line for line in lines)


# ---- hashes of a merge ----


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("file", ["test_000004/model.onnx", "test_000004/test_data_set_1/input_0.pb"])
def test_merge_compares_hashes(nngen, made, shards, tmp_path, file):
    assert nngen("merge", tmp_path / "m", *shards, "--verify", "--quiet").code == 0
    assert subprocess.run(["diff", "-r", made / "c", tmp_path / "m"]).returncode == 0
    before = (shards[1] / file).read_bytes()
    flip(shards[1] / file)
    message = f"s2/{file}: has a different SHA-256 than models.jsonl states"
    assert refused(nngen, shards, "--verify") == message
    (shards[1] / file).write_bytes(before[:-1])
    assert refused(nngen, shards, "--verify") == message
    assert nngen("merge", tmp_path / "m", *shards, "--force", "--quiet").code == 0  # without the option it is not seen


def test_hashes_that_are_none(nngen, shards):
    path = shards[1] / "models.jsonl"
    text = path.read_text()
    digest = hashlib.sha256((shards[1] / "test_000001" / "model.onnx").read_bytes()).hexdigest()
    for wrong in (f'"{digest.upper()}"', f'"{digest}0"', '""', "1", "null", "{}"):
        path.write_text(text.replace(f'"{digest}"', wrong))
        assert refused(nngen, shards, "--verify") == "s2/test_000001/model.onnx: has a different SHA-256 than models.jsonl states"


def test_verify_is_an_option_of_merge(nngen, corpus, tmp_path):
    for args in (("--out", tmp_path / "n"), ("--list-ops",)):
        r = nngen("--verify", *args)
        assert (r.code, r.err.splitlines()[0]) == (2, "nngen: --verify is an option of merge; to check a corpus, use nngen verify DIR")
    assert nngen("verify", corpus, "--verify").err.splitlines()[0] == "nngen: verify takes no --verify"
    assert nngen("replay", corpus / "manifest.json", "--out", tmp_path / "n", "--verify").err.splitlines()[0] == "nngen: replay takes no --verify"


# ---- memory ----


def with_memory(n):
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (n, n))


def is_limited():
    """Sanitizers reserve more address space than the limit."""
    return not any(word in str(NNGEN) for word in ("asan", "stress"))


LIMIT = 96 << 20  # of address space, the program's own 20 MiB among it


@pytest.mark.skipif(not is_limited(), reason="sanitizers need address space")
def test_large_files_take_little_memory(nngen, corpus):
    for name, size in (("model.onnx", 200 << 20), ("test_data_set_0/input_0.pb", 200 << 20)):
        os.truncate(corpus / "test_000002" / name, size)
    os.truncate(corpus / "test_000003" / "model.onnx", 3 << 30)  # sparse; its size alone is enough
    assert found(nngen, corpus, preexec_fn=with_memory(LIMIT)) == [
        "test_000002/model.onnx: has a different SHA-256 than models.jsonl states",
        "test_000002/test_data_set_0/input_0.pb: has a different SHA-256 than models.jsonl states",
        "test_000003/model.onnx: is larger than 2 GiB, which protobuf does not allow",
    ]


@pytest.mark.skipif(not is_limited(), reason="sanitizers need address space")
@pytest.mark.parametrize("file, message", [("manifest.json", "is larger than 67108864 bytes"), ("models.jsonl", "is not text: it has a NUL byte")])
def test_lists_that_are_too_large(nngen, corpus, shards, file, message):
    os.truncate(corpus / file, 3 << 30)
    assert f"{file}: {message}" in found(nngen, corpus, preexec_fn=with_memory(LIMIT))


@pytest.mark.skipif(not is_limited(), reason="sanitizers need address space")
def test_merge_of_large_files_takes_little_memory(nngen, shards, tmp_path):
    os.truncate(shards[1] / "test_000001" / "model.onnx", 200 << 20)
    r = nngen("merge", tmp_path / "m", *shards, "--verify", timeout=60, preexec_fn=with_memory(LIMIT))
    assert r.err == f"nngen: {shards[1]}/test_000001/model.onnx: has a different SHA-256 than models.jsonl states\n"


@pytest.mark.skipif(not is_limited(), reason="sanitizers need address space")
def test_copies_of_large_files_take_little_memory(nngen, shards):
    """On another file system files are copied; a hole of a sparse file is written out."""
    disk = shards[0].parent / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(disk)], capture_output=True).returncode != 0:
        pytest.skip("cannot mount a tmpfs")
    try:
        os.truncate(shards[1] / "test_000001" / "model.onnx", 120 << 20)
        assert nngen("merge", disk / "m", *shards, "--quiet", timeout=60, preexec_fn=with_memory(LIMIT)).err == ""
        assert (disk / "m" / "test_000001" / "model.onnx").stat().st_size == 120 << 20
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# ---- a manifest from a pipe ----


def replayed(nngen, made, tmp_path, path, **how):
    r = nngen("replay", path, "--out", tmp_path / "r", "--quiet", timeout=60, **how)
    assert (r.code, r.err) == (0, "")
    assert subprocess.run(["diff", "-r", made / "c", tmp_path / "r"]).returncode == 0


def test_replay_of_a_pipe(nngen, made, tmp_path):
    replayed(nngen, made, tmp_path, "/dev/stdin", input=(made / "c" / "manifest.json").read_bytes())


def test_replay_of_a_file_on_standard_input(nngen, made, tmp_path):
    with open(made / "c" / "manifest.json", "rb") as f:
        replayed(nngen, made, tmp_path, "/dev/stdin", stdin=f)


def test_replay_of_a_process_substitution(nngen, made, tmp_path):
    r = subprocess.run(["bash", "-c", '"$0" replay <(cat "$1") --out "$2" --quiet', nngen.path, made / "c" / "manifest.json", tmp_path / "r"], capture_output=True, timeout=60)
    assert (r.returncode, r.stderr) == (0, b"")
    assert subprocess.run(["diff", "-r", made / "c", tmp_path / "r"]).returncode == 0


def test_replay_of_a_fifo_whose_writer_comes_late(nngen, made, tmp_path):
    """In two parts, so that the end is not where the first read ends."""
    fifo, data = tmp_path / "fifo", (made / "c" / "manifest.json").read_bytes()
    os.mkfifo(fifo)
    late = threading.Event()

    def write():
        late.wait(0.3)
        with open(fifo, "wb", buffering=0) as f:
            f.write(data[:100])
            late.wait(0.3)
            f.write(data[100:])

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    replayed(nngen, made, tmp_path, fifo)
    writer.join(10)
    assert not writer.is_alive()


def test_replay_does_not_wait_for_ever(nngen, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    r = nngen("replay", tmp_path / "fifo", "--out", tmp_path / "r", timeout=60)
    assert (r.code, r.err) == (1, f"nngen: {tmp_path}/fifo: is not a regular file, and gave no data for 10 s\n")
    assert not (tmp_path / "r").exists()


@pytest.mark.skipif(not is_limited(), reason="sanitizers need address space")
def test_replay_of_what_has_no_end(nngen, tmp_path):
    r = nngen("replay", "/dev/zero", "--out", tmp_path / "r", timeout=60, preexec_fn=with_memory(512 << 20))
    assert (r.code, r.err) == (1, "nngen: /dev/zero: is larger than 67108864 bytes\n")


@pytest.mark.parametrize("path, message", [("/dev/null", "is not a manifest of nngen, or is damaged"), (".", "cannot read: Is a directory")])
def test_replay_of_nothing(nngen, tmp_path, path, message):
    r = nngen("replay", path, "--out", tmp_path / "r", timeout=60)
    assert (r.code, r.err) == (1, f"nngen: {path}: {message}\n") and not (tmp_path / "r").exists()


# ---- other files that nngen reads ----


@pytest.mark.parametrize("args", [("--weights", "FIFO"), ("--specs", "DIR"), ("--like", "MODELS")], ids=lambda a: a[0])
def test_no_other_file_is_waited_for(nngen, tmp_path, args):
    (tmp_path / "specs").mkdir()
    (tmp_path / "models").mkdir()
    for path in ("fifo", "specs/a.yaml", "models/a.onnx"):
        os.mkfifo(tmp_path / path)
    where = {"FIFO": "fifo", "DIR": "specs", "MODELS": "models"}[args[1]]
    r = nngen(args[0], tmp_path / where, "--nodes", 3, "--count", 1, "--dry-run", timeout=60)
    assert r.code != 0 and "is not a regular file" in r.err
    assert nngen("sequences", tmp_path / "models", timeout=60).code != 0
