"""The shared library. Calls release Python's global lock. Objects of the library live in handles, which free them."""

from __future__ import annotations

import os
import threading
import weakref
from pathlib import Path
from typing import Any, Callable

from . import _errors
from ._api import ffi as _ffi  # made from nngen.h when the package is built

ffi: Any = _ffi
lib: Any = ffi.dlopen(str(Path(__file__).with_name("libnngen.so")))

_EXCEPTIONS: dict[int, type[_errors.Error]] = {
    lib.NN_ERR_NOMEM: _errors.OutOfMemory,
    lib.NN_ERR_USAGE: _errors.UsageError,
    lib.NN_ERR_TABLE: _errors.TableError,
    lib.NN_ERR_BUILD: _errors.BuildError,
    lib.NN_ERR_IO: _errors.FileError,
    getattr(lib, "NN_ERR_UNSUPPORTED", -1): _errors.UnsupportedError,
}


def version() -> str:
    """The version of the library, such as "0.7.0"."""
    return text(lib.nn_version())


def specs() -> Path:
    """The directory of the operator table, to copy and change: a copy is read with `specs=` in the options of a family."""
    return Path(__file__).with_name("specs")


def text(c_string: Any) -> str:
    return str(ffi.string(c_string).decode("utf-8", "backslashreplace"))


def c_text(value: str | None, name: str) -> Any:
    """A C string, or NULL. The caller keeps it while C uses it."""
    if value is None:
        return ffi.NULL
    encoded = os.fsencode(value)
    if b"\0" in encoded:
        raise _errors.UsageError(f"{name}: {value!r} contains a NUL character")
    return ffi.new("char[]", encoded)


class Steps:
    """What C calls now and then while something takes long: Python then handles signals, so that Ctrl-C stops it. An exception is kept
    until the C function has returned. C may call it as long as this object lives."""

    def __init__(self) -> None:
        raised: dict[int, BaseException] = {}  # by thread

        def keep(_kind: Any, exception: BaseException, _traceback: Any) -> None:
            raised[threading.get_ident()] = exception

        self._raised = raised
        self.function = ffi.callback("nn_step_fn *", lambda *_: 0, error=1, onerror=keep)

    def call(self, function: Callable[..., int], *arguments: Any) -> None:
        try:
            call(function, *arguments)
        finally:
            exception = self._raised.pop(threading.get_ident(), None)
            if exception is not None:
                raise exception from None


def call(function: Callable[..., int], *arguments: Any) -> None:
    """Calls a function that returns nn_status and takes an nn_error last; raises what it reports."""
    error = ffi.new("nn_error *")
    status = function(*arguments, error)
    if status == lib.NN_OK:
        return
    size = lib.nn_error_text(error, ffi.NULL, 0) + 1
    out = ffi.new("char[]", size)
    lib.nn_error_text(error, out, size)
    raise _EXCEPTIONS.get(status, _errors.Error)(text(out), text(error.file), error.line, error.column)


class _Life:
    """How long an object of the library lives: until nothing in Python holds it, and no object that needs it lives. The garbage
    collector ends cyclic garbage in any order, so that references between handles could not say it. Lives are never garbage
    themselves, as the registry of weakref.finalize holds them."""

    def __init__(self, slot: Any, free: Callable[[Any], None], needs: tuple[_Life, ...], keep: object) -> None:
        self.slot, self.free, self.needs, self.keep = slot, free, needs, keep
        self.tokens = ["last"]  # one more for each object that needs this one; list.pop is atomic, and the last comes out last
        for life in needs:
            life.tokens.append("user")

    def release(self) -> None:
        if self.tokens.pop() == "last":
            self.free(self.slot[0])
            for life in self.needs:
                life.release()
            self.keep = None


class Handle:
    """An object of the library. `slot` is where C puts its address; it is freed with the handle, but after handles that need it.
    `keep` lives as long."""

    def __init__(self, kind: str, free: Callable[[Any], None], *needs: Handle, keep: object = None) -> None:
        self.slot: Any = ffi.new(f"{kind} **")
        self._life: _Life = _Life(self.slot, free, tuple(h._life for h in needs), keep)
        weakref.finalize(self, self._life.release).atexit = False

    @property
    def pointer(self) -> Any:
        return self.slot[0]


def bytes_of(function: Callable[..., int], *arguments: Any) -> bytes:
    """The bytes that a function returns by `const void **bytes, size_t *size`; a copy."""
    data, size = ffi.new("const void **"), ffi.new("size_t *")
    call(function, *arguments, data, size)
    return bytes(ffi.buffer(data[0], size[0])) if size[0] else b""
