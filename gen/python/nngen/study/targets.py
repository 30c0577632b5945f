"""The registry of targets. An adapter is a function (case) -> run, where run takes a feed and gives the outputs, in graph order or by name;
case.stage(NAME) says what begins: "convert", "load". What the adapter raises is a failure of the stage that it is in."""
import importlib
import importlib.metadata
import shutil
import sys
from collections import namedtuple
from pathlib import Path

from nngen.study import places


class Target(namedtuple("Target", "name function packages needs kind memory seconds batch profile environment never opsets", defaults=["", "", ()])):
    """packages: distributions whose versions are recorded; needs: programs on the PATH; memory: MiB, seconds: of one model; profile: that of nngen
    which leaves out what the target does not run; environment: that of its own which its packages are in; never: why it cannot run anywhere; opsets: of an
    exporter, those that NAME@OPSET can ask for, which makes function(case, opset) of function(case)."""

    @property
    def common(self):
        """Whether it is in the environment that most targets share."""
        return not self.environment and not self.never and self.for_corpora

    @property
    def for_corpora(self):
        """Whether it runs models; findings that are programs have targets of their own."""
        return self.kind != "snippet"


REGISTRY = {}
MODULES = ["nngen.study.runtimes", "nngen.study.converters", "nngen.study.compilers", "nngen.study.bridges", "nngen.study.torch_exports",
           "nngen.study.tf_exports"]
KINDS = {"runtime", "converter", "fault", "snippet"}
REFERENCE = "onnxruntime-none"
PROFILE = "ort"  # of targets that have none of their own


def target(name, packages, needs=(), kind="runtime", memory=2048, seconds=60, batch=16, profile=PROFILE, environment="", opsets=()):
    assert kind in KINDS

    def register(function):
        REGISTRY[name] = Target(name, function, tuple(packages), tuple(needs), kind, memory, seconds, batch, profile, environment, opsets=tuple(opsets))
        return function

    return register


def unavailable(name, why, kind="converter"):
    """A target that the study names and that no longer runs: it stands in the lists with the reason."""
    REGISTRY[name] = Target(name, None, (), (), kind, 0, 0, 1, PROFILE, never=why)


def load_all(extra=()):
    for module in [*MODULES, *extra]:
        importlib.import_module(module)
    return REGISTRY


def find(name):
    """The target NAME or NAME@OPSET that load_all() has registered, or None."""
    if name in REGISTRY:
        return REGISTRY[name]
    of, _, opset = name.partition("@")
    t = REGISTRY.get(of)
    if t is None or opset not in map(str, t.opsets):
        return None
    return t._replace(name=name, function=lambda case: t.function(case, int(opset)))


def named(names):
    """The targets of these names, which load_all() has registered."""
    if unknown := [n for n in names if not find(n)]:
        raise SystemExit(f"no such target: {', '.join(unknown)}; there are {', '.join(sorted(REGISTRY))}{opsets_of(unknown)}")
    return [find(n) for n in names]


def opsets_of(names):
    """Words, of targets in NAME@OPSET that do not take the opset."""
    known = {of: REGISTRY[of].opsets for of in (n.partition("@")[0] for n in names) if of in REGISTRY}
    return "".join(f"; opsets of {n}: {' '.join(map(str, o)) or 'none'}" for n, o in known.items())


def by_profile(chosen):
    """{profile: names of these targets}: what should run on one corpus. The default profile is first."""
    found = {}
    for t in sorted(chosen, key=lambda t: t.profile != PROFILE):
        found.setdefault(t.profile, []).append(t.name)
    return found


def version_of(package, environment=""):
    """Version of a Python distribution, or of a Node package (node:NAME) as nngen.study.node finds it."""
    if environment:
        found = next(iter(importlib.metadata.distributions(name=package, path=places.site(environment))), None)
        if found is None:
            raise importlib.metadata.PackageNotFoundError(package)
        return found.version
    if package.startswith("node:"):
        from nngen.study import node

        return node.version(package[5:])
    return importlib.metadata.version(package)


def versions(t):
    return {p: version_of(p, t.environment) for p in t.packages}


def why_not(t):
    """Why a target cannot run here, or ""."""
    if t.never:
        return t.never
    if t.environment and not Path(places.interpreter(t.environment)).exists():
        return f"not installed; nngen-study setup --target {t.environment} installs it"
    for program in t.needs:
        if not shutil.which(program):
            return f"{program} is not installed" + (f" ({why})" if (why := reason(program)) else "")
    for package in t.packages:
        try:
            version_of(package, t.environment)
        except (importlib.metadata.PackageNotFoundError, OSError, ValueError) as e:
            return f"{package} is not installed ({reason(package.removeprefix('node:'), t.environment) or type(e).__name__})"
    return ""


def reason(package, environment=""):
    """What setup.sh noted of a package that could not be installed, or ""."""
    try:
        return ((places.apart(environment) if environment else Path(sys.prefix)) / "not-installed" / package).read_text("utf-8").strip()[:300]
    except OSError:
        return ""
