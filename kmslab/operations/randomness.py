"""GenerateRandom."""

from kmslab.model import messages
from kmslab.model.errors import CustomKeyStoreNotFoundException, ValidationException
from kmslab.operations.call import Call
from kmslab.spec.shapes import GenerateRandomRequest, GenerateRandomResponse


def generate_random(call: Call, req: GenerateRandomRequest) -> GenerateRandomResponse:
    """Return 1 to 1,024 random bytes."""
    if req.CustomKeyStoreId is not None:
        raise CustomKeyStoreNotFoundException
    if req.NumberOfBytes is None:
        raise ValidationException(messages.BYTES_REQUIRED)
    return GenerateRandomResponse(Plaintext=call.entropy.take(req.NumberOfBytes))
