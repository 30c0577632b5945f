"""A text for the authors of a target, ready to paste: title, versions, a program that shows the defect, what is expected, and what is seen. Nothing is sent."""
import importlib.metadata
import os
import platform
import re
import subprocess
import sys
import time

import numpy as np
from onnx import numpy_helper

from nngen._program import checkout, chosen
from nngen.study import own_words, places, processes, reduce, scratch, snippets, targets

TAIL = 4000  # characters of a program's output
MEASURED = ("onnx", "onnxruntime", "numpy")  # named beside the packages of a target
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def command(sub):
    what = "print a finding as a report for the authors of the target, with a program that shows it"
    s = sub.add_parser("report-issue", help=what, description=f"{what}. It needs a checkout, which has the findings. Nothing is sent.")
    s.add_argument("finding", nargs="?", help="its number in FINDINGS.md's order, its name, or a part that no other name has")
    s.add_argument("--list", action="store_true", help="numbers and names")
    s.add_argument("--run", action="store_true", help="run the program, and put what it prints under what is seen")
    s.add_argument("--program", action="store_true", help="print the program alone")
    s.add_argument("--nngen", default="", metavar="PATH", help="the program nngen")
    s.set_defaults(function=main)


def findings():
    """All findings, in the order of FINDINGS.md."""
    root = checkout()
    if root is None:
        raise SystemExit("nngen-study report-issue: the findings are in the project's source (tests/study/findings): run gen/python/nngen-study report-issue there")
    sys.path.insert(0, str(root / "tests"))
    from study import recheck

    return recheck.load()


def chosen_one(found, wanted):
    """The finding of a number, a name or a part of one name."""
    if wanted.isdigit():
        if not 1 <= int(wanted) <= len(found):
            raise SystemExit(f"nngen-study report-issue: no finding {wanted}: there are 1 to {len(found)}")
        return found[int(wanted) - 1]
    matching = [f for f in found if f.name == wanted] or [f for f in found if wanted in f.name]
    if len(matching) != 1:
        some = "".join(f"\n  {f.name}" for f in matching[:10])
        raise SystemExit(f"nngen-study report-issue: {len(matching)} findings have {wanted!r} in their names; --list shows all{':' * bool(some)}{some}")
    return matching[0]


def program(f, nngen=""):
    """The text of a program that shows the finding and exits with 0 only if it is gone."""
    return f.program.script(f.target) if f.program else model_program(f.make(), f.target, nngen)


