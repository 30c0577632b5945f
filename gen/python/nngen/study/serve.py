"""The process that a target runs in (nngen.study.guard starts it): requests on standard input, answers on what was standard output, a JSON object a line."""
import json
import os
import time

import numpy as np

from nngen.study import differences, expected, targets
from nngen.study.case import Case


def by_order(outputs, names):
    if isinstance(outputs, dict):
        return [outputs[n] for n in names]
    return [np.asarray(x) for x in outputs]


def serve_one(t, request, say):
    """What one model gives: {"status": "ok", ...} with "bounds" where the corpus' bounds judged it, or {"status": "failed", stage, error}."""
    begun = time.monotonic()
    stage = ["start"]

    def enter(name):
        stage[0] = name
        say({"stage": name})

    case = Case(request["path"], enter, request.get("sets", 0))
    case.without = request.get("without", [])
    try:
        run = t.function(case)
        enter("run")
        names = [x.name for x in case.graph().output]
        outputs = [{"name": n} for n in names]
        keep = [[] for _ in names]
        reference, judged = None, {"bounds": True} if request.get("bounds") else {}
        if request.get("reference"):
            reference = expected.Outputs(request["reference"])
        elif request.get("bounds"):
            reference = expected.Bounded(request["bounds"], names)
        for k in case.feeds():
            got = by_order(run(case.feed(k)), names)
            if len(got) != len(names):
                return {"status": "ok", "outputs": outputs, "count": [len(names), len(got)], "seconds": time.monotonic() - begun, **judged}
            for i, value in enumerate(got):
                if request.get("save"):
                    keep[i].append(np.array(value))  # a copy: some runtimes give the same buffer each time
                if reference is not None:
                    differences.merge(outputs[i], reference.compare(k, i, value, case.squeezed), k)
        if request.get("save"):
            expected.save(request["save"], keep)
        return {"status": "ok", "outputs": [o for o in outputs if len(o) > 1], "seconds": round(time.monotonic() - begun, 4), **judged}
    except MemoryError as e:
        return {"status": "memory", "stage": stage[0], "error": f"MemoryError: {e}"[:2000]}
    except BaseException as e:  # pylint: disable=broad-except; Rust's panics are no Exceptions
        if isinstance(e, KeyboardInterrupt):
            raise
        return {"status": "failed", "stage": stage[0], "error": f"{type(e).__name__}: {e}"[:4000]}
    finally:
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
    t = targets.load_all(modules)[name]
    say({"ready": True})
    for line in requests:
        say({"result": serve_one(t, json.loads(line), say)})
    os._exit(0)  # what a target does at exit is not under test
