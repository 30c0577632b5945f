"""Checks of a whole family: operators, counts, statistics, duplicates; and their printed form."""
import statistics

from nngen.judge.corpus import Problem
from nngen.judge.stats import Family

ROOM = 4          # a family has room for every operator from this many nodes an operator ...
ROOM_NODES = 15   # ... and this many nodes a model
MANY_MODELS = 1000
MANY_NODES = 200  # of an operator: in fewer, a value that one node in fifty has may well be missing
ESTIMATE = 0.02  # five standard errors of an estimated number of sequences


def close(a, b):
    return abs(a - b) <= 1e-6 * max(1.0, abs(a), abs(b))


def same(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return close(a, b)


def operators(manifest, nodes, models):
    """The manifest's operators against counted ones."""
    listed = {o["name"]: o for o in manifest["operators"]}
    listed |= {o["name"]: o for o in manifest.get("motif_operators", []) if o["nodes"]}
    names = [o["name"] for o in manifest["operators"]]
    if names != sorted(names) or len(set(names)) != len(names):
        yield Problem("manifest", "operators are not in name order, each once")
    for name in sorted(set(nodes) - set(listed)):
        yield Problem("operators", f"{name} appears but is not in the manifest", "", name)
    missing = {m["name"] for m in manifest["missing"]}
    for name, o in sorted(listed.items()):
        if (o["nodes"], o["models"]) != (nodes.get(name, 0), models.get(name, 0)):
            yield Problem("statistics", f"{name}: {o['nodes']} nodes in {o['models']} models in the manifest, "
                                        f"{nodes.get(name, 0)} in {models.get(name, 0)} counted", "", name)
        if (nodes.get(name, 0) == 0) != (name in missing):
            yield Problem("operators", f"{name} has {nodes.get(name, 0)} nodes and is {'' if name in missing else 'not '}listed as missing", "", name)
    for name in sorted(missing - set(listed)):
        yield Problem("manifest", f"{name} is listed as missing but not as an operator", "", name)
    o = manifest["options"]
    if missing and o["nodes"] >= ROOM_NODES and o["nodes"] * o["count"] >= ROOM * len(listed):
        yield Problem("operators", f"{len(missing)} operators are missing though there is room: {sorted(missing)}")


def listed(manifest, list_ops):
    """The manifest's operators against `nngen --list-ops`."""
    have, want = {o["name"] for o in manifest["operators"]}, set(list_ops)
    if have != want:
        yield Problem("operators", f"manifest and --list-ops differ in {sorted(have ^ want)}")


def parse_list(text):
    """Names of `nngen --list-ops`."""
    lines = [x for x in text.splitlines() if x.strip() and not x.startswith("#")]
    return [x.split()[0] for x in lines]


def counted(manifest, family):
    want, have = family.statistics(), manifest["statistics"]
    for key, value in want.items():
        if not same(value, have[key]):
            yield Problem("statistics", f"{key} is {have[key]} in the manifest, {value} counted")
    for length, value in family.coverage().items():
        said = have["coverage"][str(length)]
        off = ESTIMATE * value if said.get("estimate") else 0
        if abs(said["seen"] - value) > off:
            yield Problem("statistics", f"{said['seen']} sequences of {length} operators in the manifest, {value} counted")


def distinct(manifest, family, records):
    """The manifest's distinct structures and duplicates against the files', and those of the lines, one for one."""
    groups = {frozenset(names) for names in family.hashes.values()}
    lines = {}
    for r in records:
        lines.setdefault(r["structure"], set()).add(r["name"])
    if {frozenset(names) for names in lines.values()} != groups:
        yield Problem("structure", "the structures in models.jsonl group the models otherwise than the files do")
    if manifest["distinct"] != len(groups):
        yield Problem("structure", f"{manifest['distinct']} distinct models in the manifest, {len(groups)} counted")
    pairs = sorted([name, min(g)] for g in groups for name in g if name != min(g))
    if manifest["duplicates"] != pairs[:100]:
        yield Problem("structure", f"duplicates are {manifest['duplicates'][:3]} ... in the manifest, {pairs[:3]} ... counted")


def duplicates(family, nodes):
    """Models of small graphs may meet by chance; of larger ones they must not."""
    for names in family.hashes.values():
        if len(names) > 1:
            yield Problem("duplicate", f"{len(names)} models have the same structure: {', '.join(sorted(names)[:4])}", sorted(names)[0], "", nodes)


def classes(manifest):
    """Value classes that no node had: (operator, attribute, class)."""
    for op, attrs in manifest["statistics"]["classes"].items():
        for attr, tally in attrs.items():
            for name, n in tally.items():
                if n == 0:
                    yield op, attr, name


def stuck(family):
    """Attributes and optional inputs with one value in many nodes, counted from the files: (operator, attribute, value, nodes)."""
    for op, attrs in sorted(family.attributes.items()):
        for attr, tally in sorted(attrs.items()):
            if len(tally) == 1 and sum(tally.values()) >= MANY_NODES:
                yield op, attr, next(iter(tally)), sum(tally.values())


def problems(corpus, family, whole, list_ops=None):
    m = corpus.manifest
    records = corpus.records
    nodes, models = {}, {}
    for r in records:
        for op, n in r["operators"].items():
            nodes[op] = nodes.get(op, 0) + n
            models[op] = models.get(op, 0) + 1
    yield from operators(m, nodes, models)
    if list_ops is not None:
        yield from listed(m, list_ops)
    if whole:
        yield from counted(m, family)
        yield from distinct(m, family, records)
        if m["options"]["nodes"] >= ROOM_NODES:
            yield from duplicates(family, m["options"]["nodes"])
    if m["options"]["count"] >= MANY_MODELS:
        for op, attr, name in classes(m):
            yield Problem("classes", f"{op}: {attr} never had the class '{name}'", "", op)


def quantiles(values):
    q = sorted(values)
    return "min {:.4g}, 1 % {:.4g}, median {:.4g}, 99 % {:.4g}, max {:.4g}".format(
        q[0], q[len(q) // 100], statistics.median(q), q[-1 - len(q) // 100], q[-1])


def summary(corpus, family: Family, facts):
    """Lines for people."""
    m = corpus.manifest
    s = family.statistics()
    share = lambda d: ", ".join(f"{k}: {100 * v / max(sum(d.values()), 1):.1f} %" for k, v in list(d.items())[:12])
    yield f"models {family.models}, nodes {family.nodes}, operators {sum(1 for v in family.op_nodes.values() if v)} of {len(m['operators'])}"
    yield "depth {min}..{max}, mean {mean:.1f}".format(**s["depth"]) + f"; joins {100 * s['joins']:.1f} %"
    yield "outputs {min}..{max}, mean {mean:.2f}".format(**s["outputs"]) + "; inputs {min}..{max}, mean {mean:.2f}".format(**s["graph_inputs"])
    yield f"ranks {share(s['ranks'])}"
    yield f"dims {share(dict(family.dims.most_common()))}"
    same = sum(len(v) - 1 for v in family.hashes.values())
    yield f"models with the structure of another: {same}"
    if family.op_nodes:
        rare = sorted(family.op_nodes.items(), key=lambda x: (x[1], x[0]))
        yield "rarest operators: " + ", ".join(f"{k} {v}" for k, v in rare[:6]) + "; most frequent: " + ", ".join(f"{k} {v}" for k, v in rare[:-6:-1])
    unseen = list(classes(m))
    yield f"value classes never seen: {len(unseen)}" + "".join(f"\n  {op}.{attr}: {name}" for op, attr, name in unseen[:20])
    for op, attr, value, n in stuck(family):
        yield f"stuck: {op} {attr} is {value} in all {n} nodes"
    differ = [f["levels_differ"] for f in facts if "levels_differ" in f]
    if differ:
        yield f"optimised and unoptimised differ by more than 1e-3 in {sum(d > 1e-3 for d in differ)} of {len(differ)} models"
    symbols = [f["symbols"] for f in facts if "symbols" in f]
    if symbols:
        yield f"dims declared as symbols: inference gives {sum(a for a, _ in symbols)}, and says nothing of {sum(b for _, b in symbols)}"
    moved = [f["moved"] for f in facts if "moved" in f]
    if moved:
        yield f"graph outputs that change with the inputs: {sum(a for a, _ in moved)} of {sum(b for _, b in moved)}"
    magnitudes = [x for f in facts for x in f.get("magnitude", ()) if x > 0]
    if magnitudes:
        inside = sum(1e-3 <= x <= 1e4 for x in magnitudes)
        yield f"magnitudes {quantiles(magnitudes)}; {100 * inside / len(magnitudes):.1f} % in 1e-3..1e4"
        yield f"float tensors of one value only: {sum(f.get('still', 0) for f in facts)} of {len(magnitudes)}"
    tight = {}
    for f in facts:
        for op, values in f.get("tightness", {}).items():
            tight.setdefault(op, []).extend(values)
    if tight:
        yield "declared width / observed width, median by operator: " + ", ".join(
            f"{op} {2 ** statistics.median(v):.3g}" for op, v in sorted(tight.items(), key=lambda x: -statistics.median(x[1]))[:40])
