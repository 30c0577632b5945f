"""What the files must look like that no other file says."""

# The IR version of the oldest ONNX release that has the opset.
IR_OF_OPSET = {7: 3, 8: 3, 9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11, 24: 12, 25: 13, 26: 13, 27: 13, 28: 14}

# Inputs (operator, slot) at which an empty constant stands for an absent one.
MAY_BE_EMPTY = {("Resize", 1), ("Resize", 2)}

METADATA = ("nngen.version", "nngen.seed", "nngen.index", "nngen.options")

TYPE_NAMES = {1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
              10: "float16", 11: "double", 12: "uint32", 13: "uint64", 16: "bfloat16", 17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2",
              20: "float8e5m2fnuz", 21: "uint4", 22: "int4", 23: "float4e2m1", 25: "uint2", 26: "int2"}


def data_types(manifest):
    """Names of the element types that data may have."""
    return frozenset(manifest["options"].get("types", "float32").split(",")) | {"float32"}


def max_outputs(nodes):
    return nodes // 8 + 2
