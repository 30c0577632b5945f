"""The documents are true: their commands run, their links and file names lead somewhere, what they count is so, and they stay short.

Commands run as written, but with fewer models and input sets, each document in a folder of its own.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import test_rules

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve()
DOCUMENTS = sorted(p for p in test_rules.tracked() if p.suffix == ".md")
MOST_MODELS, MOST_SETS = 10, 4


def text_of(name):
    return (ROOT / name).read_text()


def manual():
    """The sections of nngen(1) that are written by hand, as plain text; its examples are indented by four columns."""
    out, example = [], False
    for line in text_of("gen/dist/nngen.h2m").splitlines():
        if line in (".EX", ".EE"):
            example = line == ".EX"
            out.append("")
        elif not example and line.startswith("."):
            out.append(re.sub(r"^\.\w+ ?", "", line))
        else:
            out.append("    " * example + line)
    return "\n".join(out).replace("\\-", "-").replace("\\e", "\\") + "\n"


README, TESTS, GEN, SEQUENCES = map(text_of, ["README.md", "tests/README.md", "gen/README.md", "gen/sequences/README.md"])


# ---- commands ----

def examples(text):
    """The indented blocks of a text, dedented, those of its fenced blocks aside."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    return [re.sub(r"^    ", "", b, flags=re.M) for b in re.findall(r"(?:^    .*\n)+", text, flags=re.M)]


def reduced(command):
    """The same command for fewer models: a shard of many keeps the number that its index needs."""
    shards = re.search(r"--shard \d+/(\d+)", command)
    most = max(MOST_MODELS, int(shards[1]) if shards else 0)
    command = re.sub(r"--count (\d+)", lambda m: f"--count {min(int(m[1]), most)}", command)
    return re.sub(r"--inputs (\d+)(?!.*nngen-judge)", lambda m: f"--inputs {min(int(m[1]), MOST_SETS)}", command)


def scripts(text):
    """What a shell can run of the examples: nngen and what prepares and reads its files, not what builds or takes long, nor what a tool of
    the reader's judges (`nngen reduce`, which tests/cli/test_reduce.py runs)."""
    for block in examples(text):
        lines = block.replace("\\\n", " ").splitlines()
        keep = [x for x in lines if re.match(r"nngen |cp |[A-Z]+=\S+$|gen/python/nngen-judge ", x) and not x.startswith("nngen reduce ")]
        if any("nngen" in x or "check" in x for x in keep):
            yield "\n".join(map(reduced, keep))


