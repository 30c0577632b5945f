"""Families with symbolic dims: data sets at each assignment, and no tapes."""
import numpy as np
import onnx
import onnxruntime
import pytest

import nngen


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


def test_tapes_are_refused():
    family = nngen.family(nodes=6, count=1, dynamic=0.5)
    with pytest.raises(nngen.UsageError, match="a tape has no symbolic dims"):
        family.from_tape(b"abc")
    with pytest.raises(nngen.UsageError, match="dynamic 1.5: expected a share"):
        nngen.family(dynamic=1.5)
