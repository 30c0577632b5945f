"""Predicates of `nngen reduce --predicate NAME`: a worker that says of one model after another how it fails. What a predicate needs is imported
once; every model is judged in a process of its own, forked from the worker, so that a crash, a hang or a leak is an answer as others are.

The lines that it reads and writes are described in gen/reduce/reduce_worker.h."""
import argparse
import contextlib
import importlib
import json
import os
import select
import signal
import sys
import time

import numpy as np
import onnx

from nngen._program import chosen
from nngen.study import differences, evaluate, expected, guard, isolate, outcomes, processes, scratch, targets
from nngen.study.case import Case
from nngen.study.declared import BadCase
from nngen.study.runtimes import ort_session
from nngen.study.serve import by_order

LEVELS = {"basic": "ORT_ENABLE_BASIC", "extended": "ORT_ENABLE_EXTENDED", "all": "ORT_ENABLE_ALL"}
POLL = 0.05  # seconds between two looks at a process's memory
TEXT = 2000  # characters of a message


# ---- values ----

class Expected:
    """What outputs are judged by: the bounds that `nngen eval` proves, if it can compute the model, or a tolerance around the reference."""

    def __init__(self, case, feed, reference, tolerance):
        self.case, self.reference, self.tolerance, self.names = case, reference, tolerance, [x.name for x in case.graph().output]
        self.bounds = self.evaluated(feed) if tolerance is None or "bound" in tolerance else None

    def evaluated(self, feed):
        """{output: (value, bound)}, or None."""
        if evaluator := in_process(self.case.path):
            with contextlib.suppress(Exception):
                found = evaluator.run(feed)
                return None if found.unknown else {n: (found.expected[n], found.bounds[n]) for n in self.names}
        with scratch.Folder() as folder, contextlib.suppress(Exception):
            if evaluate.model(chosen(), self.case.path, self.case.count, folder) is None:
                return dict(zip(self.names, expected.Bounded(folder, self.names).files.read(0, self.names)))
        return None

    def kind(self, name, i, got):
        """The outcome of one output."""
        if self.bounds is not None:
            level, found = outcomes.tolerance("bound"), expected.judged(*self.bounds[name], got, self.case.squeezed)
        elif self.tolerance is not None and "bound" in self.tolerance:
            return "no bound"
        else:
            level, found = self.tolerance or outcomes.tolerance("loose"), differences.compare(self.reference[i], got, self.case.squeezed)
        return outcomes.outcome({"status": "ok", "outputs": [{"name": name, **found}], "bounds": self.bounds is not None}, level)

    def failure(self, got):
        """None, or the worst kind of difference and the outputs that have it."""
        if len(got) != len(self.names):
            return f"{len(got)} outputs instead of {len(self.names)}", []
        kinds = {n: self.kind(n, i, np.asarray(g)) for i, (n, g) in enumerate(zip(self.names, got))}
        bad = [k for k in outcomes.OUTCOMES if k != "correct" and k in kinds.values()]
        return (bad[0], [n for n, k in kinds.items() if k == bad[0]]) if bad else None


def in_process(path):
    """An evaluator of the package's library, or None if there is none or the model is not for it."""
    try:
        from nngen import Evaluator
    except (ImportError, OSError):
        return None
    with contextlib.suppress(Exception):
        return Evaluator(path)
    return None


def words(error):
    return f"{type(error).__name__}: {error}"[:TEXT]


def same(a, b):
    return len(a) == len(b) and all(not differences.compare(x, y) for x, y in zip(a, b))


def reference_outputs(case, feed, say):
    """What ONNX Runtime computes without optimisations, or None: then there is nothing to compare with."""
    say("reference")
    try:
        return ort_session(case.path, "ORT_DISABLE_ALL")(feed)
    except Exception:  # pylint: disable=broad-except
        return None


# ---- predicates: (path, arguments, say) -> None, or (what fails, outputs) ----

def onnxruntime_levels(path, args, say):
    """an optimised session of ONNX Runtime does not load or run, or gives other outputs than one without optimisations"""
    with contextlib.closing(Case(path)) as case:
        feed = case.feed(0)
        off, right = reference_outputs(case, feed, say), None
        for level in args.levels if off is not None else ():
            try:
                say(f"{level}: load")
                session = ort_session(case.path, LEVELS[level], args.without)
                say(f"{level}: run")
                got = session(feed)
            except Exception as e:  # pylint: disable=broad-except
                return f"{level}: {words(e)}", []
            if same(off, got):
                continue
            say("expected outputs")
            right = right or Expected(case, feed, off, args.tolerance)
            if found := right.failure(got):
                return f"{level}: {found[0]}", found[1]
    return None


