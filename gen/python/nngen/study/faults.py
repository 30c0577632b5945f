"""Detection of planted faults: the result of one node is changed, what follows is computed from it, and the bounds of the graph outputs,
usual tolerances, and the node's own bounds are asked whether they see it.

A fault is visible if it changes an element of an output by more than 16 units of roundoff, which is what correct implementations of a
single function may err (specs/compute/accuracy.yaml). Many faults change nothing but the last bit of an element, or no bit at all.

    PYTHONPATH=gen/python build/venv/bin/python -m nngen.study.faults --opset 17 DIR..."""

import argparse
from collections import namedtuple
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from nngen.judge.bounds import outside
from nngen.judge.driver import Driver, read_model, single


def one_element(y, rng, change):
    y = y.copy()
    k = np.unravel_index(rng.integers(y.size), y.shape)
    y[k] = change(y[k])
    return y


ROUNDING = 16


# What a fault makes of a node's result; None: it does not apply.
FAULTS = {
    "scaled by 1.001": lambda y, rng: y * 1.001 if y.dtype.kind == "f" else None,
    "scaled by 1.00001": lambda y, rng: y * 1.00001 if y.dtype.kind == "f" else None,
    "in half precision": lambda y, rng: y.astype(np.float16).astype(y.dtype) if y.dtype.kind == "f" else None,
    "one element scaled by 1.01": lambda y, rng: one_element(y, rng, lambda x: x * 1.01) if y.dtype.kind == "f" else None,
    "one element 0": lambda y, rng: one_element(y, rng, lambda x: 0),
    "one element negated": lambda y, rng: one_element(y, rng, lambda x: not x if y.dtype.kind == "b" else y.dtype.type(0) - x),
    "rolled along the last axis": lambda y, rng: np.roll(y, 1, -1) if y.ndim and y.shape[-1] > 1 else None,
    "last two axes swapped": lambda y, rng: np.swapaxes(y, -1, -2) if y.ndim > 1 and y.shape[-1] == y.shape[-2] > 1 else None,
    "last slice repeats the one before": lambda y, rng: np.concatenate([y[..., :-1], y[..., -2:-1]], -1) if y.ndim and y.shape[-1] > 1 else None,
}


def typed(values, types):
    return {n: v.astype(onnx.helper.tensor_dtype_to_np_dtype(types[n])) for n, v in values.items()}


# kind: of FAULTS; outputs: {name: (with the fault, without)}; bounds: {name: (v, e)} of all tensors; own: whether the node's own bounds see it
Planted = namedtuple("Planted", "kind outputs bounds own")


def is_visible(a, b):
    """Whether an element differs by more than roundings of its type. Elements near 0 count as a thousandth of the largest."""
    if a.dtype.kind != "f":
        return bool((a != b).any())
    unit, a, b = np.finfo(a.dtype).eps / 2, a.astype(np.float64), b.astype(np.float64)
    size = np.where(np.isfinite(b), np.abs(b), 0)
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= ROUNDING * unit * np.maximum(size, 1e-3 * size.max(initial=0))
    return bool((~near & (a != b) & ~(np.isnan(a) & np.isnan(b))).any())


def plant(driver, model, inputs, rng, count):
    """At most `count` faults, each in a node drawn at random."""
    types = {v.name: v.type.tensor_type.elem_type for v in [*model.graph.value_info, *model.graph.output]}
    bounds, _ = driver.compute(model, inputs)
    clean = typed({n: v for n, (v, _) in bounds.items()}, types)
    known = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer} | inputs | clean
    for _ in range(count):
        i = int(rng.integers(len(model.graph.node)))
        node, kind = model.graph.node[i], list(FAULTS)[rng.integers(len(FAULTS))]
        name = next(o for o in node.output if o)
        y = FAULTS[kind](known[name], rng) if known[name].size else None
        if y is None or np.array_equal(y, known[name]):
            continue
        rest = onnx.ModelProto.FromString(model.SerializeToString())
        del rest.graph.node[:]
        rest.graph.node.extend(model.graph.node[i + 1:])
        after, _ = driver.compute(rest, known | {name: y})
        got = known | {name: y} | typed({n: v for n, (v, _) in after.items()}, types)
        own, _ = driver.compute(single(model, node), {}, {x: known[x] for x in node.input if x})
        yield Planted(kind, {o.name: (got[o.name], known[o.name]) for o in model.graph.output}, bounds, bool(outside(y, *own[name]).any()))


def seen(fault):
    """(changed in a bit, visible, by outputs, by 1e-3, by 1e-7)"""
    found = np.zeros(5, bool)
    for o, (y, x) in fault.outputs.items():
        a, b = y.astype(np.float64), x.astype(np.float64)
        with np.errstate(all="ignore"):
            far = np.abs(a - b)
            found |= [bool((a != b).any()), is_visible(y, x), bool(outside(y, *fault.bounds[o]).any()), bool((far > 1e-3 * np.abs(b) + 1e-7).any()),
                      bool((far > 1e-7 * np.abs(b) + 1e-7).any())]
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--opset", type=int, default=17)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=10, help="of each model")
    parser.add_argument("corpora", nargs="+", type=Path)
    args = parser.parse_args()
    driver, rng, rows = Driver(args.opset), np.random.default_rng(args.seed), []
    for directory in sorted(d for c in args.corpora for d in c.glob("test_*")):
        rows += [(f.kind, *seen(f), f.own) for f in plant(driver, *read_model(directory), rng, args.faults)]
    driver.close()
    print("fault | planted | changed | visible | of these by bounds of outputs | by rtol 1e-3 | by rtol 1e-7 | of all by the node's own bounds")
    for kind in [*FAULTS, "all"]:
        these = np.array([r[1:] for r in rows if kind in (r[0], "all")], bool).reshape(-1, 6)
        visible = these[these[:, 1]]
        share = [f"{visible[:, k].mean():.3f}" if len(visible) else "-" for k in (2, 3, 4)]
        print(" | ".join([kind, *(str(len(x)) for x in (these, these[these[:, 0]], visible)), *share, f"{these[:, 5].mean():.3f}" if len(these) else "-"]))
    changed = np.array([r[1:] for r in rows if r[1]], bool).reshape(-1, 6)
    print(f"of {len(changed)} that change a bit of an output, by bounds of outputs: {changed[:, 2].mean():.3f}")


if __name__ == "__main__":
    main()
