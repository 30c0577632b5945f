"""Reference values of whole models: ONNX Runtime stays inside the bounds at every level, results moved by their bounds stay inside the
bounds that follow, planted faults leave them, and the bounds are tight."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper
from nngen.study.faults import plant, seen
from reference.moved import check, move
from reference.reference import BUILD, ROOT, Driver, Report, check_model, outside, read_model
from reference.wide import causes

NNGEN = Path(os.environ.get("NNGEN", ROOT / BUILD / "nngen")).resolve()
PLAIN = ("--manner", "uniform", "--motifs", "none")
# ONNX Runtime rewrites some motifs that only resemble the pattern that it looks for, which changes their results.
EXACT = ("--near-misses", "0")
RUNS = [  # opset, nodes, input mode, further options
    (14, 15, "uniform", PLAIN), (13, 40, "normal", PLAIN), (17, 40, "uniform", PLAIN), (17, 15, "corners", PLAIN), (22, 40, "special", PLAIN),
    (22, 100, "uniform", PLAIN), (17, 15, "nan", PLAIN), (17, 40, "uniform", (*EXACT, "--motifs", "0.5")), (17, 40, "uniform", EXACT), (22, 40, "uniform", EXACT),
    (21, 30, "uniform", ("--types", "float16,double,int8,uint8,int16,uint16,int32,uint32,int64,uint64,bool")),
]


def corpus(path, opset, nodes, mode, more, count=8, seed=1):
    done = subprocess.run([NNGEN, "--nodes", str(nodes), "--count", str(count), "--seed", str(seed), "--opset", str(opset), "--profile", "ort", "--input-mode", mode,
                           "--out", path, "--quiet", *more], capture_output=True, text=True)
    assert done.returncode in (0, 3), done.stderr
    return sorted(path.glob("test_*"))


@pytest.mark.parametrize("opset, nodes, mode, more", RUNS)
def test_onnxruntime_is_inside(tmp_path, opset, nodes, mode, more):
    driver, report = Driver(opset), Report(0)
    for directory in corpus(tmp_path / "c", opset, nodes, mode, more):
        check_model(driver, report, directory)
    driver.close()
    assert report.messages == {}
    assert report.counts["elements"] > 10000 and report.counts["unrun"] == 0
    assert report.by_op == {}
    if mode not in ("corners", "nan") and more == PLAIN:
        assert report.tight[0] > 0.85 * report.tight[2] and report.tight[1] > 0.9 * report.tight[2]


def test_near_misses_are_inside(tmp_path):
    """Without optimisations, which is what the models say."""
    driver, report = Driver(17), Report(0)
    for directory in corpus(tmp_path / "c", 17, 40, "uniform", ("--near-misses", "100"), count=20):
        check_model(driver, report, directory)
    driver.close()
    assert report.messages == {} and report.counts["outside"] == report.counts["outside_local"] == 0


@pytest.mark.parametrize("opset, seed", [(13, 1), (17, 2), (22, 3)])
def test_moved_results_stay_inside(tmp_path, opset, seed):
    driver, rng = Driver(opset), np.random.default_rng(seed)
    for directory in corpus(tmp_path / "c", opset, 40, "uniform", (), seed=seed):
        model, inputs = read_model(directory)
        for how in ("up", "down", "either"):
            assert check(driver, model, inputs, how, rng)[:1] == []
    driver.close()


def test_faults_leave_the_bounds(tmp_path):
    """Planted faults: a node's own bounds find nearly all, those of the outputs more than a tolerance of 1e-3."""
    driver, rng, rows = Driver(17), np.random.default_rng(1), []
    for directory in corpus(tmp_path / "c", 17, 15, "uniform", (), count=20):
        rows += [(f.kind, *seen(f), f.own) for f in plant(driver, *read_model(directory), rng, 10)]
    driver.close()
    found = np.array([r[1:] for r in rows])
    visible = found[found[:, 1]]
    assert len(visible) > 100
    assert found[:, 5].mean() > 0.95
    assert visible[:, 2].mean() > 0.8 and visible[:, 2].mean() > visible[:, 3].mean() + 0.1


