"""The environment of the targets, which `nngen-study setup` makes: a virtual environment and a folder of Node packages. It needs none of
the study's dependencies, so that it can find them."""
import os
import subprocess
import sys
from pathlib import Path

from nngen._program import HERE, checkout, program


def home():
    """Its folder: what NNGEN_STUDY_ENV names, or build/study of a checkout, or one in the user's cache."""
    if (given := os.environ.get("NNGEN_STUDY_ENV", "none")) != "none":
        return Path(given).absolute()
    if root := checkout():
        return root / "build" / "study"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nngen" / "study"


def node():
    """The folder of Node packages."""
    return os.path.abspath(os.environ.get("NNGEN_STUDY_NODE") or home() / "node")


def setup():
    """Makes the environment, or goes on with it; the exit status."""
    return subprocess.run(["sh", Path(__file__).with_name("setup.sh")], env={**os.environ, "NNGEN_STUDY_ENV": str(home())}, check=False).returncode


def enter(arguments):
    """Runs the command in the environment, if there is one and this is another: it returns only if not.

    The environment sees this package by a link, and nothing else of the place where this package is installed."""
    venv = home() / "venv"
    python = venv / "bin" / "python"
    if checkout() or os.environ.get("NNGEN_STUDY_ENV") == "none" or not python.exists() or os.path.realpath(sys.prefix) == os.path.realpath(venv):
        return
    link = home() / "package" / "nngen"
    if not link.exists() or not link.samefile(HERE):
        link.parent.mkdir(exist_ok=True)
        fresh = link.with_name(f"nngen-{os.getpid()}")
        fresh.symlink_to(HERE, target_is_directory=True)
        fresh.replace(link)
    env = {**os.environ, "NNGEN_STUDY_ENV": str(home()), "PYTHONPATH": str(link.parent), "PATH": f"{os.environ.get('PATH', os.defpath)}:{venv / 'bin'}"}
    env["NNGEN"] = env.get("NNGEN") or program()
    os.execve(python, [str(python), "-m", "nngen.study", *arguments], env)
