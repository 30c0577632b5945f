"""Loop and Scan: carried and scanned values, trip counts, axes and directions."""
import numpy as np

from study.findings import f32, finding, i64, parsed

ORT, ONNX, OPENVINO, TRACT = "1.32.0", "1.23.2", "2026.4.1", "0.23.9"
X = f32(-1, 0.5, 2)
TWICE = {"x": X, "m": np.array(2)}
ROWS = f32([1, 2, 3], [4, 5, 6])
GO = "go = Identity(on)"


@finding("onnxruntime-none", ORT, "value mismatch", ("reference",))
def loop_that_gives_its_counter():
    """The number of the iteration, an input of the body, is what the body gives: after three iterations 2. It is 3, as the counter is counted on before its value is taken. Where the
    output is scanned, each of its elements is 3."""
    return parsed(f"""(int64 z, int64 m) => (int64 y) <bool c = {{1}}> {{ y = Loop (m, c, z) <body = b (int64 i, bool on, int64 s) => (bool go, int64 i) {{ {GO} u = Neg(s) }}> }}""",
                  {"z": np.array(7), "m": np.array(3)}, [np.array(2)])


@finding("onnxruntime-none", ORT, "value mismatch or NaN/Inf difference", ("reference", "tract"))
def scan_that_gives_its_input():
    """The output of the body is its input. What comes out is memory that nothing has been written to."""
    return parsed("""(float[2,3] x) => (float[2,3] y) { y = Scan <num_scan_inputs = 1, body = b (float[3] a) => (float[3] a) { r = Neg(a) }> (x) }""", {"x": ROWS}, [ROWS])


@finding("reference", ONNX, "value mismatch", ("onnxruntime-none", "openvino"))
def loop_without_a_condition():
    """Loop(M, "") runs M times. The evaluator takes a condition that is not given for false, and never runs the body."""
    return parsed(f"""(float[3] x, int64 m) => (float[3] y) {{ y = Loop (m, , x) <body = b (int64 i, bool on, float[3] s) => (bool go, float[3] r) {{ {GO} r = Add(s, s) }}> }}""", TWICE, [4 * X])


@finding("reference", ONNX, "run failure", ("onnxruntime-none", "openvino"))
def loop_that_scans_nothing():
    """After no iteration, a scanned output has a first axis of size 0. The evaluator fails: "need at least one array to concatenate"."""
    return parsed(f"""(float[3] x, int64 m) => (float[3] y, float[N,3] z) <bool c = {{1}}> {{ y, z = Loop (m, c, x) <body = b (int64 i, bool on, float[3] s) => (bool go, float[3] r, float[3] o) {{
        {GO} r = Add(s, s) o = Neg(s) }}> }}""", {"x": X, "m": np.array(0)}, [X, np.zeros((0, 3), np.float32)])


@finding("reference", ONNX, "shape difference", ("onnxruntime-none", "openvino"))
def loop_that_scans_scalars():
    """A scalar of each iteration gives a tensor of one axis. The evaluator adds an axis of size 1."""
    return parsed(f"""(float[3] x, int64 m) => (float[3] y, int64[N] z) <bool c = {{1}}> {{ y, z = Loop (m, c, x) <body = b (int64 i, bool on, float[3] s) => (bool go, float[3] r, int64 o) {{
        {GO} r = Add(s, s) o = Neg(i) }}> }}""", TWICE, [4 * X, i64(0, -1)])


@finding("reference", ONNX, "load failure", ("onnxruntime-none", "openvino", "tract"))
def scan_along_the_second_axis():
    """scan_input_axes and scan_output_axes say along which axis. The evaluator wants 0."""
    return parsed("""(float[2,3] x) => (float[2,3] y) { y = Scan <num_scan_inputs = 1, scan_input_axes = [1], scan_output_axes = [1], body = b (float[2] a) => (float[2] r) { r = Neg(a) }> (x) }""",
                  {"x": ROWS}, [-ROWS])


@finding("reference", ONNX, "load failure", ("onnxruntime-none", "openvino", "tract"))
@finding("onnxslim", "0.1.98", "load failure", ("onnxruntime-none", "openvino", "tract"))
def scan_backwards():
    """scan_input_directions=[1] takes the last row first: ((3) 2 + 2) 2 + 1. The evaluator wants 0. What onnxslim makes has a body whose output has no type, and cannot be loaded."""
    return parsed("""(float[3] x) => (float y, float[3] z) { h = Constant<value_float = 0.0>()
        y, z = Scan <num_scan_inputs = 1, scan_input_directions = [1], body = b (float s, float a) => (float t, float r) { d = Add(s, s) t = Add(d, a) r = Identity(t) }> (h, x) }""",
                  {"x": f32(1, 2, 3)}, [f32(17)[0], f32(3, 8, 17)])


