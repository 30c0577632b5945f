"""Families and models: the same as the command's, in memory, from threads and processes; errors; nothing leaks."""
import concurrent.futures
import gc
import multiprocessing
import pickle
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import threading

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import numpy_helper

import nngen

ort.set_default_logger_severity(3)


def loaded(path):
    return numpy_helper.to_array(onnx.load_tensor(path))


def test_models_are_those_of_the_program(tmp_path, environment):
    options = {"nodes": 12, "count": 4, "seed": 5, "inputs": 2, "types": ["int32", "bool", "float16"], "near_misses": 0}
    family = nngen.family(**options)
    subprocess.run([nngen.program(), "--nodes", "12", "--count", "4", "--seed", "5", "--inputs", "2", "--types", "int32,bool,float16", "--near-misses", "0",
                    "--outputs", "--quiet", "--out", tmp_path / "c"], check=True, stderr=subprocess.DEVNULL)
    assert len(family) == 4
    for i, model in enumerate(family):
        place = tmp_path / "c" / model.name
        assert model.onnx == (place / "model.onnx").read_bytes() and model.index == i
        assert len(model.sets) == 2 and model.inputs is model.sets[0].inputs
        for k, data in enumerate(model.sets):
            for word, arrays in (("input", data.inputs), ("output", data.expected), ("bound", data.bounds)):
                files = sorted((place / f"test_data_set_{k}").glob(f"{word}_*.pb"), key=lambda p: int(p.stem.split("_")[1]))
                assert len(files) == len(arrays)
                for file, array in zip(files, arrays.values()):
                    want = loaded(file)
                    assert array.dtype == want.dtype and array.shape == want.shape and array.tobytes() == want.tobytes()
        graph = onnx.load_model_from_string(model.onnx).graph
        assert [x.name for x in graph.input] == list(model.inputs)
        assert [x.name for x in graph.output] == list(model.expected) == list(model.bounds) == list(model.tolerances)
        assert tuple(n.op_type for n in graph.node) == model.nodes


def test_tolerances_cover_the_bounds():
    for model in nngen.family(nodes=10, count=10, seed=3, inputs=2):
        for name, t in model.tolerances.items():
            for data in model.sets:
                bound, value = data.bounds[name].astype(float), data.expected[name].astype(float)
                finite = np.isfinite(bound)
                assert (bound[finite] <= (t.atol + t.rtol * np.abs(value[finite])) * (1 + 1e-6)).all()
                assert finite.all() or t.unbounded


def test_onnxruntime_is_within_the_bounds():
    for model in nngen.family(nodes=15, count=10, seed=1):
        session = ort.InferenceSession(model.onnx, providers=["CPUExecutionProvider"])
        assert model.compare(session.run(None, model.inputs))


def test_sequence():
    family = nngen.family(nodes=5, count=6, outputs=False)
    assert [m.name for m in family[1:4]] == ["test_000001", "test_000002", "test_000003"]
    assert family[-1].onnx == family[5].onnx and family[-1] == family[5] and family[4] != family[5]
    assert family[2] in family and 3 not in family
    assert family[0].expected == {} and family[0].sets[0].inputs and family[0].tolerances == {}
    for i in (6, -7):
        with pytest.raises(IndexError, match="the family has 6 models"):
            family[i]
    with pytest.raises(TypeError):
        family["0"]
    none = nngen.family(nodes=5, count=1, inputs=0)[0]
    assert none.sets == () and none.inputs == {} == none.expected


def test_arrays_may_be_changed():
    model = nngen.family(nodes=5, count=1)[0]
    for array in model.inputs.values():
        array += 1
    assert nngen.family(nodes=5, count=1)[0] == model


