"""If: branches that capture what is outside, and conditions that are constants."""
import numpy as np

from study.findings import RUNTIMES, but, f32, finding, i64, parsed

ORT, ONNX, OPENVINO, TRACT = "1.32.0", "1.23.2", "2026.4.1", "0.23.9"
X, YES = f32(-1, 0.5, 2), np.array(True)
DATA = {"x": X, "k": YES}
ELSE = "else_branch = e () => (float[3] q) { q = Exp(x) }"
OUTER = "else_branch = o () => (float[3] w) { w = Exp(x) }"


@finding("onnxruntime-all", ORT, "load failure", ("onnxruntime-none", "openvino"), ["ConstantFolding"])
def loop_without_a_condition_in_a_constant_if():
    """Loop(M, "") runs M times. In the branch that a constant condition takes, the session cannot be made: "vector::reserve". The list of inputs ends by an empty name, which
    is lost when the branch is put in the place of the node."""
    return parsed("""(float[3] x) => (float[2,3] y) <bool c = {1}, int64 m = {2}> { y = If (c) <then_branch = t () => (float[2,3] p) {
        p = Loop (m, , ) <body = b (int64 i, bool go) => (bool on, float[3] r) { on = Identity(go) r = Neg(x) }> }, else_branch = e () => (float[2,3] q) <float[2,3] q = {1, 2, 3, 4, 5, 6}> { }> }""",
                  {"x": X}, [np.stack([-X, -X])])


@finding("onnxruntime-all", ORT, "load failure", but("tract"), ["ConstantFolding"])
def sum_with_zero_that_a_branch_captures():
    """x + 0 has a further use, in a branch. The node is removed, and the branch still wants its result: "Node input 'a' is not a graph input, initializer, or output of a
    previous node"."""
    return parsed(f"""(float[3] x) => (float[3] y, int64[1] n) <bool c = {{1}}, float[3] z = {{0, 0, 0}}> {{ a = Add(z, x) n = Shape(a)
        y = If (c) <then_branch = t () => (float[3] p) {{ p = Relu(a) }}, {ELSE}> }}""", {"x": X}, [np.maximum(X, 0), i64(3)])


@finding("onnxruntime-all", ORT, "load failure", RUNTIMES, ["QDQSelectorActionTransformer"])
def quantised_weights_outside_of_a_branch():
    """The weights of a product in a branch are an initializer of the graph around it. The session cannot be made: "TransposeDQWeightsForMatMulNBits Missing required
    weight"."""
    x = f32([1, 2])
    return parsed("""(float[1,2] x, bool k) => (float[1,2] y) <uint8[2,2] w = {1, 2, 3, 4}, float s = {0.5}> { y = If (k) <then_branch = t () => (float[1,2] p) {
        d = DequantizeLinear(w, s) p = MatMul(x, d) }, else_branch = e () => (float[1,2] q) { q = Neg(x) }> }""", {"x": x, "k": YES}, [f32([3.5, 5])], opset=21)


@finding("onnxruntime-none", ORT, "run failure", but("onnxruntime-none"))
def cast_back_that_a_branch_captures():
    """A branch uses what was cast to double and back. Even without optimisations, nodes that cast back are removed, and the branch finds nothing: "Missing Input". Made by:
    a pass that always runs, InsertCastTransformer."""
    return parsed(f"""(float[3] x, bool k) => (float[3] y) {{ a = Cast<to = 11>(x) b = Cast<to = 1>(a)
        y = If (k) <then_branch = t () => (float[3] p) {{ p = Neg(b) }}, {ELSE}> }}""", DATA, [-X])


@finding("onnxruntime-all", ORT, "crash", but("reference"), ["QDQFinalCleanupTransformer"])
def quantised_twice_before_a_branch():
    """What was quantised, read and quantised again, by one scale, is read in a branch. The process ends by SIGABRT: an index is outside of a vector."""
    return parsed(f"""(float[3] x, bool k) => (float[3] y) <float s = {{0.5}}, uint8 z = {{100}}> {{ a = QuantizeLinear(x, s, z) b = DequantizeLinear(a, s, z)
        d = QuantizeLinear(b, s, z) y = If (k) <then_branch = t () => (float[3] p) {{ p = DequantizeLinear(d, s, z) }}, {ELSE}> }}""", DATA, [X])


