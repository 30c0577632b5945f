"""Judges nngen corpora from their files alone. See README.md."""
