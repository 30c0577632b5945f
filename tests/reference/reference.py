"""Values and bounds of a model's tensors, by the driver (driver.c), and their comparison with a runtime's tensors.

    PYTHONPATH=tests:gen/python build/venv/bin/python -m reference.reference --opset 17 DIR...

reads corpora of nngen and reports elements outside their bounds, for ONNX Runtime without optimisations (all tensors) and with all
of them (graph outputs), and how tight the bounds are."""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnx

from nngen.judge.bounds import outside
from nngen.judge.driver import BUILD, ROOT, Driver, read_model


def run_ort(model, inputs, level, every):
    import onnxruntime as ort
    if every:
        model = onnx.ModelProto.FromString(model.SerializeToString())
        have = {o.name for o in model.graph.output}
        model.graph.output.extend(v for v in model.graph.value_info if v.name not in have)
    options = ort.SessionOptions()
    options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, level)
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, inputs)))


class Report:
    def __init__(self, show):
        self.counts = dict(models=0, elements=0, outside=0, outside_local=0, outside_optimised=0, failed=0, unrun=0)
        self.show, self.by_op, self.wide, self.tight, self.outputs, self.messages = show, {}, {}, np.zeros(3), np.zeros(2), {}

    def tightness(self, op, v, e):
        with np.errstate(all="ignore"):
            ratio = e / np.maximum(np.abs(v), 1e-3 * np.abs(v).max())
        self.tight += [np.count_nonzero(ratio < 1e-3), np.count_nonzero(ratio < 1e-2), v.size]
        wide = self.wide.setdefault(op, [0, 0])
        wide[0] += np.count_nonzero(~(ratio < 1e-2))
        wide[1] += v.size

    def output(self, v, e):
        """Counts graph outputs, and those whose bounds are all below a hundredth of the largest value."""
        self.outputs += [bool((e <= 1e-2 * np.abs(v).max(initial=0)).all()), 1]

    def outside(self, what, where, node, name, y, v, e):
        bad = outside(y, v, e)
        self.counts[what] += int(bad.sum())
        key = node.op_type, what
        if not bad.any():
            return
        self.by_op[key] = self.by_op.get(key, 0) + 1
        if self.show > 0 and self.by_op[key] <= 2:
            self.show -= 1
            k = np.unravel_index(np.argmax(bad), bad.shape) if bad.shape else ()
            print(f"{where} {what} {node.op_type} {name}{list(map(int, k))}: {y[k]!r} is not {v[k]!r} +- {e[k]!r}; {int(bad.sum())} of {bad.size};",
                  {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute if a.type != a.TENSOR})

    def print(self):
        for message, n in sorted(self.messages.items(), key=lambda x: -x[1])[:10]:
            print(n, message)
        print(json.dumps(self.counts), "outside by operator:", {" ".join(k): n for k, n in self.by_op.items()})
        print("wide by operator:", {k: f"{a}/{b}" for k, (a, b) in sorted(self.wide.items(), key=lambda x: -x[1][0])[:16] if a})
        if self.tight[2]:
            print(f"e/|v| < 1e-3: {self.tight[0] / self.tight[2]:.4f}, < 1e-2: {self.tight[1] / self.tight[2]:.4f} of {int(self.tight[2])} float elements; graph outputs all below 1e-2: {int(self.outputs[0])} of {int(self.outputs[1])}")


def check_model(driver, report, directory):
    model, inputs = read_model(directory)
    maker = {o: n for n in model.graph.node for o in n.output}
    values, errors = driver.compute(model, inputs)
    report.counts["models"] += 1
    report.counts["failed"] += len(errors)
    for message in errors.values():
        report.messages[message] = report.messages.get(message, 0) + 1
    try:
        plain = run_ort(model, inputs, "ORT_DISABLE_ALL", True)
        optimised = run_ort(model, inputs, "ORT_ENABLE_ALL", False)
    except Exception:
        report.counts["unrun"] += 1
        return
    alone, _ = driver.compute(model, inputs, plain, kept=True)
    for name, y in plain.items():
        if name in values:
            report.counts["elements"] += y.size
            report.outside("outside", directory, maker[name], name, y, *values[name])
            report.outside("outside_local", directory, maker[name], name, y, *alone[name])
            if y.dtype == np.float32 and y.size:
                report.tightness(maker[name].op_type, *values[name])
    for name, y in optimised.items():
        if name in values:
            report.output(*values[name])
            report.outside("outside_optimised", directory, maker[name], name, y, *values[name])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--opset", type=int, default=17)
    parser.add_argument("--show", type=int, default=10)
    parser.add_argument("corpora", nargs="+", type=Path)
    args = parser.parse_args()
    driver, report = Driver(args.opset), Report(args.show)
    for directory in sorted(d for c in args.corpora for d in c.glob("test_*")):
        check_model(driver, report, directory)
    report.print()
    driver.close()
    return report.counts["outside"] + report.counts["outside_local"] + report.counts["outside_optimised"] > 0


if __name__ == "__main__":
    sys.exit(main())
