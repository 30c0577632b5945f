"""nngen suite: the cases that it writes, their index, and scores of results."""
import hashlib
import json
import shutil
from collections import Counter, defaultdict
from itertools import combinations

import numpy as np
import onnx
import pytest
from suite import runner, table

OPS = "Add,And,Conv,Dropout,Gather,MaxPool,Shape,Slice,Split,Sub,TopK"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    found = {}

    def get(nngen):
        if not found:
            found["dir"] = tmp_path_factory.mktemp("suite") / "s"
            r = nngen("suite", "--ops", OPS, "--out", found["dir"], "--jobs", 2)
            assert r.code == 0, r.err
            found["said"] = r.out
        return found["dir"], found["said"]

    return get


def index_of(root):
    return [json.loads(line) for line in (root / "index.jsonl").read_text("utf-8").splitlines()]


def tree(path):
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def test_every_case_is_valid_and_listed(nngen, made):
    root, said = made(nngen)
    cases = index_of(root)
    assert f"{len(cases)} cases of 11 versions of 11 operators" in said
    assert sorted(p.name for p in root.iterdir()) == sorted([c["case"] for c in cases] + ["index.jsonl", "suite.json"])
    for c in cases:
        model = onnx.load(root / c["case"] / "model.onnx")
        onnx.checker.check_model(model, full_check=True)
        assert [n.op_type for n in model.graph.node] == [c["operator"]]
        assert onnx.defs.get_schema(c["operator"], 17).since_version == c["version"]
        assert {o["unbounded"] for o in c["outputs"]} == {0}, c["case"]
        files = {str(p.relative_to(root / c["case"])): p.read_bytes() for p in (root / c["case"]).rglob("*") if p.is_file()}
        assert {k: hashlib.sha256(b).hexdigest() for k, b in files.items()} == c["files"]
        data = root / c["case"] / "test_data_set_0"
        for kind in ("output", "bound"):
            assert [list(t.shape) for t in runner.tensors(data, kind)] == [o["dims"] for o in c["outputs"]]
        graph_inputs = [i for i in c["inputs"] if not i["initializer"]]
        assert [list(t.shape) for t in runner.tensors(data, "input")] == [i["dims"] for i in graph_inputs]


def test_cases_have_the_pairs_that_the_summary_counts(nngen, made):
    root, _ = made(nngen)
    summary = json.loads((root / "suite.json").read_text("utf-8"))
    pairs, classes = defaultdict(set), defaultdict(set)
    for c in index_of(root):
        classes[c["operator"]] |= set(c["classes"])
        pairs[c["operator"]] |= {frozenset(p) for p in combinations(c["classes"], 2)}
    assert summary["pairs"]["all"] == summary["pairs"]["covered"] + summary["pairs"]["impossible"]
    for o in summary["of"]:
        name = o["operator"]
        assert o["pairs"]["covered"] == len(pairs[name]) and o["classes"]["covered"] == len(classes[name]), name
        lost = [i for i in o["impossible"] if len(i["classes"]) == 2]
        assert len(lost) == o["pairs"]["impossible"]
        for i in lost:
            assert frozenset(i["classes"]) not in pairs[name] and i["reason"], (name, i)
    assert {"T = float32", "T = uint8", "A: rank 0", "A: rank 5", "B: rank 5"} <= classes["Add"]
    assert frozenset(["T = double", "auto_pad = SAME_LOWER"]) in pairs["Conv"]
    assert frozenset(["B: absent", "group = 1"]) in pairs["Conv"]
    assert frozenset(["Indices: present", "ceil_mode = 1"]) in pairs["MaxPool"]
    assert {"T = uint8", "T = uint64"} <= classes["Sub"]


def test_onnxruntime_keeps_the_bounds(nngen, made):
    root, _ = made(nngen)
    names = [c["case"] for c in index_of(root)]
    results = runner.run(root, names, "onnxruntime")
    assert [r["case"] for r in results] == names
    counts = Counter(r["outcome"] for r in results)
    for r in results:
        if r["outcome"] == "failed":
            # the library pads dilated pools otherwise than the specification says, and knows no dilation with SAME
            assert r["case"].startswith(("test_MaxPool_", "test_Conv_")), r
    assert counts["passed"] > 0.7 * len(names) and counts["crashed"] == 0


