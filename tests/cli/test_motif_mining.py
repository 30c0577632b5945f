"""nngen motifs: what models share is found and described; what cannot be read or meant is said."""
import os
import re
import shutil
import socket
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper, numpy_helper

from conftest import NNGEN, ROOT


def block(i, before, width, heads, epsilon, where):
    """Nodes of a projection, an activation and a split into heads; their initializers."""
    p = f"{where}{i}"
    nodes = [helper.make_node("MatMul", [before, f"{p}w"], [f"{p}m"], name=f"{p}/MatMul"),
             helper.make_node("Add", [f"{p}m", f"{p}b"], [f"{p}a"], name=f"{p}/Add"),
             helper.make_node("Mul", [f"{p}a", f"{p}half"], [f"{p}h"], name=f"{p}/Mul"),
             helper.make_node("Add", [f"{p}h", f"{p}eps"], [f"{p}e"], name=f"{p}/Add_1"),
             helper.make_node("Reshape", [f"{p}e", f"{p}split"], [f"{p}r"], name=f"{p}/Reshape"),
             helper.make_node("Transpose", [f"{p}r"], [f"{p}t"], perm=[0, 2, 1, 3], name=f"{p}/Transpose"),
             helper.make_node("ReduceMean", [f"{p}t"], [f"{p}o"], axes=[-1], keepdims=0, name=f"{p}/ReduceMean")]
    inits = [numpy_helper.from_array(np.ones((width, width), np.float32), f"{p}w"), numpy_helper.from_array(np.ones(width, np.float32), f"{p}b"),
             numpy_helper.from_array(np.array(0.5, np.float32), f"{p}half"), numpy_helper.from_array(np.array(epsilon, np.float32), f"{p}eps"),
             numpy_helper.from_array(np.array([1, 5, heads, -1], np.int64), f"{p}split")]
    return nodes, inits, f"{p}o"


def save(path, nodes, inits, out, shape, opset=17, extra=()):
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
                              [helper.make_tensor_value_info(out, TensorProto.FLOAT, None)], inits)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), *extra])
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(onnx.shape_inference.infer_shapes(model), path)


@pytest.fixture
def models(tmp_path):
    own = tmp_path / "own"
    for k, (width, heads, epsilon) in enumerate([(16, 2, 1e-5), (32, 4, 1e-5), (48, 4, 1e-12)]):
        nodes, inits, out = block(0, "x", width, heads, epsilon, "/layer.")
        # The rest of each model differs.
        tail = ["Sin", "Cos", "Tanh"][k]
        save(own / f"{k}.onnx", [*nodes, helper.make_node(tail, [out], ["y"])], inits, "y", [1, 5, width])
    return own


def motifs(result):
    assert result.code == 0, result.err
    return yaml.safe_load(result.out)["motifs"]


def operators(motif):
    return [re.match(r"\w+", n)[0] for n in motif["nodes"].values()]


def test_what_models_share(nngen, models):
    found = motifs(nngen("motifs", models, "--min-models", 3))
    assert list(found) == ["mined_01"]
    m = found["mined_01"]
    assert operators(m) == ["MatMul", "Add", "Mul", "Add", "Reshape", "Transpose", "ReduceMean"]
    assert m["doc"].startswith("in 3 of 3 models, such as 0.onnx at /layer.0/ReduceMean")
    nodes = list(m["nodes"].values())
    assert nodes[5].endswith(" perm=[0, 2, 1, 3]") and "keepdims=0" in nodes[6] and "axes=[-1]" in nodes[6]
    # Half is the same everywhere; the other constant differs.
    scalars = [c for c in m["const"].values() if isinstance(c, (int, float, dict))]
    assert 0.5 in scalars and {1e-05: None, 1e-12: None} in [{float(k): v for k, v in c.items()} for c in scalars if isinstance(c, dict)]
    # The width is the number of heads times the size of a head, and the dims are those seen.
    dims = m["dims"]
    width, = [d for d, v in dims.items() if isinstance(v, str)]
    assert re.fullmatch(r"D\d+ \* D\d+", dims[width])
    assert sorted(sorted(v) for v in dims.values() if isinstance(v, dict)) == [[2, 4], [5], [8, 12]]
    assert m["in"] == {"x0": m["in"]["x0"]} and m["in"]["x0"] == f"T[1, {[d for d, v in dims.items() if v == {5: None}][0]}, {width}]"
    assert f"T[{width}, {width}]" in m["const"].values() and f"T[{width}]" in m["const"].values()
    assert m["out"] == ["n6"]


