"""verify names every difference between a corpus and what its manifest and models.jsonl say, and nothing else."""
import hashlib
import json
import os
import shutil

import pytest

ARGS = ("--nodes", 8, "--count", 12, "--inputs", 2)


@pytest.fixture
def corpus(nngen, tmp_path):
    r = nngen(*ARGS, "--out", tmp_path / "c", "--quiet")
    assert r.code == 0
    return tmp_path / "c"


def found(nngen, out):
    r = nngen("verify", out, timeout=60)
    lines = [line.removeprefix(f"nngen: {out}/") for line in r.err.splitlines()]
    assert r.code == (1 if lines else 0)
    assert r.out.endswith(f", {len(lines)} difference{'' if len(lines) == 1 else 's'}\n")
    return sorted(lines)


def test_sound(nngen, corpus, tmp_path):
    before = {p: p.read_bytes() for p in corpus.rglob("*") if p.is_file()}
    assert found(nngen, corpus) == []
    assert before == {p: p.read_bytes() for p in corpus.rglob("*") if p.is_file()}
    files = len(before) - 2
    assert nngen("verify", corpus).out.startswith(f"12 models, {files} files, ")
    assert nngen("verify", corpus, "--quiet").out == ""
    for shard in ("1/5", "5/5", "14/20"):
        out = tmp_path / shard.replace("/", "-")
        assert nngen(*ARGS, "--shard", shard, "--out", out, "--quiet").code == 0
        assert found(nngen, out) == []


def test_nothing_but_files_is_read(nngen, corpus):
    """A pipe that nobody writes to does not hold verify up."""
    for name in ("test_000001/model.onnx", "test_000002/test_data_set_0/input_0.pb"):
        (corpus / name).unlink()
        os.mkfifo(corpus / name)
    assert found(nngen, corpus) == ["test_000001/model.onnx: is not a regular file", "test_000002/test_data_set_0/input_0.pb: is not a regular file"]
    (corpus / "models.jsonl").unlink()
    os.mkfifo(corpus / "models.jsonl")
    assert "models.jsonl: is not a regular file" in found(nngen, corpus)


def field(number, data):
    """A field of bytes in protobuf's wire format."""
    n, length = len(data), b""
    while n > 127:
        length, n = length + bytes([n & 127 | 128]), n >> 7
    return bytes([number << 3 | 2]) + length + bytes([n]) + data


def test_a_model_made_to_take_memory(nngen, corpus):
    """Two bytes a node, a hundred when parsed."""
    model = field(7, b"\x0a\x00" * 3_000_000)
    (corpus / "test_000003" / "model.onnx").write_bytes(model)
    lines = (corpus / "models.jsonl").read_text().splitlines()
    row = json.loads(lines[3])
    row["files"]["model.onnx"] = hashlib.sha256(model).hexdigest()
    lines[3] = json.dumps(row)
    (corpus / "models.jsonl").write_text("\n".join(lines) + "\n")
    assert found(nngen, corpus) == ["test_000003/model.onnx: needs more memory than a sound model of its size"]


def test_names_stay_on_their_line(nngen, corpus):
    """A manifest from elsewhere does not steer the terminal."""
    lines = (corpus / "models.jsonl").read_text().replace("/input_0.pb", "/input\\u001b[31m\\n.pb", 1)
    (corpus / "models.jsonl").write_text(lines)
    assert "models.jsonl: test_000000: 'test_data_set_0/input?[31m?.pb' is not a file of this model" in found(nngen, corpus)


def test_files(nngen, corpus):
    (corpus / "test_000001" / "model.onnx").unlink()
    data = corpus / "test_000002" / "test_data_set_1" / "input_0.pb"
    data.write_bytes(data.read_bytes()[:-1] + b"\xff")
    (corpus / "test_000003" / "model.onnx").write_bytes(b"")
    (corpus / "test_000004" / "notes").write_text("")
    (corpus / "test_000004" / "test_data_set_0" / "output_0.pb").write_text("")
    (corpus / "test_000004" / "test_data_set_2").mkdir()
    (corpus / "notes").write_text("")
    shutil.copytree(corpus / "test_000005", corpus / "test_000012")
    (corpus / ".nngen-tmp-test_000013").mkdir()
    assert found(nngen, corpus) == sorted([
        "test_000001/model.onnx: is missing",
        "test_000002/test_data_set_1/input_0.pb: has a different SHA-256 than models.jsonl states",
        "test_000003/model.onnx: has a different SHA-256 than models.jsonl states",
        "test_000004/notes: is not in models.jsonl",
        "test_000004/test_data_set_0/output_0.pb: is not in models.jsonl",
        "test_000004/test_data_set_2: is not in models.jsonl",
        "notes: was not written by nngen",
        "test_000012: is not in models.jsonl",
        ".nngen-tmp-test_000013: was left by a run that was interrupted",
    ])


