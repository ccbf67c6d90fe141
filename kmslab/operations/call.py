"""What an operation is given: one request, after every stage before it has agreed."""

import msgspec

from kmslab.ambient.entropy import Entropy
from kmslab.audit.event import Consequence, Notice
from kmslab.authn.directory import Directory
from kmslab.custody.port import Custodian
from kmslab.model.keys import KmsKey
from kmslab.model.principals import Caller
from kmslab.operations.names import Names, Target
from kmslab.operations.uses import Uses
from kmslab.quota.limits import ResourceLimits
from kmslab.store.transaction import Transaction


class Call(msgspec.Struct, frozen=True, gc=False):
    """A request at its operation. `now` is in Unix seconds."""

    caller: Caller
    targets: tuple[Target, ...]
    names: Names
    now: float
    request_id: str
    tx: Transaction
    entropy: Entropy
    custody: Custodian
    directory: Directory
    notices: list[Notice | Consequence]  # what the operation sets off, for the trail
    uses: Uses
    limits: ResourceLimits

    @property
    def key(self) -> KmsKey:
        """The KMS key of an operation that has one; of two, the destination."""
        key = self.targets[-1].key
        assert key is not None  # noqa: S101 - the catalog's targets see to it
        return key

    @property
    def account(self) -> str:
        """The account in which the request acts."""
        return self.caller.principal.account

    @property
    def region(self) -> str:
        """The Region in which the request acts."""
        return self.caller.region
