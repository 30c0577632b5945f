from cli.conftest import nngen  # noqa: F401
