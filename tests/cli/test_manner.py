"""--manner: real models are like those of the census, boundary has values at ends, mixed has both, and every guarantee holds in each."""

import functools
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import onnx
import pytest
from census import held
from census.held import shares, whole

ROOT = Path(__file__).resolve().parents[2]
MODELS, NODES = 200, 40


def section(name):
    """A mapping from names to numbers in specs/manners/real.yaml."""
    text = (ROOT / "specs/manners/real.yaml").read_text().split(f"\n{name}: {{")[1].split("}")[0]
    return {key: float(number) for key, number in re.findall(r'"?([\w,]+)"?: ([\d.]+)', text)}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    from conftest import NNGEN
    made = {}

    def corpus(manner, *more):
        if (manner, *more) not in made:
            out = tmp_path_factory.mktemp(manner) / "c"
            subprocess.run([str(NNGEN), "--manner", manner, "--nodes", str(NODES), "--count", str(MODELS), "--seed", "5", "--inputs", "0", "--out", str(out), "--quiet", *more],
                           check=True)
            made[manner, *more] = out
        return made[manner, *more]

    return corpus


tally = functools.cache(held.tally)


@pytest.mark.parametrize("length,least", [(2, 0.8), (3, 0.6), (4, 0.4)])
def test_real_holds_the_sequences_of_the_census(corpora, length, least):
    folder = corpora("real")
    table = {o["name"] for o in json.loads((folder / "manifest.json").read_text())["operators"]}
    known = {tuple(s.split(",")) for s in section("sequences") if len(s.split(",")) == length and set(s.split(",")) <= table}
    found = tally(folder)[1][length]
    assert len(known) > 100 and len(known & found) >= least * len(known)
    assert len(known & tally(corpora("uniform"))[1][length]) < least * len(known)


# Of 2-D convolutions and of binary operators; each share of the census is met within a factor of 1.5, or the test fails.
SHARES = shares(json.loads((ROOT / "tests/census/real.json").read_text())["shares"])


@pytest.mark.parametrize("name", SHARES)
def test_real_draws_attributes_and_operands_as_the_census(corpora, name):
    c = tally(corpora("real"))[0]
    assert c[whole(name)] > 200
    assert SHARES[name] / 1.5 <= shares(c)[name] <= SHARES[name] * 1.5


def test_real_is_far_from_uniform(corpora):
    real, plain = tally(corpora("real")), tally(corpora("uniform"))
    assert real[0]["square"] / real[0]["conv"] > 2 * plain[0]["square"] / plain[0]["conv"]
    assert real[2]["depth / nodes"] > plain[2]["depth / nodes"]
    assert real[2]["outputs"] < plain[2]["outputs"]
    assert real[0]["recurrent models"] < 0.3 * plain[0]["recurrent models"]
    assert real[0]["rank 5"] < 0.02 * real[0]["tensors"]


@pytest.mark.parametrize("manner", ["boundary", "real", "mixed"])
def test_guarantees_hold_in_each_manner(corpora, manner):
    folder = corpora(manner)
    manifest = json.loads((folder / "manifest.json").read_text())
    rows = [json.loads(line) for line in (folder / "models.jsonl").read_text().splitlines()]
    assert manifest["missing"] == [] and manifest["distinct"] == MODELS and manifest["options"]["manner"] == manner
    assert all(r["nodes"] == NODES == sum(r["operators"].values()) for r in rows)
    assert all(o["models"] > 0 for o in manifest["operators"])
    drawn = Counter(r["manner"] for r in rows)
    if manner == "mixed":
        assert set(drawn) == {"boundary", "real", "uniform"} and 2 * drawn["boundary"] > 0.5 * drawn["real"] and drawn["real"] > drawn["uniform"]
    else:
        assert drawn == {manner: MODELS}


