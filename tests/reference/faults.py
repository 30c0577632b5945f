"""Detection of planted faults: the result of one node is changed, what follows is computed from it, and the bounds of the graph outputs,
usual tolerances, and the node's own bounds are asked whether they see it.

    PYTHONPATH=tests build/venv/bin/python -m reference.faults --opset 17 DIR..."""

import argparse
from collections import namedtuple
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from reference.moved import single
from reference.reference import Driver, outside, read_model


def one_element(y, rng, change):
    y = y.copy()
    k = np.unravel_index(rng.integers(y.size), y.shape)
    y[k] = change(y[k])
    return y


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
    """(visible, by outputs, by 1e-3, by 1e-7)"""
    found = np.zeros(4, bool)
    for o, (y, x) in fault.outputs.items():
        a, b = y.astype(np.float64), x.astype(np.float64)
        with np.errstate(all="ignore"):
            far = np.abs(a - b)
            found |= [bool((a != b).any()), bool(outside(y, *fault.bounds[o]).any()), bool((far > 1e-3 * np.abs(b) + 1e-7).any()),
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
    print("fault | planted | visible | by bounds of outputs | by rtol 1e-3 | by rtol 1e-7 | by the node's own bounds")
    for kind in [*FAULTS, "all"]:
        these = np.array([r[1:] for r in rows if kind in (r[0], "all")], bool).reshape(-1, 5)
        visible = these[these[:, 0]]
        share = [f"{visible[:, k].mean():.3f}" if len(visible) else "-" for k in (1, 2, 3)]
        print(" | ".join([kind, str(len(these)), str(len(visible)), *share, f"{these[:, 4].mean():.3f}" if len(these) else "-"]))


if __name__ == "__main__":
    main()
