"""Families of models: the options, and the objects of the library behind them."""

from __future__ import annotations

import operator
import os
import shlex
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence, TypeVar, Union, overload

from . import _errors
from ._lib import Handle, Steps, bytes_of, c_text, call, ffi, lib, text
from ._model import DataSet, Model, Source, Tolerance
from ._tensor import decode

Names = Union[str, Iterable[str], None]
Weights = Union[Mapping[Union[str, tuple[str, str]], float], str, os.PathLike[str], None]
T = TypeVar("T")

_DEFAULTS: dict[str, Any] = {
    "nodes": 40, "count": 100, "seed": 0, "opset": 17, "profile": "ort", "specs": None, "ops": None, "types": None, "common": None,
    "inputs": 1, "input_mode": None, "outputs": True, "cover": None, "contain": None, "avoid": None, "weights": None, "motifs": None,
    "near_misses": 35, "manner": None, "constants": 0, "max_elements": 4096, "max_dim": 64, "max_window": 7, "max_rank": 6,
    "dynamic": None, "empty": None, "data_dependent": None, "random": None, "check": False, "form": None, "variants": 1,
}
_TABLE = ("profile", "specs", "ops", "types", "common")  # texts of nn_table_config
_FAMILY = ("input_mode", "cover", "contain", "avoid", "motifs", "manner", "dynamic", "empty", "data_dependent", "random", "form")  # texts of nn_family_config
_ABOVE_ZERO = ("nodes", "count", "opset", "max_elements", "max_dim", "max_window", "max_rank", "variants")  # where 0 means the default in C


def _joined(value: Names | float, by: str) -> str | None:
    """A list of names as the library reads it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return repr(value)
    return by.join(value) or None


def _number(options: Mapping[str, Any], name: str) -> int:
    value = options[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: {value!r} is no int")
    least = 1 if name in _ABOVE_ZERO else 0
    if not least <= value < 2**63:
        raise _errors.UsageError(f"{name}: {value} is out of range; expected {least} or more, below 2^63")
    return value


def _weights(value: Weights) -> str | None:
    """The text of weights: of a mapping, or of a file."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return "".join(f"{k if isinstance(k, str) else ','.join(k)} {w!r}\n" for k, w in value.items())
    out = Handle("char", lib.nn_text_free)
    path = c_text(os.fspath(value), "weights")
    call(lib.nn_weights_read, out.slot, path)
    return text(out.pointer)


def check_names(options: Iterable[str]) -> None:
    unknown = sorted(set(options) - set(_DEFAULTS))
    if unknown:
        raise TypeError(f"{unknown[0]} is no option of a family; expected one of {', '.join(_DEFAULTS)}")


def _nodes(m: Any) -> tuple[str, ...]:
    return tuple(text(lib.nn_model_node_operator(m, i)) for i in range(lib.nn_model_nodes(m)))


def _external(m: Any, i: int) -> tuple[str, bytes]:
    name = ffi.new("const char **")
    data = bytes_of(lib.nn_model_external, m, i, name)
    return text(name[0]), data


