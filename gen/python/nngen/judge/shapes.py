"""The checker, and inference from a model that has been stripped of what it says about shapes."""
import re

import onnx
from onnx import shape_inference

from nngen.judge.expect import TYPE_NAMES
from nngen.judge.view import typed


def one_line(e):
    return " ".join(str(e).split())[:600]


def checker(data):
    try:
        onnx.checker.check_model(data, full_check=True)
    except Exception as e:  # the checker raises several unrelated classes
        yield "checker", one_line(e), ""


def show(t):
    return f"{TYPE_NAMES.get(t[0], t[0])}{list(t[1]) if t[1] is not None else ' of unknown shape'}"


def stripped(model):
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.graph.value_info[:]
    for v in bare.graph.output:
        v.ClearField("type")
    return bare


# onnx propagates the contents of a tensor of rank 2 and more as if it were a vector, and then finds that such contents do not broadcast.
PROPAGATION = re.compile(r"Invalid rank for \w+ broadcasting")


def infer(model, strict=True, data_prop=True):
    done = shape_inference.infer_shapes(model, check_type=True, strict_mode=strict, data_prop=data_prop)
    return {v.name: typed(v) for v in list(done.graph.value_info) + list(done.graph.output)}


def inferred(model):
    """Whether strict inference without data propagation has nothing against the model."""
    try:
        infer(model, True, False)
    except Exception:
        return False
    return True


def agreement(view, notes, undecided=()):
    """Strict inference with data propagation from the graph inputs and initializers alone gives every declared type and shape.

    Where inference has nothing to say (noted), the declaration is taken and inference goes on from there. Until then some operators
    infer nonsense from an unknown shape, at which others stumble: an error counts when nothing is unknown any more. undecided: tensors of
    which data decide dims."""
    bare = stripped(view.model)
    for _ in range(len(view.nodes) + 1):
        fault = None
        try:
            got = infer(bare, True)
        except Exception as e:
            fault = one_line(e)
            if PROPAGATION.search(fault) and inferred(bare):
                notes.append(("propagation", fault, ""))
                return
            try:
                got = infer(bare, False)
            except Exception:
                break
        known = {v.name for v in bare.graph.value_info}
        silent = [x for n in view.nodes for x in n.output if x and x not in known and not settled(got.get(x), x in undecided)]
        if not silent:
            break
        first = silent[0]  # in topological order: the others may only follow from it
        if first not in view.declared:
            break          # reported as value-info
        notes.append(("uninferred", f"{first!r}: inference gives {show(got.get(first, (0, None)))}", view.made_by(first)))
        yield from compare(first, got.get(first), view)
        shape = view.declared[first][1]
        bare.graph.value_info.append(onnx.helper.make_tensor_value_info(first, view.declared[first][0], shape))
    if fault is not None:
        yield "inference", fault, ""
        return
    for n in view.nodes:
        for name in n.output:
            if name and name in view.declared:
                yield from compare(name, got.get(name), view)


def dims_of(value_info):
    """Numbers and symbols; None where a dimension is neither, or has a name that inference made up. None of no shape."""
    t = value_info.type.tensor_type
    if not t.HasField("shape"):
        return None
    return [d.dim_value if d.HasField("dim_value") else None if d.dim_param.startswith("unk__") else d.dim_param or None for d in t.shape.dim]


# Operators and opsets at which onnx's inference is wrong about dims that are symbols: Attention gives 0, and Slice keeps the symbol whatever it
# cuts off. ONNX Runtime uses the 0, and warns of the shape of an output.
WRONG = {"Attention": range(23, 99), "Slice": range(10, 11)}
ZERO_EXPECTED = re.compile(r"Expected shape from model of \{(?:[^}]*,)?0[,}]")


def without_wrong(view):
    """The model with the outputs of these operators as graph inputs."""
    model = view.model
    types = {v.name: v for v in [*model.graph.value_info, *model.graph.output]}
    cut = [n for n in model.graph.node if view.opset in WRONG.get(n.op_type, ())]
    if not cut:
        return model
    rest = onnx.ModelProto()
    rest.CopyFrom(model)
    for n in cut:
        rest.graph.node.remove(n)
        rest.graph.input.extend(types[x] for x in n.output if x in types)
    made = {x for n in rest.graph.node for x in n.output}
    for v in [v for v in rest.graph.output if v.name not in made]:
        rest.graph.output.remove(v)
    return rest


def follows_zero(view, message):
    """Whether the reason of a warning of ONNX Runtime is that it inferred 0 for a symbol."""
    return any(n.op_type == "Attention" for n in view.nodes) and ZERO_EXPECTED.search(message) is not None


def symbols(view, facts):
    """Strict inference on the model with its symbols gives each declared dimension, or none. view: of the model as it is.

    facts["symbols"]: how many dims that are declared as symbols it gives, and of how many it says nothing."""
    bare = stripped(without_wrong(view))
    try:
        done = shape_inference.infer_shapes(bare, check_type=True, strict_mode=True, data_prop=True)
    except Exception as e:
        yield "inference", f"with symbols: {one_line(e)}", ""
        return
    got = {v.name: dims_of(v) for v in [*done.graph.value_info, *done.graph.output]}
    same = silent = 0
    for v in [*view.graph.value_info, *view.graph.output]:
        want = dims_of(v) or []
        here = got.get(v.name) or [None] * len(want)
        for said, found in zip(want, here):
            same += isinstance(said, str) and said == found
            silent += isinstance(said, str) and found is None
            if found is not None and found != said:
                yield "symbol", f"{v.name!r} is declared {want}, inference gives {here}", view.made_by(v.name)
                break
    facts["symbols"] = [same, silent]


def settled(t, undecided):
    return t is not None and t[0] != 0 and t[1] is not None and (undecided or None not in t[1])


def compare(name, got, view):
    want = view.declared[name]
    if got is None:
        return
    same_type = got[0] in (0, want[0])
    same_shape = got[1] is None or (want[1] is not None and len(got[1]) == len(want[1]) and
                                    all(a is None or b is None or a == b for a, b in zip(got[1], want[1])))
    if not (same_type and same_shape):
        yield "shape", f"{name!r} is declared {show(want)}, inference gives {show(got)}", view.made_by(name)
