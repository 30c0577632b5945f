"""Puts the models of a corpus through consumers, in worker processes that may crash or hang, and counts what they report."""
import resource
from collections import Counter
from functools import partial

from nngen.judge.workers import Pool
from reach import consumers, coverage

MEMORY = 6 << 30  # bytes of data that a worker may have; more is a failure of the model
SECONDS = 60      # for a model


def one(name, covered, task, at):
    """In a worker: what a consumer does with one model, {kind: names}, or why it failed. covered: a folder for coverage data, or None."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    at(name)
    c = consumers.REGISTRY[name]
    watch = coverage.start(name, c.sources, covered) if covered and c.sources else None
    try:
        return {"names": c.function(task[1])}
    except BaseException as e:  # pylint: disable=broad-except; Rust's panics and what a native library raises are no Exceptions
        if isinstance(e, (KeyboardInterrupt, SystemExit)):
            raise
        return {"failed": f"{type(e).__name__}: {e}"[:300]}
    finally:
        if watch:
            coverage.save(watch)


def failure(result):
    """(kind, message) of a result that has no names, or None."""
    if "failed" in result:
        return "failed", result["failed"]
    if result.get("problems"):  # of nngen.judge.workers: "crash", "hang"
        kind, message, _ = result["problems"][0]
        return kind, message
    return None


def in_order(passes):
    return {kind: dict(sorted(c.items(), key=lambda x: (-x[1], x[0]))) for kind, c in sorted(passes.items())}


def joined(results):
    """The figures of several results of a consumer as one."""
    passes = {}
    for r in results:
        for kind, counts in r["passes"].items():
            passes.setdefault(kind, Counter()).update(counts)
    return {"models": sum(r["models"] for r in results), "passes": in_order(passes), "failures": [f for r in results for f in r["failures"]]}


def through(name, models, jobs=1, timeout=SECONDS, covered=None):
    """What a consumer does with [(model's name, path)]: {"models", "passes": {kind: {name: models}}, "failures": [[model, kind, message]]}.
    Also {model: {kind: names}}. Models that fail count among the models: a pass that fires before a crash is not seen."""
    passes, failures, each = {}, [], {}
    with Pool(jobs, partial(one, name, covered), timeout) as pool:
        for (model, _), result in pool.map([(m, str(p)) for m, p in models]):
            if why := failure(result):
                failures.append([model, *why])
                continue
            each[model] = result["names"]
            for kind, names in result["names"].items():
                passes.setdefault(kind, Counter()).update(names)
    return {"models": len(models), "passes": in_order(passes), "failures": sorted(failures)}, each
