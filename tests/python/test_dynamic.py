"""Families with symbolic dims: data sets at each assignment, and tapes."""
import numpy as np
import onnx
import onnxruntime
import pytest

import nngen
from nngen import _tape


def test_each_size_is_a_data_set():
    family = nngen.family(nodes=10, count=100, seed=3, dynamic=1.0)
    shapes = 0
    for model in (family[i] for i in range(20)):
        assert len(model.sets) in (1, 4)
        shapes += len({tuple(a.shape for a in s.inputs.values()) for s in model.sets}) > 1
        session = onnxruntime.InferenceSession(model.onnx, providers=["CPUExecutionProvider"])
        for k, s in enumerate(model.sets):
            assert model.compare(session.run(None, s.inputs), k)
    assert shapes >= 17
    assert "--dynamic 1.0" in family.command(0)


def test_batch():
    family = nngen.family(nodes=6, count=5, seed=1, dynamic="batch", outputs=False, inputs=2)
    model = next(m for m in family if len(m.sets) > 2)
    graph = onnx.load_model_from_string(model.onnx).graph
    (name,) = {v.type.tensor_type.shape.dim[0].dim_param for v in graph.input}
    assert name and len(model.sets) == 8
    first = [next(iter(s.inputs.values())).shape[0] for s in model.sets]
    assert first[:4] == first[4:] and min(first) == first[1] == 1
    a, b = model.sets[0].inputs, model.sets[4].inputs
    assert any(not np.array_equal(a[n], b[n]) for n in a)


@pytest.mark.parametrize("dynamic", [1.0, "batch"])
def test_tapes_keep_symbols(dynamic):
    family = nngen.family(nodes=10, count=30, seed=4, dynamic=dynamic, outputs=False, check=True)
    sized = 0
    for i in range(30):
        model = family[i]
        again = family.from_tape(family.tape(i))
        assert again.onnx == model.onnx and len(again.sets) == len(model.sets)
        sized += len(model.sets) > 1
    assert sized >= 27


def test_changed_tapes_are_valid_at_each_size():
    """Segments are taken from the tapes of two models. With `check`, each instance is judged again."""
    family = nngen.family(nodes=8, count=12, seed=9, dynamic=1.0, outputs=False, check=True)
    sized = 0
    for i in range(0, 12, 2):
        a, b = (_tape.read(family.tape(k)) for k in (i, i + 1))
        mixed = [*a[:-1][: len(a) // 2 + 1], *[s for s in b if s.places], a[-1]]
        model = family.from_tape(_tape.write(mixed))
        sized += len(model.sets) > 1
        session = onnxruntime.InferenceSession(model.onnx, providers=["CPUExecutionProvider"])
        for s in model.sets:
            session.run(None, s.inputs)
    assert sized >= 4


def test_wrong_share():
    with pytest.raises(nngen.UsageError, match="dynamic 1.5: expected a share"):
        nngen.family(dynamic=1.5)
