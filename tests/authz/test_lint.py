"""Mistakes that a key policy can have and still be accepted."""

import json
from typing import Any

import pytest

from kmslab.authz.lint import RULES, lint
from kmslab.authz.policy import parse
from kmslab.authz.principals import bearer
from kmslab.authz.validate import new_key
from kmslab.simulate import lint_policy_case
from tests.authz.cases import OWN, document

KEY = new_key(OWN, "us-east-1")
ADMIN = f"arn:aws:iam::{OWN}:user/admin"
ROLE = f"arn:aws:iam::{OWN}:role/path/app"
ACCOUNT = {"Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}}
USE = {"Principal": {"AWS": ROLE}, "Action": ["kms:Encrypt", "kms:Decrypt"]}
KNOWN = {OWN, ADMIN, ROLE, "444455556666"}


def found(*statements: dict[str, Any]) -> list[tuple[str, int | None]]:
    policy = parse(document(list(statements)))
    return [(each.rule, each.statement) for each in lint(policy, KEY, KNOWN.__contains__)]


def condition(operator: str, key: str, *values: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: list(values)}}}


# KMS Developer Guide: "Default key policy", "Key policy elements", "Best practices for IAM policies",
# "Condition keys for AWS KMS"; IAM User Guide: "Principal", "Condition operators".
@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([ACCOUNT], []),
        ([ACCOUNT, USE], []),
        ([USE], [("lock-out", None)]),
        ([ACCOUNT | {"Action": "kms:Decrypt"}], [("lock-out", None)]),
        ([USE | {"Principal": {"AWS": "AIDAEXAMPLE0000000009"}, "Action": "kms:Put*"}], [("lock-out", None), ("unmatched-principal", 0)]),
        ([ACCOUNT, ACCOUNT | condition("StringEquals", "aws:SourceVpce", "vpce-1")], []),
        ([ACCOUNT, ACCOUNT | {"Effect": "Deny", "Action": "kms:PutKeyPolicy"}], [("lock-out", None)]),
        ([ACCOUNT | condition("StringEquals", "aws:SourceVpce", "vpce-1")], [("lock-out", None)]),
        ([ACCOUNT, {"Effect": "Deny", "Principal": "*"} | condition("Bool", "aws:SecureTransport", "false")], []),
        ([{"Principal": {"AWS": ADMIN}, "Action": "kms:Put*"}], [("no-account", None)]),
        ([{"Principal": {"AWS": ROLE}, "Action": "kms:Put*"}], [("no-account", None)]),
        ([{"Principal": {"Service": "s3.amazonaws.com"}, "Action": "kms:Put*"}], [("lock-out", None)]),
        ([ACCOUNT, {"Principal": "*", "Action": "kms:Decrypt"}], [("everyone", 1)]),
        ([ACCOUNT, {"Principal": {"AWS": "*"}, "Action": "kms:Decrypt"}], [("everyone", 1)]),
        ([ACCOUNT, {"Principal": "*", "Action": "kms:Decrypt"} | condition("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com")], [("everyone", 1)]),
        ([ACCOUNT, {"Principal": "*", "Action": "kms:Decrypt"} | condition("StringEquals", "kms:CallerAccount", OWN)], []),
        ([ACCOUNT, {"Principal": "*", "Action": "kms:Decrypt"} | condition("StringEquals", "aws:PrincipalTag/team", "blue")], []),
        ([ACCOUNT, {"Principal": "*", "Action": "kms:Decrypt"} | condition("StringNotEquals", "kms:CallerAccount", OWN)], [("everyone", 1)]),
        ([ACCOUNT, {"Principal": "*", "Action": "kms:Decrypt"} | condition("StringEqualsIfExists", "aws:SourceVpce", "vpce-1")], [("everyone", 1)]),
        ([ACCOUNT, {"Principal": "*", "Action": "kms:Decrypt"} | condition("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", "o")], [("everyone", 1)]),
        ([ACCOUNT, {"Principal": "*", "Action": "kms:Decrypt"} | condition("Null", "aws:PrincipalOrgID", "false")], [("everyone", 1)]),
        ([ACCOUNT, {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt"}], []),
        ([ACCOUNT, USE | {"Principal": {"AWS": "AIDAEXAMPLE0000000009"}}], [("unmatched-principal", 1)]),
        ([ACCOUNT, USE | {"Principal": {"AWS": ["", ROLE]}}], []),
        ([ACCOUNT, USE | {"Principal": {"AWS": [""]}}], [("unmatched-principal", 1)]),
        ([ACCOUNT, USE | {"Principal": {"Service": "logs.us-east-1.amazonaws.com"}}], []),
        ([ACCOUNT, USE | {"Action": ["kms:Encypt", "kms:Decrypt"]}], [("unmatched-action", 1)]),
        ([ACCOUNT, USE | {"Action": "kms:CreateKey"}], [("unmatched-action", 1)]),
        ([ACCOUNT, USE | {"Action": "s3:*"}], [("unmatched-action", 1)]),
        ([ACCOUNT, USE | {"Resource": "arn:aws:kms:us-east-1:111122223333:key/other"}], [("unmatched-resource", 1)]),
        ([ACCOUNT, USE | {"Resource": "arn:aws:kms:us-east-1:111122223333:key/*"}], []),
        ([ACCOUNT, USE | {"Resource": "arn:aws:kms:*:*:key/${aws:PrincipalTag/key}"}], []),
        ([ACCOUNT, USE | {"Resource": ["arn:aws:kms:us-east-1:111122223333:key/other", "*"]}], []),
        ([ACCOUNT, USE | {"-": ["Resource"]}], [("unmatched-resource", 1)]),
        ([ACCOUNT, USE | {"-": ["Action"]}], []),
        ([ACCOUNT, {"Principal": {"AWS": ADMIN}}], [("every-action", 1), ("open-grants", 1)]),
        ([ACCOUNT, {"Principal": {"AWS": "444455556666"}, "Action": "*"}], [("every-action", 1), ("open-grants", 1)]),
        ([ACCOUNT, USE | {"Action": "kms:CreateGrant"}], [("open-grants", 1)]),
        ([ACCOUNT, USE | {"Action": "kms:CreateGrant"} | condition("Bool", "kms:GrantIsForAWSResource", "true")], []),
        ([ACCOUNT, USE | {"Action": "kms:CreateGrant"} | condition("StringEquals", "kms:GranteePrincipal", ROLE)], []),
        ([ACCOUNT, USE | {"Action": "kms:CreateGrant"} | condition("StringNotEquals", "kms:GranteePrincipal", ROLE)], [("open-grants", 1)]),
        ([ACCOUNT, {"NotPrincipal": {"AWS": ROLE}, "Effect": "Deny", "Action": "kms:Decrypt"}], []),
        ([ACCOUNT, USE | {"-": ["Principal"]}], []),
    ],
)  # fmt: skip
def test_findings(statements: list[dict[str, Any]], expected: list[tuple[str, int | None]]) -> None:
    assert found(*statements) == expected


NEVER = [
    ("kms:DescribeKey", "StringEquals", "kms:EncryptionContext:stage", "test"),
    ("kms:Sign", "StringEquals", "kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT"),
    ("kms:Decrypt", "StringEquals", "kms:EncryptionContex:stage", "test"),
    ("kms:Decrypt", "Null", "kms:MessageType", "false"),
    ("kms:*", "StringEquals", "kms:KeySpec", "AES_256"),
    ("kms:*", "StringEquals", "kms:KeySpec", "rsa_2048"),
    ("kms:*", "StringLike", "kms:KeyUsage", "SIGN"),
    ("kms:*", "StringEquals", "kms:ViaService", "s3.amazonaws.com"),
    ("kms:*", "StringEquals", "kms:ViaService", "s3"),
    ("kms:*", "StringEquals", "kms:CallerAccount", "1111-2222-3333"),
    ("kms:*", "IpAddress", "aws:SourceIp", "10.0.0.0/33"),
    ("kms:*", "NumericLessThan", "kms:ScheduleKeyDeletionPendingWindowInDays", "seven"),
    ("kms:*", "DateGreaterThan", "aws:CurrentTime", "tomorrow"),
    ("kms:*", "Bool", "aws:SecureTransport", "yes"),
    ("kms:*", "StringEquals", "aws:SourceVpce"),
    ("kms:CreateGrant", "ForAnyValue:StringEquals", "kms:GrantOperations", "PutKeyPolicy"),
    ("kms:*", "ArnLike", "aws:PrincipalArn", "role/app"),
    ("kms:*", "ArnEquals", "aws:PrincipalArn", "arn:aws:sts::111122223333:assumed-role/app/s"),
    ("kms:Decrypt", "ForAnyValue:StringEquals", "aws:TagKeys", "a"),
    ("kms:*", "Null", "kms:KeySpec", "true"),
]
SOMETIMES = [
    ("kms:*", "StringEquals", "kms:EncryptionContext:stage", "test"),
    ("kms:CreateGrant", "StringEquals", "kms:EncryptionContext:stage", "test"),
    ("kms:Decrypt", "StringEquals", "kms:EncryptionContext:stage", "test"),
    ("kms:TagResource", "StringEquals", "aws:RequestTag/a", "b"),
    ("kms:CreateGrant", "StringLike", "kms:GrantConstraintSourceArn", "arn:*"),
    ("kms:DescribeKey", "StringLike", "kms:RequestAlias", "alias/a?"),
    ("kms:*", "StringLike", "kms:CallerAccount", "44445555666?"),
    ("kms:DescribeKey", "StringNotEquals", "kms:EncryptionContext:stage", "test"),
    ("kms:DescribeKey", "StringEqualsIfExists", "kms:EncryptionContext:stage", "test"),
    ("kms:DescribeKey", "Null", "kms:EncryptionContext:stage", "true"),
    ("kms:Decrypt", "StringEquals", "kms:RecipientAttestation:ImageSha384", "ab"),
    ("kms:Decrypt", "StringEquals", "lab:Anything", "x"),
    ("kms:*", "StringLike", "kms:KeySpec", "RSA_*"),
    ("kms:*", "StringLike", "kms:ViaService", "s3.*.amazonaws.com"),
    ("kms:*", "StringLike", "kms:ViaService", "s3.*"),
    ("kms:*", "StringEquals", "kms:ViaService", "rds.us-east-1.amazonaws.com"),
    ("kms:*", "StringNotEquals", "kms:CallerAccount", "111122223333"),
    ("kms:*", "StringEquals", "aws:PrincipalTag/team", "blue"),
    ("kms:*", "StringEquals", "aws:ResourceTag/team", "blue"),
    ("kms:*", "StringEquals", "aws:username", "${aws:PrincipalTag/name}"),
    ("kms:*", "StringEquals", "aws:username", "ali?e"),
    ("kms:*", "IpAddress", "aws:SourceIp", "10.0.0.0/8"),
    ("kms:*", "IpAddress", "aws:SourceIp", "2001:db8::/32"),
    ("kms:*", "NotIpAddress", "aws:SourceIp", "0.0.0.0/0"),
    ("kms:*", "NumericLessThan", "kms:ScheduleKeyDeletionPendingWindowInDays", "10"),
    ("kms:*", "NumericGreaterThanEquals", "kms:ScheduleKeyDeletionPendingWindowInDays", "10"),
    ("kms:*", "DateGreaterThan", "aws:CurrentTime", "2026-01-01"),
    ("kms:*", "DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z"),
    ("kms:*", "Bool", "aws:SecureTransport", "FALSE"),
    ("kms:*", "BinaryEquals", "lab:Octets", "QUJD"),
    ("kms:CreateGrant", "ForAllValues:StringEquals", "kms:GrantOperations", "Decrypt"),
    ("kms:TagResource", "ForAnyValue:StringEquals", "aws:TagKeys", "a"),
    ("kms:*", "ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-1/*"),
    ("kms:*", "ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/app"),
    ("kms:*", "ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/app-?"),
    ("kms:*", "ArnEquals", "aws:PrincipalArn", "arn:aws:sts::111122223333:federated-user/a"),
    ("kms:*", "ArnNotEquals", "aws:PrincipalArn", "arn:aws:sts::111122223333:assumed-role/app/s"),
    ("kms:*", "StringEquals", "kms:MultiRegionKeyType", "REPLICA"),
    ("kms:*", "StringEquals", "aws:PrincipalServiceName", "s3.amazonaws.com"),
    ("kms:*", "Null", "aws:SourceVpce", "true"),
    ("kms:*", "Null", "aws:ResourceTag/team", "true"),
    ("kms:*", "StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
    ("kms:*", "StringEquals", "aws:ResourceOrgID", "o-a1b2c3d4e5"),
]  # fmt: skip


ALWAYS = [
    ("kms:DescribeKey", "StringNotEquals", "kms:EncryptionContext:stage", "test"),
    ("kms:DescribeKey", "StringEqualsIfExists", "kms:EncryptionContext:stage", "test"),
    ("kms:DescribeKey", "Null", "kms:EncryptionContext:stage", "true"),
    ("kms:*", "ArnNotEquals", "aws:PrincipalArn", "arn:aws:sts::111122223333:assumed-role/app/s"),
    ("kms:*", "StringNotEquals", "kms:KeySpec", "AES_256"),
    ("kms:*", "Null", "kms:KeySpec", "false"),
]


@pytest.mark.parametrize(
    ("action", "operator", "key", "values"), [(a, b, c, d) for a, b, c, *d in NEVER]
)
def test_a_condition_that_holds_for_no_request(
    action: str, operator: str, key: str, values: list[str]
) -> None:
    statement = {"Principal": {"AWS": ROLE}, "Action": action} | condition(operator, key, *values)
    [finding] = [each for each in lint(parse(document([ACCOUNT, statement])), KEY, KNOWN.__contains__) if each.rule == "never-holds"]  # fmt: skip
    wanted = ", ".join(values)
    assert (
        finding.says
        == f"{operator} {key} {wanted} holds for no request, so the statement allows nothing"
    )


@pytest.mark.parametrize(
    ("action", "operator", "key", "values"), [(a, b, c, d) for a, b, c, *d in SOMETIMES]
)
def test_a_condition_that_holds_for_some_request(
    action: str, operator: str, key: str, values: list[str]
) -> None:
    statement = {"Principal": {"AWS": ROLE}, "Action": action} | condition(operator, key, *values)
    assert ("never-holds", 1) not in found(ACCOUNT, statement)
    always = (action, operator, key, *values) in ALWAYS
    assert (("always-holds", 1) in found(ACCOUNT, statement)) is always


@pytest.mark.parametrize(
    ("action", "operator", "key", "values"), [(a, b, c, d) for a, b, c, *d in ALWAYS]
)
def test_a_condition_that_holds_for_every_request(
    action: str, operator: str, key: str, values: list[str]
) -> None:
    statement = {"Effect": "Deny", "Principal": {"AWS": ROLE}, "Action": action}
    asked = condition(operator, key, *values)
    [finding] = lint(parse(document([ACCOUNT, statement | asked])), KEY, KNOWN.__contains__)
    assert finding.rule == "always-holds"
    assert finding.says == (
        f"{operator} {key} {', '.join(values)} holds for every request,"
        " so the statement denies as if it were not there"
    )


@pytest.mark.parametrize(
    ("actions", "named"),
    [
        ({"Action": ["kms:Decrypt", "kms:DescribeKey"]}, ["kms:DescribeKey"]),
        ({"Action": ["kms:Decrypt", "kms:GetKey*", "kms:List*"]}, ["kms:GetKey*", "kms:List*"]),
        ({"Action": ["kms:Decrypt", "kms:CreateGrant"]}, []),
        ({"Action": "kms:*"}, []),
        ({"Action": ["kms:Decrypt", "kms:Decript"]}, []),
        ({"NotAction": ["kms:DescribeKey"], "-": ["Action"]}, []),
    ],
)
def test_a_condition_that_holds_for_some_of_the_actions(
    actions: dict[str, Any], named: list[str]
) -> None:
    """KMS Developer Guide, "kms:EncryptionContext": the operations that have one."""
    asked = condition("StringEquals", "kms:EncryptionContext:tenant", "alder")
    policy = parse(document([ACCOUNT, USE | actions | asked]))
    said = [
        each.says for each in lint(policy, KEY, KNOWN.__contains__) if each.rule == "never-holds"
    ]
    head = "StringEquals kms:EncryptionContext:tenant alder holds for no request of"
    assert said == [f"{head} {each}, which the statement never allows" for each in named]


def test_a_denial_that_never_applies() -> None:
    statement = USE | {"Effect": "Deny"} | condition("StringEquals", "kms:KeySpec", "AES")
    [finding] = lint(parse(document([ACCOUNT, statement])), KEY, KNOWN.__contains__)
    assert finding.says.endswith("so the statement denies nothing")


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (USE, "nobody can change this policy, or only under a condition"),
        (USE | {"Action": "kms:Put*"}, f"account {OWN} cannot change this policy"),
        ({"Principal": "*"}, "everyone in every account is allowed, and there is no condition"),
        ({"Principal": "*"} | condition("Null", "aws:SourceVpce", "true"), "everyone in every account is allowed, and no condition says who"),
        (USE | {"Principal": {"AWS": "AIDAX"}}, "nobody is called AIDAX"),
        (USE | {"Principal": {"AWS": ""}}, "no principal is named"),
        (USE | {"Action": "kms:Encypt"}, "kms:Encypt is no action of a key"),
        (USE | {"Resource": ["arn:a", "arn:b"]}, "it is about arn:a, arn:b, and not about this key"),
        (USE | {"-": ["Resource"]}, "it is about nothing, and not about this key"),
        (USE | condition("StringEquals", "kms:KeySpec", "AES", "DES"), "StringEquals kms:KeySpec AES, DES holds for no request, so the statement allows nothing"),
        ({"Principal": {"AWS": ADMIN}}, "every action is allowed to whom it names"),
        (USE | {"Action": "kms:CreateGrant"}, "whom it names may give grants to anybody"),
    ],
)  # fmt: skip
def test_a_finding_in_words(statement: dict[str, Any], says: str) -> None:
    assert says in [
        each.says for each in lint(parse(document([statement])), KEY, KNOWN.__contains__)
    ]


