"""Families from the real binary, judged from their files. NNGEN: the binary, default build/default/nngen."""
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import onnx
import pytest

from check.faults import FAULTS, Bench
from nngen.judge import corpus, determinism, family, validate
from nngen.judge.judge import judge
from nngen.judge.workers import Pool

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve()
LIBS = ["-lprotobuf-c", "-lyaml", "-ljansson", "-lcrypto", "-lz", "-lm", "-pthread"]


def nngen(*args):
    return subprocess.run([str(NNGEN), *map(str, args)], capture_output=True, text=True, timeout=600)


def make(out, **options):
    """Runs nngen with --quiet; options by name, True for flags."""
    args = ["--out", out, "--quiet"]
    for key, value in options.items():
        args += ["--" + key.replace("_", "-")] + ([] if value is True else [value])
    r = nngen(*args)
    assert r.returncode == 0, r.stderr
    return out


@pytest.fixture(scope="module")
def pool():
    with Pool(2, judge) as p:
        yield p


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return make(tmp_path_factory.mktemp("good") / "c", nodes=15, count=3, seed=8, intervals=True)


def judged(root, pool, **how):
    v = validate.validate(root, pool, **how)
    return v, "\n".join(validate.describe(v))


@pytest.mark.parametrize("opset", [13, 17, 21, 22, 24, 28])
@pytest.mark.parametrize("nodes, count", [(1, 40), (2, 40), (3, 30), (15, 30), (100, 5)])
def test_families_have_no_problem(tmp_path, pool, nodes, count, opset):
    root = make(tmp_path / "c", nodes=nodes, count=count, opset=opset, seed=nodes, intervals=True)
    names = family.parse_list(nngen("--list-ops", "--opset", opset).stdout)
    v, text = judged(root, pool, inputs=5, list_ops=names)
    assert v.problems == [], text
    assert v.family.models == count and v.family.nodes == nodes * count


def test_the_default_family(tmp_path, pool):
    """40 nodes, 100 models: every operator, the shape of the graphs, no structure twice."""
    root = make(tmp_path / "c", nodes=40, count=100, seed=1)
    v, text = judged(root, pool)
    assert v.problems == [], text
    names = {o["name"] for o in v.corpus.manifest["operators"]}
    inner = {o["name"] for o in v.corpus.manifest["motif_operators"]}
    assert names <= set(v.family.op_nodes) <= names | inner and v.corpus.manifest["missing"] == []
    assert len(names) >= 70
    s = v.family.statistics()
    assert 0.25 <= s["joins"] <= 0.5, text
    assert s["outputs"]["max"] <= 40 // 8 + 2
    assert all(len(names) == 1 for names in v.family.hashes.values())
    classes = v.corpus.manifest["statistics"]["classes"]  # an attribute of one class has no choice
    assert [x for x in family.stuck(v.family) if len(classes.get(x[0], {}).get(x[1], ())) > 1] == [], text


def test_opset_17_is_the_default(tmp_path):
    a, b = make(tmp_path / "a", nodes=5, count=3), make(tmp_path / "b", nodes=5, count=3, opset=17)
    assert list(determinism.differences(a, b)) == []


def test_several_data_sets(tmp_path, pool):
    root = make(tmp_path / "c", nodes=15, count=4, inputs=3)
    v, text = judged(root, pool)
    assert v.problems == [], text
    sets = [{p.name: p.read_bytes() for p in d.iterdir()} for d in sorted((root / "test_000000").glob("test_data_set_*"))]
    assert len(sets) == 3
    assert sets[0] != sets[1] and sets[1] != sets[2]


def test_intervals_are_written_on_request_only(tmp_path, good):
    assert all("intervals" in r for r in corpus.load(good).records)
    plain = make(tmp_path / "c", nodes=15, count=3, seed=8)
    assert all("intervals" not in r for r in corpus.load(plain).records)
    for i in range(3):
        name = f"test_{i:06d}"
        a, b = onnx.load(good / name / "model.onnx"), onnx.load(plain / name / "model.onnx")
        assert a.graph == b.graph


def test_same_seed_same_bytes(tmp_path):
    options = dict(nodes=25, count=24, seed=11, intervals=True)
    a = make(tmp_path / "a", jobs=1, **options)
    assert list(determinism.differences(a, make(tmp_path / "b", jobs=1, **options))) == []
    assert list(determinism.differences(a, make(tmp_path / "c", jobs=4, **options))) == []
    assert len(determinism.tree(a)) >= 2 + 2 * 24


def test_bytes_do_not_depend_on_locale_and_place(tmp_path, monkeypatch):
    a = make(tmp_path / "a", nodes=15, count=4, seed=3, intervals=True)
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.chdir(tmp_path)
    make("b", nodes=15, count=4, seed=3, intervals=True)
    assert list(determinism.differences(a, tmp_path / "b")) == []


