"""Measures what a runtime can run, and proposes a profile: nngen-profile."""
