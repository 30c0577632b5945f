"""proto/onnx.proto against the onnx package, and the writer's files read by it."""
import os
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
from google.protobuf import descriptor_pb2
from onnx import helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]
B = ROOT / os.environ.get("B", "build/default")


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    out = tmp_path_factory.mktemp("proto") / "set"
    protoc = next((p for p in ("protoc", "protoc-c") if subprocess.run(["which", p], capture_output=True).returncode == 0), None)
    if protoc is None:
        pytest.skip("no protocol compiler")
    r = subprocess.run([protoc, f"--proto_path={ROOT}/proto", f"--descriptor_set_out={out}", "onnx.proto"], capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    files = descriptor_pb2.FileDescriptorSet()
    files.ParseFromString(out.read_bytes())
    (file,) = files.file
    return file


@pytest.fixture(scope="module")
def theirs():
    file = descriptor_pb2.FileDescriptorProto()
    onnx.onnx_ml_pb2.DESCRIPTOR.CopyToProto(file)
    return file


def fields(message, prefix=""):
    for f in message.field:
        oneof = message.oneof_decl[f.oneof_index].name if f.HasField("oneof_index") and not f.proto3_optional else None
        yield f"{prefix}{message.name}.{f.name}", (f.number, f.type, f.label, f.type_name, f.options.packed, oneof)
    for nested in message.nested_type:
        yield from fields(nested, f"{prefix}{message.name}.")


def enums(holder, prefix=""):
    for e in holder.enum_type:
        for v in e.value:
            yield f"{prefix}{e.name}.{v.name}", v.number
    for m in holder.nested_type if hasattr(holder, "nested_type") else holder.message_type:
        yield from enums(m, f"{prefix}{m.name}.")


def test_every_field_is_the_standard_one(ours, theirs):
    assert ours.package == theirs.package
    mine = dict(f for m in ours.message_type for f in fields(m))
    standard = dict(f for m in theirs.message_type for f in fields(m))
    assert len(mine) >= 60
    for name, what in mine.items():
        assert standard[name] == what, name


def test_every_number_of_the_enumerations(ours, theirs):
    mine, standard = dict(enums(ours)), dict(enums(theirs))
    assert len(mine) >= 20
    for name, number in mine.items():
        assert standard[name] == number, name


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A graph made by hand, written by the unit test program."""
    out = tmp_path_factory.mktemp("hand")
    subprocess.run([str(B / "tests" / "unit" / "write" / "test_onnx_write"), str(out)], check=True)
    return out


def test_the_checker_takes_it(exported):
    model = onnx.load(exported / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    written = {v.name: v.type for v in [*model.graph.value_info, *model.graph.output]}
    assert {v.name: v.type for v in [*inferred.graph.value_info, *inferred.graph.output]} == written
    assert not model.graph.value_info[0].type.tensor_type.shape.dim[0].HasField("dim_param")


def test_values_read_by_onnx(exported):
    model = onnx.load(exported / "model.onnx")
    clip = {a.name: numpy_helper.to_array(a) for a in model.graph.initializer}
    assert clip["init_Clip_3_in2"].shape == () and clip["init_Clip_3_in2"] == 6
    assert clip["init_Reshape_5_in1"].tolist() == [2, -1]
    w = clip["init_Conv_0_in1"]
    assert w.dtype == np.float32 and w.shape == (4, 3, 3, 3) and np.abs(w).max() <= 0.2 and len(np.unique(w)) == w.size
    attributes = {a.name: helper.get_attribute_value(a) for a in model.graph.node[0].attribute}
    assert attributes == {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "group": 1, "auto_pad": b"NOTSET"}
    tensor = onnx.TensorProto()
    tensor.ParseFromString((exported / "input_0.pb").read_bytes())
    x = numpy_helper.to_array(tensor)
    assert tensor.name == "input_0" and x.shape == (2, 3, 8, 8) and np.abs(x).max() <= 1


@pytest.mark.parametrize("opset", range(7, 29))
def test_ir_version_and_metadata(nngen, tmp_path, opset):
    assert nngen("--nodes", 4, "--count", 1, "--seed", 9, "--opset", opset, "--out", tmp_path / "c", "--ops", "Relu,Add,Concat").code == 0
    model = onnx.load(tmp_path / "c" / "test_000000" / "model.onnx")
    assert model.ir_version == helper.find_min_ir_version_for([helper.make_opsetid("", opset)])
    assert [(o.domain, o.version) for o in model.opset_import] == [("", opset)]
    props = {p.key: p.value for p in model.metadata_props}
    assert props["nngen.seed"] == "9" and props["nngen.index"] == "0" and props["nngen.version"] == model.producer_version
    assert props["nngen.profile"] == "ort" and len(props["nngen.table_digest"]) == 64
    assert props["nngen.options"] == f"nodes=4 count=1 seed=9 opset={opset} inputs=1 profile=ort ops=Relu,Add,Concat max_elements=4096 intervals=0"
