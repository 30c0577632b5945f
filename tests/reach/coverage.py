"""Line and branch coverage of consumers that are Python packages, by coverage.py."""
import atexit
import importlib
from functools import cache
from pathlib import Path


@cache
def start(name, sources, folder):
    """In a worker, before the consumer's packages are imported. The worker is killed in the end: save() after each model."""
    import coverage

    c = coverage.Coverage(data_file=str(Path(folder) / name), data_suffix=True, branch=True, source_pkgs=list(sources), config_file=False, check_preimported=True)
    c.start()
    atexit.register(c.stop)
    return c


def save(c):
    c.stop()
    c.save()
    c.start()


def shares(name, sources, folder):
    """{"lines": [covered, all], "branches": [covered, all]} of what the workers saved."""
    import coverage

    c = coverage.Coverage(data_file=str(Path(folder) / f"all-{name}"), branch=True, source_pkgs=list(sources), config_file=False)
    files = [str(p) for p in Path(folder).glob(f"{name}.*")]
    if not files:
        return {}
    c.combine(files, keep=True)
    lines, branches = [0, 0], [0, 0]
    for file in sources_of(sources):
        n = c._analyze(str(file)).numbers  # pylint: disable=protected-access; the reports round to per cent
        for total, (hit, there) in ((lines, (n.n_executed, n.n_statements)), (branches, (n.n_executed_branches, n.n_branches))):
            total[0] += hit
            total[1] += there
    return {"lines": lines, "branches": branches}


def sources_of(packages):
    for p in packages:
        for root in importlib.import_module(p).__path__:
            yield from (f for f in sorted(Path(root).rglob("*.py")) if not f.name.endswith("_test.py"))
