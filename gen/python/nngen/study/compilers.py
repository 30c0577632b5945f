"""Adapters of compilers, each in an environment of its own."""
import ctypes
import subprocess

import numpy as np

from nngen.study.declared import declared_shape, declared_type
from nngen.study.targets import target


@target("tvm", ["apache-tvm", "onnx"], memory=4096, seconds=120, batch=16, profile="tvm", environment="tvm")
def tvm(case):
    """Relax, with its default pipeline, on LLVM."""
    import tvm as t
    from tvm import relax
    from tvm.relax.frontend.onnx import from_onnx

    case.stage("convert")
    module = from_onnx(case.model(), keep_params_in_input=False, sanitize_input_names=False)
    case.stage("load")
    machine = relax.VirtualMachine(t.compile(module, target="llvm"), t.cpu())
    names = [x.name for x in case.inputs()]

    def run(feed):
        got = machine["main"](*[t.runtime.tensor(np.array(feed[n], order="C")) for n in names])
        return [x.numpy() for x in ([got] if hasattr(got, "numpy") else got)]

    return run


@target("iree", ["iree-base-compiler", "iree-base-runtime", "onnx"], memory=4096, seconds=120, batch=16, profile="iree", environment="iree")
def iree(case):
    """Imported by its ONNX importer with propagation of shapes, compiled for the host by llvm-cpu."""
    import onnx
    from iree import compiler, runtime
    from iree.compiler.extras import onnx_importer
    from iree.compiler.ir import Context

    case.stage("convert")
    info = onnx_importer.ModelInfo(onnx.shape_inference.infer_shapes(case.model(), data_prop=True))
    module = info.create_module(context=Context()).operation
    onnx_importer.NodeImporter.define_function(info.main_graph, module).import_all()
    module.verify()
    case.stage("load")
    flags = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu", "--iree-llvmcpu-target-cpu=host"]
    code = compiler.tools.compile_str(str(module), input_type="onnx", extra_args=flags)
    loaded = runtime.load_vm_flatbuffer(code, driver="local-sync")
    function = loaded[case.graph().name]
    names, types = [x.name for x in case.inputs()], [declared_type(x) for x in case.graph().output]

    def run(feed):
        got = function(*[np.array(feed[n], order="C") for n in names])
        return [unsigned(x.to_host(), t) for x, t in zip(got if isinstance(got, (list, tuple)) else [got], types)]

    return run


def unsigned(x, declared):
    """IREE's integers have no sign: those of an unsigned type come as signed ones of the same bits."""
    return x.view(declared) if x.dtype.kind == "i" and declared is not None and declared.kind == "u" and x.itemsize == declared.itemsize else x


@target("emx-onnx-cgen", ["emx-onnx-cgen", "onnx"], needs=["cc"], memory=3072, seconds=120, batch=16, environment="emx-onnx-cgen")
def emx_onnx_cgen(case):
    """C code: a function of the arrays of inputs and outputs, in the order of the graph's."""
    from emx_onnx_cgen.compiler import Compiler, CompilerOptions

    case.stage("convert")
    code = Compiler(CompilerOptions(model_name="model", large_weight_threshold=0)).compile(case.model())
    case.stage("load")
    source, library = case.folder / "model.c", case.folder / "model.so"
    source.write_text(code, "utf-8")
    done = subprocess.run(["cc", "-O1", "-w", "-fPIC", "-shared", source, "-o", library, "-lm"], capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise RuntimeError(f"cc: exit status {done.returncode}: {done.stderr[:1000]}")
    function = ctypes.CDLL(str(library)).model
    function.restype = None
    declared = [(declared_shape(x), declared_type(x)) for x in case.graph().output]
    if any(shape is None or not all(isinstance(d, int) for d in shape) for shape, _ in declared):
        raise NotImplementedError("the arrays of outputs must have a size; an output has a free dim")

    def run(feed):
        given = [np.ascontiguousarray(feed[x.name]) for x in case.inputs()]
        made = [np.zeros(*what) for what in declared]
        function(*[a.ctypes.data_as(ctypes.c_void_p) for a in given + made])
        return made

    return run
