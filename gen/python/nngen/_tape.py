"""The tape form of a model (gen/draw/segments.h): segments, each of which places one to four operators or a motif."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Any, Sequence

from . import _errors
from ._lib import ffi, lib

MAGIC = b"NNT1"
HEAD, STEP, GROUP, MOTIF, SPARE, TAIL = range(6)
ITEM_EXTRA, ITEM_OPERATOR, ITEM_SLOT = 3, 11, 13
_HEADER = struct.Struct("<BBHIII")  # kind, flags, zero, number of items, address, salt
_ITEM = struct.Struct("<HHI")  # label, place, value
_MASK = 2**64 - 1


@dataclass(frozen=True)
class Segment:
    kind: int
    flags: int
    address: int
    salt: int
    items: tuple[tuple[int, int, int], ...]

    @property
    def places(self) -> bool:
        """Whether it places operators."""
        return self.kind in (STEP, GROUP, MOTIF)

    @property
    def operators(self) -> int:
        """How many it names."""
        return sum(label == ITEM_OPERATOR for label, _, _ in self.items)


def read(tape: bytes) -> list[Segment]:
    """The segments of a tape that the library wrote."""
    if tape[:4] != MAGIC:
        raise ValueError("a tape begins with NNT1")
    out, at = [], 4
    while at + _HEADER.size <= len(tape):
        kind, flags, _, n, address, salt = _HEADER.unpack_from(tape, at)
        at += _HEADER.size
        end = min(at + n * _ITEM.size, len(tape) - (len(tape) - at) % _ITEM.size)
        out.append(Segment(kind, flags, address, salt, tuple(_ITEM.iter_unpack(tape[at:end]))))
        at = end
    return out


def write(segments: list[Segment]) -> bytes:
    out = [MAGIC]
    for s in segments:
        out.append(_HEADER.pack(s.kind, s.flags, 0, len(s.items), s.address, s.salt))
        out += [_ITEM.pack(*item) for item in s.items]
    return b"".join(out)


def plain(head: Segment) -> Segment:
    """A head without the equal nodes and the constant nodes that the end of a model may add."""
    return replace(head, items=tuple((label, place, 0 if label == ITEM_EXTRA else value) for label, place, value in head.items))


def mutate(tape: bytes, seed: int, most: int | None = None) -> bytes:
    """A mutant of a tape, of at most `most` bytes, which differs from it in one place. It depends on the arguments alone."""
    most = 2 * len(tape) + 4096 if most is None else most
    out = ffi.new("char[]", max(most, 1))
    return _edited(lib.nn_tape_mutate(tape, len(tape), out, most, seed), out, most)


def cross(a: bytes, b: bytes, seed: int, most: int | None = None) -> bytes:
    """The tape `a`, with segments of `b`."""
    most = len(a) + len(b) + 4096 if most is None else most
    out = ffi.new("char[]", max(most, 1))
    return _edited(lib.nn_tape_cross(a, len(a), b, len(b), out, most, seed), out, most)


def _edited(size: int, out: Any, most: int) -> bytes:
    if size == 0:
        raise _errors.UsageError(f"most: {most} is too small, or there is no memory; expected 32 or more")
    return bytes(ffi.buffer(out, size))


def _mix(x: int) -> int:
    """mix64 of gen/base/mix.h."""
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & _MASK
    return x ^ x >> 31


def operator_hash(name: str) -> int:
    """How a segment names an operator."""
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = (h ^ byte) * 0x100000001B3 & _MASK
    return _mix(h) & 0xFFFFFFFF


_LINK = 5  # SLOT_LINK of gen/lower/lower.h: the slot takes an output of an earlier operator of the segment
CHAIN = 4  # most operators of a segment


def chain(operators: Sequence[str], address: int, salt: int) -> Segment:
    """A segment that places operators wherever they suit, each with the first output of the one before as its first input."""
    items = []
    for i, operator in enumerate(operators):
        items.append((ITEM_OPERATOR, i << 8, operator_hash(operator)))
        if i > 0:
            items.append((ITEM_SLOT, i << 8, _LINK | (i - 1) << 16))  # SLOT_CODE of gen/build/build_log.h
    return Segment(GROUP, 0, address, salt, tuple(items))
