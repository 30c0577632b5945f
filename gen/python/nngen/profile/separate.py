"""What separates the models that fail from those that run, and what of it goes into a profile."""
from collections import Counter, defaultdict
from itertools import combinations

from nngen.profile.features import negate

FAILED = ("failed", "crash", "hang", "memory")


def spans(opsets, measured):
    """Ranges of opsets in the profile's form; those between two measured ones go with both."""
    runs, measured = [], sorted(measured)
    for v in sorted(opsets):
        if runs and measured.index(v) == measured.index(runs[-1][1]) + 1:
            runs[-1][1] = v
        else:
            runs.append([v, v])
    out = []
    for a, b in runs:
        low = "" if a == measured[0] else str(a)
        i = measured.index(b) + 1
        high = "" if i == len(measured) else str(measured[i] - 1)
        out.append("" if not low and not high else low if low == high else f"{low}..{high}")
    return out


def simple(atom):
    """Smaller is better: what can be written, what says most to a reader."""
    order = ("not present", "present", "rank(")
    return (atom.startswith("#"), " for " in atom, next((i + 1 for i, o in enumerate(order) if atom.startswith(o)), 0), len(atom), atom)


def rates(failing, passing):
    """atom -> (failing models that have it, all that have it)"""
    bad, all_ = Counter(), Counter()
    for m in failing:
        bad.update(m["atoms"])
    all_.update(bad)
    for m in passing:
        all_.update(m["atoms"])
    return {a: (bad[a], n) for a, n in all_.items()}


def telling(rate, most=6):
    """The atoms whose share of failures is highest, one of each count."""
    seen, out = set(), []
    for a, counts in sorted(rate.items(), key=lambda x: (-x[1][0] / x[1][1], -x[1][0], simple(x[0]))):
        if counts not in seen and counts[0]:
            seen.add(counts)
            out.append((a, counts))
    return out[:most]


def best(failing, passing):
    """A list of atoms, all of which hold of every failing model and not all of any passing one; [] if there is none (of one or two)."""
    common = set.intersection(*(set(m["atoms"]) for m in failing))
    spoilt = [set(m["atoms"]) for m in passing]
    single = [a for a in common if not any(a in s for s in spoilt)]
    if single:
        return [min(single, key=simple)]
    usable = sorted((a for a in common if not a.startswith("#")), key=simple)[:80]
    pairs = [(a, b) for a, b in combinations(usable, 2) if not any(a in s and b in s for s in spoilt)]
    return list(min(pairs, key=lambda p: (simple(p[0]), simple(p[1])))) if pairs else []


def cover(failing, passing):
    """Several conditions, each of none of the passing models, together of all failing ones: [] if there are no such."""
    spoilt = set().union(*(m["atoms"] for m in passing))
    left, out = list(failing), []
    while left and len(out) < 3:
        count = Counter(a for m in left for a in m["atoms"] if a not in spoilt and not a.startswith("#"))
        if not count:
            return []
        a = min(count, key=lambda x: (-count[x], simple(x)))
        out.append([a])
        left = [m for m in left if a not in m["atoms"]]
    return out if not left else []


def condition(atoms):
    """What must hold so that not all of the atoms do."""
    return " or ".join(negate(a) for a in atoms)


def words(models):
    """The most frequent messages, as they came from the smallest example's opset on."""
    count = Counter(m["message"] for m in models)
    return [w for w, _ in count.most_common(3)]


def decide(op, models, enough=3):
    """{op, exclude: [...], patch: [...], undecided: [...]} of one operator's failures; models carry opset, status, atoms, message."""
    by_opset = defaultdict(list)
    for m in models:
        by_opset[m["opset"]].append(m)
    out = {"op": op, "exclude": [], "patch": [], "undecided": []}
    dead = {v for v, ms in by_opset.items() if ms and all(m["status"] in FAILED for m in ms)}
    groups = defaultdict(set)
    for v in dead:
        groups[words(by_opset[v])[0]].add(v)
    for message, opsets in groups.items():
        out["exclude"] += [{"opset": s, "reason": message} for s in spans(opsets, by_opset)]
    alive = [m for m in models if m["opset"] not in dead]
    failing, passing = [m for m in alive if m["status"] in FAILED], [m for m in alive if m["status"] not in FAILED]
    if not failing:
        return out
    rate = rates(failing, passing)
    said = telling(rate)
    by_message = defaultdict(list)
    for m in failing:
        by_message[m["message"]].append(m)
    whole = best(failing, passing)
    found = [(whole, failing)] if whole else []
    if not found:
        for ms in by_message.values():
            whole = best(ms, passing)
            found += [(c, ms) for c in ([whole] if whole else cover(ms, passing) or [[]])]
    for atoms, ms in found:
        item = {"reason": words(ms)[0], "failing": len(ms), "models": len(alive), "example": ms[0].get("model_of", ""),
                "rates": [f"{a}: {b} of {n} fail" for a, (b, n) in said]}
        if atoms and not any(a.startswith("#") for a in atoms) and len(ms) >= enough:
            spans_ = spans({m["opset"] for m in ms}, by_opset)
            if len(spans_) > 1:
                spans_ = [""]
            out["patch"].append({**item, "where": condition(atoms), "opset": spans_[0]})
        else:
            out["undecided"].append({**item, "opset": "", "hint": atoms})
    return out


def wrong_values(op, models):
    bad = [m for m in models if m["status"] == "wrong"]
    if not bad:
        return None
    good = [m for m in models if m["status"] == "ok"]
    atoms = best(bad, good)
    return {"op": op, "wrong": len(bad), "models": len(models), "messages": words(bad), "separated_by": atoms,
            "opsets": sorted({m["opset"] for m in bad}), "dead": not good,
            "rates": [f"{a}: {b} of {n}" for a, (b, n) in telling(rates(bad, good))]}


def attributable(families):
    """op -> models, without failures that may be a helper's: of an operator that never runs by itself, or that fails by itself with the same words."""
    models = defaultdict(list)
    for f in families:
        models[f["op"]] += [{**m, "opset": f["opset"], "model_of": f.get("command", "")} for m in f["models"]]
    alone = {op: [m for m in ms if not m["others"]] for op, ms in models.items()}
    never = {op for op, ms in alone.items() if ms and all(m["status"] in FAILED for m in ms)}
    said = {op: {m["message"] for m in ms if m["status"] in FAILED} for op, ms in alone.items()}

    def blamed(m):
        return m["status"] in FAILED and any(op in never or m["message"] in said.get(op, ()) for op in m["others"])

    return {op: [m for m in ms if not blamed(m)] for op, ms in models.items()}