def test_options_reach_the_library(tmp_path):
    assert set(nngen.family(nodes=9, count=3, ops=["Relu", "Add"])[2].nodes) <= {"Relu", "Add"}
    helped = nngen.family(nodes=9, ops=["Not", "Gelu"])
    assert helped.operators == ("Cast", "Not") and helped.notes[0].startswith("operator Gelu is not in opset 17")
    assert len(helped.notes) == 2 and helped.notes[1].startswith("added Cast") and nngen.family(ops=["Relu"]).notes == ()
    assert nngen.family(opset=13).operators != nngen.family(opset=28).operators and len(nngen.family().digest) == 64
    path = nngen.family(nodes=8, count=3, contain=["Conv,Relu", "Add,Mul"], motifs="none")[1]
    assert {"Conv", "Relu", "Add", "Mul"} <= set(path.nodes)
    many = nngen.family(nodes=20, count=20, weights={"Tanh": 1000, ("Tanh", "Abs"): 5}, manner="uniform", outputs=False)
    nodes = [n for m in many for n in m.nodes]
    assert nodes.count("Tanh") > len(nodes) / 5
    file = tmp_path / "weights.txt"
    file.write_text("Tanh 1000\nTanh,Abs 5\n")
    assert [m.nodes for m in nngen.family(nodes=20, count=3, weights=file, manner="uniform")] == \
        [m.nodes for m in nngen.family(nodes=20, count=3, weights={"Tanh": 1000, ("Tanh", "Abs"): 5}, manner="uniform")]
    assert nngen.family(nodes=9, count=2, motifs=0.5)[0] != nngen.family(nodes=9, count=2, motifs="none")[0]


@pytest.mark.parametrize("options, kind, message", [
    ({"nodes": 0}, nngen.UsageError, "nodes: 0 is out of range; expected 1 or more"),
    ({"seed": 2**63}, nngen.UsageError, "seed: 9223372036854775808 is out of range"),
    ({"count": -1}, nngen.UsageError, "count: -1 is out of range"),
    ({"nodes": "9"}, TypeError, "nodes: '9' is no int"),
    ({"ops": "Conv,Rlu"}, nngen.UsageError, "unknown operator Rlu"),
    ({"ops": "Conv\0"}, nngen.UsageError, "NUL"),
    ({"opset": 99}, nngen.UsageError, "opset 99: expected an integer from 7 to 28"),
    ({"opset": 2**40}, nngen.UsageError, "expected an integer from 7 to 28"),
    ({"contain": "Conv,"}, nngen.UsageError, "contain"),
    ({"specs": "/no/such"}, nngen.FileError, "/no/such"),
    ({"weights": "/no/such"}, nngen.FileError, "/no/such"),
    ({"node": 3}, TypeError, "node"),
])
def test_errors(options, kind, message):
    with pytest.raises(kind) as e:
        nngen.family(**options)
    assert message in str(e.value)
    if kind is not TypeError:
        assert isinstance(pickle.loads(pickle.dumps(e.value)), kind) and isinstance(e.value, nngen.Error)
    if kind is nngen.FileError:
        assert isinstance(e.value, OSError) and e.value.filename == "/no/such"


def test_an_error_of_the_table_has_its_place(tmp_path):
    shutil.copytree(nngen.specs(), tmp_path / "specs")
    (tmp_path / "specs" / "own.yaml").write_text("operators:\n  Oops: {no_such_key: 1}\n")
    with pytest.raises(nngen.TableError) as e:
        nngen.family(specs=tmp_path / "specs")
    assert e.value.file.endswith("own.yaml") and e.value.line > 1


def test_threads_build_the_same_models():
    family = nngen.family(nodes=15, count=40, seed=2)
    want = [m.onnx for m in family]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda i: family[i % 40].onnx, range(80))) == want * 2


def _first(family):
    return family[0].onnx


def test_families_are_pickled():
    family = nngen.family(nodes=6, count=2, seed=4, ops=["Relu", "Add"])
    again = pickle.loads(pickle.dumps(family))
    assert again.options == family.options and again[1] == family[1]
    model = pickle.loads(pickle.dumps(family[1]))
    assert model == family[1] and model.tolerances == family[1].tolerances
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_first, (family,)) == family[0].onnx


def test_repr_and_command_make_the_model_again(tmp_path, environment):
    family = nngen.family(nodes=6, count=5, seed=4, ops=["Relu", "Add"], avoid=["Add,Add"])
    model = family[3]
    assert eval(repr(model)) == model
    words = [str(tmp_path / "c") if w == "DIR" else w for w in shlex.split(model.command)]
    subprocess.run([nngen.program(), *words[1:], "--quiet"], check=True)
    models = list((tmp_path / "c").glob("test_*/model.onnx"))
    assert [p.parent.name for p in models] == ["test_000003"] and models[0].read_bytes() == model.onnx


