"""Adapters of converters into other frameworks and formats, each in an environment of its own."""
import contextlib
import io
import os
import subprocess
import sys

import numpy as np
import onnx

from nngen.study.converters import must_be_faithful, ordered, then_ort
from nngen.study.declared import declared_shape
from nngen.study.targets import target, unavailable

SAMPLE = "calibration_image_sample_data_20x128x128x3_float32.npy"  # onnx2tf fetches pictures for its dry runs unless they are in the current folder
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
    """A SavedModel, as its command writes."""
    tf = tensorflow()
    from onnx_tf.backend import prepare

    case.stage("convert")
    prepare(case.model()).export_graph(str(case.folder / "saved"))
    case.stage("load")
    function = tf.saved_model.load(str(case.folder / "saved")).signatures["serving_default"]
    return lambda feed: {k: v.numpy() for k, v in function(**{n: tf.constant(v) for n, v in feed.items()}).items()}


@target("onnx2tf", ["onnx2tf", "tensorflow", "onnx"], environment="onnx2tf", **TENSORFLOW)
def onnx2tf(case):
    """The Keras model that it gives. Inputs keep their layout; outputs may come with the channels last. Its reasons are in what it prints."""
    tensorflow()
    import onnx2tf as tool

    case.stage("convert")
    names, said = [x.name for x in case.inputs()], io.StringIO()
    if not os.path.exists(SAMPLE):
        np.save(SAMPLE, np.random.default_rng(1).random((20, 128, 128, 3), np.float32))
    try:
        with contextlib.redirect_stdout(said):
            model = tool.convert(input_onnx_file_path=case.copy("m.onnx"), output_folder_path=str(case.folder / "out"), disable_model_save=True,
                                 not_use_onnxsim=True, keep_shape_absolutely_input_names=names, verbosity="error")
    except SystemExit as e:
        raise RuntimeError(f"exit status {e.code}: {said.getvalue()[-1500:]}") from e
    case.stage("load")
    shapes = [declared_shape(x) for x in case.graph().output]

    def run(feed):
        got = model([feed[n] for n in names])
        return [channels_second(t.numpy(), s) for t, s in zip(got if isinstance(got, (list, tuple)) else [got], shapes)]

    return run


def channels_second(x, shape):
    moved = np.moveaxis(x, -1, 1) if x.ndim > 2 else x
    return moved if x.shape != shape and moved.shape == shape else x


@target("jaxonnxruntime", ["jaxonnxruntime", "jax", "onnx"], memory=3072, seconds=120, batch=32, environment="jaxonnxruntime")
def jaxonnxruntime(case):
    """ONNX as JAX, operator by operator, with the types of 64 bits that JAX leaves out otherwise."""
    import jax
    from jaxonnxruntime import call_onnx

    jax.config.update("jax_enable_x64", True)
    case.stage("convert")
    function, weights = call_onnx.call_onnx_model(case.model(), case.feed(0))
    case.stage("load")
    return lambda feed: [np.asarray(x) for x in function(weights, feed)]


@target("paddle2onnx", ["paddle2onnx", "paddlepaddle", "x2paddle", "onnx", "onnxruntime"], kind="converter", memory=6144, seconds=120, batch=32, environment="paddle2onnx")
def paddle2onnx(case):
    """The stage "import" is X2Paddle's, which brings the model to Paddle. Neither may report to a server or run pip."""
    case.stage("import")
    import paddle
    import paddle2onnx as tool
    import polygraphy.config  # noqa: F401 pylint: disable=unused-import; imported within the export it would run pip
    from x2paddle.convert import onnx2paddle

    onnx2paddle(case.copy("m.onnx"), str(case.folder / "paddle"), disable_feedback=True)
    place = case.folder / "paddle" / "inference_model"
    must_be_faithful(case, paddle.jit.load(str(place / "model"))(*[paddle.to_tensor(case.feed(0)[x.name]) for x in case.inputs()]))
    case.stage("convert")
    graph = next(p for p in (place / "model.json", place / "model.pdmodel") if p.exists())
    tool.export(str(graph), str(place / "model.pdiparams"), str(case.folder / "back.onnx"), opset_version=17)
    model = onnx.load(case.folder / "back.onnx")
    return ordered(then_ort(case, model), case, model)


unavailable("mmdnn", "MMdnn 0.3.1: its onnx_pb2 cannot be imported with a protobuf for Python 3.11")
unavailable("onnx-coreml", "cannot be imported with the onnx and coremltools for Python 3.11; Core ML predicts on macOS only")
