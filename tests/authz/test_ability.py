"""Whether a principal could ever do something: never less than a request that was allowed."""

from typing import Any

import msgspec
import pytest

from kmslab.authz.ability import Ability, ability
from kmslab.authz.actions import IAM_ONLY, canonical
from kmslab.authz.decide import decide
from kmslab.authz.layers import Layers
from kmslab.model.requests import AuthorizationRequest
from kmslab.simulate import layers_of, request_of
from tests.authz.cases import FOREIGN, KEY_ARN, OWN, identify, vectors, whole

ALICE = f"arn:aws:iam::{OWN}:user/alice"
ROLE = f"arn:aws:iam::{OWN}:role/path/App"
SERVICE = "cloudtrail.amazonaws.com"
CASES = [case for name in ("layers", "grants", "context_keys") for case in vectors(name)]


def asked(given: dict[str, Any]) -> tuple[AuthorizationRequest, Layers]:
    request = request_of(given)
    return msgspec.structs.replace(request, parameters={}, environment={}), layers_of(given)


@pytest.mark.parametrize("case", CASES, ids=identify)
def test_who_was_allowed_is_able(case: dict[str, Any]) -> None:
    given = whole(case["given"])
    request = request_of(given)
    action = canonical(request.action)
    about_a_key = request.resource.kind == "key" and action not in IAM_ONLY | {"kms:RetireGrant"}
    if about_a_key and decide(request, layers_of(given)).allowed:
        found = ability(*asked(given))
        assert found is not None
        assert found.ways


GRANT = {
    "grant_id": "g",
    "key_arn": KEY_ARN,
    "operations": ["Decrypt", "CreateGrant", "DescribeKey"],
    "grantee_principal": ALICE,
}
VPCE = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
STAGE = {"StringLike": {"kms:EncryptionContext:stage": ["test", "dev"]}}
IF_VPCE = "if StringEquals aws:SourceVpce vpce-1"
BY_ACCOUNT = {"Principal": {"AWS": OWN}}
BY_NAME = {"Principal": {"AWS": ALICE}}
DENY = {"Effect": "Deny"}


