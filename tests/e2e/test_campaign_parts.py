"""Every part of the campaign, scaled down, on the real binary. NNGEN: the binary, default build/default/nngen."""
import json
import os
from pathlib import Path

import pytest

from nngen.judge import parts

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve()
SCALE = "0.0003"


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """{part: (exit status, report)}, and the folder"""
    build = tmp_path_factory.mktemp("build")
    out = {}
    for part in parts.PARTS:
        status = parts.main(["--nngen", str(NNGEN), "--build", str(build), "--part", part, "--scale", SCALE, "--jobs", "2"])
        out[part] = status, json.loads((build / f"campaign-{part}.json").read_text())
    return out, build


@pytest.mark.parametrize("part", parts.PARTS)
def test_part_has_no_problem(reports, part):
    status, r = reports[0][part]
    assert r["groups"] == [] and status == 0
    assert r["families"] == r["planned"] >= 3 and r["models"] > 0


def test_single_has_as_many_models_as_asked_for(reports):
    r = reports[0]["single"][1]
    assert len(r["single"]) >= 30
    assert all(x["having"] >= 10 for rows in r["single"].values() for x in rows.values())


def test_corners_and_intervals_are_seen(reports):
    mixed, observed, corners = (reports[0][x][1] for x in ("mixed", "observed", "corners"))
    old = reports[0]["old"][1]
    assert mixed["corners"] == 3 * mixed["models"] and old["corners"] == 3 * old["models"]
    assert observed["observed_models"] == observed["models"] and corners["observed_models"] == corners["models"]
    assert len(observed["tightness"]) > 80
    assert all(median <= high for median, high, _ in observed["tightness"].values())


def test_outcomes_are_counted_for_each_model(reports):
    r = reports[0]["compare"][1]
    for pair in ("levels", "reference"):
        counts = r["compare"][pair]
        assert sum(sum(x.values()) for x in counts.values()) >= 0.8 * r["models"]
        assert sum(x.get("correct", 0) for x in counts.values()) >= 0.7 * r["models"]


def test_most_outputs_depend_on_inputs_and_weights(reports):
    p = reports[0]["perturb"][1]["perturb"]
    assert p["dead"] <= 0.2 * p["outputs"] and p["weights"][0] >= 0.7 * p["weights"][1] > 0


def test_a_part_that_is_done_is_not_repeated(reports):
    _, build = reports
    state = build / "campaign-mixed.json.state.jsonl"
    before = state.read_text()
    assert parts.main(["--nngen", str(NNGEN), "--build", str(build), "--part", "mixed", "--scale", SCALE]) == 0
    assert state.read_text() == before


def test_report(reports):
    text = (reports[1] / "campaign.md").read_text()
    for heading in ("# Campaign", "## Each operator at each opset", "## Mixed models", "## Intervals", "## Optimised against not", "## Problems"):
        assert heading in text
    assert set(json.loads((reports[1] / "campaign.json").read_text())) == set(parts.PARTS)