@pytest.mark.parametrize("nodes, count, more", [(15, 40, PLAIN), (40, 30, PLAIN), (100, 25, PLAIN), (15, 40, ()), (40, 30, ()), (100, 100, ())])
def test_bounds_are_tight(tmp_path, nodes, count, more):
    """Elements whose bound is below a thousandth of them, and outputs whose bounds are all below a hundredth of the largest element."""
    driver, report = Driver(17), Report(0)
    for directory in corpus(tmp_path / "c", 17, nodes, "uniform", more, count=count):
        model, inputs = read_model(directory)
        values, errors = driver.compute(model, inputs)
        assert errors == {}
        for v, e in values.values():
            if v.dtype.kind == "f" and v.size:
                report.tightness("all", v, e)
        for o in model.graph.output:
            if o.name in values:
                report.output(*values[o.name])
    driver.close()
    # Motifs of whole networks have more normalisations and long sums.
    elements, outputs = (0.92, 0.9) if more == PLAIN else (0.9, 0.8)
    assert report.tight[0] > elements * report.tight[2] and report.outputs[1] > 50
    assert report.outputs[0] > outputs * report.outputs[1]


def test_wide_bounds_are_traced_to_their_origin():
    """Floor of a number whose error passes a whole number; what follows is wide because of it."""
    shape = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in ("x", "y", "z", "w")]
    nodes = [helper.make_node(op, [a], [b]) for op, a, b in (("Sqrt", "x", "y"), ("Floor", "y", "z"), ("Neg", "z", "w"))]
    model = helper.make_model(helper.make_graph(nodes, "g", shape[:1], shape[3:], value_info=shape[1:3]))
    driver = Driver(17)
    found = list(causes(driver, model, {"x": np.array([9 * (1 + 2**-23)], np.float32)}, False))
    assert [(n.op_type, name) for _, n, name, *_ in found] == [("Floor", "z")]
    assert not list(causes(driver, model, {"x": np.array([10], np.float32)}, False))
    driver.close()


def rounded(rng):
    """What an operation may make of its result."""
    return lambda x: x * (1 + 2.0**-24 * rng.choice([-1, 0, 1], np.shape(x)))


def recurrent(op, x, w, r, b, fl):
    """The last state, with fl after each operation. w, r, b: gates one after the other."""
    n = r.shape[1]
    dot = lambda m, v: fl(np.sum(fl(m * v), -1)) # one rounding of the sum, of those that are allowed
    gate = lambda h, g: fl(fl(dot(w[g * n:(g + 1) * n], x_t) + dot(r[g * n:(g + 1) * n], h)) + b[g * n:(g + 1) * n])
    sigmoid, tanh = lambda v: fl(1 / (1 + np.exp(-v))), lambda v: fl(np.tanh(v))
    h, c = np.zeros(n), np.zeros(n)
    for x_t in x:
        if op == "RNN":
            h = tanh(gate(h, 0))
        elif op == "GRU":
            z, reset = sigmoid(gate(h, 0)), sigmoid(gate(h, 1))
            new = tanh(gate(fl(reset * h), 2))
            h = fl(fl(fl(1 - z) * new) + fl(z * h))
        else:
            i, o, f, new = sigmoid(gate(h, 0)), sigmoid(gate(h, 1)), sigmoid(gate(h, 2)), tanh(gate(h, 3))
            c = fl(fl(f * c) + fl(i * new))
            h = fl(o * tanh(c))
    return h


@pytest.mark.parametrize("op, gates", [("RNN", 1), ("GRU", 3), ("LSTM", 4)])
def test_long_sequences(op, gates):
    """64 steps of 24 units: bounds stay narrow, though row sums of R are about 3, and hold whatever each operation rounds."""
    steps, units, width = 64, 24, 3
    rng = np.random.default_rng(5)
    draw = lambda *shape: rng.uniform(-1, 1, shape).astype(np.float32)
    made = {"X": draw(steps, 1, width), "W": draw(1, gates * units, width), "R": draw(1, gates * units, units) * np.float32(units**-0.5),
            "B": np.concatenate([draw(1, gates * units), np.zeros((1, gates * units), np.float32)], 1)}
    model = helper.make_model(helper.make_graph(
        [helper.make_node(op, list(made), ["", "H"], hidden_size=units)], "g",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, v.shape) for n, v in made.items()], [helper.make_tensor_value_info("H", TensorProto.FLOAT, [1, 1, units])]))
    driver = Driver(17)
    values, errors = driver.compute(model, made)
    driver.close()
    v, e = values["H"]
    assert errors == {} and e.max() < 1e-3
    plain = [made["X"][:, 0], made["W"][0], made["R"][0], made["B"][0, :gates * units]]
    plain = [p.astype(float) for p in plain]
    exact = recurrent(op, *plain, lambda x: x)
    assert np.abs(exact - v[0, 0]).max() < 1e-12
    for seed in range(40):
        assert (np.abs(recurrent(op, *plain, rounded(np.random.default_rng(seed))) - v[0, 0]) <= e[0, 0]).all()


