"""Data keys: GenerateDataKey, GenerateDataKeyWithoutPlaintext."""

from typing import Final

from kmslab.model import messages
from kmslab.model.errors import ValidationException
from kmslab.operations.call import Call
from kmslab.spec.shapes import (
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


def _data_key(
    call: Call, req: GenerateDataKeyRequest | GenerateDataKeyWithoutPlaintextRequest
) -> tuple[bytes, bytes]:
    if (req.NumberOfBytes is None) == (req.KeySpec is None):
        raise ValidationException(messages.BYTES_OR_SPEC)
    plaintext = call.entropy.take(req.NumberOfBytes or BYTES_OF_SPEC[req.KeySpec or "AES_256"])
    return plaintext, call.custody.encrypt(call.key, plaintext, req.EncryptionContext or {})
