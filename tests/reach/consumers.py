"""The registry of consumers. A consumer's function takes the path of a model and tells what it did: {kind: names of passes, patterns or rules}."""
import importlib.metadata
from collections import namedtuple

# packages: distributions that it needs; totals: {kind: (how many names there are, the words for it)}
Consumer = namedtuple("Consumer", "name packages function")
REGISTRY = {}


def consumer(name, *packages):
    def register(function):
        REGISTRY[name] = Consumer(name, packages, function)
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


@consumer("onnxruntime", "onnxruntime")
def onnxruntime(path):
    from reach import ort

    return ort.measure(path)
