"""nngen eval: branches, loops, scans and functions of the model."""
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from test_eval import evaluate, graph, info, inside, result, save

HEAD = '<ir_version: 10, opset_import: ["" : %d, "own" : 1]>'


def model(text, opset=17):
    return onnx.parser.parse_model(HEAD % opset + text)


def f32(*x):
    return np.array(x, np.float32)


def ours(nngen, folder, m, *inputs, n=1):
    path, files = save(folder, m, *inputs)
    r = nngen("eval", path, *files, "--out", folder / "out", "--force")
    assert r.code == 0, r.err
    return [result(folder / "out", j) for j in range(n)]


def agrees(nngen, folder, m, *inputs):
    """The outputs are those of ONNX Runtime."""
    onnx.checker.check_model(m, full_check=True)
    names = [x.name for x in m.graph.input]
    expected = onnxruntime.InferenceSession(m.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, dict(zip(names, inputs)))
    found = ours(nngen, folder, m, *inputs, n=len(expected))
    for y, (v, e) in zip(expected, found):
        assert inside(np.asarray(y), v, e), (y, v, e)
        assert not np.isinf(e).any()
    return found


def refused(nngen, folder, m, *inputs, code=1):
    path, files = save(folder, m, *inputs)
    r = nngen("eval", path, *files, "--out", folder / "out", "--force")
    assert r.code == code, (r.code, r.out, r.err)
    return r.err


# ---- models of nngen ----


@pytest.mark.parametrize("opset", [13, 16, 21, 28])
def test_forms_agree_with_the_plain_models(nngen, tmp_path, opset):
    """The expected outputs in the files are those of the plain model. Forms may add operators, so that bounds differ a little."""
    r = nngen("--nodes", 20, "--count", 12, "--seed", opset, "--opset", opset, "--form", "all", "--variants", 2, "--outputs", "--types", "float16,int64,bool", "--out", tmp_path / "c")
    assert r.code == 0, r.err
    copies = sorted((tmp_path / "c").glob("test_*_v1"))
    assert len(copies) == 12
    for d in copies:
        assert nngen("eval", d / "model.onnx", "--out", d / "out").code == 0
        sets = d / "test_data_set_0"
        for j in range(len(list(sets.glob("output_*.pb")))):
            (v, e), (w, f) = result(sets, j), result(d / "out", j)
            assert v.shape == w.shape and v.dtype == w.dtype
            assert ((np.abs(v.astype(float) - w.astype(float)) <= e.astype(float) + f) | (v == w) | np.isinf(e) | np.isinf(f)).all()
            assert np.isinf(f).sum() <= np.isinf(e).sum()


@pytest.mark.parametrize("form", ["if", "function", "storage", "names"])
def test_forms_that_add_nothing_have_the_same_bytes(nngen, tmp_path, form):
    assert nngen("--nodes", 15, "--count", 8, "--form", f"{form}:1", "--variants", 2, "--outputs", "--out", tmp_path / "c").code == 0
    for d in sorted((tmp_path / "c").glob("test_*_v1")):
        assert nngen("eval", d / "model.onnx", "--out", d / "out").code == 0
        for p in (d / "test_data_set_0").glob("output_*.pb"):
            bound = p.name.replace("output", "bound")
            assert (d / "out" / p.name).read_bytes() == p.read_bytes() and (d / "out" / bound).read_bytes() == (p.parent / bound).read_bytes(), p


# ---- branches ----

BRANCH = """
g (bool c, float[2] x) => (float[2] y) <float[2] w = {10.0, 20.0}> {
    h = Neg (x)
    y = If (c) <then_branch = t () => (float[2] r) <float[2] v = {1.0, 2.0}> { a = Add (h, v)  r = Add (a, w) },
                else_branch = e () => (float[2] r) { r = Mul (x, h) }>
}"""


@pytest.mark.parametrize("c", [True, False])
def test_a_branch_takes_values_from_outside(nngen, tmp_path, c):
    (v, _), = agrees(nngen, tmp_path / "m", model(BRANCH), np.array(c), f32(3, 4))
    assert v.tolist() == ([8.0, 18.0] if c else [-9.0, -16.0])


