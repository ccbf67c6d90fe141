"""Data keys and data key pairs, with and without their plaintext."""

from typing import Final

from kmslab.model import messages
from kmslab.model.errors import ValidationException
from kmslab.operations.call import Call
from kmslab.operations.encryption import algorithm_of
from kmslab.operations.keys import need_spec_here
from kmslab.spec.shapes import (
    GenerateDataKeyPairRequest,
    GenerateDataKeyPairResponse,
    GenerateDataKeyPairWithoutPlaintextRequest,
    GenerateDataKeyPairWithoutPlaintextResponse,
    GenerateDataKeyRequest,
    GenerateDataKeyResponse,
    GenerateDataKeyWithoutPlaintextRequest,
    GenerateDataKeyWithoutPlaintextResponse,
)

BYTES_OF_SPEC: Final = {"AES_128": 16, "AES_256": 32}


def generate_data_key(call: Call, req: GenerateDataKeyRequest) -> GenerateDataKeyResponse:
    """Make a data key: once in the clear, once encrypted under the KMS key."""
    plaintext, blob = _data_key(call, req)
    return GenerateDataKeyResponse(
        CiphertextBlob=blob,
        Plaintext=plaintext,
        KeyId=call.key.arn,
        KeyMaterialId=call.key.current.material_id,
    )


def generate_data_key_without_plaintext(
    call: Call, req: GenerateDataKeyWithoutPlaintextRequest
) -> GenerateDataKeyWithoutPlaintextResponse:
    """Make a data key for later: only its encrypted form leaves."""
    _, blob = _data_key(call, req)
    return GenerateDataKeyWithoutPlaintextResponse(
        CiphertextBlob=blob, KeyId=call.key.arn, KeyMaterialId=call.key.current.material_id
    )


def generate_data_key_pair(
    call: Call, req: GenerateDataKeyPairRequest
) -> GenerateDataKeyPairResponse:
    """Make a data key pair: its private key once in the clear, once encrypted."""
    private, public, blob = _pair(call, req)
    return GenerateDataKeyPairResponse(
        PrivateKeyCiphertextBlob=blob,
        PrivateKeyPlaintext=private,
        PublicKey=public,
        KeyId=call.key.arn,
        KeyPairSpec=req.KeyPairSpec,
        KeyMaterialId=call.key.current.material_id,
    )


def generate_data_key_pair_without_plaintext(
    call: Call, req: GenerateDataKeyPairWithoutPlaintextRequest
) -> GenerateDataKeyPairWithoutPlaintextResponse:
    """Make a data key pair for later: its private key leaves in its encrypted form only."""
    _, public, blob = _pair(call, req)
    return GenerateDataKeyPairWithoutPlaintextResponse(
        PrivateKeyCiphertextBlob=blob,
        PublicKey=public,
        KeyId=call.key.arn,
        KeyPairSpec=req.KeyPairSpec,
        KeyMaterialId=call.key.current.material_id,
    )


def _pair(
    call: Call, req: GenerateDataKeyPairRequest | GenerateDataKeyPairWithoutPlaintextRequest
) -> tuple[bytes, bytes, bytes]:
    """Return the private key (PKCS #8), the public key, and the encrypted private key."""
    algorithm_of(call.key, "SYMMETRIC_DEFAULT")
    need_spec_here(call, req.KeyPairSpec)
    private, public = call.custody.key_pairs.generate_pair(req.KeyPairSpec)
    blob = call.custody.encrypt(call.key, private, req.EncryptionContext or {})
    return private, public, blob


def _data_key(
    call: Call, req: GenerateDataKeyRequest | GenerateDataKeyWithoutPlaintextRequest
) -> tuple[bytes, bytes]:
    algorithm_of(call.key, "SYMMETRIC_DEFAULT")
    if (req.NumberOfBytes is None) == (req.KeySpec is None):
        raise ValidationException(messages.BYTES_OR_SPEC)
    plaintext = call.entropy.take(req.NumberOfBytes or BYTES_OF_SPEC[req.KeySpec or "AES_256"])
    return plaintext, call.custody.encrypt(call.key, plaintext, req.EncryptionContext or {})
