"""PyTorch and its two exporters, on the programs that nngen writes of models (programs.py). What they export runs in ONNX Runtime without optimisations."""
import contextlib
import io
import warnings

import numpy as np
import onnx

from nngen.study import messages, programs
from nngen.study.converters import ordered
from nngen.study.declared import declared_shape, graph_inputs
from nngen.study.outcomes import FREE
from nngen.study.runtimes import ort_session
from nngen.study.targets import target

EXPORTER = {"kind": "converter", "memory": 6144, "batch": 64}
SCRIPT = {**EXPORTER, "packages": ["torch", "onnxruntime"], "seconds": 120, "profile": "torch-script", "opsets": range(9, 24)}
DYNAMO = {**EXPORTER, "packages": ["torch", "onnxscript", "onnxruntime"], "seconds": 180, "profile": "torch-dynamo", "opsets": range(18, 26)}
SCRIPT_OPSET = 17
SETS = 8  # data sets among which the one to export with is sought


@target("torch", ["torch"], kind="converter", memory=4096, batch=32, profile="torch")
def torch_alone(case):
    """The program itself, whose differences are PyTorch's, or nngen's."""
    case.stage("convert")
    import torch

    torch.set_num_threads(1)
    module = programs.load(case, "torch")
    case.stage("load")
    return running(torch, module.Model().eval(), case)


def tensors(torch, case, feed):
    return tuple(torch.from_numpy(np.array(feed[x.name], order="C")) for x in case.inputs())


def running(torch, model, case):
    def run(feed):
        with torch.no_grad():
            got = model(*tensors(torch, case, feed))
        return [y.numpy() for y in (got if isinstance(got, tuple) else (got,))]

    return run


def symbols(case):
    """{axis: name} of the symbolic dims of each input."""
    return [{axis: d for axis, d in enumerate(declared_shape(x) or ()) if isinstance(d, str)} for x in case.inputs()]


def telling_set(case):
    """The data set to export with: one where symbols have sizes of their own, and not 1, which exporters take for a constant."""
    def sizes(k):
        feed = case.feed(k)
        found = {feed[x.name].shape[axis] for x, axes in zip(case.inputs(), symbols(case)) for axis in axes}
        return min(found, default=0) > 1, len(found)

    return max(list(case.feeds())[:SETS], key=sizes)


def dynamic_axes(torch, case):
    """{axis: what is said of it} of each input: the symbolic dims of the model. In a model without, all dims, of which the exporter is to find out
    which the program does not fix."""
    known, kinds = symbols(case), torch.export.Dim
    if any(known):
        return [dict.fromkeys(axes, kinds.DYNAMIC) for axes in known]
    return [dict.fromkeys(range(len(declared_shape(x) or ())), kinds.AUTO) for x in case.inputs()]


def export(torch, case, model, dynamo, dynamic, opset):
    names, axes = [f"in_{x.name}" for x in case.inputs()], dynamic_axes(torch, case) if dynamic else None
    sample = tensors(torch, case, case.feed(telling_set(case) if dynamic else 0))
    if dynamo:
        shapes = tuple(axes) if dynamic else None
        return torch.onnx.export(model, sample, dynamo=True, verbose=False, opset_version=opset, input_names=names, dynamic_shapes=shapes).model_proto
    buffer, named = io.BytesIO(), {n: list(a) for n, a in zip(names, axes)} if dynamic else None
    torch.onnx.export(model, sample, buffer, dynamo=False, opset_version=opset or SCRIPT_OPSET, input_names=names, dynamic_axes=named)
    return onnx.load_from_string(buffer.getvalue())


def free(model):
    dims = [d for x in graph_inputs(model.graph) for d in x.type.tensor_type.shape.dim]
    return [sum(not d.HasField("dim_value") for d in dims), len(dims)]


def round_trip(case, dynamo, dynamic, opset):
    case.stage("import")
    import torch

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    module = programs.load(case, "torch")
    programs.must_be_right(case, module, running(torch, module.Model().eval(), case))
    case.stage("convert")
    with torch.no_grad(), contextlib.redirect_stdout(io.StringIO()), messages.telling():
        model = export(torch, case, module.Model().eval(), dynamo, dynamic, opset)
    if dynamic:
        case.notes[FREE] = free(model)
    case.stage("load")
    return ordered(ort_session(model, "ORT_DISABLE_ALL"), case, model)


@target("torch.onnx-script", **SCRIPT)
def script(case, opset=None):
    return round_trip(case, False, False, opset)


@target("torch.onnx-script-dynamic", **SCRIPT)
def script_dynamic(case, opset=None):
    return round_trip(case, False, True, opset)


@target("torch.onnx-dynamo", **DYNAMO)
def dynamo(case, opset=None):
    return round_trip(case, True, False, opset)


@target("torch.onnx-dynamo-dynamic", **DYNAMO)
def dynamo_dynamic(case, opset=None):
    return round_trip(case, True, True, opset)
