"""A child process for a target, with limits of time and memory: a crash, a hang or a leak becomes a result."""
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

POLL = 0.05
PATHS = ("path", "save", "reference")  # of a request; the child works in a folder of its own
START = 90  # seconds for the interpreter and its imports, beside a model's own time
TELLING = re.compile(r"panicked|terminate called|what\(\)|[Aa]ssert|\b[Ff]atal\b|Segmentation|Check failed|Traceback|Error:")
PAGE = os.sysconf("SC_PAGE_SIZE")


def tree(pid):
    """The process and its descendants."""
    found, waiting = [], [pid]
    while waiting:
        p = waiting.pop()
        found.append(p)
        try:
            with open(f"/proc/{p}/task/{p}/children", encoding="ascii") as f:
                waiting += [int(x) for x in f.read().split()]
        except (OSError, ValueError):
            pass
    return found


def resident(pid):
    """Bytes of memory of a process and its descendants."""
    total = 0
    for p in tree(pid):
        try:
            with open(f"/proc/{p}/statm", encoding="ascii") as f:
                total += int(f.read().split()[1]) * PAGE
        except (OSError, ValueError, IndexError):
            pass
    return total


def signal_name(code):
    if code is None or code >= 0:
        return f"exit status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


class Child:
    def __init__(self, name, modules=(), memory=2048, seconds=60):
        self.limit, self.seconds = memory << 20, seconds
        self.log = tempfile.NamedTemporaryFile(prefix="nngen-study-log-")
        self.scratch = tempfile.TemporaryDirectory(prefix="nngen-study-", ignore_cleanup_errors=True)  # what a target leaves in temporary files and caches
        env = dict(os.environ, TMPDIR=self.scratch.name, XDG_CACHE_HOME=self.scratch.name, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1",
                   MKL_NUM_THREADS="1", RAYON_NUM_THREADS="1", NO_COLOR="1", RUST_BACKTRACE="0")
        path = [str(Path(__file__).parents[1]), *os.environ.get("PYTHONPATH", "").split(os.pathsep), os.getcwd()]
        env["PYTHONPATH"] = os.pathsep.join(os.path.abspath(p) for p in path if p)
        env["NNGEN_STUDY_NODE"] = os.path.abspath(env.get("NNGEN_STUDY_NODE", "build/study/node"))
        self.process = subprocess.Popen([sys.executable, "-m", "study.serve", name, ",".join(modules), self.log.name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=env, start_new_session=True, cwd=self.scratch.name)
        self.buffer = b""
        self.served = 0
        self.stage = "start"
        self.begun = time.monotonic()

    def close(self):
        for p in tree(self.process.pid)[::-1]:
            try:
                os.kill(p, signal.SIGKILL)
            except OSError:
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # and those whose parent is gone, in the session's group
        except OSError:
            pass
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()
        self.scratch.cleanup()

    def last_words(self):
        try:
            with open(self.log.name, "rb") as f:
                f.seek(max(0, os.path.getsize(self.log.name) - (1 << 16)))
                lines = f.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return ""
        lines = [x.strip() for x in lines if x.strip()]
        telling = [x for x in lines if TELLING.search(x)]
        return " ".join(telling[-3:])[:500] if telling else " ".join(lines[-2:])[-300:]

    def message(self, until):
        """The next line as an object; None on time out, or a string that says how it ended."""
        while b"\n" not in self.buffer:
            if resident(self.process.pid) > self.limit:
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
            text = signal_name(self.process.poll())
        return {"status": how, "stage": self.stage, "error": f"{text}: {self.last_words()}".rstrip(": ")}

    def ask(self, request):
        """The result of one model; after one that is not "ok" or "failed" the child is gone."""
        self.stage = "start"
        request = {k: os.path.abspath(v) if k in PATHS else v for k, v in request.items()}
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
                child = Child(t.name, modules, t.memory, t.seconds)
            result = child.ask(request)
            if result["status"] in GONE:
                served = child.served
                child.close()
                child = None
                if served:
                    first = result
                    child = Child(t.name, modules, t.memory, t.seconds)
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
