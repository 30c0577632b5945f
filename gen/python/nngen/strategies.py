"""Strategies for Hypothesis, whose shrinking removes operators.

    from hypothesis import given
    from nngen.strategies import models

    @given(models(nodes=10))
    def test_my_runtime(model):
        assert model.compare(my_runtime(model.onnx, model.inputs))

A model is drawn as the index of a model of a family, whose tape is then edited: each segment of the tape, which places one or
several operators, is kept, replaced by some of its operators, or left out. The smaller choice is the smaller model, so that Hypothesis
shrinks a failing model to the few operators that fail. Every edited tape is a valid model.

Of a segment with several operators, such as a motif, there is a choice for each of them. If some are left out, the others are placed as
chains, in which each takes the result of the one before. So a fault that two operators show together shrinks to these two.
"""

from __future__ import annotations

from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from . import _tape
from ._errors import BuildError
from ._family import Family, check_names
from ._model import Model

__all__ = ["models"]

_MOSTLY = 15  # a segment is left out or changed at first with a probability of about one in so many


class _Source:
    """A family, opened when the first model is drawn, and without outputs for what is only looked at."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self._opened: tuple[Family, Family] | None = None
        self._links: dict[tuple[str, str], bool] = {}

    def opened(self) -> tuple[Family, Family]:
        if self._opened is None:
            self._opened = Family(**self.options), Family(**{**self.options, "outputs": False, "inputs": 0})
        return self._opened


    def links(self, before: str, after: str, head: list[_tape.Segment]) -> bool:
        """Whether the second operator can take the result of the first."""
        pair = (before, after)
        if pair not in self._links:
            try:
                nodes = self.opened()[1].nodes_of(_tape.write([*head, _tape.chain(pair, 1, 1)]))
            except BuildError:
                nodes = ()
            self._links[pair] = {before, after} <= set(nodes)
        return self._links[pair]


def _parts(scout: Family, segment: _tape.Segment, head: list[_tape.Segment]) -> tuple[str, ...]:
    """The operators of a segment that places several, in the order of the model; none if it places one."""
    if segment.kind == _tape.GROUP and segment.operators < 2:
        return ()
    nodes = scout.nodes_of(_tape.write([*head, segment]))
    return nodes if len(nodes) > 1 else ()


def _chains(source: _Source, left: list[str], segment: _tape.Segment, head: list[_tape.Segment]) -> list[_tape.Segment]:
    """Segments that place what is left of a segment."""
    rows: list[list[str]] = []
    for word in left:
        if rows and len(rows[-1]) < _tape.CHAIN and source.links(rows[-1][-1], word, head):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [_tape.chain(row, segment.address, (segment.address or 1) + i) for i, row in enumerate(rows)]


@st.composite
def _models(draw: st.DrawFn, source: _Source) -> Model:
    family, scout = source.opened()
    index = draw(st.integers(0, len(family) - 1))
    try:
        tape = _tape.read(scout.tape(index))
        head = [_tape.plain(s) for s in tape if s.kind == _tape.HEAD]
        kept = []
        extra = draw(st.integers(0, _MOSTLY)) > 0
        for segment in tape:
            if not segment.places:
                kept.append(segment if extra or segment.kind != _tape.HEAD else _tape.plain(segment))
                continue
            parts = _parts(scout, segment, head)
            left = [part for part in parts if draw(st.integers(0, _MOSTLY * len(parts))) > 0]
            if parts and len(left) < len(parts):
                kept += _chains(source, left, segment, head)
            elif parts or draw(st.integers(0, _MOSTLY)) > 0:
                kept.append(segment)
        return family.from_tape(_tape.write(kept))
    except BuildError:
        reject()


def models(nodes: int = 10, count: int = 1_000_000, **options: Any) -> st.SearchStrategy[Model]:
    """Models of up to about `nodes` operators (at most 2 * nodes + 8), with the options of nngen.family."""
    check_names(options)
    return _models(_Source({"nodes": nodes, "count": count, **options}))
