"""A target in an environment of its own, for the tests: it is ONNX Runtime, and fails anywhere else."""
import os

from nngen.study.runtimes import ort_session
from nngen.study.targets import target


@target("fault-apart", ["only-there"], kind="fault", environment="fake")
def apart(case):
    if os.environ.get("NNGEN_TEST_APART") != "yes":
        raise RuntimeError("not in its environment")
    case.stage("load")
    return ort_session(case.path, "ORT_DISABLE_ALL")