def test_other_seed_other_models(tmp_path, pool):
    a, b = (judged(make(tmp_path / str(s), nodes=15, count=10, seed=s), pool)[0] for s in (1, 2))
    assert not set(a.family.hashes) & set(b.family.hashes)


def test_every_operator_that_is_asked_for(tmp_path, pool):
    """A selection of operators is kept to, and what has no room is named."""
    names = family.parse_list(nngen("--list-ops").stdout)
    r = nngen("--nodes", 1, "--count", 2, "--out", tmp_path / "c")
    assert r.returncode == 0, r.stderr
    missing = {m["name"] for m in corpus.load(tmp_path / "c").manifest["missing"]}
    assert len(missing) >= len(names) - 2
    said = [(int(n), names.split(", "), int(more or 0)) for n, names, more in re.findall(r"(\d+) missing operators: .*: ([\w, ]+?)(?: and (\d+) more)?\n", r.stderr)]
    assert sum(n for n, _, _ in said) == len(missing) and all(set(names) <= missing and n == len(names) + more for n, names, more in said)


PROGRAM = r"""
#include <nngen.h>
#include <stdio.h>
int main(int argc, char **argv) {
    nn_table *t = NULL;
    nn_family *f = NULL;
    nn_model *m = NULL;
    nn_error err = {0};
    int ok = argc == 2 && nn_table_open(&t, &(nn_table_config){.opset = 17}, &err) == NN_OK &&
             nn_family_open(&f, t, &(nn_family_config){.nodes = 40, .count = 100, .seed = 1}, &err) == NN_OK &&
             nn_model_build(&m, f, 3, &err) == NN_OK && nn_model_write(m, argv[1], &err) == NN_OK;
    if (!ok)
        fprintf(stderr, "%s\n", err.message);
    nn_model_free(m);
    nn_family_close(f);
    nn_table_close(t);
    return ok ? 0 : 1;
}
"""


def compile_c(source, out, static):
    cc = os.environ.get("CC", "gcc").split()
    lib = NNGEN.parent
    link = [str(lib / "libnngen.a"), *LIBS] if static else [f"-L{lib}", "-lnngen", f"-Wl,-rpath,{lib}"]
    subprocess.run([*cc, "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}", str(source), "-o", str(out), *link, *LIBS], check=True)


def soname_link(folder):
    """The name that a program linked with the shared library looks for."""
    text = subprocess.run(["readelf", "-d", str(NNGEN.parent / "libnngen.so")], capture_output=True, text=True, check=True).stdout
    name = text.split("soname: [")[1].split("]")[0]
    (folder / name).symlink_to(NNGEN.parent / "libnngen.so")
    return {**os.environ, "LD_LIBRARY_PATH": str(folder)}


@pytest.mark.parametrize("static", [True, False])
def test_the_library_from_c(tmp_path, static):
    (tmp_path / "p.c").write_text(PROGRAM)
    compile_c(tmp_path / "p.c", tmp_path / "p", static)
    env = None if static else soname_link(tmp_path)
    subprocess.run([str(tmp_path / "p"), str(tmp_path / "test_000003")], check=True, env=env)
    whole = make(tmp_path / "c", nodes=40, count=100, seed=1)
    assert list(determinism.differences(tmp_path / "test_000003", whole / "test_000003")) == []
    again = subprocess.run([str(tmp_path / "p"), str(tmp_path / "test_000003")], capture_output=True, text=True, env=env)
    assert again.returncode == 1 and again.stderr.strip()  # not overwritten


# A constant is a source in the real table, so it may stand without an input.
REAL = sorted(set(FAULTS) - {"source_without_flag"})


@pytest.mark.parametrize("name", REAL)
def test_fault_planted_in_a_real_corpus(tmp_path, pool, good, name):
    plant, kind = FAULTS[name]
    shutil.copytree(good, tmp_path / "c")
    plant(Bench(tmp_path / "c"))
    v, text = judged(tmp_path / "c", pool, inputs=2)
    assert kind in {p.kind for p in v.problems}, text


def test_the_real_corpus_has_none_of_them(pool, good):
    v, text = judged(good, pool, inputs=2)
    assert v.problems == [], text


def test_manifest_is_json_with_the_options(good):
    m = json.loads((good / "manifest.json").read_text())
    o = m["options"]
    assert (o["nodes"], o["count"], o["seed"], o["opset"], o["inputs"], o["max_elements"]) == (15, 3, 8, 17, 1, 4096)
    assert list(m) == ["generator", "version", "options", "table_digest", "ir_version", "operators", "missing", "distinct", "duplicates", "statistics", "motifs"]
