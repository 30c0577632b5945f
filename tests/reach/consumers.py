"""The registry of consumers. A consumer's function takes the path of a model and tells what it did: {kind: names of passes, patterns or rules}."""
import contextlib
import importlib.metadata
import os
import re
from collections import namedtuple
from pathlib import Path

from reach import log

# packages: distributions that it needs; sources: Python packages whose coverage is measured on request
Consumer = namedtuple("Consumer", "name packages sources function")
REGISTRY = {}


def consumer(name, *packages, sources=()):
    def register(function):
        REGISTRY[name] = Consumer(name, packages, tuple(sources), function)
        return function

    return register


def why_not(c):
    """Why a consumer cannot run here, or ""."""
    for package in c.packages:
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            return f"{package} is not installed"
    return ""


@contextlib.contextmanager
def patched(owner, name, wrapper):
    """Replaces owner.name by wrapper(owner.name) for a while."""
    original = getattr(owner, name)
    setattr(owner, name, wrapper(original))
    try:
        yield
    finally:
        setattr(owner, name, original)


@consumer("onnxruntime", "onnxruntime")
def onnxruntime(path):
    from reach import ort

    return ort.measure(path)


CHANGED = re.compile(r"^ +(\S+) +\d+ms \+$", re.M)


@consumer("openvino", "openvino")
def openvino(path):
    """OpenVINO prints each pass with its time, and + if the pass changed the model."""
    os.environ["OV_ENABLE_PROFILE_PASS"] = "1"  # it is read when the library is loaded
    import openvino as ov

    with log.Lines() as lines:
        core = ov.Core()
        core.compile_model(core.read_model(path), "CPU", {"INFERENCE_NUM_THREADS": "1"})
        return {"passes": sorted(set(CHANGED.findall(lines.text())))}


# Passes that do no more than copy, rename or split a model
NO_PASSES = frozenset({"nop", "rename_input_output", "split_init", "split_predict"})


def optimizer_passes():
    import onnxoptimizer

    return [p for p in onnxoptimizer.get_available_passes() if p not in NO_PASSES]


@consumer("onnxoptimizer", "onnxoptimizer")
def onnxoptimizer(path):
    """Each pass by itself: it counts if its result is another than that of the pass that does nothing."""
    from onnxoptimizer import onnx_opt_cpp2py_export as native

    model = Path(path).read_bytes()
    same = native.optimize(model, ["nop"])
    found = {"passes": [], "passes that raise": []}
    for p in optimizer_passes():
        try:
            if native.optimize(model, [p]) != same:
                found["passes"].append(p)
        except (RuntimeError, ValueError, IndexError):
            found["passes that raise"].append(p)
    return found


def slim_patterns():
    """{name: matchers}"""
    from onnxslim.core.pattern.registry import DEFAULT_FUSION_PATTERNS

    return DEFAULT_FUSION_PATTERNS


@consumer("onnxslim", "onnxslim", sources=["onnxslim.core"])
def onnxslim(path):
    """A pattern counts if it matched and its rewriting gave something."""
    import onnx
    import onnxslim as slim

    seen = set()

    def noting(name):
        def wrapper(rewrite):
            def run(*a, **k):
                got = rewrite(*a, **k)
                if got:
                    seen.add(name)
                return got

            return run

        return wrapper

    with contextlib.ExitStack() as stack:
        for name, matchers in slim_patterns().items():
            for m in matchers:
                stack.enter_context(patched(m, "rewrite", noting(name)))
        slim.slim(onnx.load(path))
    return {"patterns": sorted(seen)}


def rule_name(rule):
    if rule.name:
        return rule.name
    function = getattr(rule._replacement_pattern, "_function", rule)  # pylint: disable=protected-access
    return f"{getattr(function, '__module__', '').rsplit('.', 1)[-1]}.{getattr(function, '__qualname__', type(function).__name__)}"


@consumer("onnxscript", "onnxscript", "onnx-ir", sources=["onnxscript.optimizer", "onnxscript.rewriter", "onnx_ir.passes"])
def onnxscript(path):
    """The optimizer, the rewriter with its default rules, and the fusions for ONNX Runtime: which rules replace nodes."""
    import onnx_ir as ir
    from onnxscript import optimizer, rewriter
    from onnxscript.rewriter import _rewrite_rule
    from onnxscript.rewriter.ort_fusions import _core

    seen = set()

    def noting(try_rewrite):
        def run(self, *a, **k):
            got = try_rewrite(self, *a, **k)
            if got is not None:
                seen.add(rule_name(self))
            return got

        return run

    found = {}
    with patched(_rewrite_rule.RewriteRule, "try_rewrite", noting):
        rewriter.rewrite(optimizer.optimize(ir.load(path)))
        found["rules"] = sorted(seen)
        _core.optimize_for_ort(ir.load(path))
    found["rules with ORT fusions"] = sorted(seen)
    return found


@consumer("structure", "onnx")
def structure(path):
    """No consumer: what the graph itself holds. It runs as one, for files may be broken."""
    from reach import structure as s

    return s.measure(path)