def test_either_branch_where_the_condition_is_not_certain(nngen, tmp_path):
    """tanh(x) > its own value: runtimes differ. What holds for both branches is known."""
    m = model("""
g (float[1] x) => (float[2] y, float[1] z, int64[1] k) <float[1] t = {0.76159416}, float[2] w = {1.0, 5.0}, float[2] u = {2.0, 5.0}, int64[1] i = {3}> {
    a = Tanh (x)
    b = Less (a, t)
    y, z, k = If (b) <then_branch = t () => (float[2] p, float[1] q, int64[1] r) { p = Identity (w)  q = Identity (x)  r = Identity (i) },
                      else_branch = e () => (float[2] p, float[1] q, int64[1] r) { p = Identity (u)  q = Identity (x)  r = Identity (i) }>
}""")
    (v, e), (z, f), (k, d) = ours(nngen, tmp_path / "m", m, f32(1), n=3)
    assert v.tolist() == [1.5, 5.0] and 0.5 <= e[0] < 0.50001 and e[1] < 1e-5
    assert (z.tolist(), f.tolist(), k.tolist(), d.tolist()) == ([1], [0], [3], [0])


def test_branches_of_different_shapes(nngen, tmp_path):
    m = model("""
g (float[1] x) => (float[N] y) <float[1] t = {0.76159416}, float[2] w = {1.0, 5.0}, float[3] u = {2.0, 5.0, 1.0}> {
    a = Tanh (x)
    b = Less (a, t)
    y = If (b) <then_branch = t () => (float[2] p) { p = Identity (w) }, else_branch = e () => (float[3] p) { p = Identity (u) }>
}""")
    assert "node 2 (If): the condition is not certain, and the branches give different types or shapes" in refused(nngen, tmp_path / "m", m, f32(1))
    (v, _), = ours(nngen, tmp_path / "m", m, f32(-1))
    assert v.tolist() == [1, 5]


# ---- loops ----

LOOP = """
g (int64 n, bool c, float[2] x) => (float[2] last, float[N, 2] all, int64[N] turns) {
    last, all, turns = Loop (n, c, x) <body = b (int64 i, bool on, float[2] s) => (bool go, float[2] t, float[2] u, int64 j)
        <float limit = {40.0}> { t = Add (s, s)  u = Neg (t)  m = ReduceMax <keepdims = 0> (t)  go = Less (m, limit)  j = Identity (i) }>
}"""


@pytest.mark.parametrize("n, c, turns", [(0, True, 0), (3, False, 0), (1, True, 1), (3, True, 3), (-2, True, 0), (9, True, 4)])
def test_a_loop(nngen, tmp_path, n, c, turns):
    """3, 6, 12, 24, 48: the last is above the limit, and still counts."""
    (last, _), (every, _), (j, _) = agrees(nngen, tmp_path / "m", model(LOOP), np.array(n), np.array(c), f32(1, 3)) if turns else \
        ours(nngen, tmp_path / "m", model(LOOP), np.array(n), np.array(c), f32(1, 3), n=3)
    assert last.tolist() == [2.0**turns, 3 * 2.0**turns]
    assert every.tolist() == [[-(2.0**k), -3 * 2.0**k] for k in range(1, turns + 1)] and every.shape == (turns, 2)
    assert j.tolist() == list(range(turns)) and j.dtype == np.int64


def test_a_loop_without_a_trip_count(nngen, tmp_path):
    m = model(LOOP.replace("int64 n, ", "").replace("Loop (n, c, x)", 'Loop ("", c, x)'))
    (last, _), _, (j, _) = ours(nngen, tmp_path / "m", m, np.array(True), f32(1, 3), n=3)
    assert last.tolist() == [16, 48] and j.tolist() == [0, 1, 2, 3]


def test_without_a_condition_what_the_body_says_is_ignored(nngen, tmp_path):
    m = model(LOOP.replace("bool c, ", "").replace("Loop (n, c, x)", 'Loop (n, "", x)'))
    (last, _), _, (j, _) = ours(nngen, tmp_path / "m", m, np.array(6), f32(1, 3), n=3)
    assert last.tolist() == [64, 192] and j.tolist() == [0, 1, 2, 3, 4, 5]


