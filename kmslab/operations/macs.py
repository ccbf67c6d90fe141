"""Message authentication codes: GenerateMac, VerifyMac."""

from kmslab.model.errors import KMSInvalidMacException
from kmslab.operations.call import Call
from kmslab.operations.encryption import need_algorithm
from kmslab.spec.shapes import (
    GenerateMacRequest,
    GenerateMacResponse,
    VerifyMacRequest,
    VerifyMacResponse,
)


def generate_mac(call: Call, req: GenerateMacRequest) -> GenerateMacResponse:
    """Return the tag of a message of up to 4,096 bytes."""
    need_algorithm(call.key, req.MacAlgorithm)
    tag = call.custody.key_pairs.mac(call.key, req.Message, req.MacAlgorithm)
    return GenerateMacResponse(Mac=tag, MacAlgorithm=req.MacAlgorithm, KeyId=call.key.arn)


def verify_mac(call: Call, req: VerifyMacRequest) -> VerifyMacResponse:
    """Check a tag; a bad one is an error, never ``MacValid: false``."""
    need_algorithm(call.key, req.MacAlgorithm)
    if not call.custody.key_pairs.is_mac(call.key, req.Message, req.Mac, req.MacAlgorithm):
        raise KMSInvalidMacException
    return VerifyMacResponse(KeyId=call.key.arn, MacValid=True, MacAlgorithm=req.MacAlgorithm)
