"""Targets with planted faults, for the tests: each is ONNX Runtime that goes wrong on some models, on those that have a Relu unless told otherwise."""
import hashlib
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np

from nngen.study.runtimes import ort_session
from nngen.study.targets import target

LEAK = []


def has_relu(case):
    return any(n.op_type == "Relu" for n in case.graph().node)


def planted(name, stage="run", when=has_relu, **limits):
    """The decorated function takes the outputs (or None before the load) and spoils them."""

    def decorate(spoil):
        @target(name, ["onnxruntime"], kind="fault", **{"memory": 600, "seconds": 20, "batch": 8, **limits})
        def adapter(case):
            bad = when(case)
            case.stage("convert")
            if stage == "convert" and bad:
                spoil(None)
            case.stage("load")
            if stage == "load" and bad:
                spoil(None)
            run = ort_session(case.path, "ORT_DISABLE_ALL")
            return (lambda feed: spoil(run(feed))) if stage == "run" and bad else run

        return spoil

    return decorate


planted("fault-none")(lambda outputs: outputs)


@planted("fault-value")
def one_element(outputs):
    """1e-6 more in the last element of the last output."""
    out = [o.copy() for o in outputs]
    out[-1].reshape(-1)[-1] += np.float32(1e-6)
    return out


@planted("fault-large")
def large_values(outputs):
    """Only values above 5."""
    return [np.where(o > 5, o + 1, o) for o in outputs]


planted("fault-shape")(lambda outputs: [o.reshape(*o.shape[::-1]) if o.ndim > 1 else o.reshape(1, -1) for o in outputs])
planted("fault-type")(lambda outputs: [o.astype(np.float64) for o in outputs])
planted("fault-count")(lambda outputs: outputs + outputs[:1])


@planted("fault-nan")
def one_nan(outputs):
    out = [o.copy() for o in outputs]
    out[0].reshape(-1)[0] = np.nan
    return out


@planted("fault-inf")
def one_inf(outputs):
    out = [o.copy() for o in outputs]
    out[0].reshape(-1)[0] = -np.inf
    return out


def steps_off(n):
    """All outputs but the first value are right; that is n steps of 0.25 off."""

    def spoil(outputs):
        out = [o.copy() for o in outputs]
        out[0].reshape(-1)[0] += 0.25 * n
        return out

    return spoil


planted("fault-step")(steps_off(1))
planted("fault-steps")(steps_off(2))
planted("fault-hang", seconds=2)(lambda outputs: time.sleep(3600))
planted("fault-signal")(lambda outputs: os.kill(os.getpid(), signal.SIGSEGV))
planted("fault-exit", "load")(lambda outputs: os._exit(3))


@planted("fault-leak")
def leak(outputs):
    while True:
        LEAK.append(np.ones(1 << 21))  # 16 MiB, touched
        time.sleep(0.002)


@planted("fault-slow-leak")
def slow_leak(outputs):
    """Too little to fail on one model alone."""
    LEAK.append(np.ones(1 << 24))
    return outputs


def refuse(text):
    def raise_it(_):
        raise ValueError(text)

    return raise_it


planted("fault-convert", "convert")(refuse("cannot convert Conv_3_Y of 'input_0' [1, 2, 3] at 0x7ffe12 in /src/x/y.cc:12"))
planted("fault-load", "load")(refuse("no kernel for 'Relu'"))
planted("fault-run")(refuse("no memory left"))


@target("fault-import", ["onnxruntime"], kind="fault")
def cannot_be_imported(case):
    raise ImportError("libabsent.so.1: cannot open shared object file")


def a_child_dies(code):
    """An exception of a target that only says that something it started has failed."""

    def spoil(_):
        done = subprocess.run(["sh", "-c", code], check=False)
        raise RuntimeError(f"compilation failed: {done.returncode != 0}")

    return spoil


planted("fault-compiler-signal", "convert")(a_child_dies("kill -SEGV $$"))
planted("fault-compiler-shell", "convert")(a_child_dies("sh -c 'kill -ABRT $$'; exit $?"))
planted("fault-compiler-driver", "convert")(a_child_dies("echo 'cc1plus: internal compiler error: Segmentation fault' >&2; exit 1"))
planted("fault-compiler-refuses", "convert")(a_child_dies("echo 'error: no such type' >&2; exit 1"))


@planted("fault-compiler-ended", "convert")
def ends_its_child(outputs):
    """A child that is ended on purpose has not died."""
    child = subprocess.Popen(["sleep", "987"])
    child.kill()
    child.wait()
    raise RuntimeError("no answer")


def relu_feeds_add(case):
    """Whether an Add takes the output of a Relu."""
    made = {o for n in case.graph().node if n.op_type == "Relu" for o in n.output}
    return any(made & set(n.input) for n in case.graph().node if n.op_type == "Add")


def by_hash(case):
    """One model of ten, by the bytes of the file."""
    return hashlib.sha256(Path(case.path).read_bytes()).digest()[0] < 26


for fault, when in (("fault-adjacent", relu_feeds_add), ("fault-operator", has_relu), ("fault-hash", by_hash)):
    planted(fault, when=when)(lambda outputs: outputs + outputs[:1])


def have_children():
    """Three that outlive their parent: in its session, in one of its own, and one without a parent from the beginning."""
    subprocess.Popen(["sleep", "987"])
    subprocess.Popen(["sleep", "987"], start_new_session=True)
    subprocess.run(["sh", "-c", "setsid sleep 987 &"], check=True)


@planted("fault-orphans")
def crash_with_children(outputs):
    have_children()
    os.kill(os.getpid(), signal.SIGSEGV)


@planted("fault-busy-orphans", seconds=60)
def hang_with_children(outputs):
    have_children()
    time.sleep(3600)