def in_its_environment(t, case, modules):
    """(outputs on the first data set, None), or (None, how the target fails), of a target whose packages this process does not have."""
    with scratch.Folder() as folder:
        saved, results = folder / "outputs.npz", []
        isolate.run_batch(t, [{"model": "", "path": case.path, "save": str(saved), "sets": 1}], lambda _, r: results.append(r), modules)
        if saved.exists():
            outputs = expected.Outputs(saved)
            return [outputs.value(0, i) for i in range(len(case.graph().output))], None
        kind = outcomes.outcome(results[0], outcomes.tolerance("loose"))
        return None, None if kind in outcomes.BESIDE else (f"{t.name}: {kind}: {results[0].get('error', '')}"[:TEXT], [])


def run_target(name, path, args, say):
    """None, or how the target fails."""
    stage = ["start"]

    def enter(what):
        stage[0] = what
        say(f"{name}: {what}")

    with contextlib.closing(Case(path, enter)) as case:
        feed = case.feed(0)
        off = reference_outputs(case, feed, say) if name != targets.REFERENCE else ()
        if off is None:
            return None
        case.without = args.without
        enter("start")
        t = targets.find(name)
        try:
            if t.environment:
                got, failed = in_its_environment(t, case, args.modules)
                if got is None:
                    return failed
            else:
                run = t.function(case)
                enter("run")
                got = by_order(run(feed), case.graph())
        except BadCase:  # not for the harness
            return None
        except BaseException as e:  # pylint: disable=broad-except; Rust's panics are no Exceptions
            kind = outcomes.BY_STAGE[stage[0]]
            return None if kind in outcomes.BESIDE else (f"{name}: {kind}: {words(e)}", [])
        say("expected outputs")
        found = Expected(case, feed, off, args.tolerance).failure(got)
        return found and (f"{name}: {found[0]}", found[1])


def bounds(path, args, say):
    """an output of a target (--target, default: onnxruntime-all) is outside the bound that `nngen eval` proves"""
    return run_target(args.target, path, args, say)


def checker(path, _, say):
    """onnx's checker or its strict shape inference refuses the model, or crashes"""
    for name, check in (("checker", lambda: onnx.checker.check_model(path, full_check=True)),
                        ("shape inference", lambda: onnx.shape_inference.infer_shapes(onnx.load(path), strict_mode=True, data_prop=True))):
        say(name)
        try:
            check()
        except Exception as e:  # pylint: disable=broad-except
            return f"{name}: {words(e)}", []
    return None


READY = {"onnxruntime-levels": onnxruntime_levels, "bounds": bounds, "checker": checker}


# ---- the worker ----

