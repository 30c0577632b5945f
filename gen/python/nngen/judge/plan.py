"""What a campaign is made of: families, and how nngen is asked for one."""
import hashlib
import subprocess
from collections import namedtuple
from pathlib import Path

from nngen.judge.family import parse_list

# op: '' unless the family is there for that operator; ops, contain: the values of --ops and --contain, '' for none
Family = namedtuple("Family", "nodes opset seed op ops contain", defaults=("", ""))

MINIMAL_NODES = (1, 2, 3, 4, 6)  # tried in turn for one operator
CONTAIN_NODES = (15, 25, 40)     # and for one that needs others beside it: among all operators, asked for in every model


def numbers(text):
    """'1-3,7' -> [1, 2, 3, 7]"""
    out = []
    for part in text.split(","):
        a, _, b = part.partition("-")
        out += range(int(a), int(b or a) + 1)
    return out


def key(f):
    return f"nodes={f.nodes} opset={f.opset} seed={f.seed}" + (f" op={f.op}" if f.op else "")


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class Generator:
    def __init__(self, nngen, count, data_sets=1, profile="", intervals=False, extra=(), jobs=1, timeout=600.0):
        self.nngen, self.count, self.data_sets, self.profile = str(nngen), count, data_sets, profile
        self.made = count
        self.intervals, self.extra, self.jobs, self.timeout = intervals, list(extra), jobs, timeout
        self.running, self.stopped = None, False

    def command(self, f, out, count=0):
        c = [self.nngen, "--nodes", f.nodes, "--count", count or self.count, "--seed", f.seed, "--opset", f.opset, "--out", out, "--quiet"]
        c += ["--jobs", self.jobs] if self.jobs != 1 else []
        c += ["--inputs", self.data_sets] if self.data_sets != 1 else []
        c += ["--profile", self.profile] if self.profile else []
        c += ["--intervals"] if self.intervals else []
        c += [f"--ops={f.ops}"] if f.ops else []
        c += [f"--contain={f.contain}"] if f.contain else []
        return [str(x) for x in c + self.extra]

    def call(self, command):
        """(ok, last lines of standard error, standard output)"""
        if self.stopped:
            return False, "stopped", ""
        try:
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as self.running:
                try:
                    out, err = self.running.communicate(timeout=self.timeout)
                except BaseException:  # a timeout or an interrupt
                    self.running.kill()
                    raise
        except subprocess.TimeoutExpired:
            return False, f"no end within {self.timeout:g} s", ""
        except OSError as e:
            return False, str(e), ""
        words = " ".join(err.decode("utf-8", "replace").split())[-400:]
        return self.running.returncode == 0, f"exit status {self.running.returncode}: {words}", out.decode("utf-8", "replace")

    def stop(self):
        """Ends what runs in another thread, and what would be called next."""
        self.stopped = True
        if self.running:
            self.running.kill()

    def make(self, f, out, count=0):
        self.made = count or self.count  # models asked for last
        ok, words, _ = self.call(self.command(f, out, count))
        return ok, words

    def operators(self, opset):
        c = [self.nngen, "--list-ops", "--opset", str(opset)] + (["--profile", self.profile] if self.profile else []) + self.extra
        ok, words, text = self.call(c)
        if not ok:
            raise RuntimeError(f"{' '.join(c)}: {words}")
        return parse_list(text)


def mixed(nodes, seeds, opsets):
    return [Family(n, v, s, "") for s in seeds for v in opsets for n in nodes]


def single(generator, seeds, opsets, only=()):
    """One family an operator and opset; its nodes are 0: the fewest that do."""
    return [Family(0, v, s, op) for s in seeds for v in opsets for op in generator.operators(v) if not only or op in only]
