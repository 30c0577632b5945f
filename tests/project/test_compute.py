"""The rules of outputs in specs/compute: every operator has them at every opset, and documents list what the language has."""

import os
import re
from pathlib import Path

import pytest
import yaml
from reference.reference import Driver

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("B", "build/default"))
OPSETS = range(7, 29)
FILES = sorted((ROOT / "specs" / "compute").glob("*.yaml"))

# Operators whose outputs no rule states, with the reason.
WITHOUT = {}

pytestmark = pytest.mark.skipif(not (ROOT / BUILD / "tests/reference/driver").exists(), reason="the driver is not built")


@pytest.mark.parametrize("opset", OPSETS)
def test_every_operator_has_rules(opset):
    driver = Driver(opset)
    covered = driver.covered()
    driver.close()
    assert len(covered) >= 60
    others = {op for p in (ROOT / "specs").glob("*.yaml") for op, entry in (yaml.safe_load(p.read_text()) or {}).get("operators", {}).items() if "as" in entry}
    assert {op for op, has in covered.items() if not has} - others == set(WITHOUT) & set(covered)  # `as`: the rules are those of another entry


def test_rules_are_of_operators_of_the_table():
    operators = {op for p in (ROOT / "specs").glob("*.yaml") for op in (yaml.safe_load(p.read_text()) or {}).get("operators", {})}
    for p in FILES:
        assert set((yaml.safe_load(p.read_text()) or {}).get("operators", {})) <= operators, p.name


def test_the_document_lists_every_function():
    header = (ROOT / "gen/reference/ref_fn.h").read_text()
    functions = set(re.findall(r'X\(\w+, "(\w+)"', header))
    text = (ROOT / "specs/compute/README.md").read_text().split("| function | result |")[1].split("Bounds:")[0]
    listed = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"^\|([^|]*)\|", text, re.M))))
    assert len(functions) > 80
    assert functions <= listed, functions - listed


def test_every_accuracy_says_why():
    accuracy = yaml.safe_load((ROOT / "specs/compute/accuracy.yaml").read_text())["accuracy"]
    assert all(row.get("why") for row in accuracy.values()), [f for f, row in accuracy.items() if not row.get("why")]
