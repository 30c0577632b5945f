"""nngen-study real: architectures of public packages, exported by torch.onnx and tf2onnx. Each export is in a process of its own, forked from one
that has the packages, with limits of time and memory."""
import argparse
import contextlib
import importlib
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
import traceback
from pathlib import Path

from nngen.study import engine, isolate, messages, outcomes, places, processes, real_export, real_models
from nngen.study.real_models import package

POLL = 0.1
KERAS = ("tensorflow", "keras", "tf2onnx", "onnxruntime")  # in an environment of their own
TORCH = ("torch", "onnxruntime", "onnxscript")
PACKAGES = (*TORCH, "transformers", "timm", "torchvision")
APART = "tensorflow"
SLOW = ("torch._dynamo", "torch.onnx._internal.exporter._core", "torch.fx.experimental.symbolic_shapes")  # imports, once and not in each process


def words(e):
    e = messages.root(e)
    return f"{type(e).__name__}: {e}"[:500]


def child(entry, variant, folder, pipe):
    """In the forked process: what is printed goes to the folder's log."""
    sys.stdout = sys.stderr = log = open(folder / "log", "w", 1, encoding="utf-8", errors="replace")
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    os.setsid()
    now = ["start"]

    def stage(name):
        now[0] = name
        pipe.send({"stage": name})

    try:
        result = real_export.one(entry, variant, folder, stage)
    except Exception as e:  # whatever the exporter raises is its result
        traceback.print_exc()
        result = {"status": "failed", "stage": now[0], "error": words(e)}
    pipe.send({"result": result})
    pipe.close()


def watch(process, pipe, seconds, memory):
    """The result of the process, or how it ended."""
    until, stage = time.monotonic() + seconds, "start"
    how = "hang"
    while time.monotonic() < until:
        if pipe.poll(POLL):
            try:
                message = pipe.recv()
            except EOFError:
                process.join(10)
                return {"status": "crash", "stage": stage, "error": processes.how_it_ended(process.exitcode)}
            if "result" in message:
                return message["result"]
            stage = message["stage"]
        elif processes.resident(process.pid) > memory << 20:
            how = "memory"
            break
    return {"status": how, "stage": stage, "error": f"more than {memory} MiB" if how == "memory" else f"no answer within {seconds:g} s"}


def isolated(entry, variant, folder, seconds, memory):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    begun = time.monotonic()
    process = context.Process(target=child, args=(entry, variant, folder, there))
    process.start()
    there.close()
    try:
        result = watch(process, here, seconds, memory)
    finally:
        processes.kill(processes.tree(process.pid)[::-1])
        process.join()
        here.close()
    if result["status"] != "ok" and (folder / "model.onnx").exists():
        (folder / "model.onnx").rename(folder / "model.failed")  # other commands should not find it
    return {"target": variant, "model": entry["name"], "nodes": 0, **result, "wall": round(time.monotonic() - begun, 2)}


def needed(entry):
    return KERAS if package(entry) == "keras" else (*TORCH, package(entry))


def missing(names):
    """Of these packages, those that cannot be imported, with the reason."""
    found = {}
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as e:  # one that does not go with the others fails in many ways
            found[name] = f"{type(e).__name__}: {e}"[:200]
    for name in SLOW if "torch" in names and not found else ():
        with contextlib.suppress(ImportError):  # a name of another version
            importlib.import_module(name)
    return found


def read(path):
    """{(target, model): result}, the last of each."""
    found = {}
    with contextlib.suppress(FileNotFoundError):
        for line in Path(path).read_text("utf-8").splitlines():
            with contextlib.suppress(ValueError):  # the last line of a killed run
                r = json.loads(line)
                found[r["target"], r["model"]] = r
    return found


def column(results):
    """Of the results of one target: models, and how many are converted, loaded, right at each tolerance."""
    at = lambda r: "ok" if r["status"] == "ok" else r.get("stage", "start")  # where it ended
    reached = [r for r in results if at(r) not in ("start", "import") and r["status"] not in outcomes.BESIDE]
    converted = [r for r in reached if at(r) != "convert"]
    loaded = [r for r in converted if at(r) != "load"]
    right = [sum(outcomes.outcome(r, outcomes.tolerance(t)) == "correct" for r in loaded) for t in ("1e-7", "1e-5", "1e-3", "loose")]
    return [len(results), len(reached), len(converted), len(loaded), *right]


HEAD = ["target", "models", "reached", "converted", "loaded", "1e-7", "1e-5", "1e-3", "loose"]


def table(results, beside=()):
    """Lines: real architectures by target; then the synthetic models of another run, through the same exporters."""
    rows = []
    for kind, found in (("", results), ("synthetic: ", [r for r in beside if r["target"].startswith("torch.onnx")])):
        rows += [[kind + t, *map(str, column([r for r in found if r["target"] == t]))] for t in sorted({r["target"] for r in found})]
    return outcomes.aligned([HEAD, *rows])


