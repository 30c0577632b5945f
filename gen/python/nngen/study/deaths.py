"""Processes that a target starts, such as compilers, and that die: its failure is then a crash, whatever exception it makes of it."""
import os
import re
import signal
import subprocess

from nngen.study import processes

FATAL = {signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGFPE, signal.SIGBUS, signal.SIGKILL, signal.SIGTRAP, signal.SIGSYS}
BY_A_SHELL = {128 + s: s for s in FATAL}  # the exit status of a shell whose command died
# What drivers of compilers, and pools of processes, say of the death of what they started, and end with an exit status of their own.
SAID = re.compile(r"internal compiler error|frontend command failed due to signal|signal terminated program|died with <Signals\.|terminated abruptly|TerminatedWorkerError|"
                  r"unable to execute command: (?:Segmentation|Abort|Illegal|Bus|Floating|Killed|Trace)")
MOST = 1 << 16  # bytes of what was said that are looked at


class Watched(subprocess.Popen):
    """In place of subprocess.Popen: notes who died without being told to."""

    noted = []
    told = False

    def send_signal(self, sig):
        self.told = True
        super().send_signal(sig)

    @property
    def returncode(self):
        return self.__dict__["returncode"]

    @returncode.setter
    def returncode(self, code):
        self.__dict__["returncode"] = code
        number = BY_A_SHELL.get(code) or (-code if code is not None and code < 0 else None)
        if number in FATAL and not self.told:
            program = self.args if isinstance(self.args, (str, bytes, os.PathLike)) else next(iter(self.args), "")
            self.noted.append(f"{os.path.basename(os.fsdecode(program).split()[0])}: {processes.how_it_ended(-number)}")


def watch():
    subprocess.Popen = Watched


def forget():
    Watched.noted.clear()


def said(path, begin):
    """What was written to the log after its byte `begin`."""
    try:
        with open(path, "rb") as f:
            f.seek(max(begin, os.path.getsize(path) - MOST))
            return f.read().decode("utf-8", "replace")
    except OSError:
        return ""


def found(*texts):
    """How a process died since the last forget(), by its end or by what was said of it, or ""."""
    if Watched.noted:
        return Watched.noted[-1]
    return next((m[0] for m in map(SAID.search, texts) if m), "")
