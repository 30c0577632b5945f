"""Actual outputs against what is expected, element by element: the rule of `nngen compare`, on arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence, Union

import numpy as np

from ._tensor import Array

Outputs = Union[Mapping[str, Any], Sequence[Any], Array]


@dataclass(frozen=True)
class Outside:
    """An element that is not within its bound."""

    output: str
    index: tuple[int, ...]
    expected: Any
    bound: float
    actual: Any
    ratio: float  # |actual - expected| / bound

    def __str__(self) -> str:
        place = f"{self.output}[{', '.join(map(str, self.index))}]"
        return f"{place}: expected {self.expected}, bound {self.bound:.9g}, actual {self.actual}, ratio {self.ratio:.4g}"


@dataclass(frozen=True)
class Comparison:
    """The result of `compare`. It is true if all elements are within their bounds; its text lists those that are not."""

    outputs: int  # that were compared
    elements: int
    outside: int  # elements outside their bounds
    without_bound: int  # elements whose bound is infinite, where nothing is known
    worst: float  # the largest ratio; 0 if no element is outside
    elements_outside: tuple[Outside, ...]  # the worst ones, worst first
    problems: tuple[str, ...]  # outputs that are missing, or of another type or shape

    def __bool__(self) -> bool:
        return not self.outside and not self.problems

    def __repr__(self) -> str:
        summary = f"{self.outputs} output{'s' * (self.outputs != 1)}, {self.elements} elements, {self.outside} outside their bounds"
        worst = f" (worst ratio {self.worst:.4g})" if self.outside else ""
        more = self.outside - len(self.elements_outside)
        lines = [summary + worst, *self.problems, *map(str, self.elements_outside), *([f"and {more} more"] if more else [])]
        return "\n".join(lines)

    def check(self) -> None:
        """AssertionError with the text, unless all elements are within their bounds."""
        if not self:
            raise AssertionError(repr(self))


def _pairs(expected: Outputs, bounds: Outputs, actual: Outputs) -> list[tuple[str, Any, Any, Any]]:
    """Name, expected, bound, actual; None where there is no actual output."""
    def listed(x: Outputs) -> Any:
        return [x] if isinstance(x, (np.ndarray, np.generic)) else x

    expected, bounds, actual = map(listed, (expected, bounds, actual))
    names = list(expected) if isinstance(expected, Mapping) else [f"output {i}" for i in range(len(expected))]

    def of(x: Any, what: str) -> list[Any]:
        if isinstance(x, Mapping):
            if not isinstance(expected, Mapping):
                raise TypeError(f"{what} has names, but expected has none: give both as mappings or both as sequences")
            return [x.get(n) for n in names]
        values = list(x)
        if len(values) > len(names):
            raise ValueError(f"{what} has {len(values)} outputs, expected has {len(names)}")
        return values + [None] * (len(names) - len(values))

    values = list(expected.values()) if isinstance(expected, Mapping) else list(expected)
    return list(zip(names, values, of(bounds, "bounds"), of(actual, "actual")))


def _distance(a: Array, b: Array) -> Array:
    """|a - b| in float64. Whole numbers are subtracted as such: a float64 does not hold all of them."""
    off: Array
    if a.dtype.kind == "b":
        off = (a != b).astype(np.float64)
    elif a.dtype.kind in "iu":
        high, low = np.maximum(a, b), np.minimum(a, b)
        off = (high.astype(np.uint64) - low.astype(np.uint64)).astype(np.float64)  # modulo 2^64, which is right for both signs
    else:
        with np.errstate(invalid="ignore"):
            off = np.abs(a.astype(np.float64) - b.astype(np.float64))
    return off


def _one(name: str, expected: Array, bound: Array, actual: Array, limit: int) -> tuple[int, int, list[Outside]]:
    """Elements outside, elements without bound, and the worst of the former."""
    limits = np.broadcast_to(bound.astype(np.float64), expected.shape)
    off = _distance(actual, expected)
    right = (off <= limits) | np.isposinf(limits) | (actual == expected)
    if expected.dtype.kind not in "biu":
        right |= np.isnan(actual.astype(np.float64)) & np.isnan(expected.astype(np.float64))
    wrong = np.flatnonzero(~right)
    far = off.reshape(-1)[wrong]
    far[np.isnan(far)] = np.inf
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = far / limits.reshape(-1)[wrong]
    ratio[np.isnan(ratio)] = np.inf
    found = []
    for k in np.lexsort((wrong, -far, -ratio))[:limit]:
        at = tuple(int(i) for i in np.unravel_index(wrong[k], expected.shape))
        found.append(Outside(name, at, expected[at], float(limits[at]), actual[at], float(ratio[k])))
    return len(wrong), int(np.isposinf(limits).sum()), found


def compare(expected: Outputs, bounds: Outputs, actual: Outputs, *, limit: int = 10) -> Comparison:
    """Compares outputs with what is expected. Each argument is a mapping from names to arrays, a sequence of arrays in the order of
    `expected`, or one array. An element y is right if |y - v| <= bound in float64, or y and v are the same infinity or both NaN, or
    the bound is infinite. `limit` is the number of elements outside that the result lists."""
    outputs = elements = outside = unbounded = 0
    problems: list[str] = []
    found: list[Outside] = []
    for name, want, bound, got in _pairs(expected, bounds, actual):
        if got is None:
            problems.append(f"{name}: there is no actual output")
            continue
        if bound is None:
            raise ValueError(f"{name}: there are no bounds")
        want, bound, got = np.asarray(want), np.asarray(bound), np.asarray(got)
        if want.dtype != got.dtype or want.shape != got.shape:
            problems.append(f"{name}: is {got.dtype}{list(got.shape)}; expected {want.dtype}{list(want.shape)}")
            continue
        n, free, some = _one(name, want, bound, got, limit)
        outputs, elements = outputs + 1, elements + want.size
        outside, unbounded = outside + n, unbounded + free
        found += some
    found.sort(key=lambda e: -e.ratio)
    worst = found[0].ratio if found else np.inf if outside else 0.0
    return Comparison(outputs, elements, outside, unbounded, worst, tuple(found[:limit]), tuple(problems))
