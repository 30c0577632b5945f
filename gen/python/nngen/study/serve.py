"""The process that a target runs in (nngen.study.guard starts it): requests on standard input, answers on what was standard output, a JSON object a line."""
import json
import os
import time

import numpy as np

from nngen.study import deaths, differences, expected, quanta, targets
from nngen.study.case import Case
from nngen.study.declared import BadCase, NotSupported, check_types, declared_type


def typed(value, info):
    """A runtime may give the bits of a type that NumPy does not have."""
    value, dtype = np.asarray(value), declared_type(info)
    bits = dtype is not None and dtype.kind == "V" and value.dtype.kind == "u" and value.dtype.itemsize == dtype.itemsize
    return value.view(dtype) if bits else value


def by_order(outputs, graph):
    """The outputs in the order of the graph's; there may be more or fewer of them."""
    got = [outputs[x.name] for x in graph.output] if isinstance(outputs, dict) else list(outputs)
    return [typed(v, x) for v, x in zip(got, graph.output)] + got[len(graph.output):]


def must_repeat(run, case, names, kept):
    """NotSupported if the first data set gives other outputs a second time, as random operators make them: there is nothing to compare with then."""
    again = by_order(run(case.feed(0)), case.graph())
    for name, before, now in zip(names, kept, again):
        if differences.compare(before[0], now):
            raise NotSupported(f"output {name} differs from run to run in the reference, as those of random operators do")


def failure(stage, error, log, begin):
    """The result of a target that raised an error; that of one whose compiler died is a crash."""
    text = f"{type(error).__name__}: {error}"
    if how := deaths.found(text, deaths.said(log, begin)):
        return {"status": "crash", "stage": stage, "error": f"a process that it started died: {how}: {text}"[:4000]}
    return {"status": "failed", "stage": stage, "error": text[:4000]}


def expected_outputs(request, names):
    """What the outputs of these names are compared with, or None."""
    if request.get("reference"):
        return expected.Outputs(request["reference"])
    return expected.Bounded(request["bounds"], names) if request.get("bounds") else None


def serve_one(t, request, say, log=""):
    """What one model gives: {"status": "ok", ...} with "bounds" where the corpus' bounds judged it, or {"status": "failed", stage, error}."""
    begun, heard = time.monotonic(), os.path.getsize(log) if log else 0
    deaths.forget()
    stage = ["start"]

    def enter(name):
        stage[0] = name
        say({"stage": name})

    case = None
    try:
        case = Case(request["path"], enter, request.get("sets", 0), request.get("data"))
        case.without = request.get("without", [])
        check_types(case.graph())
        names = [x.name for x in case.graph().output]
        reference = case.reference = expected_outputs(request, names)
        run = t.function(case)
        enter("run")
        outputs = [{"name": n} for n in names]
        keep, steps = [[] for _ in names], quanta.of_graph(case.graph())
        judged = {**case.notes, **({"bounds": True} if request.get("bounds") else {}), **({"quantised": True} if any(steps) else {})}
        for k in case.feeds():
            got = by_order(run(case.feed(k)), case.graph())
            if len(got) != len(names):
                return {"status": "ok", "outputs": outputs, "count": [len(names), len(got)], "seconds": time.monotonic() - begun, **judged}
            for i, value in enumerate(got):
                if request.get("save"):
                    keep[i].append(np.array(value))  # a copy: some runtimes give the same buffer each time
                if reference is not None:
                    differences.merge(outputs[i], reference.compare(k, i, value, case.squeezed, steps[i]), k)
        if request.get("save"):
            must_repeat(run, case, names, keep)
            expected.save(request["save"], keep)
        return {"status": "ok", "outputs": [o for o in outputs if len(o) > 1], "seconds": round(time.monotonic() - begun, 4), **judged}
    except BadCase as e:
        return {"status": e.status, "stage": "case", "error": str(e)}
    except MemoryError as e:
        return {"status": "memory", "stage": stage[0], "error": f"MemoryError: {e}"[:2000]}
    except BaseException as e:  # pylint: disable=broad-except; Rust's panics are no Exceptions
        if isinstance(e, KeyboardInterrupt):
            raise
        return failure(stage[0], e, log, heard)
    finally:
        if case is not None:
            case.close()


def main(name, modules, log):
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    fd = os.open(log, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    os.dup2(fd, 1)
    os.dup2(fd, 2)

    def say(what):
        answers.write(json.dumps(what) + "\n")
        answers.flush()

    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # a program that a target starts must not eat the requests
    deaths.watch()
    targets.load_all(modules)
    t = targets.find(name)
    say({"ready": True})
    for line in requests:
        say({"result": serve_one(t, json.loads(line), say, log)})
    os._exit(0)  # what a target does at exit is not under test
