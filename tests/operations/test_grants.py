"""Grants through boto3, with two users who have no policies of their own.

Rules: Developer Guide, "Grants in AWS KMS", "Creating a grant", "Retiring and revoking grants".
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms

BOB = "arn:aws:iam::111122223333:user/bob"
CAROL = "arn:aws:iam::111122223333:user/carol"
SERVICE = "logs.us-east-1.amazonaws.com"
SOURCE = "arn:aws:logs:us-east-1:111122223333:log-group:application"


class World:
    """A key, its administrator, and two users."""

    def __init__(self) -> None:
        self.kms = Kms.fresh(seed=3)
        self.admin = self.kms.client()
        iam = self.kms.client("iam")
        self.users: dict[str, Any] = {}
        for name in ("bob", "carol"):
            iam.create_user(UserName=name)
            keys = iam.create_access_key(UserName=name)
            self.users[name] = self.kms.client(who=keys)
        self.key = self.admin.create_key()["KeyMetadata"]["Arn"]

    def grant(self, *operations: str, **more: Any) -> Any:
        more.setdefault("GranteePrincipal", BOB)
        return self.admin.create_grant(KeyId=self.key, Operations=list(operations), **more)


@pytest.fixture
def world() -> World:
    return World()


def code(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return str(refused.value.response["Error"]["Code"])


def test_a_grant_allows_its_operations_and_no_others(world: World) -> None:
    bob = world.users["bob"]
    assert code(bob.encrypt, KeyId=world.key, Plaintext=b"x") == "AccessDeniedException"
    world.grant("Encrypt")
    blob = bob.encrypt(KeyId=world.key, Plaintext=b"x")["CiphertextBlob"]
    assert code(bob.decrypt, CiphertextBlob=blob) == "AccessDeniedException"
    carol = world.users["carol"]
    assert code(carol.encrypt, KeyId=world.key, Plaintext=b"x") == "AccessDeniedException"


@pytest.mark.parametrize(
    ("kind", "context", "allowed"),
    [
        ("EncryptionContextSubset", {"team": "a", "more": "b"}, True),
        ("EncryptionContextSubset", {"more": "b"}, False),
        ("EncryptionContextEquals", {"team": "a"}, True),
        ("EncryptionContextEquals", {"team": "a", "more": "b"}, False),
    ],
)
def test_a_constraint_binds_the_encryption_context(
    world: World, kind: str, context: dict[str, str], *, allowed: bool
) -> None:
    world.grant("Encrypt", Constraints={kind: {"team": "a"}})
    arguments = {"KeyId": world.key, "Plaintext": b"x", "EncryptionContext": context}
    bob = world.users["bob"]
    if allowed:
        assert bob.encrypt(**arguments)["KeyId"] == world.key
    else:
        assert code(bob.encrypt, **arguments) == "AccessDeniedException"


def test_a_name_makes_creation_idempotent_under_new_tokens(world: World) -> None:
    first = world.grant("Encrypt", Name="once")
    again = world.grant("Encrypt", Name="once")
    other = world.grant("Decrypt", Name="once")
    unnamed = world.grant("Encrypt")
    assert first["GrantId"] == again["GrantId"]
    assert first["GrantToken"] != again["GrantToken"]
    assert len({first["GrantId"], other["GrantId"], unnamed["GrantId"]}) == 3


def test_listing_shows_and_filters(world: World) -> None:
    made = world.grant("Encrypt", "Encrypt", Name="n", RetiringPrincipal=CAROL)
    world.grant("Decrypt", GranteePrincipal=CAROL)
    found = world.admin.list_grants(KeyId=world.key, GranteePrincipal=BOB)["Grants"]
    assert [grant["GrantId"] for grant in found] == [made["GrantId"]]
    entry = found[0]
    assert entry["KeyId"] == world.key
    assert entry["Operations"] == ["Encrypt"]
    assert entry["IssuingAccount"] == "arn:aws:iam::111122223333:root"
    assert entry["RetiringPrincipal"] == CAROL
    assert "Constraints" not in entry
    one = world.admin.list_grants(KeyId=world.key, GrantId=made["GrantId"])["Grants"]
    assert one == found
    assert len(world.admin.list_grants(KeyId=world.key)["Grants"]) == 2
    retirable = world.admin.list_retirable_grants(RetiringPrincipal=CAROL)["Grants"]
    assert retirable == found


def test_pages_hold_each_grant_once(world: World) -> None:
    made = {world.grant("Encrypt")["GrantId"] for _ in range(7)}
    pages = world.admin.get_paginator("list_grants").paginate(
        KeyId=world.key, PaginationConfig={"PageSize": 3}
    )
    seen = [grant["GrantId"] for page in pages for grant in page["Grants"]]
    assert sorted(seen) == sorted(made)


def test_the_grantee_retires_with_a_token_if_the_grant_says_so(world: World) -> None:
    bob = world.users["bob"]
    silent = world.grant("Encrypt")
    assert code(bob.retire_grant, GrantToken=silent["GrantToken"]) == "AccessDeniedException"
    made = world.grant("Encrypt", "RetireGrant")
    bob.retire_grant(GrantToken=made["GrantToken"])
    assert code(bob.retire_grant, GrantToken=made["GrantToken"]) == "InvalidGrantTokenException"
    left = world.admin.list_grants(KeyId=world.key)["Grants"]
    assert [grant["GrantId"] for grant in left] == [silent["GrantId"]]


def test_the_retiring_principal_retires_by_id(world: World) -> None:
    made = world.grant("Encrypt", RetiringPrincipal=CAROL)
    world.users["carol"].retire_grant(KeyId=world.key, GrantId=made["GrantId"])
    bob = world.users["bob"]
    assert code(bob.encrypt, KeyId=world.key, Plaintext=b"x") == "AccessDeniedException"


def test_revoking_is_for_the_key_administrator(world: World) -> None:
    made = world.grant("Encrypt", "RetireGrant")
    bob = world.users["bob"]
    given = {"KeyId": world.key, "GrantId": made["GrantId"]}
    assert code(bob.revoke_grant, **given) == "AccessDeniedException"
    world.admin.revoke_grant(**given)
    assert code(world.admin.revoke_grant, **given) == "NotFoundException"


def test_an_explicit_deny_wins_over_a_grant(world: World) -> None:
    deny = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"kms:Encrypt",'
        '"Resource":"*"}}'
    )
    world.kms.client("iam").put_user_policy(UserName="bob", PolicyName="deny", PolicyDocument=deny)
    world.grant("Encrypt")
    bob = world.users["bob"]
    assert code(bob.encrypt, KeyId=world.key, Plaintext=b"x") == "AccessDeniedException"


def test_a_grantee_may_pass_on_what_its_grant_allows(world: World) -> None:
    world.grant("CreateGrant", "Encrypt")
    bob, carol = world.users["bob"], world.users["carol"]
    child = {"KeyId": world.key, "GranteePrincipal": CAROL}
    assert code(bob.create_grant, **child, Operations=["Decrypt"]) == "AccessDeniedException"
    bob.create_grant(**child, Operations=["Encrypt"])
    assert carol.encrypt(KeyId=world.key, Plaintext=b"x")["KeyId"] == world.key


@pytest.mark.parametrize(
    ("why", "arguments", "expected"),
    [
        (
            "two grantees",
            {"GranteePrincipal": BOB, "GranteeServicePrincipal": SERVICE},
            "Validation",
        ),
        ("no grantee", {}, "Validation"),
        (
            "two retiring principals",
            {
                "GranteePrincipal": BOB,
                "RetiringPrincipal": CAROL,
                "RetiringServicePrincipal": SERVICE,
            },
            "Validation",
        ),
        ("a service without a source", {"GranteeServicePrincipal": SERVICE}, "Validation"),
        (
            "a service without a retiring principal",
            {"GranteeServicePrincipal": SERVICE, "Constraints": {"SourceArn": SOURCE}},
            "Validation",
        ),
        ("a stranger", {"GranteePrincipal": f"{BOB}by"}, "InvalidArn"),
        (
            "an operation of another kind of key",
            {"GranteePrincipal": BOB, "Operations": ["Sign"]},
            "Validation",
        ),
        (
            "two context constraints",
            {
                "GranteePrincipal": BOB,
                "Constraints": {
                    "EncryptionContextEquals": {"a": "b"},
                    "EncryptionContextSubset": {"a": "b"},
                },
            },
            "Validation",
        ),
        (
            "nine pairs",
            {
                "GranteePrincipal": BOB,
                "Constraints": {"EncryptionContextSubset": {str(n): "x" for n in range(9)}},
            },
            "Validation",
        ),
    ],
)
def test_what_create_grant_refuses(
    world: World, why: str, arguments: dict[str, Any], expected: str
) -> None:
    given = {"KeyId": world.key, "Operations": ["Encrypt"], **arguments}
    assert code(world.admin.create_grant, **given) == f"{expected}Exception", why
    assert world.admin.list_grants(KeyId=world.key)["Grants"] == []


def test_a_service_principal_is_granted_with_its_source(world: World) -> None:
    made = world.admin.create_grant(
        KeyId=world.key,
        Operations=["Encrypt"],
        GranteeServicePrincipal=SERVICE,
        RetiringPrincipal=BOB,
        Constraints={"SourceArn": SOURCE},
    )
    entry = world.admin.list_grants(KeyId=world.key, GrantId=made["GrantId"])["Grants"][0]
    assert entry["GranteeServicePrincipal"] == SERVICE
    assert entry["Constraints"] == {"SourceArn": SOURCE}


def test_names_that_lead_nowhere(world: World) -> None:
    admin = world.admin
    assert code(admin.list_grants, KeyId=world.key, GrantId="0" * 63) == "InvalidGrantIdException"
    assert code(admin.list_grants, KeyId=world.key, GrantId="0" * 64) == "NotFoundException"
    assert code(admin.retire_grant, GrantToken="none") == "InvalidGrantTokenException"
    assert code(admin.retire_grant) == "ValidationException"
    assert code(admin.list_retirable_grants) == "ValidationException"
    stranger = "arn:aws:iam::444455556666:user/x"
    refused = code(admin.list_retirable_grants, RetiringPrincipal=stranger)
    assert refused == "InvalidArnException"
    unknown = {"KeyId": world.key, "Plaintext": b"x", "GrantTokens": ["none"]}
    assert code(admin.encrypt, **unknown) == "InvalidGrantTokenException"


def test_no_event_holds_a_grant_token(world: World) -> None:
    made = world.grant("Encrypt", "RetireGrant")
    token = made["GrantToken"]
    world.admin.encrypt(KeyId=world.key, Plaintext=b"x", GrantTokens=[token])
    world.admin.retire_grant(GrantToken=token)
    assert token not in str(list(world.kms.trail))
    created = world.kms.trail.events(name="CreateGrant")[0]["responseElements"]
    assert created == {"keyId": world.key, "grantId": made["GrantId"]}


def test_a_constraint_has_room_for_so_much(world: World) -> None:
    # API Reference, GrantConstraints: 8 pairs, 384 characters in a value.
    for context in ({str(n): "" for n in range(9)}, {"a": "b" * 385}):
        constraints = {"EncryptionContextEquals": context}
        given = {"Constraints": constraints, "GranteePrincipal": BOB, "Operations": ["Decrypt"]}
        assert code(world.admin.create_grant, KeyId=world.key, **given) == "ValidationException"


# Developer Guide, "Using a grant token": a new grant may take minutes to be known everywhere; its token makes it count at once.
def test_a_new_grant_counts_with_its_token_until_it_is_everywhere(world: World) -> None:
    world.kms.delay_grants(minutes=5)
    token = world.grant("Encrypt")["GrantToken"]
    bob, question = world.users["bob"], {"KeyId": world.key, "Plaintext": b"x"}
    for _ in range(2):  # an allow by token is not remembered for whoever sends none
        assert code(bob.encrypt, **question) == "AccessDeniedException"
        assert bob.encrypt(GrantTokens=[token], **question)["KeyId"] == world.key
    other = world.grant("Decrypt")["GrantToken"]
    assert code(bob.encrypt, GrantTokens=[other], **question) == "AccessDeniedException"
    world.kms.clock.advance(minutes=5)
    assert bob.encrypt(**question)["KeyId"] == world.key


def test_a_call_on_a_new_grant_is_explained_as_it_was_decided(world: World) -> None:
    world.kms.delay_grants(minutes=5)
    token = world.grant("Encrypt")["GrantToken"]
    bob, question = world.users["bob"], {"KeyId": world.key, "Plaintext": b"x"}
    code(bob.encrypt, **question)
    denied = world.kms.explain(world.kms.trail.last["eventID"])
    bob.encrypt(GrantTokens=[token], **question)
    allowed = world.kms.explain(world.kms.trail.last["eventID"])
    (before,), (after,) = denied.checks[0].explanation.grants, allowed.checks[0].explanation.grants
    assert (before.status, before.allows) == ("pending", False)
    assert (after.status, after.allows) == ("active", True)
    assert allowed.checks[0].explanation.decision.allowed


def test_without_a_delay_a_grant_counts_at_once(world: World) -> None:
    world.kms.delay_grants(minutes=5)
    world.kms.delay_grants()
    world.grant("Encrypt")
    assert world.users["bob"].encrypt(KeyId=world.key, Plaintext=b"x")["KeyId"] == world.key


# Developer Guide, "kms:GrantIsForAWSResource": true where a service integrated with KMS makes the call for a user.
def test_a_grant_for_an_aws_resource_is_made_through_a_service(world: World) -> None:
    condition = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    one = {"Effect": "Allow", "Action": "kms:*Grant*", "Resource": "*", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": one})
    iam = world.kms.client("iam")
    iam.put_user_policy(UserName="bob", PolicyName="grants", PolicyDocument=document)
    who = iam.create_access_key(UserName="bob")
    request = {"KeyId": world.key, "GranteePrincipal": CAROL, "Operations": ["Decrypt"]}
    assert code(world.users["bob"].create_grant, **request) == "AccessDeniedException"
    through_ec2 = world.kms.client(who=who, via="ec2")
    made = through_ec2.create_grant(**request)["GrantId"]
    assert code(world.users["bob"].list_grants, KeyId=world.key) == "AccessDeniedException"
    assert through_ec2.list_grants(KeyId=world.key)["Grants"][0]["GrantId"] == made
    through_ec2.revoke_grant(KeyId=world.key, GrantId=made)
