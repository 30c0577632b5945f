"""--types: what may stand there, what is listed, and that resume, shards and replay keep to it."""
import filecmp
import json
import os
from pathlib import Path

import pytest

EXPECTED = ("expected a list of float32, float16, double, int8, uint8, int16, uint16, int32, uint32, int64, uint64, bool, bfloat16, float8e4m3fn, "
            "float8e4m3fnuz, float8e5m2, float8e5m2fnuz, float4e2m1, int4, uint4, int2 or uint2, separated by commas")
TRY = "Try 'nngen --help'.\n"


def same(a, b):
    """Two folders with the same files of the same bytes."""
    names = [sorted(str(p.relative_to(d)) for p in Path(d).rglob("*") if p.is_file()) for d in (a, b)]
    return names[0] == names[1] and all(filecmp.cmp(os.path.join(a, n), os.path.join(b, n), shallow=False) for n in names[0])


@pytest.mark.parametrize("given, message", [
    ("int9", "types: unknown type int9; did you mean int8?"),
    ("float32,flaot16", "types: unknown type flaot16; did you mean float16?"),
    ("string", f"types string: {EXPECTED}"),
    ("complex64", f"types complex64: {EXPECTED}"),
    ("float16,", f"types float16,: {EXPECTED}"),
    (",", f"types ,: {EXPECTED}"),
    ("float8", "types: unknown type float8; did you mean float8e4m3fn, float8e4m3fnuz, float8e5m2 or float8e5m2fnuz?"),
    ("float8e5", "types: unknown type float8e5; did you mean float8e5m2 or float8e5m2fnuz?"),
    ("float4", "types: unknown type float4; did you mean float4e2m1?"),
    ("float", "types: unknown type float; did you mean float32?"),
    ("bfloat17", "types: unknown type bfloat17; did you mean bfloat16?"),
    ("int4", "types: no operator takes int4 at opset 17; opset 21 or later was expected"),
    ("float16,,double", f"types float16,,double: {EXPECTED}"),
])
def test_wrong_types_are_refused(nngen, tmp_path, given, message):
    r = nngen("--types", given, "--count", 1, "--out", tmp_path / "c")
    assert (r.code, r.out) == (2, "") and r.err.startswith("nngen: ") and r.err.endswith(TRY)
    assert message + "\n" in r.err
    assert not (tmp_path / "c").exists()


def test_an_empty_list_is_refused(nngen):
    r = nngen("--types", "", "--dry-run")
    assert (r.code, r.err) == (2, "nngen: --types '': expected LIST\n" + TRY)


def test_operators_that_want_types_say_so(nngen):
    r = nngen("--ops", "BitShift", "--dry-run")
    assert (r.code, r.err) == (2, "nngen: operator BitShift needs --types with uint8, uint16, uint32 or uint64\n" + TRY)
    assert nngen("--ops=-BitShift", "--nodes", 3, "--count", 1, "--dry-run", "--quiet").code == 0
    assert nngen("--ops", "BitShift", "--types", "uint16", "--nodes", 3, "--count", 1, "--dry-run", "--quiet").code == 0


def test_list_ops(nngen):
    plain = nngen("--list-ops").out
    assert "# needs other types: QLinearConv: --types with uint8 or int8\n" in plain
    assert not any(line.startswith("QLinearConv") for line in plain.splitlines())
    wide = nngen("--list-ops", "--types", "uint8,int8,int32").out
    assert "needs other types: QLinearConv" not in wide and "needs other types: BitwiseAnd" not in plain
    assert any(line.startswith("QLinearConv") for line in wide.splitlines())
    listing = json.loads(nngen("--list-ops=json", "--types", "double").out)
    assert listing["data_types"] == ["float32", "double"]
    assert {"name": "MatMulInteger", "types": ["uint8", "int8"]} in listing["wants_types"]


def test_float32_may_be_named_or_not_and_spaces_do_not_count(nngen, tmp_path):
    records = []
    for i, types in enumerate(["uint8,double", "float32,double,uint8", " double , uint8"]):
        r = nngen("--types", types, "--nodes", 12, "--count", 3, "--out", tmp_path / str(i), "--quiet")
        assert r.code == 0
        records.append([{k: v for k, v in json.loads(line).items() if k != "files"} for line in open(tmp_path / str(i) / "models.jsonl")])
    assert records[0] == records[1] == records[2]


def test_the_default_is_float32_and_leaves_no_trace_in_models(nngen, tmp_path):
    for name, more in (("a", []), ("b", ["--types", "float32"])):
        assert nngen("--nodes", 10, "--count", 2, "--out", tmp_path / name, "--quiet", *more).code == 0
    assert same(tmp_path / "a", tmp_path / "b")
    assert json.loads((tmp_path / "a" / "manifest.json").read_text())["options"]["types"] == "float32"


