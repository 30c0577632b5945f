"""Expected outputs, with bounds, of models that come without: by `nngen eval`."""
import shutil
import subprocess
from pathlib import Path

SECONDS = 120  # for one data set


def one_set(nngen, path, k, out, data=None):
    """None, or why the program gives nothing for data set k, which is beside the model or in `data`."""
    where = [str(Path(data) / f"test_data_set_{k}")] if data else ["--set", str(k)]
    try:
        done = subprocess.run([str(nngen), "eval", str(path), *where, "--out", str(out)], capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as e:
        return str(e)[:300]
    return None if done.returncode == 0 else " ".join(done.stderr.split())[-300:] or f"exit status {done.returncode}"


def model(nngen, path, sets, out, data=None):
    """Writes OUT/test_data_set_K as `nngen --outputs` does; None, or why it does not. What is there from an earlier run stays."""
    out = Path(out)
    if not sets:
        return "no data set"
    for k in range(sets):
        folder = out / f"test_data_set_{k}"
        if folder.exists():
            continue
        partial = out / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.parent.mkdir(parents=True, exist_ok=True)
        if why := one_set(nngen, path, k, partial, data):
            shutil.rmtree(partial, ignore_errors=True)
            return why
        partial.rename(folder)  # all of it or nothing, whenever the process is killed
    return None
