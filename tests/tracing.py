"""Tests that run without the tracer of coverage: others run the same lines, and it doubles their time."""

import pytest

untraced = pytest.mark.no_cover