def test_each_rule_has_its_page_and_its_remedy() -> None:
    for name, rule in RULES.items():
        assert rule.name == name
        assert rule.page.startswith("https://docs.aws.amazon.com/")
        assert rule.remedy


def case(*statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    caller = {"type": "user", "arn": ADMIN, "account": OWN}
    return {
        "id": "d",
        "caller": caller,
        "caller_identity_policies": [document("*")],
        "known_principals": [ROLE],
        "policy": json.dumps(document(list(statements))),
    } | more


def test_a_case_has_its_findings() -> None:
    assert lint_policy_case(case(ACCOUNT)) == {"id": "d", "result": "accept", "findings": []}
    told = lint_policy_case(case(ACCOUNT, {"Principal": "*", "Action": "kms:Decrypt"}))
    rule = RULES["everyone"]
    assert told["findings"] == [
        {
            "rule": "everyone",
            "statement": 1,
            "says": "everyone in every account is allowed, and there is no condition",
            "remedy": rule.remedy,
            "page": rule.page,
        }
    ]


def test_a_rejected_document_has_findings_if_it_is_a_policy() -> None:
    told = lint_policy_case(case(ACCOUNT, USE | {"Principal": {"AWS": ADMIN + "2"}}))
    assert told["result"] == "reject"
    assert [each["says"] for each in told["findings"]] == [f"nobody is called {ADMIN}2"]
    assert "findings" not in lint_policy_case(case(policy="{"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (OWN, "root"),
        (f"arn:aws:iam::{OWN}:root", "root"),
        (ADMIN, "user"),
        (ROLE, "role-session"),
        (f"arn:aws:sts::{OWN}:assumed-role/app/me", "role-session"),
        (f"arn:aws:sts::{OWN}:federated-user/fred", "federated-user"),
        (f"arn:aws:iam::{OWN}:group/admins", None),
        ("AIDAEXAMPLE0000000009", None),
        ("*", None),
    ],
)
def test_who_bears_a_name(name: str, kind: str | None) -> None:
    principal = bearer(name)
    assert (principal and principal.kind) == kind
    assert principal is None or principal.account == OWN
