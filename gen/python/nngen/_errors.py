"""The statuses of nngen.h as exceptions."""

from __future__ import annotations


class Error(Exception):
    """What the library reports. The text has the place, if there is one, and the reason."""

    def __init__(self, text: str, file: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(text)
        self.text, self.file, self.line, self.column = text, file, line, column

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[type[Error], tuple[str, str, int, int]]:
        return type(self), (self.text, self.file, self.line, self.column)


class UsageError(Error, ValueError):
    """An option is out of range, or contradicts another."""


class TableError(Error):
    """The operator table or a profile is wrong, at `file`, `line` and `column`."""


class BuildError(Error):
    """No model with the requested properties was found, or its tensors are too large."""


class FileError(Error, OSError):
    """A file could not be read or written, or is no sound model."""

    def __init__(self, text: str, file: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(text, file, line, column)
        self.filename = file or None


class UnsupportedError(Error):
    """A model uses what the operator table does not have. `reasons` has all of it."""

    reasons: tuple[str, ...] = ()


class OutOfMemory(Error, MemoryError):
    """The library had no memory."""
