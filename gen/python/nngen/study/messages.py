"""Error messages without what differs from model to model, so that they can be counted by kind."""
import contextlib
import re
from collections import defaultdict
from functools import lru_cache

from nngen.study.declared import LACKING, NOT_ASKED

LENGTH = 240


def root(e):
    """The error behind an error: exporters tell in the outer one how to report it."""
    while e.__cause__ is not None:
        e = e.__cause__
    return e


@contextlib.contextmanager
def telling():
    """Raises the error behind an error."""
    try:
        yield
    except Exception as e:
        if e.__cause__ is None:
            raise
        raise root(e) from None


@lru_cache
def operators():
    from onnx import defs

    return frozenset(s.name for s in defs.get_all_schemas())


def word(match):
    """Quoted text: an operator's name says something, a tensor's does not."""
    text = match.group(2)
    if text in operators() or re.fullmatch(r"[a-z_]{3,30}", text):
        return match.group(0)
    return f"{match.group(1)}NAME{match.group(3)}"


RULES = [
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"(?:[\w.@+~-]*/){2,}([\w.@+-]+)"), r"\1"),  # paths: only the file
    (re.compile(r"0x[0-9a-fA-F]+"), "HEX"),
    (re.compile(r"\b[0-9a-f]{12,}\b"), "HEX"),
    (re.compile(r"\(opset\d+::.*"), "(..)"),  # OpenVINO spells out what surrounds a node
    (re.compile(r"\b([A-Za-z]\w*?)_\d{3,}\b"), r"\1_N"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?\b"), "TIME"),
]
NUMBER = re.compile(r"(?<![A-Za-z_\d])[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
LISTS = re.compile(r"([\[({<])\s*N(\s*[,x ]\s*N)*\s*,?\s*([\])}>])")


def tensor_names(text):
    """nngen's own names: input_3, Conv_12_Y, and what tools append to them."""
    text = re.sub(r"\b(?:in_)?input_\d+\b", "NAME", text)
    return re.sub(r"\b([A-Z][A-Za-z0-9]*)_\d+(?:_[A-Za-z_0-9]+)?", lambda m: m.group(1) + "_NAME" if m.group(1) in operators() else m.group(0), text)


def normalise(text):
    text = " ".join(text.split())
    for pattern, by in RULES:
        text = pattern.sub(by, text)
    text = tensor_names(text)
    text = re.sub(r"(?<!\w)(['\"`])([^'\"`]{1,80})(['\"`])(?!\w)", word, text)
    text = NUMBER.sub("N", text)
    text = LISTS.sub(r"\1N..\3", text)
    text = re.sub(r"\b(N[,x ]\s*){2,}N\b", "N..", text)
    text = re.sub(r"\bN(\.\.|,N)*,(?=[FIU]\d)", "N..,", text)
    return text if len(text) <= LENGTH else text[:LENGTH].rstrip() + "…"


def kinds(results, outcome_of):
    """[{target, outcome, message, count, example, nodes, original}], most frequent first; the example is the smallest model."""
    found = defaultdict(list)
    for r in results:
        if r["status"] != "ok" and r["status"] not in (*NOT_ASKED, LACKING, "no reference"):
            found[r["target"], outcome_of(r), normalise(r.get("error", ""))].append(r)
    out = []
    for (target, outcome, message), rs in found.items():
        best = min(rs, key=lambda r: (r["nodes"], r["model"]))
        out.append({"target": target, "outcome": outcome, "message": message, "count": len(rs), "example": best["model"], "nodes": best["nodes"],
                    "original": best.get("error", "")[:1000]})
    return sorted(out, key=lambda k: (-k["count"], k["target"], k["message"]))
