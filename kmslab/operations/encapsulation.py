"""Key encapsulation: Encapsulate, Decapsulate."""

from kmslab.operations.call import Call
from kmslab.spec.shapes import (
    DecapsulateRequest,
    DecapsulateResponse,
    EncapsulateRequest,
    EncapsulateResponse,
)


def encapsulate(call: Call, req: EncapsulateRequest) -> EncapsulateResponse:
    """Make a 32-byte secret and a ciphertext that only this key opens."""
    secret, ciphertext = call.custody.key_pairs.encapsulate(call.key)
    return EncapsulateResponse(
        KeyId=call.key.arn,
        SharedSecret=secret,
        SharedSecretCiphertextBlob=ciphertext,
        EncapsulationAlgorithm=req.EncapsulationAlgorithm,
    )


def decapsulate(call: Call, req: DecapsulateRequest) -> DecapsulateResponse:
    """Take the secret out of a ciphertext; of a wrong one, another secret."""
    secret = call.custody.key_pairs.decapsulate(call.key, req.SharedSecretCiphertextBlob)
    return DecapsulateResponse(
        KeyId=call.key.arn,
        SharedSecret=secret,
        EncapsulationAlgorithm=req.EncapsulationAlgorithm,
    )
