"""What CreateKey and PutKeyPolicy accept as a key policy."""

import json
from typing import Any

import pytest

from kmslab.authz.validate import check_key_policy
from kmslab.model.errors import MalformedPolicyDocumentException
from kmslab.model.principals import Principal, PrincipalPolicies
from kmslab.model.requests import Resource
from kmslab.simulate import check_policy_case
from tests.authz.cases import ANYTHING, KEY_ARN, OWN, identify, vectors

KEY_ADMIN = f"arn:aws:iam::{OWN}:user/keyadmin"
GIVEN: dict[str, Any] = {
    "id": "document",
    "operation": "CreateKey",
    "caller": {"type": "user", "arn": KEY_ADMIN, "account": OWN},
    "caller_identity_policies": [ANYTHING],
    "known_principals": [
        KEY_ADMIN,
        f"arn:aws:iam::{OWN}:role/path/App",
        f"arn:aws:iam::{OWN}:group/known",
        "arn:aws:iam::444455556666:root",
        "arn:aws:iam::555566667777:role/Partner",
    ],
    "bypass_policy_lockout_safety_check": False,
}


@pytest.mark.parametrize("case", vectors("documents"), ids=identify)
def test_document(case: dict[str, Any]) -> None:
    answer = check_policy_case(GIVEN | case["given"])
    assert answer.get("code") == case["code"]
    assert answer["result"] == ("reject" if case["code"] else "accept")


ALICE = Principal(kind="user", arn=f"arn:aws:iam::{OWN}:user/alice", account=OWN)
DEFAULT = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": OWN},
        "Action": "kms:*",
        "Resource": "*",
    },
}


def check(own: PrincipalPolicies, resource: Resource | None = None) -> None:
    check_key_policy(
        json.dumps(DEFAULT),
        caller=ALICE,
        caller_policies=own,
        account=OWN,
        region="us-west-2",
        exists=lambda name: name.endswith((OWN, "root")),
        resource=resource,
    )


def test_boundary_and_session_policy_count_for_the_lockout() -> None:
    everything = json.dumps(ANYTHING)
    nothing = json.dumps({"Statement": []})
    check(PrincipalPolicies(identity=(everything,), boundary=everything, session=everything))
    for own in (
        PrincipalPolicies(identity=(everything,), boundary=nothing),
        PrincipalPolicies(identity=(everything,), session=nothing),
    ):
        with pytest.raises(MalformedPolicyDocumentException, match="will not allow you"):
            check(own)


def test_the_lockout_check_knows_the_key() -> None:
    allow = ANYTHING["Statement"][0] | {"Resource": KEY_ARN}  # type: ignore[index]
    own = PrincipalPolicies(identity=(json.dumps({"Statement": [allow]}),))
    key = Resource(arn=KEY_ARN, account=OWN, region="us-west-2", kind="key")
    check(own, key)
    with pytest.raises(MalformedPolicyDocumentException):
        check(own)