def test_numbers_of_rank_1(nngen, tmp_path):
    text = LOOP.replace("int64 n, bool c,", "int64[1] n, bool[1] c,").replace("int64 i, bool on", "int64[1] i, bool[1] on").replace("int64 j", "int64[1] j").replace("int64[N] turns", "int64[N, 1] turns")
    _, _, (j, _) = ours(nngen, tmp_path / "m", model(text), np.array([2]), np.array([True]), f32(1, 3), n=3)
    assert j.tolist() == [[0], [1]]


def test_a_carried_value_may_grow(nngen, tmp_path):
    m = model("""
g (int64 n, float[K] x) => (float[M] y) {
    y = Loop (n, "", x) <body = b (int64 i, bool on, float[A] s) => (bool go, float[B] t) { go = Identity (on)  t = Concat <axis = 0> (s, s) }>
}""")
    (v, _), = agrees(nngen, tmp_path / "m", m, np.array(3), f32(1, 2))
    assert v.tolist() == [1, 2] * 8


def test_nested_loops_that_see_outer_values(nngen, tmp_path):
    m = model("""
g (int64 n, float x) => (float y) <bool on = {1}> {
    y = Loop (n, on, x) <body = b (int64 i, bool c, float s) => (bool c2, float t) {
        c2 = Identity (c)
        k = CastLike (i, s)
        t = Loop (n, on, s) <body = d (int64 j, bool e, float p) => (bool e2, float q) { e2 = Identity (e)  l = CastLike (j, p)  r = Mul (k, l)  z = Add (p, r)  q = Add (z, x) }>
    }>
}""")
    (v, _), = agrees(nngen, tmp_path / "m", m, np.array(3), np.array(0.5, np.float32))
    assert float(v) == 0.5 + sum(i * j + 0.5 for i in range(3) for j in range(3))


def test_names_in_graphs_that_do_not_see_one_another(nngen, tmp_path):
    """Both branches call a tensor t, and so does the graph around them after the node."""
    m = model("""
g (bool c, float[1] x) => (float[1] y) {
    u = If (c) <then_branch = a () => (float[1] t) { t = Neg (x) }, else_branch = b () => (float[1] t) { s = Add (x, x)  t = Add (s, x) }>
    t = Mul (u, u)
    y = Add (t, x)
}""")
    for c, y in ((True, 6), (False, 38)):
        (v, _), = ours(nngen, tmp_path / "m", m, np.array(c), f32(2))
        assert v.tolist() == [y]


# ---- scans ----


@pytest.mark.parametrize("axis, backward, out, turned", [(0, 0, 0, 0), (1, 0, 0, 1), (-1, 1, 1, 0), (1, 1, -1, 1), (0, 1, -2, 0)])
def test_a_scan(nngen, tmp_path, axis, backward, out, turned):
    m = model(f"""
g (float[3] s, float[3, 3] x) => (float[3] y, float[A, B] z) {{
    y, z = Scan <num_scan_inputs = 1, scan_input_axes = [{axis}], scan_input_directions = [{backward}], scan_output_axes = [{out}], scan_output_directions = [{turned}],
        body = b (float[3] p, float[3] q) => (float[3] r, float[3] t) {{ d = Add (p, p)  r = Sub (d, q)  t = Mul (r, q) }}> (s, x)
}}""")
    x, s = np.arange(9, dtype=np.float32).reshape(3, 3), f32(1, 2, 3)
    (y, _), (z, _) = ours(nngen, tmp_path / "m", m, s, x, n=2)
    slices = [np.take(x, k, axis) for k in range(3)]
    parts = []
    for q in slices[::-1] if backward else slices:
        s = s + s - q
        parts.append(s * q)
    assert (y == s).all() and (z == np.stack(parts[::-1] if turned else parts, out)).all()


def test_a_scan_of_several_inputs_and_outputs(nngen, tmp_path):
    m = model("""
g (float[4, 2] a, float[2, 4] b, float[2] w) => (float[4, 2] y, float[4] z) {
    y, z = Scan <num_scan_inputs = 2, scan_input_axes = [0, 1], body = f (float[2] p, float[2] q) => (float[2] r, float t) { r = Add (p, w)  m = Mul (q, p)  t = ReduceSum <keepdims = 0> (m) }> (a, b)
}""")
    a, b = np.arange(8, dtype=np.float32).reshape(4, 2), np.arange(8, dtype=np.float32).reshape(2, 4) - 3
    agrees(nngen, tmp_path / "m", m, a, b, f32(1, -1))


