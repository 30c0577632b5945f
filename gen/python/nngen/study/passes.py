"""Which passes of ONNX Runtime make a model fail: the model runs again without them. Several may do the same, so that only without all of these it is right."""
import json
from pathlib import Path

from nngen.study import outcomes, reduce
from nngen.study.case import Case
from nngen.study.declared import BadCase


def known():
    """The names that ONNX Runtime takes as passes to leave out."""
    kinds = json.loads(Path(__file__).with_name("ort_passes.json").read_text("utf-8"))
    return sorted({name for kind in kinds.values() for name in kind})


def smallest(names, right):
    """A set without which the model is right, and of which each member is needed; first those that are enough alone."""
    for name in names:
        if right([name]):
            return [name]
    needed = list(names)
    for name in names:
        fewer = [n for n in needed if n != name]
        if right(fewer):
            needed = fewer
    return needed


def made_by(oracle, model, feed):
    """The passes, or [] if the model is right as it is, or fails without any pass too."""

    def right(without):
        return outcomes.outcome(oracle.result(model, feed, without), oracle.level) == "correct"

    names = known()
    return [] if right([]) or not right(names) else smallest(names, right)


def command(sub):
    s = sub.add_parser("passes", help="which passes of ONNX Runtime make models fail")
    s.add_argument("models", nargs="+", help="models with their data sets, such as those of OUT/reduced")
    s.add_argument("--target", default="onnxruntime-all")
    s.add_argument("--tolerance", default="loose")
    s.set_defaults(function=main)


def main(args):
    oracle = reduce.Oracle(args.target, outcomes.tolerance(args.tolerance), args.modules)
    try:
        for path in args.models:
            try:
                case = Case(path)
                found = reduce.first_failure(case, oracle, 0)
            except BadCase as e:
                print(f"{path}: {e.status}: {e}")
                continue
            if found is None:
                print(f"{path}: correct")
                continue
            feed, (kind, message) = found
            names = made_by(oracle, case.model(), feed)
            print(f"{path}: {kind}: {', '.join(names) or 'no pass alone'}" + (f": {message}" if message else ""), flush=True)
    finally:
        oracle.close()