def test_least_number_of_models(nngen, models):
    r = nngen("motifs", models, "--min-models", 4)
    assert r.code == 2 and r.out == "" and "--min-models 4: expected at least as many models, but 3 were read" in r.err
    whole = motifs(nngen("motifs", models, "--min-models", 1, "--max-nodes", 30))
    assert max(len(m["nodes"]) for m in whole.values()) == 8  # one model's own tail belongs to it
    small = motifs(nngen("motifs", models, "--min-models", 3, "--max-nodes", 3))
    assert small and all(len(m["nodes"]) <= 3 for m in small.values())
    assert len(motifs(nngen("motifs", models, "--min-models", 3, "--max-nodes", 3, "--max-motifs", 1))) == 1


def test_the_same_result_again_and_in_a_file(nngen, models, tmp_path):
    first = nngen("motifs", models)
    assert nngen("motifs", models).out == first.out != ""
    r = nngen("motifs", models, "--out", tmp_path / "m.yaml")
    assert r.code == 0 and r.out == "" and (tmp_path / "m.yaml").read_text() == first.out
    r = nngen("motifs", models, "--out", tmp_path / "no" / "m.yaml")
    assert r.code == 1 and "cannot open" in r.err


def test_models_that_share_nothing(nngen, tmp_path):
    for k, op in enumerate(["Relu", "Sin"]):
        save(tmp_path / "own" / f"{k}.onnx", [helper.make_node(op, ["x"], ["a"]), helper.make_node(op, ["a"], ["y"])], [], "y", [2, 3])
    r = nngen("motifs", tmp_path / "own")
    assert r.code == 2 and "no subgraph of two or more nodes is in 2 of the 2 models" in r.err
    r = nngen("motifs", tmp_path / "own" / "0.onnx")
    assert r.code == 2 and "--min-models 2: expected at least as many models, but 1 was read" in r.err


def test_output_file_that_exists(nngen, models, tmp_path):
    """It is replaced, and the name, links and mode stay."""
    text = nngen("motifs", models).out
    file, link, far = tmp_path / "m.yaml", tmp_path / "link.yaml", tmp_path / "far.yaml"
    file.write_text("x" * (len(text) + 100))
    file.chmod(0o640)
    link.symlink_to(file)
    far.symlink_to("link.yaml")
    for path in (file, link, far):
        assert nngen("motifs", models, "--out", path).code == 0 and file.read_text() == text
        assert link.readlink() == file and far.is_symlink() and file.stat().st_mode & 0o777 == 0o640
        file.write_text("before")
    assert {p.name for p in tmp_path.iterdir() if p.is_file()} == {"m.yaml", "link.yaml", "far.yaml"}


def test_output_that_is_no_file(nngen, models, tmp_path):
    """A FIFO is written to; nothing is put in the place of what is no file."""
    text = nngen("motifs", models).out
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(fifo.read_text)
        r = nngen("motifs", models, "--out", fifo)
        if not fifo.is_fifo() or r.code != 0:
            os.close(os.open(fifo, os.O_RDWR | os.O_NONBLOCK))
    assert r.code == 0 and r.out == "" and fifo.is_fifo() and read.result() == text
    dangling, folder = tmp_path / "dangling", tmp_path / "folder"
    dangling.symlink_to("nowhere")
    folder.mkdir()
    for path, says in ((dangling, "a symbolic link to a file that does not exist"), (folder, "it is a directory"), (f"{folder}/", "it is a directory"),
                       (f"{tmp_path}/new/", "Is a directory"), (dangling / "m.yaml", "cannot")):
        r = nngen("motifs", models, "--out", path)
        assert r.code == 1 and says in r.err and r.out == "", (path, r.err)
    assert dangling.is_symlink() and not (tmp_path / "nowhere").exists() and list(folder.iterdir()) == []
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(tmp_path / "socket"))
        r = nngen("motifs", models, "--out", tmp_path / "socket")
        assert r.code == 1 and "expected a file, a FIFO or a character device" in r.err and (tmp_path / "socket").is_socket()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make device nodes")