def test_elements_that_resize_chooses_are_certain():
    """Coordinates that are whole numbers, or exact fractions."""
    x = np.arange(1, 13, dtype=np.float32)
    for scale, rounding, coordinates in ((3.0, "floor", "asymmetric"), (3.0, "floor", "half_pixel"), (1.5, "ceil", "asymmetric"), (0.5, "round_prefer_floor", "half_pixel")):
        node = helper.make_node("Resize", ["x", "", "s"], ["y"], mode="nearest", nearest_mode=rounding, coordinate_transformation_mode=coordinates)
        infos = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [k]) for n, k in (("x", 12), ("s", 1), ("y", int(12 * scale)))]
        driver = Driver(17)
        values, errors = driver.compute(helper.make_model(helper.make_graph([node], "g", infos[:2], infos[2:])), {"x": x, "s": np.array([scale], np.float32)})
        driver.close()
        assert errors == {} and not values["y"][1].any()


def test_positions_of_unpooled_elements_count_in_the_output():
    x, at, shape = np.array([[[[5, 6], [7, 8]]]], np.float32), np.array([[[[6, 8], [16, 18]]]], np.int64), np.array([1, 1, 5, 5], np.int64)
    node = helper.make_node("MaxUnpool", ["x", "i", "s"], ["y"], kernel_shape=[2, 2], strides=[2, 2])
    infos = [helper.make_tensor_value_info(n, t, k) for n, t, k in (("x", 1, x.shape), ("i", 7, at.shape), ("s", 7, shape.shape), ("y", 1, shape.tolist()))]
    driver = Driver(17)
    values, errors = driver.compute(helper.make_model(helper.make_graph([node], "g", infos[:3], infos[3:])), {"x": x, "i": at, "s": shape})
    driver.close()
    want = np.zeros(25)
    want[at.ravel()] = x.ravel()
    assert errors == {} and np.array_equal(values["y"][0].ravel(), want) and not values["y"][1].any()


def test_a_result_moves_by_its_bound():
    v, e = np.array([1.0, 2.0]), np.array([1e-6, 0.0])
    assert outside(move(v, e, "up", np.random.default_rng(1)), v, e).tolist() == [False, False]
    assert outside(v + 2e-6, v, e).tolist() == [True, True]


def sum_from(first, products):
    """A sum in float32 that begins with the first term."""
    y = np.float32(first)
    for p in products.astype(np.float32):
        y = np.float32(y + p)
    return y


@pytest.mark.parametrize("op", ["Conv", "ConvTranspose", "Gemm"])
def test_sums_may_begin_with_the_bias(op):
    """As many runtimes do: a bias that is large against the products is then rounded each time."""
    n, bias = 64, np.array([1000.3], np.float32)
    x, w = np.linspace(0.1, 0.9, n, dtype=np.float32), np.linspace(0.3, 0.7, n, dtype=np.float32)
    shapes = {"Conv": ((1, n, 1), (1, n, 1)), "ConvTranspose": ((1, n, 1), (n, 1, 1)), "Gemm": ((1, n), (n, 1))}[op]
    values = {"x": x.reshape(shapes[0]), "w": w.reshape(shapes[1]), "b": bias}
    shape = [1, 1] if op == "Gemm" else [1, 1, 1]
    info = [helper.make_tensor_value_info(k, TensorProto.FLOAT, v.shape) for k, v in values.items()]
    graph = helper.make_graph([helper.make_node(op, list(values), ["y"])], "g", info, [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)])
    driver = Driver(17)
    v, e = driver.compute(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), values)[0]["y"]
    driver.close()
    first, last = sum_from(bias[0], x * w), np.float32(sum_from(0, x * w) + bias[0])
    assert first != last and not outside(np.full(shape, first), v, e).any() and not outside(np.full(shape, last), v, e).any()
    assert e.max() < n * 2.0**-23 * 1100
