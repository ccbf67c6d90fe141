"""Keys, aliases, policies and symmetric encryption through boto3.

Error forms are those of recorded answers of the service; where no text is published, only the code
is checked.
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms

ACCOUNT = "111122223333"
MISSING = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
STRANGE = "arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=2)


@pytest.fixture
def client(world: Kms) -> Any:
    return world.client()


@pytest.fixture
def key(client: Any) -> str:
    return str(client.create_key()["KeyMetadata"]["Arn"])


def refused(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def test_a_new_key_is_described_as_the_service_does(client: Any) -> None:
    made = client.create_key(Description="d")["KeyMetadata"]
    told = client.describe_key(KeyId=made["KeyId"])["KeyMetadata"]
    assert told == made
    expected = {
        "AWSAccountId": ACCOUNT,
        "Description": "d",
        "Enabled": True,
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "KeyManager": "CUSTOMER",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeyState": "Enabled",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "MultiRegion": False,
        "Origin": "AWS_KMS",
    }
    assert {name: told[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (
            {"KeySpec": "RSA_2048"},
            "ValidationException",
            "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
        ),
        (
            {"KeySpec": "RSA_2048", "KeyUsage": "KEY_AGREEMENT"},
            "ValidationException",
            "KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048",
        ),
        (
            {"KeySpec": "HMAC_256", "CustomerMasterKeySpec": "HMAC_512"},
            "ValidationException",
            None,
        ),
    ],
)
def test_what_create_key_refuses(
    client: Any, arguments: dict[str, Any], code: str, text: str | None
) -> None:
    found, message = refused(client.create_key, **arguments)
    assert found == code
    assert text is None or message == text


def test_a_key_goes_by_four_names(client: Any, key: str) -> None:
    client.create_alias(AliasName="alias/four", TargetKeyId=key)
    alias_arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/four"
    for name in (key, key.rsplit("/", 1)[1], "alias/four", alias_arn):
        assert client.describe_key(KeyId=name)["KeyMetadata"]["Arn"] == key


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("nonsense", "NotFoundException", "Invalid keyId 'nonsense'"),
        (
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "NotFoundException",
            f"Key '{MISSING}' does not exist",
        ),
        (
            "alias/none",
            "NotFoundException",
            f"Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/none is not found.",
        ),
        (
            f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "NotFoundException",
            "Invalid arn eu-west-1",
        ),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/x", "NotFoundException", "Invalid keyId 'x'"),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:thing/x", "InvalidArnException", None),
        (f"arn:aws:s3:us-east-1:{ACCOUNT}:key/x", "InvalidArnException", None),
        ("arn:aws:kms", "InvalidArnException", None),
        (STRANGE, "AccessDeniedException", None),
    ],
)
def test_names_that_lead_nowhere(client: Any, name: str, code: str, text: str | None) -> None:
    found, message = refused(client.encrypt, KeyId=name, Plaintext=b"x")
    assert found == code
    assert text is None or message == text


def test_some_operations_take_no_alias(client: Any, key: str) -> None:
    client.create_alias(AliasName="alias/some", TargetKeyId=key)
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/some"
    assert refused(client.disable_key, KeyId="alias/some")[0] == "NotFoundException"
    assert refused(client.disable_key, KeyId=arn)[0] == "InvalidArnException"
    assert refused(client.disable_key, KeyId="arn:aws:kms")[0] == "InvalidArnException"


def test_an_alias_lives(world: Kms, client: Any, key: str) -> None:
    other = client.create_key()["KeyMetadata"]["KeyId"]
    client.create_alias(AliasName="alias/app", TargetKeyId=key)
    made = client.list_aliases()["Aliases"][0]
    assert made["AliasArn"] == f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"
    world.clock.advance(days=1)
    client.update_alias(AliasName="alias/app", TargetKeyId=other)
    moved = client.list_aliases(KeyId=other)["Aliases"][0]
    assert moved["TargetKeyId"] == other
    assert moved["CreationDate"] == made["CreationDate"] < moved["LastUpdatedDate"]
    assert client.list_aliases(KeyId=key)["Aliases"] == []
    client.update_alias(AliasName="alias/app", TargetKeyId=other)  # nothing changes, no error
    client.delete_alias(AliasName="alias/app")
    assert client.list_aliases()["Aliases"] == []
    assert refused(client.delete_alias, AliasName="alias/app")[0] == "NotFoundException"


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("app", "ValidationException", 'Alias must start with the prefix "alias/".'),
        ("alias/a:b", "ValidationException", "alias/a:b contains invalid characters for an alias"),
        ("alias/aws/mine", "InvalidAliasNameException", ""),
    ],
)
def test_names_that_an_alias_may_not_have(
    client: Any, key: str, name: str, code: str, text: str
) -> None:
    found, message = refused(client.create_alias, AliasName=name, TargetKeyId=key)
    assert found == code
    assert message.startswith(text)


def test_an_alias_is_there_once_and_a_key_has_fifty(client: Any, key: str) -> None:
    for number in range(50):
        client.create_alias(AliasName=f"alias/{number}", TargetKeyId=key)
    again = refused(client.create_alias, AliasName="alias/0", TargetKeyId=key)
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/0"
    assert again == ("AlreadyExistsException", f"An alias with the name {arn} already exists")
    more = refused(client.create_alias, AliasName="alias/50", TargetKeyId=key)
    assert more[0] == "LimitExceededException"
    pages = client.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 20})
    seen = [alias["AliasName"] for page in pages for alias in page["Aliases"]]
    assert sorted(seen) == sorted(f"alias/{number}" for number in range(50))


def test_an_alias_stays_with_its_kind_of_key(client: Any, key: str) -> None:
    client.create_alias(AliasName="alias/kind", TargetKeyId=key)
    for spec, usage in (("HMAC_256", "GENERATE_VERIFY_MAC"), ("RSA_2048", "ENCRYPT_DECRYPT")):
        other = client.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
        found = refused(client.update_alias, AliasName="alias/kind", TargetKeyId=other)
        assert found[0] == "KMSInvalidStateException"


def test_a_policy_comes_back_as_it_was_put(client: Any, key: str) -> None:
    default = client.get_key_policy(KeyId=key)
    assert default["PolicyName"] == "default"
    assert json.loads(default["Policy"]) == {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    spaced = default["Policy"].replace(" : ", ":   ")
    client.put_key_policy(KeyId=key, Policy=spaced, PolicyName="default")
    assert client.get_key_policy(KeyId=key)["Policy"] == spaced
    assert client.list_key_policies(KeyId=key)["PolicyNames"] == ["default"]


def test_policies_that_are_refused(client: Any, key: str) -> None:
    before = client.get_key_policy(KeyId=key)["Policy"]
    malformed = "MalformedPolicyDocumentException"
    assert refused(client.put_key_policy, KeyId=key, Policy="no json")[0] == malformed
    locked = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": ACCOUNT},
                "Action": "kms:Decrypt",
                "Resource": "*",
            },
        }
    )
    assert refused(client.put_key_policy, KeyId=key, Policy=locked) == (
        malformed,
        "The new key policy will not allow you to update the key policy in the future.",
    )
    assert refused(client.create_key, Policy=locked)[0] == malformed
    assert refused(client.get_key_policy, KeyId=key, PolicyName="x")[0] == "NotFoundException"
    named = {"KeyId": key, "Policy": before}
    assert refused(client.put_key_policy, **named, PolicyName="x")[0] == "NotFoundException"
    assert refused(client.put_key_policy, **named, PolicyName="AWS_RAM") == (
        "ValidationException",
        "The AWS_RAM policy can only be managed by the RAM service",
    )
    assert client.get_key_policy(KeyId=key)["Policy"] == before
    client.put_key_policy(KeyId=key, Policy=locked, BypassPolicyLockoutSafetyCheck=True)
    assert refused(client.get_key_policy, KeyId=key)[0] == "AccessDeniedException"


def test_pages_of_keys_hold_each_once(client: Any) -> None:
    made = {client.create_key()["KeyMetadata"]["KeyId"] for _ in range(7)}
    first = client.list_keys(Limit=3)
    assert first["Truncated"] is True
    pages = client.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 3})
    seen = [key["KeyId"] for page in pages for key in page["Keys"]]
    assert sorted(seen) == sorted(made)
    foreign = refused(client.list_aliases, Marker=first["NextMarker"])
    assert foreign[0] == "InvalidMarkerException"
    for wrong in ("nonsense!", "////", first["NextMarker"][:-4]):
        assert refused(client.list_keys, Marker=wrong)[0] == "InvalidMarkerException"


@pytest.mark.parametrize("count", [1, 1024])
def test_random_bytes_come_in_the_number_asked_for(client: Any, count: int) -> None:
    one, two = (client.generate_random(NumberOfBytes=count)["Plaintext"] for _ in range(2))
    assert len(one) == len(two) == count
    assert count == 1 or one != two


def test_random_bytes_need_a_number(client: Any) -> None:
    assert refused(client.generate_random) == (
        "ValidationException",
        "NumberOfBytes is required.",
    )
    found = refused(client.generate_random, NumberOfBytes=1, CustomKeyStoreId="cks-1")
    assert found[0] == "CustomKeyStoreNotFoundException"


@pytest.mark.parametrize(
    ("asked", "count"),
    [({"KeySpec": "AES_128"}, 16), ({"KeySpec": "AES_256"}, 32), ({"NumberOfBytes": 64}, 64)],
)
def test_data_keys_open_with_their_blob(
    client: Any, key: str, asked: dict[str, Any], count: int
) -> None:
    made = client.generate_data_key(KeyId=key, **asked)
    assert len(made["Plaintext"]) == count
    opened = client.decrypt(CiphertextBlob=made["CiphertextBlob"], KeyId=key)
    assert opened["Plaintext"] == made["Plaintext"]
    hidden = client.generate_data_key_without_plaintext(KeyId=key, **asked)
    assert "Plaintext" not in hidden
    assert len(client.decrypt(CiphertextBlob=hidden["CiphertextBlob"])["Plaintext"]) == count


def test_a_data_key_has_one_size(client: Any, key: str) -> None:
    for asked in ({}, {"KeySpec": "AES_256", "NumberOfBytes": 32}):
        found = refused(client.generate_data_key, KeyId=key, **asked)
        assert found[0] == "ValidationException"


def test_plaintext_ends_at_4096_bytes(client: Any, key: str) -> None:
    blob = client.encrypt(KeyId=key, Plaintext=b"x" * 4096)["CiphertextBlob"]
    assert client.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x" * 4096
    assert refused(client.encrypt, KeyId=key, Plaintext=b"x" * 4097)[0] == "ValidationException"


def test_a_blob_belongs_to_its_key(client: Any, key: str) -> None:
    other = client.create_key()["KeyMetadata"]["KeyId"]
    blob = client.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert refused(client.decrypt, CiphertextBlob=blob, KeyId=other) == (
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )
    assert refused(client.decrypt, CiphertextBlob=b"x" * 100)[0] == "InvalidCiphertextException"
    assert refused(client.decrypt, KeyId=key)[0] == "InvalidCiphertextException"


def test_what_held_for_the_key_of_a_blob_holds_for_no_other_and_no_longer(
    world: Kms, client: Any, key: str
) -> None:
    other = str(client.create_key()["KeyMetadata"]["Arn"])
    blobs = {
        name: client.encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"] for name in (key, other)
    }
    for _ in range(2):
        for name, blob in blobs.items():
            assert client.decrypt(CiphertextBlob=blob)["KeyId"] == name
            cut, altered = blob[:24], blob[:-1] + bytes([blob[-1] ^ 1])
            assert refused(client.decrypt, CiphertextBlob=cut)[0] == "InvalidCiphertextException"
            assert (
                refused(client.decrypt, CiphertextBlob=altered)[0] == "InvalidCiphertextException"
            )
    opened, cut, altered = world.trail.events(name="Decrypt")[-3:]
    assert opened["resources"] == altered["resources"]
    assert "resources" not in cut  # it names no key
    client.disable_key(KeyId=key)
    assert refused(client.decrypt, CiphertextBlob=blobs[key])[0] == "DisabledException"
    assert client.decrypt(CiphertextBlob=blobs[other])["KeyId"] == other
    only_with_purpose = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"Null": {"kms:EncryptionContext:purpose": "true"}},
    }
    policy = json.loads(client.get_key_policy(KeyId=other)["Policy"])
    policy["Statement"].append(only_with_purpose)
    client.put_key_policy(KeyId=other, Policy=json.dumps(policy))
    context = {"purpose": "test"}
    sealed = client.encrypt(KeyId=other, Plaintext=b"x", EncryptionContext=context)[
        "CiphertextBlob"
    ]
    for _ in range(2):
        assert client.decrypt(CiphertextBlob=sealed, EncryptionContext=context)["Plaintext"] == b"x"
        assert refused(client.decrypt, CiphertextBlob=blobs[other])[0] == "AccessDeniedException"


def test_a_blob_is_of_no_use_in_another_region(world: Kms, client: Any, key: str) -> None:
    blob = client.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    code, text = refused(world.client(region="eu-west-1").decrypt, CiphertextBlob=blob)
    assert code == "AccessDeniedException"
    assert (
        "on the resource associated with this ciphertext because the resource does not exist"
        in (text)
    )


def test_reencrypt_changes_key_and_context(client: Any, key: str) -> None:
    other = client.create_key()["KeyMetadata"]["Arn"]
    blob = client.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"a": "b"})
    moved = client.re_encrypt(
        CiphertextBlob=blob["CiphertextBlob"],
        SourceEncryptionContext={"a": "b"},
        SourceKeyId=key,
        DestinationKeyId=other,
        DestinationEncryptionContext={"c": "d"},
    )
    assert (moved["SourceKeyId"], moved["KeyId"]) == (key, other)
    new = moved["CiphertextBlob"]
    assert client.decrypt(CiphertextBlob=new, EncryptionContext={"c": "d"})["Plaintext"] == b"x"
    found = refused(client.re_encrypt, CiphertextBlob=new, DestinationKeyId=key)
    assert found[0] == "InvalidCiphertextException"


def test_a_dry_run_does_nothing(client: Any, key: str) -> None:
    found = refused(client.encrypt, KeyId=key, Plaintext=b"x", DryRun=True)
    assert found == (
        "DryRunOperationException",
        "The request would have succeeded, but the DryRun option is set.",
    )


def test_a_disabled_key_answers_so(client: Any, key: str) -> None:
    client.disable_key(KeyId=key)
    client.disable_key(KeyId=key)
    found = refused(client.encrypt, KeyId=key, Plaintext=b"x")
    assert found == ("DisabledException", f"{key} is disabled.")
    client.enable_key(KeyId=key)
    assert client.encrypt(KeyId=key, Plaintext=b"x")["KeyId"] == key
    client.update_key_description(KeyId=key, Description="new")
    assert client.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "new"
