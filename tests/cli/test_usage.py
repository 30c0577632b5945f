"""What a newcomer types: help, versions, names with mistakes, quiet runs, closed pipes, small limits, links that lead nowhere."""
import os
import pty
import re
import signal
import subprocess
import time
from math import prod

import onnx
import pytest

COMMANDS = ["merge", "verify", "replay", "compare", "sequences", "coverage", "motifs", "suite", "eval", "show", "emit"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_own_help(nngen, command):
    r = nngen(command, "--help")
    assert (r.code, r.err) == (0, "") and r.out.startswith(f"Usage: nngen {command} ")
    assert nngen(command, "-h").out == r.out
    assert re.search(r"^  --help +print this help$", r.out, re.M) and max(map(len, r.out.splitlines())) <= 100
    assert nngen("--help").out.count(f"\n       nngen {command} ") == 1


def test_wrong_usage_names_the_help_of_the_command(nngen):
    for command in COMMANDS:
        r = nngen(command, "--no-such-option")
        assert r.code == 2 and r.err.endswith(f"\nTry 'nngen {command} --help'.\n"), r.err
    assert nngen("--no-such-option").err.endswith("\nTry 'nngen --help'.\n")


def test_help_of_commands_lists_what_they_take(nngen):
    for command, takes, not_takes in (("merge", {"--force", "--specs", "--verify", "--quiet"}, "--nodes"), ("verify", {"--quiet"}, "--force"),
                                      ("replay", {"--out", "--specs", "--jobs", "--resume", "--dry-run"}, "--seed")):
        listed = set(re.findall(r"^  (--[a-z-]+)", nngen(command, "--help").out, re.M))
        assert takes <= listed and not_takes not in listed
        r = nngen(command, "x", not_takes, *([] if not_takes == "--force" else ["1"]))
        assert r.code == 2 and not_takes in r.err


def test_short_options(nngen):
    assert nngen("-V").out == nngen("--version").out != ""
    assert nngen("-h").out == nngen("--help").out
    assert nngen("verfiy").err.startswith("nngen: unknown command verfiy; did you mean verify?")
    for word in COMMANDS:
        assert f"did you mean {word}?" in nngen(word + "x").err


def test_formats_as_arguments_of_their_own(nngen):
    for option, formats in (("--list-ops", ("text", "json", "markdown")), ("--list-motifs", ("text", "json"))):
        for form in formats:
            assert nngen(option, form).out == nngen(f"{option}={form}").out != ""
    assert nngen("--list-ops", "json", "--ops", "Relu").out == nngen("--ops", "Relu", "--list-ops=json").out
    assert nngen("--trace-summary", "json", "--nodes", 3, "--count", 2).out.startswith("{")
    assert nngen("--list-ops", "yaml").code == 2


@pytest.mark.parametrize("wrong, right", [("Rlu", "Relu"), ("Rleu", "Relu"), ("relu", "Relu"), ("Cov", "Conv"), ("Mxpool", "MaxPool"), ("Sofmax", "Softmax"), ("Slu", "Selu"), ("Tahn", "Tanh")])
def test_the_likely_operator(nngen, wrong, right):
    for arguments in (["--ops", f"Add,{wrong}"], ["--contain", f"Add,{wrong}"], ["--ops", f"-{wrong}"]):
        r = nngen(*arguments, "--dry-run")
        assert r.code == 2 and f"unknown operator {wrong}; did you mean {right}?" in r.err, r.err


@pytest.mark.parametrize("ops, name", [("Conv,-Relu", "Relu"), ("-Relu,Conv", "Relu"), ("Conv,Add,-Tan,-Add", "Tan")])
def test_an_exclusion_without_effect(nngen, tmp_path, ops, name):
    for command in ([], ["suite"]):
        r = nngen(*command, "--ops", ops, "--out", tmp_path / "none")
        assert r.code == 2 and f"-{name} removes nothing" in r.err, r.err
    assert not (tmp_path / "none").exists()


def test_exclusions_with_effect(nngen):
    def listed(ops):
        return re.findall(r"^(\w+)", nngen("--list-ops", "--ops", ops).out, re.M)

    assert listed("Conv,Relu,-Relu") == ["Conv"]
    assert "Relu" not in listed("-Relu") and len(listed("-Relu")) > 100


def test_quiet(nngen, tmp_path):
    """Nothing but errors."""
    r = nngen("--count", 1, "--out", tmp_path / "a")
    assert r.code == 0 and "missing operators" in r.err and "1 model of" in r.out
    r = nngen("--count", 1, "--quiet", "--out", tmp_path / "b")
    assert (r.code, r.out, r.err) == (0, "", "")
    r = nngen("--count", 20, "--nodes", 1, "--ops", "Relu,Abs", "--motifs", "gelu_erf", "--quiet", "--dry-run")
    assert r.code == 2 and r.err != ""
    for k in (1, 2):
        assert nngen("--count", 2, "--nodes", 2, "--shard", f"{k}/2", "--quiet", "--out", tmp_path / f"s{k}").err == ""
    r = nngen("merge", tmp_path / "m", tmp_path / "s1", tmp_path / "s2", "--quiet")
    assert (r.code, r.out, r.err) == (0, "", "")


def closed_pipe(nngen, *arguments):
    """Standard output is a pipe that nobody reads."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([nngen.path, *map(str, arguments)], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    return done.returncode, done.stderr


def test_a_closed_pipe(nngen, tmp_path):
    """A summary that nobody reads is no failure; a listing ends as if by SIGPIPE."""
    family = ["--nodes", 4, "--count", 3, "--ops", "Abs,Relu"]
    assert closed_pipe(nngen, *family, "--out", tmp_path / "c") == (0, "")
    assert nngen("verify", tmp_path / "c").code == 0
    assert closed_pipe(nngen, "verify", tmp_path / "c") == (0, "")
    for k in (1, 2):
        assert closed_pipe(nngen, *family, "--shard", f"{k}/2", "--out", tmp_path / f"s{k}") == (0, "")
    assert closed_pipe(nngen, "merge", tmp_path / "m", tmp_path / "s1", tmp_path / "s2") == (0, "")
    for listing in (["--help"], ["--version"], ["--list-ops"], ["show", tmp_path / "c"], ["sequences", tmp_path / "c"], ["suite", "--help"]):
        assert closed_pipe(nngen, *listing) == (141, ""), listing
    (tmp_path / "c/test_000001/model.onnx").write_bytes(b"")
    assert closed_pipe(nngen, "verify", tmp_path / "c")[0] == 1
    with open("/dev/full", "w") as full:
        r = subprocess.run([nngen.path, "--list-ops"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert r.returncode == 1 and r.stderr == "nngen: standard output: No space left on device\n"


def on_terminal(nngen, *arguments):
    """What a terminal on standard error receives."""
    above, below = pty.openpty()
    p = subprocess.Popen([nngen.path, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=below)
    os.close(below)
    text = b""
    while True:
        try:
            part = os.read(above, 4096)
        except OSError:  # the other end was closed
            break
        if not part:
            break
        text += part
    os.close(above)
    assert p.wait() == 0
    return text.decode()


def test_planning_is_shown_on_a_terminal(nngen):
    family = ["--nodes", 8, "--count", 4, "--ops", "Abs,Relu,Add", "--dry-run"]
    for cover in ("pairs", "triples"):
        text = on_terminal(nngen, *family, "--cover", cover)
        assert text.startswith("\rplanning: [") and " 0 %" in text and "\r\x1b[K" in text
    assert "planning" not in on_terminal(nngen, *family) + on_terminal(nngen, *family, "--cover", "pairs", "--quiet")
    assert nngen(*family, "--cover", "pairs").err == ""
    assert nngen(*family, "--cover", "pairs", "--progress").err.startswith("\rplanning: [")


@pytest.mark.parametrize("number, word", [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_a_signal_stops_the_planning(nngen, tmp_path, number, word):
    """All pairs of operators take seconds. Nothing is written before them."""
    out = tmp_path / "c"
    p = subprocess.Popen([nngen.path, "--cover", "pairs", "--out", str(out), "--progress"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while "planning" not in p.stderr.readline(20):
        assert p.poll() is None
    p.send_signal(number)
    begun = time.monotonic()
    text, err = p.communicate(timeout=60)
    assert (p.returncode, text) == (128 + number, "") and time.monotonic() - begun < 3
    assert err.endswith(f"\x1b[Knngen: {word}: stopped on request before the first model\n")
    assert not out.exists()


@pytest.mark.parametrize("elements", [1, 2, 5, 15])
def test_few_elements(nngen, tmp_path, elements):
    r = nngen("--nodes", 12, "--count", 20, "--max-elements", elements, "--check", "--out", tmp_path / "c")
    assert r.code == 0, r.err
    for path in tmp_path.glob("c/*/model.onnx"):
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        assert len(model.graph.node) == 12
        shapes = [[d.dim_value for d in i.type.tensor_type.shape.dim] for i in [*model.graph.input, *model.graph.value_info, *model.graph.output]]
        assert max(map(prod, shapes + [t.dims for t in model.graph.initializer])) <= elements


def test_least_dim_and_rank(nngen, tmp_path):
    assert nngen("--nodes", 12, "--count", 10, "--max-dim", 1, "--max-rank", 1, "--check", "--out", tmp_path / "c").code == 0
    for path in tmp_path.glob("c/*/model.onnx"):
        graph = onnx.load(path).graph
        assert all(len(i.type.tensor_type.shape.dim) <= 1 for i in [*graph.input, *graph.value_info, *graph.output])
    assert "expected an integer from 1 to 16777216" in nngen("--max-elements", 0, "--dry-run").err


def test_a_link_that_leads_nowhere(nngen, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    assert nngen("--nodes", 4, "--count", 3, "--ops", "Abs", "--shard", "1/1", "--out", tmp_path / "c", "--quiet").code == 0
    for arguments in (["--nodes", 4, "--count", 1, "--out", link], ["suite", "--ops", "Abs", "--out", link], ["merge", link, tmp_path / "c"], ["verify", link],
                      ["replay", tmp_path / "c/manifest.json", "--out", link]):
        r = nngen(*arguments)
        assert r.code == 1 and r.err == f"nngen: {link}: is a symbolic link to a directory that does not exist\n", arguments
    r = nngen("show", tmp_path / "c/test_000000", "--out", link)
    assert r.code == 1 and "it is a symbolic link to a file that does not exist" in r.err
    assert not (tmp_path / "nowhere").exists()
