"""Layers, principals, actions, resources and grants: whole cases, each with its verdict."""

from typing import Any

import pytest

from kmslab.simulate import simulate_case
from tests.authz.cases import identify, vectors, whole

CASES = [*vectors("layers"), *vectors("grants")]


@pytest.mark.parametrize("case", CASES, ids=identify)
def test_verdict(case: dict[str, Any]) -> None:
    answer = simulate_case(whole(case["given"]))
    expected = case["expect"]
    assert answer["kind"] == expected["kind"]
    assert answer["decision"] == ("allow" if expected["kind"] == "allow" else "deny")
    if "layers" in expected:
        assert answer.get("layers", []) == expected["layers"]