@pytest.fixture(scope="module")
def environment():
    path = os.pathsep.join([str(NNGEN.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "NNGEN_PYTHON": sys.executable}


@pytest.fixture
def folder(tmp_path):
    """What the commands find where they run: the tree of the sources, linked or copied."""
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    for name in ("tests", "gen"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "default").symlink_to(NNGEN.parent)
    (tmp_path / "build" / "venv").symlink_to(sys.prefix)
    return tmp_path


def run_all(text, folder, environment):
    """Runs the examples in order; how many there were, and what they printed."""
    n, out = 0, ""
    for script in scripts(text):
        done = subprocess.run(["sh", "-ec", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"{script}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        n += script.count("nngen ")
        out += done.stdout
    return n, out


def run_python(text, folder):
    return subprocess.run([sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, timeout=300)


def test_commands_of_the_readme(folder, environment):
    blocks = re.findall(r"^```python\n(.*?)^```$", README, flags=re.M | re.S)
    assert len(blocks) == 1 and len(blocks[0].splitlines()) <= 12
    n, _ = run_all(README, folder, environment)
    assert n >= 3
    done = run_python(blocks[0], folder)
    assert done.returncode == 0, done.stderr
    assert len(list((folder / "dir").glob("test_*"))) == MOST_MODELS
    # The comparison fails where an output is wrong.
    changed = blocks[0].replace("    expected, bound =", "    y = y + y.dtype.type(3); expected, bound =")
    assert changed != blocks[0]
    done = run_python(changed, folder)
    assert done.returncode != 0 and "AssertionError" in done.stderr


def test_commands_of_the_manual(folder, environment):
    text = manual()
    shutil.copytree(folder / "specs", folder / "my-table")
    profile = re.search(r"^```yaml\n(# my-table/profiles/mine.yaml\n.*?)^```$", text_of("specs/README.md"), flags=re.M | re.S)
    (folder / "my-table" / "profiles" / "mine.yaml").write_text(profile[1])
    weights = next(b for b in examples(text) if b.startswith("# how often"))
    (folder / "weights.txt").write_text(weights)
    for seed, name in enumerate(["F", "C", "S"]):
        subprocess.run([NNGEN, "--nodes", "9", "--count", "4", "--seed", str(seed), "--quiet", "--out", folder / name], check=True,
                       stderr=subprocess.DEVNULL)
    (folder / "outcomes.txt").write_text("".join(f"test_{i:06},{'failed' if i % 2 else 'correct'}\n" for i in range(MOST_MODELS)))
    (folder / "list.txt").write_text("Relu,Add,Mul,Sub,Div\nSin,Relu,Add,Mul,Sub\n")
    n, _ = run_all(text, folder, environment)
    assert n >= 25
    python = next(b for b in examples(text) if b.startswith("import numpy"))
    done = run_python(python, folder)
    assert done.returncode == 0 and "array" in done.stdout, done.stderr
    # --common: the same operators in the same order.
    lines = [(folder / v / "models.jsonl").read_text().splitlines() for v in ("v13", "v28")]
    operators = [[re.search(r'"operators":\s*\{.*?\}', line)[0] for line in of] for of in lines]
    assert operators[0] == operators[1] and len(operators[0]) == MOST_MODELS


def test_commands_of_the_map(folder, environment):
    n, _ = run_all(GEN, folder, environment)
    assert n == 2


def test_output_of_the_map(folder, environment):
    """What gen/README.md shows below a command is printed by it, but for the numbers, which change with the generator."""
    def words(line):
        return re.sub(r"\d+", "0", " ".join(line.split()))

    shown = [b.splitlines() for b in examples(GEN) if b.startswith("nngen ")]
    assert len(shown) == 2
    for command, *lines in shown:
        done = subprocess.run(["sh", "-ec", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
        printed = {words(x) for x in done.stdout.splitlines()}
        assert done.returncode == 0 and len(lines) >= 3 and {words(x) for x in lines} <= printed


def test_commands_of_the_tests(folder, environment):
    n, out = run_all(TESTS, folder, environment)
    assert n >= 3 and "\n0 problems in 10 models" in out


def test_commands_of_the_sequences(folder, environment):
    n, out = run_all(SEQUENCES, folder, environment)
    given, kept, covered = map(int, re.search(r"^# (\d+) sequences reduced to (\d+), which (\d+) of them contain$", out, re.M).groups())
    assert n == 1 and f"the study's {given} sequences" in SEQUENCES.replace("\n", " ")
    assert f"With `--order 5` it keeps {kept}, as in the study, and {covered} of the {given}" in SEQUENCES.replace("\n", " ")


def test_make_targets():
    """Every target that a document names is one of the Makefile's."""
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), flags=re.M))
    for p in DOCUMENTS:
        named = set(re.findall(r"(?:^    |`)(?:[A-Z]+=\S+ )*make ([a-z-]+)(?=[\s`])", p.read_text(), flags=re.M))
        assert named <= targets, p
    assert {"corpus", "check", "install"} <= set(re.findall(r"^    make ([a-z-]+)", README, flags=re.M))


# ---- links and names ----

def titles(text):
    return [re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in re.findall(r"^#+ (.*)$", text, flags=re.M)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links(document):
    """Every file that is linked to is there, with the heading if the link names one."""
    text = document.read_text()
    for link in re.findall(r"\]\(([^):]+)\)", text):
        path, _, heading = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), link
        if heading:
            assert heading in titles(target.read_text()), link


def test_the_readme_links_to_the_other_documents():
    linked = {(ROOT / path).resolve() for path in re.findall(r"\]\(([^):#]+)", README)}
    others = {p for p in DOCUMENTS if p.name == "README.md" and p.parent not in (ROOT, ROOT / "out")}
    assert others <= linked


@pytest.mark.parametrize("document", ["README.md", "gen/README.md", "gen/sequences/README.md", "tests/README.md"])
def test_files_that_are_named(document):
    """Files in backticks are there, below the document, the root, gen or tests; * stands for a part of a name."""
    places = [(ROOT / document).parent, ROOT, ROOT / "gen", ROOT / "tests"]
    made = {"inputs.npz", "models.jsonl", "manifest.json", "model.onnx"}
    for path in re.findall(r"`([\w*./-]+\.(?:c|h|cc|py|sh|case|dict|json|yaml))`", text_of(document)):
        assert path in made or any(list(place.glob(path)) for place in places), path


def test_names_of_the_map():
    """Functions, types and constants that gen/README.md names are words of the code, but for those of its examples."""
    code = " ".join(p.read_text() for p in test_rules.sources("gen", "solver", "include"))
    words = set(re.findall(r"\w+", code))
    text = re.sub(r"[\w*./-]+\.\w+\b|^\| `.*$", " ", GEN, flags=re.M)
    named = set(re.findall(r"\b[a-z]+_[a-z_]+\b|\b[A-Z]+_[A-Z_]+\b", text)) - {"FN_CLAMP", "PROP_X", "prop_x"}
    assert len(named) >= 10 and named <= words, named - words


def test_files_of_the_sequences():
    named = {f for row in re.findall(r"^\| (`.*?`) \|", SEQUENCES, flags=re.M) for f in re.findall(r"`(\w+)`", row)}
    assert named == {p.stem for p in (ROOT / "gen" / "sequences").glob("*.c")}


def test_the_map_has_the_rooms():
    """Rooms, doors and what each may include, as test_rules.py has them."""
    rows = re.findall(r"^\| `(\w+)` \| .*? \| ([\w ]+) \| ([\w /]+) \|$", GEN, flags=re.M)
    assert [r[0] for r in rows] == list(test_rules.ROOMS)
    for i, (room, doors, may) in enumerate(rows):
        allowed, headers = test_rules.ROOMS[room]
        above = {r[0] for r in rows[:i]} - set(may.partition(" except ")[2].split())
        assert (above if may.startswith("all above") else set(may.split()) - {"include/", "only"}) == set(allowed.split()), room
        if headers is not None:
            assert set(doors.split()) - {"none"} == {h.removesuffix(".h") for h in headers}, room


def test_functions_of_the_language_are_known_everywhere():
    """What gen/README.md asks of one who adds a function: it is in specs/README.md and in the dictionary of the fuzzer."""
    functions = re.findall(r'X\(\w+, "(\w+)", ', text_of("gen/rules/expr.h"))
    assert len(functions) > 80
    language = re.search(r"^## Expressions$(.*)^## Profiles$", text_of("specs/README.md"), flags=re.M | re.S)[1]
    documented = " ".join(re.findall(r"`[^`]+`|^    .*$", language, flags=re.M))
    dictionary = text_of("tests/fuzz/expr.dict")
    for f in functions:
        assert re.search(rf"\b{f}\b", documented), f
        assert f'"{f}("' in dictionary, f


# ---- lengths and numbers ----

def test_lengths():
    assert len((ROOT / "README.md").read_bytes()) <= 8000
    assert len(GEN.splitlines()) <= 120
    long = [line for line in GEN.splitlines() if len(line) > 130 and not line.startswith("|")]
    assert not long


def operators(*args):
    out = subprocess.run([NNGEN, "--list-ops", *map(str, args)], check=True, capture_output=True, text=True).stdout
    return sum(not line.startswith("#") for line in out.splitlines())


def test_numbers_of_operators():
    rows = re.findall(r"^\| `(\w+)` \| .* \| (\d+) \| (\d+) \| (\d+) \|$", TESTS, flags=re.M)
    assert [r[0] for r in rows] == ["onnx", "ort", "openvino", "tract", "tvm", "iree"]
    for profile, *numbers in rows:
        assert [operators("--profile", profile, "--opset", v) for v in (17, 22, 28)] == [int(n) for n in numbers], profile
    every = {v: operators("--opset", v) for v in range(7, 29)}
    assert f"({every[7]} at opset 7, {every[17]} at 17, {every[28]} at 28)" in README
    assert f"feasible pairs of the {every[17]} operators" in TESTS
    assert f"among {every[17]} operators" in manual()
    assert f"{sum(every.values()):,} pairs of operator and opset" in TESTS
    assert f"{operators('--common', '13..28', '--opset', 13)} of {every[13]} operators remain for 13..28" in manual()


def test_number_of_findings():
    found = len(re.findall(r"^## ", text_of("tests/study/FINDINGS.md"), flags=re.M))
    assert f"it has found [{found} defects]" in README.replace("\n", " ") and f"It has found {found} defects" in TESTS.replace("\n", " ")


def test_the_manual_renders(tmp_path):
    if missing := [t for t in ("help2man", "lowdown", "man") if not shutil.which(t)]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    subprocess.run(["sh", ROOT / "gen/dist/man.sh", NNGEN, tmp_path], check=True)
    done = subprocess.run(["man", "--warnings", "-l", tmp_path / "nngen.1"], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C", "MANWIDTH": "100", "MANPAGER": "cat"})
    assert done.returncode == 0 and done.stderr == ""
    headings = re.findall(r"^[A-Z][A-Z, ]+$", done.stdout, flags=re.M)
    sections = [s.upper() for s in re.findall(r"^\[([a-z ,]+)\]$", text_of("gen/dist/nngen.h2m"), flags=re.M)]
    assert set(sections) <= set(headings) and len(sections) >= 10
    assert max(map(len, done.stdout.splitlines())) <= 100
    for command in ("compare", "eval", "emit", "reduce", "sequences", "coverage", "motifs"):
        options = re.findall(r"^  (--[a-z-]+)", subprocess.run([NNGEN, command, "--help"], capture_output=True, text=True).stdout, re.M)
        assert options and all(re.search(rf"^ +{o}\b", done.stdout, re.M) for o in options)


def test_the_manual_of_the_table_renders(tmp_path):
    """Lists and exponents survive."""
    if missing := [t for t in ("help2man", "lowdown", "man") if not shutil.which(t)]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    subprocess.run(["sh", ROOT / "gen/dist/man.sh", NNGEN, tmp_path], check=True)
    page = subprocess.run(["man", "-l", tmp_path / "nngen-specs.5"], capture_output=True, text=True, check=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "200", "MANPAGER": "cat"}).stdout
    source = re.sub(r"^```.*?^```$", "", text_of("specs/README.md"), flags=re.M | re.S)
    items = re.findall(r"^- ", source, flags=re.M)
    assert len(items) >= 10 and len(re.findall(r"^ +\u2022 ", page, flags=re.M)) == len(items)
    powers = set(re.findall(r"\b\w+\^-?\w+", source))
    assert powers and all(p in page.replace("\u2010", "-").replace("\u2212", "-") for p in powers)
