"""Types that came after opset 12, exhaustively, through files and `nngen eval`, against ml_dtypes and onnx: every code, every value between two
codes that decides a rounding, and every way in which ONNX files hold the elements."""
import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from nngen.judge import narrow

REALS = [name for name in narrow.NUMPY if narrow.WIDER[name] == np.float32]
FLOAT8 = [name for name in REALS if name.startswith("float8")]
WHOLE = [name for name in narrow.NUMPY if name not in REALS]


def codes(name):
    """An array with every bit pattern of the type."""
    bits = np.arange(1 << narrow.BITS.get(name, 8), dtype=np.uint32).astype(np.uint16 if name == "bfloat16" else np.uint8)
    return bits.view(narrow.NUMPY[name]) if name in REALS else bits.astype(narrow.WIDER[name]).astype(narrow.NUMPY[name]) if name.startswith("u") \
        else np.arange(-len(bits) // 2, len(bits) // 2).astype(np.int8).astype(narrow.NUMPY[name])


def number(dtype):
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


def evaluated(nngen, folder, x, to, opset=25, tensor=None, **attributes):
    """What nngen makes of Cast: (output as a message, bounds, model, input)."""
    graph = helper.make_graph([helper.make_node("Cast", ["x"], ["y"], to=to, **attributes)], "g",
                              [helper.make_tensor_value_info("x", number(x.dtype), x.shape)], [helper.make_tensor_value_info("y", to, x.shape)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=13)
    onnx.save(model, folder / "model.onnx")
    given = folder / "x.pb"
    given.write_bytes((tensor or numpy_helper.from_array(x, "x")).SerializeToString())
    r = nngen("eval", folder / "model.onnx", given, "--out", folder / "out", "--force")
    assert r.code in (0, 1) and (folder / "out/output_0.pb").exists(), r.err
    y, e = (onnx.load_tensor(str(folder / f"out/{word}_0.pb")) for word in ("output", "bound"))
    return y, numpy_helper.to_array(e), model


def same(a, b):
    """The same values and signs; NaN is NaN."""
    a, b = narrow.widened(a), narrow.widened(b)
    return (a == b) & (np.signbit(a) == np.signbit(b)) | np.isnan(a.astype(np.float64)) & np.isnan(b.astype(np.float64))


def decisive(name):
    """float32 values at which a conversion to the type changes: its values, the middles between them, and the neighbours of both."""
    v = narrow.values(name)
    step = v[-1] - v[-2]
    ends = np.array([v[-1] + step / 2, v[-1] + step, 2 * v[-1]]) if name != "bfloat16" else np.array([v[-1] + step / 2])
    x = np.concatenate([v, (v[1:] + v[:-1]) / 2, ends, -ends]).astype(np.float32)
    x = np.concatenate([x, np.nextafter(x, np.float32(np.inf)), np.nextafter(x, np.float32(-np.inf)), np.float32([0.0, -0.0, np.inf, -np.inf, np.nan])])
    return x


@pytest.mark.parametrize("name", REALS)
def test_every_code_has_its_value(nngen, tmp_path, name):
    x = codes(name)
    y, e, _ = evaluated(nngen, tmp_path, x, TensorProto.FLOAT)
    y = numpy_helper.to_array(y)
    assert same(y, x.astype(np.float32)).all()
    assert (e[np.isfinite(y)] == 0).all()


@pytest.mark.parametrize("name", REALS)
def test_every_code_returns_from_float32(nngen, tmp_path, name):
    x = codes(name)
    x = x[~np.isnan(x.astype(np.float32))]
    y, e, _ = evaluated(nngen, tmp_path, x.astype(np.float32), narrow.NUMBERS[name], saturate=0)
    assert numpy_helper.to_array(y).tobytes() == x.tobytes()
    assert (e == 0).all()


@pytest.mark.parametrize("name", REALS)
def test_every_decision_between_two_codes(nngen, tmp_path, name):
    x = decisive(name)
    y, e, _ = evaluated(nngen, tmp_path, x, narrow.NUMBERS[name], saturate=0)
    got = numpy_helper.to_array(y)
    with np.errstate(all="ignore"):
        want = x.astype(narrow.NUMPY[name])
    wrong = ~same(got, want)
    if name == "float4e2m1":  # it has no NaN, and what does not fit is cut: onnx asks for no value of NaN
        wrong &= ~np.isnan(x)
    assert not wrong.any(), (x[wrong][:4], got[wrong][:4], want[wrong][:4])
    assert (e[np.isfinite(got.astype(np.float32))] == 0).all()


@pytest.mark.parametrize("name", FLOAT8)
def test_what_does_not_fit_is_cut_on_demand(nngen, tmp_path, name):
    x = decisive(name)
    y, _, model = evaluated(nngen, tmp_path, x, narrow.NUMBERS[name], saturate=1)
    got, largest = numpy_helper.to_array(y), float(ml_dtypes.finfo(narrow.NUMPY[name]).max)
    assert same(got, np.clip(x, -largest, largest).astype(narrow.NUMPY[name])).all()
    want = ReferenceEvaluator(model).run(None, {"x": x})[0]
    assert same(got, want).all()


@pytest.mark.parametrize("name", FLOAT8)
def test_float8_from_other_types(nngen, tmp_path, name):
    for given in (np.arange(-300, 300, dtype=np.int32), np.arange(256, dtype=np.uint8), np.linspace(-500, 500, 999).astype(np.float16),
                  np.linspace(-500, 500, 999).astype(ml_dtypes.bfloat16)):
        y, e, model = evaluated(nngen, tmp_path, given, narrow.NUMBERS[name], saturate=1)
        want = ReferenceEvaluator(model).run(None, {"x": given})[0]
        assert same(numpy_helper.to_array(y), want).all() and (e == 0).all()


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 16])
def test_elements_that_share_bytes(nngen, tmp_path, name, count):
    """Read from raw_data and from int32_data, written to raw_data, as onnx does."""
    x = np.resize(codes(name), count)
    raw = numpy_helper.from_array(x, "x")
    field = helper.make_tensor("x", narrow.NUMBERS[name], x.shape, x.astype(np.int32))
    assert raw.raw_data and not field.raw_data or count == 0
    for tensor in (raw, field):
        y, e, _ = evaluated(nngen, tmp_path, x, TensorProto.INT8, tensor=tensor)
        assert (numpy_helper.to_array(y) == x.astype(np.int8)).all() and (e == 0).all()
    back, _, _ = evaluated(nngen, tmp_path, x.astype(np.int8), narrow.NUMBERS[name])
    assert back.raw_data == raw.raw_data and back.data_type == narrow.NUMBERS[name]


