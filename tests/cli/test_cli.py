"""The command line: what it prints, where, and with which exit status."""
import json
import re
import subprocess

import pytest
from conftest import ROOT

TRY = "Try 'nngen --help'.\n"


def entries(path):
    return sorted(p.name for p in path.iterdir())


def test_summary(nngen, tmp_path):
    r = nngen("--nodes", 10, "--count", 30, "--seed", 5, "--out", tmp_path / "c")
    assert r.code == 0
    lines = r.out.splitlines()
    assert re.fullmatch(r"30 models of 10 nodes, \d+ of \d+ operators", lines[0])
    assert re.fullmatch(r"\d+ files, [\d.]+ [kM]B, \d+\.\d\d s, [\d.]+ ms a model", lines[1])
    assert lines[2:] == [f"{tmp_path}/c/manifest.json"]
    assert "\r" not in r.err and "\033" not in r.err  # no progress without a terminal
    assert entries(tmp_path / "c") == ["manifest.json", "models.jsonl"] + [f"test_{i:06d}" for i in range(30)]


def test_quiet(nngen, tmp_path):
    r = nngen("--nodes", 5, "--count", 2, "--out", tmp_path / "c", "--quiet", "--ops", "Relu,Add,Abs")
    assert (r.code, r.out, r.err) == (0, "", "")


def test_progress_on_request(nngen, tmp_path):
    r = nngen("--nodes", 5, "--count", 20, "--out", tmp_path / "c", "--progress", "--ops", "Relu,Add,Abs")
    assert r.code == 0
    assert "] 20/20 models" in r.err and r.err.endswith("\r\033[K")  # wiped at the end


def test_progress_on_a_terminal(nngen, tmp_path):
    r = subprocess.run(["script", "-qec", f"{nngen.path} --nodes 5 --count 20 --out {tmp_path / 'c'} --ops Relu,Add", "/dev/null"], capture_output=True, text=True)
    if r.returncode == 127:
        pytest.skip("no script(1)")
    assert r.returncode == 0 and "20/20 models" in r.stdout


def test_missing_operators_are_named(nngen, tmp_path):
    r = nngen("--nodes", 1, "--count", 2, "--out", tmp_path / "c", "--ops", "Abs,Neg,Relu,Exp,Sin")
    assert r.code == 0
    manifest = json.loads((tmp_path / "c" / "manifest.json").read_text())
    assert len(manifest["missing"]) == 3
    names, (reason,) = [m["name"] for m in manifest["missing"]], {m["reason"] for m in manifest["missing"]}
    assert r.err == f"nngen: 3 missing operators: {reason}: {', '.join(names)}\n"
    assert nngen("--nodes", 1, "--count", 2, "--dry-run", "--ops", "Abs,Neg,Relu").err == f"nngen: missing operator Relu: {reason}\n"
    assert "2 models of 1 node, 2 of 5 operators" in r.out
    assert re.search(r": (\w+, ){11}\w+ and \d\d\d? more\n$", nngen("--manner", "uniform", "--nodes", 15, "--count", 1, "--dry-run").err)  # the manifest has them all


def test_dry_run_writes_nothing(nngen, tmp_path):
    r = nngen("--nodes", 10, "--count", 5, "--dry-run", "--out", tmp_path / "c")
    assert r.code == 0 and not (tmp_path / "c").exists()
    assert "B not written, " in r.out and "manifest" not in r.out
    real = nngen("--nodes", 10, "--count", 5, "--out", tmp_path / "c")
    assert re.search(r"(\d+ files, [\d.]+ \w+)", r.out)[0] == re.search(r"(\d+ files, [\d.]+ \w+)", real.out)[0]


def test_version_and_help(nngen):
    r = nngen("--version")
    assert (r.code, r.err) == (0, "") and re.fullmatch(r"nngen \d+\.\d+\.\d+\n", r.out)
    r = nngen("--help")
    assert (r.code, r.err) == (0, "")
    assert "(default: 40)" in r.out and "(default: ort)" in r.out
    assert nngen("-h").out == r.out
    for text in (r.out, nngen("sequences", "--help").out, nngen("coverage", "--help").out):
        assert max(map(len, text.splitlines())) <= 100


