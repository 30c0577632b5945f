"""Whether a sequence that goes with failure makes it: models generated to contain it against models that have its operators but lack it.

An association in a corpus can come from an operator of the sequence, or from chance. So new models are generated in arms that differ in one thing:

    treated   contain the sequence
    parts     contain its two parts that are one operator shorter, but not the sequence (three operators or more)
    apart     contain its operators, of which no two follow one another as in the sequence
    without   contain none of its operators

with the same number of nodes, seed, opset, types and operators besides. Twice as many controls as treated models are generated, and those kept that are the
nearest to the treated ones by numbers of each operator (optimal assignment). Each arm is checked on the files. Fisher's exact test, one-sided, treated
against each control; Holm's correction over all tests of a target; Newcombe's interval of the difference of the shares that fail."""
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx

from nngen._extras import need
from nngen._program import chosen
from nngen.study import cases, engine, sequences, targets

KEPT = {"opset": "--opset", "profile": "--profile", "types": "--types", "max_elements": "--max-elements", "avoid": "--avoid"}  # of the corpus's options
RATIO = 2  # controls generated for each treated model
LIMIT = 600  # seconds for one call of nngen
LEVEL = 0.05
ASIDE = re.compile(r"nngen: (\d+ )?missing operator|.*--resume continues the run")  # what nngen prints besides the reason of a failure


class NotTested(Exception):
    """A sequence for which an arm cannot be made; the reason."""


# ---- what a model holds ----


def holds(graph, sequence):
    """Whether the operators follow one another along edges. A node's set has the lengths of the prefixes that some path to it ends with."""
    made, ends = {}, []
    for node in graph.node:
        lengths = {1} | {k + 1 for x in node.input if x in made for k in ends[made[x]]}
        ends.append({k for k in lengths if node.op_type == sequence[k - 1]})
        if len(sequence) in ends[-1]:
            return True
        ends[-1].discard(len(sequence))
        made.update({o: len(ends) - 1 for o in node.output if o})
    return False


def counts(graph):
    return Counter(n.op_type for n in graph.node)


def belongs(arm, sequence, graph):
    """Whether a model is what its arm claims."""
    if arm == "treated":
        return holds(graph, sequence)
    if arm == "parts":
        return holds(graph, sequence[:-1]) and holds(graph, sequence[1:]) and not holds(graph, sequence)
    if arm == "apart":
        return not any(holds(graph, p) for p in pairwise(sequence)) and set(sequence) <= set(counts(graph))
    return not set(sequence) & set(counts(graph))


# ---- generation ----


def arms(sequence, ops=""):
    """{arm: options of nngen}; ops: the corpus's --ops."""
    single = [x for op in sequence for x in ("--contain", op)]
    broken = [x for p in dict.fromkeys(pairwise(sequence)) for x in ("--avoid", ",".join(p))]
    same = [f"--ops={ops}"] if ops else []
    out = {"treated": ["--contain", ",".join(sequence), *same]}
    if len(sequence) > 2:
        out["parts"] = ["--contain", ",".join(sequence[:-1]), "--contain", ",".join(sequence[1:]), "--avoid", ",".join(sequence), *same]
    out["apart"] = [*single, *broken, *same]
    out["without"] = [f"--ops={less(ops, sequence)}"]
    return out


def less(ops, sequence):
    """--ops without the operators of a sequence."""
    words = [w for w in ops.split(",") if w]
    if any(not w.startswith("-") for w in words):
        return ",".join(w for w in words if w.lstrip("+") not in sequence)
    return ",".join(dict.fromkeys(words + [f"-{op}" for op in sequence]))


def corpus_options(corpus):
    """The options that the corpus of a run was generated with; none if it is not nngen's."""
    manifest = next(iter(sorted(Path(corpus).rglob("manifest.json"))), None)
    return json.loads(manifest.read_text("utf-8"))["options"] if manifest else {}


