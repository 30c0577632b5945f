"""Writes models of NNSmith, in the environment that `make peers` installs:

    python nnsmith_corpus.py FOLDER COUNT NODES     COUNT models, from the first seeds that give one
    python nnsmith_corpus.py --serve NODES          a line "SEED FOLDER" in, a line {"made", "why", "seconds"} out: one model, and the process's time so far

With a model it writes the inputs that NNSmith has found for it, as test_data_set_0. NNSmith does not always end within its limit of time: who
asks for models one by one can end the process."""
import functools
import json
import logging
import os
import sys
import time
import warnings
from pathlib import Path

MILLISECONDS = 10000  # of a model


class Maker:
    def __init__(self, nodes):
        import torch
        from nnsmith.materialize import Model

        torch.onnx.export = functools.partial(torch.onnx.export, dynamo=False)  # the exporter that NNSmith was written for
        self.kind, self.nodes = Model.init("onnx"), nodes
        self.operators = self.kind.operators()

    def make(self, seed, place):
        """"" if the model of a seed is in the folder now, or why NNSmith has none."""
        from nnsmith.graph_gen import model_gen

        try:
            gen = model_gen(opset=self.operators, method="symbolic-cinit", seed=seed, max_elem_per_tensor=4096, max_nodes=self.nodes, timeout_ms=MILLISECONDS)
            model = self.kind.from_gir(gen.make_concrete())
            model.refine_weights()
            place.mkdir(parents=True, exist_ok=True)
            model.dump(str(place / "model.onnx"))
            write_inputs(place, model.make_oracle().input)
        except Exception as e:  # pylint: disable=broad-except; its own failures are no models
            return f"{type(e).__name__}: {e}"[:200]
        return ""


def write_inputs(place, arrays):
    """Those that the exported graph still has: the exporter drops what leads to no output."""
    import onnx

    graph = onnx.load(place / "model.onnx", load_external_data=False).graph
    folder = place / "test_data_set_0"
    folder.mkdir(exist_ok=True)
    for i, x in enumerate(graph.input):
        (folder / f"input_{i}.pb").write_bytes(onnx.numpy_helper.from_array(arrays[x.name], x.name).SerializeToString())


def serve(maker, answers):
    for line in sys.stdin:
        seed, _, folder = line.strip().partition(" ")
        why = maker.make(int(seed), Path(folder))
        answers.write(json.dumps({"made": not why, "why": why, "seconds": time.process_time()}) + "\n")


def main():
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    if sys.argv[1] == "--serve":
        answers = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)  # what libraries print is no answer
        serve(Maker(int(sys.argv[2])), answers)
        return
    folder, count, maker = Path(sys.argv[1]), int(sys.argv[2]), Maker(int(sys.argv[3]))
    made = seed = 0
    while made < count and seed < 4 * count:
        seed += 1
        made += not maker.make(seed, folder / f"test_{made:06d}")
    sys.exit(0 if made else "no model could be made")


if __name__ == "__main__":
    main()
