"""What a model declares of its inputs and outputs, and whether data fit that."""
from onnx import TensorProto, helper


class BadCase(Exception):
    """The model or its data cannot be used: no target is to blame."""

    status = "bad case"


class NotSupported(BadCase):
    """The harness cannot feed or compare such a model."""

    status = "not supported"


NOT_ASKED = (BadCase.status, NotSupported.status)
LACKING = "lacking"  # the model has a form that the target is known not to do (forms.py)


def graph_inputs(graph):
    """Graph inputs without those that initializers fill: older models list initializers as inputs, too."""
    filled = {i.name for i in graph.initializer} | {i.values.name for i in graph.sparse_initializer}
    return [x for x in graph.input if x.name not in filled]


def declared_type(info):
    """NumPy's; None if the model has none."""
    elem = info.type.tensor_type.elem_type
    return None if elem == TensorProto.UNDEFINED else helper.tensor_dtype_to_np_dtype(elem)


def declared_shape(info):
    """A number, or the name of what is free, for each dim; None if even the rank is free. Without a name, a free dim is INPUT:AXIS."""
    t = info.type.tensor_type
    if not t.HasField("shape"):
        return None
    return tuple(d.dim_value if d.HasField("dim_value") and d.dim_value >= 0 else d.dim_param or f"{info.name}:{i}" for i, d in enumerate(t.shape.dim))


def free_dims(inputs):
    """Names of free dims, in their order."""
    shapes = [declared_shape(x) or () for x in inputs]
    return list(dict.fromkeys(d for shape in shapes for d in shape if isinstance(d, str)))


def check_types(graph):
    """NotSupported if an input or output is no tensor."""
    for what, infos in (("input", graph_inputs(graph)), ("output", graph.output)):
        for x in infos:
            kind = x.type.WhichOneof("value")
            if kind not in ("tensor_type", None):
                raise NotSupported(f"{what} {x.name} has the type {kind.removesuffix('_type').replace('_', ' ')}; the harness has tensors only")


def check_fit(info, value):
    """BadCase if a value is not what the model declares for its input."""
    if declared_type(info) not in (value.dtype, None):
        raise BadCase(f"input {info.name} is {value.dtype.name} in the data set, and {declared_type(info).name} in the model")
    shape = declared_shape(info)
    if shape is not None and (len(shape) != value.ndim or any(isinstance(d, int) and d != n for d, n in zip(shape, value.shape))):
        raise BadCase(f"input {info.name} has the shape {list(value.shape)} in the data set, and {list(shape)} in the model")
