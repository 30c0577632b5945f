"""ONNX's TensorProto from and to NumPy arrays, for the types that nngen knows. The package does not need onnx."""

from __future__ import annotations

from typing import Any, Iterator

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

_CODES = {
    1: "<f4", 2: "u1", 3: "i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2", 11: "<f8", 12: "<u4", 13: "<u8",
}
_TYPES = {code: np.dtype(name) for code, name in _CODES.items()}
_DIMS, _TYPE, _NAME, _RAW = 1, 2, 8, 9  # fields of TensorProto
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        wire = key & 7
        if wire == _VARINT:
            value: Any
            value, at = _varint(data, at)
        elif wire == _BYTES:
            size, at = _varint(data, at)
            value, at = data[at:at + size], at + size
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"a TensorProto: wire type {wire} is unknown")
        yield key >> 3, value


def decode(data: bytes) -> tuple[str, Array]:
    """The name and the contents, which are in raw_data as the library writes it. The array is writable."""
    dims: list[int] = []
    code, name, raw = 0, "", memoryview(b"")
    for field, value in _fields(memoryview(data)):
        if field == _DIMS and isinstance(value, int):
            dims.append(value)
        elif field == _DIMS:
            at = 0
            while at < len(value):
                dim, at = _varint(value, at)
                dims.append(dim)
        elif field == _TYPE:
            code = value
        elif field == _NAME:
            name = bytes(value).decode()
        elif field == _RAW:
            raw = value
    if code not in _TYPES:
        raise ValueError(f"tensor {name}: element type {code} has no type in NumPy")
    return name, np.frombuffer(bytearray(raw), _TYPES[code]).reshape(dims)


def _key(field: int, wire: int, value: int) -> bytes:
    out = bytearray()
    for number in (field << 3 | wire, value):
        while number > 0x7F:
            out.append(number & 0x7F | 0x80)
            number >>= 7
        out.append(number)
    return bytes(out)


def encode(array: Any, name: str = "") -> bytes:
    """A TensorProto. ValueError: nngen does not know the element type."""
    a: Array = np.asarray(array)
    for code, kind in _TYPES.items():
        if a.dtype.newbyteorder("<") == kind:
            break
    else:
        raise ValueError(f"{name or 'tensor'}: element type {a.dtype} is not one of {', '.join(str(t) for t in _TYPES.values())}")
    raw = np.ascontiguousarray(a, kind).tobytes()
    dims = b"".join(_key(_DIMS, _VARINT, d) for d in a.shape)
    text = name.encode()
    return dims + _key(_TYPE, _VARINT, code) + _key(_NAME, _BYTES, len(text)) + text + _key(_RAW, _BYTES, len(raw)) + raw
