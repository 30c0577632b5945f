"""Spreads the work, writes results as they come, goes on after an interruption.

joblib spreads it, by threads: a thread only waits for the child process of its target, so that processes of joblib's own, or a scheduler
as dask and ray have, would add start-up time and memory and nothing else. Without joblib the standard library's pool does."""
import fcntl
import hashlib
import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from nngen.study import cases, evaluate, forms, probe, targets
from nngen.study.case import bounded, count_sets
from nngen.study.declared import LACKING, NOT_ASKED
from nngen.study.isolate import run_batch


TOGETHER = 128  # models whose reference outputs are on the disk at a time


class Store:
    """results.jsonl of a run: appended to under a lock, a torn last line left by a kill is cut off."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "reference").mkdir(exist_ok=True)
        self.path = self.folder / "results.jsonl"
        self.file = open(self.path, "a+b")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            raise SystemExit(f"{self.path}: another run is writing to it") from e
        self.file.seek(0)
        data = self.file.read()
        whole = data.rfind(b"\n") + 1
        self.file.truncate(whole)
        self.lock = threading.Lock()
        self.done = {}
        for line in data[:whole].splitlines():
            r = json.loads(line)
            self.done[r["target"], r["model"]] = r
        self.again = {k: self.done.pop(k) for k, r in list(self.done.items()) if r["status"] in (*NOT_ASKED, LACKING)}  # it may have been mended

    def says(self, result):
        """Whether the last line of this target and model is this result."""
        return self.again.get((result["target"], result["model"])) == result

    def add(self, result):
        line = json.dumps(result, separators=(",", ":")).encode() + b"\n"
        with self.lock:
            if not self.says(result):
                self.file.write(line)
                self.file.flush()
            self.done[result["target"], result["model"]] = result

    def close(self):
        self.file.close()


def write_json(path, value):
    """All of the file or none of it, whenever the process is killed."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(value, indent=1), "utf-8")
    os.replace(partial, path)


def read_results(folder):
    data = (Path(folder) / "results.jsonl").read_bytes()
    found = [json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines()]
    return list({(r["target"], r["model"]): r for r in found}.values())


EARLY = 50  # results, before which the time left is no more than a guess


class Bar:
    def __init__(self, total, quiet=False, stream=None):
        self.total, self.quiet, self.stream = total, quiet, stream or sys.stderr
        self.done, self.begun, self.shown, self.step = 0, time.monotonic(), 0.0, -1
        self.tty = self.stream.isatty()
        self.lock = threading.Lock()

    def advance(self, what):
        with self.lock:
            self.done += 1
            if self.quiet:
                return
            now = time.monotonic()
            share = self.done / max(1, self.total)
            left = (now - self.begun) / self.done * (self.total - self.done)
            if self.tty and (now - self.shown > 0.2 or self.done == self.total):
                self.shown = now
                width = 24
                bar = "#" * round(width * share)
                self.stream.write(f"\r[{bar:<{width}}] {self.done}/{self.total} {left:5.0f} s left  {what[:40]:<40}")
                if self.done == self.total:
                    self.stream.write("\n")
            elif not self.tty and (int(share * 10) > self.step or now - self.shown > 60):
                self.step, self.shown = int(share * 10), now
                self.stream.write(f"{self.done} of {self.total}" + (f", about {left:.0f} s left\n" if self.done >= EARLY else "\n"))
            self.stream.flush()


def spread(jobs, function, tasks):
    """Calls function(*task) for every task on `jobs` threads; an exception of one ends all."""
    if jobs == 1:
        for task in tasks:
            function(*task)
        return
    try:
        from joblib import Parallel, delayed
    except ImportError:
        with ThreadPoolExecutor(jobs) as pool:
            for f in as_completed([pool.submit(function, *task) for task in tasks]):
                f.result()
        return
    for _ in Parallel(n_jobs=jobs, backend="threading", return_as="generator_unordered")(delayed(function)(*task) for task in tasks):
        pass


def batches(names, size):
    return [names[i: i + size] for i in range(0, len(names), size)]


