"""The step between neighbouring values of a quantised output: results that lie on either side of a rounding differ by one."""
import numpy as np
from onnx import TensorProto, numpy_helper

# operators whose output has the steps of their first input
SAME = {"Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Split", "Gather", "Expand", "Tile", "Pad", "MaxPool", "Relu", "Clip", "DepthToSpace", "SpaceToDepth"}
QUANTISED = {TensorProto.DataType.Value(t) for t in ("INT8", "UINT8", "INT16", "UINT16", "INT4", "UINT4") if t in TensorProto.DataType.keys()}  # older releases lack some
TO_FLOAT = {"DequantizeLinear"}


def makes_whole_numbers(node):
    """Whether an operator quantises: QuantizeLinear, DynamicQuantizeLinear and QLinear..."""
    return node.op_type in ("QuantizeLinear", "DynamicQuantizeLinear") or node.op_type.startswith("QLinear")


def constants(graph):
    """{name: tensor} of initializers and Constant nodes."""
    found = {i.name: i for i in graph.initializer}
    found.update({n.output[0]: a.t for n in graph.node if n.op_type == "Constant" for a in n.attribute if a.name == "value"})
    return found


def largest_scale(tensor):
    """0 if its values are in another file, which is not read."""
    if tensor is None or tensor.data_location == TensorProto.EXTERNAL:
        return 0.0
    return float(np.max(np.abs(numpy_helper.to_array(tensor).astype(np.float64)), initial=0.0))


def of_output(name, makers, known):
    """The step of a tensor; 0 if it has none, or a scale that is not constant."""
    node = makers.get(name)
    while node is not None and node.op_type in SAME and node.input:
        node = makers.get(node.input[0])
    if node is None:
        return 0.0
    if node.op_type in TO_FLOAT and len(node.input) > 1:
        return largest_scale(known.get(node.input[1]))
    return 1.0 if makes_whole_numbers(node) else 0.0


def of_graph(graph):
    """The steps of the outputs, 0 where there is none: whole numbers have 1, floats the scale that they were dequantised with (the largest, if it has several)."""
    makers, known = {o: n for n in graph.node for o in n.output if o}, constants(graph)
    steps = [of_output(x.name, makers, known) for x in graph.output]
    small = [x.type.tensor_type.elem_type in QUANTISED for x in graph.output]
    quantised = any(makes_whole_numbers(n) or n.op_type in TO_FLOAT for n in graph.node)
    return [s or (1.0 if quantised and whole else 0.0) for s, whole in zip(steps, small)]
