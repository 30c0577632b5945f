"""Architectures of public packages as modules of PyTorch: built from a small configuration, with drawn weights and inputs. real.json lists them."""
import importlib
import json
import math
from collections import namedtuple
from pathlib import Path

SEED = 1
DRAWS = 16  # of inputs, for the statistics of a batch
SMALL = 0.1  # weights of a smaller deviation, such as the usual 0.02, make outputs vanish in small models
LIST = Path(__file__).with_name("real.json")

# An input: dims are (name or "", size, other size); the name of a dynamic dim is in all inputs that share it.
Input = namedtuple("Input", "name kind below dims")


def parse_input(name, text):
    """"KIND[<BELOW] DIM ...": KIND is tokens, mask or floats; a DIM is a size, or NAME=SIZE/OTHER where it can be dynamic."""
    kind, *dims = text.split()
    kind, _, below = kind.partition("<")
    if kind not in ("tokens", "mask", "floats"):
        raise ValueError(f"input {name}: {kind} is not a kind of input; there are tokens, mask and floats")
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


def named(path):
    """What "module:name" names."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def tuples(value):
    """Lists as tuples, which some classes insist on."""
    if isinstance(value, list):
        return tuple(map(tuples, value))
    return {k: tuples(v) for k, v in value.items()} if isinstance(value, dict) else value


def tensors(torch, found):
    """All tensors in the results of a module, in order: they are nested tuples, lists, and mappings."""
    if isinstance(found, torch.Tensor):
        return [found]
    if isinstance(found, dict):
        found = found.values()
    return [t for x in found for t in tensors(torch, x)] if isinstance(found, (list, tuple)) or hasattr(found, "__iter__") else []


def draw_input(torch, spec, other, generator):
    dims = [d[2] if other else d[1] for d in spec.dims]
    if spec.kind == "tokens":
        return torch.randint(3, spec.below, dims, generator=generator)
    if spec.kind == "mask":
        mask = torch.ones(dims, dtype=torch.int64)
        mask[-1, -2:] = 0
        return mask
    return torch.randn(dims, generator=generator)


def draw_inputs(torch, entry, other=False, seed=SEED):
    """Tensors in the order of the inputs; `other`: dynamic dims have their other sizes."""
    generator = torch.Generator().manual_seed(seed)
    return tuple(draw_input(torch, spec, other, generator) for spec in entry["inputs"])


def draw_parameter(torch, p, generator):
    """New values for a parameter that is constant, or so small that what it multiplies vanishes. Others have a meaning, and stay."""
    constant = p.numel() == 1 or float(p.std()) == 0
    if p.ndim >= 2 and (constant or float(p.std()) < SMALL):
        return torch.randn(p.shape, generator=generator) / math.sqrt(max(1, p.numel() // p.shape[0]))
    if constant and float(p.flatten()[0]) == 0:
        return 0.1 * torch.randn(p.shape, generator=generator)
    if constant:
        return 0.5 + torch.rand(p.shape, generator=generator)  # scales, also those of 1e-6 that hide a layer
    return None


def redraw(torch, module):
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for p in module.parameters():
            if p.is_floating_point() and p.numel() and (new := draw_parameter(torch, p, generator)) is not None:
                p.copy_(new)


def batch_statistics(torch, module, entry):
    """Means and variances of batch normalisations from data: enough of it that a channel of one element, too, has a variance."""
    norms = [m for m in module.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    for m in norms:
        m.reset_running_stats()
        m.momentum = 1.0
        m.train()
    if norms:
        draws = [draw_inputs(torch, entry, seed=SEED + k) for k in range(1, DRAWS + 1)]
        with torch.no_grad():
            module(*map(torch.cat, zip(*draws)))
    module.eval()


def build(entry):
    """A module whose forward() takes the inputs in order and gives a tuple of tensors."""
    import torch

    class Flat(torch.nn.Module):
        def __init__(self, inner, names, given):
            super().__init__()
            self.inner, self.names, self.given = inner, names, given

        def forward(self, *inputs):
            found = self.inner(**dict(zip(self.names, inputs)), **self.given) if self.names[0] != "" else self.inner(*inputs, **self.given)
            return tuple(tensors(torch, found))

    torch.manual_seed(SEED)
    arguments = tuples(entry.get("arguments", {}))
    if "config" in entry:
        inner = named(entry["class"])(named(entry["config"])(**entry["arguments"]))
    else:
        inner = named(entry["class"])(**arguments)
    by_name = entry["class"].startswith("transformers:")
    module = Flat(inner.eval(), [i.name if by_name else "" for i in entry["inputs"]], entry.get("forward", {}))
    redraw(torch, module)
    batch_statistics(torch, module, entry)
    return module
