"""Same options, same bytes: compilers, optimisation levels, an architecture under emulation, threads, locale and environment. A variant is a test of its own."""
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from nngen.judge import determinism

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve()
LIBRARIES = ["-lprotobuf-c", "-lyaml", "-ljansson", "-lcrypto", "-lz"]
FAMILIES = {
    "default": ["--nodes", "40", "--count", "100", "--seed", "1", "--intervals"],
    "wide": ["--nodes", "65", "--count", "20", "--seed", "9", "--opset", "28", "--profile", "onnx", "--inputs", "4", "--max-elements", "512", "--check",
             "--types", "float16,double,int8,int64", "--input-mode", "uniform,normal,corners,special", "--input-format", "pb,npz"],
    "outputs": ["--nodes", "40", "--count", "40", "--seed", "5", "--opset", "22", "--inputs", "4", "--types", "float16,double,int8,uint64",
                "--input-mode", "uniform,normal,corners,special", "--input-format", "pb,npz", "--outputs"],
    "narrow": ["--nodes", "15", "--count", "60", "--seed", "3", "--opset", "13", "--ops=-Conv,-Gemm"],
}
BUILDS = {
    "gcc -O0": {"CC": "gcc", "CXX": "g++", "OPT": "-O0"},
    "gcc -O3 -march=native": {"CC": "gcc", "CXX": "g++", "OPT": "-O3 -march=native"},
    "clang -O0": {"CC": "clang", "CXX": "clang++", "OPT": "-O0"},
    "clang -O3": {"CC": "clang", "CXX": "clang++", "OPT": "-O3"},
    "aarch64 gcc -O2": {"CC": "aarch64-linux-gnu-gcc", "CXX": "aarch64-linux-gnu-g++", "OPT": "-O2", "before": ["qemu-aarch64-static"]},
}
PLACES = {
    "jobs 4": {"jobs": 4},
    "jobs 7": {"jobs": 7},
    "locale C": {"env": {"LC_ALL": "C", "LANG": "C"}},
    "locale C.UTF-8": {"env": {"LC_ALL": "C.UTF-8"}},
    "locale de_DE.UTF-8": {"env": {"LC_ALL": "de_DE.UTF-8", "LC_NUMERIC": "de_DE.UTF-8"}},
    "locale tr_TR.UTF-8": {"env": {"LC_ALL": "tr_TR.UTF-8"}},
    "time zone": {"env": {"TZ": "Asia/Kolkata", "SOURCE_DATE_EPOCH": "1"}},
    "fresh memory not zero": {"env": {"MALLOC_PERTURB_": "165"}},
    "empty environment": {"env": None},
    "fixed addresses": {"before": ["setarch", "--addr-no-randomize"]},
}
ran = []


def digest(root):
    """SHA-256 over names and bytes of all files, in name order."""
    total = hashlib.sha256()
    for name, path in sorted(determinism.tree(root).items()):
        total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def generate(binary, family, out, jobs=1, env=(), before=()):
    environ = {} if env is None else {**os.environ, **dict(env)}
    command = [*before, str(binary), *FAMILIES[family], "--out", str(out), "--quiet", "--jobs", str(jobs)]
    r = subprocess.run(command, env=environ, cwd=out.parent, capture_output=True, text=True, timeout=600)
    assert r.returncode == 0, r.stderr


@pytest.fixture(scope="module")
def folder():
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as path:
        yield Path(path)


@pytest.fixture(scope="module")
def wanted(folder):
    """Each family as the program under test writes it with one thread: folder and digest."""
    made = {}
    for family in FAMILIES:
        generate(NNGEN, family, folder / f"wanted-{family}")
        made[family] = folder / f"wanted-{family}", digest(folder / f"wanted-{family}")
    return made


def compare(variant, binary, folder, wanted, families=tuple(FAMILIES), **how):
    for family in families:
        out = folder / "variant"
        generate(binary, family, out, **how)
        tree, want = wanted[family]
        if digest(out) != want:
            lines = list(determinism.differences(tree, out))
            pytest.fail(f"{variant}, family {family}: {len(lines)} files differ, as {lines[:3]}")
        shutil.rmtree(out)
        ran.append(f"{variant}/{family}")


