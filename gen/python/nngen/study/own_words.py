"""How a program that stands alone runs a model in a target: the text of its function run(arrays), where build() gives the model. The text is for a reader
who knows the target and not this project."""
import textwrap

SESSION = """
options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.{level}
session = onnxruntime.InferenceSession({model}.SerializeToString(), options, providers=["CPUExecutionProvider"]{more})
"""
POSITIONS = """names = [x.name for x in session.get_inputs()]
return session.run(None, dict(zip(names, arrays.values())))
"""
RUNTIMES = {
    "reference": """
from onnx.reference import ReferenceEvaluator

return ReferenceEvaluator(build()).run(None, arrays)
""",
    "openvino": """
import openvino

core = openvino.Core()
compiled = core.compile_model(core.read_model(build().SerializeToString()), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
results = compiled(list(arrays.values()))
return [np.array(results[i]) for i in range(len(compiled.outputs))]
""",
    "tract": """
import tract

onnx.save(build(), "model.onnx")
model = tract.onnx().load("model.onnx").into_model().into_runnable()
return [x.to_numpy() for x in model.run(list(arrays.values()))]
""",
    "tinygrad": """
os.environ.setdefault("DEV", "CPU")
from tinygrad import Tensor
from tinygrad.nn.onnx import OnnxRunner

onnx.save(build(), "model.onnx")
results = OnnxRunner("model.onnx")({k: Tensor(v).realize() for k, v in arrays.items()})
return [results[x.name].numpy() for x in build().graph.output]
""",
    "opencv": """
import cv2

onnx.save(build(), "model.onnx")
net = cv2.dnn.readNetFromONNX("model.onnx")
for name, value in arrays.items():
    net.setInput(value, name)
return net.forward([x.name for x in build().graph.output])
""",
    "ncnn": """
import importlib.util
import subprocess
from pathlib import Path

import ncnn

onnx.save(build(), "model.onnx")
pnnx = Path(importlib.util.find_spec("pnnx").origin).with_name("pnnx")  # the converter, as a program
shapes = ",".join(str(list(v.shape)).replace(" ", "") for v in arrays.values())
subprocess.run([pnnx, "model.onnx", f"inputshape={shapes}", "fp16=0"], check=True)
net = ncnn.Net()
net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
assert net.load_param("model.ncnn.param") == 0 and net.load_model("model.ncnn.bin") == 0
extractor = net.create_extractor()
for i, v in enumerate(arrays.values()):
    extractor.input(f"in{i}", ncnn.Mat(v[0] if v.ndim > 1 and v.shape[0] == 1 else v).clone())
return alike([np.array(extractor.extract(f"out{i}")[1]) for i in range(len(build().graph.output))])
""",
    "mnn": """
import types

sys.modules["MNN.tools.utils.log"] = types.ModuleType("MNN.tools.utils.log")  # its converter would run pip for what the logger needs
import _tools
import MNN

onnx.save(build(), "model.onnx")
_tools.mnnconvert(["mnnconvert", "-f", "ONNX", "--modelFile", "model.onnx", "--MNNModel", "model.mnn", "--bizCode", "report"])
net = MNN.nn.load_module_from_file("model.mnn", list(arrays), [x.name for x in build().graph.output], shape_mutable=True)
given = [MNN.expr.const(v.ravel().tolist(), list(v.shape), MNN.expr.NCHW, MNN.expr.float) for v in arrays.values()]
return alike([np.array(MNN.expr.convert(x, MNN.expr.NCHW).read()) for x in net.onForward(given)])
""",
    "onnx2torch": """
import torch
from onnx2torch import convert

with torch.no_grad():
    results = convert(build()).eval()(*map(torch.from_numpy, arrays.values()))
return [x.numpy() for x in (results if isinstance(results, (tuple, list)) else [results])]
""",
    "tvm": """
import tvm
from tvm import relax
from tvm.relax.frontend.onnx import from_onnx

module = from_onnx(build(), keep_params_in_input=False, sanitize_input_names=False)
machine = relax.VirtualMachine(tvm.compile(module, target="llvm"), tvm.cpu())
results = machine["main"](*map(tvm.runtime.tensor, arrays.values()))
return [x.numpy() for x in ([results] if hasattr(results, "numpy") else results)]
""",
    "iree": """
from iree import compiler, runtime
from iree.compiler.extras import onnx_importer
from iree.compiler.ir import Context

info = onnx_importer.ModelInfo(onnx.shape_inference.infer_shapes(build(), data_prop=True))
module = info.create_module(context=Context()).operation
onnx_importer.NodeImporter.define_function(info.main_graph, module).import_all()
module.verify()
flags = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu", "--iree-llvmcpu-target-cpu=host"]
code = compiler.tools.compile_str(str(module), input_type="onnx", extra_args=flags)
results = runtime.load_vm_flatbuffer(code, driver="local-sync")[build().graph.name](*arrays.values())
types = [onnx.helper.tensor_dtype_to_np_dtype(x.type.tensor_type.elem_type) for x in build().graph.output]
results = [x.to_host() for x in (results if isinstance(results, (tuple, list)) else [results])]
return [x.view(t) if x.dtype.kind == "i" and t.kind == "u" else x for x, t in zip(results, types)]  # IREE's integers have no sign
""",
    "emx-onnx-cgen": """
import ctypes
import subprocess

from emx_onnx_cgen.compiler import Compiler, CompilerOptions

with open("model.c", "w", encoding="utf-8") as f:
    f.write(Compiler(CompilerOptions(model_name="model", large_weight_threshold=0)).compile(build()))
subprocess.run(["cc", "-O1", "-w", "-fPIC", "-shared", "model.c", "-o", "./model.so", "-lm"], check=True)
made = [np.zeros_like(value) for value, _ in expected()]
ctypes.CDLL("./model.so").model(*[a.ctypes.data_as(ctypes.c_void_p) for a in [*map(np.ascontiguousarray, arrays.values()), *made]])
return made
""",
    "onnx-tf": """
import tensorflow as tf
from onnx_tf.backend import prepare

prepare(build()).export_graph("saved")
results = tf.saved_model.load("saved").signatures["serving_default"](**{n: tf.constant(v) for n, v in arrays.items()})
return [results[x.name].numpy() for x in build().graph.output]
""",
    "onnx2tf": """
import onnx2tf

onnx.save(build(), "model.onnx")
# its dry runs fetch pictures unless they are there
np.save("calibration_image_sample_data_20x128x128x3_float32.npy", np.random.default_rng(1).random((20, 128, 128, 3), np.float32))
model = onnx2tf.convert(input_onnx_file_path="model.onnx", output_folder_path="converted", disable_model_save=True, not_use_onnxsim=True,
                        keep_shape_absolutely_input_names=list(arrays), verbosity="error")
results = model(list(arrays.values()))
results = [x.numpy() for x in (results if isinstance(results, (tuple, list)) else [results])]
moved = [np.moveaxis(x, -1, 1) if x.ndim > 2 else x for x in results]  # outputs may come with the channels last
return [m if r.shape != e.shape and m.shape == e.shape else r for r, m, (e, _) in zip(results, moved, expected())]
""",
    "jaxonnxruntime": """
import jax
from jaxonnxruntime import call_onnx

jax.config.update("jax_enable_x64", True)
function, weights = call_onnx.call_onnx_model(build(), arrays)
return [np.asarray(x) for x in function(weights, arrays)]
""",
    "onnxruntime-web": """
import json
import subprocess

# npm install onnxruntime-web@1.30.0 in the current folder, or NODE_PATH
program = \"\"\"
const ort = require("onnxruntime-web"), given = JSON.parse(require("fs").readFileSync(0));
const big = (t, v) => t.includes("int64") ? v.map(BigInt) : v;
(async () => {
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create(require("fs").readFileSync("model.onnx"), {executionProviders: ["wasm"], graphOptimizationLevel: "disabled"});
    const feeds = Object.fromEntries(given.map(([n, t, v, d]) => [n, new ort.Tensor(t, big(t, v), d)]));
    const results = await session.run(feeds);
    console.log(JSON.stringify(session.outputNames.map(n => [results[n].type, Array.from(results[n].data, String), results[n].dims])));
    process.exit(0);
})();
\"\"\"
onnx.save(build(), "model.onnx")
given = [[n, "bool" if v.dtype == bool else str(v.dtype), v.ravel().tolist(), list(v.shape)] for n, v in arrays.items()]
done = subprocess.run(["node", "-e", program], input=json.dumps(given), capture_output=True, text=True, check=False)
assert done.returncode == 0, done.stderr
return [np.array(v).astype(t).reshape(d) for t, v, d in json.loads(done.stdout)]
""",
}
TORCH = """torch.set_num_threads(1)
given = tuple(map(torch.from_numpy, arrays.values()))
"""
# {target: (imports, lines that end in `model = `)}: what they make runs in ONNX Runtime without optimisations
CONVERTERS = {
    "onnxsim": ("import onnxsim", "model = onnxsim.simplify(build())[0]"),
    "onnxslim": ("import onnxslim", "model = onnxslim.slim(build())"),
    "onnxoptimizer": ("import onnxoptimizer", 'passes = [p for p in onnxoptimizer.get_fuse_and_elimination_passes() if "split" not in p]\nmodel = onnxoptimizer.optimize(build(), passes, fixed_point=True)'),
    "onnxscript-optimizer": ("from onnxscript import optimizer", "model = optimizer.optimize(build())"),
    "version-converter": ("from onnx import version_converter",
                          'now = max(x.version for x in build().opset_import if x.domain in ("", "ai.onnx"))\nmodel = version_converter.convert_version(build(), 21 if now != 21 else 17)'),
    "shape-inference": ("", "model = onnx.shape_inference.infer_shapes(build(), check_type=True, strict_mode=True, data_prop=True)"),
    "onnx2torch-script": ("import io\nimport torch\nfrom onnx2torch import convert", TORCH + """file = io.BytesIO()
torch.onnx.export(convert(build()).eval(), given, file, dynamo=False, opset_version=17)
model = onnx.load_from_string(file.getvalue())"""),
    "onnx2torch-dynamo": ("import torch\nfrom onnx2torch import convert", TORCH + "model = torch.onnx.export(convert(build()).eval(), given, dynamo=True).model_proto"),
    "paddle2onnx": ("import paddle2onnx\nimport polygraphy.config  # or the export runs pip\nfrom x2paddle.convert import onnx2paddle", """onnx.save(build(), "model.onnx")
onnx2paddle("model.onnx", "paddle", disable_feedback=True)
graph = next(p for p in ("model.json", "model.pdmodel") if os.path.exists(f"paddle/inference_model/{p}"))
paddle2onnx.export(f"paddle/inference_model/{graph}", "paddle/inference_model/model.pdiparams", "back.onnx", opset_version=17)
model = onnx.load("back.onnx")"""),
    "nnef": ("import subprocess", """onnx.save(build(), "model.onnx")
for before, after, source, to in (("onnx", "nnef", "model.onnx", "model.nnef"), ("nnef", "onnx", "model.nnef", "back.onnx")):
    command = [sys.executable, "-m", "nnef_tools.convert", "--input-format", before, "--output-format", after, "--input-model", source, "--output-model", to]
    subprocess.run(command, check=True)
model = onnx.load("back.onnx")"""),
}
LEVELS = {"onnxruntime-none": "ORT_DISABLE_ALL", "onnxruntime-basic": "ORT_ENABLE_BASIC", "onnxruntime-extended": "ORT_ENABLE_EXTENDED", "onnxruntime-all": "ORT_ENABLE_ALL"}
ALIKE = '''
def alike(results):
    """The results with the axes of size 1 that the runtime leaves out."""
    return [r.reshape(e.shape) if r.size == e.size else r for r, (e, _) in zip(results, expected())]


'''


def function(target):
    """The text of run(arrays), or None for a target that has no words here."""
    if target in LEVELS:
        body = "import onnxruntime\n" + SESSION.format(level=LEVELS[target], model="build()", more="") + "return session.run(None, arrays)\n"
    elif target in CONVERTERS:
        imports, lines = CONVERTERS[target]
        body = f"import onnxruntime\n{imports}\n\n{lines}" + SESSION.format(level="ORT_DISABLE_ALL", model="model", more="") + POSITIONS
    elif target in RUNTIMES:
        body = RUNTIMES[target].lstrip("\n")
    else:
        return None
    return ALIKE.lstrip("\n") * ("alike(" in body) + "def run(arrays):\n" + textwrap.indent(body, "    ")
