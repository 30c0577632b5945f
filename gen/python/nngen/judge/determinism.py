"""python -m nngen.judge.determinism A B: two corpora have the same files with the same bytes."""
import sys
from pathlib import Path

PART = 1 << 20


def tree(root):
    root = Path(root)
    return {p.relative_to(root).as_posix(): p for p in root.rglob("*") if not p.is_dir()}


def first_difference(a, b):
    """Offset of the first byte that differs, None if the files are equal."""
    with open(a, "rb") as f, open(b, "rb") as g:
        at = 0
        while True:
            x, y = f.read(PART), g.read(PART)
            if x != y:
                n = min(len(x), len(y))
                return at + next((i for i in range(n) if x[i] != y[i]), n)
            if not x:
                return None
            at += len(x)


def differences(a, b):
    """Yields one line for each file that is missing or differs."""
    here, there = tree(a), tree(b)
    for name in sorted(here.keys() | there.keys()):
        if name not in there or name not in here:
            yield f"{name}: only in {a if name in here else b}"
        else:
            at = first_difference(here[name], there[name])
            if at is not None:
                yield f"{name}: differs from byte {at}"


def main(argv=None):
    args = sys.argv[1:] if argv is None else argv
    if len(args) != 2 or not all(Path(a).is_dir() for a in args):
        print("usage: python -m nngen.judge.determinism DIR DIR", file=sys.stderr)
        return 2
    bad = list(differences(*args))
    for line in bad[:20]:
        print(line)
    print(f"{len(bad)} of {len(tree(args[0]).keys() | tree(args[1]).keys())} files differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
