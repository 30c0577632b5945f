"""What every runtime says of one model: the first step in telling who is wrong."""
from pathlib import Path

from nngen.judge import bounds
from nngen.study import evaluate, outcomes, reduce, scratch, targets
from nngen.study.case import Case, bounded
from nngen.study.declared import BadCase

RUNTIMES = "onnxruntime-none,reference,openvino,tract,onnxruntime-web,opencv,tinygrad,mnn"


def vote(oracles, path, level, nngen=""):
    """{target: (outcome, worst element or error)}. Expected outputs beside the model decide, by their bounds; else the reference does, by the tolerance."""
    case, out, folder = Case(path), {}, Path(path).parent
    with scratch.Folder() as made:
        expected = folder if bounded(folder) else made / "expected"
        if expected != folder and (not nngen or evaluate.model(nngen, path, case.count, expected)):
            expected = None
        for name, oracle in oracles.items():
            r = oracle.ask(oracle.t, {"path": str(path), "bounds": str(expected)}) if expected else oracle.result(case.model(), case.feed(0))
            kind = outcomes.outcome(r, outcomes.tolerance("bound") if expected else level)
            said = r.get("error") or next((words(o) for o in r.get("outputs", []) if words(o)), "")
            out[name] = kind, said
    return out


def words(output):
    if "outside" in output:
        return f"{output['name']}{bounds.words(output['outside'])}"
    return output.get("worst") or output.get("shape") or output.get("type")


def command(sub):
    s = sub.add_parser("vote", help="put models through the runtimes and show who agrees")
    s.add_argument("models", nargs="+", help="model.onnx with its data beside it")
    s.add_argument("--targets", default=RUNTIMES)
    s.add_argument("--tolerance", default="loose")
    s.add_argument("--nngen", default="", metavar="PATH", help="a binary whose `eval` computes expected outputs, with bounds, where there are none beside the model")
    s.set_defaults(function=main)


def main(args):
    level = outcomes.tolerance(args.tolerance)
    targets.load_all(args.modules)
    oracles = {t.name: reduce.Oracle(t.name, level, args.modules) for t in targets.named(args.targets.split(",")) if not targets.why_not(t)}
    try:
        for path in args.models:
            print(path)
            try:
                print(reduce.listing(Case(path).model()))
                found = vote(oracles, path, level, args.nngen)
            except BadCase as e:
                print(f"    {e.status}: {e}")
                continue
            for name, (kind, said) in found.items():
                print(f"    {name:18}{kind:20}{str(said)[:160]}", flush=True)
    finally:
        for o in oracles.values():
            o.close()
