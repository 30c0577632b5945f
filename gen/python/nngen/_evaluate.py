"""Outputs of any model, with bounds, computed by the rules of the operator table."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Union

from . import _compare, _errors
from ._lib import Handle, bytes_of, c_text, call, ffi, lib, text
from ._tensor import Array, decode, encode


@dataclass(frozen=True)
class Evaluation:
    """What the outputs of a model are expected to be, and how far each element of a correct result may be from it: infinite where
    nothing is known."""

    expected: dict[str, Array]
    bounds: dict[str, Array]
    unknown: tuple[str, ...] = field(default=())  # nodes whose values cannot be computed, with the reasons

    def compare(self, actual: _compare.Outputs, *, limit: int = 10) -> _compare.Comparison:
        """Compares outputs: a mapping, or a sequence in the order of the graph outputs."""
        return _compare.compare(self.expected, self.bounds, actual, limit=limit)


class Evaluator:
    """A model that is evaluated. Another one of the same opset, given as `like`, saves reading the table again. It is for one thread
    at a time."""

    def __init__(
        self,
        model: Union[bytes, str, os.PathLike[str]],
        *,
        specs: str | os.PathLike[str] | None = None,
        tensors: Iterable[str] = (),
        max_bytes: int = 0,
        max_work: int = 0,
        like: Evaluator | None = None,
    ) -> None:
        directory = None
        if not isinstance(model, bytes):
            path = os.fspath(model)
            directory = os.path.dirname(path) or "."
            with open(path, "rb") as f:
                model = f.read()
        told: list[str] = []

        @ffi.callback("void(void *, const char *)")  # type: ignore[untyped-decorator]
        def tell(_: Any, what: Any) -> None:
            told.append(text(what))

        further = list(tensors)
        texts = {"specs": c_text(None if specs is None else os.fspath(specs), "specs"), "directory": c_text(directory, "model")}
        sizes = {"max_bytes": max_bytes, "max_work": max_work, "all": bool(further)}
        config = ffi.new("nn_eval_config *", {**sizes, **texts, "tell": tell, "like": like._handle.pointer if like else ffi.NULL})
        # What C goes on using is freed after the evaluator: the callback, the strings, the other evaluator's table.
        self._handle: Handle = Handle("nn_eval", lib.nn_eval_close, *([like._handle] if like else []), keep=(tell, texts))
        self._told = told
        try:
            call(lib.nn_eval_open, self._handle.slot, ffi.from_buffer(model), len(model), config)
        except _errors.UnsupportedError as e:
            e.reasons = tuple(told)
            raise
        self.opset: int = lib.nn_eval_opset(self._handle.pointer)
        self.inputs = self._names(lib.nn_eval_input)  # those without an initializer
        self.outputs = self._names(lib.nn_eval_output)
        self._wanted = [*self.outputs, *(t for t in further if t not in self.outputs)]

    def _names(self, function: Any) -> tuple[str, ...]:
        out: list[str] = []
        while (name := function(self._handle.pointer, len(out))) != ffi.NULL:
            out.append(text(name))
        return tuple(out)

    def run(self, inputs: Mapping[str, Any]) -> Evaluation:
        """See evaluate. Inputs stay set for the next run."""
        evaluator = self._handle.pointer
        for name, value in inputs.items():
            tensor = encode(value, name)
            call(lib.nn_eval_set, evaluator, c_text(name, "inputs"), tensor, len(tensor))
        self._told.clear()
        call(lib.nn_eval_run, evaluator)
        expected: dict[str, Array] = {}
        bounds: dict[str, Array] = {}
        for name in self._wanted:
            c_name = c_text(name, "tensor")
            try:
                value, bound = (bytes_of(f, evaluator, c_name) for f in (lib.nn_eval_value, lib.nn_eval_bound))
            except _errors.UsageError as e:  # not known
                if not self._told:
                    self._told.append(str(e))
                continue
            expected[name], bounds[name] = decode(value)[1], decode(bound)[1]
        return Evaluation(expected, bounds, tuple(self._told))


def evaluate(
    model: Union[bytes, str, os.PathLike[str]],
    inputs: Mapping[str, Any],
    *,
    specs: str | os.PathLike[str] | None = None,
    tensors: Iterable[str] = (),
    max_bytes: int = 0,
    max_work: int = 0,
) -> Evaluation:
    """Computes the outputs of a model, which may be anybody's: its bytes, or its path, beside which tensors in files of their own
    are looked for. `inputs` are arrays by name, of those inputs that have no initializer. `tensors` are names of others to return.
    `max_bytes` of tensors at one time and `max_work` evaluations are allowed; 0: 4 GiB, 1e11.

    UnsupportedError: an operator is not in the table at the model's opset; `reasons` has every case. FileError: it is no sound
    model. UsageError: an input is missing, unknown, or of another type or shape. BuildError: the tensors are too large."""
    evaluator = Evaluator(model, specs=specs, tensors=tensors, max_bytes=max_bytes, max_work=max_work)
    return evaluator.run(inputs)
