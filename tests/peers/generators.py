"""The generators that are compared. Each writes models, a batch at a time, into folders test_N, and says what processor time that took."""
import json
import random
import resource
import select
import shutil
import subprocess
import time
from collections import namedtuple
from pathlib import Path

import numpy as np

from nngen.study.case import SETS, write_inputs
from nngen.study.cases import data_of, find_models
from nngen.study.declared import graph_inputs

NNSMITH = Path(__file__).parents[1] / "reach" / "nnsmith_corpus.py"
PATIENCE = 300  # seconds by the clock for one model of NNSmith, beside processor time that others take

# made: models; failed: seeds without one, by reason; seconds: of processor time
Batch = namedtuple("Batch", "made failed seconds", defaults=({}, 0.0))


def children():
    """Processor time of all processes that have ended and were waited for."""
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


class Generator:
    """at: how far it has come, in its own terms; what goes on after an interruption is told it."""

    at = 0

    def go_on(self, at):
        self.at = at

    def close(self):
        """Ends what it has started."""


class Nngen(Generator):
    """A family of its default options for each batch, whose seed is the batch's number."""

    def __init__(self, nngen, nodes):
        self.nngen, self.nodes = nngen, nodes

    def batch(self, folder, count, number):
        before = children()
        options = ["--nodes", self.nodes, "--count", count, "--seed", number, "--outputs", "--jobs", 1, "--quiet", "--force", "--out", folder]
        subprocess.run([self.nngen, *map(str, options)], check=True)
        return Batch(count, {}, children() - before)


class NNSmith(Generator):
    """Seeds from 1 on. A process that gives no model in time is ended, and its seed is left out."""

    def __init__(self, python, nodes, patience=PATIENCE):
        self.command = [str(python), str(NNSMITH), "--serve", str(nodes)]
        self.patience, self.process, self.told = patience, None, 0.0

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.told = 0.0

    def ask(self, folder):
        """What the process said of the next seed; None if it ended or took too long."""
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.process.stdin.write(f"{self.at} {folder}\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], self.patience)
        line = self.process.stdout.readline() if ready else ""
        return json.loads(line) if line else None

    def batch(self, folder, count, number):  # pylint: disable=unused-argument; the seeds go on
        made, failed, spent, until = 0, {}, 0.0, self.at + 4 * count
        while made < count and self.at < until:
            self.at += 1
            place, before = Path(folder) / f"test_{made:06d}", children()
            said = self.ask(place)
            if said is None:
                spent, why = spent - self.told, "no model in time"
                self.close()
                spent += children() - before  # all that the process took, of which some has been counted
            else:
                spent, why, self.told = spent + said["seconds"] - self.told, said["why"], said["seconds"]
            made += not why
            if why:
                failed[why] = failed.get(why, 0) + 1
                shutil.rmtree(place, ignore_errors=True)
        return Batch(made, failed, spent)


class NodeTests(Generator):
    """The node tests of the onnx package with their own inputs, in an order drawn once. There are no more than there are."""

    def __init__(self, seed=1):
        self.seed, self.cases = seed, None

    def batch(self, folder, count, number):  # pylint: disable=unused-argument
        begun = time.process_time()
        if self.cases is None:
            from onnx.backend.test.case.node import collect_testcases

            with np.errstate(all="ignore"):
                self.cases = sorted((c for c in collect_testcases(None) if c.model is not None), key=lambda c: c.name)
            random.Random(self.seed).shuffle(self.cases)
        now = self.cases[self.at:self.at + count]
        self.at += len(now)
        for case in now:
            write_case(Path(folder) / case.name, case)
        return Batch(len(now), {}, time.process_time() - begun)


def write_case(place, case):
    """The model, and those of its data sets that consist of arrays."""
    place.mkdir(parents=True)
    (place / "model.onnx").write_bytes(case.model.SerializeToString())
    inputs = graph_inputs(case.model.graph)
    for k, (given, _) in enumerate(case.data_sets or ()):
        if len(given) == len(inputs) and all(hasattr(x, "dtype") for x in given):
            write_inputs(place / f"{SETS}{k}", inputs, {x.name: v for x, v in zip(inputs, given)})


class Folder(Generator):
    """Models that another generator has made: a folder. What they took is not known."""

    def __init__(self, root):
        self.models = find_models(root)

    def batch(self, folder, count, number):  # pylint: disable=unused-argument
        now = self.models[self.at:self.at + count]
        for i, (_, path) in enumerate(now):
            place = Path(folder) / f"test_{self.at + i:06d}"
            place.mkdir(parents=True)
            shutil.copy(path, place / "model.onnx")
            for data in data_of(path).glob(SETS + "*"):
                shutil.copytree(data, place / data.name)
        self.at += len(now)
        return Batch(len(now))
