"""What asymmetric keys share with the outside: GetPublicKey, DeriveSharedSecret."""

from typing import Any

from kmslab.model import messages
from kmslab.model.errors import KMSInvalidStateException, UnsupportedOperationException
from kmslab.model.key_specs import KEY_SPECS
from kmslab.operations.call import Call
from kmslab.operations.metadata import ALGORITHMS
from kmslab.spec.shapes import (
    DeriveSharedSecretRequest,
    DeriveSharedSecretResponse,
    GetPublicKeyRequest,
    GetPublicKeyResponse,
)


def get_public_key(call: Call, _: GetPublicKeyRequest) -> GetPublicKeyResponse:
    """Return the public key, and what it may be used for."""
    key = call.key
    if key.spec == "SYMMETRIC_DEFAULT" or key.spec.startswith("HMAC"):
        raise UnsupportedOperationException(messages.NO_PUBLIC_KEY.format(key.arn))
    if not key.materials:
        raise KMSInvalidStateException(messages.PENDING_IMPORT.format(key.arn))
    described: dict[str, Any] = {
        "KeyId": key.arn,
        "PublicKey": call.custody.key_pairs.public_key(key),
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "KeyUsage": key.usage,
        ALGORITHMS[key.usage]: list(KEY_SPECS[key.spec].algorithms[key.usage]),
    }
    return GetPublicKeyResponse(**described)


def derive_shared_secret(call: Call, req: DeriveSharedSecretRequest) -> DeriveSharedSecretResponse:
    """Agree with the holder of another public key on the same curve."""
    key = call.key
    return DeriveSharedSecretResponse(
        KeyId=key.arn,
        SharedSecret=call.custody.key_pairs.shared_secret(key, req.PublicKey),
        KeyAgreementAlgorithm=req.KeyAgreementAlgorithm,
        KeyOrigin=key.origin,
    )