@finding("openvino", OPENVINO, "value mismatch", ("onnxruntime-none", "reference"))
def softmax_in_each_iteration():
    """Each iteration computes the same from a tensor that is outside of the loop. OpenVINO computes in place: from the second iteration on, Softmax takes its own result. Normalisations of
    layers have the same defect."""
    return parsed(f"""(float[2] x, int64 m) => (float[N,2] z) <bool c = {{1}}, float[2] h = {{0, 0}}> {{ a = Neg(x) u, z = Loop (m, c, h) <body = b (int64 i, bool on, float[2] s) => (bool go, float[2] t, float[2] r) {{
        {GO} t = Neg(s) r = Softmax<axis = 0>(a) }}> }}""", {"x": f32(0, np.log(2)), "m": np.array(2)}, [f32([2, 1], [2, 1]) / np.float32(3)])


@finding("openvino", OPENVINO, "load failure", ("onnxruntime-none", "reference"))
def loop_that_swaps_two_values():
    """The outputs of the body are its inputs, the other way round. OpenVINO does not convert it, as it does not if a body gives any of its inputs."""
    return parsed(f"""(float[3] x, int64 m) => (float[3] y, float[3] z) <bool c = {{1}}> {{ n = Neg(x) y, z = Loop (m, c, x, n) <body = b (int64 i, bool on, float[3] s, float[3] t) =>
        (bool go, float[3] t, float[3] s) {{ {GO} }}> }}""", {"x": X, "m": np.array(3)}, [-X, X])


@finding("openvino", OPENVINO, "crash", ("onnxruntime-none", "reference"))
@finding("tract", TRACT, "load failure", ("onnxruntime-none", "reference"))
def scan_that_gives_a_weight():
    """The output of the body is an initializer of the body. In OpenVINO the process ends by SIGSEGV. tract removes the input that nothing uses, and then finds no input to scan."""
    return parsed("""(float[2,2] x) => (float[2,2] y) { y = Scan <num_scan_inputs = 1, body = b (float[2] a) => (float[2] k) <float[2] k = {5, 6}> { r = Neg(a) }> (x) }""",
                  {"x": f32([1, 2], [3, 4])}, [f32([5, 6], [5, 6])])


@finding("tract", TRACT, "crash", ("reference",))
def scan_that_keeps_its_state():
    """The body gives the state as it is. The process ends by SIGABRT."""
    return parsed("""(float[2] h, float[2,2] x) => (float[2] y, float[2,2] z) {
        y, z = Scan <num_scan_inputs = 1, body = b (float[2] s, float[2] a) => (float[2] s, float[2] r) { r = Add(s, a) }> (h, x) }""",
                  {"h": f32(1, 2), "x": f32([1, 2], [3, 4])}, [f32(1, 2), f32([2, 4], [4, 6])])


@finding("openvino", OPENVINO, "load failure", ("onnxruntime-none", "reference", "tract"))
def scan_that_captures():
    """The body uses a tensor that is computed outside of it. OpenVINO does not convert it; in Loop it does."""
    return parsed("""(float[2,3] x) => (float[2,3] y) { e = Neg(x) m = ReduceMax<axes = [0], keepdims = 0>(e)
        y = Scan <num_scan_inputs = 1, body = b (float[3] a) => (float[3] r) { r = Sub(a, m) }> (x) }""", {"x": ROWS}, [ROWS + f32(1, 2, 3)])


@finding("onnxsim", "0.8.1", "run failure", ("onnxruntime-none", "reference", "openvino"))
def loop_of_no_iterations():
    """A trip count of 0 leaves the carried value as it is. The node is removed, and its result becomes an input of the model."""
    return parsed(f"""(float[3] x) => (float[3] y) <int64 m = {{0}}> {{ y = Loop (m, , x) <body = b (int64 i, bool on, float[3] s) => (bool go, float[3] r) {{ {GO} r = Add(s, s) }}> }}""", {"x": X}, [X])


@finding("onnxscript-optimizer", "0.7.2", "load failure", ("onnxruntime-none", "openvino"))
def loop_that_only_scans():
    """Loop(M, "") without carried values. The empty name at the end is dropped, and the operator wants two inputs."""
    return parsed(f"""(float[3] x, int64 m) => (float[N,3] z) {{ z = Loop (m, , ) <body = b (int64 i, bool on) => (bool go, float[3] r) {{ {GO} r = Neg(x) }}> }}""",
                  TWICE, [np.stack([-X, -X])])


@finding("mnn", "3.6.1", "shape difference", ("onnxruntime-none", "openvino"))
def loop_that_carries_a_truth_value():
    """Not, three times. MNN gives no output."""
    return parsed(f"""(bool x, int64 m) => (bool y) {{ y = Loop (m, , x) <body = b (int64 i, bool on, bool s) => (bool go, bool r) {{ {GO} r = Not(s) }}> }}""",
                  {"x": np.array(True), "m": np.array(3)}, [np.array(False)])