def condition(operator: str, key: str, value: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


# IAM User Guide, "Policy evaluation logic"; KMS Developer Guide, "Default key policy", "Grants".
@pytest.mark.parametrize(
    ("given", "ways"),
    [
        ({}, None),
        ({"key_policy": BY_ACCOUNT}, None),
        ({"key_policy": BY_NAME}, ["Key policy, statement 0"]),
        ({"key_policy": BY_ACCOUNT, "identity_policies": ["*"]}, ["Key policy, statement 0", "Identity-based policies, policy 0, statement 0"]),
        ({"key_policy": [BY_NAME, BY_ACCOUNT], "identity_policies": []}, ["Key policy, statement 0"]),
        ({"key_policy": BY_NAME, "identity_policies": ["*"]}, ["Key policy, statement 0"]),
        ({"key_policy": BY_NAME | {"Sid": "Me", "Condition": VPCE}}, [f'Key policy, statement 0 "Me", {IF_VPCE}']),
        ({"key_policy": BY_ACCOUNT, "identity_policies": [{"Condition": VPCE}]}, ["Key policy, statement 0", f"Identity-based policies, policy 0, statement 0, {IF_VPCE}"]),
        ({"key_policy": BY_NAME | {"Condition": STAGE | VPCE}}, [f"Key policy, statement 0, if StringLike kms:EncryptionContext:stage test, dev and {IF_VPCE[3:]}"]),
        ({"key_policy": BY_NAME | condition("StringEquals", "aws:username", "alice")}, ["Key policy, statement 0"]),
        ({"key_policy": BY_NAME | condition("StringEquals", "aws:username", "bob")}, None),
        ({"key_policy": BY_NAME | condition("StringEquals", "aws:PrincipalTag/team", "blue")}, ["Key policy, statement 0"]),
        ({"key_policy": BY_NAME | condition("StringEquals", "AWS:PRINCIPALTAG/team", "red")}, None),
        ({"key_policy": BY_NAME | condition("StringEquals", "aws:PrincipalTag/team", "${aws:PrincipalTag/team}")}, ["Key policy, statement 0"]),
        ({"key_policy": BY_NAME | condition("StringEquals", "aws:PrincipalTag/team", "${aws:SourceVpce}")}, ["Key policy, statement 0, if StringEquals aws:PrincipalTag/team ${aws:SourceVpce}"]),
        ({"key_policy": BY_NAME | condition("StringEquals", "aws:username", "${*}bob")}, None),
        ({"caller": "session", "key_policy": {"Principal": {"AWS": ROLE}} | condition("StringLike", "aws:userid", "*:build-8")}, ["Key policy, statement 0, if StringLike aws:userid *:build-8"]),
        ({"key_policy": BY_NAME | condition("StringLike", "aws:userid", "*:build-8")}, None),
        ({"key_policy": [BY_NAME, BY_NAME | DENY]}, None),
        ({"key_policy": BY_NAME, "identity_policies": [DENY | condition("StringEquals", "aws:username", "alice")]}, None),
        ({"key_policy": BY_NAME, "identity_policies": [DENY | condition("StringEquals", "aws:username", "bob")]}, ["Key policy, statement 0"]),
        ({"key_policy": BY_NAME | {"Action": "kms:Sign"}}, None),
        ({"key_policy": [BY_NAME | {"Condition": VPCE}, BY_ACCOUNT], "identity_policies": ["*"]}, [f"Key policy, statement 0, {IF_VPCE}", "Key policy, statement 1", "Identity-based policies, policy 0, statement 0"]),
        ({"key_policy": BY_NAME, "rcps": [[{"Principal": "*", "Condition": VPCE}]]}, ["Key policy, statement 0"]),
        ({"grants": [GRANT]}, ["Grant g"]),
        ({"grants": [GRANT | {"status": "pending"}]}, ["Grant g, if the request carries its token"]),
        ({"grants": [GRANT | {"status": "revoked"}]}, None),
        ({"grants": [GRANT | {"constraints": {"encryption_context_equals": {"a": "1", "b": "2"}}}]}, ["Grant g, if the encryption context is a=1, b=2"]),
        ({"grants": [GRANT | {"constraints": {"encryption_context_equals": {}}}]}, ["Grant g, if the encryption context is empty"]),
        ({"grants": [GRANT | {"constraints": {"encryption_context_subset": {"a": "1"}}}]}, ["Grant g, if the encryption context has a=1"]),
        ({"action": "kms:CreateGrant", "grants": [GRANT | {"constraints": {"encryption_context_subset": {"a": "1"}}}]}, ["Grant g, if the encryption context has a=1"]),
        ({"action": "kms:DescribeKey", "grants": [GRANT | {"constraints": {"encryption_context_subset": {"a": "1"}}}]}, ["Grant g"]),
        ({"grants": [GRANT | {"constraints": {"source_arn": "arn:aws:x:::y"}}]}, ["Grant g"]),
        ({"caller": "cloudtrail", "grants": [GRANT | {"grantee_principal": "", "grantee_service_principal": SERVICE, "constraints": {"source_arn": "arn:aws:x:::y"}}]}, ["Grant g, if aws:SourceArn is arn:aws:x:::y"]),
        ({"grants": [GRANT | {"grantee_principal": OWN}]}, None),
        ({"grants": [GRANT | {"grantee_principal": OWN}], "identity_policies": ["*"]}, ["Grant g", "Identity-based policies, policy 0, statement 0"]),
        ({"caller": "bob", "key_policy": {"Principal": {"AWS": f"arn:aws:iam::{FOREIGN}:user/bob"}}}, None),
        ({"caller": "bob", "key_policy": {"Principal": {"AWS": f"arn:aws:iam::{FOREIGN}:user/bob"}}, "identity_policies": ["*"]}, ["Key policy, statement 0", "Identity-based policies, policy 0, statement 0"]),
        ({"caller": "foreign-root", "key_policy": {"Principal": {"AWS": FOREIGN}}}, ["Key policy, statement 0"]),
        ({"caller": "root", "key_policy": BY_ACCOUNT}, ["Key policy, statement 0"]),
        ({"key_policy": BY_ACCOUNT, "identity_policies": ["*"], "permission_boundary": {"Action": "kms:Sign"}}, None),
        ({"key_policy": BY_ACCOUNT, "identity_policies": ["*"], "permission_boundary": "*"}, ["Key policy, statement 0", "Identity-based policies, policy 0, statement 0"]),
        ({"key_policy": BY_ACCOUNT, "identity_policies": ["*"], "permission_boundary": {"Condition": VPCE}}, ["Key policy, statement 0", "Identity-based policies, policy 0, statement 0", f"Permissions boundary, statement 0, {IF_VPCE}"]),
        ({"key_policy": BY_NAME, "scps": [["*"], [{"Condition": VPCE}]]}, ["Key policy, statement 0", f"Service control policies, level 1, policy 0, statement 0, {IF_VPCE}"]),
        ({"key_policy": BY_NAME, "scps": [["*"], []]}, None),
        ({"key_policy": BY_NAME, "rcps": [[{"Principal": "*"}]]}, ["Key policy, statement 0"]),
        ({"key_policy": BY_NAME, "vpc_endpoint_policy": "*"}, ["Key policy, statement 0"]),
    ],
)  # fmt: skip
def test_ways(given: dict[str, Any], ways: list[str] | None) -> None:
    found = ability(*asked(whole({"action": "kms:Decrypt"} | given)))
    assert (found and [str(way) for way in found.ways]) == ways


@pytest.mark.parametrize(
    ("given", "unless"),
    [
        ({"identity_policies": [DENY | {"Condition": VPCE}]}, [f"Identity-based policies, policy 0, statement 0, {IF_VPCE}"]),
        ({"identity_policies": [DENY | {"Condition": {"StringNotLike": {"aws:username": "ali*"}, "StringEquals": {"aws:SourceVpce": "vpce-1"}}}]}, []),
        ({"identity_policies": [DENY | {"Action": "kms:Sign", "Condition": VPCE}]}, []),
        ({"rcps": [["*"], [DENY | {"Principal": "*", "Condition": VPCE}]]}, [f"Resource control policies, level 1, policy 0, statement 0, {IF_VPCE}"]),
        ({}, []),
    ],
)  # fmt: skip
def test_denials_of_some_requests(given: dict[str, Any], unless: list[str]) -> None:
    found = ability(*asked(whole({"action": "kms:Decrypt", "key_policy": BY_NAME} | given)))
    assert found is not None
    assert [str(way) for way in found.unless] == unless


def test_an_ability_without_denials() -> None:
    assert Ability(()).unless == ()
