"""The program of a case (`nngen emit`) as a module: how exporters come by a model that is written in their framework. An exporter is not to blame
for a program that differs from the model, so the stage "import" has all that comes before it."""
import contextlib
import importlib.util
import io
import itertools
import subprocess
from pathlib import Path

from nngen._program import chosen
from nngen.study import outcomes
from nngen.study.case import data_sets
from nngen.study.declared import declared_shape

SECONDS = 60  # for nngen to write a program
TOLERANCE = "loose"  # of expected outputs without bounds
NUMBERS = itertools.count()


def sizes(case):
    """Options: the sizes of the model's symbols in the case's data, which nngen does not find if they are not beside the model."""
    folder = Path(case.path).parent
    if data_sets(folder) or (folder / "inputs.npz").exists():
        return []
    feed = case.feed(0)
    found = {d: feed[x.name].shape[i] for x in case.inputs() for i, d in enumerate(declared_shape(x) or ()) if isinstance(d, str) and ":" not in d}
    return [x for name, size in found.items() for x in ("--dim", f"{name}={size}")]


def emitted(case, framework, *options):
    """The path of the program, in the case's folder."""
    path = case.folder / f"program_{framework}_{next(NUMBERS)}.py"
    done = subprocess.run([chosen(), "emit", case.path, "--as", framework, "--out", str(path), *sizes(case), *options], capture_output=True, text=True, errors="replace", timeout=SECONDS)
    if done.returncode:
        raise RuntimeError(f"nngen emit: {done.stderr.strip() or f'exit status {done.returncode}'}")
    return path


def load(case, framework, *options):
    """The program as a module: run(arrays) gives its results, and its framework's model has the name that the program gives it."""
    path = emitted(case, framework, *options)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def differs(case, run):
    """Why the results of run(feed) on the case's data are not the expected outputs, or "". Needs case.reference."""
    names = [x.name for x in case.graph().output]
    tolerance = outcomes.tolerance("bound" if case.reference.bounds else TOLERANCE)
    for k in case.feeds():
        got = list(run(case.feed(k)))
        if len(got) != len(names):
            return f"{len(got)} results of {len(names)} outputs"
        outputs = [{"name": n, **case.reference.compare(k, i, value)} for i, (n, value) in enumerate(zip(names, got))]
        found = outcomes.outcome({"status": "ok", "outputs": outputs, "bounds": case.reference.bounds}, tolerance)
        if found not in ("correct", "no bound"):
            bad = next(o for o in outputs if len(o) > 1)
            return f"data set {k}, output {bad['name']}: {found}"
    return ""


def must_be_right(case, module, run=None):
    """Raises an error if results are not the expected outputs: of the program on the case's data or, where those have no expected outputs, on the
    inputs that are in the program, with the outputs that nngen's rules give. run: what gives the results, if not the program's own function."""
    run = run or module.run
    if case.reference is not None:
        if why := differs(case, run):
            raise RuntimeError(f"the program differs from the model: {why}")
        return
    with contextlib.redirect_stdout(io.StringIO()) as said:
        wrong = module.check(run(module.inputs()))
    if wrong:
        raise RuntimeError(f"the program differs from the model: {said.getvalue()[:500]}")


def right(case, framework, *options):
    """The program as a module, whose results are right. Begins the stage "import"."""
    case.stage("import")
    module = load(case, framework, *options)
    must_be_right(case, module)
    return module
