"""Soundness of the rules: moves every node's result by its full local bound, up or down, at random or within it, and requires every
tensor of the model to stay inside its bound.

    PYTHONPATH=tests:gen/python build/venv/bin/python -m reference.moved --opset 17 [--seed 1] DIR..."""

import argparse
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from nngen.judge.bounds import outside
from nngen.judge.driver import Driver, read_model, single


def to_type(y, v, e, kind):
    """The nearest numbers of the type that are within the bounds; where there is none, the nearest of all."""
    if not np.issubdtype(kind, np.floating):
        return y
    z = y.astype(kind)
    toward = np.nextafter(z, np.where(v > z, np.inf, -np.inf).astype(kind))
    return np.where(np.abs(z.astype(np.float64) - v) > e, toward, z).astype(np.float64)


def move(v, e, how, rng):
    """Values that an implementation may have."""
    sign = {"up": 1.0, "down": -1.0, "either": rng.choice([-1.0, 1.0], v.shape), "within": rng.uniform(-1, 1, v.shape)}[how]
    step = np.where(np.isfinite(e), e, 0) * sign
    # A wide bound often covers a choice or an end of a range, and then holds what no implementation gives, on the other side.
    step = np.where(e > 2e-3 * np.abs(v), 0, step)
    if v.dtype.kind in "iu":
        return v
    return v + step


def check(driver, model, inputs, how, rng):
    """Elements outside, by operator, of the model's tensors when each node's result is moved."""
    bounds, _ = driver.compute(model, inputs)
    known = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer} | inputs
    types = {v.name: v.type.tensor_type.elem_type for v in [*model.graph.value_info, *model.graph.output]}
    found = []
    for node in model.graph.node:
        part = single(model, node)
        local, errors = driver.compute(part, {}, {x: known[x] for x in node.input if x})
        for name, (v, e) in local.items():
            if errors:
                v, e = bounds[name]
            double = types[name] == onnx.TensorProto.DOUBLE # our own roundings are as large as its bounds
            y = move(v, 0.25 * e if double else e, how, rng)
            if y.dtype.kind == "f":
                y = to_type(y, v, np.where(np.isfinite(e), e, np.inf), onnx.helper.tensor_dtype_to_np_dtype(types[name]))
            if not np.issubdtype(onnx.helper.tensor_dtype_to_np_dtype(types[name]), np.floating) and y.dtype.kind == "f":
                y = np.clip(np.rint(y), *((0, 1) if types[name] == onnx.TensorProto.BOOL else (-2.0**53, 2.0**53))).astype(np.int64)
            known[name] = y.astype(onnx.helper.tensor_dtype_to_np_dtype(types[name]))
            bv, be = bounds[name]
            with np.errstate(all="ignore"):
                bad = outside(y, bv, np.where(np.isnan(y.astype(float)), np.inf, be))
            if bad.any():
                k = np.unravel_index(np.argmax(bad), bad.shape) if bad.shape else ()
                found.append((node.op_type, name, list(map(int, k)), y[k], bv[k], be[k], int(bad.sum()), bad.size))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--opset", type=int, default=17)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("corpora", nargs="+", type=Path)
    args = parser.parse_args()
    driver, rng = Driver(args.opset), np.random.default_rng(args.seed)
    models, by_op = 0, {}
    for directory in sorted(d for c in args.corpora for d in c.glob("test_*")):
        model, inputs = read_model(directory)
        models += 1
        for how in ("up", "down", "either", "within"):
            for op, *rest in check(driver, model, inputs, how, rng)[:1]: # what follows may only be its consequence
                by_op[op] = by_op.get(op, 0) + 1
                if by_op[op] <= 3:
                    print(directory, how, op, *rest)
    print(f"{models} models, moved in 4 ways: first tensors outside by operator: {by_op}")
    driver.close()
    return len(by_op) > 0


if __name__ == "__main__":
    sys.exit(main())
