"""A short text of a model, with the graphs of its nodes and its functions."""
import onnx
from onnx import AttributeProto, helper, numpy_helper

from nngen.study.declared import declared_shape


def listing(model):
    lines = [*declarations(model.graph), *nodes(model.graph.node)]
    lines.append("output " + ", ".join(x.name for x in model.graph.output))
    for f in model.functions:
        name = ".".join(x for x in (f.domain, f.name, f.overload) if x)
        attributes = [*f.attribute, *(f"{a.name}={short(helper.get_attribute_value(a))}" for a in f.attribute_proto)]
        lines.append(f"function {name}({', '.join(f.input)})" + (f" {{{', '.join(attributes)}}}" if attributes else "") + f" -> {', '.join(f.output)}")
        lines += indented(nodes(f.node))
    return "\n".join(lines)


def declarations(graph):
    """Inputs and weights."""
    lines = []
    for x in graph.input:
        t = x.type.tensor_type
        lines.append(f"input {x.name}: {helper.tensor_dtype_to_string(t.elem_type).split('.')[1].lower()}[{', '.join(map(str, declared_shape(x) or ()))}]")
    lines += [f"weight {i.name}: {short(i, ' = ')}" for i in graph.initializer]
    return lines + [f"weight {i.values.name}: {short(i)}" for i in graph.sparse_initializer]


def nodes(protos):
    lines = []
    for n in protos:
        bodies = [a for a in n.attribute if a.type == AttributeProto.GRAPH]
        attributes = ", ".join(f"{a.name}={'@' + a.ref_attr_name if a.ref_attr_name else short(helper.get_attribute_value(a))}" for a in n.attribute if a not in bodies)
        name = ".".join(x for x in (n.domain, n.op_type, n.overload) if x)
        lines.append(f"{', '.join(n.output)} = {name}({', '.join(n.input)})" + (f" {{{attributes}}}" if attributes else ""))
        for a in bodies:
            lines.append(f"  {a.name}:")
            lines += indented(indented([*declarations(a.g), *nodes(a.g.node), "output " + ", ".join(x.name for x in a.g.output)]))
    return lines


def indented(lines):
    return [f"  {x}" for x in lines]


def short(v, between=" "):
    """between: the type of a tensor and its elements."""
    if isinstance(v, onnx.SparseTensorProto):
        return f"sparse {short(v.values)} at {numpy_helper.to_array(v.indices).tolist()} of {list(v.dims)}"
    if isinstance(v, onnx.TensorProto):
        a = numpy_helper.to_array(v)
        return f"{a.dtype}{list(a.shape)}" + (f"{between}{a.tolist()}" if a.size <= 8 else "")
    if isinstance(v, bytes):
        return v.decode("utf-8", "replace")
    return [short(x) for x in v] if isinstance(v, (list, tuple)) else (f"{v:.6g}" if isinstance(v, float) else v)
