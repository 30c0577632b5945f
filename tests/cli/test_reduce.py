"""nngen reduce: any model becomes smaller while a command finds it interesting, and stays valid; what a command does wrong does no
harm; a run that was stopped goes on."""
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

F = TensorProto.FLOAT


def info(name, shape, type=F):
    return helper.make_tensor_value_info(name, type, shape)


def model(nodes, inputs, outputs, init=(), functions=(), domains=(), **more):
    g = helper.make_graph(nodes, "graph", inputs, outputs, list(init), **more)
    imports = [helper.make_opsetid("", 17), *(helper.make_opsetid(d, 1) for d in domains)]
    return helper.make_model(g, opset_imports=imports, functions=list(functions), ir_version=8)


def save(folder, m, *values):
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(m, folder / "model.onnx")
    for j, x in enumerate(values):
        (folder / f"input_{j}.pb").write_bytes(numpy_helper.from_array(np.asarray(x), m.graph.input[j].name).SerializeToString())
    return folder / "model.onnx"


def script(folder, text, name="check.sh"):
    path = folder / name
    path.write_text("#!/bin/sh\n" + text + "\n")
    path.chmod(0o755)
    return path


def python(folder, text, name="check.py"):
    path = folder / name
    path.write_text("import sys, onnx\nm = onnx.load(sys.argv[1])\n" + text + "\n")
    return sys.executable, path


def names(m):
    return [n.op_type for n in m.graph.node]


def smallest(out):
    m = onnx.load(out / "smallest/model.onnx")
    onnx.checker.check_model(m, full_check=True)
    return m


def chain(n=30, width=4):
    """A chain of n nodes with a Conv-like pair in the middle: MatMul, then Relu."""
    ops = ["Neg", "Abs", "Tanh", "Sigmoid", "Exp"]
    nodes, last = [], "x"
    for i in range(n):
        out = f"long_name_of_tensor_{i}"
        if i == n // 2:
            nodes.append(helper.make_node("MatMul", [last, "weight"], [out], name=f"node{i}", doc_string="text"))
        elif i == n // 2 + 1:
            nodes.append(helper.make_node("Relu", [last], [out], name=f"node{i}"))
        else:
            nodes.append(helper.make_node(ops[i % len(ops)], [last], [out], name=f"node{i}"))
        last = out
    weight = numpy_helper.from_array(np.arange(width * width, dtype=np.float32).reshape(width, width) / 7, "weight")
    unused = numpy_helper.from_array(np.ones(3, np.float32), "unused")
    m = model(nodes, [info("x", [2, width])], [info(last, [2, width])], [weight, unused])
    m.doc_string = "a text"
    m.metadata_props.add(key="k", value="v")
    return m


PAIR = """
made = {o: n.op_type for n in m.graph.node for o in n.output}
sys.exit(0 if any(n.op_type == "Relu" and made.get(n.input[0]) == "MatMul" for n in m.graph.node) else 1)"""


def test_two_nodes_of_thirty(nngen, tmp_path):
    path = save(tmp_path / "m", chain(), np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4))
    r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / "r", "--", *python(tmp_path, PAIR), "{}")
    assert r.code == 0, r.err
    m = smallest(tmp_path / "r")
    assert names(m) == ["MatMul", "Relu"]
    assert re.match(r"30 nodes to 2, \d+ bytes to \d+, \d+ calls", r.out)
    assert not m.doc_string and not m.metadata_props and not any(n.name or n.doc_string for n in m.graph.node)
    assert [i.name for i in m.graph.initializer] == ["w1"] and len(m.graph.input) == 1
    assert all(d.dim_value == 1 for i in m.graph.input for d in i.type.tensor_type.shape.dim), "dimensions shrink to 1"
    x = numpy_helper.to_array(onnx.load_tensor(tmp_path / "r/smallest/test_data_set_0/input_0.pb"))
    assert x.shape == (1,) and x == 0
    text = (tmp_path / "r/smallest/model.txt").read_text()
    assert "t2 = MatMul(x0, w1)\n" in text and "output " in text
    subprocess.run([sys.executable, tmp_path / "r/smallest/model.py"], check=True, cwd=tmp_path)
    built = onnx.load(tmp_path / "model.onnx")
    assert built == m, "the script builds the model"
    assert not list((tmp_path / "r").glob("calls*")), "working directories are removed"