class Run:
    def __init__(self, root, folder, wanted, jobs=1, modules=(), sets=0, limits=None, quiet=False, nngen="", dims=None, seed=1, all_forms=False):
        """limits: {"seconds", "memory"} put in place of every target's own; nngen: computes expected outputs where the corpus has none; dims: values of free
        dims (generate.parse) and seed: of inputs that are generated; all_forms: also models with forms that a target is known to lack."""
        registry = targets.load_all(modules)
        asked = targets.named(wanted)
        if not cases.find_models(root):
            raise SystemExit(f"{root}: no models")
        self.store = Store(folder)
        self.cases = cases.Cases(root, folder, dims, sets, seed)
        self.models, self.facts = self.cases.entries, self.cases.facts
        self.usable = [n for n in self.models if n not in self.cases.broken]
        self.counts = {}  # data sets by model
        self.bounded = {n: self.models[n].data for n in self.usable if bounded(self.models[n].data)}  # where the expected outputs of a model are
        self.jobs, self.modules, self.sets, self.quiet, self.all_forms = jobs, list(modules), sets, quiet, all_forms
        self.not_run = {t.name: why for t in asked if (why := targets.why_not(t))}
        self.wanted = [t._replace(**(limits or {})) for t in asked if t.name not in self.not_run]
        self.reference = registry[targets.REFERENCE]._replace(**(limits or {}))
        if why := targets.why_not(self.reference):
            raise SystemExit(f"the reference cannot run: {why}")
        if nngen:
            self.evaluate(nngen)
        self.probe()
        self.note(root)

    def evaluate(self, nngen):
        """Expected outputs of models that have none, in OUT/expected; unbounded.json says why some get none."""
        reasons = {}

        def one(name):
            folder, entry = self.store.folder / "expected" / name, self.models[name]
            if why := evaluate.model(nngen, entry.file, self.sets or count_sets(entry.data), folder, entry.data if self.facts[name]["data"] else None):
                reasons[name] = why
            else:
                self.bounded[name] = folder

        spread(self.jobs, one, [(n,) for n in self.usable if n not in self.bounded])
        write_json(self.store.folder / "unbounded.json", dict(sorted(reasons.items())))

    def probe(self):
        """Leaves out what does not work at all; what has run a model before need not show it."""
        shown = {t for (t, _), r in self.store.done.items() if r["status"] == "ok"}

        def check(t):
            if why := probe.why_not(t, self.modules):
                self.not_run[t.name] = why

        spread(self.jobs, check, [(t,) for t in self.wanted if t.name not in shown])
        self.wanted = [t for t in self.wanted if t.name not in self.not_run]

    def note(self, root):
        """study.json: what ran on what. A resumed run must be of the same corpus and versions."""
        path = self.store.folder / "study.json"
        now = {"corpus": os.path.abspath(root), "models": len(self.models), "sets": self.sets, "dims": self.cases.dims, "seed": self.cases.seed, "reference": targets.REFERENCE, "bounds": len(self.bounded),
               "targets": {t.name: {"kind": t.kind, "versions": targets.versions(t), "memory": t.memory, "seconds": t.seconds} for t in [self.reference, *self.wanted]},
               "not_run": self.not_run}
        if path.exists():
            was = json.loads(path.read_text("utf-8"))
            if (was["models"], was["sets"]) != (now["models"], now["sets"]):
                raise SystemExit(f"{path}: belongs to a run of {was['models']} models; this one has {now['models']}")
            for option in ("dims", "seed"):
                if was.get(option, now[option]) != now[option]:
                    raise SystemExit(f"{path}: belongs to a run with another --{option.removesuffix('s')}; use another folder")
            for name, t in was["targets"].items():
                if name in now["targets"] and now["targets"][name]["versions"] != t["versions"]:
                    raise SystemExit(f"{path}: {name} was {t['versions']} and is {now['targets'][name]['versions']} now; use another folder")
            now["targets"] = {**was["targets"], **now["targets"]}
            now["not_run"] = {k: v for k, v in {**was["not_run"], **self.not_run}.items() if k not in now["targets"]}
        write_json(path, now)
        write_json(self.store.folder / "models.json", self.facts)

    def reference_path(self, name):
        return self.store.folder / "reference" / (hashlib.sha256(name.encode()).hexdigest()[:32] + ".npz")

    def request(self, name):
        """Ten data sets have the target's time limit, each ten more as much again."""
        if name not in self.counts:
            self.counts[name] = self.sets or count_sets(self.models[name].data)
        return {"model": name, "path": str(self.models[name].file), "data": str(self.models[name].data), "sets": self.sets, "times": max(1, self.counts[name] / 10), "bounds": str(self.bounded.get(name, ""))}

    def first_request(self, name):
        """Of the reference, which is a target like others where the corpus has expected outputs."""
        return self.request(name) if name in self.bounded else {**self.request(name), "save": str(self.reference_path(name))}

    def second_request(self, name):
        return self.request(name) if name in self.bounded else {**self.request(name), "reference": str(self.reference_path(name))}

    def record(self, target, bar):
        def add(request, result):
            if (target, request["model"]) not in self.store.done:  # a reference may be made again
                self.store.add({"model": request["model"], "target": target, "nodes": self.facts[request["model"]]["nodes"], **result})
            bar.advance(f"{target} {request['model']}")

        return add

    def lacking(self, names):
        """{target: names without a result}, and the names whose reference has to be made, or made again."""
        done = self.store.done
        todo = {t.name: [n for n in names if (t.name, n) not in done] for t in self.wanted if t.name != targets.REFERENCE}
        wanted = set().union(*todo.values())
        first = [n for n in names if (targets.REFERENCE, n) not in done or
                 (n in wanted and n not in self.bounded and done[targets.REFERENCE, n]["status"] == "ok" and not self.reference_path(n).exists())]
        return todo, first

    def go(self):
        """Some models at a time: reference first, then every target on what has one, or has expected outputs. The outputs of the reference are removed then: they would
        fill a disk, and are soon made again for a target that comes later."""
        parts = batches(self.usable, TOGETHER)
        work = [self.lacking(names) for names in parts]
        bar = Bar(sum(len(first) + sum(map(len, todo.values())) for todo, first in work), self.quiet)
        try:
            self.note_broken()
            for names, (todo, first) in zip(parts, work):
                self.compare(todo, first, bar)
                for n in names:
                    self.reference_path(n).unlink(missing_ok=True)
        finally:
            self.store.close()

    def note_broken(self):
        """What cannot be used has that outcome with every target."""
        for name, why in self.cases.broken.items():
            for t in {t.name for t in [self.reference, *self.wanted]}:
                self.store.add({"model": name, "target": t, "nodes": self.facts[name]["nodes"], **why})

    def without_reference(self, name):
        """What there is to say of a model that the reference gave no outputs for."""
        said = self.store.done[targets.REFERENCE, name]
        return {k: said[k] for k in ("status", "stage", "error")} if said["status"] in NOT_ASKED else {"status": "no reference"}

    def lacking_form(self, target, name):
        return "" if self.all_forms else forms.lacking(target, self.facts[name].get("forms", ()))

    def compare(self, todo, first, bar):
        record = self.record(targets.REFERENCE, bar)
        spread(self.jobs, lambda b: run_batch(self.reference, [self.first_request(n) for n in b], record, self.modules),
               [(b,) for b in batches(first, self.reference.batch)])
        tasks = []
        for t in sorted(self.wanted, key=lambda t: -t.seconds):  # the slow ones first, so that no core waits long for the last
            add, ready = self.record(t.name, bar), []
            for n in todo.get(t.name, []):
                if why := self.lacking_form(t.name, n):
                    add({"model": n}, {"status": LACKING, "error": why})
                elif n in self.bounded or self.reference_path(n).exists():
                    ready.append(n)
                else:
                    add({"model": n}, self.without_reference(n))
            tasks += [(t, b, add) for b in batches(ready, t.batch)]
        spread(self.jobs, lambda t, b, add: run_batch(t, [self.second_request(n) for n in b], add, self.modules), tasks)
