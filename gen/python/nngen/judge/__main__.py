"""nngen-judge."""
import sys

from nngen._extras import need


def main():
    need("judge", "numpy", "onnx", "onnxruntime")
    from nngen.judge import validate

    return validate.main()


if __name__ == "__main__":
    sys.exit(main())
