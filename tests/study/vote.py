"""What every runtime says of one model: the first step in telling who is wrong."""
from study import outcomes, reduce, targets
from study.case import Case

RUNTIMES = "onnxruntime-none,reference,openvino,tract,onnxruntime-web,opencv,tinygrad,mnn"


def vote(oracles, path, level):
    """{target: (outcome, worst element or error)}"""
    case = Case(path)
    model, feed = case.model(), case.feed(0)
    out = {}
    for name, oracle in oracles.items():
        r = oracle.result(model, feed)
        kind = outcomes.outcome(r, level)
        said = r.get("error") or next((o.get("worst") or o.get("shape") or o.get("type") for o in r.get("outputs", []) if len(o) > 1), "")
        out[name] = kind, said
    return out


def command(sub):
    s = sub.add_parser("vote", help="put models through the runtimes and show who agrees")
    s.add_argument("models", nargs="+", help="model.onnx with its data beside it")
    s.add_argument("--targets", default=RUNTIMES)
    s.add_argument("--tolerance", default="loose")
    s.set_defaults(function=main)


def main(args):
    level = outcomes.tolerance(args.tolerance)
    targets.load_all(args.modules)
    oracles = {t.name: reduce.Oracle(t.name, level, args.modules) for t in targets.named(args.targets.split(",")) if not targets.why_not(t)}
    try:
        for path in args.models:
            print(path)
            print(reduce.listing(Case(path).model()))
            for name, (kind, said) in vote(oracles, path, level).items():
                print(f"    {name:18}{kind:20}{str(said)[:160]}", flush=True)
    finally:
        for o in oracles.values():
            o.close()