def missing(build, tmp_path):
    """What keeps a variant from being built here, None if nothing does."""
    for tool in (build["CC"], build["CXX"], *build.get("before", [])):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    source = tmp_path / "empty.c"
    source.write_text("int main(void) { return 0; }\n")
    r = subprocess.run([build["CC"], *build.get("EXTRA", "").split(), str(source), "-o", str(tmp_path / "empty"), "-Wl,--no-as-needed", *LIBRARIES],
                       capture_output=True, text=True)
    return None if r.returncode == 0 else f"cannot link: {r.stderr.strip().splitlines()[0]}"


@pytest.mark.parametrize("name", BUILDS)
def test_other_builds(name, tmp_path, folder, wanted):
    build = BUILDS[name]
    why = missing(build, tmp_path)
    if why:
        pytest.skip(f"{name}: {why}")
    place = "build/det-" + "".join(c if c.isalnum() else "-" for c in name)
    words = [f"{k}={v}" for k, v in build.items() if k != "before"]
    before = build.get("before", [])
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    r = subprocess.run(["make", "-s", "-j2", f"B={place}", "WARN=-w", *words, f"{place}/nngen"], cwd=ROOT, env=environ, capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    binary = ROOT / place / "nngen"
    assert binary.read_bytes() != NNGEN.read_bytes()
    compare(name, binary, folder, wanted, before=before)
    compare(f"{name} jobs 4", binary, folder, wanted, ["default", "outputs"], jobs=4, before=before)


@pytest.mark.parametrize("name", PLACES)
def test_other_surroundings(name, folder, wanted):
    how = PLACES[name]
    if "before" in how and subprocess.run([*how["before"], "true"], capture_output=True).returncode != 0:
        pytest.skip(f"{how['before'][0]} does not work here")
    compare(name, NNGEN, folder, wanted, ["default", "wide", "outputs"], **how)


PROGRAM = r"""
#include <locale.h>
#include <nngen.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) {
    nn_table *table = NULL;
    nn_family *family = NULL;
    nn_error err = {0};
    if (argc != 3 || setlocale(LC_ALL, argv[2]) == NULL || strcmp(localeconv()->decimal_point, ",") != 0)
        return 77;
    int ok = nn_table_open(&table, NULL, &err) == NN_OK &&
             nn_family_open(&family, table, &(nn_family_config){.nodes = 40, .count = 100, .seed = 1, .intervals = 1}, &err) == NN_OK &&
             nn_corpus_write(family, &(nn_corpus_config){.out = argv[1], .jobs = 2}, NULL, NULL, NULL, &err) == NN_OK;
    if (!ok)
        fprintf(stderr, "%s\n", err.message);
    nn_family_close(family);
    nn_table_close(table);
    return ok ? 0 : 1;
}
"""


def test_a_program_whose_locale_has_decimal_commas(tmp_path, folder, wanted):
    """The program never sets a locale, but one that uses the library may."""
    if not shutil.which("localedef"):
        pytest.skip("localedef is not installed")
    r = subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", str(tmp_path / "de_DE.UTF-8")], capture_output=True, text=True)
    if not (tmp_path / "de_DE.UTF-8").is_dir():
        pytest.skip(f"no German locale: {r.stderr.strip()}")
    source, program, out = tmp_path / "p.c", tmp_path / "p", folder / "comma"
    source.write_text(PROGRAM)
    subprocess.run(["gcc", f"-I{ROOT / 'include'}", str(source), "-o", str(program), str(NNGEN.parent / "libnngen.a"), *LIBRARIES, "-pthread",
                    *(["-fsanitize=address,undefined"] if "asan" in str(NNGEN.parent) else [])], check=True)
    r = subprocess.run([str(program), str(out), "de_DE.UTF-8"], env={**os.environ, "LOCPATH": str(tmp_path)}, capture_output=True, text=True)
    if r.returncode == 77:
        pytest.skip("the German locale that localedef made has no decimal comma here")
    assert r.returncode == 0, r.stderr
    assert list(determinism.differences(wanted["default"][0], out)) == []
    ran.append("decimal commas/default")


def test_what_ran(wanted, folder, capsys):
    """The comparison sees a single changed bit; says how many variants were compared."""
    tree, want = wanted["narrow"]
    copy = folder / "copy"
    shutil.copytree(tree, copy)
    assert digest(copy) == want
    path = copy / "test_000007" / "model.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert digest(copy) != want and len(list(determinism.differences(tree, copy))) == 1
    path.unlink()
    assert digest(copy) != want
    with capsys.disabled():
        print(f"\n{len(ran)} families compared: {len({x.split('/')[0] for x in ran})} variants")
    assert len({want for _, want in wanted.values()}) == len(FAMILIES)
