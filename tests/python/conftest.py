"""The tests use the package as `make python-package` installs it, in build/default/python."""
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve().parent
PACKAGE = BUILT / "python"
if not (PACKAGE / "nngen" / "libnngen.so").exists():
    raise pytest.UsageError(f"{PACKAGE} has no package: make python-package")
sys.path.insert(0, str(PACKAGE))
OFFLINE = ["--no-index", "--no-deps", "--disable-pip-version-check", "--root-user-action", "ignore", "--quiet"]


def build(hook, out):
    """Calls the build backend, as pip does, with the C library that is there already."""
    env = {**os.environ, "NNGEN_BUILD": str(BUILT)}
    code = f"from setuptools import build_meta; print(build_meta.{hook}({str(out)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "gen" / "python", env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out / done.stdout.splitlines()[-1]


class Installed:
    """A fresh environment with the wheel in it. What the wheel depends on is in the environment of the tests: `env` shows it, `bare` does not."""

    def __init__(self, wheel, folder):
        self.folder, self.bin = folder, folder / "venv" / "bin"
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        subprocess.run([self.bin / "python", "-m", "pip", "install", *OFFLINE, wheel], check=True)
        hidden = ("PYTHONPATH", "NNGEN", "NNGEN_STUDY_ENV", "NNGEN_STUDY_NODE")
        self.bare = {k: v for k, v in os.environ.items() if k not in hidden} | {"XDG_CACHE_HOME": str(folder / "cache")}
        self.env = self.bare | {"PYTHONPATH": sysconfig.get_path("platlib")}

    def run(self, name, *arguments, env=None):
        return subprocess.run([self.bin / name, *map(str, arguments)], cwd=self.folder, env=env or self.env, capture_output=True, text=True)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    return build("build_wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    return Installed(wheel, tmp_path_factory.mktemp("installed"))


@pytest.fixture
def environment():
    """Of programs that use the package."""
    return {**os.environ, "PYTHONPATH": str(PACKAGE), "PATH": f"{PACKAGE / 'bin'}:{os.environ['PATH']}"}
