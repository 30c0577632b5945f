"""The study's two tables of exporters, from runs and from real architectures: outcomes beside the published ones (Table 11), and the operator
sequences of models that differ (Table 12)."""
import json
import re
import subprocess
from collections import Counter
from pathlib import Path

from nngen._program import chosen
from nngen.study import cases, engine, outcomes, real, scratch, sequences

SUBJECT = re.compile(r"(torch\.onnx|tf2onnx)\b")
LEVELS = ("1e-7", "1e-3", "bound")
NOT_REACHED = {*outcomes.BESIDE} - {"no bound"}
ENDED = ("run failure", "crash", "hang", "out of memory")
HEAD = ["exporter", "models of", "nodes", "models", "reached", "convert", "load", "run", *(f"{word}, {level}" for level in LEVELS for word in ("differ", "right"))]
HEAD12 = ["exporter", "level", "differ", "right", "(1)", "(1)\\(2)", "reduced", "hold one", "(1)\\(3)", "reduced"]
PUBLISHED12 = [["torch.onnx (2024)", "1e-7", "100", "881", "", "176", "131", "", "", ""], ["tf2onnx (2024)", "1e-7", "220", "43", "", "1527", "862", "", "", ""]]


def name_of(target):
    """Real architectures' targets say "dynamic" as a word of their own."""
    return target.replace(" ", "-")


def counts_at(results, level):
    """{outcome: results}; those without bounds are not judged by them."""
    return Counter(outcomes.outcome(r, outcomes.tolerance(level)) for r in results)


def cells(results):
    """Of the results of one exporter: models, those that reach it, failures by stage, and at each level how many differ and how many are right."""
    at = {level: counts_at(results, level) for level in LEVELS}
    first = at[LEVELS[0]]
    out = [len(results), len(results) - sum(first[k] for k in NOT_REACHED), first["conversion failure"], first["load failure"], sum(first[k] for k in ENDED)]
    for level in LEVELS:
        differ, right = sum(at[level][k] for k in sequences.DIFFERENT), at[level]["correct"]
        out += ["", ""] if at[level]["no bound"] and not differ + right else [differ, right]
    return out


def outcome_rows(synthetic, architectures):
    """Rows of Table 11: what the study published, then each exporter by number of nodes and in all, and on real architectures."""
    rows = []
    for name, (convert, load, differ, right) in outcomes.PUBLISHED.items():
        n = convert + load + differ + right
        rows.append([name, "synthetic", "all", n, n, convert, load, 0, differ, right, "", "", "", ""])
    for target in sorted({*synthetic, *architectures}):
        found = synthetic.get(target, [])
        rows += [[target, "synthetic", n, *cells([r for r in found if r["nodes"] == n])] for n in sorted({r["nodes"] for r in found})]
        for kind, these in (("synthetic", found), ("real", architectures.get(target, []))):
            if these:
                rows.append([target, kind, "all", *cells(these)])
    return [[str(x) for x in row] for row in rows]


def by_exporter(results):
    out = {}
    for r in results:
        if SUBJECT.match(r["target"]):
            out.setdefault(name_of(r["target"]), []).append(r)
    return out


def free_dims(synthetic):
    """Lines: how many dims of inputs the exporters left free, of the models that run."""
    for target, results in sorted(synthetic.items()):
        if found := [r[outcomes.FREE] for r in results if outcomes.FREE in r]:
            yield f"{target}: {sum(f for f, _ in found)} of {sum(n for _, n in found)} dims of inputs are free in the {len(found)} exported models that run"


# ---- sequences ----

def link(folder, files):
    """A folder with links to models of any names."""
    folder.mkdir()
    for i, f in enumerate(sorted(files)):
        (folder / f"{i}.onnx").symlink_to(Path(f).absolute())
    return folder


def asked(nngen, *words):
    return json.loads(subprocess.run([chosen(nngen), "sequences", *map(str, words), "--format", "json"], capture_output=True, text=True, timeout=sequences.LIMIT, check=True).stdout)


def reduced(nngen, folder, found):
    """How many blocks of operators the sequences share, by a reduction that depends on no order."""
    if not found:
        return 0
    (folder / "list.txt").write_text("".join(",".join(s) + "\n" for s in found), "utf-8")
    return asked(nngen, "--reduce", "corrected", folder / "list.txt")["kept"]


