"""Where bounds become wide: from each wide graph output (or each float32 tensor that has wide elements) back to the node where its
error begins, because none of that node's inputs is wide.

    PYTHONPATH=tests:gen/python build/venv/bin/python -m reference.wide --opset 17 [--elements] [--show 5] DIR..."""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from nngen.judge.driver import Driver, read_model, single

OUTPUT, ELEMENT = 1e-2, 1e-3


def output_width(v, e):
    """The largest bound of a tensor, as a part of its largest value."""
    largest = np.abs(v.astype(float)).max(initial=0)
    return 0.0 if not e.any() else float(e.max() / largest) if largest else np.inf


def element_width(v, e):
    """The largest bound of an element, as a part of its value."""
    size = np.abs(v.astype(float))
    with np.errstate(all="ignore"):
        ratio = np.where(e == 0, 0, e / np.maximum(size, 1e-3 * size.max(initial=0)))
    return float(np.nan_to_num(ratio, nan=np.inf, posinf=np.inf).max(initial=0))


def count_wide(v, e):
    size = np.abs(v.astype(float))
    with np.errstate(all="ignore"):
        return int(np.count_nonzero(~(e / np.maximum(size, 1e-3 * size.max(initial=0)) < ELEMENT)))


def origin(name, maker, widths, limit):
    """The node where the error of a wide tensor begins, and its output."""
    while True:
        node = maker[name]
        inputs = [x for x in node.input if x in maker and widths[x] >= limit]
        if not inputs:
            return node, name
        name = max(inputs, key=widths.get)


def causes(driver, model, inputs, elements):
    """For each wide output, or float32 tensor: (weight, node, its own output, widest input, width with exact inputs, width)."""
    values, _ = driver.compute(model, inputs)
    width, limit = (element_width, ELEMENT) if elements else (output_width, OUTPUT)
    maker = {o: n for n in model.graph.node for o in n.output if o}
    widths = {name: width(v, e) for name, (v, e) in values.items()}
    types = {v.name: v.type.tensor_type.elem_type for v in [*model.graph.value_info, *model.graph.output]}
    known = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer} | inputs
    known |= {n: v.astype(onnx.helper.tensor_dtype_to_np_dtype(types[n])) for n, (v, _) in values.items()}
    starts = [n for n in values if types[n] == onnx.TensorProto.FLOAT] if elements else [o.name for o in model.graph.output if o.name in values]
    for start in starts:
        if widths[start] >= limit:
            node, name = origin(start, maker, widths, limit)
            own, _ = driver.compute(single(model, node), {}, {x: known[x] for x in node.input if x})
            widest = max((widths.get(x, 0.0) for x in node.input), default=0.0)
            yield count_wide(*values[start]) if elements else 1, node, name, widest, width(*own[name]), widths[name]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--opset", type=int, default=17)
    parser.add_argument("--elements", action="store_true", help="count elements of all float32 tensors in place of graph outputs")
    parser.add_argument("--show", type=int, default=0, help="origins to print of each operator")
    parser.add_argument("--op", help="print only origins of this operator")
    parser.add_argument("corpora", nargs="+", type=Path)
    args = parser.parse_args()
    driver, table, total, shown = Driver(args.opset), {}, 0, {}
    for directory in sorted(d for c in args.corpora for d in c.glob("test_*")):
        for weight, node, name, before, own, after in causes(driver, *read_model(directory), args.elements):
            total += weight
            kind = "own" if own >= (ELEMENT if args.elements else OUTPUT) else "inputs"
            table[node.op_type, kind] = table.get((node.op_type, kind), 0) + weight
            shown[node.op_type] = shown.get(node.op_type, 0) + 1
            if shown[node.op_type] <= args.show and args.op in (None, node.op_type):
                attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute if a.type != a.TENSOR}
                print(f"{directory} {node.op_type} {name}: inputs {before:.1e}, alone {own:.1e}, result {after:.1e}", attributes)
    driver.close()
    print(f"{total} wide; operator where it begins (own: wide even with exact inputs): number")
    for (op, kind), n in sorted(table.items(), key=lambda x: -x[1]):
        print(f"{op} {kind}: {n}")


if __name__ == "__main__":
    main()
