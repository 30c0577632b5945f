"""--trace and --trace-summary: what they tell agrees with the models, with one another and with the counts; they write no files."""

import json
import os
import re
import subprocess

import pytest

TABLE = """operators:
  Grow:
    since: [1]
    in: {X: float32}
    out: {Y: float32}
    rank: {X: 2}
    shape: {Y: "[X[0] + 1, X[1]]"}
    range: {Y: "X * 2"}
  Never:
    since: [1]
    in: {X: float32}
    out: {Y: float32}
    attrs: {a: int 1..5}
    where: ["a * a == 7"]
    shape: {Y: shape(X)}
    range: {Y: X}
  Narrow:
    since: [1]
    in: {X: float32}
    out: {Y: float32}
    shape: {Y: shape(X)}
    domain: {X: "[-1, 1]"}
    range: {Y: "X * 100"}
"""


@pytest.fixture
def small(nngen, tmp_path):
    """nngen on the table above."""
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "t.yaml").write_text(TABLE)

    def run(*args):
        return nngen("--specs", "specs", "--profile", "onnx", *args, cwd=tmp_path)

    return run


def lines(text, start):
    return [line.strip()[len(start):] for line in text.splitlines() if line.strip().startswith(start)]


def table_rows(text):
    """Rows of a summary: tries, steps, propagations, tenths of a percent, operator, outcome."""
    found = re.findall(r"^ *(\d+) +(\d+) +(\d+) +(\d+)\.(\d)  (\S+) +(.*)$", text, re.M)
    return [(int(a), int(b), int(c), 10 * int(d) + int(e), op, what) for a, b, c, d, e, op, what in found]


def test_a_model(nngen, tmp_path):
    options = ["--manner", "uniform", "--nodes", 12, "--count", 4, "--seed", 3]
    r = nngen(*options, "--trace", 2, cwd=tmp_path)
    assert (r.code, r.err) == (0, "")
    text = r.out.splitlines()
    assert text[0] == "test_000002: 12 nodes, seed 3, opset 17, profile ort" and text[1] == "graph 1"
    assert max(map(len, lines(r.out, "draws"))) < 130
    end = re.fullmatch(r"built: (\d+) graphs? begun, (\d+) tries, (\d+) nodes kept, (\d+) draws", text[-1])
    graphs, tries, kept, draws = map(int, end.groups())
    assert lines(r.out, "graph ") == [str(i + 1) for i in range(graphs)]
    assert len(lines(r.out, "try ")) == tries
    assert len(lines(r.out, "kept: node ")) == kept
    assert len(lines(r.out, "given up: ")) == graphs - 1
    assert sum(len(line.split(", ")) for line in lines(r.out, "draws: ")) == draws
    for value, bound in re.findall(r" (\d+)/(\d+)(?:,|$)", "\n".join(lines(r.out, "draws:")), re.M):
        assert 0 <= int(value) < int(bound)
    # The nodes of the last graph are those of the model.
    last = r.out[r.out.rindex("\ngraph "):]
    nodes = lines(last, "kept: node ")
    assert [int(n.split()[0]) for n in nodes] == list(range(12))
    done = nngen(*options, "--inputs", 0, "--out", tmp_path / "c")
    assert done.code == 0
    model = json.loads((tmp_path / "c" / "models.jsonl").read_text().splitlines()[2])
    assert sorted(n.split()[1].rstrip(":") for n in nodes) == sorted(op for op, n in model["operators"].items() for _ in range(n))
    assert os.listdir(tmp_path) == ["c"]
    assert nngen(*options, "--trace", 2).out == r.out
    assert nngen(*options, "--trace", 1).out != r.out


def test_each_try_has_one_end(nngen):
    """A try is followed by one reason or by what was kept, a level deeper."""
    r = nngen("--nodes", 30, "--count", 3, "--trace", 0)
    depth = {"graph": 0, "try": 2, "failed:": 4, "kept:": 4, "given": 2}
    assert lines(r.out, "no tensor suits: ") and not any(", input " not in x for x in lines(r.out, "no tensor suits: "))
    open_try = False
    for line in r.out.splitlines():
        word = line.split()[0]
        if word in depth:
            assert len(line) - len(line.lstrip()) == depth[word]
        if word == "try":
            assert not open_try
            open_try = True
        elif word == "failed:" or (word == "kept:" and open_try):
            assert open_try
            open_try = False
    assert not open_try
    assert any("specs/" in x for x in lines(r.out, "failed: "))


