"""Forms against plain models: python -m reference.forms NNGEN --out DIR [options]; others are options of nngen

Writes copies of models with `--variants`, and judges each copy in a process of its own: onnx's checker and strict inference, then ONNX Runtime without and with optimisations. A result must
lie within the bounds of the expected outputs (`plain`: those of the plain model are outside, too); without optimisations, a difference from the plain model's bits is counted (`bits`). A crash or a hang is a finding like any other.

Each finding is a line of JSON: model, stage, what, and the features of the forms that the copy has. The last line sums up."""
import argparse
import collections
import concurrent.futures
import importlib
import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

LEVELS = ("ORT_DISABLE_ALL", "ORT_ENABLE_ALL")


def tensor(path):
    import onnx
    from onnx import numpy_helper

    t = onnx.TensorProto()
    t.ParseFromString(path.read_bytes())
    return t.name, numpy_helper.to_array(t)


def numbered(folder, prefix):
    return [tensor(folder / f"{prefix}_{i}.pb") for i in range(len(list(folder.glob(f"{prefix}_*.pb"))))]


def run(directory, level):
    """The outputs of each data set, by position."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    session = onnxruntime.InferenceSession(str(directory / "model.onnx"), options, providers=["CPUExecutionProvider"])
    return [session.run(None, dict(numbered(s, "input"))) for s in sets(directory)]


def sets(directory):
    return [directory / f"test_data_set_{i}" for i in range(len(list(directory.glob("test_data_set_*"))))]


def outside(actual, expected, bound):
    """How many elements are outside their bounds."""
    import numpy as np

    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return f"{actual.dtype}{list(actual.shape)} instead of {expected.dtype}{list(expected.shape)}"
    with np.errstate(all="ignore"):
        a, e = actual.astype(np.float64), expected.astype(np.float64)
        wrong = ~(np.isinf(bound) | (np.abs(a - e) <= bound) | (a == e) | (np.isnan(a) & np.isnan(e)))
    return f"{int(wrong.sum())} of {wrong.size} elements, at most {float(np.max(np.abs(a - e)[wrong]))}" if wrong.any() else None


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def compare(directory, level, results, plain):
    """plain: the results of the plain model. Where these are outside the bounds too, forms are not the cause."""
    found = []
    for k, folder in enumerate(sets(directory)):
        expected, bounds = numbered(folder, "output"), numbered(folder, "bound")
        for i, (actual, (name, e), (_, b)) in enumerate(zip(results[k], expected, bounds)):
            wrong = outside(actual, e, b)
            if wrong is not None:
                too = i < len(plain[k]) and outside(plain[k][i], e, b) is not None
                found.append(("plain" if too else level, f"output {i} ({name}): {wrong}"))
        if level == LEVELS[0]:
            changed = [i for i, (a, b) in enumerate(zip(results[k], plain[k])) if not same_bits(a, b)]
            if changed:
                found.append(("bits", f"outputs {changed} have other bits than the plain model's"))
    return found


def judge(directory, plain, say):
    import onnx

    found = []
    for stage, act in (("check", lambda: onnx.checker.check_model(str(directory / "model.onnx"), full_check=True)),
                       ("infer", lambda: onnx.shape_inference.infer_shapes(onnx.load(directory / "model.onnx"), check_type=True, strict_mode=True, data_prop=True))):
        say.send(stage)
        try:
            act()
        except Exception as e:
            found.append((stage, str(e)))
    for level in LEVELS:
        say.send(level)
        try:
            results = run(directory, level)
            found += compare(directory, level, results, run(plain, level))
        except Exception as e:
            found.append((level, str(e)))
    say.send(found)


def isolated(directory, plain, seconds):
    """The findings; what the process was doing if it died or did not end."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=judge, args=(directory, plain, there))
    process.start()
    there.close()
    last, found = "start", None
    try:
        while found is None and here.poll(seconds):
            said = here.recv()
            last, found = (said, None) if isinstance(said, str) else (last, said)
    except EOFError:
        pass
    if found is None:
        hung = process.is_alive() and not here.poll(0.5)
        process.kill()
        process.join()
        return [("hang" if hung else "crash", f"in {last}, exit {process.exitcode}")]
    process.join()
    return found


def main(argv=None):
    p = argparse.ArgumentParser(prog="python -m reference.forms")
    p.add_argument("nngen")
    p.add_argument("--form", default="all")
    p.add_argument("--count", type=int, default=100, help="models, each with one copy in the forms")
    p.add_argument("--nodes", default="20")
    p.add_argument("--seed", default="1")
    p.add_argument("--out", required=True, help="a new directory for the models")
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--jobs", type=int, default=2)
    a, rest = p.parse_known_args(argv)  # the rest are options of nngen
    for module in ("onnx.shape_inference", "onnxruntime"):  # here, so that no child has to load them
        importlib.import_module(module)
    subprocess.run([a.nngen, "--form", a.form, "--variants", "2", "--count", str(a.count), "--nodes", a.nodes, "--seed", a.seed, "--outputs", "--quiet", "--out", a.out, *rest], check=True)
    rows = [json.loads(line) for line in (Path(a.out) / "models.jsonl").read_text().splitlines()]
    copies = [r for r in rows if "plain" in r]
    features, stages = collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        results = pool.map(lambda r: isolated(Path(a.out) / r["name"], Path(a.out) / r["plain"], a.seconds), copies)
        for row, found in zip(copies, results):
            features.update(row["forms"])
            for stage, what in found:
                stages[stage] += 1
                print(json.dumps({"model": row["name"], "stage": stage, "what": " ".join(what.split())[:600], "forms": sorted(row["forms"])}, ensure_ascii=False), flush=True)
    print(json.dumps({"copies": len(copies), "findings": dict(stages), "features": dict(sorted(features.items()))}))
    return 1 if set(stages) - {"bits", "plain"} else 0


if __name__ == "__main__":
    sys.exit(main())