def test_bytes_depend_on_the_seed_alone(nngen, made, tmp_path):
    root, _ = made(nngen)
    assert nngen("suite", "--ops", OPS, "--out", tmp_path / "a", "--jobs", 1, "--quiet").code == 0
    whole = tree(root)
    assert tree(tmp_path / "a") == whole
    assert nngen("suite", "--ops", "TopK", "--out", tmp_path / "b", "--quiet").code == 0
    for name, data in tree(tmp_path / "b").items():
        assert name in ("index.jsonl", "suite.json") or whole[name] == data, name
    assert nngen("suite", "--ops", "TopK", "--out", tmp_path / "c", "--seed", 1, "--quiet").code == 0
    assert (tmp_path / "c/index.jsonl").read_bytes() != (tmp_path / "b/index.jsonl").read_bytes()


def test_every_version_in_a_range_of_opsets(nngen, tmp_path):
    r = nngen("suite", "--opset", "13..20", "--ops", "Pad,ReduceMax,Relu", "--types", "float32", "--out", tmp_path / "s")
    assert r.code == 0, r.err
    found = {(c["operator"], c["version"], c["opset"]) for c in index_of(tmp_path / "s")}
    assert found == {("Pad", 13, 13), ("Pad", 18, 18), ("Pad", 19, 19), ("ReduceMax", 13, 13), ("ReduceMax", 18, 18),
                     ("ReduceMax", 20, 20), ("Relu", 13, 13), ("Relu", 14, 14)}
    for c in index_of(tmp_path / "s"):
        assert onnx.load(tmp_path / "s" / c["case"] / "model.onnx").opset_import[0].version == c["opset"]


def test_single_classes_need_fewer_cases(nngen, made, tmp_path):
    root, _ = made(nngen)
    assert nngen("suite", "--ops", OPS, "--strength", 1, "--out", tmp_path / "s", "--quiet").code == 0
    few, many = index_of(tmp_path / "s"), index_of(root)
    assert {(c["operator"], k) for c in few for k in c["classes"]} == {(c["operator"], k) for c in many for k in c["classes"]}
    assert 2 * len(few) < len(many)


@pytest.mark.parametrize("args, message", [
    ((), "suite: expected --out DIR, or --score RESULTS and --index DIR"),
    (("--out", "x", "--opset", "17..13"), "--opset 17..13: expected A or A..B, opsets from"),
    (("--out", "x", "--opset", "17..18..19"), "--opset 17..18..19: expected A or A..B"),
    (("--out", "x", "--ops", "Cov"), "no operator Cov in opsets 17 to 17 and profile onnx; did you mean Conv?"),
    (("--out", "x", "--ops", "Conv,-Conv"), "no operators are left"),
    (("--out", "x", "--types", "float33"), "unknown type float33; did you mean float32?"),
    (("--out", "x", "--profile", "cuda"), "profile cuda: expected onnx"),
    (("--out", "x", "--strength", "3"), "--strength 3: expected an integer from 1 to 2"),
    (("--out", "x", "--sed", "3"), "unknown option --sed; did you mean --seed?"),
    (("--out",), "--out: expected DIR"),
    (("--quiet=1",), "--quiet takes no argument"),
    (("--out", "x", "y"), "suite: unexpected argument y"),
    (("--score", "r"), "--score requires --index DIR"),
    (("--score", "r", "--index", "d", "--seed", "1"), "--score goes with --index, --format and --quiet only"),
    (("--out", "x", "--format", "json"), "--index and --format go with --score only"),
    (("--score", "r", "--index", "d", "--format", "xml"), "--format xml: expected text, markdown or json"),
])
def test_wrong_usage(nngen, tmp_path, args, message):
    r = nngen("suite", *args, cwd=tmp_path)
    assert r.code == 2 and message in r.err, r.err
    assert not list(tmp_path.iterdir())


