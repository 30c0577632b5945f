"""python -m nngen.judge.campaign --nngen PATH --nodes 15,40 --seeds 1-20 --opsets 13,17 --count 100 --jobs 2 --out REPORT

Generates families through the binary, judges each and deletes it. With --single, one family an operator and opset.
Interrupted, the same command goes on where it stopped. Exit status 0: no problem, 1: problems, 2: usage, 130: interrupted."""
import argparse
import json
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import deque, namedtuple
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from nngen.judge import corpus as corpora
from nngen.judge import compare, grouping, intervals, liveness, plan, report
from nngen.judge.corpus import Problem
from nngen.judge.judge import judge
from nngen.judge.validate import validate
from nngen.judge.workers import Pool

ENOUGH = 100  # models, of which a value class that is in none is missed for another reason than chance
MOST = 20  # models made for each that is wanted, where an operator is not in all of them
EXAMINERS = {"judge": judge, "compare": compare.examine, "perturb": liveness.examine}


class State:
    """A line a finished family; the first line says what they belong to."""

    def __init__(self, path, header, restart):
        self.path, self.done = Path(path), {}
        if self.path.exists() and not restart:
            lines = self.path.read_text().split("\n")
            try:
                head = json.loads(lines[0])
            except ValueError:
                head = None
            if head != header:
                raise ValueError(f"{path} belongs to another binary or other options; --restart begins anew")
            whole = [x for x in lines[1:-1]]  # what follows the last newline was cut off
            for line in whole:
                entry = json.loads(line)
                self.done[entry["key"]] = entry
            self.path.write_text("".join(x + "\n" for x in [lines[0]] + whole))
        else:
            self.path.write_text(json.dumps(header) + "\n")

    def add(self, entry):
        self.done[entry["key"]] = entry
        with open(self.path, "a") as f:
            f.write(json.dumps(entry) + "\n")


class Progress:
    def __init__(self, total, title=""):
        self.total, self.began, self.shown, self.models, self.tty = total, time.monotonic(), 0.0, 0, sys.stderr.isatty()
        self.title, self.first = title + " " if title else "", None

    def show(self, done, models, problems, new_models, last=False):
        now = time.monotonic()
        self.models += new_models
        self.first = done - 1 if self.first is None else self.first
        if not last and now - self.shown < (0.2 if self.tty else 10):
            return
        self.shown = now
        spent = max(now - self.began, 1e-9)
        left = (self.total - done) * spent / max(done - self.first, 1)
        width = 20 * done // max(self.total, 1)
        line = (f"{self.title}[{'#' * width}{'.' * (20 - width)}] {done}/{self.total} families, {models} models, {problems} problems, "
                f"{self.models / spent:.0f} models/s, {int(left) // 60}:{int(left) % 60:02d} left")
        sys.stderr.write(f"\r\x1b[K{line}" if self.tty else line + "\n")
        sys.stderr.flush()