def test_cut_tensors_hold_the_values_that_they_had(nngen, tmp_path):
    """The failure needs one node and the value that it computes from: everything before is cut."""
    nodes = [helper.make_node("Add", ["x", "x"], ["a"]), helper.make_node("Exp", ["a"], ["b"]), helper.make_node("Floor", ["b"], ["c"])]
    path = save(tmp_path / "m", model(nodes, [info("x", [1])], [info("c", [1])]), np.float32([1.25]))
    check = python(tmp_path, """
import pathlib
from onnx import numpy_helper
t = onnx.load_tensor(str(pathlib.Path(sys.argv[1]).parent / "test_data_set_0/input_0.pb"))
x = float(numpy_helper.to_array(t).max())
ops = [n.op_type for n in m.graph.node]
wanted = {("Add", "Exp", "Floor"): 1.25, ("Exp", "Floor"): 2.5, ("Floor",): 12.18}
sys.exit(not ("Floor" in ops and abs(x - wanted.get(tuple(ops), 0)) < 0.1))""")
    r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / "r", "--", *check, "{}")
    assert r.code == 0, r.err
    assert names(smallest(tmp_path / "r")) == ["Floor"]


def test_without_inputs_types_are_known(nngen, tmp_path):
    path = save(tmp_path / "m", chain())
    r = nngen("reduce", path, "--out", tmp_path / "r", "--", *python(tmp_path, PAIR), "{}")
    assert r.code == 0, r.err
    m = smallest(tmp_path / "r")
    assert names(m) == ["MatMul", "Relu"] and "an input is not given" in r.err
    assert [d.dim_value for d in m.graph.input[0].type.tensor_type.shape.dim] == [1], "judged with invented inputs"
    assert not (tmp_path / "r/smallest/test_data_set_0").exists()


def test_parts_of_nodes(nngen, tmp_path):
    """Attributes and optional operands go where the operator does not need them; what stays is valid."""
    nodes = [helper.make_node("Conv", ["x", "w", "b"], ["y"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], group=1),
             helper.make_node("Cast", ["y"], ["z"], to=F)]
    init = [numpy_helper.from_array(np.ones((5, 3, 3, 3), np.float32), "w"), numpy_helper.from_array(np.ones(5, np.float32), "b")]
    path = save(tmp_path / "m", model(nodes, [info("x", [1, 3, 8, 8])], [info("z", [1, 5, 4, 4])], init), np.ones((1, 3, 8, 8), np.float32))
    check = script(tmp_path, 'grep -q Conv "$1" && grep -q Cast "$1"')
    r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / "r", "--", check, "{}")
    assert r.code == 0, r.err
    m = smallest(tmp_path / "r")
    assert names(m) == ["Conv", "Cast"]
    assert len(m.graph.node[0].input) == 2 and not m.graph.node[0].attribute
    assert [a.name for a in m.graph.node[1].attribute] == ["to"], "required"
    assert all(d.dim_value == 1 for v in [*m.graph.input, *m.graph.output] for d in v.type.tensor_type.shape.dim)
    subprocess.run([sys.executable, tmp_path / "r/smallest/model.py"], check=True, cwd=tmp_path)
    assert onnx.load(tmp_path / "model.onnx") == m


def test_nodes_that_no_output_needs_stay_valid(nngen, tmp_path):
    nodes = [helper.make_node("Cast", ["x"], ["y"], to=F), helper.make_node("Neg", ["x"], ["z"])]
    path = save(tmp_path / "m", model(nodes, [info("x", [3])], [info("y", [3]), info("z", [3])]), np.ones(3, np.float32))
    r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / "r", "--", script(tmp_path, 'grep -q Cast "$1" && grep -q Neg "$1"'), "{}")
    m = smallest(tmp_path / "r")
    assert r.code == 0 and names(m) == ["Cast", "Neg"] and len(m.graph.output) == 1
    assert all(len(n.input) == 1 for n in m.graph.node) and len(m.graph.node[0].attribute) == 1


def test_the_original_is_checked_first(nngen, tmp_path):
    path = save(tmp_path / "m", chain(4))
    for command, how in (("exit 3", "ends with exit status 3"), ("kill -SEGV $$", "is ended by signal 11"), ("sleep 20", "takes more than 1 s")):
        r = nngen("reduce", path, "--out", tmp_path / "r", "--timeout", 1, "--", script(tmp_path, command), "{}")
        assert r.code == 1 and r.err == f"nngen: {path}: is not interesting: COMMAND {how}; exit status 0 was expected\n"
    r = nngen("reduce", path, "--out", tmp_path / "r", "--", "no-such-program", "{}")
    assert r.code == 1 and "no-such-program: cannot be started" in r.err