def test_a_scan_of_nothing(nngen, tmp_path):
    m = model("""
g (float[2] s, float[K, 2] x) => (float[2] y, float[K, 2] z) {
    y, z = Scan <num_scan_inputs = 1, body = b (float[2] p, float[2] q) => (float[2] r, float[2] t) { r = Add (p, q)  t = Mul (p, q) }> (s, x)
}""")
    (y, _), (z, _) = ours(nngen, tmp_path / "m", m, f32(1, 2), np.zeros((0, 2), np.float32), n=2)
    assert y.tolist() == [1, 2] and z.shape == (0, 2)


# ---- functions ----


def test_functions(nngen, tmp_path):
    """Nested calls, attributes by reference, defaults, one that is left out, and an input that is absent."""
    m = model("""
g (float[2] x) => (float[2] y, float[2] z, float[2] u) {
    y = own.outer <slope = 0.5> (x)
    z = own.outer (x)
    u = own.clip (x, "", x)
}
<domain: "own", opset_import: ["" : 17, "own" : 1]>
outer <slope : float = 0.25> (a) => (b) { c = own.inner <alpha : float = @slope> (a)  b = own.inner <alpha = 2.0> (c) }
<domain: "own", opset_import: ["" : 17]>
inner <alpha> (p) => (q) { n = Neg (p)  q = LeakyRelu <alpha : float = @alpha> (n) }
<domain: "own", opset_import: ["" : 17]>
clip (p, lo, hi) => (q) { q = Clip (p, lo, hi) }
""".replace("u = own.clip (x, \"\", x)", "s = ReduceMin <keepdims = 0> (x)  u = own.clip (x, \"\", s)"))
    found = ours(nngen, tmp_path / "m", m, f32(4, -1), n=3)
    inner = lambda x, a: np.where(-x < 0, -x * a, -x)  # noqa: E731
    assert found[0][0].tolist() == inner(inner(f32(4, -1), 0.5), 2.0).tolist()
    assert found[1][0].tolist() == inner(inner(f32(4, -1), 0.25), 2.0).tolist()
    assert found[2][0].tolist() == [-1, -1]


def test_an_attribute_that_the_call_leaves_out(nngen, tmp_path):
    m = model("""
g (float[1] x) => (float[1] y) { y = own.f (x) }
<domain: "own", opset_import: ["" : 17]>
f <alpha> (p) => (q) { q = LeakyRelu <alpha : float = @alpha> (p) }
""")
    (v, _), = ours(nngen, tmp_path / "m", m, f32(-100))
    assert v.tolist() == [np.float32(-100) * np.float32(0.01)]


def test_a_function_of_another_opset(nngen, tmp_path):
    """Softmax of opset 11 flattens from its axis on."""
    m = model("""
g (float[2, 2, 2] x) => (float[2, 2, 2] y) { y = own.f (x) }
<domain: "own", opset_import: ["" : 11]>
f (p) => (q) { q = Softmax <axis = 1> (p) }
""")
    x = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    (v, e), = ours(nngen, tmp_path / "m", m, x)
    exact = np.exp(x.astype(float))
    assert (np.abs(v - exact / exact.sum((1, 2), keepdims=True)) <= e).all() and e.max() < 1e-5


def test_functions_in_graphs_and_graphs_in_functions(nngen, tmp_path):
    m = model("""
g (bool c, float[2] x) => (float[2] y) { y = own.choose <k = 3> (c, x) }
<domain: "own", opset_import: ["" : 17, "own" : 1]>
choose <k> (c, a) => (b) {
    b = If (c) <then_branch = t () => (float[2] r) { r = own.twice (a) }, else_branch = e () => (float[2] r) { n = Constant <value_int : int = @k> ()  f = CastLike (n, a)  r = Mul (a, f) }>
}
<domain: "own", opset_import: ["" : 17]>
twice (p) => (q) { q = Add (p, p) }
""")
    for c, y in ((True, [2, 4]), (False, [3, 6])):
        (v, _), = ours(nngen, tmp_path / "m", m, np.array(c), f32(1, 2))
        assert v.tolist() == y