def chosen(args):
    """{name: entry} of --list and --only."""
    entries = real_models.architectures(args.list)
    only = args.only.split(",") if args.only else list(entries)
    if unknown := [n for n in only if n not in entries]:
        raise SystemExit(f"no such architecture: {', '.join(unknown)}; there are {', '.join(entries)}")
    return {n: entries[n] for n in only}


def run(entries, out, known, args):
    """Exports what is not yet in `known`, and adds it."""
    for name, entry in entries.items():
        for variant in [v for v in real_export.framework(entry).VARIANTS if (v, name) not in known]:
            r = isolated(entry, variant, out / name / variant.replace(" ", "-"), args.seconds, args.memory)
            known[variant, name] = r
            with open(out / "results.jsonl", "a", encoding="utf-8") as f:
                f.write(json.dumps(r) + "\n")
            if not args.quiet:
                print(f"{name:24}{variant:28}{r['wall']:7.1f} s  {outcomes.outcome(r, outcomes.tolerance('1e-3'))}  {r.get('error', '')[:100]}", flush=True)


def apart(entries):
    """Those that run in an environment of their own: it is there, and is not this one."""
    there = os.path.exists(places.interpreter(APART)) and os.path.realpath(places.apart(APART)) != os.path.realpath(sys.prefix)
    return {n: e for n, e in entries.items() if there and package(e) == "keras"}


def run_apart(entries, args):
    """Runs this command for the entries in their environment; whether all were run."""
    words = ["--out", Path(args.out).absolute(), "--only", ",".join(entries), "--list", Path(args.list).absolute(), "--seconds", args.seconds, "--memory", args.memory]
    command = [places.interpreter(APART), "-m", "nngen.study", "real", "--part", *map(str, words), *(["--quiet"] if args.quiet else [])]
    env = {**os.environ, "NNGEN_STUDY_ENV": "none", "PYTHONPATH": isolate.python_path(APART)}
    return not entries or subprocess.run(command, env=env, check=False).returncode == 0


def run_here(entries, args):
    """Exports the entries whose packages are here, and tells of the others; whether all were run."""
    lacking = missing(sorted({p for e in entries.values() for p in needed(e)}))
    able = {n: e for n, e in entries.items() if not lacking.keys() & set(needed(e))}
    path = Path(args.out) / "results.jsonl"
    known = read(path)
    path.write_text("".join(json.dumps(r) + "\n" for r in known.values()), "utf-8")  # without half a line at its end
    run(able, path.parent, known, args)
    for name, why in lacking.items():
        print(f"not installed: {name}: {why}")
    if len(able) < len(entries):
        print(f"not run: {len(entries) - len(able)} of {len(entries)} architectures; REAL=yes nngen-study setup installs their packages, "
              f"and nngen-study setup --target {APART} those of Keras", flush=True)
    return len(able) == len(entries)


def real(args):
    entries = chosen(args)
    if args.names:
        print("\n".join(f"{n:24}{e['class']}" for n, e in entries.items()))
        return 0
    if not args.out:
        raise SystemExit("--out DIR is missing: the folder for models and results")
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    others = {} if args.part else apart(entries)
    whole = [run_here({n: e for n, e in entries.items() if n not in others}, args), run_apart(others, args)]
    if not args.part:
        text = table(list(read(out / "results.jsonl").values()), engine.read_results(args.beside) if args.beside else ())
        (out / "table.txt").write_text(text, "utf-8")
        print(text, end="")
    return 0 if all(whole) else 1


def command(sub):
    s = sub.add_parser("real", help="architectures of transformers, timm, torchvision and Keras, exported by torch.onnx and tf2onnx: models, and outcomes beside those of synthetic ones")
    s.add_argument("--out", metavar="DIR", help="for DIR/ARCHITECTURE/EXPORTER/model.onnx with its data sets, results.jsonl and table.txt; goes on where it was")
    s.add_argument("--only", metavar="NAMES", help="these architectures, separated by commas")
    s.add_argument("--names", action="store_true", help="list the architectures")
    s.add_argument("--list", metavar="FILE", default=str(real_models.LIST), help="a list of architectures, in the form of real.json (%(default)s)")
    s.add_argument("--beside", metavar="OUT", help="a finished run of a corpus, whose models by torch.onnx are the table's synthetic ones")
    s.add_argument("--seconds", type=float, default=180, help="time limit of an export (180)")
    s.add_argument("--memory", type=int, default=6144, help="memory limit in MiB (6144)")
    s.add_argument("--quiet", action="store_true")
    s.add_argument("--part", action="store_true", help=argparse.SUPPRESS)  # another process of this command goes on with the table
    s.set_defaults(function=real)