def test_a_runtime_that_crashes(nngen, tmp_path):
    """A script turns a signal into interest; other failures, as of an invalid model, do not count."""
    path = save(tmp_path / "m", chain(), np.zeros((2, 4), np.float32))
    script(tmp_path, 'grep -q Sigmoid "$1" && kill -ABRT $$\nexit 1', "runtime")
    check = script(tmp_path, f'"{tmp_path}/runtime" "$1"\ntest $? -eq 134')
    r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / "r", "--", check, "{}")
    assert r.code == 0, r.err
    assert names(smallest(tmp_path / "r")) == ["Sigmoid"]


def test_a_hang_is_ended_with_its_children(nngen, tmp_path):
    """Models without Relu hang; the child of the command does too."""
    path = save(tmp_path / "m", chain(3), np.zeros((2, 4), np.float32))
    check = script(tmp_path, f'grep -q Relu "$1" && exit 0\necho $$ >> {tmp_path}/pids\nsleep 1000 & echo $! >> {tmp_path}/pids\nwait')
    r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / "r", "--timeout", 1, "--jobs", 4, "--", check, "{}")
    assert r.code == 0 and "timeout" in r.out, r.err
    assert names(smallest(tmp_path / "r")) == ["Relu"]
    for pid in (tmp_path / "pids").read_text().split():
        with pytest.raises(ProcessLookupError):
            for _ in range(50):  # a killed process that is not yet reaped
                os.kill(int(pid), 0)
                time.sleep(0.1)


def test_jobs_do_not_change_the_result(nngen, tmp_path):
    path = save(tmp_path / "m", chain(), np.zeros((2, 4), np.float32))
    check = script(tmp_path, 'grep -q MatMul "$1" && grep -q Tanh "$1"')
    found = []
    for jobs in (1, 5):
        r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / f"r{jobs}", "--jobs", jobs, "--", check, "{}")
        assert r.code == 0, r.err
        found.append((tmp_path / f"r{jobs}/smallest/model.onnx").read_bytes())
    assert found[0] == found[1]


def test_a_failure_that_comes_and_goes(nngen, tmp_path):
    """Each candidate fails in every second call only."""
    path = save(tmp_path / "m", chain(10), np.zeros((2, 4), np.float32))
    check = script(tmp_path, f'grep -q Relu "$1" || exit 1\nn=$(cat {tmp_path}/n 2>/dev/null || echo 0)\necho $((n + 1)) > {tmp_path}/n\nexit $((n % 2))')
    r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / "r", "--jobs", 1, "--tries", 3, "--", check, "{}")
    assert r.code == 0, r.err
    assert names(smallest(tmp_path / "r")) == ["Relu"]


def test_every_call_has_a_new_directory(nngen, tmp_path):
    path = save(tmp_path / "m", chain(6), np.zeros((2, 4), np.float32))
    check = script(tmp_path, 'test -e mark && exit 1\ntouch mark\ntest "$1" = "$PWD/model.onnx" && test -f test_data_set_0/input_0.pb && echo said && grep -q Relu model.onnx')
    r = nngen("reduce", path, "--inputs", path.parent, "--out", tmp_path / "r", "--save-temps", "--", check, "{}")
    assert r.code == 0, r.err
    calls = sorted((tmp_path / "r/calls").iterdir())
    assert len(calls) > 2 and all((c / "stdout").exists() for c in calls)
    assert (calls[0] / "stdout").read_text() == "said\n"


def test_relative_paths_of_the_command(nngen, tmp_path):
    save(tmp_path / "m", chain(4))
    script(tmp_path, 'grep -q Relu "$1"')
    r = nngen("reduce", "m/model.onnx", "--out", "r", "--", "./check.sh", "{}", cwd=tmp_path)
    assert r.code == 0, r.err
    r = nngen("reduce", "m/model.onnx", "--out", "r", "--force", "--", "sh", "check.sh", "{}", cwd=tmp_path)
    assert r.code == 0 and names(smallest(tmp_path / "r")) == ["Relu"]