def test_output_to_a_device(nngen, models, tmp_path):
    for kind, name, code in ((stat.S_IFCHR, "null", 0), (stat.S_IFBLK, "block", 1)):
        try:
            os.mknod(tmp_path / name, kind | 0o600, os.makedev(1, 3) if code == 0 else os.makedev(250, 250))
        except PermissionError:
            pytest.skip("device nodes cannot be made")
        before = (tmp_path / name).lstat()
        r = nngen("motifs", models, "--out", tmp_path / name)
        after = (tmp_path / name).lstat()
        assert (r.code == code or "Permission denied" in r.err) and (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode), r.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write every file")
def test_output_to_a_file_that_may_not_be_written(nngen, models, tmp_path):
    file = tmp_path / "m.yaml"
    file.write_text("before")
    file.chmod(0o444)
    r = nngen("motifs", models, "--out", file)
    assert r.code == 1 and "cannot write: Permission denied" in r.err and file.read_text() == "before"


def test_output_to_standard_output(nngen, models, tmp_path):
    """Where standard output is a file, what it holds already stays."""
    text = nngen("motifs", models).out
    assert nngen("motifs", models, "--out", "/dev/stdout").out == text
    log = tmp_path / "log"
    log.write_text("before\n")
    with log.open("a") as out:
        subprocess.run([NNGEN, "motifs", models, "--out", "/dev/stdout"], stdout=out, check=True, timeout=60)
    assert log.read_text() == "before\n" + text


def test_operators_that_the_table_lacks_end_motifs(nngen, tmp_path):
    for k in range(2):
        nodes = [helper.make_node("Relu", ["x"], ["a"]), helper.make_node("Exp", ["a"], ["b"]),
                 helper.make_node("Mystery", ["b"], ["c"], domain="example"), helper.make_node("Sin", ["c"], ["d"]),
                 helper.make_node("Abs", ["d"], ["y"])]
        save(tmp_path / "own" / f"{k}.onnx", nodes, [], "y", [2, 3], extra=[helper.make_opsetid("example", 1)])
    r = nngen("motifs", tmp_path / "own")
    assert "operator example.Mystery (2 nodes) is not in the table of opset 17; motifs end there" in r.err
    assert sorted(map(operators, motifs(r).values())) == [["Relu", "Exp"], ["Sin", "Abs"]]


def test_given_nodes(nngen, models):
    m, = motifs(nngen("motifs", "--from", models / "1.onnx", "--nodes", "/layer.0/Add,/layer.0m,/layer.0/Mul")).values()
    assert operators(m) == ["MatMul", "Add", "Mul"] and m["out"] == ["n2"]
    assert [v for v in m["dims"].values()] == [{5: None}, {32: None}]
    # An inner tensor that others read is an output, too.
    nodes, inits, out = block(0, "x", 16, 2, 1e-5, "b")
    save(models / "two.onnx", [*nodes, helper.make_node("ReduceSum", ["b0m"], ["s"]), helper.make_node("Add", [out, "s"], ["y"])], inits, "y",
         [1, 5, 16])
    m, = motifs(nngen("motifs", "--from", models / "two.onnx", "--nodes", "b0/MatMul,b0/Add")).values()
    assert m["out"] == ["n0", "n1"]


@pytest.mark.parametrize("nodes, says", [("/layer.0/Add,nowhere", "no node or output is named 'nowhere'"), ("", "--nodes '': expected A,B,.."),
                                         ("/layer.0/Add,", "no node or output is named ''"),
                                         ("/layer.0/Add,/layer.0/Add", "--nodes: /layer.0/Add is a node that was named before"),
                                         ("/layer.0/MatMul,/layer.0/Transpose", "the nodes are not connected")])
def test_wrong_nodes(nngen, models, nodes, says):
    r = nngen("motifs", "--from", models / "0.onnx", "--nodes", nodes)
    assert r.code == 2 and r.out == "" and says in r.err


