"""The list of architectures, real.json: public classes with small configurations; and how their weights are drawn, whatever the framework."""
import importlib
import json
import math
from collections import namedtuple
from pathlib import Path

SEED = 1
DRAWS = 16  # of inputs, for the statistics of a batch
SMALL = 0.1  # weights of a smaller deviation, such as the usual 0.02, make outputs vanish in small models
KINDS = ("tokens", "mask", "floats", "pixels")  # floats are of deviation 1, pixels from 0 to 255
LIST = Path(__file__).with_name("real.json")

# An input: dims are (name or "", size, other size); the name of a dynamic dim is in all inputs that share it.
Input = namedtuple("Input", "name kind below dims")


def parse_input(name, text):
    """"KIND[<BELOW] DIM ...": KIND is one of KINDS; a DIM is a size, or NAME=SIZE/OTHER where it can be dynamic."""
    kind, *dims = text.split()
    kind, _, below = kind.partition("<")
    if kind not in KINDS:
        raise ValueError(f"input {name}: {kind} is not a kind of input; there are {', '.join(KINDS)}")
    parsed = []
    for d in dims:
        free, _, size = d.rpartition("=")
        first, _, other = size.partition("/")
        parsed.append((free, int(first), int(other or first)))
    return Input(name, kind, int(below or 50), parsed)


def architectures(path=LIST):
    """{name: entry}, in the order of the file; an entry's inputs are parsed."""
    found = {}
    for entry in json.loads(Path(path).read_text("utf-8")):
        if entry["name"] in found:
            raise ValueError(f"{path}: two architectures are named {entry['name']}")
        entry["inputs"] = [parse_input(n, t) for n, t in entry["inputs"].items()]
        found[entry["name"]] = entry
    return found


def free_axes(entry):
    """{axis: name} of the dynamic dims of each input."""
    return [{axis: d[0] for axis, d in enumerate(i.dims) if d[0]} for i in entry["inputs"]]


def package(entry):
    """The package whose architecture it is: that of the class, unless the entry names another."""
    return entry.get("package") or entry["class"].split(":")[0].split(".")[0]


def named(path):
    """What "module:name" names."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def tuples(value):
    """Lists as tuples, which some classes insist on."""
    if isinstance(value, list):
        return tuple(map(tuples, value))
    return {k: tuples(v) for k, v in value.items()} if isinstance(value, dict) else value


def new_values(p, fan_in, normal, uniform):
    """New values for a parameter that is constant, or so small that what it multiplies vanishes. Others have a meaning, and stay: None.
    normal and uniform draw an array of a shape, of deviation 1 and from 0 to 1."""
    constant = bool((p == p.reshape(-1)[0]).all())  # the deviation of equal numbers may be more than 0
    if p.ndim >= 2 and (constant or float(p.std()) < SMALL):
        return normal(p.shape) / math.sqrt(max(1, fan_in))
    if constant and float(p.reshape(-1)[0]) == 0:
        return 0.1 * normal(p.shape)
    if constant:
        return 0.5 + uniform(p.shape)  # scales, also those of 1e-6 that hide a layer
    return None
