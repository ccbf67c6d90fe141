"""The explanation as a value, and the words made from it."""

from typing import Any

import pytest

from kmslab.authz.decide import decide
from kmslab.authz.denial import message
from kmslab.authz.explain import Explanation, GrantTrace, explain
from kmslab.simulate import layers_of, request_of
from tests.authz.cases import KEY_ARN, OWN, identify, vectors, whole

ALICE = f"arn:aws:iam::{OWN}:user/alice"


def explained(**given: Any) -> Explanation:
    case = whole({"action": "kms:Decrypt"} | given)
    return explain(request_of(case), layers_of(case))


def test_conditions_show_the_values_compared() -> None:
    condition = {
        "StringEquals": {"aws:username": ["${aws:PrincipalTag/team}", "${aws:PrincipalTag/none}"]},
        "NumericLessThan": {"aws:MultiFactorAuthAge": 300},
        "Null": {"aws:SourceIp": "true"},
    }
    explanation = explained(key_policy={"Principal": "*", "Condition": condition})
    [layer] = explanation.layers
    [statement] = layer.policies[0].statements
    equals, less, null = statement.conditions
    assert equals.wanted == ("blue", "${aws:PrincipalTag/none}")
    assert equals.found == "alice"
    assert less.wanted == ("300",)
    assert less.found is None
    assert [equals.holds, less.holds, null.holds] == [False, False, True]
    assert explanation.missing == ("key_policy",)


def test_what_is_missing_is_empty_after_an_explicit_deny() -> None:
    explanation = explained(key_policy={"Principal": "*", "Effect": "Deny"})
    assert explanation.missing == ()
    assert explanation.decision.layers == ("key_policy",)


GRANT = {
    "grant_id": "g",
    "key_arn": KEY_ARN,
    "operations": ["Decrypt"],
    "grantee_principal": ALICE,
    "status": "active",
}


def test_retiring() -> None:
    grant = GRANT | {"retiring_principal": ALICE, "grantee_principal": "x"}
    explanation = explained(action="kms:RetireGrant", grants=[grant], request={"grant_id": "g"})
    assert explanation.decision.allowed
    [trace] = explanation.grants
    assert trace == GrantTrace("g", *[True] * 5)


@pytest.mark.parametrize("case", vectors("denials"), ids=identify)
def test_denial(case: dict[str, Any]) -> None:
    given = whole(case["given"])
    request = request_of(given)
    assert message(request, decide(request, layers_of(given))) == case["text"]