def test_overloads(nngen, tmp_path):
    m = model("""
g (float[1] x) => (float[1] y) { a = own.f (x)  y = own.f (a) }
<domain: "own", opset_import: ["" : 17]>
f (p) => (q) { q = Neg (p) }
<domain: "own", opset_import: ["" : 17]>
f (p) => (q) { q = Add (p, p) }
""")
    m.functions[1].overload = m.graph.node[1].overload = "b"
    (v, _), = ours(nngen, tmp_path / "m", m, f32(3))
    assert v.tolist() == [-6]


# ---- sparse constants ----


@pytest.mark.parametrize("indices", [[1, 5], [[0, 1], [1, 2]]])
@pytest.mark.parametrize("initializer", [True, False])
def test_sparse_constants(nngen, tmp_path, indices, initializer):
    sparse = helper.make_sparse_tensor(numpy_helper.from_array(f32(7, -2), "s" if initializer else ""), numpy_helper.from_array(np.array(indices), "i"), [2, 3])
    nodes = [helper.make_node("Add", ["x", "s"], ["y"])]
    if not initializer:
        nodes.insert(0, helper.make_node("Constant", [], ["s"], sparse_value=sparse))
    m = graph(nodes, [info("x", [2, 3])], [info("y", [2, 3])])
    if initializer:
        m.graph.sparse_initializer.append(sparse)
    v, e = evaluate(nngen, tmp_path / "m", m, np.ones((2, 3), np.float32))
    assert v.tolist() == [[1, 8, 1], [1, 1, -1]]


@pytest.mark.parametrize("indices, dims, why", [([1, 6], [2, 3], "index outside its shape"), ([[0, 1], [2, 0]], [2, 3], "index outside"), ([1], [2, 3], "do not fit its values"),
                                                ([1, 2], [2**40, 2**40], "shape that cannot be read")])
def test_wrong_sparse_constants(nngen, tmp_path, indices, dims, why):
    sparse = helper.make_sparse_tensor(numpy_helper.from_array(f32(7, -2), "s"), numpy_helper.from_array(np.array(indices), "i"), dims)
    m = graph([helper.make_node("Identity", ["s"], ["y"])], [], [info("y", None)])
    m.graph.sparse_initializer.append(sparse)
    assert why in refused(nngen, tmp_path / "m", m)


# ---- models that are wrong, or without an end ----


def loop(body, inputs="n, c, x", head="int64 n, bool c, float[2] x"):
    return model(f"g ({head}) => (float[2] y) {{ y = Loop ({inputs}) <body = b {body}> }}")


SAME = "(int64 i, bool on, float[2] s) => (bool go, float[2] t) { go = Identity (on)  t = Identity (s) }"


