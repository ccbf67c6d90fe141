"""Quizzes in the formats of others, one module each; `formats.py` has a row for each."""
