"""Adapters of runtimes. Heavy imports are inside, so that a target costs nothing to the others."""
import importlib.util
import subprocess
import sys
import types
from pathlib import Path

import numpy as np

from nngen.study.targets import target


def ort_session(model, level, without=()):
    import onnxruntime as ort

    o = ort.SessionOptions()
    o.graph_optimization_level = getattr(ort.GraphOptimizationLevel, level)
    o.intra_op_num_threads = o.inter_op_num_threads = 1
    o.log_severity_level = 4
    ort.set_default_logger_severity(4)  # what is not said by a session
    session = ort.InferenceSession(model if isinstance(model, (str, bytes)) else model.SerializeToString(), o, providers=["CPUExecutionProvider"],
                                   disabled_optimizers=list(without) or None)
    return lambda feed: session.run(None, feed)


def ort_target(name, level):
    @target(name, ["onnxruntime"], batch=64)
    def run(case):
        case.stage("load")
        return ort_session(case.path, level, case.without)


ort_target("onnxruntime-none", "ORT_DISABLE_ALL")
ort_target("onnxruntime-basic", "ORT_ENABLE_BASIC")
ort_target("onnxruntime-extended", "ORT_ENABLE_EXTENDED")
ort_target("onnxruntime-all", "ORT_ENABLE_ALL")


@target("reference", ["onnx"], batch=64)
def reference(case):
    from onnx.reference import ReferenceEvaluator

    case.stage("load")
    evaluator = ReferenceEvaluator(case.model())
    return lambda feed: evaluator.run(None, feed)


@target("openvino", ["openvino"], memory=3072, batch=32, profile="openvino")
def openvino(case):
    import openvino as ov

    core = ov.Core()
    case.stage("load")
    # float32 all the way: on some processors the plug-in would use bfloat16 by itself
    compiled = core.compile_model(core.read_model(case.path), "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": "1"})

    def run(feed):
        result = compiled([feed[x.name] for x in case.inputs()])
        return [np.array(result[i]) for i in range(len(compiled.outputs))]

    return run


@target("tract", ["tract"], batch=32, profile="tract")
def tract(case):
    import tract as t

    case.stage("load")
    runnable = t.onnx().load(case.path).into_model().into_runnable()
    return lambda feed: [x.to_numpy() for x in runnable.run([feed[x.name] for x in case.inputs()])]


@target("tinygrad", ["tinygrad"], needs=["clang"], memory=3072, seconds=120, batch=16)
def tinygrad(case):
    """Every kernel is compiled by clang. What the caller has set in the environment stands."""
    import os

    for name, value in {"DEV": "CPU", "PARALLEL": "0", "NUM_CPU_THREADS": "1"}.items():  # PARALLEL: no processes that compile ahead
        os.environ.setdefault(name, value)
    from tinygrad import Tensor
    from tinygrad.nn.onnx import OnnxRunner

    case.stage("load")
    runner = OnnxRunner(case.path)

    def run(feed):
        got = runner({k: Tensor(v).realize() for k, v in feed.items()})  # realized, every data set has the same schedule
        return {k: v.numpy() if hasattr(v, "numpy") else np.asarray(v) for k, v in got.items()}

    return run


@target("opencv", ["opencv-python-headless"], batch=32)
def opencv(case):
    import cv2

    case.stage("load")
    net = cv2.dnn.readNetFromONNX(case.path)

    def run(feed):
        for name, value in feed.items():
            net.setInput(value, name)
        names = [x.name for x in case.graph().output]
        return dict(zip(names, net.forward(names)))

    return run


@target("ncnn", ["ncnn", "pnnx"], batch=16)
def ncnn(case):
    """pnnx converts to ncnn (float32 weights). Blobs have no batch axis, so that shapes are compared without axes of size 1."""
    import ncnn as nc

    pnnx = Path(importlib.util.find_spec("pnnx").origin).with_name("pnnx")  # a program: importing the package would want PyTorch
    case.stage("convert")
    graph = case.graph()
    path = case.copy("m.onnx")
    shapes = ",".join(str(list(case.shape(x))).replace(" ", "") for x in case.inputs())
    done = subprocess.run([pnnx, path, f"inputshape={shapes}", "fp16=0"], cwd=case.folder, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise RuntimeError(f"pnnx: exit status {done.returncode}: {done.stderr[-300:]}")
    if not (case.folder / "m.ncnn.param").exists():
        raise RuntimeError(f"pnnx wrote no model: {done.stderr[-300:]}")
    case.stage("load")
    net = nc.Net()
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
    net.opt.use_vulkan_compute, net.opt.num_threads = False, 1
    if net.load_param(str(case.folder / "m.ncnn.param")) != 0 or net.load_model(str(case.folder / "m.ncnn.bin")) != 0:
        raise RuntimeError("ncnn refuses what pnnx wrote: " + unknown_layers(case.folder / "m.ncnn.param"))
    case.squeezed = True

    def run(feed):
        extractor = net.create_extractor()
        for i, x in enumerate(case.inputs()):
            value = np.ascontiguousarray(feed[x.name])
            extractor.input(f"in{i}", nc.Mat(value[0] if value.ndim > 1 and value.shape[0] == 1 else value).clone())
        outputs = []
        for i in range(len(graph.output)):
            status, mat = extractor.extract(f"out{i}")
            if status != 0:
                raise RuntimeError(f"extract gives {status}")
            outputs.append(np.array(mat))
        return outputs

    return run


def unknown_layers(path):
    names = {line.split()[0] for line in path.read_text().splitlines()[2:] if line.split()}
    return " ".join(sorted(x for x in names if "." in x or "::" in x)[:6])


@target("mnn", ["MNN"], batch=16)
def mnn(case):
    # Importing MNN's converter package would run pip and report to a server: a stand-in for its logger keeps it from that.
    sys.modules["MNN.tools.utils.log"] = types.ModuleType("MNN.tools.utils.log")
    import _tools
    import MNN

    case.stage("convert")
    out = case.folder / "m.mnn"
    _tools.mnnconvert(["mnnconvert", "-f", "ONNX", "--modelFile", case.copy("m.onnx"), "--MNNModel", str(out), "--bizCode", "study"])
    if not out.exists() or not out.stat().st_size:
        raise RuntimeError("mnnconvert wrote no model")
    case.stage("load")
    names = [x.name for x in case.inputs()], [x.name for x in case.graph().output]
    net = MNN.nn.load_module_from_file(str(out), *names, shape_mutable=True)
    case.squeezed = True  # one-dimensional convolutions gain an axis

    def run(feed):
        variables = [MNN.expr.const(feed[k].ravel().tolist(), list(feed[k].shape), MNN.expr.NCHW, MNN.expr.float) for k in names[0]]
        return [np.array(MNN.expr.convert(v, MNN.expr.NCHW).read()) for v in net.onForward(variables)]

    return run


@target("onnxruntime-web", ["node:onnxruntime-web"], needs=["node"], memory=4096, batch=64)
def onnxruntime_web(case):
    """WebAssembly in Node, through a process that outlives the model (study/node.py)."""
    from nngen.study import node

    server = node.server()
    case.stage("load")
    server.load(case.path)
    return server.run
