"""Profiles of the user's own: `extends`, `only`, `max_rank`; and the options that limit tensors."""
import json
import shutil
from pathlib import Path

import onnx
import pytest

SPECS = Path(__file__).resolve().parents[2] / "specs"


@pytest.fixture
def table(tmp_path):
    shutil.copytree(SPECS, tmp_path / "t")

    def write(**texts):
        for name, text in texts.items():
            (tmp_path / "t" / "profiles" / f"{name}.yaml").write_text(f"profile: {name}\n{text}")
        return tmp_path / "t"

    return write


def listing(nngen, table, profile, *args):
    r = nngen("--specs", table, "--profile", profile, "--list-ops=json", *args)
    assert r.code == 0, r.err
    return json.loads(r.out)


def families(out):
    return [onnx.load(p).graph for p in sorted(out.glob("*/model.onnx"))]


def shapes(graph):
    for v in [*graph.value_info, *graph.input, *graph.output]:
        yield [d.dim_value for d in v.type.tensor_type.shape.dim]
    for t in graph.initializer:
        yield list(t.dims)


def test_extends_adds_to_another_profile(nngen, table):
    t = table(mine="extends: base\nexclude:\n  - {op: Tan, reason: no kernel}\n", base="extends: ort\nexclude:\n  - {op: Sin, reason: slow}\n")
    ort, mine = ({o["name"] for o in listing(nngen, t, p)["operators"]} for p in ("ort", "mine"))
    assert ort - mine == {"Sin", "Tan"} and mine < ort
    onnx_has = {o["name"] for o in listing(nngen, t, "onnx")["operators"]}
    assert onnx_has - ort  # what ort leaves out is left out of mine


def test_the_digest_tells_bases_apart(nngen, table, tmp_path):
    digests = set()
    for reason in ("a", "b"):
        t = table(mine="extends: base\n", base=f"exclude:\n  - {{op: Sin, reason: {reason}}}\n")
        out = tmp_path / reason
        assert nngen("--specs", t, "--profile", "mine", "--nodes", 5, "--count", 2, "--out", out, "--quiet").code == 0
        digests.add(json.loads((out / "manifest.json").read_text())["table_digest"])
        assert nngen("replay", out / "manifest.json", "--specs", t, "--out", tmp_path / f"{reason}2", "--quiet").code == 0
    assert len(digests) == 2


def test_only_and_max_rank(nngen, table, tmp_path):
    ops = {"Conv", "Relu", "Add", "MaxPool", "Reshape", "MatMul"}
    t = table(mine=f"extends: ort\nonly: [{', '.join(ops)}]\nmax_rank: 4\n")
    out = tmp_path / "c"
    assert nngen("--specs", t, "--profile", "mine", "--nodes", 20, "--count", 40, "--out", out, "--check", "--quiet").code == 0
    graphs = families(out)
    assert {n.op_type for g in graphs for n in g.node} == ops
    assert max(len(s) for g in graphs for s in shapes(g)) == 4


@pytest.mark.parametrize("text, message", [
    ("extends: nothing\n", "2:10: `extends`: there is no profile nothing"),
    ("extends: [ort]\n", "2:10: `extends`: expected the name of a profile"),
    ("extends: mine\n", "2:10: `extends`: more than 8 profiles extend one another, or in a circle"),
])
def test_wrong_bases(nngen, table, text, message):
    t = table(mine=text)
    r = nngen("--specs", t, "--profile", "mine", "--list-ops")
    assert (r.code, r.err) == (1, f"nngen: {t}/profiles/mine.yaml:{message}\n")


def test_max_rank(nngen, tmp_path):
    for rank in (3, 8):
        out = tmp_path / str(rank)
        assert nngen("--nodes", 20, "--count", 60, "--max-rank", rank, "--out", out, "--quiet").code == 0
        most = max(len(s) for g in families(out) for s in shapes(g))
        assert most == 3 if rank == 3 else most > 4


def test_larger_dims_and_windows(nngen, tmp_path):
    """Beyond the default limits only on request; channels beyond 64 among them."""
    windows, channels = {}, {}
    for name, args in (("plain", ()), ("large", ("--max-dim", 512, "--max-window", 40, "--max-elements", 200000))):
        out = tmp_path / name
        assert nngen("--nodes", 12, "--count", 60, "--ops", "Conv,MaxPool,AveragePool,Add,Relu", "--out", out, "--check", "--quiet", *args).code == 0
        nodes = [(g, n) for g in families(out) for n in g.node]
        kernels = [k for _, n in nodes for a in n.attribute if a.name == "kernel_shape" for k in a.ints]
        windows[name] = max(kernels)
        channels[name] = max(t.dims[0] for g, n in nodes if n.op_type == "Conv" for t in g.initializer if t.name == n.input[1])
    assert windows["plain"] <= 7 < 20 < windows["large"] <= 40
    assert channels["plain"] <= 64 < channels["large"] <= 512


@pytest.mark.parametrize("flag, value, least, greatest", [("--max-dim", 0, 1, 1 << 24), ("--max-window", 0, 1, 4096), ("--max-rank", 9, 1, 8), ("--max-rank", 0, 1, 8)])
def test_limits_out_of_range(nngen, tmp_path, flag, value, least, greatest):
    r = nngen(flag, value, "--out", tmp_path / "c")
    assert (r.code, r.err) == (2, f"nngen: {flag} {value}: expected an integer from {least} to {greatest}\nTry 'nngen --help'.\n")
