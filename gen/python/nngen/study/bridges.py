"""Adapters of converters into other frameworks and formats, each in an environment of its own."""
import os
import subprocess
import sys

import onnx

from nngen.study.converters import ordered, then_ort
from nngen.study.targets import target, unavailable

TENSORFLOW = {"kind": "converter", "memory": 6144, "seconds": 120, "batch": 32}


@target("nnef", ["nnef-tools", "nnef", "onnx", "onnxruntime"], kind="converter", batch=32, environment="nnef")
def nnef(case):
    """To NNEF and back, by the command of nnef-tools."""
    case.stage("convert")
    path = case.copy("m.onnx")
    nnef_convert("onnx", "nnef", path, case.folder / "m.nnef")
    nnef_convert("nnef", "onnx", case.folder / "m.nnef", case.folder / "back.onnx")
    model = onnx.load(case.folder / "back.onnx")
    return ordered(then_ort(case, model), case, model)


def nnef_convert(before, after, source, to):
    command = [sys.executable, "-m", "nnef_tools.convert", "--input-format", before, "--output-format", after, "--input-model", source, "--output-model", to]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode != 0 or not to.exists():
        raise RuntimeError(f"{before} to {after}: {(done.stdout + done.stderr)[-1500:]}")


def tensorflow():
    """TensorFlow, which must not take every core nor speak of what it does not find."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return tf


@target("onnx-tf", ["onnx-tf", "tensorflow-cpu", "onnx"], environment="onnx-tf", **TENSORFLOW)
def onnx_tf(case):
    tensorflow()
    from onnx_tf.backend import prepare

    case.stage("convert")
    prepared = prepare(case.model())
    return lambda feed: dict(prepared.run(feed)._asdict())


unavailable("mmdnn", "0.3.1, its last release (2020): its onnx_pb2 cannot be imported with any protobuf for a Python that it can be installed in")
unavailable("onnx-coreml", "1.3, its last release (2020): cannot be imported with an onnx or coremltools of today; Core ML predicts on macOS only")
