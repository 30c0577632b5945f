"""python -m peers: other generators of models beside nngen, by the same harness and the same measures, as tables."""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from nngen.study import targets as registry
from nngen.study.cases import find_models
from nngen.study.engine import read_results
from peers import generators, quality, race, table

HERE = Path(__file__).parent
LEVELS = {"operators": "operators", "attributes": "classes of attribute values"}
CONSUMERS = "onnxruntime,onnxoptimizer,onnxslim,structure"


def options(argv):
    p = argparse.ArgumentParser(prog="python -m peers", description=__doc__)
    p.add_argument("folders", nargs="*", metavar="NAME=DIR", help="also the models in a folder, which another generator has made")
    p.add_argument("--generators", default="nngen,NNSmith,node tests", metavar="LIST", help="of %(default)s")
    p.add_argument("--nngen", default="build/default/nngen", metavar="FILE", help="the program (default: %(default)s)")
    p.add_argument("--nnsmith", default="build/peers/bin/python", metavar="PYTHON", help="the Python that has NNSmith (default: %(default)s)")
    p.add_argument("--nodes", type=int, default=15, metavar="N", help="of models of nngen and NNSmith (default: %(default)s)")
    p.add_argument("--minutes", type=float, default=5, metavar="M", help="processor time of each generator with the targets (default: %(default)s)")
    p.add_argument("--batch", type=int, default=100, metavar="N", help="models that are generated, then run (default: %(default)s)")
    p.add_argument("--models", type=int, default=300, metavar="N", help="of each generator, whose reach is compared (default: %(default)s)")
    p.add_argument("--targets", default=",".join(race.TARGETS), metavar="LIST", help="of nngen-study (default: %(default)s)")
    p.add_argument("--consumers", default=CONSUMERS, metavar="LIST", help="of `python -m reach` (default: %(default)s)")
    p.add_argument("--reduce", type=float, default=300, metavar="S", help="seconds by the clock for cutting down the wrong results of each generator (default: %(default)s)")
    p.add_argument("--seconds", type=float, default=300, metavar="S", help="by the clock, for one model in a target (default: %(default)s)")
    p.add_argument("--jobs", type=int, default=1, metavar="N")
    p.add_argument("--out", default="out/peers", metavar="FOLDER", help="what is done there is not run again; more minutes go on from it (default: %(default)s)")
    return p.parse_args(argv)


def generator(name, o):
    """What makes the models of a name, or why it cannot."""
    if name == "nngen":
        return generators.Nngen(o.nngen, o.nodes)
    if name == "NNSmith":
        return generators.NNSmith(o.nnsmith, o.nodes) if Path(o.nnsmith).exists() else f"{o.nnsmith} is not there: `make peers` installs it"
    if name == "node tests":
        return generators.NodeTests()
    folder = dict(f.split("=", 1) for f in o.folders).get(name)
    if not folder or not find_models(folder):
        return f"{folder}: no models" if folder else "no such generator"
    return generators.Folder(folder)


def coverage(nngen, paths):
    """{level: how many} of `nngen coverage`."""
    if not paths:
        return {}
    done = subprocess.run([nngen, "coverage", *map(str, paths), "--format", "json"], capture_output=True, text=True, check=False)
    if done.returncode:
        return {}
    return {LEVELS.get(x["level"], f"sequences of {x['length']}"): x["models"] for x in json.loads(done.stdout)["levels"]}


def measured(name, source, o, out):
    """The figures of one generator, kept in OUT/measured.json while the rounds are the same."""
    at = out / "measured.json"
    try:
        rounds = race.go(source, out, 60 * o.minutes, o.batch, o.targets.split(","), o.nngen, o.seconds)
    finally:
        source.close()
    if at.exists() and (kept := json.loads(at.read_text("utf-8")))["rounds"] == rounds:
        return kept
    models = find_models(out / "corpus")
    run = race.joined(out)
    facts = quality.measure(models, o.jobs)
    valid = {n for n, f in facts.items() if not f["invalid"]}
    results = read_results(run)
    first = [path for _, path in models[:o.models]]
    found = {"name": name, "rounds": rounds, "facts": facts, "unbounded": len(models) - json.loads((run / "study.json").read_text("utf-8"))["bounds"],
             "coverage": coverage(o.nngen, [p for _, p in models]), "first": len(first), "first coverage": coverage(o.nngen, first),
             "errors": {t: {k: sorted(v) if isinstance(v, set) else v for k, v in c.items()} for t, c in sorted(race.counted(results, valid).items())},
             "reduced": sorted(race.reduced(run, o.nngen, o.reduce)) if o.reduce else None}
    at.write_text(json.dumps(found, indent=1), "utf-8")
    return found


def reach(o, found, out):
    """{name: {consumer: figures}} of the first models of each, by `python -m reach`."""
    corpora = [f"{f['name']}={out / folder_of(f['name']) / 'corpus'}" for f in found]
    subprocess.run([sys.executable, "-m", "reach", *corpora, "--limit", str(o.models), "--consumers", o.consumers, "--jobs", str(o.jobs), "--nngen", o.nngen, "--out", str(out / "reach")],
                   check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])})
    return json.loads((out / "reach" / "reach.json").read_text("utf-8"))


def folder_of(name):
    return name.replace(" ", "-")


def main(argv=None):
    o = options(argv)
    out, found, missing = Path(o.out), [], {}
    registry.load_all()
    for name in [*o.generators.split(","), *(f.split("=", 1)[0] for f in o.folders)]:
        source = generator(name, o)
        if isinstance(source, str):
            missing[name] = source
            continue
        found.append(measured(name, source, o, out / folder_of(name)))
    if not found:
        raise SystemExit("\n".join(f"{n}: {why}" for n, why in missing.items()))
    versions = {t: registry.versions(t_) for t, t_ in ((t.name, t) for t in registry.named(o.targets.split(","))) if not registry.why_not(t_)}
    text = table.markdown(found, reach(o, found, out) if o.consumers else None, missing, versions, o)
    (out / "table.md").write_text(text + "\n", "utf-8")
    print(text)


if __name__ == "__main__":
    sys.exit(main())
