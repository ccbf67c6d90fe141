"""RSA key pairs that were made ahead, for the next who asks: so nobody waits behind their primes.

Any thread may make one; the library lets other threads run meanwhile. Refuses to know who asks.
"""

from collections import deque
from typing import Final

from kmslab.ambient.entropy import Entropy
from kmslab.custody.algorithms import rsa

SPECS: Final = ("RSA_2048", "RSA_3072", "RSA_4096")
KEPT: Final = 4  # of each; a request that is refused leaves one behind


class Stock:
    """Key pairs in PKCS #8, each handed out once."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._made: dict[str, deque[bytes]] = {spec: deque() for spec in SPECS}

    def add(self, spec: str) -> None:
        """Make one more, unless enough lie ready."""
        if len(self._made[spec]) < KEPT:
            self._made[spec].append(rsa.generate(spec, self._entropy))

    def take(self, spec: str) -> bytes:
        """Hand out one; make it now where none lies ready."""
        try:
            return self._made[spec].popleft()
        except IndexError:
            return rsa.generate(spec, self._entropy)