def edit(corpus, index, change):
    """Changes a line of models.jsonl."""
    path = corpus / "models.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    row = json.loads(lines[index])
    lines[index] = json.dumps(change(row) or row) + "\n"
    path.write_text("".join(lines))


def replace_model(corpus, index, change):
    """Changes a model and its hash."""
    onnx = pytest.importorskip("onnx")
    path = corpus / f"test_{index:06}" / "model.onnx"
    model = onnx.load(path)
    change(model.graph)
    path.write_bytes(model.SerializeToString())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    edit(corpus, index, lambda row: row["files"].update({"model.onnx": digest}))


def test_structure(nngen, corpus):
    def swap(g):
        nodes = list(reversed(g.node))
        del g.node[:]
        g.node.extend(nodes)

    def twice(g):
        g.initializer.add().name = g.node[0].output[0]

    replace_model(corpus, 0, swap)
    replace_model(corpus, 1, lambda g: g.node.pop())
    replace_model(corpus, 2, twice)
    replace_model(corpus, 3, lambda g: setattr(g.output[0], "name", "nowhere"))
    (corpus / "test_000004" / "model.onnx").write_bytes(b"\xff")
    edit(corpus, 4, lambda row: row["files"].update({"model.onnx": hashlib.sha256(b"\xff").hexdigest()}))
    lines = found(nngen, corpus)
    assert [line.split(":")[0] for line in lines] == [f"test_{i:06}/model.onnx" for i in range(5)]
    for line, word in zip(lines, ["before it is defined", "has 7 nodes, not 8", "twice", "a graph output that no node produces", "is not an ONNX model"]):
        assert word in line


def test_lines(nngen, corpus):
    text = (corpus / "models.jsonl").read_text().splitlines(keepends=True)

    def with_lines(lines):
        (corpus / "models.jsonl").write_text("".join(lines))
        return found(nngen, corpus)

    assert with_lines(text[:-1]) == ["models.jsonl: has 11 models, not 12", "test_000011: is not in models.jsonl"]
    assert "models.jsonl: names model 'test_000000'; expected another model here" in with_lines([text[1], text[0], *text[2:]])
    assert "models.jsonl: line 3 does not describe a model" in with_lines([*text[:2], "{}\n", *text[3:]])
    assert "models.jsonl: ends in the middle of a line" in with_lines([*text[:-1], text[-1][:-1]])
    (corpus / "models.jsonl").unlink()
    assert any(line.startswith("models.jsonl: cannot read") for line in found(nngen, corpus))


def test_manifests(nngen, corpus, tmp_path):
    path = corpus / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, "finished": 12}))
    assert found(nngen, corpus) == ["manifest.json: belongs to a run that was stopped; --resume continues it"]
    path.write_text("{")
    assert found(nngen, corpus) == ["manifest.json: is not a manifest of nngen, or is damaged"]
    path.unlink()
    assert found(nngen, corpus) == ["manifest.json: cannot read: No such file or directory"]
    r = nngen("verify", tmp_path / "none")
    assert (r.code, r.err) == (1, f"nngen: {tmp_path}/none: cannot open: No such file or directory\n")
    assert nngen("verify").code == 2 and nngen("verify", corpus, "--nodes", 3).code == 2


def test_several(nngen, corpus, tmp_path):
    other = tmp_path / "other"
    assert nngen(*ARGS, "--out", other, "--quiet").code == 0
    r = nngen("verify", corpus, other)
    assert (r.code, r.err) == (0, "")
    assert [line.split(" models, ")[0] for line in r.out.splitlines()] == [f"{corpus}: 12", f"{other}: 12"]
    (corpus / "test_000003" / "model.onnx").unlink()
    r = nngen("verify", tmp_path / "none", corpus, other)
    assert r.code == 1 and r.out.splitlines()[1].endswith(", 0 differences") and len(r.out.splitlines()) == 2
    assert f"nngen: {tmp_path}/none: cannot open" in r.err and f"nngen: {corpus}/test_000003/model.onnx: " in r.err
