"""The words of an explanation: one tree, drawn as text and written as JSON."""

import json
from typing import Any

import pytest

from kmslab.authz.explain import Explanation, explain
from kmslab.authz.render import Node, as_json, as_text, lines, tree
from kmslab.simulate import layers_of, request_of
from tests.authz.cases import KEY_ARN, OWN, whole

ALICE = f"arn:aws:iam::{OWN}:user/alice"


def explained(**given: Any) -> Explanation:
    case = whole({"action": "kms:Decrypt"} | given)
    return explain(request_of(case), layers_of(case))


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
        ({}, "Grant g: allows"),
        ({"action": "kms:Encrypt"}, "Grant g: does not cover the operation"),
        ({"grants": [GRANT | {"status": "retired"}]}, "Grant g: is retired"),
        (
            {"grants": [GRANT | {"status": "pending"}]},
            "Grant g: does not count yet without its token",
        ),
        ({"grants": [GRANT | {"grantee_principal": "x"}]}, "Grant g: names another grantee"),
        (
            {"grants": [GRANT | {"constraints": {"encryption_context_equals": {"a": "1"}}}]},
            "Grant g: its constraints fail",
        ),
        ({"action": "kms:RetireGrant"}, "Missing: an allow from grants"),
        ({"caller": "cloudtrail"}, "caller: cloudtrail.amazonaws.com"),
        ({"key_policy": {"Principal": "*"}}, "Key policy: allow"),
        ({"key_policy": {"Principal": {"AWS": OWN}}}, "Key policy: delegates to IAM"),
        ({"key_policy": {"Principal": {"AWS": "444455556666"}}}, "Key policy: no allow"),
        ({"key_policy": {"Action": "*"}}, "Allow statement 0: names other principals"),
        ({"identity_policies": [{"Principal": "*"}]}, "Allow statement 0: applies"),
        ({"rcps": [[[]]]}, "Resource control policies: no deny"),
        (
            {"vpc_endpoint_policy": {"Action": "s3:*"}},
            "Allow statement 0: is about other actions",
        ),
        ({"vpc_endpoint_policy": "*"}, "VPC endpoint policy: allow"),
        (
            {"vpc_endpoint_policy": {"Condition": {"Null": {"aws:SourceIp": "false"}}}},
            "Allow statement 0: a condition fails",
        ),
        ({"scps": [[], ["*"]]}, "Service control policies: no allow"),
        ({"scps": [["*"]]}, "level 0, policy 0"),
        ({"rcps": [["*"], ["*"]]}, "level 1, policy 0"),
        ({"action": "kms:CreateKey", "resource": "none"}, "resource: *"),
        (
            {"identity_policies": [{"Sid": "Other", "Resource": "arn:aws:kms:*:*:alias/*"}]},
            'Allow statement 0 "Other": is about other resources',
        ),
        (
            {"identity_policies": [{"Condition": {"Null": {"aws:SourceIp": "false"}}}]},
            "Null aws:SourceIp: wants false; found absent: fails",
        ),
        (
            {
                "context": {"lab:List": ["a", "b"]},
                "identity_policies": [
                    {"Condition": {"ForAnyValue:StringEquals": {"lab:List": ["x", "b"]}}}
                ],
            },
            "ForAnyValue:StringEquals lab:List: wants x, b; found a, b: holds",
        ),
    ],
)
def test_each_part_in_words(given: dict[str, Any], line: str) -> None:
    drawn = list(lines(tree(explained(**({"grants": [GRANT]} | given)))))
    assert line in [str(each.node) for each in drawn]


