"""Element types that NumPy lacks: bfloat16, float8, and those of fewer than 8 bits. Arrays of them have types of ml_dtypes, as onnx gives them."""
import ml_dtypes
import numpy as np

NUMBERS = {"bfloat16": 16, "float8e4m3fn": 17, "float8e4m3fnuz": 18, "float8e5m2": 19, "float8e5m2fnuz": 20, "uint4": 21, "int4": 22,
           "float4e2m1": 23, "uint2": 25, "int2": 26}
OF_ML_DTYPES = {"bfloat16": "bfloat16", "float8e4m3fn": "float8_e4m3fn", "float8e4m3fnuz": "float8_e4m3fnuz", "float8e5m2": "float8_e5m2",
                "float8e5m2fnuz": "float8_e5m2fnuz", "uint4": "uint4", "int4": "int4", "float4e2m1": "float4_e2m1fn", "uint2": "uint2", "int2": "int2"}
NUMPY = {name: getattr(ml_dtypes, theirs) for name, theirs in OF_ML_DTYPES.items() if hasattr(ml_dtypes, theirs)}  # older releases lack some
NAMES = {np.dtype(t): name for name, t in NUMPY.items()}
BITS = {"bfloat16": 16, "float4e2m1": 4, "int4": 4, "uint4": 4, "int2": 2, "uint2": 2}  # of an element in a file; of the others 8
WIDER = {name: np.uint8 if name.startswith("u") else np.int8 if name.startswith("i") else np.float32 for name in NUMPY}
UNITS = {"bfloat16": 2.0 ** -8, "float8e4m3fn": 2.0 ** -4, "float8e4m3fnuz": 2.0 ** -4, "float8e5m2": 2.0 ** -3, "float8e5m2fnuz": 2.0 ** -3,
         "float4e2m1": 0.25, "float16": 2.0 ** -11, "float32": 2.0 ** -24, "float64": 2.0 ** -53}


def is_real(dtype):
    name = NAMES.get(np.dtype(dtype))
    return WIDER[name] == np.float32 if name else np.dtype(dtype).kind == "f"


def widened(x):
    """The same values in a type of NumPy."""
    x = np.asarray(x)
    name = NAMES.get(x.dtype)
    return x.astype(WIDER[name]) if name else x


def unit(dtype):
    """Relative distance of a number to the nearest value of a real type."""
    return UNITS[NAMES.get(np.dtype(dtype)) or np.dtype(dtype).name]


def from_npz(x):
    """An array as nngen writes it: a structure whose only field has the name of the type, and its bits as an integer."""
    if not x.dtype.names:
        return x
    name = x.dtype.names[0]
    return x[name].view(NUMPY[name]) if WIDER[name] == np.float32 else x[name].astype(NUMPY[name])


def packed(x):
    """The bytes of the elements as a file has them: several in a byte, the first in the lowest bits."""
    name = NAMES[x.dtype]
    bits = BITS.get(name, 8)
    if bits >= 8:
        return np.ascontiguousarray(x).tobytes()
    codes = np.ascontiguousarray(x).ravel().view(np.uint8) & ((1 << bits) - 1)
    codes = np.append(codes, np.zeros(-len(codes) % (8 // bits), np.uint8)).reshape(-1, 8 // bits)
    return (codes << (np.arange(8 // bits, dtype=np.uint8) * bits)).sum(axis=1).astype(np.uint8).tobytes()


def unpacked(data, name, shape):
    bits, count = BITS.get(name, 8), int(np.prod(shape, dtype=np.int64))
    if bits >= 8:
        return np.frombuffer(data, NUMPY[name], count).reshape(shape)
    codes = (np.frombuffer(data, np.uint8)[:, None] >> (np.arange(8 // bits, dtype=np.uint8) * bits) & ((1 << bits) - 1)).ravel()[:count]
    if WIDER[name] == np.int8:
        codes = (codes.astype(np.int8) << (8 - bits) >> (8 - bits)).astype(np.int8)
        return codes.astype(NUMPY[name]).reshape(shape)
    return (codes.view(NUMPY[name]) if WIDER[name] == np.float32 else codes.astype(NUMPY[name])).reshape(shape)


def values(name):
    """All finite values of a real type, in order."""
    bits = np.arange(1 << BITS.get(name, 8), dtype=np.uint32).astype(np.uint16 if name == "bfloat16" else np.uint8)
    x = bits.view(NUMPY[name]).astype(np.float64)
    return np.unique(x[np.isfinite(x)])
