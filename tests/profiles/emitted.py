"""An adapter for nngen-profile that runs the program which nngen emit writes. The framework is that of EMITTED: torch (the default) or
tensorflow; the Python that runs nngen-profile must have it.

    EMITTED=torch gen/python/nngen-profile propose --adapter tests/profiles/emitted.py --name torch --opsets 13,17,22,28"""
import importlib.metadata
import importlib.util
import os
import subprocess
import tempfile
from pathlib import Path

PROGRAM = os.environ.get("EMITTED", "torch")
PACKAGES = tuple(p for p in (PROGRAM, PROGRAM + "-cpu") if list(importlib.metadata.distributions(name=p)))[:1]
NNGEN = os.environ.get("NNGEN", Path(__file__).resolve().parents[2] / "build" / "default" / "nngen")


def run(path, inputs):
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "program.py"
        done = subprocess.run([NNGEN, "emit", path, "--as", PROGRAM, "--out", script], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        if PROGRAM == "tensorflow":
            import tensorflow as tf
            tf.config.run_functions_eagerly(True)
        spec = importlib.util.spec_from_file_location("program", script)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.run(inputs)