def slow_run(nngen, tmp_path, path, check):
    run = subprocess.Popen([nngen.path, "reduce", path, "--inputs", path.parent, "--out", tmp_path / "r", "--jobs", "1", "--", check, "{}"],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(300):
        if (tmp_path / "r/cache.txt").exists() and len((tmp_path / "r/cache.txt").read_text().splitlines()) > 6:
            break
        time.sleep(0.05)
    return run


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_was_stopped_goes_on(nngen, tmp_path, number):
    path = save(tmp_path / "m", chain(), np.zeros((2, 4), np.float32))
    check = script(tmp_path, f'sleep 0.03\necho >> {tmp_path}/calls\ngrep -q MatMul "$1" && grep -q Tanh "$1"')
    run = slow_run(nngen, tmp_path, path, check)
    run.send_signal(number)
    err = run.communicate()[1].decode()
    assert run.returncode == (143 if number == signal.SIGTERM else -number), err
    if number == signal.SIGTERM:
        assert "terminated" in err and not (tmp_path / "r/calls").exists()
    assert len(names(smallest(tmp_path / "r"))) <= 30, "there is always a whole model"
    args = ("reduce", path, "--inputs", path.parent, "--out", tmp_path / "r", "--jobs", 1)
    r = nngen(*args, "--", check, "{}")
    assert r.code == 2 and "--resume continues it" in r.err
    (tmp_path / "calls").unlink()
    r = nngen(*args, "--resume", "--", check, "{}")
    assert r.code == 0, r.err
    resumed = len((tmp_path / "calls").read_text())
    done = (tmp_path / "r/smallest/model.onnx").read_bytes()
    assert sorted(names(smallest(tmp_path / "r"))) == ["MatMul", "Tanh"]
    r = nngen(*args, "--force", "--", check, "{}")
    assert r.code == 0 and (tmp_path / "r/smallest/model.onnx").read_bytes() == done
    assert resumed < len((tmp_path / "calls").read_text()) - resumed, "known answers are not asked for again"
    r = nngen(*args, "--resume", "--", "true", "{}")
    assert r.code == 2 and "another command" in r.err


def test_functions_and_bodies_that_are_not_needed(nngen, tmp_path):
    """A tensor that only a body uses counts as used; an unused function goes; what is inside goes as far as the command allows."""
    body = lambda op, name: helper.make_graph([helper.make_node(op, ["outside"], [name])], name, [], [info(name, None)])  # noqa: E731
    function = lambda name, op: helper.make_function("my", name, ["a"], ["b"], [helper.make_node(op, ["a"], ["b"])], [helper.make_opsetid("", 17)])  # noqa: E731
    nodes = [helper.make_node("Neg", ["x"], ["outside"]), helper.make_node("Abs", ["x"], ["side"]),
             helper.make_node("If", ["c"], ["y"], then_branch=body("Exp", "t"), else_branch=body("Sqrt", "e")),
             helper.make_node("Kept", ["y"], ["z"], domain="my")]
    m = model(nodes, [info("x", [2]), info("c", [], TensorProto.BOOL)], [info("z", [2]), info("side", [2])],
              functions=[function("Kept", "Ceil"), function("Gone", "Floor")], domains=["my"], value_info=[info("y", [2]), info("outside", [2])])
    onnx.checker.check_model(m)
    path = save(tmp_path / "m", m)
    r = nngen("reduce", path, "--out", tmp_path / "r", "--", script(tmp_path, 'grep -q If "$1"'), "{}")
    assert r.code == 0, r.err
    small = smallest(tmp_path / "r")
    assert names(small) == ["If"] and not small.functions and [i.domain for i in small.opset_import] == [""]
    assert [i.name for i in small.graph.input] == ["c"]
    assert {a.name: (len(a.g.node), len(a.g.initializer)) for a in small.graph.node[0].attribute} == {"then_branch": (0, 1), "else_branch": (0, 1)}
    r = nngen("reduce", path, "--out", tmp_path / "f", "--", *python(tmp_path, 'sys.exit("Kept" not in [n.op_type for n in m.graph.node])'), "{}")
    small = onnx.load(tmp_path / "f/smallest/model.onnx")
    assert r.code == 0 and names(small) == ["Kept"] and [f.name for f in small.functions] == ["Kept"]


def test_an_unknown_type_is_not_cut(nngen, tmp_path):
    """Nothing says what the tensor between two unknown operators is, so that they stay together; or the caller allows it."""
    nodes = [helper.make_node("One", ["x"], ["a"], domain="my"), helper.make_node("Two", ["a"], ["y"], domain="my"), helper.make_node("Neg", ["x"], ["z"])]
    path = save(tmp_path / "m", model(nodes, [info("x", [2])], [info("y", [2]), info("z", [2])], domains=["my"]))
    check = script(tmp_path, 'grep -q Two "$1"')
    r = nngen("reduce", path, "--out", tmp_path / "r", "--", check, "{}")
    assert r.code == 0 and names(smallest(tmp_path / "r")) == ["One", "Two"], r.err
    r = nngen("reduce", path, "--out", tmp_path / "i", "--allow-invalid", "--", check, "{}")
    assert r.code == 0 and names(onnx.load(tmp_path / "i/smallest/model.onnx")) == ["Two"], r.err


def test_tensors_in_other_files(nngen, tmp_path):
    m = chain(6, 16)
    folder = tmp_path / "m"
    folder.mkdir()
    onnx.save(m, folder / "model.onnx", save_as_external_data=True, location="data.bin", size_threshold=64)
    r = nngen("reduce", folder / "model.onnx", "--out", tmp_path / "r", "--", *python(tmp_path, PAIR), "{}")
    assert r.code == 0, r.err
    small = smallest(tmp_path / "r")
    assert names(small) == ["MatMul", "Relu"] and not small.graph.initializer[0].external_data


@pytest.mark.parametrize("data", [b"", b"\x00" * 40, b"\x3a\x02\x0a\x00", os.urandom(300), b"\x3a\xff\xff\xff\xff\x0f"])
def test_hostile_models(nngen, tmp_path, data):
    """An error or a result, never a crash."""
    (tmp_path / "m.onnx").write_bytes(data)
    r = nngen("reduce", tmp_path / "m.onnx", "--out", tmp_path / "r", "--", "true")
    assert r.code in (0, 1) and "m.onnx" in r.err + r.out or r.code == 0


def test_damaged_models(nngen, tmp_path):
    """Every damage of a byte gives a result or an error."""
    path = save(tmp_path / "m", chain(3))
    good = path.read_bytes()
    for at in range(0, len(good), 7):
        path.write_bytes(good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1:])
        r = nngen("reduce", path, "--out", tmp_path / "r", "--force", "--jobs", 2, "--", "false")
        assert r.code == 1, (at, r.code, r.err)
    for at in range(3, len(good), 61):
        path.write_bytes(good[:at] + bytes([good[at] ^ 0x11]) + good[at + 1:])
        r = nngen("reduce", path, "--out", tmp_path / "r", "--force", "--jobs", 2, "--", "true")
        assert r.code in (0, 1), (at, r.code, r.err)


