"""The program nngen."""
import os
import shutil
from pathlib import Path


def nngen(given=""):
    """Its path: the one given, the one that the environment variable NNGEN names, the one that `make` builds here, or that of PATH."""
    built = Path(__file__).resolve().parents[2] / "build/default/nngen"
    return given or os.environ.get("NNGEN") or (str(built) if built.exists() else shutil.which("nngen") or "nngen")