@pytest.mark.parametrize("name", REALS)
def test_fields_of_reals(nngen, tmp_path, name):
    """int32_data holds the bits of each element, or of float4 of two."""
    x = codes(name)[:101]
    field = TensorProto(name="x", data_type=narrow.NUMBERS[name], dims=x.shape)
    bits = np.frombuffer(narrow.packed(x), np.uint16 if name == "bfloat16" else np.uint8)
    field.int32_data.extend(int(b) for b in bits)
    y, _, _ = evaluated(nngen, tmp_path, x, TensorProto.FLOAT, tensor=field)
    assert same(numpy_helper.to_array(y), x.astype(np.float32)).all()


@pytest.mark.parametrize("name", WHOLE)
def test_reals_to_few_bits_are_truncated_where_they_fit(nngen, tmp_path, name):
    lo, hi = int(ml_dtypes.iinfo(narrow.NUMPY[name]).min), int(ml_dtypes.iinfo(narrow.NUMPY[name]).max)
    x = np.arange(lo - 2, hi + 2.25, 0.25).astype(np.float32)
    y, e, _ = evaluated(nngen, tmp_path, x, narrow.NUMBERS[name])
    inside = (x > lo - 1) & (x < hi + 1)
    assert (numpy_helper.to_array(y).astype(np.int32)[inside] == np.trunc(x[inside])).all()
    assert (e[inside] == 0).all() and np.isinf(e[~inside]).all()


# ---- corpora ----

OPS = "Cast,CastLike,QuantizeLinear,DequantizeLinear,Transpose,Identity,Reshape,Add,Mul,MatMul,Relu"


