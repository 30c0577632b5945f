"""A profile's YAML from what was decided."""
import json
from collections import defaultdict


def quote(text):
    return json.dumps(text, ensure_ascii=False)


def wrapped(names, width=110):
    lines, line = [], ""
    for n in names:
        if line and len(line) + len(n) + 2 > width:
            lines.append(line)
            line = ""
        line += (", " if line else "") + n
    return (",\n      ").join(lines + [line])


def ops(names):
    return names[0] if len(names) == 1 else f"[{wrapped(sorted(names))}]"


def item(names, opset, reason, entry="", comment=()):
    opset = f"opset: {quote(opset)}, " if opset else ""
    entry = f"entry: {entry}, " if entry else ""
    lines = [f"  # {c}" for c in comment]
    return lines + [f"  - {{op: {ops(names)}, {opset}{entry}reason: {quote(reason)}}}"]


def measured_with(names, helpers):
    """Comments that say which helpers the operators were measured with."""
    by = defaultdict(list)
    for op in sorted(names):
        if helpers.get(op):
            by[", ".join(helpers[op])].append(op)
    return [f"measured with {words}: {', '.join(ops_)}" for words, ops_ in by.items()]


def profile(name, doc, decisions, mismatches=(), exclude_mismatch=False):
    """The text. Operators that fail in the same way share an item."""
    out = [f"profile: {name}", f"doc: {quote(doc)}"]
    helpers = {d["op"]: d.get("helpers", ()) for d in decisions}
    shared = defaultdict(list)
    for d in decisions:
        for e in d["exclude"]:
            shared[e["opset"], e["reason"]].append(d["op"])
    lines = []
    for (opset, reason), names in sorted(shared.items(), key=lambda x: (x[0][1], x[0][0])):
        lines += item(names, opset, reason, comment=measured_with(names, helpers))
    for d in decisions:
        for u in d["undecided"]:
            comment = [f"to decide: {u['failing']} of {u['models']} models fail, and no condition tells which"] if not u["hint"] else [
                f"to decide: {u['failing']} of {u['models']} models fail, where {' and '.join(u['hint']).replace('# ', '')}"]
            lines += item([d["op"]], u["opset"], u["reason"], comment=comment + u["rates"][:3] + measured_with([d["op"]], helpers))
            break
    for m in mismatches if exclude_mismatch else ():
        lines += item([m["op"]], "", "wrong values", comment=[f"{m['wrong']} of {m['models']} models"])
    out += ["exclude:"] + lines if lines else []
    shared = defaultdict(list)
    for d in decisions:
        if not d["undecided"]:
            for p in d["patch"]:
                shared[p["opset"], p["where"], p["reason"]].append(d["op"])
    lines = []
    for (opset, where, reason), names in sorted(shared.items(), key=lambda x: (x[1], x[0])):
        lines += item(names, opset, reason, "{where+: [" + quote(where) + "]}", measured_with(names, helpers))
    out += ["patch:"] + lines if lines else []
    return "\n".join(out) + "\n"
