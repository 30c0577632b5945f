"""Disagreements between the operator table, as `nngen --list-ops=json` shows it, and the schemas of onnx.defs at one opset.

What the table leaves out on purpose is stated below with the reason; test_table.py fails on entries that no longer apply."""
import numpy as np
import onnx
from onnx.defs import OpSchema

# Attributes that are never written. The operator `*` stands for all.
NOT_WRITTEN = {
    ("Constant", "sparse_value"): "sparse tensors are not generated",
    ("Constant", "value_string"): "strings are not generated",
    ("Constant", "value_strings"): "strings are not generated",
}

# Attributes that the specification lets be left out, and that are always written.
ALWAYS_WRITTEN = {
    ("MeanVarianceNormalization", "axes"): "onnx.checker refuses the function body that the default gives",
    ("STFT", "onesided"): "left out, shape inference takes 0, though the schema's default is 1",
    ("Mod", "fmod"): "must be 1 for floats; the default is 0",
    ("RNN", "hidden_size"): "no default in the schema; shape inference and runtimes take it from the attribute alone",
    ("GRU", "hidden_size"): "no default in the schema; shape inference and runtimes take it from the attribute alone",
    ("LSTM", "hidden_size"): "no default in the schema; shape inference and runtimes take it from the attribute alone",
}

# Attributes left out by a condition, though the schema has a default: the condition says that the default would not count.
CONDITIONAL = {
    ("QuantizeLinear", "block_size"): "0 stands for no blocks",
    ("QuantizeLinear", "output_dtype"): "0 stands for the type of the zero point",
    ("DequantizeLinear", "block_size"): "0 stands for no blocks",
    ("DequantizeLinear", "output_dtype"): "0 stands for the type of the scale",
    ("RNN", "activations"): "written together with alpha and beta; left out, they are Tanh, which the range covers",
}

# Defaults that the schema states in words only.
IN_WORDS = {
    ("Attention", "softmax_precision"): "the precision of the operands if left out, here float32",
}

# Optional inputs and outputs of the schema that the table does not have.
NO_TENSOR = {
    ("Dropout", "mask"): "constant, since nothing is dropped: in training the ratio is 0",
    ("BatchNormalization", "mean"): "training mode only, which opset 13 tells by the outputs; the table has inference there",
    ("BatchNormalization", "var"): "training mode only, which opset 13 tells by the outputs; the table has inference there",
    ("BatchNormalization", "saved_mean"): "training mode only, which opset 13 tells by the outputs; the table has inference there",
    ("BatchNormalization", "saved_var"): "training mode only, which opset 13 tells by the outputs; the table has inference there",
}

# Optional tensors of the schema that are always there.
ALWAYS_THERE = {
}

# Non-deterministic by their schemas, but not as the table uses them.
DETERMINISTIC = {
    ("Dropout", "flags"): "nothing is dropped: inference, or training at ratio 0",
    ("AffineGrid", "flags"): "the schema draws nothing at random; its function body leaves the mark unset",
}

# Whole numbers or truth values made of floats, and yet continuous.
CONTINUOUS = {
}

# Operators with a schema at an opset that the table says does not have them.
WITHDRAWN = {
}

