"""The explanation as a value, and the words made from it."""

from typing import Any

import pytest

from kmslab.authz.decide import decide
from kmslab.authz.denial import message
from kmslab.authz.explain import Explanation, explain, render_text
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


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({}, "  Grant g: allows"),
        ({"action": "kms:Encrypt"}, "  Grant g: does not cover the operation"),
        ({"grants": [GRANT | {"status": "retired"}]}, "  Grant g: is not usable"),
        ({"grants": [GRANT | {"grantee_principal": "x"}]}, "  Grant g: names another grantee"),
        (
            {"grants": [GRANT | {"constraints": {"encryption_context_equals": {"a": "1"}}}]},
            "  Grant g: its constraints fail",
        ),
        ({"action": "kms:RetireGrant"}, "  Missing: an allow from grants"),
        ({"caller": "cloudtrail"}, "  caller: cloudtrail.amazonaws.com"),
        ({"key_policy": {"Principal": "*"}}, "  Key policy: allow"),
        ({"key_policy": {"Principal": {"AWS": OWN}}}, "  Key policy: delegates to IAM"),
        ({"key_policy": {"Action": "*"}}, "      Allow statement 0: names other principals"),
        ({"identity_policies": [{"Principal": "*"}]}, "      Allow statement 0: applies"),
        ({"rcps": [[[]]]}, "  Resource control policies: no deny"),
        (
            {"vpc_endpoint_policy": {"Action": "s3:*"}},
            "      Allow statement 0: is about other actions",
        ),
        ({"vpc_endpoint_policy": "*"}, "  VPC endpoint policy: allow"),
        ({"scps": [[], ["*"]]}, "  Service control policies: no allow"),
        ({"scps": [["*"]]}, "    level 0, policy 0"),
        (
            {"identity_policies": [{"Sid": "Other", "Resource": "arn:aws:kms:*:*:alias/*"}]},
            '      Allow statement 0 "Other": is about other resources',
        ),
        (
            {"identity_policies": [{"Condition": {"Null": {"aws:SourceIp": "false"}}}]},
            "        Null aws:SourceIp: wants false; found absent: fails",
        ),
        (
            {
                "context": {"lab:List": ["a", "b"]},
                "identity_policies": [
                    {"Condition": {"ForAnyValue:StringEquals": {"lab:List": ["x", "b"]}}}
                ],
            },
            "        ForAnyValue:StringEquals lab:List: wants x, b; found a, b: holds",
        ),
    ],
)
def test_text(given: dict[str, Any], line: str) -> None:
    lines = render_text(explained(**({"grants": [GRANT]} | given))).splitlines()
    assert line in lines


def test_retiring() -> None:
    grant = GRANT | {"retiring_principal": ALICE, "grantee_principal": "x"}
    explanation = explained(action="kms:RetireGrant", grants=[grant], request={"grant_id": "g"})
    assert explanation.decision.allowed
    assert explanation.grants[0].allows


@pytest.mark.parametrize("case", vectors("denials"), ids=identify)
def test_denial(case: dict[str, Any]) -> None:
    given = whole(case["given"])
    request = request_of(given)
    assert message(request, decide(request, layers_of(given))) == case["text"]
