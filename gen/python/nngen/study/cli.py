"""nngen-study: differential tests of a corpus."""
import argparse
import json
import os
import sys
from pathlib import Path

from nngen.study import causal, curves, engine, exporters, forms, generate, issue, messages, operators, outcomes, passes, places, predicate, real, reduce, report, scratch, sequences, targets, vote
from nngen.study.declared import BadCase


def list_targets(args):
    registry = targets.load_all(args.modules)
    chosen = targets.named(args.targets.split(",")) if args.targets else [t for t in registry.values() if t.for_corpora]
    if args.profiles:
        print("\n".join(f"{profile} {','.join(names)}" for profile, names in targets.by_profile(chosen).items()))
        return
    width = max(len(t.name) for t in chosen) + 2
    for t in chosen:
        why = targets.why_not(t)
        print(f"{t.name:{width}}{t.kind:11}" + (f"not run: {why}" if why else " ".join(f"{k} {v}" for k, v in targets.versions(t).items())))


def run(args):
    registry = targets.load_all(args.modules)
    wanted = [n for n, t in registry.items() if t.common] if args.targets == "all" else args.targets.split(",")
    limits = {k: v for k, v in (("seconds", args.seconds), ("memory", args.memory)) if v}
    try:
        dims = generate.parse(args.dim)
    except ValueError as e:
        raise SystemExit(str(e)) from e
    r = engine.Run(args.corpus, args.out, wanted, args.jobs, args.modules, args.sets, limits, args.quiet, args.nngen, dims, args.seed, args.all_forms)
    print("\n".join(r.cases.words()), flush=True)
    r.go()
    for name, why in r.not_run.items():
        print(f"not run: {name}: {why}")
    write_tables(args.out)
    results = engine.read_results(args.out)
    first, telling = outcomes.levels(results)[0], outcomes.telling(results)
    for level in [first] if first == telling else [first, telling]:
        print(outcomes.as_text(outcomes.table(results, level), level, sums_only=True), end="")
    print(f"more in {args.out}/table.txt, table.csv, table.json, operators.csv, errors.json")


def write_tables(folder):
    folder = Path(folder)
    results = engine.read_results(folder)
    levels = outcomes.levels(results)
    parts = [outcomes.as_text(outcomes.table(results, t), t, sums_only=True) for t in levels]
    parts.append(outcomes.as_text(outcomes.table(results, levels[0]), levels[0]))
    if text := outcomes.bounds_text(results, levels):
        parts.append(text)
    parts.append(outcomes.beside_the_study(outcomes.table(results, levels[0])))
    if left := report.left_out(results):
        parts.append("".join(f"{status}: {name}: {why}\n" for name, status, why in left))
    (folder / "table.txt").write_text("\n".join(parts), "utf-8")
    (folder / "table.csv").write_text(outcomes.as_csv(results, levels), "utf-8")
    facts = json.loads((folder / "models.json").read_text("utf-8"))
    (folder / "operators.csv").write_text(operators.as_csv(results, facts, levels), "utf-8")
    if any(f.get("forms") for f in facts.values()):
        (folder / "forms.csv").write_text(forms.as_csv(results, facts, outcomes.telling(results)), "utf-8")
    (folder / "table.json").write_text(json.dumps(outcomes.as_json(results, levels), indent=1), "utf-8")
    kinds = messages.kinds(results, lambda r: outcomes.outcome(r, levels[0]))
    (folder / "errors.json").write_text(json.dumps(kinds, indent=1, ensure_ascii=False), "utf-8")


def tables(args):
    write_tables(args.out)
    print((Path(args.out) / "table.txt").read_text("utf-8"), end="")


def errors(args):
    write_tables(args.out)
    for k in json.loads((Path(args.out) / "errors.json").read_text("utf-8")):
        if not args.target or k["target"] == args.target:
            print(f"{k['count']:6}  {k['target']}  {k['outcome']}  {k['example']} ({k['nodes']} nodes)\n        {k['message']}")


def main(argv=None):
    p = argparse.ArgumentParser(prog="nngen-study", description=__doc__)
    p.add_argument("--modules", type=lambda s: s.split(","), default=[], help="more modules with adapters")
    p.add_argument("--env", metavar="DIR", help="folder of the targets' environment (%(default)s); none: the targets are those of this Python", default=str(places.home()))
    sub = p.add_subparsers(required=True)
    what, folder = "install the targets: a virtual environment of 1.3 GB, 6 GB with PyTorch; tries again what is missing", places.home()
    s = sub.add_parser("setup", help=what, description=f"{what}. It is in {folder}; `nngen-study --env DIR setup` or the environment variable NNGEN_STUDY_ENV names another folder. "
                   "TORCH=no in the environment leaves PyTorch out.")
    places.setup_options(s)
    s = sub.add_parser("targets", help="targets, with versions, or why they cannot run")
    s.add_argument("--targets", default="", help="these only, separated by commas")
    s.add_argument("--profiles", action="store_true", help="a line for each profile of nngen: its name, and the targets whose corpus is made with it")
    s.set_defaults(function=list_targets)
    s = sub.add_parser("run", help="put a corpus through targets; goes on where it was")
    s.add_argument("corpus", help="a folder with models (*.onnx, in folders of any depth), or one model")
    s.add_argument("--targets", default="all", help="names separated by commas (all: those without an environment of their own)")
    s.add_argument("--out", required=True)
    s.add_argument("--jobs", type=int, default=1)
    s.add_argument("--sets", type=int, default=0, help="data sets a model (0: all; 1, where inputs are generated)")
    s.add_argument("--dim", action="append", default=[], metavar="NAME=V", help="a free dim of models without data sets (2); NAME=1..4 or NAME=1,3: a case for each value")
    s.add_argument("--seed", type=int, default=1, help="of generated inputs (1)")
    s.add_argument("--seconds", type=float, help="time limit of a model, for every target")
    s.add_argument("--memory", type=int, help="memory limit in MiB, for every target")
    s.add_argument("--nngen", default="", metavar="PATH", help="a binary whose `eval` computes expected outputs, with bounds, of models that have none")
    s.add_argument("--all-forms", action="store_true", help="also models in forms that a target is known to lack, which are left out otherwise")
    s.add_argument("--quiet", action="store_true")
    s.set_defaults(function=run)
    s = sub.add_parser("table", help="outcomes by target, number of nodes and tolerance")
    s.add_argument("out")
    s.set_defaults(function=tables)
    s = sub.add_parser("errors", help="kinds of error, with the smallest model of each")
    s.add_argument("out")
    s.add_argument("--target")
    s.set_defaults(function=errors)
    for module in (report, operators, forms, curves, sequences, causal, reduce, passes, vote, predicate, real, exporters, issue):
        module.command(sub)
    args = p.parse_args(argv)
    scratch.sweep()
    try:
        return args.function(args)
    except FileNotFoundError as e:
        print(f"nngen-study: {e.filename}: no such file", file=sys.stderr)
        return 1
    except BadCase as e:
        print(f"nngen-study: {e}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1

