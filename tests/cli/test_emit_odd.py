"""nngen emit on what models seldom have: odd names, types that NumPy lacks in every form, NaN, thousands of tensors."""
import ast
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import programs
from test_emit import emit, info, node, save, whole

PROGRAMS = ("onnx", "torch", "tensorflow")
NAMES = ["class", "lambda", "return", "__debug__", "op", "inputs", "1x", "np", "self", "a b", "{x}", "{{", "%s", "#", "\\", "a\\", 'a"b', "a'b", '"""', "'''", "a\nb", "a\rb",
         "\u2028", "日本", "é" * 200, "@{body}", "@body\n@helpers", '"); open("found", "w"); ("']


@pytest.mark.parametrize("name", NAMES)
def test_names_of_all_kinds(nngen, tmp_path, monkeypatch, name):
    """No name becomes code, and the program of onnx has them as they are: of nodes, tensors, attributes, dims, functions, domains, in archives too."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "m.onnx"
    weight = numpy_helper.from_array(np.arange(100, dtype=np.float32), f"w{name}")
    save(path, [helper.make_node("Add", [name, weight.name], [f"y{name}"], name=name)], [info(name, [name])], [info(f"y{name}", [name])], [weight])
    model = onnx.load(path)
    model.graph.name = model.producer_name = name
    helper.set_model_props(model, {name: name})
    onnx.save(model, path)
    for program in PROGRAMS:
        r = nngen("emit", path, "--as", program, "--out", f"{program}.py", "--dim", f"{name}=100", "--inline", 4)
        assert r.code == 0, r.err
        ast.parse((tmp_path / f"{program}.py").read_text())
    assert whole(programs.load(tmp_path / "onnx.py").build()) == whole(model)
    call = helper.make_node(name, ["x"], ["y"], domain=f"d{name}")
    call.attribute.extend([helper.make_attribute(name, 3), helper.make_attribute("axis", 1)])
    made = helper.make_function(f"d{name}", name, ["x"], ["y"], [helper.make_node("Relu", ["x"], ["y"])], [helper.make_opsetid("", 17)], [name, "axis"])
    g = helper.make_graph([call], "g", [info("x", [2])], [info("y", [2])])
    model = helper.make_model(g, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(f"d{name}", 1)], functions=[made], ir_version=8)
    onnx.save(model, path)
    assert whole(emit(nngen, path, "onnx", tmp_path / "f.py").build()) == whole(model)
    assert not (tmp_path / "found").exists()


def test_an_attribute_twice(nngen, tmp_path):
    """No sound model, but a reproducer must have it."""
    twice = helper.make_node("Elu", ["x"], ["y"], alpha=1.0)
    twice.attribute.append(helper.make_attribute("alpha", 2.0))
    save(tmp_path / "m.onnx", [twice], [info("x", [2])], [info("y", [2])])
    built = emit(nngen, tmp_path / "m.onnx", "onnx", tmp_path / "p.py").build()
    assert sorted(a.f for a in built.graph.node[0].attribute) == [1, 2]


NARROW = ["BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4", "INT4", "FLOAT4E2M1", "FLOAT16"]


@pytest.mark.parametrize("kind", NARROW)
def test_tensors_of_types_that_numpy_lacks(nngen, tmp_path, kind):
    """In int32_data, raw and in another file; and as inputs, in the program and in the archive beside it."""
    number = getattr(TensorProto, kind)
    listed = helper.make_tensor("w", number, [3], [1, 0, 2])
    raw = helper.make_tensor("w", number, [3], (bytes([0x21, 3]) if "4" in kind and "8" not in kind else bytes([16, 32, 48]) * (2 if "16" in kind else 1))[:6], raw=True)
    for k, weight in enumerate((listed, raw, raw)):
        path = tmp_path / f"m{k}.onnx"
        save(path, [helper.make_node("Identity", ["w"], ["y"]), helper.make_node("Identity", ["x"], ["z"])], [info("x", [5], number)],
             [info("y", [3], number), info("z", [5], number)], [weight], opset=23)
        if k == 2:
            onnx.save(onnx.load(path), path, save_as_external_data=True, location="w.bin", size_threshold=0)
        want = numpy_helper.to_array(weight)
        for most in (0, 64):
            module = emit(nngen, path, "onnx", tmp_path / f"p{k}_{most}.py", "--inline", most)
            got = module.build().graph
            assert numpy_helper.to_array(got.initializer[0]).tobytes() == want.tobytes() and got.initializer[0].data_type == number
            assert module.inputs()["x"].dtype == helper.tensor_dtype_to_np_dtype(number) and module.inputs()["x"].shape == (5,)


def test_nan_in_attributes(nngen, tmp_path):
    save(tmp_path / "m.onnx", [helper.make_node("Elu", ["x"], ["y"], alpha=np.nan)], [info("x", [2])], [info("y", [2])])
    for program, word in (("onnx", "alpha=np.nan"), ("torch", "np.nan"), ("tensorflow", "np.nan")):
        r = nngen("emit", tmp_path / "m.onnx", "--as", program)
        assert r.code == 0 and word in r.out, r.err


def test_thousands_of_names_that_look_alike(nngen, tmp_path):
    """Each becomes x, x_1, x_2, ...; the time is linear."""
    names = [chr(0x4e00 + k) for k in range(4001)]
    save(tmp_path / "m.onnx", [helper.make_node("Relu", [a], [b]) for a, b in zip(names, names[1:])], [info(names[0], [1])], [info(names[-1], [1])])
    start = time.process_time()
    source = nngen("emit", tmp_path / "m.onnx", "--as", "torch").out
    assert time.process_time() - start < 60 and source.count("torch.relu(") == 4000
    assert len({line.split("=")[0] for line in source.splitlines() if "torch.relu(" in line}) == 4000


def test_outputs_that_are_left_out(nngen, tmp_path):
    """TopK and LSTM without the output whose shape the others have."""
    k = numpy_helper.from_array(np.int64([1]), "k")
    save(tmp_path / "t.onnx", [helper.make_node("TopK", ["x", "k"], ["", "i"])], [info("x", [2])], [info("i", [1], TensorProto.INT64)], [k])
    weights = [numpy_helper.from_array(np.full(s, 0.5, np.float32), n) for n, s in (("W", (1, 8, 3)), ("R", (1, 8, 2)))]
    save(tmp_path / "l.onnx", [helper.make_node("LSTM", ["x", "W", "R"], ["", "", "c"], hidden_size=2)], [info("x", [4, 1, 3])], [info("c", [1, 1, 2])], weights)
    for name, x in (("t", np.float32([1, 2])), ("l", np.ones((4, 1, 3), np.float32))):
        onnx.save_tensor(numpy_helper.from_array(x, "x"), tmp_path / "x.pb")
        r = nngen("eval", tmp_path / f"{name}.onnx", tmp_path / "x.pb")
        assert r.code == 0, r.err
        assert nngen("emit", tmp_path / f"{name}.onnx", "--as", "torch").code == 0


@pytest.mark.parametrize("options, message", [
    (["--dim", "a"], "--dim a: expected NAME=V, with V from 0"), (["--dim", "a=x"], "--dim a=x: expected NAME=V, with V from 0"),
    (["--dim", "=3"], "--dim =3: expected NAME=V, with V from 0"), (["--dim", "a=-1"], "--dim a=-1: expected NAME=V, with V from 0"),
    (["--set", "5"], "--set 5: there are no inputs of this set beside "),
    (["--specs", "EMPTY"], "--as torch: there are no programs; expected files in DIR/programs of --specs DIR"),
])
def test_wrong_options(nngen, tmp_path, options, message):
    save(tmp_path / "m.onnx", [helper.make_node("Relu", ["x"], ["y"])], [info("x", ["a"])], [info("y", ["a"])])
    r = nngen("emit", tmp_path / "m.onnx", "--as", "torch", *[tmp_path if o == "EMPTY" else o for o in options])
    assert (r.code, r.out) == (2, "") and r.err.startswith(f"nngen: {message}"), r.err


def test_the_helpers_of_this_file_see_differences():
    assert node(helper.make_node("Elu", ["x"], ["y"], alpha=1.0)) != node(helper.make_node("Elu", ["x"], ["y"], alpha=2.0))