@pytest.mark.parametrize("manner", ["boundary", "real", "mixed"])
def test_models_of_each_manner_are_valid(nngen, tmp_path, manner):
    out = tmp_path / "c"
    assert nngen("--manner", manner, "--nodes", 25, "--count", 40, "--seed", 8, "--check", "--out", out, "--quiet").code == 0
    r = subprocess.run([sys.executable, "-m", "nngen.judge", str(out)], cwd=ROOT, env={"PYTHONPATH": "tests:gen/python", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert r.returncode == 0 and "0 problems" in r.stdout, r.stdout[-2000:] + r.stderr[-2000:]


def test_boundary_has_dims_of_one_and_leaves_operators_out(corpora):
    """In each model fewer kinds of operators than where all are equally likely, and more dims of 1."""
    def kinds(folder):
        rows = [json.loads(line) for line in (folder / "models.jsonl").read_text().splitlines()]
        return sum(len(r["operators"]) for r in rows) / len(rows)

    def ones(folder):
        dims = Counter()
        for path in sorted(folder.glob("*/model.onnx"))[:60]:
            for v in onnx.load(str(path)).graph.input:
                dims.update(d.dim_value == 1 for d in v.type.tensor_type.shape.dim)
        return dims[True] / sum(dims.values())

    boundary = corpora("boundary", "--motifs", "none")  # which have dims of their own
    assert kinds(boundary) < 0.95 * kinds(corpora("uniform"))
    assert ones(boundary) > 1.2 * ones(corpora("uniform"))


def test_same_seed_same_bytes(nngen, tmp_path):
    made = []
    for k, jobs in enumerate((1, 3)):
        out = tmp_path / str(k)
        assert nngen("--manner", "mixed", "--nodes", 15, "--count", 30, "--jobs", jobs, "--out", out, "--quiet").code == 0
        made.append((out / "models.jsonl").read_bytes())
    assert made[0] == made[1]


def test_mixed_is_the_default(nngen, tmp_path):
    for name, args in (("a", ()), ("b", ("--manner", "mixed", "--motifs", "manner"))):
        assert nngen("--nodes", 15, "--count", 10, "--out", tmp_path / name, "--quiet", *args).code == 0
    assert (tmp_path / "a/models.jsonl").read_bytes() == (tmp_path / "b/models.jsonl").read_bytes()
    assert (tmp_path / "a/manifest.json").read_bytes() == (tmp_path / "b/manifest.json").read_bytes()


def test_verify_and_resume_know_the_manner(nngen, tmp_path):
    out = tmp_path / "c"
    assert nngen("--manner", "real", "--nodes", 15, "--count", 6, "--out", out, "--quiet").code == 0
    assert nngen("verify", out, "--quiet").code == 0
    r = nngen("--manner", "boundary", "--nodes", 15, "--count", 6, "--out", out, "--resume", "--quiet")
    assert r.code != 0 and "manner" in r.err


def copy_of_specs(tmp_path):
    subprocess.run(["cp", "-r", str(ROOT / "specs"), str(tmp_path / "table")], check=True)
    return tmp_path / "table"


def test_a_manner_of_ones_own(nngen, tmp_path):
    table = copy_of_specs(tmp_path)
    (table / "manners/mine.yaml").write_text("doc: mine\nranks: {2: 1}\nhigh_ranks: 0\nweights: {Relu: 5, Add: 1}\n")
    out = tmp_path / "c"
    assert nngen("--specs", table, "--manner", "mine", "--nodes", 20, "--count", 150, "--ops", "Relu,Add,Sub,Mul", "--out", out, "--quiet").code == 0
    rows = [json.loads(line)["operators"] for line in (out / "models.jsonl").read_text().splitlines()]
    total = Counter()
    for row in rows:
        total.update(row)
    assert total["Relu"] > 2 * total["Sub"]
    assert all(len(v.type.tensor_type.shape.dim) <= 2 for v in onnx.load(str(out / "test_000004/model.onnx")).graph.input)


def test_a_table_without_manners_has_uniform_and_mixed(nngen, tmp_path):
    table = copy_of_specs(tmp_path)
    subprocess.run(["rm", "-r", str(table / "manners")], check=True)
    for manner in ("uniform", "mixed"):
        assert nngen("--specs", table, "--manner", manner, "--nodes", 8, "--count", 3, "--dry-run", "--quiet").code == 0
    r = nngen("--specs", table, "--manner", "real", "--dry-run")
    assert r.code == 2 and "manner real: expected mixed, like or uniform" in r.err


@pytest.mark.parametrize("name,text,says", [
    ("bad", "chian: 1\n", "manners/bad.yaml:1:1: manner bad: unknown key `chian`; did you mean `chain`?"),
    ("mixed", "chain: 1\n", "manners/mixed.yaml:1:1: `mixed` stands for all manners; expected another name"),
    ("a-b", "chain: 1\n", "manners/a-b.yaml:1:1: `a-b` is not a name of letters, digits and _"),
    ("bad", "chain: [\n", "manners/bad.yaml:2:1: not valid YAML"),
])
def test_malformed_manners_are_refused_with_their_place(nngen, tmp_path, name, text, says):
    table = copy_of_specs(tmp_path)
    (table / f"manners/{name}.yaml").write_text(text)
    r = nngen("--specs", table, "--dry-run", "--count", 1)
    assert r.code != 0 and says in r.err, r.err


@pytest.mark.parametrize("name,says", [("unifrm", "did you mean uniform?"), ("xyzzy", "expected mixed, like, boundary, real or uniform")])
def test_unknown_manners(nngen, name, says):
    r = nngen("--manner", name, "--dry-run")
    assert r.code == 2 and says in r.err, r.err
