"""A child process for a target, with limits of time and memory: a crash, a hang or a leak becomes a result."""
import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from nngen.study import places, processes, scratch

POLL = 0.05
PATHS = ("path", "data", "save", "reference", "bounds")  # of a request; the child works in a folder of its own
START = 90  # seconds for the interpreter and its imports, beside a model's own time
TELLING = re.compile(r"panicked|terminate called|what\(\)|[Aa]ssert|\b[Ff]atal\b|Segmentation|Check failed|Traceback|Error:")
END = 20  # seconds for the guard to end everything


def absolute(path):
    """A path for a process that works in another folder. What is empty is none, and stays so: os.path.abspath would make it the current folder."""
    return os.path.abspath(path) if path else ""


def python_path(environment=""):
    """PYTHONPATH of a process that works in another folder, and perhaps in an environment of its own."""
    path = [str(places.package() if environment else Path(__file__).parents[2]), *os.environ.get("PYTHONPATH", "").split(os.pathsep), os.getcwd()]
    return os.pathsep.join(filter(None, map(absolute, path)))


class Child:
    def __init__(self, name, modules=(), memory=2048, seconds=60, environment=""):
        self.limit, self.seconds = memory << 20, seconds
        self.scratch = scratch.Folder()
        self.log = self.scratch.path / "log"
        work = self.scratch.path / "work"  # what a target leaves in temporary files and caches
        work.mkdir()
        env = dict(os.environ, TMPDIR=str(work), XDG_CACHE_HOME=str(work), OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1",
                   MKL_NUM_THREADS="1", RAYON_NUM_THREADS="1", NO_COLOR="1", RUST_BACKTRACE="0")
        env["PYTHONPATH"] = python_path(environment)
        env["NNGEN_STUDY_NODE"] = places.node()
        if given := shutil.which(env.get("NNGEN", "")):
            env["NNGEN"] = absolute(given)
        env["NNGEN_ADAPTER"] = absolute(env.get("NNGEN_ADAPTER"))
        guarded, self.lifeline = os.pipe()
        command = [places.interpreter(environment), "-m", "nngen.study.guard", str(guarded), str(self.scratch.path), name, ",".join(modules), str(self.log)]
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, start_new_session=True, cwd=work, pass_fds=[guarded])
        except OSError:  # no memory for another process, say
            os.close(self.lifeline)
            self.scratch.close()
            raise
        finally:
            os.close(guarded)
        self.buffer = b""
        self.served = 0
        self.stage = "start"

    def close(self):
        os.close(self.lifeline)  # the guard ends the target and all that it started
        try:
            self.process.wait(END)
        except subprocess.TimeoutExpired:
            processes.kill(processes.tree(self.process.pid)[::-1])
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)  # the session's group, should the guard have been killed
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):  # a request that was not read
            self.process.stdin.close()
        self.process.stdout.close()
        self.scratch.close()

    def last_words(self):
        try:
            with open(self.log, "rb") as f:
                f.seek(max(0, os.path.getsize(self.log) - (1 << 16)))
                lines = f.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return ""
        lines = [x.strip() for x in lines if x.strip()]
        telling = [x for x in lines if TELLING.search(x)]
        return " ".join(telling[-3:])[:500] if telling else " ".join(lines[-2:])[-300:]

    def message(self, until):
        """The next line as an object, or a string of GONE that says how the process ended."""
        while b"\n" not in self.buffer:
            if processes.resident(self.process.pid) > self.limit:
                return "memory"
            left = until - time.monotonic()
            if left <= 0:
                return "hang"
            ready, _, _ = select.select([self.process.stdout], [], [], min(POLL, left))
            if ready:
                data = os.read(self.process.stdout.fileno(), 1 << 16)
                if not data:
                    return "crash"
                self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def lost(self, how):
        text = {"memory": f"more than {self.limit >> 20} MiB", "hang": f"no answer within {self.seconds:g} s"}.get(how)
        if how == "crash":
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                pass
            text = processes.how_it_ended(self.process.poll())
        return {"status": how, "stage": self.stage, "error": f"{text}: {self.last_words()}".rstrip(": ")}

    def ask(self, request):
        """The result of one model; after one that is not "ok" or "failed" the child is gone."""
        self.stage = "start"
        request = {k: absolute(v) if k in PATHS else v for k, v in request.items()}
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return self.lost("crash")
        seconds = self.seconds * request.get("times", 1)
        until = time.monotonic() + seconds + (0 if self.served else START)
        while True:
            answer = self.message(until)
            if isinstance(answer, str):
                return self.lost(answer)
            if "ready" in answer:
                until = time.monotonic() + seconds
            elif "stage" in answer:
                self.stage = answer["stage"]
            else:
                self.served += 1
                return answer["result"]


GONE = ("crash", "hang", "memory")


def run_batch(t, requests, record, modules=()):
    """Puts models through a target, one child for as long as it lives. A model whose child ends after others is tried again in a fresh
    one: what that says counts, and what happened first is noted. "wall" is all the seconds that the model took, with the start of processes."""
    child = None
    try:
        for request in requests:
            begun = time.monotonic()
            if child is None:
                child = Child(t.name, modules, t.memory, t.seconds, t.environment)
            result = child.ask(request)
            if result["status"] in GONE:
                served = child.served
                child.close()
                child = None
                if served:
                    first = result
                    child = Child(t.name, modules, t.memory, t.seconds, t.environment)
                    result = child.ask(request)
                    if result["status"] in GONE:
                        child.close()
                        child = None
                    if result["status"] != first["status"]:
                        result["first"] = {**first, "after": served}
            record(request, {**result, "wall": round(time.monotonic() - begun, 3)})
    finally:
        if child is not None:
            child.close()