def test_wrong_usage(nngen, tmp_path):
    path = save(tmp_path / "m", chain(3))
    for args, message in (
        ((path,), "expected -- and a command"), (("--", "true"), "expected a model"), ((path, "--job", "2", "--", "true"), "did you mean --jobs?"),
        ((path, path, "--", "true"), "a second model"), ((path, "--jobs", "0", "--", "true"), "--jobs 0: expected an integer from 1 to 256"),
        ((path, "--resume", "--force", "--", "true"), "--resume excludes --force"), ((path, "--inputs", tmp_path / "no", "--", "true"), "has no input_0.pb"),
    ):
        r = nngen("reduce", *args, cwd=tmp_path)
        assert r.code == 2 and message in r.err, r.err
    shutil.copy(save(tmp_path / "n", chain(3), np.zeros((2, 4), np.float32)).parent / "input_0.pb", path.parent / "input_1.pb")
    shutil.copy(path.parent / "input_1.pb", path.parent / "input_0.pb")
    r = nngen("reduce", path, "--inputs", path.parent, "--", "true", cwd=tmp_path)
    assert r.code == 2 and 'is a second tensor for input "x"' in r.err


def test_the_help_lists_the_options(nngen):
    r = nngen("reduce", "--help")
    assert r.code == 0 and not r.err
    assert {"--inputs", "--values", "--tape", "--out", "--jobs", "--timeout", "--tries", "--resume", "--save-temps", "--allow-invalid"} <= set(re.findall(r"--[a-z-]+", r.out))
    assert "nngen reduce MODEL -- COMMAND {}" in nngen("--help").out
