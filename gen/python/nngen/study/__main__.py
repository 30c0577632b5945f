"""nngen-study."""
import sys

from nngen._extras import need


def main():
    need("study", "numpy", "onnx", "onnxruntime")
    from nngen.study import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
