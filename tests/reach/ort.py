"""What ONNX Runtime does to a model when it loads it: graph transformers that modify it, and rewrite rules that fire.

The log names the transformers. It says of the rules only that some rule fired. A rule counts as fired if it modifies the model while every other
rule is disabled. Halving finds these rules in few loads, and exactly: where a set of rules modifies nothing, none of them does alone; where a set
does, the first of its rules to be applied would have been applied alone too."""
import json
import re
from functools import cache
from pathlib import Path

from nngen import study
from reach import log

MODIFIED = re.compile(r"GraphTransformer (\S+) modified: 1 ")
BY_RULES = re.compile(r"Level\d_RuleBasedTransformer")
# At each level, in the order in which the runtime registers them
RULES = {
    1: ("EliminateIdentity", "EliminateSlice", "UnsqueezeElimination", "EliminateDropout", "ExpandElimination", "CastElimination", "PreShapeNodeElimination",
        "NoopElimination", "DivMulFusion", "FuseReluClip", "GemmSumFusion", "GemmTransposeFusion", "NotWhereFusion", "ConvAddFusion", "ConvMulFusion",
        "ConvBNFusion", "Pad_Fusion", "MatMul_BatchNormalization_Fusion", "LabelEncoderFusion", "CastChainElimination"),
    2: ("ClipQuantRewrite", "ReluQuantRewrite", "GemmTransposeFusion"),
}
ALL_RULES = frozenset(RULES[1] + RULES[2])


@cache
def passes():
    """ort_passes.json of nngen.study: {"transformers" or "rules": {name: {"fusion": whether it counts as a real one, "needs": what the operator table lacks for it}}}"""
    return json.loads((Path(study.__file__).parent / "ort_passes.json").read_text("utf-8"))


def real_fusion(transformers, rules):
    """Whether more than housekeeping was done: folding, sharing, casts, layouts, nodes that do nothing."""
    known = passes()
    return any(known[kind].get(name, {"fusion": True})["fusion"] for kind, names in (("transformers", transformers), ("rules", rules)) for name in names)


def session(model, settings=None, level="ORT_ENABLE_ALL", disabled=()):
    """Loads a model (path or bytes). settings: {("cfg" or "free", key): value}, as patterns.txt states them."""
    import onnxruntime as ort

    ort.set_default_logger_severity(4)
    o = ort.SessionOptions()
    o.log_severity_level = 1
    o.intra_op_num_threads = o.inter_op_num_threads = 1
    o.graph_optimization_level = getattr(ort.GraphOptimizationLevel, level)
    for (kind, key), value in (settings or {}).items():
        if kind == "cfg":
            o.add_session_config_entry(key, value)
        else:
            o.add_free_dimension_override_by_name(key, int(value))
    return ort.InferenceSession(model, o, providers=["CPUExecutionProvider"], disabled_optimizers=list(disabled))


def modified(model, settings=None, **options):
    """The names of the transformers that modify the model, that of the rules included."""
    with log.Lines() as lines:
        session(model, settings, **options)
        return set(MODIFIED.findall(lines.text()))


def halve(names, fires):
    """The names for which fires([name]) holds, where fires(names) holds exactly if it does for one of them."""
    found = []
    waiting = [(list(names), False)]  # a list, and whether it is known to fire
    while waiting:
        these, known = waiting.pop()
        if not known and not fires(these):
            continue
        if len(these) == 1:
            found += these
            continue
        left, right = these[:len(these) // 2], these[len(these) // 2:]
        if fires(left):
            waiting += [(left, True), (right, False)]
        else:
            waiting.append((right, True))
    return found


def rules(model, settings, levels):
    """The rules of these levels that fire alone."""
    found = set()
    for level in levels:
        optimise = "ORT_ENABLE_BASIC" if level == 1 else "ORT_ENABLE_EXTENDED"

        def fires(these, by=f"Level{level}_RuleBasedTransformer", optimise=optimise):
            return by in modified(model, settings, level=optimise, disabled=ALL_RULES - set(these))

        found |= set(halve(RULES[level], fires))
    return found


def measure(model, settings=None):
    """{"transformers": names, "rules": names} of a model: its path or bytes."""
    names = modified(model, settings)
    levels = sorted(int(n[5]) for n in names if BY_RULES.fullmatch(n))
    fired = rules(model, settings, levels)
    transformers = {n for n in names if not BY_RULES.fullmatch(n)}
    return {"transformers": sorted(transformers), "rules": sorted(fired), "fused": ["real"] if real_fusion(transformers, fired) else []}
