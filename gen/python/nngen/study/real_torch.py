"""Architectures of PyTorch: modules with drawn weights and inputs, and torch.onnx, which exports them."""
import functools

from nngen.study.real_models import DRAWS, SEED, free_axes, named, new_values, tuples

SCRIPT_OPSET = 17

# {target: (dynamo, dynamic dims)}
VARIANTS = {"torch.onnx-script": (False, False), "torch.onnx-script dynamic": (False, True), "torch.onnx-dynamo": (True, False), "torch.onnx-dynamo dynamic": (True, True)}


def export(torch, module, entry, inputs, variant, path):
    dynamo, dynamic = VARIANTS[variant]
    names = [i.name for i in entry["inputs"]]
    if dynamo:
        shapes = (tuple({axis: torch.export.Dim.DYNAMIC for axis in axes} for axes in free_axes(entry)),) if dynamic else None
        torch.onnx.export(module, inputs, str(path), dynamo=True, verbose=False, dynamic_shapes=shapes, input_names=names, external_data=False)
    else:
        axes = dict(zip(names, free_axes(entry))) if dynamic else None
        torch.onnx.export(module, inputs, str(path), dynamo=False, opset_version=SCRIPT_OPSET, input_names=names, dynamic_axes=axes)


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


def redraw(torch, module):
    generator = torch.Generator().manual_seed(SEED)
    normal, uniform = (functools.partial(draw, generator=generator) for draw in (torch.randn, torch.rand))
    with torch.no_grad():
        for p in module.parameters():
            if p.is_floating_point() and p.numel() and (new := new_values(p, p.numel() // p.shape[0] if p.ndim else 1, normal, uniform)) is not None:
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


class Architecture:
    """One entry as a module; inputs and outputs are arrays."""

    def __init__(self, entry):
        import torch

        torch.set_num_threads(1)
        self.torch, self.entry, self.module = torch, entry, build(entry)

    def inputs(self, other):
        return [t.numpy() for t in draw_inputs(self.torch, self.entry, other)]

    def given(self, arrays):
        return tuple(map(self.torch.from_numpy, arrays))

    def outputs(self, arrays):
        with self.torch.no_grad():
            return [t.detach().numpy().copy() for t in self.module(*self.given(arrays))]

    def export(self, arrays, variant, path):
        with self.torch.no_grad():
            export(self.torch, self.module, self.entry, self.given(arrays), variant, path)
