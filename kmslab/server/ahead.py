"""What can be done for a request before it is its turn: RSA primes, which take up to a second.

Knows which member of which operation names a key spec; refuses to know whether the request is good.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from kmslab.custody.stock import SPECS, Stock
from kmslab.model.errors import KmsError
from kmslab.server.connection import Prepare
from kmslab.wire import codec
from kmslab.wire.http import HttpRequest

MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "CreateKey": ("KeySpec", "CustomerMasterKeySpec"),
    "GenerateDataKeyPair": ("KeyPairSpec",),
    "GenerateDataKeyPairWithoutPlaintext": ("KeyPairSpec",),
    "GetParametersForImport": ("WrappingKeySpec",),
}
BY_TARGET: Final = {f"{codec.TARGET_PREFIX}{name}": name for name in MEMBERS}


def preparing(stock: Stock) -> Prepare:
    """Return what tells, of a request, the work that may be done ahead in any thread, if any."""

    def prepare(request: HttpRequest) -> Callable[[], None] | None:
        operation = BY_TARGET.get(request.headers.get("x-amz-target", ""))
        spec = None if operation is None else _spec(operation, request.body)
        return partial(stock.add, spec) if spec in SPECS else None

    return prepare


def _spec(operation: str, body: bytes) -> str | None:
    try:
        asked = codec.decode(operation, body)
    except KmsError:
        return None
    return next((spec for name in MEMBERS[operation] if (spec := getattr(asked, name))), None)
