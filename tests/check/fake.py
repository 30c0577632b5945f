"""Corpora made with onnx.helper, in nngen's layout, for the validator's own tests and timing.

    python -m nngen.judge.fake DIR [--nodes N] [--count M] [--opset V] [--inputs K] [--seed S]"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from nngen.judge import stats
from nngen.judge.expect import IR_OF_OPSET, TYPE_NAMES
from nngen.judge.intervals import float_inside
from nngen.judge.view import View

UNARY = ("Relu", "Sigmoid", "Tanh", "Neg", "Abs")
OPERATORS = sorted(UNARY + ("Add", "Greater", "Where", "Reshape", "Transpose", "MatMul", "Conv"))


def wide(lo, hi):
    """Outward by more than float32 arithmetic can err here."""
    r = 1e-5 * max(abs(lo), abs(hi), 1e-3)
    return lo - r, hi + r


class Maker:
    def __init__(self, rng, opset, only=None):
        self.rng, self.opset, self.only = rng, opset, only
        self.nodes, self.inputs, self.inits, self.infos = [], [], [], {}
        self.range, self.used = {}, set()

    def tensor(self, shape, dtype=TensorProto.FLOAT, interval=(-1.0, 1.0)):
        name = f"t{len(self.infos)}"
        self.infos[name] = (dtype, tuple(shape))
        self.range[name] = interval
        return name

    def new_input(self, shape):
        name = self.tensor(shape, interval=(-1.0, float(self.rng.integers(1, 4))))
        self.inputs.append(name)
        return name

    def init(self, value):
        name = f"w{len(self.inits)}"
        self.inits.append(numpy_helper.from_array(value, name))
        return name

    def node(self, op, ins, shape, interval, dtype=TensorProto.FLOAT, **attrs):
        out = self.tensor(shape, dtype, interval)
        self.nodes.append(helper.make_node(op, ins, [out], name=f"n{len(self.nodes)}", **attrs))
        self.used.update(ins)
        return out

    def pick(self):
        floats = [x for x, (d, s) in self.infos.items() if d == TensorProto.FLOAT]
        fresh = [x for x in floats if x not in self.used]
        return str(self.rng.choice(fresh if fresh and self.rng.random() < 0.7 else floats))

    def step(self, room):
        x = self.pick()
        (_, s), (lo, hi) = self.infos[x], self.range[x]
        kind = 9 if self.only else int(self.rng.integers(0, 10))
        if kind == 0:
            y = str(self.rng.choice([n for n, i in self.infos.items() if i == self.infos[x]]))
            a, b = self.range[y]
            if max(abs(lo + a), abs(hi + b)) < 1e3:
                return self.node("Add", [x, y], s, wide(lo + a, hi + b))
        if kind == 1 and room >= 2 and len(s) > 0:
            c = self.node("Greater", [x, self.init(np.float32(0))], s, (0, 1), TensorProto.BOOL)
            return self.node("Where", [c, x, self.init(np.zeros(s, np.float32))], s, (min(lo, 0), max(hi, 0)))
        if kind == 2:
            flat = int(np.prod(s))
            return self.node("Reshape", [x, self.init(np.array([flat // 2, 2], np.int64))], (flat // 2, 2), (lo, hi))
        if kind == 3 and len(s) >= 2:
            perm = [int(v) for v in self.rng.permutation(len(s))]
            return self.node("Transpose", [x], [s[v] for v in perm], (lo, hi), perm=perm)
        if kind == 4 and len(s) >= 2:
            w = self.rng.uniform(-1, 1, (s[-1], 4)).astype(np.float32) / s[-1]
            m = s[-1] * max(abs(lo), abs(hi)) / s[-1]
            return self.node("MatMul", [x, self.init(w)], s[:-1] + (4,), wide(-m, m))
        if kind == 5 and len(s) == 4:
            w = (self.rng.uniform(-1, 1, (4, s[1], 3, 3)) / (9 * s[1])).astype(np.float32)
            m = max(abs(lo), abs(hi))
            return self.node("Conv", [x, self.init(w)], (s[0], 4) + s[2:], wide(-m, m), pads=[1, 1, 1, 1])
        op = self.only or UNARY[int(self.rng.integers(0, len(UNARY)))]
        r = {"Relu": (max(lo, 0), max(hi, 0)), "Sigmoid": wide(0, 1), "Tanh": wide(-1, 1), "Neg": (-hi, -lo),
             "Abs": (0 if lo <= 0 <= hi else min(abs(lo), abs(hi)), max(abs(lo), abs(hi)))}[op]
        return self.node(op, [x], s, r)

    def proto(self, name, version, seed, index):
        vi = lambda x: helper.make_tensor_value_info(x, *self.infos[x])
        outs = [n.output[0] for n in self.nodes if n.output[0] not in self.used]
        mid = [n.output[0] for n in self.nodes if n.output[0] in self.used]
        g = helper.make_graph(self.nodes, name, [vi(x) for x in self.inputs], [vi(x) for x in outs], self.inits,
                              value_info=[vi(x) for x in mid])
        m = helper.make_model(g, producer_name="nngen", producer_version=version, opset_imports=[helper.make_opsetid("", self.opset)],
                              ir_version=IR_OF_OPSET[self.opset])
        helper.set_model_props(m, {"nngen.version": version, "nngen.seed": str(seed), "nngen.index": str(index), "nngen.options": "fake"})
        return m


def model(nodes, opset, seed, index, only=None):
    """A Maker with a model of exactly `nodes` nodes, all rules kept."""
    for attempt in range(1000):
        rng = np.random.default_rng([seed, index, attempt])
        mk = Maker(rng, opset, only)
        mk.new_input((1, 4, 4, 4))
        while len(mk.nodes) < nodes:
            mk.step(nodes - len(mk.nodes))
        outs = [n.output[0] for n in mk.nodes if n.output[0] not in mk.used]
        varied = all(mk.range[x][0] < mk.range[x][1] for x in mk.infos)
        if len(mk.nodes) == nodes and len(outs) <= nodes // 8 + 2 and varied:
            return mk
    raise RuntimeError("no model found")


def port(mk, x):
    return {"name": x, "type": TYPE_NAMES[mk.infos[x][0]], "shape": list(mk.infos[x][1]), "interval": [float(v) for v in mk.range[x]]}


def write(folder, mk, proto, sets, rng):
    """Writes one model; returns its record."""
    folder.mkdir(parents=True)
    files = {}

    def put(name, data):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
        files[name] = hashlib.sha256(data).hexdigest()

    put("model.onnx", proto.SerializeToString(deterministic=True))
    for k in range(sets):
        for i, x in enumerate(mk.inputs):
            a, b = float_inside(*mk.range[x])
            value = np.clip(rng.uniform(a, b, mk.infos[x][1]).astype(np.float32), a, b)
            put(f"test_data_set_{k}/input_{i}.pb", numpy_helper.from_array(value, x).SerializeToString())
    outs = [v.name for v in proto.graph.output]
    ops = stats.of_model(View(proto))["operators"]
    return {"name": folder.name, "nodes": len(mk.nodes), "structure": stats.of_model(View(proto))["hash"], "operators": dict(sorted(ops.items())),
            "inputs": [port(mk, x) for x in mk.inputs], "outputs": [port(mk, x) for x in outs], "files": files,
            "intervals": {x: [float(v) for v in r] for x, r in mk.range.items()}}


def corpus(root, nodes=15, count=3, opset=17, inputs=1, seed=1, only=None):
    """Writes a family; only: one of UNARY, which is then all there is."""
    root = Path(root)
    family, records = stats.Family(), []
    for i in range(count):
        mk = model(nodes, opset, seed, i, only)
        proto = mk.proto(f"fake_{i}", "0.0.0", seed, i)
        records.append(write(root / f"test_{i:06d}", mk, proto, inputs, np.random.default_rng([seed, i])))
        family.add(records[-1]["name"], stats.of_model(View(proto)))
    names = [only] if only else OPERATORS
    ops = [{"name": o, "since": 1, "flags": [], "nodes": family.op_nodes[o], "models": family.op_models[o]} for o in names]
    missing = [{"name": o, "reason": "no room"} for o in names if not family.op_nodes[o]]
    manifest = {"generator": "nngen", "version": "0.0.0",
                "options": {"nodes": nodes, "count": count, "seed": seed, "opset": opset, "inputs": inputs, "profile": "ort", "ops": "+" + only if only else "",
                            "max_elements": 4096, "intervals": True, "types": "float32", "input_mode": "uniform", "input_format": "pb", "cover": "ops", "contain": "", "avoid": "", "weights": ""},
                "table_digest": "0" * 64, "ir_version": IR_OF_OPSET[opset], "operators": ops, "missing": missing, "distinct": len(family.hashes),
                "duplicates": sorted([n, min(g)] for g in family.hashes.values() for n in g if n != min(g)),
                "statistics": {**family.statistics(), "classes": {}, "coverage": {str(k): {"seen": n} for k, n in family.coverage().items()}}}
    (root / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (root / "models.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("dir")
    for flag, value in (("nodes", 15), ("count", 3), ("opset", 17), ("inputs", 1), ("seed", 1)):
        p.add_argument("--" + flag, type=int, default=value)
    a = p.parse_args()
    corpus(a.dir, a.nodes, a.count, a.opset, a.inputs, a.seed)
