"""A runtime for the tests: ONNX Runtime with faults of known kinds, by operator."""
import os
import time


def refuse(node, rank):
    """The words it refuses a node with, or ""."""
    a = {x.name: x for x in node.attribute}
    if node.op_type == "Tanh":
        return "Unsupported operator: Tanh"
    if node.op_type == "DepthToSpace" and "mode" in a and a["mode"].s == b"CRD":
        return "depth_to_space: mode must be DCR"
    if node.op_type == "Relu" and rank(node.input[0]) > 3:
        return f"relu: {rank(node.input[0])} dimensions"
    if node.op_type == "Clip" and len(node.input) == 3 and node.input[2]:
        return "clip: no upper bound please"
    return ""


def run(path, inputs):
    import onnx
    import onnxruntime as ort

    model = onnx.shape_inference.infer_shapes(onnx.load(path))
    ranks = {v.name: len(v.type.tensor_type.shape.dim) for v in [*model.graph.input, *model.graph.value_info, *model.graph.output]}
    ranks |= {i.name: len(i.dims) for i in model.graph.initializer}
    opset = model.opset_import[0].version
    ops = {n.op_type for n in model.graph.node}
    if "Ceil" in ops:
        os.kill(os.getpid(), 11)
    if "Floor" in ops:
        time.sleep(60)
    if "Exp" in ops and opset >= 17:
        raise RuntimeError("Exp of opset 17")
    for n in model.graph.node:
        if words := refuse(n, ranks.get):
            raise NotImplementedError(words)
    o = ort.SessionOptions()
    o.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    o.intra_op_num_threads = 1
    got = ort.InferenceSession(path, o, providers=["CPUExecutionProvider"]).run(None, inputs)
    return [x + 1 for x in got] if "Neg" in ops else got
