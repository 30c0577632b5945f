"""nngen-study."""
import argparse
import os
import sys

from nngen._extras import need
from nngen.study import places


def main():
    before = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    before.add_argument("--env")
    args, rest = before.parse_known_args()
    if args.env:
        os.environ["NNGEN_STUDY_ENV"] = args.env
    if rest[:1] == ["setup"] and not {"-h", "--help"} & set(rest):
        parser = argparse.ArgumentParser(prog="nngen-study setup")
        places.setup_options(parser)
        return places.setup(parser.parse_args(rest[1:]).target)
    places.enter(rest)
    need("study", "numpy", "onnx", "onnxruntime")
    from nngen.study import cli

    return cli.main(rest)


if __name__ == "__main__":
    sys.exit(main())
