"""Is a difference between two ways to compute a model one that rounding alone can make?

Monte Carlo arithmetic (Parker, Monte Carlo Arithmetic, UCLA CSD-970002, 1997): the model is run node by node in ONNX Runtime, each
real output of each node that may have been rounded moved at random by a few units in the last place. Where such runs differ from each other as much as the two
ways do, the difference says nothing of either way: the model is ill-conditioned for that input, as where Floor, ArgMax or TopK see values
that are nearly equal. Where they do not, one of the ways is wrong."""
import numpy as np
from onnx import helper, numpy_helper

from nngen.judge import narrow, runtime

RUNS = 12
NOISE = 4 * 2.0 ** -24   # in float32 and double, of the value: four halves of a unit in the last place, as sums of some ten terms in another order give
SCALE = 2 * 2.0 ** -24   # in these, of the largest value of the tensor: what cancellation leaves of rounding before it
COARSE = 2.0 ** 13       # times as much in float16: an operator alone is rounded to it, in a chain it may be computed in float32
ROOM = 4.0               # the two ways may differ by so many times the widest difference between two noisy runs
JUMP = 64.0              # a node that multiplies the relative error of its inputs by so much is where it comes from


def alone(view, node):
    """The node as a model. Its initializers stay initializers: some must be constant."""
    real = list(dict.fromkeys(x for x in node.input if x and x not in view.inits))
    info = lambda x: helper.make_tensor_value_info(x, *view.declared[x])
    g = helper.make_graph([node], "node", [info(x) for x in real], [info(x) for x in node.output if x],
                          [view.inits[x] for x in dict.fromkeys(node.input) if x in view.inits])
    return helper.make_model(g, opset_imports=view.model.opset_import, ir_version=view.model.ir_version)


def noise_explains(model, feed, ours, theirs):
    """Does a model of one node move as far where its inputs are moved at random by a few units in the last place?"""
    s, rng = runtime.session(model.SerializeToString(), "none"), np.random.default_rng(0)
    moved = lambda v: np.asarray(v * (1 + NOISE * rng.uniform(-1, 1, v.shape)), v.dtype) if narrow.is_real(v.dtype) else v
    runs = [s.run(None, {k: moved(v) for k, v in feed.items()}) for _ in range(RUNS)]
    apart = lambda a, b: float(np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64)).max(initial=0.0)) if np.shape(a) == np.shape(b) else np.inf
    return all(apart(o, t) <= ROOM * max(apart(o, r[i]) for r in runs) for i, (o, t) in enumerate(zip(ours, theirs)))


class Steps:
    """The model as a list of nodes that run alone."""

    def __init__(self, data, view):
        self.view, self.steps = view, []
        for n in view.nodes:
            m = alone(view, n)
            real, made = [v.name for v in m.graph.input], [v.name for v in m.graph.output]
            self.steps.append((n, real, made, runtime.session(m.SerializeToString(), "none")))

    def run(self, feed, rng=None):
        """Values of all tensors; with rng each real output is moved."""
        values = dict(feed)
        for n, real, made, s in self.steps:
            for x, v in zip(made, s.run(made, {x: values[x] for x in real})):
                v = np.asarray(v)
                if rng is not None and narrow.is_real(v.dtype) and v.size:
                    w, unit = v.astype(np.float64), max(1.0, COARSE * narrow.unit(v.dtype) * 2.0 ** 11) if v.dtype.itemsize <= 2 else 1.0
                    size = np.where(self.exact(v, n, values), 0.0, np.abs(w) * NOISE * unit + float(np.abs(w).max()) * SCALE * unit)
                    v = np.asarray(within(w + size * rng.uniform(-1, 1, v.shape), w), v.dtype)
                values[x] = v
        return values

    def exact(self, v, n, values):
        """Where no rounding can have been: whole numbers (Floor, Sign, Relu's zeros), and values taken over from an input."""
        known = [values[x] if x in values else numpy_helper.to_array(self.view.inits[x]) for x in n.input if x]
        known = [np.ravel(x) for x in known if x.dtype == v.dtype]
        return (v == np.rint(v)) | (np.isin(v, np.concatenate(known)) if known else False)


def within(moved, w):
    """Moved values stay in the range of the tensor, a lone one on its side of zero: what is never negative, or above one, may be what the next operator asks for."""
    if w.size > 1:
        return np.clip(moved, w.min(), w.max())
    return np.where(np.sign(moved) == np.sign(w), moved, w)


def spread(runs, name):
    """Widest difference between the first run and any other."""
    return max(runtime.difference(r[name], runs[0][name]) for r in runs[1:])


def origin(steps, runs, output):
    """Nodes before the output, in topological order, at which a small relative difference becomes a large one."""
    view, want, todo = steps.view, set(), [output]
    while todo:
        x = todo.pop()
        if x in view.producer and x not in want:
            want.add(x)
            todo += view.data_inputs(view.nodes[view.producer[x][0]])
    found = []
    for n, real, made, _ in steps.steps:
        if want.intersection(made):
            before = max([spread(runs, x) for x in real if x not in view.inputs] + [NOISE])
            after = max(spread(runs, x) for x in made)
            if after > 1e-4 and after > JUMP * before:
                found.append((n.op_type, before, after))
    return found


def explain(data, view, feeds, worst, same=1e-3):
    """(problems, notes) of the outputs that differ by more than `same`; worst: {(input set, output): difference}."""
    steps = Steps(data, view)
    bad, notes = [], []
    for k in sorted({k for (k, _), d in worst.items() if d > same}):
        rng = np.random.default_rng(k)
        try:
            runs = [steps.run(feeds[k])] + [steps.run(feeds[k], rng) for _ in range(RUNS)]
        except Exception as e:
            bad.append(("levels", f"input set {k}: noise makes a run fail: {runtime.one_line(e)}", ""))
            continue
        for name in (x for x in view.outputs if worst.get((k, x), 0.0) > same):
            d, s = worst[k, name], spread(runs, name)
            where = origin(steps, runs, name)
            ops = ", ".join(f"{op} ({a:.1e} to {b:.1e})" for op, a, b in where) or "no single node"
            if d <= ROOM * s:
                notes.append(("ill-conditioned", f"{name!r}: optimised and unoptimised differ by {d:.3g}, runs with rounding noise by {s:.3g}: {ops}",
                              where[0][0] if where else view.made_by(name)))
            else:
                bad.append(("levels", f"{name!r}: optimised and unoptimised differ by {d:.3g}, runs with rounding noise only by {s:.3g}", view.made_by(name)))
    return bad, notes
