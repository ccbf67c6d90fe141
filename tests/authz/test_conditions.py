"""Every condition operator, as an Allow and as a Deny."""

from typing import Any

import pytest

from kmslab.authz.errors import PolicyError
from kmslab.authz.policy import parse
from kmslab.simulate import simulate_case
from tests.authz.cases import ANYTHING, identify, vectors, whole

OPERATORS = vectors("operators")


def policy(case: dict[str, Any], effect: str) -> dict[str, Any]:
    statement = {
        "Effect": effect,
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {case["operator"]: {case["key"]: case["values"]}},
    }
    version = case.get("version", "2012-10-17")
    return {"Statement": statement} | ({"Version": version} if version else {})


def decision(case: dict[str, Any], *policies: dict[str, Any]) -> str:
    given = {
        "action": "kms:Decrypt",
        "context": case["context"],
        "key_policy": {"Principal": {"AWS": "111122223333"}},
        "identity_policies": list(policies),
    }
    return str(simulate_case(whole(given))["kind"])


@pytest.mark.parametrize("case", OPERATORS, ids=identify)
def test_condition_of_an_allow(case: dict[str, Any]) -> None:
    expected = "allow" if case["holds"] else "implicit_deny"
    assert decision(case, policy(case, "Allow")) == expected


@pytest.mark.parametrize("case", OPERATORS, ids=identify)
def test_condition_of_a_deny(case: dict[str, Any]) -> None:
    expected = "explicit_deny" if case["holds"] else "allow"
    assert decision(case, policy(case, "Deny"), ANYTHING) == expected


@pytest.mark.parametrize(
    "operator",
    ["StringEqual", "ForSomeValues:StringEquals", "NullIfExists", "ForAnyValue:Null", "", ":"],
)
def test_no_such_operator(operator: str) -> None:
    document = {
        "Statement": {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*",
            "Condition": {operator: {"aws:username": "x"}},
        }
    }
    with pytest.raises(PolicyError):
        parse(document)


def test_conditions_are_combined_with_and() -> None:
    block = {
        "StringEquals": {"lab:A": "1", "lab:B": "2"},
        "StringLike": {"lab:C": "3*"},
    }
    statement = {"Condition": block}
    context = {"lab:A": "1", "lab:B": "2", "lab:C": "33"}
    given: dict[str, Any] = {
        "action": "kms:Decrypt",
        "key_policy": {"Principal": {"AWS": "111122223333"}},
        "identity_policies": [statement],
    }
    assert simulate_case(whole(given | {"context": context}))["kind"] == "allow"
    for name in context:
        other = context | {name: "x"}
        assert simulate_case(whole(given | {"context": other}))["kind"] == "implicit_deny"
