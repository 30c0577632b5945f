"""Functions of a model, constants in other forms, and interfaces."""
import numpy as np
from onnx import helper

from study.findings import RUNTIMES, but, f32, finding, i64, parsed, sparse

ORT, ONNX, OPENVINO, TRACT = "1.32.0", "1.23.2", "2026.4.1", "0.23.9"
X, YES = f32(-1, 0.5, 2), np.array(True)
F = 'F (a) => (b) { c = Exp(a) b = Neg(c) }'


def calls(graph, functions, feed, expected, **more):
    """functions: of the domain l."""
    return parsed(graph + "".join(f' <domain: "l", opset_import: ["" : 17, "l" : 1]> {f}' for f in functions), feed, expected, functions=("l",), **more)


@finding("tract", TRACT, "value mismatch", ("onnxruntime-none", "reference"))
@finding("mnn", "3.6.1", "value mismatch", ("onnxruntime-none", "reference"))
def function_with_an_operators_name():
    """A function Relu in a domain of its own gives -x. tract and MNN do not look at the domain, and compute ONNX's Relu."""
    return calls("(float[3] x) => (float[3] y) { y = l.Relu(x) }", ["Relu (a) => (b) { b = Neg(a) }"], {"x": X}, [-X])


@finding("reference", ONNX, "run failure", ("onnxruntime-none",))
@finding("ncnn", "1.0.20261020", "value mismatch", ("onnxruntime-none",))
def attribute_by_reference():
    """A node of a function takes alpha from the call, 0.25. The evaluator fails: "Issues with types ... and attributes". ncnn computes Relu."""
    return calls("(float[3] x) => (float[3] y) { y = l.G<alpha = 0.25>(x) }", ["G <alpha> (a) => (b) { b = LeakyRelu<alpha: float = @alpha>(a) }"], {"x": X}, [f32(-0.25, 0.5, 2)])


@finding("reference", ONNX, "load failure", ("onnxruntime-none",))
def attribute_that_a_call_leaves_out():
    """A call without an attribute leaves it out of the nodes that refer to it, so that LeakyRelu has its own, 0.01. The evaluator fails: "'OpFunction' object has no attribute
    'alpha'"."""
    return calls("(float[3] x) => (float[3] y) { y = l.G(x) }", ["G <alpha> (a) => (b) { b = LeakyRelu<alpha: float = @alpha>(a) }"], {"x": X}, [f32(-0.01, 0.5, 2)])


@finding("reference", ONNX, "run failure", ("onnxruntime-none",))
def call_with_fewer_inputs():
    """A call may leave out inputs at the end, as nodes may: Clip then has no upper bound. The evaluator fails: "Mismatch lengths between the number of inputs"."""
    return calls("(float[3] x) => (float[3] y) <float l = {0}> { y = l.C(x, l) }", ["C (a, low, high) => (b) { b = Clip(a, low, high) }"], {"x": X}, [np.maximum(X, 0)])


@finding("reference", ONNX, "value mismatch", ("onnxruntime-none",))
@finding("onnxslim", "0.1.98", "value mismatch", ("onnxruntime-none",))
def functions_that_differ_in_overload():
    """Two functions of one domain and name, told apart by `overload`: Exp, and Neg. Both nodes get the same one."""
    m, feed, expected = calls("(float[3] x) => (float[3] y) { a = l.F(x) y = l.F(a) }", ["F (a) => (b) { b = Exp(a) }", "F (a) => (b) { b = Neg(a) }"], {"x": X}, [-np.exp(X)], strict=False)
    m.ir_version = 10
    m.functions[1].overload = m.graph.node[1].overload = "second"
    return m, feed, expected


@finding("version-converter", ONNX, "load failure", ("onnxruntime-none", "reference"))
def model_with_a_function():
    """What comes out calls the function, and does not have it."""
    return calls("(float[3] x) => (float[3] y) { y = l.F(x) }", [F], {"x": X}, [-np.exp(X)])


@finding("onnxslim", "0.1.98", "conversion failure", ("onnxruntime-none", "reference"))
def function_called_in_a_branch():
    """A branch calls a function. The simplifier fails: "maximum recursion depth exceeded"."""
    return calls("""(float[3] x, bool k) => (float[3] y) { y = If(k) <then_branch = t () => (float[3] p) { p = l.F(x) }, else_branch = e () => (float[3] q) { q = Neg(x) }> }""",
                 [F], {"x": X, "k": YES}, [-np.exp(X)])


@finding("reference", ONNX, "load failure", but("reference"))
@finding("onnxscript-optimizer", "0.7.2", "load failure", but("reference"))
def opset_of_the_domain_ai_onnx():
    """In opset imports, "ai.onnx" is another word for the empty domain. The evaluator knows no operator then; what the optimiser makes has no opset for its nodes."""
    m, feed, expected = parsed("(float[3] x) => (float[3] y) { a = Exp(x) y = Neg(a) }", {"x": X}, [-np.exp(X)])
    m.opset_import[0].domain = "ai.onnx"
    return m, feed, expected


@finding("tinygrad", "0.14.0", "load failure", but("tinygrad"))
def import_that_nothing_uses():
    """The model imports a domain that no node is of. It cannot be loaded: "'com.example' is not a valid Domain"."""
    m, feed, expected = parsed("(float[3] x) => (float[3] y) { y = Neg(x) }", {"x": X}, [-X])
    m.opset_import.append(helper.make_opsetid("com.example", 1))
    return m, feed, expected


