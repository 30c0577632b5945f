"""Random, valid ONNX models, with inputs, expected outputs and error bounds.

    import nngen

    for model in nngen.family(nodes=40, count=100, seed=1):
        actual = my_runtime(model.onnx, model.inputs)
        assert nngen.compare(model.expected, model.bounds, actual)
"""

from ._compare import Comparison, Outside, compare
from ._errors import BuildError, Error, FileError, OutOfMemory, TableError, UnsupportedError, UsageError
from ._evaluate import Evaluation, Evaluator, evaluate
from ._family import Family, family
from ._lib import program, specs, version
from ._model import DataSet, Model, Tolerance
from ._tape import cross, mutate

__version__ = version()
__all__ = [
    "BuildError", "Comparison", "DataSet", "Error", "Evaluation", "Evaluator", "Family", "FileError", "Model",
    "OutOfMemory", "Outside", "TableError", "Tolerance", "UnsupportedError", "UsageError", "compare", "cross", "evaluate",
    "family", "mutate", "program", "specs", "version",
]
