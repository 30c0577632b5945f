"""Which types of an operator ONNX Runtime has kernels for: python -m nngen.judge.kernels --nngen NNGEN [--opsets 7-28] [--ops A,B] [--types LIST]

For each operator, opset and type the program makes small models of the profile onnx; the first with each combination of types is loaded. Prints
a line for each combination without a kernel (operator, version of its schema, opset, types, message), then what `wide` would keep of each
type variable for which some type never ran: a patch for a profile, to be written with its reason. Types that only fail together are not told."""
import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import onnx

from nngen.judge import plan, runtime
from nngen.judge.expect import TYPE_NAMES

EVERY = "float16,double,int8,uint8,int16,uint16,int32,uint32,int64,uint64,bool"
MISSING = ("Could not find an implementation", "Failed to find kernel")


def call(nngen, *args):
    return subprocess.run([nngen, "--profile", "onnx", *map(str, args)], capture_output=True, text=True)


def signature(model, op):
    """Types of the inputs and outputs of the operator's first node, or None."""
    g = model.graph
    types = {v.name: v.type.tensor_type.elem_type for v in [*g.input, *g.value_info, *g.output]} | {t.name: t.data_type for t in g.initializer}
    node = next((n for n in g.node if n.op_type == op), None)
    return node and (tuple(TYPE_NAMES.get(types.get(x), "-") for x in node.input), tuple(TYPE_NAMES.get(types.get(x), "-") for x in node.output))


def models(nngen, op, opset, types, folder):
    """Small models with the operator, alone or with a conversion."""
    for nodes, helper in ((1, ""), (2, ",Cast"), (3, ",Cast,Add,Where")):
        r = call(nngen, "--opset", opset, "--types", types, "--ops", op + helper, "--nodes", nodes, "--count", 24, "--inputs", 0, "--max-elements", 64,
                 "--quiet", "--force", "--out", folder)
        if r.returncode == 0:
            return [onnx.load(p) for p in sorted(Path(folder).glob("test_*/model.onnx"))]
    return []


def measure(nngen, opset, types, ops, known):
    """known: (operator, since, signature) -> message, "" where it was loaded."""
    listing = json.loads(call(nngen, "--list-ops=json", "--opset", opset, "--types", types).stdout)["operators"]
    for op in listing:
        has = {t for kind in ("inputs", "outputs") for x in op[kind] for t in x["types"]}
        for t in types.split(",") if not ops or op["name"] in ops else ():
            if t not in has:
                continue
            with tempfile.TemporaryDirectory() as folder:
                for m in models(nngen, op["name"], opset, t, folder):
                    sig = signature(m, op["name"])
                    if sig is None or known.get((op["name"], op["since"], sig)) == "":
                        continue
                    try:
                        runtime.session(m.SerializeToString(), "none")
                        known[op["name"], op["since"], sig] = ""
                    except Exception as e:
                        text = runtime.one_line(e)
                        if any(word in text for word in MISSING) and op["name"] in text:
                            known.setdefault((op["name"], op["since"], sig), text)
    return listing


def proposals(listing, known):
    """(operator, type variable, types that ran) where some never did."""
    for op in listing:
        seen = {sig: text for (name, since, sig), text in known.items() if (name, since) == (op["name"], op["since"])}
        for var, types in op["types"].items():
            ran, failed = set(), set()
            for (ins, outs), text in seen.items():
                here = {ins[min(i, len(ins) - 1)] for i, x in enumerate(op["inputs"]) if x.get("variable") == var and i < len(ins)}
                here |= {outs[i] for i, x in enumerate(op["outputs"]) if x.get("variable") == var and i < len(outs)}
                (failed if text else ran).update(here - {"-"})
            if failed - ran:
                yield op["name"], var, sorted(set(types) - (failed - ran))


def main(argv=None):
    p = argparse.ArgumentParser(prog="nngen.judge.kernels")
    p.add_argument("--nngen", required=True)
    p.add_argument("--opsets", type=plan.numbers, default=list(range(7, 29)))
    p.add_argument("--ops", default="")
    p.add_argument("--types", default=EVERY)
    args = p.parse_args(argv)
    known, kept = {}, defaultdict(list)
    for opset in args.opsets:
        listing = measure(args.nngen, opset, args.types, {x for x in args.ops.split(",") if x}, known)
        for found in proposals(listing, known):
            kept[found[0], found[1], tuple(found[2])].append(opset)
        print(f"opset {opset}: {len(known)} combinations so far", file=sys.stderr)
    for (op, since, (ins, outs)), text in sorted(known.items()):
        if text:
            print(f"{op}\t{since}\t{' '.join(ins)} -> {' '.join(outs)}\t{text[:160]}")
    for (op, var, types), opsets in sorted(kept.items()):
        print(f"# {op}, opsets {opsets[0]}..{opsets[-1]}: wide: {{{var}: [{', '.join(types)}]}}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
