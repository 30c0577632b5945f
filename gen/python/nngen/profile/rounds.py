"""Families of single operators in an order in which each is measured with helpers that are known to run.

Operators that can stand alone are first. The others, such as Not, whose tensors are bool, need helpers, which nngen chooses. A failure says something
of the operator only if its helpers run on the same target, so they are measured before, and those that fail are barred: nngen chooses others."""
from collections import defaultdict

from nngen.judge import plan
from nngen.profile import measure, separate
from nngen.study import scratch

BATCH = 12  # families that share a process
NONE_LEFT = "no operator that runs gives the types of its inputs, or takes those of its outputs"


class Rounds:
    def __init__(self, generator, tables, runner, store, advance):
        self.generator, self.tables, self.runner, self.store, self.advance = generator, tables, runner, store, advance
        self.dependent = set()  # (operator, opset): it needs helpers itself

    def alone(self, opset):
        """operator -> statuses of its models without helpers at the opset"""
        found = defaultdict(list)
        for e in self.store.done.values():
            if e["opset"] == opset and e["models"] and not e["helpers"]:
                found[e["op"]] += [m["status"] for m in e["models"]]
        return found

    def unfit(self, opset, strict):
        """Operators that may not help: those of which some model fails (strict) or all do, and those that need helpers themselves."""
        some = any if strict else all
        bad = {op for op, s in self.alone(opset).items() if some(x in separate.FAILED for x in s)}
        bad |= {e["op"] for e in self.store.done.values() if e["opset"] == opset and (e["helpers"] or not e["models"])}
        return sorted(bad | {op for op, v in self.dependent if v == opset})

    def add(self, made):
        for entry in measure.ran(made, self.runner):
            self.store.add(entry)
            self.advance(f"{entry['op']} {entry['opset']}")

    def first(self, todo):
        """Measures the families of operators that stand alone; returns the others."""
        waiting = []
        for i in range(0, len(todo), BATCH):
            with scratch.Folder() as folder:
                made = []
                for k, f in enumerate(todo[i:i + BATCH]):
                    entry, found = measure.generated(f, self.generator, self.tables[f.opset], folder / str(k))
                    if entry["helpers"]:
                        waiting.append(f)
                    else:
                        made.append((entry, found))
                self.add(made)
        return waiting

    def helped(self, todo, strict):
        """Measures families of which all helpers are known to run. Returns (families that have no such helpers, families that wait for helpers to be
        measured, families of these helpers)."""
        without, waiting, wanted = [], [], set()
        barred = {v: self.unfit(v, strict) for v in {f.opset for f in todo}}
        known = {v: self.alone(v).keys() for v in barred}
        for i in range(0, len(todo), BATCH):
            with scratch.Folder() as folder:
                made = []
                for k, f in enumerate(todo[i:i + BATCH]):
                    bars = [op for op in barred[f.opset] if op != f.op]
                    entry, found = measure.generated(f, self.generator, self.tables[f.opset], folder / str(k), bars)
                    if not entry["helpers"]:
                        without.append(f)
                    elif new := set(entry["helpers"]) - known[f.opset]:
                        waiting.append(f)
                        wanted |= {(op, f.opset) for op in new}
                    else:
                        made.append((entry, found))
                self.add(made)
        return without, waiting, [plan.Family(0, v, todo[0].seed, op) for op, v in sorted(wanted)]

    def measure(self, todo):
        """All families that the store does not have."""
        waiting = self.first([f for f in todo if plan.key(f) not in self.store.done])
        for strict in (True, False):
            without = []
            while waiting:
                left, waiting, helpers = self.helped(waiting, strict)
                without += left
                dependent = self.first([f for f in helpers if plan.key(f) not in self.store.done])
                self.dependent |= {(f.op, f.opset) for f in dependent}
            waiting = without
        for f in waiting:
            self.store.add({"key": plan.key(f), "op": f.op, "opset": f.opset, "seed": f.seed, "helpers": [], "models": [], "error": NONE_LEFT})
            self.advance(f"{f.op} {f.opset}")
