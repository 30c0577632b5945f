"""A target of the study made of a user's file, named by NNGEN_ADAPTER: a Python file with

    def run(path, inputs): ...   # path of model.onnx, {name: array} -> outputs in graph order, or {name: array}

and optionally PACKAGES (distributions whose versions are recorded), SECONDS and MEMORY (MiB), the limits of a model, and PROFILE, the profile of nngen
that its corpora are made with.
It runs in a process of its own: it may raise, crash or never end."""
import importlib.util
import os
from pathlib import Path

from nngen.study.targets import PROFILE, target


def load(path):
    spec = importlib.util.spec_from_file_location("adapter_" + Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def register(path):
    """Registers the file under its stem; its own imports belong in run()."""
    module = load(path)

    @target(Path(path).stem, getattr(module, "PACKAGES", ()), seconds=getattr(module, "SECONDS", 60), memory=getattr(module, "MEMORY", 2048),
            profile=getattr(module, "PROFILE", PROFILE))
    def adapted(case):
        return lambda feed: module.run(case.path, feed)

    return Path(path).stem


if os.environ.get("NNGEN_ADAPTER"):
    register(os.environ["NNGEN_ADAPTER"])
