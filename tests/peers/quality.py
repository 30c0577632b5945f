"""What a model is worth as a test: whether it is valid, runs, has finite outputs, and depends on its inputs."""
import numpy as np

from nngen.judge.workers import Pool
from nngen.study.case import Case
from nngen.study.declared import graph_inputs

SECONDS = 60  # for a model


def depends(graph):
    """(nodes, nodes that depend on a graph input). A subgraph's use of a tensor counts as the node's."""
    known = {i.name for i in graph.initializer} | {i.values.name for i in graph.sparse_initializer}
    live, total, count = {x.name for x in graph.input} - known, 0, 0
    for n in graph.node:
        total += 1
        used = set(n.input).union(*(inner(g) for a in n.attribute for g in [a.g, *a.graphs]))
        if used & live:
            count += 1
            live.update(n.output)
    return total, count


def inner(graph):
    """Names that a subgraph and those within it read."""
    return {x for n in graph.node for x in n.input}.union(*(inner(g) for n in graph.node for a in n.attribute for g in [a.g, *a.graphs]), (x.name for x in graph.output))


def finite(outputs):
    """Whether all that is a floating-point tensor is finite; sequences and texts count as finite."""
    return all(np.isfinite(y.astype(np.complex128)).all() for y in outputs if getattr(y, "dtype", None) is not None and y.dtype.kind in "fcV")


NOTHING = {"invalid": "", "fails": "", "finite": False, "nodes": 0, "live": 0, "inputs": 0}


def one(task, at):
    """In a worker: the facts of a model, with a reason where it is not valid or does not run."""
    import onnx
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    at("check")
    path = task[1]
    model = onnx.load(path)
    nodes, live = depends(model.graph)
    facts = {**NOTHING, "nodes": nodes, "live": live, "inputs": len(graph_inputs(model.graph))}
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as e:  # pylint: disable=broad-except; of several classes
        facts["invalid"] = f"{type(e).__name__}: {e}"[:300]
    at("run")
    try:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        facts["finite"] = bool(finite(session.run(None, Case(path).feed(0))))
    except Exception as e:  # pylint: disable=broad-except; that it does not run is the answer
        facts["fails"] = f"{type(e).__name__}: {e}"[:300]
    return facts


def measure(models, jobs=1):
    """{name: facts} of [(name, path)]. A crash or a hang is a failure to run."""
    found = {}
    with Pool(jobs, one, SECONDS) as pool:
        for (name, _), result in pool.map([(n, str(p)) for n, p in models]):
            if "problems" in result:
                kind, message, _ = result["problems"][0]
                result = {**NOTHING, "fails": f"{kind}: {message}"[:300]}
            found[name] = result
    return found