def test_the_whole_tree_of_a_denial() -> None:
    condition = {
        "StringEquals": {"aws:SourceVpce": "vpce-1"},
        "Bool": {"aws:ViaAWSService": "false"},
    }
    explanation = explained(
        key_policy={"Principal": {"AWS": OWN}},
        context={"aws:ViaAWSService": "false"},
        identity_policies=[{"Sid": "Inside", "Condition": condition}],
    )
    assert (
        as_text(tree(explanation))
        == f"""\
DENIED because nothing allows it: kms:Decrypt
├─ caller: {ALICE}
├─ resource: {KEY_ARN}
├─ Key policy: delegates to IAM
│  └─ policy 0
│     └─ Allow statement 0: applies
├─ Identity-based policies: no allow
│  └─ policy 0
│     └─ Allow statement 0 "Inside": a condition fails
│        ├─ StringEquals aws:SourceVpce: wants vpce-1; found absent: fails
│        └─ Bool aws:ViaAWSService: wants false; found false: holds
└─ Missing: an allow from identity-based policies"""
    )


DENY = {"Effect": "Deny"}
UNLESS = {"Condition": {"StringEquals": {"aws:username": "bob"}}}


@pytest.mark.parametrize(
    ("given", "start", "bearing"),
    [
        ({}, "DENIED", "against"),
        ({"key_policy": {"Principal": {"AWS": ALICE}}}, "ALLOWED", "for"),
        ({"key_policy": {"Principal": {"AWS": ALICE}}}, "Key policy", "for"),
        ({"key_policy": {"Principal": {"AWS": OWN}}}, "Key policy", "for"),
        ({"key_policy": {"Principal": {"AWS": "444455556666"}}}, "Key policy", "against"),
        ({"identity_policies": [DENY]}, "Identity-based policies", "against"),
        ({"identity_policies": [DENY]}, "Deny statement 0", "against"),
        ({"identity_policies": [DENY | UNLESS]}, "Deny statement 0", "none"),
        ({"identity_policies": [DENY | UNLESS]}, "StringEquals", "none"),
        ({"identity_policies": [UNLESS]}, "Allow statement 0", "against"),
        ({"identity_policies": ["*"]}, "Allow statement 0", "for"),
        ({"identity_policies": [UNLESS | {"Condition": {"Null": {"aws:SourceIp": "true"}} | UNLESS["Condition"]}]}, "Null", "none"),
        ({"identity_policies": [UNLESS]}, "StringEquals", "against"),
        ({"identity_policies": [UNLESS | {"Action": "kms:Sign"}]}, "Allow statement 0", "none"),
        ({"identity_policies": [UNLESS | {"Resource": "arn:aws:kms:*:*:alias/*"}]}, "Allow", "none"),
        ({"key_policy": UNLESS | {"Principal": {"AWS": "444455556666"}}}, "Allow", "none"),
        ({"rcps": [[[]]]}, "Resource control policies", "none"),
        ({"grants": [GRANT]}, "Grant g", "for"),
        ({"grants": [GRANT | {"status": "retired"}]}, "Grant g", "none"),
        ({"key_policy": {"Principal": {"AWS": OWN}}}, "Missing", "against"),
        ({}, "caller", "none"),
    ],
)  # fmt: skip
def test_each_line_says_which_verdict_it_speaks_for(
    given: dict[str, Any], start: str, bearing: str
) -> None:
    nodes = [line.node for line in lines(tree(explained(**given)))]
    assert [node.bearing for node in nodes if node.subject.startswith(start)] == [bearing]


def test_json_holds_the_whole_value() -> None:
    found = json.loads(json.dumps(as_json(explained(key_policy={"Principal": {"AWS": OWN}}))))
    assert found["decision"] == {
        "allowed": False,
        "kind": "implicit_deny",
        "layers": ["identity"],
    }
    assert found["missing"] == ["identity"]
    assert (found["caller"], found["action"], found["resource"]) == (ALICE, "kms:Decrypt", KEY_ARN)
    [layer] = found["layers"]
    [statement] = layer["policies"][0]["statements"]
    assert (layer["name"], layer["outcome"]) == ("key_policy", "delegates to IAM")
    assert (statement["effect"], statement["applies"], statement["conditions"]) == (
        "Allow",
        True,
        [],
    )


def test_a_tree_of_one_line() -> None:
    assert as_text(Node("alone")) == "alone"