@finding("onnxruntime-all", ORT, "crash", but("reference"), ["QDQPropagationTransformer"])
def reshape_of_quantised_numbers_that_branches_capture():
    """Both branches use a Reshape of quantised numbers, and nothing else does. The process ends by SIGABRT, as a quantised pair is to follow the Reshape: an index is outside of a
    vector."""
    x = np.array([1, 2, 3, 4], np.uint8)
    return parsed("""(uint8[4] x, bool k) => (float[2,2] y) <float s = {0.5}, uint8 z = {100}, int64[2] sh = {2, 2}> { a = DequantizeLinear(x, s, z) d = Reshape(a, sh)
        y = If (k) <then_branch = t () => (float[2,2] p) { p = Neg(d) }, else_branch = e () => (float[2,2] q) { q = Abs(d) }> }""", {"x": x, "k": YES}, [-0.5 * f32([1, 2], [3, 4]) + 50])


@finding("onnxruntime-all", ORT, "load failure", RUNTIMES, ["ConstantFolding"])
def nested_constant_ifs_with_two_results():
    """One result of the inner If goes to nodes that nothing uses, the other one is the branch's. The session cannot be made: "InlineIfSubgraph Node's input is not If node's
    input or previous node output in this subgraph"."""
    return parsed(f"""(float[3] x) => (float[3] y) <bool c = {{1}}> {{ y = If (c) <then_branch = a () => (float[3] v) <bool d = {{1}}> {{
        u, v = If (d) <then_branch = t () => (float[3] p, float[3] n) {{ p = Neg(x) n = Abs(x) }}, else_branch = e () => (float[3] q, float[3] m) {{ q = Exp(x) m = Sqrt(x) }}>
        p1 = Exp(u) p2 = Neg(u) }}, {OUTER}> }}""", {"x": X}, [np.abs(X)])


@finding("onnxruntime-all", ORT, "run failure", RUNTIMES, ["ConstantFolding"])
def result_captured_through_nested_constant_ifs():
    """The branch of a constant If computes u. Inside, in the branch of another constant If, an If whose condition is an input captures it. After both are put in place, u has
    another name, and the innermost branch finds nothing: "Missing Input"."""
    return parsed(f"""(float[3] x, bool k) => (float[3] y) <bool c = {{1}}> {{ y = If (c) <then_branch = a () => (float[3] v) {{ u = Neg(x)
        v = If (c) <then_branch = b () => (float[3] v1) {{ v1 = If (k) <then_branch = t () => (float[3] p) {{ p = Add(u, x) }}, {ELSE}> }},
        else_branch = e2 () => (float[3] q2) {{ q2 = Exp(x) }}> }}, {OUTER}> }}""", DATA, [0 * X])


@finding("onnxruntime-all", ORT, "crash", RUNTIMES, ["ConstantFolding"])
def condition_computed_in_nested_constant_ifs():
    """The innermost condition is computed, by a number that is an initializer of the outermost branch. The process ends by SIGSEGV while the session is made, in some models also without
    CommonSubexpressionElimination, which reads what the pass leaves."""
    return parsed("""(float[1] x) => (float[1] y) <bool c = {1}> { y = If (c) <then_branch = a () => (float[1] v) <float z = {5}> {
        v = If (c) <then_branch = b () => (float[1] v1) { m = ReduceMax<keepdims = 0>(x) l = Less(m, z)
        v1 = If (l) <then_branch = t () => (float[1] p) { p = Neg(x) }, else_branch = e () => (float[1] q) { q = Exp(x) }> },
        else_branch = e2 () => (float[1] q2) { q2 = Exp(x) }> }, else_branch = e3 () => (float[1] q3) { q3 = Exp(x) }> }""", {"x": f32(-1)}, [f32(1)])


