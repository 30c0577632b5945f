"""Writes the models of a corpus as programs (nngen emit), runs them, many in one process, and compares with their bounds.

    python tests/cli/programs.py NNGEN CORPUS PROGRAM [--eager] [--sizes]

PROGRAM is onnx, torch or tensorflow; the Python that runs this must have that package. --eager: TensorFlow without graphs.
--sizes: each program of a model with symbolic dims is run on all stored inputs.
Prints a line of JSON for each model that is not right, and one with counts. A model on which the process dies counts as a crash."""
import collections
import contextlib
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback
import warnings
from pathlib import Path


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def place(path, error):
    """The operator whose code failed, by the comments of the program."""
    lines = [f.line for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path) and "  # " in (f.line or "")]
    lines = lines or re.findall(r".*  # \w+$", str(error), re.M)
    return lines[-1].split("  # ")[-1] if lines else "?"


def written(nngen, model, program, path, *options):
    """The module of a program, or why there is none."""
    done = subprocess.run([nngen, "emit", model, "--as", program, "--out", path, *options], capture_output=True, text=True)
    return (load(path), "") if done.returncode == 0 else (None, done.stderr.strip())


def judge(nngen, model, program, path, sizes):
    """sizes: the program must be right on the other stored inputs too, if it has symbolic dimensions."""
    module, why = written(nngen, model, program, path)
    if module is None:
        return "not emitted", why
    text = io.StringIO()
    others = sorted(model.parent.glob("test_data_set_*"))[1:] if sizes and module.dynamic() else []
    try:
        data = [module] + [written(nngen, model, program, path.with_name(f"{path.stem}_{k + 1}.py"), "--set", str(k + 1))[0] for k in range(len(others))]
        with contextlib.redirect_stdout(text):
            wrong = sum(d.check(module.run(d.inputs())) for d in data if d is module or fits(module, d.inputs()))
    except Exception as error:
        words = [x.strip() for x in str(error).splitlines() if x.strip() and not x.strip().startswith(("File", "Detected", "in user"))]
        return "error", f"{place(path, error)}: {type(error).__name__}: {' '.join(words)[-250:]}"
    return ("outside", text.getvalue()) if wrong else ("right" if not others else "right at all sizes", "")


def fits(module, inputs):
    """Whether inputs differ from those of the program in its symbolic dimensions only."""
    own = module.inputs()
    return all(n == m or d in module.dynamic().get(name, {}) for name in own for d, (n, m) in enumerate(zip(own[name].shape, inputs[name].shape)))


def work(nngen, corpus, program, options):
    """Judges the models whose numbers come on standard input."""
    warnings.simplefilter("ignore")
    if program == "tensorflow" and "--eager" in options:
        import tensorflow as tf
        tf.config.run_functions_eagerly(True)
    models = sorted(Path(corpus).rglob("model.onnx"))
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            path = Path(folder) / f"program_{line.strip()}.py"
            print(json.dumps(judge(nngen, models[int(line)], program, path, "--sizes" in options)), flush=True)
            for f in Path(folder).iterdir():
                if f.is_file():
                    f.unlink()


def start(arguments):
    command = [sys.executable, __file__, "--work", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ})


def main(*arguments):
    corpus = Path(arguments[1])
    counts = collections.Counter()
    worker = start(arguments)
    for k, model in enumerate(sorted(corpus.rglob("model.onnx"))):
        worker.stdin.write(f"{k}\n")
        worker.stdin.flush()
        answer = worker.stdout.readline()
        if not answer:
            answer = json.dumps(["crash", f"the process died: {worker.wait()}"])
            worker = start(arguments)
        outcome, why = json.loads(answer)
        counts[outcome] += 1
        if why:
            print(json.dumps({"model": str(model.parent.relative_to(corpus)), "outcome": outcome, "why": why}), flush=True)
    worker.stdin.close()
    worker.wait()
    print(json.dumps(counts))
    return counts["right"] + counts["right at all sizes"] != counts.total()


if __name__ == "__main__":
    sys.exit(work(*sys.argv[2:5], sys.argv[5:]) if sys.argv[1] == "--work" else main(*sys.argv[1:]))