def sets_of(nngen, differ, right, suite):
    """A row of Table 12 of these files, from the number of models that differ."""
    with scratch.Folder() as folder:
        words = [x for word, files in (("failed", differ), ("correct", right), ("suite", suite)) if files for x in (f"--{word}", link(folder / word, files))]
        found = asked(nngen, *words)
        sets = {s["set"]: s for s in found["sets"]}
        less = [x for name in ("1-2", "1-3") for x in (sets[name]["sequences"], reduced(nngen, folder, sets[name]["list"]))]
        return [len(differ), len(right), sets["1"]["sequences"], *less[:2], found["holders"], *(less[2:] if suite else ["", ""])]


def files_by_class(runs, target, level):
    """({file that differs}, {file that is right}) over all runs."""
    found = {}
    for folder, results in runs.items():
        entries = {n: str(e.file) for n, e in cases.of_run(folder).items()}
        these = [r for r in results if name_of(r["target"]) == target and r["model"] in entries]
        classes = sequences.classes(these, outcomes.tolerance(level), sequences.DIFFERENT)
        for models in classes.values():
            found |= sequences.by_file(models, entries)
    return [{f for f, what in found.items() if what == kind} for kind in ("failed", "correct")]


def sequence_rows(runs, suites, nngen):
    rows = list(PUBLISHED12)
    for target in sorted({name_of(r["target"]) for results in runs.values() for r in results if SUBJECT.match(r["target"])}):
        for level in LEVELS:
            differ, right = files_by_class(runs, target, level)
            if len(differ) > 1:
                rows.append([target, level, *map(str, sets_of(nngen, differ, right, suites.get(target, [])))])
    return rows


# ---- the command ----

def real_files(folder):
    """{exporter: files that it wrote of real architectures, with right values}"""
    out = {}
    for (target, model), r in real.read(Path(folder) / "results.jsonl").items():
        path = Path(folder) / model / name_of(target) / "model.onnx"
        if path.exists() and outcomes.outcome(r, outcomes.tolerance("loose")) == "correct":
            out.setdefault(name_of(target), []).append(path)
    return out


def markdown(rows):
    head, *body = [[x.replace("\\", "\\\\") for x in r] for r in rows]
    return "".join(f"| {' | '.join(r)} |\n" for r in [head, ["---"] * len(head), *body])


def main(args):
    runs = {folder: engine.read_results(folder) for folder in args.runs}
    found = [r for folder in args.real for r in real.read(Path(folder) / "results.jsonl").values()]
    synthetic = by_exporter(r for results in runs.values() for r in results)
    rows = outcome_rows(synthetic, by_exporter(found))
    if args.sums:
        rows = [r for r in rows if r[2] == "all"]
    suites = {}
    for folder in args.real:
        for target, files in real_files(folder).items():
            suites.setdefault(target, []).extend(files)
    if args.suite:
        suite = [p for folder in args.suite for p in Path(folder).rglob("*.onnx")]
        suites = {t: suite for t in synthetic}
    show = markdown if args.markdown else lambda rows: outcomes.aligned(rows, 2)
    print("Table 11: outcomes of exporters, of all models and by number of nodes\n\n" + show([HEAD, *rows]))
    print("".join(f"{line}\n" for line in free_dims(synthetic)), end="")
    print("Table 12: operator sequences of the models that differ\n\n" + show([HEAD12, *sequence_rows(runs, suites, args.nngen)]), end="")
    return 0


def command(sub):
    s = sub.add_parser("exporters", help="the study's Tables 11 and 12 of torch.onnx and tf2onnx, beside the published ones",
                       description="Table 11: models, those whose program reaches the exporter, failures of conversion, of load and of the run, and how many of the rest differ from the expected outputs "
                       "or are right: by more than 1e-7 as in the study, by more than 1e-3, or by their bounds. Table 12, of the models that differ and of those that are right: the sequences that two models which differ share (1), those of them that no right model has (1)\\(2) and that no model of a "
                       "suite has (1)\\(3), the blocks that each set is reduced to, and how many models that differ hold a sequence of (1)\\(2). The suite is --suite or else the models that the same exporter made of real architectures.")
    s.add_argument("runs", nargs="+", metavar="OUT", help="folder of a run; of several, the models are counted together")
    s.add_argument("--real", action="append", default=[], metavar="DIR", help="of `nngen-study real`: the column of real architectures; may be repeated")
    s.add_argument("--suite", action="append", default=[], metavar="DIR", help="models of an exporter's own tests; may be repeated")
    s.add_argument("--sums", action="store_true", help="without the rows of each number of nodes")
    s.add_argument("--markdown", action="store_true", help="tables as Markdown")
    s.add_argument("--nngen", default="", metavar="PATH", help="the program (the installed one)")
    s.set_defaults(function=main)
