"""What a caller of the import operations does outside: wrapping, and the calls around it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding

from kmslab import Kms

OAEP, HYBRID = "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"
FOREVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
NEW, EXISTING = {"ImportType": "NEW_KEY_MATERIAL"}, {"ImportType": "EXISTING_KEY_MATERIAL"}
ONE, TWO = b"1" * 32, b"2" * 32
HASHES = {"1": hashes.SHA1(), "256": hashes.SHA256()}
MONTH = timedelta(days=30)


def make(client: Any, spec: str = "SYMMETRIC_DEFAULT", usage: str = "ENCRYPT_DECRYPT") -> str:
    made = client.create_key(Origin="EXTERNAL", KeySpec=spec, KeyUsage=usage)
    return str(made["KeyMetadata"]["Arn"])


def code(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return str(refused.value.response["Error"]["Code"])


def state(client: Any, key: str) -> str:
    return str(client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"])


def pkcs8(private: PrivateKeyTypes) -> bytes:
    return private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def wrap(public_key: bytes, raw: bytes, algorithm: str = OAEP) -> bytes:
    """Wrap as the guide's page "Encrypt the key material" does with OpenSSL."""
    public = serialization.load_der_public_key(public_key)
    assert isinstance(public, rsa.RSAPublicKey)
    function = HASHES[algorithm.rpartition("_")[2]]
    oaep = padding.OAEP(padding.MGF1(function), function, None)
    if algorithm.startswith("RSAES"):
        return public.encrypt(raw, oaep)
    ephemeral = b"\x5a" * 32
    return public.encrypt(ephemeral, oaep) + aes_key_wrap_with_padding(ephemeral, raw)


def parameters(
    client: Any, key: str, raw: bytes, algorithm: str = OAEP, spec: str = "RSA_2048"
) -> dict[str, Any]:
    given = client.get_parameters_for_import(
        KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec=spec
    )
    wrapped = wrap(given["PublicKey"], raw, algorithm)
    return {"KeyId": key, "ImportToken": given["ImportToken"], "EncryptedKeyMaterial": wrapped}


def bring(client: Any, key: str, raw: bytes, algorithm: str = OAEP, **more: Any) -> Any:
    more = more if "ValidTo" in more else FOREVER | more
    return client.import_key_material(**parameters(client, key, raw, algorithm), **more)


def soon(world: Kms, after: timedelta = MONTH) -> datetime:
    return datetime.fromtimestamp(int(world.clock.now()), UTC) + after


class Bringer:
    """Brings material under one token, which serves for a day."""

    def __init__(self, client: Any, key: str) -> None:
        self.client, self.key = client, key
        self.given = client.get_parameters_for_import(
            KeyId=key, WrappingAlgorithm=OAEP, WrappingKeySpec="RSA_2048"
        )

    def __call__(self, raw: bytes, **more: Any) -> str:
        return str(
            self.client.import_key_material(
                KeyId=self.key,
                ImportToken=self.given["ImportToken"],
                EncryptedKeyMaterial=wrap(self.given["PublicKey"], raw),
                **(more if "ValidTo" in more else FOREVER | more),
            )["KeyMaterialId"]
        )

    def refused(self, raw: bytes, **more: Any) -> str:
        with pytest.raises(ClientError) as refused:
            self(raw, **more)
        return str(refused.value.response["Error"]["Code"])


def materials(client: Any, key: str) -> list[tuple[str, str]]:
    listed = client.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    return [(each["KeyMaterialState"], each["ImportState"]) for each in listed["Rotations"]]


def described(client: Any, key: str) -> dict[str, Any]:
    return dict(client.describe_key(KeyId=key)["KeyMetadata"])