# Types of the schema that a tensor does not have, though all were asked for: (operator, tensor) -> types, reason.
WHOLE = "int8 uint8 int16 uint16 int32 uint32 int64 uint64"
LACKING = {
    ("Attention", "attn_mask"): (WHOLE, "a mask of whole numbers that is added to real scores"),
    ("BlackmanWindow", "output"): (WHOLE, "a real function cut to whole numbers is 0 nearly throughout"),
    ("HammingWindow", "output"): (WHOLE, "a real function cut to whole numbers is 0 nearly throughout"),
    ("HannWindow", "output"): (WHOLE, "a real function cut to whole numbers is 0 nearly throughout"),
    ("MelWeightMatrix", "output"): (WHOLE, "a real function cut to whole numbers is 0 nearly throughout"),
    ("CenterCropPad", "target"): ("int32", "sizes and positions that no data decides are int64"),
    ("DFT", "dft_length"): ("int32", "sizes and positions that no data decides are int64"),
    ("STFT", "*"): ("int32", "sizes and positions that no data decides are int64"),
    ("Pad", "axes"): ("int32", "sizes and positions that no data decides are int64"),
    ("Slice", "*"): ("int32", "sizes and positions that no data decides are int64"),
    ("NegativeLogLikelihoodLoss", "target"): ("int32", "class numbers are int64"),
    ("SoftmaxCrossEntropyLoss", "target"): ("int32", "class numbers are int64"),
    ("Col2Im", "*"): (WHOLE + " bool", "sums of blocks in real numbers"),
    ("BitCast", "*"): ("float16 float32 double bool", "nearly all bits that arithmetic makes are tiny, huge or no real number"),
    ("Constant", "output"): ("float16 double bool " + WHOLE, "a tensor attribute is float32"),
    ("ConstantOfShape", "output"): ("float16 double bool " + WHOLE, "a tensor attribute is float32"),
    ("Erf", "*"): (WHOLE, "a real function cut to whole numbers"),
    ("EyeLike", "*"): ("bool", "zeros and ones are numbers"),
    ("Gemm", "*"): ("int32 uint32 int64 uint64", "alpha and beta are real"),
    ("GridSample", "*"): (WHOLE + " bool", "interpolation between whole numbers"),
    ("OneHot", "*"): ("bool", "two values with anything between them"),
    ("QuantizeLinear", "x"): ("int32", "from 19 to 22 the scale would have to be int32 too"),
    ("QuantizeLinear", "y_scale"): ("int32", "a whole number as scale"),
    ("Range", "*"): ("float16", "the count of elements depends on the rounding of their distance"),
    ("ReduceL2", "*"): ("int32 uint32 int64 uint64", "a root cut to whole numbers"),
    ("ReduceLogSum", "*"): ("int32 uint32 int64 uint64", "a logarithm cut to whole numbers"),
    ("ReduceLogSumExp", "*"): ("int32 uint32 int64 uint64", "a logarithm cut to whole numbers"),
    ("Resize", "X"): ("int16 uint16 uint32 int64 uint64 bool", "images are of bytes, int32 or real numbers"),
    ("Resize", "Y"): ("int16 uint16 uint32 int64 uint64 bool", "images are of bytes, int32 or real numbers"),
    ("Upsample", "*"): ("int16 uint16 uint32 int64 uint64 bool", "images are of bytes, int32 or real numbers"),
    ("Resize", "roi"): ("float16 double", "fractions of the size in float32"),
    ("Shrink", "*"): (WHOLE, "lambd and bias are real"),
    ("Sign", "*"): ("uint8 uint16 uint32 uint64", "of what is not negative it is nearly always 1"),
}

ATTRIBUTE = {"int": "INT", "float": "FLOAT", "string": "STRING", "ints": "INTS", "floats": "FLOATS", "strings": "STRINGS", "type": "INT",
             "tensor": "TENSOR"}