class Family(Sequence[Model]):
    """A sequence of models, each of which is built when it is asked for. It may be shared by threads, pickled and copied."""

    def __init__(self, **options: Any) -> None:
        check_names(options)
        given = {**_DEFAULTS, **options}
        for name in ("ops", "types", "input_mode", "motifs", "dynamic", "empty", "data_dependent", "random", "form"):
            given[name] = _joined(given[name], ",")
        for name in ("contain", "avoid"):
            given[name] = _joined(given[name], ";")
        for name in ("specs", "weights"):
            if isinstance(given[name], os.PathLike):
                given[name] = os.fspath(given[name])
        self._options = given
        self._count = _number(given, "count") * _number(given, "variants")  # copies follow one another
        numbers = {name: _number(given, name) for name in _DEFAULTS if type(_DEFAULTS[name]) is int}
        self._sets = numbers["inputs"]
        self._outputs = bool(given["outputs"]) and self._sets > 0
        self._steps = Steps()
        self._table = self._open_table(numbers["opset"])
        self._family = self._open_family(numbers)
        self._builders: list[Handle] = []  # that no thread uses now

    def _open_table(self, opset: int) -> Handle:
        texts = {name: c_text(self._options[name], name) for name in _TABLE}
        rules = self._outputs or bool(self._options["dynamic"]) or bool(self._options["data_dependent"])
        config = ffi.new("nn_table_config *", {"opset": min(opset, 2**31 - 1), "outputs": rules, **texts})
        table = Handle("nn_table", lib.nn_table_close)
        call(lib.nn_table_open, table.slot, config)
        return table

    def _open_family(self, numbers: dict[str, int]) -> Handle:
        texts = {name: c_text(self._options[name], name) for name in _FAMILY}
        texts["weights"] = c_text(_weights(self._options["weights"]), "weights")
        values = {name: n for name, n in numbers.items() if name != "opset"}
        values["inputs"] = numbers["inputs"] or -1
        values["near_misses"] = numbers["near_misses"] or -1
        flags = {"outputs": self._outputs, "check": bool(self._options["check"])}
        config = ffi.new("nn_family_config *", {**values, **texts, **flags, "step": self._steps.function})
        out = Handle("nn_family", lib.nn_family_close, self._table)
        self._steps.call(lib.nn_family_open, out.slot, self._table.pointer, config)
        return out

    # ---- what it is ----

    @property
    def options(self) -> dict[str, Any]:
        """All options, with their defaults."""
        return dict(self._options)

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that models may have, sorted by name."""
        table = self._table.pointer
        return tuple(text(lib.nn_table_operator(table, i)) for i in range(lib.nn_table_operators(table)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What became of `ops`: names that this opset, profile or these types do not have, and helpers that were added."""
        found: list[str] = []
        while (note := lib.nn_table_note(self._table.pointer, len(found))) != ffi.NULL:
            found.append(text(note))
        return tuple(found)

    @property
    def digest(self) -> str:
        """SHA-256 of the operator table and profile, as 64 hexadecimal digits."""
        return text(lib.nn_table_digest(self._table.pointer))

    def _stated(self) -> dict[str, Any]:
        return {k: v for k, v in self._options.items() if v != _DEFAULTS[k]}

    def command(self, index: int) -> str:
        """A command line of the program nngen that writes model `index` alone."""
        words = ["nngen", "--nodes", str(self._options["nodes"]), "--count", str(self._options["count"])]
        for name, value in self._stated().items():
            option = "--" + name.replace("_", "-")
            if name in ("nodes", "count", "outputs", "check"):
                continue
            if name == "weights" and isinstance(value, Mapping):
                words += [option, "FILE"]
            elif name in ("contain", "avoid"):
                for path in value.split(";"):
                    words += [option, path]
            else:
                words += [option, os.fspath(value) if name == "weights" else str(value)]
        if self._outputs:
            words.append("--outputs")
        return shlex.join([*words, "--shard", f"{index + 1}/{self._count}", "--out", "DIR"])

    def __repr__(self) -> str:
        return f"nngen.family({', '.join(f'{k}={v!r}' for k, v in self._stated().items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _open, (self._stated(),)

    # ---- its models ----

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Model: ...
    @overload
    def __getitem__(self, index: slice) -> list[Model]: ...
    def __getitem__(self, index: int | slice) -> Model | list[Model]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        i = operator.index(index)
        if not -self._count <= i < self._count:
            raise IndexError(f"model {i}: the family has {self._count} models")
        return self._make(i % self._count)

    def __iter__(self) -> Iterator[Model]:
        return (self[i] for i in range(self._count))

    def __contains__(self, model: object) -> bool:
        return isinstance(model, Model) and model.index is not None and model.index < self._count and self[model.index] == model

    def from_tape(self, tape: bytes) -> Model:
        """The model that a tape describes. Every byte string is a tape; the library's nngen.h says more."""
        return self._make(bytes(tape))

    def tape(self, source: Source) -> bytes:
        """The tape of a model, which gives that model again in a family of the same options."""
        return self._with_built(source, lambda m: bytes_of(lib.nn_model_tape, m))

    def nodes_of(self, source: Source) -> tuple[str, ...]:
        """The operators of a model, without the rest of it."""
        return self._with_built(source, _nodes)

    def write(self, source: Source, directory: str | os.PathLike[str]) -> None:
        """See Model.save."""
        path = c_text(os.fspath(directory), "directory")
        self._with_built(source, lambda m: call(lib.nn_model_write, m, path))

    def _with_built(self, source: Source, use: Callable[[Any], T]) -> T:
        try:
            builder = self._builders.pop()
        except IndexError:
            builder = Handle("nn_model", lib.nn_model_free, self._family)
        if isinstance(source, int):
            self._steps.call(lib.nn_model_build, builder.slot, self._family.pointer, source)
        else:
            self._steps.call(lib.nn_model_build_bytes, builder.slot, self._family.pointer, ffi.from_buffer(source), len(source))
        result = use(builder.pointer)
        self._builders.append(builder)
        return result

    def _make(self, source: Source) -> Model:
        return self._with_built(source, lambda m: self._read(m, source))

    def _read(self, m: Any, source: Source) -> Model:
        def tensors(function: Any, k: int, n: int) -> list[tuple[str, Any]]:
            return [decode(bytes_of(function, m, k, i)) for i in range(n)]

        inputs, outputs = lib.nn_model_inputs(m), lib.nn_model_outputs(m)
        sets = []
        tolerances = {}
        for k in range(lib.nn_model_sets(m)):
            expected = tensors(lib.nn_model_output, k, outputs) if self._outputs else []
            bounds = tensors(lib.nn_model_bound, k, outputs) if self._outputs else []
            named = {name: array for (name, _), (_, array) in zip(expected, bounds)}
            sets.append(DataSet(dict(tensors(lib.nn_model_input, k, inputs)), dict(expected), named))
        for i, name in enumerate(sets[0].expected if sets else ()):
            t = ffi.new("nn_tolerance *")
            call(lib.nn_model_tolerance, m, i, t)
            tolerances[name] = Tolerance(t.atol, t.rtol, bool(t.wide), bool(t.unbounded))
        external = dict(_external(m, i) for i in range(lib.nn_model_externals(m)))
        return Model(text(lib.nn_model_name(m)), _nodes(m), bytes_of(lib.nn_model_onnx, m), tuple(sets), tolerances, self, source, external)


