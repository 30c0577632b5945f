"""Makes the families of families.json with nngen."""
import json
import shlex
import subprocess
from collections import namedtuple
from pathlib import Path

FILE = Path(__file__).parent / "families.json"
# consumers: the only ones that are to see it, or None
Family = namedtuple("Family", "name options consumers", defaults=(None,))


def named(names, file=FILE):
    """The families of these names; "all" of them."""
    known = {f["name"]: Family(**f) for f in json.loads(Path(file).read_text("utf-8"))}
    wanted = list(known) if names == "all" else names.split(";")
    if unknown := [n for n in wanted if n not in known]:
        raise SystemExit(f"{file}: no family {', '.join(unknown)}; there are {'; '.join(known)}")
    return [known[n] for n in wanted]


def run(command, seconds=None):
    """"" if a command succeeds, or what it said first."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired) as e:
        return str(e)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[0]


def make(family, nngen, count, folder):
    """"" if the family is in the folder now, or what nngen said against it."""
    return run([nngen, *shlex.split(family.options), "--count", str(count), "--out", str(folder), "--force", "--quiet"])


def operators(nngen, opsets=(13, 17, 22, 28)):
    """The operators of the table, at any of these opsets."""
    found = set()
    for opset in opsets:
        listed = subprocess.run([nngen, "--list-ops", "--profile", "onnx", "--opset", str(opset)], capture_output=True, text=True, check=True).stdout
        found |= {line.split()[0] for line in listed.splitlines() if line and not line.startswith("#")}
    return found
