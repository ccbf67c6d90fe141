"""Failures that are asked for: how a KMS with trouble inside of it answers.

The service fails with a fault rarely and never on demand, and clients have to survive it (API
Reference, the 500s under "Errors" of each operation). Refuses to know why it should fail.
"""

from collections import defaultdict, deque
from collections.abc import Mapping
from types import MappingProxyType

from kmslab.model.errors import (
    DependencyTimeoutException,
    KeyUnavailableException,
    KmsFault,
    KMSInternalException,
)
from kmslab.spec.shapes import MODEL

FAULTS: Mapping[str, type[KmsFault]] = MappingProxyType(
    {
        each.__name__: each
        for each in (DependencyTimeoutException, KMSInternalException, KeyUnavailableException)
    }
)


class Faults:
    """The failures that are planned for the next calls of an operation, the oldest first."""

    def __init__(self) -> None:
        self.planned: dict[str, deque[type[KmsFault]]] = defaultdict(deque)

    def plan(self, operation: str, fault: str, times: int = 1) -> None:
        """Let the next `times` calls of an operation fail that are otherwise in order.

        Raises:
            ValueError: there is no such operation, or it knows no such fault.
        """
        if operation not in MODEL:
            raise ValueError(f"no operation {operation!r}; kmslab operations lists them")
        known = sorted(FAULTS.keys() & set(MODEL[operation].errors))
        if fault not in known:
            raise ValueError(f"{operation} fails with {' or '.join(known)}, not with {fault!r}")
        self.planned[operation].extend([FAULTS[fault]] * times)

    def meet(self, operation: str) -> None:
        """Raise the fault that waits for this operation, if there is one.

        Raises:
            KmsFault: it was planned.
        """
        if operation not in self.planned:
            return
        fault = self.planned[operation].popleft()
        if not self.planned[operation]:
            del self.planned[operation]
        raise fault
