"""onnxruntime-web in Node: one process, spoken to in JSON lines (node.mjs)."""
import atexit
import base64
import functools
import json
import subprocess
from pathlib import Path

import numpy as np

from nngen.study import places, processes

MODULES = places.node()


def version(package):
    with open(Path(MODULES) / "node_modules" / package / "package.json", encoding="utf-8") as f:
        return json.load(f)["version"]


class Server:
    def __init__(self):
        script = Path(__file__).with_name("node.mjs")
        module = Path(MODULES) / "node_modules/onnxruntime-web/dist/ort.node.min.mjs"
        self.process = subprocess.Popen(["node", str(script), str(module)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)

    def ask(self, request):
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            processes.end_as(self.process.wait() or 1)  # the runtime's end is the target's
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def load(self, path):
        self.ask({"load": path})

    def run(self, feed):
        data = {k: {"type": v.dtype.name, "shape": list(v.shape), "data": base64.b64encode(np.ascontiguousarray(v).tobytes()).decode()} for k, v in feed.items()}
        return {k: decode(v) for k, v in self.ask({"run": data})["outputs"].items()}


def decode(tensor):
    raw = base64.b64decode(tensor["data"])
    return np.frombuffer(raw, np.dtype(tensor["type"])).reshape(tensor["shape"])


@functools.cache
def server():
    """The only one of this process."""
    return Server()
