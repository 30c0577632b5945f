"""Expected outputs: those of the corpus' files, with the bound of each element, and those of a node from the values that a runtime has at its inputs.

The files are read as others are. What a single node gives is computed by the evaluator behind `nngen --outputs` (tests/reference/driver.c, which
`make unit-programs` builds); without it the comparison by node goes by tolerance."""
import numpy as np

from nngen.judge import bounds, driver
from nngen.judge.sizes import fits

DRIVERS = {}  # of this process, by opset


def own(folder, view, options, turns=None):
    """([[(v, e)] or None of each data set that is a feed], problems). See runtime.own_inputs for the sets that are none."""
    if not options.get("outputs"):
        return [], []
    modes, found, bad, files = options["input_mode"].split(","), [], [], bounds.Files(folder)
    for n, k in enumerate(range(options["inputs"]) if turns is None else turns):
        here, wild = None, modes[n % len(modes)] == "nan"
        try:
            here = files.read(k, view.outputs)
            problems = list(malformed(view, here, wild))
        except Exception as e:
            problems = [" ".join(str(e).split())[:300]]
        bad += [("output", f"test_data_set_{k}: {p}", "") for p in problems]
        if not wild:
            found.append(None if problems else here)
    return found, bad


def malformed(view, found, wild=False):
    """What the files of a data set must be: an output and its bound have the declared shape; expected outputs are finite, bounds are not negative.
    wild: inputs have NaN, and so may outputs."""
    for name, (v, e) in zip(view.outputs, found):
        if not fits(v.shape, view.declared[name][1]) or e.shape != v.shape:
            yield f"{name!r}: output {list(v.shape)} and bound {list(e.shape)}, declared {list(view.declared[name][1])}"
        elif not wild and (not (e >= 0).all() or (v.dtype.kind == "f" and not np.isfinite(v).all())):
            yield f"{name!r}: an output that is not finite, or a bound that is none"


def outside(names, values, found):
    """[(name, words)] of the tensors with elements outside their bounds; of those with no bounds, and of other shapes, nothing."""
    for name, y, (v, e) in zip(names, values, found):
        y = np.asarray(y)
        if y.shape == v.shape and (worst := bounds.judge(y, v, e)):
            yield name, bounds.words(worst)


def known():
    """Whether bounds of single nodes can be computed."""
    return driver.PROGRAM.exists()


def of_nodes(view, values):
    """{name: (v, e)} of what each node gives for the values that a runtime has at its inputs; without those of nodes that have no rule.

    A float16 tensor may have been computed in float32, and not rounded: its bound holds for both."""
    if not known():
        return {}
    d = DRIVERS.get(view.opset) or DRIVERS.setdefault(view.opset, driver.Driver(view.opset))
    try:
        found, errors = d.compute(view.model, {}, {k: np.asarray(v) for k, v in values.items() if k not in view.inits}, kept=True)
    except Exception:
        DRIVERS.pop(view.opset).process.kill()
        raise
    lost = {o for n in view.nodes if (n.name or n.output[0]) in errors for o in n.output}
    return {k: found[k] for k in found if k not in lost}
