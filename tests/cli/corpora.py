"""Writes corpora for tests and reads what is in them."""
import json
import subprocess

import onnx

from conftest import NNGEN


def make(out, *args):
    r = subprocess.run([str(NNGEN), *map(str, args), "--out", str(out), "--quiet"], capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    return out


def records(folder):
    return [json.loads(line) for line in (folder / "models.jsonl").read_text().splitlines()]


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def tree(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def load(folder, row):
    return onnx.load(folder / row["name"] / "model.onnx")
