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


def apart(environment):
    """The folder of an environment of its own, which apart/ENVIRONMENT.txt says what to install in."""
    return home() / "apart" / environment


def interpreter(environment=""):
    """The Python of a target: this one, or that of an environment of its own."""
    return str(apart(environment) / "bin" / "python") if environment else sys.executable


def site(environment):
    """The folders in which an environment of its own has its packages."""
    return [str(p) for p in apart(environment).glob("lib/python*/site-packages")]


def environments():
    """The names of all environments of their own."""
    return sorted(p.stem for p in Path(__file__).with_name("apart").glob("*.txt"))


def setup_options(parser):
    parser.add_argument("--target", default="", choices=environments(), help="install instead what this target needs, in an environment of its own")


def setup(environment=""):
    """Makes an environment, or goes on with it; the exit status."""
    command = ["sh", Path(__file__).with_name("setup.sh"), *filter(None, [environment])]
    return subprocess.run(command, env={**os.environ, "NNGEN_STUDY_ENV": str(home())}, check=False).returncode


def package():
    """The folder from which another environment sees this package, and nothing else of the place where it is installed."""
    if checkout():
        return HERE.parent
    link = home() / "package" / "nngen"
    if not link.exists() or not link.samefile(HERE):
        link.parent.mkdir(parents=True, exist_ok=True)
        fresh = link.with_name(f"nngen-{os.getpid()}")
        fresh.symlink_to(HERE, target_is_directory=True)
        fresh.replace(link)
    return link.parent


def enter(arguments):
    """Runs the command in the environment, if there is one and this is another: it returns only if not."""
    venv = home() / "venv"
    python = venv / "bin" / "python"
    if checkout() or os.environ.get("NNGEN_STUDY_ENV") == "none" or not python.exists() or os.path.realpath(sys.prefix) == os.path.realpath(venv):
        return
    env = {**os.environ, "NNGEN_STUDY_ENV": str(home()), "PYTHONPATH": str(package()), "PATH": f"{os.environ.get('PATH', os.defpath)}:{venv / 'bin'}"}
    env["NNGEN"] = env.get("NNGEN") or program()
    os.execve(python, [str(python), "-m", "nngen.study", *arguments], env)
