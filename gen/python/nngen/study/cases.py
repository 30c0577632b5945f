"""The cases of a run: what is below a folder, which models can be used, with which data."""
import contextlib
import json
import os
import shutil
from collections import Counter, namedtuple
from pathlib import Path

from nngen.study import generate
from nngen.study.case import count_sets, graph_inputs, write_inputs
from nngen.study.declared import BadCase, check_types, free_dims
from nngen.study.model_file import check_weights, read_model

# file: of the model; data: the folder of its data sets; dims: values of free dims, if inputs were generated
Entry = namedtuple("Entry", "name file data dims", defaults=({},))


TOLD = 10  # cases that are left out and named before the run


def below(root):
    """Files that end in .onnx, in upper or lower case, and folders of such names without models; not those of a run, whose study.json is beside them."""
    root, found = Path(root), []
    for folder, folders, files in os.walk(root):
        if "study.json" in files and Path(folder) != root:
            folders.clear()
            continue
        folders[:] = [d for d in folders if not d.startswith("test_data_set_")]
        found += [Path(folder) / f for f in files if f.lower().endswith(".onnx")]
        found += [Path(folder) / d for d in folders if d.lower().endswith(".onnx")]
    files = {p for p in found if not p.is_dir()}
    holding = {parent for p in files for parent in p.parents}
    return sorted(files | {p for p in found if p not in files and p not in holding})


def find_models(root):
    """[(name, path)] of a model, or of all below a folder. model.onnx is named after its folder, as nngen writes it; others have their file's name. Links to
    folders are not followed."""
    root = Path(root)
    if root.is_file():
        return [(root.name, root)]
    return [(str(p.parent.relative_to(root)) if p.name == "model.onnx" and p.parent != root else str(p.relative_to(root)), p) for p in below(root)]


def data_of(path):
    """The folder of a model's data sets: that of X.onnx may be X, if there are no models in it."""
    own = path.with_suffix("")
    return own if path.name != "model.onnx" and own.is_dir() and count_sets(own) and not any(own.glob("*.onnx")) else path.parent


def recorded(root):
    """{name: (nodes, operators, what else is told of models in forms)} of nngen's records."""
    found, root = {}, Path(root)
    for records in sorted(root.rglob("models.jsonl")) if root.is_dir() else []:
        base = records.parent.relative_to(root)
        for line in records.read_text("utf-8", "replace").splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):  # a file of another origin
                r = json.loads(line)
                forms = {"forms": sorted(r["forms"]), **({"plain": str(base / r["plain"])} if "plain" in r else {})} if r.get("forms") else {}
                found[str(base / r["name"])] = int(r["nodes"]), dict(r["operators"]), forms
    return found


def bodies(node):
    return [g for a in node.attribute for g in [a.g, *a.graphs] if g.node]


def operators(nodes):
    """How many of each operator, with those of subgraphs; those of other domains are DOMAIN.NAME."""
    found = Counter()
    for n in nodes:
        found[n.op_type if n.domain in ("", "ai.onnx") else f"{n.domain}.{n.op_type}"] += 1
        for g in bodies(n):
            found += operators(g.node)
    return found


def facts(model):
    """(nodes, operators): of all graphs and functions."""
    found = operators(model.graph.node) + sum((operators(f.node) for f in model.functions), Counter())
    return sum(found.values()), dict(sorted(found.items()))


class Cases:
    """entries: {name: Entry}; facts: {name: {nodes, operators, file, data, of models in forms also forms and plain}}; broken: {name: {status, error}} of those that cannot be used."""

    def __init__(self, root, out, dims=None, sets=0, seed=1):
        """dims: values of free dims (generate.parse); sets: how many data sets to generate for a model without, 1 for 0."""
        self.root, self.out, self.dims, self.sets, self.seed = Path(root), Path(out), dims or {}, sets, seed
        self.entries, self.facts, self.broken = {}, {}, {}
        self.generated, self.free = Counter(), {}
        known, self.found = recorded(root), find_models(root)
        for name, path in self.found:
            try:
                self.add(name, path, known.get(name))
            except BadCase as e:
                self.broken[name] = {"status": e.status, "stage": "case", "error": str(e)}
                self.enter(Entry(name, path, path.parent), known.get(name, (0, {}, {})))

    def add(self, name, path, record):
        data = data_of(path)
        sets = count_sets(data)
        if record and sets:  # as nngen has written it
            self.enter(Entry(name, path, data), record)
            return
        model = read_model(path, weights=False)
        record = *facts(model), {}
        self.enter(Entry(name, path, data), record)
        check_types(model.graph)
        check_weights(model, path.parent)
        if not sets:
            del self.entries[name], self.facts[name]
            self.generate(name, path, model.graph, record)

    def generate(self, name, path, graph, record):
        """One case for each combination of the values of free dims."""
        inputs = graph_inputs(graph)
        free = free_dims(inputs)
        try:
            chosen = generate.combinations(free, self.dims)
        except ValueError as e:
            raise SystemExit(str(e)) from e
        for dims in chosen:
            several = [f"{k}={dims[k]}" for k in free if len(self.dims.get(k, [0])) > 1]
            case = f"{name}@{','.join(several)}" if several else name
            data = self.out / "inputs" / case
            self.enter(Entry(case, path, data, dims), record)
            for k in range(self.sets or 1):
                folder = data / f"test_data_set_{k}"
                if not folder.exists():  # all of it or nothing, whenever the process is killed
                    partial = data / "partial"
                    shutil.rmtree(partial, ignore_errors=True)
                    write_inputs(partial, inputs, generate.feed(graph, k, dims, self.seed))
                    partial.rename(folder)
            self.generated[case] = self.sets or 1
            for k, v in dims.items():
                self.free.setdefault(k, set()).add(v)

    def enter(self, entry, record):
        self.entries[entry.name] = entry
        self.facts[entry.name] = {"nodes": record[0], "operators": record[1], **record[2], "file": os.path.relpath(entry.file, self.root if self.root.is_dir() else self.root.parent),
                                  "data": os.path.relpath(entry.data, self.out) if entry.data != entry.file.parent else ""}

    def words(self):
        """Lines that say what was found."""
        held = sum(p.name == "model.onnx" for _, p in self.found)
        yield (f"{self.root}: files: {held} model.onnx, {len(self.found) - held} others in .onnx; cases: {len(self.entries)}, of these with generated inputs: "
               f"{len(self.generated)}")
        if self.free:
            yield "free dims: " + ", ".join(f"{k}={','.join(map(str, sorted(v)))}" for k, v in sorted(self.free.items())) + " (--dim NAME=V sets them)"
        if unused := sorted(set(self.dims) - set(self.free)):
            yield f"--dim: no model whose inputs are generated has a free dim {', '.join(unused)}"
        for name, why in sorted(self.broken.items())[:TOLD]:
            yield f"{why['status']}: {name}: {why['error']}"
        if len(self.broken) > TOLD:
            yield f"... and {len(self.broken) - TOLD} more, in table.txt"


def of_run(folder):
    """{name: Entry} of the cases of a run that can still be found; that of an old run has models only."""
    folder = Path(folder)
    root = Path(json.loads((folder / "study.json").read_text("utf-8"))["corpus"])
    found = json.loads((folder / "models.json").read_text("utf-8"))
    base, out = root if root.is_dir() else root.parent, {}
    old = dict(find_models(root)) if root.exists() and any("file" not in f for f in found.values()) else {}
    for name, f in found.items():
        file = base / f["file"] if "file" in f else old.get(name)
        if file is not None and file.is_file():
            out[name] = Entry(name, file, folder / f["data"] if f.get("data") else file.parent)
    return out
