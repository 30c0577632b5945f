"""What the package's commands need beside its own dependencies: the extras of pyproject.toml."""

from __future__ import annotations

import importlib.util
import sys


def need(extra: str, *modules: str) -> None:
    """Ends the command if a module is not installed; says what installs it."""
    missing = [m for m in modules if importlib.util.find_spec(m) is None]
    if missing:
        sys.exit(f"nngen-{extra}: not installed: {', '.join(missing)}; install them with: pip install 'nngen[{extra}]'")