def in_child(judge, path, to, log):
    """Judges the model and ends; what it says and finds goes to the pipe, a JSON object a line."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    guard.prctl(guard.PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setpgid(0, 0)
    os.ftruncate(log, 0)
    for fd in (1, 2):
        os.dup2(log, fd)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def tell(what):
        os.write(to, json.dumps(what).encode() + b"\n")

    tell({"found": judge(path, lambda stage: tell({"stage": stage}))})
    os._exit(0)


class Forked:
    """Judges models, each in a process of its own. judge: (path, say) -> None or (text, outputs)."""

    def __init__(self, judge, seconds, memory):
        self.judge, self.seconds, self.memory, self.log = judge, seconds, memory << 20, os.memfd_create("log")

    def close(self):
        os.close(self.log)

    def last_words(self):
        """What the process printed of its end. The rest differs from model to model."""
        text = os.pread(self.log, 1 << 16, max(0, os.fstat(self.log).st_size - (1 << 16))).decode("utf-8", "replace")
        telling = [x.strip() for x in text.splitlines() if isolate.TELLING.search(x)]
        return f": {telling[-1]}" if telling else ""

    def listen(self, pid, pipe, over):
        """(stage, what it found or None, why it is to be ended or "") of a process that judges."""
        stage, got, until = "start", b"", time.monotonic() + self.seconds
        while True:
            ready, _, _ = select.select([pipe, *over], [], [], POLL)
            if pipe in ready:
                data = os.read(pipe, 1 << 16)
                if not data:
                    return stage, None, ""
                got += data
                while b"\n" in got:
                    line, got = got.split(b"\n", 1)
                    said = json.loads(line)
                    if "found" in said:
                        return stage, said, "done"
                    stage = said["stage"]
            elif ready:
                return stage, None, "over"
            elif time.monotonic() > until:
                return stage, None, "hang"
            elif processes.resident(pid) > self.memory:
                return stage, None, "out of memory"

    def start(self, path):
        """(process, pipe)"""
        read, write = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                os.close(read)
                in_child(self.judge, path, write, self.log)
            finally:
                os._exit(70)
        os.close(write)
        return pid, read

    def found(self, path, over=()):
        """None, or (text, outputs). over: descriptors; once one can be read, the answer does not matter any longer."""
        pid, pipe = self.start(path)
        why, code = "over", 0
        try:
            stage, said, why = self.listen(pid, pipe, over)
        finally:
            os.close(pipe)
            if why:
                processes.kill([pid])
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
        if said is not None:
            return said["found"]
        if why == "over" or stage in ("reference", "expected outputs"):
            return None
        return f"{stage}: {why or 'crash: ' + processes.how_it_ended(code) + self.last_words()}", []


class Worker:
    """Answers the questions of `nngen reduce`."""

    def __init__(self, forked):
        self.forked, self.asked, self.answers, self.buffer = forked, os.dup(0), os.dup(1), b""
        os.dup2(2, 1)  # what imports print

    def say(self, *parts):
        line = "\t".join(" ".join(str(p).split()) if i < 2 else p for i, p in enumerate(parts)) + "\n"
        os.write(self.answers, line.encode("utf-8", "replace"))

    def question(self):
        """The next path, or None at the end."""
        while b"\n" not in self.buffer:
            data = os.read(self.asked, 1 << 16)
            if not data:
                return None
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return os.fsdecode(line)

    def serve(self):
        self.say("ready")
        while (path := self.question()) is not None:
            waits = b"\n" in self.buffer  # the next question is there already
            found = None if waits else self.forked.found(path, [self.asked])
            if found:
                self.say("fail", found[0], *found[1])
            else:
                self.say("pass")


# ---- the command ----

def warm(packages):
    """Imports what the forked processes would import each."""
    for name in packages:
        with contextlib.suppress(Exception):
            importlib.import_module(name.replace("-", "_"))


def levels(text):
    if unknown := [x for x in text.split(",") if x not in LEVELS]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: expected some of {', '.join(LEVELS)}")
    return text.split(",")


def command(sub):
    s = sub.add_parser("predicate", help="what `nngen reduce --predicate NAME` asks about each candidate; without a name: the names")
    s.add_argument("name", nargs="?")
    s.add_argument("--tolerance", help="judge outputs by this one of tolerances.json (default: their bounds, or loose where there are none)")
    s.add_argument("--target", default="onnxruntime-all", help="of the predicate bounds")
    s.add_argument("--levels", type=levels, default=list(LEVELS), help="of ONNX Runtime's optimisations, for onnxruntime-levels (default: basic,extended,all)")
    s.add_argument("--without", type=lambda text: text.split(","), default=[], help="passes of ONNX Runtime to leave out")
    s.add_argument("--modules", type=lambda text: text.split(","), default=argparse.SUPPRESS, help="more modules with adapters of targets")
    s.add_argument("--seconds", type=float, default=0, help="time limit of a model (default: the target's)")
    s.add_argument("--memory", type=int, default=0, help="memory limit in MiB (default: the target's)")
    s.set_defaults(function=main)


def listing():
    rows = [(name, function.__doc__) for name, function in READY.items()]
    rows += [(name, "this target fails, or gives other outputs than the reference") for name, t in sorted(targets.REGISTRY.items()) if t.for_corpora and not t.never]
    width = max(len(name) for name, _ in rows) + 2
    return "\n".join(f"{name:{width}}{what}" for name, what in rows)


def judge_of(args):
    """(predicate, the target that it runs)"""
    name = args.target if args.name == "bounds" else "onnxruntime-all" if args.name == "onnxruntime-levels" else args.name
    t = None if name == "checker" else targets.named([name])[0]
    if args.name not in READY:
        return lambda path, say: run_target(name, path, args, say), t
    return lambda path, say: READY[args.name](path, args, say), t


def problem(args):
    """Why the predicate cannot be asked, or ""."""
    if args.name not in READY and not targets.find(args.name):
        return f"no such predicate; there are {', '.join([*READY, *sorted(targets.REGISTRY)])}"
    if args.name == "bounds" and not targets.find(args.target):
        return f"no such target: {args.target}; there are {', '.join(sorted(targets.REGISTRY))}"
    needed = [] if args.name == "checker" else [targets.REGISTRY[targets.REFERENCE], judge_of(args)[1]]
    return next((": ".join(filter(None, [why, how_to_install(t)])) for t in needed if (why := targets.why_not(t))), "")


def how_to_install(t):
    """Words."""
    packages = [p for p in t.packages if not p.startswith("node:")]
    return " and ".join([*([f"pip install {' '.join(packages)}"] if packages else []), *(f"npm install {p[5:]}" for p in t.packages if p.startswith("node:"))])


def main(args):
    targets.load_all(args.modules)
    if args.name is None:
        print(listing())
        return 0
    args.tolerance = outcomes.tolerance("bound" if args.name == "bounds" else args.tolerance) if args.tolerance or args.name == "bounds" else None
    why = problem(args)
    if why:
        print(f"error\t{why}", flush=True)
        return 2
    judge, t = judge_of(args)
    worker = Worker(Forked(judge, args.seconds or (t.seconds if t else 60), args.memory or (t.memory if t else 2048)))
    warm(["nngen._evaluate", "onnxruntime", *(t.packages if t and t.common else ())])
    worker.serve()
    return 0
