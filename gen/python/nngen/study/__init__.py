"""Differential tests of runtimes, converters and simplifiers: nngen-study."""