def test_a_summary(nngen, tmp_path):
    options = ["--nodes", 12, "--count", 4, "--seed", 3]
    r = nngen(*options, "--trace-summary", cwd=tmp_path)
    assert (r.code, r.err, os.listdir(tmp_path)) == (0, "", [])
    head = re.match(r"4 models, 4 built; (\d+) graphs begun; (\d+) tries, (\d+) kept with (\d+) nodes\n\n", r.out)
    graphs, tries, kept, nodes = map(int, head.groups())
    total, rows = table_rows(r.out.split("\n\n")[1]), table_rows(r.out.split("\n\n")[2])
    assert total[0][5] == "kept" and total[1][5] == "failed" and {row[4] for row in total} == {"(all)"}
    for k in range(3):
        assert sum(row[k] for row in rows) == total[0][k] + total[1][k]
        assert sum(row[k] for row in total[2:]) == total[1][k]
        assert sum(row[k] for row in rows if row[5] == "kept") == total[0][k]
    assert total[0][0] == kept and total[0][0] + total[1][0] == tries
    assert [row[1] + row[2] for row in rows] == sorted((row[1] + row[2] for row in rows), reverse=True)
    assert all(abs(row[3] - 1000 * (row[1] + row[2]) // sum(x[1] + x[2] for x in rows)) <= 1 for row in rows)
    # The models one by one.
    sums = {}
    for i in range(4):
        text = nngen(*options, "--trace", i).out
        end = re.search(r"^built: (\d+) graphs? begun, (\d+) tries, (\d+) nodes kept", text, re.M)
        graphs, tries, nodes = graphs - int(end[1]), tries - int(end[2]), nodes - int(end[3])
        for op, why in re.findall(r"^  try (?:\w+, )*(\w+)\n(?:    (?:draws|no tensor suits): .*\n)*    failed: (.*)", text, re.M):
            sums[op, why] = sums.get((op, why), 0) + 1
    assert (graphs, tries, nodes) == (0, 0, 0)
    assert sums == {(row[4], row[5]): row[0] for row in rows if row[5] != "kept"}
    assert nngen(*options, "--trace-summary=text", "--jobs", 2).out == r.out


def test_a_summary_as_json(nngen):
    options = ["--nodes", 12, "--count", 4, "--seed", 3]
    rows = table_rows(nngen(*options, "--trace-summary").out.split("\n\n")[2])
    j = json.loads(nngen(*options, "--trace-summary=json").out)
    assert (j["models"], j["built"]) == (4, 4) and len(j["outcomes"]) == len(rows)
    assert j["tries"] == sum(o["tries"] for o in j["outcomes"]) and j["nodes"] == sum(o["nodes"] for o in j["outcomes"])
    assert j["kept"] == sum(o["tries"] for o in j["outcomes"] if o["outcome"] == "kept")
    for o, row in zip(j["outcomes"], rows):
        assert (o["tries"], o["steps"], o["propagations"], o["operator"]) == (*row[:3], row[4])
        assert row[5].startswith(o["outcome"])
        assert ("file" in o) == ("specs/" in row[5])
        if "file" in o:
            assert f"({o['file']}:{o['line']}:{o['column']})" in row[5]


def test_what_fails_is_told_with_its_place(small):
    r = small("--ops", "Narrow", "--nodes", 3, "--count", 1, "--trace", 0)
    end = re.search(r"^not built: 20 graphs begun, (\d+) tries, (\d+) nodes? kept, \d+ draws$", r.out, re.M)
    assert r.code == 1 and len(lines(r.out, "given up: ")) == 20 and len(lines(r.out, "try ")) == int(end[1])
    failed = lines(r.out, "failed: ")
    most = max(failed, key=failed.count)
    assert failed.count(most) > 0 and r.err.startswith("nngen: no graph of 3 nodes found in 20 attempts with 1 operators: ")
    assert r.err.endswith(f"; in {failed.count(most)} of {end[1]} tries: {most}\n")
    s = small("--ops", "Narrow", "--nodes", 3, "--count", 2, "--trace-summary")
    assert s.code == 0 and s.out.startswith("2 models, 0 built; 40 graphs begun; ")
    assert any(row[5] == most for row in table_rows(s.out))


def test_an_operator_that_cannot_be(small):
    why = "no instance was found within the limits; in 200 of 200 tries: conditions contradict each other: Never, where (specs/t.yaml:14:14)"
    r = small("--ops", "Never", "--nodes", 3, "--count", 1, "--dry-run")
    assert (r.code, r.err) == (1, f"nngen: test_000000: no graph of 3 nodes found: operator Never: {why}\n")
    r = small("--ops", "Grow,Never", "--nodes", 3, "--count", 2, "--dry-run")
    assert (r.code, r.err) == (0, f"nngen: missing operator Never: {why}\n")
    r = small("--contain", "Narrow,Narrow", "--nodes", 3, "--count", 1, "--dry-run")
    start = "nngen: contain Narrow,Narrow: Narrow,Narrow is impossible: no values, shapes and attributes were found with which one can follow the other"
    assert r.code == 2
    assert re.match(re.escape(start) + r"; in \d+ of \d+ tries: values may lie outside the domain: Narrow, domain X \(specs/t.yaml:22:18\)\n", r.err)


USAGE = [
    (["--trace", "x"], "--trace x: expected an integer from 0 to 9999999"),
    (["--trace", "4"], "--trace 4: expected an index from 0 to 3"),
    (["--trace", "1", "--out", "d"], "--trace writes no models: leave out --out"),
    (["--trace-summary", "--out", "d"], "--trace-summary writes no models: leave out --out"),
    (["--trace", "1", "--shard", "1/2"], "--trace covers the whole family: leave out --shard"),
    (["--trace-summary", "--nodes", "3..5"], "--trace-summary covers one family: expected a single number for --nodes"),
    (["--trace-summary=xml"], "--trace-summary=xml: expected text or json"),
    (["--trace", "1", "--trace-summary"], "--trace and --trace-summary exclude each other"),
]


@pytest.mark.parametrize("args, message", USAGE, ids=[m for _, m in USAGE])
def test_wrong_usage(nngen, tmp_path, args, message):
    r = nngen("--count", 4, *args, cwd=tmp_path)
    assert (r.code, r.out) == (2, "") and r.err == f"nngen: {message}\nTry 'nngen --help'.\n"
    assert os.listdir(tmp_path) == []


def test_a_reader_that_leaves_is_no_fault(nngen):
    r = subprocess.run([nngen.path, "--nodes", "200", "--count", "1", "--trace", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert r.returncode == 0 and len(r.stdout) > 70000
    p = subprocess.Popen([nngen.path, "--nodes", "200", "--count", "1", "--trace", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    p.stdout.read(10)
    p.stdout.close()
    assert p.stderr.read() == b"" and p.wait(60) == 141  # as if by SIGPIPE
