"""tests/deps.sh: what it says where there is no apt-get, and where there is one."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["g++", "libyaml-dev", "libpcg-cpp-dev", "lowdown"]


def deps(folder, **stubs):
    """Runs it with these programs alone, beside the shell's."""
    for name in ("sh", "cat", "awk", "grep", "id"):
        (folder / name).symlink_to(shutil.which(name))
    for name, text in stubs.items():
        (folder / name.replace("_", "-")).write_text(f"#!{shutil.which('sh')}\n{text}\n")
        (folder / name.replace("_", "-")).chmod(0o755)
    env = {"PATH": str(folder)} | {k: v for k, v in os.environ.items() if k == "NO_DEPS"}
    return subprocess.run(["sh", ROOT / "tests/deps.sh", *PACKAGES], env=env, capture_output=True, text=True)


@pytest.mark.parametrize("manager, line", [("dnf", "dnf install gcc-c++ libyaml-devel pcg-cpp-devel lowdown"), ("pacman", "pacman -S  libyaml pcg-cpp lowdown"), ("apk", "apk add g++ yaml-dev pcg-cpp-dev lowdown"),
                                           ("brew", "brew install  libyaml pcg-cpp lowdown"), ("other", None)])
def test_other_systems(tmp_path, manager, line):
    r = deps(tmp_path, **{manager: "exit 9"})
    assert r.returncode == 1 and r.stdout == "" and r.stderr.startswith("this system has no apt-get") and "    g++ libyaml-dev libpcg-cpp-dev lowdown\n" in r.stderr
    assert (line is None) == ("the same here" not in r.stderr) and (line is None or line in r.stderr) and "NO_DEPS=1" in r.stderr


def test_it_can_be_skipped(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_DEPS", "1")
    r = deps(tmp_path)
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")


def test_debian(tmp_path):
    """Only what is missing is installed; the package lists are read first."""
    r = deps(tmp_path, dpkg_query='case "$4" in lowdown) exit 1;; *) echo "install ok installed";; esac', apt_get=f'echo "$*" >> {tmp_path}/log', sudo='"$@"')
    assert r.returncode == 0, r.stderr
    assert (tmp_path / "log").read_text() == "update -qq\ninstall -y -qq --no-install-recommends lowdown\n"