@finding("onnxruntime-all", ORT, "value mismatch", but("tract"), ["TransposeOptimizer", "TransposeOptimizer_CPUExecutionProvider"])
def transpose_of_blocks_that_are_quantised():
    """The rows of 6 numbers have a scale for every 3. Between two transposes the columns have it, and the numbers are scaled by the wrong ones: the scales are not transposed."""
    x, s = np.arange(12, dtype=np.int8).reshape(6, 2), f32([1, 2], [3, 4])
    return parsed("""(int8[6,2] x) => (float[6,2] y) <float[2,2] s = {1, 2, 3, 4}> { t = Transpose<perm = [1, 0]>(x) d = DequantizeLinear<axis = 1, block_size = 3>(t, s)
        y = Transpose<perm = [1, 0]>(d) }""", {"x": x}, [(x.T * np.repeat(s, 3, 1)).T.astype(np.float32)], opset=21)


@finding("onnxruntime-all", ORT, "load failure", RUNTIMES, ["GemmTransposeFusion"])
def product_between_transposes_that_is_an_output():
    """Gemm between transposes is an output of the model. It becomes one Gemm, and its output has no node: "Failed to find node output or a constant initializer producing output"."""
    return parsed("""(float[4,1] x) => (float[2,1] y, float[1,2] b) <float[4,2] w = {1, 2, 3, 4, 5, 6, 7, 8}> { a = Transpose<perm = [1, 0]>(x) b = Gemm(a, w)
        y = Transpose<perm = [1, 0]>(b) }""", {"x": f32([1], [1], [0], [0])}, [f32([4], [6]), f32([4, 6])])


def with_sparse(dims, values, indices, graph, feed, expected):
    m, feed, expected = parsed(graph, feed, expected, strict=False)
    m.graph.node.insert(0, helper.make_node("Constant", [], ["k"], name="constant", sparse_value=sparse(dims, values, indices)))
    return m, feed, expected


@finding("onnxruntime-none", ORT, "run failure", ("openvino",))
def sparse_constant_that_is_an_output():
    """A sparse Constant of three axes is an output of the model. The run fails: sparse tensors "do not support dims higher than 2". Where it is no output, it is made dense."""
    x = np.zeros((2, 2, 2), np.float32)
    x[0, 1, 1] = 3
    return with_sparse([2, 2, 2], [3.0], [3], "(float[2,2,2] x) => (float[2,2,2] y, float[2,2,2] k) { y = Add(x, k) }", {"x": x}, [x + x, x])


@finding("reference", ONNX, "run failure", ("onnxruntime-none", "openvino"))
@finding("onnxsim", "0.8.1", "conversion failure", ("onnxruntime-none", "openvino"))
@finding("mnn", "3.6.1", "shape difference", ("onnxruntime-none", "openvino"))
@finding("ncnn", "1.0.20261020", "crash", ("onnxruntime-none", "openvino"))
@finding("onnxscript-optimizer", "0.7.2", "conversion failure", ("onnxruntime-none", "openvino"))
@finding("onnxslim", "0.1.98", "load failure", ("onnxruntime-none", "openvino"))
def constant_with_a_sparse_value():
    """A Constant by sparse_value is a tensor like any other. The evaluator finds the result's type unexpected; onnxsim has "no support hash type"; MNN gives no output; ncnn's converter ends
    by SIGSEGV; onnxscript fails on the attribute; what onnxslim makes cannot be loaded."""
    return with_sparse([4], [2.0], [2], "(float[4] x) => (float[4] y) { y = Add(x, k) }", {"x": f32(1, 2, 3, 4)}, [f32(1, 2, 5, 4)])


@finding("reference", ONNX, "load failure", ("onnxruntime-none",))
@finding("mnn", "3.6.1", "crash", ("onnxruntime-none",))
@finding("onnxslim", "0.1.98", "load failure", ("onnxruntime-none",))
@finding("onnxscript-optimizer", "0.7.2", "load failure", ("onnxruntime-none",))
@finding("version-converter", ONNX, "conversion failure", ("onnxruntime-none",))
def initializer_that_is_sparse():
    """A weight in sparse_initializer is a tensor like any other. The evaluator fails as it is no file: "no "data_location" field"; the others lose it, or take it for an input that is not
    defined; MNN ends by SIGSEGV. onnx's own strict inference refuses the model, so that it is not checked here."""
    m, feed, expected = parsed("(float[4] x) => (float[4] y) { y = Add(x, k) }", {"x": f32(1, 2, 3, 4)}, [f32(1, 2, 5, 4)], strict=False)
    m.graph.sparse_initializer.append(sparse([4], [2.0], [2], "k"))
    return m, feed, expected


@finding("onnxscript-optimizer", "0.7.2", "run failure", but("tract"))
@finding("tract", TRACT, "load failure", but("tract"))
def input_that_is_an_output():
    """A graph input is a graph output, too. The optimiser gives it another name, so that the model has no input of the old one. tract cannot load it: "Source node without a determined
    fact"."""
    return parsed("(float[3] x) => (float[3] x, float[3] y) { y = Neg(x) }", {"x": X}, [X, -X])


@finding("onnxscript-optimizer", "0.7.2", "run failure", RUNTIMES)
def size_that_may_be_given():
    """The shape of Expand is an initializer that is an input, too: it need not be given. Where Expand does nothing, it is removed, and the input must be given."""
    return parsed("(float[3] x, int64[1] s = {3}) => (float[3] y) { a = Expand(x, s) y = Neg(a) }", {"x": X}, [-X])
