"""A model as plain data: bytes, names and arrays, which no longer need the library."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Union

from . import _compare
from ._tensor import Array

if TYPE_CHECKING:
    from ._family import Family

Source = Union[int, bytes]  # index in the family, or tape


@dataclass(frozen=True)
class DataSet:
    """Inputs of a model by name, what its outputs are expected to be, and how far each element of a correct result may be from it:
    infinite where nothing is known. Without `outputs`, the latter two are empty."""

    inputs: dict[str, Array]
    expected: dict[str, Array]
    bounds: dict[str, Array]


@dataclass(frozen=True)
class Tolerance:
    """One pair for all elements of an output: |y - v| <= atol + rtol * |v| for each y within a finite bound of v. `wide`: it accepts
    nearly everything. `unbounded`: a bound is infinite, and no tolerance holds for its element."""

    atol: float
    rtol: float
    wide: bool
    unbounded: bool


@dataclass(frozen=True, eq=False)
class Model:
    """A model of a family."""

    name: str  # such as "test_000003"
    nodes: tuple[str, ...]  # the operators, in the order of the file
    onnx: bytes
    sets: tuple[DataSet, ...]
    tolerances: dict[str, Tolerance]  # by output
    family: Family
    source: Source
    external: dict[str, bytes] = field(default_factory=dict)  # files of a model in another form that belong beside model.onnx

    @property
    def inputs(self) -> dict[str, Array]:
        """Of the first data set, as those below."""
        return self.sets[0].inputs if self.sets else {}

    @property
    def expected(self) -> dict[str, Array]:
        return self.sets[0].expected if self.sets else {}

    @property
    def bounds(self) -> dict[str, Array]:
        return self.sets[0].bounds if self.sets else {}

    @property
    def index(self) -> int | None:
        """In the family; None: the model was made from a tape."""
        return self.source if isinstance(self.source, int) else None

    @property
    def command(self) -> str | None:
        """A command line of the program nngen that writes this model; None: it was made from a tape."""
        return None if self.index is None else self.family.command(self.index)

    @property
    def tape(self) -> bytes:
        """The model as bytes to edit, which `family.from_tape` reads."""
        return self.family.tape(self.source)

    def compare(self, actual: _compare.Outputs, set: int = 0, *, limit: int = 10) -> _compare.Comparison:
        """Compares outputs of a data set: a mapping, or a sequence in the order of the graph outputs."""
        return _compare.compare(self.sets[set].expected, self.sets[set].bounds, actual, limit=limit)

    def save(self, directory: str | os.PathLike[str]) -> None:
        """Writes the directory of an ONNX backend test: model.onnx, test_data_set_K/input_I.pb, output_J.pb, bound_J.pb,
        and files of `external`. It must not exist or must be empty."""
        self.family.write(self.source, directory)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self.onnx == other.onnx and self.source == other.source

    def __hash__(self) -> int:
        return hash(self.onnx)

    def __repr__(self) -> str:
        if isinstance(self.source, int):
            return f"{self.family!r}[{self.source}]"
        shown = ", ".join(self.nodes[:12]) + (", ..." if len(self.nodes) > 12 else "")
        return f"<{len(self.nodes)} node{'s' * (len(self.nodes) != 1)}: {shown}> {self.family!r}.from_tape({self.source!r})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """For Hypothesis and IPython, which would show the fields of a data class."""
        printer.text(repr(self))
