"""Worker processes that may crash or hang: that is a result, not the end."""
import mmap
import multiprocessing
import os
import signal
import struct
import tempfile
import time
from collections import deque
from multiprocessing import connection
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["nngen.judge.judge"])


PLACE = struct.Struct("<dI40s")  # when the model was begun (seconds, monotonic), its place in the batch, the stage
BATCH = 32                       # models a message


class Place:
    """Where a worker is: a page that it shares with the pool, so that saying so costs no message."""

    def __init__(self, path):
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(fd, mmap.PAGESIZE)
        self.page = mmap.mmap(fd, mmap.PAGESIZE)
        os.close(fd)
        self.begun, self.index = 0.0, 0

    def begin(self, index):
        self.begun, self.index = time.monotonic(), index
        self.at("start")

    def at(self, stage):
        self.page[:PLACE.size] = PLACE.pack(self.begun, self.index, stage.encode()[:40])

    def read(self):
        data = None
        while data != (data := self.page[:PLACE.size]):  # it may be half written
            pass
        begun, index, stage = PLACE.unpack(data)
        return begun, index, stage.rstrip(b"\0").decode("utf-8", "replace")


def serve(conn, function, log_path):
    """A worker: a list of tasks in, the list of their results out. What it prints goes to a file of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    fd = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    rw = os.open(log_path, os.O_RDWR | os.O_APPEND)
    os.dup2(rw, 1)
    os.dup2(rw, 2)
    os.close(fd)
    place = Place(log_path + ".place")
    while True:
        try:
            tasks = conn.recv()
        except EOFError:
            return
        answers = []
        for i, task in enumerate(tasks):
            place.begin(i)
            try:
                answers.append(function(task, place.at))
            except Exception as e:  # a fault of the judge or of a model that no check foresaw
                answers.append({"problems": [("judge", f"{type(e).__name__}: {e}"[:600], "")], "notes": [], "stats": None, "facts": {}})
        conn.send(answers)


class Worker:
    def __init__(self, function, folder, number):
        self.log = os.path.join(folder, f"worker-{number}.log")
        self.place = Place(self.log + ".place")
        self.conn, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=serve, args=(theirs, function, self.log), daemon=True)
        self.process.start()
        theirs.close()
        self.tasks = None

    def give(self, tasks):
        self.tasks = tasks
        self.place.begin(0)
        self.conn.send(tasks)

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
    here = str(Path(__file__).parents[2])
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

    def lost(self, worker, kind, what, waiting):
        """The task that a worker was lost with, and what is said of it. The others of its batch go back."""
        _, index, stage = worker.place.read()
        tasks, words = worker.tasks, worker.last_words()
        index = min(index, len(tasks) - 1)
        waiting.extendleft(([t] for t in tasks[:index] + tasks[index + 1:]))
        self.drop(worker)
        message = f"{what} in stage {stage}" + (f": {words}" if words else "")
        return tasks[index], {"problems": [(kind, message, "")], "notes": [], "stats": None, "facts": {}}

    def map(self, tasks):
        """Yields (task, result) as they finish."""
        tasks = list(tasks)
        size = max(1, min(BATCH, len(tasks) // (4 * self.jobs)))
        waiting = deque(tasks[i:i + size] for i in range(0, len(tasks), size))
        while waiting or any(w.tasks is not None for w in self.workers):
            while len(self.workers) < min(self.jobs, len(waiting) + sum(w.tasks is not None for w in self.workers)):
                self.spawn()
            for w in self.workers:
                if w.tasks is None and waiting:
                    w.give(waiting.popleft())
            busy = [w for w in self.workers if w.tasks is not None]
            ready = connection.wait([w.conn for w in busy], timeout=1.0)
            for w in busy:
                if w.conn in ready:
                    try:
                        results = w.conn.recv()
                    except (EOFError, ConnectionResetError):
                        w.process.join(5)
                        yield self.lost(w, "crash", signal_name(w.process.exitcode), waiting)
                        continue
                    done, w.tasks = w.tasks, None
                    if waiting:
                        w.give(waiting.popleft())
                    yield from zip(done, results)
                elif time.monotonic() - w.place.read()[0] > self.timeout:
                    yield self.lost(w, "hang", f"no answer within {self.timeout:g} s", waiting)
