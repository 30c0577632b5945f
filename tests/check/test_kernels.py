"""The measure of the types that the runtime has kernels for, on a few operators; the profile `ort` keeps to it."""
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, defs, helper
from onnxruntime.capi import onnxruntime_pybind11_state

from nngen.judge import kernels, runtime

ROOT = Path(__file__).resolve().parents[2]
NNGEN = str(Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve())


@pytest.fixture(scope="module")
def measured():
    known = {}
    listing = kernels.measure(NNGEN, 17, "double,float16,int8,uint64", {"Acos", "Abs", "Where", "MatMulInteger"}, known)
    return known, {(op, var): types for op, var, types in kernels.proposals(listing, known)}


def test_what_runs_and_what_does_not(measured):
    known, _ = measured
    assert known["Abs", 13, (("int8",), ("int8",))] == "" and known["Acos", 7, (("float16",), ("float16",))] == ""
    assert "Could not find an implementation" in known["Acos", 7, (("double",), ("double",))]
    assert any(op == "Where" and "uint64" in ins and text for (op, _, (ins, _)), text in known.items())


def test_what_is_proposed(measured):
    _, proposed = measured
    assert proposed["Acos", "T"] == ["float16", "float32"]
    assert "uint64" not in proposed["Where", "T"] and "double" in proposed["Where", "T"]
    assert ("Abs", "T") not in proposed


def kernels_of(op, opset, domains=("", "ai.onnx")):
    """Type constraints of the kernels that the runtime has registered for the operator."""
    since = defs.get_schema(op, opset).since_version
    return [k.type_constraints for k in onnxruntime_pybind11_state.get_all_opkernel_def()
            if k.op_name == op and k.domain in domains and k.provider == "CPUExecutionProvider" and k.version_range[0] <= since <= k.version_range[1]]


@pytest.mark.parametrize("opset", range(7, 28))
def test_the_profile_keeps_to_the_kernels_that_are_registered(opset):
    """Of float16 there need be none: it is cast. Functions of the standard, which have no kernel, are left out, as is Attention, which
    is one where its types have none."""
    listed = json.loads(subprocess.run([NNGEN, "--list-ops=json", "--opset", str(opset), "--types", kernels.EVERY], capture_output=True, text=True).stdout)
    wrong = []
    for op in listed["operators"]:
        schema, there = defs.get_schema(op["name"], opset), kernels_of(op["name"], opset)
        for ports, formal in ((op["inputs"], schema.inputs), (op["outputs"], schema.outputs)) if there and op["name"] != "Attention" else ():
            for i, port in enumerate(ports):
                f = formal[min(i, len(formal) - 1)]
                run = set().union(*(k.get(f.type_str, f.types) for k in there))
                wrong += [(op["name"], f.name, t) for t in port["types"] if t != "float16" and f"tensor({t.replace('float32', 'float')})" not in run]
    assert wrong == []


def test_the_profile_has_no_shrink_of_doubles():
    """The runtime computes it in float32. If it does not any more, the profile need not leave it out."""
    x = helper.make_tensor_value_info("x", TensorProto.DOUBLE, [1])
    graph = helper.make_graph([helper.make_node("Shrink", ["x"], ["y"])], "g", [x], [helper.make_tensor_value_info("y", TensorProto.DOUBLE, [1])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 9)], ir_version=5)
    assert runtime.session(model.SerializeToString(), "none").run(None, {"x": np.array([1 + 2.0**-40])})[0] == 1.0
    listed = json.loads(subprocess.run([NNGEN, "--list-ops=json", "--opset", "9", "--types", "double,float16"], capture_output=True, text=True).stdout)
    assert {t for o in listed["operators"] if o["name"] == "Shrink" for t in o["types"]["T"]} == {"float16", "float32"}


def test_the_profile_has_none_of_what_does_not_run(measured):
    known, _ = measured
    out = subprocess.run([NNGEN, "--list-ops=json", "--opset", "17", "--types", "double,float16,int8,uint64"], capture_output=True, text=True).stdout
    kept = {o["name"]: o["types"] for o in json.loads(out)["operators"]}
    assert "double" not in kept["Acos"]["T"] and "uint64" not in kept["Where"]["T"] and "uint64" in kept["Abs"]["T"]
