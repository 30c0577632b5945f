"""Mutations of tapes are local: locality.c fails if a mutant gives no model, if the median of the nodes kept is below 95 %, or if fewer than 80 % of
the graphs change."""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / os.environ.get("B", "build/default") / "tests" / "tape" / "locality"


def test_mutations_are_local():
    done = subprocess.run([PROGRAM, "100", "8"], capture_output=True, text=True, timeout=600)
    rows = {line[:18].strip(): line[18:].split() for line in done.stdout.splitlines()[1:-1]}
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("0 mutants gave no model\n")
    for name in ("insert", "repeat", "connect", "nn_tape_cross", "nn_tape_mutate"):
        assert float(rows[name][3].rstrip("%")) >= 95, rows[name]  # the mean
    assert float(rows["inserted byte"][3].rstrip("%")) < 80, "edits of bytes are no longer what edits of segments are measured against"
