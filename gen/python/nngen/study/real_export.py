"""One architecture through one exporter, then ONNX Runtime without optimisations, beside what the framework computes."""
import math
import warnings

import numpy as np
import onnx

from nngen.study import real_keras, real_models, real_torch
from nngen.study.declared import graph_inputs
from nngen.study.differences import compare, merge

VARIANTS = {**real_torch.VARIANTS, **real_keras.VARIANTS}  # {target: (what its framework makes of it, dynamic dims)}


def framework(entry):
    return real_keras if real_models.package(entry) == "keras" else real_torch


def save_tensor(array, path):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(onnx.numpy_helper.from_array(array).SerializeToString())


def rms(x):
    return float(np.sqrt(np.mean(np.square(x.astype(np.float64))))) if x.size else 0.0


def sizes(arrays):
    """The least and the largest root mean square of the outputs that are floats."""
    found = [rms(a) for a in arrays if a.dtype.kind == "f"]
    return [min(found), max(found)] if found and all(map(math.isfinite, found)) else None


def compared(expected, got, names, k, outputs):
    """Adds the differences of data set k to those of the outputs; a result of another number of outputs has the counts."""
    if len(expected) != len(got):
        return {"count": [len(expected), len(got)]}
    for name, e, g in zip(names, expected, got):
        merge(outputs.setdefault(name, {"name": name}), compare(e, g), k)
    return {}


def one(entry, variant, folder, stage):
    """The result, as the study's other results. The model and its data sets stay in the folder: set 1 has other sizes of the dynamic dims."""
    import onnxruntime

    warnings.simplefilter("ignore")
    stage("import")
    module = framework(entry).Architecture(entry)
    sets = [module.inputs(other) for other in ([False, True] if VARIANTS[variant][1] else [False])]
    expected = [module.outputs(inputs) for inputs in sets]
    stage("convert")
    path = folder / "model.onnx"
    module.export(sets[0], variant, path)
    graph = onnx.load(str(path)).graph
    result = {"status": "ok", "nodes": len(graph.node), "size": sizes(expected[0])}
    for k, (inputs, outputs) in enumerate(zip(sets, expected)):
        for word, arrays in (("input", inputs), ("output", outputs)):
            for i, a in enumerate(arrays):
                save_tensor(a, folder / f"test_data_set_{k}" / f"{word}_{i}.pb")
    stage("load")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    stage("run")
    kept = {x.name for x in graph_inputs(graph)}  # an exporter leaves out what is not used
    found = {}
    for k, inputs in enumerate(sets):
        got = session.run(None, {i.name: x for i, x in zip(entry["inputs"], inputs) if i.name in kept})
        result |= compared(expected[k], got, [x.name for x in session.get_outputs()], k, found)
    return {**result, "outputs": list(found.values())}