def _open(options: dict[str, Any]) -> Family:
    return Family(**options)


def family(
    nodes: int = 40,
    count: int = 100,
    seed: int = 0,
    *,
    opset: int = 17,
    profile: str = "ort",
    specs: str | os.PathLike[str] | None = None,
    ops: Names = None,
    types: Names = None,
    common: str | None = None,
    inputs: int = 1,
    input_mode: Names = None,
    outputs: bool = True,
    cover: str | None = None,
    contain: Names = None,
    avoid: Names = None,
    weights: Weights = None,
    motifs: Names | float = None,
    near_misses: int = 35,
    manner: str | None = None,
    constants: int = 0,
    max_elements: int = 4096,
    max_dim: int = 64,
    max_window: int = 7,
    max_rank: int = 6,
    dynamic: str | float | None = None,
    empty: str | float | None = None,
    data_dependent: str | float | None = None,
    random: str | float | None = None,
    check: bool = False,
    form: Names = None,
    variants: int = 1,
) -> Family:
    """`count` models of exactly `nodes` operators, which depend on the options alone. They are those of the program nngen, whose
    help describes each option; None is its default.

    Lists of names may be strings ("Conv,Relu") or lists. `specs` is the directory of an operator table. `weights` is a file, or a
    mapping: {"Conv": 4, ("Conv", "Relu"): 2}. `inputs` is the number of data sets of each model, and `outputs` says whether they
    have expected outputs. Models with `dynamic` dims have so many data sets for each of their sizes. `empty` is the share of the models that
    have tensors without elements. `data_dependent` and `random` are shares of the models that have operators whose results have sizes that
    data decide, and random operators, inside of motifs whose results are fixed; such families have no tapes.
    `form` and `variants` give models in other forms that compute the same: with `variants` of K, models
    K * i to K * i + K - 1 are copies of one model, and the first of them is plain.

    UsageError: an option is out of range, or the request is impossible. TableError: the table or profile is wrong."""
    return Family(**locals())