def test_save(tmp_path):
    model = nngen.family(nodes=6, count=5, seed=4)[2]
    model.save(tmp_path / "m")
    assert (tmp_path / "m" / "model.onnx").read_bytes() == model.onnx
    assert (loaded(tmp_path / "m/test_data_set_0/output_0.pb") == next(iter(model.expected.values()))).all()
    with pytest.raises(nngen.FileError):
        model.save(tmp_path / "m")


def test_memory_is_freed():
    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def use():
        family = nngen.family(nodes=20, count=1000)
        for i in range(8):
            assert family[i].onnx
        with pytest.raises(nngen.UsageError):
            nngen.family(ops="Rlu")

    for _ in range(3):
        use()
    gc.collect()
    before = peak()
    for _ in range(30):
        use()
    assert peak() - before < 4096  # KiB; a family alone takes as much


CYCLES = """
import gc, nngen, numpy
class Node: pass
for i in range(60):
    family = nngen.family(nodes=5, count=3, outputs=False)
    model = family[0]
    a, b = nngen.Evaluator(model.onnx), None
    b = nngen.Evaluator(model.onnx, like=a)
    for parts in [(family, model), (a, b), (family._builders, family._family, family._table), (b, a), (family._table, family._family, family._builders)]:
        node = Node()
        node.me, node.parts = node, parts  # garbage in a cycle, which the collector ends in any order
    builder = family._builders[0]
    builder.me, family._table.me, family._family.me, b._handle.me, a._handle.me = builder, family, family, b, a
    del family, model, a, b, builder, node, parts
    if i % 3 == 0:
        gc.collect()
keep = nngen.family(nodes=5, count=3)
keep.me, model = keep, keep[1]
"""


def test_the_garbage_collector_frees_in_any_order(environment):
    for _ in range(2):
        done = subprocess.run([sys.executable, "-X", "faulthandler", "-c", CYCLES], env={**environment, "MALLOC_PERTURB_": "165"}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_interrupt():
    """Ctrl-C ends a loop over models, and the family still works."""
    family = nngen.family(nodes=40, count=100000)
    timer = threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in family:
            pass
    timer.join()
    assert family[0] == nngen.family(nodes=40, count=100000)[0]


def test_program():
    assert subprocess.run([nngen.program(), "--version"], check=True, capture_output=True, text=True).stdout.split()[1] == nngen.__version__ == nngen.version()


def test_module(environment):
    done = subprocess.run([sys.executable, "-m", "nngen", "--nodes", "x"], capture_output=True, text=True, env=environment)
    assert done.returncode == 2 and "nodes" in done.stderr


def test_copies_in_forms(tmp_path):
    """Copies follow one another; each computes what the plain model computes, with files of external data beside it."""
    onnxruntime = pytest.importorskip("onnxruntime")
    onnxruntime.set_default_logger_severity(4)
    models = nngen.family(nodes=12, count=12, seed=3, form=["storage", "if:0.5"], variants=3)
    assert len(models) == 36 and [m.name for m in models[:4]] == ["test_000000", "test_000000_v1", "test_000000_v2", "test_000001"]
    external = 0
    for i in range(0, 36, 3):
        plain = models[i]
        assert not plain.external
        for copy in (models[i + 1], models[i + 2]):
            assert copy.nodes == plain.nodes and copy.onnx != plain.onnx
            directory = tmp_path / copy.name
            copy.save(directory)
            assert {f: (directory / f).read_bytes() for f in copy.external} == copy.external
            external += len(copy.external)
            session = onnxruntime.InferenceSession(str(directory / "model.onnx"), providers=["CPUExecutionProvider"])
            assert copy.compare(session.run(None, copy.inputs))
    assert external
    assert eval(repr(models), {"nngen": nngen})[4] == models[4]


INTERRUPTED = """
import os, signal, threading, time, nngen
{before}
threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT)).start()
begun = time.monotonic()
try:
    {slow}
except KeyboardInterrupt:
    print(time.monotonic() - begun)
"""


@pytest.mark.parametrize("before, slow", [
    ("", "nngen.family(nodes=40, count=100, cover='pairs')"),
    ("f = nngen.family(nodes=100000, count=1, inputs=0, max_elements=64)", "f[0]"),
])
def test_control_c_stops_what_takes_long(environment, before, slow):
    done = subprocess.run([sys.executable, "-c", INTERRUPTED.format(before=before, slow=slow)], env=environment, text=True, capture_output=True)
    assert done.stderr == ""
    assert 0.3 < float(done.stdout) < 3
