"""Two accounts that ask for what is each other's: keys, aliases, grants, markers, tokens, blobs; none is had.

The default run has a slice of the requests of `make soak`.
"""

from random import Random
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms
from tests.operations.importing import FOREVER, wrap

ACCOUNTS = ("111122223333", "444455556666")
CONTEXT = {"whose": "the owner's"}
SECRET = b"what only the owner may read"

# Operations that answer anybody, but never with what is somebody else's
OPEN = {"list_keys", "list_aliases", "list_grants", "list_retirable_grants"}


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(quotas="off")


class Account:
    """What an account has, each thing as another account might have seen it written somewhere."""

    def __init__(self, world: Kms, account: str) -> None:
        self.kms = kms = cast("Any", world.client(who=world.root(account), fast=True))
        self.root = f"arn:aws:iam::{account}:root"
        self.alias = f"alias/of-{account}"
        made = [kms.create_key()["KeyMetadata"] for _ in range(3)]
        kms.create_alias(AliasName=self.alias, TargetKeyId=made[0]["KeyId"])
        grants = [self._grant(made[0]["KeyId"]) for _ in range(2)]
        self.arns = [each["Arn"] for each in made]
        self.names = [
            *self.arns,
            *(each["KeyId"] for each in made),
            self.alias,
            f"arn:aws:kms:us-east-1:{account}:{self.alias}",
        ]
        self.grant, self.token = grants[0]["GrantId"], grants[0]["GrantToken"]
        self.blobs = [
            kms.encrypt(KeyId=arn, Plaintext=SECRET, EncryptionContext=CONTEXT)["CiphertextBlob"]
            for arn in self.arns
        ]
        self.markers = [
            kms.list_keys(Limit=1)["NextMarker"],
            kms.list_grants(KeyId=self.arns[0], Limit=1)["NextMarker"],
            "none",
        ]
        self.empty = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"]
        given = kms.get_parameters_for_import(
            KeyId=self.empty, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
        )
        self.import_token = given["ImportToken"]
        self.material = wrap(given["PublicKey"], bytes(32))

    def _grant(self, key_id: str) -> dict[str, Any]:
        made: dict[str, Any] = self.kms.create_grant(
            KeyId=key_id,
            GranteePrincipal=self.root,
            RetiringPrincipal=self.root,
            Operations=["Decrypt", "RetireGrant"],
        )
        return made


def asks(random: Random, loot: Account, thief: Account) -> tuple[str, dict[str, Any]]:
    """Draw one request of a thief for what is another account's."""
    name, blob = random.choice(loot.names), random.choice(loot.blobs)
    marker, own = random.choice(loot.markers), thief.arns[0]
    tokens = random.choice([{}, {"GrantTokens": [loot.token]}])
    key = {"KeyId": name}
    opening = {"CiphertextBlob": blob, "EncryptionContext": CONTEXT}
    moving = {"CiphertextBlob": blob, "SourceEncryptionContext": CONTEXT}
    filling = {"ImportToken": loot.import_token, "EncryptedKeyMaterial": loot.material}
    return random.choice(
        [
            ("decrypt", {**opening, **tokens}),
            ("decrypt", {**opening, **key}),
            ("decrypt", {**opening, "KeyId": own}),
            ("encrypt", {**key, "Plaintext": b"x", **tokens}),
            ("generate_data_key", {**key, "KeySpec": "AES_256", **tokens}),
            ("re_encrypt", {**moving, "DestinationKeyId": name}),
            ("re_encrypt", {**moving, "DestinationKeyId": own, **tokens}),
            ("describe_key", {**key, **tokens}),
            ("get_key_policy", key),
            ("put_key_policy", {**key, "Policy": "{}"}),
            ("list_grants", key),
            ("list_grants", {"KeyId": own, "Marker": marker}),
            ("list_resource_tags", key),
            ("disable_key", key),
            ("schedule_key_deletion", key),
            ("retire_grant", {"GrantToken": loot.token}),
            ("retire_grant", {"KeyId": random.choice(loot.arns), "GrantId": loot.grant}),
            ("retire_grant", {"KeyId": own, "GrantId": loot.grant}),
            ("revoke_grant", {**key, "GrantId": loot.grant}),
            ("revoke_grant", {"KeyId": own, "GrantId": loot.grant}),
            ("create_alias", {"AliasName": "alias/stolen", "TargetKeyId": name}),
            ("update_alias", {"AliasName": loot.alias, "TargetKeyId": name}),
            ("update_alias", {"AliasName": loot.alias, "TargetKeyId": own}),
            ("delete_alias", {"AliasName": loot.alias}),
            ("import_key_material", {"KeyId": loot.empty, **filling, **FOREVER}),
            ("import_key_material", {"KeyId": thief.empty, **filling, **FOREVER}),
            ("list_keys", {"Marker": marker}),
            ("list_aliases", {"Marker": marker}),
            ("list_aliases", key),
            ("list_retirable_grants", {"RetiringPrincipal": loot.root}),
            (
                "create_grant",
                {**key, "GranteePrincipal": thief.root, "Operations": ["Decrypt"]},
            ),
        ]
    )


def listed(account: Account) -> dict[str, Any]:
    """Read what an account has."""
    kms = account.kms
    return {
        "keys": [kms.describe_key(KeyId=arn)["KeyMetadata"] for arn in account.arns],
        "empty": kms.describe_key(KeyId=account.empty)["KeyMetadata"],
        "policies": [kms.get_key_policy(KeyId=arn)["Policy"] for arn in account.arns],
        "grants": [kms.list_grants(KeyId=arn)["Grants"] for arn in account.arns],
        "aliases": kms.list_aliases()["Aliases"],
    }


@pytest.mark.parametrize(
    "requests", [2_000, pytest.param(100_000, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
def test_nothing_of_one_account_is_had_by_another(world: Kms, requests: int) -> None:
    one, other = (Account(world, account) for account in ACCOUNTS)
    random = Random(20)
    before = [listed(one), listed(other)]
    refused = 0
    for number in range(requests):
        loot, thief = (one, other) if number % 2 else (other, one)
        operation, asked = asks(random, loot, thief)
        try:
            answer = getattr(thief.kms, operation)(**asked)
        except ClientError:
            refused += 1
            continue
        assert operation in OPEN, (operation, asked, answer)
        told = repr({name: value for name, value in answer.items() if name != "ResponseMetadata"})
        assert not any(each in told for each in (*loot.arns, loot.grant, loot.alias))
    assert refused > requests / 2
    assert [listed(one), listed(other)] == before