def test_help_and_readme_agree(nngen):
    """The eleven options of README.md have the arguments and defaults of the help."""
    rows = re.findall(r"^\| (`--.*?) \| (.*) \|$", (ROOT / "README.md").read_text(), re.M)
    readme = {flag: text for flags, text in rows for flag in re.findall(r"`(--[^`]+)`", flags)}
    entries = dict(re.findall(r"^  (--.*?)  +(.*(?:\n {24}.*)*)", nngen("--help").out, re.M))
    assert len(readme) == 11 and len(entries) >= 30 and set(readme) <= set(entries)
    for flag, text in readme.items():
        default = re.search(r"\(default: ([^)]*)\)$", " ".join(entries[flag].split()))
        assert not default or text.endswith(f" ({default[1]})"), flag


def test_help_states_the_opsets(nngen):
    expected = re.search(r"expected an integer from (\d+ to \d+)", nngen("--opset", 1, "--dry-run").err)[1]
    assert f"from {expected} (default: 17)" in nngen("--help").out
    assert f"from {expected} (17)" in (ROOT / "README.md").read_text()


def test_list_ops(nngen):
    r = nngen("--list-ops")
    assert (r.code, r.err) == (0, "")
    names = [line.split()[0] for line in r.out.splitlines() if not line.startswith("#")]
    assert len(names) >= 70 and names == sorted(names)
    conv = next(line for line in r.out.splitlines() if line.startswith("Conv "))
    assert "11" in conv.split() and "kernel_shape" in conv and "optional" in conv
    j = json.loads(nngen("--list-ops=json").out)
    assert [o["name"] for o in j["operators"]] == names and j["opset"] == 17 and j["profile"] == "ort"
    table = nngen("--list-ops=markdown").out.splitlines()
    assert [row.split(" | ")[0].strip("| ") for row in table[2:]] == names
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 7 for row in table)


def test_list_ops_by_opset_and_filter(nngen):
    def names(*args):
        return {line.split()[0] for line in nngen("--list-ops", *args).out.splitlines() if line[0] != "#"}

    assert "LayerNormalization" in names("--opset", 17) and "LayerNormalization" not in names("--opset", 16)
    assert names("--ops", "Add,Relu") == {"Add", "Relu"}
    assert names("--ops", "-Add") == names() - {"Add"}


def test_list_motifs(nngen, tmp_path):
    folder = tmp_path / "table"
    (folder / "motifs").mkdir(parents=True)
    for name in ("elementwise", "activation"):
        (folder / f"{name}.yaml").write_bytes((ROOT / "specs" / f"{name}.yaml").read_bytes())
    options = ("--specs", folder, "--profile", "onnx", "--list-motifs")
    assert nngen(*options).out == "# opset 17, profile onnx, 0 motifs: name, number of nodes, what it is, what recognises it\n"
    nodes = 'in: {x: "T[..]"}, nodes: {n: Neg(x), y: Abs(n)}, out: y'
    (folder / "motifs" / "b.yaml").write_text(f'motifs:\n  late: {{doc: d, opset: 20.., {nodes}}}\n')
    (folder / "motifs" / "a.yaml").write_text(f'motifs:\n  two: {{doc: "say \\"two\\"", fires: {{P: [A, B], Q: C}}, {nodes}}}\n')
    r = nngen(*options)
    assert (r.code, r.err) == (0, "")
    assert r.out.splitlines()[1:] == ['two    2  say "two"  [P: A, B; Q: C]', "# left out: late: it needs an opset >= 20"]
    assert nngen(*options, "--opset", 20).out.splitlines()[1:] == ['two    2  say "two"  [P: A, B; Q: C]', "late   2  d"]
    j = json.loads(nngen(*options[:-1], "--list-motifs=json").out)
    assert j == {"opset": 17, "profile": "onnx", "motifs": [{"name": "two", "nodes": 2, "doc": 'say "two"', "fires": "P: A, B; Q: C"}],
                 "left_out": [{"name": "late", "reason": "it needs an opset >= 20"}]}
    (folder / "motifs" / "a.yaml").write_text("motifs: {m: 1}")
    r = nngen(*options)
    assert r.code != 0 and r.err.startswith(f"nngen: {folder}/motifs/a.yaml:1:13: motif m: a mapping was expected, not text")


def test_built_in_motifs(nngen):
    """All can be used at some opset with all types, and none that the table holds is malformed at any opset."""
    names, usable = set(), set()
    for opset in (7, 9, 10, 11, 13, 17, 21, 24, 28):
        j = json.loads(nngen("--opset", opset, "--profile", "onnx", "--types", "float16,double,int8,uint8,int32,int64,bool", "--list-motifs=json").out)
        names |= {m["name"] for m in j["motifs"] + j["left_out"]}
        usable |= {m["name"] for m in j["motifs"]}
    assert names and names == usable


