"""nngen-profile: what a runtime can run, as a profile of the operator table.

    nngen-profile propose --runtime NAME | --adapter FILE.py    measures operators one by one, and proposes a profile
    nngen-profile verify --runtime NAME | --adapter FILE.py --profile NAME
                                                                how many mixed models of a profile load and run
    nngen-profile audit --runtime NAME | --adapter FILE.py --profile NAME
                                                                whether each item of a profile is still needed
    nngen-profile example                                       prints an adapter, to begin from

Each has --help. Exit status 0: done; 1: some models of `verify` do not run, some items of `audit` are not needed; 2: usage; 130: interrupted."""
import sys
from pathlib import Path

from nngen._extras import need


def main(argv=None):
    argv = sys.argv[1:] if argv is None else argv
    name, rest = (argv[0], argv[1:]) if argv else ("--help", [])
    if name in ("--help", "-h"):
        print(__doc__)
        return 0 if argv else 2
    if name == "example":
        print(Path(__file__).with_name("example.py").read_text("utf-8"), end="")
        return 0
    if name not in ("propose", "verify", "audit"):
        print(f"nngen-profile: {name}: propose, verify, audit or example expected; see nngen-profile --help", file=sys.stderr)
        return 2
    need("profile", "numpy", "onnx", "onnxruntime")
    if name == "audit":
        need("profile", "yaml")
        from nngen.profile import audit as command
    elif name == "propose":
        from nngen.profile import propose as command
    else:
        from nngen.profile import mixed as command
    return command.main(rest)


if __name__ == "__main__":
    sys.exit(main())
