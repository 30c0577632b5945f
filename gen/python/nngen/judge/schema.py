"""The fields of manifest.json and of a line of models.jsonl, and a check of a JSON value against such a description.

A description is a type, a list [item], a dict {field: description} (all required), Map(value) for free keys, or Optional(description)."""
import math
from collections import namedtuple

Map = namedtuple("Map", "value")
Optional = namedtuple("Optional", "of")


class Number:
    pass


class Hex64:
    pass


class Hex32:
    pass


class Interval:
    pass


class Dim:
    """A number, the name of a symbol, or null."""


RANGE = {"min": int, "mean": Number, "max": int}

MANIFEST = {
    "generator": str,
    "version": str,
    "options": {"nodes": int, "count": int, "seed": int, "opset": int, "inputs": int, "profile": str, "ops": str,
                "max_elements": int, "intervals": bool, "outputs": Optional(bool), "dynamic": Optional(str), "form": Optional(str), "variants": Optional(int), "empty": Optional(str), "data_dependent": Optional(str), "random": Optional(str), "types": str, "input_mode": str, "input_format": str, "cover": str, "contain": str, "avoid": str, "weights": str},
    "table_digest": Hex64,
    "ir_version": int,
    "operators": [{"name": str, "since": int, "flags": [str], "nodes": int, "models": int}],
    "missing": [{"name": str, "reason": str}],
    "distinct": int,
    "duplicates": [[str]],
    "statistics": {"nodes": int, "depth": RANGE, "joins": Number, "outputs": RANGE, "graph_inputs": RANGE, "ranks": Map(int),
                   "dims": Map(int), "classes": Map(Map(Map(int))), "coverage": Map({"seen": int})},
    "dynamic": Optional({"models": int, "nodes": int}),
    "empty": Optional({"models": int, "nodes": int}),
}

PORT = {"name": str, "type": str, "shape": [int], "dims": Optional([Dim]), "interval": Interval}

RECORD = {
    "name": str,
    "nodes": int,
    "structure": Hex32,
    "operators": Map(int),
    "inputs": [PORT],
    "outputs": [PORT],
    "files": Map(Hex64),
    "manner": Optional(str),
    "folded": Optional([int]),
    "forms": Optional(Map(int)),
    "plain": Optional(str),
    "symbols": Optional(Map([int])),
    "intervals": Optional(Map(Interval)),
    "open": Optional(Map([Dim])),
    "random": Optional([str]),
}


def is_number(v):
    return isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v)


def errors(value, want, path=""):
    """Yields one message for each place where value is not as described."""
    here = path or "the object"
    if isinstance(want, Optional):
        want = want.of
    if isinstance(want, dict):
        if not isinstance(value, dict):
            yield f"{here}: an object expected"
            return
        for key, sub in want.items():
            if key in value:
                yield from errors(value[key], sub, f"{path}.{key}" if path else key)
            elif not isinstance(sub, Optional):
                yield f"{here}: no field '{key}'"
    elif isinstance(want, list):
        if not isinstance(value, list):
            yield f"{here}: an array expected"
            return
        for i, item in enumerate(value):
            yield from errors(item, want[0], f"{path}[{i}]")
    elif isinstance(want, Map):
        if not isinstance(value, dict):
            yield f"{here}: an object expected"
            return
        for key, item in value.items():
            yield from errors(item, want.value, f"{path}['{key}']")
    elif want is Number:
        if not is_number(value):
            yield f"{here}: a finite number expected, not {value!r}"
    elif want in (Hex32, Hex64):
        digits = 64 if want is Hex64 else 32
        if not (isinstance(value, str) and len(value) == digits and set(value) <= set("0123456789abcdef")):
            yield f"{here}: {digits} lower-case hexadecimal digits expected, not {value!r}"
    elif want is Interval:
        if not (isinstance(value, list) and len(value) == 2 and all(map(is_number, value)) and value[0] <= value[1]):
            yield f"{here}: an interval [lo, hi] of finite numbers expected, not {value!r}"
    elif want is Dim:
        if not (value is None or isinstance(value, str) and value or is_number(value) and isinstance(value, int)):
            yield f"{here}: a number, the name of a symbol or null expected, not {value!r}"
    elif not isinstance(value, want) or (want is int and isinstance(value, bool)):
        yield f"{here}: {want.__name__} expected, not {value!r}"
