"""--empty: tensors without elements in graph inputs and behind nodes, in models as valid as others."""
import json

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, shape_inference

GIVES = {"Slice", "Compress", "Split", "Gather", "Expand", "ConstantOfShape", "Tile", "Range", "MatMul", "Conv"}


@pytest.fixture(scope="module")
def family(nngen, tmp_path_factory):
    out = tmp_path_factory.mktemp("empty") / "c"
    assert nngen("--empty", 1, "--nodes", 12, "--count", 150, "--seed", 5, "--opset", 22, "--profile", "onnx", "--outputs", "--check", "--intervals", "--out", out).code == 0
    return out


def records(folder):
    return [json.loads(line) for line in (folder / "models.jsonl").read_text().splitlines()]


def tree(folder):
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def shapes(model):
    g = model.graph
    of = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in [*g.input, *g.value_info, *g.output]}
    return of | {t.name: list(t.dims) for t in g.initializer}


def models(out):
    return [(r, onnx.load(out / r["name"] / "model.onnx")) for r in records(out)]


def test_most_models_have_empty_tensors(family):
    taken, given, inputs, nodes, some = set(), set(), 0, 0, 0
    for _, m in models(family):
        of = shapes(m)
        inputs += any(0 in of[v.name] for v in m.graph.input)
        inits = {t.name for t in m.graph.initializer}
        before = nodes
        for n in m.graph.node:
            takes, gives = (any(x and x not in inits and 0 in of[x] for x in side) for side in (n.input, n.output))
            taken |= {n.op_type} if takes else set()
            given |= {n.op_type} if gives and not takes else set()
            nodes += takes or gives
        some += nodes > before
    said = json.loads((family / "manifest.json").read_text())["empty"]
    assert said == {"models": some, "nodes": nodes}
    assert some >= 110 and inputs >= 40
    assert len(taken) >= 100
    assert len(given & GIVES) >= 5


def test_checker_and_inference_accept_them(family):
    """Inference compares what it finds with what the model states of each tensor."""
    for _, m in models(family):
        onnx.checker.check_model(m, full_check=True)
        shape_inference.infer_shapes(m, strict_mode=True, data_prop=True, check_type=True)


def test_files_of_what_has_no_elements(family):
    """Inputs, expected outputs and bounds have the declared shapes; nothing is said of no elements that is not finite."""
    found = 0
    for r, m in models(family):
        of, data = shapes(m), family / r["name"] / "test_data_set_0"
        for i, v in enumerate(m.graph.input):
            x = numpy_helper.to_array(onnx.load_tensor(data / f"input_{i}.pb"))
            assert list(x.shape) == of[v.name]
        for i, v in enumerate(m.graph.output):
            y, e = (numpy_helper.to_array(onnx.load_tensor(data / f"{word}_{i}.pb")) for word in ("output", "bound"))
            assert list(y.shape) == list(e.shape) == of[v.name] and not np.isnan(e).any()
            found += y.size == 0
        for name, (lo, hi) in r["intervals"].items():
            assert lo <= hi, name
    assert found >= 30


def test_without_the_option_there_are_none(nngen, tmp_path):
    args = ["--nodes", 20, "--count", 40, "--seed", 3]
    assert nngen(*args, "--out", tmp_path / "plain").code == 0
    assert nngen(*args, "--empty", 0, "--out", tmp_path / "off").code == 0
    assert tree(tmp_path / "plain") == tree(tmp_path / "off")
    assert not any(0 in s for _, m in models(tmp_path / "plain") for s in shapes(m).values())


def test_a_share_of_the_models(nngen, tmp_path):
    assert nngen("--empty", 0.4, "--nodes", 12, "--count", 200, "--seed", 8, "--out", tmp_path / "c").code == 0
    said = json.loads((tmp_path / "c" / "manifest.json").read_text())
    assert 45 <= said["empty"]["models"] <= 85 and said["options"]["empty"] == "0.4"


def test_shards_threads_and_replays_give_the_same(nngen, tmp_path):
    args = ["--empty", 0.7, "--nodes", 15, "--count", 24, "--seed", 2, "--outputs"]
    assert nngen(*args, "--jobs", 2, "--out", tmp_path / "all").code == 0
    for k in (1, 2):
        assert nngen(*args, "--shard", f"{k}/2", "--out", tmp_path / f"s{k}").code == 0
    assert nngen("merge", tmp_path / "merged", tmp_path / "s1", tmp_path / "s2").code == 0
    assert nngen("replay", tmp_path / "all" / "manifest.json", "--out", tmp_path / "again").code == 0
    assert tree(tmp_path / "all") == tree(tmp_path / "merged") == tree(tmp_path / "again")
    assert nngen("verify", tmp_path / "all").code == 0


