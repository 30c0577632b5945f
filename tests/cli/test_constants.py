"""--constants: graph inputs that become initializers, nodes that can be folded, initializers that nodes share."""
import json
from collections import Counter

import onnx
import pytest

SMALL = ("--manner", "uniform", "--nodes", 40, "--count", 80, "--seed", 5, "--inputs", 0, "--quiet")


def graphs(out):
    return [onnx.load(p).graph for p in sorted(out.glob("*/model.onnx"))]


def foldable(graph):
    """The nodes that depend on no graph input, those without inputs aside."""
    live, found = {x.name for x in graph.input}, []
    for n in graph.node:
        if any(x in live for x in n.input):
            live.update(n.output)
        elif any(n.input):
            found.append(n)
    return found


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    made = {}

    def get(nngen):
        for share in (0, 60):
            if share not in made:
                made[share] = tmp_path_factory.mktemp("constants") / "c"
                r = nngen(*SMALL, "--constants", share, "--check", "--out", made[share])
                assert r.code == 0, r.err
        return made

    return get


def test_a_few_nodes_can_be_folded(nngen, both):
    plain, constant = graphs(both(nngen)[0]), graphs(both(nngen)[60])
    before = [len([n for n in foldable(g) if n.op_type not in ("ConstantOfShape", "Range", "MelWeightMatrix", "HannWindow", "HammingWindow", "BlackmanWindow")])
              for g in plain]
    after = [foldable(g) for g in constant]
    assert sum(before) == 0
    assert sum(len(x) > 0 for x in after) > 10 and len({n.op_type for x in after for n in x}) > 10
    assert all(len(g.node) == 40 and g.input for g in constant)
    assert sum(len(g.input) for g in constant) < 0.85 * sum(len(g.input) for g in plain)


def test_every_graph_output_depends_on_an_input(nngen, both):
    for g in graphs(both(nngen)[60]):
        live = {x.name for x in g.input}
        for n in g.node:
            if any(x in live for x in n.input):
                live.update(n.output)
        assert {x.name for x in g.output} <= live


def test_initializers_are_shared(nngen, both):
    def shared(out):
        uses = [Counter(x for n in g.node for x in n.input) for g in graphs(out)]
        return sum(any(u[t.name] > 1 for t in g.initializer) for g, u in zip(graphs(out), uses))

    assert shared(both(nngen)[0]) == 0 < 5 < shared(both(nngen)[60])


def test_data_operands_of_many_operators_are_constant(nngen, both):
    """Also those that the table gives the role data alone: the first input of an operator."""
    ops = set()
    for g in graphs(both(nngen)[60]):
        constant = {t.name for t in g.initializer}
        ops |= {n.op_type for n in g.node if n.input and n.input[0] in constant}
    assert len(ops - {"ConstantOfShape", "Range"}) > 40, sorted(ops)


def test_the_default_says_nothing(nngen, both, tmp_path):
    assert nngen(*SMALL, "--out", tmp_path / "c").code == 0
    for p in sorted((tmp_path / "c").glob("*/model.onnx")):
        assert p.read_bytes() == (both(nngen)[0] / p.parent.name / "model.onnx").read_bytes()
        assert b"constants=" not in p.read_bytes()
    assert b"constants=60" in (both(nngen)[60] / "test_000000" / "model.onnx").read_bytes()


def test_replay(nngen, both, tmp_path):
    assert nngen("replay", both(nngen)[60] / "manifest.json", "--out", tmp_path / "c", "--quiet").code == 0
    for name in ("models.jsonl", "test_000007/model.onnx"):
        assert (tmp_path / "c" / name).read_bytes() == (both(nngen)[60] / name).read_bytes()
    assert json.loads((tmp_path / "c" / "manifest.json").read_text())["options"]["constants"] == 60


def test_refused(nngen, tmp_path):
    r = nngen("--constants", 101, "--out", tmp_path / "c")
    assert (r.code, r.err) == (2, "nngen: --constants 101: expected an integer from 0 to 100\nTry 'nngen --help'.\n")
