"""onnx's shape inference, strict and with propagation of data. It does not accept these models, so that they are not checked when they are made."""
import numpy as np

from study.findings import RUNTIMES, but, f32, finding, i64, parsed, sparse

ONNX = "1.23.2"


@finding("shape-inference", ONNX, "conversion failure", RUNTIMES)
def branches_whose_sizes_have_equal_names():
    """Both branches concatenate integers into a value of the same name, which no one else sees. Inference takes it for one value: "Data for input 0 already exists"."""
    return parsed("""(int64[1] n, bool k) => (int64[2] y) { y = If (k) <then_branch = t () => (int64[2] p) { a = Constant<value_ints = [1]>() c = Concat<axis = 0>(a, a) p = Identity(c) },
        else_branch = e () => (int64[2] q) { a = Constant<value_ints = [2]>() c = Concat<axis = 0>(a, a) q = Neg(c) }> z = Neg(n) }""",
                  {"n": i64(3), "k": np.array(True)}, [i64(1, 1)], strict=False)


@finding("shape-inference", ONNX, "conversion failure", but("tinygrad"))
def product_behind_new_axes():
    """Axes of size 1 are put before and behind the two elements of a float tensor, and three factors multiply it: 1 x 1 x 2 x 3. Inference takes the tensor for the sizes of another one, without
    its axes: "Invalid rank for Mul broadcasting: (2) vs (3)"."""
    return parsed("(float[2] x, float[3] k) => (float[1,1,2,3] y) <int64[3] a = {-4, -3, 3}> { t = Unsqueeze(x, a) y = Mul(t, k) }",
                  {"x": f32(1, 2), "k": f32(1, 10, 100)}, [f32([1, 10, 100], [2, 20, 200]).reshape(1, 1, 2, 3)], strict=False)


@finding("shape-inference", ONNX, "conversion failure", ("onnxruntime-none",))
def weight_that_is_sparse():
    """A weight in sparse_initializer stands for a tensor like any other. Inference gives it a type of its own: "B typestr: T, has unsupported type: sparse_tensor(float)"."""
    m, feed, expected = parsed("(float[4] x) => (float[4] y) { y = Add(x, k) }", {"x": f32(1, 2, 3, 4)}, [f32(1, 2, 5, 4)], strict=False)
    m.graph.sparse_initializer.append(sparse([4], [2.0], [2], "k"))
    return m, feed, expected
