"""Outcomes by form: the plain model is the oracle, and what a target lacks is not asked of it."""
import csv
import io
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from nngen.study import engine, forms, outcomes, targets
from study.test_study import save

ROOT = Path(__file__).resolve().parents[2]
NNGEN = str(Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve())
MODULES = ["study.faulty"]
LEVEL = outcomes.tolerances()[0]


def result(model, status="ok", target="t", error="", **more):
    return {"model": model, "target": target, "status": status, "error": error, "nodes": 3, "outputs": [], **more}


def copies(**features):
    """Facts of a plain model P and of copies in forms."""
    return {"P": {}} | {k: {"forms": sorted(v), "plain": "P"} for k, v in features.items()}


def failed(model, **more):
    return result(model, "failed", stage="load", error="Unimplemented(Loop)", **more)


def test_each_form_and_feature_has_its_outcomes():
    facts = copies(a={"if.input", "if.else"}, b={"loop.once"}, c={"if.input", "loop.once"}, d={"if.input"})
    found = forms.by_feature([result("P"), result("a"), failed("b"), failed("c"), result("d", "no reference")], facts, LEVEL)["t"]
    assert set(found) == {"if", "if.input", "if.else", "loop", "loop.once"}
    assert (found["if"]["models"], found["if"]["judged"], found["if"]["left out"], dict(found["if"]["failed"])) == (3, 2, 1, {"load failure": 1})
    assert (found["loop.once"]["models"], dict(found["loop.once"]["failed"]), found["loop.once"]["alone"]) == (2, {"load failure": 2}, 2)
    assert found["if.input"]["alone"] == 0
    text = forms.as_text({"t": found})
    assert "if.else" not in text and "loop.once" in text and "if.else" in forms.as_text({"t": found}, every=True)


def test_rows_of_the_csv_add_up():
    facts = copies(a={"if.input"}, b={"if.input"})
    rows = list(csv.DictReader(io.StringIO(forms.as_csv([result("P"), result("a"), failed("b")], facts, LEVEL))))
    assert [(r["form"], r["models"], r["judged"], r["failed"], r["load failure"]) for r in rows] == [("if", "2", "2", "1", "1"), ("if.input", "2", "2", "1", "1")]


def test_a_copy_of_a_plain_model_that_fails_is_not_judged():
    facts = copies(a={"names.docs"})
    found = forms.by_feature([failed("P"), failed("a"), result("P", target="u"), failed("a", target="u")], facts, LEVEL)
    assert (found["t"]["names"]["plain fails"], found["t"]["names"]["judged"]) == (1, 0)
    assert (found["u"]["names"]["plain fails"], found["u"]["names"]["judged"]) == (0, 1)


def test_what_always_fails_with_an_error_is_proposed():
    """Not what passes once, what gives other values, and what few models have."""
    loops = {f"l{i}": {"loop.once", "loop.carried"} if i else {"loop.never"} for i in range(6)}
    scans = {f"s{i}": {"scan.axis", "scan.state"} if i < 5 else {"scan.state"} for i in range(7)}
    others = {f"i{i}": {"if.input"} for i in range(6)} | {"n": {"names.docs"}}
    results = [failed(k) for k in loops] + [failed(k) if i < 5 else result(k) for i, k in enumerate(scans)]
    results += [result(k, "crash") for k in others]
    found = forms.proposed(forms.by_feature([result("P"), *results], copies(**loops, **scans, **others), LEVEL))
    assert found == {"t": {"loop": "Unimplemented(Loop)", "scan.axis": "Unimplemented(Loop)"}}


@pytest.fixture
def corpus(tmp_path):
    for name in ("plain", "looped", "named"):
        save(tmp_path / "corpus" / name, ["Abs"])
    rows = [{"name": "plain"}, {"name": "looped", "plain": "plain", "forms": {"loop.once": 1}}, {"name": "named", "plain": "plain", "forms": {"names.docs": 2}}]
    (tmp_path / "corpus/models.jsonl").write_text("".join(json.dumps({"nodes": 1, "operators": {"Abs": 1}, **r}) + "\n" for r in rows))
    return tmp_path / "corpus"


@pytest.mark.parametrize("lacks", [{"loop": "no loops"}, {"loop.once": "no loops"}])
def test_a_target_is_not_asked_for_what_it_lacks(corpus, tmp_path, monkeypatch, capsys, lacks):
    if targets.why_not(targets.load_all(MODULES)[targets.REFERENCE]):
        pytest.skip("ONNX Runtime is not installed")
    monkeypatch.setattr(forms, "known", lambda: {"fault-none": lacks})

    def run(out, **more):
        engine.Run(corpus, tmp_path / out, ["fault-none"], modules=MODULES, quiet=True, **more).go()
        return {(r["target"], r["model"]): r for r in engine.read_results(tmp_path / out)}

    found = run("out")
    kinds = {k: outcomes.outcome(r, LEVEL) for k, r in found.items()}
    assert kinds == {(t, m): "lacking" if (t, m) == ("fault-none", "looped") else "correct" for t in ("fault-none", targets.REFERENCE) for m in ("plain", "looped", "named")}
    assert found["fault-none", "looped"]["error"].endswith(": no loops")
    counts = outcomes.table(list(found.values()), LEVEL)
    assert outcomes.total(counts["fault-none"]) == {"correct": 2, "lacking": 1} and "lacking" in outcomes.as_text(counts, LEVEL)
    every = run("every", all_forms=True)
    assert every["fault-none", "looped"]["status"] == "ok"
    again = run("out", all_forms=True)  # the run goes on with it
    assert again["fault-none", "looped"]["status"] == "ok"


def features():
    """All that models in forms can have."""
    text = (ROOT / "gen/form/form_feature.h").read_text("utf-8")
    words = dict(re.findall(r"X\((\w+), \"(\w+)\"\)", text))
    return {*words.values()} | {f"{words[kind]}.{word}" for kind, word in re.findall(r"X\(\w+, (\w+), \"(\w+)\"\)", text)}


def test_what_targets_lack_is_well_formed():
    forms.known.cache_clear()
    registry, every = targets.load_all(), features()
    assert len(every) > 50
    for target, lacks in forms.known().items():
        assert target in registry and lacks and all(lacks.values()), target
        assert set(lacks) <= every, (target, set(lacks) - every)
        assert not any(forms.form_of(f) in lacks for f in lacks if "." in f), f"{target}: a form stands for its features"


def test_a_corpus_of_nngen_has_its_forms(tmp_path):
    """The names of the records are those of the cases."""
    from nngen.study import cases

    subprocess.run([NNGEN, "--form", "all", "--variants", "2", "--count", "6", "--nodes", "6", "--outputs", "--quiet", "--out", tmp_path / "c"], check=True)
    facts = cases.Cases(tmp_path / "c", tmp_path / "out").facts
    inside = [f for f in facts.values() if f.get("forms")]
    assert len(inside) >= 4 and all(f["plain"] in facts and not facts[f["plain"]].get("forms") and set(f["forms"]) <= features() for f in inside)
