"""Groups problems: by operator and by message without its numbers and names."""
import re

RULES = (
    (re.compile(r"\[ONNXRuntimeError\] : \d+ : "), ""),
    (re.compile(r"(/[\w.+-]+)+/([\w.+-]+:\d+ ?)?"), ""),
    (re.compile(r"'[^']*'|\"[^\"]*\""), "'_'"),
    (re.compile(r"test_\d+|data set \d+|test_data_set_\d+"), "_"),
    (re.compile(r"[\[{(][-\d, .e+]*[\]})]"), "[_]"),
    (re.compile(r"0x[0-9a-fA-F]+"), "_"),
    (re.compile(r"\b(?!u?int\d|float\d|bfloat\d)(init_)?[A-Za-z]+_?\d+(_\w+)?\b"), "_"),
    (re.compile(r"[-+]?\b\d+(\.\d+)?([eE][-+]?\d+)?\b"), "#"),
    (re.compile(r"\s+"), " "),
)


def normal(message):
    for pattern, text in RULES:
        message = pattern.sub(text, message)
    return message.strip()[:240]


def key(p):
    return p["op"], p["kind"], normal(p["message"])


def group(problems, context):
    """[{op, kind, normal, count, example: {message, model, nodes, ...context}}], the example being the smallest."""
    groups = {}
    for p in problems:
        p = p._asdict()
        g = groups.setdefault(key(p), {"op": p["op"], "kind": p["kind"], "normal": normal(p["message"]), "count": 0, "example": None})
        g["count"] += 1
        if g["example"] is None or p["nodes"] < g["example"]["nodes"]:
            g["example"] = {"message": p["message"], "model": p["model"], "nodes": p["nodes"], **context}
    return list(groups.values())


def merge(groups):
    """Groups of several families into one list, most frequent first."""
    out = {}
    for g in groups:
        k = (g["op"], g["kind"], g["normal"])
        have = out.get(k)
        if have is None:
            out[k] = {**g, "opsets": {g["example"]["opset"]: g["count"]}}
            continue
        have["count"] += g["count"]
        opset = g["example"]["opset"]
        have["opsets"][opset] = have["opsets"].get(opset, 0) + g["count"]
        if g["example"]["nodes"] < have["example"]["nodes"]:
            have["example"] = g["example"]
    return sorted(out.values(), key=lambda g: (-g["count"], g["op"], g["kind"], g["normal"]))


def spans(numbers):
    """[13, 14, 15, 18] -> '13-15,18'"""
    out = []
    for v in sorted(map(int, numbers)):
        if out and v == out[-1][1] + 1:
            out[-1][1] = v
        else:
            out.append([v, v])
    return ",".join(f"{a}-{b}" if a != b else str(a) for a, b in out)
