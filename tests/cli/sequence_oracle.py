"""The micro analysis of operator sequences once more, from its definition: networkx lists the paths, difflib finds blocks, sets are Python's.

Shares nothing with the C code. For small graphs only: everything is listed."""
import itertools
from difflib import SequenceMatcher
from fractions import Fraction
from math import comb

import networkx as nx
import onnx


def graph_of(path):
    """Operators as a DiGraph, with a node for each graph input and output."""
    g = onnx.load(path).graph
    constants = {t.name for t in g.initializer}
    inputs = [x.name for x in g.input if x.name not in constants]
    outputs = [x.name for x in g.output]
    graph = nx.DiGraph()
    graph.add_nodes_from((("in", x) for x in inputs), op=None)
    graph.add_nodes_from((("out", x) for x in outputs), op=None)
    graph.add_nodes_from((i, {"op": n.op_type}) for i, n in enumerate(g.node))
    makers = {x: i for i, n in enumerate(g.node) for x in n.output if x}
    for i, n in enumerate(g.node):
        graph.add_edges_from((makers[x], i) if x in makers else (("in", x), i) for x in n.input if x in makers or x in inputs)
    graph.add_edges_from((makers[x], ("out", x)) for x in outputs if x in makers)
    return graph, [("in", x) for x in inputs], [("out", x) for x in outputs]


class Model:
    def __init__(self, path):
        self.graph, self.inputs, self.outputs = graph_of(path)
        self.ops = nx.get_node_attributes(self.graph, "op")
        assert nx.is_directed_acyclic_graph(self.graph)

    def paths(self):
        """All simple paths from an input to an output, as tuples of nodes."""
        return [tuple(p) for a in self.inputs for b in self.outputs for p in nx.all_simple_paths(self.graph, a, b)]

    def path_sequences(self):
        return {tuple(self.ops[x] for x in p[1:-1]) for p in self.paths()}

    def sequences(self, least, most):
        """Operators of all chains of nodes."""
        found = set()

        def extend(chain):
            if len(chain) >= least:
                found.add(tuple(self.ops[x] for x in chain))
            if len(chain) < most:
                for y in self.graph.successors(chain[-1]):
                    if self.ops[y] is not None:
                        extend(chain + [y])

        for x, op in self.ops.items():
            if op is not None:
                extend([x])
        return found


def contains(whole, part):
    return any(whole[i:i + len(part)] == part for i in range(len(whole) - len(part) + 1))


def smallest(sequences):
    return {s for s in sequences if not any(t != s and contains(s, t) for t in sequences)}


def matching_blocks(a, b, least):
    m = SequenceMatcher(None, a, b, autojunk=False)
    return {tuple(a[x.a:x.a + x.size]) for x in m.get_matching_blocks() if x.size >= least}


def maximal_blocks(a, b, least):
    found = set()
    for i, j in itertools.product(range(len(a)), range(len(b))):
        if i and j and a[i - 1] == b[j - 1]:
            continue
        n = 0
        while i + n < len(a) and j + n < len(b) and a[i + n] == b[j + n]:
            n += 1
        if n >= least:
            found.add(tuple(a[i:i + n]))
    return found


def sets_by_presence(failed, correct, suite):
    """failed, correct, suite: a list of the models' sequences each."""
    every = set().union(*failed) if failed else set()
    holders = {s: [sum(s in m for m in ms) for ms in (failed, correct, suite)] for s in every}
    return {"1": {s for s, (f, _, _) in holders.items() if f >= 2},
            "2": {s for s, (_, c, _) in holders.items() if c},
            "3": {s for s, (_, _, t) in holders.items() if t},
            "1-2": {s for s, (f, c, _) in holders.items() if f >= 2 and not c},
            "1-3": {s for s, (f, _, t) in holders.items() if f >= 2 and not t}}


def sets_by_matching(failed, correct, suite, least):
    """The same from the paths of each model, as the study took them."""
    def blocks(pairs):
        return set().union(*(matching_blocks(a, b, least) for x, y in pairs for a in x for b in y), set())

    one, two, three = blocks(itertools.combinations(failed, 2)), blocks(itertools.product(failed, correct)), blocks(itertools.product(failed, suite))
    return {"1": one, "2": two, "3": three, "1-2": one - two, "1-3": one - three}


def reduce_published(sequences, key=None):
    current = sorted(set(sequences), key=key)
    while True:
        kept, changed = set(current), False
        for a, b in itertools.combinations(current, 2):
            blocks = matching_blocks(a, b, 4)
            if blocks:
                kept = (kept | blocks) - {a, b}
                changed = True
        current = sorted(kept, key=key)
        if not changed:
            return set(current)


def reduce_corrected(sequences):
    current = set(sequences)
    while True:
        gone, blocks = set(), set()
        for a, b in itertools.combinations(current, 2):
            found = maximal_blocks(a, b, 4)
            if found:
                gone |= {a, b}
                blocks |= found
        if not gone:
            return current
        current = (current - gone) | blocks


def fisher_greater(a, b, c, d):
    n, holders, failed = a + b + c + d, a + b, a + c
    return Fraction(sum(comb(failed, k) * comb(n - failed, holders - k) for k in range(a, min(holders, failed) + 1)), comb(n, holders))


def benjamini_hochberg(p):
    """q of each p, in the order given."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    q, least = [None] * len(p), Fraction(1)
    for rank in range(len(p), 0, -1):
        i = order[rank - 1]
        least = min(least, p[i] * len(p) / rank)
        q[i] = least
    return q
