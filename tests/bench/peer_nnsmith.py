"""Times NNSmith (PyPI nnsmith) against nngen: CPU seconds a model, and their ratio, by number of nodes.

    python peer_nnsmith.py NNGEN [SECONDS]      run by `make bench` in the environment that `make peers` installs

NNSmith's side is its symbolic generation alone, with all operators of its ONNX back end: no export, no files, no start-up. nngen's is the whole
program: start-up, generation, hashes, models and inputs written to a memory file system. Both are CPU times, for machines are noisy; an NNSmith model that
takes longer than the limit by the clock counts as none."""
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

LIMIT = 60.0  # seconds for one model


def generate(pipe):
    warnings.simplefilter("ignore")
    from nnsmith.graph_gen import model_gen
    from nnsmith.materialize import Model
    operators = Model.init("onnx").operators()
    pipe.send(len(operators))
    while True:
        nodes, seed = pipe.recv()
        begin = time.process_time()
        try:
            model_gen(opset=operators, method="symbolic-cinit", seed=seed, max_elem_per_tensor=4096, max_nodes=nodes, timeout_ms=int(LIMIT * 1000))
            pipe.send(("ok", time.process_time() - begin))
        except Exception as error:
            pipe.send((type(error).__name__, 0.0))


class Peer:
    def __init__(self):
        self.process = None

    def start(self):
        here, there = multiprocessing.Pipe()
        self.process, self.pipe = multiprocessing.Process(target=generate, args=(there,), daemon=True), here
        self.process.start()
        return here.recv()

    def time(self, nodes, seed):
        """Seconds of one model; None if it failed or took longer than the limit."""
        if self.process is None:
            self.start()
        self.pipe.send((nodes, seed))
        if self.pipe.poll(LIMIT):
            status, seconds = self.pipe.recv()
            return seconds if status == "ok" else None
        self.process.kill()
        self.process.join()
        self.process = None
        return None


def nngen(program, nodes, count):
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as out:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([program, "--nodes", str(nodes), "--count", str(count), "--jobs", "1", "--quiet", "--out", out + "/o"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / count


def main():
    program, budget = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    peer = Peer()
    operators = peer.start()
    print(f"NNSmith, {operators} operators, against nngen; CPU milliseconds a model")
    print(f"{'nodes':>6} {'median':>9} {'mean':>9} {'models':>7} {'no model':>9} {'nngen':>8} {'ratio':>7} {'of means':>9}")
    for nodes in (15, 40, 100):
        peer.time(nodes, 0)  # warm
        times, failed, seed, begin = [], 0, 1, time.perf_counter()
        while time.perf_counter() - begin < budget / 3 or len(times) + failed < 3:
            seconds = peer.time(nodes, seed)
            seed += 1
            times, failed = (times + [seconds], failed) if seconds is not None else (times, failed + 1)
        ours = statistics.median(nngen(program, nodes, 1000) for _ in range(5))
        middle = statistics.median(times) if times else float("nan")
        mean = statistics.mean(times) if times else float("nan")
        print(f"{nodes:>6} {middle * 1e3:>9.1f} {mean * 1e3:>9.1f} {len(times):>7} {failed:>9} {ours * 1e3:>8.3f} {middle / ours:>7.0f} {mean / ours:>9.0f}", flush=True)


if __name__ == "__main__":
    main()
