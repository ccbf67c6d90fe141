"""Digital signatures: Sign, Verify."""

from kmslab.model.errors import KMSInvalidSignatureException
from kmslab.operations.call import Call
from kmslab.operations.encryption import need_algorithm
from kmslab.spec.shapes import SignRequest, SignResponse, VerifyRequest, VerifyResponse


def sign(call: Call, req: SignRequest) -> SignResponse:
    """Sign a message of up to 4,096 bytes, or the digest of a longer one."""
    key = call.key
    need_algorithm(key, req.SigningAlgorithm)
    signature = call.custody.key_pairs.sign(
        key,
        req.Message,
        algorithm=req.SigningAlgorithm,
        message_type=req.MessageType or "RAW",
    )
    return SignResponse(KeyId=key.arn, Signature=signature, SigningAlgorithm=req.SigningAlgorithm)


def verify(call: Call, req: VerifyRequest) -> VerifyResponse:
    """Check a signature; a bad one is an error, never ``SignatureValid: false``."""
    key = call.key
    need_algorithm(key, req.SigningAlgorithm)
    is_valid = call.custody.key_pairs.is_signed(
        key,
        req.Message,
        req.Signature,
        algorithm=req.SigningAlgorithm,
        message_type=req.MessageType or "RAW",
    )
    if not is_valid:
        raise KMSInvalidSignatureException
    return VerifyResponse(KeyId=key.arn, SignatureValid=True, SigningAlgorithm=req.SigningAlgorithm)
