"""Converters and simplifiers: their result runs in ONNX Runtime without optimisations, so that the differences are theirs."""
import io
import warnings

import numpy as np
import onnx

from nngen.study.declared import graph_inputs
from nngen.study.model_file import save_model
from nngen.study.runtimes import ort_session
from nngen.study.targets import target


def then_ort(case, model):
    case.stage("load")
    path = case.folder / "converted.onnx"
    save_model(model, path)  # a message in memory must not be larger than 2 GiB
    return ort_session(str(path), "ORT_DISABLE_ALL")


@target("onnxsim", ["onnxsim", "onnxruntime"], kind="converter", batch=32)
def onnxsim(case):
    import onnxsim as sim

    case.stage("convert")
    return then_ort(case, sim.simplify(case.model())[0])


@target("onnxslim", ["onnxslim", "onnxruntime"], kind="converter", batch=32)
def onnxslim(case):
    import onnxslim as slim

    case.stage("convert")
    return then_ort(case, slim.slim(case.model()))


@target("onnxoptimizer", ["onnxoptimizer", "onnxruntime"], kind="converter", batch=32)
def onnxoptimizer(case):
    """All passes but those that split a model in two."""
    import onnxoptimizer as opt

    case.stage("convert")
    passes = [p for p in opt.get_fuse_and_elimination_passes() if "split" not in p]
    return then_ort(case, opt.optimize(case.model(), passes, fixed_point=True))


@target("onnxscript-optimizer", ["onnxscript", "onnxruntime"], kind="converter", batch=32)
def onnxscript_optimizer(case):
    from onnxscript import optimizer

    case.stage("convert")
    return then_ort(case, optimizer.optimize(case.model()))


@target("version-converter", ["onnx", "onnxruntime"], kind="converter", batch=64)
def version_converter(case):
    """To version 21, the newest for which ONNX Runtime has all kernels; from there down to 17."""
    from onnx import version_converter as vc

    case.stage("convert")
    model = case.model()
    now = max(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    return then_ort(case, vc.convert_version(model, 21 if now != 21 else 17))


@target("shape-inference", ["onnx", "onnxruntime"], kind="converter", batch=64)
def shape_inference(case):
    """onnx's own: strict, with checks of types and propagation of data."""
    from onnx import shape_inference as si

    case.stage("convert")
    return then_ort(case, si.infer_shapes(case.model(), check_type=True, strict_mode=True, data_prop=True))


def torch_module(case):
    """The model as a PyTorch module, and a sample input; the weights are those of the model, on both sides."""
    import torch
    from onnx2torch import convert

    torch.set_num_threads(1)
    module = convert(case.model()).eval()
    return torch, module, tuple(torch.from_numpy(case.feed(0)[x.name].copy()) for x in case.inputs())


def ordered(run, case, model):
    """Exporters rename inputs: feeds go by position."""
    names = [x.name for x in graph_inputs(model.graph)]
    ours = [x.name for x in case.inputs()]
    if len(names) > len(ours):
        raise RuntimeError(f"{len(names)} inputs after export, {len(ours)} before")
    if len(names) == len(ours):
        return lambda feed: run({a: feed[b] for a, b in zip(names, ours)})
    by_name = {f"in_{b}": b for b in ours} | {b: b for b in ours}
    return lambda feed: run({a: feed[by_name[a]] for a in names})


@target("onnx2torch", ["torch", "onnx2torch"], kind="converter", memory=4096, batch=32)
def onnx2torch(case):
    """The first half of the round trip alone, so that its differences can be told from the exporter's."""
    case.stage("convert")
    torch, module, _ = torch_module(case)
    case.stage("load")

    def run(feed):
        with torch.no_grad():
            got = module(*[torch.from_numpy(feed[x.name].copy()) for x in case.inputs()])
        return [t.detach().numpy() for t in (got if isinstance(got, (list, tuple)) else [got])]

    return run


def must_be_faithful(case, got):
    """An exporter is not to blame for a module that differs from the model already."""
    got = [t.detach().numpy() for t in (got if isinstance(got, (list, tuple)) else [got])]
    expected = ort_session(case.path, "ORT_DISABLE_ALL")(case.feed(0))
    if [g.shape for g in got] != [e.shape for e in expected]:
        raise RuntimeError("the module's outputs have other shapes than the model's")
    if not all(np.allclose(g, e, 1e-2, 1e-2, equal_nan=True) for g, e in zip(got, expected)):
        raise RuntimeError("the module's outputs differ from the model's")


def round_trip(case, dynamo):
    """The stage "import" is onnx2torch's."""
    case.stage("import")
    warnings.simplefilter("ignore")
    torch, module, sample = torch_module(case)
    with torch.no_grad():
        must_be_faithful(case, module(*sample))
    case.stage("convert")
    names = [f"in_{x.name}" for x in case.inputs()]
    if dynamo:
        model = torch.onnx.export(module, sample, dynamo=True, verbose=False).model_proto
    else:
        buffer = io.BytesIO()
        torch.onnx.export(module, sample, buffer, dynamo=False, opset_version=17, input_names=names, do_constant_folding=True)
        model = onnx.load_from_string(buffer.getvalue())
    case.stage("load")
    return ordered(ort_session(model, "ORT_DISABLE_ALL"), case, model)


@target("onnx2torch-script", ["torch", "onnx2torch", "onnxruntime"], kind="converter", memory=6144, seconds=120, batch=32)
def onnx2torch_script(case):
    return round_trip(case, False)


@target("onnx2torch-dynamo", ["torch", "onnx2torch", "onnxscript", "onnxruntime"], kind="converter", memory=6144, seconds=180, batch=32)
def onnx2torch_dynamo(case):
    return round_trip(case, True)