@pytest.mark.parametrize("m, why", [
    (loop(SAME, '""'), "never ends"),
    (loop("(int64 i, bool on) => (bool go, float[2] t) { go = Identity (on)  t = Identity (x) }"), "body has 2 inputs; 3 were expected"),
    (loop("(int64 i, bool on, int64[2] s) => (bool go, int64[2] t) { go = Identity (on)  t = Identity (s) }"), "body, has an input of another type than it is given: s"),
    (loop("(int64 i, bool on, float[2] s) => (bool go) { go = Identity (on) }"), "has 1 outputs; body gives 1"),
    (loop("(int64 i, bool on, float[2] s) => (bool go, float[2] t) { go = Identity (on)  t = Add (s, nothing) }"), "body, uses a tensor that nothing makes: nothing"),
    (loop("(int64 i, bool on, float[2] s) => (bool go, float[2] t) { go = Identity (on)  t = Add (s, u)  u = Add (t, s) }"), "has a cycle of 2 nodes"),
    (loop("(int64 i, bool on, float[2] s) => (bool go, float[2] nothing) { go = Identity (on) }"), "body, has an output that nothing makes: nothing"),
    (loop("(int64 i, bool on, float[2] s) => (bool go, int64[2] t) { go = Identity (on)  k = Shape (s)  t = Concat <axis = 0> (k, k) }"), "carried value 0 is of type float32, but the body makes int64 of it"),
    (model("g (bool c, float x) => (float y) { y = If (c) <then_branch = t () => (float r) { r = Identity (x) }> }"), "attribute else_branch is absent"),
    (model("g (bool c, float x) => (float y) { y = If (c) <then_branch = t () => (float r) { r = Identity (x) }, else_branch = e () => (int64 r) { r = Size (x) }> }"),
     "both branches must give output 0 the same type, not float32 and int64"),
    (model("g (float[2] x) => (float[2] y) { y = Scan <num_scan_inputs = 2, body = b (float s) => (float t) { t = Neg (s) }> (x) }"), "attribute num_scan_inputs: a number from 1"),
    (model("g (float[2] x) => (float[2] y) { y = Scan <num_scan_inputs = 1, scan_input_axes = [0, 1], body = b (float s) => (float t) { t = Neg (s) }> (x) }"),
     "attribute scan_input_axes has 2 elements; 1 were expected"),
    (model("g (float[2] x) => (float[2] y) { y = Neg <slope : float = @alpha> (x) }"), "refers to an attribute of a function, but is in none"),
    (model('g (float[2] x) => (float[2] y) { y = own.f (x) } <domain: "own", opset_import: ["" : 17]> f (p) => (q) { q = LeakyRelu <alpha : float = @beta> (p) }'),
     "refers to attribute beta, which the function does not have"),
    (model('g (float[2] x) => (float[2] y) { y = own.f (x, x) } <domain: "own", opset_import: ["" : 17]> f (p) => (q) { q = Neg (p) }'), "has 2 inputs and 1 outputs; the function has 1 and 1"),
    (model('g (float[2] x) => (float[2] y) { y = own.f (x) } <domain: "own", opset_import: ["" : 17, "own" : 1]> f (p) => (q) { q = own.h (p) } '
           '<domain: "own", opset_import: ["" : 17, "own" : 1]> h (p) => (q) { q = own.f (p) }'), "node 0 (f), node 0 (h), node 0 (f): the function calls itself"),
], ids=lambda x: x[:30] if isinstance(x, str) else "")
def test_graphs_that_are_not_sound(nngen, tmp_path, m, why):
    inputs = [np.zeros([d.dim_value for d in x.type.tensor_type.shape.dim], helper.tensor_dtype_to_np_dtype(x.type.tensor_type.elem_type)) for x in m.graph.input]
    assert why in refused(nngen, tmp_path / "m", m, *inputs)


def test_a_loop_of_very_many_turns_is_given_up(nngen, tmp_path):
    path, files = save(tmp_path / "m", loop(SAME), np.array(2**62), np.array(True), f32(1, 2))
    r = nngen("eval", path, *files, "--max-work", 1000000)
    assert r.code == 1 and "node 0 (Loop), body, the evaluation takes more than 1000000 steps" in r.err


def test_functions_that_call_one_another_very_often(nngen, tmp_path):
    """Each calls the one before it ten times."""
    text = "g (float[1] x) => (float[1] y) { y = own.f8 (x) }"
    for k in range(9):
        calls = "  ".join(f"{'q' if i == 9 else f'a{i}'} = " + (f"own.f{k - 1}" if k else "Neg") + f" ({'p' if i == 0 else f'a{i - 1}'})" for i in range(10))
        text += f' <domain: "own", opset_import: ["" : 17, "own" : 1]> f{k} (p) => (q) {{ {calls} }}'
    assert "the calls of its functions expand to more than 200000 nodes and tensors" in refused(nngen, tmp_path / "m", model(text), f32(1))


def test_calls_that_nest_deeply(nngen, tmp_path):
    text = "g (float[1] x) => (float[1] y) { y = own.f99 (x) }"
    for k in range(100):
        text += f' <domain: "own", opset_import: ["" : 17, "own" : 1]> f{k} (p) => (q) {{ q = {f"own.f{k - 1}" if k else "Neg"} (p) }}'
    assert "graphs and calls nest deeper than 64" in refused(nngen, tmp_path / "m", model(text), f32(1))


def test_too_large_a_collection(nngen, tmp_path):
    m = model("g (int64 n, float[1000] x) => (float[N, 1000] y) { y = Loop (n) <body = b (int64 i, bool on) => (bool go, float[1000] t) { go = Identity (on)  t = Add (x, x) }> }")
    path, files = save(tmp_path / "m", m, np.array(5000), np.ones(1000, np.float32))
    r = nngen("eval", path, *files, "--max-bytes", 1000000)
    assert r.code == 1 and "node 0 (Loop), body, node 1 (Add)" in r.err and "elements" in r.err


