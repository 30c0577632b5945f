"""python -m reach DIR... : what the models of each folder make consumers do, as one table."""
import argparse
import json
import os
import sys
from pathlib import Path

from reach import consumers, measure, table
from study.engine import find_models


def options(argv):
    p = argparse.ArgumentParser(prog="python -m reach", description=__doc__)
    p.add_argument("corpora", nargs="*", metavar="[NAME=]DIR", help="a folder with models: model.onnx in folders, or else *.onnx")
    p.add_argument("--consumers", default=",".join(consumers.REGISTRY), metavar="LIST", help="of %(default)s; none: none of them")
    p.add_argument("--limit", type=int, metavar="N", help="the first N models of each corpus")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    p.add_argument("--out", metavar="FOLDER", help="for table.md, reach.json, and models.jsonl with what fired in each model")
    return p.parse_args(argv)


def chosen(names):
    if names == "none":
        return []
    names = names.split(",")
    if unknown := [n for n in names if n not in consumers.REGISTRY]:
        raise SystemExit(f"no such consumer: {', '.join(unknown)}; there are {', '.join(consumers.REGISTRY)}")
    return names


def corpus(text, limit):
    """(name, [(model, path)]) of NAME=DIR or DIR."""
    name, _, folder = text.rpartition("=")
    models = find_models(folder)
    if not models:
        raise SystemExit(f"{folder}: no *.onnx in it")
    return name or Path(folder).name, models[:limit]


def main(argv=None):
    o = options(argv)
    names = chosen(o.consumers)
    missing = {n: why for n in names if (why := consumers.why_not(consumers.REGISTRY[n]))}
    found = {}
    lines = []
    for name, models in (corpus(c, o.limit) for c in o.corpora):
        found[name] = {"models": len(models), "consumers": {}}
        for c in (n for n in names if n not in missing):
            print(f"{name}: {c}, {len(models)} models", file=sys.stderr)
            found[name]["consumers"][c], each = measure.through(c, models, o.jobs)
            lines += [{"corpus": name, "model": m, "consumer": c, **each[m]} for m, _ in models if m in each]
    text = table.markdown(found, missing)
    print(text)
    if o.out:
        out = Path(o.out)
        out.mkdir(parents=True, exist_ok=True)
        (out / "table.md").write_text(text + "\n", "utf-8")
        (out / "reach.json").write_text(json.dumps({"corpora": found, "missing": missing}, indent=1) + "\n", "utf-8")
        (out / "models.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines), "utf-8")


if __name__ == "__main__":
    main()
