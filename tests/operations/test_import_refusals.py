"""What the import operations refuse, and with which error.

Rules: the service model's texts of GetParametersForImport and ImportKeyMaterial; Developer Guide,
"Requirements for imported key material". What a refused parameter answers is not published; the
expected codes are those that the model lists for the operation.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding

from kmslab import Kms
from kmslab.model.keys import KeyState
from kmslab.store.port import StoreError
from kmslab.store.records import KEYS, scope
from kmslab.store.transaction import Transaction
from tests.operations.importing import (
    EXISTING,
    FOREVER,
    HYBRID,
    NEW,
    OAEP,
    ONE,
    TWO,
    bring,
    code,
    make,
    parameters,
    pkcs8,
    soon,
    state,
    wrap,
)


@pytest.fixture
def world() -> Kms:
    return Kms.fresh(seed=8, quotas="off")


@pytest.fixture
def client(world: Kms) -> Any:
    return world.client()


@pytest.fixture
def key(client: Any) -> str:
    return make(client)


@pytest.fixture(scope="module")
def own_rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2048)


# ---------------------------------------------------------------------- what may be asked for


@pytest.mark.parametrize(
    ("spec", "algorithm", "wrapping_key"),
    [
        ("SYMMETRIC_DEFAULT", "RSAES_PKCS1_V1_5", "RSA_2048"),  # not since 2023-10-10
        ("SYMMETRIC_DEFAULT", HYBRID, "RSA_2048"),
        ("HMAC_256", HYBRID, "RSA_2048"),
        ("RSA_2048", OAEP, "RSA_4096"),
        ("ECC_NIST_P521", OAEP, "RSA_2048"),
        ("ECC_NIST_P256", "SM2PKE", "SM2"),  # China Regions
        ("ECC_NIST_P256", "SM2PKE", "RSA_2048"),
        ("SYMMETRIC_DEFAULT", OAEP, "SM2"),
    ],
)
def test_some_ways_of_wrapping_are_not_for_some_keys(
    client: Any, spec: str, algorithm: str, wrapping_key: str
) -> None:
    usages = {"SYMMETRIC_DEFAULT": "ENCRYPT_DECRYPT", "HMAC_256": "GENERATE_VERIFY_MAC"}
    refused = code(
        client.get_parameters_for_import,
        KeyId=make(client, spec, usages.get(spec, "SIGN_VERIFY")),
        WrappingAlgorithm=algorithm,
        WrappingKeySpec=wrapping_key,
    )
    assert refused == "UnsupportedOperationException"


@pytest.mark.parametrize(
    ("spec", "usage"),
    [("ML_DSA_44", "SIGN_VERIFY"), ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE")],
)
def test_a_post_quantum_key_has_no_external_origin(client: Any, spec: str, usage: str) -> None:
    refused = code(client.create_key, Origin="EXTERNAL", KeySpec=spec, KeyUsage=usage)
    assert refused == "UnsupportedOperationException"


CALLS: dict[str, dict[str, Any]] = {
    "get_parameters_for_import": {"WrappingAlgorithm": OAEP, "WrappingKeySpec": "RSA_2048"},
    "import_key_material": {"ImportToken": b"t", "EncryptedKeyMaterial": b"m", **FOREVER},
    "delete_imported_key_material": {},
}


@pytest.mark.parametrize("name", CALLS)
def test_a_key_that_kms_made_takes_nothing_from_outside(client: Any, name: str) -> None:
    own = client.create_key()["KeyMetadata"]["Arn"]
    text = f"{own} origin is AWS_KMS which is not valid for this operation."
    with pytest.raises(ClientError, match=text) as refused:
        getattr(client, name)(KeyId=own, **CALLS[name])
    assert refused.value.response["Error"]["Code"] == "UnsupportedOperationException"


@pytest.mark.parametrize("name", CALLS)
def test_a_key_is_named_by_its_id_or_its_arn(world: Kms, client: Any, key: str, name: str) -> None:
    client.create_alias(AliasName="alias/brought", TargetKeyId=key)
    alias = f"arn:aws:kms:us-east-1:{world.account}:alias/brought"
    call = getattr(client, name)
    assert code(call, KeyId=alias, **CALLS[name]) == "InvalidArnException"
    nobody = "1234abcd-12ab-34cd-56ef-1234567890ab"
    assert code(call, KeyId=nobody, **CALLS[name]) == "NotFoundException"


@pytest.mark.parametrize(
    ("name", "key_state"),
    [
        ("get_parameters_for_import", "PendingDeletion"),
        ("get_parameters_for_import", "Updating"),
        ("import_key_material", "PendingDeletion"),
        ("import_key_material", "Creating"),
        ("delete_imported_key_material", "Updating"),
    ],
)
def test_some_states_refuse(
    world: Kms, client: Any, key: str, name: str, key_state: KeyState
) -> None:
    put_state(world, key, key_state)
    assert code(getattr(client, name), KeyId=key, **CALLS[name]) == "KMSInvalidStateException"


@pytest.mark.parametrize("name", ["import_key_material", "delete_imported_key_material"])
def test_a_change_that_cannot_be_written_is_a_fault(
    world: Kms, client: Any, key: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = CALLS[name] | {"KeyId": key}
    if name == "import_key_material":
        given = parameters(client, key, ONE) | FOREVER
    else:
        bring(client, key, ONE)
    before = state(client, key)

    def fail(_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(world.endpoint.engine.store, "commit", fail)
        assert code(getattr(client, name), **given) == "KMSInternalException"
    assert state(client, key) == before


def put_state(world: Kms, key: str, key_state: KeyState) -> None:
    store = world.endpoint.engine.store
    found = store.get(KEYS, scope(world.account, world.region), key.rpartition("/")[2])
    assert found is not None
    tx = Transaction(store)
    tx.put(KEYS, found.with_(state=key_state))
    tx.commit()


# ------------------------------------------------------------------------------- import tokens


def test_a_token_lives_for_a_day_and_serves_more_than_once(
    world: Kms, client: Any, key: str
) -> None:
    given = parameters(client, key, ONE)
    world.clock.advance(hours=23, minutes=59)
    for _ in range(2):
        client.import_key_material(**given, **FOREVER)
    world.clock.advance(minutes=1)
    assert code(client.import_key_material, **given, **FOREVER) == "ExpiredImportTokenException"


TAMPERED: dict[str, Callable[[bytes], bytes]] = {
    "one bit": lambda token: bytes((token[0] ^ 1,)) + token[1:],
    "the last bit": lambda token: token[:-1] + bytes((token[-1] ^ 1,)),
    "a byte less": lambda token: token[:-1],
    "a byte more": lambda token: token + b"0",
    "one byte": lambda _: b"t",
    "no token at all": lambda token: bytes(len(token)),
}


@pytest.mark.parametrize("change", TAMPERED)
def test_a_token_that_was_changed_is_no_token(client: Any, key: str, change: str) -> None:
    given = parameters(client, key, ONE)
    given["ImportToken"] = TAMPERED[change](given["ImportToken"])
    assert code(client.import_key_material, **given, **FOREVER) == "InvalidImportTokenException"


def test_a_token_serves_one_key_of_one_world(client: Any, key: str) -> None:
    foreign = Kms.fresh(seed=9).client()
    for given in (
        parameters(client, make(client), ONE),
        parameters(foreign, make(foreign), ONE),
    ):
        refused = code(client.import_key_material, **given | {"KeyId": key}, **FOREVER)
        assert refused == "InvalidImportTokenException"
    assert state(client, key) == "PendingImport"


# ----------------------------------------------------------------------------- wrapped material


def test_a_wrapping_key_belongs_to_its_token(client: Any, key: str) -> None:
    one, two = parameters(client, key, ONE), parameters(client, key, ONE)
    mixed = one | {"EncryptedKeyMaterial": two["EncryptedKeyMaterial"]}
    assert code(client.import_key_material, **mixed, **FOREVER) == "InvalidCiphertextException"


def test_material_must_be_wrapped_as_the_token_says(client: Any, key: str) -> None:
    given = client.get_parameters_for_import(
        KeyId=key, WrappingAlgorithm=OAEP, WrappingKeySpec="RSA_2048"
    )
    right = wrap(given["PublicKey"], ONE)
    for wrong in (
        wrap(given["PublicKey"], ONE, "RSAES_OAEP_SHA_1"),
        wrap(given["PublicKey"], ONE, HYBRID),
        right[:-1],
        right + b"0",
        b"m",
        bytes((right[0] ^ 1,)) + right[1:],
    ):
        refused = code(
            client.import_key_material,
            KeyId=key,
            ImportToken=given["ImportToken"],
            EncryptedKeyMaterial=wrong,
            **FOREVER,
        )
        assert refused == "InvalidCiphertextException"


def test_the_second_way_of_wrapping_is_checked_in_all_its_parts(client: Any) -> None:
    key = make(client, "ECC_NIST_P256", "SIGN_VERIFY")
    raw = pkcs8(ec.generate_private_key(ec.SECP256R1()))
    given = client.get_parameters_for_import(
        KeyId=key, WrappingAlgorithm=HYBRID, WrappingKeySpec="RSA_2048"
    )
    right = wrap(given["PublicKey"], raw, HYBRID)
    short = bytes(16)  # the guide: "Encrypt the key material", a 256-bit AES key
    for wrong in (
        right[:256],
        right[:-8],
        right[:-1] + bytes((right[-1] ^ 1,)),
        bytes((right[0] ^ 1,)) + right[1:],
        wrap(given["PublicKey"], raw),
        wrap(given["PublicKey"], short) + aes_key_wrap_with_padding(short, raw),
    ):
        refused = code(
            client.import_key_material,
            KeyId=key,
            ImportToken=given["ImportToken"],
            EncryptedKeyMaterial=wrong,
            **FOREVER,
        )
        assert refused == "InvalidCiphertextException"
    again = {"ImportToken": given["ImportToken"], "EncryptedKeyMaterial": right}
    client.import_key_material(KeyId=key, **again, **FOREVER)


@pytest.mark.parametrize(
    ("spec", "least", "most"),
    [
        ("SYMMETRIC_DEFAULT", 32, 32),
        ("HMAC_224", 28, 128),
        ("HMAC_256", 32, 128),
        ("HMAC_384", 48, 128),
        ("HMAC_512", 64, 128),
    ],
)
def test_material_has_the_length_of_its_spec(client: Any, spec: str, least: int, most: int) -> None:
    # the guide: "Requirements for imported key material"
    usage = "GENERATE_VERIFY_MAC" if "HMAC" in spec else "ENCRYPT_DECRYPT"
    for length, is_right in ((least - 1, False), (most + 1, False), (least, True), (most, True)):
        given = parameters(client, make(client, spec, usage), b"m" * length)
        if is_right:
            client.import_key_material(**given, **FOREVER)
        else:
            refused = code(client.import_key_material, **given, **FOREVER)
            assert refused == "IncorrectKeyMaterialException"


def older_form(private: Any) -> bytes:
    raw: bytes = private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return raw


def locked(private: Any) -> bytes:
    raw: bytes = private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )
    return raw


def public(private: Any) -> bytes:
    raw: bytes = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return raw


P256 = ec.generate_private_key(ec.SECP256R1())
WRONG_PAIRS: dict[str, bytes] = {
    "SEC 1 and not PKCS #8": older_form(P256),
    "a password before it": locked(P256),
    "the public half": public(P256),
    "another curve of the same length": pkcs8(ec.generate_private_key(ec.SECP256K1())),
    "another algorithm": pkcs8(ed25519.Ed25519PrivateKey.generate()),
    "a byte less": pkcs8(P256)[:-1],
    "a byte more": pkcs8(P256) + b"0",
    "bytes": b"m" * 32,
    "one byte": b"0",
}


@pytest.mark.parametrize("name", WRONG_PAIRS)
def test_a_key_pair_is_pkcs8_of_its_spec(client: Any, name: str) -> None:
    key = make(client, "ECC_NIST_P256", "SIGN_VERIFY")
    given = parameters(client, key, WRONG_PAIRS[name], HYBRID)
    assert code(client.import_key_material, **given, **FOREVER) == "IncorrectKeyMaterialException"


def test_an_rsa_key_pair_is_sound_and_of_its_length(
    client: Any, own_rsa: rsa.RSAPrivateKey
) -> None:
    key = make(client, "RSA_2048", "ENCRYPT_DECRYPT")
    raw = pkcs8(own_rsa)
    prime = own_rsa.private_numbers().p.to_bytes(128)
    unsound = raw.replace(prime, (own_rsa.private_numbers().p + 2).to_bytes(128))
    assert unsound != raw
    longer = pkcs8(rsa.generate_private_key(65_537, 3072))
    for wrong in (older_form(own_rsa), unsound, longer):
        given = parameters(client, key, wrong, HYBRID)
        refused = code(client.import_key_material, **given, **FOREVER)
        assert refused == "IncorrectKeyMaterialException"
    bring(client, key, raw, HYBRID)


# ---------------------------------------------------------------------------------- parameters


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"),
        ({"ExpirationModel": "KEY_MATERIAL_EXPIRES"}, "A validTo date must be set"),
        ({"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE", "after": timedelta(days=1)}, None),
        ({"after": timedelta(0)}, None),
        ({"after": timedelta(days=-1)}, None),
        ({"after": timedelta(days=365, minutes=1)}, None),
    ],
)
def test_what_an_expiry_may_be(
    world: Kms, client: Any, key: str, given: dict[str, Any], expected: str | None
) -> None:
    more = {name: value for name, value in given.items() if name != "after"}
    if "after" in given:
        more["ValidTo"] = soon(world, given["after"])
    with pytest.raises(ClientError, match=expected) as refused:
        client.import_key_material(**parameters(client, key, ONE), **more)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_material_may_live_for_a_year(world: Kms, client: Any, key: str) -> None:
    bring(client, key, ONE, ValidTo=soon(world, timedelta(days=365)))
    described = client.describe_key(KeyId=key)["KeyMetadata"]
    assert described["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"


@pytest.mark.parametrize(
    "more", [NEW, EXISTING, {"KeyMaterialDescription": "d"}, {"KeyMaterialId": "0" * 64}]
)
def test_some_parameters_are_for_symmetric_keys_only(client: Any, more: dict[str, str]) -> None:
    key = make(client, "HMAC_256", "GENERATE_VERIFY_MAC")
    given = parameters(client, key, ONE)
    refused = code(client.import_key_material, **given, **FOREVER, **more)
    assert refused == "UnsupportedOperationException"


def test_a_kind_of_import_and_an_id_must_suit_each_other(client: Any, key: str) -> None:
    given = parameters(client, key, ONE) | FOREVER
    call = client.import_key_material
    assert code(call, **given, **EXISTING) == "IncorrectKeyMaterialException"
    assert code(call, **given, **NEW, KeyMaterialId="0" * 64) == "ValidationException"
    known = call(**given)["KeyMaterialId"]
    assert code(call, **given, **NEW) == "IncorrectKeyMaterialException"
    assert code(call, **given, KeyMaterialId="0" * 64) == "IncorrectKeyMaterialException"
    other = parameters(client, key, TWO) | FOREVER
    assert code(call, **other, KeyMaterialId=known) == "IncorrectKeyMaterialException"
    assert call(**given, **EXISTING, KeyMaterialId=known)["KeyMaterialId"] == known
