"""An accuracy of one's own for a runtime that is less accurate: bounds grow where its functions are used, and nowhere else."""
import re
import shutil

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from reference.reference import ROOT

ARGS = ("--ops", "Exp,Sin,Tanh,Relu,Neg,Add", "--nodes", 4, "--count", 30, "--seed", 3, "--outputs", "--quiet")


def results(path):
    """{model: (operators, values and bounds of its outputs)}"""
    found = {}
    for d in sorted(path.glob("test_*")):
        graph = onnx.load(d / "model.onnx").graph
        arrays = [[numpy_helper.to_array(onnx.load_tensor(d / "test_data_set_0" / f"{word}_{i}.pb")) for i in range(len(graph.output))] for word in ("output", "bound")]
        found[d.name] = {n.op_type for n in graph.node}, *arrays
    return found


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("accuracy") / "my-table"
    shutil.copytree(ROOT / "specs", path)
    (path / "compute" / "my-runtime.yaml").write_text('accuracy:\n  exp: {ulp: 4000, why: "its data sheet"}\n  sin: {abs: 20000, why: "its data sheet"}\n')
    return path


def test_bounds_grow_where_the_functions_are_used(nngen, table, tmp_path):
    for name, more in (("plain", ()), ("own", ("--specs", table))):
        r = nngen(*ARGS, *more, "--out", tmp_path / name)
        assert r.code in (0, 3), r.err
    plain, own = results(tmp_path / "plain"), results(tmp_path / "own")
    assert plain.keys() == own.keys()
    used = 0
    for model, (operators, values, bounds) in plain.items():
        _, own_values, own_bounds = own[model]
        assert all(np.array_equal(a, b) for a, b in zip(values, own_values)), model
        assert all((a <= b).all() for a, b in zip(bounds, own_bounds)), model
        if not operators & {"Exp", "Sin"}:
            assert all(np.array_equal(a, b) for a, b in zip(bounds, own_bounds)), model
        else:
            used += any((10 * a < b).any() for a, b in zip(bounds, own_bounds))
    assert used > 10


def test_a_number_that_is_not_stated_stays(nngen, table, tmp_path):
    """`sin` keeps its `ulp` of accuracy.yaml, because mappings merge by key."""
    ops = ("--ops", "Sin", "--nodes", 1, "--count", 3, "--outputs", "--quiet")
    stated = re.search(r"^  sin: +\{ulp: (\d+), abs: 1,", (ROOT / "specs/compute/accuracy.yaml").read_text(), re.M)[1]
    bounds = []
    for name, text in (("a", "sin: {abs: 1}"), ("b", f"sin: {{ulp: {stated}}}"), ("c", "sin: {ulp: 1, abs: 1}")):
        (table / "compute" / "my-runtime.yaml").write_text(f"accuracy: {{{text}}}\n")
        assert nngen(*ops, "--specs", table, "--out", tmp_path / name).code in (0, 3)
        bounds.append([b for _, _, bs in results(tmp_path / name).values() for b in bs])
    assert all(np.array_equal(a, b) for a, b in zip(bounds[0], bounds[1]))
    assert any((c < a).any() for a, c in zip(bounds[0], bounds[2]))
