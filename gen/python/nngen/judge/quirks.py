"""Where onnx's reference evaluator or ONNX Runtime is known to fail or to compute otherwise than the specification says: quirks.json.

An entry:
  name      of its own; tests/check/test_quirks.py has a reproducer by that name
  op        the operators
  opsets    [first, last], all if it is not there
  when      condition, an expression in Python. Its names are the node's attributes (as given, else the schema's default, else None), given (the names
            of those that are), opset, and the values of inputs and outputs, ins and outs (numpy, None where absent), as ONNX Runtime has them
  how       what the reference evaluator does there: `error` (it raises), `values` (other values, types or shapes), or both
  whose     at fault: `reference` or `runtime`
  outside   with `values`: by how many bounds the worst element of the reproducer misses what is expected, at least, to a power of ten; `exact` where the bound is 0;
            `shape` or `type` where these differ
  reason    in words"""
import json
from functools import lru_cache
from pathlib import Path

from onnx import defs, helper

from nngen.judge.view import schema_of

QUIRKS = json.loads((Path(__file__).parent / "quirks.json").read_text())


class Values(tuple):
    """Inputs or outputs of a node: None past the end."""

    def __getitem__(self, i):
        return tuple.__getitem__(self, i) if i < len(self) else None


@lru_cache(maxsize=None)
def defaults(op, opset, domain):
    """Attributes that any version of the operator has, with their defaults at this opset."""
    schema = schema_of(op, opset, domain)
    here = {k: plain(helper.get_attribute_value(a.default_value)) if a.default_value.name else None for k, a in schema.attributes.items()} if schema else {}
    return {**{k: None for s in history().get(op, ()) for k in s.attributes}, **here}


@lru_cache(maxsize=None)
def history():
    found = {}
    for s in defs.get_all_schemas_with_history():
        found.setdefault(s.name, []).append(s)
    return found


def plain(v):
    return v.decode() if isinstance(v, bytes) else [plain(x) for x in v] if isinstance(v, list) else v


def names(node, opset, ins, outs):
    """What a condition may speak of."""
    given = {a.name: plain(helper.get_attribute_value(a)) for a in node.attribute}
    return {**defaults(node.op_type, opset, node.domain), **given, "given": set(given), "opset": opset, "ins": Values(ins), "outs": Values(outs)}


@lru_cache(maxsize=None)
def compiled(when):
    return compile(when, when, "eval")


def applying(node, opset, ins, outs):
    """The entries whose condition holds for the node, and what they may speak of."""
    here = [q for q in QUIRKS if node.op_type in q["op"] and q.get("opsets", (0, 99))[0] <= opset <= q.get("opsets", (0, 99))[1]]
    known = names(node, opset, ins, outs) if here else {}
    return [q for q in here if eval(compiled(q.get("when", "True")), dict(known))], known


def known(node, opset, ins, outs, how):
    """The entry that explains why the reference evaluator does so (`error` or `values`) at the node, or None."""
    return next((q for q in applying(node, opset, ins, outs)[0] if how in q.get("how", ())), None)
