"""python -m reach.claims: whether the motifs fire what their key `fires` states, in models that hold them as written or with other sizes.

A pass that fires elsewhere in such a model counts too: what is listed certainly does not fire, and the rest fires in all likelihood."""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from reach import consumers, measure

# The first opset at which a claim fires is enough: many passes want a newer or an older one.
OPSETS = (17, 15, 21)
NODES, COUNT = 80, 8  # room for every operator and motif


def options(argv):
    p = argparse.ArgumentParser(prog="python -m reach.claims", description=__doc__.splitlines()[0])
    p.add_argument("motifs", nargs="*", help="names of motifs; none: all")
    p.add_argument("--nngen", default="build/default/nngen", metavar="FILE", help="default: %(default)s")
    p.add_argument("--specs", metavar="DIR", help="the table and motifs of this folder")
    p.add_argument("--consumers", default="onnxruntime", metavar="LIST", help=f"of {','.join(consumers.REGISTRY)}; default: %(default)s")
    return p.parse_args(argv)


def parsed(fires):
    """{consumer: names} of the text "onnxruntime: A, B; onnxslim: C"."""
    return {c: set(names.split(", ")) for c, _, names in (part.partition(": ") for part in fires.split("; ") if part)}


def listed(o):
    """{motif: (claims, opsets)}"""
    found = {}
    specs = ["--specs", o.specs] if o.specs else []
    for opset in OPSETS:
        said = subprocess.run([o.nngen, *specs, "--list-motifs=json", "--opset", str(opset)], capture_output=True, text=True, check=True).stdout
        for m in json.loads(said)["motifs"]:
            found.setdefault(m["name"], (parsed(m.get("fires", "")), []))[1].append(opset)
    return found


def holding(o, motif, opset, folder):
    """The models of a small family that hold the motif and no near miss of it."""
    specs = ["--specs", o.specs] if o.specs else []
    subprocess.run([o.nngen, *specs, "--motifs", motif, "--cover", "motifs", "--nodes", str(NODES), "--count", str(COUNT), "--opset", str(opset), "--manner", "uniform",
                    "--inputs", "0", "--quiet", "--force", "--out", str(folder)], capture_output=True, check=False)
    for line in (folder / "models.jsonl").read_text("utf-8").splitlines():
        r = json.loads(line)
        if {"exact", "variant"} & {m["level"] for m in r.get("motifs", []) if m["name"] == motif}:
            yield r["name"], folder / r["name"] / "model.onnx"


def unfired(o, motif, claims, opsets):
    """{consumer: names that did not fire} of the consumers that are asked for and installed, and how many models held the motif."""
    left = {c: set(claims[c]) for c in o.consumers.split(",") if c in claims and not consumers.why_not(consumers.REGISTRY[c])}
    models = 0
    for opset in opsets:
        with tempfile.TemporaryDirectory(prefix="nngen-claims-") as folder:
            held = list(holding(o, motif, opset, Path(folder))) if any(left.values()) else []
            models += len(held)
            for c in (c for c in left if left[c]):
                got, _ = measure.through(c, held)
                left[c] -= {name for names in got["passes"].values() for name in names}
    return {c: sorted(names) for c, names in left.items() if names}, models


def main(argv=None):
    o = options(argv)
    motifs = listed(o)
    if unknown := [m for m in o.motifs if m not in motifs]:
        raise SystemExit(f"no such motif: {', '.join(unknown)}")
    bad = 0
    for motif in o.motifs or sorted(motifs):
        left, models = unfired(o, motif, *motifs[motif])
        for c, names in left.items():
            bad += 1
            print(f"{motif}: {c} does not fire {', '.join(names)} in {models} models that hold it", flush=True)
    print(f"{len(o.motifs or motifs)} motifs, {bad} with claims that do not hold")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
