"""--common A..B: one seed gives the same graphs at every opset of the range, up to the form in which an operator takes its settings."""
import json
import os
import subprocess
from pathlib import Path

import onnx
import pytest
from onnx import numpy_helper

ROOT = Path(__file__).parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build/default/nngen"))


def generate(out, opset, common, *options):
    subprocess.run([NNGEN, "--opset", str(opset), "--common", common, "--quiet", "--out", out, *options], check=True)
    return [json.loads(x) for x in (out / "models.jsonl").read_text().splitlines()]


def array(t):
    return (t.data_type, tuple(t.dims), numpy_helper.to_array(t).tobytes())


def value_info(v):
    t = v.type.tensor_type
    return t.elem_type, tuple(d.dim_value for d in t.shape.dim)


def setting(attribute):
    """An attribute as the list of whole numbers that an initializer would hold."""
    x = onnx.helper.get_attribute_value(attribute)
    return [x] if isinstance(x, int) else list(x)


def same_node(a, b, inits_a, inits_b, names):
    """What differs, or None. names: value of the one model -> value of the other."""
    if a.op_type != b.op_type or len(a.output) != len(b.output):
        return f"{a.op_type} and {b.op_type}"
    n = min(len(a.input), len(b.input))
    for x, y in zip(a.input, b.input):
        if (x in inits_a) != (y in inits_b):
            return f"{a.op_type}: input {x} is an initializer in one of them"
        if x in inits_a and array(inits_a[x]) != array(inits_b[y]):
            return f"{a.op_type}: initializer {x}"
        if x not in inits_a and names.get(x, "" if x == "" else None) != y:
            return f"{a.op_type}: input {x} and {y}"
    names.update(zip(a.output, b.output))
    mine, yours = ({x.name: x for x in node.attribute} for node in (a, b))
    for name in mine.keys() & yours.keys():
        if mine[name] != yours[name]:
            return f"{a.op_type}: attribute {name}"
    # Forms: settings that stand in an attribute of the one and in an initializer of the other.
    more = [numpy_helper.to_array(inits[x]).ravel().tolist() for node, inits in ((a, inits_a), (b, inits_b)) for x in node.input[n:] if x]
    single = [x for name, x in {**mine, **yours}.items() if (name in mine) != (name in yours)]
    for x in single:
        if x.name == "num_outputs" and x.i == len(a.output):
            continue
        if setting(x) not in more:
            return f"{a.op_type}: attribute {x.name} of one of them"
        more.remove(setting(x))
    return f"{a.op_type}: initializers {more} of one of them" if more else None


def difference(a, b):
    inits = [{t.name: t for t in g.initializer} for g in (a, b)]
    if len(a.input) != len(b.input) or len(a.output) != len(b.output) or len(a.node) != len(b.node):
        return "numbers of inputs, outputs or nodes"
    names = {x.name: y.name for x, y in zip(a.input, b.input)}
    for x, y in zip(a.node, b.node):
        what = same_node(x, y, *inits, names)
        if what:
            return what
    shapes = [{v.name: value_info(v) for v in [*g.value_info, *g.input, *g.output]} for g in (a, b)]
    for x, y in names.items():
        if x and shapes[0].get(x) != shapes[1].get(y):
            return f"shape of {x}"
    return None if [names[x.name] for x in a.output] == [y.name for y in b.output] else "outputs"


def compare(one, other, records):
    """Descriptions of the models of two directories that differ."""
    found = []
    for x, y in records:
        a, b = (onnx.load(d / r["name"] / "model.onnx").graph for d, r in ((one, x), (other, y)))
        what = difference(a, b)
        tensors = [sorted(str(p.relative_to(d)) for p in (d / x["name"]).rglob("*.pb")) for d in (one, other)]
        assert tensors[0]
        if not what and tensors[0] != tensors[1]:
            what = "input files"
        for name in tensors[0] if not what else ():
            s, t = (onnx.TensorProto.FromString((d / name).read_bytes()) for d in (one, other))
            if array(s) != array(t):
                what = f"values of {name}"
        if what:
            found.append(f"{x['name']}: {what}")
    return found


def family(tmp_path, common, opsets, *options):
    first = opsets[0]
    base = generate(tmp_path / str(first), first, common, *options)
    failures, total = {}, 0
    for opset in opsets[1:]:
        records = generate(tmp_path / str(opset), opset, common, *options)
        assert len(records) == len(base)
        total += len(base)
        found = compare(tmp_path / str(first), tmp_path / str(opset), list(zip(base, records)))
        if found:
            failures[opset] = found
    differing = sum(map(len, failures.values()))
    print(f"{common} {' '.join(options)}: {total - differing} of {total} models equal those of opset {first}")
    return failures


@pytest.mark.parametrize("profile", ["ort", "onnx"])
def test_all_opsets(tmp_path, profile):
    assert not family(tmp_path, "13..28", list(range(13, 29)), "--nodes", "25", "--count", "25", "--seed", "3", "--profile", profile)


@pytest.mark.parametrize("first,last", [(17, 18), (18, 22), (13, 17), (22, 28)])
def test_narrower_ranges(tmp_path, first, last):
    assert not family(tmp_path, f"{first}..{last}", [first, last], "--nodes", "40", "--count", "40", "--seed", "9")


def test_types(tmp_path):
    assert not family(tmp_path, "14..21", [14, 18, 21], "--nodes", "20", "--count", "40", "--types", "float32,int32,float16")


def test_guided(tmp_path):
    """Draws of inputs leave out those that are an attribute elsewhere."""
    weights = tmp_path / "weights.txt"
    weights.write_text("* 0.5\nReduceSum 3\nConv,Relu 4\n")
    assert not family(tmp_path, "13..28", [13, 28], "--nodes", "25", "--count", "40", "--weights", str(weights))


def test_settings_change_their_form(tmp_path):
    """Axes are an attribute in opset 17 and an input in 18, and the graphs are the same."""
    options = ["--nodes", "8", "--count", "20", "--ops", "ReduceSumSquare,Add,Relu"]
    assert not family(tmp_path, "17..18", [17, 18], *options)
    forms = [{x.name for p in (tmp_path / opset).glob("*/model.onnx") for n in onnx.load(p).graph.node for x in n.attribute}
             for opset in ("17", "18")]
    assert "axes" in forms[0] and "axes" not in forms[1]


def test_operators_that_differ_are_left_out(tmp_path):
    listing = subprocess.run([NNGEN, "--common", "17..18", "--opset", "17", "--list-ops=json"], capture_output=True, check=True).stdout
    names = {x["name"] for x in json.loads(listing)["operators"]}
    assert {"Conv", "Relu"} <= names and "Pad" not in names and "Mish" not in names


@pytest.mark.parametrize("common", ["17", "18..20", "20..13", "13..29", "a..b", "13..17x", "..17"])
def test_ranges_that_are_none(tmp_path, common):
    r = subprocess.run([NNGEN, "--opset", "17", "--common", common, "--dry-run"], capture_output=True, text=True)
    assert r.returncode == 2 and "expected A..B" in r.stderr


def test_replay(tmp_path):
    generate(tmp_path / "a", 17, "17..18", "--nodes", "10", "--count", "3")
    subprocess.run([NNGEN, "replay", tmp_path / "a/manifest.json", "--quiet", "--out", tmp_path / "b"], check=True)
    assert (tmp_path / "a/models.jsonl").read_bytes() == (tmp_path / "b/models.jsonl").read_bytes()
