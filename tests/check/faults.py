"""Faults to plant in a valid corpus, and the kind of problem that each must be reported as."""
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Bench:
    """A corpus to spoil: edits keep the hashes and counts right unless the fault is there."""

    def __init__(self, root):
        self.root = Path(root)

    def records(self):
        return [json.loads(x) for x in (self.root / "models.jsonl").read_text().splitlines()]

    def save_records(self, records):
        (self.root / "models.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))

    def manifest(self):
        return json.loads((self.root / "manifest.json").read_text())

    def save_manifest(self, m):
        (self.root / "manifest.json").write_text(json.dumps(m))

    def model(self, i=0):
        return onnx.load(self.root / f"test_{i:06d}" / "model.onnx")

    def put(self, data, name="model.onnx", i=0):
        (self.root / f"test_{i:06d}" / name).write_bytes(data)
        records = self.records()
        records[i]["files"][name] = hashlib.sha256(data).hexdigest()
        self.save_records(records)

    def save(self, model, i=0):
        self.put(model.SerializeToString(deterministic=True), i=i)


FAULTS = {}


def fault(kind):
    def add(f):
        FAULTS[f.__name__] = (f, kind)
        return f
    return add


def model_fault(kind):
    """A fault that edits the graph of model 0."""
    def add(f):
        def plant(bench):
            m = bench.model()
            f(m.graph, m)
            bench.save(m)
        FAULTS[f.__name__] = (plant, kind)
        return f
    return add


def extend(g, op, ins=None, dtype=None, **attrs):
    """Appends a node that takes the last graph output (ins, if given, must name it) and becomes the graph output in its place."""
    old = g.output[-1]
    v = onnx.ValueInfoProto()
    v.CopyFrom(old)
    v.name = f"planted_{len(g.node)}"
    if dtype:
        v.type.tensor_type.elem_type = dtype
    g.node.append(helper.make_node(op, ins or [old.name], [v.name], name="node_" + v.name, **attrs))
    g.value_info.append(old)
    g.output[-1].CopyFrom(v)


def some_info(g):
    """A value_info with a dimension, of a node's output."""
    return next(v for v in g.value_info if len(v.type.tensor_type.shape.dim) > 0)


@model_fault("shape")
def wrong_dim(g, m):
    some_info(g).type.tensor_type.shape.dim[0].dim_value += 1


@model_fault("shape")
def wrong_rank(g, m):
    some_info(g).type.tensor_type.shape.dim.add().dim_value = 1


@model_fault("shape")
def wrong_dtype(g, m):
    some_info(g).type.tensor_type.elem_type = TensorProto.DOUBLE


@model_fault("shape")
def wrong_output_shape(g, m):
    g.output[0].type.tensor_type.shape.dim.add().dim_value = 3


@model_fault("checker")
def wrong_shape_for_the_checker(g, m):
    some_info(g).type.tensor_type.shape.dim[0].dim_value += 1


@model_fault("run-shape")
def wrong_output_shape_when_run(g, m):
    g.output[0].type.tensor_type.shape.dim.add().dim_value = 3


@model_fault("value-info")
def symbolic_dim(g, m):
    some_info(g).type.tensor_type.shape.dim[0].dim_param = "n"


@model_fault("value-info")
def no_value_info(g, m):
    del g.value_info[0]


@model_fault("value-info")
def value_info_twice(g, m):
    g.value_info.append(g.value_info[0])


@model_fault("node-count")
def extra_node(g, m):
    extend(g, "Relu")


@model_fault("dangling")
def dangling_node(g, m):
    g.node.append(helper.make_node("Relu", [g.node[0].output[0]], ["planted"], name="planted"))
    g.value_info.append(helper.make_tensor_value_info("planted", TensorProto.FLOAT, [1]))


@model_fault("dangling")
def unused_initializer(g, m):
    g.initializer.append(numpy_helper.from_array(np.zeros(2, np.float32), "planted"))


@model_fault("dangling")
def unused_input(g, m):
    g.input.append(helper.make_tensor_value_info("planted", TensorProto.FLOAT, [2]))


@model_fault("graph-type")
def integer_output(g, m):
    extend(g, "Cast", dtype=TensorProto.INT64, to=TensorProto.INT64)


@model_fault("needless-type")
def needless_integers(g, m):
    """The type that Cast chooses is fine, that it goes on through Neg is not."""
    extend(g, "Cast", dtype=TensorProto.INT64, to=TensorProto.INT64)
    extend(g, "Neg", dtype=TensorProto.INT64)
    extend(g, "Cast", dtype=TensorProto.FLOAT, to=TensorProto.FLOAT)


@model_fault("foldable")
def foldable_node(g, m):
    g.initializer.append(numpy_helper.from_array(np.float32(1), "planted"))
    r = "planted_relu"
    g.node.append(helper.make_node("Relu", ["planted"], [r], name="fold"))
    g.value_info.append(helper.make_tensor_value_info(r, TensorProto.FLOAT, []))
    extend(g, "Add", [g.output[-1].name, r])


@model_fault("foldable")
def source_without_flag(g, m):
    c = numpy_helper.from_array(np.float32(1), "c")
    g.node.append(helper.make_node("Constant", [], ["planted"], name="constant", value=c))
    g.value_info.append(helper.make_tensor_value_info("planted", TensorProto.FLOAT, []))
    extend(g, "Add", [g.output[-1].name, "planted"])


@model_fault("disconnected")
def two_components(g, m):
    g.input.append(helper.make_tensor_value_info("planted", TensorProto.FLOAT, [2]))
    g.node.append(helper.make_node("Relu", ["planted"], ["planted_out"], name="alone"))
    g.output.append(helper.make_tensor_value_info("planted_out", TensorProto.FLOAT, [2]))


@model_fault("outputs")
def many_outputs(g, m):
    for v in list(g.value_info):
        g.output.append(v)
    del g.value_info[:]


@model_fault("node-name")
def same_node_names(g, m):
    g.node[1].name = g.node[0].name


@model_fault("load-all")
def same_node_names_at_load(g, m):
    g.node[1].name = g.node[0].name


@model_fault("node-name")
def nameless_node(g, m):
    g.node[0].name = ""


@model_fault("opset")
def other_opset(g, m):
    m.opset_import[0].version += 1


@model_fault("ir")
def other_ir(g, m):
    m.ir_version += 1


@model_fault("metadata")
def no_metadata(g, m):
    del m.metadata_props[:]


@model_fault("metadata")
def other_seed(g, m):
    next(p for p in m.metadata_props if p.key == "nngen.seed").value = "12345678"


@model_fault("not-finite")
def negative_root(g, m):
    extend(g, "Abs")
    extend(g, "Neg")
    g.initializer.append(numpy_helper.from_array(np.float32(1), "planted"))
    extend(g, "Sub", [g.output[-1].name, "planted"])
    extend(g, "Sqrt")


@model_fault("interval")
def moved_output(g, m):
    g.initializer.append(numpy_helper.from_array(np.float32(1e9), "planted"))
    name, old = g.output[0].name, "planted_old"
    for n in g.node:
        n.output[:] = [old if x == name else x for x in n.output]
        n.input[:] = [old if x == name else x for x in n.input]
    g.node.append(helper.make_node("Add", [old, "planted"], [name], name="moved"))


@model_fault("load-none")
def refused_by_the_runtime(g, m):
    """Valid for the checker; ONNX Runtime has no local response normalisation of even size."""
    shape = [1, 2, 2, 2]
    g.input.append(helper.make_tensor_value_info("planted", TensorProto.FLOAT, shape))
    g.node.append(helper.make_node("LRN", ["planted"], ["planted_out"], name="planted", size=2))
    g.output.append(helper.make_tensor_value_info("planted_out", TensorProto.FLOAT, shape))


@model_fault("crash")
def split_that_crashes_the_runtime(g, m):
    """An output is left out: valid, and a segmentation fault in ONNX Runtime. The input is an initializer, so that it needs no file."""
    g.initializer.append(numpy_helper.from_array(np.zeros(4, np.float32), "planted"))
    g.initializer.append(numpy_helper.from_array(np.array([2, 2], np.int64), "planted_split"))
    g.node.append(helper.make_node("Split", ["planted", "planted_split"], ["", "planted_half"], name="split"))
    g.output.append(helper.make_tensor_value_info("planted_half", TensorProto.FLOAT, [2]))


@fault("parse")
def truncated_model(b):
    data = (b.root / "test_000000" / "model.onnx").read_bytes()
    b.put(data[:len(data) // 2])


@fault("hash")
def changed_weight(b):
    m = b.model()
    t = next((t for t in m.graph.initializer if t.data_type == TensorProto.FLOAT), None) or m.graph.initializer[0]
    a = numpy_helper.to_array(t).copy()
    a += a.dtype.type(1)
    t.CopyFrom(numpy_helper.from_array(a, t.name))
    (b.root / "test_000000" / "model.onnx").write_bytes(m.SerializeToString(deterministic=True))


def edit_input(b, f):
    name = "test_data_set_0/input_0.pb"
    t = TensorProto.FromString((b.root / "test_000000" / name).read_bytes())
    a = numpy_helper.to_array(t).copy()
    a, tensor_name = f(a, t.name)
    b.put(numpy_helper.from_array(a, tensor_name).SerializeToString(), name)


@fault("input")
def nan_input(b):
    def f(a, name):
        a.flat[0] = np.nan
        return a, name
    edit_input(b, f)


@fault("input")
def input_outside(b):
    def f(a, name):
        a.flat[0] = b.records()[0]["inputs"][0]["interval"][1] * 1.001 + 1
        return a, name
    edit_input(b, f)


@fault("input")
def double_input(b):
    edit_input(b, lambda a, name: (a.astype(np.float64), name))


@fault("input")
def renamed_input(b):
    edit_input(b, lambda a, name: (a, name + "_"))


@fault("files")
def missing_input(b):
    (b.root / "test_000000" / "test_data_set_0" / "input_0.pb").unlink()


@fault("files")
def extra_file(b):
    (b.root / "test_000000" / "model.onnx.tmp").write_bytes(b"")


@fault("files")
def extra_folder(b):
    (b.root / "test_000999").mkdir()


@fault("record")
def other_operators(b):
    r = b.records()
    op = next(iter(r[0]["operators"]))
    r[0]["operators"][op] += 1
    b.save_records(r)


@fault("record")
def other_port(b):
    r = b.records()
    r[0]["outputs"][0]["shape"].append(1)
    b.save_records(r)


@fault("record")
def broken_line(b):
    text = (b.root / "models.jsonl").read_text()
    (b.root / "models.jsonl").write_text(text.replace("{", "", 1))


@fault("record")
def infinite_interval(b):
    r = b.records()
    r[0]["inputs"][0]["interval"] = [0.0, float("inf")]
    b.save_records(r)


@fault("count")
def lost_record(b):
    b.save_records(b.records()[:-1])


@fault("interval")
def narrow_interval(b):
    """The interval of one intermediate is wrong."""
    r = b.records()
    made = {x for n in b.model().graph.node for x in n.output}
    name = next(x for x in r[0]["intervals"] if x in made and x not in {p["name"] for p in r[0]["outputs"]})
    r[0]["intervals"][name] = [1e6, 2e6]
    b.save_records(r)


@fault("constant")
def constant_interval(b):
    r = b.records()
    m = b.model()
    name = next(v.name for v in m.graph.value_info if v.type.tensor_type.elem_type == TensorProto.FLOAT)
    r[0]["intervals"][name] = [1.0, 1.0]
    b.save_records(r)


@fault("elements")
def few_elements_allowed(b):
    m = b.manifest()
    m["options"]["max_elements"] = 1
    b.save_manifest(m)


@fault("statistics")
def other_count(b):
    m = b.manifest()
    m["operators"][0]["nodes"] += 1
    b.save_manifest(m)


@fault("statistics")
def other_depth(b):
    m = b.manifest()
    m["statistics"]["depth"]["mean"] += 0.5
    b.save_manifest(m)


@fault("statistics")
def other_paths(b):
    m = b.manifest()
    m["statistics"]["coverage"]["3"]["seen"] += 1
    b.save_manifest(m)


@fault("operators")
def operator_not_listed(b):
    m = b.manifest()
    m["operators"].remove(next(o for o in m["operators"] if o["nodes"]))
    b.save_manifest(m)


@fault("operators")
def operator_never_seen(b):
    m = b.manifest()
    m["operators"].append({"name": "Zzz", "since": 1, "flags": [], "nodes": 0, "models": 0})
    b.save_manifest(m)


@fault("manifest")
def no_digest(b):
    m = b.manifest()
    del m["table_digest"]
    b.save_manifest(m)


@fault("manifest")
def fractional_seed(b):
    m = b.manifest()
    m["options"]["seed"] = 1.5
    b.save_manifest(m)


@fault("structure")
def fewer_distinct(b):
    m = b.manifest()
    m["distinct"] -= 1
    b.save_manifest(m)


@fault("duplicate")
def same_model_twice(b):
    m = b.model(0)
    next(p for p in m.metadata_props if p.key == "nngen.index").value = "1"
    b.save(m, 1)
