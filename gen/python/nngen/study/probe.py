"""Whether a target works at all: one model of a single operator. A package that is there but cannot be imported, or lacks a compiler or a
library of the system, would otherwise fail on every model, as if the models were to blame."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from nngen.study import scratch
from nngen.study.isolate import run_batch


def save(folder):
    """Abs of a 1 x 2 x 3 x 4 tensor, with data; returns the path."""
    shape = [1, 2, 3, 4]
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("x", "y"))
    graph = helper.make_graph([helper.make_node("Abs", ["x"], ["y"])], "probe", [x], [y])
    data = folder / "test_data_set_0"
    data.mkdir()
    value = np.linspace(-1, 1, 24, dtype=np.float32).reshape(shape)
    (data / "input_0.pb").write_bytes(numpy_helper.from_array(value, "x").SerializeToString())
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "model.onnx")
    return folder / "model.onnx"


def why_not(target, modules=()):
    """Why the target cannot run that model, or ""; what it computes is not looked at."""
    found = []
    with scratch.Folder() as folder:
        request = {"model": "probe", "path": str(save(folder)), "sets": 0}
        run_batch(target, [request], lambda _, result: found.append(result), modules)
    result = found[0]
    return "" if result["status"] == "ok" else f"does not run a model of one Abs: {result['error'].strip().splitlines()[0][:300]}"
