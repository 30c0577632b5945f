"""Every declared class of values of every attribute appears in a family of 1,000 models; the program's counts are those of the files."""
import json
import os
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import onnx
import pytest

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve()

# (opset, operator, attribute or optional input, class): why no model can have it.
UNREACHABLE = {
}


def run(*args):
    r = subprocess.run([str(NNGEN), *map(str, args)], capture_output=True, text=True, timeout=600)
    assert r.returncode == 0, r.stderr
    return r.stdout


@pytest.fixture
def folder():
    """In memory where there is such a place: the families are large and short-lived."""
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as path:
        yield Path(path)


def family(folder, **options):
    out = folder / "c"
    run("--out", out, "--quiet", "--manner", "uniform", *[x for k, v in options.items() for x in ("--" + k, v)])
    return out, json.loads((out / "manifest.json").read_text())["statistics"]["classes"]


@pytest.mark.parametrize("profile", ["ort", "onnx"])
@pytest.mark.parametrize("opset", [13, 17, 22, 28])
def test_every_declared_class_appears(folder, opset, profile):
    _, seen = family(folder, nodes=40, count=2000, seed=1, opset=opset, profile=profile)
    declared = {(o["name"], a["name"], c) for o in json.loads(run("--list-ops=json", "--opset", opset, "--profile", profile))["operators"]
                for a in o["attributes"] for c in a["classes"]}
    counted = {(op, attr, c): n for op, attrs in seen.items() for attr, classes in attrs.items() for c, n in classes.items()}
    assert len(declared) > 300 and declared <= set(counted)
    never = {k for k, n in counted.items() if n == 0}
    assert never == {k[1:] for k in UNREACHABLE if k[0] == opset}


def test_the_counts_are_those_of_the_files(folder):
    """Attributes left out, optional inputs there or not, and the words of enumerations, counted again."""
    out, seen = family(folder, nodes=40, count=100, seed=2)
    ops = {o["name"]: o for o in json.loads(run("--list-ops=json"))["operators"]}
    absent, words = Counter(), Counter()
    for path in sorted(out.glob("*/model.onnx")):
        for node in onnx.load(path, load_external_data=False).graph.node:
            have = {a.name: a for a in node.attribute}
            if node.op_type not in ops:
                continue  # only inside motifs
            for a in ops[node.op_type]["attributes"]:
                key = node.op_type, a["name"]
                if a["name"] not in have:
                    absent[key] += 1
                elif have[a["name"]].type == onnx.AttributeProto.STRING:
                    words[(*key, have[a["name"]].s.decode())] += 1
            for i, t in enumerate(ops[node.op_type]["inputs"]):
                if (t["optional"] or t["conditional"]) and t["max"] == 1:
                    absent[node.op_type, t["name"]] += i >= len(node.input) or node.input[i] == ""
    assert sum(absent.values()) > 500 and sum(words.values()) > 200
    for op, attrs in seen.items():
        for attr, classes in attrs.items():
            if "absent" in classes:
                assert classes["absent"] == absent[op, attr], (op, attr)
    for (op, attr, word), n in words.items():
        if "any" in seen[op][attr]:  # made by rules, such as an equation
            continue
        assert seen[op][attr].get(word) == n, (op, attr, word)


@pytest.mark.parametrize("opset", [13, 17, 28])
def test_casts_go_both_ways(folder, opset):
    """To each type in a share that counts, with float32 as the type of data too; what they make is consumed by others as well."""
    out, seen = family(folder, nodes=40, count=400, seed=3, opset=opset, inputs=0)
    to, consumers = Counter(), Counter()
    for path in sorted(out.glob("*/model.onnx")):
        graph = onnx.load(path).graph
        types = {v.name: v.type.tensor_type.elem_type for v in [*graph.value_info, *graph.input, *graph.output]}
        cast = {n.output[0] for n in graph.node if n.op_type in ("Cast", "CastLike")}
        to.update((n.op_type, onnx.TensorProto.DataType.Name(types[n.output[0]]).lower()) for n in graph.node if n.output[0] in cast)
        consumers.update(n.op_type for n in graph.node for x in n.input if x in cast and types[x] != onnx.TensorProto.FLOAT)
    for op in ("Cast", "CastLike") if opset >= 15 else ("Cast",):
        total = sum(n for (o, _), n in to.items() if o == op)
        shares = {t: to[op, t] / total for o, t in to if o == op and t != "float"}
        assert min(shares[t] for t in ("double", "int64", "int32", "bool")) > 0.01 and 0.1 < sum(shares.values()) < 0.4, (op, shares)
        assert len(shares) >= 9, (op, shares)
    assert {t: to["Cast", t] for t in ("double", "int64", "int32", "bool")} == {t: seen["Cast"]["to"][t] for t in ("double", "int64", "int32", "bool")}
    assert len(set(consumers) - {"Cast", "CastLike"}) >= 4, consumers
