"""Parsing: kinds of policies, documents given as objects, and what is indexed."""

from typing import Any

import pytest

from kmslab.authz.errors import PolicyError
from kmslab.authz.policy import parse
from kmslab.authz.validate import check_key_policy
from kmslab.model.errors import MalformedPolicyDocumentException
from kmslab.model.principals import Principal, PrincipalPolicies
from tests.authz.cases import ANYTHING, document

DENY_OTHERS = {"Effect": "Deny", "NotAction": "s3:*", "-": ["Action"]}


def test_kinds() -> None:
    key_policy = document({"Principal": "*"})
    assert parse(key_policy, "key").statements[0].principal is not None
    assert parse(ANYTHING, "identity").statements[0].principal is None
    with pytest.raises(PolicyError, match=r"Statement\[0\]: Principal is missing"):
        parse(ANYTHING, "key")
    with pytest.raises(PolicyError, match=r"Statement\[0\]: Principal is not allowed"):
        parse(key_policy, "identity")


def test_the_index_holds_every_action() -> None:
    policy = parse(document([{"Action": "kms:Decrypt"}, DENY_OTHERS]))
    assert [item.index for item in policy.select("kms:Decrypt").allows] == [0]
    assert [item.index for item in policy.select("kms:Encrypt").allows] == []
    assert policy.select("kms:NewAction") == policy.select("kms:Newer")


def test_no_index_for_a_statement_without_action() -> None:
    policy = parse({"Statement": {"Effect": "Allow", "Resource": "*"}})
    assert policy.select("kms:Decrypt").allows == ()
    assert policy.select("s3:GetObject").allows == ()


def test_a_principal_without_types() -> None:
    with pytest.raises(PolicyError, match="Principal must be"):
        parse(document({"Principal": {}}))


@pytest.mark.parametrize("text", [None, 7, ["{}"]])
def test_a_policy_that_is_no_text(text: Any) -> None:
    caller = Principal(kind="root", arn="arn:aws:iam::111122223333:root", account="111122223333")
    with pytest.raises(MalformedPolicyDocumentException):
        check_key_policy(
            text,
            caller=caller,
            caller_policies=PrincipalPolicies(),
            account="111122223333",
            region="us-east-1",
            exists=lambda _: True,
        )