def generate(nngen, options, folder, count):
    try:
        done = subprocess.run([nngen, *options, "--count", str(count), "--out", str(folder), "--quiet", "--force"], capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired as e:
        raise NotTested(f"nngen takes more than {LIMIT} s") from e
    if done.returncode != 0:
        said = [x.removeprefix("nngen: ") for x in done.stderr.splitlines() if x.startswith("nngen: ") and not ASIDE.match(x)]
        raise NotTested(said[-1] if said else f"nngen: exit status {done.returncode}")


def nearest(treated, pool, sequence):
    """[(i, j)]: the assignment of treated models to those of the pool with the least sum of differences in numbers of operators, where one of the
    sequence's counts as ten."""
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    names = sorted(set().union(*treated, *pool))
    weight = np.array([10.0 if op in sequence else 1.0 for op in names])
    a, b = (np.array([[c[op] for op in names] for c in side], float) * weight for side in (treated, pool))
    return list(zip(*(x.tolist() for x in linear_sum_assignment(cdist(a, b, "cityblock")))))


def make_arms(nngen, folder, sequence, plan):
    """folder/corpus/ARM/test_NNNNNN; folder/arms.json, written last, says how they were made and which go together."""
    note = folder / "arms.json"
    if note.exists():
        made = json.loads(note.read_text("utf-8"))
        if made["plan"] != plan:
            raise SystemExit(f"{note}: made with other options; remove {folder} or use another folder")
        if "why" in made:
            raise NotTested(made["why"])
        return made
    for old in ("corpus", "pool", "run"):
        shutil.rmtree(folder / old, ignore_errors=True)
    made = {"plan": plan, "sequence": list(sequence), "matched": {}, "operators": {}}
    try:
        have, need = {}, Counter(sequence)
        for arm, options in arms(sequence, plan["ops"]).items():
            generate(nngen, [*plan["options"], *options], folder / "pool" / arm, plan["count"] * (1 if arm == "treated" else RATIO))
            have[arm] = {}
            for name, path in cases.find_models(folder / "pool" / arm):
                graph = onnx.load(path, load_external_data=False).graph
                if not belongs(arm, sequence, graph):
                    raise RuntimeError(f"{path} is not what --{' '.join(options).lstrip('-')} asks for")
                c = counts(graph)
                if arm == "without" or all(c[op] >= n for op, n in need.items()):
                    have[arm][name] = c
            if len(have[arm]) < plan["count"] / 2:
                raise NotTested(f"{arm}: {len(have[arm])} models have every operator as often as the sequence")
            link = list(have[arm])
            if arm != "treated":
                treated = list(have["treated"])
                pairs = nearest([have["treated"][t] for t in treated], list(have[arm].values()), sequence)
                made["matched"][arm] = [[treated[i], link[j]] for i, j in pairs]
                link = [link[j] for _, j in pairs]
            made["operators"][arm] = {op: sum(have[arm][m][op] for m in link) / len(link) for op in need}
            for name in link:
                shutil.copytree(folder / "pool" / arm / name, folder / "corpus" / arm / name, copy_function=os.link)
    except NotTested as e:
        made = {"plan": plan, "sequence": list(sequence), "why": str(e)}
    shutil.rmtree(folder / "pool", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    engine.write_json(note, made)
    if "why" in made:
        raise NotTested(made["why"])
    return made


# ---- judgement ----


def compare(a, n, b, m):
    """Treated, of which a of n fail, against a control, of which b of m do. The interval is method 10 of Newcombe, "Interval estimation for the
    difference between independent proportions", Statistics in Medicine 17, 1998."""
    from scipy.stats import binomtest, fisher_exact

    (p, x), (q, y) = ((k / of, binomtest(k, of).proportion_ci(1 - LEVEL, "wilson")) for k, of in ((a, n), (b, m)))
    return {"difference": p - q, "low": p - q - float(np.hypot(p - x.low, y.high - q)), "high": p - q + float(np.hypot(x.high - p, q - y.low)),
            "p": float(fisher_exact([[a, n - a], [b, m - b]], alternative="greater").pvalue)}


def holm(p):
    """Holm, A simple sequentially rejective multiple test procedure, Scandinavian J. of Statistics 6, 1979: the least level at which each is rejected."""
    order = np.argsort(p, kind="stable")
    out = np.empty(len(p))
    out[order] = np.minimum(1, np.maximum.accumulate(np.asarray(p, float)[order] * np.arange(len(p), 0, -1)))
    return out.tolist()


def verdict(tests):
    """tests: {control: {..., "holm"}}"""
    more = {arm for arm, t in tests.items() if t["holm"] <= LEVEL and t["difference"] > 0}
    if "without" not in more:
        return "chance"
    if more == set(tests):
        return "sequence"
    return "part" if "parts" in tests and "apart" in more else "operator"


def judge(rows):
    """Adds tests and verdicts to the rows of one target: {"arms": {arm: {"models", "failed"}}}."""
    rows = [r for r in rows if "arms" in r]
    for r in rows:
        a = r["arms"]
        if any(x["models"] == 0 for x in a.values()):
            r["tests"], r["verdict"], r["why"] = {}, "not tested", "no outcome in an arm: " + ", ".join(k for k, x in a.items() if x["models"] == 0)
            continue
        r["tests"] = {arm: compare(a["treated"]["failed"], a["treated"]["models"], x["failed"], x["models"]) for arm, x in a.items() if arm != "treated"}
    tests = [t for r in rows for t in r["tests"].values()]
    for t, p in zip(tests, holm([t["p"] for t in tests])):
        t["holm"] = p
    for r in rows:
        if r["tests"]:
            r["verdict"] = verdict(r["tests"])


# ---- the command ----


def associated(folder, nngen, corpus, target, models, args):
    """Sequences of two operators or more that go with failure in the run, by corrected p: [(sequence, row of `nngen sequences`)]."""
    listed = sequences.write_outcomes(folder, target, models)
    command = [nngen, "sequences", corpus, "--outcomes", str(listed), "--show", "association", "--format", "csv", "--max-length", str(args.max_length)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired as e:
        print(f"{target}: {e}", file=sys.stderr)
        return []
    if done.returncode != 0:
        print(f"{target}: {done.stderr.strip()}", file=sys.stderr)
    rows = [{k: v if k == "sequence" else float(v) for k, v in r.items()} for r in csv.DictReader(io.StringIO(done.stdout))]
    return [(tuple(r["sequence"].split(",")), r) for r in sorted(rows, key=lambda r: (r["q"], r["p"])) if r["q"] <= args.rate and "," in r["sequence"]]


def one(args, folder, sequence, wanted, ops, options, tolerance, failed):
    """The rows of a sequence, one for each target, of models that are run now or were before."""
    nodes = args.nodes or 4 + 2 * len(sequence)
    plan = {"count": args.models, "ops": ops, "options": [*options, "--nodes", str(nodes), "--seed", str(args.seed), "--inputs", str(args.inputs)]}
    rows = [{"target": t, "sequence": ",".join(sequence), "nodes": nodes} for t in wanted]
    try:
        made = make_arms(args.nngen, folder, sequence, plan)
    except NotTested as e:
        return [{**r, "verdict": "not tested", "why": str(e)} for r in rows]
    run = engine.Run(folder / "corpus", folder / "run", wanted, args.jobs, args.modules, 0, None, True)
    run.go()
    outcome = sequences.classes(engine.read_results(folder / "run"), tolerance, failed)
    for r in rows:
        if r["target"] in run.not_run:
            r.update({"verdict": "not tested", "why": run.not_run[r["target"]]})
            continue
        r["arms"] = {}
        for arm in ("treated", *made["matched"]):
            names = [f"{arm}/{p.name}" for p in sorted((folder / "corpus" / arm).iterdir())]
            got = [outcome[r["target"]][n] for n in names if n in outcome[r["target"]]]
            r["arms"][arm] = {"models": len(got), "failed": got.count("failed"), "beside": len(names) - len(got), "operators": made["operators"][arm]}
    return rows


def write(folder, rows):
    rows = sorted(rows, key=lambda r: (r["target"], r.get("association", {}).get("q", 0), r["sequence"]))
    for target in {r["target"] for r in rows}:
        judge([r for r in rows if r["target"] == target])
    (folder / "causes.json").write_text(json.dumps(rows, indent=1), "utf-8")
    (folder / "causes.txt").write_text(as_text(rows), "utf-8")
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\n")
    w.writerow(["target", "sequence", "verdict", "control", "treated_failed", "treated_models", "control_failed", "control_models", "difference", "low", "high", "p", "holm"])
    for r in rows:
        for arm, t in r.get("tests", {}).items():
            a, b = r["arms"]["treated"], r["arms"][arm]
            w.writerow([r["target"], r["sequence"], r["verdict"], arm, a["failed"], a["models"], b["failed"], b["models"], *(f"{t[k]:.6g}" for k in ("difference", "low", "high", "p", "holm"))])
    (folder / "causes.csv").write_text(out.getvalue(), "utf-8")


def as_text(rows):
    """Failed of all models in each arm; the difference to the control that is nearest to the sequence, with its interval and Holm's p."""
    lines = [f"{'target':22}{'verdict':12}{'treated':>9}{'parts':>9}{'apart':>9}{'without':>9}  {'difference':>22}{'p':>10}  sequence"]
    for r in rows:
        if not r.get("tests"):
            lines.append(f"{r['target']:22}{r['verdict']:12}{'':36}  {'':32}  {r['sequence']}: {r['why']}")
            continue
        share = {arm: f"{x['failed']}/{x['models']}" for arm, x in r["arms"].items()}
        t = next(iter(r["tests"].values()))
        difference = f"{t['difference']:+.2f} [{t['low']:+.2f}, {t['high']:+.2f}]"
        lines.append(f"{r['target']:22}{r['verdict']:12}" + "".join(f"{share.get(arm, ''):>9}" for arm in ("treated", "parts", "apart", "without"))
                     + f"  {difference:>22}{t['holm']:10.2g}  {r['sequence']}")
    return "\n".join(lines) + "\n"


def command(sub):
    s = sub.add_parser("causes", help="whether sequences that go with failure make it: generated models with and without them")
    s.add_argument("out", help="folder of a run; OUT/causes holds the models, OUT/causes.txt, .csv and .json the outcome")
    s.add_argument("--nngen", default="", metavar="PATH", help="the program (the installed one)")
    s.add_argument("--targets", help="of the run (all that fail on some model)")
    s.add_argument("--sequence", action="append", help="A,B,C, in place of the associated ones; may be given again")
    s.add_argument("--most", type=int, default=5, help="associated sequences of each target, by corrected p (5)")
    s.add_argument("--rate", type=float, default=LEVEL, help="rate of false discoveries up to which a sequence counts as associated (0.05)")
    s.add_argument("--max-length", type=int, default=4, help="operators of an associated sequence, at most (4)")
    s.add_argument("--models", type=int, default=40, help="in each arm (40)")
    s.add_argument("--nodes", type=int, help="of each model (4, and 2 for each operator of the sequence)")
    s.add_argument("--inputs", type=int, default=2)
    s.add_argument("--seed", type=int, default=1)
    s.add_argument("--jobs", type=int, default=1)
    s.add_argument("--seconds", type=float, help="begin with no other sequence after this time; the next call goes on")
    sequences.add_what_fails(s)
    s.set_defaults(function=main)


def tasks(args, folder, study, tolerance, failed):
    """{sequence: {target: association or None}}, the first of every target first."""
    if args.sequence:
        wanted = args.targets.split(",") if args.targets else [t for t in study["targets"] if t != study["reference"]]
        return {tuple(s.split(",")): dict.fromkeys(wanted) for s in args.sequence}
    found = []
    for target, models in sorted(sequences.classes(engine.read_results(folder), tolerance, failed).items()):
        if len(set(models.values())) < 2 or args.targets and target not in args.targets.split(","):
            continue
        chosen = associated(folder, args.nngen, study["corpus"], target, models, args)
        print(f"{target}: {len(chosen)} sequences of two operators or more go with failure")
        found += [(k, target, *c) for k, c in enumerate(chosen[: args.most])]
    out = {}
    for _, target, sequence, association in sorted(found, key=lambda x: x[:2]):
        out.setdefault(sequence, {})[target] = association
    return out


def main(args):
    need("study", "scipy")
    args.nngen = chosen(args.nngen)
    until = time.monotonic() + (args.seconds or float("inf"))
    folder = Path(args.out)
    targets.load_all(args.modules)
    study = json.loads((folder / "study.json").read_text("utf-8"))
    tolerance, failed = sequences.what_fails(args, engine.read_results(folder))
    was = corpus_options(study["corpus"])
    options = [f"{flag}={was[k]}" for k, flag in KEPT.items() if was.get(k) not in (None, "")] + ["--outputs"] * bool(was.get("outputs"))
    rows, left = [], 0
    for sequence, wanted in tasks(args, folder, study, tolerance, failed).items():
        if len(sequence) < 2:
            raise SystemExit(f"{','.join(sequence)}: a sequence has two operators or more")
        if time.monotonic() > until:
            left += 1
            continue
        new = one(args, folder / "causes" / "-".join(sequence), sequence, list(wanted), was.get("ops", ""), options, tolerance, failed)
        rows += [{**r, "association": wanted[r["target"]]} if wanted[r["target"]] else r for r in new]
        write(folder, rows)
        said = ", ".join(f"{r['target']} {r['verdict']}" for r in rows[-len(new):])
        print(f"{','.join(sequence)}: {said}", file=sys.stderr, flush=True)
    write(folder, rows)
    print((folder / "causes.txt").read_text("utf-8"), end="")
    if left:
        print(f"{left} sequences left for the next call")