@pytest.mark.parametrize("n, c, why", [(np.array([1, 2]), np.array(True), "the trip count must be one int64"), (np.array(1), np.array([True, True]), "the condition must be one bool")])
def test_numbers_that_are_none(nngen, tmp_path, n, c, why):
    m = loop(SAME, head=f"int64{list(n.shape) or ''} n, bool{list(c.shape) or ''} c, float[2] x")
    assert why in refused(nngen, tmp_path / "m", m, n, c, f32(1, 2))


def test_whether_a_loop_goes_on_is_not_certain(nngen, tmp_path):
    m = loop("(int64 i, bool on, float[2] s) => (bool go, float[2] t) <float k = {0.76159416}> { u = Tanh (s)  a = ReduceMax <keepdims = 0> (u)  go = Less (a, k)  t = Identity (s) }")
    assert "node 0 (Loop): whether it goes on is not certain" in refused(nngen, tmp_path / "m", m, np.array(3), np.array(True), f32(1, 0))
    assert refused(nngen, tmp_path / "m", m, np.array(3), np.array(True), f32(0, 0), code=0) == ""


def test_an_index_outside_inside(nngen, tmp_path):
    """Nothing is known of what depends on it; the rest of the model is."""
    m = model("""
g (bool c, int64[1] i, float[2] x) => (float[1] y, float[2] z) {
    y = If (c) <then_branch = t () => (float[1] r) { r = Gather (x, i) }, else_branch = e () => (float[1] r) { r = Gather (x, i) }>
    z = Neg (x)
}""")
    path, files = save(tmp_path / "m", m, np.array(True), np.array([7]), f32(1, 2))
    r = nngen("eval", path, *files, "--out", tmp_path / "out")
    assert r.code == 1 and "nothing is known of the outputs: node 0 (If), then_branch, node 0 (Gather)" in r.err
    assert np.isinf(result(tmp_path / "out", 0)[1]).all() and result(tmp_path / "out", 1)[0].tolist() == [-1, -2]


# ---- the local check ----


def test_the_local_check_judges_nodes_with_graphs(nngen, tmp_path):
    m = model(BRANCH)
    path, files = save(tmp_path / "m", m, np.array(True), f32(3, 4))
    np.savez(tmp_path / "right.npz", h=f32(-3, -4), y=f32(8, 18))
    np.savez(tmp_path / "wrong.npz", h=f32(-3, -4), y=f32(8, 17))
    r = nngen("eval", path, *files, "--given", tmp_path / "right.npz")
    assert r.code == 0 and "0 of 2 tensors" in r.out
    r = nngen("eval", path, *files, "--given", tmp_path / "wrong.npz")
    assert r.code == 1 and 'node 1 (If), output "y": 1 of 2 elements outside' in r.out


def test_types_are_found_through_graphs(nngen, tmp_path):
    """The table does not have Softmax of int8; the type comes out of a branch, a loop and a function."""
    m = model("""
g (bool c, int8[2] x) => (int8[2] y) {
    a = If (c) <then_branch = t () => (int8[2] r) { r = Identity (x) }, else_branch = e () => (int8[2] r) { r = Identity (x) }>
    d = own.f (a)
    y = Softmax (d)
}
<domain: "own", opset_import: ["" : 17]>
f (p) => (q) { q = Identity (p) }
""")
    err = refused(nngen, tmp_path / "m", m, np.array(True), np.zeros(2, np.int8), code=3)
    assert "not in the table: node 2 (Softmax)" in err and "int8" in err


def test_old_scans_are_named(nngen, tmp_path):
    m = helper.make_model(helper.make_graph([helper.make_node("Scan", ["", "x"], ["y"], num_scan_inputs=1, body=helper.make_graph(
        [helper.make_node("Neg", ["p"], ["q"])], "b", [info("p", [2])], [info("q", [2])]))], "g", [info("x", [1, 3, 2])], [info("y", [1, 3, 2], TensorProto.FLOAT)]),
        opset_imports=[helper.make_opsetid("", 8)])
    assert "scans of opset 8 work on batches" in refused(nngen, tmp_path / "m", m, np.zeros((1, 3, 2), np.float32), code=3)