def test_only_an_empty_directory_is_written_to(nngen, tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "mine").touch()
    r = nngen("suite", "--ops", "Add", "--out", tmp_path / "s")
    assert r.code == 1 and "s: is not empty; expected a new or empty directory" in r.err
    assert [p.name for p in (tmp_path / "s").iterdir()] == ["mine"]
    r = nngen("suite", "--ops", "Add", "--out", tmp_path / "s" / "mine" / "x")
    assert r.code == 1 and "cannot create" in r.err


def test_help(nngen):
    r = nngen("suite", "--help")
    assert r.code == 0 and "--score RESULTS" in r.out and "nngen suite" in nngen("--help").out


# ---- scores ----

CASES = [("test_Abs_v13_000", "Abs"), ("test_Abs_v13_001", "Abs"), ("test_Relu_v13_000", "Relu"), ("test_Relu_v14_000", "Relu"),
         ("test_Relu_v14_001", "Relu")]


@pytest.fixture
def index(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "index.jsonl").write_text("".join(json.dumps({"case": c, "operator": o, "classes": ["x"]}) + "\n" for c, o in CASES))
    return tmp_path / "d"


def score(nngen, index, text, *args):
    path = index.parent / "results"
    path.write_text(text)
    return nngen("suite", "--score", path, "--index", index, *args)


LISTED = "test_Abs_v13_001,failed\ntest_Abs_v13_000,passed\ntest_Relu_v14_001,unsupported\ntest_Relu_v13_000,crashed\n"


@pytest.mark.parametrize("text", [
    LISTED,
    "case,outcome\n" + LISTED.replace("\n", "\r\n"),
    "".join(json.dumps({"ratio": 2.5, "case": line.split(",")[0], "at": [1, {"case": "x"}], "outcome": line.split(",")[1]}) + "\n" for line in LISTED.split()),
])
def test_scores(nngen, index, text):
    r = score(nngen, index, text)
    assert r.code == 0 and r.err == ""
    assert [line.split() for line in r.out.splitlines()] == [
        ["operator", "cases", "passed", "failed", "crashed", "unsupported", "not", "run"],
        ["Abs", "2", "1", "1", "0", "0", "0"], ["Relu", "3", "0", "0", "1", "1", "1"], ["all", "5", "1", "1", "1", "1", "1"]]
    r = score(nngen, index, text, "--format", "markdown")
    assert "| Relu | 3 | 0 | 0 | 1 | 1 | 1 |" in r.out.splitlines()
    table = json.loads(score(nngen, index, text, "--format", "json").out)
    assert table["operators"][0] == {"operator": "Abs", "cases": 2, "passed": 1, "failed": 1, "crashed": 0, "unsupported": 0, "not_run": 0}
    assert table["all"][0]["cases"] == 5


@pytest.mark.parametrize("text, code, message", [
    ("test_Abs_v13_000,passed\ntest_Abs_v13_000,failed\n", 1, "results:2: names a case for the second time"),
    ("test_Abs_v13_000,fine\n", 1, "results:1: expected the outcome passed, failed, unsupported or crashed"),
    ("test_Abs_v13_000\n", 1, 'results:1: expected {"case": C, "outcome": O} or C,O'),
    ('{"case": "test_Abs_v13_000"}\n', 1, "results:1: expected"),
    ("test_Abs_v13_007,passed\n", 1, "1 case of the results is not in the index"),
])
def test_results_that_do_not_fit(nngen, index, text, code, message):
    r = score(nngen, index, text)
    assert r.code == code and message in r.err


def test_an_index_that_is_none(nngen, index):
    (index / "index.jsonl").write_text("{}\n")
    r = score(nngen, index, LISTED)
    assert r.code == 1 and 'index.jsonl:1: expected an object with "case" and "operator"' in r.err
    r = nngen("suite", "--score", index.parent / "none", "--index", index.parent)
    assert r.code == 1 and "index.jsonl" in r.err


