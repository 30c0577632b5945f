"""The operator table against onnx.defs at every opset, the dates in its files, and the exclusions of its profiles."""
import copy
import json
import os
import subprocess
from functools import lru_cache
from pathlib import Path

import onnx
import pytest
import table_lint
import yaml
from table_lint import Lint

ROOT = Path(__file__).resolve().parents[2]
NNGEN = Path(os.environ.get("NNGEN", ROOT / "build" / "default" / "nngen")).resolve()
OPSETS = range(7, 29)
PROFILES = sorted(p.stem for p in (ROOT / "specs" / "profiles").glob("*.yaml"))


EVERY = "float32,float16,double,int8,uint8,int16,uint16,int32,uint32,int64,uint64,bool"


@lru_cache(maxsize=None)
def listing(opset, profile="onnx", types="float32"):
    r = subprocess.run([str(NNGEN), "--list-ops=json", "--opset", str(opset), "--profile", profile, "--types", types], capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    return json.loads(r.stdout)


@pytest.mark.parametrize("opset", OPSETS)
def test_agrees_with_the_schemas(opset):
    table = listing(opset)
    assert len(table["operators"]) >= {7: 95, 8: 96, 9: 113, 10: 118}.get(opset, 120)
    assert Lint().table(table).findings == []


@pytest.mark.parametrize("opset", OPSETS)
def test_agrees_with_the_schemas_in_all_types(opset):
    table = listing(opset, types=EVERY)
    assert table["wants_types"] == [] and set(table["data_types"]) == set(EVERY.split(","))
    assert Lint().table(table).findings == []


@pytest.mark.parametrize("profile", [p for p in PROFILES if p != "onnx"])
@pytest.mark.parametrize("opset", OPSETS)
def test_a_profile_adds_no_types(opset, profile):
    every = {o["name"]: o for o in listing(opset, types=EVERY)["operators"]}
    for o in listing(opset, profile, EVERY)["operators"]:
        for kind in ("inputs", "outputs"):
            for here, there in zip(o[kind], every[o["name"]][kind]):
                assert set(here["types"]) <= set(there["types"]), (o["name"], here["name"])


@pytest.mark.parametrize("opset", OPSETS)
def test_types_on_demand_only_add(opset):
    """What there is with float32 alone is there with every type; nothing has a type of data that was not asked for, but
    casts, whose chains go over all types."""
    plain, every, one = listing(opset), listing(opset, types=EVERY), listing(opset, types="float32,int8")
    casts = {"Cast", "CastLike"}
    rich = {o["name"]: o for o in every["operators"]}
    assert {o["name"] for o in plain["operators"]} | {w["name"] for w in plain["wants_types"]} == set(rich)
    for o in plain["operators"]:
        for kind in ("inputs", "outputs"):
            for a, b in zip(o[kind], rich[o["name"]][kind]):
                assert set(a["types"]) <= set(b["types"]), (o["name"], a["name"])
                others = {"float16", "int8", "uint8", "int16", "uint16", "uint32", "uint64", "double"}
                assert o["name"] in casts or not set(a["types"]) & others, (o["name"], a["name"])
    assert not any({"float16", "uint8"} & set(t["types"]) for o in one["operators"] if o["name"] not in casts for k in ("inputs", "outputs") for t in o[k])
    assert {o["name"] for o in one["operators"] for k in ("inputs", "outputs") for t in o[k] if "double" in t["types"]} <= casts


def test_every_exception_is_needed():
    used = set()
    for opset in OPSETS:
        used |= Lint().table(listing(opset)).used | Lint().table(listing(opset, types=EVERY)).used
    assert set(table_lint.exceptions()) == used
    assert all(len(reason) > 10 for reason in table_lint.exceptions().values())


# ---- the lint itself finds what is wrong ----

def operator(table, name):
    return next(o for o in table["operators"] if o["name"] == name)


def attribute(table, op, name):
    return next(a for a in operator(table, op)["attributes"] if a["name"] == name)


FAULTS = {
    "since": (lambda t: operator(t, "Conv").update(since=1), ("Conv", "since")),
    "unknown operator": (lambda t: operator(t, "Conv").update(name="Convolve"), ("Convolve", "")),
    "deprecated operator": (lambda t: operator(t, "Relu").update(name="Upsample"), ("Upsample", "")),
    "unknown attribute": (lambda t: attribute(t, "Conv", "group").update(name="groups"), ("Conv", "groups")),
    "attribute never written": (lambda t: operator(t, "Conv")["attributes"].pop(0), ("Conv", "kernel_shape")),
    "attribute type": (lambda t: attribute(t, "Elu", "alpha").update(type="int"), ("Elu", "alpha")),
    "attribute default": (lambda t: attribute(t, "Elu", "alpha").update(default=1.5), ("Elu", "alpha")),
    "default in the last bits": (lambda t: attribute(t, "LRN", "alpha").update(default=1.00001e-4), ("LRN", "alpha")),
    "default of none": (lambda t: attribute(t, "Conv", "strides").update(default=1), ("Conv", "strides")),
    "string default": (lambda t: attribute(t, "Conv", "auto_pad").update(default="VALID"), ("Conv", "auto_pad")),
    "required left out": (lambda t: attribute(t, "Concat", "axis").update(required=False), ("Concat", "axis")),
    "always written": (lambda t: attribute(t, "Gemm", "alpha").update(required=True), ("Gemm", "alpha")),
    "no classes": (lambda t: attribute(t, "Gemm", "alpha").update(classes=[]), ("Gemm", "alpha")),
    "input swapped": (lambda t: operator(t, "Conv")["inputs"].reverse(), ("Conv", "X")),
    "input too many": (lambda t: operator(t, "Relu")["inputs"].append(operator(t, "Conv")["inputs"][2]), ("Relu", "B")),
    "input missing": (lambda t: operator(t, "Conv")["inputs"].pop(), ("Conv", "B")),
    "input type": (lambda t: operator(t, "Conv")["inputs"][1].update(types=["bool"]), ("Conv", "W")),
    "input optional": (lambda t: operator(t, "Conv")["inputs"][1].update(optional=True), ("Conv", "W")),
    "input always there": (lambda t: operator(t, "Conv")["inputs"][2].update(optional=False), ("Conv", "B")),
    "input variadic": (lambda t: operator(t, "Relu")["inputs"][0].update(max=3), ("Relu", "X")),
    "types not shared": (lambda t: operator(t, "Where")["inputs"][2].update(types=["int64"], variable="U"), ("Where", "Y")),
    "output missing": (lambda t: operator(t, "TopK")["outputs"].pop(), ("TopK", "Indices")),
    "output type": (lambda t: operator(t, "ArgMax")["outputs"][0].update(types=["float32"]), ("ArgMax", "reduced")),
    "not a source": (lambda t: operator(t, "Relu")["inputs"][0].update(roles=["weight"]), ("Relu", "flags")),
    "not discontinuous": (lambda t: operator(t, "ArgMax").update(flags=[]), ("ArgMax", "flags")),
    "not deterministic": (lambda t: operator(t, "Relu").update(flags=["nondeterministic"]), ("Relu", "flags")),
    "type missing": (lambda t: operator(t, "Relu")["inputs"][0].update(types=["float32", "double"]), ("Relu", "X")),
    "said to be absent": (lambda t: t["not_in_opset"].append("Einsum"), ("Einsum", "since")),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name):
    plant, where = FAULTS[name]
    table = copy.deepcopy(listing(17, types=EVERY))
    plant(table)
    assert where in {f[:2] for f in Lint().table(table).findings}


# ---- since and until, in the files themselves ----

@lru_cache(maxsize=None)
def entries():
    found = {}
    for path in sorted((ROOT / "specs").glob("*.yaml")):
        found.update(yaml.safe_load(path.read_text()).get("operators") or {})
    return found


@lru_cache(maxsize=None)
def versions(name):
    return sorted(s.since_version for s in onnx.defs.get_all_schemas_with_history() if s.name == name and s.domain == "")


def test_every_operator_of_onnx_is_there_or_has_a_reason():
    """Compared with all schemas of ai.onnx, of all versions."""
    known = {s.name for s in onnx.defs.get_all_schemas_with_history() if s.domain == ""}
    absent = yaml.safe_load((ROOT / "tests/project/absent_operators.yaml").read_text())
    assert set(absent) == known - set(entries())
    assert all(len(reason) > 20 for reason in absent.values())


def test_other_entries_stand_for_operators_of_the_table():
    """`as` names an operator, and what differs is what the entry is for: the same node in ONNX."""
    forms = {name: entry["as"] for name, entry in entries().items() if "as" in entry}
    assert len(forms) >= 4 and set(forms.values()) <= set(entries())
    assert not {name for name in forms if versions(name)}
    listed = {o["name"] for opset in (9, 17, 28) for o in listing(opset, types=EVERY)["operators"]}
    assert not listed & set(forms)


def test_since_lists_the_versions_of_the_schema():
    """All from the first on that the entry has; earlier ones may be left out."""
    wrong = {}
    for name, entry in entries().items():
        since = entry["since"] if isinstance(entry["since"], list) else [entry["since"]]
        usable = [v for v in versions(entry.get("as", name)) if v >= since[0] and not onnx.defs.get_schema(entry.get("as", name), v).deprecated]
        if list(since) != usable:
            wrong[name] = f"{since}, {usable} in onnx.defs"
    assert wrong == {}


def test_no_entry_is_dead():
    shown = {o["name"] for v in OPSETS for key in ("operators", "inside_motifs") for o in listing(v, types=EVERY)[key]}
    assert set(entries()) == shown


def test_operators_inside_motifs_are_listed_apart():
    inside = {o["name"]: o for o in listing(17)["inside_motifs"]}
    assert not set(inside) & {o["name"] for o in listing(17)["operators"]}
    assert inside["NonZero"]["option"] == "data-dependent" and inside["RandomNormal"]["option"] == "random"
    assert {name: o["operator"] for name, o in inside.items() if o["operator"] != name} == \
        {name: entry["as"] for name, entry in entries().items() if "as" in entry}


# ---- what profiles take out ----

@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("opset", OPSETS)
def test_a_profile_gives_a_reason_for_what_it_lacks(profile, opset):
    every, kept = listing(opset, types=EVERY), listing(opset, profile, EVERY)
    names, left = {o["name"] for o in every["operators"]}, {x["name"] for x in kept["left_out"]}
    inside = {o["name"] for o in every["inside_motifs"]}
    assert {o["name"] for o in kept["operators"]} == names - left and left <= names | inside
    assert {o["name"] for o in kept["inside_motifs"]} == inside - left
    assert all(len(x["reason"]) > 10 for x in kept["left_out"])
    assert every["left_out"] == []


@pytest.mark.parametrize("profile", PROFILES)
def test_no_exclusion_or_patch_is_dead(profile):
    """Each exclusion strikes at some opset that the program takes; each patch names operators that the profile keeps somewhere."""
    overlay = yaml.safe_load((ROOT / "specs" / "profiles" / f"{profile}.yaml").read_text())
    struck = {x["name"] for v in OPSETS for x in listing(v, profile, EVERY)["left_out"]}
    kept = {o["name"] for v in OPSETS for key in ("operators", "inside_motifs") for o in listing(v, profile, EVERY)[key]}
    flat = lambda ops: ops if isinstance(ops, list) else [ops]
    assert {op for x in overlay.get("exclude") or [] for op in flat(x["op"])} == struck
    assert {op for x in overlay.get("patch") or [] for op in flat(x["op"])} <= kept
    assert all(len(x.get("reason", "")) > 10 for key in ("exclude", "patch") for x in overlay.get(key) or [])