def test_resume_shards_and_replay_keep_the_types(nngen, tmp_path):
    options = ["--types", "float16,int32,uint8", "--nodes", 15, "--count", 7, "--quiet"]
    assert nngen(*options, "--out", tmp_path / "whole").code == 0
    for k in (1, 2):
        assert nngen(*options, "--shard", f"{k}/2", "--out", tmp_path / f"s{k}").code == 0
    assert nngen("merge", tmp_path / "merged", tmp_path / "s1", tmp_path / "s2", "--quiet").code == 0
    assert nngen("replay", tmp_path / "whole" / "manifest.json", "--out", tmp_path / "again", "--quiet").code == 0
    assert same(tmp_path / "whole", tmp_path / "merged") and same(tmp_path / "whole", tmp_path / "again")
    for p in (tmp_path / "again" / "test_000003").rglob("*.pb"):
        p.unlink()
    r = nngen(*options, "--resume", "--out", tmp_path / "again")
    assert r.code == 0 and same(tmp_path / "whole", tmp_path / "again")
    r = nngen("--types", "float16", *options[2:], "--resume", "--out", tmp_path / "again")
    assert r.code != 0 and "types" in r.err
    assert nngen("verify", tmp_path / "whole").code == 0


# ---- types that came after opset 12 ----

SINCE = {"bfloat16": 13, "float8e4m3fn": 19, "float8e4m3fnuz": 19, "float8e5m2": 19, "float8e5m2fnuz": 19, "int4": 21, "uint4": 21, "float4e2m1": 23,
         "int2": 25, "uint2": 25}
# What the schemas allow and the table leaves out: operators whose rules are not stated for these types yet.
LEFT_OUT = {"Attention", "BitCast", "CausalConvWithState", "Constant", "ConstantOfShape", "DFT", "LinearAttention", "MelWeightMatrix", "QLinearMatMul",
            "Range", "STFT"}
LEFT_OUT_TENSORS = {("LayerNormalization", "Mean"), ("LayerNormalization", "InvStdDev")}  # stash_type is float32


def narrow_types(nngen, opset):
    """(operator, number among its inputs or outputs, inputs, tensor, type, in the table, in the schema) of each tensor."""
    from onnx import defs

    types = [t for t, since in SINCE.items() if since <= opset]
    r = nngen("--profile", "onnx", "--opset", opset, "--types", ",".join([*types, "float16", "double", "int8", "uint8", "int16", "uint16", "int32", "uint32",
                                                                         "uint64"]), "--list-ops=json")
    assert r.code == 0, r.err
    for op in json.loads(r.out)["operators"]:
        schema = defs.get_schema(op["name"], opset)
        allowed = {c.type_param_str: set(c.allowed_type_strs) for c in schema.type_constraints}
        for kind, ports in (("inputs", schema.inputs), ("outputs", schema.outputs)):
            for i, x in enumerate(op[kind]):
                port = ports[min(i, len(ports) - 1)]
                for t in types:
                    yield op["name"], x["name"], t, t in x["types"], f"tensor({t})" in allowed.get(port.type_str, {port.type_str})


@pytest.mark.parametrize("opset", range(13, 29))
def test_narrow_types_are_those_of_the_schemas(nngen, opset):
    rows = list(narrow_types(nngen, opset))
    assert [row for row in rows if row[3] and not row[4]] == []
    missing = {(op, tensor) for op, tensor, _, has, may in rows if may and not has and op not in LEFT_OUT}
    assert missing <= LEFT_OUT_TENSORS
    assert sum(has for *_, has, _ in rows) > 100


def test_what_is_left_out_is_so(nngen):
    """An operator that the table has completed leaves the list."""
    assert {op for op, _, _, has, may in narrow_types(nngen, 28) if may and not has} == LEFT_OUT | {op for op, _ in LEFT_OUT_TENSORS}


def test_groups_of_old_types_have_no_new_one(nngen):
    """What a list of types has always meant it means still."""
    r = nngen("--profile", "onnx", "--opset", 28, "--types", "float16,double,int8,uint8,int16,uint16,int32,uint32,int64,uint64,bool", "--list-ops=json")
    for op in json.loads(r.out)["operators"]:
        assert not {t for kind in ("inputs", "outputs") for x in op[kind] for t in x["types"]} & set(SINCE)


def test_the_profile_ort_has_the_types_that_have_kernels(nngen):
    """As ONNX Runtime's own registry tells. CastLike is a function, whose body has Cast."""
    state = pytest.importorskip("onnxruntime.capi.onnxruntime_pybind11_state")
    if not hasattr(state, "get_all_opkernel_def"):
        pytest.skip("this ONNX Runtime does not tell its kernels")
    kernels = [k for k in state.get_all_opkernel_def() if k.provider == "CPUExecutionProvider" and k.domain in ("", "ai.onnx")]
    seen = 0
    for opset in (13, 17, 19, 20, 21, 23, 24, 25, 28):
        for t in (t for t, since in SINCE.items() if since <= opset):
            has = {k.op_name: k.version_range for k in kernels if k.version_range[0] <= opset <= k.version_range[1]
                   and any(f"tensor({t})" in types for types in k.type_constraints.values())}
            for op in json.loads(nngen("--opset", opset, "--types", t, "--list-ops=json").out)["operators"]:
                if op["name"] != "CastLike" and any(t in x["types"] for kind in ("inputs", "outputs") for x in op[kind]):
                    assert op["name"] in has and has[op["name"]][0] <= op["since"] <= has[op["name"]][1], (opset, t, op["name"])
                    seen += 1
    assert seen > 200
