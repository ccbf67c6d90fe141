"""Two accounts that ask for what is each other's: keys, aliases, grants, markers, tokens, blobs; none is had.

The default run has a slice of the requests of `make soak`.
"""

from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms

OWNER, STRANGER = "111122223333", "444455556666"
CONTEXT = {"whose": "the owner's"}
SECRET = b"what only the owner may read"

# Operations that answer a stranger, but never with what is the owner's
OPEN = {"list_keys", "list_aliases", "list_retirable_grants"}


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(quotas="off")


class Loot:
    """What the owner has, as a stranger might have seen it written somewhere."""

    def __init__(self, kms: Any) -> None:
        made = [kms.create_key()["KeyMetadata"] for _ in range(3)]
        kms.create_alias(AliasName="alias/mine", TargetKeyId=made[0]["KeyId"])
        grant = kms.create_grant(
            KeyId=made[0]["KeyId"],
            GranteePrincipal=f"arn:aws:iam::{OWNER}:root",
            RetiringPrincipal=f"arn:aws:iam::{OWNER}:root",
            Operations=["Decrypt", "RetireGrant"],
        )
        self.arns = [each["Arn"] for each in made]
        self.names = [
            *self.arns,
            *(each["KeyId"] for each in made),
            "alias/mine",
            f"arn:aws:kms:us-east-1:{OWNER}:alias/mine",
        ]
        self.grant, self.token = grant["GrantId"], grant["GrantToken"]
        self.blobs = [
            kms.encrypt(KeyId=arn, Plaintext=SECRET, EncryptionContext=CONTEXT)["CiphertextBlob"]
            for arn in self.arns
        ]
        self.markers = [
            kms.list_keys(Limit=1)["NextMarker"],
            kms.list_aliases(Limit=1).get("NextMarker", "none"),
        ]


def asks(random: Random, loot: Loot) -> tuple[str, dict[str, Any]]:
    """Draw one request for what is the owner's."""
    name, blob = random.choice(loot.names), random.choice(loot.blobs)
    tokens = random.choice([{}, {"GrantTokens": [loot.token]}])
    key = {"KeyId": name}
    return random.choice(
        [
            ("decrypt", {"CiphertextBlob": blob, "EncryptionContext": CONTEXT, **tokens}),
            ("decrypt", {"CiphertextBlob": blob, "EncryptionContext": CONTEXT, **key}),
            ("encrypt", {**key, "Plaintext": b"x", **tokens}),
            ("generate_data_key", {**key, "KeySpec": "AES_256", **tokens}),
            (
                "re_encrypt",
                {
                    "CiphertextBlob": blob,
                    "SourceEncryptionContext": CONTEXT,
                    "DestinationKeyId": name,
                },
            ),
            ("describe_key", {**key, **tokens}),
            ("get_key_policy", key),
            ("put_key_policy", {**key, "Policy": "{}"}),
            ("list_grants", key),
            ("list_resource_tags", key),
            ("disable_key", key),
            ("schedule_key_deletion", key),
            ("retire_grant", {"GrantToken": loot.token}),
            ("retire_grant", {"KeyId": random.choice(loot.arns), "GrantId": loot.grant}),
            ("revoke_grant", {**key, "GrantId": loot.grant}),
            ("create_alias", {"AliasName": "alias/theirs", "TargetKeyId": name}),
            ("update_alias", {"AliasName": "alias/mine", "TargetKeyId": name}),
            ("delete_alias", {"AliasName": "alias/mine"}),
            ("list_keys", {"Marker": random.choice(loot.markers)}),
            ("list_aliases", {"Marker": random.choice(loot.markers)}),
            ("list_aliases", key),
            ("list_retirable_grants", {"RetiringPrincipal": f"arn:aws:iam::{OWNER}:root"}),
            (
                "create_grant",
                {
                    **key,
                    "GranteePrincipal": f"arn:aws:iam::{STRANGER}:root",
                    "Operations": ["Decrypt"],
                },
            ),
        ]
    )


def listed(kms: Any, loot: Loot) -> dict[str, Any]:
    """Read what the owner has."""
    told = [kms.describe_key(KeyId=arn)["KeyMetadata"] for arn in loot.arns]
    policies = [kms.get_key_policy(KeyId=arn)["Policy"] for arn in loot.arns]
    grants = [kms.list_grants(KeyId=arn)["Grants"] for arn in loot.arns]
    aliases = kms.list_aliases()["Aliases"]
    return {"keys": told, "policies": policies, "grants": grants, "aliases": aliases}


@pytest.mark.parametrize(
    "requests", [2_000, pytest.param(100_000, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
def test_nothing_of_one_account_is_had_by_another(world: Kms, requests: int) -> None:
    owner: Any = world.client(fast=True)
    stranger: Any = world.client(who=world.root(STRANGER), fast=True)
    loot, random = Loot(owner), Random(20)
    before = listed(owner, loot)
    refused = 0
    for _ in range(requests):
        operation, asked = asks(random, loot)
        try:
            answer = getattr(stranger, operation)(**asked)
        except ClientError:
            refused += 1
            continue
        assert operation in OPEN, (operation, asked, answer)
        told = repr({name: value for name, value in answer.items() if name != "ResponseMetadata"})
        assert not any(each in told for each in (*loot.arns, loot.grant, "alias/mine"))
    assert refused > requests / 2
    assert listed(owner, loot) == before
