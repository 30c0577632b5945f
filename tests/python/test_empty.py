"""Families with empty tensors: arrays with dims of 0, expected outputs of them, and tapes."""
import numpy as np
import pytest

import nngen


def has_empty(arrays):
    return any(np.asarray(a).size == 0 for a in arrays.values())


def test_arrays_have_no_elements():
    family = nngen.family(nodes=8, count=60, seed=4, empty=1.0)
    models = list(family)
    assert sum(has_empty(m.sets[0].inputs) for m in models) >= 10
    assert sum(has_empty(m.sets[0].expected) for m in models) >= 20
    assert all(m.compare(m.expected) for m in models)
    assert "--empty 1.0" in family.command(0)


def test_a_tape_gives_the_same_model():
    family = nngen.family(nodes=6, count=4, seed=2, empty=1.0)
    for model in family:
        assert family.from_tape(model.tape).onnx == model.onnx


def test_a_share_is_expected():
    with pytest.raises(nngen.UsageError, match="empty 1.5: expected a share from 0 to 1"):
        nngen.family(empty=1.5)


def test_an_empty_batch():
    family = nngen.family(nodes=6, count=10, seed=2, empty=1.0, dynamic="batch", outputs=False)
    assert any(a.size == 0 for model in family for s in model.sets for a in s.inputs.values())