def model_program(made, target, nngen=""):
    """That of a model: (model, feed, expected outputs)."""
    with scratch.Folder() as folder:
        model, feed, outputs = made
        reduce.write(folder, model, feed)
        for k, (info, value) in enumerate(zip(model.graph.output, outputs)):
            (folder / f"test_data_set_0/output_{k}.pb").write_bytes(numpy_helper.from_array(np.asarray(value), info.name).SerializeToString())
        done = subprocess.run([chosen(nngen), "emit", folder / "model.onnx", "--as", "onnx"], capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        raise SystemExit(f"nngen-study report-issue: nngen emit: {done.stderr.strip()}")
    return in_target(done.stdout, target)


def in_target(text, target):
    """An emitted program that runs its model in the target instead of ONNX Runtime with its defaults."""
    words = own_words.function(target)
    if words is None:
        raise SystemExit(f"nngen-study report-issue: no program for {target}: nngen.study.own_words does not have it")
    begin, end = text.index("def run(arrays):\n"), text.index('\nif __name__ == "__main__":')
    return text[:begin].replace("runs it in ONNX Runtime", f"runs it in {target}", 1) + words + "\n" + text[end:].replace(
        "sys.exit(check(run(inputs())) > 0)", 'results = run(inputs())\n        assert len(results) == len(expected()), f"{len(results)} outputs"\n        sys.exit(check(results) > 0)')


def environment(f):
    """The environment of its own that the finding's target has, or ""."""
    return snippets.ENVIRONMENT[f.program.framework] if f.program else targets.REGISTRY[f.target].environment


def packages(f):
    """The packages of the finding's target, that to blame first, and those that judge it."""
    own = snippets.EXPORTERS[f.target].packages if f.program else targets.REGISTRY[f.target].packages
    return list(dict.fromkeys([*own, *MEASURED]))


def versions(f):
    """[(package, version)]: those that are installed; of the first, if it is not here, the version in which the defect was found."""
    found = []
    for k, package in enumerate(packages(f)):
        try:
            found.append((package.removeprefix("node:"), targets.version_of(package, environment(f))))
        except (importlib.metadata.PackageNotFoundError, OSError, ValueError):
            if k == 0:
                found.append((package.removeprefix("node:"), f.version))
    return [*found, ("Python", python_version(environment(f))), ("platform", platform.platform())]


def python_version(apart):
    """That of an environment of its own, or of this one."""
    try:
        done = subprocess.run([places.interpreter(apart), "-c", "import platform; print(platform.python_version())"], capture_output=True, text=True, check=True)
        return done.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return platform.python_version()


def expected_lines(f):
    made = f.make()
    names = [x.name for x in made[0].graph.output]
    texts = [" ".join(np.array2string(np.asarray(e), threshold=24, precision=7, separator=", ").split()) for e in made[2]]
    return [f"{n}: {e.dtype} {list(e.shape)} {text}" for n, e, text in zip(names, made[2], texts)]


def run(text, python, seconds, memory):
    """(exit status, what it printed) of a program, in a folder of its own and with limits."""
    with scratch.Folder() as folder:
        (folder / "program.py").write_text(text, "utf-8")
        env = {**os.environ, "PYTHONPATH": "", "NO_COLOR": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1",
               "NODE_PATH": f"{places.node()}/node_modules"}
        with open(folder / "said", "wb") as said:
            process = subprocess.Popen([python, "program.py"], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
            ended = waited(process, seconds, memory)
        words = COLOURS.sub("", (folder / "said").read_text("utf-8", "replace")).replace(f"{folder}/", "").strip()
    return ended, ("...\n" * (len(words) > TAIL) + words[-TAIL:])


def waited(process, seconds, memory):
    """How the process ended, in words; one that passes a limit is ended."""
    until = time.monotonic() + seconds
    while process.poll() is None:
        why = f"no end within {seconds} s" if time.monotonic() > until else f"more than {memory} MiB" if processes.resident(process.pid) > memory << 20 else ""
        if why:
            processes.kill(processes.tree(process.pid)[::-1])
            process.wait()
            return why
        time.sleep(0.05)
    return processes.how_it_ended(process.returncode)


def limits(f):
    """(seconds, MiB) of the finding's target, with time for the interpreter's start."""
    t = targets.REGISTRY[snippets.runner(f.target) if f.program else f.target]
    return t.seconds + 120, t.memory


def actual(f, text):
    """What is seen: in words, or what the program prints now."""
    why = snippets.why_not(f.target) if f.program else targets.why_not(targets.REGISTRY[f.target])
    if why:
        raise SystemExit(f"nngen-study report-issue: cannot run {f.target}: {why}")
    ended, said = run(text, places.interpreter(environment(f)), *limits(f))
    return ["```", *said.splitlines(), "```", f"The program ended with: {ended}."]


def report(f, number, text, seen):
    """The lines of the report."""
    known = versions(f)
    title = snippets.EXPORTERS[f.target].title if f.program else f.target
    lines = [f"# {title}: {f.outcome}: {f.name.split(': ', 1)[1]}", "", f.why, "", "## Versions", *(f"- {p} {v}" for p, v in known), "", "## Program", "```python", text.rstrip("\n"), "```", ""]
    lines += ["## Expected", "```", *expected_lines(f), "```"]
    if f.program and f.target != f.program.framework:
        lines.append(f"{snippets.EXPORTERS[f.program.framework].title} itself gives this.")
    if f.agree:
        lines.append(f"These give it, too: {', '.join(f.agree)}.")
    lines += ["", "## Actual", *(seen or [f"{f.outcome[0].upper()}{f.outcome[1:]}, in version {f.version}."])]
    if f.passes:
        lines.append(f"With these passes disabled the result is the expected one: {', '.join(f.passes)}.")
    return [*lines, "", f"Found by nngen (finding {number})."]


def main(args):
    targets.load_all([*args.modules, *snippets.MODULES])
    found = findings()
    if args.list:
        print("\n".join(f"{k:4}  {f.name} ({f.version}, {f.outcome})" for k, f in enumerate(found, 1)))
        return
    if not args.finding:
        raise SystemExit("nngen-study report-issue: name a finding, or --list")
    f = chosen_one(found, args.finding)
    text = program(f, args.nngen)
    if args.program:
        print(text, end="")
        return
    print("\n".join(report(f, found.index(f) + 1, text, actual(f, text) if args.run else None)))
