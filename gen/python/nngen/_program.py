"""The program nngen that belongs to this package. It is found without the library."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent


def checkout() -> Path | None:
    """The repository, if this is the package's source in it and not installed."""
    root = HERE.parents[2]
    source = (root / "gen" / "python" / "nngen").is_dir() and (root / "Makefile").exists() and not (HERE / "libnngen.so").exists()
    return root if source else None


def program() -> str:
    """The path of the program `nngen` that was installed with this package."""
    root = checkout()
    place = root / "build" / "default" / "nngen" if root else Path(sysconfig.get_path("scripts")) / "nngen"
    beside = HERE.parent / "bin" / "nngen"  # pip install --target
    for path in (place, beside):
        if os.access(path, os.X_OK):
            return str(path)
    found = shutil.which("nngen")
    if found is None:
        raise FileNotFoundError(f"the program nngen is not at {place}, where it belongs")
    return found


def chosen(given: str = "") -> str:
    """The program that a command is to use: the one that is given, or that the environment variable NNGEN names, or the package's."""
    return given or os.environ.get("NNGEN", "") or program()
