"""What specs/README.md walks through works as written: its commands are run, its files are written, its outputs compared."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve()
OPERATOR = "## Add an operator: a walk-through\n"
PROFILE = "## Profiles\n"
MOTIF = "## Add a motif: a walk-through\n"


def blocks(title):
    """(language, text) of each fenced block of the section, in order; not of its subsections."""
    text = (ROOT / "specs" / "README.md").read_text()
    assert text.count(title) == 1
    section = re.split(r"^###? ", text.split(title)[1], flags=re.M)[0]
    assert section.count("```") % 2 == 0
    return re.findall(r"^```(\w+)\n(.*?)^```$", section, flags=re.M | re.S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    d = tmp_path_factory.mktemp("walk")
    shutil.copytree(ROOT / "specs", d / "specs")  # copies, so that no command reaches the originals
    (d / "gen").mkdir()
    (d / "gen" / "python").symlink_to(ROOT / "gen" / "python")
    (d / "bin").mkdir()
    (d / "bin" / "nngen").symlink_to(NNGEN)
    (d / "build").mkdir()
    (d / "build" / "venv").symlink_to(sys.prefix)
    return d


def run(commands, folder):
    path = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "NNGEN_PYTHON": sys.executable}
    r = subprocess.run(["sh", "-ec", commands], cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    return r.returncode, r.stdout, r.stderr


def follow(found, folder):
    """Does what the blocks say; the commands and what they printed."""
    ran = []
    for i, (language, text) in enumerate(found):
        if language == "yaml":
            name = re.match(r"# (\S+)\n", text).group(1)
            assert not (folder / name).exists()
            (folder / name).write_text(text)
        elif language == "sh":
            expected = found[i + 1][1] if i + 1 < len(found) and found[i + 1][0] == "text" else None
            code, out, err = run(text, folder)
            complaint = expected is not None and expected.startswith("nngen: ")
            assert (code != 0) == complaint, (text, out, err)
            if expected is not None:
                assert (err if complaint else out) == expected, text
            ran.append((text, out))
        else:
            assert language == "text" and found[i - 1][0] == "sh"
    return ran


def test_a_profile(folder):
    assert len(follow(blocks(PROFILE), folder)) == 4
    models = [onnx.load(m) for m in sorted((folder / "out" / "mine").glob("test_*/model.onnx"))]
    assert len(models) == 20 and not {n.op_type for m in models for n in m.graph.node} & {"GRU", "LSTM", "RNN", "Einsum", "DFT"}
    convolutions = [(m, n) for m in models for n in m.graph.node if n.op_type == "Conv"]
    assert convolutions
    for m, n in convolutions:
        assert not [a for a in n.attribute if a.name == "group" and a.i != 1]
        weights = [w for w in m.graph.initializer if w.name == n.input[1]]  # in a motif they may be computed
        assert all(len(w.dims) == 4 for w in weights)


def test_a_motif(folder):
    assert len(follow(blocks(MOTIF), folder)) == 4


def test_an_operator(folder):
    ran = follow(blocks(OPERATOR), folder)
    assert len(ran) >= 9
    assert [out for _, out in ran if "\n0 problems in 50 models" in out]


def test_the_models_have_the_operator(folder):
    assert "MaxRoiPool:" not in "".join(p.read_text() for p in (folder / "my-specs").glob("*.yaml") if p.name != "roi.yaml")
    models = sorted((folder / "out" / "roi").glob("test_*/model.onnx"))
    assert len(models) == 50
    nodes = [n for m in models for n in onnx.load(m).graph.node if n.op_type == "MaxRoiPool"]
    assert len(nodes) >= 20
    values = {a.name: onnx.helper.get_attribute_value(a) for n in nodes for a in n.attribute}
    assert set(values) == {"pooled_shape", "spatial_scale"}
    assert len({tuple(onnx.helper.get_attribute_value(a)) for n in nodes for a in n.attribute if a.name == "pooled_shape"}) >= 8


def test_the_models_have_expected_outputs(folder):
    assert "MaxRoiPool" not in "".join(p.read_text() for p in (folder / "my-specs" / "compute").glob("*.yaml") if p.name != "roi.yaml")
    models = sorted((folder / "out" / "expected").glob("test_*/model.onnx"))
    pooled = [m for m in models if any(n.op_type == "MaxRoiPool" for n in onnx.load(m).graph.node)]
    assert len(models) == 50 and len(pooled) >= 20
    for m in models:
        for i in range(len(onnx.load(m).graph.output)):
            v, e = (onnx.numpy_helper.to_array(onnx.load_tensor(m.parent / "test_data_set_0" / f"{kind}_{i}.pb")) for kind in ("output", "bound"))
            assert v.shape == e.shape and np.isfinite(v).all() and np.isfinite(e).all()


def test_a_wrong_rule_is_found(folder):
    """The comparison at the end fails where the rule is not that of the operator."""
    compare = blocks(OPERATOR)[-1][1]
    rule = folder / "my-specs" / "compute" / "roi.yaml"
    right = rule.read_text()
    for wrong in (right.replace("max(X[", "min(X["), right.replace("+ 1)", ")")):
        rule.write_text(wrong)
        assert wrong != right
        code, _, err = run("nngen --specs my-specs --profile onnx --ops MaxRoiPool,Relu,PRelu,Add,Mul --nodes 6 --count 50 --outputs --quiet --out out/wrong", folder)
        assert code == 0, err
        code, _, err = run(compare.replace("out/expected", "out/wrong"), folder)
        assert code != 0 and "AssertionError: out/wrong/test_" in err
        shutil.rmtree(folder / "out" / "wrong")
    rule.write_text(right)
