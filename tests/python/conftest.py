"""The tests use the package as `make python-package` installs it, in build/default/python."""
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve().parent
PACKAGE = BUILT / "python"
if not (PACKAGE / "nngen" / "libnngen.so").exists():
    raise pytest.UsageError(f"{PACKAGE} has no package: make python-package")
sys.path.insert(0, str(PACKAGE))


@pytest.fixture
def environment():
    """Of programs that use the package."""
    return {**os.environ, "PYTHONPATH": str(PACKAGE), "PATH": f"{PACKAGE / 'bin'}:{os.environ['PATH']}"}