SINGLE, OPTIONAL, VARIADIC = OpSchema.FormalParameterOption.Single, OpSchema.FormalParameterOption.Optional, OpSchema.FormalParameterOption.Variadic
TYPE = {"float32": "float"}
KNOWN = ("float32", "float16", "double", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool")


def schema_of(name, opset):
    """The schema of an operator at an opset, None if it has none or is deprecated there."""
    if not onnx.defs.has(name):
        return None
    try:
        found = onnx.defs.get_schema(name, opset)
    except onnx.defs.SchemaError:
        return None
    return None if found.deprecated else found


def default_of(attribute):
    """Default of a schema's attribute, None if it has none."""
    value = onnx.helper.get_attribute_value(attribute.default_value) if attribute.default_value.type else None
    return value.decode() if isinstance(value, bytes) else value


def same_default(a, b):
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return np.float32(a) == np.float32(b)
    return a == b


class Lint:
    """Collects (operator, subject, text); `used` gathers the exceptions that were needed."""

    def __init__(self):
        self.data = {"float32"}
        self.findings = []
        self.used = set()

    def say(self, op, subject, text):
        self.findings.append((op, subject, text))

    def excused(self, table, name, op, subject):
        for key in ((op, subject), ("*", subject)):
            if key in table:
                self.used.add((name, key))
                return True
        return False

    # ---- attributes ----

    def attributes(self, op, schema):
        name = op["name"]
        table = {a["name"]: a for a in op["attributes"]}
        for a in table.values():
            real = schema.attributes.get(a["name"])
            if real is None:
                self.say(name, a["name"], "the schema has no such attribute")
                continue
            if ATTRIBUTE[a["type"]] != real.type.name:
                self.say(name, a["name"], f"type {a['type']}, {real.type.name} in the schema")
            default, have = default_of(real), " default " in f" {a.get('declared', '')} "
            if real.required and not a["required"]:
                self.say(name, a["name"], "required by the schema, but may be left out")
            if not real.required and a["required"] and not self.excused(ALWAYS_WRITTEN, "ALWAYS_WRITTEN", name, a["name"]):
                self.say(name, a["name"], "optional in the schema, but always written")
            mine = a.get("default")
            if a["type"] == "type" and mine is not None:
                mine = onnx.TensorProto.DataType.Value({"float32": "FLOAT"}.get(mine, mine.upper()))
            worded = default is None and mine is not None and self.excused(IN_WORDS, "IN_WORDS", name, a["name"])
            if "default" in a and not worded and not same_default(mine, default):
                self.say(name, a["name"], f"default {a['default']!r}, {default!r} in the schema")
            if have and "default" not in a and default is not None:
                self.say(name, a["name"], f"its default is an expression, {default!r} in the schema")
            if not a["required"] and not have and default is not None and not self.excused(CONDITIONAL, "CONDITIONAL", name, a["name"]):
                self.say(name, a["name"], f"left out by a condition, default {default!r} in the schema")
            if not a["classes"] and a["type"] not in ("ints", "floats", "strings"):
                self.say(name, a["name"], "no class of values is declared")
        for a in schema.attributes:
            if a not in table and not self.excused(NOT_WRITTEN, "NOT_WRITTEN", name, a):
                self.say(name, a, "never written" + (" though required" if schema.attributes[a].required else ""))

    # ---- inputs and outputs ----

    def formal(self, op, kind, tensors, schema):
        """Pairs each tensor of the table with its formal parameter."""
        params = list(schema)
        for i, t in enumerate(tensors):
            if i < len(params):
                yield t, params[i]
            elif params and params[-1].option == VARIADIC:
                yield t, params[-1]
            else:
                self.say(op["name"], t["name"], f"{kind} {i} is more than the schema has")

    def lack(self, op, tensor, types, text):
        for key in ((op, tensor), (op, "*"), ("*", tensor)):
            if key in LACKING and set(types) <= set(LACKING[key][0].split()):
                self.used.add(("LACKING", key))
                return
        self.say(op, tensor, text)

    def tensors(self, op, kind, tensors, params):
        name = op["name"]
        pairs = list(self.formal(op, kind, tensors, params))
        names = [p.name for p in params]
        for i, (t, p) in enumerate(pairs):
            if t["name"] in names and names[min(i, len(names) - 1)] != t["name"]:
                self.say(name, t["name"], f"{kind} {i} has the name of the schema's {kind} {names.index(t['name'])}")
            wrong = [x for x in t["types"] if f"tensor({TYPE.get(x, x)})" not in p.types]
            if wrong:
                self.say(name, t["name"], f"{kind} {i}: the schema does not take {', '.join(wrong)}")
            lacks = [x for x in KNOWN if x in self.data and x not in t["types"] and f"tensor({TYPE.get(x, x)})" in p.types]
            if len(self.data) > 1 and lacks:
                self.lack(name, t["name"], lacks, f"{kind} {i}: {', '.join(lacks)} of the schema are missing")
            if not t["types"]:
                self.say(name, t["name"], f"{kind} {i} has no type")
            may_lack = t["optional"] or t["conditional"]
            if may_lack and p.option == SINGLE:
                self.say(name, t["name"], f"{kind} {i} is required by the schema, but may be left out")
            if may_lack and p.option == VARIADIC and i < p.min_arity:
                self.say(name, t["name"], f"{kind} {i} is one of the schema's least {p.min_arity}")
            if not may_lack and p.option == OPTIONAL and not self.excused(ALWAYS_THERE, "ALWAYS_THERE", name, t["name"]):
                self.say(name, t["name"], f"{kind} {i} is optional in the schema, but always there")
            many = t.get("max", 1) > 1 or t.get("variadic", False)
            if many and p.option != VARIADIC:
                self.say(name, t["name"], f"{kind} {i} is variadic, and is not in the schema")
            if many and p.option == VARIADIC and t.get("min", p.min_arity) < p.min_arity:
                self.say(name, t["name"], f"{kind} {i}: at least {p.min_arity} in the schema")
        for p in params[len(pairs):]:
            if p.option == OPTIONAL and self.excused(NO_TENSOR, "NO_TENSOR", name, p.name):
                continue
            self.say(name, p.name, f"{kind} of the schema that the table lacks")
        return pairs

    def bindings(self, op, pairs):
        """Tensors that share a type in the schema share it in the table."""
        first = {}
        for t, p in pairs:
            if p.option == VARIADIC and not p.is_homogeneous:
                continue
            mine = t.get("variable") or (t["types"][0] if len(t["types"]) == 1 else t["name"])
            if len(t["types"]) == 1:
                mine = t["types"][0]
            if first.setdefault(p.type_str, mine) != mine:
                self.say(op["name"], t["name"], f"{p.type_str} is one type in the schema, {mine} and {first[p.type_str]} here")

    # ---- flags ----

    def flags(self, op, schema):
        name, flags = op["name"], set(op["flags"])
        data = [t for t in op["inputs"] if "data" in t["roles"]]
        if not data and "source" not in flags:
            self.say(name, "flags", "no input is data, so it is a source")
        if schema.node_determinism == OpSchema.NodeDeterminism.NonDeterministic and "nondeterministic" not in flags:
            if not self.excused(DETERMINISTIC, "DETERMINISTIC", name, "flags"):
                self.say(name, "flags", "non-deterministic in the schema")
        if schema.node_determinism == OpSchema.NodeDeterminism.Deterministic and "nondeterministic" in flags:
            self.say(name, "flags", "deterministic in the schema")
        floats = any("float32" in t["types"] for t in data)
        tied = {t.get("variable") for t in data} - {None}
        whole = any(set(t["types"]) - {"float32", "float16", "double", "string"} for t in op["outputs"] if t.get("variable") not in tied)
        if floats and whole and not flags & {"discontinuous", "source", "nondeterministic"} and not self.excused(CONTINUOUS, "CONTINUOUS", name, "flags"):
            self.say(name, "flags", "whole numbers are made of floats, so it is discontinuous")

    def operator(self, op, opset):
        schema = schema_of(op["name"], opset)
        if schema is None:
            self.say(op["name"], "", f"no operator at opset {opset}")
            return
        if schema.since_version != op["since"]:
            self.say(op["name"], "since", f"{op['since']}, {schema.since_version} in the schema")
        self.attributes(op, schema)
        ins = self.tensors(op, "input", op["inputs"], schema.inputs)
        outs = self.tensors(op, "output", op["outputs"], schema.outputs)
        self.bindings(op, ins + outs)
        self.flags(op, schema)

    def table(self, listing):
        opset = listing["opset"]
        self.data = set(listing.get("data_types", ["float32"]))
        for op in listing["operators"]:
            self.operator(op, opset)
        for name in listing["not_in_opset"]:
            if schema_of(name, opset) and not self.excused(WITHDRAWN, "WITHDRAWN", name, ""):
                self.say(name, "since", f"the schema is there at opset {opset}")
        return self


def exceptions():
    """Every stated exception as (table, key)."""
    tables = {"NOT_WRITTEN": NOT_WRITTEN, "ALWAYS_WRITTEN": ALWAYS_WRITTEN, "CONDITIONAL": CONDITIONAL, "IN_WORDS": IN_WORDS, "NO_TENSOR": NO_TENSOR,
              "ALWAYS_THERE": ALWAYS_THERE, "DETERMINISTIC": DETERMINISTIC, "CONTINUOUS": CONTINUOUS, "WITHDRAWN": WITHDRAWN}
    reasons = {(name, key): reason for name, table in tables.items() for key, reason in table.items()}
    return reasons | {("LACKING", key): reason for key, (_, reason) in LACKING.items()}