USAGE = [
    (["--list-motifs", "--list-ops"], "--list-ops and --list-motifs exclude each other"),
    (["--list-motifs", "--out", "d"], "--list-motifs writes no models: leave out --out"),
    (["--nodes", "0"], "--nodes 0: expected an integer from 1 to 100000"),
    (["--count", "1e3"], "--count 1e3: expected an integer from 1 to 10000000"),
    (["--opset", "6"], "--opset 6: expected an integer from 7 to 28"),
    (["--nods", "3"], "unknown option --nods; did you mean --nodes?"),
    (["--nodes"], "--nodes needs a value: expected N"),
    (["extra"], "unexpected argument extra; options begin with --"),
    (["--profile", "ncnn"], "profile ncnn: expected onnx, iree, openvino, ort, tensorflow, tf2onnx, torch-dynamo, torch-script, torch, tract, tvm; with --specs DIR also one of DIR/profiles"),
    (["--ops", "Rulu"], "unknown operator Rulu; did you mean Relu?"),
    (["--common", "13..28", "--ops", "+Pad"], "operator Pad is left out by --common: its rules differ in these opsets"),
    (["--ops", "x\ny\x1b[31m"], "unknown operator x?y?[31m"),
    (["--ops", "+Add,-Add"], "operators '+Add,-Add' selects no operator; expected at least one"),
    (["--quiet", "--progress"], "--quiet and --progress exclude each other"),
    (["--jobs", "0"], "--jobs 0: expected an integer from 1 to 256"),
]


@pytest.mark.parametrize("args, message", USAGE, ids=[m for _, m in USAGE])
def test_wrong_usage(nngen, tmp_path, args, message):
    r = nngen("--out", tmp_path / "c", *args)
    assert (r.code, r.out, r.err) == (2, "", f"nngen: {message}\n{TRY}")
    assert not (tmp_path / "c").exists()


def test_what_is_left_out_already_may_be_left_out(nngen):
    assert nngen("--common", "13..28", "--ops", "-Pad", "--list-ops").code == 0


def test_no_arguments(nngen):
    r = nngen()
    assert (r.code, r.out, r.err) == (2, "", f"nngen: --out is missing: expected the directory to write\n{TRY}")


def test_table_errors_have_a_place(nngen, tmp_path):
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "a.yaml").write_text("operators:\n  Foo: {since: [1], frobnicate: 1}\n")
    r = nngen("--out", tmp_path / "c", "--specs", specs, "--profile", "onnx")
    assert r.code == 1 and r.out == "" and len(r.err.splitlines()) == 1
    assert re.match(rf"nngen: {specs}/a\.yaml:2:\d+: .*frobnicate", r.err) or re.match(r"nngen: .*a\.yaml:2:\d+: .*frobnicate", r.err)
    assert not (tmp_path / "c").exists()


def test_specs_that_are_not_there(nngen, tmp_path):
    r = nngen("--out", tmp_path / "c", "--specs", tmp_path / "nowhere")
    assert r.code == 1 and r.err.startswith(f"nngen: {tmp_path}/nowhere: ") and "No such file" in r.err


def test_models_that_cannot_be_built(nngen, tmp_path):
    """An operator that cannot follow itself often, because its values leave its domain: an error that says so, and no directory."""
    r = nngen("--nodes", 6, "--count", 1, "--ops", "Acos", "--out", tmp_path / "c")
    assert r.code == 1 and r.err.startswith("nngen: ") and len(r.err.splitlines()) == 1
    assert not (tmp_path / "c").exists()


def test_same_bytes_with_any_number_of_jobs(nngen, tmp_path):
    def files(path):
        return {p.relative_to(path): p.read_bytes() for p in path.rglob("*") if p.is_file()}

    for jobs in (1, 3):
        assert nngen("--nodes", 12, "--count", 40, "--inputs", 2, "--jobs", jobs, "--out", tmp_path / str(jobs), "--quiet").code == 0
    assert files(tmp_path / "1") == files(tmp_path / "3")


def test_no_inputs(nngen, tmp_path):
    assert nngen("--nodes", 5, "--count", 2, "--inputs", 0, "--out", tmp_path / "c", "--quiet").code == 0
    assert entries(tmp_path / "c" / "test_000000") == ["model.onnx"]
    assert json.loads((tmp_path / "c" / "manifest.json").read_text())["options"]["inputs"] == 0
