"""nngen reduce --same, --any-failure, --worker: what fails otherwise than the original is not taken for it."""
import os
import re
import sys
import time

import numpy as np
import onnx
import pytest
from onnx import helper
from test_reduce import chain, info, model, names, python, save, script, smallest


def reduce(nngen, tmp_path, path, *args, out="r"):
    return nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / out, *args)


@pytest.fixture
def path(tmp_path):
    return save(tmp_path / "m", chain(), np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4))


TOOL = """
ops = [n.op_type for n in m.graph.node]
if "Sigmoid" not in ops:
    sys.exit("error: the graph has no Sigmoid")
if "Relu" in ops:
    node = next(n for n in m.graph.node if n.op_type == "Relu")
    print("reading", len(ops), "nodes", file=sys.stderr)
    sys.exit(f"error: {node.input[0]} of node '{node.name}' at {id(node):#x}: no kernel for Relu")"""


def test_the_same_failure(nngen, tmp_path, path):
    """The tool fails in one way for Relu and, with the same exit status, in another one without Sigmoid."""
    r = reduce(nngen, tmp_path, path, "--same", "--save-temps", "--", *python(tmp_path, TOOL), "{}")
    assert r.code == 0, r.err
    assert sorted(names(smallest(tmp_path / "r"))) == ["Relu", "Sigmoid"]
    assert "fails: exit status 1: error: NAME of node 'NAME' at HEX: no kernel for Relu\n" in r.out
    others = int(re.search(r"(\d+) candidates failed in other ways: failure.txt in the directories of calls\n", r.out)[1])
    texts = [p.read_text() for p in (tmp_path / "r/calls").glob("*/failure.txt")]
    assert others == texts.count("exit status 1: error: the graph has no Sigmoid") > 0
    r = reduce(nngen, tmp_path, path, "--any-failure", "--", *python(tmp_path, TOOL), "{}", out="a")
    assert r.code == 0 and "failed in other ways" not in r.out
    assert "Relu" not in names(smallest(tmp_path / "a")), "any failure slips"


def test_the_same_signal(nngen, tmp_path, path):
    check = script(tmp_path, 'grep -q Sigmoid "$1" || kill -SEGV $$\ngrep -q Relu "$1" && kill -ABRT $$\nexit 0')
    r = reduce(nngen, tmp_path, path, "--same", "--", check, "{}")
    assert r.code == 0 and "fails: signal 6\n" in r.out, r.err + r.out
    assert sorted(names(smallest(tmp_path / "r"))) == ["Relu", "Sigmoid"]


def test_the_same_hang(nngen, tmp_path):
    path = save(tmp_path / "m", chain(4), np.zeros((2, 4), np.float32))
    check = script(tmp_path, 'grep -q Relu "$1" && sleep 20\nexit 1')
    r = reduce(nngen, tmp_path, path, "--same", "--timeout", 1, "--jobs", 8, "--", check, "{}")
    assert r.code == 0 and "fails: no end within the time limit\n" in r.out, r.err
    assert names(smallest(tmp_path / "r")) == ["Relu"]


def test_what_does_not_fail(nngen, tmp_path, path):
    r = reduce(nngen, tmp_path, path, "--same", "--", "true", "{}")
    assert r.code == 1 and r.err == f"nngen: {path}: does not fail: COMMAND ends with exit status 0\n"
    assert not (tmp_path / "r/cache.txt").exists()


WORKER = """import os, signal, sys, time, onnx
def say(line):
    print(line, flush=True)
say("ready")
with open({log!r}, "a") as f:
    print("started", file=f)
for path in sys.stdin:
    path = path.rstrip("\\n")
    m = onnx.load(path)
    ops = [n.op_type for n in m.graph.node]
    made = {{o: n.op_type for n in m.graph.node for o in n.output}}
{body}
"""


def worker(tmp_path, body):
    text = WORKER.format(log=str(tmp_path / "started"), body="\n".join("    " + line for line in body.strip().splitlines()))
    (tmp_path / "worker.py").write_text(text)
    return "--worker", "--", sys.executable, tmp_path / "worker.py"


def starts(tmp_path):
    return len((tmp_path / "started").read_text().splitlines())


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_worker_answers_for_all(nngen, tmp_path, path, jobs):
    """One process for each job, also when answers do not matter any longer."""
    r = reduce(nngen, tmp_path, path, "--jobs", jobs, *worker(tmp_path, """
if "Sigmoid" not in ops:
    say("fail\\tno Sigmoid")
elif "Relu" in ops:
    say("fail\\tRelu of rank 2")
else:
    say("pass")"""))
    assert r.code == 0, r.err
    assert sorted(names(smallest(tmp_path / "r"))) == ["Relu", "Sigmoid"]
    assert "fails: Relu of rank N\n" in r.out and "failed in other ways\n" in r.out
    assert 1 <= starts(tmp_path) <= jobs
    assert int(re.search(r"(\d+) calls", r.out)[1]) >= 10