@pytest.mark.parametrize("share, words", [("2", "empty 2: expected a share from 0 to 1"), ("often", "empty often: expected a share")])
def test_what_is_no_share(nngen, share, words):
    r = nngen("--empty", share, "--dry-run")
    assert r.code == 2 and words in r.err


def test_symbols_have_a_size_of_0(nngen, tmp_path):
    """No dimension is always 0. Expected outputs at an empty batch have the shapes that the symbols say."""
    assert nngen("--empty", 1, "--dynamic", 1, "--nodes", 10, "--count", 60, "--seed", 4, "--outputs", "--check", "--quiet", "--out", tmp_path / "c").code == 0
    rows = [r for r in map(json.loads, (tmp_path / "c/models.jsonl").read_text().splitlines()) if "symbols" in r]
    zeros = [r for r in rows if any(0 in sizes for sizes in r["symbols"].values())]
    assert len(rows) > 50 and len(zeros) > len(rows) // 3
    given, made = 0, 0
    for r in rows:
        folder = tmp_path / "c" / r["name"]
        onnx.checker.check_model(str(folder / "model.onnx"), full_check=True)
        assert all(sizes[0] > 0 for sizes in r["symbols"].values())
        for k in range(4):
            for word, ports in (("input", r["inputs"]), ("output", r["outputs"])):
                for i, p in enumerate(ports):
                    shape = onnx.load_tensor(str(folder / f"test_data_set_{k}/{word}_{i}.pb")).dims
                    want = [r["symbols"][d][k] if isinstance(d, str) else d for d in p.get("dims", p["shape"])]
                    assert len(shape) == len(want) and all(d in (n, None) for d, n in zip(want, shape))
                    given += word == "input" and 0 in shape
                    made += word == "output" and 0 in shape
            assert k == 1 or not any(sizes[k] == 0 for sizes in r["symbols"].values()) or k == 3
    assert given >= len(zeros) and made > 10


@pytest.mark.parametrize("more", [["--empty", 1], ["--empty", 1, "--dynamic", 1], ["--data-dependent", 1]])
def test_forms_of_such_models(nngen, tmp_path, more):
    """Targets of Reshape state no 0, and what data decide is not filled, stacked or taken apart."""
    assert nngen("--form", "all", *more, "--nodes", 12, "--count", 60, "--seed", 62, "--quiet", "--out", tmp_path / "c").code == 0
    for path in sorted((tmp_path / "c").glob("*/model.onnx")):
        onnx.checker.check_model(str(path), full_check=True)


def test_the_list_of_operators_says_who_takes_them(nngen):
    listed = {o["name"]: o["empty"] for o in json.loads(nngen("--profile", "onnx", "--opset", 28, "--list-ops=json").out)["operators"]}
    assert sum(listed.values()) >= 140
    assert listed["Slice"] and not listed["HannWindow"]


def test_entries_of_ones_own(nngen, tmp_path):
    """An operator without the key is never near an empty tensor; conditions of the key hold."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "own.yaml").write_text("""operators:
  Relu: {since: [6, 13, 14], types: {T: [float32]}, in: {X: T}, out: {Y: T}, shape: {Y: shape(X)}, range: {Y: relu(X)}}
  Softmax:
    since: [13]
    types: {T: [float32]}
    in: {input: T}
    out: {output: T}
    rank: {input: 2..3}
    shape: {output: shape(input)}
    range: {output: "[0, 1]"}
    domain: {input: "[-10, 10]"}
    empty: ["input[rank(input)-1] > 1"]
  Add:
    since: [7, 13, 14]
    types: {T: [float32]}
    in: {A: T, B: T data|weight}
    out: {C: T}
    shape: {C: "broadcast(A, B)"}
    range: {C: A + B}
    empty: any
""")
    assert nngen("--specs", tmp_path / "specs", "--profile", "onnx", "--empty", 1, "--nodes", 5, "--count", 80, "--check", "--out", tmp_path / "c").code == 0
    softmax = 0
    for _, m in models(tmp_path / "c"):
        of = shapes(m)
        for n in m.graph.node:
            if n.op_type == "Relu":
                assert 0 not in of[n.input[0]]
            elif n.op_type == "Softmax":
                assert of[n.input[0]][-1] > (0 in of[n.input[0]])
                softmax += 0 in of[n.input[0]]
    assert softmax > 0


def test_eval_follows_them(nngen, family, tmp_path):
    """Shapes and values by the rules of outputs alone are those of the files."""
    for r in records(family):
        given = family / r["name"] / "test_data_set_0"
        done = nngen("eval", family / r["name"] / "model.onnx", "--out", tmp_path / "y", "--force")
        assert done.code == 0, (r["name"], done.err)
        for i in range(len(r["outputs"])):
            assert onnx.load_tensor(tmp_path / "y" / f"output_{i}.pb").SerializeToString() == onnx.load_tensor(given / f"output_{i}.pb").SerializeToString()