@pytest.mark.parametrize("args, says", [([], "expected models"), (["--from", "m"], "--from requires --nodes"), (["--nodes", "a"], "--nodes requires --from"),
                                        (["a", "--from", "m", "--nodes", "b"], "no other models are expected"),
                                        (["a", "--min-models", "0"], "expected an integer from 1"), (["a", "--max-nodes", "31"], "from 2 to 30"),
                                        (["a", "--min-model", "3"], "did you mean --min-models?"), (["a", "--opset"], "--opset: expected V"),
                                        (["a", "--help=1"], "--help takes no argument")])
def test_wrong_usage(nngen, args, says):
    r = nngen("motifs", *args)
    assert r.code == 2 and says in r.err and r.out == ""


def test_what_is_no_model(nngen, models, tmp_path):
    clean = nngen("motifs", models)
    (models / "broken.onnx").write_text("no model")
    (models / "cut.onnx").write_bytes((models / "0.onnx").read_bytes()[:200])
    r = nngen("motifs", models)
    assert r.code == 1 and r.out == clean.out
    assert "broken.onnx: is not an ONNX model" in r.err and "cut.onnx: is not an ONNX model" in r.err and r.err.count("; skipped") == 2
    (tmp_path / "empty").mkdir()
    r = nngen("motifs", tmp_path / "empty")
    assert r.code == 2 and "contains no .onnx file" in r.err
    (tmp_path / "empty" / "x.onnx").write_text("no model")
    r = nngen("motifs", tmp_path / "empty")
    assert r.code == 1 and "none of the models can be read" in r.err
    r = nngen("motifs", tmp_path / "none")
    assert r.code == 1 and "cannot open" in r.err


def test_hostile_contents(nngen, tmp_path):
    """Sizes that lie, numbers that no text has, names with quotes and line ends."""
    for k, dims in enumerate([[2 ** 62, 4], [-5], [1] * 40, [0, 3]]):
        weight = onnx.TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims, raw_data=b"\0" * 8)
        odd = numpy_helper.from_array(np.array(np.nan, np.float32), "odd")
        nodes = [helper.make_node("Mul", ["x", "w"], ["a"], name='a"\n: {'), helper.make_node("Add", ["a", "odd"], ["b"], name="\\\n- x"),
                 helper.make_node("LeakyRelu", ["b"], ["y"], alpha=float("inf"))]
        graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2 ** 61, "n", -3])],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], [weight, odd])
        onnx.save(helper.make_model(graph), tmp_path / f"{k}.onnx")
    found = motifs(nngen("motifs", tmp_path, "--min-models", 4))
    assert list(map(operators, found.values())) == [["Mul", "Add", "LeakyRelu"]]
    assert "alpha" not in str(found)  # infinite: the entry decides


def test_round_trip(nngen, models, tmp_path):
    """A table with the proposed file builds models that contain the subgraph, with its attributes."""
    specs = tmp_path / "specs"
    shutil.copytree(ROOT / "specs", specs, ignore=shutil.ignore_patterns("motifs"))
    (specs / "motifs").mkdir()
    assert nngen("motifs", models, "--min-models", 3, "--out", specs / "motifs" / "mine.yaml").code == 0
    r = nngen("--specs", specs, "--nodes", 20, "--count", 30, "--motifs", "mined_01", "--check", "--quiet", "--out", tmp_path / "g")
    assert r.code == 0, r.err
    seen = 0
    for path in sorted((tmp_path / "g").glob("*/model.onnx")):
        graph = onnx.load(path).graph
        makers = {o: n for n in graph.node for o in n.output}

        def before(node, op):
            return next((makers[i] for i in node.input if i in makers and makers[i].op_type == op), None)

        for node in graph.node:
            chain = [node]
            for op in ["Transpose", "Reshape", "Add", "Mul", "Add", "MatMul"]:
                chain.append(before(chain[-1], op) if chain[-1] is not None else None)
            if node.op_type == "ReduceMean" and chain[-1] is not None:
                perm = next(a.ints for a in chain[1].attribute if a.name == "perm")
                seen += list(perm) == [0, 2, 1, 3]
    assert seen >= 3


def test_help(nngen):
    r = nngen("motifs", "--help")
    assert r.code == 0 and r.out.startswith("Usage: nngen motifs PATH") and max(map(len, r.out.splitlines())) <= 100
