"""Times expected outputs against ONNX Runtime on the same models, one after the other, with one thread: medians and their ratios.

    python outputs.py PROGRAM DIR NODES COUNT      PROGRAM: outputs.c; run by `make bench`"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import onnx
import onnxruntime as ort


def judge(directory):
    """Milliseconds of processor time of a session and of a run in ONNX Runtime; None where it does not load or run the model."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    model = (directory / "model.onnx").read_bytes()
    names = [x.name for x in onnx.load_from_string(model).graph.input]
    feed = {n: onnx.numpy_helper.to_array(onnx.load_tensor(directory / "test_data_set_0" / f"input_{i}.pb")) for i, n in enumerate(names)}
    try:
        begun = time.process_time()
        session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        opened = time.process_time()
        session.run(None, feed)
        return 1e3 * (opened - begun), 1e3 * (time.process_time() - opened)
    except Exception:
        return None


ort.set_default_logger_severity(4)


def main(program, directory, nodes, count):
    out = subprocess.run([program, str(nodes), str(count), directory], capture_output=True, text=True, check=True).stdout
    ours = [[float(x) / 1e3 for x in line.split()] for line in out.splitlines()]
    theirs = [judge(d) for d in sorted(Path(directory).iterdir())]
    rows = [(build, outputs, *t) for (build, outputs), t in zip(ours, theirs) if t is not None]
    build, outputs, session, run = map(statistics.median, zip(*rows))
    total = statistics.median(b + o for b, o, *_ in rows)
    both = statistics.median(s + r for *_, s, r in rows)
    print(f"expected outputs, {nodes} nodes, processor time in milliseconds, one thread, medians of {len(rows)} models:")
    print(f"  build {build:.2f}, outputs and bounds {outputs:.2f}, both {total:.2f}; ONNX Runtime: session {session:.2f}, run {run:.2f}, both {both:.2f}")
    print(f"  outputs and bounds : session {outputs / session:.2f}, : run {outputs / run:.2f}, : both {outputs / both:.2f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
