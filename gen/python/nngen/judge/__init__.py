"""Judges nngen corpora from their files alone: nngen-judge. It uses none of nngen's code."""
