"""Adapters of converters into other frameworks and formats, each in an environment of its own."""
from nngen.study.targets import target, unavailable
