"""Strategies for Hypothesis, whose shrinking removes operators.

    from hypothesis import given
    from nngen.strategies import models

    @given(models(nodes=10))
    def test_my_runtime(model):
        assert model.compare(my_runtime(model.onnx, model.inputs))

A model is drawn as the index of a model of a family, whose tape is then edited: each segment of the tape, which places one or
several operators, is kept, replaced by one of its operators, or left out. The smaller choice is the smaller model, so that Hypothesis
shrinks a failing model to the few operators that fail. Every edited tape is a valid model.
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

_MOSTLY = 15  # a segment is left out or replaced at first with a probability of about one in so many


class _Source:
    """A family, opened when the first model is drawn, and without outputs for what is only looked at."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self._opened: tuple[Family, Family] | None = None

    def opened(self) -> tuple[Family, Family]:
        if self._opened is None:
            self._opened = Family(**self.options), Family(**{**self.options, "outputs": False, "inputs": 0})
        return self._opened


def _parts(scout: Family, segment: _tape.Segment, tape: list[_tape.Segment]) -> tuple[str, ...]:
    """The operators of a segment that places several; none if it places one."""
    if segment.kind == _tape.GROUP and segment.operators < 2:
        return ()
    alone = [s for s in tape if s.kind == _tape.HEAD] + [segment]
    nodes = scout.nodes_of(_tape.write(alone))
    return tuple(sorted(set(nodes))) if len(nodes) > 1 else ()


@st.composite
def _models(draw: st.DrawFn, source: _Source) -> Model:
    family, scout = source.opened()
    index = draw(st.integers(0, len(family) - 1))
    try:
        tape = _tape.read(scout.tape(index))
        kept = []
        for segment in tape:
            if not segment.places:
                kept.append(segment)
                continue
            parts = _parts(scout, segment, tape)
            form = draw(st.integers(0, max(_MOSTLY, 2 * len(parts))))
            if 1 <= form <= len(parts):
                kept.append(_tape.single(parts[form - 1], segment.address, segment.address or 1))
            elif form > 0:
                kept.append(segment)
        return family.from_tape(_tape.write(kept))
    except BuildError:
        reject()


def models(nodes: int = 10, count: int = 1_000_000, **options: Any) -> st.SearchStrategy[Model]:
    """Models of up to about `nodes` operators (at most 2 * nodes + 8), with the options of nngen.family."""
    check_names(options)
    return _models(_Source({"nodes": nodes, "count": count, **options}))
