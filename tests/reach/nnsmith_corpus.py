"""Writes models of NNSmith: python nnsmith_corpus.py FOLDER COUNT NODES, in the environment that `make peers` installs."""
import functools
import logging
import sys
import warnings
from pathlib import Path

MILLISECONDS = 10000  # of a model


def main():
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    import torch
    from nnsmith.graph_gen import model_gen
    from nnsmith.materialize import Model

    torch.onnx.export = functools.partial(torch.onnx.export, dynamo=False)  # the exporter that NNSmith was written for
    folder, count, nodes = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    kind = Model.init("onnx")
    operators = kind.operators()
    made = seed = 0
    while made < count and seed < 4 * count:
        seed += 1
        try:
            gen = model_gen(opset=operators, method="symbolic-cinit", seed=seed, max_elem_per_tensor=4096, max_nodes=nodes, timeout_ms=MILLISECONDS)
            model = kind.from_gir(gen.make_concrete())
            place = folder / f"test_{made:06d}"
            place.mkdir(parents=True, exist_ok=True)
            model.refine_weights()
            model.dump(str(place / "model.onnx"))
        except Exception:  # pylint: disable=broad-except; its own failures are no models
            continue
        made += 1
    sys.exit(0 if made else "no model could be made")


if __name__ == "__main__":
    main()