@finding("openvino", OPENVINO, "load failure", ("onnxruntime-none", "reference", "tract"))
def dropout_in_a_branch():
    """Without a ratio and a mode, Dropout gives its input. In a branch it is not converted; outside of branches it is."""
    return parsed(f"""(float[3] x, bool k) => (float[3] y) {{ y = If (k) <then_branch = t () => (float[3] p) {{ a = Dropout(x) p = Neg(a) }}, {ELSE}> }}""", DATA, [-X])


@finding("openvino", OPENVINO, "load failure", but("openvino"))
def constant_of_opset_12_in_a_branch():
    """A Constant by value_floats in a branch, in opset 12. It is not converted; in opset 13, and outside of branches, it is."""
    return parsed("""(float[3] x, bool k) => (float[3] y) { y = If (k) <then_branch = t () => (float[3] p) { p = Neg(x) },
        else_branch = e () => (float[3] q) { q = Constant<value_floats = [1.0, 2.0, 3.0]>() }> }""", DATA, [-X], opset=12)


@finding("tract", TRACT, "load failure", but("tract"))
def two_ifs():
    """Two nodes If in one graph, with names of their own. The model cannot be loaded: "Duplicate node name: If"."""
    return parsed(f"""(float[3] x, bool k) => (float[3] y) {{ a = If (k) <then_branch = t () => (float[3] p) {{ p = Abs(x) }}, {ELSE}>
        b = If (k) <then_branch = t2 () => (float[3] p2) {{ p2 = Neg(x) }}, else_branch = e2 () => (float[3] q2) {{ q2 = Exp(x) }}> y = Sub(a, b) }}""", DATA, [np.abs(X) + X])


@finding("tract", TRACT, "load failure", but("tract"))
def size_in_a_branch():
    """One branch gives the size of an input, the other one a constant, both int64. To tract the size is of another type: "Failed analyse for node ... If"."""
    return parsed("""(float[2,3] x, bool k) => (int64[1] y) { y = If (k) <then_branch = t () => (int64[1] p) { s = Shape(x) o = Constant<value_ints = [1]>() p = Gather(s, o) },
        else_branch = e () => (int64[1] q) { q = Constant<value_ints = [7]>() }> }""", {"x": np.zeros((2, 3), np.float32), "k": YES}, [i64(3)])


@finding("tract", TRACT, "load failure", but("tract"))
def branches_of_different_shapes():
    """The branches give tensors of two and of three elements, and the output's size is free, as the operator allows. The model cannot be loaded."""
    return parsed("""(float[3] x, bool k) => (float[N] y) <int64[1] a = {0}, int64[1] b = {2}> { y = If (k) <then_branch = t () => (float[2] p) { p = Slice(x, a, b) },
        else_branch = e () => (float[3] q) { q = Neg(x) }> }""", DATA, [X[:2]])


@finding("onnxoptimizer", "0.4.2", "load failure", RUNTIMES)
def constant_if_whose_nodes_a_graph_captures():
    """A branch that a constant condition takes has an If of its own, with a graph that captures what the branch computes. The branch replaces the node, and the graph inside keeps
    the name that is no more. onnxsim has the same pass."""
    return parsed(f"""(float[3] x, bool k) => (float[3] y) <bool c = {{1}}> {{ y = If (c) <then_branch = a () => (float[3] v) {{ u = Neg(x) w = Exp(u)
        v = If (k) <then_branch = t () => (float[3] p) {{ p = Add(u, w) }}, {ELSE}> }}, {OUTER}> }}""", DATA, [(np.exp(-X) - X)])


@finding("onnxoptimizer", "0.4.2", "crash", RUNTIMES)
def constant_if_that_gives_a_weight():
    """The branch that a constant condition takes has no result of nodes: its output is an initializer of its own. The process ends by SIGSEGV."""
    return parsed(f"""(float[3] x) => (float[3] y) <bool c = {{1}}> {{ a = If (c) <then_branch = t () => (float[3] p) <float[3] p = {{1, 2, 3}}> {{ }}, {ELSE}> y = Add(a, x) }}""",
                  {"x": X}, [X + f32(1, 2, 3)])


