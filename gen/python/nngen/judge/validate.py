"""nngen-judge DIR [--jobs J] [--sample K] [--report FILE] [--inputs K] [--list-ops FILE]

Judges every model of a corpus. Exit status 0: no problem, 1: problems, 2: usage."""
import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from nngen.judge import corpus as corpora
from nngen.judge import family as families
from nngen.judge import forms
from nngen.judge.corpus import Problem
from nngen.judge.judge import judge
from nngen.judge.stats import Family
from nngen.judge.workers import Pool


def tasks_of(corpus, sample=0, inputs=0, want=None, **more):
    records = corpus.records
    if sample and sample < len(records):
        records = [records[i * len(records) // sample] for i in range(sample)]
    plain = {r["name"]: r for r in corpus.records}
    return [{"root": str(corpus.root), "record": r, "plain": plain.get(r.get("plain")), "manifest": corpus.manifest, "sources": corpora.sources(corpus.manifest),
             "inputs": inputs, "want": want, **more} for r in records]


class Verdict:
    def __init__(self, corpus):
        self.corpus, self.family = corpus, Family()
        self.problems, self.notes, self.facts = list(corpus.problems), [], []
        self.seconds, self.judged = 0.0, 0


def count(family, records, stats):
    """Adds the models to the family. A copy in other forms counts as its plain model does, but for its structure. stats: by name"""
    for r in records:
        mine = stats.get(r.get("plain") if "forms" in r else r["name"])
        if mine:
            family.add(r["name"], {**mine, "hash": r["structure"]} if "forms" in r else mine)


def answers(pool, tasks):
    """Yields (task, result). A model with empty tensors at which a worker is lost is judged again, without the runtime."""
    again = []
    for task, result in pool.map(tasks):
        lost = [p for p in result["problems"] if p[0] in ("crash", "hang")]
        if lost and "empty" in task["manifest"]["options"]:
            again.append({**task, "lost": lost})
        else:
            yield task, result
    yield from pool.map(again)


def validate(root, pool, sample=0, inputs=0, want=None, list_ops=None, progress=None, whole=True, **more):
    """Judges the corpus at root with the workers of pool; whole: what the manifest says of the family too."""
    began = time.monotonic()
    corpus = corpora.load(root)
    v = Verdict(corpus)
    if any(p.kind == "manifest" for p in corpus.problems):
        return v
    tasks, stats = tasks_of(corpus, sample, inputs, want, **more), {}
    for done, (task, result) in enumerate(answers(pool, tasks), 1):
        r = task["record"]
        if "forms" in r:
            forms.known_crashes(result, r["forms"])
        v.problems += [Problem(kind, message, r["name"], op, r["nodes"]) for kind, message, op in result["problems"]]
        v.notes += [Problem(kind, message, r["name"], op, r["nodes"]) for kind, message, op in result["notes"]]
        v.facts.append(result["facts"])
        v.judged += 1
        stats[r["name"]] = result["stats"]
        if progress:
            progress(done, len(tasks), len(v.problems))
    count(v.family, [task["record"] for task in tasks], stats)
    if whole:
        every = len(tasks) == len(corpus.records) and not any("forms" in r and "plain" not in r for r in corpus.records)
        v.problems += families.problems(corpus, v.family, every, list_ops)
    v.problems.sort(key=lambda p: (p.nodes, p.model, p.kind))
    v.seconds = time.monotonic() - began
    return v


def bar(done, total, bad):
    sys.stderr.write(f"\r{done}/{total} models, {bad} problems " + ("\n" if done == total else ""))
    sys.stderr.flush()


def describe(v, most=3):
    yield from families.summary(v.corpus, v.family, v.facts) if v.corpus.manifest and v.family.models else ()
    for title, items in (("note", v.notes), ("PROBLEM", v.problems)):
        for kind, n in sorted(Counter(p.kind for p in items).items()):
            mine = [p for p in items if p.kind == kind]
            ops = Counter(p.op for p in mine if p.op)
            yield f"{title} {kind}: {n}" + (f" ({', '.join(f'{k} {c}' for k, c in ops.most_common(8))})" if ops else "")
            for p in mine[:most]:
                yield f"    {p.model or v.corpus.root}: {p.message}"
    rate = v.judged / v.seconds if v.seconds else 0.0
    yield f"{len(v.problems)} problems in {v.judged} models, {v.seconds:.1f} s ({rate:.1f} models/s)"


def main(argv=None):
    p = argparse.ArgumentParser(prog="nngen-judge", description="Judges a corpus of nngen from its files alone.")
    p.add_argument("dir")
    p.add_argument("--jobs", type=int, default=1)
    p.add_argument("--sample", type=int, default=0, metavar="K", help="judge K models, evenly spaced")
    p.add_argument("--inputs", type=int, default=0, metavar="K", help="observe every tensor with K more inputs and check the intervals")
    p.add_argument("--list-ops", metavar="FILE", help="output of nngen --list-ops, compared with the manifest")
    p.add_argument("--report", metavar="FILE", help="write problems, notes and statistics as JSON")
    p.add_argument("--timeout", type=float, default=60.0, metavar="S", help="seconds for one model")
    args = p.parse_args(argv)
    list_ops = families.parse_list(open(args.list_ops).read()) if args.list_ops else None
    with Pool(args.jobs, judge, args.timeout) as pool:
        v = validate(args.dir, pool, args.sample, args.inputs, None, list_ops, bar if sys.stderr.isatty() else None)
    for line in describe(v):
        print(line)
    if args.report:
        with open(args.report, "w") as f:
            json.dump({"models": v.family.models, "seconds": round(v.seconds, 3), "statistics": v.family.statistics(),
                       "operators": dict(sorted(v.family.op_nodes.items())),
                       "problems": [x._asdict() for x in v.problems], "notes": [x._asdict() for x in v.notes]}, f, indent=1)
            f.write("\n")
    return 1 if v.problems else 0