def by_manifest(out, count):
    """count(manifest); None if that cannot be read: the validator says what is wrong with it."""
    try:
        return count(corpora.parse((Path(out) / "manifest.json").read_text()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def models_with(out, op):
    """How many models have the operator."""
    return by_manifest(out, lambda m: {o["name"]: o["models"] for o in m["operators"]}.get(op, 0))


def classes_missed(out, op):
    """How many value classes of the operator's attributes no model has."""
    return by_manifest(out, lambda m: sum(n == 0 for t in m["statistics"]["classes"].get(op, {}).values() for n in t.values()))


def generate(generator, f, out, forms, among_all=True, sizes=plan.MINIMAL_NODES):
    """(family as it was made, whether each model must have its operator, error message or None).

    For a single operator: alone with the fewest nodes at which every model has it and the models have all values, as far as any number of nodes does,
    or among all operators, asked for by --contain (unless among_all is False), or with helpers, or what has it most often."""
    if not f.op:
        ok, words = generator.make(f, out)
        return f, False, None if ok else words
    best, words = (0, None), ""
    for form, helpers in forms:
        ops = ",".join([form.format(f.op)] + [h for h in helpers if h != f.op])
        all_have_it = []
        for n in sizes:
            shutil.rmtree(out, ignore_errors=True)
            sized = f._replace(nodes=n, ops=ops)
            ok, words = generator.make(sized, out)
            there = models_with(out, f.op) if ok else 0
            if there is None:
                return sized, False, None
            if there == generator.count:
                missed = classes_missed(out, f.op) if there >= ENOUGH else 0
                if not missed:
                    return sized, True, None
                all_have_it.append((missed, n, sized))
            elif ok:
                words = f"{f.op} is in {there} of {generator.count} models"
                best = (there, sized) if there > best[0] else best
        if all_have_it:
            sized = min(all_have_it)[2]
            shutil.rmtree(out, ignore_errors=True)
            generator.make(sized, out)
            return sized, True, None
        for n in () if helpers or not among_all else plan.CONTAIN_NODES:
            shutil.rmtree(out, ignore_errors=True)
            sized = f._replace(nodes=n, contain=f.op)
            ok, words = generator.make(sized, out)
            if ok and models_with(out, f.op) == generator.count:
                return sized, True, None
        if best[0]:
            break
    shutil.rmtree(out, ignore_errors=True)
    there, asked = best[0], generator.count
    while 0 < there < generator.count and asked < MOST * generator.count:  # so many models that as many as were asked for have it
        asked = min(-(-asked * (generator.count + 2) // there), MOST * generator.count)
        shutil.rmtree(out, ignore_errors=True)
        ok, words = generator.make(best[1], out, asked)
        there = models_with(out, f.op) if ok else 0
    if there:
        return best[1], False, None
    return sized, False, f"no family of {sizes} nodes: {words}"


def keep(folder, problems, root, kept):
    """Copies the smallest example of each kind and operator."""
    for p in problems:
        name = re.sub(r"\W+", "_", f"{p.kind}_{p.op}")
        if p.model and (name not in kept or p.nodes < kept[name]):
            kept[name] = p.nodes
            shutil.rmtree(folder / name, ignore_errors=True)
            if (Path(root) / p.model).is_dir():
                shutil.copytree(Path(root) / p.model, folder / name)


# family: as it was asked for; sized, each, error: what generate() gives; command: that of sized; seconds: that it took
Made = namedtuple("Made", "family target sized each error command seconds")


def make(generator, forms, f, target):
    began = time.monotonic()
    sized, each, error = generate(generator, f, target, forms)
    return Made(f, target, sized, each, error, " ".join(generator.command(sized, "OUT", generator.made)), time.monotonic() - began)


def made_ahead(generator, forms, families, folder):
    """Each family as it was made; the next one is made while the caller judges one."""
    with ThreadPoolExecutor(1) as thread:
        try:
            waiting = deque()
            for i, f in enumerate(families):
                waiting.append(thread.submit(make, generator, forms, f, str(Path(folder) / f"family-{i % 2}")))
                if len(waiting) == 2:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            generator.stop()


def judge_family(made, pool, args, list_ops, kept):
    """Judges and deletes one family; returns its line of the state."""
    f, sized, target = made.family, made.sized, made.target
    try:
        context = {"opset": f.opset, "command": made.command}
        entry = {"key": plan.key(f), "nodes": sized.nodes, "opset": f.opset, "op": f.op, "models": 0, "having": 0,
                 "generate": round(made.seconds, 3), "judge": 0.0}
        if made.error:
            problems = [Problem("generate", made.error, "", f.op, sized.nodes)]
            entry["groups"] = grouping.group(problems, context)
            return entry
        v = validate(target, pool, args.sample, args.inputs, f.op if made.each else None, None if f.op else list_ops.get(f.opset),
                     whole=args.examine == "judge", corners=args.corners, modes=args.modes and args.modes.split(","), weights=True, op=f.op)
        if args.keep:
            keep(Path(args.keep), v.problems, target, kept)
        entry.update(models=v.judged, having=models_with(target, f.op) if f.op else 0, judge=round(v.seconds, 3), groups=grouping.group(v.problems, context),
                     notes=grouping.group(v.notes, context), **report.figures(v))
        return entry
    finally:
        shutil.rmtree(target, ignore_errors=True)


def arguments(argv):
    p = argparse.ArgumentParser(prog="nngen.judge.campaign", description="Generates and judges many families.")
    p.add_argument("--nngen", required=True)
    p.add_argument("--nodes", type=plan.numbers, default=[15, 40, 65, 100])
    p.add_argument("--seeds", type=plan.numbers, default=[1])
    p.add_argument("--opsets", type=plan.numbers, default=[17])
    p.add_argument("--count", type=int, default=100)
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--out", required=True, help="report (JSON); OUT.state.jsonl is what a resumed run reads")
    p.add_argument("--inputs", type=int, default=0, metavar="K", help="observe every tensor with K more inputs; needs nngen --intervals")
    p.add_argument("--modes", default="", help="of those inputs, in turn: " + ", ".join(intervals.MODES))
    p.add_argument("--corners", type=int, default=0, metavar="K", help="run K inputs at corners of their intervals too")
    p.add_argument("--examine", choices=sorted(EXAMINERS), default="judge", help="what is done with each model")
    p.add_argument("--every", type=int, default=1, metavar="N", help="every N-th family only")
    p.add_argument("--title", default="", help="what the progress bar begins with")
    p.add_argument("--data-sets", type=int, default=1, help="nngen --inputs")
    p.add_argument("--sample", type=int, default=0, help="judge so many models of each family")
    p.add_argument("--profile", default="")
    p.add_argument("--single", action="store_true", help="one family of minimal models an operator and opset; --nodes does not matter")
    p.add_argument("--only", default="", help="with --single: these operators, separated by commas")
    p.add_argument("--ops-form", default="{}", help="with --single: the value of nngen --ops, {} for the operator")
    p.add_argument("--helpers", default="Cast,Greater,Not,And,Where,Shape", help="with --single: operators added where one alone makes no model")
    p.add_argument("--nngen-args", default="", help="further arguments of nngen, separated by spaces")
    p.add_argument("--opcampaign", action="store_true", help="print all groups of problems by operator and message")
    p.add_argument("--keep", metavar="DIR", help="copy the smallest example of each kind and operator here")
    p.add_argument("--tmp", help="where families are written before they are judged")
    p.add_argument("--timeout", type=float, default=60.0, help="seconds for one model")
    p.add_argument("--limit", type=int, default=0, help="stop after so many families")
    p.add_argument("--restart", action="store_true")
    return p.parse_args(argv)


def main(argv=None):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the shell had it ignored, in the background
    args = arguments(argv)
    generator = plan.Generator(args.nngen, args.count, args.data_sets, args.profile, args.inputs > 0 or args.examine == "perturb", args.nngen_args.split())
    forms = [(args.ops_form, [])] + ([(args.ops_form, args.helpers.split(","))] if args.helpers else [])
    options = {k: v for k, v in vars(args).items() if k in ("count", "inputs", "data_sets", "sample", "profile", "single", "ops_form", "helpers", "nngen_args", "corners", "modes",
                                                      "examine")}
    try:
        header = {"nngen": plan.digest(args.nngen), "options": options}
        state = State(args.out + ".state.jsonl", header, args.restart)
        list_ops = {v: generator.operators(v) for v in args.opsets}
        only = set(filter(None, args.only.split(",")))
        families = plan.single(generator, args.seeds, args.opsets, only) if args.single else plan.mixed(args.nodes, args.seeds, args.opsets)
        families = families[::args.every]
    except (OSError, ValueError, RuntimeError) as e:
        print(f"nngen.judge.campaign: {e}", file=sys.stderr)
        return 2
    if args.keep:
        Path(args.keep).mkdir(parents=True, exist_ok=True)
    progress, kept, interrupted = Progress(len(families), args.title), {}, False
    # One folder for the whole run: an interrupt may come while a family's is made or removed.
    folder = tempfile.TemporaryDirectory(prefix="campaign-", dir=args.tmp, ignore_cleanup_errors=True)
    with folder as args.folder, Pool(args.jobs, EXAMINERS[args.examine], args.timeout) as pool:
        try:
            left = [f for f in families if plan.key(f) not in state.done][:args.limit or None]
            with closing(made_ahead(generator, forms, left, args.folder)) as families_made:
                for made in families_made:
                    entry = judge_family(made, pool, args, list_ops, kept)
                    state.add(entry)
                    here = [state.done[k] for k in map(plan.key, families) if k in state.done]
                    progress.show(len(here), sum(e["models"] for e in here), report.problem_count(here), entry["models"])
        except KeyboardInterrupt:
            interrupted = True
    mine = [state.done[k] for k in map(plan.key, families) if k in state.done]
    progress.show(len(mine), sum(e["models"] for e in mine), report.problem_count(mine), 0, last=True)
    sys.stderr.write("\n" if progress.tty else "")
    result = report.collect(mine, len(families))
    Path(args.out).write_text(json.dumps(result, indent=1) + "\n")
    for line in report.lines(result, args.single and args.examine == "judge", 10 ** 9 if args.opcampaign else 20):
        print(line)
    if interrupted:
        print("interrupted: the same command goes on from here", file=sys.stderr)
        return 130
    return 1 if result["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
