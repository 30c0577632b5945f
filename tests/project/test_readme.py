"""The Python in README.md runs as written, on the corpora of the commands that it shows; its links lead somewhere, and what it counts is so."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve()
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, flags=re.M | re.S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The corpora that the blocks read, of fewer models."""
    d = tmp_path_factory.mktemp("readme")
    for name in sorted(set(re.findall(r'"(\w+)/test_', "".join(BLOCKS)))):
        command = re.search(rf"^    nngen( --.* --out {name})$", README, flags=re.M)[1].split()
        command[command.index("--count") + 1] = "10"
        subprocess.run([NNGEN, *command, "--quiet"], cwd=d, check=True, stderr=subprocess.DEVNULL)
    return d


@pytest.mark.parametrize("text", BLOCKS, ids=range(len(BLOCKS)))
def test_python(text, folder):
    assert len(BLOCKS) == 2 and len(text.splitlines()) <= 12
    done = subprocess.run([sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_python_notices(folder):
    """The comparison fails where the two levels differ."""
    changed = BLOCKS[0].replace("numpy.testing", "b = b + 1; numpy.testing")
    assert changed != BLOCKS[0]
    done = subprocess.run([sys.executable, "-c", changed], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode != 0 and "AssertionError" in done.stderr


def test_links():
    """Every file that README.md names as a link is there, with the heading if it names one."""
    links = re.findall(r"\]\(([^):]+)\)", README)
    assert len(links) >= 10
    for link in links:
        path, _, heading = link.partition("#")
        text = (ROOT / path).read_text() if path else README
        if heading:
            titles = [re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in re.findall(r"^#+ (.*)$", text, flags=re.M)]
            assert heading in titles, link


def operators(*args):
    out = subprocess.run([NNGEN, "--list-ops", *map(str, args)], check=True, capture_output=True, text=True).stdout
    return sum(not line.startswith("#") for line in out.splitlines())


def test_numbers_of_operators():
    rows = re.findall(r"^\| `(\w+)` \| .* \| (\d+) \| (\d+) \| (\d+) \|$", README, flags=re.M)
    assert [r[0] for r in rows] == ["onnx", "ort", "openvino", "tract"]
    for profile, *numbers in rows:
        assert [operators("--profile", profile, "--opset", v) for v in (17, 22, 28)] == [int(n) for n in numbers], profile
    every = {v: operators("--opset", v) for v in range(13, 29)}
    assert f"({every[17]} at opset 17, {every[28]} at 28)" in README
    assert f"each of {sum(every.values()):,} pairs of operator and opset | {300 * sum(every.values()):,} |" in README
    assert f"{operators('--common', '13..28', '--opset', 13)} of {every[13]} are left for 13..28" in README


def test_number_of_findings():
    found = len(re.findall(r"^## ", (ROOT / "tests/study/FINDINGS.md").read_text(), flags=re.M))
    assert f"It has found {found} defects" in README
