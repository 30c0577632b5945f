"""Worker processes that may crash or hang: that is a result, not the end."""
import multiprocessing
import os
import signal
import tempfile
import time
from collections import deque
from multiprocessing import connection
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["check.judge"])


def serve(conn, function, log_path):
    """A worker: (task) in, ("stage", name) and ("done", result) out. What it prints goes to a file of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    fd = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    rw = os.open(log_path, os.O_RDWR | os.O_APPEND)
    os.dup2(rw, 1)
    os.dup2(rw, 2)
    os.close(fd)
    while True:
        try:
            task = conn.recv()
        except EOFError:
            return
        try:
            answer = ("done", function(task, lambda s: conn.send(("stage", s))))
        except Exception as e:  # a fault of the judge or of a model that no check foresaw
            answer = ("done", {"problems": [("judge", f"{type(e).__name__}: {e}"[:600], "")], "notes": [], "stats": None, "facts": {}})
        conn.send(answer)


class Worker:
    def __init__(self, function, folder, number):
        self.log = os.path.join(folder, f"worker-{number}.log")
        self.conn, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=serve, args=(theirs, function, self.log), daemon=True)
        self.process.start()
        theirs.close()
        self.task, self.stage, self.begun = None, "", 0.0

    def give(self, task):
        self.task, self.stage, self.begun = task, "start", time.monotonic()
        self.conn.send(task)

    def last_words(self):
        try:
            with open(self.log, "rb") as f:
                lines = f.read()[-4000:].decode("utf-8", "replace").split("\n")
        except OSError:
            return ""
        return " ".join(x.strip() for x in lines if x.strip())[-300:]

    def stop(self):
        self.process.kill()
        self.process.join()
        self.conn.close()


def signal_name(code):
    try:
        return signal.Signals(-code).name if code is not None and code < 0 else f"exit status {code}"
    except ValueError:
        return f"signal {-code}"


def let_children_import():
    """The fork server does not take over sys.path."""
    here = str(Path(__file__).parents[1])
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if here not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([here] + [p for p in paths if p])


class Pool:
    def __init__(self, jobs, function, timeout=60.0):
        let_children_import()
        self.function, self.timeout, self.jobs = function, timeout, jobs
        self.folder = tempfile.TemporaryDirectory(prefix="check-")
        self.started = 0
        self.workers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for w in self.workers:
            w.stop()
        self.folder.cleanup()

    def spawn(self):
        self.started += 1
        w = Worker(self.function, self.folder.name, self.started)
        self.workers.append(w)
        return w

    def drop(self, worker):
        worker.stop()
        self.workers.remove(worker)

    def lost(self, worker, kind, what):
        words = worker.last_words()
        message = f"{what} in stage {worker.stage}" + (f": {words}" if words else "")
        return {"problems": [(kind, message, "")], "notes": [], "stats": None, "facts": {}}

    def map(self, tasks):
        """Yields (task, result) as they finish."""
        waiting = deque(tasks)
        while waiting or any(w.task is not None for w in self.workers):
            while len(self.workers) < min(self.jobs, len(waiting) + sum(w.task is not None for w in self.workers)):
                self.spawn()
            for w in self.workers:
                if w.task is None and waiting:
                    w.give(waiting.popleft())
            busy = [w for w in self.workers if w.task is not None]
            ready = connection.wait([w.conn for w in busy], timeout=1.0)
            for w in busy:
                if w.conn in ready:
                    try:
                        what, value = w.conn.recv()
                    except (EOFError, ConnectionResetError):
                        w.process.join(5)
                        task, result = w.task, self.lost(w, "crash", signal_name(w.process.exitcode))
                        self.drop(w)
                        yield task, result
                        continue
                    if what == "stage":
                        w.stage = value
                    else:
                        task, w.task = w.task, None
                        if waiting:
                            w.give(waiting.popleft())
                        yield task, value
                elif time.monotonic() - w.begun > self.timeout:
                    task, result = w.task, self.lost(w, "hang", f"no answer within {self.timeout:g} s")
                    self.drop(w)
                    yield task, result