@finding("onnxoptimizer", "0.4.2", "conversion failure", RUNTIMES)
def sum_behind_a_product_that_branches_capture():
    """A product and a bias become Gemm, though only branches use the sum: "eraseOutput: Assertion `outputs_[i]->uses().empty()` failed". onnxsim has the same pass."""
    x = f32([1, 2])
    return parsed("""(float[1,2] x, bool k) => (float[1,2] y) <float[2,2] w = {1, 2, 3, 4}, float[2] b = {1, -1}> { a = MatMul(x, w) d = Add(a, b)
        y = If (k) <then_branch = t () => (float[1,2] p) { p = Neg(d) }, else_branch = e () => (float[1,2] q) { q = Exp(d) }> }""", {"x": x, "k": YES}, [f32([-8, -9])])


@finding("onnxsim", "0.8.1", "conversion failure", RUNTIMES)
def mean_that_a_branch_captures():
    """The branches use the sum of squares of a layer normalisation, which becomes one node: "eraseOutput: Assertion `outputs_[i]->uses().empty()` failed"."""
    x = f32([1, 3])
    return parsed("""(float[1,2] x, bool k) => (float[1,2] y, float[1,1] z) <float two = {2}, float e = {0.00001}, float[2] g = {1, 2}, float[2] b = {1, -1}> {
        m = ReduceMean<axes = [-1]>(x) d = Sub(x, m) s = Pow(d, two) v = ReduceMean<axes = [-1]>(s) a = Add(v, e) r = Sqrt(a) n = Div(d, r) h = Mul(n, g) y = Add(h, b)
        z = If (k) <then_branch = t () => (float[1,1] p) { p = Neg(v) }, else_branch = o () => (float[1,1] q) { q = Exp(v) }> }""", {"x": x, "k": YES}, [f32([0, 1]), f32([-1])])


@finding("onnxslim", "0.1.98", "load failure", RUNTIMES)
def constant_if_with_two_results():
    """The branch that a constant condition takes computes its second result first. The branch replaces the node, and a node is left without its input."""
    return parsed("""(float[3] x) => (float[3] y, float[3] z) <bool c = {0}> { y, z = If (c) <then_branch = t () => (float[3] p, float[3] p2) { p = Abs(x) p2 = Exp(p) },
        else_branch = e () => (float[3] q, float[3] q2) { q2 = Neg(x) q = Exp(q2) }> }""", {"x": X}, [np.exp(-X), -X])


@finding("onnxslim", "0.1.98", "load failure", RUNTIMES)
def constant_if_that_gives_a_weight_of_its_own():
    """The branch that a constant condition takes has no nodes: its output is an initializer of its own. What comes out has lost it, and cannot be loaded."""
    return parsed(f"""(float[3] x) => (float[3] y) <bool c = {{1}}> {{ y = If (c) <then_branch = t () => (float[3] p) <float[3] p = {{1, 2, 3}}> {{ u = Neg(x) }}, {ELSE}> }}""", {"x": X}, [f32(1, 2, 3)])


@finding("opencv", "5.0.0.93", "crash", RUNTIMES)
def branch_by_an_initializer():
    """A constant condition, and branches of one node. The process ends by SIGSEGV."""
    return parsed(f"""(float[3] x) => (float[3] y) <bool c = {{1}}> {{ y = If (c) <then_branch = t () => (float[3] p) {{ p = Relu(x) }}, {ELSE}> }}""", {"x": X}, [np.maximum(X, 0)])


@finding("ncnn", "1.0.20261020", "crash", RUNTIMES)
def constant_if_in_a_constant_if():
    """Constant conditions, and branches of one node. The converter ends by SIGSEGV."""
    return parsed(f"""(float[3] x) => (float[3] y) <bool c = {{1}}> {{ y = If (c) <then_branch = a () => (float[3] v) {{
        v = If (c) <then_branch = t () => (float[3] p) {{ p = Relu(x) }}, {ELSE}> }}, {OUTER}> }}""", {"x": X}, [np.maximum(X, 0)])
