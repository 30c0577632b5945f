"""Runs a target under guard: `python -m nngen.study.guard LIFELINE FOLDER NAME MODULES LOG`. The guard is a small process between harness and target.
It ends when the target or the harness does, however they do, and leaves none of the target's descendants behind.

LIFELINE is the read end of a pipe of which only the harness has the other, so that the kernel tells of its end. As a subreaper the guard becomes
the parent of whatever loses its own: no process leaves its tree, not by a session of its own either."""
import ctypes
import os
import resource
import select
import shutil
import signal
import sys
import time

from nngen.study import processes

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
PAUSE = 0.002  # seconds between two rounds of kills


def prctl(option, value):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value})")


def fork_target(lifeline):
    """(0, None) in the target's process; in the guard, its number and a descriptor that becomes readable when a child has ended."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    woken, wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    guard, target = os.getpid(), os.fork()
    if target:
        return target, woken
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # should the guard itself be killed
    if os.getppid() != guard:
        os._exit(1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    for fd in (woken, wakes, lifeline):
        os.close(fd)
    return 0, None


def reap(target):
    """Takes leave of the children that have ended: (the target's status if it is one of them, whether others are left)."""
    status = None
    try:
        while True:
            pid, ended = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return status, True
            if pid == target:
                status = ended
    except ChildProcessError:
        return status, False


def watch(target, woken, lifeline):
    """Waits for the end of the target or the harness; then nothing below this process lives any more. The target's status."""
    status, left, gone = None, True, False
    while status is None and not gone:
        ready, _, _ = select.select([lifeline, woken], [], [])
        if woken in ready:
            os.read(woken, 512)
        status, left = reap(target)
        gone = lifeline in ready
    while left:  # what is killed may have started another
        processes.kill(processes.tree(os.getpid())[1:])
        time.sleep(PAUSE)
        now, left = reap(target)
        status = now if status is None else status
    return status


def main():
    lifeline, folder, name, modules, log = int(sys.argv[1]), *sys.argv[2:]
    target, woken = fork_target(lifeline)
    if not target:
        from nngen.study import serve  # the guard has no use for what it imports

        serve.main(name, [m for m in modules.split(",") if m], log)
    for fd in (0, 1):  # the harness is to see the target's end of them close
        os.close(fd)
    status = watch(target, woken, lifeline)
    if select.select([lifeline], [], [], 0)[0]:
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)
    processes.end_as(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
