"""Equal time: a generator and the targets take turns on batches until they have had their processor time; then the kinds of error are counted."""
import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from nngen.study import engine, messages, outcomes
from nngen.study.declared import LACKING, NOT_ASKED
from peers.generators import children

TARGETS = ("onnxruntime-all", "openvino", "tract", "reference", "onnxsim", "onnxslim")
JUDGE = "onnxruntime-none"  # whose failures are no defects here: most say that there is no kernel
WRONG = ("type difference", "shape difference", "NaN/Inf difference", "outside its bound", "value mismatch")
GONE = ("crash", "hang", "out of memory")
BESIDE = (*NOT_ASKED, LACKING, "no reference", "no bound", "import failure", "correct")
# What says that something is missing, rather than that something is broken.
MISSING = re.compile(r"not[ _](yet[ _])?(implemented|supported|registered)|unimplemented|unsupported|does(n't| not) support|not (been )?convert|"
                     r"no (kernel|op|implementation|schema) |operator can not be made|only \S+( \S+)? (is|are) supported|only supports|unknown (op|operator)\b", re.I)


def study(*arguments):
    """A command of nngen-study in a process of its own."""
    subprocess.run([sys.executable, "-m", "nngen.study", "--env", "none", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def go(generator, out, seconds, size, targets, nngen, limit):
    """The rounds: [{made, failed, generation, run, at}], of which the last ends when the time is over, or when there are no more models. Those that are
    in OUT/rounds.json are not run again. limit: seconds by the clock for a model in a target; others may keep the machine busy."""
    at = out / "rounds.json"
    rounds = json.loads(at.read_text("utf-8")) if at.exists() else []
    if rounds:
        generator.go_on(rounds[-1]["at"])
    while (spent := sum(r["generation"] + r["run"] for r in rounds)) < seconds and not (rounds and rounds[-1]["made"] < size):
        name = f"round-{len(rounds):03d}"
        for part in ("corpus", "rounds"):
            shutil.rmtree(out / part / name, ignore_errors=True)  # what an interrupted round left
        batch = generator.batch(out / "corpus" / name, size, len(rounds))
        before = children()
        if batch.made:
            study("run", out / "corpus" / name, "--targets", ",".join(targets), "--out", out / "rounds" / name, "--nngen", nngen, "--seconds", limit, "--quiet")
        rounds.append({"made": batch.made, "failed": batch.failed, "generation": batch.seconds, "run": children() - before, "at": generator.at})
        engine.write_json(at, rounds)
        print(f"{out.name}: {sum(r['made'] for r in rounds)} models, {spent + batch.seconds + rounds[-1]['run']:.0f} of {seconds:.0f} s", file=sys.stderr, flush=True)
    return rounds


def joined(out):
    """The rounds as one run in OUT/run, which nngen-study table, errors, reduce and report take."""
    run = out / "run"
    run.mkdir(exist_ok=True)
    facts, lines, whole, unbounded = {}, [], None, {}
    for folder in sorted((out / "rounds").iterdir()):
        study_ = json.loads((folder / "study.json").read_text("utf-8"))
        if whole is None:
            whole = {**study_, "corpus": os.path.abspath(out / "corpus"), "models": 0, "bounds": 0}
        whole["models"] += study_["models"]
        whole["bounds"] += study_["bounds"]
        for name, f in json.loads((folder / "models.json").read_text("utf-8")).items():
            data = os.path.relpath(folder / f["data"], run) if f["data"] else ""
            facts[f"{folder.name}/{name}"] = {**f, "file": f"{folder.name}/{f['file']}", "data": data}
        lines += [json.dumps({**r, "model": f"{folder.name}/{r['model']}"}) for r in engine.read_results(folder)]
        unbounded |= json.loads((folder / "unbounded.json").read_text("utf-8"))
    (run / "study.json").write_text(json.dumps(whole, indent=1), "utf-8")
    (run / "models.json").write_text(json.dumps(facts, indent=1), "utf-8")
    (run / "results.jsonl").write_text("".join(line + "\n" for line in lines), "utf-8")
    return run


def outcome(result):
    """By bounds if `nngen eval` had any for the model; else against ONNX Runtime without optimisations."""
    levels = outcomes.levels([result])
    return outcomes.outcome(result, levels[0] if result.get("bounds") else outcomes.telling([{**result, "bounds": None}]))


def counted(results, valid):
    """{target: {"missing", "refused", "gone": kinds of error; "wrong": models; "judged": models that gave outputs}} of valid models."""
    found = defaultdict(lambda: {"missing": set(), "refused": set(), "gone": set(), "wrong": set(), "judged": 0})
    for r in results:
        if r["target"] == JUDGE or r["model"] not in valid:
            continue
        t, kind = found[r["target"]], outcome(r)
        t["judged"] += kind == "correct" or kind in WRONG
        if kind in BESIDE:
            continue
        message = messages.normalise(r.get("error", ""))
        if kind in WRONG:
            t["wrong"].add(r["model"])
        elif kind in GONE:
            t["gone"].add((kind, message))
        else:
            t["missing" if MISSING.search(r.get("error", "")) else "refused"].add((kind, message))
    return dict(found)


def reduced(run, nngen, seconds):
    """The wrong results, cut down: {(target, outcome, operators)}, at most `seconds` by the clock."""
    for kind in WRONG:
        tolerance = ["--tolerance", "loose"] if kind == "value mismatch" else []
        study("reduce", run, "--outcome", kind, "--per-kind", 2, "--nngen", nngen, "--seconds", seconds / len(WRONG), *tolerance)
    at = Path(run) / "reduced.json"
    known = json.loads(at.read_text("utf-8")) if at.exists() else []
    return {(k["target"], k["outcome"], ",".join(sorted(k["operators"]))) for k in known}