@pytest.fixture(scope="module")
def corpus(nngen, tmp_path_factory):
    out = tmp_path_factory.mktemp("narrow") / "c"
    r = nngen("--profile", "onnx", "--types", ",".join(narrow.NUMPY), "--opset", 25, "--ops", OPS, "--nodes", 8, "--count", 60, "--seed", 5, "--inputs", 2,
              "--input-mode", "uniform,special", "--input-format", "pb,npz", "--outputs", "--check", "--quiet", "--out", out)
    assert r.code == 0, r.err
    return sorted(out.glob("test_*"))


def graph_types(folder):
    g = onnx.load(folder / "model.onnx").graph
    return {v.type.tensor_type.elem_type for v in [*g.input, *g.output, *g.value_info]} | {t.data_type for t in g.initializer}


def test_all_types_occur_and_models_are_sound(corpus):
    seen = set()
    for folder in corpus:
        onnx.checker.check_model(str(folder / "model.onnx"), full_check=True)
        seen |= graph_types(folder)
    assert seen >= set(narrow.NUMBERS.values())


def test_both_formats_have_the_same_inputs(corpus):
    found = 0
    for folder in corpus:
        with np.load(folder / "inputs.npz") as archive:
            arrays = {name: narrow.from_npz(archive[name]) for name in archive.files}
        for k in range(2):
            for i, (name, x) in enumerate(arrays.items()):
                t = onnx.load_tensor(str(folder / f"test_data_set_{k}/input_{i}.pb"))
                found += t.data_type in narrow.NUMBERS.values()
                assert t.name == name and numpy_helper.to_array(t).dtype == x.dtype and numpy_helper.to_array(t).tobytes() == x[k].tobytes()
    assert found > 20


def test_eval_gives_the_expected_outputs_from_either_format(nngen, corpus, tmp_path):
    for n, folder in enumerate(corpus):
        given = [folder / "inputs.npz", "--set", 1] if n % 2 else ["--set", 1]
        r = nngen("eval", folder / "model.onnx", *given, "--out", tmp_path / str(n))
        assert r.code in (0, 1), r.err
        for path in sorted((folder / "test_data_set_1").glob("[ob]*.pb")):
            assert path.read_bytes() == (tmp_path / str(n) / path.name).read_bytes(), path


def test_compare_and_show(nngen, corpus):
    for folder in corpus[:12]:
        assert nngen("compare", folder, folder / "outputs.npz").code == 0
        assert nngen("compare", folder / "test_data_set_0", folder / "test_data_set_0").code == 0
        r, g = nngen("show", folder), onnx.load(folder / "model.onnx").graph
        ports = {v.type.tensor_type.elem_type for v in [*g.input, *g.output]}
        assert r.code == 0 and all(f"{name}[" in r.out for name, number in narrow.NUMBERS.items() if number in ports)


def test_compare_sees_a_wrong_code(nngen, corpus, tmp_path):
    """The last output element of a type of four bits, another by one."""
    for folder in corpus:
        for path in sorted((folder / "test_data_set_0").glob("output_*.pb")):
            t = onnx.load_tensor(str(path))
            if t.data_type not in (narrow.NUMBERS["int4"], narrow.NUMBERS["uint4"]):
                continue
            bound = numpy_helper.to_array(onnx.load_tensor(str(path).replace("output_", "bound_")))
            if not bound.size or bound.ravel()[0] != 0:
                continue
            t.raw_data = bytes([t.raw_data[0] ^ 1]) + t.raw_data[1:]
            wrong = tmp_path / path.name
            wrong.write_bytes(t.SerializeToString())
            r = nngen("compare", path, wrong, "--rtol", 0)
            assert r.code == 1, (r.out, r.err)
            return
    pytest.fail("no such output")


def test_the_reducer_reads_and_writes_them(nngen, corpus, tmp_path):
    """What is left has the operator, and its files are sound."""
    folder = next(f for f in corpus if any(n.op_type == "DequantizeLinear" for n in onnx.load(f / "model.onnx").graph.node))
    test = tmp_path / "test.sh"
    test.write_text("#!/bin/sh\ngrep -q DequantizeLinear \"$1\"\n")
    test.chmod(0o755)
    r = nngen("reduce", folder / "model.onnx", "--out", tmp_path / "small", "--", str(test), "{}")
    assert r.code == 0, r.err + r.out
    small = next((tmp_path / "small").rglob("*.onnx"))
    onnx.checker.check_model(str(small), full_check=True)
