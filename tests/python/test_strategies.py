"""Strategies for Hypothesis: models are valid, and faults shrink to the operators that show them."""
import re

import onnx
import onnxruntime as ort
import pytest
from hypothesis import HealthCheck, given, seed, settings

import nngen
from nngen import _tape
from nngen.strategies import models

ort.set_default_logger_severity(4)
PROFILE = settings(database=None, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck), print_blob=False)


def run(onnx_bytes, inputs):
    return ort.InferenceSession(onnx_bytes, providers=["CPUExecutionProvider"]).run(None, inputs)


def test_models_are_valid():
    sizes = set()

    @seed(1)
    @settings(PROFILE, max_examples=60)
    @given(models(nodes=8, types=["int32", "bool"]))
    def check(model):
        onnx.checker.check_model(onnx.load_model_from_string(model.onnx), full_check=True)
        assert model.compare(run(model.onnx, model.inputs)) and model.index is None
        assert eval(repr(model).partition("> ")[2]) == model
        sizes.add(len(model.nodes))

    check()
    assert len(sizes) >= 4 and max(sizes) <= 2 * 8 + 8


def faulty(model, word):
    """A runtime that takes one operator for Identity."""
    proto = onnx.load_model_from_string(model.onnx)
    for node in proto.graph.node:
        if node.op_type == word:
            node.op_type = "Identity"
            del node.attribute[:]
    return run(proto.SerializeToString(), model.inputs)


@pytest.mark.parametrize("nodes, word, number", [(10, "Relu", 0), (10, "Relu", 1), (40, "Relu", 2), (10, "Erf", 0)])
def test_a_planted_fault_shrinks(nodes, word, number):
    """To at most two nodes, from models of any size."""
    failed = []

    @seed(number)
    @settings(PROFILE, max_examples=1000)
    @given(models(nodes=nodes))
    def check(model):
        if word in model.nodes and not model.compare(faulty(model, word)):
            failed.append(model)
            raise AssertionError(model.nodes)

    with pytest.raises(AssertionError) as e:
        check()
    assert re.search(rf"model=<[12] nodes?: .*{word}.*> nngen\.family\(.*\)\.from_tape\(b", "".join(e.value.__notes__))
    assert word in failed[-1].nodes and len(failed[-1].nodes) <= 2
    assert len(failed[0].nodes) > 2 and len(failed) >= 3  # it had something to shrink


def test_two_operators_that_fail_together_shrink():
    failed = []

    @seed(3)
    @settings(PROFILE, max_examples=400)
    @given(models(nodes=12))
    def check(model):
        if {"Add", "MatMul"} <= set(model.nodes):
            failed.append(model)
            raise AssertionError

    with pytest.raises(AssertionError):
        check()
    assert len(failed[-1].nodes) <= 4


def test_a_pair_of_operators_shrinks():
    """Also if it comes from a motif of more operators, or with constants that the end of a model adds. Now and then a motif keeps an operator or two."""
    ends = []
    for number in range(1, 9):
        ends.append([])

        @seed(number)
        @settings(PROFILE, max_examples=400)
        @given(models(nodes=12, outputs=False))
        def check(model):
            graph = onnx.load_model_from_string(model.onnx).graph
            made = {y: node.op_type for node in graph.node for y in node.output}
            if any(node.op_type == "Conv" and made.get(node.input[0]) == "Relu" for node in graph.node):
                ends[-1].append(model)
                raise AssertionError

        with pytest.raises(AssertionError):
            check()
        ends[-1] = ends[-1][0].nodes, ends[-1][-1].nodes
        assert len(ends[-1][1]) < len(ends[-1][0]), number
    assert [last for _, last in ends].count(("Relu", "Conv")) >= 6, ends


def test_wrong_options():
    @settings(PROFILE)
    @given(models(ops="Rlu"))
    def check(model):
        pass

    with pytest.raises(nngen.UsageError, match="unknown operator Rlu"):
        check()
    with pytest.raises(TypeError, match="nodse"):
        models(nodse=3)


def test_tapes():
    family = nngen.family(nodes=10, count=20, seed=3)
    for i in range(20):
        tape = family.tape(i)
        segments = _tape.read(tape)
        assert _tape.write(segments) == tape and family.from_tape(tape).onnx == family[i].onnx
        assert any(s.places for s in segments) and segments[0].kind == _tape.HEAD
    assert family.tape(family.tape(3)) == family.tape(3) == family[3].tape
    assert len(family.from_tape(b"").nodes) >= 1 and family.from_tape(b"\x00" * 40).index is None
    with pytest.raises(ValueError, match="NNT1"):
        _tape.read(b"none")


def test_mutants():
    """Mutants and offspring are valid models, most of them others, and depend on the seed alone."""
    family = nngen.family(nodes=10, count=2, seed=3)
    a, b = family[0].tape, family[1].tape
    mutants = [nngen.mutate(a, seed) for seed in range(30)] + [nngen.cross(a, b, seed) for seed in range(30)]
    assert mutants == [nngen.mutate(a, seed) for seed in range(30)] + [nngen.cross(a, b, seed) for seed in range(30)]
    for tape in mutants:
        onnx.checker.check_model(onnx.load_model_from_string(family.from_tape(tape).onnx), full_check=True)
    assert len({family.from_tape(tape).nodes for tape in mutants}) > 15
    assert len(nngen.mutate(a, 1, most=100)) <= 100
    with pytest.raises(nngen.UsageError, match="32 or more"):
        nngen.mutate(a, 1, most=31)


def test_a_segment_of_one_operator_places_it():
    """So that a motif can be replaced with one of its operators. Operators whose outputs need others are exceptions."""
    family = nngen.family(nodes=10, count=1)
    placed = [op in family.nodes_of(_tape.write([_tape.chain([op], 1, 1)])) for op in family.operators]
    assert sum(placed) >= 0.9 * len(placed)


def test_the_hash_of_an_operator_is_the_library_s():
    family = nngen.family(nodes=6, count=3, ops=["Relu"], motifs="none")
    hashes = {value for i in range(3) for s in _tape.read(family.tape(i)) for label, _, value in s.items if label == _tape.ITEM_OPERATOR}
    assert hashes == {_tape.operator_hash("Relu")}