def test_a_worker_that_crashes(nngen, tmp_path, path):
    """Its end is the failure of the model that it was at; another one is started."""
    r = reduce(nngen, tmp_path, path, "--jobs", 1, *worker(tmp_path, """
if "Relu" in ops:
    os.kill(os.getpid(), signal.SIGSEGV)
say("pass")"""))
    assert r.code == 0 and "fails: signal 11\n" in r.out, r.err
    assert names(smallest(tmp_path / "r")) == ["Relu"] and starts(tmp_path) > 2


def test_a_worker_that_hangs(nngen, tmp_path):
    path = save(tmp_path / "m", chain(4), np.zeros((2, 4), np.float32))
    r = reduce(nngen, tmp_path, path, "--jobs", 2, "--timeout", 1, *worker(tmp_path, """
if "Relu" not in ops and "MatMul" not in ops:
    with open({pids!r}, "a") as f:
        print(os.getpid(), file=f)
    time.sleep(1000)
say("fail\\tit" if "Relu" in ops else "pass")""".replace("{pids!r}", repr(str(tmp_path / "pids")))))
    assert r.code == 0 and "timeout" in r.out, r.err
    assert names(smallest(tmp_path / "r")) == ["Relu"]
    for pid in (tmp_path / "pids").read_text().split():
        with pytest.raises(ProcessLookupError):
            for _ in range(50):
                os.kill(int(pid), 0)
                time.sleep(0.1)


@pytest.mark.parametrize("text, message", [
    ("print('error\\tno licence', flush=True)", "no licence"), ("raise SystemExit('Error: no such module')", "ends with exit status 1 before it is ready: Error: no such module"),
    ("print('ready', flush=True); input()", "ends with exit status 0 without an answer"),
    ("print('hello', flush=True)", "expected the line: ready"), ("print('ready\\nperhaps', flush=True); input()", "expected the line: pass, or fail, a tab and what failed"),
])
def test_a_worker_that_is_none(nngen, tmp_path, path, text, message):
    (tmp_path / "w.py").write_text(text + "\n")
    r = reduce(nngen, tmp_path, path, "--worker", "--", sys.executable, tmp_path / "w.py")
    assert r.code == 1 and r.err == f"nngen: {sys.executable}: {message}\n"


def test_the_output_that_is_wrong(nngen, tmp_path):
    """Both branches have the fault; it is to be found in the one that is wrong in the original."""
    nodes = [helper.make_node("Neg", ["x"], ["a"]), helper.make_node("Floor", ["a"], ["b"]), helper.make_node("Abs", ["b"], ["left"]),
             helper.make_node("Exp", ["x"], ["c"]), helper.make_node("Floor", ["c"], ["right"])]
    path = save(tmp_path / "m", model(nodes, [info("x", [3])], [info("left", [3]), info("right", [3])]), np.ones(3, np.float32))
    r = reduce(nngen, tmp_path, path, *worker(tmp_path, """
wrong = [o.name for o in m.graph.output if "Floor" in ops and o.name != "right" or len(ops) < 3 and made.get(o.name) == "Floor"]
say("\\t".join(["fail", "value mismatch", *wrong]) if wrong and "Floor" in ops else "pass")"""))
    assert r.code == 0, r.err
    assert names(smallest(tmp_path / "r")) == ["Floor"]
    x = onnx.numpy_helper.to_array(onnx.load_tensor(tmp_path / "r/smallest/test_data_set_0/input_0.pb"))
    assert "failed in other ways" in r.out or x.size == 1


def test_a_predicate_without_its_program(nngen, tmp_path, path):
    r = reduce(nngen, tmp_path, path, "--predicate", "checker", "--study", "no-such-program")
    assert r.code == 1 and "no-such-program: cannot be started: --predicate needs the Python package nngen" in r.err


def test_wrong_usage(nngen, tmp_path, path):
    for args, message in ((("--same", "--any-failure", "--", "true"), "--same excludes --any-failure"), (("--predicate", "checker", "--worker"), "--predicate excludes --worker"),
                          (("--predicate",), "--predicate: expected NAME")):
        r = reduce(nngen, tmp_path, path, *args)
        assert r.code == 2 and message in r.err
