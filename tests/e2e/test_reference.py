"""Reference values of whole models: ONNX Runtime stays inside the bounds at every level, results moved by their bounds stay inside the
bounds that follow, planted faults leave them, and the bounds are tight."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from reference.faults import plant, seen
from reference.moved import check, move
from reference.reference import BUILD, ROOT, Driver, Report, check_model, outside, read_model

NNGEN = Path(os.environ.get("NNGEN", ROOT / BUILD / "nngen")).resolve()
PLAIN = ("--manner", "uniform", "--motifs", "none")
# ONNX Runtime rewrites some motifs that only resemble the pattern that it looks for, which changes their results.
EXACT = ("--near-misses", "0")
RUNS = [  # opset, nodes, input mode, further options
    (14, 15, "uniform", PLAIN), (13, 40, "normal", PLAIN), (17, 40, "uniform", PLAIN), (17, 15, "corners", PLAIN), (22, 40, "special", PLAIN),
    (22, 100, "uniform", PLAIN), (17, 15, "nan", PLAIN), (17, 40, "uniform", (*EXACT, "--motifs", "0.5")), (17, 40, "uniform", EXACT), (22, 40, "uniform", EXACT),
    (21, 30, "uniform", ("--types", "float16,double,int8,uint8,int16,uint16,int32,uint32,int64,uint64,bool")),
]


def corpus(path, opset, nodes, mode, more, count=8, seed=1):
    done = subprocess.run([NNGEN, "--nodes", str(nodes), "--count", str(count), "--seed", str(seed), "--opset", str(opset), "--profile", "ort", "--input-mode", mode,
                           "--out", path, "--quiet", *more], capture_output=True, text=True)
    assert done.returncode in (0, 3), done.stderr
    return sorted(path.glob("test_*"))


@pytest.mark.parametrize("opset, nodes, mode, more", RUNS)
def test_onnxruntime_is_inside(tmp_path, opset, nodes, mode, more):
    driver, report = Driver(opset), Report(0)
    for directory in corpus(tmp_path / "c", opset, nodes, mode, more):
        check_model(driver, report, directory)
    driver.close()
    assert report.messages == {}
    assert report.counts["elements"] > 10000 and report.counts["unrun"] == 0
    assert report.by_op == {}
    if mode not in ("corners", "nan") and more == PLAIN:
        assert report.tight[0] > 0.85 * report.tight[2] and report.tight[1] > 0.9 * report.tight[2]


def test_near_misses_are_inside(tmp_path):
    """Without optimisations, which is what the models say."""
    driver, report = Driver(17), Report(0)
    for directory in corpus(tmp_path / "c", 17, 40, "uniform", ("--near-misses", "100"), count=20):
        check_model(driver, report, directory)
    driver.close()
    assert report.messages == {} and report.counts["outside"] == report.counts["outside_local"] == 0


@pytest.mark.parametrize("opset, seed", [(13, 1), (17, 2), (22, 3)])
def test_moved_results_stay_inside(tmp_path, opset, seed):
    driver, rng = Driver(opset), np.random.default_rng(seed)
    for directory in corpus(tmp_path / "c", opset, 40, "uniform", (), seed=seed):
        model, inputs = read_model(directory)
        for how in ("up", "down", "either"):
            assert check(driver, model, inputs, how, rng)[:1] == []
    driver.close()


def test_faults_leave_the_bounds(tmp_path):
    """Planted faults: a node's own bounds find nearly all, those of the outputs more than a tolerance of 1e-3."""
    driver, rng, rows = Driver(17), np.random.default_rng(1), []
    for directory in corpus(tmp_path / "c", 17, 15, "uniform", (), count=20):
        rows += [(f.kind, *seen(f), f.own) for f in plant(driver, *read_model(directory), rng, 10)]
    driver.close()
    found = np.array([r[1:] for r in rows])
    visible = found[found[:, 0]]
    assert len(visible) > 100
    assert found[:, 4].mean() > 0.95
    assert visible[:, 1].mean() > visible[:, 2].mean() > 0.4


def test_a_result_moves_by_its_bound():
    v, e = np.array([1.0, 2.0]), np.array([1e-6, 0.0])
    assert outside(move(v, e, "up", np.random.default_rng(1)), v, e).tolist() == [False, False]
    assert outside(v + 2e-6, v, e).tolist() == [True, True]
