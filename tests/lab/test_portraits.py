"""What is shown of a key, a grant, a blob and a public key, and what is not."""

from typing import Any

import pytest

from kmslab import Kms
from kmslab.lab import portraits
from kmslab.model.errors import InvalidCiphertextException, NotFoundException

ROOT = "arn:aws:iam::111122223333:root"


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=3)


@pytest.fixture
def client(world: Kms) -> Any:
    return world.client()


@pytest.fixture
def key(client: Any) -> str:
    made = client.create_key(Description="letters", Tags=[{"TagKey": "team", "TagValue": "blue"}])
    client.create_alias(AliasName="alias/letters", TargetKeyId=made["KeyMetadata"]["KeyId"])
    return str(made["KeyMetadata"]["Arn"])


def test_a_key_is_shown_with_all_that_hangs_on_it(world: Kms, client: Any, key: str) -> None:
    client.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    client.create_grant(KeyId=key, GranteePrincipal=ROOT, Operations=["Decrypt"], Name="readers")
    world.clock.advance(days=91)
    shown = str(portraits.of(world, key))
    for told in ("Enabled", "letters", "alias/letters", "team=blue", "every 90 days", "readers"):
        assert told in shown
    assert "2. " in shown
    assert "decrypts only" in shown
    assert len(portraits.of(world, key).pictures) == 2


def test_an_alias_leads_to_its_key(world: Kms, key: str) -> None:
    shown = portraits.of(world, "alias/letters")
    assert str(shown).splitlines()[0] == f"alias/letters: another name of {key}"
    assert "<svg" in shown._repr_mimebundle_()["text/html"]


def test_a_grant_is_shown_by_its_id(world: Kms, client: Any, key: str) -> None:
    constraints = {"EncryptionContextEquals": {"for": "ann"}}
    given = {"GranteePrincipal": ROOT, "Operations": ["Decrypt"], "Constraints": constraints}
    made = client.create_grant(KeyId=key, **given)
    shown = str(portraits.of(world, made["GrantId"]))
    assert ("for=ann" in shown, key in shown) == (True, True)
    assert made["GrantToken"] not in shown


def test_a_blob_shows_its_parts_and_not_its_content(world: Kms, client: Any, key: str) -> None:
    given = {"KeyId": key, "Plaintext": b"plain text", "EncryptionContext": {"for": "ann"}}
    blob = client.encrypt(**given)["CiphertextBlob"]
    shown = str(portraits.of(world, blob))
    assert key.rpartition("/")[2] in shown
    assert ("plain text" in shown, "ann" in shown) == (False, False)


@pytest.mark.parametrize(
    ("spec", "usage", "told"),
    [
        ("RSA_2048", "SIGN_VERIFY", "RSA, 2048 bits"),
        ("ECC_NIST_P256", "SIGN_VERIFY", "elliptic curve secp256r1"),
        ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY", "Ed25519"),
    ],
)
def test_a_public_key_says_what_it_is(
    world: Kms, client: Any, spec: str, usage: str, told: str
) -> None:
    made = client.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    public = client.get_public_key(KeyId=made)["PublicKey"]
    assert str(portraits.of(world, public)).startswith(f"a public key: {told}")
    assert len(portraits.of(world, made).pictures) == 1


def test_nothing_is_shown_of_what_is_not_there(world: Kms) -> None:
    with pytest.raises(NotFoundException):
        portraits.of(world, "alias/none")
    with pytest.raises(NotFoundException):
        portraits.of(world, "0" * 64)
    with pytest.raises(InvalidCiphertextException):
        portraits.of(world, b"nothing")


def test_related_keys_and_ends_are_told(world: Kms, client: Any) -> None:
    made = client.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    client.replicate_key(KeyId=made, ReplicaRegion="eu-west-1")
    assert "eu-west-1 (replica)" in str(portraits.of(world, made))
    other = client.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    client.schedule_key_deletion(KeyId=other, PendingWindowInDays=7)
    assert "will be deleted: 2026-01-12" in str(portraits.of(world, other))


def test_a_look_leaves_no_event(world: Kms, client: Any) -> None:
    made = client.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    before = [each["eventName"] for each in world.trail]
    portraits.portrait(made["KeyMetadata"]["KeyId"], world.endpoint.engine.store, _home(world))
    assert [each["eventName"] for each in world.trail] == before


def _home(world: Kms) -> Any:
    principal = portraits.Principal(kind="root", account=world.account)
    return portraits.Caller(principal, world.region)
