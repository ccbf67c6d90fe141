"""Parsing: kinds of policies, documents given as objects, and what is indexed."""

import json
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


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"Name": "x", "Statement": []}, "policy: unknown element Name"),
        ({"Statement": {"Effect": "Allow", "Actions": "*"}}, "Statement[0]: unknown element Actions"),
        ({"Statement": {"Effect": "allow"}}, "Statement[0]: Effect must be Allow or Deny"),
        ({"Statement": [{"Effect": "Deny"}, 7]}, "Statement[1] must be an object"),
        ({"Statement": {"Effect": "Deny", "Sid": 7}}, "Statement[0]: Sid must be a string"),
        ({"Statement": {"Effect": "Deny", "Action": 7}}, "Statement[0]: Action must be a string or a list of strings"),
        ({"Statement": {"Effect": "Deny", "Resource": [7]}}, "Statement[0]: Resource must be a string or a list of strings"),
        ({"Statement": {"Effect": "Deny", "Principal": {"AWS": 7}}}, "Statement[0]: Principal must be a string or a list of strings"),
        ({"Statement": {"Effect": "Deny", "Principal": {"Aws": "x"}}}, "Statement[0]: Principal: unknown element Aws"),
        ({"Statement": {"Effect": "Deny", "Principal": "x"}}, 'Statement[0]: Principal must be "*" or name principals by their type'),
        ({"Statement": {"Effect": "Deny", "Action": "*", "NotAction": "*"}}, "Statement[0]: Action and NotAction exclude each other"),
        ({"Statement": {"Effect": "Deny", "Condition": []}}, "Statement[0]: Condition must map operators to keys"),
        ({"Statement": {"Effect": "Deny", "Condition": {"Bool": {"a": None}}}}, "Statement[0]: Condition values must be strings, numbers or booleans"),
        ({"Statement": {"Effect": "Deny", "Condition": {"Is": {"a": "b"}}}}, "Invalid Condition type: Is"),
        ({"Version": "2020-01-01", "Statement": []}, "Version must be 2012-10-17 or 2008-10-17"),
        ({"Id": 7, "Statement": []}, "Id must be a string"),
        ({}, "Statement is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_words(block: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse(block)
    assert str(refused.value) == words


def test_an_accepted_document_is_returned_compiled() -> None:
    """A key policy may ask what the new key is like, before there is one."""
    new = {"kms:KeySpec": "SYMMETRIC_DEFAULT", "kms:KeyUsage": "ENCRYPT_DECRYPT", "kms:KeyOrigin": "AWS_KMS"}  # fmt: skip
    text = json.dumps(document({"Principal": "*", "Condition": {"StringEquals": new}}))
    accepted = check_key_policy(
        text,
        caller=Principal(kind="root", arn="arn:aws:iam::111122223333:root", account="111122223333"),
        caller_policies=PrincipalPolicies(),
        account="111122223333",
        region="us-east-1",
        exists=lambda _: True,
    )
    assert [item.index for item in accepted.select("kms:Decrypt").allows] == [0]
