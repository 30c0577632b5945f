"""Expected outputs against ONNX Runtime at every level of optimisation, over many corpora.

    PYTHONPATH=tests:gen/python build/venv/bin/python -m reference.soundness --out DIR [--scale 1] [--seed 0] [--jobs 1]

makes corpora of all operators in chunks, judges each model in a process of its own kind (trial.py), and appends what it saw to
DIR/chunks.jsonl. A chunk that stands there is not run again, so that a run that was interrupted continues. What lies outside its
bounds is kept with its model; defects.json says what is a known defect of ONNX Runtime. Exit status 1: something is not."""

import argparse
import collections
import concurrent.futures
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("B", "build/default"))
NNGEN = Path(os.environ.get("NNGEN", ROOT / BUILD / "nngen"))
OPSETS, MODES = (13, 17, 22, 28), ("uniform", "normal", "corners", "special")
TYPES = "float16,double,int8,uint8,int16,uint16,int32,uint32,int64,uint64,bool"
PLAIN = ("--manner", "uniform", "--motifs", "none")
SIZES = {15: (250, 75), 40: (250, 75), 100: (125, 50)}  # models of default manner and motifs for each opset and mode, and plain ones
MIXED = {15: 100, 40: 50, 100: 20}
DEFECTS = Path(__file__).parent / "defects.json"


def plan(scale, seed, opsets=OPSETS):
    """(key, options) of each chunk; large and small ones, opsets and modes take turns, so that each part of a run is like the whole."""
    chunks = []
    for nodes in SIZES:
        for more, count in (((), SIZES[nodes][0]), (PLAIN, SIZES[nodes][1]), (("--types", TYPES), MIXED[nodes])):
            size = min(count, 50)
            for part in range(max(1, round(scale * count / size))):
                for opset, mode in itertools.product(opsets, MODES):
                    kind = "types" if "--types" in more else "plain" if more else "default"
                    key = f"{kind}-{nodes}-{opset}-{mode}-{seed}-{part}"
                    options = ["--nodes", nodes, "--count", size, "--opset", opset, "--input-mode", mode, *more]
                    chunks.append(((part, kind, nodes, opset, mode), key, list(map(str, options))))
    return [(key, [*options, "--seed", str(10000 * seed + i)]) for i, (_, key, options) in enumerate(sorted(chunks))]


def trial(folder, opset, first):
    """The lines that judging the models of a corpus gives, and the model at which it died, if it did."""
    command = [sys.executable, "-m", "reference.trial", "--opset", opset, "--first", str(first), str(folder)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "tests"), str(ROOT / "gen" / "python")))}
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
        status, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as e:
        status, out, err = "timeout", (e.stdout or b"").decode(), ""
    lines = [json.loads(line) for line in out.splitlines() if line.endswith("}")]
    return lines, (status, err[-300:]) if status else None


def run(out, key, options):
    """One chunk: its counts, and what was found."""
    folder = out / "corpora" / key
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run([NNGEN, *options, "--profile", "ort", "--outputs", "--jobs", "1", "--out", folder, "--quiet"], capture_output=True, text=True)
    if done.returncode not in (0, 3):
        return {"chunk": key, "options": options, "error": done.stderr[-300:]}
    total, found, first = collections.Counter(), [], 0
    while True:
        lines, died = trial(folder, options[options.index("--opset") + 1], first)
        for line in lines:
            total.update(line.get("counts", {}))
            found += line.get("found", [])
        if not died:
            break
        place = max((line["model"] for line in lines), default=first)
        open_level = [line.get("level") for line in lines if line["model"] == place][-1:]
        found.append({"model": place, "kind": "crash", "level": open_level[0] if open_level else None, "message": str(died)})
        total["models"] += 1
        first = place + 1
    for model in {f["model"] for f in found}:
        name = f"test_{model:06}"
        shutil.copytree(folder / name, out / "found" / key / name, dirs_exist_ok=True)
    shutil.rmtree(folder)
    return {"chunk": key, "options": options, "counts": total, "found": found}


def agrees(stated, seen):
    """Lists are sets that what was seen contains, mappings too, a text is a part of another, and a number is reached."""
    if isinstance(stated, dict):
        return isinstance(seen, dict) and all(seen.get(k) == v for k, v in stated.items())
    if isinstance(stated, list):
        return set(stated) <= set(seen or [])
    if isinstance(stated, str):
        return isinstance(seen, str) and stated in seen
    return seen is not None and float(seen) >= stated


def known(defects, found):
    """The defect whose signature this is, or None."""
    return next((d["finding"] for d in defects if all(agrees(value, found.get(field)) for field, value in d["signature"].items())), None)


def names_of(defects, several):
    """The defects that explain what was found in a model, or None for what they do not. A result outside is explained by a node that it
    is computed from, and that alone is wrong."""
    local = {f["name"]: known(defects, f) for f in several if f["kind"] == "local"}
    return [next((local[x] for x in f.get("after", []) if local.get(x)), None) or known(defects, f) for f in several]


def summary(rows, defects):
    """Prints the table; how much is outside its bounds and no known defect."""
    total, names, rest, by_kind = collections.Counter(), collections.Counter(), [], collections.defaultdict(collections.Counter)
    for row in rows:
        if "error" in row:
            rest.append(row)
            continue
        total.update(row["counts"])
        kind, nodes = row["chunk"].split("-")[:2]
        by_kind[f"{kind}, {nodes} nodes"].update(row["counts"])
        for model, several in itertools.groupby(sorted(row["found"], key=lambda f: f["model"]), key=lambda f: f["model"]):
            several = list(several)
            causes = names_of(defects, several)
            unknown = [f for f, cause in zip(several, causes) if cause is None]
            if unknown:
                rest.append({"chunk": row["chunk"], "levels": [f.get("level") for f in unknown]} | unknown[0])
            else:
                names.update(set(causes))
    for kind, counts in sorted(by_kind.items()):
        print(f"{kind}: {counts['models']} models, {counts['elements']} elements of all tensors, {counts['output_elements']} of outputs at each level, {counts['float_elements']} float"
              f" elements: {counts['tight'] / max(1, counts['float_elements']):.4f} < 1e-3")
    for name, n in names.most_common():
        print(f"{n} models: {name}")
    for f in rest[:40]:
        print(json.dumps(f))
    print(json.dumps(dict(total)), f"others: {len(rest)} models")
    return len(rest)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--opsets", type=lambda text: tuple(map(int, text.split(","))), default=OPSETS, metavar="V,V,...")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--summary", action="store_true", help="only print what DIR/chunks.jsonl says")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    log = args.out / "chunks.jsonl"
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
    have = {row["chunk"] for row in rows}
    todo = [] if args.summary else [c for c in plan(args.scale, args.seed, args.opsets) if c[0] not in have]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool, open(log, "a", encoding="utf-8") as file:
        for row in pool.map(lambda c: run(args.out, *c), todo):
            rows.append(row)
            file.write(json.dumps(row) + "\n")
            file.flush()
    return summary(rows, json.loads(DEFECTS.read_text("utf-8"))) > 0


if __name__ == "__main__":
    sys.exit(main())
