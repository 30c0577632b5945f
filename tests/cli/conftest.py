import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve()


class Result:
    def __init__(self, r):
        self.code = r.returncode
        self.out, self.err = ((t or b"").decode() for t in (r.stdout, r.stderr))  # \r stays what it is


@pytest.fixture(scope="session")
def nngen():
    def run(*args, **how):
        how = {"capture_output": True, "timeout": 300, **how}
        return Result(subprocess.run([str(NNGEN), *map(str, args)], **how))

    run.path = str(NNGEN)
    return run
