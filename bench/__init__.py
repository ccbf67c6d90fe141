"""Benchmarks: every figure is a ratio to something that ran beside it."""
