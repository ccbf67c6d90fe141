"""The shortest honest road into KMS: the engine itself, without HTTP, its caller known.

Every stage runs: authorization, quota, key state, cryptography, trail. Only transport and signature
are left out, as in the fast client. The clock stands where the simulation says.
"""

from msgspec import Struct

from kmslab.ambient import ids
from kmslab.ambient.clock import VirtualClock
from kmslab.engine.request import ApiRequest
from kmslab.kms import Kms
from kmslab.model import bootstrap
from kmslab.model.errors import ThrottlingException
from kmslab.model.principals import Caller
from kmslab.quota.files import named
from kmslab.quota.granted import INCREASES, Increase
from kmslab.quota.table import OFF
from kmslab.server.build import administrator_keys, build_endpoint
from kmslab.spec import shapes
from kmslab.store.transaction import Transaction

GROUP = "symmetric"
PLAINTEXT = b"p" * 32
SERIAL_DIGITS = 12


class StandingClock(VirtualClock):
    """A clock that only the simulation moves: a request takes no time of its own."""

    def pass_request(self) -> float:
        """Stand still."""
        return self._now

    def stand_at(self, instant: float) -> None:
        """Go to an instant, in Unix seconds."""
        self._now = instant


class Road:
    """A world of its own with one key, and one request that is made over and over.

    `scale` makes its quota so many times smaller. `quota` is what it would be without, if there is one.
    """

    def __init__(
        self, operation: str, *, region: str, quotas: str, seed: int, scale: int = 1
    ) -> None:
        self.clock = StandingClock()
        endpoint = build_endpoint(quotas=quotas, seed=seed, clock=self.clock)
        self.world = Kms(endpoint, account=bootstrap.ACCOUNT, region=region, clock=self.clock)
        self.begun = self.clock.now() + 1  # the preparation has had its second
        self._engine = endpoint.engine
        self._caller = _administrator(self.world)
        self._prefix = ids.uuid(self._engine.entropy)[:-SERIAL_DIGITS]
        self._calls = 0
        self._operation = operation
        self._request = self._prepared(operation)
        quota = named(quotas).rates[GROUP]
        self.quota = None if quotas == OFF else quota.rate_in(region)
        if scale > 1 and self.quota is not None:
            self._shrink(quota.code, self.quota / scale)

    def call(self, at: float) -> bool:
        """Ask KMS at an instant, in seconds from the beginning; False: it was throttled."""
        self.clock.stand_at(self.begun + at)
        try:
            self._answer(self._operation, self._request)
        except ThrottlingException:
            return False
        return True

    def _answer(self, operation: str, request: Struct) -> Struct | None:
        self._calls += 1
        ask = ApiRequest(
            operation=operation,
            caller=self._caller,
            request_id=f"{self._prefix}{self._calls:0{SERIAL_DIGITS}x}",
            user_agent="kmslab load",
        )
        return self._engine.answer(ask, request)

    def _prepared(self, operation: str) -> Struct:
        """Make a key, and the request of an operation on it."""
        made = self._answer("CreateKey", shapes.CreateKeyRequest())
        assert isinstance(made, shapes.CreateKeyResponse)  # noqa: S101 - the catalog's
        assert made.KeyMetadata is not None  # noqa: S101 - CreateKey always tells
        key_id = made.KeyMetadata.KeyId
        encrypt = shapes.EncryptRequest(KeyId=key_id, Plaintext=PLAINTEXT)
        if operation == "Encrypt":
            return encrypt
        if operation == "GenerateDataKey":
            return shapes.GenerateDataKeyRequest(KeyId=key_id, KeySpec="AES_256")
        sealed = self._answer("Encrypt", encrypt)
        assert isinstance(sealed, shapes.EncryptResponse)  # noqa: S101 - the catalog's
        return shapes.DecryptRequest(CiphertextBlob=sealed.CiphertextBlob or b"", KeyId=key_id)

    def _shrink(self, code: str, rate: float) -> None:
        """Let a smaller quota apply, as AWS Support does on request."""
        account, region = self.world.account, self.world.region
        change = Increase("scale", account, region, code, rate, self.clock.now(), requester="")
        transaction = Transaction(self._engine.store)
        transaction.put(INCREASES, change)
        transaction.commit()


def _administrator(world: Kms) -> Caller:
    credential = world.endpoint.engine.directory.credential(administrator_keys()[0])
    assert credential is not None  # noqa: S101 - every world has one
    return Caller(credential.principal, world.region, credential.access_key_id)
