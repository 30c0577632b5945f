"""Cases of a suite on a runtime of the study, each in a process that may crash or hang, and their outcomes."""
import re
from pathlib import Path

import numpy as np
from onnx import TensorProto, numpy_helper

from nngen.study import expected, scratch, targets
from nngen.study.engine import batches, spread
from nngen.study.isolate import GONE, run_batch

OUTCOMES = ["passed", "failed", "unsupported", "crashed"]
RUNTIMES = {"onnxruntime": "onnxruntime-all", "onnxruntime-none": "onnxruntime-none", "reference": "reference", "openvino": "openvino", "tract": "tract"}

# How runtimes say that they do not have an operator, a version, an element type, a rank or a value of an attribute.
USUAL = r"[Nn]ot supported|[Uu]nsupported|(does not|doesn't|do not) support|only supports?\b|[Nn]ot implemented|[Uu]nimplemented|NotImplemented"
UNSUPPORTED = {
    "onnxruntime": r"NOT_IMPLEMENTED|Could not find an implementation|is not a registered function/op",
    "reference": r"No implementation for operator|No registered implementation",
    "openvino": r"No conversion rule found|Unknown activation function",
    "tract": r"is not a number|can not be typed|not defined|No translation",
}


def is_unsupported(target, error):
    own = UNSUPPORTED.get(target.split("-")[0])
    return re.search(f"{USUAL}|{own}" if own else USUAL, error) is not None


def tensors(folder, kind):
    """The tensors output_J.pb or bound_J.pb, in order."""
    found = sorted(folder.glob(f"{kind}_*.pb"), key=lambda p: int(p.stem.split("_")[1]))
    return [numpy_helper.to_array(TensorProto.FromString(p.read_bytes())) for p in found]


def ratios(want, bound, got):
    """How far each element is from what is expected, in bounds: at most 1 where it is correct."""
    if want.dtype.kind in "iub":
        off = np.abs(got.astype(object) - want.astype(object)).astype(np.float64)
    else:
        with np.errstate(invalid="ignore"):
            off = np.abs(got.astype(np.float64) - want.astype(np.float64))
    off = np.where(got == want, 0.0, off)
    off = np.where(np.isnan(off), np.inf, off)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(off == 0, 0.0, off / bound.astype(np.float64))
    return np.where(np.isinf(bound), 0.0, ratio)


def compare(want, bounds, got):
    """{} if all outputs lie within their bounds; otherwise what is wrong with the worst one."""
    if len(want) != len(got):
        return {"error": f"{len(got)} outputs, expected {len(want)}"}
    worst = {"ratio": 1.0}
    for i, (w, b, g) in enumerate(zip(want, bounds, got)):
        if g.shape != w.shape:
            return {"output": i, "error": f"shape {list(g.shape)}, expected {list(w.shape)}"}
        if g.dtype != w.dtype:
            return {"output": i, "error": f"type {g.dtype}, expected {w.dtype}"}
        r = ratios(w, b, g)
        if r.size and r.max() > worst["ratio"]:
            at = np.unravel_index(int(r.argmax()), r.shape)
            worst = {"ratio": float(r.max()), "output": i, "at": [int(x) for x in at], "outside": int((r > 1).sum()), "of": int(r.size),
                     "got": str(g[at]), "expected": str(w[at]), "bound": float(b[at])}
    return worst if "output" in worst else {}


def judge(target, folder, result, outputs):
    if result["status"] in GONE:
        return {"outcome": "crashed", "stage": result["stage"], "error": result["error"]}
    if result["status"] == "failed":
        kind = "unsupported" if is_unsupported(target, result["error"]) else "failed"
        return {"outcome": kind, "stage": result["stage"], "error": result["error"]}
    if "count" in result:
        return {"outcome": "failed", "error": f"{result['count'][1]} outputs, expected {result['count'][0]}"}
    data = folder / "test_data_set_0"
    wrong = compare(tensors(data, "output"), tensors(data, "bound"), outputs())
    return {"outcome": "failed", **wrong} if wrong else {"outcome": "passed"}


def run(root, names, runtime, jobs=1, seconds=60, modules=()):
    """The results of the cases, in their order."""
    targets.load_all(modules)
    t = targets.named([RUNTIMES.get(runtime, runtime)])[0]._replace(seconds=seconds)
    if why := targets.why_not(t):
        raise SystemExit(why)
    found = {}

    def some(part):
        with scratch.Folder() as folder:
            path = str(Path(folder) / "outputs.npz")

            def record(request, result):
                def outputs():
                    saved = expected.Outputs(path)
                    return [saved.value(0, i) for i in range(len(list(Path(request["path"]).parent.glob("test_data_set_0/output_*.pb"))))]

                name = request["model"]
                found[name] = {"case": name, **judge(t.name, Path(request["path"]).parent, result, outputs)}

            requests = [{"model": n, "path": str(Path(root) / n / "model.onnx"), "sets": 0, "save": path} for n in part]
            run_batch(t, requests, record, modules)

    spread(jobs, some, [(part,) for part in batches(names, 256)])
    return [found[n] for n in names]
