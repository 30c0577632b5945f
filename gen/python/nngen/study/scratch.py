"""Temporary folders that do not outlive their process for long: a lock, which the kernel takes away with the process, says that it lives.
What a killed one left is removed by the next."""
import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "nngen-scratch-"  # of nothing but folders that are locked by those who use them


def open_folder(path):
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)


def still_there(path, fd):
    try:
        return os.path.samestat(os.lstat(path), os.fstat(fd))
    except FileNotFoundError:
        return False


class Folder:
    """path: an empty folder in the one for temporary files, until close()."""

    def __init__(self):
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
            with contextlib.suppress(FileNotFoundError):
                self.fd = open_folder(self.path)
                with contextlib.suppress(OSError):  # some network file systems have no locks; nobody else gets one then
                    fcntl.flock(self.fd, fcntl.LOCK_EX)
                if still_there(self.path, self.fd):
                    return
                os.close(self.fd)  # sweep() came in between

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.fd)

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        self.close()


def sweep():
    """Removes the folders that no process holds. Those of other users cannot be opened, and stay."""
    for path in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        try:
            fd = open_folder(path)
        except OSError:
            continue
        with contextlib.suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        os.close(fd)
