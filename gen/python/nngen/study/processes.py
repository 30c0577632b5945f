"""Processes as the kernel shows them."""
import os
import signal

PAGE = os.sysconf("SC_PAGE_SIZE")
LISTED = os.path.exists(f"/proc/self/task/{os.getpid()}/children")  # not by every kernel, nor by what stands in for one


def by_parent():
    """{process: its children}"""
    found = {}
    for p in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{p}/stat", encoding="utf-8", errors="replace") as f:
                parent = int(f.read().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError, IndexError):  # it has ended
            continue
        found.setdefault(parent, []).append(int(p))
    return found


def children(pid):
    """Of all threads of a process: each has a list of its own."""
    found = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:  # it has ended
        return found
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as f:
                found += [int(x) for x in f.read().split()]
        except OSError:
            pass
    return found


def tree(pid):
    """The process and its descendants."""
    found, waiting = [], [pid]
    known = {} if LISTED else by_parent()
    while waiting:
        found.append(waiting.pop())
        waiting += children(found[-1]) if LISTED else known.get(found[-1], [])
    return found


def resident(pid):
    """Bytes of memory of a process and its descendants."""
    total = 0
    for p in tree(pid):
        try:
            with open(f"/proc/{p}/statm", encoding="ascii") as f:
                total += int(f.read().split()[1]) * PAGE
        except (OSError, ValueError, IndexError):
            pass
    return total


def kill(pids):
    for p in pids:
        try:
            os.kill(p, signal.SIGKILL)
        except OSError:
            pass


def end_as(code):
    """Ends this process as one that left this return code, with its signal if it is negative."""
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def how_it_ended(code):
    """In words, of a subprocess's return code."""
    if code is None or code >= 0:
        return f"exit status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