def test_scores_of_outputs(nngen, made, tmp_path):
    """A directory of outputs: as expected, at the bound, beyond it, of another type, incomplete, missing."""
    root, _ = made(nngen)
    cases = [c for c in index_of(root) if c["operator"] == "Conv" and "T = float32" in c["classes"]][:6]
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "index.jsonl").write_text("".join(json.dumps(c) + "\n" for c in cases))
    for k, c in enumerate(cases):
        shutil.copytree(root / c["case"], tmp_path / "d" / c["case"])
        data = root / c["case"] / "test_data_set_0"
        v, e = runner.tensors(data, "output")[0], runner.tensors(data, "bound")[0]
        out = tmp_path / "r" / c["case"] / ("test_data_set_0" if k == 1 else ".")
        wrong = v + (0 if k < 2 else np.float32(2) * e + np.abs(v) * np.float32(1e-6))
        if k < 5:
            out.mkdir(parents=True)
        if k < 4:
            value = wrong.astype(np.float64 if k == 3 else np.float32)
            (out / "output_0.pb").write_bytes(onnx.numpy_helper.from_array(value).SerializeToString())
    r = nngen("suite", "--score", tmp_path / "r", "--index", tmp_path / "d")
    assert r.code == 0, r.err
    assert r.out.splitlines()[-1].split() == ["all", "6", "2", "3", "0", "0", "1"]


# ---- the runner ----

def test_comparison_by_bounds():
    want, bound = [np.array([1.0, 2.0], np.float32)], [np.array([0.5, 0.0], np.float32)]

    def got(*values, dtype=np.float32):
        return runner.compare(want, bound, [np.array(values, dtype)])

    assert got(1.5, 2) == {} and got(0.5, 2) == {}
    assert got(1.75, 2)["ratio"] == 1.5 and got(1.75, 2)["at"] == [0]
    assert got(1, 2.0000002)["ratio"] == np.inf
    assert got(np.nan, 2)["outside"] == 1
    assert "type" in got(1, 2, dtype=np.float64)["error"]
    assert "shape" in runner.compare(want, bound, [np.array([[1, 2]], np.float32)])["error"]
    assert "outputs" in runner.compare(want, bound, [])["error"]
    assert runner.compare([want[0] + np.nan], [bound[0] + np.inf], [want[0]]) == {}
    large = [np.array([2**63], np.uint64)], [np.zeros(1, np.float32)]
    assert runner.compare(*large, [np.array([2**63 + 1], np.uint64)])["outside"] == 1
    assert runner.compare(*large, [np.array([2**63], np.uint64)]) == {}


@pytest.mark.parametrize("target, error, unsupported", [
    ("onnxruntime-all", "NotImplemented: [ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation for Add(14)", True),
    ("onnxruntime-none", "Batchwise recurrent operations (layout == 1) are not supported.", True),
    ("onnxruntime-all", "Fail: size_ % 2 == 1 was false.", False),
    ("reference", "NotImplementedError: No implementation for operator 'Foo'", True),
    ("openvino", "-- No conversion rule found for operations: MaxUnpool-11", True),
    ("openvino", "-- Conversion is failed for: GatherElements-13", False),
    ("tract", "Caused by: U32 is not a number", True),
    ("other", "this type is not supported", True),
    ("other", "IndexError: list index out of range", False),
])
def test_what_runtimes_do_not_support(target, error, unsupported):
    assert runner.is_unsupported(target, error) == unsupported


def test_table_of_several_runtimes():
    cases = [{"case": c, "operator": o} for c, o in CASES]
    results = {"one": [{"case": c, "outcome": "passed"} for c, _ in CASES],
               "two": [{"case": CASES[0][0], "outcome": "failed"}, {"case": CASES[2][0], "outcome": "unsupported"}]}
    lines = table.tables(cases, results).splitlines()
    assert "| one | 5 | 0 | 0 | 0 | 100.0 % |" in lines and "| two | 0 | 1 | 0 | 1 | 0.0 % |" in lines
    assert "| Abs | 2 | all | 1 F, 1 N |" in lines and "| Relu | 3 | all | 1 U, 2 N |" in lines
