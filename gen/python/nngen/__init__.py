"""Random, valid ONNX models, with inputs, expected outputs and error bounds.

    import nngen

    for model in nngen.family(nodes=40, count=100, seed=1):
        actual = my_runtime(model.onnx, model.inputs)
        assert nngen.compare(model.expected, model.bounds, actual)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._compare import Comparison, Outside, compare
    from ._errors import BuildError, Error, FileError, OutOfMemory, TableError, UnsupportedError, UsageError
    from ._evaluate import Evaluation, Evaluator, evaluate
    from ._family import Family, family
    from ._lib import specs, version
    from ._model import DataSet, Model, Tolerance
    from ._program import program
    from ._tape import cross, mutate

    __version__: str

__all__ = [
    "BuildError", "Comparison", "DataSet", "Error", "Evaluation", "Evaluator", "Family", "FileError", "Model",
    "OutOfMemory", "Outside", "TableError", "Tolerance", "UnsupportedError", "UsageError", "compare", "cross", "evaluate",
    "family", "mutate", "program", "specs", "version",
]

# The library is loaded by the first use of one of these names. nngen.study and nngen.judge run without it, in a checkout and in
# the environments of targets, where it is not.
_HOMES = {
    "_compare": ("Comparison", "Outside", "compare"),
    "_errors": ("BuildError", "Error", "FileError", "OutOfMemory", "TableError", "UnsupportedError", "UsageError"),
    "_evaluate": ("Evaluation", "Evaluator", "evaluate"),
    "_family": ("Family", "family"),
    "_lib": ("specs", "version"),
    "_model": ("DataSet", "Model", "Tolerance"),
    "_program": ("program",),
    "_tape": ("cross", "mutate"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = __getattr__("version")()
    elif name in _HOME_OF:
        value = getattr(importlib.import_module(f".{_HOME_OF[name]}", __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
