"""The findings: models are valid, what they should give is what those that agree give, and each defect is still there in the version that it was found in."""
from pathlib import Path

import numpy as np
import pytest

from nngen.study import outcomes, passes, reduce, snippets, targets
from study import recheck

FOUND = recheck.load()


@pytest.fixture(scope="module")
def bench():
    b = recheck.Bench()
    yield b
    b.close()


@pytest.mark.parametrize("f", FOUND, ids=lambda f: f.name)
def test_finding(bench, f):
    """Others agree with what is expected; the target does not, if it is installed in that version."""
    made = f.make()
    assert f.program or 1 <= len(made[0].graph.node) <= 12
    assert all(np.isfinite(e).all() for e in made[2]) and len(made[2]) == len(made[0].graph.output)
    asked = [a for a in f.agree if not recheck.why_not(f, a)]
    assert {a: bench.found(f, a)[0] for a in asked} == dict.fromkeys(asked, "correct")
    if not recheck.why_not(f) and recheck.version(f) == f.version:
        assert bench.found(f)[0] in f.outcome.split(" or ")
        assert not f.passes or bench.outcome(f.target, made, f.passes)[0] == "correct"
    elif not asked:
        pytest.skip(f"{f.target} {f.version} is not installed")


def test_each_defect_is_told_once():
    assert len({f.name for f in FOUND}) == len(FOUND) >= 5 and all(f.why and (f.agree or f.program) for f in FOUND)
    programs = [(f.target, str(vars(f.program))) for f in FOUND if f.program]
    assert len(set(programs)) == len(programs) >= 40


@pytest.mark.parametrize("f", [f for f in FOUND if f.program], ids=lambda f: f.name)
def test_programs_say_what_they_are(f):
    """A program is Python, is short, and its exporters are those of its framework."""
    compile(f.program.script(f.target), f.name, "exec")
    assert len(f.program.statements()) <= 200 and all(v.size <= 600 for v in f.make()[1].values())
    assert set(f.agree) | set(f.also) <= set(snippets.EXPORTERS) - {f.target}
    assert all(snippets.EXPORTERS[t].framework == f.program.framework for t in (f.target, *f.agree, *f.also))


def test_findings_are_written_down():
    """FINDINGS.md is what `tests/study/recheck.py --markdown` prints."""
    assert Path("tests/study/FINDINGS.md").read_text("utf-8") == recheck.markdown(FOUND)


@pytest.fixture
def oracle():
    if targets.why_not(targets.REGISTRY["onnxruntime-all"]):
        pytest.skip("ONNX Runtime is not installed")
    o = reduce.Oracle("onnxruntime-all", outcomes.tolerance("loose"))
    yield o
    o.close()


def named(name):
    return next(f for f in FOUND if f.name == name)


@pytest.mark.parametrize("name", ["layer normalisation by a fourth power", "reciprocal that gains an axis", "pad of one axis between transposes"])
def test_passes_are_named(oracle, name):
    """One transformer that is enough alone, a rewrite rule, and two transformers that do the same."""
    f = named(f"onnxruntime-all: {name}")
    if targets.version_of("onnxruntime") != f.version:
        pytest.skip(f"{f.target} {f.version} is not installed")
    assert sorted(passes.made_by(oracle, *f.make()[:2])) == sorted(f.passes)


def test_no_pass_is_named_for_a_model_that_runs_alike_at_all_levels(oracle):
    assert passes.made_by(oracle, *named("tract: celu with an alpha").make()[:2]) == []
