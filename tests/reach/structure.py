"""What a model's graph holds: operator sequences, shares of attributes and operands, triggers."""
from reach import triggers
from reach.graph import Graph, attribute, operand

BINARY = ("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Mod", "PRelu", "And", "Or", "Xor", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")
CONVOLUTIONS = ("Conv", "ConvTranspose", "ConvInteger", "QLinearConv")
POOLS = ("MaxPool", "AveragePool", "LpPool")
RECURRENT = ("LSTM", "GRU", "RNN")
LENGTHS = {"pairs": 2, "triples": 3, "fours": 4}


def label(node):
    return node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}:{node.op_type}"


def sequences(g):
    """{"pairs": [...], "triples": ..., "fours": ...}: operators of nodes each of which consumes the one before; Constant nodes left out."""
    followers = {id(n): [c for c in g.consumers(n) if c.op_type != "Constant"] for n in g.nodes}
    last = {}  # of each node: the sequences that begin with it, by length
    found = {kind: set() for kind in LENGTHS}
    for n in reversed(g.nodes):
        if n.op_type == "Constant":
            continue
        mine = {1: {label(n)}}
        for kind, length in LENGTHS.items():
            mine[length] = {f"{label(n)},{tail}" for f in followers[id(n)] for tail in last.get(id(f), {}).get(length - 1, ())}
            found[kind] |= mine[length]
        last[id(n)] = mine
    return {kind: sorted(s) for kind, s in found.items()}


def window(g, node):
    """The kernel of a convolution or pooling, or None."""
    kernel = attribute(node, "kernel_shape")
    if kernel is None and node.op_type in CONVOLUTIONS:
        shape = g.shape(operand(node, 3 if node.op_type == "QLinearConv" else 1))
        kernel = list(shape[2:]) if shape else None
    return kernel


def channels(g, node):
    """The number of a convolution's output channels, or None."""
    shape = g.shape(operand(node, 3 if node.op_type == "QLinearConv" else 1))
    if not shape or None in shape:
        return None
    return shape[1] * attribute(node, "group", 1) if node.op_type == "ConvTranspose" else shape[0]


class Shares:
    def __init__(self):
        self.counts = {}

    def add(self, name, holds):
        for key in (f"{name}", f"of {name}"):
            self.counts.setdefault(key, 0)
        self.counts[name] += bool(holds)
        self.counts[f"of {name}"] += 1


def windows(g, shares, wide):
    for n in g.all(*CONVOLUTIONS, *POOLS):
        kernel = window(g, n)
        if kernel and len(kernel) == 2:
            shares.add("2-D kernels square", kernel[0] == kernel[1])
            shares.add("2-D kernels 1x1 or 3x3", kernel in ([1, 1], [3, 3]))
        if kernel and len(kernel) >= 2:
            strides, pads = attribute(n, "strides", [1] * len(kernel)), attribute(n, "pads", [0] * 2 * len(kernel))
            shares.add("strides equal", len(set(strides)) == 1)
            shares.add("dilations 1", set(attribute(n, "dilations", [1])) == {1})
            shares.add("pads symmetric", pads[:len(kernel)] == pads[len(kernel):])
        if n.op_type in CONVOLUTIONS and (c := channels(g, n)):
            shares.add("channels a multiple of 8", c % 8 == 0)
            wide[c] = wide.get(c, 0) + 1


def depth(g):
    """Nodes on the longest path."""
    longest = {}
    for n in g.nodes:
        longest |= {o: 1 + max((longest.get(i, 0) for i in n.input), default=0) for o in n.output}
    return max(longest.values(), default=0)


def reaches(g, starts, ends):
    """Whether a path leads from one of the operators to another, in the graph's order."""
    marked = set()
    for n in g.nodes:
        touched = any(i in marked for i in n.input)
        if touched and n.op_type in ends:
            return True
        if touched or n.op_type in starts:
            marked.update(n.output)
    return False


def traits(g):
    """What a model has or has not: names of those that it has."""
    operators = {n.op_type for n in g.nodes}
    has = {
        "an initializer shared by nodes": any(len(g.uses.get(i, [])) > 1 for i in g.initializers),
        "the same tensor twice in a node": any(len(set(used)) < len(used) for n in g.nodes if (used := [i for i in n.input if i])),
        "Conv -> Relu": bool(g.chains("Conv", "Relu")),
        "a chain from Shape to Reshape, Slice, Expand or Resize": reaches(g, ("Shape",), ("Reshape", "Slice", "Expand", "Resize")),
        "LSTM, GRU or RNN": bool(operators & set(RECURRENT)),
        "QuantizeLinear or DequantizeLinear": bool(operators & {"QuantizeLinear", "DequantizeLinear"}),
    }
    return [name for name, holds in has.items() if holds]


def measure(path):
    g = Graph.load(path)
    shares, wide = Shares(), {}
    windows(g, shares, wide)
    for n in g.all(*BINARY):
        shares.add("binary operators with a constant operand", any(g.is_constant(i) for i in n.input))
    for _, shape in g.infos.values():
        if shape is not None:
            shares.add("tensors of rank 5", len(shape) == 5)
    computing = [n for n in g.nodes if n.op_type != "Constant"]
    return {**sequences(g), "triggers": triggers.found(g), "traits": traits(g), "shares": shares.counts, "channels": wide,
            "depth / nodes": {round(depth(g) / max(1, len(computing)), 2): 1}, "graph inputs": {len(g.inputs): 1}, "graph outputs": {len(g.outputs): 1}}
