"""Encrypt, Decrypt, ReEncrypt."""

from typing import Final

from kmslab.custody import blob as blobs
from kmslab.model import messages
from kmslab.model.errors import (
    IncorrectKeyException,
    InvalidCiphertextException,
    InvalidKeyUsageException,
    ValidationException,
)
from kmslab.model.key_specs import KEY_SPECS
from kmslab.model.keys import KmsKey
from kmslab.operations.call import Call
from kmslab.spec.shapes import (
    DecryptRequest,
    DecryptResponse,
    EncryptionAlgorithmSpec,
    EncryptRequest,
    EncryptResponse,
    ReEncryptRequest,
    ReEncryptResponse,
)

SYMMETRIC: Final = "SYMMETRIC_DEFAULT"


def encrypt(call: Call, req: EncryptRequest) -> EncryptResponse:
    """Encrypt up to 4,096 bytes under a KMS key."""
    key = call.key
    algorithm = algorithm_of(key, req.EncryptionAlgorithm)
    blob = _seal(call, key, req.Plaintext, algorithm, req.EncryptionContext)
    return EncryptResponse(CiphertextBlob=blob, KeyId=key.arn, EncryptionAlgorithm=algorithm)


def decrypt(call: Call, req: DecryptRequest) -> DecryptResponse:
    """Decrypt a ciphertext blob under the material that it names."""
    key = call.key
    algorithm = algorithm_of(key, req.EncryptionAlgorithm)
    plaintext, material_id = _open(call, key, req.CiphertextBlob, algorithm, req.EncryptionContext)
    return DecryptResponse(
        KeyId=key.arn,
        Plaintext=plaintext,
        EncryptionAlgorithm=algorithm,
        KeyMaterialId=material_id,
    )


def re_encrypt(call: Call, req: ReEncryptRequest) -> ReEncryptResponse:
    """Decrypt and encrypt again inside KMS, perhaps under another key or encryption context."""
    source, destination = call.targets[0].key, call.key
    assert source is not None  # noqa: S101 - targets.both_keys finds it
    source_algorithm = algorithm_of(source, req.SourceEncryptionAlgorithm)
    algorithm = algorithm_of(destination, req.DestinationEncryptionAlgorithm)
    plaintext, source_material = _open(
        call, source, req.CiphertextBlob, source_algorithm, req.SourceEncryptionContext
    )
    context = req.DestinationEncryptionContext
    return ReEncryptResponse(
        CiphertextBlob=_seal(call, destination, plaintext, algorithm, context),
        SourceKeyId=source.arn,
        KeyId=destination.arn,
        SourceEncryptionAlgorithm=source_algorithm,
        DestinationEncryptionAlgorithm=algorithm,
        SourceKeyMaterialId=source_material,
        DestinationKeyMaterialId=material_of(destination),
    )


def material_of(key: KmsKey) -> str | None:
    """Return the ID of the material that encrypts; only symmetric keys show one."""
    return key.current.material_id if key.spec == SYMMETRIC else None


def algorithm_of(key: KmsKey, asked: EncryptionAlgorithmSpec | None) -> EncryptionAlgorithmSpec:
    """Return the encryption algorithm that a request means.

    Raises:
        InvalidKeyUsageException: a key of this spec does not know the algorithm.
    """
    algorithm: EncryptionAlgorithmSpec = asked or "SYMMETRIC_DEFAULT"
    need_algorithm(key, algorithm)
    return algorithm


def need_algorithm(key: KmsKey, algorithm: str) -> None:
    """Return if a key of this spec and usage knows the algorithm.

    Raises:
        InvalidKeyUsageException: it does not.
    """
    if algorithm not in KEY_SPECS[key.spec].algorithms[key.usage]:
        raise InvalidKeyUsageException(messages.WRONG_ALGORITHM.format(algorithm, key.spec))


def _seal(
    call: Call, key: KmsKey, plaintext: bytes, algorithm: str, context: dict[str, str] | None
) -> bytes:
    most = KEY_SPECS[key.spec].max_plaintext[algorithm]
    if len(plaintext) > most:
        raise ValidationException(messages.TOO_MUCH_PLAINTEXT.format(algorithm, key.spec, most))
    if algorithm != SYMMETRIC:
        return call.custody.key_pairs.encrypt(key, plaintext, algorithm)
    return call.custody.encrypt(key, plaintext, context or {})


def _open(
    call: Call, key: KmsKey, blob: bytes | None, algorithm: str, context: dict[str, str] | None
) -> tuple[bytes, str | None]:
    """Return the plaintext and the ID of the material that opened it, where the blob names one."""
    if blob is None:
        raise InvalidCiphertextException
    if algorithm != SYMMETRIC:
        return call.custody.key_pairs.decrypt(key, blob, algorithm), None
    parts = blobs.parse(blob)
    if not parts.is_of(key.account, key.key_id):
        raise IncorrectKeyException(messages.INCORRECT_KEY)
    return call.custody.decrypt(key, blob, context or {}), parts.material_id
