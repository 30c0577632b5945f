"""python -m reach: what the models of some corpora make consumers do, and what they hold, as one table."""
import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from reach import consumers, coverage, families, measure, parts, table, triggers
from reach.structure import LENGTHS
from nngen.study.cases import find_models

HERE = Path(__file__).parent


def options(argv):
    p = argparse.ArgumentParser(prog="python -m reach", description=__doc__)
    p.add_argument("corpora", nargs="*", metavar="[NAME=]DIR", help="a folder with models: model.onnx in folders, or else *.onnx")
    p.add_argument("--families", metavar="NAMES", help="also families of families.json, separated by semicolons; all: every one")
    p.add_argument("--nngen", default="build/default/nngen", metavar="FILE", help="the program that makes them, and whose operators are counted (default: %(default)s)")
    p.add_argument("--count", type=int, default=1000, metavar="N", help="models of a family (default: %(default)s)")
    p.add_argument("--node-tests", action="store_true", help="also the node tests of the onnx package")
    p.add_argument("--nnsmith", metavar="PYTHON", help="also as many models of NNSmith, made by this Python: build/peers/bin/python after `make peers`")
    p.add_argument("--real", metavar="DIR", help="real models whose sequences are looked for, beside those of census.json")
    p.add_argument("--consumers", default=",".join(consumers.REGISTRY), metavar="LIST", help="of %(default)s")
    p.add_argument("--coverage", action="store_true", help="measure the coverage of the consumers that are Python packages; takes longer")
    p.add_argument("--limit", type=int, metavar="N", help="the first N models of each corpus")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    p.add_argument("--out", metavar="FOLDER", help="for table.md, reach.json, models.jsonl with what each model showed, and parts, from which an interrupted measurement goes on")
    return p.parse_args(argv)


def chosen(names):
    names = names.split(",")
    if unknown := [n for n in names if n not in consumers.REGISTRY]:
        raise SystemExit(f"no such consumer: {', '.join(unknown)}; there are {', '.join(consumers.REGISTRY)}")
    return names


def corpus(text):
    """(name, [(model, path)], None) of NAME=DIR or DIR."""
    name, _, folder = text.rpartition("=")
    models = find_models(folder)
    if not models:
        raise SystemExit(f"{folder}: no *.onnx in it")
    return name or Path(folder).name, models, None


def node_tests(folder):
    """The models of the node tests of the onnx package, written to a folder."""
    import onnx
    from onnx.backend.test.case.node import collect_testcases

    for case in collect_testcases(None):
        if case.model is not None:
            (folder / case.name).mkdir(parents=True)
            onnx.save(case.model, folder / case.name / "model.onnx")
    return find_models(folder)


def all_corpora(o, folder, missing):
    """(name, models, the only consumers or None) of the corpora given, the node tests and the families; those that nngen refuses go to `missing`."""
    yield from map(corpus, o.corpora)
    if o.node_tests:
        yield "node tests", node_tests(Path(folder) / "node-tests"), None
    if o.nnsmith:
        place = Path(folder) / "nnsmith"
        if why := families.run([o.nnsmith, HERE / "nnsmith_corpus.py", place, str(o.count), "15"], seconds=60 + 6 * o.count):
            missing["NNSmith"] = why
        else:
            yield "NNSmith, 15", find_models(place), None
    for f in families.named(o.families) if o.families else []:
        place = Path(folder) / f.name.replace(" ", "-").replace(",", "")
        if why := families.make(f, o.nngen, o.count, place):
            missing[f.name] = why
        else:
            yield f.name, find_models(place), f.consumers


def known_sequences(o):
    """{source: {kind: sequences}} of the census and of the real models, of operators of the table alone."""
    census = json.loads((HERE / "census.json").read_text("utf-8"))
    found = {"the census": {kind: set(census[kind]) for kind in LENGTHS}}
    if o.real:
        got, _ = measure.through("structure", find_models(o.real), o.jobs)
        found[o.real] = {kind: set(got["passes"].get(kind, {})) for kind in LENGTHS}
    if Path(o.nngen).exists():
        ops = families.operators(o.nngen)
        found = {source: {kind: {s for s in names if set(s.split(",")) <= ops} for kind, names in sets.items()} for source, sets in found.items()}
    return found, census


def reference(o, names, missing):
    sequences, census = known_sequences(o)
    totals = {}
    if "onnxoptimizer" in names and "onnxoptimizer" not in missing:
        totals["onnxoptimizer"] = len(consumers.optimizer_passes())
    if "onnxslim" in names and "onnxslim" not in missing:
        totals["onnxslim"] = len(consumers.slim_patterns())
    return {"sequences": sequences, "totals": totals, "triggers": len(triggers.TABLE), **{k: census[k] for k in ("shares", "traits", "medians")}}


def one_consumer(o, c, name, models, kept, covered):
    """measure.through, with the coverage of the consumer. It does not measure again what was kept."""
    if result := kept.load(consumers.REGISTRY[c]):
        print(f"{name}: {c}, as measured before", file=sys.stderr, flush=True)
        return result
    print(f"{name}: {c}, {len(models)} models", file=sys.stderr, flush=True)
    got, each = measure.through(c, models, o.jobs, covered=covered and str(covered))
    if covered and (sources := consumers.REGISTRY[c].sources):
        got["coverage"] = coverage.shares(c, sources, covered)
    kept.save(consumers.REGISTRY[c], (got, each))
    return got, each


def run(o, names, missing, folder):
    """({corpus: figures}, a line for each model and consumer)"""
    found, lines = {}, []
    for number, (name, models, only) in enumerate(all_corpora(o, folder, missing)):
        models = models[:o.limit]
        found[name] = {"models": len(models), "consumers": {}}
        covered = Path(folder) / f"coverage-{number}" if o.coverage else None
        if covered:
            covered.mkdir()
        kept = parts.Parts(Path(o.out) / "parts" if o.out and not covered else None, name, models)
        for c in (n for n in names if n not in missing and (only is None or n in only)):
            got, each = one_consumer(o, c, name, models, kept, covered)
            found[name]["consumers"][c] = got
            lines += [{"corpus": name, "model": m, "consumer": c, **each[m]} for m, _ in models if m in each]
    return found, lines


def together(found, names):
    """The figures of several corpora as one."""
    joint = {"models": sum(found[n]["models"] for n in names), "consumers": {}}
    for c in dict.fromkeys(c for n in names for c in found[n]["consumers"]):
        parts = [p for n in names if (p := found[n]["consumers"].get(c))]
        joint["consumers"][c] = measure.joined(parts)
    return joint


def main(argv=None):
    o = options(argv)
    names = chosen(o.consumers)
    missing = {n: why for n in names if (why := consumers.why_not(consumers.REGISTRY[n]))}
    with tempfile.TemporaryDirectory(prefix="nngen-reach-") as folder:
        found, lines = run(o, names, missing, folder)
    made = [f.name for f in families.named(o.families) if f.name in found] if o.families else []
    if len(made) > 1:
        found["all families"] = together(found, made)
    text = table.markdown(found, missing, reference(o, names, missing))
    print(text)
    if o.out:
        out = Path(o.out)
        out.mkdir(parents=True, exist_ok=True)
        (out / "table.md").write_text(text + "\n", "utf-8")
        (out / "reach.json").write_text(json.dumps({"corpora": found, "not measured": missing}, indent=1) + "\n", "utf-8")
        (out / "models.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines), "utf-8")


if __name__ == "__main__":
    main()
